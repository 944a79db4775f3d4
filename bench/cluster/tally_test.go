package cluster

import (
	"testing"
	"time"

	"briefbot/bot"
)

func TestWhatArrivedIsHeldAgainstWhatShouldHave(t *testing.T) {
	start := time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)
	due := Due{Target: Target{Place: bot.Place{Platform: "slack", Channel: "C1"}}, Slots: 2, Posts: 1}
	post := func(key string, second int, unknown bool) Post {
		return Post{Channel: "C1", Key: key, At: start.Add(time.Duration(second) * time.Second), Door: "a", Unknown: unknown}
	}
	for _, test := range []struct {
		name  string
		posts []Post
		kill  int // second of it, 0 for none
		want  Tally
	}{
		{"all there", []Post{post("k1", 1, false), post("k2", 2, false)}, 0, Tally{}},
		{"one missing", []Post{post("k1", 1, false)}, 0, Tally{Lost: 1}},
		{"one twice for no reason", []Post{post("k1", 1, false), post("k1", 5, false), post("k2", 9, false)}, 0, Tally{Duplicates: 1, Unexplained: 1}},
		{"one twice because its answer was lost", []Post{post("k1", 5, false), post("k1", 1, true), post("k2", 9, false)}, 0, Tally{Duplicates: 1, Ambiguous: 1}},
		{"one twice because its sender was killed", []Post{post("k1", 1, false), post("k1", 20, false), post("k2", 30, false)}, 9, Tally{Duplicates: 1, Ambiguous: 1}},
		{"one too many", []Post{post("k1", 1, false), post("k2", 2, false), post("k3", 3, false)}, 0, Tally{Strays: 1}},
		{"one missing and one twice", []Post{post("k1", 1, true), post("k1", 2, false)}, 0, Tally{Lost: 1, Duplicates: 1, Ambiguous: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			disturbed := func(_ string, after, before time.Time) bool {
				at := start.Add(time.Duration(test.kill) * time.Second)
				return test.kill > 0 && at.After(after) && at.Before(before)
			}
			got := *Compare([]Due{due}, test.posts, disturbed)["Slack, history not readable"]
			want := test.want
			want.Expected, want.Received = 2, len(test.posts)
			got.Wrong = nil
			if got.Lost != want.Lost || got.Duplicates != want.Duplicates || got.Strays != want.Strays ||
				got.Ambiguous != want.Ambiguous || got.Unexplained != want.Unexplained || got.Received != want.Received {
				t.Errorf("tallied %+v, want %+v", got, want)
			}
		})
	}
}

func TestMessagesThatNobodyExpectsAreStrays(t *testing.T) {
	got := Compare(nil, []Post{{Channel: "C9", Key: "k"}}, nil)
	if len(got) != 1 || got["nobody's"].Strays != 1 {
		t.Errorf("tallied %+v", got)
	}
}
