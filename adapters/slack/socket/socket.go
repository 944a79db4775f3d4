package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"briefbot/bot"
)

// The types of envelopes.
const (
	Events      = "events_api"
	Commands    = "slash_commands"
	Interactive = "interactive"
)

// maxConnections is what Slack allows an app.
// https://docs.slack.dev/apis/events-api/using-socket-mode#connections
const maxConnections = 10

// Options are what a Client needs. Open, Handle, Log and Now are required.
type Options struct {
	// Open asks Slack for the address of one connection. An error of kind
	// bot.Denied or bot.Invalid ends Run; others are tried again.
	Open func(ctx context.Context) (string, error)

	// Handle is called for each envelope, concurrently and in no order. It
	// acknowledges the envelope within three seconds. Its context ends with
	// the client, after Bounds.Grace. A panic is recovered and logged.
	Handle func(ctx context.Context, e Envelope)

	Connections int // 2 where zero; one more while one is replaced
	Log         *slog.Logger
	Now         func() time.Time
	Jitter      func() float64                        // in [0, 1); math/rand where nil
	Proxy       func(*http.Request) (*url.URL, error) // http.ProxyFromEnvironment where nil
	Observe     func(Observation)                     // called where something is worth counting; may be nil
	Bounds      Bounds                                // zero fields take their defaults
}

// Bounds are the times after which something is given up or tried again. Tests
// make them small.
type Bounds struct {
	Connect    time.Duration // from dialling to hello; 15 s
	Silence    time.Duration // without a frame or a ping of Slack's, which come every few seconds; 45 s
	Write      time.Duration // for a frame to be written; 5 s
	Retire     time.Duration // for acknowledgements over a connection that was replaced; 5 s
	Backoff    time.Duration // first wait after a failure, doubled with each; 1 s
	MaxBackoff time.Duration // 1 min
	Settled    time.Duration // a connection that lived as long starts again without a wait; 30 s
	Grace      time.Duration // for handlers under way when Run is told to end; 10 s
}

func (b Bounds) withDefaults() Bounds {
	for _, bound := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&b.Connect, 15 * time.Second},
		{&b.Silence, 45 * time.Second},
		{&b.Write, 5 * time.Second},
		{&b.Retire, 5 * time.Second},
		{&b.Backoff, time.Second},
		{&b.MaxBackoff, time.Minute},
		{&b.Settled, 30 * time.Second},
		{&b.Grace, 10 * time.Second},
	} {
		if *bound.field <= 0 {
			*bound.field = bound.value
		}
	}
	return b
}

// What is one thing that happened, for counting.
type What string

// The things that are counted.
const (
	Connected What = "connected" // a connection said hello
	Replaced  What = "replaced"  // Slack asked for a new one
	Lost      What = "lost"      // a connection ended without a word
	Silent    What = "silent"    // the watchdog gave it up
	Refused   What = "refused"   // none could be made
	Panicked  What = "panicked"  // a handler did
)

// Observation is what Options.Observe is told.
type Observation struct{ What What }

// Phase is where a connection stands.
type Phase string

// The phases of a connection.
const (
	Connecting Phase = "connecting"
	Ready      Phase = "ready" // receiving
	Down       Phase = "down"  // waiting to try again
)

// ConnectionState is where one connection stands, and since when.
type ConnectionState struct {
	Phase Phase     `json:"phase"`
	Since time.Time `json:"since"`
}

// State is where the connections of this process stand.
type State struct {
	Connections []ConnectionState `json:"connections"`
}

// Ready reports whether any connection receives: Slack gives each envelope to
// one of those that there are.
func (s State) Ready() bool {
	return slices.ContainsFunc(s.Connections, func(c ConnectionState) bool { return c.Phase == Ready })
}

// Envelope is what Slack sent, undecoded.
type Envelope struct {
	Type    string
	Payload json.RawMessage
	Retry   int // 0 for what comes for the first time

	ack func(payload any) error
}

// maxAck is the size from which Slack drops an acknowledgement without a word.
const maxAck = 20 << 10

// ErrTooLarge is the error of an acknowledgement whose payload Slack would
// drop. The envelope is not acknowledged by it.
var ErrTooLarge = errors.New("the payload of an acknowledgement is too large")

// Ack acknowledges the envelope, with a payload where it is not nil. It goes
// over the connection that the envelope came by.
func (e Envelope) Ack(payload any) error { return e.ack(payload) }

// Client holds the connections of this process.
type Client struct {
	options Options

	mu    sync.Mutex
	ran   bool
	state State

	handlers sync.WaitGroup
}

// New prepares a client; it connects to nothing yet.
func New(o Options) (*Client, error) {
	if o.Open == nil || o.Handle == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("socket: Open, Handle, Log and Now are required")
	}
	if o.Connections == 0 {
		o.Connections = 2
	}
	if o.Connections < 1 || o.Connections >= maxConnections {
		return nil, fmt.Errorf("socket: %d connections; have 1 to %d, so that one can be replaced", o.Connections, maxConnections-1)
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.Observe == nil {
		o.Observe = func(Observation) {}
	}
	o.Bounds = o.Bounds.withDefaults()
	c := &Client{options: o}
	for range o.Connections {
		c.state.Connections = append(c.state.Connections, ConnectionState{Phase: Connecting, Since: o.Now()})
	}
	return c, nil
}

// State returns where the connections of this process stand.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return State{Connections: slices.Clone(c.state.Connections)}
}

