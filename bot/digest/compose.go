package digest

import (
	"slices"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Input is all that a digest is made of.
type Input struct {
	Library      *content.Library
	News         *News        // remembers changes between digests; may be nil
	Now          Edition      // of the library; zero where it has none, as for a preview
	Known        Edition      // that of the subscription
	Subscription Subscription // its Settings say what is wanted
	Told         []Carried    // told to the channel since Known by others
	At           time.Time    // the instant of the slot
	Zone         *time.Location
	Phrases      *i18n.Phrases
}

// Composed is a digest: the same in each of the subscription's languages.
type Composed struct {
	Parts   []Part
	Carried []Carried // what it tells of
	Empty   bool      // there is neither news nor anything that happens today or tomorrow
}

// Part is a digest in one language.
type Part struct {
	Lang    content.Lang
	Message bot.Message
}

// The bounds of one digest.
const (
	maxNumbered = 200 // entries that are told; of more the digest says how many
	maxUpcoming = 10  // events
	window      = 14  // days for which events are announced
)

// Compose writes a digest: what is new, changed or corrected by briefing, then
// what happens in the next days, then an entry to read again if one is wanted.
// It says what editors wrote and the phrases of the catalogues, and the same
// for the same input.
func Compose(in Input) Composed {
	today := dayOf(in.At.In(in.Zone))
	news := in.news()
	d := draft{Input: in, today: today, upcoming: in.upcoming(today)}
	d.news, d.rest = news[:min(len(news), maxNumbered)], news[min(len(news), maxNumbered):]
	d.again = in.revisit(today, news)

	composed := Composed{Empty: len(news) == 0 && !slices.ContainsFunc(d.upcoming, event.soon), Carried: d.carried()}
	for _, lang := range in.Subscription.Settings.Langs {
		composed.Parts = append(composed.Parts, Part{Lang: lang, Message: d.message(in.Phrases.In(lang))})
	}
	return composed
}

// item is a change with its entry.
type item struct {
	found
	Change
	corrections []content.Correction // since it was known
}

// news returns what the channel was not told, in the library's order. A new
// entry that another one has replaced already is none; nor is one that another
// digest or a correction has told of.
func (in Input) news() []item {
	told := map[content.Ref][]string{}
	for _, c := range in.Told {
		if c.Number > 0 {
			told[c.Ref] = append(told[c.Ref], c.Revision)
		}
	}
	var all []item
	for _, change := range in.News.Changes(in.Known, in.Now, in.Library) {
		briefing, entry := in.Library.Entry(change.Ref)
		if revisions := told[change.Ref]; len(revisions) > 0 {
			if slices.Contains(revisions, change.Revision) {
				continue
			}
			change.Known = revisions[len(revisions)-1]
		}
		if _, replaced := in.Library.Successor(change.Ref); entry == nil || !in.wanted(briefing) || replaced && change.Known == "" {
			continue
		}
		one := item{found: found{change.Ref, briefing, entry}, Change: change}
		if change.Known != "" {
			one.corrections = correctedSince(entry, change.Known)
		}
		all = append(all, one)
	}
	return all
}

// wanted reports whether a briefing is among the topics: by its id or a tag.
func (in Input) wanted(b *content.Briefing) bool {
	topics := in.Subscription.Settings.Topics
	return len(topics) == 0 || slices.ContainsFunc(topics, func(topic string) bool {
		return topic == b.ID || slices.Contains(b.Tags, topic)
	})
}

// event is something that an entry dates.
type event struct {
	found
	span content.Span
	days int // until it begins, -1 where only the month is known
	when i18n.Key
}

// soon reports whether it is today or tomorrow.
func (e event) soon() bool { return e.days == 0 || e.days == 1 }

// upcoming returns what begins in the next days, the earliest first, as far as
// its date is known: something of a month is never said to be on a day of it.
// What was replaced, or holds no longer, is left out.
func (in Input) upcoming(today day) []event {
	var all []event
	for ref, f := range entries(in.Library) {
		if _, replaced := in.Library.Successor(ref); replaced || !in.wanted(f.briefing) || expired(f.entry, in.At, in.Zone) {
			continue
		}
		for _, span := range f.entry.Dates {
			if days, when, ok := until(span.Start, today); ok {
				all = append(all, event{found: f, span: span, days: days, when: when})
				break // of several dates the first one to come
			}
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.span.Start.Compare(b.span.Start) })
	return all
}

func until(start content.Date, today day) (days int, when i18n.Key, ok bool) {
	if start.Day != 0 {
		days = int(dayOfDate(start) - today)
		switch days {
		case 0:
			when = "digest.today"
		case 1:
			when = "digest.tomorrow"
		default:
			when = "digest.in_days"
		}
		return days, when, days >= 0 && days <= window
	}
	month := func(d content.Date) content.Date { return content.Date{Year: d.Year, Month: d.Month} }
	switch start {
	case month(today.date()):
		return -1, "digest.this_month", true
	case month(today.add(window).date()):
		return -1, "digest.next_month", true
	}
	return 0, "", false
}

// expired reports whether what an entry says holds no longer.
func expired(e *content.Entry, at time.Time, zone *time.Location) bool {
	return !e.ValidUntil.IsZero() && !e.ValidUntil.After(zone).After(at)
}

// revisit returns one entry of before: the next one each time, in an order that
// stays while the library does. ok is false where none is wanted or there.
func (in Input) revisit(today day, news []item) (again []item) {
	if !in.Subscription.Settings.Revisit {
		return nil
	}
	var candidates []item
	for ref, f := range entries(in.Library) {
		_, replaced := in.Library.Successor(ref)
		isNews := slices.ContainsFunc(news, func(n item) bool { return n.ref == ref })
		if !replaced && !isNews && in.wanted(f.briefing) && !expired(f.entry, in.At, in.Zone) {
			candidates = append(candidates, item{found: f})
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	times := in.Subscription.Settings.Times
	local := in.At.In(in.Zone)
	passed := slices.IndexFunc(times, func(c Clock) bool { return int(c) >= local.Hour()*60+local.Minute() })
	turn := int(today)*max(len(times), 1) + max(passed, 0)
	one := candidates[turn%len(candidates)]
	one.Change = Change{Ref: one.ref, Revision: Revision(one.briefing, one.entry)}
	return []item{one}
}

// draft is a digest before it is written in a language.
type draft struct {
	Input
	today    day
	news     []item // numbered from 1
	rest     []item // that are too many
	upcoming []event
	again    []item // one to read again, numbered behind the news
}

// carried lists what the digest tells of: the entries under their numbers,
// then the events that are no news.
func (d draft) carried() []Carried {
	var all []Carried
	for i, n := range slices.Concat(d.news, d.again) {
		all = append(all, Carried{Number: i + 1, Ref: n.Ref, Revision: n.Revision})
	}
	for _, e := range d.upcoming[:min(len(d.upcoming), maxUpcoming)] {
		if !slices.ContainsFunc(all, func(c Carried) bool { return c.Ref == e.ref }) {
			all = append(all, Carried{Ref: e.ref, Revision: Revision(e.briefing, e.entry)})
		}
	}
	return all
}

func (d draft) message(p i18n.Printer) bot.Message {
	w := writer{Printer: p, style: d.Subscription.Settings.Style, at: d.At, zone: d.Zone}
	m := bot.Message{Title: p.T("digest.title", i18n.Args{"Date": p.Date(d.today.date())})}
	if len(d.news) == 0 {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: p.T("digest.nothing")})
	}
	for rest := d.news; len(rest) > 0; {
		of := rest[0].briefing
		n := slices.IndexFunc(rest, func(n item) bool { return n.briefing != of })
		if n < 0 {
			n = len(rest)
		}
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: w.heading(of), Strong: true})
		m.Blocks = w.entries(m.Blocks, len(d.news)-len(rest)+1, rest[:n])
		rest = rest[n:]
	}
	if len(d.rest) > 0 {
		m.Blocks = append(m.Blocks, bot.List{Items: []bot.ListItem{{
			Text: p.N("label.more", len(d.rest)), URL: bot.BriefingPath(d.rest[0].Ref.Briefing),
		}}})
	}
	if len(d.upcoming) > 0 {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: p.T("digest.upcoming"), Strong: true}, w.events(d.upcoming[:min(len(d.upcoming), maxUpcoming)]))
		if rest := len(d.upcoming) - maxUpcoming; rest > 0 {
			m.Notes = append(m.Notes, p.N("digest.more_upcoming", rest))
		}
	}
	if len(d.again) > 0 {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: p.T("digest.revisit"), Strong: true})
		m.Blocks = w.entries(m.Blocks, len(d.news)+1, d.again)
	}
	if numbers := len(d.news) + len(d.again); numbers > 0 {
		m.Notes = append(m.Notes, p.T("digest.reply", i18n.Args{"Number": min(numbers, 3)}))
	}
	return m
}

