package i18n_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"briefbot/bot/commands"
	"briefbot/bot/i18n"
	"briefbot/content"
)

const repository = "../.."

// catalogue is the phrases of one language: its forms by key, "other" for a
// phrase without plural forms.
type catalogue map[string]map[string]string

func readCatalogue(t *testing.T, lang content.Lang) catalogue {
	t.Helper()
	b, err := os.ReadFile(string(lang) + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := yaml.UnmarshalWithOptions(b, &raw, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	phrases := catalogue{}
	for key, value := range raw {
		switch value := value.(type) {
		case string:
			phrases[key] = map[string]string{"other": value}
		case map[string]any:
			forms := map[string]string{}
			for form, text := range value {
				forms[form] = fmt.Sprint(text)
			}
			phrases[key] = forms
		default:
			t.Errorf("%s: %s is neither a text nor plural forms: %v", lang, key, value)
		}
	}
	return phrases
}

func TestEveryKeyStandsInEveryLanguageWithTheSamePlaceholders(t *testing.T) {
	english := readCatalogue(t, content.English)
	for _, lang := range content.Langs() {
		phrases := readCatalogue(t, lang)
		for _, key := range missing(english, phrases) {
			t.Errorf("%s lacks %s", lang, key)
		}
		for _, key := range missing(phrases, english) {
			t.Errorf("en lacks %s, which stands in %s", key, lang)
		}
		for key, forms := range phrases {
			if strings.TrimSpace(forms["other"]) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
			want := placeholders(english[key]["other"])
			for form, text := range forms {
				if got := placeholders(text); !slices.Equal(got, want) {
					t.Errorf("%s: %s (%s) has the placeholders %v, in English %v", lang, key, form, got, want)
				}
			}
			_, one := forms["one"]
			_, counted := english[key]["one"]
			if lang.Chinese() && one {
				t.Errorf("%s: %s has a singular, which Chinese does not", lang, key)
			}
			if lang == content.English && len(forms) > 1 != one {
				t.Errorf("%s: %s has plural forms other than one and other", lang, key)
			}
			if counted && !slices.Contains(want, "Count") {
				t.Errorf("%s: %s has plural forms and no Count", lang, key)
			}
		}
	}
}

func missing(from, in catalogue) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if _, ok := in[key]; !ok {
			keys = append(keys, key)
		}
	}
	return keys
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestKeysInUse reads the strings of the repository's code and templates: one
// that is written as a key has to be a key, and a key has to be written
// somewhere. A string that ends in a dot, as in Key("slot."+name), uses all
// keys that begin so.
func TestKeysInUse(t *testing.T) {
	english := readCatalogue(t, content.English)
	sections := map[string]bool{}
	for key := range english {
		section, _, _ := strings.Cut(key, ".")
		sections[section] = true
	}
	keyForm := regexp.MustCompile(`^([a-z]+)(\.[a-z0-9_]+)+$`)
	const method = "api.test" // of Slack's, which looks like a key
	used := map[string]bool{}
	for _, s := range literals(t, repository) {
		used[s.text] = true
		m := keyForm.FindStringSubmatch(s.text)
		if m == nil || !sections[m[1]] || !s.speaks || s.text == method {
			continue
		}
		if _, ok := english[s.text]; !ok {
			t.Errorf("%s uses %q, which is in no catalogue", s.where, s.text)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(english)) {
		if !used[key] && !usedByPrefix(used, key) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

func usedByPrefix(used map[string]bool, key string) bool {
	for i, r := range key {
		if r == '.' && used[key[:i+1]] {
			return true
		}
	}
	return false
}

type literal struct {
	text   string
	where  string
	speaks bool // stands in bot or adapters, where such a string can only be a key
}

func literals(t *testing.T, root string) []literal {
	t.Helper()
	quoted := regexp.MustCompile("\"([a-z0-9_.]+)\"|`([a-z0-9_.]+)`")
	var all []literal
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "testdata" || name == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		from, _ := filepath.Rel(root, path)
		speaks := strings.HasPrefix(from, "bot"+string(filepath.Separator)) || strings.HasPrefix(from, "adapters"+string(filepath.Separator))
		switch {
		case strings.HasSuffix(path, "_test.go"):
		case strings.HasSuffix(path, ".go"):
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						all = append(all, literal{text: s, where: fset.Position(lit.Pos()).String(), speaks: speaks})
					}
				}
				return true
			})
		case strings.HasSuffix(path, "html"), strings.HasSuffix(path, ".tmpl"):
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
				all = append(all, literal{text: m[1] + m[2], where: path, speaks: speaks})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCommandsAndParametersHaveNames holds the names below "name.", which
// platforms show in place of the registry's: each is there, none is left
// over, and what people see as the name of a command they can type.
func TestCommandsAndParametersHaveNames(t *testing.T) {
	for _, lang := range content.Langs() {
		phrases := readCatalogue(t, lang)
		want := map[string]bool{}
		for _, c := range commands.All(commands.Options{}) {
			key := "name." + strings.ReplaceAll(c.Name, " ", ".")
			want[key] = true
			name := phrases[key]["other"]
			checkName(t, lang, key, name)
			if group, _ := c.Group(); group != "" {
				key := "name." + group
				want[key] = true
				checkName(t, lang, key, phrases[key]["other"])
				name = phrases[key]["other"] + " " + name // as it is typed
			}
			if name != c.Name && (lang == content.English || !slices.Contains(c.Aliases, name)) {
				t.Errorf("%s: %s is %q, which is neither the name nor an alias of the command", lang, key, name)
			}
			taken := map[string]string{}
			for _, p := range c.Params {
				key := "name.param." + p.Name
				want[key] = true
				name := phrases[key]["other"]
				checkName(t, lang, key, name)
				if lang == content.English && name != p.Name {
					t.Errorf("%s: %s is %q, not the name of the parameter", lang, key, name)
				}
				if other := taken[name]; other != "" {
					t.Errorf("%s: the parameters %s and %s of %s are both named %q", lang, other, p.Name, c.Name, name)
				}
				taken[name] = p.Name
			}
		}
		for _, key := range slices.Sorted(maps.Keys(phrases)) {
			if strings.HasPrefix(key, "name.") && !want[key] {
				t.Errorf("%s: %s names no command and no parameter", lang, key)
			}
		}
	}
}

// platformName is what platforms take as a name; it must be lower case too.
// https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming
var platformName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

func checkName(t *testing.T, lang content.Lang, key, name string) {
	t.Helper()
	if !platformName.MatchString(name) || strings.ToLower(name) != name {
		t.Errorf("%s: %s is %q; a name is one word of 1 to 32 letters, lower case", lang, key, name)
	}
}

func TestPhrases(t *testing.T) {
	phrases, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		lang content.Lang
		key  i18n.Key
		n    int // -1 for a phrase without plural forms
		args i18n.Args
		want string
	}{
		{content.English, "error.number", -1, i18n.Args{"Param": "item"}, `"item" must be a whole number from 1.`},
		{content.Hans, "note.as_of", -1, i18n.Args{"Date": "2031年"}, "截至2031年。"},
		{content.Hant, "note.as_of", -1, i18n.Args{"Date": "2031年"}, "截至2031年。"},
		{content.English, "sources.count", 1, nil, "It rests on 1 source."},
		{content.English, "sources.count", 2, nil, "It rests on 2 sources."},
		{content.Hans, "sources.count", 1, nil, "共 1 个来源。"},
		{content.Hant, "sources.count", 2, nil, "共 2 個來源。"},
		{"fr", "action.help", -1, nil, "Help"},
		{content.English, "label.quoted", -1, i18n.Args{"Text": `<b>&{{.Text}}"`}, `“<b>&{{.Text}}"”`},
		{content.English, "no.such.key", -1, nil, "no.such.key"},
	}
	for _, test := range tests {
		p := phrases.In(test.lang)
		got := ""
		if test.n < 0 {
			got = p.T(test.key, test.args)
		} else {
			got = p.N(test.key, test.n, test.args)
		}
		if got != test.want {
			t.Errorf("%s in %s: got %q, want %q", test.key, test.lang, got, test.want)
		}
	}
}

func TestDates(t *testing.T) {
	phrases, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ span, english, chinese string }{
		{"2026", "2026", "2026年"},
		{"2026-11", "November 2026", "2026年11月"},
		{"2025-11-02", "2 November 2025", "2025年11月2日"},
		{"2025-10-30/2025-11-01", "30 October – 1 November 2025", "2025年10月30日至11月1日"},
		{"2025-11-01/2025-11-03", "1–3 November 2025", "2025年11月1日至3日"},
		{"2025-12-30/2026-01-02", "30 December 2025 – 2 January 2026", "2025年12月30日至2026年1月2日"},
		{"2025-10/2025-11", "October – November 2025", "2025年10月至11月"},
		{"2025-10/2026-01", "October 2025 – January 2026", "2025年10月至2026年1月"},
		{"2025/2026", "2025 – 2026", "2025年至2026年"},
		{"2025/2025-11", "2025 – November 2025", "2025年至2025年11月"},
		{"2025-10/2025-10-05", "October 2025 – 5 October 2025", "2025年10月至10月5日"},
	}
	for _, test := range tests {
		span, err := content.ParseSpan(test.span)
		if err != nil {
			t.Fatal(err)
		}
		if got := phrases.In(content.English).Span(span); got != test.english {
			t.Errorf("%s in English: got %q, want %q", test.span, got, test.english)
		}
		for _, lang := range []content.Lang{content.Hans, content.Hant} {
			if got := phrases.In(lang).Span(span); got != test.chinese {
				t.Errorf("%s in %s: got %q, want %q", test.span, lang, got, test.chinese)
			}
		}
	}
	if got := phrases.In(content.English).Date(content.Date{}); got != "" {
		t.Errorf("the zero date is written as %q", got)
	}
}
