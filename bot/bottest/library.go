package bottest

import (
	"log/slog"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// Now is the instant at which the clock of Router stands: after the events of
// the library's first briefing, before those that it only announces.
func Now() time.Time { return time.Date(2031, time.June, 15, 9, 30, 0, 0, time.UTC) }

// Router returns a router with every command over Library, whose clock
// stands at Now and whose log goes to the test.
func Router(tb testing.TB) *bot.Router {
	tb.Helper()
	return RouterOver(tb, Library(tb))
}

// RouterOver returns a router like Router over another library.
func RouterOver(tb testing.TB, library *content.Library) *bot.Router {
	tb.Helper()
	return RouterWith(tb, library, bot.NewLocalMemory())
}

// RouterWith returns a router like RouterOver that shares its memory.
func RouterWith(tb testing.TB, library *content.Library, memory bot.Memory) *bot.Router {
	tb.Helper()
	return RouterAt(tb, library, memory, Now)
}

// RouterAt returns a router like RouterWith with a clock of its own.
func RouterAt(tb testing.TB, library *content.Library, memory bot.Memory, now func() time.Time) *bot.Router {
	tb.Helper()
	return RouterFor(tb, library, memory, now, NewSubscriptions(now))
}

// RouterFor returns a router like RouterAt over subscriptions that the test
// knows.
func RouterFor(tb testing.TB, library *content.Library, memory bot.Memory, now func() time.Time, subscriptions digest.Subscriptions) *bot.Router {
	tb.Helper()
	phrases, err := i18n.Load()
	if err != nil {
		tb.Fatal(err)
	}
	router, err := bot.NewRouter(bot.Options{
		Commands: commands.All(commands.Options{Subscriptions: subscriptions}),
		Shelves:  Shelves{Library: library, Index: search.Build(library)},
		Phrases:  phrases,
		Memory:   memory,
		Log:      slog.New(slog.NewTextHandler(tb.Output(), nil)),
		Now:      now,
		Meant:    commands.Meant(subscriptions),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return router
}

// Shelves is a shelf that never changes.
type Shelves bot.Shelf

// Shelf implements bot.Shelves.
func (s Shelves) Shelf() bot.Shelf { return bot.Shelf(s) }

// Library returns a small library about an invented subject. It holds every
// kind of thing that a surface can be asked to show: numbered points, slots,
// dates of each precision in the past and to come, sources with and without
// an address, a correction, an entry that another one replaces, an entry
// that has run out, and a second briefing.
func Library(tb testing.TB) *content.Library {
	tb.Helper()
	return content.NewLibrary([]*content.Briefing{harbourForum(tb), tidalCharter(tb)})
}

func harbourForum(tb testing.TB) *content.Briefing {
	return &content.Briefing{
		ID:        "harbour-forum-2031",
		Title:     text("2031年海港论坛", "2031年海港論壇", "Harbour Forum 2031"),
		Published: date(tb, "2031-05-20"),
		AsOf:      date(tb, "2031-05-19"),
		Status:    content.Published,
		Tags:      []string{"harbours", "trade"},
		Summary: text("海港论坛于2031年5月在维利亚举行，通过了三项承诺。", "海港論壇於2031年5月在維利亞舉行，通過了三項承諾。",
			"The Harbour Forum met in Velia in May 2031 and adopted three pledges."),
		Sources: []content.Source{
			{
				ID: "gazette", Publisher: text("维利亚公报", "維利亞公報", "Velia Gazette"),
				Title: text("海港论坛闭幕", "海港論壇閉幕", "Harbour Forum closes"),
				Date:  date(tb, "2031-05-19"), URL: "https://gazette.example/forum?a=1&b=2",
			},
			{
				ID: "minutes", Publisher: text("论坛秘书处", "論壇秘書處", "Forum Secretariat"),
				Title: text("会议记录", "會議記錄", "Minutes"),
				Note:  text("未公开发布", "未公開發布", "not published"),
			},
		},
		Glossary: []content.Term{
			{ID: "velia", Kind: content.Place, Name: text("维利亚", "維利亞", "Velia"), Aliases: []string{"Port Velia"}},
			{ID: "forum", Kind: content.Event, Name: text("海港论坛", "海港論壇", "Harbour Forum")},
			{ID: "orla", Kind: content.Person, Name: text("奥拉·芬", "奧拉·芬", "Orla Finn"), Aliases: []string{"Finn"}},
		},
		Entries: []content.Entry{
			{
				ID: "meeting", Kind: content.KindEvent,
				Title:   text("2031年海港论坛会议", "2031年海港論壇會議", "The 2031 meeting of the Harbour Forum"),
				Aliases: []string{"海港论坛在哪里举行", "where did the Harbour Forum meet"},
				Answer: text("海港论坛2031年会议于2031年5月16日至18日在维利亚举行。", "海港論壇2031年會議於2031年5月16日至18日在維利亞舉行。",
					"The Harbour Forum met in Velia from 16 to 18 May 2031."),
				Slots: map[content.Slot]content.Text{
					content.Where: text("维利亚", "維利亞", "Velia"),
					content.When:  text("2031年5月16日至18日", "2031年5月16日至18日", "16–18 May 2031"),
				},
				Dates: spans(tb, "2031-05-16/2031-05-18"), Sources: []string{"gazette"}, Related: []string{"pledges"},
			},
			{
				ID: "pledges", Kind: content.KindList,
				Title:   text("三项承诺", "三項承諾", "The three pledges"),
				Aliases: []string{"三项承诺是什么", "what are the three pledges"},
				Answer:  text("论坛通过了三项承诺。", "論壇通過了三項承諾。", "The forum adopted three pledges."),
				Slots:   map[content.Slot]content.Text{content.HowMany: text("三项", "三項", "three")},
				Items: []content.Item{
					{Title: text("清洁航道", "清潔航道", "Clean channels"), Text: text("每年清理航道。", "每年清理航道。", "Channels are cleared every year.")},
					{Title: text("公开费率", "公開費率", "Open tariffs"), Text: text("费率公开。", "費率公開。", "Tariffs are published.")},
					{Title: text("共享海图", "共享海圖", "Shared charts"), Text: text("各方共享海图。", "各方共享海圖。", "All members share their charts.")},
				},
				Dates: spans(tb, "2031-05-18"), Sources: []string{"gazette", "minutes"},
				Corrections: []content.Correction{{
					Date: date(tb, "2031-05-21"), Was: text("论坛通过了两项承诺。", "論壇通過了兩項承諾。", "The forum adopted two pledges."),
					Note: text("漏记一项", "漏記一項", "one was missing"),
				}},
			},
			{
				ID: "next-meeting", Kind: content.KindEvent,
				Title:   text("下一届海港论坛", "下一屆海港論壇", "The next Harbour Forum"),
				Aliases: []string{"2033年海港论坛由谁主办", "who hosts the Harbour Forum in 2033"},
				Answer: text("2033年海港论坛定于2033年10月在奥斯特罗举行。", "2033年海港論壇定於2033年10月在奧斯特羅舉行。",
					"The Harbour Forum of 2033 is planned for October 2033 in Ostro."),
				Slots: map[content.Slot]content.Text{content.Where: text("奥斯特罗", "奧斯特羅", "Ostro")},
				Dates: spans(tb, "2033-10"), Sources: []string{"gazette"},
			},
			{
				ID: "survey", Kind: content.KindEvent,
				Title:  text("港口普查", "港口普查", "The harbour survey"),
				Answer: text("港口普查定于2031年6月1日开始。", "港口普查定於2031年6月1日開始。", "The harbour survey is planned to start on 1 June 2031."),
				Dates:  spans(tb, "2031-06-01"), Sources: []string{"minutes"},
			},
			{
				ID: "chair", Kind: content.KindPerson,
				Title:   text("论坛主席奥拉·芬", "論壇主席奧拉·芬", "Orla Finn, chair of the forum"),
				Aliases: []string{"who chairs the forum", "论坛主席是谁"},
				Answer:  text("奥拉·芬担任论坛主席至2031年5月31日。", "奧拉·芬擔任論壇主席至2031年5月31日。", "Orla Finn chairs the forum until 31 May 2031."),
				Slots:   map[content.Slot]content.Text{content.Who: text("奥拉·芬", "奧拉·芬", "Orla Finn")},
				Sources: []string{"gazette"}, ValidUntil: date(tb, "2031-05-31"),
			},
			{
				ID: "closing-words", Kind: content.KindQuote,
				Title:  text("闭幕致辞", "閉幕致辭", "Closing words"),
				Answer: text("港口向所有人开放。", "港口向所有人開放。", "A harbour is open to all."),
				Slots:  map[content.Slot]content.Text{content.Who: text("奥拉·芬", "奧拉·芬", "Orla Finn")},
				Dates:  spans(tb, "2031-05-18"), Sources: []string{"gazette"},
			},
		},
	}
}

func tidalCharter(tb testing.TB) *content.Briefing {
	return &content.Briefing{
		ID:        "tidal-charter",
		Title:     text("潮汐宪章", "潮汐憲章", "The Tidal Charter"),
		Published: date(tb, "2030-02-01"),
		AsOf:      date(tb, "2030-01"),
		Tags:      []string{"law"},
		Summary:   text("潮汐宪章规定了谁可以使用潮汐电力。", "潮汐憲章規定了誰可以使用潮汐電力。", "The Tidal Charter says who may use tidal power."),
		Sources: []content.Source{{
			ID: "charter", Publisher: text("海事局", "海事局", "Sea Office"), Title: text("宪章", "憲章", "Charter"), Date: date(tb, "2030"),
		}},
		Entries: []content.Entry{
			{
				ID: "members", Kind: content.KindFact,
				Title:   text("宪章的成员", "憲章的成員", "Members of the charter"),
				Aliases: []string{"how many members does the Tidal Charter have"},
				Answer:  text("潮汐宪章有十二个成员。", "潮汐憲章有十二個成員。", "The Tidal Charter has twelve members."),
				Slots:   map[content.Slot]content.Text{content.HowMany: text("十二个", "十二個", "twelve")},
				Sources: []string{"charter"}, Supersedes: []string{"members-2029"},
			},
			{
				ID: "members-2029", Kind: content.KindFact,
				Title:   text("2029年宪章的成员", "2029年憲章的成員", "Members of the charter in 2029"),
				Answer:  text("2029年，潮汐宪章有九个成员。", "2029年，潮汐憲章有九個成員。", "In 2029 the Tidal Charter had nine members."),
				Sources: []string{"charter"}, AsOf: date(tb, "2029-12-31"),
			},
		},
	}
}

func text(hans, hant, english string) content.Text {
	return content.Text{Hans: hans, Hant: hant, English: english}
}

func date(tb testing.TB, s string) content.Date {
	tb.Helper()
	d, err := content.ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func spans(tb testing.TB, each ...string) []content.Span {
	tb.Helper()
	var all []content.Span
	for _, s := range each {
		span, err := content.ParseSpan(s)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, span)
	}
	return all
}
