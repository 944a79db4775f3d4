package fit

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"briefbot/bot"
	"briefbot/content"
)

// leaf is the smallest part of a message that has a form of its own: a
// paragraph, an item, a row, a quotation, a divider, a note, a source.
type leaf struct {
	form  form
	texts [4]string // in the order in which they are read; see the forms
	leads bool      // introduces the next leaf

	strong   bool         // of a paragraph
	item     bot.ListItem // what an item leads to, without its texts
	list     int          // the block that an item or a row belongs to
	numbered bool
	number   int          // of an item in a numbered list
	date     content.Date // of a source

	weight int   // see pager.weight
	cuts   []cut // where the leaf can be broken; nil until somebody asks
}

// form says what a leaf is and what its texts are.
type form int

const (
	paragraphForm form = iota // text
	itemForm                  // title, text
	rowForm                   // name, value
	quoteForm                 // text, who said it
	dividerForm               // nothing
	noteForm                  // text
	sourceForm                // publisher, title, address, note
)

// sourceURL is the text of a source that is an address: it cannot be broken.
const sourceURL = 2

// body is the text that is broken before the others are: titles and names
// keep together.
func (f form) body() int {
	switch f {
	case itemForm, rowForm:
		return 1
	case sourceForm:
		return 3
	default:
		return 0
	}
}

// wholeLeaf stands for the end of a leaf.
const wholeLeaf = -1

// cut is a place inside a leaf, or its start.
type cut struct {
	text, off int // before byte off of the text
	weight    int // of what stands before it
	kind      kind
}

// cut finds the places where the leaf can be broken.
func (l *leaf) cut(keep func(string) []Span) {
	l.cuts = []cut{}
	weight := 1
	for i, text := range l.texts {
		if text == "" {
			continue
		}
		l.cuts = append(l.cuts, cut{text: i, weight: weight, kind: afterLead})
		var bounds []boundary
		if l.form != sourceForm || i != sourceURL {
			var spans []Span
			if keep != nil {
				spans = keep(text)
			}
			bounds = boundaries(text, spans)
		}
		done := 0
		for _, b := range bounds {
			k := b.kind
			if i != l.form.body() {
				k = max(k, afterLead)
			}
			weight += utf8.RuneCountInString(text[done:b.off])
			done = b.off
			l.cuts = append(l.cuts, cut{text: i, off: b.off, weight: weight, kind: k})
		}
		weight += utf8.RuneCountInString(text[done:])
	}
}

// between returns the texts between two cuts, without white space before the
// second one.
func (l *leaf) between(from, to int) [4]string {
	texts := l.texts
	last := len(texts) - 1
	if to != wholeLeaf {
		last = l.cuts[to].text
		texts[last] = texts[last][:l.cuts[to].off]
		clear(texts[last+1:])
	}
	if from > 0 {
		first := l.cuts[from].text
		texts[first] = texts[first][l.cuts[from].off:]
		clear(texts[:first])
	}
	if s := strings.TrimRightFunc(texts[last], isSpace); s != "" {
		texts[last] = s // else it is the white space of a character that was broken
	}
	return texts
}

// inBody reports whether a cut has everything but the body before it.
func (l *leaf) inBody(at int) bool { return at > 0 && l.cuts[at].text >= l.form.body() }

// source returns a part of a source. The date stands with the end of its
// title.
func (l *leaf) source(from, to int) bot.Citation {
	t := l.between(from, to)
	c := bot.Citation{Publisher: t[0], Title: t[1], URL: t[sourceURL], Note: t[3]}
	begins := from == 0 || l.cuts[from].text < sourceURL
	ends := to == wholeLeaf || l.cuts[to].text >= sourceURL
	if begins && ends {
		c.Date = l.date
	}
	return c
}

// inWords returns the source with its date and address as text.
func inWords(c bot.Citation) bot.Citation {
	var words []string
	if !c.Date.IsZero() {
		words = append(words, c.Date.String())
	}
	for _, s := range []string{c.URL, c.Note} {
		if s != "" {
			words = append(words, s)
		}
	}
	c.Date, c.URL, c.Note = content.Date{}, "", strings.Join(words, " ")
	return c
}

// leavesOf takes a message apart.
func leavesOf(m bot.Message) []*leaf {
	t := &taker{}
	m.Write(t)
	for _, note := range m.Notes {
		t.add(&leaf{form: noteForm, texts: [4]string{note}})
	}
	for _, s := range m.Sources {
		t.leaves = append(t.leaves, sourceLeaf(s))
	}
	return t.leaves
}

// taker takes blocks apart.
type taker struct {
	leaves []*leaf
	blocks int
}

// add takes a leaf unless there is nothing to read in it.
func (t *taker) add(l *leaf) {
	l.measure()
	if l.weight > 1 || l.form == dividerForm || l.form == itemForm {
		t.leaves = append(t.leaves, l)
	}
}

