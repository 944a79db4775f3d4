package search

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"briefbot/content"
)

// Build makes the index of a library, on all cores. Superseded entries are
// left out: what replaces them answers instead.
func Build(library *content.Library) *Index {
	return whole(library, runtime.GOMAXPROCS(0), leanFrom)
}

// Rebuild is Build beside a server's work: it leaves a core, where there are
// two, to those who ask meanwhile.
func Rebuild(library *content.Library) *Index {
	return whole(library, max(1, runtime.GOMAXPROCS(0)-1), leanFrom)
}

// whole makes the index of a library on some cores, a lean one from so many
// entries on, and what it is confirmed by.
func whole(library *content.Library, cores, leanFrom int) *Index {
	x := build(library, library.Briefings(), cores, leanFrom)
	x.alone = apart(library, cores)
	return x
}

// build makes an index of some of a library's briefings.
func build(library *content.Library, briefings []*content.Briefing, cores, leanFrom int) *Index {
	x := &Index{
		tables: languageTables(), library: library,
		ids: map[uint64]uint32{}, counts: map[uint64][]count{}, ordinals: map[int]bool{},
		acts: map[int32]bool{},
	}
	x.names = newGlossary(library, x.norm, x.lexicon)
	b := &builder{Index: x, cores: cores}
	words := b.read(briefings)
	b.weigh()
	b.posts, b.reportPosts = newPostings(x, x.docs, cores), newPostings(x, x.reports, cores)
	x.lean = len(x.docs) > leanFrom
	b.addUnits()
	texts := b.texts()
	b.learn(texts)
	for _, word := range x.names.words {
		words[word]++
	}
	x.spelling = newSpelling(words)
	b.calibrate(texts)
	return x
}

// builder puts an index together.
type builder struct {
	*Index
	cores int // that it may use
}

// read reads all entries, each core some briefings, and joins what was read
// in the order of the library: the same library makes the same index. It
// returns the words of the library and how many texts hold them.
func (b *builder) read(briefings []*content.Briefing) map[string]int {
	parts := shared(b.cores, len(briefings), func(from, to int) *reader {
		r := newReader(b.Index)
		for _, briefing := range briefings[from:to] {
			r.briefing(briefing)
		}
		return r
	})
	words := map[string]int{}
	docs := 0
	for _, r := range parts {
		docs += len(r.docs)
	}
	b.docs = make([]doc, 0, docs)
	for i, r := range parts {
		b.join(r, words)
		parts[i] = nil
	}
	return words
}

// partsPerCore keeps every core busy to the end.
const partsPerCore = 4

// shared cuts n things into parts, works on them on some cores and returns
// what came of each, in order.
func shared[T any](cores, n int, work func(from, to int) T) []T {
	size := max(1, (n+cores*partsPerCore-1)/(cores*partsPerCore))
	out := make([]T, (n+size-1)/size)
	next := make(chan int)
	var group sync.WaitGroup
	for range min(cores, len(out)) {
		group.Go(func() {
			for at := range next {
				out[at] = work(at*size, min((at+1)*size, n))
			}
		})
	}
	for at := range out {
		next <- at
	}
	close(next)
	group.Wait()
	return out
}

// join takes over what a reader read.
func (b *builder) join(r *reader, words map[string]int) {
	global := make([]uint32, len(r.keys))
	for local, key := range r.keys {
		id, known := b.ids[key]
		if !known {
			id = uint32(len(b.ids))
			b.ids[key] = id
		}
		global[local] = id
	}
	renumbered := map[*uint32]bool{} // entries of a briefing share what it is about
	renumber := func(d *doc) {
		d.renumber(global)
		if len(d.about) > 0 && !renumbered[&d.about[0]] {
			renumbered[&d.about[0]] = true
			for i := range d.about {
				d.about[i] = global[d.about[i]]
			}
			slices.Sort(d.about)
		}
	}
	for i := range r.docs {
		renumber(&r.docs[i])
	}
	for i := range r.reports {
		renumber(&r.reports[i])
	}
	b.docs, b.reports = append(b.docs, r.docs...), append(b.reports, r.reports...)
	for noun, counts := range r.counts {
		for _, c := range counts {
			c.id = global[c.id]
			if !slices.Contains(b.counts[noun], c) {
				b.counts[noun] = append(b.counts[noun], c)
			}
		}
	}
	for n := range r.ordinals {
		b.ordinals[n] = true
	}
	for act := range r.acts {
		b.acts[act] = true
	}
	for word, n := range r.words {
		words[word] += n
	}
	b.capitals.join(&r.capitals, global)
	b.lists.join(r.lists, global)
	b.slotted, b.dated = b.slotted || r.slotted, b.dated || r.dated
}

