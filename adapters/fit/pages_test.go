package fit_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

// blocks returns the blocks of each page in short notation.
func notation(pages []bot.Page) string {
	var b strings.Builder
	for _, p := range pages {
		fmt.Fprintf(&b, "== %d/%d", p.Number, p.Of)
		if p.Title != "" {
			fmt.Fprintf(&b, " %s", p.Title)
		}
		if p.Cut {
			b.WriteString(" cut")
		}
		b.WriteString("\n")
		p.Write((*notes)(&b))
		for _, n := range p.Notes {
			fmt.Fprintf(&b, "note %s\n", n)
		}
		for _, s := range p.Sources {
			fmt.Fprintf(&b, "source %s|%s|%s|%s|%s\n", s.Publisher, s.Title, s.Date, s.URL, s.Note)
		}
		for _, a := range p.Actions {
			fmt.Fprintf(&b, "[%s]\n", a.Label)
		}
	}
	return b.String()
}

type notes strings.Builder

func (w *notes) printf(format string, args ...any) {
	fmt.Fprintf((*strings.Builder)(w), format, args...)
}

func (w *notes) Paragraph(p bot.Paragraph) {
	mark := "p"
	if p.Strong {
		mark = "strong"
	}
	w.printf("%s %s\n", mark, p.Text)
}

func (w *notes) List(l bot.List) {
	for i, item := range l.Items {
		mark := "-"
		if l.Numbered {
			mark = fmt.Sprintf("%d.", max(l.Start, 1)+i)
		}
		w.printf("%s %s|%s", mark, item.Title, item.Text)
		if item.URL != "" {
			w.printf(" <%s>", item.URL)
		}
		if item.Action != nil {
			w.printf(" [%s]", item.Action.Label)
		}
		w.printf("\n")
	}
}

func (w *notes) Fields(fields bot.Fields) {
	w.printf("fields\n")
	for _, f := range fields {
		w.printf("  %s = %s\n", f.Name, f.Value)
	}
}

func (w *notes) Quote(q bot.Quote)   { w.printf("quote %s — %s\n", q.Text, q.By) }
func (w *notes) Divider(bot.Divider) { w.printf("---\n") }

