package search

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// spelling finds the word of the library that a mistyped word stands for.
// Words are found by what is left when one letter is taken out, so that the
// cost does not grow with the vocabulary.
type spelling struct {
	counts   map[string]int
	variants map[string][]string
}

// The shortest words in which typing errors are looked for: in shorter ones
// one letter makes another word.
const (
	minTypoWord      = 5 // a letter more or less
	minWrongLetter   = 6
	minSwappedLetter = 4 // two letters changed places
	minNamePart      = 3 // any of them, behind the word that a name begins with
)

func newSpelling(words map[string]int) spelling {
	s := spelling{counts: words, variants: map[string][]string{}}
	for word := range words {
		if len(word) < minSwappedLetter || !isASCIIWord(word) {
			continue
		}
		for i := range word {
			v := word[:i] + word[i+1:]
			s.variants[v] = append(s.variants[v], word)
		}
		s.variants[word] = append(s.variants[word], word)
	}
	return s
}

// correct returns the commonest word of the library that is one typing error
// away; ok is false for a word that the library knows and where there is
// none.
func (s spelling) correct(word string) (best string, ok bool) {
	if len(word) < minSwappedLetter || !isASCIIWord(word) || s.counts[word] > 0 {
		return "", false
	}
	consider := func(key string) {
		for _, w := range s.variants[key] {
			d := typoKind(word, w)
			shorter := min(len(word), len(w))
			if d == notOneTypo || (d == otherTypo && (max(len(word), len(w)) < minTypoWord || len(word) == len(w) && shorter < minWrongLetter)) {
				continue
			}
			if !ok || s.counts[w] > s.counts[best] || (s.counts[w] == s.counts[best] && w < best) {
				best, ok = w, true
			}
		}
	}
	consider(word)
	for i := range word {
		consider(word[:i] + word[i+1:])
	}
	return best, ok
}

func isASCIIWord(w string) bool {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

type typo uint8

const (
	notOneTypo  typo = iota
	swappedTypo      // two neighbours changed places
	otherTypo        // one letter more, less or different
)

// typoKind tells how a differs from b, where that is by one typing error.
func typoKind(a, b string) typo {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return notOneTypo
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		if a[i:] == b[i+1:] {
			return otherTypo
		}
		return notOneTypo
	}
	switch {
	case i == len(a):
		return notOneTypo
	case a[i+1:] == b[i+1:]:
		return otherTypo
	case i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]:
		return swappedTypo
	}
	return notOneTypo
}

// syllables knows how characters sound, without tones.
type syllables struct {
	known    map[string]bool
	readings []string // of each rune from firstHan to lastHan
}

func newSyllables() syllables {
	s := syllables{known: make(map[string]bool, 512), readings: make([]string, lastHan-firstHan+1)}
	same := map[string]string{} // one text for each syllable
	for r := rune(firstHan); r <= lastHan; r++ {
		v := commonest(r)
		if v == "" {
			continue
		}
		if _, met := same[v]; !met {
			same[v] = v
		}
		s.readings[r-firstHan] = same[v]
		s.known[v] = s.known[v] || (r >= 0x4e00 && r <= 0x9fa5)
	}
	return s
}

// of returns the commonest reading of a character, "" for none.
func (s syllables) of(r rune) string {
	if r < firstHan || r > lastHan {
		return ""
	}
	return s.readings[r-firstHan]
}

func commonest(r rune) string {
	reading, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	if reading == "" {
		return ""
	}
	b := make([]byte, 0, len(reading))
	for _, c := range reading {
		b = append(b, toneless(c))
	}
	return string(b)
}

func toneless(r rune) byte {
	switch r {
	case 'ā', 'á', 'ǎ', 'à':
		return 'a'
	case 'ē', 'é', 'ě', 'è', 'ê', 'ế', 'ề':
		return 'e'
	case 'ī', 'í', 'ǐ', 'ì':
		return 'i'
	case 'ō', 'ó', 'ǒ', 'ò':
		return 'o'
	case 'ū', 'ú', 'ǔ', 'ù':
		return 'u'
	case 'ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ':
		return 'v'
	case 'ń', 'ň', 'ǹ':
		return 'n'
	case 'ḿ':
		return 'm'
	}
	if r < 0x80 {
		return byte(r)
	}
	return '?'
}

// split cuts a word into syllables, as few as possible; nil where it is no
// pinyin or a single syllable.
func (s syllables) split(word string) []string {
	const longest = 6 // "zhuang"
	if len(word) < 4 || len(word) > 60 || !isASCIIWord(word) {
		return nil
	}
	// fewest[i] is how many syllables the first i letters take.
	fewest := make([]int, len(word)+1)
	from := make([]int, len(word)+1)
	for i := 1; i <= len(word); i++ {
		fewest[i] = -1
		for j := max(0, i-longest); j < i; j++ {
			if fewest[j] >= 0 && s.known[word[j:i]] && (fewest[i] < 0 || fewest[j]+1 < fewest[i]) {
				fewest[i], from[i] = fewest[j]+1, j
			}
		}
	}
	if fewest[len(word)] < 2 {
		return nil
	}
	parts := make([]string, fewest[len(word)])
	for i, k := len(word), len(parts)-1; i > 0; i, k = from[i], k-1 {
		parts[k] = word[from[i]:i]
	}
	return parts
}
