package web_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

var update = flag.Bool("update", false, "write the golden files anew")

// cardOf returns the HTML of the card that shows a message.
func cardOf(tb testing.TB, m bot.Message) string {
	tb.Helper()
	h := handlerBy(tb, options(tb), answering(func(bot.Request) bot.Reply {
		return bot.Reply{Message: m, Lang: content.English}
	}))
	page := get(h, "/?q=x").Body.String()
	parse(tb, page)
	start, end := strings.Index(page, "<article"), strings.Index(page, "</article>")
	if start < 0 || end < start {
		tb.Fatalf("no card:\n%s", page)
	}
	return page[start:end] + "</article>\n"
}

func TestBlocksAsHTML(t *testing.T) {
	act := &bot.Action{Label: "not shown", Command: "show", Args: map[string]string{"entry": "a/b", "item": "2"}}
	for name, m := range map[string]bot.Message{
		"paragraph": {Blocks: []bot.Block{bot.Paragraph{Text: "Velia", Strong: true}, bot.Paragraph{Text: "One line\nand another."}}},
		"list_numbered": {Blocks: []bot.Block{bot.List{Numbered: true, Start: 3, Items: []bot.ListItem{
			{Title: "Title", Text: "and text"}, {Title: "Title alone"}, {Text: "text alone"},
		}}}},
		"list_links": {Blocks: []bot.Block{bot.List{Items: []bot.ListItem{
			{Title: "To a page", Text: "2031", URL: "/b/a/b"},
			{Title: "To an action", Action: act},
			{Text: "An address", URL: "https://example.org/?a=1&b=2"},
			{Title: "Nowhere"},
		}}}},
		"list_choices": {Blocks: []bot.Block{bot.List{Items: []bot.ListItem{{Title: "One", URL: "/b/a/b", Action: act}, {Text: "Two", Action: act}}}}},
		"list_empty":   {Blocks: []bot.Block{bot.List{}}},
		"fields":       {Blocks: []bot.Block{bot.Fields{{Name: "Where", Value: "Velia"}, {Name: "When", Value: "May"}}}},
		"quote":        {Blocks: []bot.Block{bot.Quote{Text: "A harbour is open to all.", By: "Orla Finn"}, bot.Quote{Text: "Unsigned."}}},
		"divider":      {Blocks: []bot.Block{bot.Divider{}}},
		"frame": {
			Title: "Title", URL: "/b/a/b", Notes: []string{"As of May."},
			Sources: []bot.Citation{
				{Publisher: "Gazette", Title: "Forum closes", Date: content.Date{Year: 2031, Month: 5}, URL: "https://gazette.example/", Note: "first part"},
				{Publisher: "Office"},
			},
			Actions: []bot.Action{{Label: "More", Command: "show", Args: map[string]string{"entry": "a/b"}}, {Label: "Topics", Command: "topics"}},
		},
		"hostile":     hostileMessage(),
		"every_block": bottest.EveryBlock(),
	} {
		t.Run(name, func(t *testing.T) {
			got := cardOf(t, m)
			file := filepath.Join("testdata", "cards", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file) //nolint:gosec // a golden file
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

const attack = "</p></script><script>alert(1)</script><img src=x onerror=alert(1)>\"' onfocus=alert(1) {{.}} \x00\x1b[31m\u202e"

func hostileMessage() bot.Message {
	return bot.Message{
		Title: attack, URL: "javascript:alert(1)", Notes: []string{attack},
		Blocks: []bot.Block{
			bot.Paragraph{Text: attack, Strong: true},
			bot.List{Items: []bot.ListItem{
				{Title: attack, Text: attack, URL: "javascript:alert(1)"},
				{Title: "two slashes", URL: "//evil.example/"},
				{Title: "three slashes", URL: "///evil.example/"},
				{Title: "a backslash", URL: `/\evil.example/`},
				{Title: "data", URL: "data:text/html,<script>alert(1)</script>"},
				{Title: "no host", URL: "https:evil"},
				{Title: "broken", URL: "/%zz"},
				{Title: "action", Action: &bot.Action{Command: "../../" + attack, Args: map[string]string{attack: attack}}},
			}},
			bot.Fields{{Name: attack, Value: attack}},
			bot.Quote{Text: attack, By: attack},
		},
		Sources: []bot.Citation{{Publisher: attack, Title: attack, URL: " javascript:alert(1)", Note: attack}},
		Actions: []bot.Action{{Label: attack, Command: "x\" onclick=\"alert(1)"}},
	}
}

func TestHostileTextIsOnlyText(t *testing.T) {
	every := parse(t, cardOf(t, bottest.EveryBlock()))
	all := parse(t, cardOf(t, hostileMessage()))
	for _, e := range slices.Concat(all, every) {
		if e.name == "script" || e.name == "img" {
			t.Errorf("<%s>", e.name)
		}
		for name := range e.attr {
			if strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s>", e.name, name)
			}
		}
		if href, ok := e.attr["href"]; ok && !strings.HasPrefix(href, "/c/") && !strings.HasPrefix(href, "/b/") && !strings.HasPrefix(href, "https://gazette.example/") {
			t.Errorf("href %q", href)
		}
	}
	if p := find(all, "p", "strong"); len(p) != 1 || !strings.Contains(p[0].text, "<img src=x onerror=alert(1)>") || strings.Contains(p[0].text, "\x1b") {
		t.Errorf("%v", p)
	}
}

func TestNoTextIsLost(t *testing.T) {
	h := options(t).Router
	word := regexp.MustCompile(`[^\s:：（）()“”《》,，、。.;—-]+`)
	for _, b := range h.Shelf().Library.Briefings() {
		for _, e := range b.Entries {
			reply := h.Respond(t.Context(), bot.Request{Command: "show", Args: map[string]string{"entry": b.ID + "/" + e.ID}, Lang: content.English})
			shown := ""
			for _, el := range parse(t, cardOf(t, reply.Message)) {
				shown += el.text + " " + el.attr["href"] + " "
			}
			for _, w := range word.FindAllString(bot.PlainText(reply.Message, h.Phrases(content.English)), -1) {
				if !strings.Contains(shown, w) {
					t.Errorf("%s/%s: %q is lost", b.ID, e.ID, w)
				}
			}
		}
	}
}
