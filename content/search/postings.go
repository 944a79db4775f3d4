package search

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// postings are, for every feature, the docs that hold it. They are kept for
// 65,536 docs at a time: two bytes tell a doc, and what a question adds up
// stays in the cache of a core.
type postings []shard

const shardSize = 1 << 16

// shard is the postings of some docs: dense arrays, one feature after the
// other.
type shard struct {
	first uint32   // the doc that is number 0
	from  []uint32 // of each feature: where its docs begin; one more at the end
	docs  []uint16
	gain  []uint8 // of each posting: what BM25 gives for it, in steps of gainStep
	most  []uint8 // of each feature: the largest gain
}

// gainStep is how exactly gains are kept, of 1.
const gainStep = 1.0 / 255

func newPostings(x *Index, docs []doc, cores int) postings {
	out := make(postings, (len(docs)+shardSize-1)/shardSize)
	shared(cores, len(out), func(from, to int) struct{} {
		for at := from; at < to; at++ {
			first := at * shardSize
			out[at] = newShard(x, uint32(first), docs[first:min(first+shardSize, len(docs))])
		}
		return struct{}{}
	})
	return out
}

func newShard(x *Index, first uint32, docs []doc) shard {
	s := shard{first: first, from: make([]uint32, len(x.df)+1), most: make([]uint8, len(x.df))}
	for i := range docs {
		for _, f := range docs[i].features {
			s.from[f.id()+1]++
		}
	}
	for id := range x.df {
		s.from[id+1] += s.from[id]
	}
	total := s.from[len(x.df)]
	s.docs, s.gain = make([]uint16, total), make([]uint8, total)
	next := slices.Clone(s.from)
	for i := range docs {
		for _, f := range docs[i].features {
			at := next[f.id()]
			next[f.id()]++
			gain := max(uint8(x.gain(f.tf(), f.in(), &docs[i])/gainStep+0.5), 1)
			s.docs[at], s.gain[at] = uint16(i), gain
			s.most[f.id()] = max(s.most[f.id()], gain)
		}
	}
	return s
}

// framesUpTo is up to how many docs the words that only frame a question bring
// docs among the best by themselves. In a larger library half of the docs hold
// some; there they only count for docs that hold something else of the question.
const framesUpTo = 50_000

// wanted is a feature that a question looks for, and what one step of gain of it
// is worth.
type wanted struct {
	id    uint32
	step  float32
	frame bool // brings no doc among the best by itself
}

// list is the postings of a feature that a question looks for.
type list struct {
	docs  []uint16
	gain  []uint8
	step  float32 // what one step of gain is worth
	most  float32 // what a doc can get from it
	frame bool
}

// scored is a doc with what it gets.
type scored struct {
	doc   uint32
	score float32
}

func better(a, b scored) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc))
}

// scores is room to add up what docs get.
type scores struct {
	of      [shardSize]float32
	touched []uint16
	kept    []uint16               // of those, the docs that may be among the best
	bits    [shardSize / 64]uint64 // for sorting
	wanted  []wanted
	lists   []list
	highest float32  // that no doc exceeds
	best    []scored // a heap, the worst at the root
}

// top returns the n docs that get most for the terms, the best first.
func (x *Index) top(posts postings, terms []term, n int) []scored {
	s, _ := x.scratch.Get().(*scores)
	if s == nil {
		s = &scores{}
	}
	s.want(terms, len(x.docs) <= framesUpTo)
	out := slices.Clone(s.among(posts, n))
	x.scratch.Put(s)
	return out
}

// among returns the n docs that get most of what is wanted, the best first.
func (s *scores) among(posts postings, n int) []scored {
	s.best = s.best[:0]
	for i := range posts {
		s.search(&posts[i], n)
	}
	slices.SortFunc(s.best, better)
	return s.best
}

// want lists the features of the terms once each: both characters of a pair
// look for the pair. Without frames, what only frames the question comes last,
// unless there is nothing else.
func (s *scores) want(terms []term, frames bool) {
	s.wanted = s.wanted[:0]
	for i := range terms {
		for _, alt := range terms[i].alternatives() {
			if step := terms[i].weight * alt.factor * gainStep; step > 0 {
				s.wanted = append(s.wanted, wanted{alt.id, step, !frames && terms[i].frame})
			}
		}
	}
	slices.SortStableFunc(s.wanted, func(a, b wanted) int { return cmp.Compare(a.id, b.id) })
	once := s.wanted[:0]
	for _, w := range s.wanted {
		if last := len(once) - 1; last >= 0 && once[last].id == w.id {
			once[last].step += w.step
			once[last].frame = once[last].frame && w.frame
		} else {
			once = append(once, w)
		}
	}
	s.wanted = once
	if !slices.ContainsFunc(once, func(w wanted) bool { return !w.frame }) {
		for i := range once {
			once[i].frame = false
		}
	}
}

