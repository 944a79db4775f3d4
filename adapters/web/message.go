package web

import (
	"briefbot/bot"
	"briefbot/content"
)

// apiMessage is a message as JSON: plain text throughout, nothing is escaped
// for HTML.
type apiMessage struct {
	Title   string        `json:"title,omitempty"`
	URL     string        `json:"url,omitempty"`
	Blocks  []apiBlock    `json:"blocks"`
	Notes   []string      `json:"notes,omitempty"`
	Sources []apiCitation `json:"sources,omitempty"`
	Actions []apiAction   `json:"actions,omitempty"`
}

// apiBlock is a block; Type says which of the other keys it has.
type apiBlock struct {
	Type     string         `json:"type"` // "paragraph", "list", "fields", "quote" or "divider"
	Text     string         `json:"text,omitempty"`
	Strong   bool           `json:"strong,omitempty"`   // of a paragraph
	Numbered bool           `json:"numbered,omitempty"` // of a list
	Start    int            `json:"start,omitempty"`    // of a numbered list
	Items    []apiBlockItem `json:"items,omitempty"`
	Fields   []apiField     `json:"fields,omitempty"`
	By       string         `json:"by,omitempty"` // of a quote
}

type apiBlockItem struct {
	Title  string     `json:"title,omitempty"`
	Text   string     `json:"text,omitempty"`
	URL    string     `json:"url,omitempty"`
	Action *apiAction `json:"action,omitempty"`
}

type apiField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type apiCitation struct {
	Publisher string       `json:"publisher"`
	Title     string       `json:"title"`
	Date      content.Date `json:"date,omitzero"`
	URL       string       `json:"url,omitempty"`
	Note      string       `json:"note,omitempty"`
}

type apiAction struct {
	Label   string            `json:"label,omitempty"`
	Command string            `json:"command"`
	Args    map[string]string `json:"args,omitempty"`
}

// newAPIMessage writes a message; site stands before the paths of pages.
func newAPIMessage(m bot.Message, site string) apiMessage {
	w := &jsonWriter{site: site, message: apiMessage{
		Title: m.Title, URL: absolute(site, m.URL), Blocks: []apiBlock{}, Notes: m.Notes,
	}}
	m.Write(w)
	for _, c := range m.Sources {
		w.message.Sources = append(w.message.Sources, apiCitation(c))
	}
	for _, a := range m.Actions {
		w.message.Actions = append(w.message.Actions, apiAction(a))
	}
	return w.message
}

// absolute returns s where it can be followed, "" where not.
func absolute(site, s string) string {
	s = followable(s)
	if s != "" && s[0] == '/' {
		return site + s
	}
	return s
}

// jsonWriter is the bot.Writer of the API.
type jsonWriter struct {
	site    string
	message apiMessage
}

func (w *jsonWriter) add(b apiBlock) { w.message.Blocks = append(w.message.Blocks, b) }

// Paragraph implements bot.Writer.
func (w *jsonWriter) Paragraph(p bot.Paragraph) {
	w.add(apiBlock{Type: "paragraph", Text: p.Text, Strong: p.Strong})
}

// List implements bot.Writer.
func (w *jsonWriter) List(l bot.List) {
	b := apiBlock{Type: "list", Numbered: l.Numbered}
	if l.Numbered {
		b.Start = max(l.Start, 1)
	}
	for _, item := range l.Items {
		i := apiBlockItem{Title: item.Title, Text: item.Text, URL: absolute(w.site, item.URL)}
		if item.Action != nil {
			action := apiAction(*item.Action)
			i.Action = &action
		}
		b.Items = append(b.Items, i)
	}
	w.add(b)
}

// Fields implements bot.Writer.
func (w *jsonWriter) Fields(fields bot.Fields) {
	b := apiBlock{Type: "fields"}
	for _, f := range fields {
		b.Fields = append(b.Fields, apiField(f))
	}
	w.add(b)
}

// Quote implements bot.Writer.
func (w *jsonWriter) Quote(q bot.Quote) { w.add(apiBlock{Type: "quote", Text: q.Text, By: q.By}) }

// Divider implements bot.Writer.
func (w *jsonWriter) Divider(bot.Divider) { w.add(apiBlock{Type: "divider"}) }
