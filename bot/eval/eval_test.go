package eval_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/eval"
	"briefbot/content/search"
)

func TestVerdicts(t *testing.T) {
	answer := func(allOf [][]string, noneOf ...string) eval.Case {
		return eval.Case{Expect: eval.ExpectAnswer, AllOf: allOf, NoneOf: noneOf, Kind: "direct"}
	}
	long := "Velia " + strings.Repeat("潮", eval.MaxAnswer)
	summary := answer([][]string{{"velia"}})
	summary.Kind = "summary"
	timeline := answer([][]string{{"velia"}})
	timeline.Kind = "timeline"
	tests := []struct {
		name   string
		c      eval.Case
		status search.Status
		text   string
		want   eval.Verdict
		reason string
	}{
		{"every group is held", answer([][]string{{"Ostro", "Velia"}, {"May"}}), search.Answered, "In Velia in May.", eval.Right, ""},
		{"case and width do not matter", answer([][]string{{"ＶＥＬＩＡ"}, {"straße"}}), search.Answered, "velia, STRASSE", eval.Right, ""},
		{"one group is missing", answer([][]string{{"Velia"}, {"May", "5月"}}), search.Answered, "In Velia.", eval.Wrong, "holds none of May | 5月"},
		{"a forbidden string", answer([][]string{{"Velia"}}, "Ostro"), search.Answered, "Velia, not ostro", eval.Wrong, "holds Ostro"},
		{"too long", answer([][]string{{"Velia"}}), search.Answered, long, eval.Wrong, "906 characters are no short answer"},
		{"just short enough", answer([][]string{{"Velia"}}), search.Answered, long[:len(long)-6*len("潮")], eval.Right, ""},
		{"a summary may be long", summary, search.Answered, long, eval.Right, ""},
		{"a timeline may be long", timeline, search.Answered, long, eval.Right, ""},
		{"candidates are no answer", answer([][]string{{"Velia"}}), search.Suggest, "Velia?", eval.Unanswered, "the status is suggest"},
		{"no answer", answer([][]string{{"Velia"}}), search.Unknown, "", eval.Unanswered, "the status is unknown"},
		{"rightly refused", eval.Case{Expect: eval.ExpectUnknown}, search.Unknown, "no", eval.Refused, ""},
		{"candidates state nothing", eval.Case{Expect: eval.ExpectUnknown}, search.Suggest, "Velia?", eval.Refused, ""},
		{"a false answer", eval.Case{Expect: eval.ExpectUnknown}, search.Answered, "Velia", eval.False, "an answer was stated"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, reason := eval.Judge(test.c, bot.Record{Status: test.status, Text: test.text})
			if got != test.want || reason != test.reason {
				t.Errorf("got %s (%s), want %s (%s)", got, reason, test.want, test.reason)
			}
		})
	}
}

func TestReadNamesTheLineOfAFault(t *testing.T) {
	const good = `{"id":"a","question":"q","lang":"en","kind":"direct","expect":"answer","all_of":[["x"]],"asked_at":"2031-01-02T03:04:05Z","context":["before"],"other":1}`
	tests := []struct{ name, file, want string }{
		{"not JSON", good + "\n{", "cases.jsonl:2: unexpected end of JSON input"},
		{"two objects", good + "\n\n" + `{"id":"b"} {}`, "cases.jsonl:3: invalid character"},
		{"a wrong type", `{"id":1}`, "cases.jsonl:1: json: cannot unmarshal number"},
		{"a wrong time", strings.Replace(good, "2031-01-02T03:04:05Z", "tomorrow", 1), "cases.jsonl:1: parsing time"},
		{"no id", `{"question":"q","expect":"unknown"}`, `cases.jsonl:1: "id" is missing`},
		{"no question", `{"id":"a","expect":"unknown"}`, `cases.jsonl:1: "question" is missing`},
		{"an unknown expectation", `{"id":"a","question":"q","expect":"maybe"}`, `cases.jsonl:1: "expect" must be "answer" or "unknown", not "maybe"`},
		{"nothing to compare with", `{"id":"a","question":"q","expect":"answer"}`, `cases.jsonl:1: "all_of" is missing`},
		{"an empty group", `{"id":"a","question":"q","expect":"answer","all_of":[[]]}`, `cases.jsonl:1: a group of "all_of" is empty`},
		{"an empty string", `{"id":"a","question":"q","expect":"answer","all_of":[[""]]}`, `cases.jsonl:1: "all_of" and "none_of" must not hold empty strings`},
		{"the same id twice", good + "\n" + good, `cases.jsonl:2: the id "a" stands on line 1 already`},
		{"a line without end", strings.Repeat("x", 1<<21), "cases.jsonl:1: bufio.Scanner: token too long"},
		{"nothing", "\n\n", "cases.jsonl: no cases"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := eval.Read("cases.jsonl", strings.NewReader(test.file))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got error %v, want %s…", err, test.want)
			}
		})
	}
	cases, err := eval.Read("cases.jsonl", strings.NewReader("\ufeff"+good+"\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c := cases[0]; c.Question != "q" || c.Context[0] != "before" || c.AskedAt.Year() != 2031 || c.AllOf[0][0] != "x" {
		t.Errorf("read %+v", c)
	}
}

