package search

import (
	"slices"

	"briefbot/content"
)

// value lowers an entry that has neither the value nor the word that the question
// names it by: it does not say what the choir costs.
func (x *Index) value(p *parsed, c *candidate) {
	if c.likeness > likeEnough {
		return
	}
	for i := range p.terms {
		if t := &p.terms[i]; t.value != "" && !c.holds(t) && !valued(c.doc.entry, t.value) {
			x.miss(c, missingTopic, remark{form: hasNoSlot, slot: t.value})
			return
		}
	}
}

// thing lowers an entry that has none of the names of a thing that is asked for:
// the fare of a bus is not told by an entry that knows of no bus. The fewer texts
// name entries, the less that says.
func (x *Index) thing(p *parsed, c *candidate) {
	if c.likeness > likeEnough {
		return
	}
	for i := 0; i < len(p.terms); {
		word := p.word(i)
		t := &p.terms[i]
		if t.topical() && x.lexicon.things[t.group-1] && x.group(c.doc, t.group-1) == 0 {
			x.miss(c, 1-(1-missingName)*x.wellNamed, remark{form: saysNothingOf, what: surface(p.atoms[t.at : t.at+word])})
			return
		}
		i += word
	}
}

// contrast lowers an entry that is named by the counterpart of a word of the
// question: the winter's opening hours are not those of the summer.
func (x *Index) contrast(p *parsed, c *candidate) {
	for i := range p.terms {
		t := &p.terms[i]
		others := x.lexicon.contrasts[t.group-1]
		if len(others) == 0 || t.light || x.group(c.doc, t.group-1) != 0 {
			continue
		}
		if slices.ContainsFunc(others, func(o int32) bool { return x.group(c.doc, o)&(inHead|inSlot) != 0 }) {
			x.miss(c, missingCode, remark{form: isNotAbout, what: surface(p.atoms[t.at : t.at+p.word(i)])})
			return
		}
	}
}

// word returns how many terms from i on are the characters of one word of the
// lexicon's groups, 1 where there is none.
func (p *parsed) word(i int) int {
	n := 1
	for t := &p.terms[i]; t.kind == termHan && t.group > 0 && i+n < len(p.terms); n++ {
		if next := &p.terms[i+n]; next.kind != termHan || next.group != t.group || next.at != t.at+n {
			break
		}
	}
	return n
}

// valued reports whether an entry has a value of the slot.
func valued(e *content.Entry, slot content.Slot) bool {
	if e == nil {
		return false
	}
	_, ok := e.Slots[slot]
	return ok
}
