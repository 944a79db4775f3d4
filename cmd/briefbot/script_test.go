package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"briefbot": main})
}

// patience is how long a script waits for something to happen. A machine
// under load takes its time; a failure is worth the wait.
const patience = 20 * time.Second

// TestScript runs the real program as the scripts of testdata/script say.
func TestScript(t *testing.T) {
	shared, err := filepath.Abs("testdata/content")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
			env.Setenv("LC_ALL", "C.UTF-8")
			env.Setenv("CONTENT", shared)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await": await,
			"fetch": fetch,
		},
	})
}

// await FILE REGEXP [VARIABLE] waits until the file holds a match, and puts
// the match into an environment variable.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: await file regexp [variable]")
	}
	re := regexp.MustCompile("(?m)" + args[1])
	var last string
	poll(func() bool {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil {
			return false
		}
		last = string(b)
		match := re.FindString(last)
		if match != "" && len(args) == 3 {
			ts.Setenv(args[2], match)
		}
		return match != ""
	}, func() { ts.Fatalf("%s holds no %s:\n%s", args[0], args[1], last) })
}

// fetch [-H header] URL REGEXP waits until what is served at the URL, status
// line included, holds a match. With ! it must hold none now.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	header := ""
	if len(args) > 2 && args[0] == "-H" {
		header, args = args[1], args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: fetch [-H header] url regexp")
	}
	re := regexp.MustCompile("(?m)" + args[1])
	if neg {
		if got := get(args[0], header); re.MatchString(got) {
			ts.Fatalf("%s holds %s:\n%s", args[0], args[1], got)
		}
		return
	}
	var last string
	poll(func() bool {
		last = get(args[0], header)
		return re.MatchString(last)
	}, func() { ts.Fatalf("%s holds no %s:\n%s", args[0], args[1], last) })
}

// poll waits until done.
func poll(done func() bool, fail func()) {
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			fail()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// get returns the status line and the body, or the error.
func get(url, header string) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return res.Status + "\n" + string(body)
}
