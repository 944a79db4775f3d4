package search

import (
	"math"
	"slices"
)

// The bounds of learning from examples.
const (
	examplesEnough = 5       // texts that an entry needs to be learned from
	examplesMost   = 20_000  // texts that are learned from
	parametersMost = 8 << 20 // weights of a classifier: 32 MiB
	stepsMost      = 2e9     // multiplications of all epochs: some seconds
)

// How a classifier learns.
const (
	epochsMost     = 10
	epochsLeast    = 3
	negligible     = 1e-4 // an error from which nothing is learned
	learningRate   = 0.5
	learningDecay  = 0.2
	sharpness      = 2.5 // the length that texts are given as vectors
	pairFactor     = 0.5 // how much two neighbouring words weigh …
	kindFactor     = 1   // … that there is a number or a date at all …
	fragmentFactor = 0.3 // … and a few letters of a word
	shortestPart   = 3   // letters
	longestPart    = 4
)

// classifier is a multinomial logistic regression over the texts that name
// entries. It learns which words, pairs of words and parts of words tell
// entries apart, where there are examples enough. The same library makes the
// same classifier.
type classifier struct {
	ids     map[uint64]uint32 // features by the hash of what they are
	rarity  []float32         // of each feature
	unseen  float32
	weights []float32 // of each feature, for every class
	classes int
}

// lesson is one text with the class that it stands for.
type lesson struct {
	class    int
	features []weighed
}

// newClassifier learns from the texts of entries, which each doc has some of;
// nil where there are too few or too many to learn from.
func newClassifier(texts [][][]atom, enough, epochs int) *classifier {
	learnable, total := 0, 0
	for _, of := range texts {
		total += len(of)
		if len(of) >= enough {
			learnable++
		}
	}
	if learnable < 2 || learnable*2 < len(texts) || total > examplesMost {
		return nil
	}
	c := &classifier{ids: map[uint64]uint32{}, classes: len(texts)}
	var lessons []lesson
	var df []float32
	for class, of := range texts {
		for _, atoms := range of {
			l := lesson{class: class}
			eachFragment(atoms, func(key uint64, factor float32) {
				id, ok := c.ids[key]
				if !ok {
					id = uint32(len(c.ids))
					c.ids[key] = id
					df = append(df, 0)
				}
				l.features = append(l.features, weighed{id: id, weight: factor})
			})
			slices.SortFunc(l.features, byFeature)
			l.features = slices.CompactFunc(l.features, sameFeature)
			lessons = append(lessons, l)
		}
	}
	cost := 0
	for _, l := range lessons {
		cost += len(l.features) * c.classes
	}
	if len(c.ids)*c.classes > parametersMost || cost*epochsLeast > stepsMost {
		return nil
	}
	seen := make([]int, len(df)) // the last class, from 1, that held the feature
	for _, l := range lessons {
		for _, f := range l.features {
			if seen[f.id] != l.class+1 {
				seen[f.id] = l.class + 1
				df[f.id]++
			}
		}
	}
	c.rarity = make([]float32, len(df))
	for id, d := range df {
		c.rarity[id] = rootRarity(len(texts), d)
	}
	c.unseen = rootRarity(len(texts), 0)
	for i := range lessons {
		c.norm(lessons[i].features, 0)
	}
	c.learn(lessons, min(epochs, stepsMost/max(cost, 1)))
	return c
}

func byFeature(a, b weighed) int {
	if a.id != b.id {
		return int(a.id) - int(b.id)
	}
	return 0
}

func sameFeature(a, b weighed) bool { return a.id == b.id }

// rootRarity is the square root of the inverse document frequency: what is
// rare counts for more, but does not silence the rest.
func rootRarity(n int, df float32) float32 {
	return float32(math.Sqrt(math.Log(1 + (float64(n)-float64(df)+0.5)/(float64(df)+0.5))))
}

