package slacktest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode
const (
	maxConnections = 10
	// maxReply is the size at which an acknowledgement is dropped without a
	// word; the libraries of Slack found it by trying.
	maxReply = 20 << 10
	// ticketLife is how long the address of a connection may be kept.
	ticketLife = 30 * time.Second
)

// socketState is what the server knows of Socket Mode. The server's lock
// guards it.
type socketState struct {
	upgrader  websocket.Upgrader
	tickets   map[string]time.Time // handed out and not used yet
	plans     []Plan
	conns     []*Conn
	turn      int
	envelopes map[string]*envelope
}

// envelope is one thing sent over one connection.
type envelope struct {
	id      string
	conn    *Conn
	accepts bool // a payload in the acknowledgement
	acked   bool
	reply   any // the payload of the acknowledgement
}

// Plan is how one connection of Socket Mode will behave.
type Plan int

// What a connection can be told to do before it is made.
const (
	Normally      Plan = iota
	RefuseUpgrade      // answers 503 instead of a WebSocket
	NeverHello         // connects and stays silent
	DropAtOnce         // connects and drops
)

// Plan tells how the next connections behave, one each.
func (s *Server) Plan(plans ...Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.socket.plans = append(s.socket.plans, plans...)
}

// Conn is one connection of Socket Mode.
type Conn struct {
	s  *Server
	ws *websocket.Conn

	// The server's lock guards these.
	ready   bool // hello was said
	leaving bool // asked to go; gets no more envelopes
	frozen  bool // stays silent
	ended   bool

	mu    sync.Mutex
	queue [][]byte
	drop  bool
	bye   bool // close in order after the queue
	wake  chan struct{}
}

// Connections returns the connections that are open and were greeted.
func (s *Server) Connections() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.socket.conns), func(c *Conn) bool { return !c.ready || c.ended })
}

// Connected waits until so many connections take envelopes, and says whether
// they do in time.
func (s *Server) Connected(connections int, within time.Duration) bool {
	return s.await(within, func() bool { return len(s.taking()) >= connections })
}

// taking are the connections that take envelopes. The lock must be held.
func (s *Server) taking() []*Conn {
	return slices.DeleteFunc(slices.Clone(s.socket.conns), func(c *Conn) bool { return !c.ready || c.ended || c.leaving })
}

// Warn tells the app that the connection will be closed in a while.
func (c *Conn) Warn() { c.disconnect("warning", false) }

// Refresh asks the app to connect anew; the connection stays open until the
// app closes it or it is dropped, and gets no more envelopes.
func (c *Conn) Refresh() { c.disconnect("refresh_requested", true) }

// DisableLink tells the app that Socket Mode was switched off, and closes the
// connection.
func (c *Conn) DisableLink() {
	c.disconnect("link_disabled", true)
	c.end()
}

func (c *Conn) disconnect(reason string, leave bool) {
	c.s.mu.Lock()
	c.leaving = c.leaving || leave
	c.s.notify()
	c.s.mu.Unlock()
	c.send(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-1234"}})
}

// Freeze makes the connection a zombie: it stays open, says nothing more,
// pings no more and hears nothing. Envelopes are still sent its way.
func (c *Conn) Freeze() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.frozen = true
}

// Drop ends the TCP connection without a word.
func (c *Conn) Drop() {
	c.mu.Lock()
	c.drop = true
	c.mu.Unlock()
	c.signal()
}

// SendRaw sends a frame as it is. It serves to send what the app does not
// expect.
func (c *Conn) SendRaw(frame []byte) {
	c.mu.Lock()
	c.queue = append(c.queue, frame)
	c.mu.Unlock()
	c.signal()
}

func (c *Conn) send(v any) { c.SendRaw(raw(v)) }

func (c *Conn) end() {
	c.mu.Lock()
	c.bye = true
	c.mu.Unlock()
	c.signal()
}

func (c *Conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// hangUp ends all connections.
func (s *Server) hangUp() {
	s.mu.Lock()
	conns := slices.Clone(s.socket.conns)
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.ws.Close()
	}
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.counts.Connections++
	plan := Normally
	if len(s.socket.plans) > 0 {
		plan, s.socket.plans = s.socket.plans[0], s.socket.plans[1:]
	}
	ticket := r.URL.Query().Get("ticket")
	given, known := s.socket.tickets[ticket]
	delete(s.socket.tickets, ticket)
	if !known {
		s.violate("socket", "connected by an address that was not handed out, or twice by one")
	}
	s.notify()
	s.mu.Unlock()
	switch {
	case plan == RefuseUpgrade:
		http.Error(w, "upstream connect error", http.StatusServiceUnavailable)
		return
	case !known || s.o.Now().Sub(given) > ticketLife:
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	ws, err := s.socket.upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.mu.Lock()
		s.violate("socket", "no WebSocket: %v", err)
		s.mu.Unlock()
		return
	}
	defer func() { _ = ws.Close() }()
	ws.SetReadLimit(1 << 20)
	c := &Conn{s: s, ws: ws, wake: make(chan struct{}, 1)}
	s.mu.Lock()
	open := len(slices.DeleteFunc(slices.Clone(s.socket.conns), func(c *Conn) bool { return c.ended }))
	s.socket.conns = append(s.socket.conns, c)
	closed := s.closed
	if open >= maxConnections {
		s.violate("socket", "connection %d, where %d are allowed", open+1, maxConnections)
	}
	s.mu.Unlock()
	if closed || plan == DropAtOnce {
		c.gone()
		return
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { c.write(stop) })
	defer writer.Wait()
	defer close(stop)
	defer c.gone()
	switch {
	case open >= maxConnections:
		c.disconnect("too_many_websockets", true)
		c.end()
	case plan == Normally:
		s.mu.Lock()
		c.send(object{ // under the lock, so that nothing is sent before it
			"type": "hello", "num_connections": open + 1, "connection_info": object{"app_id": s.app.id},
			"debug_info": object{"host": "applink-1234", "build_number": 10, "approximate_connection_time": 18060},
		})
		c.ready = true
		s.notify()
		s.mu.Unlock()
	}
	c.read()
}

