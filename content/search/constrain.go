package search

import (
	"slices"
	"strings"

	"briefbot/content"
)

// What is left of a candidate that misses a specific of the question. What
// contradicts it is ruled out; what only does not speak of it is lowered.
const (
	ruledOut       = 0
	otherYear      = 0.7  // the year stands in the text, but the entry is about another one
	tellsOtherYear = 0.55 // the entry has no year of its own, but its text tells of another one
	missingYear    = 0.8  // the entry has no year, and its briefing is of another one
	otherMonth     = 0.5  // the entry is dated, but not so
	missingMonth   = 0.8  // the entry has no date
	missingNumber  = 0.85 // … does not count as many of this
	missingOrdinal = 0.5  // … of a second or third one
	missingCode    = 0.5  // … does not speak of an identifier: a version, a file number
	missingPerson  = 0.5  // … of a person who was asked about
	missingName    = 0.7  // … of a place, a body, another name
	mentionedName  = 0.8  // "how long did they talk" of an entry that only mentions one of them
	missingSlot    = 0.5  // "where" asked of an entry that has other slots, however well it is named
	noSlots        = 0.9  // … of one that has none
	alreadyOver    = 0.5  // … has been, and the next one was asked for
	otherAgent     = 0.45 // … tells of the same by somebody else
	noAgent        = 0.75 // … of the person and the deed, but not that they belong together
	missingTopic   = 0.8  // the entry says nothing on what is asked about its subject
)

// The bounds that constraints go by.
const (
	unexpected      = 0.2    // the likeness below which a value may be that of something else
	likeEnough      = 0.75   // the likeness from which an example question counts as the same
	namedInFull     = 0.8    // the part of a point's name that a question has to hold to ask for that point
	hardlyNamed     = 0.6    // the part of a name below which a question does not name the entry
	passingShare    = 1. / 3 // how much of the question has to be only mentioned
	subjectCoverage = 0.7    // how much an entry about one name has to explain
)

// constrain lowers or rules out a candidate that the question's specifics
// contradict: "APEC 2027 host" must not get the 2026 answer, however alike
// the words.
func (x *Index) constrain(p *parsed, c *candidate) {
	for i := range p.terms {
		t := &p.terms[i]
		if t.varies(c.doc.open) {
			continue
		}
		switch t.kind {
		case termYear:
			if !c.ofAnotherYear(p, t) {
				c.year(t)
			}
		case termMonth, termDay:
			c.month(t)
		case termNumber:
			x.number(t, c)
		case termOrdinal:
			x.ordinal(t, c)
		case termConcept:
			c.concept(p, t)
		case termCode:
			c.code(t)
		case termWord:
			if t.unheard || t.name && !c.knows(t) {
				x.miss(c, missingName, remark{form: doesNotSpeakOf, what: t.surface})
			}
		case termHan:
			if t.unheard {
				x.miss(c, missingName, remark{form: doesNotSpeakOf, what: t.surface})
			}
		case termSound:
		}
	}
	x.agent(p, c)
	x.inWeek(p, c)
	coming(p, c)
	x.slot(p, c)
	x.value(p, c)
	whoIs(p, c)
	beforeOf(p, c)
	subject(c)
	x.asks(p, c)
	x.inPassing(p, c)
	x.thing(p, c)
	x.contrast(p, c)
}

// inPassing lowers an entry that is asked when, where or why something is that
// its text only mentions: why Mill Road is closed is not told by the entry on
// Bridge Street, whose buses go by Mill Road. Amounts are of what is counted,
// which may well stand in the text alone.
func (x *Index) inPassing(p *parsed, c *candidate) {
	if c.doc.entry == nil || p.slot != content.When && p.slot != content.Where && p.slot != content.Why || c.inFull >= hardlyNamed {
		return
	}
	slot, ok := slotValue(c.doc.entry, p.slot)
	if !ok {
		return
	}
	mentioned := func(t *term) bool { return t.topical() && !t.person && c.holds(t) && !c.asksOf(t) }
	enough := passingShare * p.weightOf((*term).topical)
	if p.weightOf(mentioned) < enough {
		return
	}
	said := x.parseText(c.doc.entry.Slots[slot]) // the value itself is no mention
	if p.weightOf(func(t *term) bool { return mentioned(t) && !said.holds(t) }) >= enough {
		c.lower(missingName, remark{form: isNotAskedSo})
	}
}

// holds reports whether a text that was read has the term.
func (p *parsed) holds(t *term) bool {
	return slices.ContainsFunc(t.alternatives(), func(alt alternative) bool { return slices.Contains(p.features, alt.id) })
}

