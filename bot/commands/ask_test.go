package commands_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/commands"
	"briefbot/content"
	"briefbot/content/search"
)

func forum(entry string) content.Ref {
	return content.Ref{Briefing: "harbour-forum-2031", Entry: entry}
}

func call(router *bot.Router, previous ...search.Turn) bot.Call {
	c := bot.Call{
		Request:  bot.Request{Args: map[string]string{"question": "the question"}, AskedAt: bottest.Now()},
		Shelf:    router.Shelf(),
		Previous: previous,
		Router:   router,
	}
	return c.Speaking(content.English)
}

const gazette = `
Sources:
- Velia Gazette, “Harbour Forum closes”, 19 May 2031, https://gazette.example/forum?a=1&b=2`

func TestAnswersAreComposed(t *testing.T) {
	router := bottest.Router(t)
	answered := func(entry string, items ...int) search.Answer {
		return search.Answer{Status: search.Answered, Intent: search.IntentEntry, Ref: forum(entry), Items: items, Lang: content.English}
	}
	with := func(answer search.Answer, change func(*search.Answer)) search.Answer {
		change(&answer)
		return answer
	}
	slot := func(s content.Slot) func(*search.Answer) { return func(a *search.Answer) { a.Slot = s } }
	in := func(lang content.Lang) func(*search.Answer) { return func(a *search.Answer) { a.Lang = lang } }
	tests := []struct {
		name     string
		answer   search.Answer
		previous []search.Turn
		want     string
	}{
		{"an entry", answered("meeting"), nil, `The 2031 meeting of the Harbour Forum
The Harbour Forum met in Velia from 16 to 18 May 2031.
Took place: 16–18 May 2031
As of 19 May 2031.` + gazette},
		{"the slot comes first", with(answered("meeting"), slot(content.Where)), nil, `The 2031 meeting of the Harbour Forum
Velia
The Harbour Forum met in Velia from 16 to 18 May 2031.
Took place: 16–18 May 2031
As of 19 May 2031.` + gazette},
		{"a slot that the answer opens with is not repeated", with(answered("chair"), slot(content.Who)), nil, `Orla Finn, chair of the forum
Orla Finn chairs the forum until 31 May 2031.
This held until 31 May 2031; the briefings hold nothing later.
As of 19 May 2031.` + gazette},
		{"a slot that the entry lacks", with(answered("meeting"), slot(content.HowMuch)), nil, `The 2031 meeting of the Harbour Forum
The Harbour Forum met in Velia from 16 to 18 May 2031.
Took place: 16–18 May 2031
As of 19 May 2031.` + gazette},
		{"the language of the question", with(answered("meeting"), in(content.Hant)), nil, `2031年海港論壇會議
海港論壇2031年會議於2031年5月16日至18日在維利亞舉行。
已發生：2031年5月16日至18日
截至2031年5月19日。
來源：
- 維利亞公報，《海港論壇閉幕》，2031年5月19日，https://gazette.example/forum?a=1&b=2`},
		{"one point", answered("pledges", 2), nil, `The three pledges
2. Open tariffs: Tariffs are published.
The forum adopted three pledges.
Took place: 18 May 2031
Corrected on 21 May 2031: one was missing
As of 19 May 2031.` + gazette + "\n- Forum Secretariat, “Minutes” (not published)"},
		{"several points in any order, and such that do not exist", answered("pledges", 3, 1, 3, 0, 9), nil, `The three pledges
1. Clean channels: Channels are cleared every year.
3. Shared charts: All members share their charts.
The forum adopted three pledges.
Took place: 18 May 2031
Corrected on 21 May 2031: one was missing
As of 19 May 2031.` + gazette + "\n- Forum Secretariat, “Minutes” (not published)"},
		{"to come", answered("next-meeting"), nil, `The next Harbour Forum
The Harbour Forum of 2033 is planned for October 2033 in Ostro.
Upcoming: October 2033
As of 19 May 2031.` + gazette},
		{"planned, and the date has passed", answered("survey"), nil, `The harbour survey
The harbour survey is planned to start on 1 June 2031.
Date given: 1 June 2031. The date has passed; the briefings hold nothing later.
As of 19 May 2031.
Sources:
- Forum Secretariat, “Minutes” (not published)`},
		{"replaced", search.Answer{Status: search.Answered, Intent: search.IntentEntry, Ref: content.Ref{Briefing: "tidal-charter", Entry: "members-2029"}}, nil, `Members of the charter in 2029
In 2029 the Tidal Charter had nine members.
There is a newer entry: Members of the charter
As of 31 December 2029.
Sources:
- Sea Office, “Charter”, 2030`},
		{"candidates", search.Answer{Status: search.Suggest, Suggestions: []search.Suggestion{
			{Ref: forum("meeting")}, {Ref: forum("pledges"), Item: 2}, {Ref: forum("gone")}, {Ref: forum("pledges"), Item: 9},
		}}, nil, `Did you mean one of these?
- The 2031 meeting of the Harbour Forum
- The three pledges, point 2: Open tariffs
- The three pledges`},
		{"nothing, with something near", search.Answer{Status: search.Unknown, Suggestions: []search.Suggestion{{Ref: forum("meeting")}}}, nil, `That is not in the briefings.
The nearest they have:
- The 2031 meeting of the Harbour Forum
The newest briefing holds up to 19 May 2031.`},
		{"nothing at all", search.Answer{Status: search.Unknown, Lang: content.Hans}, nil, `简报里没有这个内容。
最新的简报截至2031年5月19日。`},
		{"candidates that are all gone", search.Answer{Status: search.Suggest, Suggestions: []search.Suggestion{{Ref: forum("gone")}}}, nil, `That is not in the briefings.
The newest briefing holds up to 19 May 2031.`},
		{"the sources of the last answer", search.Answer{Status: search.Answered, Intent: search.IntentSources}, []search.Turn{{Ref: forum("meeting")}}, `Sources: The 2031 meeting of the Harbour Forum
It rests on 1 source.
As of 19 May 2031.` + gazette},
		{"the sources of a briefing", search.Answer{Status: search.Answered, Intent: search.IntentSources, Ref: content.Ref{Briefing: "tidal-charter"}}, nil, `Sources: The Tidal Charter
It rests on 1 source.
As of January 2030.
Sources:
- Sea Office, “Charter”, 2030`},
		{"a timeline", search.Answer{Status: search.Answered, Intent: search.IntentTimeline, Ref: forum("meeting")}, nil, `Timeline: Harbour Forum 2031
- 16–18 May 2031: The 2031 meeting of the Harbour Forum
- 18 May 2031: The three pledges
- 18 May 2031: Closing words
- 1 June 2031: The harbour survey
- October 2033: The next Harbour Forum
As of 19 May 2031.` + gazette + "\n- Forum Secretariat, “Minutes”"},
		{"a summary of an entry", search.Answer{Status: search.Answered, Intent: search.IntentSummary, Ref: forum("survey")}, nil, `The harbour survey
The harbour survey is planned to start on 1 June 2031.
Date given: 1 June 2031. The date has passed; the briefings hold nothing later.
As of 19 May 2031.
Sources:
- Forum Secretariat, “Minutes” (not published)`},
		{"a summary of a briefing", search.Answer{Status: search.Answered, Intent: search.IntentSummary, Ref: content.Ref{Briefing: "tidal-charter"}}, nil, `The Tidal Charter
The Tidal Charter says who may use tidal power.
You can ask about:
- Members of the charter
- Members of the charter in 2029
As of January 2030.
Sources:
- Sea Office, “Charter”, 2030`},
		{"topics", search.Answer{Status: search.Answered, Intent: search.IntentTopics}, nil, `What can be asked
- Harbour Forum 2031: published 20 May 2031
- The Tidal Charter: published 1 February 2030
Tags: harbours, law, trade
Ask a question, or type "topics" and a tag.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reply, err := commands.Compose(call(router, test.previous...), test.answer)
			if err != nil {
				t.Fatal(err)
			}
			if got := bot.PlainText(reply.Message, router.Phrases(reply.Lang)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if reply.Answer == nil || reply.Answer.Status != test.answer.Status {
				t.Errorf("the answer behind the reply is %+v", reply.Answer)
			}
		})
	}
}

func TestWhatStatesNothingHasNoDateAndIsNotRemembered(t *testing.T) {
	router := bottest.Router(t)
	for _, status := range []search.Status{search.Suggest, search.Unknown} {
		reply, err := commands.Compose(call(router), search.Answer{Status: status, Suggestions: []search.Suggestion{{Ref: forum("meeting")}}})
		if err != nil {
			t.Fatal(err)
		}
		if reply.Turn != nil || !reply.AsOf.IsZero() || len(reply.Message.Sources) > 0 {
			t.Errorf("%s: turn %v, as of %v, sources %v", status, reply.Turn, reply.AsOf, reply.Message.Sources)
		}
	}
}

func TestAnswersAreRememberedForFollowUps(t *testing.T) {
	router := bottest.Router(t)
	charter := content.Ref{Briefing: "tidal-charter"}
	tests := []struct {
		name   string
		answer search.Answer
		turn   search.Turn
		ref    content.Ref
	}{
		{
			"a point",
			search.Answer{Intent: search.IntentEntry, Ref: forum("pledges"), Items: []int{2}, Slot: content.What},
			search.Turn{Question: "the question", Ref: forum("pledges"), Item: 2, Slot: content.What},
			forum("pledges"),
		},
		{"a briefing", search.Answer{Intent: search.IntentSummary, Ref: charter}, search.Turn{Question: "the question", Ref: charter}, charter},
		{"a timeline of nothing named", search.Answer{Intent: search.IntentTimeline}, search.Turn{Question: "the question", Ref: content.Ref{Briefing: "harbour-forum-2031"}}, content.Ref{Briefing: "harbour-forum-2031"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.answer.Status = search.Answered
			reply, err := commands.Compose(call(router), test.answer)
			if err != nil {
				t.Fatal(err)
			}
			if reply.Turn == nil || *reply.Turn != test.turn {
				t.Errorf("remembered %+v, want %+v", reply.Turn, test.turn)
			}
			if reply.Answer.Ref != test.ref {
				t.Errorf("the answer is about %v, want %v", reply.Answer.Ref, test.ref)
			}
		})
	}
}

func TestActionsOfAnAnswer(t *testing.T) {
	router := bottest.Router(t)
	tests := []struct {
		answer search.Answer
		want   string
	}{
		{search.Answer{Ref: forum("meeting")}, "[Sources] sources?entry=harbour-forum-2031/meeting [Timeline] timeline?briefing=harbour-forum-2031 [The three pledges] show?entry=harbour-forum-2031/pledges"},
		{search.Answer{Ref: forum("pledges"), Items: []int{1, 2}}, "[In full] show?entry=harbour-forum-2031/pledges [Point 3] show?entry=harbour-forum-2031/pledges&item=3 [Sources] sources?entry=harbour-forum-2031/pledges [Timeline] timeline?briefing=harbour-forum-2031 [The 2031 meeting of the Harbour Forum] show?entry=harbour-forum-2031/meeting"},
		{search.Answer{Ref: content.Ref{Briefing: "tidal-charter", Entry: "members-2029"}}, "[Newer entry] show?entry=tidal-charter/members [Sources] sources?entry=tidal-charter/members-2029"},
	}
	for _, test := range tests {
		test.answer.Status, test.answer.Intent = search.Answered, search.IntentEntry
		reply, err := commands.Compose(call(router), test.answer)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, action := range reply.Message.Actions {
			got = append(got, "["+action.Label+"] "+action.Encode())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%v: got\n%s\nwant\n%s", test.answer.Ref, strings.Join(got, " "), test.want)
		}
	}
}

func TestExplanation(t *testing.T) {
	router := bottest.Router(t)
	reply, err := commands.Compose(call(router), search.Answer{
		Status: search.Unknown, Intent: search.IntentEntry, Confidence: 0.31,
		Explanation: &search.Explanation{
			Normalised: "forum 2035", Understood: []string{"the year 2035"}, Threshold: 0.5,
			Candidates: []search.Candidate{
				{Ref: forum("next-meeting"), Score: 0.31, Parts: []search.ScorePart{{Name: "coverage", Value: 0.7}}, Ruled: "another year"},
				{Ref: forum("meeting"), Score: 0.2},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `That is not in the briefings.
---
How this was found:
Searched for: forum 2035
Asks for: entry
Confidence: 0.31; 0.50 is needed
Understood:
- the year 2035
Considered:
1. harbour-forum-2031/next-meeting: 0.31 · coverage 0.70 · ruled out: another year
2. harbour-forum-2031/meeting: 0.20
The newest briefing holds up to 19 May 2031.`
	if got := bot.PlainText(reply.Message, router.Phrases(reply.Lang)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestAnswersStayShort lets an entry grow and sees what goes first.
func TestAnswersStayShort(t *testing.T) {
	sentence := func(n int) content.Text {
		return content.Text{Hans: strings.Repeat("港口向所有人开放。", n), English: strings.Repeat("A harbour is open to all. ", n)}
	}
	router := bottest.Router(t)
	for _, answerLength := range []int{0, 1, 5, 10, 14, 16, 18, 25, 59} {
		for _, itemCount := range []int{0, 3, 12, 40} {
			for _, itemLength := range []int{0, 1, 4, 20} {
				entry := content.Entry{
					ID: "e", Kind: content.KindList, Title: content.Text{Hans: "标题", English: "Title"},
					Answer: sentence(answerLength + 1), Sources: []string{"s", "s", "s"},
				}
				for i := range itemCount {
					n := fmt.Sprint(i + 1)
					entry.Items = append(entry.Items, content.Item{
						Title: content.Text{Hans: "第" + n + "点", English: "Point " + n}, Text: sentence(itemLength),
					})
				}
				library := content.NewLibrary([]*content.Briefing{{ID: "b", AsOf: content.Date{Year: 2031}, Entries: []content.Entry{entry}, Sources: []content.Source{
					{ID: "s", Publisher: content.Text{Hans: "公报", English: "Gazette"}, URL: "https://gazette.example/" + strings.Repeat("x", 60), Note: sentence(3)},
				}}})
				c := call(router)
				c.Shelf = bot.Shelf{Library: library}
				for _, lang := range content.Langs() {
					checkShort(t, c, lang, &entry)
				}
			}
		}
	}
}

func checkShort(t *testing.T, c bot.Call, lang content.Lang, entry *content.Entry) {
	t.Helper()
	reply, err := commands.Compose(c, search.Answer{
		Status: search.Answered, Intent: search.IntentEntry, Ref: content.Ref{Briefing: "b", Entry: "e"}, Lang: lang,
	})
	if err != nil {
		t.Fatal(err)
	}
	text := bot.PlainText(reply.Message, c.Router.Phrases(lang))
	length := utf8.RuneCountInString(text)
	if length > 900 {
		t.Fatalf("%d characters:\n%s", length, text)
	}
	answer := strings.TrimSpace(entry.Answer.In(lang))
	whole := strings.Contains(text, answer)
	if !whole && utf8.RuneCountInString(answer) < 620 {
		t.Fatalf("an answer of %d characters was cut:\n%s", utf8.RuneCountInString(answer), text)
	}
	if !strings.Contains(text, "https://gazette.example/") {
		t.Fatalf("no source is left:\n%s", text)
	}
	if len(reply.Sources) != len(entry.Sources) {
		t.Fatalf("the answer rests on %d sources, not %d", len(reply.Sources), len(entry.Sources))
	}
	if shown := len(reply.Message.Sources); shown < len(entry.Sources) {
		note := c.Router.Phrases(lang).N("note.more_sources", len(entry.Sources)-shown, nil)
		if !strings.Contains(text, note) {
			t.Fatalf("%d sources are kept quiet:\n%s", len(entry.Sources)-shown, text)
		}
	}
	more := len(reply.Message.Actions) > 0 && reply.Message.Actions[0].Command == "show"
	if items := len(entry.Items); (!whole || items > 0 && !strings.Contains(text, entry.Items[items-1].Title.In(lang))) && !more {
		t.Fatalf("what was left out cannot be reached:\n%s", text)
	}
}

func TestStateOfDates(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct{ span, asOf, asked, want string }{
		{"2026-11", "2025-11-02", "2026-10-31T23:59:59Z", "state.upcoming"},
		{"2026-11", "2025-11-02", "2026-11-01T00:00:00Z", "state.due"},
		{"2026-11", "2025-11-02", "2026-11-30T23:59:59Z", "state.due"},
		{"2026-11", "2025-11-02", "2026-12-01T00:00:00Z", "state.passed"},
		{"2026-11", "2026-12-05", "2026-12-06T00:00:00Z", "state.took_place"},
		{"2026-11", "2026-11-20", "2026-12-06T00:00:00Z", "state.passed"},
		{"2025-10-30/2025-11-01", "2025-11-02", "2025-11-05T00:00:00Z", "state.took_place"},
		{"2025-10-30/2025-11-01", "2025-11-01", "2025-11-05T00:00:00Z", "state.took_place"},
		{"2025-10-30/2025-11-01", "2025-10-31", "2025-11-05T00:00:00Z", "state.passed"},
		{"2025-10-30/2025-11-01", "2025-10-30", "2025-10-31T12:00:00Z", "state.under_way"},
		{"2025-10-30/2025-11-01", "2025-10-29", "2025-10-31T12:00:00Z", "state.due"},
		{"2025-10-30/2025-11-01", "2025-10-29", "2025-10-29T12:00:00Z", "state.upcoming"},
		{"2025-11-01", "", "2025-12-01T00:00:00Z", "state.passed"},
		{"2026", "2025-11-02", "2026-06-01T00:00:00Z", "state.due"},
		{"2026", "2025-11-02", "2025-12-31T00:00:00Z", "state.upcoming"},
		{"2025", "2025", "2026-01-01T00:00:00Z", "state.took_place"},
		// The day is that of the asker.
		{"2025-11-01", "2025-11-02", "2025-11-01T01:00:00+09:00", "state.under_way"},
		{"2025-11-02", "2025-10-01", "2025-11-01T23:00:00-08:00", "state.upcoming"},
	}
	for _, test := range tests {
		span, err := content.ParseSpan(test.span)
		if err != nil {
			t.Fatal(err)
		}
		var asOf content.Date
		if test.asOf != "" {
			if asOf, err = content.ParseDate(test.asOf); err != nil {
				t.Fatal(err)
			}
		}
		if got := commands.StateOf(span, asOf, at(test.asked)); string(got) != test.want {
			t.Errorf("%s as of %s, asked at %s: got %s, want %s", test.span, test.asOf, test.asked, got, test.want)
		}
	}
}

func TestExplainShowsWhatWasConsideredAndWhatSpokeAgainstIt(t *testing.T) {
	router := bottest.Router(t)
	reply := router.Respond(t.Context(), bot.Request{Command: "explain", Args: map[string]string{"question": "harbour forum 1999"}})
	text := bot.PlainText(reply.Message, router.Phrases(reply.Lang))
	for _, want := range []string{"coverage", "likeness", "constraints", "1999"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if reply.Answer == nil || reply.Answer.Explanation == nil || reply.Answer.Explanation.Threshold <= 0 || reply.Answer.Asked != "" {
		t.Errorf("%+v", reply.Answer)
	}
	// A sentence that begins so stays a question.
	if reply := router.Respond(t.Context(), bot.Request{Text: "explain the harbour forum"}); reply.Answer != nil && reply.Answer.Explanation != nil {
		t.Error("a question was explained instead of answered")
	}
}

func TestWhatMayBeAskedIsProposedBeforeAnythingIsTyped(t *testing.T) {
	router := bottest.Router(t)
	for _, tt := range []struct {
		lang  content.Lang
		typed string
	}{{content.English, ""}, {content.English, "  "}, {content.Hans, ""}, {content.Hant, ""}} {
		choices := router.Complete(t.Context(), bot.Request{Command: "ask", Lang: tt.lang}, "question", tt.typed)
		if len(choices) == 0 || len(choices) > 8 {
			t.Errorf("%s: %d choices", tt.lang, len(choices))
		}
		for _, choice := range choices {
			reply := router.Respond(t.Context(), bot.Request{Command: "ask", Args: map[string]string{"question": choice.Value}, Lang: tt.lang, AskedAt: bottest.Now()})
			if reply.Answer == nil || reply.Answer.Status != search.Answered {
				t.Errorf("%s: %q is proposed and not answered", tt.lang, choice.Value)
			}
		}
	}
}
