package slacktest

import (
	"context"
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
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say how the fake behaves. The zero value is Slack as it is
// documented, with an app that has every scope and event that the fake knows.
type Options struct {
	// Addr is where to listen. Default 127.0.0.1 on a free port.
	Addr string
	// Token is the bot token of the first workspace that is added. Default
	// "xoxb-slacktest".
	Token string
	// AppToken is the app-level token for Socket Mode. Default "xapp-slacktest".
	AppToken string
	// SigningSecret signs requests to the app. Default 32 hexadecimal digits.
	SigningSecret string
	// ClientID and ClientSecret are those of OAuth.
	ClientID, ClientSecret string
	// Redirects are addresses that OAuth may return to, of which those that
	// begin with one are allowed too. Default: those of the manifest, or any.
	Redirects []string
	// Manifest is the app's manifest as JSON. With it the app has the scopes,
	// events, commands and shortcuts that the manifest names and no others.
	Manifest []byte
	// Scopes are those of the bot token, where there is no manifest.
	Scopes []string
	// Events are those that the app is subscribed to, where there is no
	// manifest; nil: all.
	Events []string
	// Rotation makes OAuth hand out tokens that expire and can be refreshed.
	Rotation bool
	// TokenLife is how long they are good. Default 12 hours:
	// https://docs.slack.dev/authentication/using-token-rotation
	TokenLife time.Duration
	// Random decides whether a fault with a chance strikes: it returns a number
	// from 0 to 1, 1 excluded, and is called under the fake's lock. Default:
	// that of math/rand/v2.
	Random func() float64
	// Now is the time by which limits, tokens and triggers expire and retries
	// are made. Default time.Now.
	Now func() time.Time
	// After waits on that time. Default time.After.
	After func(time.Duration) <-chan time.Time
	// RespondWithin is how long an acknowledgement may take, and how long a
	// user waits for what follows it. Default 3 s:
	// https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
	RespondWithin time.Duration
	// TriggerLife is how long a trigger_id is good. Default 3 s, same page.
	TriggerLife time.Duration
	// Limits are the rate limits.
	Limits Limits
	// LimitedHistory limits conversations.history and conversations.replies
	// to one call a minute and 15 messages, as for apps outside the Marketplace:
	// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
	LimitedHistory bool
	// Keep is how many of the newest calls and events Calls and Deliveries
	// return at least. Default all, which a long run has no memory for.
	Keep int
	// AnyMentions turns off the rule of this project that no message mentions
	// anybody.
	AnyMentions bool
	// Ping is the interval of the pings of Socket Mode. Default 10 s.
	Ping time.Duration
	// Specs are Slack's published shapes; Start loads them where it is nil.
	// Many servers may share one.
	Specs *Specs
	// Log receives what happens, violations included. Default: nowhere, or
	// the log of the test.
	Log *slog.Logger
}

// Server is a fake Slack that runs.
type Server struct {
	o    Options
	tb   testing.TB
	url  string // http://host:port
	mux  *http.ServeMux
	http *http.Server
	out  *http.Client // posts to the app's endpoints

	done     chan struct{}   // closed by Close
	life     context.Context // ended by Close
	end      context.CancelFunc
	handlers sync.WaitGroup
	served   sync.WaitGroup

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced at every change
	closed     bool
	violations []Violation
	calls      []*Call
	counts     Counts
	lastID     int64
	lastTS     int64   // microseconds
	received   []*post // by chat.postMessage, in the order in which they came
	step       int     // rises with everything that the app does

	app        app
	workspaces []*Workspace
	tokens     map[string]*token
	codes      map[string]*code
	responses  map[string]*responseURL // by path
	triggers   map[string]*interaction
	deliveries []*delivery
	underWay   int // of them, not acknowledged and not given up
	duplicates int // events yet to be delivered twice; negative: all
	mentions   int // calls that may yet mention somebody
	limits     limiter
	faults     []*Armed
	remote     []*Armed // those that another process armed
	socket     socketState
	endpoints  []string // base addresses of the app's replicas; none: Socket Mode
	turn       int      // of the replicas
}

// Violation is a rule that the app broke.
type Violation struct {
	At    time.Time
	Where string // method, or what the app answered
	What  string
}

func (v Violation) String() string { return v.Where + ": " + v.What }

// Call is one request that the Web API received, posts to a response_url
// included, whose method is ResponseURL.
type Call struct {
	At       time.Time
	Method   string // such as "chat.postMessage"
	Team     string // of the token; empty where there is none
	Channel  string // the argument channel, empty where there is none
	Host     string // at which it came in
	Header   http.Header
	Args     map[string]any // decoded, without the token
	Status   int            // what was answered; 0 while it is under way or when the connection was reset
	Error    string         // Slack's code; empty where ok was true
	Accepted bool           // whether it did what was asked, whatever was answered

	post *post // that chat.postMessage made
}

// ResponseURL is the method of calls that are posts to a response_url.
const ResponseURL = "response_url"

// Counts are what the fake counted.
type Counts struct {
	Requests     int            // to the Web API
	Calls        map[string]int // by method
	Errors       map[string]int // answers with ok false, by code
	RateLimited  int            // answers 429
	OverLimit    int            // of those, because a limit was exceeded and not because of a fault
	Early        int            // calls made after a 429 before its time
	Messages     int            // messages that the app posted, ephemeral ones and responses included
	Posted       int            // of those, by chat.postMessage
	ResponseURLs int            // posts to a response_url
	Connections  int            // of Socket Mode
	Envelopes    int            // sent over Socket Mode, again and twice included
	Acks         int            // of envelopes
	Requested    int            // signed requests to the app's endpoints
	Retried      int            // events delivered again because they were not acknowledged
	Late         int            // what was not acknowledged in time
	Duplicated   int            // events delivered twice on request
}

// New starts a fake that ends with the test. A violation fails the test. It
// skips the test where Slack's published shapes are not at hand, except under
// CI=true, where that fails the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	s, err := start(tb, o)
	switch {
	case errors.Is(err, ErrNoSpecs) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Start starts a fake that collects violations. It fails where the address
// is taken, the manifest is invalid or Slack's published shapes are not at
// hand (ErrNoSpecs).
func Start(o Options) (*Server, error) { return start(nil, o) }

func start(tb testing.TB, o Options) (*Server, error) {
	o.Addr = or(o.Addr, "127.0.0.1:0")
	o.Token = or(o.Token, "xoxb-slacktest")
	o.AppToken = or(o.AppToken, "xapp-slacktest")
	o.SigningSecret = or(o.SigningSecret, "0123456789abcdef0123456789abcdef")
	o.ClientID = or(o.ClientID, "1234567890.1234567890")
	o.ClientSecret = or(o.ClientSecret, "fedcba9876543210fedcba9876543210")
	o.TokenLife = or(o.TokenLife, 12*time.Hour)
	o.RespondWithin = or(o.RespondWithin, 3*time.Second)
	o.TriggerLife = or(o.TriggerLife, 3*time.Second)
	o.Ping = or(o.Ping, 10*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Specs == nil {
		specs, err := LoadSpecs("")
		if err != nil {
			return nil, err
		}
		o.Specs = specs
	}
	s := &Server{
		o: o, tb: tb,
		mux:       http.NewServeMux(),
		out:       &http.Client{Transport: &http.Transport{}, CheckRedirect: noRedirect},
		done:      make(chan struct{}),
		changed:   make(chan struct{}),
		counts:    Counts{Calls: map[string]int{}, Errors: map[string]int{}},
		tokens:    map[string]*token{},
		codes:     map[string]*code{},
		responses: map[string]*responseURL{},
		triggers:  map[string]*interaction{},
		limits:    newLimiter(o.Limits),
	}
	if err := s.newApp(); err != nil {
		return nil, err
	}
	s.socket.upgrader.CheckOrigin = func(*http.Request) bool { return true } // Slack asks for none
	s.socket.tickets, s.socket.envelopes = map[string]time.Time{}, map[string]*envelope{}
	s.tokens[ConfigToken] = &token{text: ConfigToken, kind: "config"}
	s.life, s.end = context.WithCancel(context.Background())
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	s.url = "http://" + listener.Addr().String()
	s.routes()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	s.served.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close ends all connections and waits for what is under way.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.end()
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
	w.Header().Set("Date", s.o.Now().UTC().Format(http.TimeFormat)) // by which an app can tell that its clock is wrong
	s.mux.ServeHTTP(w, r)
}

// background runs something that Close waits for. The lock must be held.
func (s *Server) background(do func()) {
	if !s.closed {
		s.handlers.Go(do)
	}
}

// URL is the address of the Web API with a last slash, as slack-go wants it:
// http://127.0.0.1:port/api/.
func (s *Server) URL() string { return s.url + "/api/" }

// AuthorizeURL is where OAuth begins, in place of
// https://slack.com/oauth/v2/authorize.
func (s *Server) AuthorizeURL() string { return s.url + authorizePath }

// AppToken is the app-level token for Socket Mode.
func (s *Server) AppToken() string { return s.o.AppToken }

// SigningSecret signs requests to the app.
func (s *Server) SigningSecret() string { return s.o.SigningSecret }

// ClientID and ClientSecret are those of OAuth.
func (s *Server) ClientID() string { return s.o.ClientID }

// ClientSecret is the secret of the app for OAuth.
func (s *Server) ClientSecret() string { return s.o.ClientSecret }

// AppID is the id of the app.
func (s *Server) AppID() string { return s.app.id }

// Violations returns what the app broke so far.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Calls returns every request that the Web API received so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, len(s.calls))
	for i, c := range s.calls {
		calls[i] = *c
	}
	return calls
}

// CallsTo returns the calls of one method, such as "chat.postMessage".
func (s *Server) CallsTo(method string) []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return c.Method != method })
}

