package discordtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// wire is a bot that speaks to the gateway without any care.
type wire struct {
	tb testing.TB
	s  *Server
	ws *websocket.Conn
}

// dial connects; the hello is still to be read.
func dial(tb testing.TB, s *Server) *wire {
	tb.Helper()
	ws, res, err := websocket.DefaultDialer.Dial(s.GatewayURL()+"/?v=10&encoding=json", nil)
	if err != nil {
		tb.Fatal(err)
	}
	_ = res.Body.Close()
	tb.Cleanup(func() { _ = ws.Close() })
	return &wire{tb: tb, s: s, ws: ws}
}

type received struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s"`
	Type string          `json:"t"`
}

func (f received) object() object {
	var o object
	_ = json.Unmarshal(f.Data, &o)
	return o
}

func (w *wire) next() received {
	w.tb.Helper()
	_ = w.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	var f received
	if err := w.ws.ReadJSON(&f); err != nil {
		w.tb.Fatalf("nothing came: %v", err)
	}
	return f
}

// want reads frames until one has an op and, if named, a type.
func (w *wire) want(op int, event string) received {
	w.tb.Helper()
	f := w.next()
	if f.Op != op || f.Type != event {
		w.tb.Fatalf("got op %d %s %s, want op %d %s", f.Op, f.Type, f.Data, op, event)
	}
	return f
}

func (w *wire) send(op int, data any) {
	w.tb.Helper()
	if err := w.ws.WriteJSON(object{"op": op, "d": data}); err != nil {
		w.tb.Fatal(err)
	}
}

// closed reads until the connection ends and returns the code; 0 where it
// ended without one.
func (w *wire) closed() int {
	w.tb.Helper()
	_ = w.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		_, text, err := w.ws.ReadMessage()
		var e *websocket.CloseError
		switch {
		case errors.As(err, &e) && e.Code != websocket.CloseAbnormalClosure:
			return e.Code
		case err != nil && strings.Contains(err.Error(), "timeout"):
			w.tb.Fatal("the connection stays open")
		case err != nil:
			return 0
		}
		_ = text
	}
}

func identity(s *Server, changes object) object {
	return with(object{
		"token": s.Token(), "intents": IntentGuilds | IntentGuildMessages | IntentDirectMessages,
		"properties": object{"os": "linux", "browser": "test", "device": "test"}, "shard": []any{0, 1},
	}, changes)
}

// ready identifies and reads READY and the guilds.
func (w *wire) ready(changes object, guilds int) received {
	w.tb.Helper()
	w.want(opHello, "")
	w.send(opIdentify, identity(w.s, changes))
	ready := w.want(opDispatch, "READY")
	for range guilds {
		w.want(opDispatch, "GUILD_CREATE")
	}
	return ready
}

func quick() Options { return Options{IdentifyEvery: -1, Limits: Limits{Off: true}} }

func TestASessionIsResumedWithWhatItMissed(t *testing.T) {
	d := newDesk(t, quick())
	here := d.user.In(d.channel)
	w := dial(t, d.s)
	ready := w.ready(nil, 1)
	here.Say("one")
	if f := w.want(opDispatch, "MESSAGE_CREATE"); f.Seq != 3 {
		t.Errorf("the sequence is %d, want 3", f.Seq)
	}
	d.s.Ready(0, time.Second).Drop()
	if code := w.closed(); code != 0 {
		t.Errorf("dropped with code %d", code)
	}
	here.Say("two")
	again := dial(t, d.s)
	again.want(opHello, "")
	again.send(opResume, object{"token": "Bot " + d.s.Token(), "session_id": ready.object()["session_id"], "seq": 3})
	if f := again.want(opDispatch, "MESSAGE_CREATE"); f.Seq != 4 || f.object()["id"] != d.s.Messages(d.channel)[1].ID {
		t.Errorf("replayed %d %s", f.Seq, f.Data)
	}
	again.want(opDispatch, "RESUMED")
	here.Say("three")
	again.want(opDispatch, "MESSAGE_CREATE")
	if n := d.s.Counts(); n.Resumes != 1 || n.Identifies != 1 || n.Connections != 2 {
		t.Errorf("counts are %+v", n)
	}
}

