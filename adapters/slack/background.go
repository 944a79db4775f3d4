package slack

import (
	"context"
	"sync"
	"time"
)

// background holds what is under way and what goes on after it: it can be
// waited for, and ends with the adapter.
type background struct {
	ctx    context.Context // ends when waiting is over
	cancel context.CancelFunc

	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

func (b *background) begin() { b.ctx, b.cancel = context.WithCancel(context.Background()) }

// enter begins something that is waited for until leave; ok is false once the
// end has begun.
func (b *background) enter() (ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false
	}
	b.running.Add(1)
	return true
}

func (b *background) leave() { b.running.Done() }

// Go runs f beside its caller, who has entered and not left.
func (b *background) Go(f func(context.Context)) {
	b.running.Go(func() { f(b.ctx) })
}

// end waits for what runs, for at most the given time, then has it stop.
func (b *background) end(within time.Duration) {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	defer b.cancel()
	timer := time.AfterFunc(within, b.cancel)
	defer timer.Stop()
	b.running.Wait()
}
