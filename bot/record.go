package bot

import (
	"context"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// Case is a question with all that its answer may depend on, as one line of
// a batch.
type Case struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	Lang     string    `json:"lang,omitempty"`    // the asker's language; ignored where it is none of content.Langs
	Context  []string  `json:"context,omitempty"` // earlier questions of the same conversation, in order
	AskedAt  time.Time `json:"asked_at,omitzero"` // for relative dates; now where zero
	Platform string    `json:"-"`                 // the surface that asks, for Observation
}

// Record is one answered question as the command line and the API write it.
type Record struct {
	ID          string             `json:"id,omitempty"`
	Question    string             `json:"question"`
	Status      search.Status      `json:"status"`
	Text        string             `json:"text"`        // the whole reply as plain text
	Entry       string             `json:"entry"`       // "briefing/entry", or the briefing alone; "" where nothing is stated
	Item        int                `json:"item"`        // the numbered point, 0 for the whole entry
	Confidence  float64            `json:"confidence"`  // 0 to 1
	Lang        content.Lang       `json:"lang"`        // of the text
	AsOf        content.Date       `json:"as_of"`       // the date up to which the text is known to hold, "" where nothing dated is stated
	Sources     []RecordSource     `json:"sources"`     // never null
	Suggestions []RecordSuggestion `json:"suggestions"` // never null
	TookUS      int64              `json:"took_us"`     // microseconds, the context's questions not counted
}

// RecordSource is a source of a Record.
type RecordSource struct {
	Publisher string       `json:"publisher"`
	Title     string       `json:"title"`
	Date      content.Date `json:"date"` // "" where the source has none
	URL       string       `json:"url"`  // "" where the source has none
}

// RecordSuggestion is an entry that may be meant.
type RecordSuggestion struct {
	Entry string `json:"entry"` // "briefing/entry"
	Item  int    `json:"item"`  // 0 for the whole entry
	Title string `json:"title"`
}

// Ask answers a question in a conversation of its own, after the questions
// of its context. An error becomes a record with the status unknown and the
// error's sentence for text.
func Ask(ctx context.Context, r *Router, q Case) Record {
	record, _ := AskReply(ctx, r, q)
	return record
}

// AskReply is Ask with the reply that the record was made of.
func AskReply(ctx context.Context, r *Router, q Case) (Record, Reply) {
	alone := *r
	alone.memory = NewLocalMemory()
	before := alone
	before.observe = nil // only the question itself is one that was asked
	lang, _ := ParseLang(q.Lang)
	req := Request{Lang: lang, AskedAt: q.AskedAt, Place: Place{Platform: q.Platform, Thread: "case"}}
	for _, earlier := range q.Context {
		req.Text = earlier
		before.Respond(ctx, req)
	}
	req.Text = q.Question
	start := r.now()
	reply := alone.Respond(ctx, req)
	record := NewRecord(r, q.Question, reply)
	record.ID, record.TookUS = q.ID, r.now().Sub(start).Microseconds()
	return record, reply
}

// NewRecord writes the reply to a question as a Record without id and time.
func NewRecord(r *Router, question string, reply Reply) Record {
	record := Record{
		Question:    question,
		Status:      search.Unknown,
		Text:        PlainText(reply.Message, r.Phrases(reply.Lang)),
		Lang:        reply.Lang,
		AsOf:        reply.AsOf,
		Sources:     []RecordSource{},
		Suggestions: []RecordSuggestion{},
	}
	sources := reply.Sources
	if len(sources) == 0 {
		sources = reply.Message.Sources
	}
	for _, s := range sources {
		record.Sources = append(record.Sources, RecordSource{Publisher: s.Publisher, Title: s.Title, Date: s.Date, URL: s.URL})
	}
	switch {
	case reply.Err != nil:
	case reply.Answer != nil:
		record.take(*reply.Answer, r.shelves.Shelf().Library)
	default:
		// A command that was asked for by name has answered.
		record.Status, record.Confidence = search.Answered, 1
		if reply.Turn != nil {
			record.Entry, record.Item = refText(reply.Turn.Ref), reply.Turn.Item
		}
	}
	return record
}

func (record *Record) take(answer search.Answer, library *content.Library) {
	record.Status, record.Confidence = answer.Status, answer.Confidence
	if answer.Status == search.Answered {
		record.Entry = refText(answer.Ref)
		if len(answer.Items) > 0 {
			record.Item = answer.Items[0]
		}
	}
	for _, s := range answer.Suggestions {
		if _, entry := library.Entry(s.Ref); entry != nil {
			record.Suggestions = append(record.Suggestions, RecordSuggestion{
				Entry: s.Ref.String(), Item: s.Item, Title: entry.Title.In(record.Lang),
			})
		}
	}
}

func refText(ref content.Ref) string {
	if ref.Entry == "" {
		return ref.Briefing
	}
	return ref.String()
}
