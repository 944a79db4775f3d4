package slacktest

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// link is an app's end of one connection of Socket Mode.
type link struct {
	tb testing.TB
	ws *websocket.Conn
}

// dial opens a connection; it is nil where it is refused.
func dial(tb testing.TB, s *Server) *link {
	tb.Helper()
	b := newWeb(tb, s, s.AppToken())
	address := asString(b.must("apps.connections.open", nil)["url"])
	ws, res, err := websocket.DefaultDialer.DialContext(context.Background(), address, nil)
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return nil
	}
	tb.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	return &link{tb: tb, ws: ws}
}

// read returns the next frame; nil at the end of the connection.
func (l *link) read() object {
	var frame object
	if err := l.ws.ReadJSON(&frame); err != nil {
		return nil
	}
	return frame
}

func (l *link) hello() {
	l.tb.Helper()
	if frame := l.read(); frame["type"] != "hello" {
		l.tb.Fatalf("greeted with %v", frame)
	}
}

func (l *link) ack(frame object) { _ = l.ws.WriteJSON(object{"envelope_id": frame["envelope_id"]}) }

func TestAddressesOfConnectionsWorkOnceAndForAWhile(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After})
	b := newWeb(t, s, s.AppToken())
	open := func() string { return asString(b.must("apps.connections.open", nil)["url"]) }
	connect := func(address string) bool {
		ws, res, err := websocket.DefaultDialer.DialContext(context.Background(), address, nil)
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		if err != nil {
			return false
		}
		t.Cleanup(func() { _ = ws.Close() })
		return true
	}
	first, late := open(), open()
	if !connect(first) || connect(first) {
		t.Error("an address is refused, or good twice")
	}
	clock.Advance(time.Minute)
	if connect(late) {
		t.Error("an old address is good")
	}
	if n := len(s.Violations()); n != 1 {
		t.Errorf("violations are %v", s.Violations())
	}
}

func TestEnvelopesAreSpreadOverConnections(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	links := []*link{dial(t, s), dial(t, s), dial(t, s)}
	for _, l := range links {
		l.hello()
	}
	if !s.Connected(3, time.Second) {
		t.Fatal("not connected")
	}
	for range 6 {
		channel.Rename("x")
	}
	for i, l := range links {
		for range 2 {
			frame := l.read()
			if frame["type"] != kindEvents || frame["accepts_response_payload"] != false || asInt(frame["retry_attempt"]) != 0 {
				t.Errorf("link %d got %v", i, frame)
			}
			l.ack(frame)
		}
	}
	if !s.Await(time.Second, func() bool { return s.Counts().Acks == 6 }) {
		t.Errorf("counts are %+v", s.Counts())
	}
}

func TestEnvelopesThatAreNotAcknowledgedComeAgain(t *testing.T) {
	for _, test := range []struct {
		name   string
		lose   func(l *link)
		reason string
	}{
		{"no word", func(*link) {}, "timeout"},
		{"a connection that ends", func(l *link) { _ = l.ws.Close() }, "connection_closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(t, Options{RespondWithin: 200 * time.Millisecond})
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			first := dial(t, s)
			first.hello()
			channel.Rename("x")
			lost := first.read()
			second := dial(t, s)
			second.hello()
			test.lose(first)
			var again object
			got := make(chan object, 2)
			var readers sync.WaitGroup
			for _, l := range []*link{first, second} {
				readers.Go(func() {
					if frame := l.read(); frame != nil {
						l.ack(frame)
						got <- frame
					}
				})
			}
			again = <-got
			if asInt(again["retry_attempt"]) != 1 || again["retry_reason"] != test.reason || again["envelope_id"] == lost["envelope_id"] ||
				asObject(again["payload"])["event_id"] != asObject(lost["payload"])["event_id"] {
				t.Errorf("%v, then %v", lost, again)
			}
			if !s.Await(time.Second, func() bool { return s.Deliveries()[0].Acked }) {
				t.Errorf("delivered %+v", s.Deliveries())
			}
			_ = first.ws.Close()
			_ = second.ws.Close()
			readers.Wait()
		})
	}
}

func TestEnvelopesComeTwiceOnRequest(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	l := dial(t, s)
	l.hello()
	s.Duplicate(1)
	channel.Rename("x")
	one, two := l.read(), l.read()
	if one["envelope_id"] == two["envelope_id"] || asObject(one["payload"])["event_id"] != asObject(two["payload"])["event_id"] {
		t.Errorf("%v, then %v", one, two)
	}
	l.ack(one)
	l.ack(two)
	if !s.Await(time.Second, func() bool { return s.Counts().Acks == 2 }) {
		t.Error("not both are acknowledged")
	}
}

