// Command fakes runs the fake Discord or the fake Slack of the tests as a
// process of its own, for programs that work it from outside:
//
//	fakes -doors 3 discord
//
// It prints one line of JSON that says where it listens (Listening) and serves
// until its input ends, so that it ends with whoever started it. Each door is
// an address of the same fake: what comes in at it is told apart by it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
)

// Listening is what the command prints.
type Listening struct {
	Control string   `json:"control"` // http://host:port, of the handler that Control returns
	Doors   []string `json:"doors"`   // http://host:port
}

// kept is how many of the newest requests a fake remembers whole.
const kept = 1000

type options struct {
	doors int
	seed  uint64
	fast  bool
}

func main() {
	var o options
	flag.IntVar(&o.doors, "doors", 1, "on how many addresses it listens")
	flag.Uint64Var(&o.seed, "seed", 1, "of the chances of faults")
	flag.BoolVar(&o.fast, "fast", false, "without rate limits")
	flag.Parse()
	if err := run(context.Background(), os.Stdin, os.Stdout, os.Stderr, o, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "fakes:", err)
		os.Exit(1)
	}
}

// fake is what both have.
type fake interface {
	http.Handler
	Control() http.Handler
	Close() error
}

func run(ctx context.Context, in io.Reader, out, log io.Writer, o options, platform string) error {
	f, err := start(o, platform, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		return err
	}
	var said Listening
	var servers []*http.Server
	serve := func(h http.Handler) (string, error) {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, server)
		go func() { _ = server.Serve(listener) }() // it ends with Close
		return "http://" + listener.Addr().String(), nil
	}
	defer func() {
		for _, server := range servers {
			_ = server.Close()
		}
	}()
	if said.Control, err = serve(f.Control()); err != nil {
		return errors.Join(err, f.Close())
	}
	for range o.doors {
		door, err := serve(f)
		if err != nil {
			return errors.Join(err, f.Close())
		}
		said.Doors = append(said.Doors, door)
	}
	if err := json.NewEncoder(out).Encode(said); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = io.Copy(io.Discard, in)
	return errors.Join(err, f.Close())
}

func start(o options, platform string, log *slog.Logger) (fake, error) {
	random := rand.New(rand.NewPCG(o.seed, 0)).Float64
	switch platform {
	case "discord":
		return discordtest.Start(discordtest.Options{Keep: kept, Random: random, Log: log, Limits: discordtest.Limits{Off: o.fast}})
	case "slack":
		// Nobody hears what the app itself says: no test of delivery needs it.
		return slacktest.Start(slacktest.Options{
			Keep: kept, Random: random, Log: log, Events: []string{"app_mention", "app_uninstalled"}, Limits: slacktest.Limits{Off: o.fast},
		})
	}
	return nil, fmt.Errorf("there is no fake %q: name discord or slack", platform)
}
