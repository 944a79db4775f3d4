package fit

import (
	"slices"
	"strings"
	"unicode/utf8"

	"briefbot/content"
)

// Names returns where the names of the library's glossary stand in a text, in
// their order, for Options.Keep.
func Names(library *content.Library, text string) []Span {
	var spans []Span
	for _, b := range library.Briefings() {
		for _, term := range b.Glossary {
			for _, name := range append([]string{term.Name.Hans, term.Name.Hant, term.Name.English}, term.Aliases...) {
				spans = append(spans, occurrences(text, name)...)
			}
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	return spans
}

func occurrences(text, name string) []Span {
	if utf8.RuneCountInString(name) < 2 {
		return nil // it cannot be broken
	}
	var spans []Span
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return spans
		}
		spans = append(spans, Span{Start: from + i, End: from + i + len(name)})
		from += i + len(name)
	}
}
