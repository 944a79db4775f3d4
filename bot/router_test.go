package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/commands"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// echo is a command that replies with what it was called with.
func echo(name string, aliases []string, params ...bot.Param) bot.Command {
	return bot.Command{Name: name, Aliases: aliases, Params: params, Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
		parts := []string{name, string(c.Lang)}
		for _, key := range slices.Sorted(maps.Keys(c.Args)) {
			parts = append(parts, key+"="+c.Args[key])
		}
		return bot.Reply{Message: bot.Message{Title: strings.Join(parts, "|")}}, nil
	}}
}

// registry is shaped like the commands of the bot.
func registry() []bot.Command {
	return []bot.Command{
		echo("ask", []string{"问"},
			bot.Param{Name: "question", Kind: bot.KindQuestion, Required: true, Rest: true},
			bot.Param{Name: "lang", Kind: bot.KindLang}),
		echo("topics", []string{"话题"}, bot.Param{Name: "topic", Kind: bot.KindTopic}),
		echo("brief", nil, bot.Param{Name: "briefing", Kind: bot.KindBriefing}),
		echo("show", nil,
			bot.Param{Name: "entry", Kind: bot.KindEntry, Required: true},
			bot.Param{Name: "item", Kind: bot.KindNumber}),
		echo("sources", []string{"来源"}, bot.Param{Name: "entry", Kind: bot.KindEntry}),
		echo("search", nil, bot.Param{Name: "words", Kind: bot.KindQuestion, Required: true, Rest: true}),
		echo("language", []string{"语言"}, bot.Param{Name: "lang", Kind: bot.KindLang}),
		echo("help", []string{"帮助"}, bot.Param{Name: "command", Kind: bot.KindCommand}),
		echo("about", nil),
	}
}

type routerOptions func(*bot.Options)

func newRouter(tb testing.TB, commands []bot.Command, change ...routerOptions) *bot.Router {
	tb.Helper()
	phrases, err := i18n.Load()
	if err != nil {
		tb.Fatal(err)
	}
	library := bottest.Library(tb)
	options := bot.Options{
		Commands: commands,
		Shelves:  bottest.Shelves{Library: library, Index: search.Build(library)},
		Phrases:  phrases,
		Memory:   bot.NewLocalMemory(),
		Log:      slog.New(slog.DiscardHandler),
		Now:      bottest.Now,
	}
	for _, f := range change {
		f(&options)
	}
	router, err := bot.NewRouter(options)
	if err != nil {
		tb.Fatal(err)
	}
	return router
}

