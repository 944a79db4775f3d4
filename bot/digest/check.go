package digest

import (
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Check returns nil for settings that a subscription can have, otherwise an
// Error with Invalid for the user. Whether the topics are there it cannot tell.
func (s Settings) Check(p i18n.Printer) error {
	ascending := slices.IsSorted(s.Times) && len(slices.Compact(slices.Clone(s.Times))) == len(s.Times)
	switch {
	case len(s.Times) == 0 || !ascending || s.Times[0] < 0 || s.Times[len(s.Times)-1] >= minutesOfDay:
		return invalid(p, "digest.error.no_times", nil)
	case len(s.Times) > MaxTimes:
		return invalid(p, "digest.error.many_times", i18n.Args{"Max": MaxTimes})
	case s.Days == 0 || s.Days&^EveryDay != 0:
		return invalid(p, "digest.error.no_days", nil)
	case s.Zone == "":
		return invalid(p, "digest.error.zone_example", nil)
	case !slices.Contains(Zones(), s.Zone):
		return invalid(p, "digest.error.zone", i18n.Args{"Zone": bot.Excerpt(s.Zone)})
	case len(s.Topics) > MaxTopics:
		return invalid(p, "digest.error.many_topics", i18n.Args{"Max": MaxTopics})
	case !validLangs(s.Langs):
		return invalid(p, "digest.error.langs", nil)
	case s.Style != Headlines && s.Style != Summary && s.Style != Full:
		return invalid(p, "digest.error.style", nil)
	case s.Empty != SkipEmpty && s.Empty != SayEmpty:
		return invalid(p, "digest.error.empty", nil)
	case len(s.Quiet) > MaxQuiet:
		return invalid(p, "digest.error.many_quiet", i18n.Args{"Max": MaxQuiet})
	}
	return nil
}

func invalid(p i18n.Printer, key i18n.Key, args i18n.Args) error {
	return &bot.Error{Kind: bot.Invalid, Message: p.T(key, args)}
}

func validLangs(langs []content.Lang) bool {
	for i, lang := range langs {
		if !lang.Valid() || slices.Contains(langs[:i], lang) {
			return false
		}
	}
	return len(langs) == 1 || len(langs) == 2
}

// ReadQuiet reads days without a digest: dates and spans of them, as
// content.Span has them or with "..", "to" or 至 between, apart by commas. The
// error is for the user.
func ReadQuiet(p i18n.Printer, s string) ([]content.Span, error) {
	var spans []content.Span
	between := strings.NewReplacer("..", "/", " to ", "/", "至", "/", "到", "/", "~", "/", " / ", "/", "年", "-", "月", "-", "日", "", "号", "")
	rest := strings.FieldsFunc(between.Replace(typed(s)), func(r rune) bool { return strings.ContainsRune(" ,;、", r) })
	for _, each := range rest {
		span, err := content.ParseSpan(padded(each))
		if err != nil {
			return nil, invalid(p, "digest.error.quiet", i18n.Args{"Dates": bot.Excerpt(s)})
		}
		if !slices.Contains(spans, span) {
			spans = append(spans, span)
		}
	}
	if len(spans) == 0 {
		return nil, invalid(p, "digest.error.quiet", i18n.Args{"Dates": bot.Excerpt(s)})
	}
	return spans, nil
}

// padded writes 2026-3-1 and 2026-3- as ISO 8601 does.
func padded(span string) string {
	dates := strings.Split(span, "/")
	for i, date := range dates {
		parts := strings.Split(strings.TrimSuffix(date, "-"), "-")
		for j, part := range parts {
			if len(part) == 1 {
				parts[j] = "0" + part
			}
		}
		dates[i] = strings.Join(parts, "-")
	}
	return strings.Join(dates, "/")
}
