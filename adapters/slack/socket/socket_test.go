package socket_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/socket"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long what has to happen may take.
const soon = 20 * time.Second

var specs = sync.OnceValues(func() (*slacktest.Specs, error) { return slacktest.LoadSpecs("") }) //nolint:gochecknoglobals // what is loaded is immutable, and slow to load

// held is a client that holds connections to a fake Slack.
type held struct {
	*slacktest.Server
	client  *socket.Client
	user    *slacktest.User
	general *slacktest.Channel
	ended   chan error
	stop    context.CancelFunc
	log     lockedBuffer

	mu   sync.Mutex
	seen map[socket.What]int
}

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

// hold starts a client. Each envelope is acknowledged before handle is called.
func hold(t *testing.T, so slacktest.Options, o socket.Options, prepare func(*slacktest.Server)) *held {
	t.Helper()
	so.Specs, _ = specs()
	so.Limits = slacktest.Limits{Off: true}
	h := &held{Server: slacktest.New(t, so), ended: make(chan error, 1), seen: map[socket.What]int{}}
	ws := h.AddWorkspace("Harbour")
	h.general, h.user = ws.AddChannel("general"), ws.AddUser("Ann", "en-US")
	if prepare != nil {
		prepare(h.Server)
	}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	api, err := webapi.New(webapi.Options{Token: webapi.Fixed(ws.Token()), BaseURL: h.URL(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if o.Open == nil {
		o.Open = func(ctx context.Context) (string, error) { return api.OpenConnection(ctx, h.AppToken()) }
	}
	if o.Handle == nil {
		o.Handle = func(_ context.Context, e socket.Envelope) { _ = e.Ack(nil) }
	}
	o.Log, o.Now = log, time.Now
	o.Observe = func(seen socket.Observation) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen[seen.What]++
	}
	if o.Bounds == (socket.Bounds{}) {
		o.Bounds = quick()
	}
	if h.client, err = socket.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	go func() { h.ended <- h.client.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-h.ended:
			if err != nil {
				t.Log(err)
			}
		case <-time.After(soon):
			t.Error("it does not end")
		}
		api.Close()
		if strings.Contains(h.log.String(), "ticket=") || strings.Contains(h.log.String(), h.AppToken()) {
			t.Errorf("a secret is logged:\n%s", h.log.String())
		}
	})
	return h
}

func quick() socket.Bounds {
	return socket.Bounds{Connect: 500 * time.Millisecond, Silence: 2 * time.Second, Retire: time.Second, Backoff: 10 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, Grace: 2 * time.Second}
}

func (h *held) count(w socket.What) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[w]
}

func (h *held) connected(t *testing.T, n int) {
	t.Helper()
	if !h.Connected(n, soon) {
		t.Fatalf("there are not %d connections:\n%s", n, h.log.String())
	}
}

// awaits waits for what the client does by itself.
func awaits(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(soon); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// acked reports whether every event that was sent was acknowledged.
func (h *held) acked(n int) bool {
	return h.Await(soon, func() bool {
		all := h.Deliveries()
		done := 0
		for _, d := range all {
			if d.Acked {
				done++
			}
		}
		return len(all) == n && done == n
	})
}

func TestSeveralConnectionsShareTheEvents(t *testing.T) {
	t.Parallel()
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 3}, nil)
	h.connected(t, 3)
	awaits(t, "it is not ready", func() bool { return h.client.State().Ready() })
	for range 9 {
		h.user.In(h.general).Say("hello")
	}
	if !h.acked(9) {
		t.Errorf("not all are acknowledged: %+v", h.Deliveries())
	}
	if c := h.Counts(); c.Retried != 0 || c.Envelopes != 9 {
		t.Errorf("counted %+v", c)
	}
}

// A connection that Slack wants back is replaced before it goes: nothing is
// lost and nothing is told twice.
func TestARefreshLosesNothing(t *testing.T) {
	t.Parallel()
	var handled atomic.Int64
	slow := func(_ context.Context, e socket.Envelope) {
		time.Sleep(20 * time.Millisecond) // work that goes on while the connection is replaced
		handled.Add(1)
		_ = e.Ack(nil)
	}
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 2, Handle: slow}, nil)
	h.connected(t, 2)
	for round := range 3 {
		h.user.In(h.general).Say("before")
		for _, c := range h.Connections() {
			c.Refresh()
		}
		h.connected(t, 2)
		h.user.In(h.general).Say("after")
		if !h.acked(2 * (round + 1)) {
			t.Fatalf("round %d: %+v", round, h.Deliveries())
		}
	}
	awaits(t, "the old connections stay", func() bool { return len(h.Connections()) == 2 })
	if n := handled.Load(); n != 6 || h.Counts().Retried != 0 {
		t.Errorf("%d events were handled, %d told again", n, h.Counts().Retried)
	}
	if h.count(socket.Replaced) < 6 || h.count(socket.Lost) != 0 {
		t.Errorf("observed %v", h.seen)
	}
}

func TestAConnectionThatGoesIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(*slacktest.Conn)
		what socket.What
	}{
		"dropped":  {(*slacktest.Conn).Drop, socket.Lost},
		"silent":   {(*slacktest.Conn).Freeze, socket.Silent},
		"nonsense": {func(c *slacktest.Conn) { c.SendRaw([]byte("{")); c.SendRaw([]byte(`{"type":"news"}`)); c.Drop() }, socket.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := slacktest.Options{Ping: 100 * time.Millisecond}
			h := hold(t, o, socket.Options{Connections: 1, Bounds: socket.Bounds{Silence: 2 * time.Second, Backoff: 10 * time.Millisecond}}, nil)
			h.connected(t, 1)
			awaits(t, "it is not ready", func() bool { return h.client.State().Ready() && len(h.Connections()) == 1 })
			test.end(h.Connections()[0])
			awaits(t, "nobody notices", func() bool { return h.count(test.what) == 1 })
			awaits(t, "there is no new connection", func() bool { return h.count(socket.Connected) == 2 })
			h.user.In(h.general).Say("hello")
			if !h.acked(1) {
				t.Errorf("it hears nothing: %+v", h.Deliveries())
			}
		})
	}
}

