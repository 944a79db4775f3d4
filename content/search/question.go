package search

import (
	"cmp"
	"slices"
	"time"

	"briefbot/content"
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
	at      int  // the atom that it begins with; of words, characters and names only
	atoms   int  // of names: how many they are
	n       int  // of numbers and dates
	person  bool // of names: that of a person
	light   bool
	frame   bool         // only frames the question
	lone    bool         // a single character, which may belong to any word
	value   content.Slot // what the word is a name of: "price" of how much
	group   int32        // 1 + that of the lexicon that it belongs to, 0 for none
	unheard bool         // is written as a name, or stands before one, and in no entry
	asked   bool         // is what the question word asks of: "what speakers"
	counts  []uint64     // of numbers: what is counted
	name    bool         // is written as a name, in the question and in every entry
	label   bool         // of numbers: belongs to the word before it, as in "room 204"
	free    bool         // of numbers: nothing follows that could be counted
	count   int          // how many alternatives of alts are used
	alts    [mostAlternatives]alternative
}

// mostAlternatives is how many a term can have: both pairs of a character, its
// numeral, what that counts (a pair and a synonym for each of countedReach
// characters) and its synonym.
const mostAlternatives = 2 + 1 + 2*countedReach + 1

// alternative is a feature that explains a term, and how well.
type alternative struct {
	id     uint32
	at     uint16 // the place of the feature among those of the question
	factor float32
}

// parsed is a question as it was understood.
type parsed struct {
	atoms     []atom
	terms     []term
	asked     []atom       // what the question word asks of
	self      float32      // the weight of all terms
	slot      content.Slot // what a question word asks for
	hint      content.Slot // what a noun such as "venue" asks for
	intent    Intent
	askedAt   time.Time
	next      bool      // asks for the next point of what was shown last
	more      bool      // asks for more of what was shown last
	pronoun   bool      // holds a word that stands for a person
	then      int       // years after what was shown last: "the year after"
	week      time.Time // the Monday of the week that is asked about, zero for none
	deeds     []deed    // who does what
	ordinals  []int     // "the third": 3; "the last two": -2
	corrected []string
	ambiguous bool // holds a name that several people or things have
	unread    bool // holds a Chinese word that stands in no entry
	sounds    int  // words that were read as pinyin

	// What likeness needs at hand: every alternative by its feature, and for
	// each term the last round in which it was shared.
	lookup []lookup
	shared []uint32
	round  uint32

	judged   []candidate  // what was found for it, nil where nothing was looked for yet
	room     []docFeature // for the rows of candidates
	features []uint32     // of all alternatives and of the wording, sorted
	marks    *marks       // of them
	wording  wording
	learned  []float32 // the probability of each doc, nil where nothing was learned
}

// number gives every feature of the question a place, so that a candidate can
// be compared with it feature by feature.
func (p *parsed) number() {
	p.features = make([]uint32, 0, len(p.lookup)+len(p.wording.features))
	for i := range p.terms {
		for _, alt := range p.terms[i].alternatives() {
			p.features = append(p.features, alt.id)
		}
	}
	for _, f := range p.wording.features {
		p.features = append(p.features, f.id)
	}
	slices.Sort(p.features)
	p.features = slices.Compact(p.features)
	p.marks = &marks{}
	for _, id := range p.features {
		p.marks.set(id)
	}
	place := func(id uint32) uint16 {
		at, _ := slices.BinarySearch(p.features, id)
		return uint16(at)
	}
	for i := range p.terms {
		alts := p.terms[i].alternatives()
		for k := range alts {
			alts[k].at = place(alts[k].id)
		}
	}
	for i := range p.wording.features {
		p.wording.features[i].at = place(p.wording.features[i].id)
	}
}

// marks tell at a glance what is surely not among some features: most of what an
// entry holds is not in the question.
type marks [128]uint64

func (m *marks) set(id uint32)      { m[id/64%128] |= 1 << (id % 64) }
func (m *marks) has(id uint32) bool { return m[id/64%128]&(1<<(id%64)) != 0 }

// place returns where among the features of the question one stands.
func (p *parsed) place(id uint32) (place int, ok bool) {
	if !p.marks.has(id) {
		return 0, false
	}
	return slices.BinarySearch(p.features, id)
}

// rowsAtOnce is for how many docs there is made room at a time.
const rowsAtOnce = 32

// row lists which of the question's features a doc has, each at its place.
func (p *parsed) row(d *doc) []docFeature {
	if len(p.room) < len(p.features) {
		p.room = make([]docFeature, rowsAtOnce*len(p.features))
	}
	row := p.room[:len(p.features):len(p.features)]
	p.room = p.room[len(p.features):]
	for own, f := range d.features {
		if place, ok := p.place(f.id()); ok {
			row[place] = f.at(own)
		}
	}
	for _, id := range d.about {
		if place, ok := p.place(id); ok && row[place].in == 0 {
			row[place] = docFeature{at: -1, in: inContext}
		}
	}
	return row
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
	n := 0
	for i := range p.terms {
		n += p.terms[i].count
	}
	p.lookup = make([]lookup, 0, n)
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
