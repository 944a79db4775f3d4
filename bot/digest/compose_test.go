package digest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/digest"
	"briefbot/content"
)

// input is a digest of everything in the library at Now, 9:30 in UTC.
func input(tb testing.TB, l *content.Library) digest.Input {
	tb.Helper()
	s := settings()
	s.Zone = "UTC"
	return digest.Input{
		Library: l, Subscription: digest.Subscription{Settings: s}, At: bottest.Now(), Zone: time.UTC, Phrases: phrases(tb),
	}
}

// without returns what an edition knew before it was told of some entries.
func without(l *content.Library, refs ...string) digest.Edition {
	known := digest.Edition{Number: 1, Known: digest.Revisions(l)}
	for _, s := range refs {
		ref, _ := content.ParseRef(s)
		delete(known.Known, ref)
	}
	return known
}

// earlier returns what an edition knew before an entry was changed.
func earlier(tb testing.TB, l *content.Library, ref string, change func(*content.Entry)) digest.Edition {
	tb.Helper()
	known := without(l)
	r, _ := content.ParseRef(ref)
	b, e := l.Entry(r)
	before := *e
	change(&before)
	known.Known[r] = digest.Revision(b, &before)
	return known
}

const pledges = "harbour-forum-2031/pledges"

func uncorrected(e *content.Entry) {
	e.Answer, e.Corrections = e.Corrections[0].Was, nil
}

func TestDigests(t *testing.T) {
	l := bottest.Library(t)
	news := earlier(t, l, pledges, uncorrected)
	for _, ref := range []string{"harbour-forum-2031/meeting", "harbour-forum-2031/closing-words", "harbour-forum-2031/chair", "tidal-charter/members"} {
		delete(news.Known, must(content.ParseRef(ref)))
	}
	survey := must(content.ParseRef("harbour-forum-2031/survey"))
	news.Known[survey] = "0000000000000000"
	tests := map[string]func(*digest.Input){
		"headlines": func(in *digest.Input) { in.Subscription.Settings.Style = digest.Headlines },
		"summary":   func(in *digest.Input) {},
		"full":      func(in *digest.Input) { in.Subscription.Settings.Style = digest.Full },
		"nothing": func(in *digest.Input) {
			in.Known = without(l)
			in.At = time.Date(2031, 5, 29, 9, 0, 0, 0, time.UTC)
			in.Subscription.Settings.Revisit = true
		},
	}
	for name, change := range tests {
		for _, lang := range content.Langs() {
			t.Run(name+"/"+string(lang), func(t *testing.T) {
				in := input(t, l)
				in.Known = news
				in.At = time.Date(2031, 5, 22, 9, 0, 0, 0, time.UTC)
				in.Subscription.Settings.Langs = []content.Lang{lang}
				change(&in)
				composed := digest.Compose(in)
				golden(t, filepath.Join("testdata", name+"."+string(lang)+".golden"), bot.PlainText(composed.Parts[0].Message, in.Phrases.In(lang))+"\n")
			})
		}
	}
}

