package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var update = flag.Bool("update", false, "write config.example.yaml and the table of docs/configuration.md anew")

const (
	exampleFile = "../../config.example.yaml"
	docsFile    = "../../docs/configuration.md"

	tableStart = "<!-- keys: written by go test ./cmd/briefbot -update -->\n"
	tableEnd   = "<!-- end of keys -->\n"
)

// The example file is what the settings make of it: every key with its
// default, its environment variable and its flag, and nothing else.
func TestExampleFileIsTrue(t *testing.T) {
	want := exampleYAML(t)
	if *update {
		writeFile(t, exampleFile, want)
	}
	if got := readFile(t, exampleFile); got != want {
		t.Errorf("%s differs from the settings; run: go test ./cmd/briefbot -update\n got:\n%s\nwant:\n%s", exampleFile, got, want)
	}
}

// Used as it is, the example file changes nothing.
func TestExampleFileSetsTheDefaults(t *testing.T) {
	path, err := filepath.Abs(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	clearEnv(t)
	got, err := readConfig(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := defaultConfig()
	for i, s := range want.settings() {
		if g, w := fmt.Sprint(got.settings()[i].value.get()), fmt.Sprint(s.value.get()); g != w {
			t.Errorf("%s is %s in the example, %s by default", s.key, g, w)
		}
	}
}

func TestDocumentationListsEveryKey(t *testing.T) {
	doc := readFile(t, docsFile)
	before, rest, ok := strings.Cut(doc, tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table of keys", docsFile)
	}
	want := before + tableStart + keyTable() + tableEnd + after
	if *update {
		writeFile(t, docsFile, want)
	} else if doc != want {
		t.Errorf("%s differs from the settings; run: go test ./cmd/briefbot -update", docsFile)
	}
}

func exampleYAML(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# The configuration of briefbot: every key with its default. Copy what you
# change to config.yaml in the folder where briefbot starts, to
# ~/.config/briefbot/config.yaml, or to any file named by --config or
# BRIEFBOT_CONFIG. Flags come before the environment, the environment before
# the file. "briefbot config" prints what holds and where it was set.
`)
	section := ""
	for _, s := range defaultConfig().settings() {
		head, name, _ := strings.Cut(s.key, ".")
		if head != section {
			section = head
			fmt.Fprintf(&b, "\n%s:\n", section)
		} else {
			b.WriteByte('\n')
		}
		for _, line := range comment(s) {
			b.WriteString("  # " + line + "\n")
		}
		value, err := yaml.MarshalWithOptions(s.value.get(), yaml.Flow(true))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s: %s\n", name, strings.TrimSpace(string(value)))
		if s.secret {
			fmt.Fprintf(&b, "  # %s%s: /run/secrets/%s\n", name, fileSuffix, name)
		}
	}
	return b.String()
}

// comment explains a setting in lines of a readable length.
func comment(s setting) []string {
	places := "Environment: " + s.env()
	if s.secret {
		places += ", or a file that holds it: " + envName(s.key+fileSuffix)
	}
	if s.flag != "" {
		places += "; flag: --" + s.flag
	}
	return append(fold(s.help+" Allowed: "+s.value.allowed()+"."), fold(places+".")...)
}

func fold(text string) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > 76 {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

func keyTable() string {
	var b strings.Builder
	b.WriteString("| key | environment | flag | default | what it does |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range defaultConfig().settings() {
		env, key := "`"+s.env()+"`", "`"+s.key+"`"
		if s.secret {
			env += ", `" + envName(s.key+fileSuffix) + "`"
			key += ", `" + s.key + fileSuffix + "`"
		}
		flagName := ""
		if s.flag != "" {
			flagName = "`--" + s.flag + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s Allowed: %s. |\n", key, env, flagName, shownDefault(s), s.help, s.value.allowed())
	}
	return b.String()
}

func shownDefault(s setting) string {
	switch v := s.value.get().(type) {
	case []string:
		return "none"
	case string:
		if v == "" {
			return "empty"
		}
	}
	return "`" + fmt.Sprint(s.value.get()) + "`"
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
