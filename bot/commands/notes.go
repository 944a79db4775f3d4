package commands

import (
	"cmp"
	"slices"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// notes is the small print under what an entry says: whether it still
// stands, where its dates stand at the time of asking, and its as-of date.
func notes(c bot.Call, f found) []string {
	var lines []string
	if line := stateNote(c, f); line != "" {
		lines = append(lines, line)
	}
	if line := validityNote(c, f.entry); line != "" {
		lines = append(lines, line)
	}
	if next, ok := c.Shelf.Library.Successor(f.ref); ok {
		if s, ok := lookUp(c.Shelf.Library, next); ok {
			lines = append(lines, c.Phrases.T("note.superseded", i18n.Args{"Title": c.In(s.entry.Title)}))
		}
	}
	if last, ok := lastCorrection(f.entry); ok {
		lines = append(lines, correctionNote(c, last))
	}
	return append(lines, asOfNotes(c, f.briefing.AsOfEntry(f.entry))...)
}

// asOfNotes is the line with the as-of date; none where it is not known.
func asOfNotes(c bot.Call, asOf content.Date) []string {
	if asOf.IsZero() {
		return nil
	}
	return []string{c.Phrases.T("note.as_of", i18n.Args{"Date": c.Phrases.Date(asOf)})}
}

func lastCorrection(e *content.Entry) (content.Correction, bool) {
	if len(e.Corrections) == 0 {
		return content.Correction{}, false
	}
	return slices.MaxFunc(e.Corrections, func(a, b content.Correction) int { return a.Date.Compare(b.Date) }), true
}

func correctionNote(c bot.Call, correction content.Correction) string {
	args := i18n.Args{"Date": c.Phrases.Date(correction.Date), "Note": c.In(correction.Note)}
	if correction.Note.Empty() {
		return c.Phrases.T("note.corrected", args)
	}
	return c.Phrases.T("note.corrected_because", args)
}

func validityNote(c bot.Call, e *content.Entry) string {
	zone := c.AskedAt.Location()
	switch {
	case !e.ValidUntil.IsZero() && !e.ValidUntil.After(zone).After(c.AskedAt):
		return c.Phrases.T("note.valid_until", i18n.Args{"Date": c.Phrases.Date(e.ValidUntil)})
	case !e.ValidFrom.IsZero() && e.ValidFrom.First(zone).After(c.AskedAt):
		return c.Phrases.T("note.valid_from", i18n.Args{"Date": c.Phrases.Date(e.ValidFrom)})
	}
	return ""
}

// stateNote says where the entry's dates stand at the time of asking. Of
// several it takes the first that is not over, otherwise the last.
func stateNote(c bot.Call, f found) string {
	if len(f.entry.Dates) == 0 {
		return ""
	}
	spans := slices.SortedFunc(slices.Values(f.entry.Dates), compareSpans)
	shown := spans[len(spans)-1]
	for _, s := range spans {
		if s.End.After(c.AskedAt.Location()).After(c.AskedAt) {
			shown = s
			break
		}
	}
	return c.Phrases.T(stateOf(shown, f.briefing.AsOfEntry(f.entry), c.AskedAt), i18n.Args{"Span": c.Phrases.Span(shown)})
}

// stateOf tells from dates alone what is known at the instant asked of
// something that content as of asOf dates to span. Once the date of
// something planned has passed, only that is known, not that it happened.
func stateOf(span content.Span, asOf content.Date, asked time.Time) i18n.Key {
	zone := asked.Location()
	over := !span.End.After(zone).After(asked)
	begun := !span.Start.First(zone).After(asked)
	// Both sides in the same zone: dates of content are compared as dates.
	reported := !asOf.IsZero() && !span.End.After(time.UTC).After(asOf.After(time.UTC))
	seen := !asOf.IsZero() && !span.Start.First(time.UTC).After(asOf.First(time.UTC))
	exact := span.Start.Day != 0 && span.End.Day != 0
	switch {
	case over && reported:
		return "state.took_place"
	case over:
		return "state.passed"
	case !begun:
		return "state.upcoming"
	case seen && exact:
		return "state.under_way"
	}
	return "state.due"
}

func compareSpans(a, b content.Span) int {
	return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End))
}
