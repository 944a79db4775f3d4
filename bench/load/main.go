// Command load measures how many digests the program delivers how fast, and
// prints it as a table of Markdown: the built program with its database and
// the fake platforms on this machine, which share its processors.
//
// It measures and judges nothing: the targets stand beside the figures.
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
	"runtime"
	"strings"
	"syscall"
	"time"

	"briefbot/bench/cluster"
)

type bench struct {
	out      io.Writer
	folder   string
	binaries cluster.Binaries
	fill     time.Duration // for one subscription
	rows     []row
}

// row is a figure and what it should be.
type row struct{ what, figure, target string }

func main() {
	subscriptions := flag.Int("subscriptions", 100_000, "that are due at one instant")
	only := flag.String("only", "", "measure one of: postgresql, sqlite, lateness, and lanes on replicas: one, two, three")
	fill := flag.Duration("fill", 2*time.Millisecond, "how long it may take to fill in a subscription")
	report := flag.String("report", "", "the document whose table is written anew, such as docs/scale.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *subscriptions, *only, *fill, *report); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, subscriptions int, only string, fill time.Duration, report string) (err error) {
	b := &bench{out: w, fill: fill}
	if b.folder, err = os.MkdirTemp("", "briefbot-load-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	if b.binaries, err = cluster.Build(ctx, b.folder); err != nil {
		return err
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{
		{"postgresql", func(ctx context.Context) error { return b.claim(ctx, subscriptions, false) }},
		{"sqlite", func(ctx context.Context) error { return b.claim(ctx, subscriptions, true) }},
		{"lateness", b.lateness},
		{"one", func(ctx context.Context) error { return b.replicas(ctx, 1) }},
		{"two", func(ctx context.Context) error { return b.replicas(ctx, 2) }},
		{"three", func(ctx context.Context) error { return b.replicas(ctx, 3) }},
	} {
		if only == "" || only == part.name {
			if err := part.measure(ctx); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	fmt.Fprintf(w, "\n%s", b.table())
	if report == "" {
		return nil
	}
	return b.writeInto(report)
}

// start starts a deployment with a folder of its own.
func (b *bench) start(ctx context.Context, name string, replicas int, sqlite bool) (*cluster.Deployment, error) {
	folder := filepath.Join(b.folder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	return cluster.Start(ctx, cluster.Options{
		Folder: folder, Binaries: b.binaries, Replicas: replicas, SQLite: sqlite, Durable: true, Seed: 1,
	})
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.out, "%s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

func (b *bench) add(what, figure, target string) {
	b.rows = append(b.rows, row{what, figure, target})
	b.say("%s: %s (target: %s)", what, figure, target)
}

func (b *bench) table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "Measured on %d cores of a virtual machine, %s/%s, that ran the database and both fakes too; each commit waits for the disk.\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	t.WriteString("| what | measured | target |\n| --- | --- | --- |\n")
	for _, r := range b.rows {
		fmt.Fprintf(&t, "| %s | %s | %s |\n", r.what, r.figure, r.target)
	}
	return t.String()
}

// The marks between which a document holds the figures.
const (
	figuresBegin = "<!-- figures of the load -->\n"
	figuresEnd   = "<!-- end of the figures -->\n"
)

func (b *bench) writeInto(document string) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), figuresBegin)
	_, after, ok2 := strings.Cut(rest, figuresEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the figures", document)
	}
	return os.WriteFile(document, []byte(before+figuresBegin+"\n"+b.table()+"\n"+figuresEnd+after), 0o644)
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
