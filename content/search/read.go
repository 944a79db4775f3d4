package search

import (
	"slices"
	"time"
	"unicode/utf8"

	"briefbot/content"
)

// reader reads entries as features. One that starts afresh numbers what it
// meets itself; one of an index that is built goes by the index's numbers and
// leaves out what that has not got.
type reader struct {
	*Index
	norm   *normaliser
	ids    map[uint64]uint32
	keys   []uint64 // of each feature, where the reader numbers them
	frozen bool     // the features are those of the index

	docs     []doc
	reports  []doc
	counts   map[uint64][]count
	ordinals map[int]bool
	acts     map[int32]bool
	capitals capitals // of the features that the reader numbers
	lists    featureSet
	slotted  bool
	dated    bool
	kept     arena[packed]  // the features of docs …
	whole    arena[packed]  // … and those of reports, which stay where docs do not
	nothing  *more          // of docs that have no more
	words    map[string]int // every word as it was written, with how many texts hold it

	// The doc that is being read.
	doc       *doc
	heads     []head
	room      []atom
	current   []packed
	points    []points
	at        []uint32 // of each feature: 1 + its place in current, 0 for none
	length    int
	specifics int // numbers, dates and codes met in its names
}

func newReader(x *Index) *reader {
	return &reader{
		Index: x, norm: x.norm.remembering(), ids: map[uint64]uint32{}, counts: map[uint64][]count{}, ordinals: map[int]bool{},
		acts: map[int32]bool{}, words: map[string]int{}, nothing: &more{},
	}
}

// rereader returns a reader of an index that is built.
func rereader(x *Index) *reader {
	r := newReader(x)
	r.ids, r.at, r.frozen = x.ids, make([]uint32, len(x.ids)), true
	return r
}

// briefing reads a briefing and its entries.
func (r *reader) briefing(briefing *content.Briefing) {
	of := &brief{briefing: briefing, about: r.about(briefing)}
	for i := range briefing.Entries {
		e := &briefing.Entries[i]
		ref := content.Ref{Briefing: briefing.ID, Entry: e.ID}
		if _, old := r.library.Successor(ref); !old {
			r.docs = append(r.docs, r.entry(of, e))
		}
	}
	r.reports = append(r.reports, r.report(briefing))
}

// entry reads an entry.
func (r *reader) entry(of *brief, e *content.Entry) doc {
	d := doc{brief: of, entry: e, body: &body{}, more: &more{}}
	r.begin(&d)
	r.heads = heads(e)
	for i := range r.heads {
		h := &r.heads[i]
		h.atoms = r.norm.atomise(h.text)
		r.atoms(h.atoms, h.in(), h.item)
	}
	for _, slot := range content.Slots() {
		if text, ok := e.Slots[slot]; ok {
			r.both(text, inSlot, 0)
		}
	}
	d.who = r.people(e.Slots[content.Who])
	r.both(e.Answer, inBody, 0)
	for i, item := range e.Items {
		r.both(item.Text, inBody, i+1)
	}
	for _, span := range e.Dates {
		r.span(span)
	}
	if r.specifics > 0 {
		d.open = r.varying()
	}
	r.slotted = r.slotted || len(e.Slots) > 0
	r.dated = r.dated || len(e.Dates) > 0
	r.end(&d)
	if !r.frozen {
		d.names = r.folded()
	}
	return d
}

// folded joins the names of the entry, folded, each ended by a zero.
func (r *reader) folded() string {
	var names []byte
	for _, h := range r.heads {
		if h.name {
			runes, _ := r.norm.fold(h.text)
			names = append(append(names, string(runes)...), 0)
		}
	}
	return string(names)
}

// report reads what a briefing as a whole is about, as a doc.
func (r *reader) report(briefing *content.Briefing) doc {
	d := doc{brief: &brief{briefing: briefing}, body: &body{}, more: &more{}}
	r.begin(&d)
	r.summary(briefing, inHead)
	r.span(content.Span{Start: briefing.Published, End: briefing.Published})
	r.end(&d)
	return d
}

