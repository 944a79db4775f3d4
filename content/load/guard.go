package load

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// Limits that keep one folder, however it came about, from exhausting the
// memory or the time of the process that reads it.
const (
	maxFileBytes  = 1 << 20  // a briefing of a hundred long entries takes about 200 KB
	maxTotalBytes = 64 << 20 // all files of one library
	maxFiles      = 10_000
	maxTokens     = 200_000 // of one file: the parser needs about 500 bytes a token
	maxDepth      = 32      // nested flow collections; the format nests six deep
	maxIndent     = 128     // columns of indentation; the parser recurses at each step of it
	maxTags       = 1_000   // anchors and tags of one file; the parser recurses at runs of them
	maxAliasNodes = 10_000  // values that aliases of one file stand for, all together
	maxAliasBytes = maxFileBytes
)

// position is a place in a file, from 1.
type position struct{ line, column int }

// badText reports the first character that no text of a briefing needs and
// that could hide what a file says: invalid UTF-8, controls of writing
// direction and other control characters. A tab, a line break and a byte order
// mark at the beginning are well.
func badText(data []byte) (at position, message string) {
	at = position{1, 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return at, fmt.Sprintf("invalid UTF-8 (byte 0x%02X): save the file as UTF-8", data[i])
		case bidirectional(r):
			return at, fmt.Sprintf("bidirectional control character U+%04X: delete it, it can hide what the text says", r)
		case r == '\uFEFF' && i == 0:
			i += size
			continue
		case r == '\uFEFF', r == '\u2028', r == '\u2029', unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t':
			return at, fmt.Sprintf("control character U+%04X: delete it", r)
		}
		i += size
		if at.column++; r == '\n' {
			at = position{at.line + 1, 1}
		}
	}
	return position{}, ""
}

// bidirectional reports whether r steers the direction of writing.
func bidirectional(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

// badTokens reports the first token that would have the parser recurse too
// deep or work too long.
func badTokens(tokens token.Tokens) (at position, message string) {
	depth, tags := 0, 0
	for i, t := range tokens {
		here := position{t.Position.Line, t.Position.Column}
		if i >= maxTokens {
			return here, fmt.Sprintf("more than %d values and marks in one file: split the briefing", maxTokens)
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			if depth++; depth > maxDepth {
				return here, fmt.Sprintf("brackets nested more than %d deep", maxDepth)
			}
		case token.MappingEndType, token.SequenceEndType:
			depth = max(0, depth-1)
		case token.AnchorType, token.TagType:
			if tags++; tags > maxTags {
				return here, fmt.Sprintf("more than %d anchors and tags in one file", maxTags)
			}
		case token.SequenceEntryType, token.MappingKeyType:
			if depth == 0 && t.Position.Column > maxIndent {
				return here, fmt.Sprintf("indented more than %d columns", maxIndent)
			}
		case token.MappingValueType:
			if depth == 0 && t.Prev != nil && t.Prev.Position.Line == t.Position.Line && t.Prev.Position.Column > maxIndent {
				return here, fmt.Sprintf("indented more than %d columns", maxIndent)
			}
		}
	}
	return position{}, ""
}

// schemaLine is how the first line of a file names the schema, so that
// editors complete keys and mark mistakes.
const schemaLine = "# yaml-language-server: $schema="

// namesSchema reports whether the first line names the schema.
func namesSchema(data []byte) bool {
	line, _, _ := strings.Cut(strings.TrimPrefix(string(data[:min(len(data), 1024)]), "\uFEFF"), "\n")
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, schemaLine) && strings.HasSuffix(line, "briefing.schema.json")
}
