package search

import (
	"slices"
	"time"

	"briefbot/content"
)

// How much of its weight a part of a question keeps.
const (
	functionFactor = 0.15 // a character that mostly has no meaning of its own
	lightFactor    = 0.35 // words that any text may hold
	frameFactor    = 0.5  // words that only frame a question
	partFactor     = 0.4  // a character that was found in another word
	pointFactor    = 0.2  // an ordinal that can only be a point of a list
	typoFactor     = 0.85 // a word that was found by correcting it
	soundFactor    = 0.8  // characters that were found by their sound
	synonymFactor  = 0.8  // a word that was found by one that asks for the same
)

// parse reads a text. Relative dates are resolved against askedAt, where
// that is given.
func (x *Index) parse(text string, askedAt time.Time) parsed {
	p := x.understand(x.norm.atomise(text), askedAt, nil)
	p.index()
	p.number()
	return p
}

// parseText reads a text of an editor's in both languages as one question.
func (x *Index) parseText(t content.Text) parsed {
	return x.parse(t.Hans+" "+t.English, time.Time{})
}

// understand reads atoms. What comes of it is not yet ready to be compared with
// docs. Its terms stand in the room, where that is enough.
func (x *Index) understand(atoms []atom, askedAt time.Time, room []term) parsed {
	p := parsed{atoms: atoms, askedAt: askedAt, terms: slices.Grow(room[:0], len(atoms)+4)}
	factors := x.correct(&p)
	var run []int // Chinese characters that follow each other
	roles := make([]float32, len(p.atoms))
	values := make([]content.Slot, len(p.atoms))
	flush := func() {
		x.han(&p, run, roles)
		run = run[:0]
	}
	for i := 0; i < len(p.atoms); {
		rest := p.atoms[i:]
		concepts, named := x.names.at(rest)
		m, said := x.lexicon.at(rest)
		short := 0
		if named == 0 && said < 2 {
			short = x.shorts(rest)
		}
		switch {
		case short > 0:
			flush()
			for j := range short {
				x.addShort(&p, i+j)
			}
			i += short
		case named > 0 && named >= said:
			flush()
			x.addConcept(&p, concepts, rest[:named], factors[i])
			p.terms[len(p.terms)-1].at = i
			i += named
		case said > 0 && !(said == 1 && rest[0].kind == atomHan && m.soft()):
			keep := x.phrase(&p, m)
			if keep == 0 {
				flush()
				if m.empty() || m.class == classSlot {
					x.addFrame(&p, rest[:said])
				}
				i += said
				continue
			}
			for j := range said {
				roles[i+j] = keep
				run = x.single(&p, i+j, run, roles, factors, flush)
				values[i+j] = m.value()
			}
			i += said
		default:
			roles[i] = 1
			if said > 0 {
				roles[i] = m.weight()
				p.pronoun = p.pronoun || m.class == classPronoun
			}
			if n := x.sounds(&p, i, factors); n > 0 {
				flush()
				i += n
				continue
			}
			run = x.single(&p, i, run, roles, factors, flush)
			i++
		}
	}
	flush()
	from, to := x.asked(p.atoms)
	for i := range p.terms {
		at := p.terms[i].at
		p.terms[i].asked = at >= from && at < to
		if p.terms[i].kind == termWord || p.terms[i].kind == termHan {
			p.terms[i].value = values[at]
		}
	}
	p.asked = p.atoms[from:to]
	x.unheard(&p)
	p.foreign()
	x.lasts(&p)
	p.deeds = x.deeds(p.atoms)
	x.boundFrame(&p)
	for i := range p.terms {
		p.self += p.terms[i].weight
	}
	p.wording = x.wording(p.atoms)
	if p.slot == "" && len(p.terms) == 0 {
		p.slot = p.hint
	}
	return p
}

