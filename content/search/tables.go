package search

import "sync"

// tables are what is known of the languages: spellings, phrases, sounds. They
// are the same for every library and never change.
type tables struct {
	norm      *normaliser
	lexicon   *lexicon
	syllables syllables
}

// languageTables reads the tables on first use: some 30 ms that every index
// of a process shares.
var languageTables = sync.OnceValue(func() *tables { //nolint:gochecknoglobals // immutable, like a compiled regexp
	norm, err := newNormaliser()
	if err != nil {
		panic(err) // the tables are part of the program: a broken one is found by its first test
	}
	lex, err := newLexicon(norm)
	if err != nil {
		panic(err)
	}
	return &tables{norm: norm, lexicon: lex, syllables: newSyllables()}
})

// Prepare reads the tables ahead of the first Build, for a start that has
// something else to wait for meanwhile.
func Prepare() { languageTables() }
