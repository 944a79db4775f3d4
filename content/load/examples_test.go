package load

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// asked answers from a table, and "after" follows what was asked before.
type asked map[string]search.Answer

func (a asked) Ask(q search.Query) search.Answer {
	key := q.Question
	for _, turn := range q.Previous {
		key = turn.Ref.Entry + " > " + key
	}
	if !q.AskedAt.Equal(time.Date(2025, 11, 2, 0, 0, 0, 0, time.UTC)) {
		key += q.AskedAt.Format(" @2006-01-02")
	}
	if answer, ok := a[key]; ok {
		return answer
	}
	return search.Answer{Status: search.Unknown, Confidence: 0.1}
}

func TestExampleQuestionsMustFindTheirEntry(t *testing.T) {
	found := search.Answer{Status: search.Answered, Ref: content.Ref{Briefing: "bridge", Entry: "opening"}, Confidence: 0.9}
	other := search.Answer{Status: search.Answered, Ref: content.Ref{Briefing: "bridge", Entry: "end"}, Items: []int{2}, Confidence: 0.75}
	slotted := found
	slotted.Slot = content.When
	second := found
	second.Items = []int{2}
	library := search.Answer{Status: search.Answered, Intent: search.IntentSummary, Ref: content.Ref{Briefing: "bridge"}, Confidence: 1}
	suggests := search.Answer{Status: search.Suggest, Suggestions: []search.Suggestion{{Ref: found.Ref}, {Ref: other.Ref}}, Confidence: 0.4}
	table := asked{
		"found": found, "other": other, "when": slotted, "second": second, "summary": library, "suggests": suggests,
		"opening > next": second, "dated @2026-05-01": found,
	}
	var loader Loader
	for example, want := range map[string]string{
		"found":                                             "",
		"{question: found}":                                 "",
		"other":                                             `the question "other" must find opening but finds item 2 of bridge/end (confidence 0.75)`,
		"nothing":                                           `the question "nothing" must find opening but finds nothing (confidence 0.10)`,
		"summary":                                           `the question "summary" must find opening but finds the summary of bridge (confidence 1.00)`,
		"suggests":                                          `the question "suggests" must find opening but only suggests bridge/opening, bridge/end (confidence 0.40)`,
		"{question: found, refuse: true}":                   `the question "found" must be refused but finds bridge/opening (confidence 0.90)`,
		"{question: nothing, refuse: true}":                 "",
		"{question: suggests, refuse: true}":                "",
		"{question: second, item: 2}":                       "",
		"{question: second, item: 1}":                       `the question "second" must find item 1 of opening but finds item 2 of bridge/opening (confidence 0.90)`,
		"{question: found, item: 1}":                        `the question "found" must find item 1 of opening but finds bridge/opening (confidence 0.90)`,
		"{question: when, slot: when}":                      "",
		"{question: found, slot: when}":                     `the question "found" must be answered by the slot when but finds bridge/opening (confidence 0.90)`,
		"{question: next, item: 2, after: [found]}":         "",
		"{question: next, item: 2, after: [nothing]}":       `the question "next" must find item 2 of opening but finds nothing (confidence 0.10)`,
		"{question: dated, asked_at: 2026-05-01T00:00:00Z}": "",
		"{question: found, asked_at: 2026-05-01T00:00:00Z}": `the question "found" must find opening but finds nothing (confidence 0.10)`,
	} {
		text := strings.Replace(small("bridge"), "ask: [大桥什么时候通车, When did the bridge open?]", `items:
      - title: {zh-Hans: 甲, en: A}
      - title: {zh-Hans: 乙, en: B}
    slots: {when: {zh-Hans: 秋天, en: autumn}}
    ask:
      - `+example, 1)
		lib, report := loader.FS(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, "")
		if lib == nil {
			t.Fatal(report.Err())
		}
		CheckExamples(table, &report)
		var got []string
		for _, f := range report.Errors() {
			got = append(got, f.Message)
			column := 9
			if strings.HasPrefix(example, "{") {
				column = 20
			}
			if f.File != "a.yaml" || f.Line != 20 || f.Column != column {
				t.Errorf("%s: stands at %s", example, f)
			}
		}
		if g := strings.Join(got, "\n"); g != want {
			t.Errorf("%s:\ngot  %s\nwant %s", example, g, want)
		}
	}
}

func TestQuestionsOfAWholeBriefingMustBeRefused(t *testing.T) {
	table := asked{"bad": {Status: search.Answered, Ref: content.Ref{Briefing: "bridge", Entry: "opening"}, Confidence: 0.8}}
	lib, report := FS(fstest.MapFS{"a.yaml": {Data: []byte(small("bridge") + "ask: [bad, good]\n")}}, "")
	if lib == nil {
		t.Fatal(report.Err())
	}
	report.examples = report.examples[:2] // those of the briefing
	CheckExamples(table, &report)
	if err := report.Err(); err == nil || !strings.HasSuffix(err.Error(), `a.yaml:16:7: the question "bad" must be refused but finds bridge/opening (confidence 0.80)`) {
		t.Error(err)
	}
}

func TestALoaderWithExamplesRefusesWhatIsFoundWrongly(t *testing.T) {
	tree := fstest.MapFS{"a.yaml": {Data: []byte(small("bridge") + "ask: [When did the bridge open?]\n")}}
	if lib, report := (&Loader{Examples: true}).FS(tree, ""); lib != nil || report.Err() == nil {
		t.Error("a question that is both example and refused is well")
	}
	if lib, report := (&Loader{}).FS(tree, ""); lib == nil {
		t.Error("questions are asked unbidden:", report.Err())
	}
}
