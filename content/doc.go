// Package content is the model of what editors keep: briefings, their entries
// and the library that holds all of them as one immutable snapshot.
//
// The package needs the standard library alone and knows neither files (see
// load) nor questions (see search).
package content
