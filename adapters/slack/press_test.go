package slack

import (
	"reflect"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func TestPressesAreReadAsTheyWereWritten(t *testing.T) {
	router := bottest.Router(t)
	for _, p := range []press{
		{does: doAction, lang: content.Hans, action: bot.Action{Command: "topics"}},
		{does: doAction, lang: content.Hant, action: bot.Action{Command: "show", Args: map[string]string{"entry": "harbour-forum-2031/pledges", "item": "2"}}},
		{does: doAction, lang: content.English, action: bot.Action{Command: "search", Args: map[string]string{"words": "a|b % 100%25 | 承诺"}}},
		{does: turnPage, lang: content.English, page: 12, action: bot.Action{Command: "topics"}},
		{does: share, lang: content.English, action: bot.Action{Command: "ask", Args: map[string]string{"question": "三项承诺是什么"}}},
		{does: share, lang: content.English, action: bot.Action{Command: "topics"}},
		{does: share, lang: content.Hans, entry: content.Ref{Briefing: "harbour-forum-2031", Entry: "pledges"}, item: 2, line: "第二点|呢 100%"},
		{does: voteUp, lang: content.Hans, entry: content.Ref{Briefing: "harbour-forum-2031", Entry: "pledges"}},
		{does: voteDown, lang: content.Hans, entry: content.Ref{Briefing: "harbour-forum-2031", Entry: "pledges"}},
	} {
		command, _ := router.Command(p.action.Command)
		value := p.encode(command)
		got, ok := decodePress(value, router.Command)
		if !ok || !reflect.DeepEqual(got, p) {
			t.Errorf("%q is read as %+v, %v; want %+v", value, got, ok, p)
		}
	}
}

func TestPressesOfOthersAreRefused(t *testing.T) {
	router := bottest.Router(t)
	for _, value := range []string{
		"", "a", "ae", "ae|", "ae|nothing", "xe|topics", "ax|topics", "ae1|topics", "pe|topics", "pe0|topics", "pe01|topics", "pe1000|topics",
		"ae|topics|a|b", "ae|%zz", "ae|show|%zz", "se1||0|topics", "se|topics", "se||0|", "se||0||", "se||x||y", "se||-1||y", "se||01||y", "se|a|0||y", "se||0||y|z", "se||0||%zz", "se||0|nothing", "ae|Topics", "ae|lang",
		"ue", "ue|", "ue|nowhere", "ue|a/b/c", "ue|a/b|c", "ue1|a/b", "ue|%zz",
		"ae|search|" + strings.Repeat("x", 4*maxValue),
	} {
		if p, ok := decodePress(value, router.Command); ok {
			t.Errorf("%.40q is read as %+v", value, p)
		}
	}
}

func TestActionIDsNameTheAsker(t *testing.T) {
	for _, tt := range []struct{ asker, want string }{{"U024BE7LH", "U024BE7LH"}, {"", ""}, {"<@U1>", ""}} {
		if got := askerOf(actionID(7, tt.asker)); got != tt.want {
			t.Errorf("the message of %q is that of %q", tt.asker, got)
		}
	}
	if got := askerOf("7:not an id"); got != "" {
		t.Errorf("%q is an asker", got)
	}
}

func FuzzPress(f *testing.F) {
	router := bottest.Router(f)
	f.Add("ae|show|harbour-forum-2031/pledges|2")
	f.Add("pe3|topics")
	f.Add("ue|a/b")
	f.Add("se|a/b|2||x")
	f.Add("se||0|topics")
	f.Fuzz(func(t *testing.T, value string) {
		p, ok := decodePress(value, router.Command)
		if !ok {
			return
		}
		command, _ := router.Command(p.action.Command)
		again, ok := decodePress(p.encode(command), router.Command)
		if !ok || !reflect.DeepEqual(again, p) {
			t.Errorf("%q is read as %+v, and that as %+v", value, p, again)
		}
	})
}
