package search_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"briefbot/content"
	"briefbot/content/load"
	"briefbot/content/search"
)

func shipped(tb testing.TB) *search.Index {
	tb.Helper()
	library, report := load.Paths("../briefings")
	if library == nil {
		tb.Fatal(report.Err())
	}
	return search.Build(library)
}

// TestASpecificThatIsContradictedIsRefused holds pairs of questions that
// differ in one specific: the first is answered, the others are not, however
// alike the words.
func TestASpecificThatIsContradictedIsRefused(t *testing.T) {
	index := shipped(t)
	asked := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		entry    string
		answered string
		refused  []string
	}{
		{"apec-2026-host", "APEC 2026 host", []string{"APEC 2027 host", "G20 2026 host", "APEC 2024 host"}},
		{"apec-2026-host", "明年APEC在哪里举办", []string{"后年APEC在哪里举办"}},
		{"four-proposals", "四点建议", []string{"六点建议", "3点建议", "7 proposals"}},
		{"five-commons", "五个共同", []string{"四个共同", "六个共同"}},
		{"apec-2026-host", "第33次APEC会议在哪", []string{"第34次APEC会议在哪", "31st APEC meeting"}},
		{"busan-meeting", "习近平特朗普釜山会晤", []string{"习近平普京釜山会晤", "Xi Modi Busan summit"}},
	} {
		t.Run(tt.answered, func(t *testing.T) {
			a := index.Ask(search.Query{Question: tt.answered, AskedAt: asked})
			if a.Status != search.Answered || a.Ref.Entry != tt.entry {
				t.Errorf("%s with %q (%.2f), want %q", a.Status, a.Ref.Entry, a.Confidence, tt.entry)
			}
			for _, q := range tt.refused {
				if a := index.Ask(search.Query{Question: q, AskedAt: asked}); a.Status == search.Answered {
					t.Errorf("%q is answered with %s (%.2f)", q, a.Ref, a.Confidence)
				}
			}
		})
	}
}

func TestTheNextOneIsNotTheLast(t *testing.T) {
	index := shipped(t)
	for _, q := range []string{"when is the next APEC summit", "next APEC summit", "下届APEC峰会在哪里", "下次APEC会议什么时候"} {
		before := index.Ask(search.Query{Question: q, AskedAt: time.Date(2025, 11, 20, 0, 0, 0, 0, time.UTC)})
		if before.Status != search.Answered || before.Ref.Entry != "apec-2026-host" {
			t.Errorf("%q in 2025: %s with %s (%.2f)", q, before.Status, before.Ref, before.Confidence)
		}
		after := index.Ask(search.Query{Question: q, AskedAt: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)})
		// What APEC is may be told at any time.
		if after.Status == search.Answered && after.Ref.Entry != "apec" {
			t.Errorf("%q in 2027 is answered with %s (%.2f)", q, after.Ref, after.Confidence)
		}
	}
}

func TestEitherOfTwoYearsMayBeMeant(t *testing.T) {
	index := shipped(t)
	if a := index.Ask(search.Query{Question: "APEC hosts 2026 and 2027"}); a.Status == search.Answered && a.Ref.Entry != "apec-2026-host" {
		t.Errorf("answered with %s", a.Ref)
	}
	if a := index.Ask(search.Query{Question: "APEC host 2027 or 2028"}); a.Status == search.Answered {
		t.Errorf("answered with %s", a.Ref)
	}
}

func TestARefusalNamesWhatIsNear(t *testing.T) {
	index := shipped(t)
	for question, near := range map[string]string{"APEC 2027 host": "apec-2026-host", "六点建议": "four-proposals", "稀土": "", "tell me a joke": ""} {
		a := index.Ask(search.Query{Question: question})
		if a.Status != search.Unknown {
			t.Errorf("%q: %s", question, a.Status)
		}
		switch {
		case near == "" && len(a.Suggestions) > 0:
			t.Errorf("%q is said to be near %v", question, a.Suggestions)
		case near != "" && (len(a.Suggestions) == 0 || a.Suggestions[0].Ref.Entry != near):
			t.Errorf("%q is said to be near %v, want %s first", question, a.Suggestions, near)
		}
	}
}

func TestEveryWritingOfAQuestionFindsTheSame(t *testing.T) {
	index := shipped(t)
	for entry, questions := range map[string][]string{
		"four-proposals": {"四点建议", "四點建議", "4点建议", "４點建議", "四点健议", "sidianjianyi", "si dian jian yi", "请问四点建议是什么？", "four proposals", "FOUR PROPOSALS", "four proposls"},
		"apec-2026-host": {"APEC 2026 host", "ＡＰＥＣ２０２６ host", "APCE 2026 host", "二〇二六年APEC由谁主办", "hey bot, could you tell me who hosts APEC 2026?"},
		"busan-meeting":  {"釜山会晤", "釜山會晤", "Busan meeting", "Pusan meeting"},
	} {
		for _, q := range questions {
			if a := index.Ask(search.Query{Question: q}); a.Status != search.Answered || a.Ref.Entry != entry {
				t.Errorf("%q: %s with %q (%.2f), want %q", q, a.Status, a.Ref.Entry, a.Confidence, entry)
			}
		}
	}
}

