package search_test

import (
	"fmt"
	"testing"

	"briefbot/content"
	"briefbot/content/search"
)

// bank is a briefing of a few things that people ask of a bank, each in many
// ways: what tells them apart are words that frame any question.
func bank() *content.Briefing {
	entry := func(id, title string, aliases ...string) content.Entry {
		return content.Entry{ID: id, Kind: content.KindFact, Title: english(title), Aliases: aliases, Answer: english("Ask at the counter.")}
	}
	return &content.Briefing{ID: "bank", Published: day(2030, 3, 1), Entries: []content.Entry{
		entry("transfer", "Moving money", "move 50 to my savings account", "put 200 into savings", "transfer 15 to checking", "send 75 to my other account", "shift 300 over to savings", "can you move 20 to checking"),
		entry("balance", "Money in an account", "what is in my savings account", "how much do I have in checking", "what do I have in savings", "tell me what my account holds", "how much is left in my account", "what is my balance"),
		entry("blocked", "A hold on an account", "why is there a hold on my account", "why can I not use my account", "what is holding my savings account", "why was my checking account frozen", "why is my account blocked", "is there a hold on my savings account"),
	}}
}

func TestExamplesTeachWhatAQuestionAsks(t *testing.T) {
	index := indexOf(bank())
	for question, entry := range map[string]string{ // the best candidate; three entries are too few to state much
		"please move 40 into my savings":       "transfer",
		"how much do I have in my savings":     "balance",
		"why is there a hold on savings":       "blocked",
		"why is my savings account frozen":     "blocked",
		"could you shift 99 to my savings":     "transfer",
		"tell me how much is left in checking": "balance",
	} {
		a := index.Ask(search.Query{Question: question, Explain: true})
		if c := a.Explanation.Candidates; len(c) == 0 || c[0].Ref.Entry != entry {
			t.Errorf("%q: %+v, want %s first", question, c, entry)
		}
	}
	for _, question := range []string{"who is the director of the bank", "when does the branch open on saturday", "is there"} {
		expectEntry(t, index, search.Query{Question: question}, "")
	}
}

// A number that differs from example to example is no property of the entry.
func TestANumberThatVariesFromExampleToExampleMayBeAnyNumber(t *testing.T) {
	index := indexOf(bank())
	a := index.Ask(search.Query{Question: "move 5000 to my savings account", Explain: true})
	if a.Explanation.Candidates[0].Ref.Entry != "transfer" || a.Explanation.Candidates[0].Ruled != "" {
		t.Errorf("%s with %s, %+v", a.Status, a.Ref, a.Explanation.Candidates[0])
	}
	b := bank()
	b.Entries[0].Aliases = b.Entries[0].Aliases[:1]
	a = indexOf(b).Ask(search.Query{Question: "move 5000 to my savings account", Explain: true})
	if a.Explanation.Candidates[0].Ruled == "" {
		t.Errorf("one example with one number: %+v", a.Explanation.Candidates[0])
	}
}

// The threshold follows the library: where entries are hard to tell apart more
// is asked of an answer than where each has words of its own.
func TestTheThresholdIsDerivedFromTheLibrary(t *testing.T) {
	library := func(alias func(entry, i int) string) *search.Index {
		b := &content.Briefing{ID: "made", Published: day(2030, 1, 1)}
		for e := range 60 {
			entry := content.Entry{ID: fmt.Sprint("e", e), Kind: content.KindFact, Title: english(alias(e, 0)), Answer: english("It is so.")}
			for i := range 12 {
				entry.Aliases = append(entry.Aliases, alias(e, i+1))
			}
			b.Entries = append(b.Entries, entry)
		}
		return indexOf(b)
	}
	word := func(n int) string {
		return string([]rune{rune('b' + n%20), 'a', rune('b' + n/20%20), 'o', rune('b' + n/400%20), 'u', 'm'})
	}
	apart := library(func(e, i int) string { return word(e*7+i%7) + " " + word(e*7+(i+1)%7+500) })
	twins := func(e, i int) string {
		return word(e/2*7+i%7) + " " + word(e/2*7+(i+1)%7+500) + " " + word(e%2*40+i+900)
	}
	alike := library(twins)
	of := func(x *search.Index) float64 {
		return x.Ask(search.Query{Question: "any", Explain: true}).Explanation.Threshold
	}
	if of(alike) <= of(apart) {
		t.Errorf("entries alike: %.3f, entries apart: %.3f", of(alike), of(apart))
	}
	if again := library(twins); of(again) != of(alike) {
		t.Errorf("the same library: %v, then %v", of(alike), of(again))
	}
}
