package search

// phraseTrie finds the longest known phrase that starts at an atom.
type phraseTrie struct {
	next   []map[string]int32
	values []int32 // of each node: the phrase that ends there, -1 for none
}

func newPhraseTrie() phraseTrie {
	return phraseTrie{next: []map[string]int32{nil}, values: []int32{-1}}
}

// add stores a phrase. The value that stood there before stays.
func (t *phraseTrie) add(atoms []atom, value int32) {
	if len(atoms) == 0 {
		return
	}
	node := int32(0)
	for _, a := range atoms {
		child, ok := t.next[node][a.text]
		if !ok {
			child = int32(len(t.next))
			t.next = append(t.next, nil)
			t.values = append(t.values, -1)
			if t.next[node] == nil {
				t.next[node] = map[string]int32{}
			}
			t.next[node][a.text] = child
		}
		node = child
	}
	if t.values[node] < 0 {
		t.values[node] = value
	}
}

// longest returns the value and length in atoms of the longest phrase at the
// start of atoms; length 0 for none.
func (t *phraseTrie) longest(atoms []atom, accept func(value int32, length int) bool) (value int32, length int) {
	node := int32(0)
	for i := range atoms {
		// A gap ends a Chinese phrase; between words of an alphabet it is
		// what separates them.
		if i > 0 && !atoms[i].glued && atoms[i].kind == atomHan && atoms[i-1].kind == atomHan {
			return value, length
		}
		child, ok := t.next[node][atoms[i].text]
		if !ok {
			return value, length
		}
		node = child
		if v := t.values[node]; v >= 0 && (accept == nil || accept(v, i+1)) {
			value, length = v, i+1
		}
	}
	return value, length
}
