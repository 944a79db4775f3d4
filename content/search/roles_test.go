package search_test

import (
	"testing"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// mill is a briefing about two people and three countries.
func mill() *content.Briefing {
	text := func(hans, english string) content.Text { return content.Text{Hans: hans, English: english} }
	return &content.Briefing{
		ID: "mill", Published: day(2030, 5, 6),
		Glossary: []content.Term{
			person("ada", "艾达", "Ada Marwick", "Ada"),
			person("bo", "薄立", "Bo Linden", "Bo"),
			{ID: "france", Kind: content.Place, Name: text("法国", "France"), Aliases: []string{"French"}},
			{ID: "germany", Kind: content.Place, Name: text("德国", "Germany"), Aliases: []string{"German"}},
		},
		Entries: []content.Entry{
			{
				ID: "proposals", Kind: content.KindList, Title: text("艾达对薄立的三点建议", "Ada's three proposals to Bo"),
				Aliases: []string{"proposals of Ada"},
				Answer:  text("艾达在会谈中向薄立提出三点建议。", "Ada made three proposals when she met Bo."),
				Slots:   map[content.Slot]content.Text{content.Who: text("艾达", "Ada Marwick"), content.Where: text("老磨坊", "the old mill")},
				Items:   []content.Item{{Title: text("清理水渠", "clear the mill race")}, {Title: text("修补水轮", "mend the water wheel")}, {Title: text("开放磨坊", "open the mill to visitors")}},
				Dates:   []content.Span{{Start: day(2030, 5, 1), End: day(2030, 5, 1)}},
			},
			{
				ID: "treaty", Kind: content.KindFact, Title: text("法德航道协定", "Canal treaty of France and Germany"),
				Answer: text("法国与德国签订了航道协定。", "France and Germany signed a canal treaty."),
				Dates:  []content.Span{{Start: day(2030, 4, 23), End: day(2030, 4, 24)}},
			},
			{ID: "bo-linden", Kind: content.KindPerson, Title: text("薄立", "Bo Linden"), Answer: text("薄立是磨坊主。", "Bo Linden is the miller.")},
			{
				ID: "talks", Kind: content.KindEvent, Title: text("艾达与薄立会谈", "Talks of Ada and Bo"), Aliases: []string{"where Bo met Ada"},
				Answer: text("两人在老磨坊会谈。", "They met at the old mill."),
				Slots:  map[content.Slot]content.Text{content.Where: text("老磨坊", "the old mill"), content.Who: text("艾达与薄立", "Ada and Bo")},
				Dates:  []content.Span{{Start: day(2030, 5, 1), End: day(2030, 5, 1)}},
			},
		},
	}
}

func TestTheProposalsOfOneAreNotThoseOfAnother(t *testing.T) {
	index := indexOf(mill())
	for question, entry := range map[string]string{
		"Ada's proposals": "proposals", "proposals of Ada": "proposals", "艾达的建议": "proposals", "艾达对薄立的三点建议": "proposals",
		"Bo's proposals": "", "proposals by Bo": "", "薄立的建议": "", "薄立提出了什么建议": "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

func TestACountryIsKnownByOneCharacterBesideAnother(t *testing.T) {
	index := indexOf(mill())
	for question, entry := range map[string]string{
		"法德航道协定": "treaty", "德法航道协定": "treaty", "French-German canal treaty": "treaty",
		"法英航道协定": "", "中法航道协定": "",
	} {
		expectEntry(t, index, search.Query{Question: question}, entry)
	}
}

func TestAPointHasTheWhoAndWhereOfItsEntry(t *testing.T) {
	index := indexOf(mill())
	a := expectEntry(t, index, search.Query{Question: "who proposed to mend the water wheel"}, "proposals")
	if a.Slot != content.Who || len(a.Items) != 1 || a.Items[0] != 2 {
		t.Errorf("slot %q of points %v", a.Slot, a.Items)
	}
	expectEntry(t, index, search.Query{Question: "谁提出修补水轮"}, "proposals")
}

func TestAPronounStandsForThePersonNamedLast(t *testing.T) {
	index := indexOf(mill())
	bo := []search.Turn{{Question: "who is Bo Linden", Ref: content.Ref{Briefing: "mill", Entry: "bo-linden"}}}
	expectEntry(t, index, search.Query{Question: "where did he meet Ada?", Previous: bo}, "talks")
	expectEntry(t, index, search.Query{Question: "what are his proposals", Previous: bo}, "")
	expectEntry(t, index, search.Query{Question: "他的建议是什么", Previous: bo}, "")
	ada := []search.Turn{{Question: "Ada and her talks", Ref: content.Ref{Briefing: "mill", Entry: "talks"}}}
	expectEntry(t, index, search.Query{Question: "what are her proposals", Previous: ada}, "proposals")
}

func TestWhatHappenedOnADayIsFoundByItsDate(t *testing.T) {
	index := indexOf(mill())
	asked := time.Date(2030, 5, 2, 9, 0, 0, 0, time.UTC) // a Thursday
	for _, question := range []string{"What happened on 1 May 2030?", "5月1日发生了什么", "what happened this week"} {
		a := index.Ask(search.Query{Question: question, AskedAt: asked})
		if a.Status != search.Suggest || len(a.Suggestions) != 2 {
			t.Errorf("%q: %s %v", question, a.Status, a.Suggestions)
		}
	}
	expectEntry(t, index, search.Query{Question: "what happened last week", AskedAt: asked}, "treaty")
	expectEntry(t, index, search.Query{Question: "上周发生了什么", AskedAt: asked}, "treaty")
	expectEntry(t, index, search.Query{Question: "what happened on 3 May 2030", AskedAt: asked}, "")
	expectEntry(t, index, search.Query{Question: "canal treaty last week", AskedAt: asked}, "treaty")
	expectEntry(t, index, search.Query{Question: "canal treaty last week", AskedAt: asked.AddDate(0, 0, 21)}, "")
}
