package briefbot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestImageServes does what `docker build` and `docker run` would do, without
// Docker: it runs the RUN line that builds the program, lays out an empty
// root folder by the COPY lines of the last stage, and starts the ENTRYPOINT
// in it as the USER with the ENV, until the HEALTHCHECK is content.
func TestImageServes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("an image's root folder can be entered by root on Linux only")
	}
	file := readDockerfile(t)
	build, image := file[0], file[len(file)-1]

	out := t.TempDir()
	for _, run := range build.args("RUN") {
		if !strings.Contains(run, "go build") {
			continue // downloads modules, as any build does
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(run, "/out/", out+"/"))
		cmd.Env = append(os.Environ(), "VERSION=v1.2.3-image")
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("RUN %s: %v\n%s", run, err, b)
		}
	}

	root := t.TempDir()
	for _, args := range image.args("COPY") {
		from, to := copied(t, args)
		switch {
		case strings.HasPrefix(from, "/out/"):
			from = filepath.Join(out, strings.TrimPrefix(from, "/out/"))
		case strings.HasPrefix(from, "/usr/local/go/"):
			from = filepath.Join(goRoot(t), strings.TrimPrefix(from, "/usr/local/go/"))
		}
		copyFile(t, from, filepath.Join(root, to))
	}
	readOnly(t, root)

	address := freeAddress(t)
	env := append(image.env(t), "BRIEFBOT_WEB_ADDRESS="+address)
	uid, gid := image.user(t)
	inImage := func(ctx context.Context, argv ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = "/", env
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
		return cmd
	}

	version, err := inImage(t.Context(), append(image.exec(t, "ENTRYPOINT"), "version")...).Output()
	if err != nil || !strings.Contains(string(version), "v1.2.3-image") {
		t.Errorf("the program says of its version: %q, %v; want the build's VERSION in it", version, err)
	}

	var log bytes.Buffer
	serve := inImage(t.Context(), append(image.exec(t, "ENTRYPOINT"), image.exec(t, "CMD")...)...)
	serve.Stdout, serve.Stderr = &log, &log
	if err := serve.Start(); err != nil {
		t.Fatalf("starting the image: %v", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- serve.Wait() }()

	probe := image.healthcheck(t)
	healthy := func() bool { return inImage(t.Context(), probe...).Run() == nil }
	for deadline := time.Now().Add(20 * time.Second); !healthy(); {
		select {
		case err := <-exited:
			t.Fatalf("the program ended: %v\n%s", err, &log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q never succeeded", probe)
		}
	}
	if body := get(t, "http://"+address+"/"); !strings.Contains(body, "<html") {
		t.Errorf("the page is not HTML: %.200q", body)
	}

	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-exited:
		if err != nil {
			t.Errorf("stopped by SIGTERM the program ends with %v, want success\n%s", err, &log)
		}
	case <-time.After(20 * time.Second):
		t.Error("the program does not end on SIGTERM")
	}
	if healthy() {
		t.Errorf("%q succeeds although nothing is served any more", probe)
	}
}

// TestImageIsBuiltAsTheMakefileBuilds keeps the two places that build what
// people run from drifting apart.
func TestImageIsBuiltAsTheMakefileBuilds(t *testing.T) {
	made, err := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-n", "build", "VERSION=$$VERSION").Output()
	if err != nil {
		t.Fatalf("make -n build: %v", err)
	}
	want, _, _ := strings.Cut(string(made), " -o ")
	for _, run := range readDockerfile(t)[0].args("RUN") {
		if got, _, ok := strings.Cut(run, " -o "); ok && got == want {
			return
		}
	}
	t.Errorf("no RUN of the Dockerfile builds as `make build` does: %s", want)
}

func TestImageBuildsWithTheGoOfTheModule(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), "go "); ok {
			major := strings.Join(strings.SplitN(version, ".", 3)[:2], ".")
			if base := readDockerfile(t)[0].base; !strings.HasPrefix(base, "golang:"+major) {
				t.Errorf("the Dockerfile builds with %s, the module needs Go %s", base, major)
			}
			return
		}
	}
	t.Error("go.mod names no version of Go")
}

