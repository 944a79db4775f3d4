package search

import (
	"cmp"
	"math"
	"slices"
)

// How much parts of a text's wording weigh.
const (
	characterFactor = 0.3  // a Chinese character alone, beside the pair that it begins
	fillerEntries   = 200  // as many more entries are taken to be known of each word that frames questions …
	fillerShare     = 0.15 // … and this part of them to hold it
	densityShare    = 0.7  // BM25 over the whole entry, the rest is its text that is most alike
)

// wording is how a text is put: every word and pair of characters by how rare
// it is, whatever part it plays. Terms know what a question means; this knows
// how it is said, which tells "is there a hold on my account" from "put a hold
// on my account".
type wording struct {
	features []weighed // by id, without repetitions
	self     float32   // the weight of all, what no entry holds included
}

// weighed is a feature with what it weighs.
type weighed struct {
	id     uint32
	at     uint16 // in a question: the place among its features
	weight float32
}

// wording reads the atoms of a text.
func (x *Index) wording(atoms []atom) wording {
	w := wording{features: make([]weighed, 0, 2*len(atoms))}
	add := func(key uint64, factor float32, filler bool) {
		id, known := x.ids[key]
		if !known {
			w.self += x.rarity(0, filler) * factor
			return
		}
		w.features = append(w.features, weighed{id: id, weight: x.rarity(x.df[id], filler) * factor})
	}
	fills := x.fillers(atoms)
	for i := 0; i < len(atoms); i++ {
		a := &atoms[i]
		if concepts, named := x.names.at(atoms[i:]); named > 0 && len(concepts) == 1 {
			add(conceptKey(concepts[0]), 1, false)
			i += named - 1
			continue
		}
		if short := x.shorts(atoms[i:]); short > 0 {
			for _, c := range atoms[i : i+short] {
				for _, place := range x.names.places[c.text] {
					add(conceptKey(place), 1, false)
				}
			}
		}
		switch a.kind {
		case atomHan:
			add(charKey(a.text), characterFactor, fills[i])
			if i+1 < len(atoms) && atoms[i+1].kind == atomHan && atoms[i+1].glued {
				add(pairKey(a.text, atoms[i+1].text), 1, fills[i] && fills[i+1])
			}
		case atomWord:
			add(wordKey(a.stem()), 1, fills[i])
		case atomNumber, atomOrdinal, atomYear, atomMonth, atomDay, atomCode:
			add(atomKey(a.text), 1, false)
		}
	}
	slices.SortFunc(w.features, func(a, b weighed) int { return cmp.Compare(a.id, b.id) })
	w.features = slices.CompactFunc(w.features, func(a, b weighed) bool { return a.id == b.id })
	for _, f := range w.features {
		w.self += f.weight
	}
	return w
}

// fillers tells which atoms belong to a phrase that only frames a question.
func (x *Index) fillers(atoms []atom) []bool {
	fills := make([]bool, len(atoms))
	for i := 0; i < len(atoms); {
		m, said := x.lexicon.at(atoms[i:])
		if said > 0 && (m.empty() || m.class == classSlot || m.class == classMaybe) && !(said == 1 && atoms[i].kind == atomHan && !m.empty()) {
			for j := range said {
				fills[i+j] = true
			}
		}
		i += max(said, 1)
	}
	return fills
}

// rarity is the inverse document frequency of what df entries hold. A small
// library holds too few of the words that frame questions to tell that they
// are common: some entries that hold them are taken for granted.
func (x *Index) rarity(df uint32, filler bool) float32 {
	n, d := float64(len(x.docs)), float64(df)
	if filler {
		n, d = n+fillerEntries, d+fillerEntries*fillerShare
	}
	return float32(math.Log(1 + (n-d+0.5)/(d+0.5)))
}

// worded returns how much the wording of a question is that of a candidate.
func (x *Index) worded(p *parsed, c *candidate) float32 {
	w := &p.wording
	if w.self == 0 {
		return 0
	}
	var whole float32
	for _, f := range w.features {
		if own := c.row[f.at]; own.in&^inContext != 0 {
			whole += f.weight * x.gain(own.tf, own.in, c.doc)
		}
	}
	var alike float32
	for i := range c.doc.units {
		alike = max(alike, p.alike(&c.doc.units[i]))
	}
	return min(densityShare*whole/w.self+(1-densityShare)*alike, 1)
}

// alike is what a question and a text share, relative to both: the question's
// part counts for a little more.
func (p *parsed) alike(u *unit) float32 {
	w := &p.wording
	var shared float32
	at := 0
	for _, id := range u.words {
		if !p.marks.has(id) {
			continue
		}
		for at < len(w.features) && w.features[at].id < id {
			at++
		}
		if at < len(w.features) && w.features[at].id == id {
			shared += w.features[at].weight
			at++
		}
	}
	if shared == 0 {
		return 0
	}
	return shared / (0.6*w.self + 0.4*u.said)
}
