package spelling_test

import (
	"testing"

	"briefbot/content/spelling"
)

func TestDistanceCountsTypingErrors(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"alias", "alias", 0},
		{"alais", "alias", 1},
		{"alia", "alias", 1},
		{"aliass", "alias", 1},
		{"aliaz", "alias", 1},
		{"", "abc", 3},
		{"别名", "别各", 1},
		{"kitten", "sitting", 3},
		{"a", "abcdefghijkl", 5}, // no further than asked for
	} {
		if got := spelling.Distance(tt.a, tt.b, 5); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := spelling.Distance(tt.b, tt.a, 5); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}