// asked returns the atoms that say what a question word asks of: "speakers" in
// "what speakers", 演讲嘉宾 in 有哪些演讲嘉宾; from is to where none follow it.
func (x *Index) asked(atoms []atom) (from, to int) {
	for i := 0; i < len(atoms); {
		m, said := x.lexicon.at(atoms[i:])
		i += max(said, 1)
		if said == 0 || (m.class != classSlot && m.class != classMaybe) || (m.slot != content.What && m.slot != content.HowMany) {
			continue
		}
		from = i
		for from < len(atoms) {
			m, said = x.lexicon.at(atoms[from:])
			if said == 0 || !m.empty() {
				break
			}
			from += said
		}
		for to = from; to < len(atoms); to++ {
			_, named := x.names.at(atoms[to:])
			m, said = x.lexicon.at(atoms[to:])
			if named > 0 || (said > 0 && !(said == 1 && atoms[to].kind == atomHan && m.soft())) {
				break
			}
		}
		return from, to
	}
	return 0, 0
}

// correct replaces mistyped words by those of the library; it returns how
// much each atom keeps of its weight.
func (x *Index) correct(p *parsed) []float32 {
	factors := make([]float32, len(p.atoms))
	for i := range p.atoms {
		factors[i] = 1
		a := &p.atoms[i]
		if a.kind != atomWord {
			continue
		}
		if _, said := x.lexicon.at(p.atoms[i : i+1]); said > 0 {
			continue
		}
		if _, known := x.ids[wordKey(a.stem())]; known {
			continue
		}
		word, ok := x.spelling.correct(a.text)
		if !ok && i > 0 {
			word, ok = x.names.mistyped(p.atoms[i-1].text, a.text)
		}
		if ok {
			p.corrected = append(p.corrected, a.text+" → "+word)
			a.text, a.root = word, stem(word)
			factors[i] = typoFactor
		}
	}
	return factors
}

// phrase takes note of what a phrase of the language asks for; it returns how
// much weight its words keep, 0 for none.
func (x *Index) phrase(p *parsed, m meaning) float32 {
	switch m.class {
	case classSlot:
		if p.slot == "" || p.slot == content.What {
			p.slot = m.slot
		}
	case classHint:
		p.hint = m.slot
		return lightFactor
	case classValue:
		p.hint = m.slot
		return 1
	case classMaybe:
		p.hint = m.slot
	case classIntent:
		p.intent = m.intent
	case classNext:
		p.next = true
	case classMore:
		p.more = true
	case classRelative:
		x.relative(p, m)
	case classThen:
		p.then += m.offset
	case classLight:
		return lightFactor
	case classPronoun:
		p.pronoun = true
	case classFunction, classNone:
	}
	return 0
}

// relative adds the date that "next year" or 上个月 stands for.
func (x *Index) relative(p *parsed, m meaning) {
	if p.askedAt.IsZero() {
		return
	}
	year, month, day := p.askedAt.Date()
	if m.week {
		monday := day - (int(p.askedAt.Weekday())+6)%7 + 7*m.offset
		p.week = time.Date(year, month, monday, 0, 0, 0, 0, time.UTC)
		return
	}
	switch m.unit {
	case atomYear:
		year += m.offset
	case atomMonth:
		year, month, _ = time.Date(year, month+time.Month(m.offset), 1, 0, 0, 0, 0, time.UTC).Date()
	case atomDay:
		year, month, day = time.Date(year, month, day+m.offset, 0, 0, 0, 0, time.UTC).Date()
	case atomWord, atomHan, atomNumber, atomOrdinal, atomCode:
	}
	x.addSpecific(p, termYear, dateAtom(atomYear, year))
	if m.unit != atomYear {
		x.addSpecific(p, termMonth, dateAtom(atomMonth, int(month)))
	}
	if m.unit == atomDay {
		x.addSpecific(p, termDay, dateAtom(atomDay, day))
	}
}