// Counts returns what was counted so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Calls, counts.Errors = maps.Clone(s.counts.Calls), maps.Clone(s.counts.Errors)
	return counts
}

// AllowMentions lets so many of the next calls that post something mention
// people or channels.
func (s *Server) AllowMentions(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mentions = calls
}

// violate notes a violation. The lock must be held.
func (s *Server) violate(where, format string, args ...any) {
	v := Violation{At: s.o.Now(), Where: where, What: fmt.Sprintf(format, args...)}
	s.violations = append(s.violations, v)
	s.o.Log.Warn("slack rule broken", "where", v.Where, "what", v.What)
	if s.tb != nil {
		s.tb.Errorf("slacktest: %s", v)
	}
}

// fail ends the test because a user cannot do what it was told to do. Without
// a test it is noted as a violation.
func (s *Server) fail(format string, args ...any) {
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Fatalf("slacktest: "+format, args...)
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

// newID returns an id as Slack makes them: a letter for the kind and ten
// capital letters and digits. The lock must be held.
func (s *Server) newID(kind string) string {
	s.lastID++
	digits := strings.ToUpper(strconv.FormatInt(36*36*36*36*36*36*36*36+s.lastID*7919, 36))
	return kind + "0" + digits
}

// newTS returns the id of a message: seconds and microseconds, unique and
// rising. The lock must be held.
func (s *Server) newTS() string {
	s.lastTS = max(s.o.Now().UnixMicro(), s.lastTS+100)
	return formatTS(s.lastTS)
}

func formatTS(micros int64) string { return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6) }

// parseTS reads the id of a message or a point in time, which may lack the
// fraction.
func parseTS(ts string) (micros int64, err error) {
	seconds, fraction, _ := strings.Cut(ts, ".")
	if len(seconds) > 12 || len(fraction) > 6 {
		return 0, errors.New("no timestamp")
	}
	whole, err := strconv.ParseUint(seconds, 10, 63)
	if err != nil {
		return 0, err
	}
	rest, err := strconv.ParseUint((fraction + "000000")[:6], 10, 63)
	return int64(whole*1e6 + rest), err
}

// raw marshals what was made here.
func raw(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("slacktest: %v", err)) // only values made here come here
	}
	return text
}
