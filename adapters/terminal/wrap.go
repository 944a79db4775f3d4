package terminal

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// clean makes text of content safe to print: what could move the cursor,
// change colours or reorder a line is dropped. Line breaks stay, tabs become
// spaces.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// wrap breaks cleaned text into lines of at most width columns where Unicode
// allows a break: between Chinese characters but not before their
// punctuation, between words elsewhere, never inside a web address. What has
// no break in it stays whole. width 0 breaks at line breaks only.
func wrap(s string, width int) []string {
	if width <= 0 {
		return strings.Split(s, "\n")
	}
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine(paragraph, width)...)
	}
	return lines
}

func wrapLine(s string, width int) []string {
	var lines []string
	var line strings.Builder
	taken := 0 // columns of line, spaces at its end included
	for s != "" {
		var piece string
		var columns int
		piece, columns, s = segment(s)
		visible := columns - trailingSpaces(piece)
		if taken > 0 && taken+visible > width {
			lines = append(lines, strings.TrimRight(line.String(), " "))
			line.Reset()
			taken = 0
		}
		line.WriteString(piece)
		taken += columns
	}
	return append(lines, strings.TrimRight(line.String(), " "))
}

// segment cuts off what must stay on one line, with the spaces behind it.
func segment(s string) (piece string, columns int, rest string) {
	state := -1
	rest = s
	address := -1 // bytes up to which a web address goes
	for rest != "" {
		if n := addressLen(rest); n > 0 {
			address = len(s) - len(rest) + n
		}
		var boundaries int
		_, rest, boundaries, state = uniseg.StepString(rest, state)
		columns += boundaries >> uniseg.ShiftWidth
		at := len(s) - len(rest)
		if at >= address && boundaries&uniseg.MaskLine != uniseg.LineDontBreak {
			return s[:at], columns, rest
		}
	}
	return s, columns, ""
}

// addressLen returns how many bytes at the beginning of s are a web address.
func addressLen(s string) int {
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return 0
	}
	n := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII })
	if n < 0 {
		return len(s)
	}
	return n
}

func trailingSpaces(s string) int { return len(s) - len(strings.TrimRight(s, " ")) }
