package commands

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

type (
	langName = content.Lang
	span     = content.Span
)

// What can be typed where a choice has no name of its own.
const (
	valueYes  = "yes"
	valueNo   = "no"
	valueNone = "none"
)

// numberParam chooses one of the channel's subscriptions.
func (d digests) numberParam() bot.Param {
	return bot.Param{
		Name: paramNumber, Summary: "param.number", Kind: bot.KindNumber, Complete: d.completeNumber,
		Check: func(p i18n.Printer, value string) error {
			if n, err := strconv.Atoi(value); err != nil || n < 1 {
				return &bot.Error{Kind: bot.Invalid, Message: p.T(bot.PhraseErrorNumber, i18n.Args{"Param": paramNumber})}
			}
			return nil
		},
	}
}

func timesParam(required bool) bot.Param {
	return bot.Param{
		Name: paramTimes, Summary: "param.times", Kind: bot.KindTimes, Required: required, List: true, Complete: completeTimes,
		Check: func(p i18n.Printer, value string) error { _, err := digest.ReadTimes(p, value); return err },
	}
}

// settingParams are the parameters of what can be chosen beside the times.
func settingParams() []bot.Param {
	return []bot.Param{
		{
			Name: paramDays, Summary: "param.days", Kind: bot.KindDays, List: true, Complete: completeDays,
			Check: func(p i18n.Printer, value string) error { _, err := digest.ReadDays(p, value); return err },
		},
		{
			Name: paramZone, Summary: "param.zone", Kind: bot.KindZone, Complete: completeZone,
			Check: func(p i18n.Printer, value string) error { _, _, err := digest.ReadZone(p, value); return err },
		},
		topicsParam(), langsParam(), styleParam(),
		choiceParam(paramEmpty, "param.empty", "digest.error.empty", emptyPolicies()),
		choiceParam(paramRevisit, "param.revisit", "subscription.error.revisit", yesOrNo()),
		{
			Name: paramQuiet, Summary: "param.quiet", Kind: bot.KindDates, List: true,
			Check: func(p i18n.Printer, value string) error { _, err := readQuiet(p, value); return err },
		},
	}
}

func topicsParam() bot.Param {
	return bot.Param{Name: paramTopics, Summary: "param.topics", Kind: bot.KindTopics, List: true, Complete: completeTopics}
}

func langsParam() bot.Param {
	return bot.Param{
		Name: paramLang, Summary: "param.langs", Kind: bot.KindLangs, List: true, Complete: completeLangs,
		Check: func(p i18n.Printer, value string) error { _, err := readLangs(p, value); return err },
	}
}

func styleParam() bot.Param {
	return choiceParam(paramStyle, "param.style", "digest.error.style", typedStyles())
}

func styles() []digest.Style { return []digest.Style{digest.Headlines, digest.Summary, digest.Full} }

// choice is a value of a parameter that has few, with what else is typed for
// it.
type choice struct {
	value string
	also  []string // lower case
}

func typedStyles() []choice {
	return []choice{
		{string(digest.Headlines), []string{"headline", "titles", "标题", "標題"}},
		{string(digest.Summary), []string{"summaries", "short", "摘要"}},
		{string(digest.Full), []string{"in full", "全文"}},
	}
}

func emptyPolicies() []choice {
	return []choice{
		{string(digest.SkipEmpty), []string{"不发", "不發", "不发送", "不發送", "跳过", "跳過"}},
		{string(digest.SayEmpty), []string{"say so", "说明", "說明"}},
	}
}

func yesOrNo() []choice {
	return []choice{{valueYes, []string{"on", "true", "是", "要"}}, {valueNo, []string{"off", "false", "否", "不要"}}}
}

// readChoice returns the value that was typed; ok is false for none.
func readChoice(choices []choice, typed string) (value string, ok bool) {
	typed = strings.ToLower(typed)
	i := slices.IndexFunc(choices, func(c choice) bool { return c.value == typed || slices.Contains(c.also, typed) })
	if i < 0 {
		return "", false
	}
	return choices[i].value, true
}

