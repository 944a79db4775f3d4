package load

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"briefbot/content"
)

// small returns a briefing without faults.
func small(id string) string {
	return `# yaml-language-server: $schema=briefing.schema.json
id: ` + id + `
title: {zh-Hans: 大桥, en: Bridge}
published: 2025-11-01
as_of: 2025-11-01
summary: {zh-Hans: 大桥已经通车。, en: The bridge is open.}
sources:
  - {id: xinhua, publisher: {zh-Hans: 新华社, en: Xinhua}, title: {zh-Hans: 通车, en: Opening}}
entries:
  - id: opening
    kind: event
    title: {zh-Hans: 通车, en: Opening}
    answer: {zh-Hans: 大桥于2025年11月1日通车。, en: The bridge opened on 1 November 2025.}
    sources: [xinhua]
    ask: [大桥什么时候通车, When did the bridge open?]
`
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ids(lib *content.Library) []string {
	var out []string
	if lib != nil {
		for _, b := range lib.Briefings() {
			out = append(out, b.ID)
		}
	}
	slices.Sort(out)
	return out
}

func TestFoldersAreReadAsEditorsNestThem(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), small("a"))
	write(t, filepath.Join(dir, "asia", "korea", "b.YML"), small("b"))
	write(t, filepath.Join(dir, ".git", "c.yaml"), small("c"))
	write(t, filepath.Join(dir, ".d.yaml"), small("d"))
	write(t, filepath.Join(dir, "notes.txt"), "x")
	write(t, filepath.Join(dir, "..data", "e.yaml"), small("e"))
	write(t, filepath.Join(outside, "f.yaml"), small("f"))
	write(t, filepath.Join(outside, "g", "g.yaml"), small("g"))
	link(t, filepath.Join("..data", "e.yaml"), filepath.Join(dir, "e.yaml")) // as Kubernetes mounts
	link(t, filepath.Join(outside, "f.yaml"), filepath.Join(dir, "f.yaml"))
	link(t, filepath.Join(outside, "g"), filepath.Join(dir, "g"))
	link(t, dir, filepath.Join(dir, "asia", "again"))

	lib, report := Paths(dir, filepath.Join(dir, "a.yaml"))
	if got := ids(lib); !slices.Equal(got, []string{"a", "b", "e"}) {
		t.Errorf("read %v", got)
	}
	want := filepath.Join(dir, "f.yaml") + ": warning: is a link out of the folder or to nothing and was not read"
	if len(report.Faults) != 1 || report.Faults[0].String() != want {
		t.Errorf("got %v, want %v", report.Faults, want)
	}
	if lib, _ := Paths(filepath.Join(outside, "f.yaml"), filepath.Join(dir, "a.yaml")); lib == nil || lib.Briefing("f").File != filepath.Join(outside, "f.yaml") {
		t.Error("files named one by one are not read")
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip("no symbolic links here:", err)
	}
}

func TestPathsThatHoldNothingAreErrors(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                         "there is no briefing here: a briefing is a file whose name ends in .yaml",
		filepath.Join(dir, "a.yml"): "there is no such file or folder",
	} {
		lib, report := Paths(path)
		if err := report.Err(); lib != nil || err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if lib, report := FS(fstest.MapFS{}, "embedded"); lib != nil || report.Err() == nil {
		t.Error("a tree without briefings is well")
	}
	if lib, report := Paths(); lib != nil || report.Err() == nil {
		t.Error("no path at all is well")
	}
}