// single adds one atom that is not part of a name or a phrase.
func (x *Index) single(p *parsed, i int, run []int, roles, factors []float32, flush func()) []int {
	a := &p.atoms[i]
	if a.kind == atomHan {
		if len(run) > 0 && (run[len(run)-1] != i-1 || !a.glued) {
			flush()
			run = run[:0]
		}
		return append(run, i)
	}
	flush()
	switch a.kind {
	case atomWord:
		x.addWord(p, i, roles[i], factors[i])
	case atomNumber:
		x.addSpecific(p, termNumber, *a)
		x.addCounted(&p.terms[len(p.terms)-1], p.atoms[i+1:])
		x.addLabel(p, i)
	case atomOrdinal:
		p.ordinals = append(p.ordinals, a.n)
		x.addSpecific(p, termOrdinal, *a)
		if !x.ordinals[a.n] {
			// No entry is the third of anything: the third point of a list.
			p.terms[len(p.terms)-1].weight *= pointFactor
		}
	case atomCode:
		x.addSpecific(p, termCode, *a)
	case atomYear:
		x.addSpecific(p, termYear, *a)
	case atomMonth:
		x.addSpecific(p, termMonth, *a)
	case atomDay:
		x.addSpecific(p, termDay, *a)
	case atomHan:
	}
	return run[:0]
}

func (x *Index) addWord(p *parsed, i int, role, factor float32) {
	a := &p.atoms[i]
	t := term{kind: termWord, at: i, surface: a.text, weight: x.unseen * role, light: role < 1}
	if id, ok := x.ids[wordKey(a.stem())]; ok {
		t.weight = x.weight[id] * role
		t.add(id, factor)
		t.name = a.capital && role == 1 && x.capitals.name(id)
	}
	if group, ok := x.lexicon.stemGroups[a.stem()]; ok {
		x.addGroup(&t, group, role)
		if factor == 1 {
			t.group = group + 1
		}
	}
	p.terms = append(p.terms, t)
}

// lasts takes "last" for a place in a list where a word follows that names one:
// "the last find" has nothing to do with earlier finds.
func (x *Index) lasts(p *parsed) {
	for i := range p.terms {
		t := &p.terms[i]
		if t.kind == termWord && x.isLast(p.atoms, t.at) {
			t.count, t.light = 0, true
			t.weight = x.unseen * pointFactor
		}
	}
}

// isLast reports whether the atom at i is "last" or "final" before a word that
// names a list.
func (x *Index) isLast(atoms []atom, i int) bool {
	if i+1 >= len(atoms) || atoms[i+1].kind != atomWord || isTimeWord(atoms[i+1].text) {
		return false
	}
	id, known := x.ids[wordKey(atoms[i+1].stem())]
	return known && x.lists.has(id) && (atoms[i].text == "last" || atoms[i].text == "final")
}

// unheard marks the words that stand in no entry and are written as names, or
// begin one that goes on like a name of the glossary. Where most words begin
// with a capital, that says nothing.
func (x *Index) unheard(p *parsed) {
	for i := range p.terms {
		if t := &p.terms[i]; t.kind == termWord && t.count == 0 && !t.light {
			t.unheard = x.names.otherwise(p.atoms[t.at+1:])
		}
	}
	words, names := 0, 0
	for i := range p.atoms {
		if a := &p.atoms[i]; a.kind == atomWord && !a.first {
			words++
			if a.capital {
				names++
			}
		}
	}
	if names*2 > words && words > 2 {
		return
	}
	for i := range p.terms {
		if t := &p.terms[i]; t.kind == termWord && t.count == 0 && !t.light {
			a := &p.atoms[t.at]
			_, general := x.lexicon.stemGroups[a.stem()]
			t.unheard = t.unheard || a.kind == atomWord && a.capital && !a.first && !general
		}
	}
}

// foreign marks Chinese words that stand in no entry directly before one that
// does: what is called 北海理事会 is not the council of another sea.
func (p *parsed) foreign() {
	strange := 0 // characters in a row
	for i := range p.terms {
		t := &p.terms[i]
		if strange > 0 && (t.at != p.terms[i-1].at+1 || !p.atoms[t.at].glued) {
			strange = 0
		}
		switch {
		case t.kind != termHan || t.light:
			strange = 0
		case t.group == 0 && !slices.ContainsFunc(t.alternatives(), func(alt alternative) bool { return alt.factor > partFactor }):
			strange++
			p.unread = p.unread || strange > 1
		default:
			if strange > 1 {
				last := &p.terms[i-1]
				last.unheard, last.surface = true, surface(p.atoms[t.at-strange:t.at])
			}
			strange = 0
		}
	}
}

