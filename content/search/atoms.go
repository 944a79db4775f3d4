package search

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// atomKind says what an atom is.
type atomKind uint8

const (
	atomWord    atomKind = iota // a word of an alphabet
	atomHan                     // one Chinese character
	atomNumber                  // a count: 4, four, 四点
	atomOrdinal                 // 33rd, third, 第三十三次; negative counts from the end
	atomYear
	atomMonth
	atomDay
	atomCode // an identifier with a digit: F6, G20, 4.2, OKP-2033-0007
)

// atom is the smallest unit of text that search knows. Numerals of any
// writing have become one.
type atom struct {
	text    string // what equal atoms share: a folded word, a character, "#4", "#4th", "y2026", "m11", "d1"
	n       int    // of numbers
	kind    atomKind
	glued   bool   // follows the atom before it with nothing between
	upper   bool   // was written in capitals
	first   bool   // is the first word of a sentence, …
	capital bool   // … began with a capital
	owner   bool   // was written in the genitive: "Lee's"
	root    string // of a word: its stem, "" where it was not looked for yet
	// han holds the characters of a Chinese numeral, for pinyin.
	han string
}

// atomise cuts a text into atoms.
func (n *normaliser) atomise(text string) []atom { return n.appendAtoms(nil, text) }

// appendAtoms cuts a text into atoms, in the room of a list that is empty.
func (n *normaliser) appendAtoms(room []atom, text string) []atom {
	runes, upper := n.fold(text)
	s := scanner{normaliser: n, runes: runes, upper: upper, atoms: slices.Grow(room, n.atomsIn(runes))}
	for s.pos < len(s.runes) {
		s.step()
	}
	return joinPoints(joinLast(joinDates(s.atoms)))
}

// atomsIn guesses how many atoms a text has.
func (n *normaliser) atomsIn(runes []rune) int {
	count := 4
	for i, r := range runes {
		if isHan(r) || (r == ' ' && i > 0) {
			count++
		}
	}
	return count
}

type scanner struct {
	*normaliser
	runes []rune
	upper []bool
	pos   int
	end   int // where the last atom ended
	atoms []atom
}

func (s *scanner) emit(a atom, from, to int) {
	a.glued = len(s.atoms) > 0 && from == s.end
	s.atoms = append(s.atoms, a)
	s.end, s.pos = to, to
}

func (s *scanner) step() {
	r := s.runes[s.pos]
	switch {
	case isHan(r) || r == '〇':
		s.han()
	case unicode.IsDigit(r) && r < 0x80:
		s.digits()
	case unicode.IsLetter(r):
		s.word()
	default:
		s.pos++
	}
}

// word reads letters, and digits that belong to them ("g20", "covid19").
func (s *scanner) word() {
	from := s.pos
	to := from
	letters := 0
	for to < len(s.runes) && (isLetter(s.runes[to]) || (isDigit(s.runes[to]) && !s.yearAt(to, letters))) {
		if isLetter(s.runes[to]) {
			letters++
		}
		to++
	}
	word := string(s.runes[from:to])
	capitals := true
	for i := from; i < to; i++ {
		if isLetter(s.runes[i]) && !s.upper[i] {
			capitals = false
		}
	}
	// The 's of a genitive or a short "is" says nothing.
	next := to
	if next+1 < len(s.runes) && s.runes[next] == '\'' && s.runes[next+1] == 's' && (next+2 == len(s.runes) || !isLetter(s.runes[next+2])) {
		next += 2
	}
	a := atom{text: word, kind: atomWord, upper: capitals, first: s.begins(from), capital: s.upper[from]}
	if letters < to-from {
		a.kind = atomCode
		to = s.codeTail(to)
		a.text = string(s.runes[from:to])
		s.emit(a, from, to)
		return
	}
	if end := s.codeTail(to); end > to && to-from <= 5 {
		s.emit(atom{text: string(s.runes[from:end]), kind: atomCode}, from, end)
		return
	}
	if month, ok := englishMonth(word); ok {
		a.kind, a.n = atomMonth, month
	} else if num, ok := s.numbers[word]; ok {
		a = numberAtom(s.tens(from)+num.n, num.ordinal)
	} else if word == "one" {
		if tens := s.tens(from); tens > 0 {
			a = numberAtom(tens+1, false)
		}
	}
	a.owner = next > to
	if a.kind == atomWord {
		a.root = s.stem(a.text)
	}
	s.emit(a, from, to)
	s.pos = next
}

// begins reports whether a sentence begins at a rune.
func (s *scanner) begins(at int) bool {
	for at--; at >= 0; at-- {
		switch r := s.runes[at]; {
		case r == '.', r == '!', r == '?', r == ':', r == '"', r == '“':
			return true
		case r != ' ':
			return false
		}
	}
	return true
}

