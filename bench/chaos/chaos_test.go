package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestDigestsArriveWhateverGoesWrong is the run of a minute. What runs is
// built as it is for users: the race detector watches other tests.
func TestDigestsArriveWhateverGoesWrong(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and torments it")
	}
	binary := filepath.Join(t.TempDir(), "chaos")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the command: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-short", "-longest", "3m")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		t.Log(lines.Text())
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == exitMissing && os.Getenv("CI") != "true" {
		t.Skip("what the run needs is not installed")
	}
	if err != nil {
		t.Error(err)
	}
}
