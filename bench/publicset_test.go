package main

import (
	"errors"
	"math"
	"os"
	"testing"
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
	want := setResult{
		inScope: 4, outOfScope: 10,
		top1: 0.75, answered: 0.5, wrong: 0.25, falseAnswer: 0.1,
		auroc:       (10 + 8.5 + 9 + 9) / 40.0, // pairs won, the tie at 0.5 counted half
		correctAt10: 0.5,                       // 0.95 and 0.6; the right one at 0.5 is not above the threshold
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"top1", got.top1, want.top1},
		{"answered", got.answered, want.answered},
		{"wrong", got.wrong, want.wrong},
		{"falseAnswer", got.falseAnswer, want.falseAnswer},
		{"auroc", got.auroc, want.auroc},
		{"correctAt10", got.correctAt10, want.correctAt10},
		{"inScope", float64(got.inScope), float64(want.inScope)},
		{"outOfScope", float64(got.outOfScope), float64(want.outOfScope)},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestFiguresWithoutQuestionsOutOfScope(t *testing.T) {
	got := summarise([]judged{{inScope: true, right: true, answered: true, confidence: 1}})
	if got.auroc >= 0 || got.correctAt10 >= 0 || got.falseAnswer >= 0 {
		t.Errorf("got %+v, want negative figures for what cannot be measured", got)
	}
}

// TestPublicSetsCanBeAsked asks a part of some sets, so that `make bench`
// works when it is wanted. It measures and does not gate.
func TestPublicSetsCanBeAsked(t *testing.T) {
	dir, err := evalFolder()
	if errors.Is(err, errNoEval) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range publicSets()[:2] { // one of each form; the larger ones take their time under the race detector
		r, err := measure(dir, set, 50)
		if err != nil {
			t.Errorf("%s: %v", set.name, err)
			continue
		}
		if r.inScope == 0 || r.entries == 0 {
			t.Errorf("%s: no question was asked", set.name)
		}
		t.Logf("%s: top-1 %.3f of %d questions, %v each", set.name, r.top1, r.inScope, r.median)
	}
}
