package search

import (
	"cmp"
	"slices"
	"time"

	"briefbot/content"
)

// period is a stretch of time: from, and up to but without to.
type period struct{ from, to time.Time }

// days returns the days that a question asks about: a week, a day or a month;
// ok is false where it names none.
func (p *parsed) days() (asked period, ok bool) {
	if !p.week.IsZero() {
		return period{p.week, p.week.AddDate(0, 0, 7)}, true
	}
	var year, month, day int
	for i := range p.terms {
		switch t := &p.terms[i]; t.kind {
		case termYear:
			year = cmp.Or(year, t.n)
		case termMonth:
			month = cmp.Or(month, t.n)
		case termDay:
			day = cmp.Or(day, t.n)
		case termWord, termHan, termSound, termConcept, termNumber, termOrdinal, termCode:
		}
	}
	if month == 0 {
		return period{}, false
	}
	if year == 0 && !p.askedAt.IsZero() {
		year = p.askedAt.Year()
	}
	from := time.Date(year, time.Month(month), max(day, 1), 0, 0, 0, 0, time.UTC)
	if day > 0 {
		return period{from, from.AddDate(0, 0, 1)}, year > 0
	}
	return period{from, from.AddDate(0, 1, 0)}, year > 0
}

// covers reports whether something that takes the span happens in the period.
func (d period) covers(s content.Span) bool {
	return s.Start.First(time.UTC).Before(d.to) && s.End.After(time.UTC).After(d.from)
}

// onDate answers "what happened on 1 November": the entries whose events fall
// into those days, what takes least time first. ok is false where the question
// asks for anything more.
func (x *Index) onDate(a *Answer, p *parsed) (ok bool) {
	days, dated := p.days()
	if !x.dated || !dated || p.substance() || (p.slot != "" && p.slot != content.What) || !p.happens() {
		return false
	}
	type event struct {
		doc  uint32
		took time.Duration
	}
	var events []event
	for i := range x.docs {
		for _, span := range x.docs[i].entry.Dates {
			if days.covers(span) {
				events = append(events, event{uint32(i), span.End.After(time.UTC).Sub(span.Start.First(time.UTC))})
				break
			}
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.took, b.took) })
	switch len(events) {
	case 0:
	case 1:
		x.answerWith(a, x.docs[events[0].doc].ref())
	default:
		a.Status, a.Confidence = Suggest, 1
		for _, e := range events[:min(len(events), suggestionsMost)] {
			a.Suggestions = append(a.Suggestions, Suggestion{Ref: x.docs[e.doc].ref(), Score: 1})
		}
	}
	return true
}

// happens reports whether a question asks what happens at all, not for other
// dates of what was asked before: "and in June?".
func (p *parsed) happens() bool {
	return slices.ContainsFunc(p.terms, func(t term) bool { return t.light && !t.frame })
}

// inWeek lowers an entry that does not happen in the week that is asked about.
func (x *Index) inWeek(p *parsed, c *candidate) {
	if p.week.IsZero() || c.doc.entry == nil {
		return
	}
	days, _ := p.days()
	switch {
	case len(c.doc.entry.Dates) == 0 && x.speaksOf(c.doc, days):
	case len(c.doc.entry.Dates) == 0:
		c.lower(missingMonth, remark{form: doesNotTellWhen})
	case !slices.ContainsFunc(c.doc.entry.Dates, days.covers):
		c.lower(otherMonth, remark{form: isNotOfThatWeek})
	}
}

// speaksOf reports whether an entry holds the date of one of the days.
func (x *Index) speaksOf(d *doc, days period) bool {
	holds := func(kind atomKind, n int) bool {
		id, known := x.ids[atomKey(dateAtom(kind, n).text)]
		return known && d.feature(id).in&^inContext != 0
	}
	for day := days.from; day.Before(days.to); day = day.AddDate(0, 0, 1) {
		if holds(atomMonth, int(day.Month())) && holds(atomDay, day.Day()) {
			return true
		}
	}
	return false
}
