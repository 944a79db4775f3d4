// Package bottest holds what tests of surfaces and stores share: a small
// library of content, a message with every kind of block, and the suites
// that every implementation of a port has to pass.
package bottest
