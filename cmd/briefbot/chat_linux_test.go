package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminalOf runs the program in a terminal of its own.
type terminalOf struct {
	t       *testing.T
	control *os.File // the side of the user
	command *exec.Cmd

	mu   sync.Mutex
	seen bytes.Buffer // since the last await
	all  bytes.Buffer
}

func startTerminal(t *testing.T, env []string, args ...string) *terminalOf {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be opened here: %v", err)
	}
	fd := int(control.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	side, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer side.Close()
	c := exec.Command("briefbot", args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=en_US.UTF-8"}, env...)
	c.Stdin, c.Stdout, c.Stderr = side, side, side
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	v := &terminalOf{t: t, control: control, command: c}
	var reading sync.WaitGroup
	reading.Go(v.read)
	t.Cleanup(func() {
		_ = c.Process.Kill() // it has ended where the test went well
		control.Close()
		reading.Wait()
	})
	return v
}

func (v *terminalOf) read() {
	b := make([]byte, 4096)
	for {
		n, err := v.control.Read(b)
		v.mu.Lock()
		v.seen.Write(b[:n])
		v.all.Write(b[:n])
		v.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (v *terminalOf) keys(s string) {
	v.t.Helper()
	if _, err := io.WriteString(v.control, s); err != nil {
		v.t.Fatal(err)
	}
}

// await waits for text on the screen.
func (v *terminalOf) await(want string) {
	v.t.Helper()
	poll(func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		_, rest, ok := strings.Cut(v.seen.String(), want)
		if ok {
			v.seen.Reset()
			v.seen.WriteString(rest)
		}
		return ok
	}, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.t.Fatalf("the screen does not show %q but:\n%q", want, v.seen.String())
	})
}

// ends waits for the program to end well.
func (v *terminalOf) ends() {
	v.t.Helper()
	done := make(chan struct{})
	go func() {
		_ = v.command.Wait() // the code tells
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		v.t.Fatal("the program does not end")
	}
	if code := v.command.ProcessState.ExitCode(); code != 0 {
		v.t.Errorf("the exit code is %d", code)
	}
}

func TestChatAtAPrompt(t *testing.T) {
	state := t.TempDir()
	content, err := filepath.Abs("testdata/content")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + state, "XDG_STATE_HOME=" + state, "BRIEFBOT_CONTENT_PATHS=" + content}

	v := startTerminal(t, env, "chat")
	v.await("Ask a question, or type help.")
	v.await("› ")
	v.keys("Where was the lantern festival?\r")
	v.await("North Quay, Velia")
	v.await("[1] ")
	v.await("› ")
	v.keys("1\r") // a number chooses
	v.await("Sources: ")
	v.await("› ")
	v.keys("/lang\t") // Tab completes
	v.await("/language")
	v.keys(" zh-Hant\r")
	v.await("› ")
	v.keys("\x03") // Ctrl-C once keeps on
	v.await("Ctrl-C")
	v.await("› ")
	v.keys("\x04") // Ctrl-D leaves
	v.ends()

	history := filepath.Join(state, "briefbot", "history")
	if got := readFile(t, history); got != "Where was the lantern festival?\n/language zh-Hant\n" {
		t.Errorf("the history is %q", got)
	}
	if info, err := os.Stat(history); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history is open to others: %v, %v", info.Mode(), err)
	}

	// The next time the arrow key brings it back.
	v = startTerminal(t, env, "chat")
	v.await("› ")
	v.keys("\x1b[A\x1b[A\r")
	v.await("North Quay, Velia")
	v.await("› ")
	v.keys("quit\r")
	v.ends()
}

func TestChatKeepsNoHistoryWhenToldSo(t *testing.T) {
	state := t.TempDir()
	v := startTerminal(t, []string{"HOME=" + state, "XDG_STATE_HOME=" + state}, "chat", "--history=false")
	v.await("› ")
	v.keys("help\r")
	v.await("[1] ")
	v.await("› ")
	v.keys("\x03\x03")
	v.ends()
	if _, err := os.Stat(filepath.Join(state, "briefbot")); !os.IsNotExist(err) {
		t.Errorf("something was kept: %v", err)
	}
}

func TestChatEndsWithASignal(t *testing.T) {
	v := startTerminal(t, []string{"HOME=" + t.TempDir()}, "chat")
	v.await("› ")
	if err := v.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	v.ends()
}

func TestAnswersAreInColourOnATerminal(t *testing.T) {
	home := t.TempDir()
	v := startTerminal(t, []string{"HOME=" + home}, "ask", "APEC 2026 host")
	v.await("\x1b[1;36m")
	v.ends()
	v = startTerminal(t, []string{"HOME=" + home, "NO_COLOR=1"}, "ask", "APEC 2026 host")
	v.await("Shenzhen")
	v.ends()
	v.mu.Lock()
	defer v.mu.Unlock()
	if got := v.all.String(); strings.Contains(got, "\x1b") {
		t.Errorf("colour came nevertheless: %q", got)
	}
}