func TestHowBlocksGoOnOnTheNextPage(t *testing.T) {
	first, second := bot.Action{Label: "first"}, bot.Action{Label: "second"}
	tests := map[string]struct {
		message bot.Message
		limit   int // of characters of the blocks, notes, sources and the title
		items   int // that can be chosen
		want    string
	}{
		"title and actions are on every page": {
			message: bot.Message{Title: "T", Actions: []bot.Action{first}, Blocks: []bot.Block{bot.Paragraph{Text: "one two."}, bot.Paragraph{Text: "three four."}}},
			limit:   12,
			want:    "== 1/2 T\np one two.\n[first]\n== 2/2 T\np three four.\n[first]\n",
		},
		"a strong paragraph stays strong": {
			message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "one two. three.", Strong: true}}},
			limit:   10,
			want:    "== 1/2\nstrong one two.\n== 2/2\nstrong three.\n",
		},
		"items keep their numbers": {
			message: bot.Message{Blocks: []bot.Block{bot.List{Numbered: true, Start: 3, Items: []bot.ListItem{{Text: "aaaa"}, {Text: "bbbb"}, {Text: "cccc"}}}}},
			limit:   8,
			want:    "== 1/2\n3. |aaaa\n4. |bbbb\n== 2/2\n5. |cccc\n",
		},
		"only so many items can be chosen on a page": {
			message: bot.Message{Blocks: []bot.Block{bot.List{Numbered: true, Items: []bot.ListItem{{Text: "a", Action: &first}, {Text: "b", Action: &second}, {Text: "c"}, {Text: "d", Action: &first}}}}},
			limit:   100, items: 2,
			want: "== 1/2\n1. |a [first]\n2. |b [second]\n3. |c\n== 2/2\n4. |d [first]\n",
		},
		"the rest of an item is a paragraph, and what it leads to stays with its first part": {
			message: bot.Message{Blocks: []bot.Block{bot.List{Numbered: true, Items: []bot.ListItem{{Title: "Title", Text: "one two. three four.", URL: "/u", Action: &first}, {Text: "next"}}}}},
			limit:   16, items: 1,
			want: "== 1/2\n1. Title|one two. </u> [first]\n== 2/2\np three four.\n2. |next\n",
		},
		"a table goes on with the next row": {
			message: bot.Message{Blocks: []bot.Block{bot.Fields{{Name: "n", Value: "aaaa"}, {Name: "m", Value: "bbbb"}}}},
			limit:   8,
			want:    "== 1/2\nfields\n  n = aaaa\n== 2/2\nfields\n  m = bbbb\n",
		},
		"the rest of a value is a paragraph": {
			message: bot.Message{Blocks: []bot.Block{bot.Fields{{Name: "n", Value: "one two. three four."}, {Name: "m", Value: "b"}}}},
			limit:   13,
			want:    "== 1/2\nfields\n  n = one two.\n== 2/2\np three four.\nfields\n  m = b\n",
		},
		"who said it stands at the end": {
			message: bot.Message{Blocks: []bot.Block{bot.Quote{Text: "One two three. Four.", By: "Somebody"}}},
			limit:   20,
			want:    "== 1/2\nquote One two three. — \n== 2/2\nquote Four. — Somebody\n",
		},
		"a divider at a break vanishes": {
			message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "aaaa"}, bot.Divider{}, bot.Paragraph{Text: "bbbb"}, bot.Divider{}, bot.Paragraph{Text: "cccc"}, bot.Divider{}}},
			limit:   8,
			want:    "== 1/2\np aaaa\n---\np bbbb\n== 2/2\np cccc\n",
		},
		"a heading goes with its list": {
			message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "One two three."}, bot.Paragraph{Text: "Points:"}, bot.List{Items: []bot.ListItem{{Text: "nineteencharacters"}}}}},
			limit:   26,
			want:    "== 1/2\np One two three.\n== 2/2\np Points:\n- |nineteencharacters\n",
		},
		"a heading goes with its list even where little is left on the page": {
			message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "One."}, bot.Paragraph{Text: "The points that were made:"}, bot.List{Items: []bot.ListItem{{Text: "nineteencharacters"}}}}},
			limit:   46,
			want:    "== 1/2\np One.\n== 2/2\np The points that were made:\n- |nineteencharacters\n",
		},
		"a sentence before a list is no heading": {
			message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "One two three."}, bot.Paragraph{Text: "Points."}, bot.List{Items: []bot.ListItem{{Text: "nineteencharacters"}}}}},
			limit:   26,
			want:    "== 1/2\np One two three.\np Points.\n== 2/2\n- |nineteencharacters\n",
		},
		"a title goes with its text": {
			message: bot.Message{Blocks: []bot.Block{bot.List{Items: []bot.ListItem{{Text: "aaaa"}, {Title: "A long title", Text: "nineteencharacters"}}}}},
			limit:   32,
			want:    "== 1/2\n- |aaaa\n== 2/2\n- A long title|nineteencharacters\n",
		},
		"notes and sources fall where there is room": {
			message: bot.Message{
				Blocks:  []bot.Block{bot.Paragraph{Text: "aaaa"}},
				Notes:   []string{"bbbb", "cccc"},
				Sources: []bot.Citation{{Publisher: "dd", URL: "ee"}, {Publisher: "ff"}},
			},
			limit: 10,
			want:  "== 1/2\np aaaa\nnote bbbb\n== 2/2\nnote cccc\nsource dd|||ee|\nsource ff||||\n",
		},
		"a title that no page has room for is the first paragraph": {
			message: bot.Message{Title: "one two three", URL: "/u", Blocks: []bot.Block{bot.Paragraph{Text: "four"}}},
			limit:   8,
			want:    "== 1/3\np one two\n== 2/3\np three\n== 3/3\np four\n",
		},
		"a title alone that is too long": {
			message: bot.Message{Title: "one two three"},
			limit:   8,
			want:    "== 1/2\np one two\n== 2/2\np three\n",
		},
		"a title is given up on the page that has no room for it": {
			message: bot.Message{Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: "one two"}, bot.Paragraph{Text: "sesquipedalian"}}},
			limit:   14,
			want:    "== 1/2 T\np one two\n== 2/2\np sesquipedalian\n",
		},
		"a source larger than a page is broken, its address last": {
			message: bot.Message{Sources: []bot.Citation{{Publisher: "Gazette", Title: "One two three", Date: content.Date{Year: 2031}, URL: "https://a.example/b", Note: "n"}}},
			limit:   20,
			want:    "== 1/3\nsource Gazette|One two|||\n== 2/3\nsource |three|2031||\n== 3/3\nsource |||https://a.example/b|n\n",
		},
		"an address larger than a page is text": {
			message: bot.Message{Sources: []bot.Citation{{Publisher: "G", URL: "https://a.example/b", Note: "note"}}},
			limit:   10,
			want:    "== 1/4\nsource G||||\n== 2/4\nsource ||||https://a.\n== 3/4\nsource ||||example/b\n== 4/4\nsource ||||note\n",
		},
		"what an item leads to is left out where nothing can be chosen": {
			message: bot.Message{Blocks: []bot.Block{bot.List{Items: []bot.ListItem{{Text: "a", Action: &first}, {Text: "b"}}}}},
			limit:   10, items: -1,
			want: "== 1/1 cut\n- |a\n- |b\n",
		},
		"where not one character fits there is one page that says so": {
			message: bot.Message{Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: "text"}}},
			limit:   0,
			want:    "== 1/1 cut\n",
		},
		"dividers are no page": {
			message: bot.Message{Title: "T", Blocks: []bot.Block{bot.Divider{}, bot.Paragraph{Text: "sesquipedalian"}, bot.Divider{}, bot.Divider{}, bot.Paragraph{Text: "sesquipedalian"}, bot.Divider{}}},
			limit:   14,
			want:    "== 1/3\np T\n== 2/3\np sesquipedalian\n== 3/3\np sesquipedalian\n",
		},
		"too many dividers": {
			message: bot.Message{Title: "long title", Blocks: []bot.Block{bot.Divider{}, bot.Divider{}, bot.Paragraph{}}},
			limit:   5,
			want:    "== 1/2\np long\n== 2/2\np title\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := notation(fit.Pages(tt.message, fit.Options{Fits: func(p bot.Page) bool {
				c := count(p.Message)
				return fit.Runes(p.Title+strings.Join(c.texts, "")) <= tt.limit && c.items <= max(tt.items, 0)
			}}))
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestActionsAreGivenUpFromTheLast(t *testing.T) {
	m := bot.Message{Actions: make([]bot.Action, 9), Blocks: []bot.Block{bot.Paragraph{Text: "text"}}}
	for i := range m.Actions {
		m.Actions[i].Label = fmt.Sprint(i)
	}
	pages := platform{phrases: english(t), characters: 1000, buttons: 5}.pages(m)
	if len(pages) != 1 || !reflect.DeepEqual(pages[0].Actions, m.Actions[:5]) {
		t.Errorf("got\n%s", notation(pages))
	}
	if next := append(pages[0].Actions, bot.Action{Label: "new"}); m.Actions[5].Label != "5" {
		t.Errorf("adding to a page's actions changed the message's: %v", next)
	}
}

