package search

import (
	"slices"
	"strings"
	"testing"
)

func TestAtomsAreOneForEveryWritingOfTheSame(t *testing.T) {
	norm := languageTables().norm
	for _, tt := range []struct {
		name  string
		atoms string // space between atoms
		texts []string
	}{
		{"counts", "#4 建 议", []string{"四点建议", "4点建议", "４点建议", "四點建議", "4 点建议", "四项建议"}},
		{"English counts", "#4 proposals", []string{"four proposals", "4 proposals", "Four  Proposals!"}},
		{"ordinals", "#33th", []string{"第三十三次", "第33次", "33rd", "thirty-third", "第三十三届", "THIRTY-THIRD"}},
		{"points of a list", "#2th", []string{"第二点", "第2条", "second", "2nd", "第二個"}},
		{"points from the end", "#-2th", []string{"最后两点", "最後兩條", "最后2个"}},
		{"points by number", "#3th", []string{"point 3", "number three", "item 3", "No. 3", "Nr. 3"}},
		{"a length of time is no point", "the last #5 days", []string{"the last five days", "the last 5 days"}},
		{"years", "y2026", []string{"2026", "二〇二六年", "二零二六年", "2026年", "２０２６", "二〇二六"}},
		{"days", "y2025 m11 d1", []string{"2025-11-01", "2025/11/1", "2025年11月1日", "二〇二五年十一月一日", "2025.11.01", "2025年11月1号"}},
		{"English days", "d1 m11 y2025", []string{"1 November 2025", "1st Nov 2025"}},
		{"months", "m11", []string{"11月", "十一月", "November", "Nov", "11月份"}},
		{"a month beside its day", "m11 d1", []string{"Nov 1", "11月1日", "November 1st"}},
		{"words that only look like months", "may i march", []string{"may I march"}},
		{"a month behind a preposition", "in m5", []string{"in May"}},
		{"a year written onto a name", "apec y2026", []string{"APEC2026", "APEC 2026", "ＡＰＥＣ2026", "apec2026年"}},
		{"names with digits", "g20", []string{"G20", "g20", "Ｇ２０"}},
		{"one is no count", "一 个", []string{"一个", "一個"}},
		{"numerals in words stay", "四 川", []string{"四川"}},
		{"genitives", "leaders meeting", []string{"leaders' meeting"}},
		{"short forms", "what the plan", []string{"what's the plan", "What’s the plan?"}},
		{"accents", "sao tome", []string{"São Tomé", "sao tome"}},
		{"large numbers", "#3000 people", []string{"3,000 people", "3000 people"}},
		{"tens", "#20 #30 #21", []string{"二十 三十 twenty-one"}},
		{"characters", "习 近 平", []string{"習近平", "习近平"}},
		{"nothing", "", []string{"", "???", "🎉🎉", "\u200b", "\xff"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, text := range tt.texts {
				var got []string
				for _, a := range norm.atomise(text) {
					got = append(got, a.text)
				}
				if s := strings.Join(got, " "); s != tt.atoms {
					t.Errorf("%q became %q, want %q", text, s, tt.atoms)
				}
			}
		})
	}
}

func TestChineseNumeralsAreRead(t *testing.T) {
	for text, want := range map[string]int{
		"十": 10, "十一": 11, "二十": 20, "三十三": 33, "一百": 100, "一百零五": 105, "两千": 2000,
		"三万": 30_000, "一万二千": 12_000, "二〇二六": 2026, "一九九七": 1997, "两": 2, "一亿": 100_000_000,
	} {
		if got := chineseNumber([]rune(text)); got != want {
			t.Errorf("%s is read as %d, want %d", text, got, want)
		}
	}
}

func FuzzFoldTwiceIsFoldOnce(f *testing.F) {
	for _, s := range []string{"四點建議", "ＡＰＥＣ ２０２６", "São Tomé", "İstanbul", "ǅ", "㈱", "ﬁ", "\xff\xfe", "👩‍👩‍👧", "㍿", "ẞ", "Σς"} {
		f.Add(s)
	}
	norm := languageTables().norm
	f.Fuzz(func(t *testing.T, s string) {
		once, _ := norm.fold(s)
		twice, _ := norm.fold(string(once))
		if !slices.Equal(once, twice) {
			t.Errorf("%q: folded once %q, twice %q", s, string(once), string(twice))
		}
	})
}

func FuzzAtomsCanBeWrittenAndReadAgain(f *testing.F) {
	for _, s := range []string{"四点建议第二点", "APEC 2026 host", "2025-11-01", "thirty-third", "最后两点", "11月1日", "3,000", "1st of May"} {
		f.Add(s)
	}
	norm := languageTables().norm
	f.Fuzz(func(t *testing.T, s string) {
		for _, a := range norm.atomise(s) {
			if a.text == "" {
				t.Errorf("%q holds an empty atom", s)
			}
			again := norm.atomise(a.written())
			if len(again) == 0 {
				t.Errorf("%q: the atom %q is written as %q, which holds nothing", s, a.text, a.written())
			}
		}
	})
}
