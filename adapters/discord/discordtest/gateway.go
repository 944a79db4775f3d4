package discordtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Intents choose the events that a session gets:
// https://discord.com/developers/docs/events/gateway#gateway-intents
type Intents int

// The intents that the fake knows of; the last three are privileged.
const (
	IntentGuilds         Intents = 1 << 0
	IntentGuildMessages  Intents = 1 << 9
	IntentDirectMessages Intents = 1 << 12
	IntentMembers        Intents = 1 << 1
	IntentPresences      Intents = 1 << 8
	IntentMessageContent Intents = 1 << 15
)

const (
	privileged = IntentMembers | IntentPresences | IntentMessageContent
	allIntents = Intents(1<<26 - 1)
)

// Codes of https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opAck            = 11

	closeUnknownOp     = 4001
	closeDecode        = 4002
	closeNotAuth       = 4003
	closeAuthFailed    = 4004
	closeAlreadyAuth   = 4005
	closeInvalidSeq    = 4007
	closeRateLimited   = 4008
	closeTimedOut      = 4009
	closeInvalidShard  = 4010
	closeInvalidAPI    = 4012
	closeInvalidIntent = 4013
	closeDisallowed    = 4014
)

// kept is how many events of a session can be replayed at least.
const kept = 10000

// maxSent is how many frames a bot may send in a minute:
// https://discord.com/developers/docs/events/gateway#rate-limiting
const maxSent = 120

// frame is what goes over the gateway.
type frame struct {
	Op   int    `json:"op"`
	Data any    `json:"d"`
	Seq  *int64 `json:"s"`
	Type any    `json:"t"`
}

// gatewayState is what the server knows of its gateway. The server's lock
// guards it.
type gatewayState struct {
	upgrader   websocket.Upgrader
	plans      []Plan
	conns      []*Conn
	sessions   []*gatewaySession
	identified map[int]time.Time // by rate limit key: when the last identify came
}

// gatewaySession outlives its connections until it is invalidated.
type gatewaySession struct {
	id      string
	shard   [2]int
	intents Intents
	seq     int64
	events  [][]byte // of sequence numbers seq-len+1 … seq
	conn    *Conn    // nil while disconnected
}

// Plan is how one connection to the gateway will behave.
type Plan int

// What a connection can be told to do before it is made.
const (
	Normally            Plan = iota
	RefuseUpgrade            // answers 503 instead of a WebSocket
	NeverHello               // connects and stays silent
	DropAtOnce               // connects and drops
	ReconnectOnResume        // answers a resume with op 7
	InvalidOnResume          // answers a resume with op 9, not resumable
	InvalidOnIdentify        // answers an identify with op 9, not resumable
	SilentOnIdentify         // takes the identify and never says READY
	ReconnectOnIdentify      // answers an identify with op 7
)

// Plan tells how the next connections behave, one each.
func (s *Server) Plan(plans ...Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gateway.plans = append(s.gateway.plans, plans...)
}

// Conn is one connection of the bot to the gateway.
type Conn struct {
	s    *Server
	plan Plan
	ws   *websocket.Conn

	session *gatewaySession // nil before READY; the server's lock guards it
	frozen  bool            // stays silent
	sent    int             // frames other than heartbeats since
	since   time.Time
	ended   bool

	mu      sync.Mutex
	queue   [][]byte
	closing *websocket.CloseError // sent after the queue
	drop    bool
	wake    chan struct{}
}

// hangUp ends all connections.
func (s *Server) hangUp() {
	s.mu.Lock()
	conns := slices.Clone(s.gateway.conns)
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.ws.Close()
	}
}

// Connections returns the connections that are open, those that have not
// identified included.
func (s *Server) Connections() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.gateway.conns), func(c *Conn) bool { return c.ended })
}

// Ready waits until a shard is connected, READY or RESUMED, and returns its
// connection; nil where it is not in time.
func (s *Server) Ready(shard int, within time.Duration) *Conn {
	var found *Conn
	s.await(within, func() bool {
		for _, session := range s.gateway.sessions {
			if session.shard[0] == shard && session.conn != nil && !session.conn.frozen {
				found = session.conn
			}
		}
		return found != nil
	})
	return found
}