func must(ref content.Ref, ok bool) content.Ref {
	if !ok {
		panic("no reference")
	}
	return ref
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func carried(c digest.Composed) string {
	var all []string
	for _, each := range c.Carried {
		all = append(all, fmt.Sprintf("%d %s", each.Number, each.Ref.Entry))
	}
	return strings.Join(all, ", ")
}

func TestWhatADigestTellsOf(t *testing.T) {
	l := bottest.Library(t)
	const meeting, members = "harbour-forum-2031/meeting", "tidal-charter/members"
	tests := []struct {
		name   string
		change func(*digest.Input)
		want   string // numbers and entries
		empty  bool
	}{
		{"nothing is new", func(in *digest.Input) { in.Known = without(l) }, "", true},
		{"what is new, in the library's order", func(in *digest.Input) { in.Known = without(l, members, meeting) }, "1 meeting, 2 members", false},
		{"what another one has replaced is no news", func(in *digest.Input) { in.Known = without(l, "tidal-charter/members-2029") }, "", true},
		{"a briefing", func(in *digest.Input) {
			in.Known, in.Subscription.Settings.Topics = without(l, members, meeting), []string{"tidal-charter"}
		}, "1 members", false},
		{"a tag", func(in *digest.Input) {
			in.Known, in.Subscription.Settings.Topics = without(l, members, meeting), []string{"harbours"}
		}, "1 meeting", false},
		{"an older library has no news", func(in *digest.Input) {
			in.Known, in.Now = without(l, meeting), digest.Edition{Number: 1}
		}, "", true},
		{"a later one has", func(in *digest.Input) {
			in.Known, in.Now = without(l, meeting), digest.Edition{Number: 2, Known: digest.Revisions(l)}
		}, "1 meeting", false},
		{"what another digest has told", func(in *digest.Input) {
			in.Known = without(l, meeting, members)
			ref := must(content.ParseRef(meeting))
			in.Told = []digest.Carried{{Number: 3, Ref: ref, Revision: digest.Revisions(l)[ref]}}
		}, "1 members", false},
		{"what another digest has only announced", func(in *digest.Input) {
			in.Known = without(l, meeting)
			ref := must(content.ParseRef(meeting))
			in.Told = []digest.Carried{{Ref: ref, Revision: digest.Revisions(l)[ref]}}
		}, "1 meeting", false},
		{"an event tomorrow is something to say", func(in *digest.Input) {
			in.Known, in.At = without(l), time.Date(2031, 5, 31, 9, 0, 0, 0, time.UTC)
		}, "0 survey", false},
		{"an event in three days alone is not", func(in *digest.Input) {
			in.Known, in.At = without(l), time.Date(2031, 5, 29, 9, 0, 0, 0, time.UTC)
		}, "0 survey", true},
		{"the date is that of the zone", func(in *digest.Input) {
			in.Known, in.At = without(l), time.Date(2031, 5, 29, 23, 0, 0, 0, time.UTC)
			in.Zone = time.FixedZone("", 2*3600+24*3600)
		}, "0 survey", false},
		{"an entry to read again has the last number", func(in *digest.Input) {
			in.Known, in.Subscription.Settings.Revisit = without(l, meeting), true
		}, "1 meeting, 2 pledges", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := input(t, l)
			test.change(&in)
			got := digest.Compose(in)
			if carried(got) != test.want || got.Empty != test.empty {
				t.Errorf("got %q, empty: %v; want %q", carried(got), got.Empty, test.want)
			}
			if again := digest.Compose(in); !reflect.DeepEqual(again, got) {
				t.Error("a second time it is another one")
			}
		})
	}
}

func TestADateIsAnnouncedAsFarAsItIsKnown(t *testing.T) {
	l := bottest.Library(t)
	tests := []struct{ at, want string }{
		{"2031-05-17T23:59:00Z", ""},
		{"2031-05-18T00:00:00Z", "In 14 days (1 June 2031)"},
		{"2031-05-29T09:00:00Z", "In 3 days (1 June 2031)"},
		{"2031-05-31T09:00:00Z", "Tomorrow (1 June 2031)"},
		{"2031-06-01T09:00:00Z", "Today (1 June 2031)"},
		{"2031-06-02T09:00:00Z", ""},
		{"2033-09-16T09:00:00Z", ""},
		{"2033-09-17T09:00:00Z", "Next month (October 2033)"},
		{"2033-10-01T09:00:00Z", "This month (October 2033)"},
		{"2033-10-31T09:00:00Z", "This month (October 2033)"},
		{"2033-11-01T09:00:00Z", ""},
	}
	for _, test := range tests {
		in := input(t, l)
		in.Known, in.At = without(l), instantOf(t, test.at)
		got := ""
		for _, b := range digest.Compose(in).Parts[0].Message.Blocks {
			if list, ok := b.(bot.List); ok {
				for _, line := range list.Items {
					if line.Text == "The harbour survey" || line.Text == "The next Harbour Forum" {
						got += line.Title
					}
				}
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.at, got, test.want)
		}
	}
}

