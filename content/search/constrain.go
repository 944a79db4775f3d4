package search

import (
	"fmt"

	"briefbot/content"
)

// What is left of a candidate that misses a specific of the question.
const (
	ruledOut       = 0
	missingPerson  = 0.5 // the entry does not speak of a person who was asked about
	missingName    = 0.7
	missingSlot    = 0.75 // "where" asked of an entry that has no place
	yearElsewhere  = 0.6  // the year stands in the text, but the entry is about another one
	missingMonth   = 0.5
	missingNumber  = ruledOut
	missingOrdinal = ruledOut
)

// constrain lowers or rules out a candidate that the question's specifics
// contradict: "APEC 2027 host" must not get the 2026 answer, however alike
// the words.
func (x *Index) constrain(p *parsed, c *candidate) {
	for i := range p.terms {
		t := &p.terms[i]
		switch t.kind {
		case termYear:
			c.year(t)
		case termMonth, termDay:
			if !c.holds(t) {
				c.lower(missingMonth, "does not hold the date "+t.surface)
			}
		case termNumber:
			if !c.holds(t) && !c.countsItems(t.n) {
				c.lower(missingNumber, fmt.Sprintf("does not hold the number %d", t.n))
			}
		case termOrdinal:
			c.ordinal(t)
		case termConcept:
			x.name(t, c)
		case termWord, termHan, termSound:
		}
	}
	x.slot(p, c)
}

func (c *candidate) lower(to float32, reason string) {
	c.factor *= to
	c.reasons = append(c.reasons, reason)
}

// holds reports whether the entry itself, not only its briefing, has the
// term.
func (c *candidate) holds(t *term) bool {
	for _, alt := range t.alternatives() {
		if f, ok := c.doc.feature(alt.id); ok && f.in&^inContext != 0 {
			return true
		}
	}
	return false
}

// year compares a year of the question with those of the entry. What the
// entry is dated by and named with counts; where it has neither, the year of
// its briefing's publication stands in.
func (c *candidate) year(t *term) {
	in := c.doc.years[t.n]
	if in&(inHead|inSlot) != 0 {
		return
	}
	dated := false
	for _, where := range c.doc.years {
		dated = dated || where&(inHead|inSlot) != 0
	}
	switch {
	case in&inBody != 0 && dated:
		c.lower(yearElsewhere, fmt.Sprintf("is about another year than %d", t.n))
	case in&inBody != 0:
	case !dated && c.doc.briefing.Published.Year == t.n:
	default:
		c.lower(ruledOut, fmt.Sprintf("is not about %d", t.n))
	}
}

// ordinal takes "the third" for a point of a list, unless the entry speaks of
// a third something itself.
func (c *candidate) ordinal(t *term) {
	if t.n > 0 && c.holds(t) {
		return
	}
	items := 0
	if c.doc.entry != nil {
		items = len(c.doc.entry.Items)
	}
	switch {
	case t.n > 0 && t.n <= items:
		c.items = append(c.items, t.n)
	case t.n < 0 && -t.n <= items:
		for i := items + t.n + 1; i <= items; i++ {
			c.items = append(c.items, i)
		}
	default:
		c.lower(missingOrdinal, fmt.Sprintf("has no point %d", t.n))
	}
}

func (c *candidate) countsItems(n int) bool { return c.doc.entry != nil && len(c.doc.entry.Items) == n }

// name lowers an entry that does not speak of who or what was asked about.
func (x *Index) name(t *term, c *candidate) {
	if c.holds(t) {
		return
	}
	concept := x.names.concepts[t.concept]
	if concept.kind == content.Person {
		c.lower(missingPerson, "does not speak of "+t.surface)
		return
	}
	c.lower(missingName, "does not speak of "+t.surface)
}

// slot lowers an entry that has no value of the kind that was asked for.
func (x *Index) slot(p *parsed, c *candidate) {
	e := c.doc.entry
	if e == nil {
		return
	}
	switch p.slot {
	case content.Where, content.When, content.Who, content.HowMany, content.HowLong, content.HowMuch, content.HowOften:
	default:
		return
	}
	if _, ok := slotValue(e, p.slot); ok || c.likeness > 0.8 {
		return
	}
	c.lower(missingSlot, "has no "+string(p.slot))
}

// slotValue returns the slot of an entry that answers the slot asked for.
func slotValue(e *content.Entry, asked content.Slot) (content.Slot, bool) {
	if _, ok := e.Slots[asked]; ok {
		return asked, true
	}
	switch asked {
	case content.When:
		if len(e.Dates) > 0 {
			return content.When, true
		}
	case content.HowMany:
		if len(e.Items) > 0 {
			return "", true
		}
	case content.Who:
		if e.Kind == content.KindPerson {
			return "", true
		}
	case content.Where:
		if e.Kind == content.KindPlace {
			return "", true
		}
	case content.What, content.Why, content.How, content.HowMuch, content.HowLong, content.HowOften:
	}
	return "", false
}
