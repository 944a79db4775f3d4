package fit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// kind says what a page break would part, the best place first. What comes
// behind afterLead is broken only where it is larger than a page.
type kind uint8

const (
	atBlock kind = iota
	atLine
	atSentence
	atClause
	atComma
	atSpace
	atCharacter
	afterLead
	inKept
	inName
	inWord
	atMark
	inCharacter
)

// boundary is a place inside a text where it can be broken, in bytes.
type boundary struct {
	off  int
	kind kind
}

// boundaries returns every place where a text can be broken, in order: all
// boundaries between characters as a reader sees them, save those before white
// space, and those between the code points of one character. keep names parts
// that belong together.
//
// https://www.unicode.org/reports/tr29/ says what one character is. Where a
// line may end (https://www.unicode.org/reports/tr14/) is not asked: it breaks
// names and compounds, and not after a Chinese quotation mark.
func boundaries(text string, keep []Span) []boundary {
	held := make([]kind, len(text))
	for _, s := range keep {
		for i := max(s.Start+1, 0); i < min(s.End, len(text)); i++ {
			held[i] = inKept
		}
	}
	var bounds []boundary
	s := scanner{prev: none}
	state := -1
	for off := 0; off < len(text); {
		var cluster string
		cluster, _, _, state = uniseg.FirstGraphemeClusterInString(text[off:], state)
		if isBlank(cluster) {
			s.space(cluster)
			off += len(cluster)
			continue
		}
		r := base(cluster)
		if s.prev != none {
			bounds = append(bounds, boundary{off, max(s.before(r), held[off])})
		}
		for i := range cluster {
			if i > 0 {
				bounds = append(bounds, boundary{off + i, inCharacter})
			}
		}
		s.take(r)
		off += len(cluster)
	}
	return bounds
}

// none stands for the character before the first.
const none = -1

// scanner reads a text character by character and remembers what decides
// whether the text may be broken before the next one.
type scanner struct {
	prev   rune // the last character that is no white space
	gap    bool // white space behind it
	line   bool // with a line break in it
	quoted bool // between straight quotation marks

	mark   kind // what the text was ended by last, with closing marks behind it
	narrow bool // by a mark that ends something only before white space

	// The word that ended last.
	letters int
	capital bool // its first letter that can be one
	small   bool // any letter
	digits  bool // nothing but digits
	first   bool // of its line
}

func (s *scanner) space(cluster string) {
	s.gap = true
	if strings.ContainsAny(cluster, "\n\r\v\f\u0085\u2028\u2029") {
		s.line, s.quoted = true, false
	}
}

// before returns the kind of the break before r.
func (s *scanner) before(r rune) kind {
	switch {
	case closes(r) || r == '"' && s.quoted:
		return atMark
	case opens(s.prev) || s.prev == '"' && s.quoted:
		return atMark
	case s.line:
		return atLine
	case !s.gap && follows(r):
		return atMark
	case s.mark != 0 && s.narrow && !s.gap && !isWide(r):
		return inWord
	case s.mark == atSentence && s.gap && s.prev == '.' && s.abbreviated(r):
		return inName
	case s.mark != 0:
		return s.mark
	case s.gap && s.capital && isWord(s.prev) && unicode.IsUpper(r):
		return inName
	case isDot(s.prev) && !s.gap || isDot(r):
		return inName
	case s.gap:
		return atSpace
	case isNumber(s.prev) && isNumber(r), s.prev == '第' && isNumber(r):
		return inWord
	case unicode.IsDigit(s.prev) && unicode.Is(unicode.Han, r): // 2026年, 33次
		return inWord
	case isWide(s.prev) || isWide(r):
		return atCharacter
	default: // an address too
		return inWord
	}
}

// abbreviated reports whether the full stop belongs to the word before it: an
// initial or a form of address (J. Smith, Mr. Smith), or the number of a point
// (3. Third). The words of a language are not known here, only their shape.
func (s *scanner) abbreviated(next rune) bool {
	if s.digits {
		return s.first && s.letters <= 3
	}
	short := s.letters == 1 || s.letters <= 3 && s.small
	return s.capital && short && unicode.IsUpper(next)
}

func (s *scanner) take(r rune) {
	if isWord(r) {
		if !isWord(s.prev) || s.gap {
			s.letters, s.small, s.digits = 0, false, true
			s.capital = unicode.IsUpper(r)
			s.first = s.prev == none || s.line
		} else if unicode.IsUpper(r) && !unicode.In(s.prev, unicode.Lu, unicode.Ll, unicode.M) {
			s.capital = true // behind digits and letters of another script
		}
		s.letters++
		s.small = s.small || unicode.IsLower(r)
		s.digits = s.digits && unicode.IsDigit(r)
	}
	switch closing := closes(r) || r == '"' && s.quoted; {
	case strings.ContainsRune("。！？!?.．…‥", r):
		s.mark, s.narrow = atSentence, r < utf8.RuneSelf
	case strings.ContainsRune("；：;:", r):
		s.mark, s.narrow = atClause, r < utf8.RuneSelf
	case strings.ContainsRune("，、,", r):
		s.mark, s.narrow = atComma, r < utf8.RuneSelf
	case !closing:
		s.mark = 0
	case isWide(r):
		s.narrow = false
	}
	if r == '"' {
		s.quoted = !s.quoted
	}
	s.prev, s.gap, s.line = r, false, false
}

// base returns the code point that says what a character is.
func base(cluster string) rune {
	for _, r := range cluster {
		if !unicode.Is(unicode.Cf, r) {
			return r
		}
	}
	r, _ := utf8.DecodeRuneInString(cluster)
	return r
}

// isBlank reports whether a character is nothing but white space.
func isBlank(cluster string) bool {
	return strings.IndexFunc(cluster, func(r rune) bool { return !isSpace(r) }) < 0
}

// isSpace reports whether r is white space at which a text may be broken.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' && r != '\u2007'
}

// closes reports whether r ends what stands before it, so that nothing begins
// with it.
func closes(r rune) bool {
	return strings.ContainsRune("。．，、；：！？…‥」』”’）］｝】》〉〕〗〙〛›»"+".,;:!?)]}", r)
}

// opens reports whether r begins what stands behind it.
func opens(r rune) bool {
	return strings.ContainsRune("「『“‘（［｛【《〈〔〖〘〚‹«¿¡＄￥€£¥№＃"+"([{$#@", r)
}

// follows reports whether r belongs to what it stands behind, if there is no
// white space between them.
func follows(r rune) bool {
	return strings.ContainsRune("—―–－-～~／/％%‰°℃℉々ー＋+＆&＝=_'", r)
}

// isDot reports whether r joins the parts of a name.
func isDot(r rune) bool { return strings.ContainsRune("·・‧•･", r) }

// isWide reports whether the text can be broken beside r without white space.
func isWide(r rune) bool {
	if r < '\u0e00' {
		return false
	}
	if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
		return true
	}
	return r >= '\u2000' && !unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Cf)
}

// isWord reports whether r is part of a word that white space ends.
func isWord(r rune) bool {
	return !isWide(r) && unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// isNumber reports whether r is a digit, also of a number in Chinese.
func isNumber(r rune) bool {
	return unicode.IsDigit(r) || strings.ContainsRune("〇零一二三四五六七八九十百千万萬亿億两兩", r)
}

// endsSentence reports whether a text ends with a full stop or the like.
func endsSentence(text string) bool {
	text = strings.TrimRightFunc(text, func(r rune) bool {
		return r == '"' || closes(r) && !strings.ContainsRune("。！？!?.．…‥；：;:，、,", r)
	})
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune("。！？!?.．…‥", r)
}
