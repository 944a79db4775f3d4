package load

import (
	"maps"
	"slices"

	"briefbot/content"
)

// role is what a text is in a briefing.
type role int

const (
	title role = iota
	summary
	answer
	slot
	itemTitle
	itemText
	name      // of a term or a publisher
	citation  // the title of a source
	note      // of a source or a correction
	former    // what an entry said before a correction
	quotation // the answer of a quote
)

// longest returns how many characters a text of the role may have: what still
// reads well in a chat.
func (r role) longest() int {
	switch r {
	case title, name:
		return 120
	case note:
		return 600
	case summary, answer, itemText, former, quotation:
		return 1200
	default:
		return 300
	}
}

// dated reports whether a text of the role must stay true when it is read
// later, and so names its dates.
func (r role) dated() bool {
	switch r {
	case title, summary, answer, slot, itemTitle, itemText:
		return true
	default:
		return false
	}
}

// eachText calls visit for every text of a briefing and puts what it returns
// in the text's place. root may be nil; else visit gets the node of each text.
func eachText(b *content.Briefing, root *node, visit func(role, *node, content.Text) content.Text) {
	if root == nil {
		root = &node{}
	}
	b.Title = visit(title, root.key("title"), b.Title)
	b.Summary = visit(summary, root.key("summary"), b.Summary)
	for i := range b.Sources {
		s, n := &b.Sources[i], root.key("sources").at(i)
		s.Publisher = visit(name, n.key("publisher"), s.Publisher)
		s.Title = visit(citation, n.key("title"), s.Title)
		s.Note = visit(note, n.key("note"), s.Note)
	}
	for i := range b.Glossary {
		b.Glossary[i].Name = visit(name, root.key("glossary").at(i).key("name"), b.Glossary[i].Name)
	}
	for i := range b.Entries {
		entryTexts(&b.Entries[i], root.key("entries").at(i), visit)
	}
}

func entryTexts(e *content.Entry, n *node, visit func(role, *node, content.Text) content.Text) {
	e.Title = visit(title, n.key("title"), e.Title)
	if e.Kind == content.KindQuote {
		e.Answer = visit(quotation, n.key("answer"), e.Answer)
	} else {
		e.Answer = visit(answer, n.key("answer"), e.Answer)
	}
	for _, s := range slices.Sorted(maps.Keys(e.Slots)) {
		e.Slots[s] = visit(slot, n.key("slots").key(string(s)), e.Slots[s])
	}
	for i := range e.Items {
		item, m := &e.Items[i], n.key("items").at(i)
		item.Title = visit(itemTitle, m.key("title"), item.Title)
		item.Text = visit(itemText, m.key("text"), item.Text)
	}
	for i := range e.Corrections {
		c, m := &e.Corrections[i], n.key("corrections").at(i)
		c.Was = visit(former, m.key("was"), c.Was)
		c.Note = visit(note, m.key("note"), c.Note)
	}
}
