package load

import (
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"
)

// longestMatch is how many bytes of a text a match may have: more than any
// number or date in words.
const longestMatch = 128

// matches yields what an anchored pattern finds in s, as
// regexp.FindStringSubmatchIndex returns it. The pattern is tried where begins
// says so, for one of many words tried at every character takes most of the
// time of loading.
func matches(p *regexp.Regexp, s string, begins func(before, rest string) bool) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for i := 0; i < len(s); {
			_, size := utf8.DecodeRuneInString(s[i:])
			if begins(s[:i], s[i:]) {
				if m := p.FindStringSubmatchIndex(s[i:min(len(s), i+longestMatch)]); m != nil && m[1] > 0 {
					for j := range m {
						if m[j] >= 0 {
							m[j] += i
						}
					}
					if !yield(m) {
						return
					}
					i = m[1]
					continue
				}
			}
			i += size
		}
	}
}

// word returns the word of ASCII letters that begins at rest, in lower case; ""
// inside a word and where there is none.
func word(before, rest string) string {
	if before != "" && letter(before[len(before)-1]) {
		return ""
	}
	n := 0
	for n < len(rest) && letter(rest[n]) {
		n++
	}
	return strings.ToLower(rest[:n])
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func digit(c byte) bool { return '0' <= c && c <= '9' }

// beginsDigits reports whether a run of digits begins at rest.
func beginsDigits(before, rest string) bool {
	return digit(rest[0]) && (before == "" || !digit(before[len(before)-1]))
}
