// Package gaps keeps what was asked and not answered, and what readers thought
// of answers, and shows it to editors: questions as what they may want to write,
// aliases of entries that were near or the stub of a new one, and votes by the
// entry.
//
// What is kept is the question as it was searched for, without long numbers and
// addresses, how often it was asked and on which days. Who asked or voted is not
// known here. It is kept in a store or, without one, in a file.
package gaps
