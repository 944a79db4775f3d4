package search

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"

	"briefbot/content"
)

// Index finds entries of one library. It is immutable and safe for
// concurrent use.
type Index struct {
	*tables
	library  *content.Library
	names    *glossary
	spelling spelling

	ids    map[string]uint32 // of every feature
	weight []float32         // of every feature: its inverse document frequency
	df     []uint32          // of every feature: how many entries hold it themselves
	unseen float32           // the weight of what stands in no entry
	posts  [][]posting       // of every feature

	counts   map[string][]count // of each thing that some entry counts
	ordinals map[int]bool       // those that some entry is named by

	docs    []doc // one an entry
	reports []doc // one a briefing, for questions about the whole of it
	byRef   map[content.Ref]uint32
	called  map[string]call // by the words of titles, aliases and examples
	meanLen float32         // features of a doc's body, on average
	acts    map[int32]bool  // what some entry tells that a person does
	slotted bool            // some entry has slots

	wellNamed     float32     // how well entries are named, 0 to 1: with one text each half
	wordingShare  float32     // how much the wording of a question counts
	learningShare float32     // how much what was learned counts
	learned       *classifier // of docs by their texts, nil where there are too few
	threshold     float32     // of confidence: below it nothing is stated
}

// field says where in an entry a feature stands.
type field uint8

const (
	inHead    field = 1 << iota // title, aliases, example questions, titles of items
	inSlot                      // values of slots, event dates
	inBody                      // answer, texts of items
	inContext                   // title, summary and tags of the briefing
	inName                      // title and aliases of the entry itself: with inHead
)

// posting is one occurrence of a feature, in one doc.
type posting struct {
	doc uint32
	tf  uint16
	in  field
}

// count is a number of something, as a feature.
type count struct {
	n  int
	id uint32
}

// docFeature is a feature of one doc.
type docFeature struct {
	id    uint32
	tf    uint16
	in    field
	items uint64 // the numbered points that hold it: bit 0 is point 1
	whole bool   // stands outside the points too
}

// unit is one short text that names a doc: its title, an alias, an example
// question, the title of an item.
type unit struct {
	features []uint32     // sorted
	self     float32      // the weight of its terms
	item     int          // the numbered point it names, 0 for the entry
	slot     content.Slot // what it asks for, where it is a question
	intent   Intent       // the view it is named like: "schedule of the ferries"
	wording  wording
}

// call is what the very words of a title, an alias or an example stand for.
type call struct {
	doc    uint32
	item   int  // the numbered point, 0 for the entry
	shared bool // several are called so, none by right
}

// doc is an entry as it is searched.
type doc struct {
	ref      content.Ref
	briefing *content.Briefing
	entry    *content.Entry // nil for a report
	features []docFeature   // sorted by id
	units    []unit
	names    []string // title and aliases, folded
	length   float32  // features of the body, repeated ones counted
	years    map[int]field
	dated    bool    // has a month of its own
	numbered bool    // names itself by an ordinal: the 33rd meeting
	coded    bool    // names itself by a code: version 4.2
	deeds    []deed  // who does what
	who      []int32 // the people in its slot of that name
	open     kinds   // what differs from example to example: any value may be asked for
}

// Build makes the index of a library. Superseded entries are left out: what
// replaces them answers instead.
func Build(library *content.Library) *Index {
	x := &Index{
		tables: languageTables(), library: library,
		ids: map[string]uint32{}, counts: map[string][]count{}, ordinals: map[int]bool{}, byRef: map[content.Ref]uint32{}, called: map[string]call{}, acts: map[int32]bool{},
	}
	x.names = newGlossary(library, x.norm, x.lexicon)
	b := builder{Index: x, words: map[string]int{}, stems: map[string]string{}}
	for _, briefing := range library.Briefings() {
		about := b.about(briefing)
		for i := range briefing.Entries {
			e := &briefing.Entries[i]
			ref := content.Ref{Briefing: briefing.ID, Entry: e.ID}
			if _, old := library.Successor(ref); !old {
				b.addEntry(briefing, about, e, ref)
			}
		}
		b.addReport(briefing)
	}
	b.weigh()
	b.addUnits()
	b.post()
	texts := b.texts()
	b.learn(texts)
	for _, word := range x.names.words {
		b.words[word]++
	}
	x.spelling = newSpelling(b.words)
	b.calibrate(texts)
	return x
}