// Pings alone keep a connection: nobody may say anything for hours.
func TestAQuietConnectionStays(t *testing.T) {
	t.Parallel()
	h := hold(t, slacktest.Options{Ping: 50 * time.Millisecond}, socket.Options{Connections: 1, Bounds: socket.Bounds{Silence: time.Second}}, nil)
	h.connected(t, 1)
	time.Sleep(2 * time.Second) // that nothing happens shows after a while only
	if h.count(socket.Connected) != 1 || h.count(socket.Silent) != 0 {
		t.Errorf("observed %v", h.seen)
	}
}

func TestWhatDoesNotConnectIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*slacktest.Server){
		"upgrades are refused": func(s *slacktest.Server) { s.Plan(slacktest.RefuseUpgrade, slacktest.RefuseUpgrade) },
		"no hello comes":       func(s *slacktest.Server) { s.Plan(slacktest.NeverHello, slacktest.NeverHello) },
		"it drops at once":     func(s *slacktest.Server) { s.Plan(slacktest.DropAtOnce, slacktest.DropAtOnce) },
		"no address is given": func(s *slacktest.Server) {
			s.Fail(slacktest.Fault{On: "apps.connections.open", Do: slacktest.RefuseError("internal_error"), Times: 4})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hold(t, slacktest.Options{}, socket.Options{Connections: 1}, prepare)
			h.connected(t, 1)
			awaits(t, "it is not ready", func() bool { return h.client.State().Ready() })
			if h.count(socket.Refused) == 0 {
				t.Errorf("observed %v", h.seen)
			}
		})
	}
}

// What no waiting puts right ends the client, with what to do.
func TestARefusalEndsIt(t *testing.T) {
	t.Parallel()
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 2}, func(s *slacktest.Server) {
		s.Fail(slacktest.Fault{On: "apps.connections.open", Do: slacktest.RefuseError("invalid_auth"), Times: -1})
	})
	err := <-h.ended
	h.ended <- err
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Denied {
		t.Errorf("it ends with %v", err)
	}
	if h.client.State().Ready() {
		t.Error("it says that it is ready")
	}
}

func TestSocketModeThatIsSwitchedOffEndsIt(t *testing.T) {
	t.Parallel()
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 1}, nil)
	h.connected(t, 1)
	h.Connections()[0].DisableLink()
	err := <-h.ended
	h.ended <- err
	if e, ok := errors.AsType[*bot.Error](err); !ok || !strings.Contains(e.Message, "slack.transport") {
		t.Errorf("it ends with %v", err)
	}
}

// What is under way when it is told to end is acknowledged still.
func TestTheEndLeavesTimeToAcknowledge(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 1, Handle: func(_ context.Context, e socket.Envelope) {
		close(begun)
		<-release
		if err := e.Ack(nil); err != nil {
			t.Errorf("it is not acknowledged: %v", err)
		}
	}}, nil)
	h.connected(t, 1)
	h.user.In(h.general).Say("hello")
	<-begun
	awaits(t, "it is not ready", func() bool { return h.client.State().Ready() })
	h.stop()
	awaits(t, "it does not leave", func() bool { return !h.client.State().Ready() })
	close(release)
	if err := <-h.ended; err != nil {
		t.Error(err)
	}
	h.ended <- nil
	if !h.acked(1) {
		t.Errorf("%+v", h.Deliveries())
	}
}

func TestAHandlerThatPanicsEndsNothing(t *testing.T) {
	t.Parallel()
	var first atomic.Bool
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 1, Handle: func(_ context.Context, e socket.Envelope) {
		if first.CompareAndSwap(false, true) {
			panic("a secret of a user")
		}
		_ = e.Ack(nil)
	}}, nil)
	h.connected(t, 1)
	h.user.In(h.general).Say("hello")
	awaits(t, "it is not counted", func() bool { return h.count(socket.Panicked) == 1 })
	h.user.In(h.general).Say("hello")
	if !h.Await(soon, func() bool { return h.Counts().Acks > 0 }) {
		t.Error("it hears nothing more")
	}
	if strings.Contains(h.log.String(), "a secret of a user") {
		t.Error("what a handler panicked with is logged")
	}
}

func TestAnAcknowledgementThatSlackWouldDropIsRefused(t *testing.T) {
	t.Parallel()
	got := make(chan error, 2)
	h := hold(t, slacktest.Options{}, socket.Options{Connections: 1, Handle: func(_ context.Context, e socket.Envelope) {
		got <- e.Ack(map[string]string{"text": strings.Repeat("x", 20<<10)})
		got <- e.Ack(map[string]string{"text": "hello"})
	}}, nil)
	h.connected(t, 1)
	shown := h.user.In(h.general).Slash("/brief", "x")
	if err := <-got; !errors.Is(err, socket.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if err := <-got; err != nil || shown.Text() != "hello" {
		t.Errorf("%v: %q", err, shown.Text())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	open := func(context.Context) (string, error) { return "", nil }
	handle := func(context.Context, socket.Envelope) {}
	log := slog.New(slog.DiscardHandler)
	for name, o := range map[string]socket.Options{
		"nothing":         {},
		"ten connections": {Open: open, Handle: handle, Log: log, Now: time.Now, Connections: 10},
		"less than none":  {Open: open, Handle: handle, Log: log, Now: time.Now, Connections: -1},
	} {
		if _, err := socket.New(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
