package digest

import (
	"slices"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Corrected writes what the Correction of a delivered digest posts: edits are
// the pages that told of the entry, by their index in job.Corrects.Pages, with
// what it says now; notes say for the thread what it said before and says now,
// one in each language. ok is false where there is nothing to correct: the
// entry is gone, is at another revision in this library, or has had no
// correction since.
func Corrected(job Job, l *content.Library, phrases *i18n.Phrases) (edits map[int]bot.Page, notes []Part, ok bool) {
	c := job.Corrects
	if c == nil {
		return nil, nil, false
	}
	briefing, entry := l.Entry(c.Ref)
	at := slices.IndexFunc(c.Carried, func(carried Carried) bool { return carried.Ref == c.Ref })
	if entry == nil || at < 0 || Revision(briefing, entry) != c.Revision {
		return nil, nil, false
	}
	n := item{found: found{c.Ref, briefing, entry}, Change: Change{Ref: c.Ref, Revision: c.Revision, Known: c.Carried[at].Revision}}
	n.corrections = correctedSince(entry, n.Known)
	if len(n.corrections) == 0 {
		return nil, nil, false
	}
	zone, err := loadZone(job.Subscription.Settings.Zone)
	if err != nil {
		zone = time.UTC // of a subscription that is gone
	}
	edits = map[int]bot.Page{}
	var langs []content.Lang
	for i, page := range c.Pages {
		if !slices.Contains(langs, page.Lang) {
			langs = append(langs, page.Lang)
		}
		w := writer{Printer: phrases.In(page.Lang), style: job.Subscription.Settings.Style, at: job.Now, zone: zone}
		if blocks, changed := w.replaced(page.Page, n, c.Carried[at].Number); changed && page.Post != "" {
			page.Blocks = blocks
			edits[i] = page.Page
		}
	}
	for _, lang := range langs {
		w := writer{Printer: phrases.In(lang), style: Full, at: job.Now, zone: zone}
		notes = append(notes, Part{Lang: lang, Message: w.note(n)})
	}
	return edits, notes, true
}

// note says what an entry said before and says now.
func (w writer) note(n item) bot.Message {
	m := bot.Message{Title: w.title(n), URL: bot.EntryPath(n.ref)}
	for _, c := range n.corrections {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: w.T("digest.was", i18n.Args{"Was": w.in(c.Was)})})
		m.Notes = append(m.Notes, w.correction(c))
	}
	m.Blocks = append(m.Blocks, bot.Paragraph{Text: w.T("digest.now", i18n.Args{"Text": w.answer(n.entry, false)}), Strong: true})
	if points := w.points(n); len(points) > 0 {
		m.Blocks = append(m.Blocks, bot.List{Numbered: true, Items: points})
	}
	if line := w.validity(n.entry); line != "" {
		m.Notes = append(m.Notes, line)
	}
	if asOf := n.briefing.AsOfEntry(n.entry); !asOf.IsZero() {
		m.Notes = append(m.Notes, w.T("note.as_of", i18n.Args{"Date": w.Date(asOf)}))
	}
	for _, id := range n.entry.Sources {
		if s := n.briefing.Source(id); s != nil {
			m.Sources = append(m.Sources, bot.Citation{Publisher: w.in(s.Publisher), Title: w.in(s.Title), Date: s.Date, URL: s.URL})
		}
	}
	return m
}

// replaced puts what an entry says now where a page told of it: under its
// number, and among the events. Where it goes on on the next page it is only
// marked: the rest of it stands there as it was.
func (w writer) replaced(page bot.Page, n item, number int) (blocks bot.Blocks, changed bool) {
	for i := 0; i < len(page.Blocks); i++ {
		list, ok := page.Blocks[i].(bot.List)
		at := -1
		if ok {
			at = slices.IndexFunc(list.Items, func(line bot.ListItem) bool { return leadsTo(line.URL, n.Ref) })
		}
		if at < 0 {
			blocks = append(blocks, page.Blocks[i])
			continue
		}
		changed = true
		list.Items = slices.Clone(list.Items)
		line := &list.Items[at]
		last := at == len(list.Items)-1
		switch {
		case !list.Numbered:
			line.Title, line.Text = w.date(n.entry), w.title(n)
			blocks = append(blocks, list)
		case max(list.Start, 1)+at != number:
			return nil, false
		case last && i == len(page.Blocks)-1 && page.Number < page.Of:
			line.Title = w.title(n)
			for _, c := range n.corrections {
				line.Text = strings.TrimPrefix(line.Text+"\n"+w.correction(c), "\n")
			}
			blocks = append(blocks, list)
		case last && i+1 < len(page.Blocks) && isPoints(page.Blocks[i+1]):
			line.Title, line.Text = w.title(n), w.text(n, false)
			blocks = append(blocks, list)
			if points := w.points(n); len(points) > 0 {
				blocks = append(blocks, bot.List{Items: points})
			}
			i++
		default:
			line.Title, line.Text = w.title(n), w.text(n, true)
			blocks = append(blocks, list)
		}
	}
	return blocks, changed
}

// date writes the first date of an entry that is not over, or its last one.
func (w writer) date(e *content.Entry) string {
	spans := slices.SortedStableFunc(slices.Values(e.Dates), func(a, b content.Span) int { return a.Start.Compare(b.Start) })
	for i, span := range spans {
		if i == len(spans)-1 || span.End.After(w.zone).After(w.at) {
			return w.Span(span)
		}
	}
	return ""
}

// leadsTo reports whether an address is that of an entry's page.
func leadsTo(url string, ref content.Ref) bool { return strings.HasSuffix(url, bot.EntryPath(ref)) }

// isPoints reports whether a block is the points of the entry before it.
func isPoints(b bot.Block) bool {
	list, ok := b.(bot.List)
	return ok && !list.Numbered && !slices.ContainsFunc(list.Items, func(line bot.ListItem) bool { return line.URL != "" })
}