func plain(t *testing.T, in digest.Input) string {
	t.Helper()
	part := digest.Compose(in).Parts[0]
	return bot.PlainText(part.Message, in.Phrases.In(part.Lang))
}

func TestAnEntryToReadAgainIsAnotherOneEachTime(t *testing.T) {
	l := bottest.Library(t)
	seen := map[string]bool{}
	last := ""
	for day := range 7 {
		for _, hour := range []int{9, 18} {
			in := input(t, l)
			in.Known, in.At = without(l), time.Date(2031, 6, 15+day, hour, 0, 0, 0, time.UTC)
			in.Subscription.Settings.Revisit = true
			in.Subscription.Settings.Times = []digest.Clock{9 * 60, 18 * 60}
			got := carried(digest.Compose(in))
			if got == last {
				t.Errorf("%s twice in a row", got)
			}
			seen[got], last = true, got
		}
	}
	// All but the entry that was replaced and the one that has run out.
	if len(seen) != l.Len()-2 {
		t.Errorf("shown were %v", seen)
	}
}

func TestTwoLanguagesHaveTheSameNumbers(t *testing.T) {
	l := bottest.Library(t)
	in := input(t, l)
	in.Subscription.Settings.Langs = []content.Lang{content.Hant, content.English}
	composed := digest.Compose(in)
	if len(composed.Parts) != 2 || composed.Parts[0].Lang != content.Hant || composed.Parts[1].Lang != content.English {
		t.Fatalf("got %+v", composed.Parts)
	}
	if a, b := numbered(composed.Parts[0].Message), numbered(composed.Parts[1].Message); !reflect.DeepEqual(a, b) {
		t.Errorf("%v and %v", a, b)
	}
}

// numbered returns the addresses of numbered entries by number.
func numbered(m bot.Message) map[int]string {
	all := map[int]string{}
	for _, b := range m.Blocks {
		if list, ok := b.(bot.List); ok && list.Numbered {
			for i, line := range list.Items {
				all[list.Start+i] = line.URL
			}
		}
	}
	return all
}

func TestEveryEntryIsToldOnceUnderTheNumberThatIsCarried(t *testing.T) {
	l := bottest.Library(t)
	for _, style := range []digest.Style{digest.Headlines, digest.Summary, digest.Full} {
		in := input(t, l)
		in.Subscription.Settings.Style, in.Subscription.Settings.Revisit = style, true
		in.Known = without(l, "harbour-forum-2031/meeting", pledges, "harbour-forum-2031/next-meeting", "tidal-charter/members")
		composed := digest.Compose(in)
		shown := numbered(composed.Parts[0].Message)
		for _, c := range composed.Carried {
			if c.Number > 0 && shown[c.Number] != bot.EntryPath(c.Ref) {
				t.Errorf("%s: %d is %s, not %s", style, c.Number, shown[c.Number], c.Ref)
			}
			if c.Revision != digest.Revisions(l)[c.Ref] {
				t.Errorf("%s has the revision %s", c.Ref, c.Revision)
			}
			delete(shown, c.Number)
		}
		if len(shown) > 0 {
			t.Errorf("%s: shown and not carried: %v", style, shown)
		}
		text := plain(t, in)
		for _, c := range composed.Carried {
			_, e := l.Entry(c.Ref)
			if n := strings.Count(text, e.Title.English); n != 1 {
				t.Errorf("%s: %q stands %d times in\n%s", style, e.Title.English, n, text)
			}
			for _, point := range e.Items {
				if n := strings.Count(text, point.Title.English); style == digest.Full && n != 1 {
					t.Errorf("%q stands %d times in\n%s", point.Title.English, n, text)
				}
			}
		}
	}
}

