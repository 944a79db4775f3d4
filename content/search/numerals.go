package search

import "strings"

// largestNumber is what a numeral is read as at most: arithmetic on it cannot
// overflow, and nothing that a briefing counts is larger.
const largestNumber = 10_000_000_000

func isChineseDigit(r rune) bool { return strings.ContainsRune(chineseNumerals, r) }

const chineseNumerals = "〇零一二三四五六七八九十百千万亿两"

// numeral reads an Arabic or Chinese numeral; to is 0 where there is none.
func (s *scanner) numeral(from int) (v, to int) {
	to = from
	for to < len(s.runes) && isDigit(s.runes[to]) && to < from+9 {
		v = v*10 + int(s.runes[to]-'0')
		to++
	}
	if to > from {
		return v, to
	}
	for to < len(s.runes) && isChineseDigit(s.runes[to]) && to < from+12 {
		to++
	}
	if to == from {
		return 0, 0
	}
	return chineseNumber(s.runes[from:to]), to
}

// chineseNumber reads 三十三 as 33 and 二〇二六 as 2026.
func chineseNumber(runes []rune) int {
	positional := true
	for _, r := range runes {
		if strings.ContainsRune("十百千万亿", r) {
			positional = false
		}
	}
	total, section, digit := 0, 0, 0
	for _, r := range runes {
		if d := chineseDigit(r); d >= 0 {
			if positional {
				digit = digit*10 + d
			} else {
				digit = d
			}
			continue
		}
		unit := chineseUnit(r)
		if unit >= 10_000 {
			total = min((total+section+digit)*unit, largestNumber)
			section, digit = 0, 0
			continue
		}
		section += max(digit, 1) * unit
		digit = 0
	}
	return min(total+section+digit, largestNumber)
}

func chineseUnit(r rune) int {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万':
		return 10_000
	}
	return 100_000_000 // 亿
}

func chineseDigit(r rune) int {
	switch r {
	case '〇', '零':
		return 0
	case '一':
		return 1
	case '二', '两':
		return 2
	case '三':
		return 3
	case '四':
		return 4
	case '五':
		return 5
	case '六':
		return 6
	case '七':
		return 7
	case '八':
		return 8
	case '九':
		return 9
	}
	return -1
}

// numberWord is an English word for a number.
type numberWord struct {
	n       int
	ordinal bool
}

// englishNumbers lists the number words; "one" is left out since it mostly
// stands for a thing.
func englishNumbers() map[string]numberWord {
	words := map[string]numberWord{}
	for i, w := range strings.Fields("zero _ two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty") {
		words[w] = numberWord{n: i}
	}
	for i, w := range strings.Fields("_ first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth") {
		words[w] = numberWord{n: i, ordinal: true}
	}
	for i, w := range strings.Fields("thirty forty fifty sixty seventy eighty ninety") {
		words[w] = numberWord{n: 30 + 10*i}
		words[strings.TrimSuffix(w, "y")+"ieth"] = numberWord{n: 30 + 10*i, ordinal: true}
	}
	delete(words, "_")
	return words
}

func englishMonth(word string) (int, bool) {
	switch word {
	case "january", "jan":
		return 1, true
	case "february", "feb":
		return 2, true
	case "march":
		return 3, true
	case "april", "apr":
		return 4, true
	case "may":
		return 5, true
	case "june", "jun":
		return 6, true
	case "july", "jul":
		return 7, true
	case "august", "aug":
		return 8, true
	case "september", "sept", "sep":
		return 9, true
	case "october", "oct":
		return 10, true
	case "november", "nov":
		return 11, true
	case "december", "dec":
		return 12, true
	}
	return 0, false
}
