package fit_test

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/content"
)

// roomyPage is a number of characters that any single one fits into, with
// whatever plain text puts around it.
const roomyPage = 60

// checkPages checks what holds for every message on every platform.
func checkPages(t *testing.T, s platform, m bot.Message) {
	t.Helper()
	pages := s.pages(m)
	if len(pages) == 0 || len(pages) > fit.MaxPages {
		t.Fatalf("%d pages", len(pages))
	}
	if again := s.pages(m); !reflect.DeepEqual(pages, again) {
		t.Errorf("the second time the pages are others")
	}
	cut, first, cited := false, -1, false
	all := reader{}
	strong, number, actions := 0, 0, 0
	for i, p := range pages {
		if p.Number != i+1 || p.Of != len(pages) {
			t.Errorf("page %d of %d is called %d of %d", i+1, len(pages), p.Number, p.Of)
		}
		if !s.fits(p) && !(len(pages) == 1 && p.Cut && len(p.Blocks)+len(p.Notes)+len(p.Sources) == 0) {
			t.Errorf("page %d does not fit", p.Number)
		}
		cut = cut || p.Cut
		c := count(p.Message)
		all.texts = append(all.texts, c.texts...)
		actions += c.items
		for _, text := range append(c.texts, p.Title) {
			if len(pages) > 1 && !utf8.ValidString(text) {
				t.Errorf("page %d holds %q", p.Number, text)
			}
		}
		if len(p.Blocks) > 0 && len(pages) > 1 {
			_, begins := p.Blocks[0].(bot.Divider)
			_, ends := p.Blocks[len(p.Blocks)-1].(bot.Divider)
			if begins || ends {
				t.Errorf("page %d begins or ends with a divider", p.Number)
			}
		}
		if p.Title != "" && first < 0 {
			first = i
		}
		full := i == fit.MaxPages-1 && p.Cut // ends with a note that says so
		if cited && len(p.Blocks)+len(p.Notes) > 0 && !full {
			t.Errorf("page %d has text behind the sources", p.Number)
		}
		cited = cited || len(p.Sources) > 0
		for _, b := range p.Blocks {
			switch b := b.(type) {
			case bot.Paragraph:
				if b.Strong {
					strong += fit.Runes(letters(b.Text))
				}
			case bot.List:
				if b.Numbered && b.Start > 0 && number > 0 && b.Start < number && len(m.Blocks) == 1 {
					t.Errorf("page %d goes back to number %d after %d", p.Number, b.Start, number)
				}
				if b.Numbered {
					number = max(b.Start, 1) + len(b.Items) - 1
				}
			}
		}
	}
	want := count(m)
	if first != 0 && len(pages) > 0 && m.Title != "" {
		want.texts = append([]string{m.Title}, want.texts...) // the first paragraph
	}
	wantStrong := 0
	for _, b := range m.Blocks {
		if p, ok := b.(bot.Paragraph); ok && p.Strong {
			wantStrong += fit.Runes(letters(p.Text))
		}
	}
	roomy := s.characters >= roomyPage && len(pages) < fit.MaxPages
	if cut && !roomy {
		return
	}
	if cut && s.items > 0 {
		t.Errorf("something was left out although there is room for everything")
	}
	if got, want := all.letters(), want.letters(); got != want {
		t.Errorf("text was lost:\n%q\nwant\n%q", got, want)
	}
	if strong != wantStrong {
		t.Errorf("%d code points are strong, want %d", strong, wantStrong)
	}
	if actions != want.items && !cut {
		t.Errorf("%d items lead somewhere, want %d", actions, want.items)
	}
}

// scraps are what random texts are made of, for everything that decides where
// they break.
func scraps() []string {
	return []string{
		"北京", "会议", "。", "，", "；", "：", "、", "“", "”", "」", "（", "）", "……", "——", "·", "2026", "年", "第", "三",
		"Xi Jinping", "word", "U.S.", "3.14", "don’t", "e-mail", ". ", ", ", "! ", " ", "\n", "\r\n", "\u3000", "\u00a0", "\t",
		"https://a.example/b_(c)?d=1,2", "http://x", "👩‍👩‍👧‍👦", "🇨🇳", "e\u0301", "\u0301", "\u200d", "\u202e", "한국어", "สวัสดี", "\"", "'", "`*_~<>&",
		"\xff", "\x00", "\u0600", "A",
	}
}

type writer struct {
	*rand.Rand
	scraps []string
}

func (w writer) text(most int) string {
	var b strings.Builder
	for range w.IntN(most + 1) {
		b.WriteString(w.scraps[w.IntN(len(w.scraps))])
	}
	return b.String()
}

