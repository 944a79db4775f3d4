package load

import (
	"strings"
	"sync"

	"github.com/longbridgeapp/opencc"

	"briefbot/content"
)

// Converter writes simplified Chinese in traditional characters. The zero
// Converter is ready; it reads its tables (about 20 ms, 8 MB) when the first
// text is converted and keeps them, so keep one for the life of the process.
// It is safe for concurrent use.
//
// It converts as OpenCC's s2tw does: phrase by phrase, so that 发展 and 头发
// become 發展 and 頭髮, in the standard forms of characters (裡, 為, 著),
// without exchanging words: an editor's 信息 stays 信息 where s2twp would have
// it 資訊. Quotation marks become 「」, which all who write traditional
// characters use.
type Converter struct {
	once  sync.Once
	table *opencc.OpenCC
	err   error

	mu   sync.Mutex
	done map[string]string // the texts of the last load and what they became
	next map[string]string
}

// open reads the tables, where that has not been done.
func (c *Converter) open() {
	c.once.Do(func() { c.table, c.err = opencc.New("s2tw") })
}

// Traditional returns s in traditional characters.
func (c *Converter) Traditional(s string) (string, error) {
	c.open()
	if c.err != nil {
		return "", c.err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out, known := c.done[s]
	if !known {
		var err error
		if out, err = c.table.Convert(s); err != nil {
			return "", err
		}
		// OpenCC reads 合作伙伴 as 合 + 作伙 + 伴 and leaves 伙, which before 伴
		// is always 夥.
		out = strings.NewReplacer("“", "「", "”", "」", "伙伴", "夥伴").Replace(out)
	}
	if c.next == nil {
		c.next = map[string]string{}
	}
	c.next[s] = out
	return out, nil
}

// keep forgets all texts but those converted since the last call, so that a
// reload converts what changed and memory does not grow with every edit.
func (c *Converter) keep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done, c.next = c.next, nil
}

// fill gives every text of a briefing that has no zh-Hant its conversion.
func (c *Converter) fill(b *content.Briefing) error {
	var first error
	eachText(b, nil, func(_ role, _ *node, t content.Text) content.Text {
		if t.Hant == "" && t.Hans != "" {
			hant, err := c.Traditional(t.Hans)
			if err != nil && first == nil {
				first = err
			}
			t.Hant = hant
		}
		return t
	})
	return first
}
