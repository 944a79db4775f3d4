package search

import (
	"strings"
	"testing"
)

func TestEveryRemarkIsWrittenInEachLanguage(t *testing.T) {
	for f := range formsEnd {
		for i, text := range f.texts() {
			switch {
			case text == "":
				t.Errorf("form %d has no text in language %d", f, i)
			case strings.Contains(text, "#") != strings.Contains(f.texts()[0], "#"), strings.Contains(text, "{}") != strings.Contains(f.texts()[0], "{}"), strings.Contains(text, "{slot}") != strings.Contains(f.texts()[0], "{slot}"):
				t.Errorf("%q leaves something out of %q", text, f.texts()[0])
			}
		}
	}
}