func TestLimits(t *testing.T) {
	filler := func(size int) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("\xff" + strings.Repeat("x", size-1))}
	}
	for name, c := range map[string]struct {
		tree fstest.MapFS
		want string
	}{
		"one file": {
			fstest.MapFS{"a.yaml": filler(maxFileBytes + 1)},
			"x/a.yaml: larger than 1024 KiB: split the briefing",
		},
		"all files together": {
			many(maxTotalBytes/maxFileBytes+2, filler(maxFileBytes)),
			"x/000064.yaml: the files together are larger than 64 MiB: split the library",
		},
		"number of files": {
			many(maxFiles+5, filler(3)),
			"x/010000.yaml: more than 10000 files: split the library",
		},
		"marks in one file": {
			fstest.MapFS{"a.yaml": {Data: []byte(strings.Repeat("- a\n", maxMarks+1))}},
			"x/a.yaml:100001:1: more than 100000 brackets, commas, colons and other marks in one file: split the briefing",
		},
		"blank lines": {
			fstest.MapFS{"a.yaml": {Data: []byte("a: |\n  x\n" + strings.Repeat(" \n", maxBlankLines+1))}},
			"x/a.yaml:103:1: more than 100 blank lines in a row: delete them",
		},
		"keys of one mapping": {
			fstest.MapFS{"a.yaml": {Data: []byte("a:\n" + strings.Repeat("  b: c\n", maxKeys+1))}},
			"x/a.yaml:502:4: more than 500 keys in one mapping",
		},
		"indentation": {
			fstest.MapFS{"a.yaml": {Data: []byte(strings.Repeat("- ", 100))}},
			"x/a.yaml:1:129: indented more than 128 columns",
		},
		"anchors": {
			fstest.MapFS{"a.yaml": {Data: []byte(strings.Repeat("&x ", 2000))}},
			"x/a.yaml:1:3001: more than 1000 anchors, aliases and tags in one file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			lib, report := FS(c.tree, "x")
			var got []string
			for _, f := range report.Errors() {
				if !strings.Contains(f.Message, "invalid UTF-8") {
					got = append(got, filepath.ToSlash(f.String()))
				}
			}
			if lib != nil || len(got) != 1 || got[0] != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func many(n int, file *fstest.MapFile) fstest.MapFS {
	tree := fstest.MapFS{}
	for i := range n {
		tree[fmt.Sprintf("%06d.yaml", i)] = file
	}
	return tree
}

// TestHostileFilesDoNotHang loads what is costly for a parser: each unit
// repeated, behind each beginning. What grows with the square of its size
// takes minutes at this one; the limit is no measure of speed.
func TestHostileFilesDoNotHang(t *testing.T) {
	const size = 64 << 10
	var loader Loader
	for _, unit := range []string{
		"[", "{", "- ", "? ", "\"", "'", "a: ", "a: b\n", "a:\n", "- a\n", "|", "|\n", ">\n", "&a ", "*a ", "!!str ", "#\n", "\n", "\r", " ", "---\n", "...\n",
		"%", "%YAML 1.2\n", "a: [", "a: {b: ", "{a,", "[a,", "\\", "中", "<<: ", "a: |\n  x\n", "a: >\n\n  x\n", "&a [*a,", "@", "`", ":", ",", "- - ", "? a\n: b\n", "\u00a0", "- \"a\n", "x\n", "  x\n", strings.Repeat("\n", 90) + "  x\n",
	} {
		for _, before := range []string{"", "a: ", "a: [", "a: |\n  ", "a: >-\n  x\n"} {
			data := before + strings.Repeat(unit, (size-len(before))/len(unit))
			began := time.Now()
			_, report := loader.FS(fstest.MapFS{"a.yaml": {Data: []byte(data)}}, "")
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("%q then %q: %s", before, unit, took)
			}
			if report.Err() == nil {
				t.Errorf("%q then %q is well", before, unit)
			}
		}
	}
}

func TestTextsFillInTraditionalCharacters(t *testing.T) {
	lib, report := Paths("testdata/good/full.yaml")
	if lib == nil {
		t.Fatal(report.Err())
	}
	b := lib.Briefing("harbour-bridge")
	eachText(b, nil, func(_ role, _ *node, x content.Text) content.Text {
		if (x.Hant == "") != (x.Hans == "") {
			t.Errorf("%q has the traditional form %q", x.Hans, x.Hant)
		}
		return x
	})
	_, e := lib.Entry(content.Ref{Briefing: "harbour-bridge", Entry: "reasons"})
	if got, want := e.Items[0].Text.Hant, "過橋只需五分鐘。"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := b.Glossary[0].Name.Hant, "海港大橋"; got != want {
		t.Errorf("what the editor gave became %q", got)
	}
	if got := b.PublishAt.Format(time.RFC3339); got != "2025-11-02T09:00:00+08:00" {
		t.Error(got)
	}
	if !b.Ask[0].Refuse || b.Ask[0].Question != "大桥多少钱" {
		t.Errorf("a question of the whole briefing is not to be refused: %+v", b.Ask[0])
	}
}

func TestSameContentHasTheSameFingerprintWhereverItStands(t *testing.T) {
	a, _ := FS(fstest.MapFS{"a.yaml": {Data: []byte(small("a"))}}, "one")
	b, _ := FS(fstest.MapFS{"deep/b.yml": {Data: []byte(small("a"))}}, "two")
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the fingerprints differ")
	}
}

func TestWhatIsNoFileIsNotRead(t *testing.T) {
	if lib, report := Paths(os.DevNull); lib != nil || len(report.Errors()) != 1 {
		t.Errorf("a device that was named is read: %v", report.Faults)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), small("a"))
	socket, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "b.yaml"))
	if err != nil {
		t.Skip(err)
	}
	defer socket.Close()
	lib, report := Paths(dir)
	if got := ids(lib); !slices.Equal(got, []string{"a"}) || len(report.Warnings()) != 1 {
		t.Errorf("read %v with %v", got, report.Faults)
	}
}

func TestFaultsStayOnOneLine(t *testing.T) {
	for name, want := range map[string]string{
		"folder/a b.yaml":                "folder/a b.yaml:2:3: m",
		"访问.yaml":                        "访问.yaml:2:3: m",
		"x\nother.yaml:1:1: all is well": `"x\nother.yaml:1:1: all is well":2:3: m`,
		"\x1b[31mred.yaml":               `"\x1b[31mred.yaml":2:3: m`,
		"\u202elmay.a":                   `"\u202elmay.a":2:3: m`,
		"\x9b31m.yaml":                   `"\x9b31m.yaml":2:3: m`,
	} {
		if got := (Fault{File: name, Line: 2, Column: 3, Message: "m"}).String(); got != want {
			t.Errorf("%q is shown as %s, want %s", name, got, want)
		}
	}
}