// addFrame adds the words of a phrase that frames a question ("how do you
// …"). They weigh little, and nothing where the library does not hold them.
func (x *Index) addFrame(p *parsed, atoms []atom) {
	for i := range atoms {
		a := &atoms[i]
		if a.kind != atomWord {
			continue
		}
		if id, ok := x.ids[wordKey(a.stem())]; ok {
			t := term{kind: termWord, surface: a.text, weight: x.weight[id] * frameFactor, light: true, frame: true}
			t.add(id, 1)
			p.terms = append(p.terms, t)
		}
	}
}

// boundFrame keeps the words that frame a question from outweighing what it is
// about. A small library holds too few of them to tell which are common, so
// that they count for little there; a large one knows by its own statistics.
func (x *Index) boundFrame(p *parsed) {
	const enough = 250 // entries
	var frame, rest float32
	for i := range p.terms {
		if t := &p.terms[i]; t.frame {
			frame += t.weight
		} else {
			rest += t.weight
		}
	}
	limit := rest * float32(len(x.docs)) / enough
	if rest == 0 || frame <= limit {
		return
	}
	for i := range p.terms {
		if t := &p.terms[i]; t.frame {
			t.weight *= limit / frame
		}
	}
}

// addGroup lets a term be explained by a synonym. The term weighs no more
// than the whole group does.
func (x *Index) addGroup(t *term, group int32, role float32) {
	if id, ok := x.ids[groupKey(group)]; ok {
		t.add(id, synonymFactor)
		t.weight = min(t.weight, x.weight[id]*role)
	}
}

// addConcept adds a name. One that several share is explained by any of them
// and weighs what the commonest does.
func (x *Index) addConcept(p *parsed, concepts []int32, atoms []atom, factor float32) {
	t := term{kind: termConcept, surface: surface(atoms), atoms: len(atoms), weight: x.unseen}
	p.ambiguous = p.ambiguous || len(concepts) > 1
	for _, c := range concepts {
		t.person = t.person || x.names.concepts[c].person
		if id, ok := x.ids[conceptKey(c)]; ok {
			t.weight = min(t.weight, x.weight[id])
			t.add(id, factor)
		}
	}
	p.terms = append(p.terms, t)
}

// addSpecific adds a number, a date or a code.
func (x *Index) addSpecific(p *parsed, kind termKind, a atom) {
	t := term{kind: kind, surface: a.written(), n: a.n, weight: x.unseen}
	if id, ok := x.ids[atomKey(a.text)]; ok {
		t.weight = x.weight[id]
		t.add(id, 1)
	}
	p.terms = append(p.terms, t)
}

// addLabel lets a number that counts nothing be that of the word before it: the
// 8 of "line 8 cost" counts no costs.
func (x *Index) addLabel(p *parsed, i int) {
	t := &p.terms[len(p.terms)-1]
	word, ok := x.labelled(p.atoms, i)
	if !ok || !t.free && t.count > 0 {
		return
	}
	if _, numbered := x.ids[labelKey(word, anyNumber)]; !numbered {
		return
	}
	t.label, t.free, t.counts, t.count, t.weight = true, false, nil, 0, x.unseen
	if id, known := x.ids[labelKey(word, t.n)]; known {
		t.weight = x.weight[id]
		t.add(id, 1)
	}
}

func (x *Index) addCounted(t *term, after []atom) {
	t.free = true
	x.counted(after, func(noun uint64) {
		if len(x.counts[noun]) == 0 {
			return // nobody counts these: a typing error or another matter
		}
		if t.free {
			// A number of something is explained by as many of the same only.
			t.free, t.count = false, 0
		}
		t.counts = append(t.counts, noun)
		if id, ok := x.ids[countKey(t.n, noun)]; ok {
			t.add(id, 1)
		}
	})
	if !t.free && t.count == 0 {
		t.weight = x.unseen
	}
}
