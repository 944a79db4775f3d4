package search

import (
	"strconv"

	"github.com/kljensen/snowball/english"
)

// Features are known by the hash of what they are: 64 bits, so that two of a
// library being taken for one is less likely than a fault of the machine.

// hashed is the FNV-1a hash of a text of a kind.
func hashed(kind byte, text string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (uint64(offset) ^ uint64(kind)) * prime
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}

// hashedPair mixes two hashes into that of a pair of a kind.
func hashedPair(kind byte, a, b uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := (a ^ uint64(kind)*odd) * odd
	h ^= h >> 29
	h = (h ^ b) * odd
	return h ^ h>>32
}

func charKey(char string) uint64 { return hashed('u', char) }

func pairKey(first, second string) uint64 {
	return hashedPair('b', charKey(first), charKey(second))
}

// wordKey is the key of a word by its stem.
func wordKey(stem string) uint64 { return hashed('w', stem) }

// atomKey is the key of a number, a date or a code.
func atomKey(text string) uint64 { return hashed('a', text) }

func digitKey(v int) uint64 { return atomKey("#" + strconv.Itoa(v)) }

func groupKey(group int32) uint64 { return hashedPair('s', uint64(group), 0) }

func countKey(n int, noun uint64) uint64 { return hashedPair('n', uint64(n), noun) }

// labelKey is the key of a number behind a word: "room 204"; with anyNumber that
// of the word having one behind it.
func labelKey(word string, n int) uint64 { return hashedPair('l', wordKey(word), uint64(n)) }

const anyNumber = -1

func conceptKey(concept int32) uint64 { return hashedPair('c', uint64(concept), 0) }

func soundKey(first, second string) uint64 {
	return hashedPair('p', hashed('p', first), hashed('p', second))
}

func stem(word string) string {
	if len(word) < 3 || word[0] >= 0x80 || isDigit(rune(word[0])) {
		return word
	}
	return english.Stem(word, false)
}