// Shard is the shard that the connection identified as, and of how many.
func (c *Conn) Shard() (id, count int) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.session == nil {
		return 0, 0
	}
	return c.session.shard[0], c.session.shard[1]
}

// SessionID is the session of the connection, empty before READY.
func (c *Conn) SessionID() string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.session == nil {
		return ""
	}
	return c.session.id
}

// Reconnect asks the bot to connect anew (op 7).
func (c *Conn) Reconnect() { c.send(frame{Op: opReconnect}) }

// Invalidate tells the bot that its session is no good (op 9).
func (c *Conn) Invalidate(resumable bool) {
	c.s.mu.Lock()
	if !resumable && c.session != nil {
		c.s.gateway.forget(c.session)
		c.session = nil
	}
	c.s.mu.Unlock()
	c.send(frame{Op: opInvalidSession, Data: resumable})
}

// Freeze makes the connection a zombie: it stays open, acknowledges no
// heartbeat and says nothing more.
func (c *Conn) Freeze() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.frozen = true
}

// CloseWith closes the connection with a code, such as 4000.
func (c *Conn) CloseWith(code int, text string) { c.end(&websocket.CloseError{Code: code, Text: text}) }

// Drop ends the TCP connection without a word.
func (c *Conn) Drop() {
	c.mu.Lock()
	c.drop = true
	c.mu.Unlock()
	c.signal()
}

// AskHeartbeat asks for a heartbeat at once (op 1).
func (c *Conn) AskHeartbeat() { c.send(frame{Op: opHeartbeat}) }

func (c *Conn) end(e *websocket.CloseError) {
	c.mu.Lock()
	c.closing = e
	c.mu.Unlock()
	c.signal()
}

func (c *Conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Conn) send(f frame) {
	text, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("discordtest: %v", err)) // only values made here come here
	}
	c.sendRaw(text)
}

func (c *Conn) sendRaw(text []byte) {
	c.mu.Lock()
	c.queue = append(c.queue, text)
	c.mu.Unlock()
	c.signal()
}

// SendEvent sends an event as it is, whatever the intents, to a session. It
// serves to send what the bot does not expect.
func (c *Conn) SendEvent(event string, data any) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.session != nil {
		c.session.dispatch(event, data)
	}
}

// write sends the queue until the connection ends.
func (c *Conn) write(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-c.wake:
		}
		c.mu.Lock()
		queue, closing, drop := c.queue, c.closing, c.drop
		c.queue = nil
		c.mu.Unlock()
		for _, text := range queue {
			_ = c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if c.ws.WriteMessage(websocket.TextMessage, text) != nil {
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
		case closing != nil:
			message := websocket.FormatCloseMessage(closing.Code, closing.Text)
			_ = c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
			// The peer answers with a close of its own; do not wait long for it.
			_ = c.ws.SetReadDeadline(time.Now().Add(time.Second))
			return
		}
	}
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.counts.Connections++
	plan := Normally
	if len(s.gateway.plans) > 0 {
		plan, s.gateway.plans = s.gateway.plans[0], s.gateway.plans[1:]
	}
	s.notify()
	s.mu.Unlock()
	if plan == RefuseUpgrade {
		http.Error(w, "upstream connect error", http.StatusServiceUnavailable)
		return
	}
	ws, err := s.gateway.upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.mu.Lock()
		s.violate("gateway", "no WebSocket: %v", err)
		s.mu.Unlock()
		return
	}
	defer func() { _ = ws.Close() }()
	ws.SetReadLimit(4096) // https://discord.com/developers/docs/events/gateway#sending-events
	c := &Conn{s: s, plan: plan, ws: ws, wake: make(chan struct{}, 1)}
	s.mu.Lock()
	s.gateway.conns = append(s.gateway.conns, c)
	closed := s.closed
	s.mu.Unlock()
	if closed || plan == DropAtOnce {
		return
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { c.write(stop) })
	defer writer.Wait()
	defer close(stop)
	defer c.gone()
	query := r.URL.Query()
	version, _ := strconv.Atoi(query.Get("v"))
	switch {
	case version < 9 || version > 10:
		c.end(&websocket.CloseError{Code: closeInvalidAPI, Text: "Invalid API version"})
	case query.Get("encoding") != "json" && query.Get("encoding") != "":
		c.end(&websocket.CloseError{Code: closeDecode, Text: "this fake speaks JSON"})
	case plan == NeverHello:
	default:
		c.send(frame{Op: opHello, Data: object{"heartbeat_interval": s.o.Heartbeat.Milliseconds(), "_trace": []any{}}})
	}
	c.read()
}

