package delivery

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"briefbot/bot/digest"
)

// waitingEvery is how often the store is asked how much waits, for figures
// alone: counting costs more than all else that is asked.
const waitingEvery = 5 * time.Second

// lanesAtOnce bounds the lanes that a replica works: each costs the store some
// writes in a second, and one whose lease cannot be kept is worse than one that
// waits for its turn. What has waited longest comes first.
const lanesAtOnce = 100

// share keeps this replica present, takes lanes and gives up what is more than
// its share, until ctx ends.
func (d *Deliverer) share(ctx context.Context) {
	var counted, over time.Time // over: since when there has been more than the share
	for ctx.Err() == nil {
		looked := d.Now()
		if d.library.current.Load() != nil { // nothing can be composed before
			over = d.look(ctx, over)
		}
		if now := d.Now(); now.Sub(counted) >= waitingEvery {
			d.count(ctx)
			counted = now
		}
		if !rest(ctx, d.Bounds.Poll, d.wake) {
			return
		}
		// Lanes that become idle wake us one after the other.
		const looksAPoll = 10
		if early := d.Bounds.Poll/looksAPoll - d.Now().Sub(looked); early > 0 && !rest(ctx, early, nil) {
			return
		}
	}
}

// look takes the lanes that this replica should have, or gives some up. It
// returns since when there have been too many, zero where there are not.
func (d *Deliverer) look(ctx context.Context, over time.Time) time.Time {
	defer d.recovered(ctx, "sharing lanes panicked", d.Replica)
	replicas, lanes, err := d.Queue.Present(ctx, d.Replica, d.platforms, d.Bounds.Lease)
	if d.store.note(ctx, err) != nil {
		return over
	}
	d.update(func(s *State) { s.Replicas = replicas })
	busy := d.held.busy()
	share := min(fairShare(lanes, replicas), lanesAtOnce)
	crowded := fairShare(lanes, replicas) > lanesAtOnce
	d.held.crowded.Store(crowded)
	more := share - len(busy)
	if crowded && more > 0 {
		more = lanesAtOnce - d.held.count() // those that are just being handed back are work for the store too
	}
	switch {
	case more > 0:
		d.acquire(ctx, more)
	case more < 0:
		// A lane may be just about to become idle, or a replica to come back.
		const polls = 2
		if over.IsZero() {
			over = d.Now()
		}
		if d.Now().Sub(over) < polls*d.Bounds.Poll {
			return over
		}
		for _, l := range busy[:-more] {
			l.giveUp()
		}
	}
	return time.Time{}
}

// acquire takes so many lanes, as far as there are any that nobody holds. Where
// much becomes due at once all replicas want the same lanes, and all but one
// come away with too few: they look for others at once.
func (d *Deliverer) acquire(ctx context.Context, more int) {
	const looks = 4
	for range looks {
		if more <= 0 || d.held.owing() {
			return
		}
		began := d.Now()
		taken, err := d.Queue.Acquire(ctx, d.Replica, d.platforms, d.Bounds.Lease, more)
		if d.store.note(ctx, err) != nil {
			return
		}
		for _, l := range taken {
			d.hold(ctx, l, began)
		}
		more -= len(taken)
	}
}

// fairShare is how many of the lanes one of the replicas works.
func fairShare(lanes, replicas int) int {
	replicas = max(replicas, 1)
	return (lanes + replicas - 1) / replicas
}

func (d *Deliverer) count(ctx context.Context) {
	due, lanes, err := d.Queue.Waiting(ctx)
	if d.store.note(ctx, err) == nil {
		d.update(func(s *State) { s.Due, s.Waiting = due, lanes })
	}
}

// update changes the state; share alone calls it.
func (d *Deliverer) update(change func(*State)) {
	s := *d.state.Load()
	change(&s)
	d.state.Store(&s)
}

// hold works a lane that was leased at began or later.
func (d *Deliverer) hold(ctx context.Context, row digest.Lane, began time.Time) {
	l := d.newLane(ctx, row)
	d.held.add(l)
	d.held.running.Go(func() {
		defer d.held.remove(l)
		l.work(ctx, began)
	})
}

// holdings are the lanes that this replica works.
type holdings struct {
	running sync.WaitGroup // lanes that are worked
	crowded atomic.Bool    // lanes wait for idle ones to be released

	mu    sync.Mutex
	lanes map[string]*lane // by id
}

func (h *holdings) add(l *lane) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lanes[l.ID] = l
}

// remove forgets a lane that was given up, unless it was taken anew meanwhile.
func (h *holdings) remove(l *lane) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lanes[l.ID] == l {
		delete(h.lanes, l.ID)
	}
}

func (h *holdings) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lanes)
}

func (h *holdings) all() []*lane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(maps.Values(h.lanes), func(a, b *lane) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
}

// busy returns the lanes that are not idle, by id.
func (h *holdings) busy() []*lane {
	return slices.DeleteFunc(h.all(), func(l *lane) bool { return l.idle.Load() })
}

// owing reports whether a lane that is being given up has results that the store
// has not taken yet: whoever acquires that lane before does not know what stands.
func (h *holdings) owing() bool {
	return slices.ContainsFunc(h.all(), func(l *lane) bool { return l.beginning.Err() != nil && l.recorder.owes() })
}

func (h *holdings) nudge() {
	for _, l := range h.all() {
		signal(l.wake)
	}
}
