package sqlstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
	"briefbot/content/search"
)

// replicaOf names the database that this test binary, started as a replica,
// works on.
const replicaOf = "BRIEFBOT_TEST_REPLICA_OF"

// The work of one replica.
const (
	replicaEvents = 60
	replicaTurns  = 3 // in one conversation of all replicas
)

// replica is a process of its own: it opens the database, waits until its
// input ends, and prints which events it was the first to handle.
func replica(address string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Address: address, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	for event := range replicaEvents {
		first, err := s.First(ctx, fmt.Sprint("event ", event), time.Now().Add(time.Hour))
		if err != nil {
			return err
		}
		if first {
			fmt.Println("first", event)
		}
	}
	for range replicaTurns {
		if err := s.Remember(ctx, "shared", search.Turn{Question: "q"}, bottest.Now()); err != nil {
			return err
		}
	}
	if err := s.Count(ctx, bot.Gap, "shared", today()); err != nil {
		return err
	}
	return s.Close()
}

// TestProcessesShareADatabase starts replicas on a database that is not there
// yet, lets them loose at once, and adds up what they did.
func TestProcessesShareADatabase(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		const replicas = 3
		address := create(t)
		type process struct {
			cmd     *exec.Cmd
			start   io.Closer
			out     io.Reader
			outText bytes.Buffer
			errText bytes.Buffer
		}
		var all []*process
		for range replicas {
			p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0])}
			p.cmd.Env = append(os.Environ(), replicaOf+"="+address)
			p.cmd.Stderr = &p.errText
			start, err := p.cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if p.out, err = p.cmd.StdoutPipe(); err != nil {
				t.Fatal(err)
			}
			p.start = start
			if err := p.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		for _, p := range all {
			ready := make([]byte, len("ready\n"))
			if _, err := io.ReadFull(p.out, ready); err != nil {
				t.Errorf("a replica is not ready: %v", err)
			}
		}
		for _, p := range all {
			if err := p.start.Close(); err != nil {
				t.Error(err)
			}
		}
		handled := map[string]int{}
		for _, p := range all {
			if _, err := p.outText.ReadFrom(p.out); err != nil {
				t.Error(err)
			}
			if err := p.cmd.Wait(); err != nil {
				t.Errorf("a replica failed: %v\n%s", err, &p.errText)
			}
			for line := range strings.Lines(p.outText.String()) {
				handled[strings.TrimSpace(line)]++
			}
		}
		for event := range replicaEvents {
			if n := handled[fmt.Sprint("first ", event)]; n != 1 {
				t.Errorf("event %d was handled %d times", event, n)
			}
		}
		s := opened(t, address)
		if turns, err := s.Turns(t.Context(), "shared", bottest.Now()); err != nil || len(turns) != 4 {
			t.Errorf("%d turns are remembered (%v), want 4", len(turns), err)
		}
		if all, err := s.Tallied(t.Context(), bot.Gap, today(), 10); err != nil || len(all) != 1 || all[0].Count != replicas {
			t.Errorf("counted: %v (%v), want %d", all, err, replicas)
		}
	})
}

func today() content.Date { return content.Date{Year: 2031, Month: time.June, Day: 15} }
