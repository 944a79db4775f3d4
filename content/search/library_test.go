package search_test

import (
	"fmt"
	"testing"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// These libraries are small and odd: what the briefings that ship happen not
// to hold, but another editor's may.

func indexOf(briefings ...*content.Briefing) *search.Index {
	return search.Build(content.NewLibrary(briefings))
}

func english(s string) content.Text { return content.Text{English: s} }

func examples(questions ...string) []content.Example {
	var out []content.Example
	for _, q := range questions {
		out = append(out, content.Example{Question: q})
	}
	return out
}

func day(year int, month time.Month, d int) content.Date {
	return content.Date{Year: year, Month: month, Day: d}
}

// garden is a briefing of a few entries that have little in common.
func garden(more ...content.Entry) *content.Briefing {
	return &content.Briefing{
		ID: "garden", Published: day(2030, 3, 1),
		Entries: append(more,
			content.Entry{ID: "gate", Kind: content.KindFact, Title: english("Closing of the north gate"), Answer: english("The north gate stays shut while its hinges are replaced.")},
			content.Entry{ID: "pond", Kind: content.KindFact, Title: english("Depth of the lily pond"), Answer: english("The lily pond is forty centimetres deep.")},
			content.Entry{ID: "bees", Kind: content.KindFact, Title: english("Hives on the roof"), Answer: english("Three beekeepers look after the hives on the roof.")},
		),
	}
}

func expectEntry(t *testing.T, index *search.Index, q search.Query, entry string) search.Answer {
	t.Helper()
	a := index.Ask(q)
	if entry == "" {
		if a.Status == search.Answered {
			t.Errorf("%q is answered with %s (%.2f)", q.Question, a.Ref, a.Confidence)
		}
		return a
	}
	if a.Status != search.Answered || a.Ref.Entry != entry {
		t.Errorf("%q: %s with %q (%.2f), want %q", q.Question, a.Status, a.Ref.Entry, a.Confidence, entry)
	}
	return a
}

func TestAnEventIsFoundByEveryMonthAndDayItCovers(t *testing.T) {
	index := indexOf(garden(
		content.Entry{ID: "show", Kind: content.KindEvent, Title: english("Flower show"), Answer: english("Flowers of the region are shown."), Dates: []content.Span{{Start: day(2030, 10, 30), End: day(2030, 11, 2)}}},
		content.Entry{ID: "repair", Kind: content.KindEvent, Title: english("Repair of the greenhouse"), Answer: english("The panes are replaced."), Dates: []content.Span{{Start: day(2030, 11, 20), End: day(2031, 2, 3)}}},
	))
	expectEntry(t, index, search.Query{Question: "flower show on 31 October 2030"}, "show")
	expectEntry(t, index, search.Query{Question: "flower show on 1 November 2030"}, "show")
	expectEntry(t, index, search.Query{Question: "greenhouse repair in December 2030"}, "repair")
	expectEntry(t, index, search.Query{Question: "greenhouse repair in January 2031"}, "repair")
	expectEntry(t, index, search.Query{Question: "greenhouse repair in June 2030"}, "")
}

func TestExamplesThatDifferInTheirQuestionWordAreBothKept(t *testing.T) {
	index := indexOf(garden(content.Entry{
		ID: "market", Kind: content.KindFact, Title: content.Text{Hans: "种子集市", English: "Seed market"},
		Answer: english("Seeds are sold in the orangery every Saturday."),
		Slots:  map[content.Slot]content.Text{content.Who: english("the friends of the garden")},
		Ask:    examples("种子集市在哪里", "种子集市什么时候"),
	}))
	for _, q := range []string{"种子集市在哪里", "种子集市什么时候"} {
		a := expectEntry(t, index, search.Query{Question: q, Explain: true}, "market")
		if c := a.Explanation.Candidates; len(c) == 0 || c[0].Ruled != "" {
			t.Errorf("%q: the entry is lowered: %+v", q, c)
		}
	}
}

func TestAPointIsAnsweredOnce(t *testing.T) {
	index := indexOf(garden(content.Entry{
		ID: "rules", Kind: content.KindList, Title: english("Three rules of the garden"), Answer: english("Three rules hold."),
		Items: []content.Item{{Title: english("no dogs")}, {Title: english("no music")}, {Title: english("no fires")}},
	}))
	a := expectEntry(t, index, search.Query{Question: "rules of the garden point 2, the second one"}, "rules")
	if len(a.Items) != 1 || a.Items[0] != 2 {
		t.Errorf("points %v", a.Items)
	}
}

func TestSmallLibrariesAnswerTheirOwnExamplesOnly(t *testing.T) {
	ferry := &content.Briefing{ID: "ferry", Published: day(2030, 5, 1), Entries: []content.Entry{{
		ID: "fare", Kind: content.KindFact, Title: english("Fare of the night ferry"),
		Answer: english("The night ferry costs nine crowns."), Ask: examples("how much is the night ferry"),
	}}}
	one := indexOf(ferry)
	two := indexOf(ferry, &content.Briefing{ID: "bus", Published: day(2030, 6, 1), Entries: []content.Entry{{
		ID: "fare", Kind: content.KindFact, Title: english("Fare of the night bus"),
		Answer: english("The night bus costs two crowns."), Ask: examples("how much is the night bus"),
	}}})
	for _, index := range []*search.Index{one, two} {
		for _, q := range []string{"how much is the night ferry", "fare of the night ferry", "night ferry fare"} {
			if a := expectEntry(t, index, search.Query{Question: q}, "fare"); a.Ref.Briefing != "ferry" {
				t.Errorf("%q is answered from %s", q, a.Ref)
			}
		}
		for _, q := range []string{"how much is the night train", "fare of the day ferry in 2029", "who wrote Hamlet", "how much is a coffee"} {
			if a := index.Ask(search.Query{Question: q}); a.Status == search.Answered {
				t.Errorf("%q is answered with %s (%.2f)", q, a.Ref, a.Confidence)
			}
		}
	}
	for _, q := range []string{"night fare", "fare"} {
		expectEntry(t, two, search.Query{Question: q}, "") // which of the two?
	}
}

func TestEntriesOfSignsAloneAreNoTrouble(t *testing.T) {
	index := indexOf(&content.Briefing{ID: "signs", Entries: []content.Entry{
		{ID: "a", Title: english("???"), Answer: english("!!!"), Slots: map[content.Slot]content.Text{content.Who: english("Anna")}},
		{ID: "b", Title: english("…"), Answer: english("—")},
		{},
	}})
	for _, q := range []string{"Anna", "???", "who is Anna", "summary", "2030"} {
		if a := index.Ask(search.Query{Question: q, Explain: true}); !(a.Confidence >= 0 && a.Confidence <= 1) {
			t.Errorf("%q: confidence %v", q, a.Confidence)
		}
	}
}

func person(id, hans, english string, aliases ...string) content.Term {
	return content.Term{ID: id, Kind: content.Person, Name: content.Text{Hans: hans, English: english}, Aliases: aliases}
}

func TestTwoPeopleWhoShareAnAliasStayTwo(t *testing.T) {
	talk := func(id, who, text string, term content.Term) *content.Briefing {
		return &content.Briefing{ID: id, Published: day(2030, 1, 1), Glossary: []content.Term{term}, Entries: []content.Entry{
			{ID: id + "-plan", Kind: content.KindFact, Title: english("Harbour plan of " + who), Answer: english(text)},
			{ID: id + "-car", Kind: content.KindFact, Title: english("Car of " + who), Answer: english("It is a small one.")},
		}}
	}
	index := indexOf(
		talk("north", "Lee Ann", "President Lee wants a deeper harbour.", person("lee-ann", "李安安", "Lee Ann", "President Lee")),
		talk("south", "Lee Bo", "President Lee wants no harbour.", person("lee-bo", "李波波", "Lee Bo", "President Lee")),
	)
	expectEntry(t, index, search.Query{Question: "harbour plan of Lee Ann"}, "north-plan")
	expectEntry(t, index, search.Query{Question: "李波波的 harbour plan"}, "south-plan")
	expectEntry(t, index, search.Query{Question: "harbour plan of President Lee"}, "") // which of the two?
	a := index.Ask(search.Query{Question: "harbour plan of President Lee"})
	if len(a.Suggestions) < 2 {
		t.Errorf("one name of two people offers %v", a.Suggestions)
	}

	// The same person in two briefings is one, whichever name stands first.
	index = indexOf(
		talk("north", "Lee Ann", "She wants a deeper harbour.", person("lee", "李安安", "Lee Ann", "Annie")),
		talk("south", "Bo", "He wants no harbour.", person("ann", "李安安", "Ann Lee")),
	)
	expectEntry(t, index, search.Query{Question: "harbour plan of Ann Lee"}, "north-plan")
}

func TestANameWrittenLikeAQuestionWordCountsInCapitals(t *testing.T) {
	b := garden(content.Entry{ID: "visit", Kind: content.KindFact, Title: english("Visit of the WHO to the garden"), Answer: english("Doctors of the WHO walked the paths.")})
	b.Glossary = []content.Term{{ID: "who", Kind: content.Body, Name: content.Text{Hans: "世界卫生组织", English: "World Health Organization"}, Aliases: []string{"WHO"}}}
	index := indexOf(b)
	expectEntry(t, index, search.Query{Question: "WHO visit"}, "visit")
	expectEntry(t, index, search.Query{Question: "visit of the World Health Organization"}, "visit")
	expectEntry(t, index, search.Query{Question: "who looks after the hives on the roof"}, "bees")
}

func TestANameOfTheGlossaryIsNoTypingError(t *testing.T) {
	b := garden(content.Entry{ID: "visit", Kind: content.KindFact, Title: english("Visit of Miller"), Answer: english("Miller walked the paths. Mylter did not.")})
	b.Glossary = []content.Term{person("miller", "", "Miller", "Muller")}
	index := indexOf(b)
	for _, q := range []string{"visit of Muller", "visit of Mullre", "visit of Millre"} {
		expectEntry(t, index, search.Query{Question: q}, "visit")
	}
}

func TestASlotOfAnEntryIsNotThatOfWhatItsPointsMention(t *testing.T) {
	index := indexOf(garden(content.Entry{
		ID: "plans", Kind: content.KindList, Title: english("Three plans of the keeper"), Answer: english("The keeper has three plans for the spring."),
		Slots: map[content.Slot]content.Text{content.Where: english("in the hall of the old school")},
		Items: []content.Item{
			{Title: english("new benches")},
			{Title: english("a fountain of stone like that of the orchid festival")},
			{Title: english("a hedge")},
		},
	}))
	expectEntry(t, index, search.Query{Question: "where does the keeper have three plans"}, "plans")
	expectEntry(t, index, search.Query{Question: "where is the orchid festival"}, "")
}

func TestAFollowUpBringsItsOwnDates(t *testing.T) {
	show := func(id, title string, on content.Date) content.Entry {
		return content.Entry{ID: id, Kind: content.KindEvent, Title: english(title), Answer: english("Flowers are shown."), Dates: []content.Span{{Start: on, End: on}}}
	}
	index := indexOf(garden(
		show("may", "Flower show in May", day(2030, 5, 4)), show("june", "Flower show in June", day(2030, 6, 7)),
		show("tulips", "Tulip week 2030", day(2030, 4, 2)), show("tulips-31", "Tulip week 2031", day(2031, 4, 3)),
	))
	now := time.Date(2029, 12, 31, 23, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ earlier, question, entry string }{
		{"flower show in May 2030", "and in June?", "june"},
		{"flower show on 4 May 2030", "in June?", "june"},
		{"flower show in May 2030", "in 2031?", ""},
		{"tulip week next year", "and in 2031?", "tulips-31"},
		{"tulip week 2031", "next year?", "tulips"},
	} {
		previous := []search.Turn{{Question: tt.earlier, Ref: content.Ref{Briefing: "garden", Entry: "gate"}}}
		expectEntry(t, index, search.Query{Question: tt.question, AskedAt: now, Previous: previous}, tt.entry)
	}
}

func TestRelativeDatesHoldAtTheEndOfAMonth(t *testing.T) {
	event := func(id string, on content.Date) content.Entry {
		return content.Entry{ID: id, Kind: content.KindEvent, Title: english("Flower show"), Answer: english("Flowers are shown."), Dates: []content.Span{{Start: on, End: on}}}
	}
	index := indexOf(garden(event("february", day(2030, 2, 14)), event("march", day(2030, 3, 1)), event("january", day(2031, 1, 2))))
	for _, tt := range []struct {
		question string
		asked    time.Time
		entry    string
	}{
		{"flower show next month", time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC), "february"},
		{"flower show last month", time.Date(2030, 3, 31, 12, 0, 0, 0, time.UTC), "february"},
		{"flower show tomorrow", time.Date(2030, 2, 28, 12, 0, 0, 0, time.UTC), "march"},
		{"flower show next month", time.Date(2030, 12, 31, 12, 0, 0, 0, time.UTC), "january"},
	} {
		expectEntry(t, index, search.Query{Question: tt.question, AskedAt: tt.asked}, tt.entry)
	}
}

