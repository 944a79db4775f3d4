package discord

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
	"briefbot/content/search"
)

var update = flag.Bool("update", false, "write the golden files")

func rendererOf(tb testing.TB, publicURL string) (*renderer, *bot.Router) {
	tb.Helper()
	router := bottest.Router(tb)
	r := newRenderer(router, publicURL)
	return &r, router
}

// TestMessagesLookAsExpected compares what Discord gets with golden files.
func TestMessagesLookAsExpected(t *testing.T) {
	r, router := rendererOf(t, "https://briefings.example.org")
	said := func(text string, lang content.Lang) bot.Reply {
		return router.Respond(t.Context(), bot.Request{Text: text, Lang: lang})
	}
	block := func(blocks ...bot.Block) bot.Reply {
		return bot.Reply{Message: bot.Message{Blocks: blocks}, Lang: content.English}
	}
	show := bot.Action{Label: "The second pledge", Command: "show", Args: map[string]string{"entry": "harbour-forum-2031/pledges", "item": "2"}}
	for name, tt := range map[string]struct {
		reply   bot.Reply
		private bool
	}{
		"answer":       {said("where did the Harbour Forum meet", content.English), false},
		"private":      {said("三项承诺是什么", content.Hans), true},
		"suggest":      {said("/search forum", content.English), false},
		"unknown":      {said("who won the chess match", content.English), false},
		"error":        {said("/show nothing", content.English), true},
		"view":         {said("/timeline", content.Hant), false},
		"every-block":  {bot.Reply{Message: bottest.EveryBlock(), Lang: content.English}, false},
		"paragraph":    {block(bot.Paragraph{Text: "First.\nSecond line."}, bot.Paragraph{Text: "Another."}), false},
		"strong":       {block(bot.Paragraph{Text: "Velia", Strong: true}, bot.Paragraph{Text: "The forum met there."}), false},
		"list":         {block(bot.List{Items: []bot.ListItem{{Title: "A", Text: "one\ntwo"}, {Text: "B", URL: "https://b.example"}}}), false},
		"numbered":     {block(bot.List{Numbered: true, Start: 9, Items: []bot.ListItem{{Title: "A", Text: "one\ntwo"}, {Title: "B", Action: &show}}}), false},
		"fields":       {block(bot.Fields{{Name: "Where", Value: "Velia"}, {Name: "When", Value: "May"}}), false},
		"quote":        {block(bot.Quote{Text: "A harbour is open.\nTo all.", By: "Orla Finn"}), false},
		"divider":      {block(bot.Divider{}, bot.Paragraph{Text: "a"}, bot.Divider{}, bot.Divider{}, bot.Paragraph{Text: "b"}), false},
		"nothing":      {block(), false},
		"long-actions": {bot.Reply{Message: bot.Message{Actions: []bot.Action{{Label: strings.Repeat("a long title ", 12), Command: "topics"}, show, show}}, Lang: content.English}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			for _, m := range r.messages(tt.reply, tt.private, 1) {
				if !fits(m) {
					t.Error("Discord does not take it")
				}
				if err := enc.Encode(newMessage(m, tt.private)); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, name+".golden.json", b.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (go test -update writes it anew): got\n%s", path, got)
	}
}

// Whatever a reply holds, Discord takes each message, and its readers find
// all of it.
func TestNothingIsLostAtAnyLength(t *testing.T) {
	r, router := rendererOf(t, "")
	sentence := "港口论坛在维利亚举行，通过了三项承诺；各方共享海图，费率公开。"
	var items []bot.ListItem
	for range 60 {
		action := bot.Action{Label: "a", Command: "show", Args: map[string]string{"entry": "a/" + strings.Repeat("b", len(items)%30+1), "item": "1"}}
		items = append(items, bot.ListItem{Title: "title " + strings.Repeat("x", len(items)), Text: sentence, Action: &action})
	}
	for name, m := range map[string]bot.Message{
		"a long paragraph":             {Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat(sentence, 400)}}},
		"marks that are escaped":       {Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("*_~|`<", 3000)}}},
		"emoji of several code points": {Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("👩‍👩‍👧‍👦", 1500)}}},
		"a long list":                  {Title: "T", Blocks: []bot.Block{bot.List{Numbered: true, Items: items}}, Notes: []string{"note"}},
		"many sources":                 {Blocks: []bot.Block{bot.Paragraph{Text: "x"}}, Sources: slices.Repeat([]bot.Citation{{Publisher: "Velia Gazette", Title: sentence, URL: "https://gazette.example/a"}}, 90)},
		"many dividers":                {Blocks: slices.Repeat([]bot.Block{bot.Paragraph{Text: "x"}, bot.Divider{}}, 60)},
	} {
		for _, again := range []*bot.Action{nil, {Command: "topics"}} {
			t.Run(name, func(t *testing.T) {
				reply := bot.Reply{Message: m, Lang: content.Hans, Again: again}
				messages := everyPage(r, reply)
				if len(messages) < 2 {
					t.Errorf("%d messages: the case is not long", len(messages))
				}
				got := ""
				for i, components := range messages {
					if !fits(components) {
						t.Errorf("Discord does not take message %d", i+1)
					}
					got += read(components)
				}
				want := dense(strings.ReplaceAll(bot.PlainText(bot.Message{Blocks: m.Blocks}, router.Phrases(content.Hans)), "---", ""))
				if !holdsInOrder(dense(got), want) {
					t.Errorf("something of it is lost")
				}
			})
		}
	}
}

