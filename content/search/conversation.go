package search

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"briefbot/content"
)

// minOwn is how much of a follow-up's own words an entry has to explain,
// whatever the earlier question adds.
const minOwn = 0.5

// followUp answers a question that says nothing by itself ("什么时候", "the
// third one?", "and in 2027?") from the last answers of the conversation; ok
// is false where the question stands alone.
func (x *Index) followUp(a *Answer, p *parsed, q Query) (ok bool) {
	if len(q.Previous) == 0 || (p.substance() && !p.bareNumber()) {
		return false
	}
	last := q.Previous[len(q.Previous)-1]
	if p.then != 0 {
		x.addThen(p, last)
	}
	switch {
	case p.bareNumber():
		x.pointOf(a, []int{p.atoms[0].n}, q.Previous)
	case len(p.ordinals) > 0:
		x.pointOf(a, p.ordinals, q.Previous)
	case p.next:
		x.nextPoint(a, last)
	case p.dated():
		again := q
		again.Question = x.redated(last.Question, p)
		again.Previous = nil
		*a = x.Ask(again)
	case p.more:
		x.answerWith(a, last.Ref)
	case p.slot != "" || p.hint != "":
		x.slotOf(a, p, last)
	default:
		return false
	}
	return true
}

// addThen adds the year that "the year after" stands for: of the question before
// it, or of what that was answered with.
func (x *Index) addThen(p *parsed, last Turn) {
	year := 0
	if e := x.entry(last.Ref); e != nil && len(e.Dates) > 0 {
		year = e.Dates[0].Start.Year
	}
	for _, a := range x.norm.atomise(bounded(last.Question)) {
		if a.kind == atomYear {
			year = a.n
		}
	}
	if year > 0 {
		x.addSpecific(p, termYear, dateAtom(atomYear, year+p.then))
	}
}

// resolved returns the question with the person that was named last in place
// of "he" or 她; ok is false where there is no such word or no such person.
func (x *Index) resolved(p *parsed, previous []Turn) (question string, ok bool) {
	if !p.pronoun || len(previous) == 0 {
		return "", false
	}
	var name string
	for _, turn := range slices.Backward(previous) {
		if name = x.person(turn, p); name != "" {
			break
		}
	}
	if name == "" {
		return "", false
	}
	var out strings.Builder
	for i := 0; i < len(p.atoms); {
		m, said := x.lexicon.at(p.atoms[i:])
		if said > 0 && m.class == classPronoun {
			out.WriteString(" " + name)
			switch p.atoms[i+said-1].text {
			case "his", "her", "hers":
				out.WriteString("'s")
			case "的":
				out.WriteString("的")
			}
			i += said
			continue
		}
		if a := &p.atoms[i]; !a.glued || a.kind != atomHan {
			out.WriteString(" ")
		}
		out.WriteString(p.atoms[i].written())
		i++
	}
	return out.String(), true
}

// person returns the name of the person that a turn spoke of last and the
// question does not name itself, "" for none.
func (x *Index) person(turn Turn, p *parsed) string {
	named := x.peopleIn(p.atoms)
	name := ""
	for _, said := range x.peopleIn(x.norm.atomise(bounded(turn.Question))) {
		if !slices.ContainsFunc(named, func(o mention) bool { return o.concept == said.concept }) {
			name = said.name
		}
	}
	if e := x.entry(turn.Ref); e != nil && name == "" && e.Kind == content.KindPerson {
		return cmp.Or(e.Title.English, e.Title.Hans)
	}
	return name
}

// mention is a person as a text names them.
type mention struct {
	concept int32
	name    string
}

func (x *Index) peopleIn(atoms []atom) []mention {
	var out []mention
	for i := 0; i < len(atoms); {
		concepts, named := x.names.at(atoms[i:])
		if named > 0 && len(concepts) == 1 && x.names.concepts[concepts[0]].person {
			out = append(out, mention{concepts[0], surface(atoms[i : i+named])})
		}
		i += max(named, 1)
	}
	return out
}

// present returns the turns whose entry or briefing the library still holds:
// it may have been replaced since. What supersedes an entry stands in for it.
func (x *Index) present(previous []Turn) []Turn {
	var out []Turn
	for _, turn := range previous {
		turn.Ref = x.current(turn.Ref)
		if x.entry(turn.Ref) != nil || (turn.Ref.Entry == "" && x.library.Briefing(turn.Ref.Briefing) != nil) {
			out = append(out, turn)
		}
	}
	return out
}

// entry returns the entry that is searched for a ref, nil for none: it is in
// the library and nothing replaces it.
func (x *Index) entry(ref content.Ref) *content.Entry {
	if _, old := x.library.Successor(ref); old {
		return nil
	}
	_, e := x.library.Entry(ref)
	return e
}

// current follows an entry to the one that replaces it in the end.
func (x *Index) current(ref content.Ref) content.Ref {
	for range x.library.Len() { // replacements may go in a circle
		next, ok := x.library.Successor(ref)
		if !ok {
			break
		}
		ref = next
	}
	return ref
}

// bareNumber reports whether the question is a number alone: a point of what
// was shown.
func (p *parsed) bareNumber() bool { return len(p.atoms) == 1 && p.atoms[0].kind == atomNumber }

// substance reports whether the question names something by itself.
func (p *parsed) substance() bool {
	for i := range p.terms {
		t := &p.terms[i]
		switch t.kind {
		case termOrdinal, termYear, termMonth, termDay:
		case termWord, termHan, termSound, termConcept, termNumber, termCode:
			if !t.light {
				return true
			}
		}
	}
	return false
}

