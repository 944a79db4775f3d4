package gateway

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"briefbot/bot"
)

// lastCall is for handlers to return once their context has ended.
const lastCall = time.Second

// queues holds a queue for each type of event that is handed on, or one for
// all under anyType.
type queues map[string]*queue

const anyType = ""

func newQueues(o Options) queues {
	all := queues{}
	for _, t := range o.Types {
		all[t] = newQueue(o)
	}
	if len(o.Types) == 0 {
		all[anyType] = newQueue(o)
	}
	return all
}

// put queues an event of a type that is handed on. It never blocks.
func (all queues) put(ctx context.Context, e Event) {
	q, ok := all[e.Type]
	if !ok {
		q, ok = all[anyType]
	}
	if ok {
		q.put(ctx, e)
	}
}

// start starts every queue; what it returns drains them beside each other.
func (all queues) start(ctx context.Context) (drained func()) {
	var drains []func()
	for _, q := range all {
		drains = append(drains, q.start(ctx))
	}
	return func() {
		var draining sync.WaitGroup
		for _, drain := range drains {
			draining.Go(drain)
		}
		draining.Wait()
	}
}

// queue stands between the connections, which must never wait, and the
// handlers, which may be slow.
type queue struct {
	handle  func(context.Context, Event)
	events  chan Event
	slots   chan struct{} // one for each handler that may run
	full    atomic.Bool   // so that a run of drops is one line in the log
	grace   time.Duration
	log     *slog.Logger
	observe func(Observation)
}

func newQueue(o Options) *queue {
	return &queue{
		handle: o.Handle, grace: o.Bounds.Grace, log: o.Log, observe: o.Observe,
		events: make(chan Event, o.Queue), slots: make(chan struct{}, o.Handlers),
	}
}

// put queues an event, or drops it where the queue is full. It never blocks.
func (q *queue) put(ctx context.Context, e Event) {
	select {
	case q.events <- e:
		q.full.Store(false)
	default:
		if !q.full.Swap(true) {
			q.log.ErrorContext(ctx, "events dropped: handlers are too slow and the queue is full", "shard", e.Shard, "type", e.Type, "queue", cap(q.events))
		}
		q.observe(Observation{Shard: e.Shard, What: Dropped})
	}
}

// start begins to handle events. What it returns waits until those queued are
// handled, for the grace at most; then it ends the handlers' context.
func (q *queue) start(ctx context.Context) (drained func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var (
		dispatcher, handlers sync.WaitGroup
		noMore               = make(chan struct{})
	)
	dispatch := func(e Event) {
		select {
		case q.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		handlers.Go(func() {
			defer func() { <-q.slots }()
			q.call(ctx, e)
		})
	}
	dispatcher.Go(func() {
		for {
			select {
			case e := <-q.events:
				dispatch(e)
				continue
			case <-noMore:
			}
			for ctx.Err() == nil {
				select {
				case e := <-q.events:
					dispatch(e)
				default:
					return
				}
			}
			return
		}
	})
	return func() {
		defer cancel()
		close(noMore)
		done := make(chan struct{})
		go func() {
			dispatcher.Wait()
			handlers.Wait()
			close(done)
		}()
		if within(done, q.grace) {
			return
		}
		cancel()
		if !within(done, lastCall) {
			q.log.ErrorContext(ctx, "handlers of events did not end", "running", len(q.slots))
		}
	}
}

// call handles one event.
func (q *queue) call(ctx context.Context, e Event) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		q.log.ErrorContext(ctx, "handler of an event panicked", "shard", e.Shard, "type", e.Type, "panic", bot.PanicText(p), "stack", string(debug.Stack()))
		q.observe(Observation{Shard: e.Shard, What: Panicked})
	}()
	q.handle(ctx, e)
}

// within waits for done, no longer than d, and reports whether it came.
func within(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// sleep waits for d or the end of ctx, and returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	within(ctx.Done(), d)
	return ctx.Err()
}
