package search

import (
	"briefbot/content"
)

// Index finds entries of one library. It is immutable and safe for
// concurrent use.
type Index struct {
	library *content.Library
}

// Build makes the index of a library.
func Build(library *content.Library) *Index {
	return &Index{library: library}
}

// Ask finds the entry that answers a question, or abstains.
func (x *Index) Ask(q Query) Answer {
	return Answer{Status: Unknown, Intent: IntentEntry, Lang: DetectLang(q.Question, q.Lang)}
}

// Search returns the entries that have most to do with the words, at most n,
// the best first, whether or not they answer a question.
func (x *Index) Search(words string, n int) []Suggestion { return nil }

// Complete returns what a question that begins with typed may be about, at
// most n, the best first.
func (x *Index) Complete(typed string, n int) []Suggestion { return nil }

// DetectLang returns the language that a text is written in; hint where the
// text does not tell, English where neither does.
func DetectLang(text string, hint content.Lang) content.Lang { return content.English }
