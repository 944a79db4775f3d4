package search

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"briefbot/content"
)

// The bounds of deciding.
const (
	threshold       = 0.56 // below it nothing is stated
	suggestAbove    = 0.35 // below it not even candidates are offered
	nearTie         = 0.97 // a runner-up this close to the best makes it a choice
	suggestionsMost = 5
)

// judge gives each candidate its score and orders them, the best first.
func judge(p *parsed, found []candidate) {
	for i := range found {
		c := &found[i]
		c.score = c.factor * confidence(c)
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
}

// confidence joins how much of the question is explained with how like it is
// to what the editors expected to be asked.
func confidence(c *candidate) float32 {
	return c.coverage * (0.7 + 0.3*max(c.likeness, c.density))
}

// Ask finds the entry that answers a question, or abstains.
func (x *Index) Ask(q Query) Answer {
	if len(q.Question) > 4*maxQuestion {
		q.Question = firstRunes(q.Question, maxQuestion)
	}
	p := x.parse(q.Question, q.AskedAt)
	a := Answer{Status: Unknown, Intent: IntentEntry, Lang: x.norm.detectLang(q.Question, q.Lang)}
	if p.sound && !hasHan(q.Question) && !q.Lang.Chinese() {
		a.Lang = content.Hans
	}
	found := x.candidates(&p)
	x.settle(&a, &p, found)
	if q.Explain {
		a.Explanation = x.explain(&p, found)
	}
	return a
}

func (x *Index) candidates(p *parsed) []candidate {
	found := x.retrieve(p)
	for i := range found {
		x.measure(p, &found[i])
		x.constrain(p, &found[i])
	}
	judge(p, found)
	return found
}

func (x *Index) settle(a *Answer, p *parsed, found []candidate) {
	if len(found) == 0 {
		return
	}
	best := &found[0]
	a.Confidence = float64(best.score)
	switch {
	case best.score >= threshold:
		a.Status = Answered
		a.Ref = best.doc.ref
		a.Items = best.items
		if len(a.Items) == 0 && best.item > 0 {
			a.Items = []int{best.item}
		}
		if slot, ok := slotValue(best.doc.entry, p.slot); ok {
			a.Slot = slot
		}
	case best.score >= suggestAbove:
		a.Status = Suggest
	}
	if a.Status != Answered {
		for _, c := range found[:min(len(found), suggestionsMost)] {
			if c.score > suggestAbove/2 {
				a.Suggestions = append(a.Suggestions, Suggestion{Ref: c.doc.ref, Item: c.item, Score: float64(c.score)})
			}
		}
	}
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func hasHan(s string) bool { return slices.ContainsFunc([]rune(s), isHan) }

// Search returns the entries that have most to do with the words, at most n,
// the best first, whether or not they answer a question.
func (x *Index) Search(words string, n int) []Suggestion {
	p := x.parse(firstRunes(words, maxQuestion), time.Time{})
	found := x.candidates(&p)
	var hits []Suggestion
	for _, c := range found[:min(len(found), n)] {
		hits = append(hits, Suggestion{Ref: c.doc.ref, Score: float64(c.score)})
	}
	return hits
}

// DetectLang returns the language that a text is written in; hint where the
// text does not tell, English where neither does.
func DetectLang(text string, hint content.Lang) content.Lang {
	return languageTables().norm.detectLang(text, hint)
}

// Complete returns what a question that begins with typed may be about, at
// most n, the best first.
func (x *Index) Complete(typed string, n int) []Suggestion { return x.Search(typed, n) }

func (x *Index) explain(p *parsed, found []candidate) *Explanation {
	e := &Explanation{Threshold: threshold, Normalised: surface(p.atoms)}
	for i := range p.terms {
		e.Understood = append(e.Understood, describe(&p.terms[i]))
	}
	for _, c := range found[:min(len(found), suggestionsMost)] {
		one := Candidate{Ref: c.doc.ref, Score: float64(c.score), Parts: []ScorePart{
			{"coverage", float64(c.coverage)}, {"likeness", float64(c.likeness)},
			{"density", float64(c.density)}, {"constraints", float64(c.factor)},
		}}
		for i, r := range c.reasons {
			if i > 0 {
				one.Ruled += "; "
			}
			one.Ruled += r
		}
		e.Candidates = append(e.Candidates, one)
	}
	return e
}

func describe(t *term) string {
	return fmt.Sprintf("%s %.2f (%d)", t.surface, t.weight, t.count)
}