func (c *Client) set(i int, phase Phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := &c.state.Connections[i]; s.Phase != phase {
		s.Phase, s.Since = phase, c.options.Now()
	}
}

// Run holds the connections until ctx ends, which returns nil, or until Slack
// refuses them for a reason that trying again does not change. That is a
// *bot.Error which says what to change. A client runs once.
func (c *Client) Run(ctx context.Context) error {
	c.mu.Lock()
	ran := c.ran
	c.ran = true
	c.mu.Unlock()
	if ran {
		return errors.New("socket: it runs once")
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	handling, give := context.WithCancel(context.WithoutCancel(ctx))
	defer give()
	var (
		running sync.WaitGroup
		once    sync.Once
		fault   error // of the first that failed
	)
	for i := range c.options.Connections {
		s := &slot{Client: c, index: i, handling: handling, log: c.options.Log.With("connection", i)}
		running.Go(func() {
			if err := s.run(ctx); err != nil {
				once.Do(func() { fault = err })
				end()
			}
			c.set(i, Down)
		})
	}
	running.Wait()
	timer := time.AfterFunc(c.options.Bounds.Grace, give)
	defer timer.Stop()
	c.handlers.Wait()
	return fault
}

// slot keeps one connection, and replaces it.
type slot struct {
	*Client
	index    int
	handling context.Context //nolint:containedctx // of the handlers, which outlive the connection
	log      *slog.Logger
}

func (s *slot) run(ctx context.Context) error {
	var old *connection // still open while its successor is made
	failures := 0
	for ctx.Err() == nil {
		if old == nil {
			s.set(s.index, Connecting)
		}
		next, err := s.connect(ctx)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			if e, ok := errors.AsType[*bot.Error](err); ok && (e.Kind == bot.Denied || e.Kind == bot.Invalid) {
				old.close()
				return err
			}
			s.observe(Refused)
			failures++
			wait := s.backoff(failures, err)
			s.log.WarnContext(ctx, "a connection to slack cannot be made", "wait", wait, "err", err)
			if old.over() {
				old = nil
				s.set(s.index, Down)
			}
			pause(ctx, wait)
			continue
		}
		old.retire(s.options.Bounds.Retire)
		s.observe(Connected)
		s.set(s.index, Ready)
		began := s.options.Now()
		leave := next.wait(ctx)
		old = nil
		switch {
		case ctx.Err() != nil:
			next.retire(s.options.Bounds.Grace)
		case leave == reasonDisabled:
			next.close()
			return errDisabled()
		case leave != "":
			s.observe(Replaced)
			s.log.InfoContext(ctx, "slack asks for a new connection", "reason", leave)
			old = next
			failures = 0
			if leave == reasonTooMany { // or the next would be refused as well
				failures = 1
				pause(ctx, s.backoff(failures, nil))
			}
		default:
			s.set(s.index, Down)
			s.lost(ctx, next)
			failures++
			if s.options.Now().Sub(began) >= s.options.Bounds.Settled {
				failures = 0
			}
			if failures > 0 {
				pause(ctx, s.backoff(failures, nil))
			}
		}
	}
	old.close()
	return nil //nolint:nilerr // the end of ctx is how it is told to stop
}

func (s *slot) lost(ctx context.Context, c *connection) {
	what := Lost
	if c.silent() {
		what = Silent
	}
	s.observe(what)
	s.log.WarnContext(ctx, "a connection to slack ended", "what", string(what), "err", c.cause())
}

func (s *slot) observe(w What) { s.options.Observe(Observation{What: w}) }

// backoff returns the wait after so many failures, at least as long as Slack
// asks for.
func (s *slot) backoff(failures int, err error) time.Duration {
	b := s.options.Bounds
	d := b.MaxBackoff
	if n := failures - 1; n < 16 && b.Backoff<<n < d {
		d = b.Backoff << n
	}
	d = d/2 + time.Duration(s.options.Jitter()*float64(d/2))
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Kind == bot.RateLimited {
		d = max(d, e.Delay)
	}
	return d
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// The reasons for which Slack asks for a new connection.
const (
	reasonDisabled = "link_disabled"
	reasonTooMany  = "too_many_websockets"
)

func errDisabled() error {
	return &bot.Error{
		Kind: bot.Denied, Message: "Socket Mode is switched off for the app; switch it on under Socket Mode in the app's settings, or set slack.transport to http.",
		Err: errors.New("the link is disabled"),
	}
}

// connect opens a connection and waits for its hello.
func (s *slot) connect(ctx context.Context) (*connection, error) {
	address, err := s.options.Open(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Bounds.Connect)
	defer cancel()
	dialer := websocket.Dialer{Proxy: s.options.Proxy, HandshakeTimeout: s.options.Bounds.Connect}
	ws, res, err := dialer.DialContext(ctx, address, nil)
	if res != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return nil, plain(err, res) // the address is a secret
	}
	c := newConnection(s, ws)
	select {
	case <-c.hello:
		return c, nil
	case <-c.ended:
		return nil, fmt.Errorf("it ended before hello: %w", c.cause())
	case <-ctx.Done():
		c.close()
		return nil, errors.New("no hello came")
	}
}

// plain keeps of an error of dialling what holds no address.
func plain(err error, res *http.Response) error {
	if res != nil {
		return fmt.Errorf("slack answers %d in place of a connection", res.StatusCode)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err
}
