package fit_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// platform is a strict surface: it takes so many characters of plain text, the
// labels of buttons and the number of the page among them, so many things to
// choose from and so many blocks.
type platform struct {
	phrases                    i18n.Printer
	characters, items, buttons int
}

func (s platform) fits(p bot.Page) bool {
	text := bot.PlainText(p.Message, s.phrases)
	if p.Of > 1 {
		text += "\n(98/99)"
	}
	for _, a := range p.Actions {
		text += "[" + a.Label + "]"
	}
	c := count(p.Message)
	return fit.Runes(text) <= s.characters && c.items <= s.items && len(p.Actions) <= s.buttons
}

func (s platform) pages(m bot.Message) []bot.Page {
	return fit.Pages(m, fit.Options{Fits: s.fits})
}

func english(t testing.TB) i18n.Printer {
	t.Helper()
	all, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return all.In(content.English)
}

// reader collects what can be read in a message, in order.
type reader struct {
	texts []string
	items int // that can be chosen
}

func count(m bot.Message) reader {
	var r reader
	m.Write(&r)
	r.texts = append(r.texts, m.Notes...)
	for _, s := range m.Sources {
		date := ""
		if !s.Date.IsZero() {
			date = s.Date.String()
		}
		r.texts = append(r.texts, s.Publisher, s.Title, date, s.URL, s.Note)
	}
	return r
}

func (r *reader) Paragraph(p bot.Paragraph) { r.texts = append(r.texts, p.Text) }

func (r *reader) List(l bot.List) {
	for _, item := range l.Items {
		r.texts = append(r.texts, item.Title, item.Text)
		if item.Action != nil {
			r.items++
		}
	}
}

func (r *reader) Fields(fields bot.Fields) {
	for _, f := range fields {
		r.texts = append(r.texts, f.Name, f.Value)
	}
}

func (r *reader) Quote(q bot.Quote)   { r.texts = append(r.texts, q.Text, q.By) }
func (r *reader) Divider(bot.Divider) {}

// letters is the text without white space.
func (r reader) letters() string { return letters(r.texts...) }

// letters joins texts without white space, as text that is valid.
func letters(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		for word := range strings.FieldsSeq(strings.ToValidUTF8(text, "\uFFFD")) {
			b.WriteString(word)
		}
	}
	return b.String()
}

// paragraphs pages a text by nothing but its length.
func paragraphs(text string, limit int, keep ...string) []string {
	pages := fit.Pages(bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: text}}}, fit.Options{
		Fits: func(p bot.Page) bool { return fit.Runes(strings.Join(count(p.Message).texts, "")) <= limit },
		Keep: func(text string) []fit.Span {
			var spans []fit.Span
			for _, name := range keep {
				if at := strings.Index(text, name); at >= 0 {
					spans = append(spans, fit.Span{Start: at, End: at + len(name)})
				}
			}
			return spans
		},
	})
	var texts []string
	for _, p := range pages {
		texts = append(texts, strings.Join(count(p.Message).texts, "|"))
	}
	return texts
}

func TestParagraphsBreakWhereAReaderPauses(t *testing.T) {
	data, err := os.ReadFile("testdata/breaks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tests []struct {
		Name  string
		Limit int
		Text  string
		Keep  []string
		Pages []string
	}
	if err := yaml.UnmarshalWithOptions(data, &tests, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.Name, func(t *testing.T) {
			if got := paragraphs(tt.Text, tt.Limit, tt.Keep...); !slices.Equal(got, tt.Pages) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.Pages, "\n"))
			}
		})
	}
}

func TestAMessageThatFitsIsOnePageAsItIs(t *testing.T) {
	m := bottest.EveryBlock()
	asked := 0
	pages := fit.Pages(m, fit.Options{Fits: func(p bot.Page) bool {
		asked++
		return p.Number == 1 && p.Of == 1
	}})
	want := []bot.Page{{Message: m, Number: 1, Of: 1}}
	if !reflect.DeepEqual(pages, want) || asked != 1 {
		t.Errorf("got %+v after %d questions", pages, asked)
	}
}