// Neither more pages than the cap nor a silent loss, and never without end.
func TestAMessageLargerThanAllPagesSaysSo(t *testing.T) {
	s := platform{phrases: english(t), characters: 60, items: 1}
	m := bot.Message{Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("一二三四五，六七八九十。", 5_000)}}}
	pages := s.pages(m)
	if len(pages) != fit.MaxPages {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		last := i == len(pages)-1
		if !s.fits(p) || p.Cut != last || last != (len(p.Notes) == 1 && p.Notes[0] == "…") {
			t.Errorf("page %d fits: %t, cut: %t, notes: %q", p.Number, s.fits(p), p.Cut, p.Notes)
		}
	}
}

func TestAsManyPagesAsThereMayBeAreNoLoss(t *testing.T) {
	m := bot.Message{Blocks: make([]bot.Block, fit.MaxPages)}
	for i := range m.Blocks {
		m.Blocks[i] = bot.Paragraph{Text: fmt.Sprint(i)}
	}
	one := fit.Options{Fits: func(p bot.Page) bool { return len(p.Blocks)+len(p.Notes) <= 1 }}
	pages := fit.Pages(m, one)
	if len(pages) != fit.MaxPages || pages[fit.MaxPages-1].Cut {
		t.Errorf("got\n%s", notation(pages))
	}
}

func TestPagesAreTriedAsOneInTheMiddle(t *testing.T) {
	first := true
	m := bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "one two three"}}}
	fit.Pages(m, fit.Options{Fits: func(p bot.Page) bool {
		if !first && (p.Number != fit.MaxPages-1 || p.Of != fit.MaxPages) {
			t.Errorf("asked for page %d of %d", p.Number, p.Of)
		}
		first = false
		return fit.Runes(strings.Join(count(p.Message).texts, "")) <= 8
	}})
}