func TestAPointOfAListIsFoundByItsNumber(t *testing.T) {
	index := shipped(t)
	last := []search.Turn{{Ref: content.Ref{Briefing: "korea-apec-2025", Entry: "four-proposals"}, Item: 2}}
	for _, tt := range []struct {
		question string
		previous []search.Turn
		items    []int
	}{
		{"四点建议的第二点", nil, []int{2}},
		{"the third of the four proposals", nil, []int{3}},
		{"第三点呢", last, []int{3}},
		{"the last one", last, []int{4}},
		{"最后两点", last, []int{3, 4}},
		{"下一点", last, []int{3}},
		{"point 3", last, []int{3}},
		{"4", last, []int{4}},
	} {
		a := index.Ask(search.Query{Question: tt.question, Previous: tt.previous})
		if a.Status != search.Answered || a.Ref.Entry != "four-proposals" || len(a.Items) != len(tt.items) {
			t.Errorf("%q: %s with %s %v, want %v", tt.question, a.Status, a.Ref, a.Items, tt.items)
			continue
		}
		for i := range tt.items {
			if a.Items[i] != tt.items[i] {
				t.Errorf("%q: points %v, want %v", tt.question, a.Items, tt.items)
			}
		}
	}
	if a := index.Ask(search.Query{Question: "第九点", Previous: last}); a.Status == search.Answered {
		t.Errorf("the ninth of four points is %v of %s", a.Items, a.Ref)
	}
}

func TestAFollowUpIsReadWithTheLastAnswer(t *testing.T) {
	index := shipped(t)
	host := []search.Turn{{Question: "APEC 2026 host", Ref: content.Ref{Briefing: "korea-apec-2025", Entry: "apec-2026-host"}}}
	for _, tt := range []struct {
		question string
		slot     content.Slot
	}{{"什么时候", content.When}, {"and when?", content.When}, {"在哪里呢", content.Where}, {"who?", content.Who}} {
		a := index.Ask(search.Query{Question: tt.question, Previous: host})
		if a.Status != search.Answered || a.Ref != host[0].Ref || a.Slot != tt.slot {
			t.Errorf("%q: %s with %s, slot %q; want slot %q", tt.question, a.Status, a.Ref, a.Slot, tt.slot)
		}
		if a := index.Ask(search.Query{Question: tt.question}); a.Status == search.Answered {
			t.Errorf("%q with nothing before it is answered with %s", tt.question, a.Ref)
		}
	}
	if a := index.Ask(search.Query{Question: "2027呢", Previous: host}); a.Status == search.Answered {
		t.Errorf("the same in 2027 is answered with %s", a.Ref)
	}
	if a := index.Ask(search.Query{Question: "庆州宣言是什么", Previous: host}); a.Ref.Entry != "gyeongju-declaration" {
		t.Errorf("a new subject finds %s", a.Ref)
	}
}

func TestAViewOfTheWholeIsRecognised(t *testing.T) {
	index := shipped(t)
	for question, want := range map[string]search.Intent{
		"summary": search.IntentSummary, "概括一下": search.IntentSummary, "tl;dr": search.IntentSummary,
		"时间线": search.IntentTimeline, "timeline": search.IntentTimeline,
		"参考来源有哪些": search.IntentSources, "sources?": search.IntentSources,
		"what can I ask": search.IntentTopics, "help": search.IntentHelp,
	} {
		a := index.Ask(search.Query{Question: question})
		if a.Status != search.Answered || a.Intent != want {
			t.Errorf("%q: %s, intent %s, want %s", question, a.Status, a.Intent, want)
		}
	}
	for _, question := range []string{"summary of the French election", "2027年大事记", "timeline of the Olympics"} {
		if a := index.Ask(search.Query{Question: question}); a.Status == search.Answered {
			t.Errorf("%q is answered with the %s of %s", question, a.Intent, a.Ref)
		}
	}
}

func TestTheLanguageOfAQuestionIsDetected(t *testing.T) {
	for _, tt := range []struct {
		text string
		hint content.Lang
		want content.Lang
	}{
		{"四點建議", "", content.Hant},
		{"四点建议", content.Hant, content.Hans},
		{"釜山", content.Hant, content.Hant},
		{"釜山", content.English, content.Hans},
		{"where is it", content.Hans, content.English},
		{"APEC", content.Hant, content.Hant},
		{"APEC", "", content.English},
		{"Who?", content.Hans, content.Hans},
		{"???", content.Hans, content.Hans},
		{"", "", content.English},
		{"APEC 2026 举办城市", content.English, content.Hans},
	} {
		if got := search.DetectLang(tt.text, tt.hint); got != tt.want {
			t.Errorf("%q with hint %q is %s, want %s", tt.text, tt.hint, got, tt.want)
		}
	}
}

