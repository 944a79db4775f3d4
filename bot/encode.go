package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Blocks are the parts of a message in their order. Messages are kept in
// databases as JSON, each block as an object with one key that names its kind:
// {"paragraph":{"text":"…"}}. Keys are never renamed.
type Blocks []Block

// encodedBlock holds one block under the key of its kind.
type encodedBlock struct {
	Paragraph *Paragraph `json:"paragraph,omitempty"`
	List      *List      `json:"list,omitempty"`
	Fields    *Fields    `json:"fields,omitempty"`
	Quote     *Quote     `json:"quote,omitempty"`
	Divider   *Divider   `json:"divider,omitempty"`
}

// blockEncoder is a Writer, so that a new kind of block cannot be forgotten.
type blockEncoder []encodedBlock

func (w *blockEncoder) Paragraph(b Paragraph) { *w = append(*w, encodedBlock{Paragraph: &b}) }
func (w *blockEncoder) List(b List)           { *w = append(*w, encodedBlock{List: &b}) }
func (w *blockEncoder) Quote(b Quote)         { *w = append(*w, encodedBlock{Quote: &b}) }
func (w *blockEncoder) Divider(b Divider)     { *w = append(*w, encodedBlock{Divider: &b}) }

func (w *blockEncoder) Fields(b Fields) {
	if b == nil {
		b = Fields{} // null would be no kind at all
	}
	*w = append(*w, encodedBlock{Fields: &b})
}

// MarshalJSON implements json.Marshaler.
func (b Blocks) MarshalJSON() ([]byte, error) {
	w := blockEncoder{}
	Message{Blocks: b}.Write(&w)
	return json.Marshal([]encodedBlock(w))
}

// UnmarshalJSON implements json.Unmarshaler. A kind of block that this version
// does not know is an error: a message is never shown with parts missing.
func (b *Blocks) UnmarshalJSON(text []byte) error {
	var encoded []json.RawMessage
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	var blocks Blocks
	for _, raw := range encoded {
		block, err := decodeBlock(raw)
		if err != nil {
			return err
		}
		blocks = append(blocks, block)
	}
	*b = blocks
	return nil
}

var errBlock = errors.New("a block has exactly one kind")

func decodeBlock(raw json.RawMessage) (Block, error) {
	var e encodedBlock
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("reading a block: %w", err)
	}
	var found []Block
	if e.Paragraph != nil {
		found = append(found, *e.Paragraph)
	}
	if e.List != nil {
		found = append(found, *e.List)
	}
	if e.Fields != nil {
		found = append(found, *e.Fields)
	}
	if e.Quote != nil {
		found = append(found, *e.Quote)
	}
	if e.Divider != nil {
		found = append(found, *e.Divider)
	}
	if len(found) != 1 {
		return nil, errBlock
	}
	return found[0], nil
}
