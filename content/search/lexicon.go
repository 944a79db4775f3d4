package search

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"briefbot/content"
)

//go:embed lexicon/zh.txt lexicon/en.txt lexicon/synonyms.txt lexicon/contrasts.txt
var lexiconFiles embed.FS

// class says what part a phrase of the language plays in a question.
type class uint8

const (
	classNone     class = iota
	classSlot           // a question word; asks for a slot
	classHint           // a content word that also tells which slot is asked
	classValue          // a content word that names a slot: its value is what is asked for
	classMaybe          // a question word that may ask for a slot or for any value
	classIntent         // asks for a view of a briefing or entry
	classFunction       // has no meaning of its own
	classLight          // has some meaning, but any text may hold it
	classNext           // asks for the next point of what was shown last
	classMore           // asks for more of what was shown last
	classRelative       // a date relative to the time of asking
	classThen           // years after what was shown last
	classPronoun        // stands for a person who was named before
)

// slotAge is asked for, but no entry has it as a slot.
const slotAge content.Slot = "how_old"

// slotOrigin likewise: where somebody is from is not where something takes place.
const slotOrigin content.Slot = "where_from"

// meaning is what a phrase of the lexicon stands for.
type meaning struct {
	class  class
	slot   content.Slot
	intent Intent
	unit   atomKind // of a relative date: a year, a month or a day
	week   bool     // the date is the week of it
	offset int
}

// soft reports whether the phrase, where it is a single character, may be
// part of a word: it then keeps a little weight instead of none.
func (m meaning) soft() bool { return m.empty() || m.class == classLight }

// empty reports whether the phrase has no meaning of its own.
func (m meaning) empty() bool {
	return m.class == classFunction || m.class == classPronoun || m.class == classThen
}

// value returns the slot that the phrase is a name of.
func (m meaning) value() content.Slot {
	if m.class != classValue {
		return ""
	}
	return m.slot
}

// weight returns how much a soft character keeps of its weight.
func (m meaning) weight() float32 {
	if m.empty() {
		return functionFactor
	}
	return lightFactor
}

// lexicon is the vocabulary of the languages themselves; nothing in it
// belongs to a subject.
type lexicon struct {
	phrases  phraseTrie
	meanings []meaning
	// groups holds the words that ask for the same thing: Chinese ones as
	// phrases, English ones by their stem.
	groups     phraseTrie
	stemGroups map[string]int32
	// shorts holds the characters that stand for a country beside another one:
	// 中 and 美 in 中美.
	shorts map[string]bool
	// acts are the groups of what one person or country does or has, so that
	// it matters whose it is: "Lee's proposals".
	acts map[int32]bool
	// things are the groups of what people ask for by its name: an entry that
	// does not hold any of its names has nothing on it.
	things map[int32]bool
	// contrasts lists for a group those of which a thing is none where it is that
	// one: winter is no summer.
	contrasts map[int32][]int32
}

// newLexicon reads the embedded word lists. A list that cannot be read is a
// fault of the build, which a test finds.
func newLexicon(n *normaliser) (*lexicon, error) {
	lx := &lexicon{phrases: newPhraseTrie(), groups: newPhraseTrie(), stemGroups: map[string]int32{}, shorts: map[string]bool{}, acts: map[int32]bool{}, things: map[int32]bool{}, contrasts: map[int32][]int32{}}
	if err := lx.readSynonyms(n); err != nil {
		return nil, err
	}
	if err := lx.readContrasts(n); err != nil {
		return nil, err
	}
	for _, name := range []string{"lexicon/zh.txt", "lexicon/en.txt"} {
		data, err := lexiconFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			at := strings.LastIndexByte(line, ':')
			if rest, ok := strings.CutPrefix(line, "short:"); ok {
				for short := range strings.FieldsSeq(rest) {
					lx.shorts[short] = true
				}
				continue
			}
			m, ok := meaningOf(line[:max(at, 0)])
			if !ok {
				return nil, fmt.Errorf("%s: no class at the start of %q", name, line)
			}
			lx.meanings = append(lx.meanings, m)
			for phrase := range strings.FieldsSeq(line[at+1:]) {
				lx.phrases.add(n.atomise(strings.ReplaceAll(phrase, "_", " ")), int32(len(lx.meanings)-1))
			}
		}
	}
	return lx, nil
}