// builder collects the features of docs.
type builder struct {
	*Index
	doc     *doc
	current map[uint32]*docFeature
	length  float32
	words   map[string]int // every word as it was written, with how many texts hold it
	stems   map[string]string
	frozen  bool // the index is built: nothing is added to it
}

func (b *builder) addEntry(briefing *content.Briefing, about []uint32, e *content.Entry, ref content.Ref) {
	d := b.entryDoc(briefing, about, e, ref)
	b.byRef[ref] = uint32(len(b.docs))
	b.docs = append(b.docs, d)
}

// entryDoc collects the features of an entry.
func (b *builder) entryDoc(briefing *content.Briefing, about []uint32, e *content.Entry, ref content.Ref) doc {
	d := doc{ref: ref, briefing: briefing, entry: e, years: map[int]field{}}
	b.begin(&d)
	for _, h := range heads(e) {
		b.text(h.text, h.in(), h.item)
	}
	for _, slot := range content.Slots() {
		b.both(e.Slots[slot], inSlot, 0)
	}
	d.who = b.people(e.Slots[content.Who])
	b.both(e.Answer, inBody, 0)
	for i, item := range e.Items {
		b.both(item.Text, inBody, i+1)
	}
	for _, span := range e.Dates {
		b.span(span)
	}
	b.context(about)
	d.open = b.varying(e)
	b.slotted = b.slotted || (!b.frozen && len(e.Slots) > 0)
	b.end(&d)
	for _, h := range heads(e) {
		if h.name {
			runes, _ := b.norm.fold(h.text)
			d.names = append(d.names, string(runes))
		}
	}
	return d
}

func (b *builder) addReport(briefing *content.Briefing) {
	d := doc{ref: content.Ref{Briefing: briefing.ID}, briefing: briefing, years: map[int]field{}}
	b.begin(&d)
	b.both(briefing.Title, inHead, 0)
	b.both(briefing.Summary, inHead, 0)
	for _, tag := range briefing.Tags {
		b.text(tag, inHead, 0)
	}
	b.span(content.Span{Start: briefing.Published, End: briefing.Published})
	b.end(&d)
	b.reports = append(b.reports, d)
}

// head is one short text of an entry.
type head struct {
	text string
	item int
	name bool // title or alias of the entry itself
}

// in returns the fields that the text belongs to.
func (h head) in() field {
	if h.name {
		return inHead | inName
	}
	return inHead
}

// heads lists the texts that name an entry. Questions that must be refused
// are no names.
func heads(e *content.Entry) []head {
	hs := []head{{text: e.Title.Hans, name: true}, {text: e.Title.English, name: true}}
	for _, alias := range e.Aliases {
		hs = append(hs, head{text: alias, name: true})
	}
	for _, ask := range e.Ask {
		// A question that needs its thread names nothing by itself.
		if !ask.Refuse && len(ask.After) == 0 {
			hs = append(hs, head{text: ask.Question, item: ask.Item})
		}
	}
	for i, item := range e.Items {
		hs = append(hs, head{text: item.Title.Hans, item: i + 1}, head{text: item.Title.English, item: i + 1})
		for _, alias := range item.Aliases {
			hs = append(hs, head{text: alias, item: i + 1})
		}
	}
	return slices.DeleteFunc(hs, func(h head) bool { return h.text == "" })
}

func (b *builder) begin(d *doc) {
	b.doc = d
	b.current = map[uint32]*docFeature{}
	b.length = 0
}

func (b *builder) both(t content.Text, in field, item int) {
	if t.Hans != "" {
		b.text(t.Hans, in, item)
	}
	if t.English != "" {
		b.text(t.English, in, item)
	}
}

// about collects what a briefing as a whole is about: the features that are
// the context of all its entries.
func (b *builder) about(briefing *content.Briefing) []uint32 {
	b.begin(&doc{ref: content.Ref{Briefing: briefing.ID}, years: map[int]field{}})
	b.both(briefing.Title, inContext, 0)
	b.both(briefing.Summary, inContext, 0)
	for _, tag := range briefing.Tags {
		b.text(tag, inContext, 0)
	}
	return slices.Sorted(maps.Keys(b.current))
}

func (b *builder) context(features []uint32) {
	for _, id := range features {
		if f := b.current[id]; f != nil {
			f.in |= inContext
		} else {
			b.current[id] = &docFeature{id: id, in: inContext}
		}
	}
}

