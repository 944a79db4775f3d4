package main

import (
	"strconv"
	"strings"

	"briefbot/content/spelling"
)

// didYouMean returns "; did you mean …?" with the known name that is the
// nearest to word, "" where none is near.
func didYouMean(word string, known []string) string {
	if name := nearest(word, known); name != "" {
		return "; did you mean " + name + "?"
	}
	return "; the keys are listed in config.example.yaml and by \"briefbot config\""
}

// nearest returns the known name that takes the fewest changes of one
// character, "" where that is more than a third of it.
func nearest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, name := range known {
		// The last part alone counts too: who writes "ratelimit" means
		// web.rate_limit.
		tail := name[strings.LastIndexByte(name, '.')+1:]
		d := min(spelling.Distance(word, name, least+1), spelling.Distance(word, tail, least+1)+1)
		if d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// quoteKey quotes a key that does not look like one.
func quoteKey(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > 0x7e }) || len(key) > 100 {
		return strconv.Quote(key)
	}
	return key
}
