package discordtest

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say how the fake behaves. The zero value is Discord as it is
// documented.
type Options struct {
	// Addr is where to listen. Default 127.0.0.1 on a free port.
	Addr string
	// Token is the bot's token. Default "discordtest.token".
	Token string
	// Now is the time by which limits, tokens and nonces expire. Default time.Now.
	Now func() time.Time
	// RespondWithin is how long an interaction waits for its first response.
	// Default 3 s: https://discord.com/developers/docs/interactions/receiving-and-responding
	RespondWithin time.Duration
	// ReplyGrace is how long a request about an interaction waits for the
	// response that may still be on its way in the reply of the endpoint: on
	// Discord one may overtake the other, which is then answered 404, 10015.
	// Default 500 ms; negative waits for nothing.
	ReplyGrace time.Duration
	// NonceWindow is how long an enforced nonce is remembered. Discord says
	// "the past few minutes". Default 5 minutes.
	NonceWindow time.Duration
	// Limits are the rate limits.
	Limits Limits
	// AnyMentions turns off the rule of this project that every message
	// carries allowed_mentions with an empty parse.
	AnyMentions bool
	// Privileged are the privileged intents that the application may ask for.
	Privileged Intents
	// Heartbeat is the interval that the gateway asks for. Default 41.25 s.
	Heartbeat time.Duration
	// Shards is what /gateway/bot recommends. Default 1.
	Shards int
	// MaxConcurrency is how many shards may identify in one IdentifyEvery.
	// Default 1.
	MaxConcurrency int
	// IdentifyEvery is the time of one identify. Default 5 s; negative
	// switches the limit off.
	IdentifyEvery time.Duration
	// SessionStarts is how many identifies are left for the day. Default 1000.
	SessionStarts int
	// Keep is how many of the newest requests Calls returns at least. Default
	// all, which a long run has no memory for.
	Keep int
	// Random decides whether a fault with a chance strikes: it returns a number
	// from 0 to 1, 1 excluded, and is called under the fake's lock. Default:
	// that of math/rand/v2.
	Random func() float64
	// Description is Discord's description of its API; Start loads it where
	// it is nil. Loading takes some milliseconds, so that many servers may
	// share one.
	Description *Description
	// Log receives what happens, violations included. Default: nowhere, or
	// the log of the test.
	Log *slog.Logger
}

// Server is a fake Discord that runs.
type Server struct {
	o    Options
	tb   testing.TB
	url  string // http://host:port
	mux  *http.ServeMux
	http *http.Server
	out  *http.Client // posts interactions to the endpoint
	key  ed25519.PrivateKey

	answers *Description // what the fake's own answers are held against; nil but in its tests

	done     chan struct{} // closed by Close
	handlers sync.WaitGroup
	served   sync.WaitGroup

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced at every change
	closed     bool
	violations []Violation
	calls      []*Call
	counts     Counts
	lastID     int64
	received   []*post // from the bot, in the order in which they came

	app          *application
	guilds       []*Guild
	channels     map[string]*Channel
	users        map[string]*User
	nonces       map[string]seenNonce
	interactions map[string]*interaction
	byToken      map[string]*interaction
	limits       limiter
	faults       []*Armed
	remote       []*Armed // those that another process armed
	gateway      gatewayState
}

// Violation is a rule that the bot broke.
type Violation struct {
	At    time.Time
	Where string // method and path, or "gateway"
	What  string
}

func (v Violation) String() string { return v.Where + ": " + v.What }

// Call is one request that the REST API received.
type Call struct {
	At       time.Time
	Method   string
	Path     string // below /api/v10, with the query
	Template string // as Discord's description names the path
	Host     string // at which it came in
	Header   http.Header
	Body     json.RawMessage
	Status   int  // what was answered; 0 while it is under way or when the connection was reset
	Accepted bool // whether it did what was asked, whatever was answered

	bucket string
	post   *post // that it made
}

// Counts are what the fake counted.
type Counts struct {
	Requests     int            // to the REST API
	Invalid      int            // answers 401, 403 and 429 other than shared: https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
	RateLimited  map[string]int // answers 429 by scope: user, global, shared, cloudflare
	OverLimit    int            // of those, answers because a limit was exceeded and not because of a fault
	Early        int            // requests sent on after a 429 before its time
	Deduplicated int            // messages that an enforced nonce kept from being posted again
	Messages     int            // messages that the bot posted, responses included
	Connections  int            // to the gateway
	Identifies   int
	Resumes      int // sessions resumed
	Heartbeats   int
	Missed       int // connections ended because no heartbeat came
}