func TestABetterBreakIsNotWorthAPageThatDoesNotFit(t *testing.T) {
	m := bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "今天下雨了。明天，后天也下雨。"}}}
	pages := fit.Pages(m, fit.Options{Fits: func(p bot.Page) bool {
		text := strings.Join(count(p.Message).texts, "")
		return fit.Runes(text) <= 10 && !strings.HasSuffix(text, "了。")
	}})
	if got, want := notation(pages), "== 1/2\np 今天下雨了。明天，后\n== 2/2\np 天也下雨。\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBytesThatAreNoTextBecomeReplacementCharacters(t *testing.T) {
	if got := paragraphs("ab\xff\xfe 中\xe4", 4); !reflect.DeepEqual(got, []string{"ab\uFFFD", "中\uFFFD"}) {
		t.Errorf("got %q", got)
	}
}

func TestHostileTextsCostLittle(t *testing.T) {
	tests := map[string]string{
		"one word":                 strings.Repeat("a", 80_000),
		"one name":                 strings.Repeat("Abc ", 20_000),
		"one character":            "a" + strings.Repeat("\u0301", 100_000),
		"closing marks":            strings.Repeat("）", 60_000),
		"opening marks":            strings.Repeat("（", 60_000),
		"white space":              "a" + strings.Repeat(" ", 100_000) + "b",
		"white space and a mark":   "a" + strings.Repeat(" ", 100_000) + "。",
		"an address":               "https://" + strings.Repeat("a/", 40_000),
		"beginnings of addresses":  strings.Repeat("http://", 12_000),
		"families":                 strings.Repeat("👩‍👩‍👧‍👦", 10_000),
		"one very large family":    "👩" + strings.Repeat("\u200d👧", 40_000),
		"lines":                    strings.Repeat("\n", 200_000) + "a",
		"marks that turn the text": strings.Repeat("\u202e", 100_000),
	}
	s := platform{phrases: english(t), characters: 4000}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			m := bot.Message{Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: text}}}
			asked := 0
			pages := fit.Pages(m, fit.Options{Fits: func(p bot.Page) bool { asked++; return s.fits(p) }})
			if asked > 60*len(pages)+60 {
				t.Errorf("%d questions for %d pages", asked, len(pages))
			}
			lost := false
			var texts []string
			for _, p := range pages {
				if !s.fits(p) {
					t.Errorf("page %d does not fit", p.Number)
				}
				lost = lost || p.Cut
				texts = append(texts, count(p.Message).texts...)
			}
			if got := letters(texts...); !lost && got != letters(text) {
				t.Errorf("%d of %d code points", utf8.RuneCountInString(got), utf8.RuneCountInString(letters(text)))
			}
		})
	}
}

func TestEveryBlockOnPagesOfAnySize(t *testing.T) {
	phrases := english(t)
	for characters := 40; characters < 1200; characters += 7 {
		s := platform{phrases: phrases, characters: characters, items: characters / 200, buttons: characters % 4}
		checkPages(t, s, bottest.EveryBlock())
	}
}

func TestTheSameMessageHasTheSamePages(t *testing.T) {
	s := platform{phrases: english(t), characters: 200, items: 1, buttons: 2}
	if first, second := s.pages(bottest.EveryBlock()), s.pages(bottest.EveryBlock()); !reflect.DeepEqual(first, second) {
		t.Errorf("got\n%s\nthen\n%s", notation(first), notation(second))
	}
}

func BenchmarkAMessageThatFits(b *testing.B) {
	m := bottest.EveryBlock()
	o := fit.Options{Fits: func(bot.Page) bool { return true }}
	b.ReportAllocs()
	for b.Loop() {
		fit.Pages(m, o)
	}
}

// The cost of rendering is part of it, some 25 times a page.
func BenchmarkAMessageOfThreePages(b *testing.B) {
	s := platform{phrases: english(b), characters: 4000}
	m := bot.Message{Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("一二三四五，六七八九十。", 900)}}}
	b.ReportAllocs()
	for b.Loop() {
		if got := len(s.pages(m)); got != 3 {
			b.Fatalf("%d pages", got)
		}
	}
}
