package rest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	botToken         = "MTE0.Gb0tS.ecret-Tok_en"
	noToken          = "none" // stands for an empty one
	interactionToken = "aW50ZXJhY3Rpb246MTIz-s3cr3t_"
	channel          = "200000000000000001"
	elsewhere        = "200000000000000002"
	message          = "300000000000000001"
	application      = "100000000000000001"
	interaction      = "400000000000000001"
	guild            = "500000000000000001"
)

// discord is a server that the client of a test talks to, by a real transport
// over pipes in memory, so that time may be synctest's.
type discord struct {
	*rest.Client
	log lockedBuffer

	mu       sync.Mutex
	began    time.Time
	seen     []seen
	observed []rest.Observation
}

// seen is one request as it arrived.
type seen struct {
	at           time.Duration // since the client began
	method, path string
	header       http.Header
	body         string
}

func (s seen) String() string { return s.method + " " + s.path }

// talk makes a client of options, and what answers it.
func talk(t *testing.T, o rest.Options, answer http.HandlerFunc) *discord {
	t.Helper()
	d := &discord{began: time.Now()}
	listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		d.seen = append(d.seen, seen{
			at: time.Since(d.began), method: r.Method, path: strings.TrimPrefix(r.URL.RequestURI(), "/api/v10"),
			header: r.Header.Clone(), body: string(body),
		})
		d.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	})}
	transport := &http.Transport{DialContext: listener.dial}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-ended
	})
	if o.HTTP == nil {
		o.HTTP = &http.Client{Transport: transport}
	}
	o.BaseURL = cmp.Or(o.BaseURL, "http://localhost/api/v10")
	o.Log = slog.New(slog.NewJSONHandler(&d.log, nil))
	o.Observe = func(seen rest.Observation) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.observed = append(d.observed, seen)
	}
	switch o.Token {
	case "":
		o.Token = botToken
	case noToken:
		o.Token = ""
	}
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 1 }
	}
	c, err := rest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d.Client = c
	return d
}

func (d *discord) requests() []seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

func (d *discord) observations() []rest.Observation {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.observed)
}

// pipes is a listener in memory.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}
func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// answers gives each request the next of some answers, and the last to all
// that follow.
func answers(list ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		next := list[0]
		if len(list) > 1 {
			list = list[1:]
		}
		mu.Unlock()
		next(w, r)
	}
}

func status(code int) http.HandlerFunc { return says(code, `{}`) }

func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		if code != http.StatusNoContent {
			_, _ = io.WriteString(w, body)
		}
	}
}

// failing answers as Discord does with one of its codes.
func failing(status, code int) http.HandlerFunc {
	return says(status, fmt.Sprintf(`{"code": %d, "message": "Something"}`, code))
}

// reset ends the connection without an answer, after the request was read.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// halved says that all is well and breaks off within the body.
func halved(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"id": "1`)
	reset(w, r)
}

// limited answers 429 in JSON.
func limited(seconds float64, scope string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Scope", scope)
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)+1))
		w.WriteHeader(http.StatusTooManyRequests)
		_ = json.NewEncoder(w).Encode(map[string]any{"message": "You are being rate limited.", "retry_after": seconds, "global": scope == "global"})
	}
}

// cloudflare answers 429 in HTML.
func cloudflare(after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Access denied | 1015</title>")
	}
}

// window is a limit as Discord keeps it: so many requests from the first on.
type window struct {
	hash  string
	limit int
	per   time.Duration

	mu      sync.Mutex
	left    int
	ends    time.Time
	refused int
}

// answer counts a request; it answers 429 to those that are too many.
func (b *window) answer(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !now.Before(b.ends) {
		b.left, b.ends = b.limit, now.Add(b.per)
	}
	code := http.StatusOK
	if b.left--; b.left < 0 {
		b.left, code = 0, http.StatusTooManyRequests
		b.refused++
	}
	reset := strconv.FormatFloat(b.ends.Sub(now).Seconds(), 'f', 3, 64)
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(b.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(b.left))
	h.Set("X-RateLimit-Reset-After", reset)
	h.Set("X-RateLimit-Bucket", b.hash)
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, `{"retry_after": %s, "global": false}`, reset)
}

// nth is a body of a message with a nonce.
func nth(n int) map[string]any {
	return map[string]any{"content": "Hello", "nonce": strconv.Itoa(n), "enforce_nonce": true}
}

// create posts a message and returns the error alone.
func (d *discord) create(ctx context.Context, channel string, n int) error {
	_, err := d.CreateMessage(ctx, channel, nth(n))
	return err
}

// asBotError returns err as what crosses packages; the test fails where it is
// none.
func asBotError(t *testing.T, err error) *bot.Error {
	t.Helper()
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		t.Fatalf("no *bot.Error: %v", err)
	}
	if _, ok := errors.AsType[*rest.Error](err); !ok {
		t.Fatalf("no *rest.Error below: %#v", err)
	}
	return e
}

// inBubble runs a test whose time passes only while all of it waits.
func inBubble(test func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}
