package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"briefbot/bot/ratelimit"
)

// policy allows what the server itself serves and nothing else: no other
// host, no inline script or style, no frame, no plugin.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// ownName reports whether a Host header names a site on this machine: by an
// address, as localhost, by the name that it listens on or by the public URL.
// Another name is that of a
// foreign site that had a visitor's browser send the request here, with a DNS
// record that leads to the loopback address (DNS rebinding): what is served
// to this machine alone must not be read by it.
func (s *site) ownName(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	if _, err := netip.ParseAddr(name); err == nil || name == "" {
		return true // no name; HTTP/1.0 has none
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	listening, _, _ := net.SplitHostPort(s.Addr) // it has been listened on
	public, err := url.Parse(s.PublicURL)
	return strings.EqualFold(name, listening) || err == nil && strings.EqualFold(name, public.Hostname())
}

// limited refuses a client that asks too fast.
func (s *site) limited(l *ratelimit.Limiter, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait := l.Take(s.clients.of(r), s.Now()); wait > 0 {
			setRetryAfter(w, wait)
			s.fail(w, r, http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into a plain failure and goes on. The stack goes
// to the log alone.
func (s *site) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p) // how a handler says that it has given up a connection
			}
			s.Log.ErrorContext(r.Context(), "request panicked", "path", r.URL.Path,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if seen, ok := w.(*watcher); ok && seen.status != 0 {
				panic(http.ErrAbortHandler) // too late for a page: the client must not take it for whole
			}
			s.fail(w, r, http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// logged notes each request. Questions stand in queries and who asks is
// nobody's business, so neither is logged.
func (s *site) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		seen := &watcher{ResponseWriter: w}
		defer func() {
			s.Log.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
				"status", seen.status, "bytes", seen.bytes, "took", s.Now().Sub(start).Round(time.Microsecond))
		}()
		next.ServeHTTP(seen, r)
	})
}

// watcher notes what is answered.
type watcher struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *watcher) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watcher) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
