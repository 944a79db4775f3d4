package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"briefbot/adapters/discord/gateway"
)

// The one goroutine that may stay is that of discordgo's Open, which waits for
// a lock that it holds: the hang that a watchdog can't end, only replace.
func TestMain(m *testing.M) {
	// What discordgo logs holds payloads and the token.
	discordgo.Logger = func(_, _ int, format string, _ ...any) { panic("discordgo logs: " + format) }

	// The tests wait, above all for the second that discordgo takes to close a
	// connection; they need no processor each.
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() == "" {
		if err := flag.Set("test.parallel", "24"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/bwmarrin/discordgo.(*Session).CloseWithCode"))
}

const (
	token    = "secret-token"
	payload  = "what a user wrote" // in events; never in a log
	patience = 20 * time.Second    // for something to happen; a machine under load takes its time
	beat     = 30 * time.Second    // heartbeat interval where heartbeats do not matter
)

// await receives from c, or fails the test.
func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

// server is Discord's gateway, as a test plays it.
type server struct {
	t     *testing.T
	url   string // ws:// or wss://
	http  *httptest.Server
	conns chan *conn
}

func serve(t *testing.T, start func(*httptest.Server)) *server {
	t.Helper()
	s := &server{t: t, conns: make(chan *conn, 100)}
	upgrader := websocket.Upgrader{}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query(); got.Get("v") == "" || got.Get("encoding") != "json" {
			t.Errorf("connected with query %q", r.URL.RawQuery)
		}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the test is over
		}
		c := &conn{t: t, Conn: ws, in: make(chan message, 100), closed: make(chan int, 1)}
		s.conns <- c
		c.read()
	}))
	s.http.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of handshakes that are meant to fail
	start(s.http)
	s.url = "ws" + strings.TrimPrefix(s.http.URL, "http")
	t.Cleanup(s.http.Close)
	return s
}

func newServer(t *testing.T) *server { return serve(t, (*httptest.Server).Start) }

// message is one of the gateway's, either way.
type message struct {
	Op int             `json:"op"`
	D  json.RawMessage `json:"d"`
	S  *int            `json:"s,omitempty"`
	T  *string         `json:"t,omitempty"`
}

// conn is the server's end of a connection.
type conn struct {
	*websocket.Conn
	t      *testing.T
	in     chan message // without heartbeats
	closed chan int     // the code with which the client ended it, 1006 for none

	mu   sync.Mutex
	deaf bool // heartbeats are not acknowledged
}

// read takes what the client sends until the connection ends. It closes its own
// end then, as a server does.
func (c *conn) read() {
	defer c.Close()
	for {
		var m message
		if err := c.ReadJSON(&m); err != nil {
			code := websocket.CloseAbnormalClosure
			if end, ok := errors.AsType[*websocket.CloseError](err); ok {
				code = end.Code
			}
			c.closed <- code
			return
		}
		if m.Op != 1 {
			c.in <- m
			continue
		}
		c.mu.Lock()
		if !c.deaf {
			_ = c.WriteMessage(websocket.TextMessage, []byte(`{"t":null,"s":null,"op":11,"d":null}`)) // the client may have left
		}
		c.mu.Unlock()
	}
}

// accept waits for the next connection.
func (s *server) accept() *conn {
	s.t.Helper()
	return await(s.t, s.conns, "connection")
}

// raw sends a text message as it stands.
func (c *conn) raw(text string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conn) hello(interval time.Duration) {
	c.t.Helper()
	c.raw(fmt.Sprintf(`{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":%d,"_trace":["[\"gateway\",{\"micros\":0.0}]"]}}`, interval.Milliseconds()))
}

func (c *conn) event(sequence int, kind, data string) {
	c.t.Helper()
	c.raw(fmt.Sprintf(`{"t":%q,"s":%d,"op":0,"d":%s}`, kind, sequence, data))
}

func (c *conn) closeWith(code int) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
}

// drop ends the connection as a network does.
func (c *conn) drop() { c.NetConn().Close() }

func (c *conn) ignoreHeartbeats() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = true
}

// identify is what a client says to begin a session.
type identify struct {
	Token   string `json:"token"`
	Intents int    `json:"intents"`
	Shard   []int  `json:"shard"`
}

func (c *conn) expectIdentify() (id identify) {
	c.t.Helper()
	m := await(c.t, c.in, "identify")
	if err := json.Unmarshal(m.D, &id); m.Op != 2 || err != nil || id.Token != token {
		c.t.Fatalf("want an identify with the token, got op %d %s", m.Op, m.D)
	}
	return id
}

func (c *conn) expectResume(session string, sequence int) {
	c.t.Helper()
	m := await(c.t, c.in, "resume")
	var d struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int    `json:"seq"`
	}
	if err := json.Unmarshal(m.D, &d); m.Op != 6 || err != nil || d.Token != token || d.Session != session || d.Seq != sequence {
		c.t.Fatalf("want a resume of %q at %d, got op %d %s", session, sequence, m.Op, m.D)
	}
}