func TestRunScoresByKindAndLanguage(t *testing.T) {
	const file = `{"id":"right","question":"where did the Harbour Forum meet","lang":"en","kind":"direct","expect":"answer","all_of":[["Velia"]]}
{"id":"wrong","question":"三项承诺是什么","lang":"zh-Hans","kind":"list","expect":"answer","all_of":[["潮汐"]]}
{"id":"unanswered","question":"who won the chess final in Ostro","lang":"en","kind":"direct","expect":"answer","all_of":[["x"]]}
{"id":"refused","question":"capital of Peru","lang":"en","kind":"out","expect":"unknown"}
{"id":"false","question":"三项承诺是什么","lang":"pinyin","kind":"out","expect":"unknown"}`
	cases, err := eval.Read("f", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	router := bottest.Router(t)
	result, err := eval.Run(t.Context(), func(ctx context.Context, c bot.Case) bot.Record { return bot.Ask(ctx, router, c) }, cases)
	if err != nil {
		t.Fatal(err)
	}
	if want := (eval.Score{Right: 1, Wrong: 1, Unanswered: 1, Refused: 1, False: 1}); result.Total != want {
		t.Errorf("total %+v, want %+v", result.Total, want)
	}
	if want := (eval.Score{Right: 1, Unanswered: 1}); result.ByKind["direct"] != want {
		t.Errorf("direct %+v, want %+v", result.ByKind["direct"], want)
	}
	if want := (eval.Score{Wrong: 1}); result.ByLang["zh-Hans"] != want {
		t.Errorf("zh-Hans %+v, want %+v", result.ByLang["zh-Hans"], want)
	}
	var text strings.Builder
	if err := result.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"right  wrong  unanswered  right %  refused  false  false %",
		"33.3", "50.0",
		"wrong wrong (list, zh-Hans): holds none of 潮汐",
		"unanswered unanswered (direct, en): the status is unknown",
		"false false (out, pinyin): an answer was stated",
		"found: harbour-forum-2031/pledges",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"total":{"right":1`, `"right_share":0.333`, `"false_share":0.5`, `"by_lang":{"en":`, `"verdict":"wrong"`, `"question":"三项承诺是什么"`} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("the JSON lacks %s:\n%s", want, encoded)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := eval.Run(ctx, nil, make([]eval.Case, 1))
	if err == nil {
		t.Error("an ended context went unnoticed")
	}
}

func TestGate(t *testing.T) {
	result := eval.Result{RightShare: 0.85, FalseShare: 0.08}
	tests := []struct {
		gate eval.Gate
		want string
	}{
		{eval.Gate{MinRight: 0.85, MaxFalse: 0.08}, ""},
		{eval.Gate{MinRight: 0.9, MaxFalse: 1}, "85.0 % right, at least 90.0 % is needed"},
		{eval.Gate{MaxFalse: 0.02}, "8.0 % false answers, at most 2.0 % is allowed"},
	}
	for _, test := range tests {
		err := test.gate.Check(result)
		if got := errorText(err); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.gate, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