func (w writer) action() *bot.Action {
	if w.IntN(3) == 0 {
		return nil
	}
	return &bot.Action{Label: w.text(2)}
}

func (w writer) block() bot.Block {
	switch w.IntN(6) {
	case 0:
		return bot.Paragraph{Text: w.text(60)}
	case 1:
		return bot.Paragraph{Text: w.text(20), Strong: true}
	case 2:
		list := bot.List{Numbered: w.IntN(2) == 0, Start: w.IntN(4)}
		for range w.IntN(8) {
			list.Items = append(list.Items, bot.ListItem{Title: w.text(4), Text: w.text(12), URL: w.text(1), Action: w.action()})
		}
		return list
	case 3:
		var fields bot.Fields
		for range w.IntN(6) {
			fields = append(fields, bot.Field{Name: w.text(4), Value: w.text(12)})
		}
		return fields
	case 4:
		return bot.Quote{Text: w.text(30), By: w.text(3)}
	default:
		return bot.Divider{}
	}
}

func (w writer) message() bot.Message {
	m := bot.Message{Title: w.text(4), URL: w.text(2)}
	for range w.IntN(8) {
		m.Blocks = append(m.Blocks, w.block())
	}
	for range w.IntN(4) {
		m.Notes = append(m.Notes, w.text(10))
	}
	for range w.IntN(4) {
		c := bot.Citation{Publisher: w.text(3), Title: w.text(5), URL: w.text(2), Note: w.text(3)}
		if w.IntN(2) == 0 {
			c.Date = content.Date{Year: 2026, Month: 11}
		}
		m.Sources = append(m.Sources, c)
	}
	for range w.IntN(4) {
		m.Actions = append(m.Actions, bot.Action{Label: w.text(3)})
	}
	return m
}

func FuzzPages(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, uint16(seed*31), uint8(seed%4), uint8(seed%4), "今天下雨。")
	}
	phrases := english(f)
	f.Fuzz(func(t *testing.T, seed uint64, characters uint16, items, buttons uint8, scrap string) {
		w := writer{rand.New(rand.NewPCG(seed, 1)), append(scraps(), scrap)}
		s := platform{phrases: phrases, characters: int(characters % 1500), items: int(items), buttons: int(buttons)}
		checkPages(t, s, w.message())
	})
}

// Parts of a text that must not be broken, told without the help of what is
// tested.
var (
	wholeURL    = regexp.MustCompile(`https?://[a-z0-9/_=&-]+`)
	wholeWord   = regexp.MustCompile(`[\p{Latin}\p{Nd}]+`)
	wholeName   = regexp.MustCompile(`\p{Lu}\p{Latin}* \p{Lu}`)
	wholeDotted = regexp.MustCompile(`\p{L}·\p{L}`)
	wholeClosed = regexp.MustCompile(`[^\s][。，、；：！？”’」』）]`)
)

// A text breaks where Unicode and a reader allow it, and inside what belongs
// together only where that alone is larger than a page.
func FuzzBreaks(f *testing.F) {
	f.Add(uint64(1), uint16(12), "Xi Jinping和弗拉基米尔·普京。https://a.example/b")
	f.Add(uint64(2), uint16(3), "（“好的”）……👩‍👩‍👧‍👦")
	f.Fuzz(func(t *testing.T, seed uint64, limit uint16, scrap string) {
		w := writer{rand.New(rand.NewPCG(seed, 2)), append(scraps(), scrap, scrap, scrap)}
		text := strings.ToValidUTF8(w.text(40), "\uFFFD")
		characters := int(limit%200) + 1
		checkBreaks(t, text, paragraphs(text, characters, scrap), characters)
	})
}

func checkBreaks(t *testing.T, text string, got []string, limit int) {
	t.Helper()
	if len(got) < 2 || len(got) == fit.MaxPages {
		return
	}
	whole := map[int]bool{} // ends of characters
	for rest, state, off := text, -1, 0; rest != ""; {
		var c string
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		off += len(c)
		whole[off] = true
	}
	at := 0
	for i, page := range got {
		for !strings.HasPrefix(text[at:], page) { // white space at the break is gone
			r, size := utf8.DecodeRuneInString(text[at:])
			if !unicode.IsSpace(r) {
				break
			}
			at += size
		}
		if !strings.HasPrefix(text[at:], page) {
			t.Fatalf("page %d is %q, but %q is left", i+1, page, text[at:])
		}
		if i > 0 {
			checkBreak(t, text, at, limit, whole)
		}
		at += len(page)
	}
	if strings.TrimSpace(text[at:]) != "" {
		t.Errorf("%q was lost", text[at:])
	}
}