// search brings the docs of a shard among the n best. Lists are added up from
// the one that gives most to the one that gives least. As soon as all that are
// left cannot lift a new doc among the best, they are only looked up for the
// docs that may still be there: what most docs hold costs next to nothing
// (MaxScore, term at a time).
func (s *scores) search(shard *shard, n int) {
	left := s.open(shard)
	least := float32(0) // what a doc has to get
	if len(s.best) == n {
		least = s.best[0].score
	}
	done := 0
	reach := float32(math.MaxFloat32) // what the n-th best has got at most
	for ; done < len(s.lists) && left >= least && !s.lists[done].frame; done++ {
		s.add(&s.lists[done])
		left -= s.lists[done].most
		reach = min(reach+s.lists[done].most, s.highest)
		// What is short is added sooner than it is found out that it need not be.
		if len(s.touched) >= n && reach > left && done+1 < len(s.lists) && len(s.lists[done+1].docs) > len(s.touched)/4 {
			var step float32
			reach, step = s.nth(s.touched, n)
			least = max(least, reach)
			reach += step
		}
	}
	s.kept = append(s.kept[:0], s.touched...)
	s.drop(least - left)
	s.order()
	for _, l := range s.lists[done:] {
		l.lookUp(&s.of, s.kept)
		left -= l.most
		s.highest += l.most
		if len(s.kept) > 2*n && len(l.docs) > len(s.kept)/2 {
			got, _ := s.nth(s.kept, n)
			least = max(least, got)
			s.drop(least - left)
		}
	}
	if len(s.kept) > 2*n {
		got, _ := s.nth(s.kept, n)
		least = max(least, got)
	}
	for _, id := range s.kept {
		if s.of[id] >= least {
			s.take(scored{shard.first + uint32(id), s.of[id]}, n)
		}
	}
	for _, id := range s.touched {
		s.of[id] = 0
	}
	s.touched, s.highest = s.touched[:0], 0
}

// take takes a doc among the n best where it is one of them.
func (s *scores) take(d scored, n int) {
	if len(s.best) < n {
		s.best = append(s.best, d)
		for at := len(s.best) - 1; at > 0 && better(s.best[at], s.best[(at-1)/2]) > 0; at = (at - 1) / 2 {
			s.best[at], s.best[(at-1)/2] = s.best[(at-1)/2], s.best[at]
		}
		return
	}
	if better(d, s.best[0]) >= 0 {
		return
	}
	s.best[0] = d
	for at := 0; ; {
		worst := at
		for child := 2*at + 1; child <= 2*at+2 && child < n; child++ {
			if better(s.best[child], s.best[worst]) > 0 {
				worst = child
			}
		}
		if worst == at {
			return
		}
		s.best[at], s.best[worst] = s.best[worst], s.best[at]
		at = worst
	}
}

// order sorts the docs that are kept.
func (s *scores) order() {
	const few = 256
	if len(s.kept) < few {
		slices.Sort(s.kept)
		return
	}
	for _, id := range s.kept {
		s.bits[id/64] |= 1 << (id % 64)
	}
	s.kept = s.kept[:0]
	for at, word := range s.bits {
		for ; word != 0; word &= word - 1 {
			s.kept = append(s.kept, uint16(at*64+bits.TrailingZeros64(word)))
		}
	}
	clear(s.bits[:])
}

// drop leaves out the docs that have got less than low.
func (s *scores) drop(low float32) {
	kept := s.kept[:0]
	for _, id := range s.kept {
		if s.of[id] >= low {
			kept = append(kept, id)
		}
	}
	s.kept = kept
}

// open finds the lists of what is wanted, those that give most first, and
// returns what a doc can get from all.
func (s *scores) open(shard *shard) (most float32) {
	s.lists = s.lists[:0]
	for _, w := range s.wanted {
		from, to := shard.from[w.id], shard.from[w.id+1]
		if from == to {
			continue
		}
		l := list{docs: shard.docs[from:to], gain: shard.gain[from:to], step: w.step, most: w.step * float32(shard.most[w.id]), frame: w.frame}
		s.lists = append(s.lists, l)
		most += l.most
	}
	slices.SortStableFunc(s.lists, func(a, b list) int {
		if a.frame != b.frame {
			if b.frame {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.most, a.most)
	})
	return most
}

func (s *scores) add(l *list) {
	for i, id := range l.docs {
		if s.of[id] == 0 {
			s.touched = append(s.touched, id)
		}
		s.of[id] += l.step * float32(l.gain[i])
		s.highest = max(s.highest, s.of[id])
	}
}

// lookUp adds what the list gives to some docs, which are sorted.
func (l *list) lookUp(of *[shardSize]float32, docs []uint16) {
	const dense = 4
	if len(l.docs) < dense*len(docs) {
		for i, id := range l.docs {
			if of[id] > 0 {
				of[id] += l.step * float32(l.gain[i])
			}
		}
		return
	}
	at := 0
	for _, id := range docs {
		at += reach(l.docs[at:], id)
		if at == len(l.docs) {
			return
		}
		if l.docs[at] == id {
			of[id] += l.step * float32(l.gain[at])
		}
	}
}

// reach returns the first place of a sorted list that is not below id, by
// doubling steps: what is looked for lies close to what was found last.
func reach(list []uint16, id uint16) int {
	step := 1
	for step < len(list) && list[step] < id {
		step *= 2
	}
	from, to := step/2, min(step+1, len(list))
	for from < to {
		if middle := (from + to) / 2; list[middle] < id {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return from
}

// nth returns a score that n of the docs have at least, and how much more the
// n-th best has at most.
func (s *scores) nth(docs []uint16, n int) (score, more float32) {
	const steps = 256
	var held [steps]int
	scale := (steps - 0.5) / s.highest
	for _, id := range docs {
		held[uint8(s.of[id]*scale)]++
	}
	for step := steps - 1; step > 0; step-- {
		if n -= held[step]; n <= 0 {
			return float32(step) / scale, 1 / scale
		}
	}
	return 0, 1 / scale
}