// writer writes entries in one language and style.
type writer struct {
	i18n.Printer
	style Style
	at    time.Time
	zone  *time.Location
}

func (w writer) in(t content.Text) string { return t.In(w.Lang()) }

// heading names a briefing and the date up to which it is known to hold.
func (w writer) heading(b *content.Briefing) string {
	if b.AsOf.IsZero() {
		return w.in(b.Title)
	}
	return w.T("digest.briefing", i18n.Args{"Title": w.in(b.Title), "Date": w.Date(b.AsOf)})
}

// entries appends entries from a number on. Headlines have their sources below
// them, all at once.
func (w writer) entries(blocks []bot.Block, number int, of []item) []bot.Block {
	var told []found
	for i, n := range of {
		blocks = w.entry(blocks, number+i, n)
		told = append(told, n.found)
	}
	if w.style == Headlines {
		blocks = append(blocks, bot.Paragraph{Text: w.sources(told...)})
	}
	return blocks
}

// entry appends an entry under its number. Where the last block is a list that
// ends at the number before, the entry goes on with it.
func (w writer) entry(blocks []bot.Block, number int, n item) []bot.Block {
	line := bot.ListItem{Title: w.title(n), Text: w.text(n, len(w.points(n)) == 0), URL: bot.EntryPath(n.ref)}
	last := len(blocks) - 1
	if list, ok := blocks[last].(bot.List); ok && list.Numbered && list.Start+len(list.Items) == number {
		list.Items = append(list.Items, line)
		blocks[last] = list
	} else {
		blocks = append(blocks, bot.List{Numbered: true, Start: number, Items: []bot.ListItem{line}})
	}
	if points := w.points(n); len(points) > 0 {
		blocks = append(blocks, bot.List{Items: points}, bot.Paragraph{Text: w.sources(n.found)})
	}
	return blocks
}

