// Package briefbot_test holds the tests of the repository as a whole: which
// package may import which, and that its documents and its image are true.
package briefbot_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// importRule forbids a layer some packages, whether a file imports them or
// they come with something that it imports. A name stands for the package
// and all below it.
type importRule struct {
	layer  string
	forbid []string
	why    string
}

func importRules() []importRule {
	platforms := []string{"net/http", "database/sql", "github.com/spf13", "github.com/prometheus"}
	return []importRule{
		{
			layer: "briefbot/content", forbid: append([]string{"briefbot/bot", "briefbot/adapters", "briefbot/cmd"}, platforms...),
			why: "imports run content <- bot <- adapters <- cmd, and content knows no platform, database or configuration",
		},
		{
			layer: "briefbot/bot", forbid: append([]string{"briefbot/adapters", "briefbot/cmd"}, platforms...),
			why: "imports run content <- bot <- adapters <- cmd, and the bot knows no platform, database or configuration",
		},
		{
			layer: "briefbot/adapters", forbid: []string{"briefbot/cmd", "github.com/spf13"},
			why: "imports run content <- bot <- adapters <- cmd, and configuration is read in cmd/briefbot",
		},
	}
}

func TestLayersImportOnlyWhatTheyMay(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range importRules() {
			if !within(p.ImportPath, rule.layer) {
				continue
			}
			for _, dep := range p.Deps {
				if slices.ContainsFunc(rule.forbid, func(f string) bool { return within(dep, f) }) {
					t.Errorf("%s imports %s, directly or not: %s", p.ImportPath, dep, rule.why)
				}
			}
		}
	}
}

func TestContentModelNeedsTheStandardLibraryAlone(t *testing.T) {
	standard := standardPackages(t)
	for _, p := range packages(t) {
		if p.ImportPath != "briefbot/content" {
			continue
		}
		for _, dep := range p.Deps {
			if !standard[dep] {
				t.Errorf("%s imports %s, directly or not: it may import the standard library alone", p.ImportPath, dep)
			}
		}
	}
}

func TestAdaptersDoNotImportEachOther(t *testing.T) {
	// fit pages messages under a platform's limits, for whichever adapter.
	const shared = "briefbot/adapters/fit"
	for _, p := range packages(t) {
		own, ok := adapterOf(p.ImportPath)
		if !ok {
			continue
		}
		for _, dep := range p.Deps {
			if other, ok := adapterOf(dep); ok && other != own && other != shared {
				t.Errorf("%s imports %s, directly or not: adapters do not know each other; what both need belongs to bot", p.ImportPath, dep)
			}
		}
	}
}

func adapterOf(path string) (adapter string, ok bool) {
	const root = "briefbot/adapters/"
	rest, ok := strings.CutPrefix(path, root)
	name, _, _ := strings.Cut(rest, "/")
	return root + name, ok
}

// within reports whether path is the package parent or below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// goPackage is what `go list -json` tells of a package, as far as it matters
// here. Deps holds all that it needs, recursively.
type goPackage struct {
	ImportPath string
	Deps       []string
}

// packages lists the packages of the module, without their tests: a test may
// use what its package may not.
func packages(t *testing.T) []goPackage {
	t.Helper()
	var list []goPackage
	dec := json.NewDecoder(strings.NewReader(goList(t, "-json=ImportPath,Deps", "./...")))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading what go list printed: %v", err)
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		t.Fatal("go list found no package")
	}
	return list
}

func standardPackages(t *testing.T) map[string]bool {
	t.Helper()
	standard := map[string]bool{}
	for path := range strings.Lines(goList(t, "std")) {
		standard[strings.TrimSpace(path)] = true
	}
	return standard
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}
