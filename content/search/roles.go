package search

import (
	"slices"
	"strings"

	"briefbot/content"
)

// deed is what a person does or has: the proposals of one are not those of
// another, however alike the words.
type deed struct {
	act   int32 // a group of the lexicon
	agent int32 // a concept: the person
}

// deedReach is how many atoms may stand between somebody and what they do:
// 李在明提出了什么建议.
const deedReach = 6

// deeds returns who does what in a text.
func (x *Index) deeds(atoms []atom) []deed {
	var out []deed
	for i := 0; i < len(atoms); {
		concepts, named := x.names.at(atoms[i:])
		if named == 0 {
			i++
			continue
		}
		if len(concepts) == 1 && x.names.concepts[concepts[0]].person {
			act, ok := x.actAfter(atoms, i, i+named)
			if !ok {
				act, ok = x.actBefore(atoms, i)
			}
			if d := (deed{act: act, agent: concepts[0]}); ok && !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
		i += named
	}
	return out
}

// actAfter finds what the one named from at to end does: "Lee's proposals",
// "Lee visits China", 李在明提出的建议.
func (x *Index) actAfter(atoms []atom, at, end int) (act int32, ok bool) {
	if at > 0 && isBeside(atoms[at-1].text) {
		return 0, false // 对李在明的建议, "talks with Lee": not what Lee does
	}
	reach := end + 1 // directly behind
	if atoms[end-1].owner || (end < len(atoms) && atoms[end].kind != atomWord) {
		reach = end + deedReach
	}
	for k := end; k < min(reach, len(atoms)); k++ {
		if isBeside(atoms[k].text) {
			return 0, false
		}
		if concepts, named := x.names.at(atoms[k:]); named > 0 && x.names.concepts[concepts[0]].person {
			return 0, false
		}
		if group, length := x.lexicon.group(atoms[k:]); length > 0 && x.lexicon.acts[group] {
			return group, true
		}
	}
	return 0, false
}

// actBefore finds what is said to be by the one named at: "the visit of Lee".
func (x *Index) actBefore(atoms []atom, at int) (act int32, ok bool) {
	if at < 2 || (atoms[at-1].text != "by" && atoms[at-1].text != "of") {
		return 0, false
	}
	group, length := x.lexicon.group(atoms[at-2 : at-1])
	return group, length > 0 && x.lexicon.acts[group]
}

// isBeside reports whether a word puts somebody beside the one who acts.
func isBeside(word string) bool {
	switch word {
	case "对", "向", "给", "与", "和", "跟", "同", "to", "with", "for", "and", "on", "against", "about":
		return true
	}
	return false
}

// agent lowers an entry that tells of the same deed by somebody else, or of
// the person and the deed but not that the one is the other's.
func (x *Index) agent(p *parsed, c *candidate) {
	for _, asked := range p.deeds {
		switch {
		case slices.Contains(c.doc.deeds, asked), x.namesBoth(c, asked):
		case slices.ContainsFunc(c.doc.deeds, func(d deed) bool { return d.act == asked.act }):
			c.lower(otherAgent, remark{form: isSomebodyElses})
		case slices.Contains(c.doc.who, asked.agent) && x.group(c.doc, asked.act)&inName != 0:
		case x.acts[asked.act]:
			c.lower(noAgent, remark{form: doesNotTellWhose})
		}
	}
}

// beforeOf lowers an entry on the very person whose forerunner or follower is
// asked for: "who was director before Marwick".
func beforeOf(p *parsed, c *candidate) {
	if p.slot != content.Who {
		return
	}
	for i := range p.terms {
		if t := &p.terms[i]; t.topical() && c.heads(t) && p.beside(t) {
			c.lower(missingPerson, remark{form: isNotAskedSo})
			return
		}
	}
}

// beside reports whether the question asks for who came before or after the one
// named.
func (p *parsed) beside(t *term) bool {
	if t.at > 0 && slices.Contains([]string{"before", "after", "besides", "except"}, p.atoms[t.at-1].text) {
		return true
	}
	rest := surface(p.atoms[min(t.at+max(t.atoms, 1), len(p.atoms)):])
	return slices.ContainsFunc([]string{"之前", "以前", "之后", "以后", "前任", "的前任", "的继任"}, func(s string) bool { return strings.HasPrefix(rest, s) })
}

// namesBoth reports whether the editors call the entry by the person and what is
// asked of them: "Dunn invitation" of "invitation to Dunn".
func (x *Index) namesBoth(c *candidate, asked deed) bool {
	id, ok := x.ids[conceptKey(asked.agent)]
	return ok && c.likeness >= surelyNamed && c.doc.feature(id).in&inName != 0
}

// group returns where a word of the lexicon's group stands in a doc, or what its
// briefing is about, 0 where none does.
func (x *Index) group(d *doc, group int32) field {
	id, ok := x.ids[groupKey(group)]
	if !ok {
		return 0
	}
	return d.feature(id).in
}