func (w writer) title(n item) string {
	args := i18n.Args{"Title": w.in(n.entry.Title)}
	switch {
	case len(n.corrections) > 0:
		return w.T("digest.corrected", args)
	case n.Known != "":
		return w.T("digest.changed", args)
	}
	return w.in(n.entry.Title)
}

// text is what a digest says of an entry beside its title, line by line.
func (w writer) text(n item, sources bool) string {
	var lines []string
	switch {
	case w.style == Headlines:
	case len(n.corrections) > 0:
		for _, c := range n.corrections {
			lines = append(lines, w.T("digest.was", i18n.Args{"Was": w.in(c.Was)}))
		}
		lines = append(lines, w.T("digest.now", i18n.Args{"Text": w.answer(n.entry, false)}))
	default:
		lines = append(lines, w.answer(n.entry, w.style == Summary))
	}
	for _, c := range n.corrections {
		lines = append(lines, w.correction(c))
	}
	if line := w.validity(n.entry); line != "" && w.style != Headlines {
		lines = append(lines, line)
	}
	if line := w.asOf(n.found); line != "" {
		lines = append(lines, line)
	}
	if sources && w.style != Headlines { // whose sources stand below the list
		lines = append(lines, w.sources(n.found))
	}
	return strings.Join(lines, "\n")
}

// answer is what an entry says, or its first sentence; a quotation is marked as
// one.
func (w writer) answer(e *content.Entry, short bool) string {
	answer := w.in(e.Answer)
	if short {
		answer = firstSentence(answer)
	}
	if e.Kind != content.KindQuote {
		return answer
	}
	quoted := w.T("label.quoted", i18n.Args{"Text": answer})
	if by := w.in(e.Slots[content.Who]); by != "" {
		quoted += w.T("label.note", i18n.Args{"Note": by})
	}
	return quoted
}

