package search

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/longbridgeapp/opencc"
	"golang.org/x/text/unicode/norm"

	"briefbot/content"
)

// maxQuestion bounds what is read of a question, in runes: far more than
// people write, little enough that its cost stays small.
const maxQuestion = 500

// normaliser makes spellings one: NFKC, case, accents, traditional and
// simplified characters. It is immutable,
// apart from one that is remembering.
type normaliser struct {
	simplified map[rune]rune // of each traditional character that differs
	fromTrad   map[rune]bool // characters that only arise by simplification
	numbers    map[string]numberWord
	stems      map[string]string // of words met before; nil but in one that reads a library
	folded     *folded           // likewise: room for the text being read
	characters []string          // of each rune from firstHan to lastHan, as a text: reading allocates none
}

// The common Chinese characters: extension A and the basic block.
const (
	firstHan   = 0x3400
	firstBasic = 0x4e00
	lastHan    = 0x9fff
)

// character returns a rune as a text.
func (n *normaliser) character(r rune) string {
	if r >= firstHan && r <= lastHan {
		return n.characters[r-firstHan]
	}
	return string(r)
}

// folded is room for a folded text.
type folded struct {
	runes []rune
	upper []bool
}

// remembering returns a normaliser that keeps the stems of words, for a reader
// of many texts: a library repeats its words. It is for one goroutine.
func (n *normaliser) remembering() *normaliser {
	m := *n
	m.stems, m.folded = map[string]string{}, &folded{}
	return &m
}

// stem returns the stem of a word.
func (n *normaliser) stem(word string) string {
	if n.stems == nil {
		return stem(word)
	}
	s, met := n.stems[word]
	if !met {
		s = stem(word)
		n.stems[word] = s
	}
	return s
}

// characterTexts cuts one long text into those of each rune.
func characterTexts() []string {
	const size = 3 // bytes of each in UTF-8
	all := make([]byte, 0, (lastHan-firstHan+1)*size)
	for r := rune(firstHan); r <= lastHan; r++ {
		all = utf8.AppendRune(all, r)
	}
	texts, text := make([]string, lastHan-firstHan+1), string(all)
	for i := range texts {
		texts[i] = text[i*size : (i+1)*size]
	}
	return texts
}

// newNormaliser reads OpenCC's character table. The table is for single
// characters: what a phrase would change does not matter for finding.
func newNormaliser() (*normaliser, error) {
	cc, err := opencc.New("t2s")
	if err != nil {
		return nil, fmt.Errorf("reading the table of traditional characters: %w", err)
	}
	n := &normaliser{simplified: make(map[rune]rune, 4096), fromTrad: make(map[rune]bool, 4096), numbers: englishNumbers(), characters: characterTexts()}
	for r := rune(firstHan); r <= lastHan; r++ {
		for _, group := range cc.DictChains {
			for _, dict := range group.Dicts {
				// A dictionary of phrases holds no single characters.
				matches, err := dict.PrefixMatch(string(r))
				if err != nil {
					continue
				}
				for _, to := range matches[string(r)] {
					s, _ := utf8.DecodeRuneInString(to)
					if s != r {
						n.simplified[r] = s
						n.fromTrad[s] = true
					}
					break
				}
			}
		}
	}
	for r := range n.simplified {
		delete(n.fromTrad, r)
	}
	return n, nil
}

// fold returns the text in the one spelling that is searched, with a flag for
// each rune that was an upper-case letter. One that is remembering gives them
// until its next text.
func (n *normaliser) fold(text string) (runes []rune, upper []bool) {
	if n.folded == nil {
		runes, upper = make([]rune, 0, len(text)), make([]bool, 0, len(text))
	} else {
		runes, upper = n.folded.runes[:0], n.folded.upper[:0]
	}
	for _, r := range norm.NFKC.String(strings.ToValidUTF8(text, " ")) {
		if r >= 0x300 && r <= 0x36f {
			continue // an accent that has no letter of its own
		}
		up := unicode.IsUpper(r)
		r = unicode.ToLower(r)
		if r >= 0x80 {
			if s, ok := n.simplified[r]; ok {
				r = s
			} else {
				r = plainLetter(r)
			}
		}
		runes = append(runes, r)
		upper = append(upper, up)
	}
	if n.folded != nil {
		n.folded.runes, n.folded.upper = runes, upper
	}
	return runes, upper
}

// plainLetter takes the accent off a Latin letter.
func plainLetter(r rune) rune {
	switch r {
	case '’', '‘', 'ʼ', '`', '´':
		return '\''
	case 'ü':
		return 'u'
	}
	if r < 0xc0 || r > 0x24f {
		return r
	}
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	if base < 0x80 {
		return base
	}
	return r
}

// detectLang returns the language that a text is written in; hint where the
// text does not tell, English where neither does.
func (n *normaliser) detectLang(text string, hint content.Lang) content.Lang {
	var han, latin, traditional, simplified int
	for _, r := range text {
		switch {
		case isHan(r):
			han++
			if _, ok := n.simplified[r]; ok {
				traditional++
			} else if n.fromTrad[r] {
				simplified++
			}
		case unicode.IsLetter(r):
			latin++
		}
	}
	switch {
	case han == 0 && latin == 0:
		if hint.Valid() {
			return hint
		}
		return content.English
	case han == 0:
		if hint.Valid() && !tellsEnglish(text) {
			return hint
		}
		return content.English
	case traditional > simplified:
		return content.Hant
	case simplified > 0 || !hint.Chinese():
		return content.Hans
	}
	return hint
}

// tellsEnglish reports whether Latin letters are more than a name or an
// abbreviation, which people of any language write: two words in lower case.
func tellsEnglish(text string) bool {
	words := 0
	for w := range strings.FieldsSeq(text) {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsLower(r) && utf8.RuneCountInString(w) > 1 {
			words++
		}
	}
	return words >= 2
}

func isHan(r rune) bool {
	return r >= firstHan && (r >= firstBasic && r <= lastHan || unicode.Is(unicode.Han, r))
}