// read takes what the bot sends until the connection ends.
func (c *Conn) read() {
	s := c.s
	// A heartbeat is due in every interval; a slow machine gets half of one more.
	patience := s.o.Heartbeat + s.o.Heartbeat/2 + 500*time.Millisecond
	deadline := time.Now().Add(patience)
	for {
		c.mu.Lock()
		closing := c.closing != nil
		c.mu.Unlock()
		if !closing {
			_ = c.ws.SetReadDeadline(deadline)
		}
		_, text, err := c.ws.ReadMessage()
		var late net.Error
		var closed *websocket.CloseError
		switch {
		case errors.As(err, &late) && late.Timeout():
			c.missed(closing)
			return
		case errors.As(err, &closed):
			c.closedBy(closed.Code)
			return
		case err != nil:
			return
		}
		var f struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if json.Unmarshal(text, &f) != nil {
			c.end(&websocket.CloseError{Code: closeDecode, Text: "Error while decoding payload."})
			continue
		}
		if f.Op == opHeartbeat {
			deadline = time.Now().Add(patience)
		}
		c.take(f.Op, f.Data)
	}
}

// missed ends a connection whose heartbeat did not come.
func (c *Conn) missed(closing bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if closing || c.plan == NeverHello {
		return
	}
	c.s.counts.Missed++
	c.s.notify()
	message := websocket.FormatCloseMessage(closeTimedOut, "Session timed out")
	_ = c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
}

// closedBy forgets the session where the bot closed for good: codes 1000 and
// 1001 end a session.
func (c *Conn) closedBy(code int) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.session != nil && (code == websocket.CloseNormalClosure || code == websocket.CloseGoingAway) {
		c.s.gateway.forget(c.session)
	}
}

func (c *Conn) gone() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.ended = true
	c.s.gateway.conns = slices.DeleteFunc(c.s.gateway.conns, func(o *Conn) bool { return o == c })
	if c.session != nil && c.session.conn == c {
		c.session.conn = nil
	}
	c.s.notify()
}

func (g *gatewayState) forget(session *gatewaySession) {
	session.conn = nil
	g.sessions = slices.DeleteFunc(g.sessions, func(o *gatewaySession) bool { return o == session })
}

// take does what one frame of the bot asks for.
func (c *Conn) take(op int, data json.RawMessage) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	if op == opHeartbeat {
		s.counts.Heartbeats++
		if !c.frozen {
			c.send(frame{Op: opAck})
		}
		return
	}
	if now := time.Now(); now.Sub(c.since) > time.Minute {
		c.since, c.sent = now, 0
	}
	if c.sent++; c.sent > maxSent {
		c.refuse(closeRateLimited, "more than %d frames a minute", maxSent)
		return
	}
	switch op {
	case opIdentify:
		c.identify(data)
	case opResume:
		c.resume(data)
	case 3, 4, 8, 31: // presence, voice state, members, soundboard
		if c.session == nil {
			c.end(&websocket.CloseError{Code: closeNotAuth, Text: "Not authenticated."})
		}
	default:
		s.violate("gateway", "op %d is unknown", op)
		c.end(&websocket.CloseError{Code: closeUnknownOp, Text: "Unknown opcode."})
	}
}