// TestImageContextHoldsTheProgram checks that .dockerignore leaves in all that
// the program is built of and leaves out what is not needed for it.
func TestImageContextHoldsTheProgram(t *testing.T) {
	ignore, err := os.ReadFile(".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for line := range strings.Lines(string(ignore)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			kept[name] = true
			if _, err := os.Stat(name); err != nil {
				t.Errorf(".dockerignore keeps %s, which does not exist", name)
			}
		}
	}
	for dep := range strings.FieldsSeq(goList(t, "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}", "./cmd/briefbot")) {
		top, _, _ := strings.Cut(strings.TrimPrefix(dep, "briefbot/"), "/")
		if !kept[top] {
			t.Errorf("the program needs %s, which .dockerignore leaves out", dep)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if !kept[name] {
			t.Errorf(".dockerignore leaves out %s", name)
		}
	}
}

// stage is one stage of a Dockerfile.
type stage struct {
	base  string
	lines []instruction
}

type instruction struct{ name, args string }

func readDockerfile(t *testing.T) []stage {
	t.Helper()
	b, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var stages []stage
	for line := range strings.Lines(strings.ReplaceAll(string(b), "\\\n", " ")) {
		name, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
		case name == "FROM":
			base, _, _ := strings.Cut(args, " ")
			stages = append(stages, stage{base: base})
		case len(stages) > 0:
			s := &stages[len(stages)-1]
			s.lines = append(s.lines, instruction{name: name, args: strings.Join(strings.Fields(args), " ")})
		}
	}
	if len(stages) == 0 {
		t.Fatal("the Dockerfile has no stage")
	}
	return stages
}

// args returns the arguments of every instruction with the name.
func (s stage) args(name string) []string {
	var all []string
	for _, line := range s.lines {
		if line.name == name {
			all = append(all, line.args)
		}
	}
	return all
}

// last returns the arguments of the instruction of which an image has one.
func (s stage) last(t *testing.T, name string) string {
	t.Helper()
	all := s.args(name)
	if len(all) == 0 {
		t.Fatalf("the last stage of the Dockerfile has no %s", name)
	}
	return all[len(all)-1]
}

// exec reads an instruction in its exec form, a JSON array: an image without
// a shell has no other.
func (s stage) exec(t *testing.T, name string) (argv []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.last(t, name)), &argv); err != nil {
		t.Fatalf("%s is not a JSON array: %v", name, err)
	}
	return argv
}

func (s stage) healthcheck(t *testing.T) (argv []string) {
	t.Helper()
	_, command, _ := strings.Cut(s.last(t, "HEALTHCHECK"), "CMD ")
	if err := json.Unmarshal([]byte(command), &argv); err != nil {
		t.Fatalf("the HEALTHCHECK's command is not a JSON array: %v", err)
	}
	return argv
}

func (s stage) env(t *testing.T) []string {
	t.Helper()
	var env []string
	for _, args := range s.args("ENV") {
		env = append(env, strings.Fields(args)...)
	}
	return env
}

func (s stage) user(t *testing.T) (uid, gid uint32) {
	t.Helper()
	if _, err := fmt.Sscanf(s.last(t, "USER"), "%d:%d", &uid, &gid); err != nil || uid == 0 || gid == 0 {
		t.Fatalf("USER %s: want two numbers that are not root's, so that a cluster can see that it is not root", s.last(t, "USER"))
	}
	return uid, gid
}

func copied(t *testing.T, args string) (from, to string) {
	t.Helper()
	fields := strings.Fields(args)
	if len(fields) != 3 || !strings.HasPrefix(fields[0], "--from=") || !path.IsAbs(fields[1]) || !path.IsAbs(fields[2]) {
		t.Fatalf("COPY %s: want --from=STAGE and two absolute paths", args)
	}
	return fields[1], fields[2]
}

func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}

// readOnly opens the way to the root folder for any user and lets none but
// its owner write there.
func readOnly(t *testing.T, root string) {
	t.Helper()
	for dir := root; strings.HasPrefix(dir, os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", url, response.Status)
	}
	return string(b)
}
