package gateway_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/discord/gateway"
)

// Handlers that do not end hold up neither the connection nor the process:
// what finds the queue full is dropped, and said to be.
func TestSlowHandlersHoldUpNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const handlers, queue = 2, 3
	release, began := make(chan struct{}), make(chan string, 100)
	r := run(t, s, func(o *gateway.Options) {
		o.Handlers, o.Queue, o.Types = handlers, queue, []string{"MESSAGE_CREATE"}
		o.Handle = func(_ context.Context, e gateway.Event) {
			began <- string(e.Data)
			<-release
		}
	})
	c := s.accept()
	c.hello(100 * time.Millisecond)
	c.expectIdentify()
	c.ready("a", s.url)
	sequence := 1
	send := func() {
		sequence++
		c.event(sequence, "MESSAGE_CREATE", strconv.Itoa(sequence))
	}
	for range handlers {
		send()
		await(t, began, "handler")
	}
	// The dispatcher holds one event, the queue three; the rest are dropped.
	const dropped = 4
	for range 1 + queue + dropped {
		send()
	}
	r.observed(gateway.Dropped, gateway.Dropped, gateway.Dropped, gateway.Dropped)
	if n := strings.Count(r.log.String(), "events dropped"); n != 1 {
		t.Errorf("%d lines in the log of one run of drops", n)
	}
	select {
	case text := <-began:
		t.Errorf("%s is handled beside %d others", text, handlers)
	case code := <-c.closed:
		t.Errorf("connection closed with %d", code)
	case <-time.After(500 * time.Millisecond): // several heartbeats
	}
	close(release)
	for range 1 + queue {
		await(t, began, "handler")
	}
	send()
	if got := await(t, began, "handler"); got != strconv.Itoa(sequence) {
		t.Errorf("got event %s, want %d", got, sequence)
	}
}

// Interactions have to be answered within three seconds; messages may wait
// for a limit of Discord's.
func TestSlowHandlersOfOneTypeHoldUpNoOther(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release, began := make(chan struct{}), make(chan string, 100)
	run(t, s, func(o *gateway.Options) {
		o.Handlers, o.Queue, o.Types = 2, 3, []string{"MESSAGE_CREATE", "INTERACTION_CREATE"}
		o.Handle = func(_ context.Context, e gateway.Event) {
			began <- e.Type
			if e.Type == "MESSAGE_CREATE" {
				<-release
			}
		}
	})
	c := s.begin("a")
	sequence := 1
	send := func(event string) {
		sequence++
		c.event(sequence, event, "{}")
	}
	for range 2 {
		send("MESSAGE_CREATE")
		await(t, began, "handler")
	}
	for range 10 {
		send("MESSAGE_CREATE")
	}
	send("INTERACTION_CREATE")
	if got := await(t, began, "handler"); got != "INTERACTION_CREATE" {
		t.Errorf("%s is handled first", got)
	}
	close(release)
}

func TestPanicOfAHandlerIsLoggedWithoutWhatWasWritten(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := run(t, s, func(o *gateway.Options) {
		handle := o.Handle
		o.Handle = func(ctx context.Context, e gateway.Event) {
			switch e.Type {
			case "MESSAGE_CREATE":
				panic(string(e.Data))
			case "MESSAGE_UPDATE":
				var none []int
				none[len(e.Data)] = 1
			}
			handle(ctx, e)
		}
	})
	c := s.begin("a")
	c.event(2, "MESSAGE_CREATE", `{"content":"`+payload+`"}`)
	c.event(3, "MESSAGE_UPDATE", `{}`)
	c.event(4, "MESSAGE_DELETE", `{}`)
	r.expect("READY", "MESSAGE_DELETE")
	r.observed(gateway.Panicked, gateway.Panicked)
	for _, want := range []string{"type=MESSAGE_CREATE", "panic=string", "index out of range", "queue_test.go"} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("%q is not in the log", want)
		}
	}
}

// What was begun, and what waits, is finished before Run returns.
func TestEndWaitsForHandlers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	began, release := make(chan struct{}), make(chan struct{})
	const waiting = 30
	handled := make(chan error, 1+waiting)
	r := run(t, s, func(o *gateway.Options) {
		o.Types = []string{"MESSAGE_CREATE"}
		o.Handle = func(ctx context.Context, e gateway.Event) {
			if string(e.Data) == "1" {
				close(began)
				<-release
			}
			handled <- ctx.Err()
		}
	})
	c := s.begin("a")
	c.event(2, "MESSAGE_CREATE", "1")
	await(t, began, "handler")
	for i := range waiting {
		c.event(3+i, "MESSAGE_CREATE", "2")
	}
	// A reconnect shows that the client has read what came before.
	c.raw(`{"op":9,"d":true}`)
	c = s.resume("a", 2+waiting)
	c.event(3+waiting, "RESUMED", "{}")
	r.phase(gateway.Ready)
	r.end()
	await(t, c.closed, "goodbye")
	r.phase(gateway.Down)
	select {
	case err := <-r.done:
		t.Fatalf("Run did not wait: %v", err)
	case <-time.After(200 * time.Millisecond): // it has nothing else to wait for
	}
	close(release)
	r.stop()
	if len(handled) != 1+waiting {
		t.Fatalf("%d of %d events were handled", len(handled), 1+waiting)
	}
	for range 1 + waiting {
		if err := <-handled; err != nil {
			t.Errorf("a handler's context ended within the grace: %v", err)
		}
	}
}

func TestEndDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		wait func(ctx context.Context, end <-chan struct{})
		says bool
	}{
		{"handler that heeds its context", func(ctx context.Context, _ <-chan struct{}) { <-ctx.Done() }, false},
		{"handler that does not", func(_ context.Context, end <-chan struct{}) { <-end }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			began, end := make(chan struct{}), make(chan struct{})
			r := run(t, s, func(o *gateway.Options) {
				o.Bounds.Grace = 100 * time.Millisecond
				o.Handle = func(ctx context.Context, _ gateway.Event) {
					close(began)
					test.wait(ctx, end)
				}
			})
			s.begin("a")
			await(t, began, "handler")
			r.stop()
			close(end)
			if got := strings.Contains(r.log.String(), "handlers of events did not end"); got != test.says {
				t.Errorf("the log says that handlers did not end: %t, want %t", got, test.says)
			}
		})
	}
}
