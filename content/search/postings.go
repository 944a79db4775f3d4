package search

import (
	"cmp"
	"slices"
)

// postings are, for every feature, the docs that hold it: dense arrays, one
// after the other.
type postings struct {
	from []uint32 // of each feature: where its docs begin; one more at the end
	docs []uint32
	gain []uint8   // of each posting: what BM25 gives for it, in steps of gainStep
	most []float32 // of each feature: the largest gain
}

// gainStep is how exactly gains are kept, of 1.
const gainStep = 1.0 / 255

func newPostings(x *Index) postings {
	p := postings{from: make([]uint32, len(x.df)+1), most: make([]float32, len(x.df))}
	for id, df := range x.df {
		p.from[id+1] = p.from[id] + df
	}
	total := p.from[len(x.df)]
	p.docs, p.gain = make([]uint32, total), make([]uint8, total)
	next := slices.Clone(p.from)
	for i := range x.docs {
		d := &x.docs[i]
		for _, f := range d.features {
			at := next[f.id]
			next[f.id]++
			gain := max(uint8(x.gain(f.tf, f.in, d)/gainStep+0.5), 1)
			p.docs[at], p.gain[at] = uint32(i), gain
			p.most[f.id] = max(p.most[f.id], float32(gain)*gainStep)
		}
	}
	return p
}

// list is the postings of a feature that a question has, with what it weighs.
type list struct {
	docs   []uint32
	gain   []uint8
	weight float32
	most   float32 // what a doc can get from it
}

// scores is room to add up what docs get.
type scores struct {
	of      []float32
	touched []uint32
	lists   []list
}

// top returns the n docs that get most for the terms, the best first. Lists
// are added up from the one that gives most to the one that gives least. As
// soon as all that are left cannot lift a new doc among the best, they are
// only looked up for the docs that may still be there: what most docs hold
// costs next to nothing (MaxScore, term at a time).
func (x *Index) top(terms []term, n int) []uint32 {
	s, _ := x.scratch.Get().(*scores)
	if s == nil {
		s = &scores{of: make([]float32, len(x.docs))}
	}
	defer func() {
		for _, id := range s.touched {
			s.of[id] = 0
		}
		s.touched, s.lists = s.touched[:0], s.lists[:0]
		x.scratch.Put(s)
	}()
	var left float32
	for i := range terms {
		for _, alt := range terms[i].alternatives() {
			from, to := x.posts.from[alt.id], x.posts.from[alt.id+1]
			weight := terms[i].weight * alt.factor
			if weight <= 0 || from == to {
				continue
			}
			l := list{docs: x.posts.docs[from:to], gain: x.posts.gain[from:to], weight: weight * gainStep, most: weight * x.posts.most[alt.id]}
			s.lists = append(s.lists, l)
			left += l.most
		}
	}
	slices.SortStableFunc(s.lists, func(a, b list) int { return cmp.Compare(b.most, a.most) })
	var done int
	var least float32 // what the n-th best has at least
	for ; done < len(s.lists); done++ {
		l := &s.lists[done]
		if len(s.touched) >= n && left < s.highest() {
			if least = s.nth(n); left < least {
				break
			}
		}
		s.add(l)
		left -= l.most
	}
	best := s.touched
	if done < len(s.lists) {
		kept := best[:0:0]
		for _, id := range best {
			if s.of[id]+left >= least {
				kept = append(kept, id)
			}
		}
		slices.Sort(kept)
		for i := done; i < len(s.lists); i++ {
			s.lists[i].lookUp(s.of, kept)
		}
		best = kept
	} else {
		best = slices.Clone(best)
	}
	return s.best(best, n)
}

func (s *scores) add(l *list) {
	for i, id := range l.docs {
		if s.of[id] == 0 {
			s.touched = append(s.touched, id)
		}
		s.of[id] += l.weight * float32(l.gain[i])
	}
}

// lookUp adds what the list gives to some docs, which are sorted.
func (l *list) lookUp(of []float32, docs []uint32) {
	rest, gain := l.docs, l.gain
	for _, id := range docs {
		// Doubling steps: the docs of a list lie close to each other.
		step := 1
		for step < len(rest) && rest[step] < id {
			step *= 2
		}
		at, found := slices.BinarySearch(rest[step/2:min(step+1, len(rest))], id)
		at += step / 2
		if found {
			of[id] += l.weight * float32(gain[at])
		}
		rest, gain = rest[at:], gain[at:]
		if len(rest) == 0 {
			return
		}
	}
}

func (s *scores) highest() float32 {
	var most float32
	for _, id := range s.touched {
		most = max(most, s.of[id])
	}
	return most
}

// nth returns a score that n docs have at least: a little less than that of
// the n-th best.
func (s *scores) nth(n int) float32 {
	const steps = 256
	most := s.highest()
	if most == 0 {
		return 0
	}
	var held [steps]int
	for _, id := range s.touched {
		held[min(int(s.of[id]/most*steps), steps-1)]++
	}
	for step := steps - 1; step >= 0; step-- {
		if n -= held[step]; n <= 0 {
			return most * float32(step) / steps
		}
	}
	return 0
}

// best returns the n best of some docs, in order.
func (s *scores) best(docs []uint32, n int) []uint32 {
	better := func(a, b uint32) int { return cmp.Or(cmp.Compare(s.of[b], s.of[a]), cmp.Compare(a, b)) }
	if len(docs) > 4*n {
		least := s.nthOf(docs, n)
		docs = slices.DeleteFunc(docs, func(id uint32) bool { return s.of[id] < least })
	}
	slices.SortFunc(docs, better)
	return docs[:min(len(docs), n)]
}

func (s *scores) nthOf(docs []uint32, n int) float32 {
	all := s.touched
	s.touched = docs
	least := s.nth(n)
	s.touched = all
	return least
}
