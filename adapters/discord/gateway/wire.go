package gateway

import (
	"encoding/json"
	"net"
	"sync"
	"time"
)

// reason says why a connection ended.
type reason string

// The reasons for the end of a connection.
const (
	unreachable reason = "unreachable"       // it never stood
	dropped     reason = "dropped"           // the network ended it
	closed      reason = "closed by discord" // with a code
	asked       reason = "reconnect asked"   // Discord wants the session to go on over another connection
	invalid     reason = "session invalid"   // Discord does not know the session, or not any more
	silent      reason = "silent"            // heartbeats are not acknowledged
	late        reason = "late"              // no session within the bound
	garbled     reason = "garbled"           // what came is not what Discord sends
	given       reason = "given up"          // discordgo ended it
)

// ending is how a connection ended.
type ending struct {
	reason    reason
	code      int  // of the close, zero where there was none
	resumable bool // with invalid: Discord says that the session may go on
}

// Bounds of the heartbeat interval that a hello may name. Discord's is about
// 41 s; zero would bring discordgo down.
const (
	minInterval = time.Millisecond
	maxInterval = 10 * time.Minute
)

// Operations that are about the connection.
// https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-opcodes
const (
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

// wire is one connection to the gateway. discordgo reads and writes through it;
// the watchdog sees what came, and ends it from outside.
type wire struct {
	net.Conn          // what discordgo talks over: raw, or TLS over it
	raw      net.Conn // closed without waiting for anything
	frames   *frames  // nil where TLS hides them
	broken   bool     // a frame was held back; nothing may follow. Only Read uses it
	now      func() time.Time
	over     chan struct{} // closed at the end

	mu       sync.Mutex
	heard    time.Time     // when bytes last came
	acked    time.Time     // when a heartbeat was last acknowledged, or hello came
	interval time.Duration // of heartbeats; zero until hello was seen
	messages int
	ending   *ending
}

// newWire wraps a connection. seen says that conn carries WebSocket in the clear.
func newWire(conn, raw net.Conn, seen bool, now func() time.Time) *wire {
	w := &wire{Conn: conn, raw: raw, now: now, heard: now(), over: make(chan struct{})}
	if seen {
		w.frames = &frames{message: w.message, closed: w.closedBy}
	}
	return w
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	if w.broken {
		return 0, net.ErrClosed // TLS may have more at hand
	}
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.mu.Lock()
		w.heard = w.now()
		w.mu.Unlock()
		if w.frames != nil {
			pass, ok := w.frames.see(p[:n])
			if !ok {
				w.cut(ending{reason: garbled}) // unless the reason is known
				n, err, w.broken = pass, net.ErrClosed, true
			}
			if end := w.end(); end != nil && end.reason == closed {
				// discordgo would answer with 1000, which gives the session up.
				w.raw.Close()
			}
		}
	}
	if err != nil {
		w.finish(ending{reason: dropped})
	}
	return n, err
}

// Close implements net.Conn. discordgo calls it.
func (w *wire) Close() error {
	w.finish(ending{reason: given})
	return w.Conn.Close()
}

// cut ends the connection from outside. Whoever reads or writes gets an error.
func (w *wire) cut(e ending) {
	w.finish(e)
	w.raw.Close()
}

// finish records how the connection ended; the first reason stays.
func (w *wire) finish(e ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending == nil {
		w.ending = &e
		close(w.over)
	}
}

// end returns how the connection ended, nil while it stands.
func (w *wire) end() *ending {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ending
}

// left returns how long the connection may stay as it is before it is dead.
func (w *wire) left(b Bounds) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.interval == 0 {
		return w.heard.Add(b.Silence).Sub(w.now())
	}
	return w.acked.Add(2*w.interval + b.Margin).Sub(w.now())
}

// message notes what a message says of the connection. It returns false for
// those that discordgo must not see: it would wait for itself for ever, act
// against the rules, or bring the process down.
func (w *wire) message(payload []byte) bool {
	w.mu.Lock()
	before := w.messages
	w.messages++
	w.mu.Unlock()
	if payload == nil {
		return true // too long to be about the connection
	}
	if payload[0] != '{' {
		return false
	}
	var m struct {
		Op int             `json:"op"`
		D  json.RawMessage `json:"d"`
	}
	if json.Unmarshal(payload, &m) != nil {
		return false
	}
	// Open holds the lock of discordgo's session while it reads the first two
	// messages, and these two operations take it.
	opening := before < 2
	switch m.Op {
	case opHello:
		return w.hello(m.D)
	case opAck:
		w.mu.Lock()
		w.acked = w.now()
		w.mu.Unlock()
		return !opening
	case opReconnect:
		w.finish(ending{reason: asked})
		return !opening // later discordgo closes the connection, with a code that keeps the session
	case opInvalid:
		w.finish(ending{reason: invalid, resumable: string(m.D) == "true"})
		return false
	default:
		return true
	}
}

// hello takes the interval of heartbeats from the data of a hello.
func (w *wire) hello(data json.RawMessage) bool {
	var d struct {
		Interval float64 `json:"heartbeat_interval"` // milliseconds
	}
	if json.Unmarshal(data, &d) != nil {
		return false
	}
	interval := time.Duration(d.Interval * float64(time.Millisecond))
	if interval < minInterval || interval > maxInterval {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interval, w.acked = interval, w.now()
	return true
}

// closedBy notes the code with which Discord closes the connection.
func (w *wire) closedBy(code int) bool {
	w.finish(ending{reason: closed, code: code})
	return true
}