// about reads what a briefing as a whole is about, as the context of its
// entries.
func (r *reader) about(briefing *content.Briefing) []uint32 {
	r.begin(&doc{brief: &brief{briefing: briefing}, body: &body{}, more: &more{}})
	r.summary(briefing, inContext)
	about := make([]uint32, len(r.current))
	for i, f := range r.current {
		about[i] = f.id()
	}
	slices.Sort(about)
	return about
}

func (r *reader) summary(briefing *content.Briefing, in field) {
	r.both(briefing.Title, in, 0)
	r.both(briefing.Summary, in, 0)
	for _, tag := range briefing.Tags {
		r.text(tag, in, 0)
	}
}

func (r *reader) begin(d *doc) {
	for _, f := range r.current {
		r.at[f.id()] = 0
	}
	r.doc, r.current, r.points, r.length, r.specifics = d, r.current[:0], r.points[:0], 0, 0
}

func (r *reader) end(d *doc) {
	d.length = float32(r.length)
	kept := &r.kept
	if d.entry == nil {
		kept = &r.whole
	}
	d.features = kept.keep(r.current)
	if len(r.points) > 0 {
		d.pointed = slices.Clone(r.points)
	}
	if r.frozen {
		d.sort()
	}
	if d.empty() {
		d.more = r.nothing
	}
}

func (r *reader) both(t content.Text, in field, item int) {
	if t.Hans != "" {
		r.text(t.Hans, in, item)
	}
	if t.English != "" {
		r.text(t.English, in, item)
	}
}

// span adds the years, months and days that an event covers. The days of one
// that takes longer than a month say nothing: it has them all.
func (r *reader) span(s content.Span) {
	for y := s.Start.Year; y <= s.End.Year; y++ {
		r.specific(dateAtom(atomYear, y), inSlot, 0)
	}
	if s.Start.Month == 0 || s.End.Month == 0 {
		return
	}
	first, last := s.Start.First(time.UTC), s.End.First(time.UTC)
	for m := range min(12, (last.Year()-first.Year())*12+int(last.Month()-first.Month())+1) {
		month := (int(first.Month())-1+m)%12 + 1
		r.specific(dateAtom(atomMonth, month), inSlot, 0)
	}
	if s.Start.Day == 0 || s.End.Day == 0 || last.Sub(first) > 31*24*time.Hour {
		return
	}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		r.specific(dateAtom(atomDay, day.Day()), inSlot, 0)
	}
}

// varying returns the kinds of specifics that differ between the texts naming
// an entry and that its answer does not hold: "wake me at 6", "an alarm for 7",
// "alarm at 8" call for no certain number.
func (r *reader) varying() kinds {
	var values [atomCode + 1][]string
	for _, h := range r.heads {
		if h.item > 0 {
			continue
		}
		for _, a := range h.atoms {
			kind := a.kind
			switch kind {
			case atomWord, atomHan:
				continue
			case atomDay:
				kind = atomMonth // both are dates
			case atomOrdinal, atomCode:
				kind = atomNumber // 5, 5th, 5pm
			case atomNumber, atomYear, atomMonth:
			}
			if r.has(atomKey(a.text))&(inBody|inSlot) == 0 && !slices.Contains(values[kind], a.text) {
				values[kind] = append(values[kind], a.text)
			}
		}
	}
	var open kinds
	for kind, differing := range values {
		if len(differing) >= varyingEnough {
			open |= 1 << kind
		}
	}
	return open
}

// has returns where in the doc that is being read a feature stands.
func (r *reader) has(key uint64) field {
	if id, known := r.ids[key]; known && r.at[id] > 0 {
		return r.current[r.at[id]-1].in()
	}
	return 0
}

// specific adds a date or an ordinal and notes that the doc has one.
func (r *reader) specific(a atom, in field, item int) {
	r.feature(atomKey(a.text), in, item)
	named := in&(inName|inSlot) != 0
	switch a.kind {
	case atomYear:
		at := slices.IndexFunc(r.doc.years, func(y yearIn) bool { return y.year == a.n })
		if at < 0 {
			at = len(r.doc.years)
			r.doc.years = append(r.doc.years, yearIn{year: a.n})
		}
		r.doc.years[at].in |= in
	case atomMonth:
		r.doc.dated = r.doc.dated || named
	case atomOrdinal:
		r.doc.numbered = r.doc.numbered || named
		if in&inName != 0 {
			r.ordinals[a.n] = true
		}
	case atomCode:
		r.doc.coded = r.doc.coded || named
	case atomDay, atomNumber, atomWord, atomHan:
	}
}

