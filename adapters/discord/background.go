package discord

import (
	"context"
	"sync"
	"time"
)

// background holds what goes on after a request: it can be waited for, and
// ends with the adapter.
type background struct {
	ctx    context.Context // ends when waiting is over
	cancel context.CancelFunc

	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

func (b *background) begin() { b.ctx, b.cancel = context.WithCancel(context.Background()) }

// Go runs f beside its caller. Once the end has begun it does not: started is
// false.
func (b *background) Go(f func(context.Context)) (started bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false
	}
	b.running.Go(func() { f(b.ctx) })
	return true
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
