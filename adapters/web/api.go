package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// The bounds of what the API takes and gives.
const (
	maxContext     = 8 // earlier questions of one conversation; each costs as much as the question
	resultsShown   = 20
	maxResults     = 50
	maxSuggestions = 8
)

// apiAnswer is the body of an answer: the record, and the message that its
// text was made of.
type apiAnswer struct {
	bot.Record
	Message apiMessage `json:"message"`
}

func (s *site) apiAsk(w http.ResponseWriter, r *http.Request) {
	query, ok := s.apiQuery(w, r, "question", "lang", "asked_at", "context")
	if !ok {
		return
	}
	q := bot.Case{Question: query.Get("question"), Lang: query.Get("lang"), Context: query["context"]}
	if at := query.Get("asked_at"); at != "" {
		var err error
		if q.AskedAt, err = time.Parse(time.RFC3339, at); err != nil {
			s.invalid(w, r, "api.asked_at", nil)
			return
		}
	}
	s.apiReply(w, r, q)
}

// posted is the body of a question that is posted.
type posted struct {
	Question string    `json:"question"`
	Lang     string    `json:"lang"`
	AskedAt  time.Time `json:"asked_at"`
	Context  []string  `json:"context"`
}

func (s *site) apiAskPosted(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		s.problem(w, problem{Status: http.StatusUnsupportedMediaType, Detail: s.phrases(r).T("api.media_type")})
		return
	}
	var body posted
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&body)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		s.badBody(w, r, err)
		return
	}
	s.apiReply(w, r, bot.Case{Question: body.Question, Lang: body.Lang, Context: body.Context, AskedAt: body.AskedAt})
}

// badBody says what is wrong with a body, naming the key where there is one.
func (s *site) badBody(w http.ResponseWriter, r *http.Request, err error) {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.problem(w, problem{
			Status: http.StatusRequestEntityTooLarge,
			Detail: s.phrases(r).T("api.too_large", i18n.Args{"Max": tooLarge.Limit}),
		})
		return
	}
	if key, ok := strings.CutPrefix(err.Error(), `json: unknown field `); ok {
		s.invalid(w, r, "api.unknown_key", i18n.Args{"Key": bot.Excerpt(strings.Trim(key, `"`))})
		return
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		s.invalid(w, r, "api.wrong_type", i18n.Args{"Key": wrong.Field})
		return
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		s.invalid(w, r, "api.asked_at", nil)
		return
	}
	s.invalid(w, r, "api.body", nil)
}

func (s *site) apiReply(w http.ResponseWriter, r *http.Request, q bot.Case) {
	if strings.TrimSpace(q.Question) == "" {
		s.invalid(w, r, "api.missing", i18n.Args{"Key": "question"})
		return
	}
	if q.Lang != "" && !content.Lang(q.Lang).Valid() {
		s.invalid(w, r, "error.lang", nil)
		return
	}
	if len(q.Context) > maxContext {
		s.invalid(w, r, "api.context", i18n.Args{"Max": maxContext})
		return
	}
	// The questions of the context are asked too, and count.
	for range q.Context {
		if wait := s.asking.Take(s.clients.of(r), s.Now()); wait > 0 {
			setRetryAfter(w, wait)
			s.fail(w, r, http.StatusTooManyRequests)
			return
		}
	}
	q.Platform = "api"
	record, reply := bot.AskReply(r.Context(), s.Router, q)
	if reply.Err != nil {
		s.problem(w, problem{
			Status: statusOf(reply.Err), Kind: reply.Err.Kind, Detail: reply.Err.Message, wait: reply.Err.Delay,
		})
		return
	}
	s.apiWrite(w, apiAnswer{Record: record, Message: newAPIMessage(reply.Message, s.PublicURL)})
}

// apiBriefingSummary is a briefing in a list.
type apiBriefingSummary struct {
	ID        string       `json:"id"`
	Title     content.Text `json:"title"`
	Summary   content.Text `json:"summary"`
	Published content.Date `json:"published"`
	AsOf      content.Date `json:"as_of,omitzero"`
	Tags      []string     `json:"tags"`
	Entries   int          `json:"entries"`
	URL       string       `json:"url"`
}

type apiBriefing struct {
	apiBriefingSummary
	Sources    []content.Source  `json:"sources"`
	EntryHeads []apiEntrySummary `json:"entry_list"`
}