// empty reports whether the question holds nothing but what frames one or
// counts points: "and when?", "the second one" with nothing before it.
func (p *parsed) empty() bool {
	return !slices.ContainsFunc(p.terms, func(t term) bool { return !t.frame && t.kind != termOrdinal })
}

// vague reports whether the question names nothing that tells which of
// several alike is meant: "the aim of the talks".
func (p *parsed) vague() bool {
	return !slices.ContainsFunc(p.terms, func(t term) bool {
		return t.kind == termConcept || t.kind == termCode || t.kind == termYear || t.kind == termNumber
	})
}

func (p *parsed) dated() bool {
	return slices.ContainsFunc(p.terms, func(t term) bool { return t.kind == termYear || t.kind == termMonth || t.kind == termDay })
}

// redated returns the earlier question with the dates of the new one in
// place of its own.
func (x *Index) redated(question string, p *parsed) string {
	var out strings.Builder
	for _, t := range p.terms {
		switch t.kind {
		case termYear:
			out.WriteString(" " + strconv.Itoa(t.n))
		case termMonth:
			out.WriteString(" " + strconv.Itoa(t.n) + "月")
		case termDay:
			out.WriteString(strconv.Itoa(t.n) + "日")
		case termWord, termHan, termSound, termConcept, termNumber, termOrdinal, termCode:
		}
	}
	atoms := x.norm.atomise(bounded(question))
	for i := 0; i < len(atoms); i++ {
		if m, said := x.lexicon.at(atoms[i:]); said > 0 && m.class == classRelative && p.redates(m.unit) {
			i += said - 1 // "next year", too, is a date
			continue
		}
		if a := &atoms[i]; !p.redates(a.kind) {
			if !a.glued || a.kind != atomHan {
				out.WriteString(" ")
			}
			out.WriteString(a.written())
		}
	}
	return out.String()
}

// redates reports whether the question brings a date of its own in place of
// an earlier one: a year replaces a year; a month the month and the day.
func (p *parsed) redates(kind atomKind) bool {
	return slices.ContainsFunc(p.terms, func(t term) bool {
		switch t.kind {
		case termYear:
			return kind == atomYear
		case termMonth:
			return kind == atomMonth || kind == atomDay
		case termDay:
			return kind == atomDay
		case termWord, termHan, termSound, termConcept, termNumber, termOrdinal, termCode:
		}
		return false
	})
}

// pointOf answers with numbered points of the latest entry that has them.
func (x *Index) pointOf(a *Answer, ordinals []int, previous []Turn) {
	for _, turn := range slices.Backward(previous) {
		e := x.entry(turn.Ref)
		var points []int
		for _, n := range ordinals {
			points = append(points, pointsOf(e, n)...)
		}
		if len(points) > 0 {
			x.answerWith(a, turn.Ref)
			a.Items = points
			return
		}
	}
	x.offer(a, previous[len(previous)-1].Ref)
}

func (x *Index) nextPoint(a *Answer, last Turn) {
	if last.Item > 0 && len(pointsOf(x.entry(last.Ref), last.Item+1)) > 0 {
		x.answerWith(a, last.Ref)
		a.Items = []int{last.Item + 1}
		return
	}
	x.offer(a, last.Ref)
}

func (x *Index) slotOf(a *Answer, p *parsed, last Turn) {
	_, e := x.library.Entry(last.Ref)
	if e == nil {
		return
	}
	if have, ok := p.slotOf(e); ok {
		x.answerWith(a, last.Ref)
		a.Slot = have
		return
	}
	x.offer(a, last.Ref)
}

func (x *Index) answerWith(a *Answer, ref content.Ref) {
	if ref.Entry == "" {
		return
	}
	a.Status, a.Ref, a.Confidence = Answered, ref, 1
}

// offer abstains and names the entry that was talked about.
func (x *Index) offer(a *Answer, ref content.Ref) {
	if _, e := x.library.Entry(ref); e != nil {
		a.Suggestions = []Suggestion{{Ref: ref, Score: 1}}
	}
}

// inContext looks for an answer to the question and the one before it taken
// together, where the question alone finds none: "what will it push?". The
// question's own words still have to be explained.
func (x *Index) inConversation(p *parsed, q Query) []candidate {
	last := q.Previous[len(q.Previous)-1]
	if p.self == 0 {
		return nil
	}
	both := x.parse(bounded(last.Question)+" "+q.Question, q.AskedAt)
	both.slot, both.hint, both.intent = p.slot, p.hint, p.intent
	found := x.candidates(&both)
	return slices.DeleteFunc(found, func(c candidate) bool {
		own := candidate{doc: c.doc, factor: 1}
		x.measure(p, &own)
		x.constrain(p, &own)
		return own.coverage*own.factor < minOwn
	})
}

// How much of what a question adds to the last answer the entry has to explain
// for the question to be about it.
const continuesFrom = 0.8

// continues reports whether a question that names nothing by itself is about the
// entry that was answered with: all that it adds, as 参加 in 谁参加了, stands
// there, and more of it than in any other entry that was found.
func (x *Index) continues(p *parsed, found []candidate, last content.Ref) bool {
	at := slices.IndexFunc(found, func(c candidate) bool { return c.doc.ref() == last })
	if at < 0 || !p.vague() || p.strange() || p.intent != "" || len(p.ordinals) > 0 {
		return false
	}
	c := &found[at]
	return c.coverage >= continuesFrom && !slices.ContainsFunc(found, func(o candidate) bool { return o.coverage > c.coverage })
}
