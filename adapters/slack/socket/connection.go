package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// maxFrame bounds what Slack may send at once; an event has some 60,000 bytes
// at most.
const maxFrame = 1 << 20

// connection is one WebSocket. Its goroutine reads until it ends. The methods
// that end it may be called on nil.
type connection struct {
	slot  *slot
	ws    *websocket.Conn
	hello chan struct{} // closed once it was said
	leave chan string   // gets the reason for which Slack wants another
	ended chan struct{} // closed once nothing more is read

	writing sync.Mutex

	mu      sync.Mutex
	err     error         // why it ended
	pending int           // envelopes that are being handled
	idle    chan struct{} // closed once none is; nil until somebody waits
}

func newConnection(s *slot, ws *websocket.Conn) *connection {
	c := &connection{slot: s, ws: ws, hello: make(chan struct{}), leave: make(chan string, 1), ended: make(chan struct{})}
	ws.SetReadLimit(maxFrame)
	c.heard()
	ws.SetPingHandler(func(data string) error {
		c.heard()
		err := ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(s.options.Bounds.Write))
		if _, temporary := errors.AsType[net.Error](err); temporary || errors.Is(err, websocket.ErrCloseSent) {
			return nil // reading tells
		}
		return err
	})
	s.handlers.Go(c.read) // Run waits for what reads, too
	return c
}

// heard puts the watchdog off.
func (c *connection) heard() { _ = c.ws.SetReadDeadline(time.Now().Add(c.slot.options.Bounds.Silence)) }

// frame is what Slack sends.
type frame struct {
	Type     string          `json:"type"`
	Reason   string          `json:"reason"` // of a disconnect
	Envelope string          `json:"envelope_id"`
	Payload  json.RawMessage `json:"payload"`
	Accepts  bool            `json:"accepts_response_payload"`
	Retry    int             `json:"retry_attempt"`
}

func (c *connection) read() {
	greeted := false
	var err error
	defer func() {
		_ = c.ws.Close()
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
		close(c.ended)
	}()
	for {
		var message []byte
		if _, message, err = c.ws.ReadMessage(); err != nil {
			return
		}
		c.heard()
		var f frame
		if json.Unmarshal(message, &f) != nil {
			c.slot.log.Warn("a frame of slack's is not understood")
			continue
		}
		switch {
		case f.Type == "hello" && !greeted:
			greeted = true
			close(c.hello)
		case f.Type == "disconnect":
			select {
			case c.leave <- f.Reason:
			default:
			}
		case f.Envelope != "":
			c.handle(f)
		}
	}
}

// handle hands an envelope on, beside what is read next.
func (c *connection) handle(f frame) {
	s := c.slot
	e := Envelope{Type: f.Type, Payload: f.Payload, Retry: f.Retry, ack: func(payload any) error { return c.ack(f, payload) }}
	c.begin()
	s.handlers.Go(func() {
		defer c.finish()
		defer func() {
			if p := recover(); p != nil {
				s.observe(Panicked)
				s.log.Error("a handler panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			}
		}()
		s.options.Handle(s.handling, e)
	})
}

func (c *connection) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending++
}

func (c *connection) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending--; c.pending == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// settled returns what is closed once no envelope is being handled.
func (c *connection) settled() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := make(chan struct{})
	if c.pending == 0 {
		close(done)
		return done
	}
	c.idle = done
	return done
}

// ack acknowledges an envelope.
func (c *connection) ack(f frame, payload any) error {
	answer := struct {
		Envelope string `json:"envelope_id"`
		Payload  any    `json:"payload,omitempty"`
	}{f.Envelope, payload}
	if !f.Accepts {
		answer.Payload = nil
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	if len(b) >= maxAck {
		return ErrTooLarge
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.slot.options.Bounds.Write)); err != nil {
		return err
	}
	return c.ws.WriteMessage(websocket.TextMessage, b)
}

// wait returns the reason for which Slack wants another connection, "" where
// the connection has ended or ctx has.
func (c *connection) wait(ctx context.Context) string {
	for {
		select {
		case reason := <-c.leave:
			return reason
		default:
		}
		select {
		case reason := <-c.leave:
			return reason
		case <-c.ended:
			return c.last()
		case <-ctx.Done():
			return ""
		}
	}
}

// last returns the reason that came just before the end.
func (c *connection) last() string {
	select {
	case reason := <-c.leave:
		return reason
	default:
		return ""
	}
}

// over reports whether the connection has ended.
func (c *connection) over() bool {
	if c == nil {
		return true
	}
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// cause returns why the connection has ended.
func (c *connection) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// silent reports whether the watchdog ended it.
func (c *connection) silent() bool {
	e, ok := errors.AsType[net.Error](c.cause())
	return ok && e.Timeout()
}

// retire closes a connection once what it brought is acknowledged, within a
// bound. It does not wait.
func (c *connection) retire(within time.Duration) {
	if c == nil {
		return
	}
	c.slot.handlers.Go(func() {
		timer := time.NewTimer(within)
		defer timer.Stop()
		select {
		case <-c.settled():
		case <-timer.C:
		case <-c.ended:
		}
		c.close()
	})
}

// close says goodbye and ends the connection.
func (c *connection) close() {
	if c == nil {
		return
	}
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = c.ws.Close()
	<-c.ended
}