// weigh gives each feature its inverse document frequency.
func (b *builder) weigh() {
	b.df = make([]uint32, len(b.ids))
	for i := range b.docs {
		b.meanLen += b.docs[i].length / float32(len(b.docs))
		for _, f := range b.docs[i].features {
			b.df[f.id()]++
		}
	}
	b.meanLen = max(b.meanLen, 1) // all entries may be named by signs alone
	b.weight = make([]float32, len(b.df))
	for id, df := range b.df {
		b.weight[id] = b.rarity(df, false)
	}
	b.unseen = b.rarity(0, false)
}

// addUnits reads the texts that name docs as questions.
func (b *builder) addUnits() {
	var all []naming
	for _, namings := range shared(b.cores, len(b.docs), func(from, to int) []naming {
		var out []naming
		n := namer{Index: b.Index, norm: b.norm.remembering()}
		for i := from; i < to; i++ {
			d := &b.docs[i]
			hs := heads(d.entry)
			for k := range hs {
				hs[k].atoms = n.norm.atomise(hs[k].text)
			}
			out = n.name(d, uint32(i), hs, out)
			if b.lean {
				d.body, d.names = nil, ""
			}
		}
		return out
	}) {
		all = append(all, namings...)
	}
	b.called = newCalls(all)
}

// namer reads the texts that name docs.
type namer struct {
	*Index
	norm  *normaliser
	kept  arena[uint32]
	room  []uint32
	terms []term
}

// name adds the units of a doc, whose heads were cut into atoms, and what they
// call it.
func (n *namer) name(d *doc, id uint32, hs []head, out []naming) []naming {
	var asked []string // what question words ask of
	for _, h := range hs {
		p := n.understand(h.atoms, time.Time{}, n.terms)
		n.terms = p.terms
		out = append(out, naming{hashed('t', surface(p.atoms)), call{doc: id, item: uint16(h.item)}})
		if u := n.unit(d, h, &p); len(u.features) > 0 && !slices.ContainsFunc(d.units, u.equals) {
			d.units = append(d.units, u)
		}
		for i := range p.terms {
			if t := &p.terms[i]; t.asked && !t.light && !d.tells(t) && !slices.Contains(asked, t.surface) {
				asked = append(asked, t.surface)
			}
		}
	}
	d.units = slices.Clip(d.units)
	if len(asked) >= askedEnough {
		d.open |= 1 << atomWord
	}
	return out
}

// tells reports whether the answer or a slot of the entry has the term.
func (d *doc) tells(t *term) bool {
	return slices.ContainsFunc(t.alternatives(), func(alt alternative) bool {
		return d.feature(alt.id).in&(inBody|inSlot) != 0
	})
}

// equals reports whether two units can be told apart by no question.
func (u unit) equals(o unit) bool {
	return u.item == o.item && u.slot == o.slot && u.intent == o.intent && slices.Equal(u.features, o.features)
}

func (n *namer) unit(d *doc, h head, p *parsed) unit {
	u := unit{item: h.item, self: p.self, slot: p.slot, intent: p.intent, said: p.wording.self}
	n.room = n.room[:0]
	for i := range p.terms {
		for _, alt := range p.terms[i].alternatives() {
			if alt.factor == 1 && d.feature(alt.id).in != 0 {
				n.room = append(n.room, alt.id)
			}
		}
	}
	for i := range p.atoms {
		n.eachSound(p.atoms, i, func(first, second string) {
			if id, ok := n.ids[soundKey(first, second)]; ok {
				n.room = append(n.room, id)
			}
		})
	}
	slices.Sort(n.room)
	u.features = n.kept.keep(slices.Compact(n.room))
	n.room = n.room[:0]
	for _, f := range p.wording.features {
		n.room = append(n.room, f.id)
	}
	u.words = n.kept.keep(n.room)
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
	var chinese, other int
	for _, t := range texts {
		if hasHan(t.text) {
			chinese++
		} else {
			other++
		}
	}
	perEntry := float32(len(texts)) / float32(max(len(b.docs), 1))
	b.wellNamed = perEntry / (perEntry + 1)
	b.wordingShare, b.learningShare = shares(max(chinese, other))
	if len(texts) > examplesMost {
		return
	}
	lessons := make([][][]atom, len(b.docs))
	for _, t := range texts {
		lessons[t.doc] = append(lessons[t.doc], b.norm.atomise(t.text))
	}
	b.learned = newClassifier(lessons, examplesEnough, epochsMost)
}

// How many different values are no coincidence.
const (
	varyingEnough = 2 // of a number or a date
	askedEnough   = 3 // of what a question word asks of: "what does … mean"
)

// kinds is a set of kinds of atoms.
type kinds uint16

func (k kinds) has(kind atomKind) bool { return k&(1<<kind) != 0 }