// text adds every feature of a text.
func (r *reader) text(s string, in field, item int) {
	r.room = r.norm.appendAtoms(r.room[:0], s)
	r.atoms(r.room, in, item)
}

// atoms adds every feature of a text that was cut into atoms.
func (r *reader) atoms(atoms []atom, in field, item int) {
	sound := func(first, second string) { r.feature(soundKey(first, second), in, item) }
	for i := range atoms {
		a := &atoms[i]
		switch {
		case a.kind == atomWord:
			if !r.frozen {
				r.words[a.text]++
			}
		case a.kind != atomHan && in&inHead != 0:
			r.specifics++
		}
		r.atom(atoms, i, in, item)
		if in&inHead != 0 {
			r.eachSound(atoms, i, sound)
		}
		if group, length := r.lexicon.group(atoms[i:]); length > 0 {
			r.feature(groupKey(group), in, item)
		}
	}
	if len(r.names.concepts) == 0 {
		return
	}
	if in != inContext {
		r.deed(r.deeds(atoms))
	}
	for i := 0; i < len(atoms); {
		concepts, length := r.names.at(atoms[i:])
		if length == 0 {
			short := r.shorts(atoms[i:])
			for j := range short {
				for _, c := range r.names.places[atoms[i+j].text] {
					r.feature(conceptKey(c), in, item)
				}
			}
			i += max(short, 1)
			continue
		}
		for _, c := range r.names.in(r.doc.briefing.ID, concepts) {
			r.doc.peopled = r.doc.peopled || r.names.concepts[c].acts
			r.feature(conceptKey(c), in, item)
		}
		i += length
	}
}

// people returns who is named in a text.
func (r *reader) people(t content.Text) []int32 {
	var out []int32
	for _, s := range []string{t.Hans, t.English} {
		if s == "" || len(r.names.concepts) == 0 {
			continue
		}
		atoms := r.norm.atomise(s)
		for i := 0; i < len(atoms); {
			concepts, named := r.names.at(atoms[i:])
			out = append(out, concepts...)
			i += max(named, 1)
		}
	}
	return out
}

func (r *reader) deed(deeds []deed) {
	for _, d := range deeds {
		if !slices.Contains(r.doc.deeds, d) {
			r.doc.deeds = append(r.doc.deeds, d)
		}
		r.acts[d.act] = true
	}
}

func (r *reader) atom(atoms []atom, i int, in field, item int) {
	a := &atoms[i]
	switch a.kind {
	case atomHan:
		r.feature(charKey(a.text), in, item)
		if i+1 < len(atoms) && atoms[i+1].kind == atomHan && atoms[i+1].glued {
			r.feature(pairKey(a.text, atoms[i+1].text), in, item)
		}
		if v := chineseDigit(firstRune(a.text)); v > 1 {
			// 五共同: a count without its measure word.
			r.feature(digitKey(v), in, item)
			r.countOf(v, atoms[i+1:], in, item)
		}
	case atomWord:
		if id, _ := r.feature(wordKey(a.stem()), in, item); !r.frozen {
			r.capitals.note(id, a)
			if in&inName != 0 && item == 0 && r.doc.entry != nil && len(r.doc.entry.Items) > 0 {
				r.lists.set(id)
			}
		}
	case atomNumber:
		r.feature(atomKey(a.text), in, item)
		r.countOf(a.n, atoms[i+1:], in, item)
		if word, ok := r.labelled(atoms, i); ok {
			length := r.length
			r.feature(labelKey(word, a.n), in, item)
			r.feature(labelKey(word, anyNumber), in, item)
			r.length = length // the same number once more
		}
	case atomOrdinal, atomYear, atomMonth, atomDay, atomCode:
		r.specific(*a, in, item)
	}
}

