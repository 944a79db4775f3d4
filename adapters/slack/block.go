package slack

import (
	"encoding/json"

	"briefbot/content"
)

// block is a part of a message or a view, of whatever type; unused fields are
// left out.
// https://docs.slack.dev/reference/block-kit/blocks
type block struct {
	Type     string
	ID       string
	Text     *text     // of a header or a section
	Texts    []text    // of a context
	Elements []element // of an actions block
}

// MarshalJSON writes the elements of a context and of an actions block under
// the same key, as Slack has them.
func (b block) MarshalJSON() ([]byte, error) {
	shape := struct {
		Type     string `json:"type"`
		ID       string `json:"block_id,omitempty"`
		Text     *text  `json:"text,omitempty"`
		Elements any    `json:"elements,omitempty"`
	}{Type: b.Type, ID: b.ID, Text: b.Text}
	switch {
	case len(b.Texts) > 0:
		shape.Elements = b.Texts
	case len(b.Elements) > 0:
		shape.Elements = b.Elements
	}
	return marshal(shape)
}

// text is a text object.
// https://docs.slack.dev/reference/block-kit/composition-objects/text-object
type text struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji,omitempty"`    // of a plain text: whether ":name:" becomes one
	Verbatim bool   `json:"verbatim,omitempty"` // of mrkdwn: addresses and names in it stay text
}

func mrkdwn(s string) *text { return &text{Type: "mrkdwn", Text: s, Verbatim: true} }

func plain(s string) *text {
	emoji := false
	return &text{Type: "plain_text", Text: s, Emoji: &emoji}
}

// element is what can be used.
// https://docs.slack.dev/reference/block-kit/block-elements
type element struct {
	Type          string   `json:"type"`
	ActionID      string   `json:"action_id,omitempty"`
	Text          *text    `json:"text,omitempty"`  // of a button
	Value         string   `json:"value,omitempty"` // of a button
	URL           string   `json:"url,omitempty"`   // of a button that is a link
	Style         string   `json:"style,omitempty"` // of a button
	ReadOut       string   `json:"accessibility_label,omitempty"`
	Placeholder   *text    `json:"placeholder,omitempty"`    // of a menu
	Options       []option `json:"options,omitempty"`        // of a static menu
	InitialOption *option  `json:"initial_option,omitempty"` // of a static menu
	MinQuery      *int     `json:"min_query_length,omitempty"`
}

type option struct {
	Text        *text  `json:"text"`
	Value       string `json:"value"`
	Description *text  `json:"description,omitempty"`
}

// The types of blocks.
const (
	typeHeader  = "header"
	typeSection = "section"
	typeContext = "context"
	typeActions = "actions"
	typeDivider = "divider"
)

// The types of elements.
const (
	typeButton         = "button"
	typeStaticSelect   = "static_select"
	typeExternalSelect = "external_select"
)

// outgoing is a message that is ready to go: its blocks, and the text that
// notifications and screen readers use.
type outgoing struct {
	text   string
	blocks []block
	lang   content.Lang
}

// marshal writes JSON as it is counted: without escapes for HTML.
func marshal(v any) ([]byte, error) {
	b := encoding{}
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b, err
}

type encoding []byte

func (e *encoding) Write(p []byte) (int, error) {
	*e = append(*e, p...)
	return len(p), nil
}

// size returns how many characters the texts of blocks have in all.
func size(blocks []block) int {
	n := 0
	add := func(t *text) {
		if t != nil {
			n += count(t.Text)
		}
	}
	for _, b := range blocks {
		add(b.Text)
		for i := range b.Texts {
			add(&b.Texts[i])
		}
		for _, e := range b.Elements {
			add(e.Text)
			add(e.Placeholder)
			for _, o := range e.Options {
				add(o.Text)
				add(o.Description)
			}
		}
	}
	return n
}