func TestLinesAreReadAsCommandsOrQuestions(t *testing.T) {
	router := newRouter(t, registry())
	tests := []struct{ line, want string }{
		// With a slash a line is always a command.
		{"/topics", "topics|en"},
		{"  /topics  ", "topics|en"},
		{"／topics", "topics|en"},
		{"/TOPICS", "topics|en"},
		{"/话题", "topics|zh-Hans"},
		{"/topics trade", "topics|en|topic=trade"},
		{"/topics no such topic", `error: "topics" does not know what to do with "such". "help topics" shows what it takes.`},
		{"/ask who chairs the forum?", "ask|en|question=who chairs the forum?"},
		{"/ask lang:zh-Hant who chairs the forum?", "ask|zh-Hant|lang=zh-Hant|question=who chairs the forum?"},
		{"/ask question:who chairs  the forum", "ask|en|question=who chairs  the forum"},
		{"/ask 谁是主席：奥拉", "ask|zh-Hans|question=谁是主席：奥拉"},
		{"/show pledges 2", "show|en|entry=pledges|item=2"},
		{"/show item:2 entry:pledges", "show|en|entry=pledges|item=2"},
		{"/show item：2 pledges", "show|en|entry=pledges|item=2"},
		{"/show pledges　2", "show|en|entry=pledges|item=2"},
		{"/show pledges 2 item", `error: "show" does not know what to do with "item". "help show" shows what it takes.`},
		{"/nothing", `error: There is no command "nothing". "help" lists what I can do.`},
		{"/", "ask|en|question=/"},
		// The name alone is a command, with or without a mark after it.
		{"topics", "topics|en"},
		{"Topics?", "topics|en"},
		{"help!", "help|en"},
		{"话题", "topics|zh-Hans"},
		{"来源？", "sources|zh-Hans"},
		{"帮助。", "help|zh-Hans"},
		// But not where a value has to follow.
		{"show", "ask|en|question=show"},
		{"search", "ask|en|question=search"},
		// The name followed by what exists is a command.
		{"topics trade", "topics|en|topic=trade"},
		{"brief tidal-charter", "brief|en|briefing=tidal-charter"},
		{"show harbour-forum-2031/pledges 2", "show|en|entry=harbour-forum-2031/pledges|item=2"},
		{"help show", "help|en|command=show"},
		{"help 话题", "help|zh-Hans|command=话题"},
		{"language English", "language|en|lang=English"},
		{"语言 繁體", "language|zh-Hant|lang=繁體"},
		{"search tidal power", "search|en|words=tidal power"},
		{"ask who chairs the forum", "ask|en|question=who chairs the forum"},
		{"Ask who chairs the forum?", "ask|en|question=who chairs the forum?"},
		// Sentences that begin with the name of a command are questions.
		{"topics discussed at the forum", "ask|en|question=topics discussed at the forum"},
		{"sources of growth?", "ask|en|question=sources of growth?"},
		{"sources of growth", "ask|en|question=sources of growth"},
		{"help me with the pledges", "ask|en|question=help me with the pledges"},
		{"about the forum", "ask|en|question=about the forum"},
		{"language of the charter", "ask|en|question=language of the charter"},
		{"brief me on Velia", "ask|en|question=brief me on Velia"},
		{"brief tidal-charter and the rest", "ask|en|question=brief tidal-charter and the rest"},
		{"show me the pledges", "ask|en|question=show me the pledges"},
		{"show harbour-forum-2031/pledges two", "ask|en|question=show harbour-forum-2031/pledges two"},
		{"search parties for Velia?", "ask|en|question=search parties for Velia?"},
		{"话题有哪些", "ask|zh-Hans|question=话题有哪些"},
		{"来源 是什么", "ask|zh-Hans|question=来源 是什么"},
		{"who chairs the forum?", "ask|en|question=who chairs the forum?"},
		{"ends in \xff\xfe", "ask|en|question=ends in �"},
		// Nothing at all.
		{"", `error: Ask something, for example "what can I ask?".`},
		{" \n\t　", `error: Ask something, for example "what can I ask?".`},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			reply := router.Respond(t.Context(), bot.Request{Text: test.line})
			if got := replyText(reply); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// group is shaped like a group of commands: two words, and the group alone
// for one of them.
func group() []bot.Command {
	hours := func(_ i18n.Printer, value string) error {
		for _, one := range bot.SplitList(value) {
			if _, err := time.Parse("15:04", one); err != nil {
				return &bot.Error{Kind: bot.Invalid, Message: "No time: " + value}
			}
		}
		return nil
	}
	days := func(_ i18n.Printer, value string) error {
		if value != "weekdays" && value != "工作日" {
			return &bot.Error{Kind: bot.Invalid, Message: "No days: " + value}
		}
		return nil
	}
	number := bot.Param{Name: "number", Kind: bot.KindNumber, Check: func(_ i18n.Printer, value string) error {
		if strings.Trim(value, "0123456789") != "" {
			return &bot.Error{Kind: bot.Invalid, Message: "No number: " + value}
		}
		return nil
	}}
	times := bot.Param{Name: "times", Kind: bot.KindTimes, Check: hours, List: true, Required: true}
	changed := times
	changed.Required = false
	rest := []bot.Param{{Name: "days", Kind: bot.KindDays, Check: days}, {Name: "topics", Kind: bot.KindTopics, List: true}, {Name: "lang", Kind: bot.KindLangs}}
	return append(registry(),
		echo("post subscribe", []string{"订阅", "推送 订阅"}, append([]bot.Param{times}, rest...)...),
		echo("post list", []string{"post", "推送"}),
		echo("post edit", nil, append([]bot.Param{number, changed}, rest...)...),
		echo("post pause", nil, number),
	)
}

func TestCommandsOfTwoWords(t *testing.T) {
	router := newRouter(t, group())
	tests := []struct{ line, want string }{
		{"/post subscribe 09:00", "post subscribe|en|times=09:00"},
		{"/post  Subscribe　09:00", "post subscribe|en|times=09:00"},
		{"/post subscribe 09:00 weekdays topics:trade lang:zh", "post subscribe|en|days=weekdays|lang=zh|times=09:00|topics=trade"},
		{"/post subscribe topics：trade，law 09:00,18:00", "post subscribe|en|times=09:00,18:00|topics=trade，law"},
		// A word goes where it is a value.
		{"/post subscribe weekdays 09:00", "post subscribe|en|days=weekdays|times=09:00"},
		{"/post subscribe 09:00 18:00 weekdays", "post subscribe|en|days=weekdays|times=09:00,18:00"},
		{"/post edit 2 18:00", "post edit|en|number=2|times=18:00"},
		{"/post edit 18:00", "post edit|en|times=18:00"},
		// The group alone, and in other languages.
		{"/post", "post list|en"},
		{"/post list", "post list|en"},
		{"/推送", "post list|zh-Hans"},
		{"/推送 订阅 09:00 工作日", "post subscribe|zh-Hans|days=工作日|times=09:00"},
		{"/订阅 09:00", "post subscribe|zh-Hans|times=09:00"},
		// Names of parameters in other languages, or nearly right.
		{"/post subscribe 时间:09:00 話題:trade 语言：zh", "post subscribe|zh-Hans|lang=zh|times=09:00|topics=trade"},
		{"/post subscribe time:09:00 topic:trade language:en Days:weekdays", "post subscribe|en|days=weekdays|lang=en|times=09:00|topics=trade"},
		// Chinese needs no spaces.
		{"/post subscribe 工作日09:00", "post subscribe|zh-Hans|days=工作日|times=09:00"},
		{"/post subscribe 09:00工作日", "post subscribe|zh-Hans|days=工作日|times=09:00"},
		// What is wrong.
		{"/post edit 0", `error: "number" must be a whole number from 1.`},
		{"/post edit -3", `error: "number" must be a whole number from 1.`},
		{"/post subscribe", `error: "post subscribe" needs "times". "help post subscribe" shows how to write it.`},
		{"/post subscribe noonish", `error: No time: noonish`},
		{"/post edit x", `error: "post edit" does not know what to do with "x". "help post edit" shows what it takes.`},
		{"/post edit number:x", `error: "number" must be a whole number from 1.`},
		{"/post edit days:x", `error: No days: x`},
		{"/post subscribe 09:00 sometimes", `error: "post subscribe" does not know what to do with "sometimes". "help post subscribe" shows what it takes.`},
		{"/post stop", `error: "post" has no "stop". There are: subscribe, list, edit, pause.`},
		{"/推送 停", `error: “post”没有“停”。可用的有：subscribe、list、edit、pause。`},
		// Without the slash, where it can hardly be a question.
		{"post", "post list|en"},
		{"post list?", "post list|en"},
		{"post pause 2", "post pause|en|number=2"},
		{"post subscribe 09:00 topics:trade", "post subscribe|en|times=09:00|topics=trade"},
		{"订阅 09:00 工作日", "post subscribe|zh-Hans|days=工作日|times=09:00"},
		{"post of the chair", "ask|en|question=post of the chair"},
		{"post subscribe", `error: "post subscribe" needs "times". "help post subscribe" shows how to write it.`},
		{"post subscribe 25:00", `error: No time: 25:00`},
		{"post subscribe to what?", "ask|en|question=post subscribe to what?"},
		{"post subscribe 09:00 topics:nothing", "post subscribe|en|times=09:00|topics=nothing"},
		{"post subscrbe 09:00", `error: "post" has no "subscrbe". There are: subscribe, list, edit, pause.`},
		{"推送 订阅 25点", `error: No time: 25点`},
		{"post list of members", "ask|en|question=post list of members"},
		{"订阅", "ask|zh-Hans|question=订阅"},
		{"help post subscribe", "ask|en|question=help post subscribe"}, // the help of this registry takes one word
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			reply := router.Respond(t.Context(), bot.Request{Text: test.line})
			if got := replyText(reply); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	reply := router.Respond(t.Context(), bot.Request{Command: "post pause", Args: map[string]string{"number": "2"}})
	if got := replyText(reply); got != "post pause|en|number=2" {
		t.Errorf("as a request it is %s", got)
	}
	if words := router.Group("推送"); len(words) != 4 || words[0].Name != "post subscribe" {
		t.Errorf("the group holds %v", words)
	}
}

// asker is who asks in a test.
type asker struct {
	manages bool
	err     error
}

func (a asker) Manages(context.Context) (bool, error) { return a.manages, a.err }
func (a asker) Managers(i18n.Printer) string          { return "its keepers" }
func (a asker) Zone(context.Context) string           { return "" }

func TestCommandsOfManagersAreForThemAlone(t *testing.T) {
	managed := echo("close", nil, bot.Param{Name: "topic", Kind: bot.KindTopic, Required: true})
	managed.Access = bot.Managers
	router := newRouter(t, []bot.Command{managed, echo("ask", nil, bot.Param{Name: "question", Kind: bot.KindQuestion})})
	tests := map[string]struct {
		asker bot.Asker
		kind  bot.Kind
		want  string
	}{
		"a manager":                     {asker{manages: true}, "", "close|en|topic=trade"},
		"somebody else":                 {asker{}, bot.Denied, `"close" is for whoever manages this channel: its keepers.`},
		"where nobody manages anything": {nil, bot.Denied, `"close" does nothing here.`},
		"who cannot be looked up":       {asker{err: errors.New("no answer")}, bot.Unavailable, "Please try again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reply := router.Respond(t.Context(), bot.Request{Text: "/close trade", Asker: test.asker})
			if !strings.Contains(replyText(reply), test.want) || test.kind != "" && reply.Err.Kind != test.kind {
				t.Errorf("got %s (%+v)", replyText(reply), reply.Err)
			}
		})
	}
	if reply := router.Respond(t.Context(), bot.Request{Text: "/close"}); reply.Err == nil || reply.Err.Kind != bot.Denied {
		t.Errorf("somebody is told how to use what they may not: %s", replyText(reply))
	}
}

// Below a message of ours a text can mean what it means nowhere else.
func TestWhatATextMeansBelowAMessage(t *testing.T) {
	meant := func(_ context.Context, c bot.Call) (bot.Action, bool, error) {
		switch {
		case c.Under[0] != (bot.Standing{Channel: "C1", Post: "7"}):
			return bot.Action{}, false, nil
		case c.Text == "第九条":
			return bot.Action{}, false, c.NotFound("error.no_entry", i18n.Args{"Entry": "9"})
		case c.Text == "2":
			return bot.Action{Command: "show", Args: map[string]string{"entry": "a/b"}}, true, nil
		}
		return bot.Action{}, false, nil
	}
	router := newRouter(t, registry(), func(o *bot.Options) { o.Meant = meant })
	below := []bot.Standing{{Channel: "C1", Post: "7"}}
	tests := []struct {
		req  bot.Request
		want string
	}{
		{bot.Request{Text: "2", Under: below}, "show|en|entry=a/b"},
		{bot.Request{Text: "第九条", Under: below}, `error: 没有“9”这个条目。输入“话题”看看有什么。`},
		{bot.Request{Text: "2"}, "ask|en|question=2"},
		{bot.Request{Text: "3", Under: below}, "ask|en|question=3"},
		{bot.Request{Command: "about", Under: below}, "about|en"},
	}
	for _, test := range tests {
		if got := replyText(router.Respond(t.Context(), test.req)); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.req, got, test.want)
		}
	}
}

