package commands_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/commands"
	"briefbot/content"
	"briefbot/content/search"
)

var update = flag.Bool("update", false, "write the golden files")

// TestCommands compares what each command says, with its actions, to golden
// files, a language each.
func TestCommands(t *testing.T) {
	lines := []string{
		"/topics", "/topics harbour-forum-2031", "/topics law", "/topics nothing",
		"/brief", "/brief tidal-charter", "/brief nothing",
		"/show harbour-forum-2031/meeting", "/show pledges", "/show pledges 2", "/show pledges 9",
		"/more", "/show", "/related", "/show closing-words", "/show chair", "/show tidal-charter/members-2029", "/show nothing", "/show a/b",
		"/timeline", "/timeline tidal-charter", "/timeline nothing",
		"/sources", "/sources pledges", "/sources tidal-charter", "/sources briefing:tidal-charter", "/sources nothing",
		"/related meeting", "/related pledges", "/related tidal-charter/members", "/related nothing",
		"/search zzzz",
		"/language", "/language en", "/language zh-Hans", "/language 繁體", "/language fr",
		"/help", "/help ask", "/help /show", "/help 来源", "/help about", "/help nothing",
		"/about",
	}
	router := bottest.Router(t)
	for _, lang := range content.Langs() {
		t.Run(string(lang), func(t *testing.T) {
			var b strings.Builder
			for _, line := range lines {
				reply := router.Respond(t.Context(), bot.Request{Text: line, Lang: lang})
				fmt.Fprintf(&b, "> %s\n%s\n", line, bot.PlainText(reply.Message, router.Phrases(reply.Lang)))
				for _, action := range reply.Message.Actions {
					fmt.Fprintf(&b, "[%s] %s\n", action.Label, action.Encode())
				}
				b.WriteByte('\n')
			}
			golden(t, "commands."+string(lang)+".golden", b.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range gotLines {
		if i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d: got %q (go test -update writes the file anew)", path, i+1, gotLines[i])
		}
	}
	t.Fatalf("%s holds more than what came", path)
}

// TestEveryActionLeadsSomewhere follows every button of every reply.
func TestEveryActionLeadsSomewhere(t *testing.T) {
	router := bottest.Router(t)
	for _, lang := range content.Langs() {
		seen := map[string]bool{}
		next := []bot.Action{{Command: "help"}, {Command: "search", Args: map[string]string{"words": "pledges 承诺"}}}
		for len(next) > 0 {
			action := next[0]
			next = next[1:]
			encoded := action.Encode()
			if seen[encoded] {
				continue
			}
			seen[encoded] = true
			decoded, ok := bot.DecodeAction(encoded)
			if !ok {
				t.Fatalf("%s cannot be read back", encoded)
			}
			reply := router.Respond(t.Context(), bot.Request{Command: decoded.Command, Args: decoded.Args, Lang: lang})
			if reply.Err != nil {
				t.Errorf("%s: %s", encoded, reply.Err.Message)
			}
			for _, a := range actionsOf(reply.Message) {
				if a.Label == "" {
					t.Errorf("%s offers %s without a label", encoded, a.Encode())
				}
				next = append(next, a)
			}
		}
		if len(seen) < 20 {
			t.Errorf("%s: only %d actions were found", lang, len(seen))
		}
	}
}

// actionsOf returns the actions of a message and those of its lists.
func actionsOf(m bot.Message) []bot.Action {
	actions := slices.Clone(m.Actions)
	for _, block := range m.Blocks {
		if list, ok := block.(bot.List); ok {
			for _, item := range list.Items {
				if item.Action != nil {
					actions = append(actions, *item.Action)
				}
			}
		}
	}
	return actions
}

// TestActionsFitAButton uses the longest ids that content may have.
func TestActionsFitAButton(t *testing.T) {
	id := func(first string) string { return first + strings.Repeat("x", 40-len(first)) }
	both := func(s string) content.Text { return content.Text{Hans: s, English: s} }
	day := []content.Span{{Start: content.Date{Year: 2031}, End: content.Date{Year: 2031}}}
	list := content.Entry{ID: id("a"), Kind: content.KindList, Title: both("List"), Answer: both("Text."), Dates: day, Related: []string{id("b")}, Supersedes: []string{id("b")}}
	for i := range 99 {
		list.Items = append(list.Items, content.Item{Title: both(fmt.Sprint("Point ", i+1))})
	}
	other := content.Entry{ID: id("b"), Kind: content.KindFact, Title: both("Fact"), Answer: both("Text."), Dates: day}
	briefing := &content.Briefing{ID: id("c"), Title: both("Briefing"), Entries: []content.Entry{list, other}}
	router := bottest.RouterOver(t, content.NewLibrary([]*content.Briefing{briefing}))
	seen := map[string]bool{}
	next := []bot.Action{{Command: "help"}, {Command: "show", Args: map[string]string{"entry": id("c") + "/" + id("a"), "item": "98"}}}
	for len(next) > 0 {
		action := next[0]
		next = next[1:]
		encoded := action.Encode()
		if seen[encoded] {
			continue
		}
		seen[encoded] = true
		if len(encoded) > bot.MaxAction {
			t.Errorf("%s has %d bytes", encoded, len(encoded))
		}
		reply := router.Respond(t.Context(), bot.Request{Command: action.Command, Args: action.Args})
		if reply.Err != nil {
			t.Errorf("%s: %s", encoded, reply.Err.Message)
		}
		next = append(next, actionsOf(reply.Message)...)
	}
	if longest := "show?entry=" + id("c") + "/" + id("a") + "&item=99"; !seen[longest] {
		t.Errorf("%s was not reached", longest)
	}
}

func TestAnEmptyLibraryIsSaid(t *testing.T) {
	router := bottest.RouterOver(t, content.NewLibrary(nil))
	for _, line := range []string{"/topics", "/brief", "/timeline", "/sources"} {
		reply := router.Respond(t.Context(), bot.Request{Text: line})
		if reply.Err == nil || reply.Err.Message != "There are no briefings yet. Please come back later." || reply.Err.Kind != bot.NotFound {
			t.Errorf("%s: got %+v", line, reply.Err)
		}
	}
	for _, line := range []string{"who chairs the forum?", "/search forum", "/help", "/about", "/language"} {
		if reply := router.Respond(t.Context(), bot.Request{Text: line}); reply.Err != nil {
			t.Errorf("%s: %v", line, reply.Err)
		}
	}
}

func TestIdsOfEntriesMustBeOneBriefings(t *testing.T) {
	both := func(s string) content.Text { return content.Text{Hans: s, English: s} }
	entry := func() []content.Entry { return []content.Entry{{ID: "same", Title: both("T"), Answer: both("A.")}} }
	router := bottest.RouterOver(t, content.NewLibrary([]*content.Briefing{
		{ID: "one", Title: both("One"), Entries: entry()}, {ID: "two", Title: both("Two"), Entries: entry()},
	}))
	if reply := router.Respond(t.Context(), bot.Request{Text: "/show same"}); reply.Err == nil || reply.Err.Kind != bot.NotFound {
		t.Errorf("one of two entries was chosen: %+v", reply.Message)
	}
	if reply := router.Respond(t.Context(), bot.Request{Text: "/show two/same"}); reply.Err != nil {
		t.Error(reply.Err)
	}
}

func TestViewsFollowTheConversation(t *testing.T) {
	router := bottest.Router(t)
	place := bot.Place{Platform: "web", Thread: "1"}
	say := func(line string) string {
		return router.Respond(t.Context(), bot.Request{Text: line, Place: place}).Message.Title
	}
	steps := []struct{ line, want string }{
		{"/timeline", "Timeline: Harbour Forum 2031"},
		{"/show tidal-charter/members", "Members of the charter"},
		{"/sources", "Sources: Members of the charter"},
		{"/brief", "The Tidal Charter"},
		{"/timeline", "Timeline: The Tidal Charter"},
		{"/show pledges 2", "The three pledges"},
		{"/sources", "Sources: The three pledges"},
		{"/topics", "What can be asked"},
		{"/sources", "Sources: The three pledges"},
		{"more", "The three pledges"},
		{"/brief tidal-charter", "The Tidal Charter"},
		{"全文", "潮汐宪章"},
	}
	for _, step := range steps {
		if got := say(step.line); got != step.want {
			t.Fatalf("%s: got %q, want %q", step.line, got, step.want)
		}
	}
}

func TestLanguageIsPreferred(t *testing.T) {
	router := bottest.Router(t)
	tests := []struct {
		line   string
		prefer content.Lang
		text   string
	}{
		{"/language", "", "I answer in the language of your question, otherwise in English."},
		{"/language zh-TW", content.Hant, "今後使用繁體中文。用別的語言提問，仍用那種語言回答。"},
		{"/language 简体", content.Hans, "今后使用简体中文。用别的语言提问，仍用那种语言回答。"},
	}
	for _, test := range tests {
		reply := router.Respond(t.Context(), bot.Request{Text: test.line})
		if got := bot.PlainText(reply.Message, router.Phrases(reply.Lang)); got != test.text || reply.Prefer != test.prefer || !reply.Private {
			t.Errorf("%s: got %q, prefers %q", test.line, got, reply.Prefer)
		}
	}
}

func TestTheLanguageAskedForIsKept(t *testing.T) {
	router := bottest.Router(t)
	reply := router.Respond(t.Context(), bot.Request{Command: "ask", Args: map[string]string{"question": "三项承诺是什么", "lang": "en"}})
	if reply.Lang != content.English || reply.Message.Title != "The three pledges" {
		t.Errorf("got %s: %s", reply.Lang, reply.Message.Title)
	}
}

func TestParametersAreCompleted(t *testing.T) {
	router := bottest.Router(t)
	tests := []struct {
		command, param, typed string
		lang                  content.Lang
		first                 bot.Choice
		none                  bool
	}{
		{command: "brief", param: "briefing", typed: "tid", first: bot.Choice{Label: "The Tidal Charter", Value: "tidal-charter"}},
		{command: "timeline", param: "briefing", typed: "", first: bot.Choice{Label: "Harbour Forum 2031", Value: "harbour-forum-2031"}},
		{command: "brief", param: "briefing", typed: "潮汐", first: bot.Choice{Label: "潮汐宪章", Value: "tidal-charter"}},
		{command: "brief", param: "briefing", typed: "zzz", none: true},
		{command: "topics", param: "topic", typed: "TRA", first: bot.Choice{Label: "trade", Value: "trade"}},
		{command: "show", param: "entry", typed: "three", first: bot.Choice{Label: "The three pledges", Value: "harbour-forum-2031/pledges"}},
		{command: "show", param: "entry", typed: "", lang: content.Hans, first: bot.Choice{Label: "2031年海港论坛会议", Value: "harbour-forum-2031/meeting"}},
		{command: "show", param: "entry", typed: "forum-2031/surv", first: bot.Choice{Label: "The harbour survey", Value: "harbour-forum-2031/survey"}},
		{command: "language", param: "lang", typed: "繁", first: bot.Choice{Label: "繁體中文", Value: "zh-Hant"}},
		{command: "help", param: "command", typed: "来源", first: bot.Choice{Label: "sources", Value: "sources"}},
		{command: "show", param: "item", typed: "1", none: true},
	}
	for _, test := range tests {
		got := router.Complete(t.Context(), bot.Request{Command: test.command, Lang: test.lang}, test.param, test.typed)
		switch {
		case test.none && len(got) > 0:
			t.Errorf("%s %s %q: proposes %v", test.command, test.param, test.typed, got)
		case !test.none && (len(got) == 0 || got[0] != test.first):
			t.Errorf("%s %s %q: got %v, want %v first", test.command, test.param, test.typed, got, test.first)
		}
	}
}

func TestCompletionsAreFew(t *testing.T) {
	briefing := &content.Briefing{ID: "b", Title: content.Text{English: "B"}}
	for i := range 100 {
		briefing.Entries = append(briefing.Entries, content.Entry{ID: fmt.Sprint("entry-", i), Title: content.Text{English: fmt.Sprint("Entry ", i)}, Answer: content.Text{English: "A."}})
	}
	router := bottest.RouterOver(t, content.NewLibrary([]*content.Briefing{briefing}))
	for param, command := range map[string]string{"entry": "show", "question": "ask"} {
		if got := router.Complete(t.Context(), bot.Request{Command: command}, param, "entry"); len(got) > 25 {
			t.Errorf("%s: %d choices", param, len(got))
		}
	}
}

// TestNamesFitEverySurface holds what Discord demands of names of commands
// and parameters (https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming)
// and what the grammar of a line of text relies on.
func TestNamesFitEverySurface(t *testing.T) {
	router := bottest.Router(t)
	word := func(s string) bool {
		return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
	}
	for _, command := range commands.All(commands.Options{}) {
		group, second := command.Group()
		if !word(second) || group != "" && !word(group) {
			t.Errorf("%q is neither a lower-case word nor two", command.Name)
		}
		for _, alias := range command.Aliases {
			if words := strings.Fields(alias); len(words) > 2 || strings.Join(words, " ") != alias || alias != strings.ToLower(alias) {
				t.Errorf("the alias %q could never be read", alias)
			}
		}
		optional := false
		for _, p := range command.Params {
			if !word(p.Name) {
				t.Errorf("%s: %q is no lower-case word", command.Name, p.Name)
			}
			if p.Required && optional {
				t.Errorf("%s: %s is required and stands behind an optional parameter", command.Name, p.Name)
			}
			optional = optional || !p.Required
		}
		for _, lang := range content.Langs() {
			summaries := []string{router.Phrases(lang).T(command.Summary)}
			for _, p := range command.Params {
				summaries = append(summaries, router.Phrases(lang).T(p.Summary))
			}
			for _, s := range summaries {
				if n := len([]rune(s)); n == 0 || n > 100 {
					t.Errorf("%s: %q has %d characters, 1 to 100 are allowed", command.Name, s, n)
				}
			}
		}
	}
}

func BenchmarkAsk(b *testing.B) {
	router := bottest.Router(b)
	for b.Loop() {
		reply := router.Respond(b.Context(), bot.Request{Text: "三项承诺是什么"})
		if reply.Answer == nil || reply.Answer.Status != search.Answered {
			b.Fatal(reply.Message)
		}
	}
}

func TestManyRelatedEntriesAreOneActionAway(t *testing.T) {
	both := func(s string) content.Text { return content.Text{Hans: s, English: s} }
	briefing := &content.Briefing{ID: "b", Title: both("B")}
	for i := range 6 {
		briefing.Entries = append(briefing.Entries, content.Entry{ID: fmt.Sprint("e", i), Title: both(fmt.Sprint("E", i)), Answer: both("A.")})
	}
	briefing.Entries[0].Related = []string{"e1", "e2", "e3", "b/e4", "e1", "e0", "gone"}
	briefing.Entries[5].Related = []string{"e0"}
	router := bottest.RouterOver(t, content.NewLibrary([]*content.Briefing{briefing}))
	labels := func(line string) string {
		var all []string
		for _, a := range actionsOf(router.Respond(t.Context(), bot.Request{Text: line}).Message) {
			all = append(all, a.Label)
		}
		return strings.Join(all, ", ")
	}
	if got, want := labels("/show e0"), "Sources, E1, E2, E3, More related"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := labels("/related e0"), "In full, E1, E2, E3, E4, E5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A surface that turns the pages of a long reply asks for it again, at any
// later time of the conversation.
func TestAgainShowsTheSame(t *testing.T) {
	router := bottest.Router(t)
	for _, before := range []string{"", "what are the three pledges", "/brief tidal-charter"} {
		for _, line := range []string{
			"/topics", "/topics law", "/brief", "/show pledges 2", "/more", "/timeline", "/sources",
			"/sources briefing:tidal-charter", "/related pledges", "/search pledges", "/help", "/help ask", "/about", "sources?",
		} {
			place := bot.Place{Platform: "test", Thread: before + line}
			if before != "" {
				router.Respond(t.Context(), bot.Request{Text: before, Lang: content.English, Place: place})
			}
			reply := router.Respond(t.Context(), bot.Request{Text: line, Lang: content.English, Place: place})
			if reply.Again == nil {
				if reply.Err == nil && (line != "/more" || before != "") {
					t.Errorf("%q after %q cannot be shown again", line, before)
				}
				continue
			}
			again := router.Respond(t.Context(), bot.Request{Command: reply.Again.Command, Args: reply.Again.Args, Lang: content.English})
			phrases := router.Phrases(content.English)
			if got, want := bot.PlainText(again.Message, phrases), bot.PlainText(reply.Message, phrases); got != want {
				t.Errorf("%q after %q, again:\n%s\nwant\n%s", line, before, got, want)
			}
		}
	}
}