func checkBreak(t *testing.T, text string, at, limit int, whole map[int]bool) {
	t.Helper()
	if !whole[at] {
		start, end := at, at
		for start > 0 && !whole[start] {
			start--
		}
		for end < len(text) && !whole[end] {
			end++
		}
		if fit.Runes(text[start:end]) <= limit {
			t.Errorf("%q is broken at %q", text, text[at:])
		}
		return
	}
	for _, re := range []*regexp.Regexp{wholeURL, wholeWord, wholeName, wholeDotted, wholeClosed} {
		for _, m := range re.FindAllStringIndex(text, -1) {
			before, _ := utf8.DecodeLastRuneInString(text[:m[0]])
			if re == wholeName && unicode.In(before, unicode.Lu, unicode.Ll, unicode.M) {
				continue // the capital is inside a word
			}
			if m[0] < at && at < m[1] && fit.Runes(fit.UnitAt(text, at)) <= limit {
				t.Errorf("%q is broken in %q at %q", text, text[m[0]:m[1]], text[at:])
			}
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("今天下雨，明天也下雨。", 5)
	f.Add("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 12)
	f.Add("https://a.example/b c", 7)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit %= 200
		for _, count := range []func(string) int{fit.Runes, fit.UTF16} {
			got := fit.Cut(s, limit, count)
			if count(s) <= limit {
				if got != s {
					t.Errorf("%q fits, but became %q", s, got)
				}
				continue
			}
			if count(got) > max(limit, 0) || !utf8.ValidString(got) {
				t.Errorf("%q is not within %d", got, limit)
			}
			if got == "" {
				if limit > 0 {
					t.Errorf("%q became nothing", s)
				}
				continue
			}
			kept, ok := strings.CutSuffix(got, "…")
			clean := strings.TrimLeftFunc(strings.ToValidUTF8(s, "\uFFFD"), unicode.IsSpace)
			if !ok || !strings.HasPrefix(clean, strings.TrimLeftFunc(kept, unicode.IsSpace)) {
				t.Errorf("%q became %q", s, got)
			}
			if kept != "" && !endsCharacter(s, kept) {
				t.Errorf("%q is broken inside a character: %q", s, got)
			}
		}
	})
}

// endsCharacter reports whether s has the boundary of a character behind kept,
// but for white space.
func endsCharacter(s, kept string) bool {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for rest, state, done := s, -1, ""; rest != ""; {
		var c string
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		done += c
		if letters(done) == letters(kept) {
			return true
		}
	}
	return false
}

func TestCut(t *testing.T) {
	tests := map[string]struct {
		s     string
		limit int
		want  string
	}{
		"what fits stays":                  {"北京", 2, "北京"},
		"nothing":                          {"", 5, ""},
		"nothing with no room":             {"", 0, ""},
		"no room":                          {"北京", 0, ""},
		"less than no room":                {"北京", -1, ""},
		"room for the mark":                {"北京", 1, "…"},
		"Chinese":                          {"北京天气很好", 4, "北京天…"},
		"words":                            {"one two three", 9, "one two…"},
		"a word that is all there is":      {"sesquipedalian", 6, "sesqu…"},
		"a word that is most of it":        {"a sesquipedalian", 12, "a sesquiped…"},
		"no comma before the mark":         {"北京，上海，广州", 4, "北京…"},
		"no opening mark before the mark":  {"见《红楼梦》", 3, "见…"},
		"a name is not broken":             {"President Xi Jinping", 17, "President Xi Jin…"},
		"a family is not broken":           {"👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 12, "👩‍👩‍👧‍👦…"},
		"a family that does not fit":       {"👩‍👩‍👧‍👦", 5, "…"},
		"a mark that is no character":      {"ab\u0600，cdefg", 5, "ab\u0600，…"},
		"white space around it goes first": {"  one two  ", 6, "one…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fit.Cut(tt.s, tt.limit, fit.Runes); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	tests := map[string]struct{ runes, utf16 int }{
		"":         {0, 0},
		"abc":      {3, 3},
		"北京":       {2, 2},
		"👩‍👧":      {3, 5},
		"e\u0301":  {2, 2},
		"\xff\xfe": {2, 2},
	}
	for s, want := range tests {
		if r, u := fit.Runes(s), fit.UTF16(s); r != want.runes || u != want.utf16 {
			t.Errorf("%q: %d code points and %d units, want %d and %d", s, r, u, want.runes, want.utf16)
		}
	}
}

func TestCutAsksForTheEndOfALongTextOnce(t *testing.T) {
	asked := 0
	fit.Cut(strings.Repeat("一", 1_000_000), 80, func(s string) int {
		if len(s) > 1000 {
			asked++
		}
		return fit.UTF16(s)
	})
	if asked != 1 {
		t.Errorf("counted a long text %d times", asked)
	}
}