// New starts a fake that ends with the test. A violation fails the test. It
// skips the test where Discord's description is not at hand, except under
// CI=true, where that fails the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	s, err := start(tb, o)
	switch {
	case errors.Is(err, ErrNoDescription) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Start starts a fake that collects violations. It fails where the address
// is taken or Discord's description is not at hand (ErrNoDescription).
func Start(o Options) (*Server, error) { return start(nil, o) }

func start(tb testing.TB, o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Token == "" {
		o.Token = "discordtest.token"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	o.RespondWithin = cmpOr(o.RespondWithin, 3*time.Second)
	o.ReplyGrace = cmpOr(o.ReplyGrace, 500*time.Millisecond)
	o.NonceWindow = cmpOr(o.NonceWindow, 5*time.Minute)
	o.Heartbeat = cmpOr(o.Heartbeat, 41250*time.Millisecond)
	o.IdentifyEvery = cmpOr(o.IdentifyEvery, 5*time.Second)
	o.Shards = cmpOr(o.Shards, 1)
	o.MaxConcurrency = cmpOr(o.MaxConcurrency, 1)
	o.SessionStarts = cmpOr(o.SessionStarts, 1000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Description == nil {
		d, err := LoadDescription("")
		if err != nil {
			return nil, err
		}
		o.Description = d
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{
		o: o, tb: tb, url: "http://" + listener.Addr().String(), key: key,
		mux:          http.NewServeMux(),
		out:          &http.Client{Transport: &http.Transport{}, CheckRedirect: noRedirect},
		done:         make(chan struct{}),
		changed:      make(chan struct{}),
		counts:       Counts{RateLimited: map[string]int{}},
		channels:     map[string]*Channel{},
		users:        map[string]*User{},
		nonces:       map[string]seenNonce{},
		interactions: map[string]*interaction{},
		byToken:      map[string]*interaction{},
		limits:       newLimiter(o.Limits),
		gateway:      gatewayState{identified: map[int]time.Time{}},
	}
	s.app = newApplication(s)
	s.routes()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	s.served.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func cmpOr[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Close ends all connections and waits for what is under way.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.mu.Unlock()
	err := s.http.Close()
	s.hangUp()
	s.served.Wait()
	s.handlers.Wait()
	s.out.CloseIdleConnections()
	return err
}

// ServeHTTP makes Server an http.Handler; the server calls it itself.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.handlers.Add(1)
	s.mu.Unlock()
	defer s.handlers.Done()
	s.mux.ServeHTTP(w, r)
}

// URL is the address of the REST API: http://127.0.0.1:port/api/v10.
func (s *Server) URL() string { return s.url + apiPath }

// GatewayURL is the address that GET /gateway answers.
func (s *Server) GatewayURL() string { return "ws" + strings.TrimPrefix(s.url, "http") + "/gateway" }

// Token is the bot's token.
func (s *Server) Token() string { return s.o.Token }

// Violations returns what the bot broke so far.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Calls returns every request that the REST API received so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, len(s.calls))
	for i, c := range s.calls {
		calls[i] = *c
	}
	return calls
}

// CallsTo returns the requests to one route, such as
// "POST /channels/{channel_id}/messages".
func (s *Server) CallsTo(route string) []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return c.Method+" "+c.Template != route })
}

// Counts returns what was counted so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.RateLimited = maps.Clone(s.counts.RateLimited)
	return counts
}

// violate notes a violation. The lock must be held.
func (s *Server) violate(where, format string, args ...any) {
	v := Violation{At: s.o.Now(), Where: where, What: fmt.Sprintf(format, args...)}
	s.violations = append(s.violations, v)
	s.o.Log.Warn("discord rule broken", "where", v.Where, "what", v.What)
	if s.tb != nil {
		s.tb.Errorf("discordtest: %s", v)
	}
}

// fail ends the test because a user cannot do what it was told to do. Without
// a test it is noted as a violation.
func (s *Server) fail(format string, args ...any) {
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Fatalf("discordtest: "+format, args...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violate("user", format, args...)
}

func (s *Server) helper() {
	if s.tb != nil {
		s.tb.Helper()
	}
}

// notify wakes those who await a change. The lock must be held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Await waits until done is true and says whether it became so in time. done
// may use every method of the server.
func (s *Server) Await(within time.Duration, done func() bool) bool {
	return s.await(within, func() bool {
		s.mu.Unlock()
		defer s.mu.Lock()
		return done()
	})
}

// await is Await for a done that is called with the lock held.
func (s *Server) await(within time.Duration, done func() bool) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		changed := s.changed // taken before done is asked, so that no change is missed
		if done() {
			return true
		}
		s.mu.Unlock()
		late := false
		select {
		case <-changed:
		case <-timer.C:
			late = true
		case <-s.done:
			late = true
		}
		s.mu.Lock()
		if late {
			return done()
		}
	}
}

// discordEpoch is the first second of 2015, where snowflakes begin:
// https://discord.com/developers/docs/reference#snowflakes
const discordEpoch = 1420070400000

// newID returns a snowflake. Its time is that of the clock, or a little later
// where more are made than fit into it; ids rise. The lock must be held.
func (s *Server) newID() string {
	s.lastID = max((s.o.Now().UnixMilli()-discordEpoch)<<22, s.lastID+1)
	return fmt.Sprint(s.lastID)
}

// newGuildID returns a snowflake of another millisecond than any before, so
// that guilds spread over shards. The lock must be held.
func (s *Server) newGuildID() string {
	s.lastID = max((s.o.Now().UnixMilli()-discordEpoch)<<22, (s.lastID>>22+1)<<22)
	return fmt.Sprint(s.lastID)
}

// newest drops the oldest of a list that has grown to twice what is to be
// kept. Without a number all is kept.
func newest[T any](list []T, keep int) []T {
	if keep <= 0 || len(list) < 2*keep {
		return list
	}
	return slices.Clone(list[len(list)-keep:])
}
