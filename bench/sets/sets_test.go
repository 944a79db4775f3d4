package sets

import (
	"errors"
	"math"
	"os"
	"testing"

	"briefbot/content/search"
)

func TestFiguresOfAKnownOutcome(t *testing.T) {
	in := func(right, answered bool, confidence float64) judged {
		return judged{inScope: true, right: right, answered: answered, confidence: confidence}
	}
	out := func(answered bool, confidence float64) judged {
		return judged{answered: answered, confidence: confidence}
	}
	var outcomes []judged
	// Ten questions out of scope: one gets through at 10 %, the next at 0.5 does not.
	outcomes = append(outcomes, out(true, 0.9), out(false, 0.5))
	for range 8 {
		outcomes = append(outcomes, out(false, 0.1))
	}
	outcomes = append(outcomes, in(true, true, 0.95), in(true, false, 0.5), in(true, true, 0.6), in(false, true, 0.8))

	got := summarise(outcomes)
	want := Result{
		InScope: 4, OutOfScope: 10,
		Top1: 0.75, Answered: 0.5, Wrong: 0.25, FalseAnswer: 0.1,
		AUROC:       (10 + 8.5 + 9 + 9) / 40.0, // pairs won, the tie at 0.5 counted half
		CorrectAt10: 0.5,                       // 0.95 and 0.6; the right one at 0.5 is not above the threshold
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"top1", got.Top1, want.Top1},
		{"answered", got.Answered, want.Answered},
		{"wrong", got.Wrong, want.Wrong},
		{"falseAnswer", got.FalseAnswer, want.FalseAnswer},
		{"auroc", got.AUROC, want.AUROC},
		{"correctAt10", got.CorrectAt10, want.CorrectAt10},
		{"inScope", float64(got.InScope), float64(want.InScope)},
		{"outOfScope", float64(got.OutOfScope), float64(want.OutOfScope)},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestFiguresWithoutQuestionsOutOfScope(t *testing.T) {
	got := summarise([]judged{{inScope: true, right: true, answered: true, confidence: 1}})
	if got.AUROC >= 0 || got.CorrectAt10 >= 0 || got.FalseAnswer >= 0 {
		t.Errorf("got %+v, want negative figures for what cannot be measured", got)
	}
}

// TestPublicSetsCanBeAsked asks a part of some sets, so that `make bench`
// works when it is wanted. It measures and does not gate.
func TestPublicSetsCanBeAsked(t *testing.T) {
	dir, err := Folder()
	if errors.Is(err, ErrNone) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range Public()[:2] { // one of each form; the larger ones take their time under the race detector
		entries, questions, err := set.Read(dir)
		if err != nil {
			t.Errorf("%s: %v", set.Name, err)
			continue
		}
		r := Measure(questions, 50, set.Asker(search.Build(set.Library(entries))))
		if r.InScope == 0 || len(entries) == 0 {
			t.Errorf("%s: no question was asked", set.Name)
		}
		t.Logf("%s: top-1 %.3f of %d questions, %v each", set.Name, r.Top1, r.InScope, r.Median)
	}
}

func TestARecombinedLibraryIsAlwaysTheSame(t *testing.T) {
	r := &Recombined{chinese: []string{"春天的花园开放", "北门关闭维修", "温室里的兰花"}, english: []string{"when does the garden open", "how deep is the pond", "who keeps the bees"}}
	first, again := r.Library(250), r.Library(250)
	if first.Fingerprint() != again.Fingerprint() || first.Len() != 250 || len(first.Briefings()) != 3 {
		t.Errorf("%s and %s, %d entries of %d briefings", first.Fingerprint(), again.Fingerprint(), first.Len(), len(first.Briefings()))
	}
}
