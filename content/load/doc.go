// Package load reads briefings from files into a content.Library and reports
// on them as a compiler does: every fault of every file in one run, each with
// its file, line and column.
//
// A file passes small stages, a file of this package each: guard (bytes and
// tokens within bounds), parse (YAML to a tree with positions), decode (tree
// to the model), check (what the model alone cannot say) and, for all files
// together, collide (names that clash), refer (references) and examples.
package load

//go:generate go run ./schema ../briefings/briefing.schema.json