// miss lowers a candidate that does not hold something, the less the surer
// its examples make it.
func (x *Index) miss(c *candidate, to float32, reason remark) {
	c.lower(to+(1-to)*c.learned*x.wordingShare, reason)
}

// varies reports whether the term is a specific of which any value may be
// asked for.
func (t *term) varies(open kinds) bool {
	switch t.kind {
	case termYear:
		return open.has(atomYear)
	case termMonth, termDay:
		return open.has(atomMonth)
	case termNumber, termOrdinal, termCode:
		return open.has(atomNumber)
	case termWord, termHan, termSound, termConcept:
	}
	return false
}

func (c *candidate) lower(to float32, reason remark) {
	c.factor *= to
	c.reasons = append(c.reasons, reason)
}

// holds reports whether the entry itself, not only its briefing, has the
// term.
func (c *candidate) holds(t *term) bool { return c.stands(t, ^inContext) }

// knows reports whether the entry or what its briefing is about has the term.
func (c *candidate) knows(t *term) bool { return c.stands(t, ^field(0)) }

// stands reports whether the term stands in one of some fields.
func (c *candidate) stands(t *term, in field) bool {
	for _, alt := range t.alternatives() {
		if c.row[alt.at].in&in != 0 {
			return true
		}
	}
	return false
}

// standsWhole is stands for more than a character of the term in another word.
func (c *candidate) standsWhole(t *term, in field) bool {
	for _, alt := range t.alternatives() {
		if alt.factor > partFactor && c.row[alt.at].in&in != 0 {
			return true
		}
	}
	return false
}

// holdsItself reports whether the entry has the term itself, not a word or a
// sound that may stand for it.
func (c *candidate) holdsItself(t *term) bool {
	return slices.ContainsFunc(t.alternatives(), func(alt alternative) bool {
		return alt.factor == 1 && c.row[alt.at].in&^inContext != 0
	})
}

// year compares a year of the question with those of the entry. What the
// entry is dated by and named with counts; where it has neither, the year of
// its briefing's publication stands in.
func (c *candidate) year(t *term) {
	in := c.doc.year(t.n)
	dated := false
	for _, y := range c.doc.years {
		dated = dated || y.in&(inName|inSlot) != 0
	}
	switch {
	case in&(inHead|inSlot) != 0, in&inBody != 0 && !dated:
	case in&inBody != 0:
		c.lower(otherYear, remark{form: isAboutOtherYear, n: t.n})
	case dated:
		c.lower(ruledOut, remark{form: isNotAboutYear, n: t.n})
	case c.doc.briefing.Published.Year != t.n && len(c.doc.years) > 0:
		c.lower(tellsOtherYear, remark{form: tellsOfOtherYear, n: t.n})
	case c.doc.briefing.Published.Year != t.n:
		c.lower(missingYear, remark{form: doesNotSpeakOfYear, n: t.n})
	}
}

// ofAnotherYear reports whether the entry is about another of the years that
// the question names: "the hosts of 2025 and 2026" asks for either.
func (c *candidate) ofAnotherYear(p *parsed, t *term) bool {
	return slices.ContainsFunc(p.terms, func(o term) bool {
		return o.kind == termYear && o.n != t.n && c.doc.year(o.n)&(inName|inSlot) != 0
	})
}

// coming lowers an entry that was over when the next one was asked for, and
// one without a date where it was asked when or where the next one is.
func coming(p *parsed, c *candidate) {
	if !p.next || p.askedAt.IsZero() || c.doc.entry == nil {
		return
	}
	if len(c.doc.entry.Dates) == 0 {
		if asksValue(p.slot) {
			c.lower(missingName, remark{form: isNotKnownToCome})
		}
		return
	}
	for _, span := range c.doc.entry.Dates {
		if span.End.After(p.askedAt.Location()).After(p.askedAt) {
			return
		}
	}
	c.lower(alreadyOver, remark{form: isOver})
}

func (c *candidate) month(t *term) {
	switch {
	case c.holds(t):
	case c.doc.dated:
		c.lower(otherMonth, remark{form: isAboutOtherDate, what: t.surface})
	default:
		c.lower(missingMonth, remark{form: doesNotHoldDate, what: t.surface})
	}
}