// everyPage returns all messages of a reply, pages that are turned included.
func everyPage(r *renderer, reply bot.Reply) [][]component {
	if !r.canTurn(reply) {
		return r.messages(reply, false, 1)
	}
	var all [][]component
	for n := 1; ; n++ {
		page := r.messages(reply, false, n)[0]
		all = append(all, page)
		more := false
		walk(page, func(c component) {
			if p, ok := decodePress(c.CustomID, r.find); ok && p.does == turnPage && p.page == n+1 {
				more = true
			}
		})
		if !more {
			return all
		}
	}
}

// read returns what a user reads in the texts of a message.
func read(components []component) string {
	var b strings.Builder
	walk(components, func(c component) {
		if c.Type == typeTextDisplay {
			b.WriteString(unescaped(c.Content) + "\n")
		}
	})
	return b.String()
}

func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// holdsInOrder reports whether the runes of want stand in got in their order.
func holdsInOrder(got, want string) bool {
	for _, r := range got {
		first, size := utf8.DecodeRuneInString(want)
		if size > 0 && r == first {
			want = want[size:]
		}
	}
	return want == ""
}

func FuzzRender(f *testing.F) {
	f.Add("title", "text", "item", "https://a.example", "note", uint8(3), uint16(40))
	f.Add("# t", "四点建议。五个共同！", "*x*", "javascript:x", "\u202e", uint8(0), uint16(900))
	r, _ := rendererOf(f, "https://briefings.example.org")
	f.Fuzz(func(t *testing.T, title, text, item, address, note string, n uint8, times uint16) {
		times %= 1200
		action := bot.Action{Label: item, Command: "search", Args: map[string]string{"words": item}}
		m := bot.Message{
			Title: title, URL: address, Notes: []string{note},
			Blocks: []bot.Block{
				bot.Paragraph{Text: text, Strong: n%2 == 0},
				bot.List{Numbered: n%3 == 0, Items: slices.Repeat([]bot.ListItem{{Title: item, Text: text, URL: address, Action: &action}}, int(n)%40)},
				bot.Fields{{Name: item, Value: text}},
				bot.Paragraph{Text: strings.Repeat(text, int(times)*10/(len(text)+1))},
				bot.Quote{Text: text, By: item},
			},
			Sources: []bot.Citation{{Publisher: item, Title: title, URL: address, Note: note}},
			Actions: []bot.Action{action, {Label: title, Command: "topics"}},
		}
		reply := bot.Reply{Message: m, Lang: content.Hans, Answer: &search.Answer{Status: search.Answered}}
		got := ""
		for _, components := range r.messages(reply, true, 1) {
			if !fits(components) {
				t.Error("Discord does not take it")
			}
			ids := map[string]bool{}
			walk(components, func(c component) {
				if !utf8.ValidString(c.Content) || c.Type == typeTextDisplay && strings.TrimSpace(c.Content) == "" {
					t.Errorf("a text of %q", c.Content)
				}
				if count(c.Label) > maxLabel || count(c.CustomID) > maxCustomID || c.Type == typeButton && c.Label == "" {
					t.Errorf("a button %+v", c)
				}
				if c.CustomID != "" && ids[c.CustomID] {
					t.Errorf("two components are %q", c.CustomID)
				}
				ids[c.CustomID] = true
				for _, o := range c.Options {
					if o.Label == "" || count(o.Label) > maxOption || count(o.Value) > maxOption || count(o.Description) > maxOption {
						t.Errorf("an option %+v", o)
					}
				}
			})
			got += read(components)
		}
		for _, want := range []string{text, item} {
			if want = dense(bot.Printable(want)); !holdsInOrder(dense(got), want) {
				t.Errorf("%q is lost in %q", want, got)
			}
		}
	})
}
