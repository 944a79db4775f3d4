package load

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const format = "../../docs/content-format.md"

func formatPage(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestExamplesOfTheFormatAreWell loads every YAML example of the page: a whole
// file as it is, a part inside the smallest briefing.
func TestExamplesOfTheFormatAreWell(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```yaml ?(\\w*)\n(.*?)^```$").FindAllStringSubmatch(formatPage(t), -1)
	var smallest string
	kinds := map[string]int{}
	var loader Loader
	for _, block := range blocks {
		where, text := block[1], block[2]
		kinds[where]++
		switch where {
		case "":
			smallest = text
		case "briefing":
			text = smallest + text
		case "sources":
			text = strings.Replace(smallest, "entries:\n", text+"entries:\n", 1)
		case "entry":
			before, _, _ := strings.Cut(smallest, "    ask:\n")
			text = before + "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
		default:
			t.Fatalf("no place for an example of %q", where)
		}
		lib, report := loader.FS(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, "")
		for _, f := range report.Faults {
			if !f.Warning || where == "" {
				t.Errorf("%s\nin\n%s", f, text)
			}
		}
		if lib == nil {
			t.Errorf("not loaded:\n%s", text)
		}
	}
	if kinds[""] != 1 || kinds["briefing"] < 3 || kinds["sources"] != 1 || kinds["entry"] < 3 {
		t.Errorf("the page has other examples than it should: %v", kinds)
	}
}

// TestEveryFaultIsExplained finds each message that testdata/faults asks for in
// a table of the page.
func TestEveryFaultIsExplained(t *testing.T) {
	var patterns []*regexp.Regexp
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*`) \\|").FindAllStringSubmatch(formatPage(t), -1) {
		cell, _, _ := strings.Cut(row[1], " | ")
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			p := strings.ReplaceAll(regexp.QuoteMeta(code[1]), "…", ".+")
			p = strings.TrimSuffix(p, ".+") + ".*"
			patterns = append(patterns, regexp.MustCompile("^(warning: )?"+p+"$"))
		}
	}
	if len(patterns) < 50 {
		t.Fatalf("only %d messages are explained", len(patterns))
	}
	names, _ := filepath.Glob("testdata/faults/*.yaml")
	folders, _ := filepath.Glob("testdata/faults/*/want")
	place := regexp.MustCompile(`^(?:[\w.]+:)?\d+:\d+: `)
	for _, name := range append(names, folders...) {
		for _, want := range wanted(t, name) {
			message := strings.TrimSpace(place.ReplaceAllString(want, ""))
			explained := false
			for _, p := range patterns {
				explained = explained || p.MatchString(message) && len(p.String()) > len("^(warning: )?.+.*$")
			}
			if !explained {
				t.Errorf("%s: not explained: %s", name, message)
			}
		}
	}
}

// TestEveryKeyIsExplained finds each key of the model in the page.
func TestEveryKeyIsExplained(t *testing.T) {
	page := formatPage(t)
	schema, err := os.ReadFile("../briefings/briefing.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`"properties": \{`).Split(string(schema), -1)
	for _, part := range keys[1:] {
		for _, key := range regexp.MustCompile(`(?m)^ *"([a-z][\w-]*)": \{$`).FindAllStringSubmatch(part, -1) {
			switch key[1] {
			case "items", "properties":
				continue
			}
			if !strings.Contains(page, "`"+key[1]+"`") {
				t.Errorf("the key %s is not explained", key[1])
			}
		}
	}
}