// number rules out an entry that has another number of what the question
// counts: 六点建议 is not 四点建议.
func (x *Index) number(t *term, c *candidate) {
	if t.label {
		if !c.holds(t) {
			x.miss(c, missingCode, remark{form: doesNotHoldNumber, n: t.n})
		}
		return
	}
	if t.free && c.doc.entry != nil && len(c.doc.entry.Items) == t.n {
		return
	}
	if t.free {
		if !c.holds(t) {
			x.miss(c, missingNumber, remark{form: doesNotHoldNumber, n: t.n})
		}
		return
	}
	other := false
	for _, noun := range t.counts {
		for _, counted := range x.counts[noun] {
			if f := c.doc.feature(counted.id); f.in&^inContext != 0 {
				if counted.n == t.n {
					return
				}
				other = other || f.in&inName != 0
			}
		}
	}
	if other {
		c.lower(ruledOut, remark{form: countsOther, n: t.n})
		return
	}
	x.miss(c, missingNumber, remark{form: doesNotCount, n: t.n})
}

// ordinal takes "the third" for a point of a list, unless the entry speaks of
// a third something itself.
func (x *Index) ordinal(t *term, c *candidate) {
	points := pointsOf(c.doc.entry, t.n)
	switch {
	case t.n > 0 && c.named(t):
	case len(points) > 0:
		for _, point := range points {
			if !slices.Contains(c.items, point) {
				c.items = append(c.items, point)
			}
		}
	case t.n > 0 && c.holds(t):
	case c.doc.numbered, c.doc.entry != nil && len(c.doc.entry.Items) > 0:
		c.lower(ruledOut, remark{form: hasNoPoint, n: t.n})
	case t.n > 1:
		x.miss(c, missingOrdinal, remark{form: doesNotHoldOrdinal, n: t.n})
	default: // what is told of may well be the first
		x.miss(c, missingNumber, remark{form: doesNotHoldOrdinal, n: t.n})
	}
}

// heads reports whether the term stands in what names the entry as a whole or
// in one of its slots.
func (c *candidate) heads(t *term) bool {
	for _, alt := range t.alternatives() {
		if f := c.row[alt.at]; f.in&(inHead|inSlot) != 0 && c.doc.held(f).whole {
			return true
		}
	}
	return false
}

// headed reports whether the term stands in a text that names the entry or asks
// for it, or in one of its slots.
func (c *candidate) headed(t *term) bool { return c.standsWhole(t, inHead|inSlot) }

// asksOf reports whether the term stands in a text that names the entry or asks
// for it.
func (c *candidate) asksOf(t *term) bool { return c.stands(t, inHead) }

// named reports whether the term stands in a name of the entry.
func (c *candidate) named(t *term) bool { return c.standsWhole(t, inName) }

// code rules out an entry that is named by another identifier: version 4.2 is
// not version 4.0.
func (c *candidate) code(t *term) {
	switch {
	case c.holds(t):
	case c.doc.coded:
		c.lower(ruledOut, remark{form: isNotAbout, what: t.surface})
	default:
		c.lower(missingCode, remark{form: doesNotSpeakOf, what: t.surface})
	}
}

// concept lowers an entry that does not speak of who or what was asked about.
func (c *candidate) concept(p *parsed, t *term) {
	if c.holds(t) {
		if !c.heads(t) && (asksValue(p.slot) || asksValue(p.hint) || t.person) {
			c.lower(mentionedName, remark{form: onlyMentions, what: t.surface})
		}
		return
	}
	if t.person {
		c.lower(missingPerson, remark{form: doesNotSpeakOf, what: t.surface})
		return
	}
	c.lower(missingName, remark{form: doesNotSpeakOf, what: t.surface})
}

// subject lowers an entry about one person, place or term that leaves much of
// the question unexplained: it is asked for something else about them.
func subject(c *candidate) {
	if c.doc.entry == nil || c.coverage >= subjectCoverage {
		return
	}
	switch c.doc.entry.Kind {
	case content.KindPerson, content.KindPlace, content.KindTerm:
		c.lower(missingTopic, remark{form: saysNothingOfPart})
	case content.KindFact, content.KindList, content.KindEvent, content.KindQuote:
	}
}

// asks lowers an entry where what the question word asks of stands in no
// entry at all: an entry on the conference does not say "what speakers".
func (x *Index) asks(p *parsed, c *candidate) {
	if c.likeness > likeEnough || c.doc.open.has(atomWord) {
		return
	}
	for i := range p.terms {
		if t := &p.terms[i]; t.asked && t.count == 0 && !t.light {
			x.miss(c, missingTopic, remark{form: saysNothingOf, what: t.surface})
			return
		}
	}
}