// span adds the years, months and days that an event covers. The days of one
// that takes longer than a month say nothing: it has them all.
func (b *builder) span(s content.Span) {
	for y := s.Start.Year; y <= s.End.Year; y++ {
		b.specific(dateAtom(atomYear, y), inSlot, 0)
	}
	if s.Start.Month == 0 || s.End.Month == 0 {
		return
	}
	first, last := s.Start.First(time.UTC), s.End.First(time.UTC)
	for m := range min(12, (last.Year()-first.Year())*12+int(last.Month()-first.Month())+1) {
		month := (int(first.Month())-1+m)%12 + 1
		b.specific(dateAtom(atomMonth, month), inSlot, 0)
	}
	if s.Start.Day == 0 || s.End.Day == 0 || last.Sub(first) > 31*24*time.Hour {
		return
	}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		b.specific(dateAtom(atomDay, day.Day()), inSlot, 0)
	}
}

// kinds is a set of kinds of atoms.
type kinds uint16

func (k kinds) has(kind atomKind) bool { return k&(1<<kind) != 0 }

// varying returns the kinds of specifics that differ between the texts naming
// an entry and that its answer does not hold: "wake me at 6", "an alarm for 7",
// "alarm at 8" call for no certain number.
func (b *builder) varying(e *content.Entry) kinds {
	var values [atomCode + 1][]string
	for _, h := range heads(e) {
		if h.item > 0 {
			continue
		}
		for _, a := range b.norm.atomise(h.text) {
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
			if id, known := b.ids[a.text]; known && b.current[id] != nil && b.current[id].in&(inBody|inSlot) != 0 {
				continue
			}
			if !slices.Contains(values[kind], a.text) {
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

// How many different values are no coincidence.
const (
	varyingEnough = 2 // of a number or a date
	askedEnough   = 3 // of what a question word asks of: "what does … mean"
)

// specific adds a date or an ordinal and notes that the doc has one.
func (b *builder) specific(a atom, in field, item int) {
	b.feature(a.text, in, item)
	named := in&(inName|inSlot) != 0
	switch a.kind {
	case atomYear:
		b.doc.years[a.n] |= in
	case atomMonth:
		b.doc.dated = b.doc.dated || named
	case atomOrdinal:
		b.doc.numbered = b.doc.numbered || named
		if in&inName != 0 && !b.frozen {
			b.ordinals[a.n] = true
		}
	case atomCode:
		b.doc.coded = b.doc.coded || named
	case atomDay, atomNumber, atomWord, atomHan:
	}
}

// text adds every feature of a text.
func (b *builder) text(s string, in field, item int) {
	atoms := b.norm.atomise(s)
	for i := range atoms {
		a := &atoms[i]
		if a.kind == atomWord {
			b.words[a.text]++
		}
		b.atom(atoms, i, in, item)
		if in&inHead != 0 {
			b.sounds(atoms, i, func(first, second string) { b.feature(soundKey(first, second), in, item) })
		}
	}
	if in != inContext {
		b.deed(b.deeds(atoms))
	}
	for i := range atoms {
		if group, length := b.lexicon.group(atoms[i:]); length > 0 {
			b.feature(groupKey(group), in, item)
		}
	}
	for i := 0; i < len(atoms); {
		concepts, length := b.names.at(atoms[i:])
		if length == 0 {
			short := b.shorts(atoms[i:])
			for j := range short {
				for _, c := range b.names.places[atoms[i+j].text] {
					b.feature(conceptKey(c), in, item)
				}
			}
			i += max(short, 1)
			continue
		}
		for _, c := range b.names.in(b.doc.ref.Briefing, concepts) {
			b.feature(conceptKey(c), in, item)
		}
		i += length
	}
}

// people returns who is named in a text.
func (b *builder) people(t content.Text) []int32 {
	var out []int32
	for _, s := range []string{t.Hans, t.English} {
		atoms := b.norm.atomise(s)
		for i := 0; i < len(atoms); {
			concepts, named := b.names.at(atoms[i:])
			out = append(out, concepts...)
			i += max(named, 1)
		}
	}
	return out
}

func (b *builder) deed(deeds []deed) {
	for _, d := range deeds {
		if !slices.Contains(b.doc.deeds, d) {
			b.doc.deeds = append(b.doc.deeds, d)
		}
		if !b.frozen {
			b.acts[d.act] = true
		}
	}
}

// stem is stem with a memory: a library repeats its words.
func (b *builder) stem(word string) string {
	s, ok := b.stems[word]
	if !ok {
		s = stem(word)
		b.stems[word] = s
	}
	return s
}

func (b *builder) atom(atoms []atom, i int, in field, item int) {
	a := &atoms[i]
	switch a.kind {
	case atomHan:
		b.feature("u"+a.text, in, item)
		if i+1 < len(atoms) && atoms[i+1].kind == atomHan && atoms[i+1].glued {
			b.feature("b"+a.text+atoms[i+1].text, in, item)
		}
		if v := chineseDigit([]rune(a.text)[0]); v > 1 {
			// 五共同: a count without its measure word.
			b.feature("#"+strconv.Itoa(v), in, item)
			b.countOf(v, atoms[i+1:], in, item)
		}
	case atomWord:
		b.feature("w"+b.stem(a.text), in, item)
	case atomNumber:
		b.feature(a.text, in, item)
		b.countOf(a.n, atoms[i+1:], in, item)
	case atomOrdinal, atomYear, atomMonth, atomDay, atomCode:
		b.specific(*a, in, item)
	}
}

// counted lists what a number counts: the few words that follow it, so that
// 四点重要建议 holds 4 of 建议 but not 4 of anything else.
func (x *Index) counted(after []atom, add func(noun string)) {
	reach := 0
	for i := range after {
		a := &after[i]
		switch a.kind {
		case atomHan:
			reach++
		case atomWord:
			if m, length := x.lexicon.at(after[i : i+1]); length > 0 && m.class == classFunction {
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
			add(stem(a.text))
		case i+1 < len(after) && after[i+1].kind == atomHan && after[i+1].glued:
			add(a.text + after[i+1].text)
		}
	}
}

func (b *builder) countOf(n int, after []atom, in field, item int) {
	b.counted(after, func(noun string) {
		key := countKey(n, noun)
		_, known := b.ids[key]
		id := b.feature(key, in, item)
		if !known && !b.frozen {
			b.counts[noun] = append(b.counts[noun], count{n: n, id: id})
		}
	})
}

// countedReach is how far behind a number the word may stand that it counts:
// four characters or two words.
const countedReach = 4

// sounds adds how each character sounds with the one that follows it.
func (b *builder) sounds(atoms []atom, i int, add func(first, second string)) {
	first := []rune(atoms[i].han)
	for j := range first {
		var second rune
		switch {
		case j+1 < len(first):
			second = first[j+1]
		case i+1 < len(atoms) && atoms[i+1].glued && atoms[i+1].han != "":
			second, _ = utf8.DecodeRuneInString(atoms[i+1].han)
		default:
			continue
		}
		x, y := b.syllables.of(first[j]), b.syllables.of(second)
		if x != "" && y != "" {
			add(x, y)
		}
	}
}

func (b *builder) feature(key string, in field, item int) uint32 {
	id, ok := b.ids[key]
	if !ok && b.frozen {
		return 0
	}
	if !ok {
		id = uint32(len(b.ids))
		b.ids[key] = id
	}
	f := b.current[id]
	if f == nil {
		f = &docFeature{id: id}
		b.current[id] = f
	}
	f.in |= in
	if in&(inBody|inHead) != 0 {
		f.tf++
		b.length++
	}
	switch {
	case item > 0 && item <= 64:
		f.items |= 1 << (item - 1)
	case in&inContext == 0:
		f.whole = true
	}
	return id
}

func (b *builder) end(d *doc) {
	d.length = b.length
	d.features = make([]docFeature, 0, len(b.current))
	for _, f := range b.current {
		d.features = append(d.features, *f)
	}
	slices.SortFunc(d.features, func(p, q docFeature) int { return int(p.id) - int(q.id) })
}

// weigh gives each feature its inverse document frequency.
func (b *builder) weigh() {
	b.df = make([]uint32, len(b.ids))
	for i := range b.docs {
		b.meanLen += b.docs[i].length / float32(len(b.docs))
		for _, f := range b.docs[i].features {
			if f.in&^inContext != 0 {
				b.df[f.id]++
			}
		}
	}
	b.meanLen = max(b.meanLen, 1) // all entries may be named by signs alone
	b.weight = make([]float32, len(b.df))
	for id, df := range b.df {
		b.weight[id] = b.rarity(df, false)
	}
	b.unseen = b.rarity(0, false)
}

func (b *builder) addUnits() {
	for i := range b.docs {
		d := &b.docs[i]
		asked := map[string]bool{}
		for _, h := range heads(d.entry) {
			b.call(h, uint32(i))
			u := b.unit(d, h, asked)
			if len(u.features) > 0 && !slices.ContainsFunc(d.units, u.equals) {
				d.units = append(d.units, u)
			}
		}
		if len(asked) >= askedEnough {
			d.open |= 1 << atomWord
		}
	}
}

// equals reports whether two units can be told apart by no question.
func (u unit) equals(o unit) bool {
	return u.item == o.item && u.slot == o.slot && u.intent == o.intent && slices.Equal(u.features, o.features)
}

// call notes what a head's very words stand for.
func (b *builder) call(h head, doc uint32) {
	words := surface(b.norm.atomise(h.text))
	c := call{doc: doc, item: h.item}
	if other, taken := b.called[words]; taken && other != c {
		c.shared = true
	}
	b.called[words] = c
}

func (b *builder) unit(d *doc, h head, asked map[string]bool) unit {
	u := unit{item: h.item}
	p := b.parse(h.text, time.Time{})
	for i := range p.terms {
		t := &p.terms[i]
		c := candidate{doc: d}
		if t.asked && !t.light && !c.tells(t) {
			asked[t.surface] = true
		}
	}
	for i := range p.terms {
		for _, alt := range p.terms[i].alternatives() {
			if _, own := d.feature(alt.id); own && alt.factor == 1 {
				u.features = append(u.features, alt.id)
			}
		}
	}
	for i := range p.atoms {
		b.sounds(p.atoms, i, func(first, second string) {
			if id, ok := b.ids[soundKey(first, second)]; ok {
				u.features = append(u.features, id)
			}
		})
	}
	slices.Sort(u.features)
	u.features = slices.Compact(u.features)
	u.self, u.slot, u.intent = p.self, p.slot, p.intent
	u.wording = b.wording(p.atoms)
	return u
}

// texts lists the texts that name entries, once each and without those that
// another one begins with: they would teach nothing new.
func (b *builder) texts() []named {
	var out []named
	for i := range b.docs {
		hs := heads(b.docs[i].entry)
		for j, h := range hs {
			begins := func(o head) bool { return len(o.text) > len(h.text) && strings.HasPrefix(o.text, h.text) }
			twice := func(o head) bool { return o.text == h.text }
			if h.item == 0 && !slices.ContainsFunc(hs, begins) && !slices.ContainsFunc(hs[:j], twice) {
				out = append(out, named{uint32(i), h.text})
			}
		}
	}
	return out
}

// learn trains the classifier on the texts that name entries.
func (b *builder) learn(texts []named) {
	lessons := make([][][]atom, len(b.docs))
	var chinese, other int
	for _, t := range texts {
		lessons[t.doc] = append(lessons[t.doc], b.norm.atomise(t.text))
		if hasHan(t.text) {
			chinese++
		} else {
			other++
		}
	}
	perEntry := float32(len(texts)) / float32(max(len(b.docs), 1))
	b.wellNamed = perEntry / (perEntry + 1)
	b.wordingShare, b.learningShare = shares(max(chinese, other))
	b.learned = newClassifier(lessons, examplesEnough, epochsMost)
}

// reader returns a builder that reads entries again without changing the
// index.
func (b *builder) reader() *builder {
	return &builder{Index: b.Index, words: map[string]int{}, stems: map[string]string{}, frozen: true}
}

func (b *builder) post() {
	b.posts = make([][]posting, len(b.ids))
	for i := range b.docs {
		for _, f := range b.docs[i].features {
			b.posts[f.id] = append(b.posts[f.id], posting{doc: uint32(i), tf: f.tf, in: f.in})
		}
	}
}

func (d *doc) feature(id uint32) (docFeature, bool) {
	i, ok := slices.BinarySearchFunc(d.features, id, func(f docFeature, id uint32) int { return int(f.id) - int(id) })
	if !ok {
		return docFeature{}, false
	}
	return d.features[i], true
}

func stemKey(word string) string { return "w" + stem(word) }

func stem(word string) string {
	if len(word) < 3 || word[0] >= 0x80 || isDigit(rune(word[0])) {
		return word
	}
	return english.Stem(word, false)
}

func groupKey(group int32) string { return "s" + strconv.Itoa(int(group)) }

func countKey(n int, noun string) string { return "#" + strconv.Itoa(n) + "|" + noun }

func conceptKey(concept int32) string { return "c" + strconv.Itoa(int(concept)) }

func soundKey(first, second string) string { return "p" + first + " " + second }
