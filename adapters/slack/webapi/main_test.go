package webapi_test

import (
	"bytes"
	"context"
	"errors"
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

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token = "xoxb-s3cr3t-token"
	team  = "T1"
)

// slack is a server that the client of a test talks to, by a real transport
// over pipes in memory, so that time may be synctest's.
type slack struct {
	*webapi.Client
	log lockedBuffer

	mu       sync.Mutex
	began    time.Time
	seen     []seen
	observed []webapi.Observation
}

// seen is one call as it arrived.
type seen struct {
	at     time.Duration // since the client began
	path   string
	header http.Header
	body   string
}

// talk makes a client of options, and what answers it.
func talk(t *testing.T, o webapi.Options, answer http.HandlerFunc) *slack {
	t.Helper()
	s := &slack{began: time.Now()}
	listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, seen{at: time.Since(s.began), path: strings.TrimPrefix(r.URL.RequestURI(), "/api/"), header: r.Header.Clone(), body: string(body)})
		s.mu.Unlock()
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
	o.BaseURL = "http://localhost/api"
	o.Log = slog.New(slog.NewJSONHandler(&s.log, nil))
	o.Observe = func(seen webapi.Observation) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.observed = append(s.observed, seen)
	}
	if o.Token == nil {
		o.Token = webapi.Fixed(token)
	}
	o.Jitter = func() float64 { return 1 }
	c, err := webapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s.Client = c
	return s
}

func (s *slack) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

func (s *slack) observations() []webapi.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.observed)
}

// to returns the calls of one method.
func (s *slack) to(method string) []seen {
	return slices.DeleteFunc(s.requests(), func(r seen) bool { return r.path != method })
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

// methods answers each method by the next of its answers, and by the last
// from then on.
func methods(all map[string][]http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/api/")
		mu.Lock()
		list := all[name]
		if len(list) == 0 {
			mu.Unlock()
			http.Error(w, "no such method", http.StatusNotFound)
			return
		}
		if len(list) > 1 {
			all[name] = list[1:]
		}
		mu.Unlock()
		list[0](w, r)
	}
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", code) }
}

func failing(code string) http.HandlerFunc { return says(`{"ok":false,"error":"` + code + `"}`) }

// reset ends the connection without an answer, after the call was read.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// halved says that all is well and breaks off within the body.
func halved(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"ok":true,"ts":"1`)
	reset(w, r)
}

func limited(seconds int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"ok":false,"error":"ratelimited"}`)
	}
}

func hello(id string) webapi.Message {
	return webapi.Message{Channel: "C1", Text: "Hello", Metadata: &webapi.Metadata{Type: webapi.MetadataType, Payload: webapi.Payload{ID: id}}}
}

// asBotError returns err as what crosses packages; the test fails where it is
// none.
func asBotError(t *testing.T, err error) *bot.Error {
	t.Helper()
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		t.Fatalf("no *bot.Error: %v", err)
	}
	if _, ok := errors.AsType[*webapi.Error](err); !ok {
		t.Fatalf("no *webapi.Error below: %#v", err)
	}
	return e
}

// inBubble runs a test whose time passes only while all of it waits.
func inBubble(test func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}