// slot lowers an entry that has no value of the kind that was asked for. An
// example question that asks for the same makes up for it.
func (x *Index) slot(p *parsed, c *candidate) {
	e := c.doc.entry
	if e == nil || !asksValue(p.slot) || (c.likeness > likeEnough && c.unit.slot == p.slot) {
		return
	}
	if p.slot == content.HowMany && x.countsAsked(p, c) {
		c.lower(mentionedName, remark{form: countsInPassing})
		return
	}
	if c.pointTells(p) {
		return
	}
	if _, ok := slotValue(e, p.slot); ok {
		switch {
		case c.item > 0 && len(c.items) == 0 && c.likeness <= likeEnough && !c.inherits(p.slot):
			c.lower(missingSlot, remark{form: hasNoSlotOfPoint, slot: p.slot, n: c.item})
		case c.likeness < unexpected:
			c.lower(mentionedName, remark{form: isNotAskedSo})
		}
		return
	}
	if !x.slotted {
		return
	}
	if p.slot == content.Who && x.names.people && !c.doc.peopled {
		c.lower(missingSlot, remark{form: namesNobody})
		return
	}
	if c.item > 0 && len(c.items) == 0 && (p.slot == content.Who || p.slot == content.When || p.slot == content.Where) {
		c.lower(missingSlot, remark{form: hasNoSlotOfPoint, slot: p.slot, n: c.item})
		return
	}
	if len(e.Slots) == 0 && e.Kind != content.KindPerson && p.slot != slotAge && p.slot != slotOrigin {
		c.lower(noSlots, remark{form: hasNoSlots})
		return
	}
	c.lower(missingSlot, remark{form: hasNoSlot, slot: p.slot})
}

// countsAsked reports whether the entry counts what "how many" asks of.
func (x *Index) countsAsked(p *parsed, c *candidate) (counts bool) {
	x.counted(p.asked, func(noun uint64) {
		counts = counts || slices.ContainsFunc(x.counts[noun], func(n count) bool {
			return c.doc.feature(n.id).in&^inContext != 0
		})
	})
	return counts
}

// whoIs lowers what a person did or said where the question is who that is, or
// the name alone.
func whoIs(p *parsed, c *candidate) {
	if c.doc.entry == nil || c.doc.entry.Kind == content.KindPerson || p.slot != content.Who && p.slot != "" || p.dated() {
		return
	}
	if p.ofPersonAlone() {
		c.lower(mentionedName, remark{form: isNotAskedSo})
	}
}

// ofPersonAlone reports whether the question names a person and nothing else:
// "who is Rosa Fenn".
func (p *parsed) ofPersonAlone() bool {
	person := p.weightOf(func(t *term) bool { return t.person })
	return person > 0 && person == p.weightOf(func(t *term) bool { return t.topical() })
}

// pointTells reports whether a point that the question names in full holds a
// number: "how long is the cable", of which a point says 310 kilometres. The
// entry has slots for the list as a whole only.
func (c *candidate) pointTells(p *parsed) bool {
	switch p.slot {
	case content.HowMany, content.HowMuch, content.HowLong, content.HowOften:
	default:
		return false
	}
	if c.unit == nil || c.unit.item == 0 || c.unit.item != c.item || c.inFull < namedInFull || len(c.items) > 0 {
		return false
	}
	item := &c.doc.entry.Items[c.item-1]
	lacking := slices.ContainsFunc(p.terms, func(t term) bool { return t.topical() && !c.holds(&t) })
	return !lacking && strings.ContainsAny(item.Title.Hans+item.Text.Hans+item.Title.English+item.Text.English, numerals)
}

// numerals are what a number may be written with.
const numerals = "0123456789一二两三四五六七八九十百千万亿"

// inherits reports whether a point that the question names in full has the
// slot of its entry: who proposed the list proposed its points.
func (c *candidate) inherits(slot content.Slot) bool {
	switch slot {
	case content.Who, content.When, content.Where:
		return c.unit != nil && c.unit.item == c.item && c.inFull >= namedInFull
	default:
		return false
	}
}

// asksValue reports whether a slot asks for a short value that an entry
// either has or has not.
func asksValue(slot content.Slot) bool {
	switch slot {
	case "", content.What, content.Why, content.How:
		return false
	default:
		return true
	}
}

// slotOf returns the slot of the entry that the question asks for; ok is false
// where it asks for none or the entry has not got it.
func (p *parsed) slotOf(e *content.Entry) (slot content.Slot, ok bool) {
	asked := [2]content.Slot{p.slot, p.hint}
	if p.slot == content.What && p.hint != "" {
		asked = [2]content.Slot{p.hint, p.slot} // "what is the date" asks when
	}
	for _, s := range asked {
		if slot, ok = slotValue(e, s); ok {
			return slot, true
		}
	}
	return "", false
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
