// Package eval measures answers against questions whose right answers are
// known. What counts as right is decided by the text that a user reads, not
// by how it was found.
package eval