func TestConnectionsCanBeToldToMisbehave(t *testing.T) {
	s := New(t, Options{Ping: 5 * time.Millisecond})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	s.Plan(RefuseUpgrade, DropAtOnce, NeverHello)
	if dial(t, s) != nil {
		t.Error("the upgrade is not refused")
	}
	if frame := dial(t, s).read(); frame != nil {
		t.Errorf("a dropped connection says %v", frame)
	}
	mute := dial(t, s)
	_ = mute.ws.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if frame := mute.read(); frame != nil || len(s.Connections()) != 0 {
		t.Errorf("a mute connection says %v", frame)
	}

	l := dial(t, s)
	pinged := make(chan struct{}, 1)
	l.ws.SetPingHandler(func(string) error {
		select {
		case pinged <- struct{}{}:
		default:
		}
		return nil
	})
	l.hello()
	conn := s.Connections()[0]
	for alive := false; !alive; { // pings are seen while frames are read
		conn.Warn()
		if frame := l.read(); frame["type"] != "disconnect" || frame["reason"] != "warning" {
			t.Fatalf("a warning says %v, and no ping came", frame)
		}
		select {
		case <-pinged:
			alive = true
		default:
		}
	}
	channel.Rename("x")
	l.ack(l.read())
	conn.Refresh()
	if frame := l.read(); frame["reason"] != "refresh_requested" || len(s.taking()) != 0 {
		t.Errorf("a refresh says %v", frame)
	}
	conn.Drop()
	if frame := l.read(); frame != nil {
		t.Errorf("a dropped connection says %v", frame)
	}
	ended := func() bool { return len(s.Connections()) == 0 }
	if !s.Await(time.Second, ended) {
		t.Fatal("a dropped connection is still there")
	}
	l = dial(t, s)
	l.hello()
	s.Connections()[0].DisableLink()
	if frame := l.read(); frame["reason"] != "link_disabled" || l.read() != nil {
		t.Errorf("a disabled link says %v", frame)
	}
	if !s.Await(2*time.Second, ended) {
		t.Fatal("a disabled link is still there")
	}
	l = dial(t, s)
	l.hello()
	s.Connections()[0].Freeze()
	channel.Rename("y")
	_ = l.ws.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if frame := l.read(); frame != nil {
		t.Errorf("a frozen connection says %v", frame)
	}
}

func TestAcknowledgementsAreHeldAgainstTheRules(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name string
		send func(l *link, frame object)
		says string
	}{
		{"as it should be", func(l *link, frame object) { l.ack(frame) }, ""},
		{"twice", func(l *link, frame object) { l.ack(frame); l.ack(frame) }, "acknowledged twice"},
		{"of nothing", func(l *link, _ object) { l.ack(object{"envelope_id": "no"}) }, "not sent"},
		{"with a payload where none belongs", func(l *link, frame object) {
			_ = l.ws.WriteJSON(object{"envelope_id": frame["envelope_id"], "payload": object{"text": "x"}})
		}, "accepts none"},
		{"with more", func(l *link, frame object) {
			_ = l.ws.WriteJSON(object{"envelope_id": frame["envelope_id"], "type": "ack"})
		}, "unknown key type"},
		{"no JSON", func(l *link, _ object) { _ = l.ws.WriteMessage(websocket.TextMessage, []byte("ok")) }, "no JSON object"},
		{"binary", func(l *link, _ object) { _ = l.ws.WriteMessage(websocket.BinaryMessage, []byte("{}")) }, "not text"},
		{"20 KB", func(l *link, frame object) {
			_ = l.ws.WriteJSON(object{"envelope_id": frame["envelope_id"], "payload": strings.Repeat("x", 20<<10)})
		}, "drops"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, Options{Specs: specs})
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			l := dial(t, s)
			l.hello()
			channel.Rename("x")
			test.send(l, l.read())
			done := func() bool { return len(s.Violations()) > 0 }
			if test.says == "" {
				done = func() bool { return s.Counts().Acks == 1 }
			}
			if !s.Await(time.Second, done) || !strings.Contains(said(s), test.says) || test.says == "" && said(s) != "" {
				t.Errorf("violations are %q, not %q", said(s), test.says)
			}
		})
	}
}

func TestAnAcknowledgementGoesOverTheConnectionOfItsEnvelope(t *testing.T) {
	s := collecting(t, Options{})
	channel := s.AddWorkspace("W").AddChannel("general")
	one, two := dial(t, s), dial(t, s)
	one.hello()
	two.hello()
	channel.Rename("x")
	channel.Rename("y")
	two.ack(one.read())
	if !s.Await(time.Second, func() bool { return strings.Contains(said(s), "over another connection") }) {
		t.Errorf("violations are %q", said(s))
	}
}

func TestNoMoreThanTenConnectionsAreAllowed(t *testing.T) {
	s := collecting(t, Options{Limits: Limits{Off: true}})
	for range 10 {
		dial(t, s).hello()
	}
	if frame := dial(t, s).read(); frame["type"] != "disconnect" || frame["reason"] != "too_many_websockets" {
		t.Errorf("the eleventh is greeted with %v", frame)
	}
	if !strings.Contains(said(s), "connection 11") {
		t.Errorf("violations are %q", said(s))
	}
}

func TestACommandIsAnsweredInItsAcknowledgement(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	here := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general"))
	l := dial(t, s)
	l.hello()
	done := make(chan *Shown, 1)
	go func() { done <- here.Slash("/brief", " ask x ") }()
	frame := l.read()
	payload := asObject(frame["payload"])
	if frame["type"] != kindCommand || frame["accepts_response_payload"] != true || payload["text"] != "ask x" || payload["command"] != "/brief" {
		text, _ := json.Marshal(frame)
		t.Errorf("got %s", text)
	}
	_ = l.ws.WriteJSON(object{"envelope_id": frame["envelope_id"], "payload": card("an answer")})
	if shown := <-done; shown.Text() != "an answer" || !shown.Ephemeral {
		t.Errorf("shown is %+v", shown)
	}
}

func TestWithoutAConnectionNothingArrives(t *testing.T) {
	s := New(t, Options{RespondWithin: 50 * time.Millisecond})
	ws := s.AddWorkspace("W")
	here := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general")).MayFail()
	if shown := here.Slash("/brief", "x"); shown.Failed != FailedDispatch {
		t.Errorf("the user reads %q", shown.Failed)
	}
}
