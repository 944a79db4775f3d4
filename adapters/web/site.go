package web

import (
	"fmt"
	"net/http"
	"strings"

	"briefbot/bot"
	"briefbot/bot/ratelimit"
)

// site is what the handlers share. It is immutable but for its limiters.
type site struct {
	Options
	responder bot.Responder
	pages     *pages
	assets    assets
	api       []byte // the OpenAPI description

	// Suggestions come with every few keys typed. They have a limiter of
	// their own, so that typing does not use up the questions.
	asking  *ratelimit.Limiter
	typing  *ratelimit.Limiter
	clients clients
}

func newSite(o Options) (*site, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	pages, err := loadPages(files)
	if err != nil {
		return nil, err
	}
	api, err := describeAPI(o.Version, o.PublicURL)
	if err != nil {
		return nil, err
	}
	s := &site{
		Options: o, pages: pages, assets: files, api: api,
		asking: ratelimit.New(o.RateLimit), typing: ratelimit.New(o.RateLimit),
		clients: clients{trusted: o.TrustedProxies},
	}
	if _, err := s.mux(); err != nil {
		return nil, err
	}
	return s, nil
}

// handler answers by r. Where the site is reached over the loopback interface
// only, it answers under its own names only.
func (s *site) handler(r bot.Responder, loopback bool) http.Handler {
	answering := *s
	answering.responder = r
	mux, _ := answering.mux() // newSite has seen that it can be made
	return answering.logged(answering.recovered(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if loopback && !answering.ownName(r.Host) {
			answering.fail(w, r, http.StatusMisdirectedRequest)
			return
		}
		if h, pattern := mux.Handler(r); pattern == "" {
			answering.missing(w, r, h)
			return
		}
		mux.ServeHTTP(w, r)
	})))
}

// mux fails where a mounted pattern is wrong or taken.
func (s *site) mux() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	s.route(mux)
	for pattern, h := range s.Mount {
		bounded := http.MaxBytesHandler(h, maxMountedBytes)
		if err := mount(mux, pattern, bounded); err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// route lists every path. HEAD goes where GET goes.
func (s *site) route(mux *http.ServeMux) {
	page := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, s.limited(s.asking, h)) }
	page("GET /{$}", s.home)
	page("GET /search", s.search)
	page("GET /c/{command}", s.command)
	page("GET /b/{briefing}", s.briefing)
	page("GET /b/{briefing}/{entry}", s.entry)

	page("GET /api/v1/ask", s.apiAsk)
	page("POST /api/v1/ask", s.apiAskPosted)
	page("GET /api/v1/briefings", s.apiBriefings)
	page("GET /api/v1/briefings/{briefing}", s.apiBriefing)
	page("GET /api/v1/entries/{briefing}/{entry}", s.apiEntry)
	page("GET /api/v1/search", s.apiSearch)
	mux.Handle("GET /api/v1/suggest", s.limited(s.typing, http.HandlerFunc(s.apiSuggest)))
	mux.HandleFunc("GET /api/v1/openapi.json", s.apiDescription)

	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.HandleFunc("GET /favicon.ico", s.favicon)
	mux.HandleFunc("GET /robots.txt", s.robots)
	mux.HandleFunc("GET /healthz", s.alive)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
}

// mount turns the panic of a pattern that is wrong or taken into an error.
func mount(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("web: mounting %q: %v", pattern, p)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// missing answers what no route takes, in the form that the path's readers
// expect. h is what the ServeMux would have answered.
func (s *site) missing(w http.ResponseWriter, r *http.Request, h http.Handler) {
	probe := &headerProbe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	status := http.StatusNotFound
	if probe.status == http.StatusMethodNotAllowed {
		status = probe.status
		w.Header().Set("Allow", probe.header.Get("Allow"))
	}
	s.fail(w, r, status)
}

// fail answers with a problem under the API and with a page elsewhere.
func (s *site) fail(w http.ResponseWriter, r *http.Request, status int) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.problem(w, problemOf(status, s.phrases(r)))
		return
	}
	s.failurePage(w, r, status)
}

// headerProbe keeps the status and the header of an answer and drops its
// body.
type headerProbe struct {
	header http.Header
	status int
}

func (p *headerProbe) Header() http.Header         { return p.header }
func (p *headerProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *headerProbe) WriteHeader(status int)      { p.status = status }
