// Package underway keeps count of what a surface has begun and not finished,
// so that stopping can wait for it.
package underway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Group is what is under way and what goes on after it. It is safe for
// concurrent use.
type Group struct {
	ctx    context.Context // ends when waiting is over
	cancel context.CancelFunc

	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
	count   atomic.Int64
}

// New returns a group in which nothing is under way.
func New() *Group {
	g := &Group{}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g
}

// Enter begins something that is waited for until Leave; ok is false once the
// end has begun.
func (g *Group) Enter() (ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return false
	}
	g.running.Add(1)
	g.count.Add(1)
	return true
}

// Leave ends what Enter began.
func (g *Group) Leave() {
	g.count.Add(-1)
	g.running.Done()
}

// Go runs f beside its caller, who has entered and not left. The context of
// f ends when End waits no longer.
func (g *Group) Go(f func(context.Context)) {
	g.count.Add(1)
	g.running.Go(func() {
		defer g.count.Add(-1)
		f(g.ctx)
	})
}

// Count returns how much is under way: what has entered and not left, and what
// goes on beside it.
func (g *Group) Count() int { return int(g.count.Load()) }

// End lets nothing more begin and waits for what runs, for at most the given
// time; then it ends the context of what still does.
func (g *Group) End(within time.Duration) {
	g.mu.Lock()
	g.ended = true
	g.mu.Unlock()
	defer g.cancel()
	timer := time.AfterFunc(within, g.cancel)
	defer timer.Stop()
	g.running.Wait()
}
