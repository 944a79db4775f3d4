package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// FuzzLoad holds that no file crashes the loader or keeps it long, that every
// fault stands inside its file, and that a library comes exactly of files
// without errors.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/faults/*.yaml", "testdata/good/*.yaml", "../briefings/*.yaml"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	var loader Loader
	f.Fuzz(func(t *testing.T, data []byte) {
		began := time.Now()
		lib, report := loader.FS(fstest.MapFS{"a.yaml": {Data: data}}, "")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		if (lib == nil) != (report.Err() != nil) {
			t.Errorf("library %v, error %v", lib != nil, report.Err())
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
		for _, fault := range report.Faults {
			if fault.File != "a.yaml" || fault.Line < 0 || fault.Line > lines || fault.Column < 0 || fault.Column > len(data)+2 || fault.Message == "" {
				t.Errorf("a fault outside the file: %s", fault)
			}
		}
	})
}
