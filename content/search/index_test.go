package search

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"briefbot/content"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// many is a library of briefings whose entries share most of their words.
func many(n int) *content.Library {
	words := []string{"harbour", "ferry", "pier", "island", "fare", "night", "winter", "ticket", "crew", "storm", "bridge", "lantern"}
	han := []rune("港口渡轮码头海岛票价夜班冬季船员风暴大桥灯笼新旧南北")
	random := rand.New(rand.NewPCG(7, 7))
	word := func() string { return words[random.IntN(len(words))] }
	run := func(k int) string {
		out := make([]rune, k)
		for i := range out {
			out[i] = han[random.IntN(len(han))]
		}
		return string(out)
	}
	var briefings []*content.Briefing
	for at := 0; at < n; at += 20 {
		b := &content.Briefing{ID: fmt.Sprint("b", at), Title: content.Text{English: "News of the " + word()}, Published: content.Date{Year: 2030, Month: 1, Day: 1}}
		for i := range min(20, n-at) {
			e := content.Entry{
				ID: fmt.Sprint("e", i), Kind: content.KindFact,
				Title:  content.Text{English: word() + " " + word() + " " + fmt.Sprint(at+i), Hans: run(6)},
				Answer: content.Text{English: word() + " " + word() + " " + word(), Hans: run(20)},
			}
			if i%3 == 0 {
				e.Aliases = []string{"the " + word() + " of " + word()}
				e.Items = []content.Item{{Title: content.Text{English: word() + " first"}}, {Title: content.Text{English: word() + " second"}}}
			}
			b.Entries = append(b.Entries, e)
		}
		briefings = append(briefings, b)
	}
	return content.NewLibrary(briefings)
}

func questions() []string {
	return []string{"harbour ferry 17", "the fare of the night ferry", "夜班渡轮票价", "storm", "winter ticket crew second", "灯笼大桥在哪里", "what is new about the lantern bridge", "point 2 of the pier"}
}

// The best are those that adding up every posting finds, in the same order.
func TestTheTopIsThatOfAddingUpEverything(t *testing.T) {
	x := Build(many(700))
	for _, question := range questions() {
		p := x.parse(question, time.Time{})
		for _, n := range []int{1, 5, 64, 1000} {
			want := everything(x, p.terms)
			want = want[:min(len(want), n)]
			got := x.top(x.posts, p.terms, n)
			if len(got) != len(want) {
				t.Fatalf("%q: %d of %d", question, len(got), len(want))
			}
			for i := range got {
				if got[i].doc != want[i].doc && !near(got[i].score, want[i].score) {
					t.Errorf("%q, the best %d: number %d is %v, want %v", question, n, i, got[i], want[i])
				}
			}
		}
	}
}

// What only frames a question counts for docs that hold something else of it, and
// brings in nobody by itself; unless there is nothing else.
func TestFramingWordsBringNobodyAmongTheBestOfALargeLibrary(t *testing.T) {
	x := Build(many(700))
	for _, question := range append(questions(), "how do i know what is the fare of it", "what is it of") {
		p := x.parse(question, time.Time{})
		bare := slices.DeleteFunc(slices.Clone(p.terms), func(t term) bool { return t.frame })
		held := map[uint32]bool{}
		for _, s := range everything(x, bare) {
			held[s.doc] = true
		}
		for _, n := range []int{1, 5, 64, 1000} {
			want := slices.DeleteFunc(everything(x, p.terms), func(s scored) bool { return len(held) > 0 && !held[s.doc] })
			want = want[:min(len(want), n)]
			s := &scores{}
			s.want(p.terms, false)
			got := s.among(x.posts, n)
			if len(got) != len(want) {
				t.Fatalf("%q: %d of %d", question, len(got), len(want))
			}
			for i := range got {
				if got[i].doc != want[i].doc && !near(got[i].score, want[i].score) {
					t.Errorf("%q, the best %d: number %d is %v, want %v", question, n, i, got[i], want[i])
				}
			}
		}
	}
}

// everything adds up all postings.
func everything(x *Index, terms []term) []scored {
	of := map[uint32]float32{}
	for i := range terms {
		for _, alt := range terms[i].alternatives() {
			for _, s := range x.posts {
				for at := s.from[alt.id]; at < s.from[alt.id+1]; at++ {
					if step := terms[i].weight * alt.factor * gainStep; step > 0 {
						of[s.first+uint32(s.docs[at])] += step * float32(s.gain[at])
					}
				}
			}
		}
	}
	var out []scored
	for doc, score := range of {
		out = append(out, scored{doc, score})
	}
	slices.SortFunc(out, better)
	return out
}

func near(a, b float32) bool { return a-b < 1e-4 && b-a < 1e-4 }

// However many cores read it, and whether or not it keeps what it read, an index
// answers the same.
func TestHowAnIndexIsBuiltMakesNoDifference(t *testing.T) {
	library := many(200)
	want := whole(library, 1, leanFrom)
	for name, x := range map[string]*Index{"three cores": whole(library, 3, leanFrom), "lean": whole(library, 2, 10)} {
		if x.threshold != want.threshold {
			t.Errorf("%s: the threshold is %v, want %v", name, x.threshold, want.threshold)
		}
		for _, question := range questions() {
			q := Query{Question: question, Explain: true}
			got, wanted := x.Ask(q), want.Ask(q)
			if !reflect.DeepEqual(got.Ref, wanted.Ref) || got.Status != wanted.Status || !near(float32(got.Confidence), float32(wanted.Confidence)) {
				t.Errorf("%s: %q: %s %s %.4f, want %s %s %.4f", name, question, got.Status, got.Ref, got.Confidence, wanted.Status, wanted.Ref, wanted.Confidence)
			}
		}
	}
}

func TestAFeatureSurvivesPacking(t *testing.T) {
	for _, f := range []struct {
		id uint32
		in field
		tf uint8
	}{{0, inHead, 1}, {featuresMost - 1, inHead | inSlot | inBody | inContext | inName, 7}, {12345, inBody, 3}} {
		p := pack(f.id, f.in, f.tf)
		if p.id() != f.id || p.in() != f.in || p.tf() != f.tf {
			t.Errorf("%+v became %d, %b, %d", f, p.id(), p.in(), p.tf())
		}
	}
	if pack(1, inBody, 200).tf() != tfMost {
		t.Error("a feature that stands often is not bounded")
	}
}

func TestReachFindsTheFirstThatIsNotBelow(t *testing.T) {
	list := []uint16{2, 3, 5, 8, 13, 21, 34, 55, 89}
	for id := range uint16(100) {
		want, _ := slices.BinarySearchFunc(list, id, cmp.Compare[uint16])
		if got := reach(list, id); got != want {
			t.Errorf("%d is at %d, want %d", id, got, want)
		}
	}
	if reach(nil, 1) != 0 {
		t.Error("an empty list reaches somewhere")
	}
}