func (lx *lexicon) readSynonyms(n *normaliser) error {
	data, err := lexiconFiles.ReadFile("lexicon/synonyms.txt")
	if err != nil {
		return err
	}
	group := int32(0)
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "act:"); ok {
			line, lx.acts[group] = rest, true
		}
		if rest, ok := strings.CutPrefix(line, "thing:"); ok {
			line, lx.things[group] = rest, true
		}
		for word := range strings.FieldsSeq(line) {
			atoms := n.atomise(word)
			if len(atoms) == 1 && atoms[0].kind == atomWord {
				if _, taken := lx.stemGroups[stem(word)]; !taken {
					lx.stemGroups[stem(word)] = group
				}
				continue
			}
			lx.groups.add(atoms, group)
		}
		group++
	}
	return nil
}

func (lx *lexicon) readContrasts(n *normaliser) error {
	data, err := lexiconFiles.ReadFile("lexicon/contrasts.txt")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var groups []int32
		for word := range strings.FieldsSeq(line) {
			atoms := n.atomise(word)
			group, length := lx.group(atoms)
			if length != len(atoms) {
				return fmt.Errorf("contrasts.txt: %q is in no group of synonyms", word)
			}
			groups = append(groups, group)
		}
		for _, group := range groups {
			lx.contrasts[group] = append(lx.contrasts[group], slices.DeleteFunc(slices.Clone(groups), func(other int32) bool { return other == group })...)
		}
	}
	return nil
}

// group returns the group of synonyms of the phrase at the start of atoms
// and its length in atoms, 0 for none.
func (lx *lexicon) group(atoms []atom) (group int32, length int) {
	if len(atoms) > 0 && atoms[0].kind == atomWord {
		if g, ok := lx.stemGroups[atoms[0].stem()]; ok {
			return g, 1
		}
	}
	return lx.groups.longest(atoms, nil)
}

func meaningOf(label string) (meaning, bool) {
	if slot, ok := strings.CutPrefix(label, "hint:"); ok {
		return meaning{class: classHint, slot: content.Slot(slot)}, true
	}
	if slot, ok := strings.CutPrefix(label, "value:"); ok {
		return meaning{class: classValue, slot: content.Slot(slot)}, true
	}
	if slot, ok := strings.CutPrefix(label, "maybe:"); ok {
		return meaning{class: classMaybe, slot: content.Slot(slot)}, true
	}
	if intent, ok := strings.CutPrefix(label, "intent:"); ok {
		return meaning{class: classIntent, intent: Intent(intent)}, true
	}
	if offset, ok := strings.CutPrefix(label, "then:"); ok {
		n, err := strconv.Atoi(offset)
		return meaning{class: classThen, offset: n}, err == nil
	}
	if unit, offset, ok := strings.Cut(label, ":"); ok {
		n, err := strconv.Atoi(offset)
		m := meaning{class: classRelative, offset: n}
		switch unit {
		case "year":
			m.unit = atomYear
		case "month":
			m.unit = atomMonth
		case "day":
			m.unit = atomDay
		case "week":
			m.unit = atomDay
			m.week = true
		default:
			return meaning{}, false
		}
		return m, err == nil
	}
	switch label {
	case "function":
		return meaning{class: classFunction}, true
	case "light":
		return meaning{class: classLight}, true
	case "pronoun":
		return meaning{class: classPronoun}, true
	case "next":
		return meaning{class: classNext}, true
	case "more":
		return meaning{class: classMore}, true
	}
	for _, slot := range append(content.Slots(), slotAge, slotOrigin) {
		if label == string(slot) {
			return meaning{class: classSlot, slot: slot}, true
		}
	}
	return meaning{}, false
}

// at returns the longest phrase of the language at the start of atoms and
// its length in atoms, 0 for none.
func (lx *lexicon) at(atoms []atom) (meaning, int) {
	value, length := lx.phrases.longest(atoms, nil)
	if length == 0 {
		return meaning{}, 0
	}
	return lx.meanings[value], length
}