func TestTheGatewayRefusesWhatDiscordRefuses(t *testing.T) {
	o := described(t, quick())
	for _, test := range []struct {
		name     string
		do       func(w *wire)
		code     int
		violates bool
	}{
		{"wrong token", func(w *wire) { w.send(opIdentify, identity(w.s, object{"token": "x"})) }, closeAuthFailed, false},
		{"privileged intent", func(w *wire) { w.send(opIdentify, identity(w.s, object{"intents": IntentMessageContent})) }, closeDisallowed, false},
		{"unknown intent", func(w *wire) { w.send(opIdentify, identity(w.s, object{"intents": 1 << 30})) }, closeInvalidIntent, true},
		{"shard out of range", func(w *wire) { w.send(opIdentify, identity(w.s, object{"shard": []any{2, 2}})) }, closeInvalidShard, true},
		{"no intents", func(w *wire) { w.send(opIdentify, identity(w.s, object{"intents": nil})) }, closeDecode, true},
		{"no properties", func(w *wire) { w.send(opIdentify, identity(w.s, object{"properties": nil})) }, closeDecode, true},
		{"threshold out of range", func(w *wire) { w.send(opIdentify, identity(w.s, object{"large_threshold": 300})) }, closeDecode, true},
		{"identified twice", func(w *wire) {
			w.send(opIdentify, identity(w.s, nil))
			w.send(opIdentify, identity(w.s, nil))
		}, closeAlreadyAuth, true},
		{"presence first", func(w *wire) { w.send(3, object{}) }, closeNotAuth, false},
		{"unknown op", func(w *wire) { w.send(77, nil) }, closeUnknownOp, true},
		{"too many frames", func(w *wire) {
			w.send(opIdentify, identity(w.s, nil))
			for range maxSent {
				w.send(3, object{})
			}
		}, closeRateLimited, true},
		{"no JSON", func(w *wire) { _ = w.ws.WriteMessage(websocket.TextMessage, []byte("{")) }, closeDecode, false},
		{"wrong token to resume", func(w *wire) { w.send(opResume, object{"token": "x", "session_id": "s", "seq": 1}) }, closeAuthFailed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, o)
			w := dial(t, s)
			w.want(opHello, "")
			test.do(w)
			if code := w.closed(); code != test.code {
				t.Errorf("closed with %d, want %d", code, test.code)
			}
			if got := len(s.Violations()) > 0; got != test.violates {
				t.Errorf("violations are %v", s.Violations())
			}
		})
	}
}

func TestIdentifiesAreLimitedByTurn(t *testing.T) {
	clock := NewClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	s := collecting(t, Options{Now: clock.Now, MaxConcurrency: 2})
	shard := func(id int) *wire {
		w := dial(t, s)
		w.want(opHello, "")
		w.send(opIdentify, identity(s, object{"shard": []any{id, 4}}))
		return w
	}
	shard(0).want(opDispatch, "READY")
	shard(1).want(opDispatch, "READY")
	if f := shard(2).want(opInvalidSession, ""); string(f.Data) != "false" {
		t.Errorf("resumable is %s", f.Data)
	}
	if len(s.Violations()) != 1 {
		t.Errorf("violations are %v", s.Violations())
	}
	clock.Advance(5 * time.Second)
	shard(2).want(opDispatch, "READY")
}

func TestEventsGoToTheShardOfTheirGuild(t *testing.T) {
	s := collecting(t, quick())
	zero, one := s.AddGuildOn("zero", 0, 2), s.AddGuildOn("one", 1, 2)
	channels := []*Channel{zero.AddChannel("zero"), one.AddChannel("one")}
	ann := s.AddUser("Ann", "en-US")
	for id := range 2 {
		w := dial(t, s)
		w.ready(object{"shard": []any{id, 2}}, 1)
		ann.In(channels[1-id]).Say("elsewhere")
		said := ann.In(channels[id]).Say("here")
		if f := w.want(opDispatch, "MESSAGE_CREATE"); f.object()["id"] != said.ID {
			t.Errorf("shard %d got %s", id, f.Data)
		}
		if got, count := s.Ready(id, time.Second).Shard(); got != id || count != 2 {
			t.Errorf("the connection is of shard %d of %d", got, count)
		}
	}
}