// ready sends READY, as the first event of a session.
func (c *conn) ready(session, resumeURL string) {
	c.t.Helper()
	c.event(1, "READY", fmt.Sprintf(`{"v":9,"session_id":%q,"resume_gateway_url":%q,"user":{"id":"1"},"guilds":[]}`, session, resumeURL))
}

// begin accepts a connection and begins a session over it.
func (s *server) begin(session string) *conn {
	s.t.Helper()
	c := s.accept()
	c.hello(beat)
	c.expectIdentify()
	c.ready(session, s.url)
	return c
}

// resume accepts a connection over which a session goes on.
func (s *server) resume(session string, sequence int) *conn {
	s.t.Helper()
	c := s.accept()
	c.hello(beat)
	c.expectResume(session, sequence)
	return c
}

// running is a gateway under test.
type running struct {
	t       *testing.T
	gateway *gateway.Gateway
	events  chan gateway.Event
	seen    chan gateway.Observation
	log     *journal
	end     context.CancelFunc
	done    chan error
}

// journal keeps a log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// quick makes waits that no test looks at short.
func quick() gateway.Bounds {
	return gateway.Bounds{
		Identify: time.Millisecond, Invalid: time.Millisecond, Backoff: time.Millisecond,
		MaxBackoff: 10 * time.Millisecond, Settled: time.Millisecond,
	}
}

// run runs a gateway against a server until the test ends.
func run(t *testing.T, s *server, change func(*gateway.Options)) *running {
	t.Helper()
	r := &running{
		t: t, events: make(chan gateway.Event, 100), seen: make(chan gateway.Observation, 1000),
		log: &journal{}, done: make(chan error, 1),
	}
	o := gateway.Options{
		Token:   token,
		Intents: 5,
		Plan: func(context.Context) (gateway.Plan, error) {
			return gateway.Plan{URL: s.url, Shards: 1, MaxConcurrency: 1, Remaining: 1000}, nil
		},
		Handle:   func(_ context.Context, e gateway.Event) { r.events <- e },
		Handlers: 1, // so that events come in order
		Log:      slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:      time.Now,
		Observe:  func(o gateway.Observation) { r.seen <- o },
		Bounds:   quick(),
	}
	if change != nil {
		change(&o)
	}
	var err error
	if r.gateway, err = gateway.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	done := r.done
	go func() { done <- r.gateway.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if r.done != nil {
			r.stop()
		}
		for _, secret := range []string{token, payload} {
			if strings.Contains(r.log.String(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, r.log)
			}
		}
		if t.Failed() {
			t.Logf("the log:\n%s", r.log)
		}
	})
	return r
}

// stop ends the gateway, which must go without an error.
func (r *running) stop() {
	r.t.Helper()
	r.end()
	if err := r.ended(); err != nil {
		r.t.Errorf("Run: %v", err)
	}
}

// ended waits for Run to return.
func (r *running) ended() error {
	r.t.Helper()
	done := r.done
	r.done = nil
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		r.t.Error("Run does not end")
		return nil
	}
}

// expect waits for the events of the given types, in this order and no other
// between.
func (r *running) expect(types ...string) (last gateway.Event) {
	r.t.Helper()
	for _, want := range types {
		if last = await(r.t, r.events, want); last.Type != want {
			r.t.Fatalf("got %s, want %s", last.Type, want)
		}
	}
	return last
}

// observed waits until all of these were observed, each so often, and returns
// how often everything was until then.
func (r *running) observed(want ...gateway.What) map[gateway.What]int {
	r.t.Helper()
	count := map[gateway.What]int{}
	missing := map[gateway.What]int{}
	for _, w := range want {
		missing[w]++
	}
	for len(missing) > 0 {
		o := await(r.t, r.seen, fmt.Sprintf("observation of %v", missing))
		count[o.What]++
		if missing[o.What]--; missing[o.What] <= 0 {
			delete(missing, o.What)
		}
	}
	return count
}

// phase waits until the only shard is in a phase, and returns since when it is.
func (r *running) phase(want gateway.Phase) (since time.Time) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		state := r.gateway.State()
		if len(state.Shards) == 1 && state.Shards[0].Phase == want {
			if state.Ready() != (want == gateway.Ready) {
				r.t.Errorf("in phase %s it says that ready is %t", want, state.Ready())
			}
			return state.Shards[0].Since
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("state is %+v, want %s", state, want)
		}
		time.Sleep(time.Millisecond) // the state is polled, as a probe does
	}
}

// proxy is an HTTP proxy through which everything goes. It reports each tunnel.
func proxy(t *testing.T) (find func(*http.Request) (*url.URL, error), tunnels <-chan string) {
	t.Helper()
	opened := make(chan string, 100)
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there, err := net.Dial("tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			t.Errorf("proxy was asked for %s %s: %v", r.Method, r.Host, err)
			return
		}
		defer there.Close()
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		opened <- r.Host
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n") // a failure ends the copies
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = io.Copy(there, here)
			there.Close()
		}()
		_, _ = io.Copy(here, there)
		here.Close()
		<-sent
	}))
	t.Cleanup(p.Close)
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(u), opened
}