func replyText(reply bot.Reply) string {
	if reply.Err != nil {
		return "error: " + reply.Err.Message
	}
	return reply.Message.Title
}

func TestLanguageOfTheReply(t *testing.T) {
	router := newRouter(t, registry())
	tests := []struct {
		name string
		req  bot.Request
		want content.Lang
	}{
		{"nothing is known", bot.Request{Text: "topics"}, content.English},
		{"the surface knows", bot.Request{Text: "topics", Lang: content.Hant}, content.Hant},
		{"an unknown language of the surface", bot.Request{Text: "topics", Lang: "fr"}, content.English},
		{"a Chinese name", bot.Request{Text: "话题", Lang: content.English}, content.Hans},
		{"a question in Chinese", bot.Request{Text: "谁是论坛主席", Lang: content.English}, content.Hans},
		{"a question in traditional Chinese", bot.Request{Text: "論壇主席是誰", Lang: content.Hans}, content.Hant},
		{"a question in English", bot.Request{Text: "who chairs the forum", Lang: content.Hans}, content.English},
		{"a question as an argument", bot.Request{Command: "ask", Args: map[string]string{"question": "谁是论坛主席"}}, content.Hans},
		{"words that are searched for", bot.Request{Command: "search", Args: map[string]string{"words": "谁是论坛主席"}}, content.Hans},
		{"the parameter", bot.Request{Command: "ask", Args: map[string]string{"question": "谁是论坛主席", "lang": "EN"}}, content.English},
		{"ids are no English", bot.Request{Text: "/show harbour-forum-2031/pledges", Lang: content.Hans}, content.Hans},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if reply := router.Respond(t.Context(), test.req); reply.Lang != test.want {
				t.Errorf("got %s, want %s: %s", reply.Lang, test.want, replyText(reply))
			}
		})
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	router := newRouter(t, registry())
	many := map[string]string{}
	for i := range 17 {
		many[fmt.Sprint("p", i)] = "x"
	}
	tests := []struct {
		name string
		req  bot.Request
		want string
	}{
		{"an unknown command", bot.Request{Command: "nothing"}, `There is no command "nothing"`},
		{"a command in other letters", bot.Request{Command: "Topics"}, `There is no command "Topics"`},
		{"an unknown parameter", bot.Request{Command: "about", Args: map[string]string{"x": "1"}}, `"about" takes no "x"`},
		{"a missing parameter", bot.Request{Command: "show"}, `"show" needs "entry"`},
		{"an empty parameter", bot.Request{Command: "show", Args: map[string]string{"entry": "  "}}, `"show" needs "entry"`},
		{"a missing question", bot.Request{Command: "ask", Args: map[string]string{"question": ""}}, "Ask something"},
		{"no number", bot.Request{Command: "show", Args: map[string]string{"entry": "x", "item": "two"}}, `"item" must be a whole number from 1`},
		{"a number below one", bot.Request{Command: "show", Args: map[string]string{"entry": "x", "item": "0"}}, `"item" must be a whole number from 1`},
		{"a huge number", bot.Request{Command: "show", Args: map[string]string{"entry": "x", "item": "99999999999999999999"}}, `"item" must be a whole number from 1`},
		{"an unknown language", bot.Request{Command: "language", Args: map[string]string{"lang": "fr"}}, "Languages are"},
		{"a long text", bot.Request{Text: strings.Repeat("a", 501)}, "That is longer than 500 characters"},
		{"a long argument", bot.Request{Command: "topics", Args: map[string]string{"topic": strings.Repeat("潮", 501)}}, "That is longer than 500 characters"},
		{"many arguments", bot.Request{Command: "topics", Args: many}, "That is longer than 500 characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reply := router.Respond(t.Context(), test.req)
			if reply.Err == nil || reply.Err.Kind != bot.Invalid || !strings.HasPrefix(reply.Err.Message, test.want) {
				t.Fatalf("got %+v, want %s", reply.Err, test.want)
			}
			if !reply.Private {
				t.Error("an error is not for everybody's eyes")
			}
			if text := bot.PlainText(reply.Message, router.Phrases(reply.Lang)); text != reply.Err.Message {
				t.Errorf("the message is %q, the error %q", text, reply.Err.Message)
			}
		})
	}
	if reply := router.Respond(t.Context(), bot.Request{Text: strings.Repeat("潮", 500)}); reply.Err != nil {
		t.Errorf("a text of just the allowed length is refused: %v", reply.Err)
	}
}