func TestCompletionPrefersNamesThatBeginAsTyped(t *testing.T) {
	index := shipped(t)
	for typed, entry := range map[string]string{"四点": "four-proposals", "busan m": "busan-meeting", "Gyeongju D": "gyeongju-declaration", "五個": "five-commons"} {
		got := index.Complete(typed, 5)
		if len(got) == 0 || got[0].Ref.Entry != entry {
			t.Errorf("%q proposes %v, want %s first", typed, got, entry)
		}
		if len(got) > 5 {
			t.Errorf("%q proposes %d", typed, len(got))
		}
	}
	for _, typed := range []string{"", "?", "q", "zq", "猫"} {
		if got := index.Complete(typed, 5); len(got) != 0 {
			t.Errorf("%q proposes %v", typed, got)
		}
	}
}

func TestAnEmptyLibraryKnowsNothing(t *testing.T) {
	index := search.Build(content.NewLibrary(nil))
	for _, q := range []string{"", "APEC", "四点建议", "summary", "第二点"} {
		if a := index.Ask(search.Query{Question: q, Explain: true}); a.Ref.Entry != "" || len(a.Suggestions) > 0 {
			t.Errorf("%q: %+v", q, a)
		}
	}
	if index.Search("APEC", 5) != nil || index.Complete("a", 5) != nil {
		t.Error("something was found in nothing")
	}
}

func TestTheSameQuestionIsAlwaysAnsweredTheSame(t *testing.T) {
	first, second := shipped(t), shipped(t)
	for _, q := range []string{"APEC", "习近平", "cooperation", "什么是合作", "meeting", "Xi Jinping proposals APEC Korea"} {
		a, b := first.Ask(search.Query{Question: q}), second.Ask(search.Query{Question: q})
		if a.Status != b.Status || a.Ref != b.Ref || a.Confidence != b.Confidence {
			t.Errorf("%q: %s %s %.4f, then %s %s %.4f", q, a.Status, a.Ref, a.Confidence, b.Status, b.Ref, b.Confidence)
		}
	}
}

func FuzzAsk(f *testing.F) {
	for _, s := range []string{"APEC 2026 host", "四点建议第二点", "sidianjianyi", "最后两点", "next year", "\x00", "第", "第第第", "2026-", "1,000,000,000,000", "F6-2031-", strings.Repeat("四点", 400), "the last", "'s", "𠀀𠀁", "summary of", "..", "4.2.1"} {
		f.Add(s, "earlier question", int64(1764547200))
	}
	index := shipped(f)
	last := []search.Turn{{Question: "四点建议", Ref: content.Ref{Briefing: "korea-apec-2025", Entry: "four-proposals"}}}
	f.Fuzz(func(t *testing.T, question, earlier string, at int64) {
		last[0].Question = earlier
		a := index.Ask(search.Query{Question: question, AskedAt: time.Unix(at%(1<<36), 0).UTC(), Previous: last, Explain: true})
		if a.Confidence < 0 || a.Confidence > 1 {
			t.Errorf("confidence %v", a.Confidence)
		}
		if a.Status == search.Answered && a.Intent == search.IntentEntry && a.Ref.Entry == "" {
			t.Errorf("answered without an entry: %+v", a)
		}
		if a.Explanation != nil && !utf8.ValidString(a.Explanation.Normalised) {
			t.Errorf("explained with invalid text %q", a.Explanation.Normalised)
		}
		index.Complete(question, 5)
	})
}

func BenchmarkAsk(b *testing.B) {
	index := shipped(b)
	for _, q := range []string{"APEC 2026 host", "四点建议", "what did Xi and Trump agree in Busan", "how to cook rice"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Ask(search.Query{Question: q})
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	library, report := load.Paths("../briefings")
	if library == nil {
		b.Fatal(report.Err())
	}
	b.ReportAllocs()
	for b.Loop() {
		search.Build(library)
	}
}

// TestAChineseQuestionIsExplainedInChinese: what stands in Latin letters is a
// name of the question.
func TestAChineseQuestionIsExplainedInChinese(t *testing.T) {
	index := shipped(t)
	for _, question := range []string{"六点建议", "习近平2024年访问韩国", "釜山会晤是哪天", "明年在哪里举办", "建义有几条", "谁去了马来西亚", "第九点"} {
		a := index.Ask(search.Query{Question: question, Lang: content.Hans, AskedAt: time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), Explain: true})
		all := append([]string{a.Explanation.Kind}, a.Explanation.Understood...)
		for _, c := range a.Explanation.Candidates {
			all = append(all, c.Ruled)
			for _, p := range c.Parts {
				all = append(all, p.Name)
			}
		}
		for _, s := range all {
			if strings.ContainsFunc(s, func(r rune) bool { return r < 0x80 && unicode.IsLetter(r) }) {
				t.Errorf("%s: %q", question, s)
			}
		}
	}
}
