package gateway_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"briefbot/adapters/discord/gateway"
	"briefbot/bot"
)

func TestEventsAreHandedOnAsTheyCame(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, nil)
	c := s.accept()
	c.hello(beat)
	if id := c.expectIdentify(); id.Intents != 5 || id.Shard != nil {
		t.Errorf("identified with %+v", id)
	}
	c.ready("a", s.url)
	// discordgo knows no component 18 and fails the whole of the typed event.
	const data = `{"id":"1","type":3,"data":{"custom_id":"` + payload + `","components":[{"type":18,"label":"?"}]},"message":{"components":[{"type":18}]}}`
	c.event(2, "INTERACTION_CREATE", data)
	c.event(3, "NEVER_HEARD_OF", `{"text":"`+payload+`"}`)
	r.expect("READY")
	if e := r.expect("INTERACTION_CREATE"); string(e.Data) != data || e.Shard != 0 {
		t.Errorf("got %+v", e)
	}
	r.expect("NEVER_HEARD_OF")
	r.phase(gateway.Ready)
}

func TestOnlyTheTypesAskedForAreHandedOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, func(o *gateway.Options) { o.Types = []string{"MESSAGE_CREATE"} })
	c := s.begin("a")
	c.event(2, "GUILD_CREATE", `{"id":"1"}`)
	c.event(3, "MESSAGE_CREATE", `{}`)
	r.expect("MESSAGE_CREATE")
}

// A connection may end in many ways after which the session goes on. Nothing is
// lost then and nothing comes twice.
func TestSessionIsResumed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(*conn)
		code int // with which the client ends the connection; 1000 would end the session
	}{
		{"after a drop", (*conn).drop, 0},
		{"when asked to reconnect", func(c *conn) { c.raw(`{"op":7,"d":null,"s":null,"t":null}`) }, websocket.CloseServiceRestart},
		{"after an unknown error", func(c *conn) { c.closeWith(4000) }, websocket.CloseAbnormalClosure},
		{"when Discord restarts", func(c *conn) { c.closeWith(1001) }, websocket.CloseAbnormalClosure},
		{"when told that it may", func(c *conn) { c.raw(`{"op":9,"d":true,"s":null,"t":null}`) }, websocket.CloseAbnormalClosure},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, nil)
			c := s.begin("a")
			c.event(2, "MESSAGE_CREATE", `{"id":"2"}`)
			r.expect("READY", "MESSAGE_CREATE")
			r.phase(gateway.Ready)
			test.end(c)
			if got := await(t, c.closed, "end of the connection"); test.code != 0 && got != test.code {
				t.Errorf("the client closed with %d, want %d", got, test.code)
			}
			c = s.accept()
			r.phase(gateway.Resuming)
			c.hello(beat)
			c.expectResume("a", 2)
			c.event(2, "MESSAGE_CREATE", `{"id":"2"}`) // once more, though it had come
			c.event(3, "INTERACTION_CREATE", `{"id":"3"}`)
			c.event(4, "RESUMED", `{}`)
			c.event(5, "MESSAGE_DELETE", `{"id":"5"}`)
			r.expect("INTERACTION_CREATE", "RESUMED", "MESSAGE_DELETE")
			r.phase(gateway.Ready)
			if seen := r.observed(gateway.Resumed); seen[gateway.Identified] != 1 || seen[gateway.Lost] != 1 || seen[gateway.Replaced] != 0 {
				t.Errorf("observed %v", seen)
			}
		})
	}
}

func TestSessionIsResumedWhereDiscordWants(t *testing.T) {
	t.Parallel()
	s, other := newServer(t), newServer(t)
	r := run(t, s, nil)
	c := s.accept()
	c.hello(beat)
	c.expectIdentify()
	c.ready("a", other.url)
	r.expect("READY")
	c.drop()
	c = other.resume("a", 1)
	c.event(2, "RESUMED", `{}`)
	r.expect("RESUMED")
	c.closeWith(4009)
	s.begin("b") // a new session begins at the address of the plan
	r.expect("READY")
}

