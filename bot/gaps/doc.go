// Package gaps keeps what was asked and not answered, and shows it to editors
// as what they may want to write: aliases of entries that were near, or the
// stub of a new one.
//
// What is kept is the question as it was searched for, without long numbers and
// addresses, how often it was asked and on which days. Who asked is not known
// here.
package gaps