func TestTextIsBlankedWhereDiscordBlanksIt(t *testing.T) {
	d := newDesk(t, Options{IdentifyEvery: -1, Privileged: IntentMessageContent, Limits: Limits{Off: true}})
	here := d.user.In(d.channel)
	bots := asString(d.accepts(t, "POST "+someChannel, plain("the bot's")).json(t)["id"])
	var bot *Message
	for _, m := range d.s.Messages(d.channel) {
		if m.ID == bots {
			bot = m
		}
	}
	for _, test := range []struct {
		name    string
		say     func()
		intents Intents
		shown   bool
	}{
		{"plain", func() { here.Say("x") }, 0, false},
		{"plain with the intent", func() { here.Say("x") }, IntentMessageContent, true},
		{"mention", func() { here.Say("<@bot> x") }, 0, true},
		{"mention of another", func() { here.Say("<@" + d.user.ID + "> x") }, 0, false},
		{"reply without ping", func() { here.ReplyTo(bot, "x", false) }, 0, false},
		{"reply with ping", func() { here.ReplyTo(bot, "x", true) }, 0, true},
		{"direct", func() { d.user.DM().Say("x") }, 0, true},
		{"own", func() { d.accepts(t, "POST "+someChannel, plain("x")) }, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := dial(t, d.s)
			w.ready(object{"intents": IntentGuilds | IntentGuildMessages | IntentDirectMessages | test.intents}, 1)
			test.say()
			content := asString(w.want(opDispatch, "MESSAGE_CREATE").object()["content"])
			if shown := strings.Contains(content, "x"); shown != test.shown {
				t.Errorf("the content is %q", content)
			}
			_ = w.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
			w.closed()
		})
	}
}

func TestIntentsChooseTheEvents(t *testing.T) {
	d := newDesk(t, quick())
	w := dial(t, d.s)
	w.want(opHello, "")
	w.send(opIdentify, identity(d.s, object{"intents": IntentDirectMessages}))
	w.want(opDispatch, "READY")
	d.user.In(d.channel).Say("not for the session")
	d.guild.AddChannel("nor this")
	direct := d.user.DM().Say("this is")
	if f := w.want(opDispatch, "MESSAGE_CREATE"); f.object()["id"] != direct.ID {
		t.Errorf("got %s", f.Data)
	}
}

func TestTheGuildIsSeenToComeAndGo(t *testing.T) {
	d := newDesk(t, quick())
	w := dial(t, d.s)
	w.ready(nil, 1)
	d.guild.Kick()
	if f := w.want(opDispatch, "GUILD_DELETE"); f.object()["id"] != d.guild.ID || f.object()["unavailable"] != nil {
		t.Errorf("got %s", f.Data)
	}
	d.guild.Invite()
	w.want(opDispatch, "GUILD_CREATE")
	d.guild.GoDown()
	if f := w.want(opDispatch, "GUILD_DELETE"); f.object()["unavailable"] != true {
		t.Errorf("got %s", f.Data)
	}
	d.guild.ComeBack()
	w.want(opDispatch, "GUILD_CREATE")
	said := d.user.In(d.channel).Say("a")
	w.want(opDispatch, "MESSAGE_CREATE")
	d.user.In(d.channel).Edit(said, "b")
	w.want(opDispatch, "MESSAGE_UPDATE")
	d.user.In(d.channel).StartThread(said, "thread")
	w.want(opDispatch, "THREAD_CREATE")
	d.channel.Delete()
	w.want(opDispatch, "CHANNEL_DELETE")
}

