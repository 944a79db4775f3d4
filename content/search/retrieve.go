package search

import (
	"slices"

	"briefbot/content"
)

// Which docs are looked at closely for a question.
const (
	consideredMost    = 64   // of those that share most with it
	consideredLean    = 32   // the same where each has to be read again
	learnedConsidered = 0.05 // the probability from which a classifier adds to them
)

// The constants of BM25.
const (
	saturation  = 1.2 // how soon more of the same adds nothing
	lengthShare = 0.5 // how much the length of an entry counts
	contextGain = 0.1
)

// How well a field of an entry explains a term that stands in it.
const (
	headExplains    = 1.0
	slotExplains    = 0.95
	bodyExplains    = 0.85
	contextExplains = 0.3
)

// candidate is a doc that may answer a question.
type candidate struct {
	doc      *doc
	row      []docFeature // of each feature of the question: that of the doc
	id       uint32
	coverage float32 // how much of the question the entry explains, 0 to 1
	likeness float32 // how like the question the best unit is, 0 to 1
	density  float32 // BM25 as a share of what it could be, 0 to 1
	worded   float32 // how much the entry is worded like the question, 0 to 1
	learned  float32 // how probable the entry is to a classifier, 0 to 1
	inFull   float32 // how much of that unit the question holds
	called   bool    // by the very words of the question
	unit     *unit   // the one that is most like the question, nil for none
	item     int     // the numbered point that the best unit names, or that alone holds the terms
	items    []int   // the numbered points that were asked for
	evidence float32 // all of that together, 0 to 1
	factor   float32 // what the constraints leave, 0 to 1
	reasons  []remark
	score    float32
}

// retrieve returns the docs that have most in common with the question, the
// best first. It ranks by BM25 over all fields, which is cheap, and leaves
// judging to later stages.
func (x *Index) retrieve(p *parsed) []candidate {
	var best []uint32
	for _, s := range x.top(x.posts, p.terms, x.considered()) {
		best = append(best, s.doc)
	}
	if x.learned != nil {
		p.learned = x.learned.classify(p.atoms)
		for id, v := range p.learned {
			if v >= learnedConsidered && !slices.Contains(best, uint32(id)) {
				best = append(best, uint32(id))
			}
		}
	}
	found := make([]candidate, len(best))
	for i, id := range best {
		found[i] = candidate{id: id, doc: x.load(id), factor: 1}
	}
	return found
}

// gain is what BM25 gives for a feature that stands in an entry. What only the
// entry's briefing is about counts for little.
func (x *Index) gain(tf uint8, in field, d *doc) float32 {
	if in == inContext {
		return contextGain
	}
	t := float32(max(tf, 1))
	return t / (t + saturation*(1-lengthShare+lengthShare*d.length/x.meanLen))
}

// measure fills in how much of the question a candidate explains and how
// like it is to one of its units.
func (x *Index) measure(p *parsed, c *candidate) {
	c.row = p.row(c.doc)
	if p.self == 0 {
		return
	}
	var explained, density float32
	items := ^uint64(0) // the points that hold every explained term of the body
	counted := false
	self := p.self // of what may name the entry
	for i := range p.terms {
		t := &p.terms[i]
		var best, itself, other float32 // … and BM25 of it itself and of what stands for it
		var points uint64
		for _, alt := range t.alternatives() {
			f := c.row[alt.at]
			if f.in == 0 {
				continue
			}
			if gain := alt.factor * x.gain(f.tf, f.in, c.doc); alt.factor == 1 {
				itself += gain
			} else {
				other = max(other, gain)
			}
			if v := alt.factor * f.in.explains(); v > best {
				best, points = v, 0
				if held := c.doc.held(f); !held.whole {
					points = held.items
				}
			}
		}
		if t.value != "" && best < slotExplains && valued(c.doc.entry, t.value) {
			best, points = slotExplains, 0
			self -= t.weight // names a value, not the entry
		}
		if t.kind == termOrdinal && !c.named(t) && len(pointsOf(c.doc.entry, t.n)) > 0 {
			best, points = 1, 0
			self -= t.weight // names a point, not the list
		}
		explained += t.weight * best
		density += t.weight * max(itself, other)
		if best > 0 && points != 0 && !t.light {
			items &= points
			counted = true
		}
	}
	c.coverage, c.density = explained/p.self, min(density/p.self, 1)
	if counted && items != 0 && items&(items-1) == 0 {
		c.item = trailing(items) + 1
	}
	for i := range c.doc.units {
		u := &c.doc.units[i]
		v := u.likeness(p, self)
		// Of units that are equally alike, the one that asks for the same.
		if v > c.likeness || (v > 0 && v == c.likeness && u.asks(p) && !c.unit.asks(p)) {
			c.likeness, c.unit = v, u
			c.inFull = v * (0.6*self + 0.4*u.self) / max(u.self, 1)
			if v > 0.5 {
				c.item = u.item
			}
		}
	}
	c.worded = x.worded(p, c)
	if p.learned != nil && c.doc.entry != nil {
		c.learned = p.learned[c.id]
	}
}

// asks reports whether a unit asks for the same slot and view as the question.
func (u *unit) asks(p *parsed) bool {
	return u != nil && u.slot == p.slot && u.intent == p.intent
}

// likeness is how much a question and a unit share, weighed, relative to
// both: the part of the question, self, counts for a little more.
func (u *unit) likeness(p *parsed, self float32) float32 {
	var shared float32
	p.round++
	at := 0
	for _, id := range u.features {
		if !p.marks.has(id) {
			continue
		}
		for at < len(p.lookup) && p.lookup[at].id < id {
			at++
		}
		for ; at < len(p.lookup) && p.lookup[at].id == id; at++ {
			l := p.lookup[at]
			if p.shared[l.term] != p.round {
				p.shared[l.term] = p.round
				shared += p.terms[l.term].weight * l.factor
			}
		}
	}
	return min(shared/max(0.6*self+0.4*u.self, 1e-6), 1)
}

func (f field) explains() float32 {
	switch {
	case f&inHead != 0:
		return headExplains
	case f&inSlot != 0:
		return slotExplains
	case f&inBody != 0:
		return bodyExplains
	}
	return contextExplains
}

// pointsOf returns the numbered points that an ordinal stands for: 3 the third,
// -2 the last two; none where the entry has not as many.
func pointsOf(e *content.Entry, ordinal int) []int {
	if e == nil {
		return nil
	}
	items := len(e.Items)
	switch {
	case ordinal > 0 && ordinal <= items:
		return []int{ordinal}
	case ordinal < 0 && -ordinal <= items:
		var last []int
		for i := items + ordinal + 1; i <= items; i++ {
			last = append(last, i)
		}
		return last
	}
	return nil
}

func trailing(bits uint64) int {
	n := 0
	for bits&1 == 0 {
		bits >>= 1
		n++
	}
	return n
}