// introduce marks what a list, a table or a quotation is introduced by.
func (t *taker) introduce() {
	t.blocks++
	if len(t.leaves) == 0 {
		return
	}
	last := t.leaves[len(t.leaves)-1]
	last.leads = last.form == paragraphForm && !endsSentence(last.texts[0])
}

// Paragraph implements bot.Writer, as do the methods below.
func (t *taker) Paragraph(p bot.Paragraph) { t.add(paragraphLeaf(p)) }

// List implements bot.Writer.
func (t *taker) List(list bot.List) {
	if len(list.Items) == 0 {
		return
	}
	t.introduce()
	for i, item := range list.Items {
		t.add(&leaf{
			form:     itemForm,
			texts:    [4]string{item.Title, item.Text},
			item:     bot.ListItem{URL: item.URL, Action: item.Action},
			list:     t.blocks,
			numbered: list.Numbered,
			number:   max(list.Start, 1) + i,
		})
	}
}

// Fields implements bot.Writer.
func (t *taker) Fields(fields bot.Fields) {
	if len(fields) == 0 {
		return
	}
	t.introduce()
	for _, f := range fields {
		t.add(&leaf{form: rowForm, texts: [4]string{f.Name, f.Value}, list: t.blocks})
	}
}

// Quote implements bot.Writer.
func (t *taker) Quote(q bot.Quote) {
	t.introduce()
	t.add(&leaf{form: quoteForm, texts: [4]string{q.Text, q.By}})
}

// Divider implements bot.Writer.
func (t *taker) Divider(bot.Divider) {
	if len(t.leaves) > 0 { // else it divides nothing, and would be a page of its own
		t.add(&leaf{form: dividerForm})
	}
}

func paragraphLeaf(p bot.Paragraph) *leaf {
	l := &leaf{form: paragraphForm, texts: [4]string{p.Text}, strong: p.Strong}
	l.measure()
	return l
}

func sourceLeaf(c bot.Citation) *leaf {
	l := &leaf{form: sourceForm, texts: [4]string{c.Publisher, c.Title, c.URL, c.Note}, date: c.Date}
	l.measure()
	return l
}

// measure cleans the texts of a new leaf and weighs them.
func (l *leaf) measure() {
	l.weight = 1
	for i, text := range l.texts {
		l.texts[i] = trim(strings.ToValidUTF8(text, replacement))
		l.weight += utf8.RuneCountInString(l.texts[i])
	}
}

// trim removes white space around a text, but none that carries a mark.
func trim(s string) string {
	s = strings.TrimRightFunc(s, isSpace)
	for s != "" {
		cluster, rest, _, _ := uniseg.FirstGraphemeClusterInString(s, -1)
		if !isBlank(cluster) {
			break
		}
		s = rest
	}
	return s
}

// builder puts leaves and parts of them together again.
type builder struct {
	bot.Message
	open    int  // the list or the table that the last block is part of
	divided bool // a divider waits for what it divides
}

func (b *builder) add(l *leaf, from, to int) {
	t := l.between(from, to)
	switch l.form {
	case dividerForm:
		b.divided = true
	case noteForm:
		b.Notes = append(b.Notes, t[0])
	case sourceForm:
		b.Sources = append(b.Sources, l.source(from, to))
	case paragraphForm:
		b.block(bot.Paragraph{Text: t[0], Strong: l.strong})
	case quoteForm:
		b.block(bot.Quote{Text: t[0], By: t[1]})
	case itemForm:
		b.item(l, t, from)
	case rowForm:
		b.row(l, t, from)
	}
}

func (b *builder) block(block bot.Block) {
	if b.divided {
		b.Blocks = append(b.Blocks, bot.Divider{})
	}
	b.Blocks = append(b.Blocks, block)
	b.open, b.divided = -1, false
}

func (b *builder) item(l *leaf, t [4]string, from int) {
	if l.inBody(from) {
		b.block(bot.Paragraph{Text: t[1]})
		return
	}
	item := bot.ListItem{Title: t[0], Text: t[1]}
	if from == 0 {
		item.URL, item.Action = l.item.URL, l.item.Action
	}
	if b.open != l.list {
		list := bot.List{Numbered: l.numbered}
		if l.numbered {
			list.Start = l.number
		}
		b.block(list)
		b.open = l.list
	}
	last := &b.Blocks[len(b.Blocks)-1]
	if list, ok := (*last).(bot.List); ok {
		list.Items = append(list.Items, item)
		*last = list
	}
}

func (b *builder) row(l *leaf, t [4]string, from int) {
	if l.inBody(from) {
		b.block(bot.Paragraph{Text: t[1]})
		return
	}
	if b.open != l.list {
		b.block(bot.Fields{})
		b.open = l.list
	}
	last := &b.Blocks[len(b.Blocks)-1]
	if fields, ok := (*last).(bot.Fields); ok {
		*last = append(fields, bot.Field{Name: t[0], Value: t[1]})
	}
}
