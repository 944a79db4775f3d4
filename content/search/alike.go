package search

// Normalise returns a question in the one spelling that is searched for: what
// is written differently and asks for the same words is the same text.
func Normalise(question string) string {
	return surface(languageTables().norm.atomise(bounded(question)))
}

// Alike tells how much two texts share of their words and pairs of characters,
// 0 to 1. Words that only frame a question count for nothing.
func Alike(a, b string) float64 {
	first, second := keysOf(a), keysOf(b)
	if len(first) == 0 || len(second) == 0 {
		return 0
	}
	shared := 0
	for key := range first {
		if second[key] {
			shared++
		}
	}
	return 2 * float64(shared) / float64(len(first)+len(second))
}

func keysOf(text string) map[uint64]bool {
	t := languageTables()
	atoms := t.norm.atomise(bounded(text))
	fills := (&Index{tables: t}).fillers(atoms)
	keys := map[uint64]bool{}
	for i := range atoms {
		switch a := &atoms[i]; {
		case fills[i]:
		case a.kind == atomWord:
			keys[wordKey(a.stem())] = true
		case a.kind != atomHan:
			keys[atomKey(a.text)] = true
		case i+1 < len(atoms) && atoms[i+1].kind == atomHan && atoms[i+1].glued:
			keys[pairKey(a.text, atoms[i+1].text)] = true
		}
	}
	return keys
}