// gone notes that the connection has ended.
func (c *Conn) gone() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.ended = true
	c.s.socket.conns = slices.DeleteFunc(c.s.socket.conns, func(one *Conn) bool { return one == c })
	c.s.notify()
}

// write sends the queue and pings until the connection ends.
func (c *Conn) write(stop <-chan struct{}) {
	ping := time.NewTicker(c.s.o.Ping)
	defer ping.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ping.C:
			if !c.silent() {
				_ = c.ws.WriteControl(websocket.PingMessage, []byte("Ping from applink-1234"), time.Now().Add(time.Second))
			}
		case <-c.wake:
		}
		c.mu.Lock()
		queue, drop, bye := c.queue, c.drop, c.bye
		c.queue = nil
		c.mu.Unlock()
		for _, frame := range queue {
			_ = c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if c.silent() || c.ws.WriteMessage(websocket.TextMessage, frame) != nil {
				break // reading ends it
			}
		}
		switch {
		case drop:
			if tcp, isTCP := c.ws.NetConn().(*net.TCPConn); isTCP {
				_ = tcp.SetLinger(0)
			}
			_ = c.ws.Close()
			return
		case bye:
			_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
			_ = c.ws.SetReadDeadline(time.Now().Add(time.Second)) // for the close of the peer
			return
		}
	}
}

func (c *Conn) silent() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.frozen
}

// read takes acknowledgements until the connection ends.
func (c *Conn) read() {
	for {
		kind, frame, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		if c.silent() {
			continue
		}
		c.s.mu.Lock()
		c.acknowledge(kind, frame)
		c.s.notify()
		c.s.mu.Unlock()
	}
}

// acknowledge takes what the app sends, which can only be an acknowledgement.
// The lock must be held.
func (c *Conn) acknowledge(kind int, frame []byte) {
	s := c.s
	if kind != websocket.TextMessage {
		s.violate("socket", "a frame that is not text")
		return
	}
	if len(frame) >= maxReply {
		s.violate("socket", "an acknowledgement of %d bytes, of which Slack drops those from %d on", len(frame), maxReply)
		return
	}
	var reply object
	if err := json.Unmarshal(frame, &reply); err != nil {
		s.violate("socket", "a frame that is no JSON object")
		return
	}
	for key := range reply {
		if key != "envelope_id" && key != "payload" {
			s.violate("socket", "unknown key %s in an acknowledgement", key)
		}
	}
	e := s.socket.envelopes[asString(reply["envelope_id"])]
	payload, carries := reply["payload"]
	switch {
	case e == nil:
		s.violate("socket", "an acknowledgement of an envelope that was not sent")
		return
	case e.conn != c:
		s.violate("socket", "an acknowledgement over another connection than the envelope's")
		return
	case e.acked:
		s.violate("socket", "an envelope is acknowledged twice")
		return
	case carries && payload != nil && !e.accepts:
		s.violate("socket", "a payload for an envelope that accepts none")
	}
	e.acked, e.reply = true, payload
	s.counts.Acks++
}

// envelop sends something over the connection whose turn it is, and returns
// nil where there is none. The lock must be held.
func (s *Server) envelop(kind string, payload any, accepts bool, retry int, reason string) *envelope {
	conns := s.taking()
	if len(conns) == 0 {
		return nil
	}
	s.socket.turn++
	e := &envelope{conn: conns[s.socket.turn%len(conns)], accepts: accepts}
	e.id = fmt.Sprintf("%08x-0000-4000-8000-%012x", s.counts.Envelopes+1, s.o.Now().UnixMicro()&0xffffffffffff)
	s.socket.envelopes[e.id] = e
	s.counts.Envelopes++
	frame := object{"envelope_id": e.id, "type": kind, "payload": payload, "accepts_response_payload": accepts}
	if kind == kindEvents {
		frame["retry_attempt"], frame["retry_reason"] = retry, reason
	}
	e.conn.send(frame)
	return e
}