// points are the numbered points of an entry, without numbers: those of a
// digest are its entries'.
func (w writer) points(n item) []bot.ListItem {
	if w.style != Full {
		return nil
	}
	var points []bot.ListItem
	for _, point := range n.entry.Items {
		line := bot.ListItem{Title: w.in(point.Title)}
		if text := w.in(point.Text); text != line.Title {
			line.Text = text
		}
		points = append(points, line)
	}
	return points
}

func (w writer) correction(c content.Correction) string {
	args := i18n.Args{"Date": w.Date(c.Date), "Note": w.in(c.Note)}
	if c.Note.Empty() {
		return w.T("note.corrected", args)
	}
	return w.T("note.corrected_because", args)
}

func (w writer) validity(e *content.Entry) string {
	switch {
	case expired(e, w.at, w.zone):
		return w.T("note.valid_until", i18n.Args{"Date": w.Date(e.ValidUntil)})
	case !e.ValidFrom.IsZero() && e.ValidFrom.First(w.zone).After(w.at):
		return w.T("note.valid_from", i18n.Args{"Date": w.Date(e.ValidFrom)})
	}
	return ""
}

// sources names the sources of entries with their dates, each once.
func (w writer) sources(of ...found) string {
	var names []string
	for _, f := range of {
		for _, id := range f.entry.Sources {
			s := f.briefing.Source(id)
			if s == nil {
				continue
			}
			name := w.in(s.Publisher)
			if !s.Date.IsZero() {
				name += w.T("label.note", i18n.Args{"Note": w.Date(s.Date)})
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return w.T("digest.source", i18n.Args{"Names": strings.Join(names, w.T("label.list_comma"))})
}

// asOf is the line with the as-of date of an entry where its briefing has
// another one, "" otherwise.
func (w writer) asOf(f found) string {
	date := f.briefing.AsOfEntry(f.entry)
	if date.IsZero() || date == f.briefing.AsOf {
		return ""
	}
	return w.T("note.as_of", i18n.Args{"Date": w.Date(date)})
}

func (w writer) events(events []event) bot.List {
	var list bot.List
	for _, e := range events {
		when := w.T(e.when)
		if e.days > 1 {
			when = w.N(e.when, e.days)
		}
		list.Items = append(list.Items, bot.ListItem{
			Title: w.T("digest.when", i18n.Args{"When": when, "Date": w.Span(e.span)}),
			Text:  w.in(e.entry.Title),
			URL:   bot.EntryPath(e.ref),
		})
	}
	return list
}

// firstSentence returns the first sentence of a text, all of it where its end
// cannot be told.
func firstSentence(text string) string {
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case r == '\n' && i > 0:
			return string(runes[:i])
		case strings.ContainsRune("。！？", r):
			end := i + 1
			for end < len(runes) && strings.ContainsRune("”’」』）", runes[end]) {
				end++
			}
			return string(runes[:end])
		case strings.ContainsRune(".!?", r) && endsSentence(runes, i):
			end := i + 1
			for end < len(runes) && strings.ContainsRune("”’\"')", runes[end]) {
				end++
			}
			return string(runes[:end])
		}
	}
	return text
}

// endsSentence reports whether the mark at i ends a sentence: white space and a
// capital follow, and it belongs to no initial and no short form of address.
func endsSentence(runes []rune, i int) bool {
	next := i + 1
	for next < len(runes) && strings.ContainsRune("”’\"')", runes[next]) {
		next++
	}
	if next+1 >= len(runes) || runes[next] != ' ' || !startsSentence(runes[next+1]) {
		return false
	}
	word := string(runes[:i])
	word = word[strings.LastIndexAny(word, " \n")+1:]
	initial := len(word) == 1 && startsSentence([]rune(word)[0]) // J. Doe
	title := slices.Contains(strings.Fields("Mr Mrs Ms Dr St Mt No Prof Gen Col Lt Sgt Capt Sen Rep Gov Hon Rev Sr Jr vs"), word)
	return runes[i] != '.' || !initial && !title && !strings.Contains(word, ".") // U.S.
}

func startsSentence(r rune) bool {
	return r >= 'A' && r <= 'Z' || strings.ContainsRune("“‘\"'(", r) || r > 0x7f && strings.ToLower(string(r)) != string(r)
}
