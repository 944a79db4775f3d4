package web

import (
	"net/http"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// reading is the body of briefing.html: a briefing from top to bottom.
type reading struct {
	ID, Title, Summary string
	Published          content.Date
	PublishedOn, AsOf  string
	Entries            []readEntry
	Sources            []source
}

type readEntry struct {
	ID, Title, Answer, Link string
	Items                   []listItem
	Dates, AsOf             string
	Cites                   []int  // numbers of Sources, from 1
	Successor               string // the page of the entry that replaces this one
}

func (s *site) briefing(w http.ResponseWriter, r *http.Request) {
	library := s.Router.Shelf().Library
	b := library.Briefing(r.PathValue("briefing"))
	if b == nil {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	v := s.view(r, briefingPath(b.ID))
	v.Kind = "article"
	v.Title, v.Description = b.Title.In(v.Lang()), summary(b.Summary.In(v.Lang()))
	v.Body = read(library, b, v.Words)
	s.show(w, r, http.StatusOK, "briefing", v)
}

func read(library *content.Library, b *content.Briefing, words i18n.Printer) reading {
	lang := words.Lang()
	body := reading{
		ID: b.ID, Title: b.Title.In(lang), Summary: b.Summary.In(lang),
		Published: b.Published, PublishedOn: words.Date(b.Published), AsOf: words.Date(b.AsOf),
	}
	number := map[string]int{}
	for i, src := range b.Sources {
		number[src.ID] = i + 1
		shown := newSource(bot.Citation{
			Publisher: src.Publisher.In(lang), Title: src.Title.In(lang), Date: src.Date, URL: src.URL, Note: src.Note.In(lang),
		}, words)
		shown.Number = i + 1
		body.Sources = append(body.Sources, shown)
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		shown := readEntry{
			ID: e.ID, Title: e.Title.In(lang), Answer: e.Answer.In(lang), Link: entryPath(b.ID, e.ID),
			Dates: spans(e.Dates, words),
		}
		if asOf := b.AsOfEntry(e); asOf != b.AsOf {
			shown.AsOf = words.Date(asOf)
		}
		for _, item := range e.Items {
			shown.Items = append(shown.Items, listItem{Title: item.Title.In(lang), Text: item.Text.In(lang)})
		}
		for _, id := range e.Sources {
			if n, ok := number[id]; ok {
				shown.Cites = append(shown.Cites, n)
			}
		}
		slices.Sort(shown.Cites)
		if next, ok := library.Successor(content.Ref{Briefing: b.ID, Entry: e.ID}); ok {
			shown.Successor = bot.EntryPath(next)
		}
		body.Entries = append(body.Entries, shown)
	}
	return body
}

func spans(dates []content.Span, words i18n.Printer) string {
	var shown []string
	for _, d := range dates {
		shown = append(shown, words.Span(d))
	}
	return strings.Join(shown, words.T("label.comma"))
}

// permalink is the body of entry.html: one entry whole.
type permalink struct {
	Card           *card
	Briefing       link
	Number, Of     int
	Successor      *link // what replaces the entry
	Previous, Next *link // its neighbours in the briefing
}

func (s *site) entry(w http.ResponseWriter, r *http.Request) {
	ref := content.Ref{Briefing: r.PathValue("briefing"), Entry: r.PathValue("entry")}
	library := s.Router.Shelf().Library
	b, e := library.Entry(ref)
	command, ok := s.find("show")
	if e == nil || !ok {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	v := s.view(r, bot.EntryPath(ref))
	reply := s.responder.Respond(r.Context(), bot.Request{
		Command: command.Name, Args: map[string]string{command.Params[0].Name: ref.String()},
		Lang: v.Lang(), Place: knownThread(r),
	})
	lang := v.Lang()
	v.Kind = "article"
	v.Title, v.Description = e.Title.In(lang), summary(e.Answer.In(lang))
	body := permalink{
		Card:     newCard(reply.Message, s.Router.Phrases(reply.Lang)),
		Briefing: link{Label: b.Title.In(lang), Link: briefingPath(b.ID)},
		Of:       len(b.Entries),
	}
	if next, ok := library.Successor(ref); ok {
		if _, newer := library.Entry(next); newer != nil {
			body.Successor = &link{Label: newer.Title.In(lang), Link: bot.EntryPath(next)}
		}
	}
	for i := range b.Entries {
		if b.Entries[i].ID == e.ID {
			body.Number = i + 1
			body.Previous, body.Next = neighbour(b, i-1, lang), neighbour(b, i+1, lang)
		}
	}
	body.Card.Here = true
	v.Body = body
	s.show(w, r, statusOf(reply.Err), "entry", v)
}

func neighbour(b *content.Briefing, i int, lang content.Lang) *link {
	if i < 0 || i >= len(b.Entries) {
		return nil
	}
	return &link{Label: b.Entries[i].Title.In(lang), Link: entryPath(b.ID, b.Entries[i].ID)}
}

// summary is the beginning of a text, for previews of a link; search engines
// show some 160 characters.
func summary(text string) string {
	const keep = 160
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > keep {
		return string(runes[:keep-1]) + "…"
	}
	return text
}
