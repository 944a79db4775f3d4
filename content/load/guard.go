package load

import (
	"bytes"
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
	maxMarks      = 100_000 // brackets, commas, colons and the like of one file: the parser keeps up to 1 KB for each
	maxBlankLines = 100     // in a row: the parser copies a text whole for each blank line at its end
	maxDepth      = 32      // nested flow collections; the format nests six deep
	maxIndent     = 128     // columns of indentation; the parser recurses at each step of it
	maxKeys       = 500     // of one mapping; the parser recurses from key to key
	maxTags       = 1_000   // anchors, aliases and tags of one file; the parser recurses at runs of them
	maxAliasNodes = 10_000  // values that aliases of one file stand for, all together
	maxAliasBytes = maxFileBytes
)

// position is a place in a file, from 1.
type position struct{ line, column int }

// badText reports the first character that no text of a briefing needs and
// that could hide what a file says: invalid UTF-8, controls of writing
// direction and other control characters. A tab, a line break of Unix or
// Windows and a byte order mark at the beginning are well.
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
		case r == '\uFEFF', r == '\u2028', r == '\u2029', unicode.IsControl(r) && r != '\n' && r != '\t' && !bytes.HasPrefix(data[i:], []byte("\r\n")):
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

// tooMuch reports the place from which a file would cost the parser more
// memory or time than its size tells.
func tooMuch(data []byte) (at position, message string) {
	marks, blank, number := 0, 0, 0
	for line := range bytes.Lines(data) {
		number++
		if blank++; len(bytes.TrimSpace(line)) > 0 {
			blank = 0
		}
		if blank > maxBlankLines {
			return position{number, 1}, fmt.Sprintf("more than %d blank lines in a row: delete them", maxBlankLines)
		}
		for i, c := range line {
			if bytes.IndexByte([]byte("[]{},:-?&*!|>#\"'%@`\r"), c) < 0 {
				continue
			}
			if marks++; marks > maxMarks {
				return position{number, utf8.RuneCount(line[:i]) + 1}, fmt.Sprintf("more than %d brackets, commas, colons and other marks in one file: split the briefing", maxMarks)
			}
		}
	}
	return position{}, ""
}

// badTokens reports the first token that would have the parser recurse too
// deep.
func badTokens(tokens token.Tokens) (at position, message string) {
	depth, tags := 0, 0
	var keys [maxIndent + 2]int // of the mappings that are open, by column; the last for all columns beyond
	for _, t := range tokens {
		here, column := position{t.Position.Line, t.Position.Column}, 0
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			clear(keys[:])
			if depth++; depth > maxDepth {
				return here, fmt.Sprintf("brackets nested more than %d deep", maxDepth)
			}
		case token.MappingEndType, token.SequenceEndType:
			clear(keys[:])
			depth = max(0, depth-1)
		case token.CollectEntryType:
			clear(keys[:])
		case token.AnchorType, token.AliasType, token.TagType:
			if tags++; tags > maxTags {
				return here, fmt.Sprintf("more than %d anchors, aliases and tags in one file", maxTags)
			}
		case token.SequenceEntryType:
			column = here.column
			clear(keys[min(column, maxIndent)+1:])
		case token.MappingKeyType, token.MappingValueType:
			column = here.column
			if t.Type == token.MappingValueType && t.Prev != nil && t.Prev.Position.Line == here.line {
				column = t.Prev.Position.Column
			}
			bounded := min(column, maxIndent+1)
			clear(keys[bounded+1:]) // the mappings that this key closes
			if keys[bounded]++; keys[bounded] > maxKeys {
				return here, fmt.Sprintf("more than %d keys in one mapping", maxKeys)
			}
		}
		if column > maxIndent && (depth == 0 || t.Type != token.MappingValueType) {
			return here, fmt.Sprintf("indented more than %d columns", maxIndent)
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
