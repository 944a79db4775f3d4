package search

import (
	"briefbot/content"
)

// concept is what all names of one term of the glossary mean.
type concept struct {
	kind content.TermKind
	name content.Text
}

// glossary knows the names of a library in every language and spelling.
type glossary struct {
	phrases  phraseTrie
	concepts []concept
	// guarded names are written like a word that has no meaning of its own
	// ("US"); they count only in capitals.
	guarded map[int32]map[string]bool
}

// newGlossary joins the glossaries of all briefings. Terms of two briefings
// that share a name are one concept.
func newGlossary(library *content.Library, norm *normaliser, lex *lexicon) *glossary {
	g := &glossary{phrases: newPhraseTrie(), guarded: map[int32]map[string]bool{}}
	for _, b := range library.Briefings() {
		for i := range b.Glossary {
			g.add(&b.Glossary[i], norm, lex)
		}
	}
	return g
}

func (g *glossary) add(t *content.Term, norm *normaliser, lex *lexicon) {
	var names [][]atom
	id := int32(-1)
	for _, name := range append([]string{t.Name.Hans, t.Name.English}, t.Aliases...) {
		atoms := norm.atomise(name)
		if len(atoms) == 0 {
			continue
		}
		names = append(names, atoms)
		if known, length := g.phrases.longest(atoms, nil); length == len(atoms) && id < 0 {
			id = known
		}
	}
	if id < 0 {
		id = int32(len(g.concepts))
		g.concepts = append(g.concepts, concept{kind: t.Kind, name: t.Name})
	}
	for _, atoms := range names {
		if len(atoms) == 1 && atoms[0].kind == atomWord {
			if m, _ := lex.at(atoms); m.class == classFunction {
				if g.guarded[id] == nil {
					g.guarded[id] = map[string]bool{}
				}
				g.guarded[id][atoms[0].text] = true
			}
		}
		g.phrases.add(atoms, id)
	}
}

// at returns the concept of the longest name at the start of atoms and its
// length in atoms, 0 for none.
func (g *glossary) at(atoms []atom) (id int32, length int) {
	return g.phrases.longest(atoms, func(id int32, n int) bool {
		return n > 1 || atoms[0].upper || !g.guarded[id][atoms[0].text]
	})
}