func TestAConversationFollowsWhatReplacedItsEntry(t *testing.T) {
	index := indexOf(garden(
		content.Entry{ID: "fee-old", Kind: content.KindFact, Title: english("Fee"), Answer: english("Two crowns."), Slots: map[content.Slot]content.Text{content.HowMuch: english("two")}},
		content.Entry{ID: "fee", Kind: content.KindFact, Title: english("Fee"), Answer: english("Three crowns."), Supersedes: []string{"fee-old"}, Slots: map[content.Slot]content.Text{content.HowMuch: english("three")}},
	))
	after := func(entry string) []search.Turn {
		return []search.Turn{{Question: "the fee", Ref: content.Ref{Briefing: "garden", Entry: entry}}}
	}
	expectEntry(t, index, search.Query{Question: "how much?", Previous: after("fee-old")}, "fee")
	expectEntry(t, index, search.Query{Question: "how much?", Previous: after("gone")}, "")
	gone := []search.Turn{{Question: "summary", Ref: content.Ref{Briefing: "gone"}}}
	if a := index.Ask(search.Query{Question: "summary", Previous: gone}); a.Ref.Briefing != "garden" {
		t.Errorf("the summary is of %q", a.Ref.Briefing)
	}
}

func TestAnEntryMayBeNamedLikeAView(t *testing.T) {
	b := garden(
		content.Entry{ID: "ferries", Kind: content.KindFact, Title: content.Text{Hans: "渡轮时间表", English: "Schedule of the ferries"}, Answer: english("Ferries leave every hour.")},
		content.Entry{ID: "funding", Kind: content.KindFact, Title: content.Text{Hans: "资金来源", English: "Sources of the money"}, Answer: english("The town pays.")},
	)
	b.Title, b.Summary = english("The botanical garden"), english("News of the botanical garden.")
	index := indexOf(b)
	for question, entry := range map[string]string{"schedule of the ferries": "ferries", "渡轮时间表": "ferries", "资金来源是什么": "funding"} {
		if a := expectEntry(t, index, search.Query{Question: question}, entry); a.Intent != search.IntentEntry {
			t.Errorf("%q is a view: %s", question, a.Intent)
		}
	}
	for question, want := range map[string]search.Intent{"timeline of the botanical garden": search.IntentTimeline, "sources for the depth of the lily pond": search.IntentSources} {
		if a := index.Ask(search.Query{Question: question}); a.Status != search.Answered || a.Intent != want {
			t.Errorf("%q: %s, intent %s of %s, want %s", question, a.Status, a.Intent, a.Ref, want)
		}
	}
}

