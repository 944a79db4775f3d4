package web

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

// problem is an error of the API as RFC 9457 writes it.
type problem struct {
	Title  string   `json:"title"` // the phrase of the status
	Status int      `json:"status"`
	Detail string   `json:"detail"` // what is wrong and what to do next
	Kind   bot.Kind `json:"kind"`   // of bot.Error

	wait time.Duration // before trying again
}

// setRetryAfter tells a client to wait; a wait of 0 is none. The header
// counts in whole seconds.
func setRetryAfter(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}

func (s *site) problem(w http.ResponseWriter, p problem) {
	p.Title = http.StatusText(p.Status)
	if p.Kind == "" {
		p.Kind = kindOf(p.Status)
	}
	setRetryAfter(w, p.wait)
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, p.Status, "application/problem+json", p)
}

func (s *site) invalid(w http.ResponseWriter, r *http.Request, key i18n.Key, args i18n.Args) {
	s.problem(w, problem{Status: http.StatusBadRequest, Detail: s.phrases(r).T(key, args)})
}

// problemOf is the problem of a failure that has no error of its own.
func problemOf(status int, words i18n.Printer) problem {
	p := problem{Status: status, Detail: words.T("error.internal")}
	switch status {
	case http.StatusNotFound:
		p.Detail = words.T("api.not_found")
	case http.StatusMethodNotAllowed:
		p.Detail = words.T("api.method")
	case http.StatusMisdirectedRequest:
		p.Detail = words.T("web.misdirected")
	case http.StatusTooManyRequests:
		p.Detail = words.T("error.too_many")
	}
	return p
}

func kindOf(status int) bot.Kind {
	switch {
	case status == http.StatusNotFound:
		return bot.NotFound
	case status == http.StatusForbidden:
		return bot.Denied
	case status == http.StatusTooManyRequests:
		return bot.RateLimited
	case status >= http.StatusInternalServerError:
		return bot.Unavailable
	}
	return bot.Invalid
}