// There are endings after which a session is over, and a new one begins.
func TestSessionBeginsAnew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(*conn)
	}{
		{"invalid", func(c *conn) { c.raw(`{"op":9,"d":false,"s":null,"t":null}`) }},
		{"timed out", func(c *conn) { c.closeWith(4009) }},
		{"invalid sequence", func(c *conn) { c.closeWith(4007) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, nil)
			c := s.begin("a")
			c.event(2, "MESSAGE_CREATE", `{}`)
			r.expect("READY", "MESSAGE_CREATE")
			test.end(c)
			c = s.begin("b")
			c.event(2, "MESSAGE_DELETE", `{}`)
			r.expect("READY", "MESSAGE_DELETE")
			if seen := r.observed(gateway.Identified, gateway.Identified); seen[gateway.Replaced] != 1 || seen[gateway.Stuck] != 0 {
				t.Errorf("observed %v", seen)
			}
		})
	}
}

func TestInvalidSessionWhileResumingWaitsAndBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const least = 300 * time.Millisecond
	r := run(t, s, func(o *gateway.Options) {
		o.Bounds.Invalid = least
		o.Jitter = func() float64 { return 0 }
	})
	c := s.begin("a")
	r.expect("READY")
	c.drop()
	c = s.resume("a", 1)
	refused := time.Now()
	c.raw(`{"op":9,"d":false,"s":null,"t":null}`)
	s.begin("b")
	if waited := time.Since(refused); waited < least {
		t.Errorf("identified after %v, want %v at least", waited, least)
	}
	r.expect("READY")
	r.phase(gateway.Ready)
}

func TestResumingIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, nil)
	c := s.begin("a")
	r.expect("READY")
	c.drop()
	for range 3 {
		s.resume("a", 1).drop()
	}
	s.begin("b")
	r.expect("READY")
	if seen := r.observed(gateway.Identified, gateway.Identified); seen[gateway.Replaced] != 1 {
		t.Errorf("observed %v", seen)
	}
}

// discordgo's Open would wait for itself for ever.
func TestReconnectInsteadOfResumedIsFollowed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, nil)
	c := s.begin("a")
	r.expect("READY")
	c.drop()
	c = s.resume("a", 1)
	c.raw(`{"op":7,"d":null,"s":null,"t":null}`)
	c = s.resume("a", 1)
	c.event(2, "MESSAGE_CREATE", `{}`)
	c.event(3, "RESUMED", `{}`)
	r.expect("MESSAGE_CREATE", "RESUMED")
	r.phase(gateway.Ready)
	if seen := r.observed(gateway.Resumed); seen[gateway.Stuck] != 0 || seen[gateway.Replaced] != 0 {
		t.Errorf("observed %v", seen)
	}
}

// Behind a proxy the message can't be seen and the hang happens. Within the
// bounds the session is left behind and another takes its place.
func TestHungSessionIsReplaced(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	find, tunnels := proxy(t)
	r := run(t, s, func(o *gateway.Options) {
		o.Proxy = find
		o.Bounds.Connect = time.Second
		o.Bounds.Release = 1500 * time.Millisecond // discordgo takes a second to close
	})
	c := s.begin("a")
	r.expect("READY")
	c.drop()
	c = s.resume("a", 1)
	c.raw(`{"op":7,"d":null,"s":null,"t":null}`)
	down := r.phase(gateway.Down)
	c = s.begin("b")
	if waited := time.Since(down); waited < time.Second {
		t.Errorf("it said that it is down only %v before it began anew", waited)
	}
	c.event(2, "MESSAGE_CREATE", `{}`)
	r.expect("READY", "MESSAGE_CREATE")
	r.phase(gateway.Ready)
	if seen := r.observed(gateway.Identified, gateway.Identified); seen[gateway.Stuck] != 1 || seen[gateway.Replaced] != 1 {
		t.Errorf("observed %v", seen)
	}
	await(t, tunnels, "tunnel")
}

// Behind a proxy discordgo answers an invalid session itself. The events of the
// next one are counted from the start.
func TestInvalidSessionBehindAProxy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	find, _ := proxy(t)
	r := run(t, s, func(o *gateway.Options) { o.Proxy = find })
	c := s.begin("a")
	c.event(2, "MESSAGE_CREATE", `{}`)
	c.event(3, "MESSAGE_CREATE", `{}`)
	c.raw(`{"op":9,"d":false}`)
	c.expectIdentify()
	c.ready("b", s.url)
	c.event(2, "MESSAGE_DELETE", `{}`)
	r.expect("READY", "MESSAGE_CREATE", "MESSAGE_CREATE", "READY", "MESSAGE_DELETE")
	c.drop()
	s.resume("b", 2)
}

