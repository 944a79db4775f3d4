package bot

import "briefbot/content"

// Message is the platform-neutral document that every command returns. All
// of its strings are plain text in one language: a renderer escapes them.
type Message struct {
	Title   string     `json:"title,omitempty"` // empty for a message without a heading
	URL     string     `json:"url,omitempty"`   // path or address of a page that shows the same, may be empty
	Blocks  Blocks     `json:"blocks,omitempty"`
	Sources []Citation `json:"sources,omitempty"`
	Notes   []string   `json:"notes,omitempty"` // small print: as-of date, state of an event, provenance
	Actions []Action   `json:"actions,omitempty"`
}

// Block is one part of a message: Paragraph, List, Fields, Quote or Divider.
// The interface is sealed: a new kind of block is a new method of Writer, so
// that every renderer has to learn it before anything compiles.
type Block interface{ write(w Writer) }

// Writer renders blocks.
type Writer interface {
	Paragraph(Paragraph)
	List(List)
	Fields(Fields)
	Quote(Quote)
	Divider(Divider)
}

// Paragraph is running text. Strong marks what answers the question, at most
// one paragraph a message.
type Paragraph struct {
	Text   string `json:"text"`
	Strong bool   `json:"strong,omitempty"`
}

// List is a list of points.
type List struct {
	Numbered bool       `json:"numbered,omitempty"`
	Start    int        `json:"start,omitempty"` // the number of the first item of a numbered list; 0 means 1
	Items    []ListItem `json:"items,omitempty"`
}

// ListItem is one point: a title, a text or both, and what it leads to.
type ListItem struct {
	Title  string  `json:"title,omitempty"`
	Text   string  `json:"text,omitempty"`
	URL    string  `json:"url,omitempty"`    // may be empty
	Action *Action `json:"action,omitempty"` // what choosing the item does, nil for nothing
}

// Fields is a table of names and values.
type Fields []Field

// Field is one row of Fields.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Quote is text in somebody else's words.
type Quote struct {
	Text string `json:"text"`
	By   string `json:"by,omitempty"`
}

// Divider separates parts of a message.
type Divider struct{}

func (b Paragraph) write(w Writer) { w.Paragraph(b) }
func (b List) write(w Writer)      { w.List(b) }
func (b Fields) write(w Writer)    { w.Fields(b) }
func (b Quote) write(w Writer)     { w.Quote(b) }
func (b Divider) write(w Writer)   { w.Divider(b) }

// Write hands the message's blocks to w in their order.
func (m Message) Write(w Writer) {
	for _, b := range m.Blocks {
		b.write(w)
	}
}

// Citation is a source as it is shown under an answer.
type Citation struct {
	Publisher string       `json:"publisher"`
	Title     string       `json:"title,omitempty"`
	Date      content.Date `json:"date,omitzero"`
	URL       string       `json:"url,omitempty"`  // empty where the source has none
	Note      string       `json:"note,omitempty"` // what the source stands for, may be empty
}