// codeTail returns the end of the groups of digits that hang on an
// identifier: "-2033-0007". A tail that is only a year is none.
func (s *scanner) codeTail(to int) int {
	end := to
	for end+1 < len(s.runes) && s.runes[end] == '-' && isDigit(s.runes[end+1]) {
		next := end + 1
		for next < len(s.runes) && isDigit(s.runes[next]) {
			next++
		}
		if end == to && next-end == 5 && (next >= len(s.runes) || s.runes[next] != '-') {
			return to
		}
		end = next
	}
	return end
}

// tens takes back the number before a hyphen, so that "thirty-third" is one
// number; 0 where none stands there.
func (s *scanner) tens(from int) int {
	last := len(s.atoms) - 1
	if last < 0 || from == 0 || s.runes[from-1] != '-' || s.end != from-1 {
		return 0
	}
	a := s.atoms[last]
	if a.kind != atomNumber || a.n < 20 || a.n > 90 || a.n%10 != 0 {
		return 0
	}
	s.atoms = s.atoms[:last]
	return a.n
}

// yearAt reports whether the digits at i are a year that was written onto a
// name: "APEC2026".
func (s *scanner) yearAt(i, letters int) bool {
	if letters < 2 || i+4 > len(s.runes) || (i > 0 && isDigit(s.runes[i-1])) {
		return false
	}
	for j := i; j < i+4; j++ {
		if !isDigit(s.runes[j]) {
			return false
		}
	}
	return (s.runes[i] == '1' || s.runes[i] == '2') && (i+4 == len(s.runes) || !isDigit(s.runes[i+4]))
}

func isLetter(r rune) bool { return unicode.IsLetter(r) && !isHan(r) }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// digits reads an Arabic number, an ordinal or an ISO date.
func (s *scanner) digits() {
	from := s.pos
	to := from
	var b strings.Builder
	for to < len(s.runes) {
		r := s.runes[to]
		if isDigit(r) {
			b.WriteRune(r)
		} else if !(r == ',' && to+3 < len(s.runes) && isDigit(s.runes[to+1]) && isDigit(s.runes[to+2]) && isDigit(s.runes[to+3])) {
			break
		}
		to++
	}
	digits := b.String()
	if len(digits) > 9 {
		s.emit(atom{text: digits, kind: atomWord}, from, to)
		return
	}
	v, _ := strconv.Atoi(digits)
	if end := s.isoDate(v, digits, to); end > 0 {
		return
	}
	if to+1 < len(s.runes) && s.runes[to] == '.' && isDigit(s.runes[to+1]) {
		// A version or a decimal: 4.2, 3.10.1.
		for to+1 < len(s.runes) && s.runes[to] == '.' && isDigit(s.runes[to+1]) {
			to++
			for to < len(s.runes) && isDigit(s.runes[to]) {
				to++
			}
		}
		s.emit(atom{text: string(s.runes[from:to]), kind: atomCode}, from, to)
		return
	}
	suffix := to
	for suffix < len(s.runes) && isLetter(s.runes[suffix]) {
		suffix++
	}
	switch string(s.runes[to:suffix]) {
	case "":
	case "st", "nd", "rd", "th":
		s.emit(numberAtom(v, true), from, suffix)
		return
	default:
		// "5g", "3d": a word with a digit in front.
		s.emit(atom{text: string(s.runes[from:suffix]), kind: atomCode}, from, suffix)
		return
	}
	s.number(v, from, to, digits)
}

// isoDate reads what follows a year: "-11-18", "/11/18", ".11", "-11".
func (s *scanner) isoDate(v int, digits string, to int) int {
	if len(digits) != 4 || v < 1900 || v > 2100 || to >= len(s.runes) {
		return 0
	}
	sep := s.runes[to]
	if sep != '-' && sep != '/' && sep != '.' {
		return 0
	}
	month, end := s.smallNumber(to+1, 12)
	if end == 0 {
		return 0
	}
	from := s.pos
	s.emit(dateAtom(atomYear, v), from, to)
	s.emit(dateAtom(atomMonth, month), to+1, end)
	if end < len(s.runes) && s.runes[end] == sep {
		if day, dayEnd := s.smallNumber(end+1, 31); dayEnd > 0 {
			s.emit(dateAtom(atomDay, day), end+1, dayEnd)
			return dayEnd
		}
	}
	return end
}

func (s *scanner) smallNumber(from, most int) (v, end int) {
	end = from
	for end < len(s.runes) && isDigit(s.runes[end]) && end < from+3 {
		v = v*10 + int(s.runes[end]-'0')
		end++
	}
	if end == from || end == from+3 || v < 1 || v > most {
		return 0, 0
	}
	return v, end
}

