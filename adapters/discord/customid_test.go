package discord

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/content"
)

func find(name string) (bot.Command, bool) {
	for _, c := range commands.All(commands.Options{}) {
		if c.Name == name {
			return c, true
		}
	}
	return bot.Command{}, false
}

func TestPressesComeBackAsTheyWere(t *testing.T) {
	longest := strings.Repeat("b", 40) + "/" + strings.Repeat("e", 40) // ids have at most 40 bytes
	for id, p := range map[string]press{
		"ae|topics":                    {does: doAction, lang: content.English, action: bot.Action{Command: "topics"}},
		"as|show|a/b|2":                {does: doAction, lang: content.Hans, action: bot.Action{Command: "show", Args: map[string]string{"entry": "a/b", "item": "2"}}},
		"pt3|timeline|a":               {does: turnPage, lang: content.Hant, page: 3, action: bot.Action{Command: "timeline", Args: map[string]string{"briefing": "a"}}},
		"ae|sources||a":                {does: doAction, lang: content.English, action: bot.Action{Command: "sources", Args: map[string]string{"briefing": "a"}}},
		"pe999|show|" + longest + "|9": {does: turnPage, lang: content.English, page: 999, action: bot.Action{Command: "show", Args: map[string]string{"entry": longest, "item": "9"}}},
		"pe1|search|50%25 %7C a":       {does: turnPage, lang: content.English, page: 1, action: bot.Action{Command: "search", Args: map[string]string{"words": "50% | a"}}},
		"pe1|search|四点建议":              {does: turnPage, lang: content.English, page: 1, action: bot.Action{Command: "search", Args: map[string]string{"words": "四点建议"}}},
		"se":                           {does: share, lang: content.English},
		"ms2":                          {does: chooseFrom, lang: content.Hans, page: 2},
	} {
		command, _ := find(p.action.Command)
		got, ok := p.encode(command)
		if !ok || got != id {
			t.Errorf("%+v is written as %q, %v; want %q", p, got, ok, id)
		}
		back, ok := decodePress(id, find)
		if !ok || back.does != p.does || back.lang != p.lang || back.page != p.page ||
			back.action.Command != p.action.Command || !maps.Equal(back.action.Args, p.action.Args) {
			t.Errorf("%q is read as %+v, %v; want %+v", id, back, ok, p)
		}
	}
}

func TestPressesThatAreTooLongAreNotWritten(t *testing.T) {
	p := press{does: turnPage, lang: content.English, page: 1}
	p.action = bot.Action{Command: "search", Args: map[string]string{"words": strings.Repeat("点", 90)}}
	command, _ := find("search")
	if id, ok := p.encode(command); ok {
		t.Errorf("%d characters were written", utf8.RuneCountInString(id))
	}
}

func TestForeignPressesAreRefused(t *testing.T) {
	for _, id := range []string{
		"", "a", "ae", "ae|", "ae|nothing", "ae|TOPICS", "ae|帮助", "ae1|topics", "pe|topics", "pe0|topics", "pe1000|topics", "pe01|topics",
		"pe-1|topics", "xe|topics", "ax|topics", "se|topics", "me|topics", "ae|show|a/b|2|3", "ae|show|%zz", "ae|%zz", "show?entry=a/b",
		"ae|show|" + strings.Repeat("e", 500), "\xff\xfe",
	} {
		if p, ok := decodePress(id, find); ok {
			t.Errorf("%q was read as %+v", id, p)
		}
	}
}

func FuzzPress(f *testing.F) {
	for _, id := range []string{"ae|show|a/b|2", "pt3|timeline|a", "se", "ms2", "pe1|search|50%25 %7C a"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		p, ok := decodePress(id, find)
		if !ok {
			return
		}
		command, _ := find(p.action.Command)
		again, ok := p.encode(command)
		if !ok {
			return // read with bytes that count less than characters
		}
		back, ok := decodePress(again, find)
		if !ok || back.does != p.does || back.page != p.page || !maps.Equal(back.action.Args, p.action.Args) {
			t.Errorf("%q is read as %+v, written as %q and read as %+v", id, p, again, back)
		}
	})
}
