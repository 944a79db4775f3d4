package gateway

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

var (
	errMoved = errors.New("gateway: resuming at another address")
	errREST  = errors.New("gateway: discordgo sends no requests of its own")
)

// silentLog is below every level of discordgo, whose log lines hold payloads
// and the token.
const silentLog = discordgo.LogError - 1

// session is one session with Discord, over one connection after the other. No
// method but open and goodbye takes the lock of discordgo's session.
type session struct {
	discord *discordgo.Session
	options Options
	shard   int
	put     func(Event)
	ctx     context.Context // of dialling; ends with the session
	cancel  context.CancelFunc

	wires chan *wire    // the connection, once it is dialled
	live  chan What     // Identified or Resumed, once Discord said so
	gone  chan struct{} // discordgo has let go of the connection

	mu       sync.Mutex
	address  string // where to connect
	moved    bool   // the next dial fails, so that discordgo asks for the address
	resume   string // where to resume, from READY
	known    bool   // Discord gave the session an id
	sequence int64  // of the last event
}

// newSession prepares a session of a shard; it connects to nothing yet.
func newSession(ctx context.Context, o Options, plan Plan, shard, count int, put func(Event)) (*session, error) {
	discord, err := discordgo.New(o.Token)
	if err != nil {
		return nil, err
	}
	s := &session{
		discord: discord, options: o, shard: shard, put: put, address: plan.URL,
		wires: make(chan *wire, 1), live: make(chan What, 1), gone: make(chan struct{}, 1),
	}
	s.ctx, s.cancel = context.WithCancel(ctx)

	discord.LogLevel = silentLog
	discord.StateEnabled = false
	discord.SyncEvents = true // handlers only queue: in order, and without a goroutine for each
	discord.ShouldReconnectOnError = false
	discord.ShouldReconnectVoiceOnSessionError = false
	discord.ShouldRetryOnRateLimit = false
	discord.MaxRestRetries = 0
	discord.Compress = false
	discord.ShardID, discord.ShardCount = shard, count
	discord.Identify.Intents = o.Intents
	discord.Identify.Properties.Browser, discord.Identify.Properties.Device = "briefbot", "briefbot"
	discord.Client = &http.Client{Transport: answerer{s}}
	discord.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) { s.dispatched(e) })
	discord.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) { offer(s.gone, struct{}{}) })
	return s, nil
}

// offer sends without waiting; one that is already there stays.
func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// forget takes out what a channel of one holds.
func forget[T any](c chan T) {
	select {
	case <-c:
	default:
	}
}

// begin forgets what the last connection left behind. Where the session moved,
// the address that discordgo keeps is made to be forgotten.
func (s *session) begin() {
	forget(s.wires)
	forget(s.live)
	forget(s.gone)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resume != "" && s.resume != s.address {
		s.address, s.moved = s.resume, true
	}
}

// open connects, and identifies or resumes. It returns when discordgo does,
// which may be never.
func (s *session) open() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("gateway: discordgo panicked")
		}
	}()
	s.mu.Lock()
	address, moved := s.address, s.moved
	s.mu.Unlock()
	if s.discord.Dialer, err = s.dialer(address); err != nil {
		return err
	}
	if moved {
		_ = s.discord.Open() // fails, so that discordgo asks for the address
	}
	return s.discord.Open()
}

// goodbye closes the session as one that will not be resumed.
func (s *session) goodbye() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.discord.Close() // the connection is closed in any case
	}()
	return done
}

// resumable reports whether the session can go on over another connection.
func (s *session) resumable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known
}

// dispatched takes an event from discordgo. It runs while discordgo reads, in
// Open with its lock held, and must return at once.
func (s *session) dispatched(e *discordgo.Event) {
	if !s.note(e) || s.ctx.Err() != nil {
		return
	}
	s.put(Event{Shard: s.shard, Type: e.Type, Data: e.RawData})
	switch e.Type {
	case "READY":
		offer(s.live, Identified)
	case "RESUMED":
		offer(s.live, Resumed)
	}
}

// note keeps what resuming needs, and reports whether the event is new.
func (s *session) note(e *discordgo.Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Type == "READY" {
		var ready struct {
			SessionID string `json:"session_id"`
			ResumeURL string `json:"resume_gateway_url"`
		}
		_ = json.Unmarshal(e.RawData, &ready) // what is missing can't be resumed
		s.known, s.sequence, s.resume = ready.SessionID != "", 0, ""
		was, err := url.Parse(s.address)
		if u, err2 := url.Parse(ready.ResumeURL); err == nil && err2 == nil && u.Host != "" && u.Scheme == was.Scheme {
			s.resume = ready.ResumeURL
		}
	}
	if e.Sequence == 0 {
		return true
	}
	if e.Sequence <= s.sequence {
		return false // replayed although it had come
	}
	s.sequence = e.Sequence
	return true
}

// dialer returns a dialer to the address whose connections are wires. Where no
// proxy stands between, TLS is ours, so that the frames can be seen.
func (s *session) dialer(address string) (*websocket.Dialer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	// A proxy is looked up by the schemes of HTTP.
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	proxy, err := s.options.Proxy(&http.Request{URL: u})
	if err != nil {
		return nil, err
	}
	// Less than the bound of the whole, so that what can't be reached is told
	// from what does not answer, and the session can still be resumed.
	d := &websocket.Dialer{HandshakeTimeout: s.options.Bounds.Connect * 3 / 4, TLSClientConfig: s.options.TLS}
	d.NetDialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return s.dial(ctx, network, addr, nil, proxy == nil)
	}
	if proxy != nil {
		d.Proxy = http.ProxyURL(proxy)
		return d, nil
	}
	d.NetDialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		config := s.options.TLS.Clone()
		if config == nil {
			config = &tls.Config{}
		}
		if config.ServerName == "" {
			config.ServerName = u.Hostname()
		}
		return s.dial(ctx, network, addr, config, true)
	}
	return d, nil
}

// dial connects, with TLS where there is a config for it, and hands the wire to
// the watchdog.
func (s *session) dial(ctx context.Context, network, addr string, config *tls.Config, seen bool) (net.Conn, error) {
	s.mu.Lock()
	moved := s.moved
	s.moved = false
	s.mu.Unlock()
	if moved {
		return nil, errMoved
	}
	ctx, cancel := context.WithCancel(ctx) // discordgo dials without a context of ours
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	raw, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := raw
	if config != nil {
		client := tls.Client(raw, config)
		if err := client.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		conn = client
	}
	w := newWire(conn, raw, seen, s.options.Now)
	offer(s.wires, w)
	if s.ctx.Err() != nil { // after the offer: who ends ctx cuts what was offered by then
		w.cut(ending{reason: dropped})
	}
	return w, nil
}

// answerer answers the one request that discordgo makes for itself.
type answerer struct{ session *session }

// RoundTrip implements http.RoundTripper.
func (a answerer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/gateway") {
		return nil, errREST
	}
	a.session.mu.Lock()
	body, err := json.Marshal(map[string]string{"url": a.session.address})
	a.session.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header), Body: io.NopCloser(strings.NewReader(string(body))), Request: r,
	}, nil
}