// A connection that no longer carries anything looks alive from both ends.
func TestSilentConnectionIsCutAndResumed(t *testing.T) {
	t.Parallel()
	find, _ := proxy(t)
	for _, test := range []struct {
		name   string
		change func(*gateway.Options)
		talks  bool // events still come
	}{
		{"nothing comes", func(o *gateway.Options) { o.Bounds.Margin = 100 * time.Millisecond }, false},
		{"events come, acknowledgements do not", func(o *gateway.Options) { o.Bounds.Margin = 100 * time.Millisecond }, true},
		{"nothing comes through a proxy", func(o *gateway.Options) {
			o.Proxy = find
			o.Bounds.Silence = 500 * time.Millisecond
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, test.change)
			c := s.accept()
			c.ignoreHeartbeats()
			c.hello(200 * time.Millisecond)
			c.expectIdentify()
			c.ready("a", s.url)
			r.expect("READY")
			sequence := 1
			for test.talks {
				c.mu.Lock()
				sequence++
				err := c.WriteJSON(map[string]any{"op": 0, "s": sequence, "t": "TYPING_START", "d": map[string]any{}})
				c.mu.Unlock()
				if err != nil {
					break
				}
				select {
				case <-r.events:
				case code := <-c.closed:
					c.closed <- code
					test.talks = false
				case <-time.After(20 * time.Millisecond):
				}
			}
			if got := await(t, c.closed, "end of the connection"); got != websocket.CloseAbnormalClosure {
				t.Errorf("closed with %d; 1000 would end the session", got)
			}
			c = s.accept()
			c.hello(beat)
			m := await(t, c.in, "resume")
			if m.Op != 6 {
				t.Fatalf("got op %d", m.Op)
			}
			c.event(sequence+1, "RESUMED", `{}`)
			for e := range r.events {
				if e.Type == "RESUMED" {
					break
				}
			}
			r.phase(gateway.Ready)
			if seen := r.observed(gateway.Resumed); seen[gateway.Replaced] != 0 {
				t.Errorf("observed %v", seen)
			}
		})
	}
}

func TestAcknowledgedConnectionStays(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, func(o *gateway.Options) { o.Bounds.Margin = 3 * time.Second })
	c := s.accept()
	c.hello(time.Second)
	c.expectIdentify()
	c.ready("a", s.url)
	r.expect("READY")
	select {
	case code := <-c.closed:
		t.Fatalf("closed with %d", code)
	case <-time.After(5500 * time.Millisecond): // beyond two intervals and the margin
	}
	r.phase(gateway.Ready)
}

// Whoever does not answer is given up within the bound.
func TestLateConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		play func(*conn)
	}{
		{"no hello", func(*conn) {}},
		{"no READY", func(c *conn) { c.hello(beat); c.expectIdentify() }},
		{"other things than READY", func(c *conn) {
			c.hello(beat)
			c.expectIdentify()
			c.raw(`{"op":1,"d":null}`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, func(o *gateway.Options) { o.Bounds.Connect = time.Second })
			c := s.accept()
			test.play(c)
			r.phase(gateway.Connecting)
			await(t, c.closed, "end of the connection")
			s.begin("a")
			r.expect("READY")
			r.phase(gateway.Ready)
		})
	}
}