func (c *Conn) refuse(code int, format string, args ...any) {
	c.s.violate("gateway", format, args...)
	c.end(&websocket.CloseError{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (s *Server) rightToken(token string) bool { return strings.TrimPrefix(token, "Bot ") == s.o.Token }

// identify starts a session. The lock must be held.
func (c *Conn) identify(data json.RawMessage) {
	s := c.s
	var id struct {
		Token      string            `json:"token"`
		Intents    *Intents          `json:"intents"`
		Properties map[string]string `json:"properties"`
		Shard      *[2]int           `json:"shard"`
		Threshold  *int              `json:"large_threshold"`
	}
	s.counts.Identifies++
	shard := [2]int{0, 1}
	if json.Unmarshal(data, &id) != nil || id.Intents == nil || id.Properties == nil {
		c.refuse(closeDecode, "an identify needs token, intents and properties")
		return
	}
	if id.Shard != nil {
		shard = *id.Shard
	}
	switch {
	case c.session != nil:
		c.refuse(closeAlreadyAuth, "Already authenticated.")
	case !s.rightToken(id.Token): // not a violation: whoever runs the bot mistyped it
		c.end(&websocket.CloseError{Code: closeAuthFailed, Text: "Authentication failed."})
	case *id.Intents&^allIntents != 0 || *id.Intents < 0:
		c.refuse(closeInvalidIntent, "Invalid intent(s).")
	case *id.Intents&privileged&^s.o.Privileged != 0:
		c.end(&websocket.CloseError{Code: closeDisallowed, Text: "Disallowed intent(s)."})
	case shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1]:
		c.refuse(closeInvalidShard, "Invalid shard.")
	case id.Threshold != nil && (*id.Threshold < 50 || *id.Threshold > 250):
		c.refuse(closeDecode, "large_threshold %d is not from 50 to 250", *id.Threshold)
	case s.counts.Identifies > s.o.SessionStarts:
		c.refuse(closeAuthFailed, "no session start is left of %d", s.o.SessionStarts)
	case s.gateway.tooSoon(s, shard[0]):
		s.violate("gateway", "shard %d identified within %v of another of its turn", shard[0], s.o.IdentifyEvery)
		c.send(frame{Op: opInvalidSession, Data: false})
	case c.plan == InvalidOnIdentify:
		c.plan = Normally
		c.send(frame{Op: opInvalidSession, Data: false})
	case c.plan == ReconnectOnIdentify:
		c.send(frame{Op: opReconnect})
	case c.plan == SilentOnIdentify:
		c.frozen = true
	default:
		c.ready(shard, *id.Intents)
	}
}

// tooSoon counts an identify against max_concurrency:
// https://discord.com/developers/docs/events/gateway#rate-limiting
func (g *gatewayState) tooSoon(s *Server, shard int) bool {
	key, now := shard%s.o.MaxConcurrency, s.o.Now()
	last, before := g.identified[key]
	g.identified[key] = now
	return before && s.o.IdentifyEvery > 0 && now.Sub(last) < s.o.IdentifyEvery
}

func (c *Conn) ready(shard [2]int, intents Intents) {
	s := c.s
	for _, old := range slices.Clone(s.gateway.sessions) {
		if old.shard == shard && old.conn == nil { // abandoned for a new one
			s.gateway.forget(old)
		}
	}
	c.session = &gatewaySession{id: "s" + s.newID(), shard: shard, intents: intents, conn: c}
	s.gateway.sessions = append(s.gateway.sessions, c.session)
	guilds := []any{}
	var mine []*Guild
	for _, g := range s.guilds {
		if !g.away && shardOf(g.ID, shard[1]) == shard[0] {
			mine = append(mine, g)
			guilds = append(guilds, object{"id": g.ID, "unavailable": true})
		}
	}
	c.session.dispatch("READY", object{
		"v": 10, "user": s.app.bot.payload(), "guilds": guilds, "session_id": c.session.id,
		"resume_gateway_url": s.GatewayURL(), "shard": shard, "session_type": "normal",
		"application": object{"id": s.app.id, "flags": s.app.flags}, "user_settings": object{},
		"private_channels": []any{}, "relationships": []any{}, "presences": []any{}, "_trace": []any{},
	})
	if intents&IntentGuilds != 0 {
		for _, g := range mine {
			c.session.dispatch("GUILD_CREATE", g.create())
		}
	}
}

// resume replays what a session missed. The lock must be held.
func (c *Conn) resume(data json.RawMessage) {
	s := c.s
	var r struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	if json.Unmarshal(data, &r) != nil {
		c.refuse(closeDecode, "the resume cannot be read")
		return
	}
	i := slices.IndexFunc(s.gateway.sessions, func(o *gatewaySession) bool { return o.id == r.Session })
	switch {
	case !s.rightToken(r.Token):
		c.end(&websocket.CloseError{Code: closeAuthFailed, Text: "Authentication failed."})
		return
	case c.session != nil:
		c.refuse(closeAlreadyAuth, "Already authenticated.")
		return
	case c.plan == ReconnectOnResume:
		c.send(frame{Op: opReconnect})
		return
	case c.plan == InvalidOnResume && i >= 0:
		s.gateway.forget(s.gateway.sessions[i])
		c.send(frame{Op: opInvalidSession, Data: false})
		return
	case i < 0:
		c.send(frame{Op: opInvalidSession, Data: false})
		return
	}
	session := s.gateway.sessions[i]
	missed := session.seq - r.Seq
	switch {
	case missed < 0:
		c.refuse(closeInvalidSeq, "Invalid seq.")
		return
	case missed > int64(len(session.events)):
		s.gateway.forget(session)
		c.send(frame{Op: opInvalidSession, Data: false})
		return
	}
	if session.conn != nil && session.conn != c {
		session.conn.session = nil
		session.conn.Drop()
	}
	s.counts.Resumes++
	c.session, session.conn = session, c
	for _, event := range session.events[len(session.events)-int(missed):] {
		c.sendRaw(event)
	}
	session.dispatch("RESUMED", object{"_trace": []any{}})
}

// dispatch sends an event and keeps it for a resume. The server's lock must
// be held.
func (session *gatewaySession) dispatch(event string, data any) {
	session.seq++
	seq := session.seq
	text, err := json.Marshal(frame{Op: opDispatch, Data: data, Seq: &seq, Type: event})
	if err != nil {
		panic(fmt.Sprintf("discordtest: %v", err)) // only values made here come here
	}
	session.events = append(session.events, text)
	if len(session.events) > 2*kept { // seldom, because it moves them all
		session.events = slices.Delete(session.events, 0, len(session.events)-kept)
	}
	if session.conn != nil && !session.conn.frozen {
		session.conn.sendRaw(text)
	}
}

// intentOf is the intent that an event needs; 0 needs none.
func intentOf(event string, direct bool) Intents {
	switch {
	case event == "INTERACTION_CREATE":
		return 0
	case !strings.HasPrefix(event, "MESSAGE_"):
		return IntentGuilds
	case direct:
		return IntentDirectMessages
	}
	return IntentGuildMessages
}

// dispatchTo sends an event to the sessions that get events of a guild;
// direct conversations belong to shard 0. It says whether one got it. The
// lock must be held.
func (s *Server) dispatchTo(g *Guild, event string, data func(Intents) any) bool {
	sent := false
	for _, session := range s.gateway.sessions {
		home := 0
		if g != nil {
			home = shardOf(g.ID, session.shard[1])
		}
		if need := intentOf(event, g == nil); home != session.shard[0] || session.intents&need != need {
			continue
		}
		session.dispatch(event, data(session.intents))
		sent = true
	}
	return sent
}

func (s *Server) dispatchGuild(g *Guild, event string, data any) {
	if g.away && event != "GUILD_DELETE" {
		return
	}
	s.dispatchTo(g, event, func(Intents) any { return data })
}

func (s *Server) dispatchChannel(c *Channel, event string, data any) {
	if c.Guild != nil && (c.Guild.away || !c.may(s.app.bot).has(ViewChannel)) {
		return
	}
	s.dispatchTo(c.Guild, event, func(Intents) any { return data })
}

func (s *Server) dispatchMessage(m *post, event string) {
	c := m.channel
	if c.Guild != nil && (c.Guild.away || !c.may(s.app.bot).has(ViewChannel)) {
		return
	}
	s.dispatchTo(c.Guild, event, func(intents Intents) any { return m.event(intents) })
}