// apiEntrySummary is an entry in a list.
type apiEntrySummary struct {
	Entry string            `json:"entry"` // "briefing/entry"
	Kind  content.EntryKind `json:"kind"`
	Title content.Text      `json:"title"`
	Items int               `json:"items,omitempty"`
	URL   string            `json:"url"`
}

// apiEntry is an entry whole, its sources and references written out.
type apiEntry struct {
	apiEntrySummary
	Answer      content.Text                  `json:"answer"`
	Slots       map[content.Slot]content.Text `json:"slots,omitempty"`
	Points      []apiItem                     `json:"points,omitempty"`
	Dates       []content.Span                `json:"dates,omitempty"`
	AsOf        content.Date                  `json:"as_of,omitzero"`
	ValidFrom   content.Date                  `json:"valid_from,omitzero"`
	ValidUntil  content.Date                  `json:"valid_until,omitzero"`
	Sources     []content.Source              `json:"sources"`
	Related     []string                      `json:"related,omitempty"`
	Successor   string                        `json:"superseded_by,omitempty"`
	Corrections []content.Correction          `json:"corrections,omitempty"`
}

// apiItem is a numbered point of an entry.
type apiItem struct {
	Number int          `json:"number"`
	Title  content.Text `json:"title"`
	Text   content.Text `json:"text,omitzero"`
}

func (s *site) apiBriefings(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.apiQuery(w, r); !ok {
		return
	}
	list := struct {
		Fingerprint string               `json:"fingerprint"` // changes with the content
		Briefings   []apiBriefingSummary `json:"briefings"`
	}{Briefings: []apiBriefingSummary{}}
	library := s.Router.Shelf().Library
	list.Fingerprint = library.Fingerprint()
	for _, b := range library.Briefings() {
		list.Briefings = append(list.Briefings, s.summarise(b))
	}
	s.apiWrite(w, list)
}

func (s *site) summarise(b *content.Briefing) apiBriefingSummary {
	return apiBriefingSummary{
		ID: b.ID, Title: b.Title, Summary: b.Summary, Published: b.Published, AsOf: b.AsOf,
		Tags: append([]string{}, b.Tags...), Entries: len(b.Entries), URL: s.PublicURL + bot.BriefingPath(b.ID),
	}
}

