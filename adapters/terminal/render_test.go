package terminal

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

func phrases(t testing.TB) i18n.Printer {
	t.Helper()
	all, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return all.In(content.English)
}

// Every block in each style is as the files of testdata show it. They are
// written anew by the command UPDATE=1 go test ./adapters/terminal.
func TestEveryBlock(t *testing.T) {
	styles := map[string]Style{
		"pipe":   {},
		"wide":   {Width: 200, Colour: true},
		"narrow": {Width: 36},
	}
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			got, _ := renderNumbered(bot.Reply{Message: bottest.EveryBlock()}, phrases(t), style)
			file := filepath.Join("testdata", name+".golden")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs:\n%s", file, got)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	tests := map[string]struct {
		text  string
		width int
		want  []string
	}{
		"words":                          {"one two three", 8, []string{"one two", "three"}},
		"a word as wide as the line":     {"one four", 4, []string{"one", "four"}},
		"a word wider than the line":     {"a sesquipedalian b", 6, []string{"a", "sesquipedalian", "b"}},
		"Chinese between characters":     {"北京天气很好", 6, []string{"北京天", "气很好"}},
		"no line begins with a stop":     {"北京天气，好。", 8, []string{"北京天", "气，好。"}},
		"marks stay with what they mark": {"他说：“好的”", 8, []string{"他", "说：“好", "的”"}},
		"Chinese and English":            {"亚太经合组织APEC会议", 14, []string{"亚太经合组织", "APEC会议"}},
		"line breaks stay":               {"one\ntwo", 80, []string{"one", "two"}},
		"an empty line stays":            {"one\n\ntwo", 80, []string{"one", "", "two"}},
		"no width":                       {"one two", 0, []string{"one two"}},
		"an address is not broken":       {"see https://a.example/b-c/d now", 10, []string{"see", "https://a.example/b-c/d", "now"}},
		"an address ends at Chinese":     {"见https://a.example。完", 8, []string{"见", "https://a.example。", "完"}},
		"a family is one character":      {"👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2, []string{"👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"}},
		"combining marks take no space":  {"e\u0301e\u0301 e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		"nothing":                        {"", 10, []string{""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := wrap(tt.text, tt.width)
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClean(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"colours":            {"\x1b[31mred\x1b[0m", "[31mred[0m"},
		"a title":            {"\x1b]0;owned\x07x", "]0;ownedx"},
		"one-byte sequences": {"\u009b31mx", "31mx"},
		"reordering":         {"a\u202eb\u2066c\u200f", "abc"},
		"carriage return":    {"good\rbad", "goodbad"},
		"backspace":          {"a\bb\x7f", "ab"},
		"broken UTF-8":       {"a\xffb\xc3", "ab"},
		"tabs and breaks":    {"a\tb\nc\u2028d", "a b\nc\nd"},
		"plain text":         {"简报 – “ok” 👍🏽", "简报 – “ok” 👍🏽"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := clean(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A number of a list stands for its point even where no action does.
func TestPointsOfAListCanBeChosen(t *testing.T) {
	r := bot.Reply{Message: bot.Message{
		Blocks:  []bot.Block{bot.List{Numbered: true, Start: 3, Items: []bot.ListItem{{Title: "a"}, {Title: "b"}}}},
		Actions: []bot.Action{{Label: "More", Command: "help"}},
	}}
	if _, offered := renderNumbered(r, phrases(t), Style{}); len(offered) != 1 || offered[5].Command != "help" {
		t.Errorf("without an entry: %v", offered)
	}
	r.Turn = turnOf("b/e")
	_, offered := renderNumbered(r, phrases(t), Style{})
	if a := offered[4]; a.Command != "show" || a.Args["entry"] != "b/e" || a.Args["item"] != "4" {
		t.Errorf("with an entry: %v", offered)
	}
}

var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// Whatever content holds: no text is lost, nothing steers the terminal, and
// no line is too wide that could have been broken.
func FuzzRender(f *testing.F) {
	f.Add("北京，天气好。And some more words", 20)
	f.Add("\x1b[2Jx\u202e https://a.example/ä\r\n", 40)
	f.Add("👨‍👩‍👧‍👦 e\u0301 \u200b", 25)
	words := phrases(f)
	f.Fuzz(func(t *testing.T, text string, width int) {
		m := bot.Message{
			Title:   text,
			Blocks:  []bot.Block{bot.Paragraph{Text: text, Strong: true}, bot.List{Items: []bot.ListItem{{Title: text, Text: text}}}, bot.Fields{{Name: text, Value: text}}},
			Sources: []bot.Citation{{Publisher: text, URL: text}},
			Notes:   []string{text},
		}
		style := Style{Width: width, Colour: true}
		got := sgr.ReplaceAllString(Render(m, words, style), "")
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) }); i >= 0 {
			t.Fatalf("%q reached the terminal", got[i:])
		}
		if n, want := strings.Count(dense(got), dense(clean(text))), 1; dense(clean(text)) != "" && n < want {
			t.Fatalf("%q is lost in:\n%s", text, got)
		}
		if style.measure() == 0 {
			return
		}
		for _, line := range wrap(clean(text), style.measure()) {
			_, _, rest := segment(strings.TrimRight(line, " "))
			if rest != "" && uniseg.StringWidth(line) > style.measure() {
				t.Fatalf("%q is wider than %d", line, style.measure())
			}
		}
	})
}

func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func turnOf(ref string) *search.Turn {
	r, _ := content.ParseRef(ref)
	return &search.Turn{Ref: r}
}
