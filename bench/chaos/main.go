// Command chaos delivers digests while everything that can go wrong does, and
// counts what arrived.
//
// It runs the built program as a deployment: three replicas on PostgreSQL, and
// one on SQLite after that. Replicas are killed at random and at each step
// around a send, PostgreSQL is restarted, and the fake platforms refuse, reset
// connections, answer errors after they have done what was asked, and limit
// rates. What should have arrived is held against what the fakes received.
//
// The command fails where something was lost, where something arrived twice
// on Discord or where Slack's history can be read, or where a duplicate has no
// ambiguous outcome to explain it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bench/cluster"
)

// plan is what a run is to do.
type plan struct {
	seed     uint64
	shared   scale         // three replicas on PostgreSQL
	alone    scale         // one on SQLite
	restarts time.Duration // between two of the database, on average
	longest  time.Duration
	report   string
	folder   string
	settings settings
}

// scale is how much is delivered.
type scale struct {
	discord    int // channels
	workspaces int // of Slack, of which every fourth hides its history
	channels   int // in each
	slots      int // digests for each channel
}

func (s scale) deliveries() int { return (s.discord + s.workspaces*s.channels) * s.slots }

type settings []string

func (s *settings) String() string { return fmt.Sprint(*s) }

func (s *settings) Set(one string) error {
	*s = append(*s, one)
	return nil
}

func main() {
	p := plan{
		shared: scale{discord: 1400, workspaces: 40, channels: 50, slots: 6},
		alone:  scale{discord: 200, workspaces: 8, channels: 25, slots: 6},
	}
	p.restarts = 25 * time.Second
	short := flag.Bool("short", false, "deliver little, within about a minute")
	flag.Uint64Var(&p.seed, "seed", 1, "of what goes wrong, and when")
	flag.DurationVar(&p.longest, "longest", 40*time.Minute, "how long deliveries may take in each part before they count as lost")
	flag.StringVar(&p.report, "report", "", "the document whose table is written anew, such as docs/reliability.md")
	flag.StringVar(&p.folder, "folder", "", "where logs and databases are left; none are left without it")
	flag.Var(&p.settings, "set", "a setting of the replicas, such as BRIEFBOT_LOG_LEVEL=debug; may be repeated")
	flag.Parse()
	if *short {
		p.restarts = 8 * time.Second
		p.shared = scale{discord: 60, workspaces: 8, channels: 6, slots: 3}
		p.alone = scale{discord: 20, workspaces: 4, channels: 4, slots: 3}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, p); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		if missing(err) {
			os.Exit(exitMissing)
		}
		os.Exit(1)
	}
}

// exitMissing is the exit code where something is not installed that a run
// needs.
const exitMissing = 3

func missing(err error) bool {
	for _, one := range []error{postgrestest.ErrNotInstalled, discordtest.ErrNoDescription, slacktest.ErrNoSpecs} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// described looks for what the fakes hold requests against, which they could
// say less well.
func described() error {
	_, err := discordtest.LoadDescription("")
	_, err2 := slacktest.LoadSpecs("")
	return errors.Join(err, err2)
}

func run(ctx context.Context, w io.Writer, p plan) (err error) {
	if err := described(); err != nil {
		return err
	}
	if p.folder == "" {
		if p.folder, err = os.MkdirTemp("", "briefbot-chaos-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(p.folder)) }()
	}
	binaries, err := cluster.Build(ctx, p.folder)
	if err != nil {
		return err
	}
	var all []outcome
	for _, part := range []struct {
		name   string
		scale  scale
		sqlite bool
	}{
		{"three replicas, PostgreSQL", p.shared, false},
		{"one replica, SQLite", p.alone, true},
	} {
		folder := filepath.Join(p.folder, map[bool]string{false: "postgresql", true: "sqlite"}[part.sqlite])
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		replicas := 3
		if part.sqlite {
			replicas = 1
		}
		d, err := cluster.Start(ctx, cluster.Options{
			Folder: folder, Binaries: binaries, Replicas: replicas, SQLite: part.sqlite, Seed: p.seed, Settings: p.settings,
		})
		if err != nil {
			return err
		}
		o, err := torment(ctx, w, d, part.name, part.scale, p)
		if err := errors.Join(err, d.Stop()); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		all = append(all, o)
	}
	table := tableOf(all)
	fmt.Fprintf(w, "\nSeed %d.\n\n%s", p.seed, table)
	for _, o := range all {
		fmt.Fprint(w, o.details())
	}
	if p.report != "" {
		if err := writeInto(p.report, p.seed, all); err != nil {
			return err
		}
	}
	return verdict(all)
}
