package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
	"briefbot/content/search"
)

func TestRecords(t *testing.T) {
	router := bottest.Router(t)
	tests := []struct {
		name   string
		c      bot.Case
		status search.Status
		entry  string
		item   int
		lang   content.Lang
		asOf   string
		text   string // how the text begins
	}{
		{"an answer", bot.Case{Question: "三项承诺是什么", Lang: "pinyin"}, search.Answered, "harbour-forum-2031/pledges", 0, content.Hans, "2031-05-19", "三项承诺\n论坛通过了三项承诺。\n1. 清洁航道"},
		{"nothing", bot.Case{Question: "capital of Peru"}, search.Unknown, "", 0, content.English, "", "That is not in the briefings."},
		{"the language of the asker", bot.Case{Question: "42 ?", Lang: "zh-TW"}, search.Unknown, "", 0, content.Hant, "", "簡報裡沒有這個內容。"},
		{"an empty question", bot.Case{Question: " "}, search.Unknown, "", 0, content.English, "", "Ask something"},
		{"a long question", bot.Case{Question: strings.Repeat("x", 501)}, search.Unknown, "", 0, content.English, "", "That is longer than 500 characters"},
		{"a command", bot.Case{Question: "topics"}, search.Answered, "", 0, content.English, "", "What can be asked"},
		{"a view of a briefing", bot.Case{Question: "timeline"}, search.Answered, "harbour-forum-2031", 0, content.English, "2031-05-19", "Timeline: Harbour Forum 2031"},
		{"a point by command", bot.Case{Question: "/show pledges 2"}, search.Answered, "harbour-forum-2031/pledges", 2, content.English, "2031-05-19", "The three pledges\n2. Open tariffs"},
		{"a command that fails", bot.Case{Question: "/show nothing"}, search.Unknown, "", 0, content.English, "", `There is no entry "nothing"`},
		{"more of nothing", bot.Case{Question: "more"}, search.Unknown, "", 0, content.English, "", "Nothing has been answered here yet."},
		{"more of the last answer", bot.Case{Question: "more", Context: []string{"/show pledges 2"}}, search.Answered, "harbour-forum-2031/pledges", 0, content.English, "2031-05-19", "The three pledges\nThe forum adopted"},
		{"hits of a search state nothing", bot.Case{Question: "/search pledges"}, search.Suggest, "", 0, content.English, "", "Search: pledges"},
		{"after earlier questions", bot.Case{Question: "sources", Context: []string{"who chairs the forum", "/show tidal-charter/members"}}, search.Answered, "tidal-charter/members", 0, content.English, "2030-01", "Sources: Members of the charter"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.c.ID = "the id"
			got := bot.Ask(t.Context(), router, test.c)
			if got.ID != "the id" || got.Question != test.c.Question {
				t.Errorf("id %q, question %q", got.ID, got.Question)
			}
			if got.Status != test.status || got.Entry != test.entry || got.Item != test.item || got.Lang != test.lang || got.AsOf.String() != test.asOf {
				t.Errorf("got %+v", got)
			}
			if !strings.HasPrefix(got.Text, test.text) {
				t.Errorf("the text is %q", got.Text)
			}
		})
	}
}

func TestRecordsAreOfConversationsOfTheirOwn(t *testing.T) {
	router := bottest.Router(t)
	bot.Ask(t.Context(), router, bot.Case{Question: "/show tidal-charter/members"})
	if got := bot.Ask(t.Context(), router, bot.Case{Question: "sources"}); got.Entry != "harbour-forum-2031" {
		t.Errorf("another conversation's answer is remembered: %s", got.Entry)
	}
}

func TestTheTimeOfAskingCounts(t *testing.T) {
	router := bottest.Router(t)
	later := bot.Ask(t.Context(), router, bot.Case{Question: "/show next-meeting", AskedAt: time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC)})
	if !strings.Contains(later.Text, "The date has passed") {
		t.Errorf("asked after the date: %s", later.Text)
	}
	now := bot.Ask(t.Context(), router, bot.Case{Question: "/show next-meeting"})
	if !strings.Contains(now.Text, "Upcoming: October 2033") {
		t.Errorf("asked before the date: %s", now.Text)
	}
}

func TestRecordAsJSON(t *testing.T) {
	router := bottest.Router(t)
	encode := func(c bot.Case) string {
		record := bot.Ask(t.Context(), router, c)
		record.Text, record.Confidence = "…", 0.5
		b, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	got := encode(bot.Case{ID: "1", Question: "/show pledges 2"})
	const want = `{"id":"1","question":"/show pledges 2","status":"answered","text":"…","entry":"harbour-forum-2031/pledges","item":2,"confidence":0.5,"lang":"en","as_of":"2031-05-19",` +
		`"sources":[{"publisher":"Velia Gazette","title":"Harbour Forum closes","date":"2031-05-19","url":"https://gazette.example/forum?a=1\u0026b=2"},{"publisher":"Forum Secretariat","title":"Minutes","date":"","url":""}],"suggestions":[],"took_us":0}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := encode(bot.Case{Question: ""}); got != `{"question":"","status":"unknown","text":"…","entry":"","item":0,"confidence":0.5,"lang":"en","as_of":"","sources":[],"suggestions":[],"took_us":0}` {
		t.Errorf("got %s", got)
	}
}

func TestSuggestionsAreNamedInTheLanguageOfTheText(t *testing.T) {
	router := bottest.Router(t)
	reply := bot.Reply{Lang: content.Hant, Answer: &search.Answer{Status: search.Suggest, Suggestions: []search.Suggestion{
		{Ref: content.Ref{Briefing: "harbour-forum-2031", Entry: "pledges"}, Item: 2},
		{Ref: content.Ref{Briefing: "harbour-forum-2031", Entry: "gone"}},
	}}}
	got := bot.NewRecord(router, "q", reply)
	if len(got.Suggestions) != 1 || got.Suggestions[0] != (bot.RecordSuggestion{Entry: "harbour-forum-2031/pledges", Item: 2, Title: "三項承諾"}) {
		t.Errorf("got %+v", got.Suggestions)
	}
}

func TestRecordsHoldSourcesThatTheTextLeavesOut(t *testing.T) {
	router := bottest.Router(t)
	one, two := bot.Citation{Publisher: "One"}, bot.Citation{Publisher: "Two"}
	got := bot.NewRecord(router, "q", bot.Reply{Message: bot.Message{Sources: []bot.Citation{one}}, Sources: []bot.Citation{one, two}})
	if len(got.Sources) != 2 || got.Sources[1].Publisher != "Two" {
		t.Errorf("got %+v", got.Sources)
	}
}

func TestTookIsOfTheQuestionAlone(t *testing.T) {
	now := bottest.Now()
	router := newRouter(t, registry(), func(o *bot.Options) {
		o.Now = func() time.Time {
			now = now.Add(time.Millisecond)
			return now
		}
	})
	alone := bot.Ask(t.Context(), router, bot.Case{Question: "about"})
	after := bot.Ask(t.Context(), router, bot.Case{Question: "about", Context: []string{"a", "b", "c"}})
	if alone.TookUS != after.TookUS || alone.TookUS == 0 {
		t.Errorf("%d µs alone, %d µs after others", alone.TookUS, after.TookUS)
	}
}