// TestADigestSaysNothingOfItsOwn composes a library whose texts are marked,
// takes the marked ones away and looks for each word that is left in the
// catalogues.
func TestADigestSaysNothingOfItsOwn(t *testing.T) {
	l := bottest.Library(t)
	mark := func(text *content.Text) {
		if !text.Empty() {
			*text = content.Text{Hans: "⟦" + text.Hans + "⟧", Hant: "⟦" + text.Hant + "⟧", English: "⟦" + text.English + "⟧"}
		}
	}
	for _, b := range l.Briefings() {
		mark(&b.Title)
		for i := range b.Sources {
			mark(&b.Sources[i].Publisher)
			mark(&b.Sources[i].Title)
		}
		for i := range b.Entries {
			e := &b.Entries[i]
			mark(&e.Title)
			mark(&e.Answer)
			for slot, text := range e.Slots {
				mark(&text)
				e.Slots[slot] = text
			}
			for j := range e.Items {
				mark(&e.Items[j].Title)
				mark(&e.Items[j].Text)
			}
			for j := range e.Corrections {
				mark(&e.Corrections[j].Was)
				mark(&e.Corrections[j].Note)
			}
		}
	}
	known := earlier(t, l, pledges, uncorrected)
	delete(known.Known, must(content.ParseRef("harbour-forum-2031/closing-words")))
	for _, lang := range content.Langs() {
		catalogue, err := os.ReadFile(filepath.Join("..", "i18n", string(lang)+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		words := string(catalogue) + " January February March April May June July August September October November December"
		for _, style := range []digest.Style{digest.Headlines, digest.Summary, digest.Full} {
			in := input(t, l)
			in.Known, in.At = known, time.Date(2031, 5, 30, 9, 0, 0, 0, time.UTC)
			in.Subscription.Settings.Langs, in.Subscription.Settings.Style = []content.Lang{lang}, style
			for rest := plain(t, in); rest != ""; {
				own, after, _ := strings.Cut(rest, "⟦")
				for _, word := range strings.FieldsFunc(own, func(r rune) bool {
					return strings.ContainsRune(" \n0123456789.,:()（）：，、。–-“”「」日月年", r)
				}) {
					if !strings.Contains(words, word) {
						t.Errorf("%s, %s: %q is in no catalogue", lang, style, word)
					}
				}
				_, rest, _ = strings.Cut(after, "⟧")
			}
		}
	}
}

func TestALongDigestSaysHowMuchItLeavesOut(t *testing.T) {
	b := &content.Briefing{ID: "long", Title: content.Text{Hans: "长", English: "Long"}, Published: date(t, "2031-01-01")}
	for i := range 257 {
		title := content.Text{Hans: fmt.Sprintf("条目%d", i), English: fmt.Sprintf("Entry %d", i)}
		b.Entries = append(b.Entries, content.Entry{ID: fmt.Sprintf("e%d", i), Kind: content.KindFact, Title: title, Answer: title})
	}
	composed := digest.Compose(input(t, content.NewLibrary([]*content.Briefing{b})))
	if len(composed.Carried) != 200 || composed.Carried[199].Number != 200 {
		t.Errorf("it carries %d", len(composed.Carried))
	}
	last := composed.Parts[0].Message.Blocks[len(composed.Parts[0].Message.Blocks)-1]
	if want := (bot.List{Items: []bot.ListItem{{Text: "And 57 more.", URL: "/b/long"}}}); !reflect.DeepEqual(last, want) {
		t.Errorf("it ends with %+v", last)
	}
}

func TestAPreviewShowsTheLatestEntries(t *testing.T) {
	l := bottest.Library(t)
	in := input(t, l)
	in.Known = digest.PreviewKnown(l, 3)
	if got := carried(digest.Compose(in)); got != "1 meeting, 2 pledges, 3 next-meeting" {
		t.Errorf("got %s", got)
	}
}

func TestARevisionIsOfWhatReadersAreTold(t *testing.T) {
	l := bottest.Library(t)
	b, e := l.Entry(must(content.ParseRef(pledges)))
	before := digest.Revision(b, e)
	if len(before) != 16 || digest.Corrections(before) != 1 {
		t.Errorf("the revision is %q", before)
	}
	for name, test := range map[string]struct {
		change func(*content.Entry)
		news   bool
	}{
		"an alias":       {func(e *content.Entry) { e.Aliases = nil }, false},
		"an example":     {func(e *content.Entry) { e.Ask = []content.Example{{Question: "?"}} }, false},
		"what goes with": {func(e *content.Entry) { e.Related = []string{"chair"} }, false},
		"the as-of date": {func(e *content.Entry) { e.AsOf = content.Date{Year: 2032} }, false},
		"the title":      {func(e *content.Entry) { e.Title.English = "Pledges" }, true},
		"the answer":     {func(e *content.Entry) { e.Answer.Hans = "改了" }, true},
		"a slot":         {func(e *content.Entry) { e.Slots = nil }, true},
		"a point":        {func(e *content.Entry) { e.Items = e.Items[:2] }, true},
		"a date":         {func(e *content.Entry) { e.Dates = nil }, true},
		"a source":       {func(e *content.Entry) { e.Sources = e.Sources[:1] }, true},
		"a correction":   {func(e *content.Entry) { e.Corrections = nil }, true},
		"its end":        {func(e *content.Entry) { e.ValidUntil = content.Date{Year: 2032} }, true},
	} {
		changed := *e
		test.change(&changed)
		if got := digest.Revision(b, &changed) != before; got != test.news {
			t.Errorf("%s: news is %v", name, got)
		}
	}
}

// What channels were told is in databases as revisions of these values: a
// program that writes them in another way makes everything news to everybody.
// Whoever has to change them has to say what old revisions stand for.
func TestRevisionsStayWhatTheyAre(t *testing.T) {
	date := func(day int) content.Date { return content.Date{Year: 2031, Month: 6, Day: day} }
	b := &content.Briefing{ID: "forum", Sources: []content.Source{
		{ID: "programme", Publisher: content.Text{English: "Harbour"}, Title: content.Text{Hans: "日程", English: "Programme"}, Date: date(1), URL: "https://example.org/"},
	}}
	whole := content.Entry{
		ID: "meeting", Title: content.Text{Hans: "会议", Hant: "會議", English: "The <meeting>"}, Answer: content.Text{English: "On Monday."},
		Slots: map[content.Slot]content.Text{content.Who: {English: "The chair"}, content.Where: {Hans: "港口"}},
		Items: []content.Item{{Title: content.Text{English: "First"}, Text: content.Text{English: "One"}}},
		Dates: []content.Span{{Start: date(2), End: date(3)}}, ValidFrom: date(1), ValidUntil: date(9),
		Sources: []string{"programme"}, Corrections: []content.Correction{{Date: date(4), Was: content.Text{English: "On Sunday."}}},
	}
	for want, e := range map[string]content.Entry{
		"4caabf77c930ea01": whole,
		"82c1d9e09a310000": {ID: "note", Title: content.Text{English: "A note"}, Answer: content.Text{English: "It holds."}},
	} {
		if got := digest.Revision(b, &e); got != want {
			t.Errorf("%s has the revision %s, want %s", e.ID, got, want)
		}
	}
}

func TestChangesAreFoundOnceForAll(t *testing.T) {
	l := bottest.Library(t)
	var news digest.News
	known, now := without(l, pledges), digest.Edition{Number: 2, Known: digest.Revisions(l)}
	first, second := news.Changes(known, now, l), news.Changes(known, now, l)
	if len(first) != 1 || &first[0] != &second[0] {
		t.Errorf("got %v and %v", first, second)
	}
	for n := range int64(200) {
		known.Number = n + 1
		now.Number = n + 2
		if got := news.Changes(known, now, l); len(got) != 1 {
			t.Errorf("edition %d: got %v", n, got)
		}
	}
}

// delivered is a digest as it was posted before an entry was corrected.
func delivered(t *testing.T, before, l *content.Library, style digest.Style) digest.Job {
	t.Helper()
	in := input(t, before)
	in.Subscription.Settings.Style = style
	in.Subscription.Settings.Langs = []content.Lang{content.English, content.Hans}
	composed := digest.Compose(in)
	ref := must(content.ParseRef(pledges))
	job := digest.Job{
		Subscription: in.Subscription, Now: in.At.AddDate(0, 0, 1),
		Corrects: &digest.Correcting{Ref: ref, Revision: digest.Revisions(l)[ref], Carried: composed.Carried},
	}
	for i, part := range composed.Parts {
		m := part.Message
		for _, b := range m.Blocks {
			if list, ok := b.(bot.List); ok {
				for j := range list.Items {
					if list.Items[j].URL != "" {
						list.Items[j].URL = "https://briefbot.example" + list.Items[j].URL
					}
				}
			}
		}
		job.Corrects.Pages = append(job.Corrects.Pages, digest.Page{
			Page: bot.Page{Message: m, Lang: part.Lang, Number: 1, Of: 1}, Post: fmt.Sprint("post", i),
		})
	}
	return job
}

func TestACorrectionTravels(t *testing.T) {
	before, l := bottest.Library(t), bottest.Library(t)
	_, e := before.Entry(must(content.ParseRef(pledges)))
	e.Items = e.Items[:2]
	uncorrected(e)
	p := phrases(t)
	for _, style := range []digest.Style{digest.Headlines, digest.Summary, digest.Full} {
		t.Run(string(style), func(t *testing.T) {
			job := delivered(t, before, l, style)
			edits, notes, ok := digest.Corrected(job, l, p)
			if !ok || len(edits) != 2 || len(notes) != 2 {
				t.Fatalf("got %d edits and %d notes, %v", len(edits), len(notes), ok)
			}
			var text strings.Builder
			for i, note := range notes {
				page := edits[i]
				if page.Lang != note.Lang {
					t.Errorf("the page is in %s, the note in %s", page.Lang, note.Lang)
				}
				fmt.Fprintf(&text, "%s\n\n%s\n\n", bot.PlainText(page.Message, p.In(page.Lang)), bot.PlainText(note.Message, p.In(note.Lang)))
				if len(numbered(page.Message)) != len(numbered(job.Corrects.Pages[i].Message)) {
					t.Error("the numbers are others")
				}
			}
			golden(t, filepath.Join("testdata", "corrected."+string(style)+".golden"), text.String())
		})
	}
}

func TestAnEntryThatGoesOnOnTheNextPageIsMarked(t *testing.T) {
	before, l := bottest.Library(t), bottest.Library(t)
	_, e := before.Entry(must(content.ParseRef(pledges)))
	uncorrected(e)
	job := delivered(t, before, l, digest.Full)
	page := &job.Corrects.Pages[0]
	page.Of = 2
	for i, b := range page.Blocks {
		if list, ok := b.(bot.List); ok && strings.HasSuffix(list.Items[len(list.Items)-1].URL, "/pledges") {
			page.Blocks = page.Blocks[:i+1] // its points are on the second page
			break
		}
	}
	edits, _, ok := digest.Corrected(job, l, phrases(t))
	if !ok {
		t.Fatal("it is not corrected")
	}
	list := edits[0].Blocks[len(edits[0].Blocks)-1].(bot.List)
	line := list.Items[len(list.Items)-1]
	if line.Title != "The three pledges (corrected)" || line.Text != "The forum adopted two pledges.\nCorrected on 21 May 2031: one was missing" {
		t.Errorf("got %+v", line)
	}
}

func TestAnEventThatWasAnnouncedIsCorrected(t *testing.T) {
	l := bottest.Library(t)
	ref := must(content.ParseRef("harbour-forum-2031/survey"))
	in := input(t, l)
	in.Known, in.At = without(l), time.Date(2031, 5, 31, 9, 0, 0, 0, time.UTC)
	composed := digest.Compose(in)
	job := digest.Job{Subscription: in.Subscription, Now: in.At.Add(time.Hour), Corrects: &digest.Correcting{
		Ref: ref, Carried: composed.Carried,
		Pages: []digest.Page{{Page: bot.Page{Message: composed.Parts[0].Message, Lang: content.English, Number: 1, Of: 1}, Post: "post"}},
	}}
	_, e := l.Entry(ref)
	e.Dates = []content.Span{{Start: date(t, "2031-07-01"), End: date(t, "2031-07-01")}}
	e.Corrections = []content.Correction{{Date: date(t, "2031-05-31"), Was: e.Answer}}
	job.Corrects.Revision = digest.Revisions(l)[ref]
	edits, notes, ok := digest.Corrected(job, l, in.Phrases)
	if !ok || len(edits) != 1 || len(notes) != 1 {
		t.Fatalf("got %v, %v, %v", edits, notes, ok)
	}
	if text := bot.PlainText(edits[0].Message, in.Phrases.In(content.English)); !strings.Contains(text, "- 1 July 2031: The harbour survey (corrected)") || strings.Contains(text, "Tomorrow") {
		t.Errorf("got\n%s", text)
	}
}

func TestWhatCannotBeCorrectedIsLeft(t *testing.T) {
	before, l := bottest.Library(t), bottest.Library(t)
	_, e := before.Entry(must(content.ParseRef(pledges)))
	uncorrected(e)
	for name, change := range map[string]func(*digest.Job){
		"no correction":                 func(j *digest.Job) { j.Corrects = nil },
		"another revision":              func(j *digest.Job) { j.Corrects.Revision = "0000000000000001" },
		"an entry that is gone":         func(j *digest.Job) { j.Corrects.Ref.Entry = "gone" },
		"an entry that was not carried": func(j *digest.Job) { j.Corrects.Carried = nil },
		"a change without a correction": func(j *digest.Job) {
			for i := range j.Corrects.Carried {
				j.Corrects.Carried[i].Revision = "0000000000000001"
			}
		},
	} {
		job := delivered(t, before, l, digest.Summary)
		change(&job)
		if _, _, ok := digest.Corrected(job, l, phrases(t)); ok {
			t.Errorf("%s is corrected", name)
		}
	}
	job := delivered(t, before, l, digest.Summary)
	job.Corrects.Pages[0].Post = ""
	if edits, _, ok := digest.Corrected(job, l, phrases(t)); !ok || len(edits) != 1 {
		t.Errorf("a page that was never posted: %d edits, %v", len(edits), ok)
	}
}

func TestNumbersOfADigestAreRead(t *testing.T) {
	for typed, want := range map[string]int{
		"3": 3, "#3": 3, "# 3": 0, "3?": 3, "３": 3, "3.": 3, "no. 3": 3, "number three": 3, "number 12": 12, "the third one": 3, "third": 3,
		"3rd": 3, "the 3rd one": 3, "item 3 please": 3, "show 3": 3, "twenty": 20, "第三条": 3, "第3个": 3, "第三": 3, "三": 3, "3号": 3, "第 3 条": 3,
		"第十二条？": 12, "第三則": 3, "第三條": 3, "看第二条": 2, "一百二十": 120,
		"": 0, "0": 0, "第零条": 0, "-3": 0, "3 and 4": 0, "3.5": 0, "2026": 2026, "12345": 0, "hello": 0, "the": 0, "who is the third one": 0,
		"三点建议": 0, "第三届": 0, "3 days": 0, "one more": 0, "十十": 0,
	} {
		n, ok := digest.ReadNumber(typed)
		if n != want || ok != (want > 0) {
			t.Errorf("%q: got %d, %v, want %d", typed, n, ok, want)
		}
	}
}

func FuzzReadNumber(f *testing.F) {
	for _, s := range []string{"#3", "number three", "the 3rd one", "第三十三条", "一千零一"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := digest.ReadNumber(s)
		if ok != (n > 0) || n > 9999 {
			t.Errorf("%q: %d, %v", s, n, ok)
		}
		if again, _ := digest.ReadNumber(fmt.Sprint(n)); ok && again != n {
			t.Errorf("%q: %d is read as %d", s, n, again)
		}
	})
}

func BenchmarkCompose(b *testing.B) {
	l := bottest.Library(b)
	in := input(b, l)
	in.News = &digest.News{}
	in.Known, in.Now = without(l, pledges, "harbour-forum-2031/meeting"), digest.Edition{Number: 2, Known: digest.Revisions(l)}
	for b.Loop() {
		digest.Compose(in)
	}
}
