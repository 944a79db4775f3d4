package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"briefbot/bench/sets"
	"briefbot/content"
	"briefbot/content/briefings"
	"briefbot/content/load"
	"briefbot/content/search"
)

// The targets of a start, for a reader of the figures.
const (
	targetStart  = 500 * time.Millisecond
	targetMemory = 80 << 20
)

// askedFirst is a question that the shipped briefing answers.
const askedFirst = "APEC 2026 host"

// measureProgram starts the program for one answer, again and again.
func measureProgram(ctx context.Context, w io.Writer, binary string, runs int) error {
	var took, busy []time.Duration
	var peaks []int64
	for range runs {
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, binary, "ask", askedFirst)
		cmd.Stdout = &out
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("briefbot ask: %w", err)
		}
		took = append(took, time.Since(start))
		if out.Len() == 0 {
			return errors.New("briefbot ask printed nothing")
		}
		busy = append(busy, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peaks = append(peaks, usage.Maxrss<<10) // kilobytes on Linux, see getrusage(2)
		}
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	slices.Sort(peaks)
	fmt.Fprintf(w, "\n## From a cold start to the first answer\n\n`briefbot ask %q`, %d runs.\n\n", askedFirst, runs)
	t := table{head: []string{"", "median", "worst", "target"}}
	t.row("start, load, index, answer, exit", inMillis(sets.Quantile(took, 0.5)), inMillis(sets.Quantile(took, 1)), "below "+inMillis(targetStart))
	t.row("processor time of that, all cores", inMillis(sets.Quantile(busy, 0.5)), inMillis(sets.Quantile(busy, 1)), "")
	t.row("peak resident memory", inMiB(peaks[len(peaks)/2]), inMiB(peaks[len(peaks)-1]), "below "+inMiB(targetMemory))
	t.row("size of the binary", inMiB(info.Size()), "", "")
	_, err = io.WriteString(w, t.String())
	return err
}

// measureServer asks a running server over HTTP, one question at a time.
func measureServer(ctx context.Context, w io.Writer, binary string) error {
	questions, err := shippedQuestions()
	if err != nil {
		return err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, binary, "serve", "--log-level", "error")
	cmd.Env = append(os.Environ(), "BRIEFBOT_WEB_ADDRESS="+address, "BRIEFBOT_WEB_RATE_LIMIT=0")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { stop(); _ = cmd.Wait() }() // that it was stopped is no error

	first := ask(ctx, address, askedFirst)
	for deadline := start.Add(20 * time.Second); first != nil; first = ask(ctx, address, askedFirst) {
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer: %w", first)
		}
		time.Sleep(time.Millisecond)
	}
	ready := time.Since(start)
	resident, err := residentMemory(cmd.Process.Pid)
	if err != nil {
		return err
	}

	const rounds = 2000
	var took []time.Duration
	for i := range rounds {
		began := time.Now()
		if err := ask(ctx, address, questions[i%len(questions)]); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	after, err := residentMemory(cmd.Process.Pid)
	if err != nil {
		return err
	}

	fmt.Fprintf(w, "\n## A server\n\n`briefbot serve`, asked through `/api/v1/ask`.\n\n")
	t := table{head: []string{"", "", "target"}}
	t.row("from start to the first answer", inMillis(ready), "below "+inMillis(targetStart))
	t.row("resident after the first answer", inMiB(resident), "below "+inMiB(targetMemory))
	t.row(fmt.Sprintf("resident after %d more", rounds), inMiB(after), "below "+inMiB(targetMemory))
	t.row("a question, median", inMillis(sets.Quantile(took, 0.5)), "")
	t.row("a question, the slowest of 100", inMillis(sets.Quantile(took, 0.99)), "")
	_, err = io.WriteString(w, t.String())
	return err
}

func ask(ctx context.Context, address, question string) error {
	target := "http://" + address + "/api/v1/ask?question=" + url.QueryEscape(question)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	return nil
}

// measureIndex asks the index in this process: what an answer costs without
// transport and rendering.
func measureIndex(w io.Writer) error {
	questions, err := shippedQuestions()
	if err != nil {
		return err
	}
	start := time.Now()
	library, err := shipped()
	if err != nil {
		return err
	}
	loaded := time.Since(start)
	start = time.Now()
	index := search.Build(library)
	built := time.Since(start)

	const rounds = 5000
	took := make([]time.Duration, 0, rounds)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range rounds {
		began := time.Now()
		index.Ask(search.Query{Question: questions[i%len(questions)], AskedAt: began})
		took = append(took, time.Since(began))
	}
	runtime.ReadMemStats(&after)

	fmt.Fprintf(w, "\n## The engine\n\nThe shipped briefings in process: %d entries, %d different questions.\n\n", library.Len(), len(questions))
	t := table{head: []string{"", ""}}
	t.row("load and check the files, once", inMillis(loaded))
	t.row("build the index, once", inMillis(built))
	t.row("a question, median", inMillis(sets.Quantile(took, 0.5)))
	t.row("a question, the slowest of 100", inMillis(sets.Quantile(took, 0.99)))
	t.row("allocations a question", fmt.Sprintf("%d, %d KiB", (after.Mallocs-before.Mallocs)/rounds, (after.TotalAlloc-before.TotalAlloc)/rounds>>10))
	_, err = io.WriteString(w, t.String())
	return err
}

func shipped() (*content.Library, error) {
	library, report := load.FS(briefings.Files(), "")
	return library, report.Err()
}

// shippedQuestions returns the example questions of the shipped briefings,
// those that must be refused included.
func shippedQuestions() ([]string, error) {
	library, err := shipped()
	if err != nil {
		return nil, err
	}
	var questions []string
	for _, b := range library.Briefings() {
		for _, example := range b.Ask {
			questions = append(questions, example.Question)
		}
		for _, e := range b.Entries {
			for _, example := range e.Ask {
				questions = append(questions, example.Question)
			}
		}
	}
	if len(questions) == 0 {
		return nil, errors.New("the shipped briefings hold no example question")
	}
	return questions, nil
}

// residentMemory returns the bytes that a process holds in memory now.
func residentMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d tells no VmRSS", pid)
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
