package load

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched runs Watch until the test ends. await waits for a call of changed.
func watched(t *testing.T, paths ...string) (await func(what string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	calls, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		log := slog.New(slog.DiscardHandler)
		Watch(ctx, paths, log, func() {
			select {
			case calls <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return func(what string) {
		t.Helper()
		select {
		case <-calls:
		case <-time.After(10 * time.Second):
			t.Fatalf("unseen: %s", what)
		}
	}
}

// begun waits until a watch sees what is written.
func begun(t *testing.T, name string, await func(string)) {
	t.Helper()
	deadline, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	seen := make(chan struct{})
	go func() { await("the first change"); close(seen) }()
	for i := 0; ; i++ {
		write(t, name, small("first")+"# "+time.Duration(i).String())
		select {
		case <-seen:
			return
		case <-deadline.Done():
			t.Fatal("the watch does not begin")
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func TestWatchSeesEveryChange(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "content")
	name := filepath.Join(dir, "asia", "a.yaml")
	deep := filepath.Join(dir, "asia", "korea", "south", "d.yaml")
	write(t, name, small("a"))
	await := watched(t, dir)
	begun(t, name, await)

	write(t, name, small("b"))
	await("a file is written")

	write(t, name+".tmp", small("c"))
	rename(t, name+".tmp", name)
	await("a file is replaced, as editors save")

	write(t, deep, small("d"))
	await("a file comes in a new folder")

	write(t, deep, small("e"))
	await("a file is written in the new folder")

	remove(t, filepath.Join(dir, "asia"))
	await("a folder goes")

	write(t, name, small("f"))
	await("a folder comes back")

	write(t, name, small("g"))
	await("a file is written in the folder that came back")

	remove(t, dir)
	await("the watched folder goes")

	write(t, name, small("h"))
	await("the watched folder comes back")

	remove(t, name)
	await("a file goes")
}

func TestWatchSeesAFileReplaced(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.yaml")
	write(t, name, small("a"))
	await := watched(t, name)
	begun(t, name, await)
	for range 3 {
		write(t, name+".tmp", small("c"))
		rename(t, name+".tmp", name)
		await("a file is replaced")
	}
}

func TestWatchSeesAMountThatIsSwapped(t *testing.T) {
	dir := t.TempDir() // as Kubernetes mounts a ConfigMap
	write(t, filepath.Join(dir, "..v1", "a.yaml"), small("a"))
	link(t, "..v1", filepath.Join(dir, "..data"))
	link(t, filepath.Join("..data", "a.yaml"), filepath.Join(dir, "a.yaml"))
	await := watched(t, dir)
	begun(t, filepath.Join(dir, "b.yaml"), await)

	write(t, filepath.Join(dir, "..v2", "a.yaml"), small("a")+"# new")
	link(t, "..v2", filepath.Join(dir, "..data_tmp"))
	rename(t, filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
	await("the mount is swapped")
}

func TestWatchLooksWhereTheSystemDoesNotTell(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.yaml")
	write(t, name, small("a"))
	ctx, cancel := context.WithCancel(t.Context())
	calls, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		paths := []string{dir}
		watch(ctx, nil, 10*time.Millisecond, stamp(nil), paths, slog.New(slog.DiscardHandler), func() { calls <- struct{}{} })
	}()
	for _, text := range []string{"", "b", "longer"} { // the first stamp is that of nothing
		if text != "" {
			write(t, name, small(text))
		}
		select {
		case <-calls:
		case <-time.After(10 * time.Second):
			t.Fatal("unseen")
		}
	}
	cancel()
	<-done
}

func TestStampTellsChangesOfBriefingsOnly(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.yaml")
	write(t, name, small("a"))
	paths := []string{dir, filepath.Join(dir, "missing")}
	before := stamp(paths)
	write(t, filepath.Join(dir, "notes.txt"), "x")
	write(t, filepath.Join(dir, ".a.yaml.swp"), "x")
	write(t, filepath.Join(dir, ".git", "b.yaml"), "x")
	if stamp(paths) != before {
		t.Error("what is no briefing counts")
	}
	for what, change := range map[string]func(){
		"size": func() { write(t, name, small("a")+"# more") },
		"time": func() {
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(name, later, later); err != nil {
				t.Fatal(err)
			}
		},
		"a new file": func() { write(t, filepath.Join(dir, "sub", "b.yaml"), "x") },
		"missing":    func() { write(t, filepath.Join(dir, "missing"), "x") },
	} {
		change()
		if now := stamp(paths); now == before {
			t.Errorf("%s does not count", what)
		} else {
			before = now
		}
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}
