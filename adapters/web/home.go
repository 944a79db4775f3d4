package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/content"
)

// home is the body of home.html.
type home struct {
	Examples  []link
	Briefings []briefingSummary
}

type briefingSummary struct {
	Title, Summary, Link string
	Published            content.Date
	When                 string // Published as it is read
	Entries              int
}

// The bounds of the examples on the first page: they are to be seen at once
// on a phone.
const (
	examplesShown = 6
	exampleRunes  = 48
)

// home answers the question of the ask box, or shows the first page where
// there is none.
func (s *site) home(w http.ResponseWriter, r *http.Request) {
	if q := r.URL.Query().Get("q"); strings.TrimSpace(q) != "" {
		s.answer(w, r, q)
		return
	}
	v := s.view(r, "/")
	library := s.Router.Shelf().Library
	v.AskHere = true
	v.Description = v.T("web.description")
	body := home{Examples: examples(library, v.Lang())}
	for _, b := range library.Briefings() {
		body.Briefings = append(body.Briefings, briefingSummary{
			Title: b.Title.In(v.Lang()), Summary: b.Summary.In(v.Lang()), Link: briefingPath(b.ID),
			Published: b.Published, When: v.Words.Date(b.Published), Entries: len(b.Entries),
		})
	}
	v.Body = body
	s.show(w, r, http.StatusOK, "home", v)
}

// examples are questions that the newest briefing answers, spread over its
// entries. Editors write the questions; the title of an entry serves where
// they wrote none in the language.
func examples(library *content.Library, lang content.Lang) []link {
	all := library.Briefings()
	if len(all) == 0 {
		return nil
	}
	var shown []link
	entries := all[0].Entries
	n := min(examplesShown, len(entries))
	for i := range n {
		e := &entries[i*len(entries)/n]
		question := e.Title.In(lang)
		for _, x := range e.Ask {
			if !x.Refuse && len(x.After) == 0 && writtenIn(x.Question, lang) {
				question = x.Question
				break
			}
		}
		if utf8.RuneCountInString(question) <= exampleRunes {
			shown = append(shown, link{Label: question, Link: askPath(question)})
		}
	}
	return shown
}

// writtenIn reports whether a question may stand on a page in lang. Which
// Chinese characters it is written in cannot be told from a short text:
// editors write simplified ones.
func writtenIn(question string, lang content.Lang) bool {
	han := strings.ContainsFunc(question, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	return han == (lang == content.Hans) && lang != content.Hant
}

func askPath(question string) string { return "/?" + url.Values{"q": {question}}.Encode() }
