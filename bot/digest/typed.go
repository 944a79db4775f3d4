package digest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTyped bounds what is read at all, in bytes: nobody types as much, and
// hostile input stays cheap.
const maxTyped = 400

// typed makes one of the ways to type the same: full width and narrow, capital
// and small, traditional characters of the few words that are read here and
// simplified ones.
func typed(s string) string {
	if len(s) > maxTyped {
		return ""
	}
	simplify := strings.NewReplacer(
		"點", "点", "時", "时", "鐘", "钟", "兩", "两", "週", "周", "禮", "礼", "與", "与", "個", "个", "條", "条",
		"項", "项", "號", "号", "−", "-", "–", "-", "—", "-", "～", "~", "每個", "每", "每个", "每",
	)
	s = strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD")))
	return strings.TrimSpace(simplify.Replace(s))
}

// cutAny cuts the first of the prefixes that s begins with.
func cutAny(s string, prefixes ...string) (rest, found string) {
	for _, p := range prefixes {
		if after, ok := strings.CutPrefix(s, p); ok {
			return after, p
		}
	}
	return s, ""
}

// cutWord cuts a run of Latin letters.
func cutWord(s string) (rest, word string) {
	n := 0
	for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
		n++
	}
	return s[n:], s[:n]
}

// cutSeparators cuts what stands between the members of a list: white space,
// commas, "and". found is false where nothing does.
func cutSeparators(s string) (rest string, found bool) {
	for {
		from := s
		s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;、；，&+", r) })
		s, _ = cutAny(s, "和", "与", "及", "还有", "以及")
		if rest, word := cutWord(s); word == "and" {
			s = rest
		}
		if s == from {
			return s, found
		}
		found = true
	}
}

// cutDigits cuts up to most digits and returns their value; n is how many.
func cutDigits(s string, most int) (rest string, value, n int) {
	for n < len(s) && n < most && s[n] >= '0' && s[n] <= '9' {
		value = value*10 + int(s[n]-'0')
		n++
	}
	return s[n:], value, n
}

// cutNumeral cuts a number below 10,000, in digits or Chinese.
func cutNumeral(s string) (rest string, value int, ok bool) {
	if rest, value, n := cutDigits(s, 4); n > 0 {
		return rest, value, true
	}
	section, digit, last := 0, -1, 10_000
	rest = s
	for rest != "" {
		r, size := utf8.DecodeRuneInString(rest)
		if unit := chineseUnit(r); unit > 0 {
			if unit >= last || digit == 0 || digit < 0 && (unit > 10 || ok && last < 100) {
				return s, 0, false
			}
			section, digit, last = section+max(digit, 1)*unit, -1, unit
		} else if d := chineseDigit(r); d >= 0 {
			if digit > 0 || digit == 0 && d == 0 {
				return s, 0, false
			}
			digit = d
		} else {
			break
		}
		rest, ok = rest[size:], true
	}
	return rest, section + max(digit, 0), ok
}

func chineseDigit(r rune) int {
	switch r {
	case '零', '〇':
		return 0
	case '两':
		return 2
	}
	for i, d := range []rune("一二三四五六七八九") {
		if r == d {
			return i + 1
		}
	}
	return -1
}

func chineseUnit(r rune) int {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	}
	return 0
}
