package search

import (
	"cmp"
	"slices"
	"sync"

	"briefbot/content"
)

// Index finds entries of one library. It is immutable and safe for
// concurrent use.
type Index struct {
	*tables
	library  *content.Library
	names    *glossary
	spelling spelling

	ids    map[uint64]uint32 // of every feature
	weight []float32         // of every feature: its inverse document frequency
	df     []uint32          // of every feature: how many entries hold it themselves
	unseen float32           // the weight of what stands in no entry
	posts  postings

	reportPosts postings

	counts   map[uint64][]count // of each thing that some entry counts
	ordinals map[int]bool       // those that some entry is named by

	docs     []doc          // one an entry
	reports  []doc          // one a briefing, for questions about the whole of it
	called   calls          // by the words of titles, aliases and examples
	meanLen  float32        // features of a doc's body, on average
	acts     map[int32]bool // what some entry tells that a person does
	capitals capitals       // of words
	lists    featureSet     // the words that name entries with points
	slotted  bool           // some entry has slots
	dated    bool           // some entry has dates

	wellNamed     float32     // how well entries are named, 0 to 1: with one text each half
	wordingShare  float32     // how much the wording of a question counts
	learningShare float32     // how much what was learned counts
	learned       *classifier // of docs by their texts, nil where there are too few
	threshold     float32     // of confidence: below it nothing is stated

	alone map[string]*Index // of briefings by themselves, which confirm answers; see apart

	lean    bool      // docs are read again when they are looked at
	scratch sync.Pool // *scores, for retrieving
	readers sync.Pool // *loader, where the index is lean
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

// count is a number of something, as a feature.
type count struct {
	n  int
	id uint32
}

// docFeature is a feature of one doc.
type docFeature struct {
	at int32 // its place among doc.features, -1 for what only the briefing is about
	in field // 0 where the doc has not got it
	tf uint8 // how often
}

// packed is a docFeature in four bytes: 24 bits of id, five of fields, three of
// how often. Sorted, they are in the order of their ids.
type packed uint32

const (
	featuresMost = 1 << 24
	tfMost       = 7 // BM25 tells no more often from that
)

func pack(id uint32, in field, tf uint8) packed {
	return packed(id<<8 | uint32(in)<<3 | uint32(min(tf, tfMost)))
}

func (f packed) id() uint32 { return uint32(f >> 8) }
func (f packed) in() field  { return field(f>>3) & 31 }
func (f packed) tf() uint8  { return uint8(f & tfMost) }

func (f packed) at(place int) docFeature {
	return docFeature{at: int32(place), in: f.in(), tf: f.tf()}
}

// points says which numbered points hold a feature.
type points struct {
	items uint64 // bit 0 is point 1
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
	words    []uint32     // the features of its wording, sorted
	said     float32      // what its wording weighs
}

// call is what the very words of a title, an alias or an example stand for.
type call struct {
	doc    uint32
	item   uint16 // the numbered point, 0 for the entry
	shared bool   // several are called so, none by right
}

// doc is an entry as it is searched.
type doc struct {
	*brief
	entry *content.Entry // nil for a report
	*body                // nil in a lean index
	*more
	names    string  // title and aliases, folded, each ended by a zero
	length   float32 // features of the body, repeated ones counted
	open     kinds   // what differs from example to example: any value may be asked for
	dated    bool    // has a month of its own
	peopled  bool    // speaks of somebody that the glossary knows
	numbered bool    // names itself by an ordinal: the 33rd meeting
	coded    bool    // names itself by a code: version 4.2
}

// brief is the briefing of docs, with the features of what it is about, sorted.
type brief struct {
	briefing *content.Briefing
	about    []uint32
}

// body is what a question is compared with.
type body struct {
	features []packed // sorted by id
	units    []unit
}

// ref names the entry, or the briefing where the doc is a report.
func (d *doc) ref() content.Ref {
	if d.entry == nil {
		return content.Ref{Briefing: d.briefing.ID}
	}
	return content.Ref{Briefing: d.briefing.ID, Entry: d.entry.ID}
}

// more is what only some docs have.
type more struct {
	pointed []points // of each feature, where the entry has numbered points
	years   []yearIn // the years that it speaks of
	deeds   []deed   // who does what
	who     []int32  // the people in its slot of that name
}

// empty reports whether there is nothing more.
func (m *more) empty() bool {
	return len(m.pointed) == 0 && len(m.years) == 0 && len(m.deeds) == 0 && len(m.who) == 0
}

// yearIn is a year with the fields that it stands in.
type yearIn struct {
	year int
	in   field
}

// year returns the fields that a year stands in.
func (d *doc) year(year int) field {
	for _, y := range d.years {
		if y.year == year {
			return y.in
		}
	}
	return 0
}

// feature returns a feature of the doc.
func (d *doc) feature(id uint32) docFeature {
	at, ok := slices.BinarySearchFunc(d.features, id, func(f packed, id uint32) int { return cmp.Compare(f.id(), id) })
	if ok {
		return d.features[at].at(at)
	}
	if _, ok := slices.BinarySearch(d.about, id); ok {
		return docFeature{at: -1, in: inContext}
	}
	return docFeature{}
}

// held returns which points hold a feature.
func (d *doc) held(f docFeature) points {
	if len(d.pointed) == 0 || f.at < 0 {
		return points{whole: f.in&^inContext != 0}
	}
	return d.pointed[f.at]
}

// renumber gives each feature another id.
func (d *doc) renumber(ids []uint32) {
	for i, f := range d.features {
		d.features[i] = pack(ids[f.id()], f.in(), f.tf())
	}
	d.sort()
}

// sort brings the features, and the points that hold them, into order.
func (d *doc) sort() {
	if len(d.pointed) > 0 {
		order := make([]int, len(d.features))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(d.features[a], d.features[b]) })
		pointed := make([]points, len(order))
		for i, from := range order {
			pointed[i] = d.pointed[from]
		}
		d.pointed = pointed
	}
	slices.Sort(d.features)
}

// head is one short text of an entry.
type head struct {
	text  string
	item  int
	name  bool   // title or alias of the entry itself
	atoms []atom // of the text, where they were read
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
