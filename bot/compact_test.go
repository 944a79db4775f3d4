package bot_test

import (
	"maps"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func TestCompactActionsComeBackAsTheyWere(t *testing.T) {
	router := bottest.Router(t)
	for want, a := range map[string]bot.Action{
		"topics":              {Command: "topics"},
		"show|a/b|2":          {Command: "show", Args: map[string]string{"entry": "a/b", "item": "2"}},
		"sources||a":          {Command: "sources", Args: map[string]string{"briefing": "a"}},
		"search|50%25 %7C 四点": {Command: "search", Args: map[string]string{"words": "50% | 四点"}},
	} {
		command, _ := router.Command(a.Command)
		got := strings.Join(a.Compact(command), bot.CompactSeparator)
		if got != want {
			t.Errorf("%+v is written as %q, want %q", a, got, want)
		}
		back, ok := bot.ReadCompact(strings.Split(got, bot.CompactSeparator), router.Command)
		if !ok || back.Command != a.Command || !maps.Equal(back.Args, a.Args) {
			t.Errorf("%q is read as %+v, %v", got, back, ok)
		}
	}
	for _, foreign := range []string{"", "nothing", "TOPICS", "帮助", "show|a|1|2", "show|%zz", "%zz"} {
		if a, ok := bot.ReadCompact(strings.Split(foreign, bot.CompactSeparator), router.Command); ok {
			t.Errorf("%q is read as %+v", foreign, a)
		}
	}
}

// The letters stand in messages that were sent years ago.
func TestLettersOfLanguagesStay(t *testing.T) {
	for letter, lang := range map[byte]content.Lang{'s': content.Hans, 't': content.Hant, 'e': content.English} {
		if back, ok := bot.LangOfLetter(letter); !ok || back != lang || bot.LangLetter(lang) != letter {
			t.Errorf("%c is %q, and %q is %c", letter, back, lang, bot.LangLetter(lang))
		}
	}
	if lang, ok := bot.LangOfLetter('x'); ok {
		t.Errorf("x is %q", lang)
	}
}
