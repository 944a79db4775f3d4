// Command bench measures the program as its users meet it and prints a page
// of Markdown: how fast it starts and answers, what memory it takes, and how
// well the engine does on public question sets.
//
// It measures and judges nothing, with one exception: under CI=true question
// sets that are missing are an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"briefbot/bench/sets"
	"briefbot/content/search"
)

func main() {
	runs := flag.Int("runs", 15, "how often the program is started")
	stride := flag.Int("stride", 1, "ask every n-th question of the public sets")
	flag.Parse()
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Minute)
	defer stop()
	if err := run(ctx, os.Stdout, *runs, *stride); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, runs, stride int) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "briefbot")
	if err := build(ctx, binary); err != nil {
		return err
	}

	fmt.Fprintf(w, "Measured on %s, %d cores, %s/%s; the file cache is warm. Times are medians where nothing else is said.\n",
		strings.TrimPrefix(runtime.Version(), "devel "), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	if err := measureProgram(ctx, w, binary, runs); err != nil {
		return err
	}
	if err := measureServer(ctx, w, binary); err != nil {
		return err
	}
	if err := measureIndex(w); err != nil {
		return err
	}
	return measureSets(w, stride)
}

// build builds the program as a release is built.
func build(ctx context.Context, binary string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "briefbot/cmd/briefbot")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return nil
}

func measureSets(w io.Writer, stride int) error {
	fmt.Fprint(w, "\n## Public question sets\n\n")
	dir, err := sets.Folder()
	if errors.Is(err, sets.ErrNone) && os.Getenv("CI") != "true" {
		fmt.Fprintf(w, "Not measured: %v.\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	t := table{head: []string{
		"set", "entries", "questions", "out of scope", "top-1", "answered rightly", "answered wrongly",
		"false answers", "AUROC", "c@fa10", "a question", "the slowest of 100",
	}}
	for _, set := range sets.Public() {
		entries, questions, err := set.Read(dir)
		if err != nil {
			return err
		}
		r := sets.Measure(questions, stride, set.Asker(search.Build(set.Library(entries))))
		t.row(set.Name, fmt.Sprint(len(entries)), fmt.Sprint(r.InScope), fmt.Sprint(r.OutOfScope), figure(r.Top1), figure(r.Answered),
			figure(r.Wrong), figure(r.FalseAnswer), figure(r.AUROC), figure(r.CorrectAt10), inMillis(r.Median), inMillis(r.Slow))
	}
	_, err = io.WriteString(w, t.String())
	return err
}

// figure shows a share, and "–" for what could not be measured.
func figure(f float64) string {
	if f < 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", f)
}

func inMillis(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

func inMiB(bytes int64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }

// table is a table of Markdown.
type table struct {
	head []string
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.head)
	line(slices.Repeat([]string{"---"}, len(t.head)))
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}
