package search

import (
	"cmp"
	"slices"
)

// naming is what the very words of a head stand for.
type naming struct {
	words uint64
	call  call
}

// calls tell what is called by which words: sorted arrays, which take a third
// of the room of a map.
type calls struct {
	words []uint64
	of    []call
}

// newCalls sorts namings. What two of them call the same is shared.
func newCalls(all []naming) calls {
	slices.SortStableFunc(all, func(a, b naming) int { return cmp.Compare(a.words, b.words) })
	var c calls
	for i, n := range all {
		last := len(c.of) - 1
		if i > 0 && all[i-1].words == n.words {
			c.of[last].shared = c.of[last].shared || c.of[last].doc != n.call.doc || c.of[last].item != n.call.item
			continue
		}
		c.words, c.of = append(c.words, n.words), append(c.of, n.call)
	}
	return calls{words: slices.Clone(c.words), of: slices.Clone(c.of)}
}

// by returns what is called by the words; ok is false for nothing.
func (c calls) by(words uint64) (called call, ok bool) {
	at, ok := slices.BinarySearch(c.words, words)
	if !ok {
		return call{}, false
	}
	return c.of[at], true
}