func TestWhatNoEntrySpeaksOfIsNotAnsweredWithTheEntryOnItsSubject(t *testing.T) {
	index := indexOf(garden(
		content.Entry{
			ID: "show", Kind: content.KindEvent, Title: content.Text{Hans: "花卉展览", English: "Flower show"},
			Answer:  content.Text{Hans: "花卉展览在温室举行，展出本地花卉。", English: "Flowers of the region are shown in the greenhouse."},
			Aliases: []string{"今年的花卉展览", "what is shown at the flower show"},
			Slots:   map[content.Slot]content.Text{content.HowMuch: english("four crowns")},
		},
		content.Entry{ID: "rules", Kind: content.KindList, Title: content.Text{Hans: "温室守则", English: "Rules of the greenhouse"}, Answer: content.Text{Hans: "温室守则有两条。", English: "There are two rules."}, Items: []content.Item{{Title: english("no dogs")}, {Title: english("no music")}}},
	))
	for _, q := range []string{"花卉展览有哪些赞助商", "what sponsors does the flower show have", "花卉展览一共有多少摊位", "花卉展览有多少条"} {
		expectEntry(t, index, search.Query{Question: q}, "")
	}
	for q, entry := range map[string]string{"花卉展览有哪些花卉": "show", "what flowers does the flower show have": "show", "温室守则一共有多少条": "rules"} {
		expectEntry(t, index, search.Query{Question: q}, entry)
	}
}

