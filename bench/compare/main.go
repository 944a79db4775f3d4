// Command compare measures the engine beside bleve, the library that one would
// pick instead, and on libraries of up to a million entries. It prints a page of
// Markdown and judges nothing.
//
// It is a module of its own, so that bleve and what comes with it are none of
// the program's dependencies.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"briefbot/bench/sets"
	"briefbot/content"
	"briefbot/content/search"
)

type options struct {
	stride    int // every n-th question of the sets is asked
	questions int // that a large library is asked
	runs      int // of which the median of each question counts
	sizes     string
	beside    int // the largest library that bleve indexes, too
}

func main() {
	var o options
	flag.IntVar(&o.stride, "stride", 1, "ask every n-th question of the public sets")
	flag.IntVar(&o.questions, "questions", 1000, "questions for a large library")
	flag.IntVar(&o.runs, "runs", 5, "times that they are asked")
	flag.StringVar(&o.sizes, "sizes", "1000,100000,1000000", "entries of the large libraries")
	flag.IntVar(&o.beside, "beside", 100_000, "the largest library for bleve")
	flag.Parse()
	if err := run(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, o options) error {
	dir, err := sets.Folder()
	if errors.Is(err, sets.ErrNone) && os.Getenv("CI") != "true" {
		fmt.Fprintf(w, "\n## Beside bleve\n\nNot measured: %v.\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := compareSets(w, dir, o.stride); err != nil {
		return err
	}
	return measureSizes(w, dir, o)
}

// compareSets asks both engines the same questions of the same entries.
func compareSets(w io.Writer, dir string, stride int) error {
	fmt.Fprint(w, "\n## Beside bleve\n\n")
	fmt.Fprint(w, "| set | engine | top-1 | AUROC | c@fa10 | a question | the slowest of 100 | times as fast |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, set := range sets.Public() {
		entries, questions, err := set.Read(dir)
		if err != nil {
			return err
		}
		ours := sets.Measure(questions, stride, set.Asker(search.Build(set.Library(entries))))
		other, err := newBleve(set.Library(entries), set.Lang)
		if err != nil {
			return err
		}
		theirs := sets.Measure(questions, stride, other.ask)
		if err := other.close(); err != nil {
			return err
		}
		row := func(engine string, r sets.Result, ratio string) {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", set.Name, engine, figure(r.Top1), figure(r.AUROC), figure(r.CorrectAt10), millis(r.Median), millis(r.Slow), ratio)
		}
		row("briefbot", ours, fmt.Sprintf("%.1f", float64(theirs.Median)/float64(ours.Median)))
		row("bleve", theirs, "1")
	}
	return nil
}

// measureSizes builds libraries of recombined texts and asks them.
func measureSizes(w io.Writer, dir string, o options) error {
	texts, err := sets.ReadTexts(dir)
	if err != nil {
		return err
	}
	all, err := sets.Questions(dir)
	if err != nil {
		return err
	}
	var questions []string
	for i := range min(o.questions, len(all)) {
		questions = append(questions, all[i*len(all)/min(o.questions, len(all))])
	}
	fmt.Fprintf(w, "\n## Large libraries\n\nPublic texts recombined, a fixed seed; %d questions of the sets, asked one after the other, %d times; of each question its median.\n\n", len(questions), o.runs)
	fmt.Fprint(w, "| entries | build | library | library and index | resident | a question | the slowest of 100 | questions a second | bleve's | times as many |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for size := range strings.SplitSeq(o.sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		if err := measureSize(w, texts.Library(n), questions, o); err != nil {
			return err
		}
	}
	return measureReload(w, texts.Library(100_000), texts.Library(99_999), questions)
}

func measureSize(w io.Writer, library *content.Library, questions []string, o options) error {
	alone := heap()
	start := time.Now()
	index := search.Build(library)
	built := time.Since(start)
	both := heap()
	resident := residentMemory()
	took := timeAll(questions, o.runs, func(q string) { index.Ask(search.Query{Question: q, AskedAt: start}) })
	theirs, ratio := "–", "–"
	if library.Len() <= o.beside {
		other, err := newBleve(library, content.Hans)
		if err != nil {
			return err
		}
		others := rate(timeAll(questions, o.runs, func(q string) { other.ask(q) }))
		if err := other.close(); err != nil {
			return err
		}
		theirs, ratio = fmt.Sprintf("%.0f", others), fmt.Sprintf("%.1f", rate(took)/others)
	}
	fmt.Fprintf(w, "| %d | %.2f s | %d MiB | %d MiB | %d MiB | %s | %s | %.0f | %s | %s |\n", library.Len(), built.Seconds(),
		alone>>20, both>>20, resident>>20, millis(sets.Quantile(took, 0.5)), millis(sets.Quantile(took, 0.99)), rate(took), theirs, ratio)
	runtime.KeepAlive(index)
	return nil
}

// measureReload asks all the time while an index is built and taken over, as a
// server does.
func measureReload(w io.Writer, first, second *content.Library, questions []string) error {
	var held sync.Map
	held.Store("index", search.Build(first))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ask := func(ctx context.Context) (took []time.Duration, failed int) {
		for i := 0; ctx.Err() == nil; i++ {
			index, _ := held.Load("index")
			start := time.Now()
			if a := index.(*search.Index).Ask(search.Query{Question: questions[i%len(questions)], AskedAt: start}); a.Status == "" {
				failed++
			}
			took = append(took, time.Since(start))
			time.Sleep(time.Millisecond) // a few hundred questions a second
		}
		return took, failed
	}
	quietly, quiet := context.WithTimeout(ctx, 5*time.Second)
	before, _ := ask(quietly)
	quiet()
	loading, loaded := context.WithCancel(ctx)
	go func() {
		held.Store("index", search.Rebuild(second))
		loaded()
	}()
	during, failed := ask(loading)
	quietSlow, loadSlow := sets.Quantile(before, 0.99), sets.Quantile(during, 0.99)
	fmt.Fprintf(w, "\nReload of 100,000 entries while questions are asked: %d questions meanwhile, %d failed; the slowest of 100 takes %s, before it %s: %.1f times as long.\n",
		len(during), failed, millis(loadSlow), millis(quietSlow), float64(loadSlow)/float64(quietSlow))
	return nil
}

// timeAll returns what each question takes, the median of several runs: another
// program's turn on a busy machine is no property of the question.
func timeAll(questions []string, runs int, ask func(string)) []time.Duration {
	took := make([][]time.Duration, len(questions))
	for range runs {
		for i, q := range questions {
			start := time.Now()
			ask(q)
			took[i] = append(took[i], time.Since(start))
		}
	}
	out := make([]time.Duration, len(questions))
	for i, all := range took {
		slices.Sort(all)
		out[i] = all[len(all)/2]
	}
	return out
}

func rate(took []time.Duration) float64 {
	var sum time.Duration
	for _, d := range took {
		sum += d
	}
	return float64(len(took)) / sum.Seconds()
}

// heap returns the bytes in use after collecting garbage.
func heap() uint64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// residentMemory returns the bytes that this process holds in memory, 0 where
// that is not to be found out.
func residentMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

func figure(f float64) string {
	if f < 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", f)
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
