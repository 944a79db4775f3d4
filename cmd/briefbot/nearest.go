package main

import (
	"strconv"
	"strings"
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
		d := min(distance(word, name), distance(word, tail)+1)
		if d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// distance counts the characters to insert, delete, replace or swap with
// their neighbour to make b of a.
func distance(a, b string) int {
	before, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}

// quoteKey quotes a key that does not look like one.
func quoteKey(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > 0x7e }) || len(key) > 100 {
		return strconv.Quote(key)
	}
	return key
}
