package search

import (
	"slices"

	"briefbot/content"
)

// concept is what all names of one term of the glossary mean.
type concept struct {
	person    bool
	acts      bool            // a person or a body: what "who" may ask for
	names     map[string]bool // the name of the term in each language, without aliases
	aliases   map[string]bool
	briefings []string // whose glossaries hold the term
}

// sense is what one written name may mean: several concepts where two people
// share an alias.
type sense struct {
	concepts []int32
	// guarded names are written like a word of the language ("US", "WHO"):
	// they count only in capitals.
	guarded bool
}

// glossary knows the names of a library in every language and spelling.
type glossary struct {
	phrases  phraseTrie // values are indices of senses
	tails    phraseTrie // of names, what follows their first word
	senses   []sense
	concepts []concept
	words    []string           // of all names
	people   bool               // some concept is a person
	places   map[string][]int32 // by the first character of their Chinese name
}

// newGlossary joins the glossaries of all briefings. Terms of two briefings
// are one concept where the name of the one is a name or alias of the other;
// an alias that both have is not enough: there is more than one President Lee.
func newGlossary(library *content.Library, norm *normaliser, lex *lexicon) *glossary {
	g := &glossary{phrases: newPhraseTrie(), tails: newPhraseTrie(), places: map[string][]int32{}}
	for _, b := range library.Briefings() {
		for i := range b.Glossary {
			g.add(b.ID, &b.Glossary[i], norm, lex)
		}
	}
	return g
}

func (g *glossary) add(briefing string, t *content.Term, norm *normaliser, lex *lexicon) {
	c := concept{person: t.Kind == content.Person, acts: t.Kind == content.Person || t.Kind == content.Body, names: map[string]bool{}, aliases: map[string]bool{}}
	var names [][]atom
	for i, name := range append([]string{t.Name.Hans, t.Name.English}, t.Aliases...) {
		atoms := norm.atomise(name)
		if len(atoms) == 0 {
			continue
		}
		names = append(names, atoms)
		if i < 2 {
			c.names[surface(atoms)] = true
		} else {
			c.aliases[surface(atoms)] = true
		}
		for j := range atoms {
			if atoms[j].kind == atomWord {
				g.words = append(g.words, atoms[j].text)
			}
		}
	}
	id := int32(slices.IndexFunc(g.concepts, func(known concept) bool { return known.same(c) }))
	if id < 0 {
		id = int32(len(g.concepts))
		g.concepts = append(g.concepts, c)
	}
	known := &g.concepts[id]
	known.acts = known.acts || c.acts
	g.people = g.people || c.person
	known.briefings = append(known.briefings, briefing)
	for name := range c.names {
		known.names[name] = true
	}
	for alias := range c.aliases {
		known.aliases[alias] = true
	}
	for _, atoms := range names {
		g.name(atoms, id, lex)
	}
	if first := norm.atomise(t.Name.Hans); t.Kind == content.Place && len(first) > 0 && len(first) <= longestCountry {
		if c := first[0].text; lex.shorts[c] && !slices.Contains(g.places[c], id) {
			g.places[c] = append(g.places[c], id)
		}
	}
}

// longestCountry is how many characters a name has at most that one of them
// stands for: 俄罗斯, 澳大利亚.
const longestCountry = 4

// shorts returns how many characters at the start of atoms each stand for a
// country, as in 中美 and 中日韩: two at least, of which one is a place that the
// library knows; 0 for none.
func (x *Index) shorts(atoms []atom) int {
	n, known := 0, false
	for n < len(atoms) && atoms[n].kind == atomHan && (n == 0 || atoms[n].glued) && x.lexicon.shorts[atoms[n].text] {
		if _, named := x.names.at(atoms[n:]); named > 0 {
			break // 中美国 is no 中美
		}
		known = known || len(x.names.places[atoms[n].text]) == 1
		n++
	}
	if n < len(atoms) && atoms[n].kind == atomHan && atoms[n].glued {
		switch atoms[n].text {
		case "国", "文", "语":
			n--
		}
	}
	if n < 2 || !known {
		return 0
	}
	return n
}

// addShort adds the country that a character stands for.
func (x *Index) addShort(p *parsed, i int) {
	x.addConcept(p, x.names.places[p.atoms[i].text], p.atoms[i:i+1], 1)
	p.terms[len(p.terms)-1].at = i
}

// same reports whether two terms mean the same: a name of the one is a name
// or an alias of the other, and both are people or neither is.
func (c concept) same(o concept) bool {
	if c.person != o.person {
		return false
	}
	for name := range c.names {
		if o.names[name] || o.aliases[name] {
			return true
		}
	}
	for name := range o.names {
		if c.aliases[name] {
			return true
		}
	}
	return false
}

// name adds a way to write a concept's name.
func (g *glossary) name(atoms []atom, concept int32, lex *lexicon) {
	guarded := false
	if len(atoms) == 1 && atoms[0].kind == atomWord {
		m, said := lex.at(atoms)
		guarded = said > 0 && (m.class == classFunction || atoms[0].upper)
	}
	if value, length := g.phrases.longest(atoms, nil); length == len(atoms) {
		s := &g.senses[value]
		s.guarded = s.guarded && guarded
		if !slices.Contains(s.concepts, concept) {
			s.concepts = append(s.concepts, concept)
		}
		return
	}
	g.phrases.add(atoms, int32(len(g.senses)))
	if atoms[0].kind == atomWord {
		g.tails.add(atoms[1:], 0)
	}
	g.senses = append(g.senses, sense{concepts: []int32{concept}, guarded: guarded})
}

// at returns the concepts that the longest name at the start of atoms may
// mean and its length in atoms, 0 for none.
func (g *glossary) at(atoms []atom) (concepts []int32, length int) {
	value, length := g.phrases.longest(atoms, func(value int32, n int) bool {
		return n > 1 || atoms[0].upper || !g.senses[value].guarded
	})
	if length == 0 {
		return nil, 0
	}
	return g.senses[value].concepts, length
}

// otherwise reports whether atoms begin with what follows the first word of a
// name, and with no name: "Sea Council" of the Amber Sea Council. What stands
// before it makes it the name of another.
func (g *glossary) otherwise(atoms []atom) bool {
	_, tail := g.tails.longest(atoms, nil)
	_, named := g.at(atoms)
	return tail > 0 && named == 0
}

// mistyped returns the word that a name goes on with behind the word before, and
// that is one typing error away; ok is false for none. Beside another part of
// the name, words may be short.
func (g *glossary) mistyped(before, word string) (meant string, ok bool) {
	if len(word) < minNamePart || !isASCIIWord(word) {
		return "", false
	}
	node, begins := g.phrases.next[0][before]
	if !begins {
		return "", false
	}
	for next := range g.phrases.next[node] {
		if isASCIIWord(next) && typoKind(word, next) != notOneTypo && (!ok || next < meant) {
			meant, ok = next, true
		}
	}
	return meant, ok
}

// in returns those of the concepts that the briefing's own glossary holds,
// all where it holds none: there, they are what the name means.
func (g *glossary) in(briefing string, concepts []int32) []int32 {
	if len(concepts) == 1 {
		return concepts
	}
	var own []int32
	for _, c := range concepts {
		if slices.Contains(g.concepts[c].briefings, briefing) {
			own = append(own, c)
		}
	}
	if own == nil {
		return concepts
	}
	return own
}