func TestMessagesRepeatInputWithoutWhatSteersTerminals(t *testing.T) {
	router := newRouter(t, registry())
	reply := router.Respond(t.Context(), bot.Request{Text: "/a\x1b[31m\u202eb\n" + strings.Repeat("潮", 100)})
	if strings.ContainsAny(replyText(reply), "\x1b\u202e\n") || len([]rune(replyText(reply))) > 120 {
		t.Errorf("got %q", replyText(reply))
	}
}

func TestArgumentsOfTheCallerAreLeftAlone(t *testing.T) {
	router := newRouter(t, registry())
	args := map[string]string{"topic": " trade "}
	reply := router.Respond(t.Context(), bot.Request{Command: "topics", Args: args})
	if replyText(reply) != "topics|en|topic=trade" || args["topic"] != " trade " {
		t.Errorf("got %s, arguments now %v", replyText(reply), args)
	}
}

func TestErrorsOfCommandsBecomeReplies(t *testing.T) {
	secret := errors.New("password hunter2")
	failing := func(name string, err error) bot.Command {
		return bot.Command{Name: name, Run: func(context.Context, bot.Call) (bot.Reply, error) { return bot.Reply{}, err }}
	}
	commands := []bot.Command{
		failing("invalid", &bot.Error{Kind: bot.Invalid, Message: "Say more."}),
		failing("missing", &bot.Error{Kind: bot.NotFound, Message: "It is gone."}),
		failing("denied", &bot.Error{Kind: bot.Denied, Message: "Ask an admin."}),
		failing("limited", &bot.Error{Kind: bot.RateLimited, Message: "Wait a minute.", Delay: time.Minute}),
		failing("down", &bot.Error{Kind: bot.Unavailable, Message: "Try later.", Err: secret}),
		failing("internal", secret),
		{Name: "panics", Run: func(context.Context, bot.Call) (bot.Reply, error) { panic(secret) }},
		{Name: "about", Run: echo("about", nil).Run},
	}
	const polite = "Something went wrong on our side and has been logged. Please try again in a moment."
	tests := []struct {
		command string
		kind    bot.Kind
		message string
		logged  string
	}{
		{"invalid", bot.Invalid, "Say more.", ""},
		{"missing", bot.NotFound, "It is gone.", ""},
		{"denied", bot.Denied, "Ask an admin.", ""},
		{"limited", bot.RateLimited, "Wait a minute.", ""},
		{"down", bot.Unavailable, "Try later.", "hunter2"},
		{"internal", bot.Unavailable, polite, "hunter2"},
		{"panics", bot.Unavailable, polite, "router_test.go"},
	}
	for _, test := range tests {
		t.Run(test.command, func(t *testing.T) {
			var log bytes.Buffer
			var seen []bot.Observation
			router := newRouter(t, commands, func(o *bot.Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, nil))
				o.Observe = func(o bot.Observation) { seen = append(seen, o) }
			})
			reply := router.Respond(t.Context(), bot.Request{Command: test.command, Place: bot.Place{Platform: "web"}})
			if reply.Err == nil || reply.Err.Kind != test.kind || reply.Err.Message != test.message {
				t.Errorf("got %+v", reply.Err)
			}
			if text := bot.PlainText(reply.Message, router.Phrases(reply.Lang)); text != test.message {
				t.Errorf("the user reads %q", text)
			}
			if test.logged == "" && log.Len() > 0 || !strings.Contains(log.String(), test.logged) {
				t.Errorf("logged: %s", log.String())
			}
			if want := []bot.Observation{{Platform: "web", Command: test.command, Error: test.kind}}; !slices.Equal(seen, want) {
				t.Errorf("observed %+v, want %+v", seen, want)
			}
			if after := router.Respond(t.Context(), bot.Request{Command: "about"}); after.Err != nil {
				t.Errorf("afterwards nothing works: %v", after.Err)
			}
		})
	}
}