// number emits a number that is followed by a Chinese measure word or by
// nothing special.
func (s *scanner) number(v, from, to int, written string) {
	// "4 点" is written with a gap by many input methods.
	if to+1 < len(s.runes) && s.runes[to] == ' ' && strings.ContainsRune(countMeasures+"年月日号", s.runes[to+1]) {
		to++
	}
	next := rune(0)
	if to < len(s.runes) {
		next = s.runes[to]
	}
	switch {
	case next == '年' && len(written) == 4:
		s.emit(dateAtom(atomYear, v), from, to+1)
	case next == '月' && v >= 1 && v <= 12:
		s.emit(dateAtom(atomMonth, v), from, to+1)
		if s.pos < len(s.runes) && s.runes[s.pos] == '份' {
			s.pos++
			s.end++
		}
	case (next == '日' || next == '号') && v >= 1 && v <= 31:
		s.emit(dateAtom(atomDay, v), from, to+1)
	case len(written) == 4 && v >= 1900 && v <= 2100:
		s.emit(dateAtom(atomYear, v), from, to)
	case strings.ContainsRune(countMeasures, next) && next != 0:
		s.emit(numberAtom(v, false), from, to+1)
	default:
		s.emit(numberAtom(v, false), from, to)
	}
}

// Measure words that say no more than that something is counted. Others
// (天, 次, 年) stay in the text.
const (
	countMeasures   = "个点条项位名种类场份轮"
	ordinalMeasures = "个点条项位名种类场份轮次届步"
	// Characters behind which a Chinese numeral is a count, not part of a
	// word such as 四川.
	allMeasures = countMeasures + "次届天年月日号周岁人家步章节期倍句段组部"
)

// dateAtom returns the atom of a year, a month or a day.
func dateAtom(kind atomKind, n int) atom {
	prefix := "d"
	switch kind {
	case atomYear:
		prefix = "y"
	case atomMonth:
		prefix = "m"
	case atomDay, atomWord, atomHan, atomNumber, atomOrdinal, atomCode:
	}
	return atom{text: prefix + strconv.Itoa(n), n: n, kind: kind}
}

func numberAtom(v int, ordinal bool) atom {
	if ordinal {
		return atom{text: "#" + strconv.Itoa(v) + "th", n: v, kind: atomOrdinal}
	}
	return atom{text: "#" + strconv.Itoa(v), n: v, kind: atomNumber}
}

// han reads one Chinese character or a Chinese numeral.
func (s *scanner) han() {
	from := s.pos
	r := s.runes[from]
	if r == '第' {
		if v, to := s.numeral(from + 1); to > 0 {
			if to < len(s.runes) && strings.ContainsRune(ordinalMeasures, s.runes[to]) {
				to++
			}
			a := numberAtom(v, true)
			a.han = string(s.runes[from:to])
			s.emit(a, from, to)
			return
		}
	}
	if v, to, ok := s.lastOnes(from); ok {
		a := numberAtom(v, true)
		a.han = string(s.runes[from:to])
		s.emit(a, from, to)
		return
	}
	v, to := s.numeral(from)
	if to == 0 || !s.counts(v, from, to) {
		char := s.character(r)
		s.emit(atom{text: char, kind: atomHan, han: char}, from, from+1)
		return
	}
	written := ""
	if to-from == 4 && v >= 1900 && v <= 2100 {
		written = strconv.Itoa(v)
	}
	before := len(s.atoms)
	s.number(v, from, to, written)
	s.atoms[before].han = string(s.runes[from:s.end])
}

// counts reports whether the numeral between from and to is a number rather
// than a character of a word.
func (s *scanner) counts(v, from, to int) bool {
	if !isChineseDigit(s.runes[from]) {
		return true
	}
	if to-from >= 2 {
		return true
	}
	if v == 1 || v == 0 {
		// 一个, 一次: "a", not a count, unless it is the day of a month.
		last := len(s.atoms) - 1
		return v == 1 && last >= 0 && s.atoms[last].kind == atomMonth && s.end == from
	}
	return to < len(s.runes) && strings.ContainsRune(allMeasures, s.runes[to])
}

// lastOnes reads 最后一点, 最后两条: ordinals from the end. The value is minus
// how many are asked for.
func (s *scanner) lastOnes(from int) (v, to int, ok bool) {
	if from+1 >= len(s.runes) || s.runes[from] != '最' || s.runes[from+1] != '后' {
		return 0, 0, false
	}
	v, to = s.numeral(from + 2)
	if to == 0 || to >= len(s.runes) || !strings.ContainsRune(countMeasures, s.runes[to]) {
		return 0, 0, false
	}
	return -v, to + 1, true
}

// stem returns the stem of a word.
func (a *atom) stem() string {
	if a.root == "" {
		return stem(a.text)
	}
	return a.root
}

// written returns the atom as a text from which atomise makes the same atom.
func (a *atom) written() string {
	switch a.kind {
	case atomNumber:
		return strconv.Itoa(a.n)
	case atomOrdinal:
		if a.n < 0 {
			return "最后" + strconv.Itoa(-a.n) + "个"
		}
		return "第" + strconv.Itoa(a.n)
	case atomYear:
		return strconv.Itoa(a.n)
	case atomMonth:
		return strconv.Itoa(a.n) + "月"
	case atomDay:
		return strconv.Itoa(a.n) + "日"
	case atomWord, atomHan, atomCode:
	}
	return a.text
}