// chosenValue is readChoice of a value that was checked.
func chosenValue(choices []choice, typed string) string {
	value, _ := readChoice(choices, typed)
	return value
}

// choiceParam is a parameter that has few values, each with a phrase
// "subscription.<parameter>.<value>".
func choiceParam(name string, summary, wrong i18n.Key, choices []choice) bot.Param {
	return bot.Param{
		Name: name, Summary: summary, Kind: bot.KindChoice,
		Check: func(p i18n.Printer, value string) error {
			if _, ok := readChoice(choices, value); !ok {
				return &bot.Error{Kind: bot.Invalid, Message: p.T(wrong)}
			}
			return nil
		},
		Complete: func(_ context.Context, c bot.Call, typed string) []bot.Choice {
			var proposed []bot.Choice
			for _, one := range choices {
				proposed = append(proposed, bot.Choice{Label: c.Phrases.T(i18n.Key("subscription." + name + "." + one.value)), Value: one.value})
			}
			return matching(proposed, typed)
		},
	}
}

func readQuiet(p i18n.Printer, value string) ([]content.Span, error) {
	if slices.Contains([]string{valueNone, "无", "無", "没有", "沒有"}, strings.ToLower(value)) {
		return nil, nil
	}
	return digest.ReadQuiet(p, value)
}

// readLangs reads one or two languages.
func readLangs(p i18n.Printer, value string) ([]content.Lang, error) {
	const most = 2
	var langs []content.Lang
	for _, word := range bot.SplitList(strings.NewReplacer("+", ",", "和", ",").Replace(value)) {
		lang, ok := bot.ParseLang(word)
		if !ok {
			return nil, &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.langs")}
		}
		langs = append(langs, lang)
	}
	if len(langs) == 0 || len(langs) > most || len(langs) == most && langs[0] == langs[1] {
		return nil, &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.langs")}
	}
	return langs, nil
}

// readTopics reads topics that the library holds; none for all.
func readTopics(c bot.Call, value string) ([]string, error) {
	if value == "" || bot.IsAllTopics(value) {
		return nil, nil
	}
	var topics []string
	for _, topic := range bot.SplitList(value) {
		if _, err := topicsOf(c, topic); err != nil {
			return nil, err
		}
		if !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	}
	return topics, nil
}

// apply puts what a call names into settings and leaves the rest; note says
// how the zone was read where that is not what was typed.
func apply(c bot.Call, s *digest.Settings) (note string, err error) {
	p := c.Phrases
	for _, read := range []struct {
		param string
		into  func(value string) error
	}{
		{paramTimes, func(v string) (err error) { s.Times, err = digest.ReadTimes(p, v); return err }},
		{paramDays, func(v string) (err error) { s.Days, err = digest.ReadDays(p, v); return err }},
		{paramZone, func(v string) (err error) { s.Zone, note, err = digest.ReadZone(p, v); return err }},
		{paramTopics, func(v string) (err error) { s.Topics, err = readTopics(c, v); return err }},
		{paramLang, func(v string) (err error) { s.Langs, err = readLangs(p, v); return err }},
		{paramStyle, func(v string) error { s.Style = digest.Style(chosenValue(typedStyles(), v)); return nil }},
		{paramEmpty, func(v string) error { s.Empty = digest.EmptyPolicy(chosenValue(emptyPolicies(), v)); return nil }},
		{paramRevisit, func(v string) error { s.Revisit = chosenValue(yesOrNo(), v) == valueYes; return nil }},
		{paramQuiet, func(v string) (err error) { s.Quiet, err = readQuiet(p, v); return err }},
	} {
		if value := c.Args[read.param]; value != "" {
			if err := read.into(value); err != nil {
				return "", err
			}
		}
	}
	return note, s.Check(p)
}

func matching(choices []bot.Choice, typed string) []bot.Choice {
	return slices.DeleteFunc(choices, func(choice bot.Choice) bool {
		return !contains(choice.Label, typed) && !contains(choice.Value, typed)
	})
}

