package search

// han adds a run of Chinese characters. Each character is a term of half a
// word's weight and is explained by either of the two pairs that it stands
// in; it weighs what the commoner pair weighs, since the other one often
// spans two words.
func (x *Index) han(p *parsed, run []int, roles []float32) {
	if len(run) == 0 {
		return
	}
	pairs := make([]int64, len(run)) // of each character with the next one; -1 for unknown
	for k := range run {
		pairs[k] = -1
		if k+1 < len(run) {
			if id, ok := x.ids[pairKey(p.atoms[run[k]].text, p.atoms[run[k+1]].text)]; ok {
				pairs[k] = int64(id)
			}
		}
	}
	groups := x.groups(p, run)
	for k, i := range run {
		a := &p.atoms[i]
		role := roles[i]
		t := term{kind: termHan, at: i, surface: a.text, weight: x.unseen, light: role < 1}
		known := false
		for _, pair := range []int{k - 1, k} {
			if pair < 0 || pairs[pair] < 0 {
				continue
			}
			id := uint32(pairs[pair])
			t.add(id, 1)
			t.weight = min(t.weight, x.weight[id])
			known = true
		}
		if len(run) == 1 {
			t.lone = true
			if id, ok := x.ids[charKey(a.text)]; ok {
				t.add(id, 1)
				t.weight = x.weight[id]
				known = true
			}
		}
		if v := chineseDigit(firstRune(a.text)); v > 1 {
			if id, ok := x.ids[digitKey(v)]; ok {
				t.add(id, 1)
				t.kind, t.n = termNumber, v
				pair := t
				x.addCounted(&t, p.atoms[i+1:])
				if t.count == 0 {
					t = pair
				}
				known = true
			}
		}
		if groups[k] >= 0 {
			t.group = groups[k] + 1
			x.addGroup(&t, groups[k], 1)
			known = t.count > 0
		}
		if !known {
			x.bySound(p, &t, run, k)
			if id, ok := x.ids[charKey(a.text)]; ok {
				t.add(id, partFactor)
			}
		}
		if known && role < lightFactor {
			role = lightFactor // part of a word that the library knows
		}
		t.weight *= role / 2
		p.terms = append(p.terms, t)
	}
}

// groups returns the group of synonyms that each character of a run belongs
// to, -1 for none.
func (x *Index) groups(p *parsed, run []int) []int32 {
	of := make([]int32, len(run))
	for k := range of {
		of[k] = -1
	}
	for k := 0; k < len(run); {
		group, length := x.lexicon.group(p.atoms[run[k] : run[len(run)-1]+1])
		for j := range length {
			of[k+j] = group
		}
		k += max(length, 1)
	}
	return of
}

// bySound adds what sounds like the unknown pairs of a character: 健议 for
// 建议.
func (x *Index) bySound(p *parsed, t *term, run []int, k int) {
	for _, j := range []int{k - 1, k} {
		if j < 0 || j+1 >= len(run) {
			continue
		}
		first := x.syllables.of(firstRune(p.atoms[run[j]].text))
		second := x.syllables.of(firstRune(p.atoms[run[j+1]].text))
		if id, ok := x.ids[soundKey(first, second)]; ok {
			t.add(id, soundFactor)
			t.weight = min(t.weight, x.weight[id])
		}
	}
}

// sounds reads pinyin, written as one word or as several, from atom i on; it
// returns how many atoms that took.
func (x *Index) sounds(p *parsed, i int, factors []float32) int {
	var all []string
	n, unknown := 0, 0
	for i+n < len(p.atoms) {
		a := &p.atoms[i+n]
		if a.kind != atomWord || factors[i+n] < 1 {
			break
		}
		parts := x.syllables.split(a.text)
		if parts == nil && x.syllables.known[a.text] {
			parts = []string{a.text}
		}
		if parts == nil {
			break
		}
		if _, known := x.ids[wordKey(a.stem())]; !known {
			unknown++
		}
		all = append(all, parts...)
		n++
	}
	if unknown == 0 || len(all) < 2 || unknown*2 < n {
		return 0
	}
	heard := 0
	pairs := make([]int64, len(all))
	for k := range all {
		pairs[k] = -1
		if k+1 < len(all) {
			if id, ok := x.ids[soundKey(all[k], all[k+1])]; ok {
				pairs[k] = int64(id)
				heard++
			}
		}
	}
	if heard*2 < len(all)-1 || heard == 0 {
		return 0
	}
	p.sounds += n
	for k, s := range all {
		t := term{kind: termSound, surface: s, weight: x.unseen}
		for _, pair := range []int{k - 1, k} {
			if pair >= 0 && pairs[pair] >= 0 {
				t.add(uint32(pairs[pair]), soundFactor)
				t.weight = min(t.weight, x.weight[pairs[pair]])
			}
		}
		t.weight /= 2
		p.terms = append(p.terms, t)
	}
	return n
}
