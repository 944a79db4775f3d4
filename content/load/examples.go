package load

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// Asker answers questions: search.Index does.
type Asker interface {
	Ask(q search.Query) search.Answer
}

// placedExample is an example question with where it stands and when it is
// asked.
type placedExample struct {
	content.Example
	file    string
	at      position
	ref     content.Ref // the entry that must be found; Entry is empty where the briefing refuses
	askedAt time.Time
}

// examplesOf returns the example questions of a file.
func examplesOf(f *file) []placedExample {
	var out []placedExample
	add := func(n *node, ref content.Ref, ex content.Example, asOf content.Date) {
		p := placedExample{Example: ex, file: f.name, at: n.position, ref: ref, askedAt: ex.AskedAt}
		if n.kind == mapping {
			p.at = n.key("question").position
		}
		if p.askedAt.IsZero() {
			p.askedAt = asOf.After(time.UTC)
		}
		out = append(out, p)
	}
	b := f.briefing
	day := b.AsOf
	if day.IsZero() {
		day = b.Published
	}
	for i, ex := range b.Ask {
		add(f.root.key("ask").at(i), content.Ref{Briefing: b.ID}, ex, day)
	}
	for i, e := range b.Entries {
		for j, ex := range e.Ask {
			add(f.root.key("entries").at(i).key("ask").at(j), content.Ref{Briefing: b.ID, Entry: e.ID}, ex, day)
		}
	}
	return out
}

// CheckExamples asks every example question of the library that came with the
// report and adds an error to it for each that is answered otherwise than its
// file says. A question without asked_at is asked on the day after the as_of
// date of its briefing, or after its publication where it has none.
func CheckExamples(ix Asker, report *Report) {
	for _, ex := range report.examples {
		if message := ex.try(ix); message != "" {
			report.Faults = append(report.Faults, Fault{File: ex.file, Line: ex.at.line, Column: ex.at.column, Message: message})
		}
	}
	report.sort()
}

// try asks the question and says what is wrong with the answer, "" for nothing.
func (ex *placedExample) try(ix Asker) string {
	var turns []search.Turn
	for _, before := range ex.After {
		a := ix.Ask(search.Query{Question: before, AskedAt: ex.askedAt, Previous: turns})
		if a.Status == search.Answered {
			turn := search.Turn{Question: before, Ref: a.Ref, Slot: a.Slot}
			if len(a.Items) == 1 {
				turn.Item = a.Items[0]
			}
			turns = append(turns, turn)
		}
	}
	a := ix.Ask(search.Query{Question: ex.Question, AskedAt: ex.askedAt, Previous: turns})
	want := ex.ref.Entry
	if ex.Item > 0 {
		want = fmt.Sprintf("item %d of %s", ex.Item, want)
	}
	switch {
	case ex.Refuse && a.Status == search.Answered:
		return fmt.Sprintf("the question %q must be refused but %s", clip(ex.Question), found(a))
	case ex.Refuse:
		return ""
	case a.Status != search.Answered || a.Ref != ex.ref:
		return fmt.Sprintf("the question %q must find %s but %s", clip(ex.Question), want, found(a))
	case ex.Item > 0 && !slices.Equal(a.Items, []int{ex.Item}):
		return fmt.Sprintf("the question %q must find %s but %s", clip(ex.Question), want, found(a))
	case ex.Slot != "" && a.Slot != ex.Slot:
		return fmt.Sprintf("the question %q must be answered by the slot %s but %s", clip(ex.Question), ex.Slot, found(a))
	}
	return ""
}

// found tells what a question found, and how sure that was.
func found(a search.Answer) string {
	sure := fmt.Sprintf("(confidence %.2f)", a.Confidence)
	switch a.Status {
	case search.Answered:
		what := a.Ref.String()
		if a.Ref.Entry == "" {
			what = fmt.Sprintf("the %s of %s", a.Intent, a.Ref.Briefing)
		}
		if len(a.Items) > 0 {
			numbers := strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Items), " ", ", "), "[]")
			what = fmt.Sprintf("item %s of %s", numbers, what)
		}
		if a.Slot != "" {
			what += fmt.Sprintf(", slot %s,", a.Slot)
		}
		return fmt.Sprintf("finds %s %s", what, sure)
	case search.Suggest:
		var refs []string
		for _, s := range a.Suggestions {
			refs = append(refs, s.Ref.String())
		}
		return fmt.Sprintf("only suggests %s %s", strings.Join(refs, ", "), sure)
	case search.Unknown:
	}
	return fmt.Sprintf("finds nothing %s", sure)
}
