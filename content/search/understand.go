package search

import (
	"cmp"
	"slices"
	"strconv"
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
	synonymFactor  = 0.9  // a word that was found by one that asks for the same
)

// termKind says what a term of a question is.
type termKind uint8

const (
	termWord termKind = iota
	termHan
	termSound
	termConcept
	termNumber
	termOrdinal
	termYear
	termMonth
	termDay
	termCode
)

// term is a part of a question that an entry has to explain.
type term struct {
	kind    termKind
	surface string
	weight  float32
	at      int  // the atom that it begins with; of words and characters only
	n       int  // of numbers and dates
	person  bool // of names: that of a person
	light   bool
	frame   bool     // only frames the question
	lone    bool     // a single character, which may belong to any word
	asked   bool     // is what the question word asks of: "what speakers"
	counts  []string // of numbers: what is counted
	free    bool     // of numbers: nothing follows that could be counted
	count   int      // how many alternatives of alts are used
	alts    [mostAlternatives]alternative
}

// mostAlternatives is how many a term can have: both pairs of a character, its
// numeral, what that counts (a pair and a synonym for each of countedReach
// characters) and its synonym.
const mostAlternatives = 2 + 1 + 2*countedReach + 1

// alternative is a feature that explains a term, and how well.
type alternative struct {
	id     uint32
	factor float32
}

// parsed is a question as it was understood.
type parsed struct {
	atoms     []atom
	terms     []term
	self      float32      // the weight of all terms
	slot      content.Slot // what a question word asks for
	hint      content.Slot // what a noun such as "venue" asks for
	intent    Intent
	next      bool  // asks for the next point of what was shown last
	more      bool  // asks for more of what was shown last
	ordinals  []int // "the third": 3; "the last two": -2
	corrected []string
	ambiguous bool // holds a name that several people or things have
	sounds    int  // words that were read as pinyin

	// What likeness needs at hand: every alternative by its feature, and for
	// each term the last round in which it was shared.
	lookup []lookup
	shared []uint32
	round  uint32
}

// lookup is an alternative of a term, found by its feature.
type lookup struct {
	id     uint32
	term   uint32
	factor float32
}

// pinyin reports whether the question as a whole is written in pinyin, not
// only a name in it.
func (p *parsed) pinyin() bool {
	words := 0
	for i := range p.atoms {
		if p.atoms[i].kind == atomWord {
			words++
		}
	}
	return p.sounds*3 > words*2
}

// index sorts the alternatives of all terms by feature.
func (p *parsed) index() {
	for i := range p.terms {
		for _, alt := range p.terms[i].alternatives() {
			p.lookup = append(p.lookup, lookup{id: alt.id, term: uint32(i), factor: alt.factor})
		}
	}
	slices.SortFunc(p.lookup, func(a, b lookup) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(b.factor, a.factor))
	})
	p.shared = make([]uint32, len(p.terms))
}

