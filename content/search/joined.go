package search

import (
	"strconv"
	"strings"
)

// joinDates makes a number beside a month the day of that month, and "may"
// and "march" words again where no number stands beside them.
func joinDates(atoms []atom) []atom {
	for i := range atoms {
		a := &atoms[i]
		if a.kind != atomMonth || strings.HasPrefix(a.text, "m") && isDigit(rune(a.text[len(a.text)-1])) {
			continue
		}
		dated := false
		for _, j := range []int{i - 1, i + 1} {
			if j < 0 || j >= len(atoms) {
				continue
			}
			switch near := &atoms[j]; {
			case near.kind == atomYear:
				dated = true
			case (near.kind == atomNumber || near.kind == atomOrdinal) && near.n >= 1 && near.n <= 31:
				near.kind, near.text = atomDay, "d"+strconv.Itoa(near.n)
				dated = true
			case near.kind == atomWord && j < i && (near.text == "in" || near.text == "early" || near.text == "late" || near.text == "of" || near.text == "since" || near.text == "until" || near.text == "by"):
				dated = true
			}
		}
		if !dated && (a.text == "may" || a.text == "march") {
			a.kind = atomWord
			continue
		}
		a.text = "m" + strconv.Itoa(a.n)
	}
	return atoms
}

// joinLast makes "the last one", "the last two points" and "the final item"
// ordinals from the end.
func joinLast(atoms []atom) []atom {
	for i := 0; i+1 < len(atoms); i++ {
		if atoms[i].kind != atomWord || (atoms[i].text != "last" && atoms[i].text != "final") {
			continue
		}
		next := &atoms[i+1]
		n := 0
		switch {
		case next.kind == atomNumber && next.n < 10 && !(i+2 < len(atoms) && isTimeWord(atoms[i+2].text)):
			n = next.n
		case next.kind == atomWord && isPointWord(next.text):
			n = 1
		default:
			continue
		}
		atoms[i] = numberAtom(-n, true)
		atoms = append(atoms[:i+1], atoms[i+2:]...)
	}
	return atoms
}

// joinPoints makes "point 3" and "number two" ordinals.
func joinPoints(atoms []atom) []atom {
	for i := 0; i+1 < len(atoms); i++ {
		next := atoms[i+1]
		if atoms[i].kind == atomWord && isPointWord(atoms[i].text) && next.kind == atomNumber && next.n > 0 && next.n < 100 {
			atoms[i] = numberAtom(next.n, true)
			atoms = append(atoms[:i+1], atoms[i+2:]...)
		}
	}
	return atoms
}

func isPointWord(w string) bool {
	switch w {
	case "one", "point", "item", "bullet", "number", "no", "nr", "entry", "part", "element":
		return true
	}
	return false
}

// isTimeWord reports whether a number before the word is a length of time:
// "the last five days" are no points of a list.
func isTimeWord(w string) bool {
	switch strings.TrimSuffix(w, "s") {
	case "second", "minute", "hour", "day", "night", "week", "weekend", "month", "quarter", "year", "decade", "time":
		return true
	}
	return false
}
