package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
	"briefbot/content/search"
)

var update = flag.Bool("update", false, "write the golden files")

func rendererOf(tb testing.TB, publicURL string) (*renderer, *bot.Router) {
	tb.Helper()
	router := bottest.Router(tb)
	r := newRenderer(router, publicURL, true)
	return &r, router
}

// expected is a reply whose messages are compared with a golden file.
type expected struct {
	reply   bot.Reply
	private bool
}

func expectedMessages(t *testing.T, router *bot.Router) map[string]expected {
	t.Helper()
	said := func(text string, lang content.Lang) bot.Reply {
		return router.Respond(t.Context(), bot.Request{Text: text, Lang: lang})
	}
	block := func(blocks ...bot.Block) bot.Reply {
		return bot.Reply{Message: bot.Message{Blocks: blocks}, Lang: content.English}
	}
	show := bot.Action{Label: "The second pledge", Command: "show", Args: map[string]string{"entry": "harbour-forum-2031/pledges", "item": "2"}}
	return map[string]expected{
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
	}
}

// Slack's own schema of blocks and the rules of the fake take every message
// that has a golden file.
func TestEveryMessageIsTakenBySlack(t *testing.T) {
	w := begin(t, HTTP, nil)
	r, router := rendererOf(t, "https://briefings.example.org")
	for name, tt := range expectedMessages(t, router) {
		for i, m := range r.messages(tt.reply, rendering{private: tt.private, asker: w.ann.ID}, 1) {
			channel := w.workspace.AddChannel(fmt.Sprintf("%s-%d", name, i))
			_, err := w.api.PostMessage(t.Context(), w.workspace.ID, webapi.Message{Channel: channel.ID, Text: m.text, Blocks: m.blocks})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestMessagesLookAsExpected compares what Slack gets with golden files.
func TestMessagesLookAsExpected(t *testing.T) {
	r, router := rendererOf(t, "https://briefings.example.org")
	for name, tt := range expectedMessages(t, router) {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			for _, m := range r.messages(tt.reply, rendering{private: tt.private, asker: "U024BE7LH"}, 1) {
				takes(t, m)
				if err := enc.Encode(response(m, toAsker)); err != nil {
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

// takes reports whether Slack would take a message: by our own rules, whatever
// the renderer thinks.
func takes(t *testing.T, m outgoing) {
	t.Helper()
	if n := count(m.text); strings.TrimSpace(m.text) == "" || n > maxFallback {
		t.Errorf("a fallback of %d characters: %q", n, m.text)
	}
	if len(m.blocks) == 0 || len(m.blocks) > 50 {
		t.Errorf("%d blocks", len(m.blocks))
	}
	if n := size(m.blocks); n > maxMessage {
		t.Errorf("%d characters", n)
	}
	ids := map[string]bool{}
	text := func(where string, o *text, most int) {
		t.Helper()
		if o == nil || strings.TrimSpace(o.Text) == "" || !utf8.ValidString(o.Text) || count(o.Text) > most {
			t.Errorf("the text of a %s: %+v", where, o)
		}
	}
	for _, b := range m.blocks {
		switch b.Type {
		case typeHeader:
			text(b.Type, b.Text, 150)
		case typeSection:
			text(b.Type, b.Text, 3000)
		case typeContext:
			if len(b.Texts) == 0 || len(b.Texts) > 10 {
				t.Errorf("%d texts", len(b.Texts))
			}
			for i := range b.Texts {
				text(b.Type, &b.Texts[i], 3000)
			}
		case typeActions:
			if len(b.Elements) == 0 || len(b.Elements) > 25 {
				t.Errorf("%d elements", len(b.Elements))
			}
		}
		for _, e := range b.Elements {
			if e.ActionID == "" || count(e.ActionID) > 255 || ids[e.ActionID] {
				t.Errorf("the action id %q", e.ActionID)
			}
			ids[e.ActionID] = true
			if e.Type == typeButton {
				text(e.Type, e.Text, 75)
			} else {
				text("placeholder", e.Placeholder, 150)
			}
			if count(e.Value) > 2000 || len(e.Options) > 100 {
				t.Errorf("an element %+v", e)
			}
			for _, o := range e.Options {
				text("option", o.Text, 75)
				if o.Description != nil {
					text("description", o.Description, 75)
				}
				if o.Value == "" || count(o.Value) > 150 {
					t.Errorf("the value %q", o.Value)
				}
			}
		}
	}
}

// Whatever a reply holds, Slack takes each message, and its readers find all
// of it.
func TestNothingIsLostAtAnyLength(t *testing.T) {
	r, router := rendererOf(t, "")
	sentence := "港口论坛在维利亚举行，通过了三项承诺；各方共享海图，费率公开。"
	var items []bot.ListItem
	for range 120 {
		action := bot.Action{Label: "a", Command: "show", Args: map[string]string{"entry": "a/" + strings.Repeat("b", len(items)%30+1), "item": strconv.Itoa(len(items) + 1)}}
		items = append(items, bot.ListItem{Title: "title " + strings.Repeat("x", len(items)), Text: sentence + sentence, Action: &action})
	}
	for name, m := range map[string]bot.Message{
		"a long paragraph":             {Title: "T", Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat(sentence, 400)}}},
		"marks that are escaped":       {Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("*_~|`<&", 3000)}}},
		"emoji of several code points": {Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("👩‍👩‍👧‍👦", 1500)}}},
		"a long list":                  {Title: "T", Blocks: []bot.Block{bot.List{Numbered: true, Items: items}}, Notes: []string{"note"}},
		"many sources":                 {Blocks: []bot.Block{bot.Paragraph{Text: "x"}}, Sources: slices.Repeat([]bot.Citation{{Publisher: "Velia Gazette", Title: strings.Repeat(sentence, 4), URL: "https://gazette.example/a"}}, 90)},
		"many dividers":                {Blocks: slices.Repeat([]bot.Block{bot.Paragraph{Text: "x"}, bot.Divider{}}, 60)},
		"a long title":                 {Title: strings.Repeat(sentence, 200), Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat(sentence, 200)}}},
	} {
		for _, again := range []*bot.Action{nil, {Command: "topics"}} {
			t.Run(name, func(t *testing.T) {
				reply := bot.Reply{Message: m, Lang: content.Hans, Again: again}
				messages := everyPage(r, reply)
				if len(messages) < 2 {
					t.Errorf("%d messages: the case is not long", len(messages))
				}
				got := ""
				for _, m := range messages {
					takes(t, m)
					got += read(m.blocks)
				}
				want := dense(strings.ReplaceAll(bot.PlainText(bot.Message{Blocks: m.Blocks}, router.Phrases(content.Hans)), "---", ""))
				if !holdsInOrder(dense(got), want) {
					t.Errorf("something of it is lost")
				}
			})
		}
	}
}

