// Package search understands questions and finds the entry that answers
// them, or abstains. It is deterministic: nothing is generated, no model and
// no network is involved, and time comes in with the question.
//
// A question passes small pure stages, a file each: normalise, understand,
// retrieve, constrain, decide.
package search
