package search

// leanFrom is from how many entries on an index keeps neither the features of
// each nor its names, and reads the few entries that it looks at for a question
// again instead: that costs a millisecond or two a question and saves more
// memory than everything else takes. What is typed is completed by what a search
// finds, no longer by how names begin.
const leanFrom = 300_000

// loader reads docs again.
type loader struct {
	reader *reader
	namer  namer
}

// considered is how many of the docs that share most with a question are
// looked at closely.
func (x *Index) considered() int {
	if x.lean {
		return consideredLean
	}
	return consideredMost
}

// load returns a doc with all that is known of it.
func (x *Index) load(id uint32) *doc {
	d := &x.docs[id]
	if !x.lean {
		return d
	}
	l, _ := x.readers.Get().(*loader)
	if l == nil {
		l = &loader{reader: rereader(x), namer: namer{Index: x, norm: x.norm.remembering()}}
	}
	full := l.reader.entry(d.brief, d.entry)
	l.namer.name(&full, id, l.reader.heads, nil)
	x.readers.Put(l)
	return &full
}