// parse reads a text. Relative dates are resolved against askedAt, where
// that is given.
func (x *Index) parse(text string, askedAt time.Time) parsed {
	p := parsed{atoms: x.norm.atomise(text)}
	factors := x.correct(&p)
	var run []int // Chinese characters that follow each other
	roles := make([]float32, len(p.atoms))
	flush := func() {
		x.han(&p, run, roles)
		run = run[:0]
	}
	for i := 0; i < len(p.atoms); {
		rest := p.atoms[i:]
		concepts, named := x.names.at(rest)
		m, said := x.lexicon.at(rest)
		switch {
		case named > 0 && named >= said:
			flush()
			x.addConcept(&p, concepts, rest[:named], factors[i])
			i += named
		case said > 0 && !(said == 1 && rest[0].kind == atomHan && m.soft()):
			keep := x.phrase(&p, m, askedAt)
			if keep == 0 {
				flush()
				if m.class == classFunction || m.class == classSlot {
					x.addFrame(&p, rest[:said])
				}
				i += said
				continue
			}
			for j := range said {
				roles[i+j] = keep
				run = x.single(&p, i+j, run, roles, factors, flush)
			}
			i += said
		default:
			roles[i] = 1
			if said > 0 {
				roles[i] = m.weight()
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
	}
	x.boundFrame(&p)
	for i := range p.terms {
		p.self += p.terms[i].weight
	}
	p.index()
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
			if said == 0 || m.class != classFunction {
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
		if _, known := x.ids[stemKey(a.text)]; known {
			continue
		}
		if word, ok := x.spelling.correct(a.text); ok {
			p.corrected = append(p.corrected, a.text+" → "+word)
			a.text = word
			factors[i] = typoFactor
		}
	}
	return factors
}

// phrase takes note of what a phrase of the language asks for; it returns how
// much weight its words keep, 0 for none.
func (x *Index) phrase(p *parsed, m meaning, askedAt time.Time) float32 {
	switch m.class {
	case classSlot:
		if p.slot == "" || p.slot == content.What {
			p.slot = m.slot
		}
	case classHint:
		p.hint = m.slot
		return lightFactor
	case classMaybe:
		p.hint = m.slot
	case classIntent:
		p.intent = m.intent
	case classNext:
		p.next = true
	case classMore:
		p.more = true
	case classRelative:
		x.relative(p, m, askedAt)
	case classLight:
		return lightFactor
	case classFunction, classNone:
	}
	return 0
}

// relative adds the date that "next year" or 上个月 stands for.
func (x *Index) relative(p *parsed, m meaning, askedAt time.Time) {
	if askedAt.IsZero() {
		return
	}
	year, month, day := askedAt.Date()
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
	if id, ok := x.ids[stemKey(a.text)]; ok {
		t.weight = x.weight[id] * role
		t.add(id, factor)
	}
	if group, ok := x.lexicon.stemGroups[stem(a.text)]; ok {
		x.addGroup(&t, group, role)
	}
	p.terms = append(p.terms, t)
}

// addFrame adds the words of a phrase that frames a question ("how do you
// …"). They weigh little, and nothing where the library does not hold them.
func (x *Index) addFrame(p *parsed, atoms []atom) {
	for i := range atoms {
		a := &atoms[i]
		if a.kind != atomWord {
			continue
		}
		if id, ok := x.ids[stemKey(a.text)]; ok {
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
	t := term{kind: termConcept, surface: surface(atoms), weight: x.unseen}
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
	if id, ok := x.ids[a.text]; ok {
		t.weight = x.weight[id]
		t.add(id, 1)
	}
	p.terms = append(p.terms, t)
}

func (x *Index) addCounted(t *term, after []atom) {
	t.free = true
	plain := *t
	x.counted(after, func(noun string) {
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
		t.weight = max(plain.weight, x.unseen)
	}
}

// han adds a run of Chinese characters. Each character is a term of half a
// word's weight and is explained by either of the two pairs that it stands
// in; it weighs what the commoner pair weighs, since the other one often
// spans two words.
func (x *Index) han(p *parsed, run []int, roles []float32) {
	if len(run) == 0 {
		return
	}
	pairs := make([]int64, len(run)) // of each character with the next one; -1 for unknown
	for k := range run {
		pairs[k] = -1
		if k+1 < len(run) {
			if id, ok := x.ids["b"+p.atoms[run[k]].text+p.atoms[run[k+1]].text]; ok {
				pairs[k] = int64(id)
			}
		}
	}
	groups := x.groups(p, run)
	for k, i := range run {
		a := &p.atoms[i]
		role := roles[i]
		t := term{kind: termHan, at: i, surface: a.text, weight: x.unseen, light: role < 1}
		known := false
		for _, pair := range []int{k - 1, k} {
			if pair < 0 || pairs[pair] < 0 {
				continue
			}
			id := uint32(pairs[pair])
			t.add(id, 1)
			t.weight = min(t.weight, x.weight[id])
			known = true
		}
		if len(run) == 1 {
			t.lone = true
			if id, ok := x.ids["u"+a.text]; ok {
				t.add(id, 1)
				t.weight = x.weight[id]
				known = true
			}
		}
		if v := chineseDigit([]rune(a.text)[0]); v > 1 {
			if id, ok := x.ids["#"+strconv.Itoa(v)]; ok {
				t.add(id, 1)
				t.kind, t.n = termNumber, v
				pair := t
				x.addCounted(&t, p.atoms[i+1:])
				if t.count == 0 {
					t = pair
				}
				known = true
			}
		}
		if groups[k] >= 0 {
			x.addGroup(&t, groups[k], 1)
			known = t.count > 0
		}
		if !known {
			x.bySound(p, &t, run, k)
			if id, ok := x.ids["u"+a.text]; ok {
				t.add(id, partFactor)
			}
		}
		if known && role < lightFactor {
			role = lightFactor // part of a word that the library knows
		}
		t.weight *= role / 2
		p.terms = append(p.terms, t)
	}
}

// groups returns the group of synonyms that each character of a run belongs
// to, -1 for none.
func (x *Index) groups(p *parsed, run []int) []int32 {
	of := make([]int32, len(run))
	for k := range of {
		of[k] = -1
	}
	for k := 0; k < len(run); {
		group, length := x.lexicon.group(p.atoms[run[k] : run[len(run)-1]+1])
		for j := range length {
			of[k+j] = group
		}
		k += max(length, 1)
	}
	return of
}

// bySound adds what sounds like the unknown pairs of a character: 健议 for
// 建议.
func (x *Index) bySound(p *parsed, t *term, run []int, k int) {
	for _, j := range []int{k - 1, k} {
		if j < 0 || j+1 >= len(run) {
			continue
		}
		first := x.syllables.of([]rune(p.atoms[run[j]].text)[0])
		second := x.syllables.of([]rune(p.atoms[run[j+1]].text)[0])
		if id, ok := x.ids[soundKey(first, second)]; ok {
			t.add(id, soundFactor)
			t.weight = min(t.weight, x.weight[id])
		}
	}
}

// sounds reads pinyin, written as one word or as several, from atom i on; it
// returns how many atoms that took.
func (x *Index) sounds(p *parsed, i int, factors []float32) int {
	var all []string
	n, unknown := 0, 0
	for i+n < len(p.atoms) {
		a := &p.atoms[i+n]
		if a.kind != atomWord || factors[i+n] < 1 {
			break
		}
		parts := x.syllables.split(a.text)
		if parts == nil && x.syllables.known[a.text] {
			parts = []string{a.text}
		}
		if parts == nil {
			break
		}
		if _, known := x.ids[stemKey(a.text)]; !known {
			unknown++
		}
		all = append(all, parts...)
		n++
	}
	if unknown == 0 || len(all) < 2 || unknown*2 < n {
		return 0
	}
	heard := 0
	pairs := make([]int64, len(all))
	for k := range all {
		pairs[k] = -1
		if k+1 < len(all) {
			if id, ok := x.ids[soundKey(all[k], all[k+1])]; ok {
				pairs[k] = int64(id)
				heard++
			}
		}
	}
	if heard*2 < len(all)-1 || heard == 0 {
		return 0
	}
	p.sounds += n
	for k, s := range all {
		t := term{kind: termSound, surface: s, weight: x.unseen}
		for _, pair := range []int{k - 1, k} {
			if pair >= 0 && pairs[pair] >= 0 {
				t.add(uint32(pairs[pair]), soundFactor)
				t.weight = min(t.weight, x.weight[pairs[pair]])
			}
		}
		t.weight /= 2
		p.terms = append(p.terms, t)
	}
	return n
}

func (t *term) add(id uint32, factor float32) {
	if t.count < len(t.alts) {
		t.alts[t.count] = alternative{id: id, factor: factor}
		t.count++
	}
}

func (t *term) alternatives() []alternative { return t.alts[:t.count] }

func surface(atoms []atom) string {
	var b []byte
	for i, a := range atoms {
		if i > 0 && a.kind != atomHan {
			b = append(b, ' ')
		}
		b = append(b, a.written()...)
	}
	return string(b)
}