// norm weighs features by their rarity and gives the text, of which the
// square of unknown is not known, the length sharpness.
func (c *classifier) norm(features []weighed, unknown float32) {
	sum := unknown
	for i := range features {
		f := &features[i]
		f.weight *= c.rarity[f.id]
		sum += f.weight * f.weight
	}
	if sum == 0 {
		return
	}
	scale := sharpness / float32(math.Sqrt(float64(sum)))
	for i := range features {
		features[i].weight *= scale
	}
}

// learn goes through the lessons again and again, in an order that is mixed
// but always the same.
func (c *classifier) learn(lessons []lesson, epochs int) {
	c.weights = make([]float32, len(c.ids)*c.classes)
	order := make([]int, len(lessons))
	for i := range order {
		order[i] = i
	}
	p := make([]float32, c.classes)
	off := make([]weighed, 0, c.classes) // the classes of which the probability is wrong
	mix := uint64(1)
	for epoch := range epochs {
		for i := len(order) - 1; i > 0; i-- {
			mix = mix*6364136223846793005 + 1442695040888963407
			j := int((mix >> 33) % uint64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		rate := learningRate / (1 + learningDecay*float32(epoch))
		for _, at := range order {
			l := &lessons[at]
			c.posterior(l.features, p)
			p[l.class]--
			off = off[:0]
			for k, v := range p {
				if v > negligible || v < -negligible {
					off = append(off, weighed{id: uint32(k), weight: v * rate})
				}
			}
			for _, f := range l.features {
				w := c.weights[int(f.id)*c.classes:][:c.classes]
				for _, o := range off {
					w[o.id] -= f.weight * o.weight
				}
			}
		}
	}
}

// posterior fills p with the probability of each class.
func (c *classifier) posterior(features []weighed, p []float32) {
	clear(p)
	for _, f := range features {
		w := c.weights[int(f.id)*c.classes:][:c.classes]
		for k, v := range w {
			p[k] += f.weight * v
		}
	}
	most, sum := slices.Max(p), float32(0)
	for k, v := range p {
		p[k] = float32(math.Exp(float64(v - most)))
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

// classify returns the probability of each doc for a question.
func (c *classifier) classify(atoms []atom) []float32 {
	var features []weighed
	var unknown float32
	eachFragment(atoms, func(key uint64, factor float32) {
		if id, ok := c.ids[key]; ok {
			features = append(features, weighed{id: id, weight: factor})
		} else {
			v := c.unseen * factor
			unknown += v * v
		}
	})
	slices.SortFunc(features, byFeature)
	features = slices.CompactFunc(features, sameFeature)
	c.norm(features, unknown)
	p := make([]float32, c.classes)
	c.posterior(features, p)
	return p
}

// eachFragment calls add for every word, pair of words and part of a word of
// a text, and every character and pair of characters.
func eachFragment(atoms []atom, add func(key uint64, factor float32)) {
	var before uint64 // the word before, 0 for none
	for i := range atoms {
		a := &atoms[i]
		if a.kind == atomHan {
			add(charKey(a.text), characterFactor)
			if i+1 < len(atoms) && atoms[i+1].kind == atomHan && atoms[i+1].glued {
				add(pairKey(a.text, atoms[i+1].text), 1)
			}
			before = 0
			continue
		}
		text := a.text
		if a.kind == atomWord {
			text = a.stem()
		}
		key := hashed('w', text)
		add(key, 1)
		if a.kind != atomWord {
			add(hashed('k', string('0'+rune(a.kind))), kindFactor)
		}
		if before != 0 {
			add(hashedPair('B', before, key), pairFactor)
		}
		before = key
		if a.kind == atomWord && isASCIIWord(a.text) {
			word := "^" + a.text + "$"
			for length := shortestPart; length <= longestPart; length++ {
				for at := 0; at+length <= len(word); at++ {
					add(hashed('g', word[at:at+length]), fragmentFactor)
				}
			}
		}
	}
}
