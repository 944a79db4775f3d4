// Package underway keeps count of what a surface has begun and not finished,
// so that stopping can wait for it.
package underway

import (
	"context"
	"sync"
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
	return true
}

// Leave ends what Enter began.
func (g *Group) Leave() { g.running.Done() }

// Go runs f beside its caller, who has entered and not left. The context of
// f ends when End waits no longer.
func (g *Group) Go(f func(context.Context)) {
	g.running.Go(func() { f(g.ctx) })
}

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