// A server that breaks the protocol must not bring the process down.
func TestGarbageEndsTheConnection(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"null":              `null`,
		"no JSON":           `{`,
		"a list":            `[]`,
		"empty":             ``,
		"no interval":       `{"op":10,"d":{}}`,
		"negative interval": `{"op":10,"d":{"heartbeat_interval":-1}}`,
		"endless interval":  `{"op":10,"d":{"heartbeat_interval":1e300}}`,
		"early reconnect":   `{"op":7,"d":null}`,
		"early ack":         `{"op":11,"d":null}`,
		"an event first":    `{"op":0,"s":1,"t":"READY","d":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, nil)
			c := s.accept()
			c.raw(text)
			await(t, c.closed, "end of the connection")
			s.begin("a")
			for e := r.expect("READY"); string(e.Data) == `{}`; {
				e = r.expect("READY")
			}
			if seen := r.observed(gateway.Identified); seen[gateway.Stuck] != 0 {
				t.Errorf("observed %v", seen)
			}
		})
	}
}

func TestGarbageEndsTheConnectionLater(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`null`, `{`, `{"op":10,"d":{"heartbeat_interval":0}}`} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, nil)
			c := s.begin("a")
			r.expect("READY")
			c.raw(text)
			await(t, c.closed, "end of the connection")
			c = s.resume("a", 1)
			c.event(2, "RESUMED", `{}`)
			r.expect("RESUMED")
		})
	}
}

func TestRefusalEndsRunAndSaysWhatToChange(t *testing.T) {
	t.Parallel()
	find, _ := proxy(t)
	for _, test := range []struct {
		code int
		kind bot.Kind
		says string
	}{
		{4004, bot.Denied, "discord.token"},
		{4010, bot.Invalid, "discord.shards"},
		{4011, bot.Invalid, "discord.shards"},
		{4012, bot.Invalid, "update Briefbot"},
		{4013, bot.Invalid, "update Briefbot"},
		{4014, bot.Denied, "discord.message_content"},
	} {
		refused := func(t *testing.T, r *running) {
			t.Helper()
			var e *bot.Error
			if err := r.ended(); !errors.As(err, &e) || e.Kind != test.kind || !strings.Contains(e.Message, test.says) || !strings.HasSuffix(e.Message, ".") {
				t.Errorf("%d: got %v, want %s about %s", test.code, err, test.kind, test.says)
			}
			if r.gateway.State().Ready() {
				t.Error("it says that it is ready")
			}
		}
		t.Run("on identify", func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, nil)
			c := s.accept()
			c.hello(beat)
			c.expectIdentify()
			c.closeWith(test.code)
			refused(t, r)
		})
		t.Run("on identify through a proxy", func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, func(o *gateway.Options) { o.Proxy = find })
			c := s.accept()
			c.hello(beat)
			c.expectIdentify()
			c.closeWith(test.code)
			refused(t, r)
		})
		t.Run("later", func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := run(t, s, nil)
			c := s.begin("a")
			r.expect("READY")
			c.closeWith(test.code)
			refused(t, r)
		})
	}
}

func TestRefusalOfOneShardClosesTheOthers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, func(o *gateway.Options) { o.Shards.Count = 2 })
	first := s.begin("a")
	r.expect("READY")
	second := s.accept()
	second.hello(beat)
	second.expectIdentify()
	if r.gateway.State().Ready() {
		t.Error("ready with one of two shards")
	}
	second.closeWith(4004)
	if code := await(t, first.closed, "goodbye"); code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d", code)
	}
	if err := r.ended(); err == nil {
		t.Error("Run ended without an error")
	}
}

// Shards of one bucket begin one after the other, in order and at a distance;
// those of different buckets do not wait for each other.
func TestShardsBeginInBuckets(t *testing.T) {
	t.Parallel()
	const distance = 500 * time.Millisecond
	start := func(t *testing.T, concurrency int) (*server, *running) {
		t.Helper()
		s := newServer(t)
		return s, run(t, s, func(o *gateway.Options) {
			o.Bounds.Identify = distance
			o.Plan = func(context.Context) (gateway.Plan, error) {
				return gateway.Plan{URL: s.url, Shards: 4, MaxConcurrency: concurrency, Remaining: 1000}, nil
			}
		})
	}
	// identified accepts a connection and returns which of the shards it is.
	identified := func(t *testing.T, s *server) (*conn, int) {
		t.Helper()
		c := s.accept()
		c.hello(beat)
		id := c.expectIdentify()
		if len(id.Shard) != 2 || id.Shard[1] != 4 {
			t.Fatalf("identified as %v", id.Shard)
		}
		return c, id.Shard[0]
	}
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		s, r := start(t, 1)
		var last time.Time
		for want := range 4 {
			c, shard := identified(t, s)
			if waited := time.Since(last); shard != want || waited < distance {
				t.Errorf("shard %d identified after %v, want %d", shard, waited, want)
			}
			last = time.Now()
			c.ready("a", s.url)
			if e := r.expect("READY"); e.Shard != want {
				t.Errorf("event of shard %d, want %d", e.Shard, want)
			}
		}
		r.observed(gateway.Identified, gateway.Identified, gateway.Identified, gateway.Identified)
		if state := r.gateway.State(); state.Count != 4 || len(state.Shards) != 4 {
			t.Errorf("state is %+v", state)
		}
	})
	t.Run("two", func(t *testing.T) {
		t.Parallel()
		s, r := start(t, 2)
		a, first := identified(t, s)
		b, second := identified(t, s) // although the first is not ready
		if pair := []int{min(first, second), max(first, second)}; !slices.Equal(pair, []int{0, 1}) {
			t.Errorf("shards %v began", pair)
		}
		ready := time.Now()
		a.ready("a", s.url)
		c, third := identified(t, s)
		if third != first+2 || time.Since(ready) < distance {
			t.Errorf("shard %d began after %v, want %d", third, time.Since(ready), first+2)
		}
		b.ready("b", s.url)
		c.ready("c", s.url)
		d, fourth := identified(t, s)
		if fourth != second+2 {
			t.Errorf("shard %d began, want %d", fourth, second+2)
		}
		d.ready("d", s.url)
		r.expect("READY", "READY", "READY", "READY")
	})
}

func TestProcessRunsItsOwnShards(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, func(o *gateway.Options) { o.Shards = gateway.Shards{Count: 5, IDs: []int{3}} })
	c := s.accept()
	c.hello(beat)
	if id := c.expectIdentify(); !slices.Equal(id.Shard, []int{3, 5}) {
		t.Errorf("identified as %v", id.Shard)
	}
	c.ready("a", s.url)
	r.expect("READY")
	if state := r.gateway.State(); state.Count != 5 || len(state.Shards) != 1 || state.Shards[0].Shard != 3 {
		t.Errorf("state is %+v", state)
	}
}

func TestNoSessionBeginsWhereNoneIsLeft(t *testing.T) {
	t.Parallel()
	const reset = 400 * time.Millisecond
	s := newServer(t)
	plans := make(chan gateway.Plan, 3)
	plans <- gateway.Plan{URL: s.url, Shards: 1, MaxConcurrency: 1, Remaining: 0, ResetAfter: reset} // for the shape
	plans <- gateway.Plan{URL: s.url, Shards: 1, MaxConcurrency: 1, Remaining: 0, ResetAfter: reset} // before identifying
	plans <- gateway.Plan{URL: s.url, Shards: 1, MaxConcurrency: 1, Remaining: 1}
	begin := time.Now()
	r := run(t, s, func(o *gateway.Options) {
		o.Plan = func(context.Context) (gateway.Plan, error) { return <-plans, nil }
	})
	s.begin("a")
	if waited := time.Since(begin); waited < reset {
		t.Errorf("identified after %v", waited)
	}
	r.expect("READY")
	if !strings.Contains(r.log.String(), "session starts of the day are used up") {
		t.Error("the log does not say why it waits")
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	t.Run("is asked for again after a failure", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		answers := make(chan error, 3)
		answers <- &bot.Error{Kind: bot.Unavailable, Message: "down"}
		answers <- errors.New("reset")
		close(answers)
		run(t, s, func(o *gateway.Options) {
			plan := o.Plan
			o.Plan = func(ctx context.Context) (gateway.Plan, error) {
				if err := <-answers; err != nil {
					return gateway.Plan{}, err
				}
				return plan(ctx)
			}
		})
		s.begin("a")
	})
	t.Run("that is refused ends Run", func(t *testing.T) {
		t.Parallel()
		denied := &bot.Error{Kind: bot.Denied, Message: "no"}
		r := run(t, newServer(t), func(o *gateway.Options) {
			o.Plan = func(context.Context) (gateway.Plan, error) { return gateway.Plan{}, denied }
		})
		if err := r.ended(); !errors.Is(err, denied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("without sense is asked for again", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		plans := make(chan gateway.Plan, 4)
		plans <- gateway.Plan{URL: "https://discord.example", Shards: 1}
		plans <- gateway.Plan{URL: "%", Shards: 1}
		plans <- gateway.Plan{URL: s.url}
		plans <- gateway.Plan{URL: s.url, Shards: 1, Remaining: 1}
		run(t, s, func(o *gateway.Options) {
			o.Plan = func(context.Context) (gateway.Plan, error) { return <-plans, nil }
		})
		s.begin("a")
	})
}

// Before Discord was asked the state says so; its list of shards is no null.
func TestAGatewayThatWasNotReachedSaysSo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	asked, answer := make(chan struct{}, 10), make(chan struct{})
	r := run(t, s, func(o *gateway.Options) {
		o.Plan = func(context.Context) (gateway.Plan, error) {
			asked <- struct{}{}
			<-answer
			return gateway.Plan{URL: s.url, Shards: 1, MaxConcurrency: 1, Remaining: 1000}, nil
		}
	})
	<-asked
	b, err := json.Marshal(r.gateway.State())
	const want = `{"count":0,"shards":[],"waiting":"Discord has not been reached yet"}`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	close(answer)
	s.begin("a")
	if b, err = json.Marshal(r.gateway.State()); err != nil || strings.Contains(string(b), "waiting") {
		t.Errorf("then it says %s, %v", b, err)
	}
}

func TestUnreachableGatewayIsTriedAgain(t *testing.T) {
	t.Parallel()
	s, gone := newServer(t), newServer(t)
	gone.http.Close()
	urls := make(chan string, 2)
	urls <- gone.url
	urls <- gone.url
	close(urls)
	r := run(t, s, func(o *gateway.Options) {
		o.Plan = func(context.Context) (gateway.Plan, error) {
			plan := gateway.Plan{URL: s.url, Shards: 1, MaxConcurrency: 1, Remaining: 1}
			if u := <-urls; u != "" {
				plan.URL = u
			}
			return plan, nil
		}
	})
	s.begin("a")
	r.expect("READY")
	if !strings.Contains(r.log.String(), "unreachable") {
		t.Error("the log does not say what is wrong")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	find, tunnels := proxy(t)
	for _, test := range []struct {
		name   string
		change func(*gateway.Options)
		seen   bool // the messages, so that the hang does not happen
	}{
		{"direct", func(*gateway.Options) {}, true},
		{"through a proxy", func(o *gateway.Options) { o.Proxy = find }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, (*httptest.Server).StartTLS)
			roots := x509.NewCertPool()
			roots.AddCert(s.http.Certificate())
			r := run(t, s, func(o *gateway.Options) {
				o.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
				test.change(o)
			})
			c := s.begin("a")
			r.expect("READY")
			c.drop()
			c = s.resume("a", 1)
			if test.seen {
				c.raw(`{"op":7,"d":null,"s":null,"t":null}`)
				c = s.resume("a", 1)
			} else {
				await(t, tunnels, "tunnel")
			}
			c.event(2, "RESUMED", `{}`)
			r.expect("RESUMED")
		})
	}
	t.Run("not trusted", func(t *testing.T) {
		t.Parallel()
		s := serve(t, (*httptest.Server).StartTLS)
		r := run(t, s, nil)
		if seen := r.observed(gateway.Lost, gateway.Lost); seen[gateway.Identified] != 0 {
			t.Errorf("observed %v", seen)
		}
	})
}

func TestEndIsPolite(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, nil)
	c := s.begin("a")
	r.expect("READY")
	r.phase(gateway.Ready)
	r.stop()
	if code := await(t, c.closed, "goodbye"); code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d", code)
	}
	r.phase(gateway.Down)
	if err := r.gateway.Run(t.Context()); err == nil {
		t.Error("it ran twice")
	}
}

func TestEndWhileConnecting(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, nil)
	c := s.accept()
	r.stop()
	await(t, c.closed, "end of the connection")
	if strings.Contains(r.log.String(), "hangs") {
		t.Error("a session is left behind")
	}
}

func TestEndWhileAskingForThePlan(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, func(o *gateway.Options) {
		o.Plan = func(ctx context.Context) (gateway.Plan, error) {
			<-ctx.Done()
			return gateway.Plan{}, ctx.Err()
		}
	})
	r.stop()
}

func TestNewChecksItsOptions(t *testing.T) {
	t.Parallel()
	good := func() gateway.Options {
		return gateway.Options{
			Token: "Bot " + token, Log: slog.New(slog.DiscardHandler), Now: time.Now,
			Plan:   func(context.Context) (gateway.Plan, error) { return gateway.Plan{}, nil },
			Handle: func(context.Context, gateway.Event) {},
		}
	}
	if _, err := gateway.New(good()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*gateway.Options){
		"no token":         func(o *gateway.Options) { o.Token = "Bot " },
		"no plan":          func(o *gateway.Options) { o.Plan = nil },
		"no handler":       func(o *gateway.Options) { o.Handle = nil },
		"no log":           func(o *gateway.Options) { o.Log = nil },
		"no clock":         func(o *gateway.Options) { o.Now = nil },
		"negative count":   func(o *gateway.Options) { o.Shards.Count = -1 },
		"count beyond all": func(o *gateway.Options) { o.Shards.Count = 1 << 20 },
		"id beyond count":  func(o *gateway.Options) { o.Shards = gateway.Shards{Count: 2, IDs: []int{2}} },
		"negative id":      func(o *gateway.Options) { o.Shards = gateway.Shards{Count: 2, IDs: []int{-1}} },
		"ids of how many":  func(o *gateway.Options) { o.Shards.IDs = []int{0} },
	} {
		o := good()
		spoil(&o)
		if _, err := gateway.New(o); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error holds the token: %v", name, err)
		}
	}
}