func TestConnectionsFailAsTheyAreTold(t *testing.T) {
	s := collecting(t, quick())
	resume := func(w *wire, ready received) {
		w.want(opHello, "")
		w.send(opResume, object{"token": s.Token(), "session_id": ready.object()["session_id"], "seq": ready.Seq})
	}
	w := dial(t, s)
	ready := w.ready(nil, 0)
	conn := s.Ready(0, time.Second)
	conn.Reconnect()
	w.want(opReconnect, "")
	conn.AskHeartbeat()
	w.want(opHeartbeat, "")
	conn.Invalidate(true)
	if f := w.want(opInvalidSession, ""); string(f.Data) != "true" {
		t.Errorf("resumable is %s", f.Data)
	}
	conn.CloseWith(4000, "Unknown error")
	if code := w.closed(); code != 4000 {
		t.Errorf("closed with %d", code)
	}

	s.Plan(ReconnectOnResume, Normally, InvalidOnResume)
	w = dial(t, s)
	resume(w, ready)
	w.want(opReconnect, "")
	w = dial(t, s)
	resume(w, ready)
	if f := w.want(opDispatch, "RESUMED"); f.Seq != ready.Seq+1 {
		t.Errorf("RESUMED has the sequence %d", f.Seq)
	}
	w = dial(t, s)
	resume(w, ready)
	w.want(opInvalidSession, "")
	w.send(opIdentify, identity(s, nil)) // on the same connection
	w.want(opDispatch, "READY")
	w = dial(t, s)
	resume(w, ready) // gone for good
	w.want(opInvalidSession, "")

	s.Plan(DropAtOnce)
	if code := dial(t, s).closed(); code != 0 {
		t.Errorf("dropped with %d", code)
	}
	s.Plan(RefuseUpgrade)
	_, res, err := websocket.DefaultDialer.Dial(s.GatewayURL(), nil)
	if err == nil || res == nil {
		t.Fatalf("the upgrade was not refused: %v", err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the upgrade is answered %d", res.StatusCode)
	}
	s.Plan(NeverHello, SilentOnIdentify, ReconnectOnIdentify, InvalidOnIdentify)
	w = dial(t, s)
	_ = w.ws.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, text, err := w.ws.ReadMessage(); err == nil {
		t.Errorf("the silent connection says %s", text)
	}
	w = dial(t, s)
	w.want(opHello, "")
	w.send(opIdentify, identity(s, nil))
	w.send(opHeartbeat, nil)
	_ = w.ws.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, text, err := w.ws.ReadMessage(); err == nil {
		t.Errorf("the connection that should stay silent says %s", text)
	}
	w = dial(t, s)
	w.want(opHello, "")
	w.send(opIdentify, identity(s, nil))
	w.want(opReconnect, "")
	w = dial(t, s)
	w.want(opHello, "")
	w.send(opIdentify, identity(s, nil))
	w.want(opInvalidSession, "")
	w.send(opIdentify, identity(s, nil))
	w.want(opDispatch, "READY")
}

func TestAClientWithoutHeartbeatsIsDisconnected(t *testing.T) {
	o := quick()
	o.Heartbeat = 20 * time.Millisecond
	s := collecting(t, o)
	w := dial(t, s)
	w.ready(nil, 0)
	w.send(opHeartbeat, 1)
	w.want(opAck, "")
	if code := w.closed(); code != closeTimedOut {
		t.Errorf("closed with %d, want %d", code, closeTimedOut)
	}
	if n := s.Counts(); n.Missed != 1 || n.Heartbeats != 1 {
		t.Errorf("counts are %+v", n)
	}
}

func TestAFrozenConnectionAcknowledgesNothing(t *testing.T) {
	d := newDesk(t, quick())
	w := dial(t, d.s)
	ready := w.ready(nil, 1)
	d.s.Ready(0, time.Second).Freeze()
	w.send(opHeartbeat, 2)
	d.user.In(d.channel).Say("unheard")
	_ = w.ws.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, text, err := w.ws.ReadMessage(); err == nil {
		t.Errorf("the frozen connection says %s", text)
	}
	again := dial(t, d.s)
	again.want(opHello, "")
	again.send(opResume, object{"token": d.s.Token(), "session_id": ready.object()["session_id"], "seq": 2})
	again.want(opDispatch, "MESSAGE_CREATE")
	again.want(opDispatch, "RESUMED")
}

func TestDiscordgoResumesItsSession(t *testing.T) {
	s := New(t, quick())
	guild := s.AddGuild("Guild")
	channel := guild.AddChannel("general")
	ann := s.AddUser("Ann", "en-US")
	d := session(t, s, discordgo.IntentsGuilds|discordgo.IntentsGuildMessages)
	heard, lost := make(chan string, 10), make(chan struct{}, 10)
	d.AddHandler(func(_ *discordgo.Session, m *discordgo.MessageCreate) { heard <- m.Content })
	d.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) { lost <- struct{}{} })
	if err := d.Open(); err != nil {
		t.Fatal(err)
	}
	for i, end := range []func(*Conn){(*Conn).Drop, (*Conn).Reconnect} {
		// A heartbeat that fails closes whatever connection the library then
		// has, so that the first must be through before this one ends.
		if !s.Await(10*time.Second, func() bool { return s.Counts().Heartbeats > i }) {
			t.Fatalf("no heartbeat: %+v", s.Counts())
		}
		end(s.Ready(0, time.Second))
		within(t, lost)
		ann.In(channel).Say("<@bot> meanwhile")
		if err := d.Open(); err != nil {
			t.Fatal(err)
		}
		if got := within(t, heard); !strings.HasSuffix(got, "meanwhile") {
			t.Errorf("heard %q", got)
		}
		if n := s.Counts(); n.Resumes != i+1 || n.Identifies != 1 {
			t.Errorf("counts are %+v", n)
		}
	}
}

// within receives what must come soon.
func within[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		panic("not reached")
	}
}
