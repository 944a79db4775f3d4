// Package search understands questions and finds the entry that answers
// them, or abstains. It is deterministic: nothing is generated, no model and
// no network is involved, and time comes in with the question.
//
// A question passes small pure stages, a file each:
//
//   - normalise and atoms make every writing of the same one: case, accents,
//     traditional characters, numerals, dates (numerals, joined);
//   - understand turns the text into a question: the names, words, numbers and
//     dates that an entry has to explain, and which slot or view is asked for
//     (question, chinese, lexicon, glossary, spelling), and how it is put
//     (wording);
//   - retrieve takes the entries that have most in common with the question
//     (postings) and measures how much of it each explains, how like its names
//     it is and how probable by its examples (classify);
//   - constrain lowers or rules out what a specific of the question contradicts
//     (roles, dates);
//   - decide states the best, offers a choice or abstains, by a threshold that
//     is derived from the library (calibrate).
//
// An index is put together by build from what read makes of each entry; lean
// keeps the index of a very large library small.
//
// Beside them stand intent, for questions about a whole briefing, and
// conversation, for those that need the answer before them.
package search
