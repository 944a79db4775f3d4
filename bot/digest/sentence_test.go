package digest

import (
	"strings"
	"testing"
)

func TestTheFirstSentenceIsAWholeOne(t *testing.T) {
	for text, want := range map[string]string{
		"One. Two.":                              "One.",
		"Only one":                               "Only one",
		"Only one.":                              "Only one.",
		"第一句。第二句。":                               "第一句。",
		"他说：“好。”然后走了。":                           "他说：“好。”",
		"Is it? It is.":                          "Is it?",
		"He said “yes.” Then he left.":           "He said “yes.”",
		"Mr. Smith met J. Doe. They ate.":        "Mr. Smith met J. Doe.",
		"The U.S. President came. He saw.":       "The U.S. President came.",
		"It grew by 3.5 per cent. Then it fell.": "It grew by 3.5 per cent.",
		"See a.b.example now. Then go.":          "See a.b.example now.",
		"The 2nd of no. 5 ended. Done.":          "The 2nd of no. 5 ended.",
		"A line\nAnother":                        "A line",
		"Ends in. lower case. Then on.":          "Ends in. lower case.",
		"中文 and English. Then more。":             "中文 and English.",
		"":                                       "",
	} {
		if got := firstSentence(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzFirstSentence(f *testing.F) {
	f.Add("Mr. Smith said “yes.” Then 他走了。")
	f.Fuzz(func(t *testing.T, text string) {
		got := firstSentence(text)
		if !strings.HasPrefix(string([]rune(text)), string([]rune(got))) {
			t.Errorf("%q is no beginning of %q", got, text)
		}
	})
}
