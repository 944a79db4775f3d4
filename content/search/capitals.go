package search

// capitals tells names from other words by how the library writes them: editors
// do not put every village into the glossary.
type capitals struct {
	large, small featureSet // of words by their feature: written with a capital within a sentence, or without one
}

// note takes note of how a word is written. The first of a sentence tells
// nothing.
func (c *capitals) note(id uint32, a *atom) {
	switch {
	case !a.capital:
		c.small.set(id)
	case !a.first:
		c.large.set(id)
	}
}

// join takes over what a reader noted of its features, which have got new
// numbers.
func (c *capitals) join(of *capitals, global []uint32) {
	c.large.join(of.large, global)
	c.small.join(of.small, global)
}

// name reports whether a word is always written with a capital.
func (c *capitals) name(id uint32) bool { return c.large.has(id) && !c.small.has(id) }

// featureSet is a set of features.
type featureSet []uint64

func (b *featureSet) set(id uint32) {
	for int(id/64) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[id/64] |= 1 << (id % 64)
}

// join adds features that have got new numbers.
func (b *featureSet) join(of featureSet, global []uint32) {
	for local, id := range global {
		if of.has(uint32(local)) {
			b.set(id)
		}
	}
}

func (b featureSet) has(id uint32) bool { return int(id/64) < len(b) && b[id/64]&(1<<(id%64)) != 0 }
