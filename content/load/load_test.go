package load

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestFaults loads every file of testdata/faults by itself and compares its
// faults with the comments at its end, "# want: line:column: message". A
// folder there is loaded whole, and its comments stand in a file named want. To
// add a case, add a file.
func TestFaults(t *testing.T) {
	cases, err := os.ReadDir("testdata/faults")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) {
			path := filepath.Join("testdata/faults", c.Name())
			wantIn := path
			if c.IsDir() {
				wantIn = filepath.Join(path, "want")
			}
			want := wanted(t, wantIn)
			lib, report := Paths(path)
			var got []string
			for _, f := range report.Faults {
				line, _ := strings.CutPrefix(f.String(), path)
				got = append(got, strings.TrimLeft(filepath.ToSlash(line), ":/"))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", indented(g), indented(w))
			}
			if (lib == nil) != (len(report.Errors()) > 0) {
				t.Errorf("library is nil: %t, with %d errors", lib == nil, len(report.Errors()))
			}
		})
	}
}

// TestLinesOfWindowsCountAsOthers loads the same files with the line ends of
// Windows.
func TestLinesOfWindowsCountAsOthers(t *testing.T) {
	names, _ := filepath.Glob("testdata/faults/*.yaml")
	var loader Loader
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, want := loader.FS(fstest.MapFS{"a.yaml": {Data: data}}, "")
		_, got := loader.FS(fstest.MapFS{"a.yaml": {Data: bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))}}, "")
		if !slices.Equal(got.Faults, want.Faults) {
			t.Errorf("%s: got %v, want %v", name, got.Faults, want.Faults)
		}
	}
}

func indented(s string) string { return "\t# want: " + strings.ReplaceAll(s, "\n", "\n\t# want: ") }

func wanted(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if w, ok := strings.CutPrefix(strings.TrimSpace(line), "# want: "); ok {
			out = append(out, w)
		}
	}
	return out
}

// TestGood loads what must be free of faults and warnings.
func TestGood(t *testing.T) {
	cases, err := filepath.Glob("testdata/good/*")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(filepath.Base(path), func(t *testing.T) {
			lib, report := Paths(path)
			for _, f := range report.Faults {
				t.Error(f)
			}
			if lib == nil || lib.Len() == 0 {
				t.Error("no entries")
			}
		})
	}
}
