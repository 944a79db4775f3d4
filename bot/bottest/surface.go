package bottest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Use is one use of a command on a surface.
type Use struct {
	Command string
	Args    map[string]string // parameters by name
	Lang    content.Lang      // what the surface knows of its user's language
}

// Member is an asker who manages nothing, of whom no time zone is known.
type Member struct {
	Managed i18n.Key // by whom
}

// Manages implements bot.Asker.
func (Member) Manages(context.Context) (bool, error) { return false, nil }

// Managers implements bot.Asker.
func (m Member) Managers(p i18n.Printer) string { return p.T(m.Managed) }

// Zone implements bot.Asker.
func (Member) Zone(context.Context) string { return "" }

// Surface proves that a surface offers every command of the registry: each
// is used with what it needs and with all that it takes, in every language,
// rightly and wrongly, and its user has to read everything that the router
// says. The surface must stand on the router that is given, made by Router.
// asker is what the surface knows of its user; nil for nothing.
//
// do uses a command as a user of the surface would, each time in a
// conversation of its own, and returns the text that the user reads. White
// space and control characters do not count: a surface may lay out as it
// likes.
func Surface(t *testing.T, router *bot.Router, asker bot.Asker, do func(t *testing.T, use Use) string) {
	t.Helper()
	for _, command := range router.Commands() {
		if command.Hidden {
			continue
		}
		t.Run(command.Name, func(t *testing.T) {
			for _, use := range usesOf(t, router, command) {
				t.Run(name(use), func(t *testing.T) { compare(t, router, asker, use, do(t, use)) })
			}
		})
	}
}

func compare(t *testing.T, router *bot.Router, asker bot.Asker, use Use, got string) {
	t.Helper()
	reply := router.Respond(t.Context(), bot.Request{Command: use.Command, Args: maps.Clone(use.Args), Lang: use.Lang, Asker: asker})
	got = dense(got)
	for _, want := range textsOf(reply.Message) {
		if !strings.Contains(got, dense(want)) {
			t.Errorf("the user does not read %q but:\n%s", want, got)
		}
	}
}

// usesOf returns uses with the parameters that are required, with all, and
// with each value that is wrong.
func usesOf(t *testing.T, router *bot.Router, command bot.Command) []Use {
	t.Helper()
	var uses []Use
	for _, lang := range content.Langs() {
		required, all := map[string]string{}, map[string]string{}
		for _, p := range command.Params {
			all[p.Name] = valueOf(t, router, command, p, lang)
			if p.Required {
				required[p.Name] = all[p.Name]
			}
		}
		uses = append(uses, Use{Command: command.Name, Args: required, Lang: lang})
		if len(all) > len(required) {
			uses = append(uses, Use{Command: command.Name, Args: all, Lang: lang})
		}
		for _, p := range command.Params {
			if wrong := wrongValueOf(p); wrong != "" {
				args := maps.Clone(required)
				args[p.Name] = wrong
				uses = append(uses, Use{Command: command.Name, Args: args, Lang: lang})
			}
		}
	}
	return uses
}

// valueOf is a value that the parameter takes, and that Library holds.
func valueOf(t *testing.T, router *bot.Router, command bot.Command, p bot.Param, lang content.Lang) string {
	t.Helper()
	switch p.Kind {
	case bot.KindQuestion:
		return text("三项承诺是什么", "三項承諾是什麼", "what are the three pledges").In(lang)
	case bot.KindBriefing:
		return "harbour-forum-2031"
	case bot.KindTopic:
		return "trade"
	case bot.KindTopics:
		return "trade,law"
	case bot.KindEntry:
		return "harbour-forum-2031/pledges"
	case bot.KindNumber:
		return "2"
	case bot.KindCommand:
		return "show"
	case bot.KindLang:
		return string(lang)
	case bot.KindLangs:
		return "zh-Hant,en"
	case bot.KindTimes:
		return "09:00,18:30"
	case bot.KindDays:
		return "mon,thu"
	case bot.KindZone:
		return "Asia/Shanghai"
	case bot.KindDates:
		return "2031-10-01/2031-10-07"
	case bot.KindChoice:
		choices := router.Complete(t.Context(), bot.Request{Command: command.Name, Lang: lang}, p.Name, "")
		if len(choices) == 0 {
			t.Fatalf("%s: nothing can be chosen for %s", command.Name, p.Name)
		}
		return choices[len(choices)-1].Value
	case bot.KindText:
	}
	return "text"
}

// wrongValueOf is a value that a user can type and that is refused; "" where
// there is none, or where platforms offer the values that there are.
func wrongValueOf(p bot.Param) string {
	switch p.Kind {
	case bot.KindBriefing, bot.KindTopic, bot.KindTopics, bot.KindCommand:
		return "nowhere"
	case bot.KindEntry:
		return "nowhere/nothing"
	case bot.KindNumber:
		return "99"
	case bot.KindTimes, bot.KindDays, bot.KindZone, bot.KindDates:
		return "never"
	case bot.KindQuestion, bot.KindLang, bot.KindLangs, bot.KindChoice, bot.KindText:
	}
	return ""
}

func name(use Use) string {
	parts := []string{string(use.Lang)}
	for _, key := range slices.Sorted(maps.Keys(use.Args)) {
		parts = append(parts, key+"="+use.Args[key])
	}
	return strings.ReplaceAll(strings.Join(parts, " "), "/", ".")
}

// textsOf returns every text of a message that a user has to be able to
// read.
func textsOf(m bot.Message) []string {
	w := &textWriter{}
	w.add(m.Title)
	m.Write(w)
	w.add(m.Notes...)
	for _, s := range m.Sources {
		w.add(s.Publisher, s.Title)
	}
	return w.texts
}

type textWriter struct{ texts []string }

func (w *textWriter) add(texts ...string) { w.texts = append(w.texts, texts...) }

func (w *textWriter) Paragraph(p bot.Paragraph) { w.add(p.Text) }

func (w *textWriter) List(l bot.List) {
	for _, item := range l.Items {
		w.add(item.Title, item.Text)
	}
}

func (w *textWriter) Fields(fields bot.Fields) {
	for _, f := range fields {
		w.add(f.Name, f.Value)
	}
}

func (w *textWriter) Quote(q bot.Quote) { w.add(q.Text, q.By) }

func (w *textWriter) Divider(bot.Divider) {}

// dense leaves out what a surface may lay out as it likes.
func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}