func TestARelationOfTwoEntriesIsNotThatOfTheBetterNamed(t *testing.T) {
	index := indexOf(garden(
		content.Entry{ID: "leak", Kind: content.KindFact, Title: english("Leak GRD-2030-07 in the glass roof"), Answer: english("The leak was closed by the glaziers."), Aliases: []string{"GRD-2030-07"}},
		content.Entry{ID: "keeper", Kind: content.KindPerson, Title: english("Ada Marwick, keeper of the garden"), Answer: english("Ada Marwick has kept the garden since 2021."), Aliases: []string{"Marwick"}},
	))
	expectEntry(t, index, search.Query{Question: "GRD-2030-07"}, "leak")
	expectEntry(t, index, search.Query{Question: "Marwick"}, "keeper")
	expectEntry(t, index, search.Query{Question: "Did Marwick close GRD-2030-07?"}, "")
}

func TestTheVeryWordsOfAnAliasLeadToItsEntry(t *testing.T) {
	index := indexOf(garden(
		content.Entry{ID: "programme", Kind: content.KindFact, Title: english("Three events of the festival"), Aliases: []string{"what's on at the festival"}, Answer: english("The festival has a contest, a picking and a show.")},
		content.Entry{ID: "shuttle", Kind: content.KindFact, Title: english("Shuttle bus"), Aliases: []string{"how to get to the festival", "how to get there"}, Answer: english("Buses leave from the station every twenty minutes.")},
		content.Entry{ID: "talks", Kind: content.KindFact, Title: english("Talks at the old mill"), Aliases: []string{"Millbrook talks"}, Answer: english("The talks were held at the old mill in Millbrook.")},
		content.Entry{ID: "millbrook", Kind: content.KindPlace, Title: english("Millbrook"), Aliases: []string{"where the talks were"}, Answer: english("Millbrook is a town on the river.")},
	))
	for question, entry := range map[string]string{
		"how to get to the festival":  "shuttle",
		"How to get to the festival?": "shuttle",
		"how to get there":            "shuttle",
		"what's on at the festival":   "programme",
		"Millbrook talks":             "talks",
		"how do I do it":              "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

// TestASpecificThatNoEntryHasIsNoReasonToAnswer holds questions that are one
// word, one year or one person away from what the entries tell.
func TestASpecificThatNoEntryHasIsNoReasonToAnswer(t *testing.T) {
	b := garden(
		content.Entry{
			ID: "costs", Kind: content.KindFact, Title: english("Costs of the garden"), Aliases: []string{"budget of the garden"},
			Answer: english("In 2028 the garden cost nine thousand crowns; the town paid half."), Ask: examples("what does the garden cost", "who pays for the garden"),
			Slots: map[content.Slot]content.Text{content.Who: english("the town"), content.HowMuch: english("nine thousand crowns")},
		},
		content.Entry{
			ID: "house", Kind: content.KindFact, Title: english("New palm house"), Answer: english("The palm house is built beside the pond."),
			Slots: map[content.Slot]content.Text{content.HowMuch: english("forty thousand crowns"), content.Who: english("Ada Marwick")}, Ask: examples("what does the palm house cost"),
		},
		content.Entry{
			ID: "show", Kind: content.KindEvent, Title: english("Orchid show"), Answer: english("Orchids are shown until May."),
			Slots: map[content.Slot]content.Text{content.HowMuch: english("a ticket is four crowns")}, Ask: examples("how much is a ticket for the orchid show"),
		},
		content.Entry{
			ID: "plants", Kind: content.KindList, Title: english("Three new plants"), Answer: english("Three plants are new."),
			Items: []content.Item{{Title: english("a tree fern")}, {Title: english("a blue poppy")}, {Title: english("a corpse lily")}},
		},
		content.Entry{ID: "keeper", Kind: content.KindPerson, Title: english("Ada Marwick, keeper of the garden"), Aliases: []string{"Marwick"}, Answer: english("Ada Marwick keeps the garden.")},
	)
	b.Glossary = []content.Term{person("marwick", "", "Ada Marwick", "Marwick")}
	index := indexOf(b)
	for question, entry := range map[string]string{
		"budget of the garden":                     "costs",
		"budget of the garden 2028":                "costs",
		"budget of the garden 2029":                "",
		"How much did Japan pay for the garden?":   "",
		"Who brought the blue poppy?":              "",
		"the blue poppy":                           "plants",
		"how much is a ticket for the palm house":  "",
		"how much is a ticket for the orchid show": "show",
		"does Marwick like the hives on the roof":  "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

func TestTheYearAfterIsThatAfterWhatWasTalkedOf(t *testing.T) {
	season := func(id string, year int) content.Entry {
		return content.Entry{
			ID: id, Kind: content.KindEvent, Title: content.Text{Hans: fmt.Sprintf("%d年种子集市", year), English: fmt.Sprintf("Seed market of %d", year)},
			Answer: english("Seeds are sold in the orangery."), Dates: []content.Span{{Start: day(year, 5, 1), End: day(year, 5, 3)}},
		}
	}
	b := garden(season("first", 2030), season("second", 2031))
	index := indexOf(b)
	previous := []search.Turn{{Question: "when is the seed market of 2030", Ref: content.Ref{Briefing: b.ID, Entry: "first"}}}
	for question, entry := range map[string]string{"and the year after?": "second", "次年呢": "second", "and the year before?": ""} {
		expectEntry(t, index, search.Query{Question: question, Previous: previous}, entry)
	}
	expectEntry(t, index, search.Query{Question: "and the year after?"}, "")
}

// TestWhatStandsNextToANameMakesItAnother holds questions that are right but for
// the word beside a name, a number or an ordinal.
func TestWhatStandsNextToANameMakesItAnother(t *testing.T) {
	b := garden(
		content.Entry{
			ID: "charter", Kind: content.KindFact, Title: english("The Ashford Charter"), Aliases: []string{"charter"},
			Answer: english("The Lower Valley Society adopted the Ashford Charter."), Ask: examples("what does the Ashford Charter say"),
		},
		content.Entry{
			ID: "society", Kind: content.KindTerm, Title: english("Lower Valley Society"), Aliases: []string{"the society"},
			Answer: english("The society looks after old trees; it meets in Penwick."), Ask: examples("what is the Lower Valley Society"),
		},
		content.Entry{
			ID: "tour", Kind: content.KindEvent, Title: content.Text{Hans: "夜间导览", English: "Tour by night"}, Aliases: []string{"night tour"},
			Answer: content.Text{Hans: "夜间导览从7号室开始。", English: "The tour by night starts in room 7 and costs nine crowns."}, Dates: []content.Span{{Start: day(2030, 5, 1), End: day(2030, 5, 1)}},
			Ask: examples("夜间导览什么时候", "when is the tour by night", "room 7"),
		},
		content.Entry{
			ID: "aims", Kind: content.KindList, Title: english("Three aims of the garden"), Aliases: []string{"aims"}, Answer: english("The garden has three aims."),
			Items: []content.Item{{Title: english("more shade")}, {Title: english("a longer cable"), Text: english("40 metres in all.")}, {Title: english("cleaner paths")}},
		},
		content.Entry{ID: "word", Kind: content.KindQuote, Title: english("Ada Marwick on shade"), Aliases: []string{"Marwick's word"}, Answer: english("Ada Marwick said, “Shade is a good friend.”"), Slots: map[content.Slot]content.Text{content.Who: english("Ada Marwick")}},
		content.Entry{ID: "keeper", Kind: content.KindPerson, Title: english("Ada Marwick, keeper of the garden"), Aliases: []string{"keeper"}, Answer: english("Ada Marwick keeps the garden.")},
	)
	b.Glossary = []content.Term{
		person("marwick", "", "Ada Marwick", "Marwick"),
		{ID: "society", Kind: content.Body, Name: english("Lower Valley Society")},
	}
	index := indexOf(b)
	for question, entry := range map[string]string{
		"Ashford Charter":                  "charter",
		"Penwick Charter":                  "", // a name of the library, but not of the charter
		"what is the Lower Valley Society": "society",
		"what is the Upper Valley Society": "",
		"room 7":                           "tour",
		"room 9":                           "",
		"夜间导览什么时候":                         "tour",
		"第二次夜间导览什么时候":                      "",
		"who is Marwick":                   "keeper",
		"Ada Marwik":                       "keeper",
		"good bot":                         "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
	for question, item := range map[string]int{"the last aim of the garden": 3, "second aim of the garden": 2, "how long is the longer cable": 2} {
		a := expectEntry(t, index, search.Query{Question: question}, "aims")
		if len(a.Items) != 1 || a.Items[0] != item {
			t.Errorf("%q: points %v, want %d", question, a.Items, item)
		}
	}
}

// TestWhatATextOnlyMentionsHasNoTimeNorPlaceThere asks of a path that visitors
// take while another one is closed.
func TestWhatATextOnlyMentionsHasNoTimeNorPlaceThere(t *testing.T) {
	index := indexOf(garden(content.Entry{
		ID: "works", Kind: content.KindEvent, Title: content.Text{Hans: "枫树路封闭", English: "Works on Maple Path"}, Aliases: []string{"枫树路施工", "Maple Path closure"},
		Answer: content.Text{Hans: "枫树路五月封闭，访客改走榛子道。", English: "Maple Path is closed in May while drains are laid. Visitors go by Hazel Lane."},
		Slots:  map[content.Slot]content.Text{content.When: {Hans: "五月", English: "in May"}, content.Why: {Hans: "铺设水管", English: "Drains are laid"}},
		Ask:    examples("枫树路什么时候封闭", "Why is Maple Path closed?"),
	}))
	for question, entry := range map[string]string{
		"when is Maple Path closed": "works", "枫树路什么时候封闭": "works",
		"when is Hazel Lane closed": "", "why is Hazel Lane closed": "", "榛子道什么时候封闭": "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

// TestAStrangeWordBeforeANameMakesItAnother is that of Chinese, which writes no
// capitals.
func TestAStrangeWordBeforeANameMakesItAnother(t *testing.T) {
	index := indexOf(garden(content.Entry{
		ID: "society", Kind: content.KindTerm, Title: content.Text{Hans: "河谷园艺协会", English: "Valley Society"},
		Answer: content.Text{Hans: "河谷园艺协会照看老树。", English: "The society looks after old trees."}, Ask: examples("河谷园艺协会的年度会议在哪里举行"),
	}))
	for question, entry := range map[string]string{"河谷园艺协会": "society", "请问河谷园艺协会照看什么树": "society", "璧岭河谷园艺协会": "", "璧岭河谷园艺协会照看老树": "", "璧岭河谷园艺协会的年度会议在哪里举行": ""} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

// TestAWordThatNamesASlotIsAnsweredByItsValue asks for a price of what tells it
// without the word.
func TestAWordThatNamesASlotIsAnsweredByItsValue(t *testing.T) {
	index := indexOf(garden(
		content.Entry{
			ID: "show", Kind: content.KindEvent, Title: content.Text{Hans: "花卉展览", English: "Flower show"}, Answer: content.Text{Hans: "花卉展览在温室举行，每人四元。", English: "Flowers are shown in the greenhouse, four crowns a head."},
			Slots: map[content.Slot]content.Text{content.HowMuch: {Hans: "每人四元", English: "four crowns"}, content.HowLong: {Hans: "三周", English: "three weeks"}},
		},
		content.Entry{ID: "choir", Kind: content.KindEvent, Title: content.Text{Hans: "花园合唱", English: "Choir in the garden"}, Answer: english("The choir sings."), Slots: map[content.Slot]content.Text{content.Where: english("at the pond")}},
	))
	for question, entry := range map[string]string{"flower show price": "show", "price of the flower show": "show", "duration of the flower show": "show", "花卉展览的费用": "show", "花卉展览期限": "show", "choir price": "", "花园合唱费用": ""} {
		a := expectEntry(t, index, search.Query{Question: question}, entry)
		if entry != "" && a.Slot != content.HowMuch && a.Slot != content.HowLong {
			t.Errorf("%q: slot %q", question, a.Slot)
		}
	}
}

// TestAThingThatAnEntryHasNoWordForIsNotInIt asks for things that the language
// has several names for, of which the entry holds none or another one.
func TestAThingThatAnEntryHasNoWordForIsNotInIt(t *testing.T) {
	index := indexOf(garden(
		content.Entry{
			ID: "shuttle", Kind: content.KindFact, Title: content.Text{Hans: "花园接驳车", English: "Garden shuttle"}, Aliases: []string{"shuttle to the garden", "去花园的接驳车"},
			Answer: content.Text{Hans: "花园接驳车从火车站出发，每小时一班。", English: "The garden shuttle leaves from the railway station every hour."}, Ask: examples("shuttle from the station to the garden"),
		},
		content.Entry{ID: "fine", Kind: content.KindFact, Title: content.Text{Hans: "踩踏草坪罚款", English: "Fine for stepping on the lawn"}, Aliases: []string{"罚款", "fine"}, Answer: content.Text{Hans: "踩踏草坪罚款二十元。", English: "Stepping on the lawn costs twenty crowns."}},
	))
	for question, entry := range map[string]string{
		"shuttle from the train station to the garden": "shuttle", "shuttle from the airport to the garden": "",
		"罚款": "fine", "草坪罚款": "fine", "停车罚款": "", "parking fine": "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

// TestWhoWasBeforeSomebodyIsNotThatOne asks for a forerunner, and for where
// somebody is from, which a place in the entry does not tell.
func TestWhoWasBeforeSomebodyIsNotThatOne(t *testing.T) {
	b := garden(content.Entry{
		ID: "keeper", Kind: content.KindPerson, Title: content.Text{Hans: "马威克，园丁长", English: "Ada Marwick, keeper of the garden"}, Aliases: []string{"Marwick", "园丁长", "keeper of the garden"},
		Answer: content.Text{Hans: "马威克自2020年起任园丁长，办公室在北门。", English: "Ada Marwick has kept the garden since 2020, from an office at the north gate."},
		Slots:  map[content.Slot]content.Text{content.Where: {Hans: "北门", English: "North gate"}}, Ask: examples("园丁长是谁", "who is the keeper of the garden"),
	})
	b.Glossary = []content.Term{person("marwick", "马威克", "Ada Marwick", "Marwick")}
	index := indexOf(b)
	for question, entry := range map[string]string{
		"who is the keeper of the garden": "keeper", "园丁长是谁": "keeper",
		"who was the keeper of the garden before Marwick": "", "马威克之前的园丁长是谁": "", "马威克是哪国人": "", "what nationality is Marwick": "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

// TestTheWintersHoursAreNotTheSummers asks for the counterpart of what an entry
// is named by.
func TestTheWintersHoursAreNotTheSummers(t *testing.T) {
	index := indexOf(garden(
		content.Entry{
			ID: "hours", Kind: content.KindFact, Title: content.Text{Hans: "冬季开放时间", English: "Opening hours in winter"}, Aliases: []string{"winter hours"},
			Answer: content.Text{Hans: "冬季每天九点至四点开放。", English: "In winter the garden is open from nine to four."},
			Ask:    examples("冬季几点开门", "when does the garden open in winter"),
		},
		content.Entry{ID: "classes", Kind: content.KindFact, Title: content.Text{Hans: "小学生导览", English: "Tours for primary schools"}, Answer: english("Classes of primary schools come on Tuesdays."), Ask: examples("when do primary schools come", "小学生导览是哪天")},
	))
	for question, entry := range map[string]string{
		"opening hours in winter": "hours", "opening hours in summer": "", "夏季几点开门": "", "冬天几点开门": "hours",
		"when do primary schools come": "classes", "when do secondary schools come": "", "中学生导览是哪天": "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}
