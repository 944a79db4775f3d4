package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"briefbot/bot/i18n"
	"briefbot/content"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates of the pages by name.
type pages struct{ byName map[string]*template.Template }

func loadPages(files assets) (*pages, error) {
	p := &pages{byName: map[string]*template.Template{}}
	shared, err := template.New("").Funcs(template.FuncMap{"asset": files.path}).
		ParseFS(templateFiles, "templates/layout.html", "templates/card.html")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"home", "answer", "form", "briefing", "entry", "failure"} {
		t, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if p.byName[name], err = t.ParseFS(templateFiles, "templates/"+name+".html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// view is a page as layout.html frames it.
type view struct {
	Words       i18n.Printer
	Title       string // without the name of the site
	Description string
	Canonical   string // where the page stands for search engines and previews, "" for pages that have no place
	Absolute    bool   // Canonical is a whole address, not a path
	Kind        string // Open Graph: "website" or "article"
	Langs       []langLink
	Versions    []langLink // the page in every language, with Canonical
	Query       string     // stands in the ask box
	AskHere     bool       // the page has a large ask box of its own
	Version     string
	Body        any
}

// langLink is the page in another language.
type langLink struct {
	Lang    content.Lang
	Name    string // in that language
	Link    string
	Current bool
}

// Lang returns the language of the page.
func (v view) Lang() content.Lang { return v.Words.Lang() }

// T returns a phrase; pairs are placeholders and their values.
func (v view) T(key i18n.Key, pairs ...any) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return v.Words.T(key, args)
}

// N returns a phrase in its plural form for n.
func (v view) N(key i18n.Key, n int) string { return v.Words.N(key, n) }

// view begins a page. place is its canonical path; "" for an answer, which
// has none.
func (s *site) view(r *http.Request, place string) view {
	v := view{Words: s.phrases(r), Kind: "website", Version: s.Version}
	for _, lang := range content.Langs() {
		here := url.URL{Path: "/", RawQuery: "lang=" + string(lang)}
		if !s.langIsArgument(r) {
			query := r.URL.Query()
			query.Set("lang", string(lang))
			here = url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
		}
		v.Langs = append(v.Langs, langLink{
			Lang: lang, Name: langName(lang), Link: here.String(), Current: lang == v.Lang(),
		})
		if place != "" {
			v.Versions = append(v.Versions, langLink{Lang: lang, Link: s.PublicURL + place + "?lang=" + string(lang)})
		}
	}
	if place != "" {
		v.Canonical, v.Absolute = s.PublicURL+place, s.PublicURL != ""
	}
	return v
}

// langName is what speakers call the language, in whatever language the page
// is.
func langName(lang content.Lang) string {
	switch lang {
	case content.Hans:
		return "简体"
	case content.Hant:
		return "繁體"
	case content.English:
		return "English"
	}
	return string(lang)
}

// show writes a page. It is rendered whole first: a fault gives no half
// page.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	var b bytes.Buffer
	if err := s.pages.byName[name].ExecuteTemplate(&b, "layout", v); err != nil {
		panic(fmt.Errorf("page %s: %w", name, err))
	}
	if lang, ok := s.chosenLang(r); ok {
		s.rememberLang(w, lang)
	}
	sum := sha256.Sum256(b.Bytes())
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Lang()))
	h.Set("Vary", "Accept-Language, Cookie")
	h.Set("Cache-Control", "private, no-cache") // kept, and asked for again each time: content changes
	if status == http.StatusOK {
		etag := `"` + hex.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", etag)
		if matches(r.Header.Get("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // a reader that has gone is no fault
	}
}

// matches reads If-None-Match; a weak tag counts as the strong one.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// failure is the body of failure.html.
type failure struct{ Heading, Text string }

// failurePage says what went wrong and offers the ask box.
func (s *site) failurePage(w http.ResponseWriter, r *http.Request, status int) {
	// The way to other languages is the first page: this one has no place.
	first := &url.URL{Path: "/"}
	if lang, ok := s.chosenLang(r); ok {
		first.RawQuery = "lang=" + string(lang)
	}
	v := s.view(&http.Request{URL: first, Header: r.Header}, "")
	f := failure{Heading: v.T("web.failed"), Text: v.T("error.internal")}
	switch status {
	case http.StatusNotFound:
		f = failure{Heading: v.T("web.not_found"), Text: v.T("web.not_found_text")}
	case http.StatusMethodNotAllowed:
		f = failure{Heading: v.T("web.not_allowed"), Text: v.T("web.not_found_text")}
	case http.StatusMisdirectedRequest:
		f.Text = v.T("web.misdirected")
	case http.StatusTooManyRequests:
		f = failure{Heading: v.T("web.too_many"), Text: v.T("error.too_many")}
	}
	v.Title, v.Body = f.Heading, f
	s.show(w, r, status, "failure", v)
}