func TestErrorKeepsItsCause(t *testing.T) {
	denied := &bot.Error{Kind: bot.Denied, Message: "No.", Err: context.Canceled}
	if !errors.Is(denied, context.Canceled) || denied.Error() != "No: context canceled" {
		t.Errorf("the cause is lost: %v", denied)
	}
}

// What somebody wrote may be in a value that a command panics with.
func TestPanicsAreLoggedWithoutWhatWasWritten(t *testing.T) {
	var log bytes.Buffer
	router := newRouter(t, []bot.Command{
		{Name: "quotes", Run: func(context.Context, bot.Call) (bot.Reply, error) { panic("no rule for hunter2") }},
		{Name: "reaches", Run: func(context.Context, bot.Call) (bot.Reply, error) {
			var none []int
			return bot.Reply{}, fmt.Errorf("%d", none[len("far")])
		}},
	}, func(o *bot.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, command := range []string{"quotes", "reaches"} {
		if reply := router.Respond(t.Context(), bot.Request{Command: command}); reply.Err == nil {
			t.Errorf("%s did not panic", command)
		}
	}
	if got := log.String(); strings.Contains(got, "hunter2") || !strings.Contains(got, "panic=string") || !strings.Contains(got, "index out of range [3]") {
		t.Errorf("logged: %s", got)
	}
}

func TestNamesAreTakenOnce(t *testing.T) {
	_, err := bot.NewRouter(bot.Options{Commands: []bot.Command{{Name: "a", Aliases: []string{"b"}}, {Name: "b"}}})
	if err == nil || err.Error() != `commands a and b are both named "b"` {
		t.Errorf("got %v", err)
	}
}

func TestConversationsAreRememberedApart(t *testing.T) {
	remember := bot.Command{
		Name:   "ask",
		Params: []bot.Param{{Name: "question", Kind: bot.KindQuestion, Required: true, Rest: true}},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			var earlier []string
			for _, turn := range c.Previous {
				earlier = append(earlier, turn.Question)
			}
			question := c.Args["question"]
			return bot.Reply{
				Message: bot.Message{Title: strings.Join(earlier, ",")},
				Turn:    &search.Turn{Question: question, Ref: content.Ref{Briefing: "b", Entry: "e"}},
			}, nil
		},
	}
	now := bottest.Now()
	router := newRouter(t, []bot.Command{remember}, func(o *bot.Options) { o.Now = func() time.Time { return now } })
	ask := func(place bot.Place, question string, askedAt time.Time) string {
		return replyText(router.Respond(t.Context(), bot.Request{Text: question, Place: place, AskedAt: askedAt}))
	}
	one := bot.Place{Platform: "web", Thread: "1"}
	same := bot.Place{Platform: "web", Thread: "1", User: "somebody"}
	others := []bot.Place{{Platform: "web", Thread: "2"}, {Platform: "slack", Thread: "1"}, {Platform: "web", Channel: "1", Thread: "1"}, {Platform: "web", Workspace: "w", Thread: "1"}}
	ask(one, "first", time.Time{})
	// The asker's word on the time does not age the memory.
	if got := ask(same, "second", now.Add(100*time.Hour)); got != "first" {
		t.Errorf("the same thread remembers %q", got)
	}
	for _, place := range others {
		if got := ask(place, "x", time.Time{}); got != "" {
			t.Errorf("%+v remembers %q", place, got)
		}
	}
	ask(bot.Place{Platform: "web"}, "nowhere", time.Time{})
	if got := ask(bot.Place{Platform: "web"}, "nowhere", time.Time{}); got != "" {
		t.Errorf("a place without a thread remembers %q", got)
	}
	if got := ask(one, "third", time.Time{}); got != "first,second" {
		t.Errorf("the thread remembers %q", got)
	}
	now = now.Add(31 * time.Minute)
	if got := ask(one, "fourth", time.Time{}); got != "" {
		t.Errorf("after half an hour the thread remembers %q", got)
	}
}

// brokenMemory fails at everything.
type brokenMemory struct{}

func (brokenMemory) Turns(context.Context, string, time.Time) ([]search.Turn, error) {
	return nil, errors.New("disk full")
}

func (brokenMemory) Remember(context.Context, string, search.Turn, time.Time) error {
	return errors.New("disk full")
}

func TestQuestionsAreAnsweredWithoutMemory(t *testing.T) {
	var log bytes.Buffer
	command := bot.Command{Name: "about", Run: func(context.Context, bot.Call) (bot.Reply, error) {
		return bot.Reply{Message: bot.Message{Title: "fine"}, Turn: &search.Turn{}}, nil
	}}
	router := newRouter(t, []bot.Command{command}, func(o *bot.Options) {
		o.Memory = brokenMemory{}
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	reply := router.Respond(t.Context(), bot.Request{Text: "about", Place: bot.Place{Thread: "1"}})
	if replyText(reply) != "fine" || strings.Count(log.String(), "disk full") != 2 {
		t.Errorf("got %s, logged %s", replyText(reply), log.String())
	}
}

func TestCompletion(t *testing.T) {
	complete := func(_ context.Context, c bot.Call, typed string) []bot.Choice {
		if typed == "panic" {
			panic("boom")
		}
		return []bot.Choice{{Label: string(c.Lang), Value: typed}}
	}
	command := bot.Command{Name: "show", Params: []bot.Param{{Name: "entry", Complete: complete}, {Name: "item"}}}
	var log bytes.Buffer
	router := newRouter(t, []bot.Command{command}, func(o *bot.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	tests := []struct {
		command, param, typed string
		want                  []bot.Choice
	}{
		{"show", "entry", "港", []bot.Choice{{Label: "zh-Hans", Value: "港"}}},
		{"show", "item", "1", nil},
		{"show", "nothing", "1", nil},
		{"nothing", "entry", "1", nil},
		{"show", "entry", strings.Repeat("x", 501), nil},
		{"show", "entry", "panic", nil},
	}
	for _, test := range tests {
		got := router.Complete(t.Context(), bot.Request{Command: test.command, Lang: content.Hans}, test.param, test.typed)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s %s %.10s: got %v, want %v", test.command, test.param, test.typed, got, test.want)
		}
	}
	if !strings.Contains(log.String(), "completion panicked") {
		t.Error("the panic was not logged")
	}
}

func TestRouterServesConcurrently(t *testing.T) {
	router := bottest.Router(t)
	want := router.Respond(t.Context(), bot.Request{Text: "三项承诺是什么"})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 20 {
				place := bot.Place{Platform: "web", Thread: fmt.Sprint(i % 3)}
				got := router.Respond(t.Context(), bot.Request{Text: "三项承诺是什么", Place: place})
				if got.Message.Title != want.Message.Title || got.Lang != content.Hans {
					t.Errorf("got %q", got.Message.Title)
				}
				router.Complete(t.Context(), bot.Request{Command: "show"}, "entry", "p")
			}
		})
	}
	group.Wait()
}

// Whoever writes a line, manager or not, has it read: a hostile one tries no
// value twice and few altogether.
func TestALineIsReadWithBoundedWork(t *testing.T) {
	const most = 1000
	tried := map[string]int{}
	all := commands.All(commands.Options{})
	for i := range all {
		for j := range all[i].Params {
			p := &all[i].Params[j]
			check := p.Check
			if check == nil {
				continue
			}
			p.Check = func(printer i18n.Printer, value string) error {
				tried[p.Name+" "+value]++
				return check(printer, value)
			}
		}
	}
	router := newRouter(t, all)
	var unlike strings.Builder // a line of values none of which is like another
	for n := range 48 {
		fmt.Fprintf(&unlike, " %d点周一%d月", n%24, n)
	}
	for _, line := range []string{
		"digest subscribe " + strings.Repeat("9、九、9点、每天、十、2031-01-01、9点、", 12),
		"digest subscribe " + strings.Repeat("、,、,早上,订阅,周一 ", 30),
		"推送 订阅 " + strings.Repeat("2031-01-01、第、到、到 ", 20),
		"/digest edit" + unlike.String(),
	} {
		clear(tried)
		line = string([]rune(line)[:min(len([]rune(line)), bot.MaxText)])
		if reply := router.Respond(t.Context(), bot.Request{Text: line}); reply.Err == nil {
			t.Errorf("%.40s: no refusal", line)
		}
		for value, times := range tried {
			if times > 1 {
				t.Errorf("%.40s: %q is tried %d times", line, value, times)
				break
			}
		}
		if len(tried) > most {
			t.Errorf("%.40s: %d values are tried", line, len(tried))
		}
	}
}

// However many parameters a command has, what comes after a thousand values is
// read as none.
func TestOfALineNoMoreThanAThousandValuesAreTried(t *testing.T) {
	tried := 0
	var params []bot.Param
	for n := range 13 {
		params = append(params, bot.Param{Name: fmt.Sprint("p", n), Kind: bot.KindText, List: true, Check: func(i18n.Printer, string) error {
			if tried++; n < 12 {
				return errors.New("no value")
			}
			return nil
		}})
	}
	var line strings.Builder
	line.WriteString("/pick")
	for n := range 160 {
		fmt.Fprintf(&line, " %c%c", 'a'+n/26, 'a'+n%26)
	}
	reply := newRouter(t, append(registry(), echo("pick", nil, params...))).Respond(t.Context(), bot.Request{Text: line.String()})
	if reply.Err == nil || tried > 1000+len(params) {
		t.Errorf("%d values were tried: %+v", tried, reply.Message)
	}
}

func FuzzParse(f *testing.F) {
	router := newRouter(f, registry())
	for _, seed := range []string{"", "/", "topics", "/show a/b 2", "/ask lang:en x", "话题", "／帮助　x", "help help", "/\x00", "/show entry:", "a:b", "/ask question:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		reply := router.Respond(t.Context(), bot.Request{Text: line})
		if reply.Err != nil && (reply.Err.Kind != bot.Invalid || reply.Err.Message == "") {
			t.Fatalf("%q: %+v", line, reply.Err)
		}
		if reply.Err == nil && reply.Message.Title == "" {
			t.Fatalf("%q: an empty reply", line)
		}
		slash := strings.HasPrefix(strings.TrimSpace(line), "/") || strings.HasPrefix(strings.TrimSpace(line), "／")
		if !slash && reply.Err == nil && strings.HasSuffix(strings.TrimSpace(line), "?") && strings.Contains(strings.TrimSpace(line), " ") {
			if !strings.HasPrefix(reply.Message.Title, "ask|") {
				t.Fatalf("%q is a question, read as %s", line, reply.Message.Title)
			}
		}
	})
}