func completeTimes(_ context.Context, c bot.Call, typed string) []bot.Choice {
	var choices []bot.Choice
	if times, err := digest.ReadTimes(c.Phrases, typed); err == nil {
		choices = append(choices, bot.Choice{Label: timesOf(c, times), Value: joined(times, digest.Clock.String)})
	}
	for _, usual := range []string{"08:00", "09:00", "12:00", "18:00", "09:00,18:00"} {
		choice := bot.Choice{Label: strings.ReplaceAll(usual, ",", c.Phrases.T("label.list_comma")), Value: usual}
		if contains(usual, typed) && !slices.Contains(choices, choice) {
			choices = append(choices, choice)
		}
	}
	return choices
}

func completeDays(_ context.Context, c bot.Call, typed string) []bot.Choice {
	var choices []bot.Choice
	if days, err := digest.ReadDays(c.Phrases, typed); err == nil {
		choices = append(choices, bot.Choice{Label: days.Words(c.Phrases), Value: daysValue(days)})
	}
	usual := []digest.Weekdays{digest.EveryDay, digest.WorkingDays, digest.Weekend}
	for _, day := range digest.EveryDay.Each() {
		usual = append(usual, digest.On(day))
	}
	for _, days := range usual {
		choice := bot.Choice{Label: days.Words(c.Phrases), Value: daysValue(days)}
		if (contains(choice.Label, typed) || contains(choice.Value, typed)) && !slices.Contains(choices, choice) {
			choices = append(choices, choice)
		}
	}
	return choices
}

func completeZone(ctx context.Context, c bot.Call, typed string) []bot.Choice {
	names := digest.SuggestZones(typed, maxChoices)
	if c.Asker != nil && strings.TrimSpace(typed) == "" {
		if zone := c.Asker.Zone(ctx); zone != "" {
			names = slices.Insert(slices.DeleteFunc(names, func(name string) bool { return name == zone }), 0, zone)
		}
	}
	var choices []bot.Choice
	for _, name := range names[:min(len(names), maxChoices)] {
		label := name
		if location, err := time.LoadLocation(name); err == nil {
			_, offset := c.AskedAt.In(location).Zone()
			label += " (" + offsetName(offset) + ")"
		}
		choices = append(choices, bot.Choice{Label: label, Value: name})
	}
	return choices
}

// completeTopics completes the last of the topics that were typed.
func completeTopics(ctx context.Context, c bot.Call, typed string) []bot.Choice {
	before, last := "", typed
	if i := strings.LastIndexAny(typed, ",，、"); i >= 0 {
		before = strings.Join(bot.SplitList(typed[:i]), ",") + ","
		last = strings.TrimLeft(typed[i:], ",，、 ")
	}
	var choices []bot.Choice
	for _, choice := range completeTopic(ctx, c, last) {
		choices = append(choices, bot.Choice{Label: before + choice.Label, Value: before + choice.Value})
	}
	return choices
}

// completeLangs proposes each language, and each pair.
func completeLangs(_ context.Context, _ bot.Call, typed string) []bot.Choice {
	var one, two []bot.Choice
	for _, first := range content.Langs() {
		one = append(one, bot.Choice{Label: languageName(first), Value: string(first)})
		for _, second := range content.Langs() {
			if first != second {
				two = append(two, bot.Choice{Label: languageName(first) + " + " + languageName(second), Value: string(first) + "," + string(second)})
			}
		}
	}
	return matching(append(one, two...), typed)
}

// completeNumber proposes the subscriptions of the channel.
func (d digests) completeNumber(ctx context.Context, c bot.Call, typed string) []bot.Choice {
	all, err := d.here(ctx, c)
	if err != nil {
		return nil
	}
	var choices []bot.Choice
	for _, s := range all {
		choices = append(choices, bot.Choice{Label: titleOf(c, s), Value: strconv.Itoa(s.Number)})
	}
	return matching(choices, typed)
}