// A message holds as much as Slack takes, not as much as one section does.
func TestAMessageHasSeveralSections(t *testing.T) {
	r, _ := rendererOf(t, "")
	var items []bot.ListItem
	for i := range 60 {
		items = append(items, bot.ListItem{Title: strconv.Itoa(i), Text: strings.Repeat("words ", 18)})
	}
	messages := r.messages(bot.Reply{Message: bot.Message{Blocks: []bot.Block{bot.List{Items: items}}}, Lang: content.English}, rendering{}, 1)
	if len(messages) != 1 || len(messages[0].blocks) < 3 {
		t.Errorf("%d messages, the first of %d blocks", len(messages), len(messages[0].blocks))
	}
}

// everyPage returns all messages of a reply, pages that are turned included.
func everyPage(r *renderer, reply bot.Reply) []outgoing {
	if !r.canTurn(reply) {
		return r.messages(reply, rendering{}, 1)
	}
	var all []outgoing
	for n := 1; ; n++ {
		page := r.messages(reply, rendering{}, n)[0]
		all = append(all, page)
		more := false
		for _, b := range page.blocks {
			for _, e := range b.Elements {
				if p, ok := decodePress(e.Value, r.find); ok && p.does == turnPage && p.page == n+1 {
					more = true
				}
			}
		}
		if !more {
			return all
		}
	}
}

// read returns what a user reads in the texts of a message.
func read(blocks []block) string {
	var b strings.Builder
	for _, one := range blocks {
		switch one.Type {
		case typeHeader:
			b.WriteString(one.Text.Text + "\n")
		case typeSection:
			b.WriteString(unescaped(one.Text.Text) + "\n")
		case typeContext:
			for _, t := range one.Texts {
				b.WriteString(unescaped(t.Text) + "\n")
			}
		}
	}
	return b.String()
}

func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || string(r) == joiner {
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
	f.Add("> &", "&<>&<>", ":x:", "https://a.example/?a&b|c", "`", uint8(39), uint16(1100))
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
		answer := &search.Answer{Status: search.Answered, Ref: content.Ref{Briefing: "b", Entry: "e"}}
		reply := bot.Reply{Message: m, Lang: content.Hans, Answer: answer, Again: &action}
		if n%2 == 0 {
			reply.Again = nil
		}
		got := ""
		for _, m := range everyPage(r, reply) {
			takes(t, m)
			if control.MatchString(m.text) {
				t.Errorf("the fallback mentions somebody: %q", m.text)
			}
			got += read(m.blocks)
		}
		for _, want := range []string{text, item} {
			if want = dense(bot.Printable(want)); !holdsInOrder(dense(got), want) {
				t.Errorf("%q is lost in %q", want, got)
			}
		}
	})
}
