package search

import (
	"testing"

	"briefbot/content"
)

// A numeral of nothing but units is 2⁶³ where it is not bounded, which no
// negation makes positive.
func TestANumeralBeyondBoundsIsNoPointOfAList(t *testing.T) {
	d := doc{entry: &content.Entry{Items: make([]content.Item, 4)}}
	for _, a := range languageTables().norm.atomise("第千亿亿亿亿亿亿亿万点 第九亿亿亿亿点") {
		if a.kind != atomOrdinal || a.n < 0 || pointsOf(d.entry, a.n) != nil {
			t.Errorf("%q is read as %d, points %v", a.han, a.n, pointsOf(d.entry, a.n))
		}
	}
}
