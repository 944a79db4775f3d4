// Package digest holds subscriptions, their occurrences and what a digest
// says. It is pure: time, zones' names and content come in, nothing is sent
// and nothing is stored.
package digest
