package fit

import (
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	ellipsis    = "…"
	replacement = "\uFFFD" // for bytes that are no UTF-8
)

// Runes counts code points.
func Runes(s string) int { return utf8.RuneCountInString(s) }

// UTF16 counts the code units of UTF-16, as programs in JavaScript and Java
// do: an emoji counts two or more.
func UTF16(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// Cut shortens a label to a limit. What is shortened ends in "…", behind the
// last whole word or Chinese character that leaves at least half of the label,
// else behind any character as a reader sees it. count must not be less for
// more text. What count does not let through in any length becomes "".
func Cut(s string, limit int, count func(string) int) string {
	if count(s) <= limit {
		return s
	}
	if count(ellipsis) > limit {
		return ""
	}
	s = trim(strings.ToValidUTF8(s, replacement))
	bounds := boundaries(head(s, limit, count), nil)
	shorten := func(n int) string {
		for n > 0 {
			end, start := bounds[n-1].off, 0
			for n--; n > 0 && bounds[n-1].kind == inCharacter; n-- { // back to the character before
			}
			if n > 0 {
				start = bounds[n-1].off
			}
			if strings.TrimFunc(s[start:end], trails) != "" {
				return strings.TrimRightFunc(s[:end], isSpace) + ellipsis
			}
		}
		return ellipsis
	}
	most := sort.Search(len(bounds), func(n int) bool { return count(shorten(n+1)) > limit })
	best := 0
	for n := most; n > 0; n-- {
		k := bounds[n-1].kind
		if k <= atCharacter && bounds[n-1].off*2 >= bounds[most-1].off {
			return shorten(n)
		}
		if best == 0 && k < inCharacter {
			best = n
		}
	}
	return shorten(best)
}

// head returns a beginning of s that is surely over the limit, or s.
func head(s string, limit int, count func(string) int) string {
	for size := limit + 1; size < len(s); size *= 2 {
		end := size
		for end < len(s) && !utf8.RuneStart(s[end]) {
			end++
		}
		if count(s[:end]) > limit {
			return s[:end]
		}
	}
	return s
}

// trails reports whether r looks lost before "…".
func trails(r rune) bool {
	return isSpace(r) || opens(r) || strings.ContainsRune("，、；：,;:—–-…", r)
}
