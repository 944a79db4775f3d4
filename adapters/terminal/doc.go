// Package terminal is the surface of a terminal: it writes messages as text,
// wrapped and in colour where the terminal can, and holds a conversation
// with a prompt, history and completion. In a pipe it reads a question a line
// and writes plain text.
package terminal