// counted lists what a number counts: the few words that follow it, so that
// 四点重要建议 holds 4 of 建议 but not 4 of anything else.
func (x *Index) counted(after []atom, add func(noun uint64)) {
	reach := 0
	for i := range after {
		a := &after[i]
		switch a.kind {
		case atomHan:
			reach++
		case atomWord:
			if m, length := x.lexicon.at(after[i : i+1]); length > 0 && m.empty() {
				continue
			}
			reach += 2
		case atomNumber, atomOrdinal, atomYear, atomMonth, atomDay, atomCode:
			return
		}
		if reach > countedReach {
			return
		}
		if group, length := x.lexicon.group(after[i:]); length > 0 {
			add(groupKey(group))
		}
		switch {
		case a.kind == atomWord:
			add(wordKey(a.stem()))
		case i+1 < len(after) && after[i+1].kind == atomHan && after[i+1].glued:
			add(pairKey(a.text, after[i+1].text))
		}
	}
}

// labelled returns the word that a number stands directly behind, as in "room
// 204"; ok is false where that is no word with a meaning of its own.
func (x *Index) labelled(atoms []atom, i int) (word string, ok bool) {
	if i == 0 || atoms[i-1].kind != atomWord {
		return "", false
	}
	_, said := x.lexicon.at(atoms[i-1 : i])
	return atoms[i-1].stem(), said == 0
}

// countedReach is how far behind a number the word may stand that it counts:
// four characters or two words.
const countedReach = 4

func (r *reader) countOf(n int, after []atom, in field, item int) {
	r.counted(after, func(noun uint64) {
		id, known := r.feature(countKey(n, noun), in, item)
		if c := (count{n: n, id: id}); known && !r.frozen && !slices.Contains(r.counts[noun], c) {
			r.counts[noun] = append(r.counts[noun], c)
		}
	})
}

// eachSound calls add with how each character sounds and the one that follows
// it.
func (x *Index) eachSound(atoms []atom, i int, add func(first, second string)) {
	first := atoms[i].han
	for first != "" {
		r, size := utf8.DecodeRuneInString(first)
		first = first[size:]
		var second rune
		switch {
		case first != "":
			second, _ = utf8.DecodeRuneInString(first)
		case i+1 < len(atoms) && atoms[i+1].glued && atoms[i+1].han != "":
			second, _ = utf8.DecodeRuneInString(atoms[i+1].han)
		default:
			continue
		}
		a, b := x.syllables.of(r), x.syllables.of(second)
		if a != "" && b != "" {
			add(a, b)
		}
	}
}

// feature adds a feature to the doc; known is false where the index has not
// got it.
func (r *reader) feature(key uint64, in field, item int) (id uint32, known bool) {
	id, known = r.ids[key]
	if !known {
		if r.frozen {
			return 0, false
		}
		id = uint32(len(r.keys))
		r.ids[key] = id
		r.keys, r.at = append(r.keys, key), append(r.at, 0)
	}
	pointed := r.doc.entry != nil && len(r.doc.entry.Items) > 0
	if r.at[id] == 0 {
		r.current = append(r.current, pack(id, 0, 0))
		r.at[id] = uint32(len(r.current))
		if pointed {
			r.points = append(r.points, points{})
		}
	}
	at := r.at[id] - 1
	tf := r.current[at].tf()
	if in&(inBody|inHead) != 0 {
		tf++
		r.length++
	}
	r.current[at] = pack(id, r.current[at].in()|in, tf)
	if pointed {
		if p := &r.points[at]; item > 0 && item <= 64 {
			p.items |= 1 << (item - 1)
		} else {
			p.whole = true
		}
	}
	return id, true
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// arena keeps many short lists in few long ones.
type arena[T any] struct{ room []T }

// arenaSize is how many things one of the long lists holds.
const arenaSize = 1 << 14

// keep returns a copy of a list.
func (a *arena[T]) keep(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	if cap(a.room)-len(a.room) < len(list) {
		a.room = make([]T, 0, max(arenaSize, len(list)))
	}
	from := len(a.room)
	a.room = append(a.room, list...)
	return a.room[from:len(a.room):len(a.room)]
}