func (s *site) apiBriefing(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.apiQuery(w, r); !ok {
		return
	}
	b := s.Router.Shelf().Library.Briefing(r.PathValue("briefing"))
	if b == nil {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	body := apiBriefing{apiBriefingSummary: s.summarise(b), Sources: b.Sources}
	for i := range b.Entries {
		body.EntryHeads = append(body.EntryHeads, s.entryHead(b, &b.Entries[i]))
	}
	s.apiWrite(w, body)
}

func (s *site) entryHead(b *content.Briefing, e *content.Entry) apiEntrySummary {
	ref := content.Ref{Briefing: b.ID, Entry: e.ID}
	return apiEntrySummary{
		Entry: ref.String(), Kind: e.Kind, Title: e.Title, Items: len(e.Items), URL: s.PublicURL + bot.EntryPath(ref),
	}
}

func (s *site) apiEntry(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.apiQuery(w, r); !ok {
		return
	}
	library := s.Router.Shelf().Library
	ref := content.Ref{Briefing: r.PathValue("briefing"), Entry: r.PathValue("entry")}
	b, e := library.Entry(ref)
	if e == nil {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	body := apiEntry{
		apiEntrySummary: s.entryHead(b, e),
		Answer:          e.Answer, Slots: e.Slots, Dates: e.Dates, AsOf: b.AsOfEntry(e),
		ValidFrom: e.ValidFrom, ValidUntil: e.ValidUntil, Sources: []content.Source{}, Corrections: e.Corrections,
	}
	for i, item := range e.Items {
		body.Points = append(body.Points, apiItem{Number: i + 1, Title: item.Title, Text: item.Text})
	}
	for _, id := range e.Sources {
		if src := b.Source(id); src != nil {
			body.Sources = append(body.Sources, *src)
		}
	}
	for _, other := range e.Related {
		if ref := content.ResolveRef(b.ID, other); entryOf(library, ref) != nil {
			body.Related = append(body.Related, ref.String())
		}
	}
	if next, ok := library.Successor(ref); ok {
		body.Successor = next.String()
	}
	s.apiWrite(w, body)
}

func entryOf(library *content.Library, ref content.Ref) *content.Entry {
	_, e := library.Entry(ref)
	return e
}

// apiResult is an entry that was found for some words.
type apiResult struct {
	Entry string  `json:"entry"` // "briefing/entry"
	Item  int     `json:"item,omitempty"`
	Title string  `json:"title"`
	Score float64 `json:"score"`
	URL   string  `json:"url"`
}

func (s *site) apiSearch(w http.ResponseWriter, r *http.Request) {
	query, ok := s.apiQuery(w, r, "q", "lang", "limit")
	if !ok {
		return
	}
	words, ok := s.words(w, r, query)
	if !ok {
		return
	}
	limit := resultsShown
	if given := query.Get("limit"); given != "" {
		if _, err := fmt.Sscanf(given, "%d", &limit); err != nil || limit < 1 || limit > maxResults || fmt.Sprint(limit) != given {
			s.invalid(w, r, "api.limit", i18n.Args{"Max": maxResults})
			return
		}
	}
	shelf := s.Router.Shelf()
	lang := content.Lang(query.Get("lang"))
	if lang == "" {
		lang = search.DetectLang(words, s.lang(r))
	}
	list := struct {
		Results []apiResult `json:"results"`
	}{[]apiResult{}}
	for _, found := range shelf.Index.Search(words, limit) {
		if e := entryOf(shelf.Library, found.Ref); e != nil {
			list.Results = append(list.Results, apiResult{
				Entry: found.Ref.String(), Item: found.Item, Title: e.Title.In(lang), Score: found.Score,
				URL: s.PublicURL + bot.EntryPath(found.Ref),
			})
		}
	}
	s.apiWrite(w, list)
}

// apiSuggestion is a proposal for what is being typed.
type apiSuggestion struct {
	Label string `json:"label"`
	Value string `json:"value"` // what to ask
}

func (s *site) apiSuggest(w http.ResponseWriter, r *http.Request) {
	query, ok := s.apiQuery(w, r, "q", "lang")
	if !ok {
		return
	}
	words, ok := s.words(w, r, query)
	if !ok {
		return
	}
	lang := content.Lang(query.Get("lang"))
	if lang == "" {
		lang = s.lang(r)
	}
	list := struct {
		Suggestions []apiSuggestion `json:"suggestions"`
	}{[]apiSuggestion{}}
	if command, ok := s.find("ask"); ok {
		request := bot.Request{Command: command.Name, Lang: lang, Place: bot.Place{Platform: "web"}}
		choices := s.Router.Complete(r.Context(), request, command.Params[0].Name, words)
		for _, c := range choices[:min(len(choices), maxSuggestions)] {
			list.Suggestions = append(list.Suggestions, apiSuggestion{Label: c.Label, Value: c.Value})
		}
	}
	s.apiWrite(w, list)
}

// words reads the parameters q and lang of a list.
func (s *site) words(w http.ResponseWriter, r *http.Request, query url.Values) (string, bool) {
	words := query.Get("q")
	switch {
	case strings.TrimSpace(words) == "":
		s.invalid(w, r, "api.missing", i18n.Args{"Key": "q"})
	case utf8.RuneCountInString(words) > bot.MaxText:
		s.invalid(w, r, "error.too_long", i18n.Args{"Max": bot.MaxText})
	case query.Get("lang") != "" && !content.Lang(query.Get("lang")).Valid():
		s.invalid(w, r, "error.lang", nil)
	default:
		return words, true
	}
	return "", false
}

// apiQuery reads the query. An unknown parameter is refused by name, so that
// a mistyped one does not go unnoticed.
func (s *site) apiQuery(w http.ResponseWriter, r *http.Request, known ...string) (url.Values, bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		s.invalid(w, r, "api.query", nil)
		return nil, false
	}
	for name := range query {
		if !slices.Contains(known, name) {
			s.invalid(w, r, "api.unknown_key", i18n.Args{"Key": bot.Excerpt(name)})
			return nil, false
		}
	}
	return query, true
}

func (s *site) apiWrite(w http.ResponseWriter, body any) {
	w.Header().Set("Cache-Control", "no-store") // answers depend on the time and on content that changes
	writeJSON(w, http.StatusOK, "application/json", body)
}

func (s *site) apiDescription(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	serve(w, r, asset{content: s.api, kind: "application/json"})
}

// writeJSON writes what always encodes; the server drops the body of an
// answer to HEAD.
func writeJSON(w http.ResponseWriter, status int, kind string, body any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a reader that has gone is no fault
}
