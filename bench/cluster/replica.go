package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Replica is one process of the program, started and killed again and again.
type Replica struct {
	Name  string
	Doors []string // host:port of the fakes' doors that it alone uses

	binary string
	env    []string
	folder string
	log    string

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{} // closed when cmd has ended
	address string
	kills   []time.Time
}

// startWithin is how long a replica may take to serve; a machine that is busy
// with something else gets its time.
const startWithin = 2 * time.Minute

// Start starts the process and waits until it serves. One that runs is left
// alone.
func (r *Replica) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running() {
		return nil
	}
	log, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	begins, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), r.binary, "serve") // until it is killed or stopped
	cmd.Env, cmd.Dir, cmd.Stderr = r.env, r.folder, log
	endWithUs(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	r.cmd, r.ended = cmd, ended
	deadline := time.After(startWithin)
	for {
		if address, ok := r.serving(begins); ok {
			r.address = address
			return nil
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(r.log)
			return fmt.Errorf("%s ended before it served:\n%s", r.Name, tail(text))
		case <-deadline:
			text, _ := os.ReadFile(r.log)
			return fmt.Errorf("%s does not serve:\n%s", r.Name, tail(text))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// serving looks in the log for the line that says where it serves.
func (r *Replica) serving(begins int64) (address string, ok bool) {
	log, err := os.Open(r.log)
	if err != nil {
		return "", false
	}
	defer log.Close()
	text, err := io.ReadAll(io.NewSectionReader(log, begins, 1<<20))
	if err != nil {
		return "", false
	}
	for line := range bytes.Lines(text) {
		var said struct{ Msg, Address string }
		if json.Unmarshal(line, &said) == nil && said.Msg == "serving" {
			return said.Address, true
		}
	}
	return "", false
}

func tail(text []byte) []byte { return text[max(len(text)-4000, 0):] }

func (r *Replica) running() bool {
	if r.cmd == nil {
		return false
	}
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// Kill kills the process by SIGKILL and says whether it ran.
func (r *Replica) Kill() bool { return r.signal(syscall.SIGKILL) }

// Stop tells the process to end by SIGTERM, waits for its end, and says
// whether it ran.
func (r *Replica) Stop() bool { return r.signal(syscall.SIGTERM) }

func (r *Replica) signal(s syscall.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running() {
		return false
	}
	if s == syscall.SIGKILL {
		r.kills = append(r.kills, time.Now())
	}
	_ = r.cmd.Process.Signal(s) // it may have ended this moment
	<-r.ended
	return true
}

// Killed says whether the process was killed between two times, and Kills how
// often.
func (r *Replica) Killed(after, before time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.kills {
		if at.After(after) && at.Before(before) {
			return true
		}
	}
	return false
}

// Kills is how often the process was killed.
func (r *Replica) Kills() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.kills)
}

// Memory is the most memory that the process has held resident so far, in
// bytes; Linux tells.
func (r *Replica) Memory() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running() {
		return 0, fmt.Errorf("%s does not run", r.Name)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("the system does not tell the memory of %s", r.Name)
}

// Metrics reads the process's figures, by name with labels as Prometheus
// writes them.
func (r *Replica) Metrics(ctx context.Context) (map[string]float64, error) {
	r.mu.Lock()
	address := r.address
	r.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, (&url.URL{Scheme: "http", Host: address, Path: "/metrics"}).String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if ok {
			name += "}"
		} else {
			name, value, ok = strings.Cut(strings.TrimSpace(line), " ")
		}
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(line, "#") {
			all[name] = n
		}
	}
	return all, nil
}

// Log is the file that the process writes its log into.
func (r *Replica) Log() string { return r.log }
