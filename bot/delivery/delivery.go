package delivery

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
)

// Options are what a Deliverer needs.
type Options struct {
	Queue   digest.Queue
	Shelves bot.Shelves
	Senders map[string]bot.Sender // by platform
	Phrases *i18n.Phrases
	Log     *slog.Logger
	Now     func() time.Time // for the ends of leases and for figures; what is due goes by the queue's clock
	Random  func() float64   // from 0 up to 1, for jitter
	Replica string           // another one for each process
	Bounds  Bounds
	Observe func(Observation) // may be nil
}

// Bounds are how long and how much. What is zero is as DefaultBounds has it,
// but for Corrections.
type Bounds struct {
	Late        time.Duration // an occurrence that could not be sent within it is skipped
	Lease       time.Duration // of a lane: how long it stays with a replica that is not heard of
	Poll        time.Duration // between two looks at the store, where nothing is known to be due before
	Grace       time.Duration // what is being posted may take at the end
	Corrections time.Duration // a digest that is older is not corrected; 0 corrects none
	Post        time.Duration // one post may take, with its waiting for rate limits
	Together    func(platform string) int
}

// DefaultBounds returns the usual ones.
func DefaultBounds() Bounds {
	return Bounds{
		Late: 6 * time.Hour, Lease: 10 * time.Second, Poll: time.Second, Grace: 8 * time.Second,
		Corrections: 7 * 24 * time.Hour, Post: time.Minute, Together: together,
	}
}

// together is how many posts of a lane are under way at once. Discord takes 50
// in a second from one bot, each of which may take a second; a workspace of
// Slack's takes a few hundred in a minute.
// https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
// https://docs.slack.dev/apis/web-api/rate-limits
func together(platform string) int {
	if platform == "discord" {
		return 64
	}
	return 16
}

func (b Bounds) filled() Bounds {
	usual := DefaultBounds()
	for _, each := range []struct{ bound, usual *time.Duration }{
		{&b.Late, &usual.Late}, {&b.Lease, &usual.Lease}, {&b.Poll, &usual.Poll}, {&b.Grace, &usual.Grace}, {&b.Post, &usual.Post},
	} {
		if *each.bound == 0 {
			*each.bound = *each.usual
		}
	}
	if b.Together == nil {
		b.Together = usual.Together
	}
	return b
}

// Deliverer brings digests to their channels. State is safe for concurrent
// use.
type Deliverer struct {
	Options

	store   outage
	library library
	zones   atomic.Pointer[digest.LoadedZones]
	held    holdings
	state   atomic.Pointer[State]
	wake    chan struct{} // something was queued
	stopped chan struct{} // a subscription has

	platforms []string // of Senders
}

// State is what is known of delivery, of all replicas where not said
// otherwise.
type State struct {
	Due      int  `json:"due"`      // occurrences that are queued or under way
	Waiting  int  `json:"lanes"`    // lanes that they are in
	Held     int  `json:"held"`     // lanes that this replica holds
	Replicas int  `json:"replicas"` // that are there
	StoreUp  bool `json:"store_up"` // whether the store answered when it was last asked
}

// New makes a Deliverer.
func New(o Options) (*Deliverer, error) {
	switch {
	case o.Replica == "":
		return nil, errors.New("a deliverer needs the id of its replica")
	case len(o.Senders) == 0:
		return nil, errors.New("a deliverer needs a platform to send to")
	}
	o.Bounds = o.Bounds.filled()
	if o.Observe == nil {
		o.Observe = func(Observation) {}
	}
	d := &Deliverer{
		Options: o, wake: make(chan struct{}, 1), stopped: make(chan struct{}, 1),
		platforms: slices.Sorted(maps.Keys(o.Senders)),
	}
	d.store.log = o.Log
	var err error
	if d.library.earlier, err = lru.New[int64, digest.Edition](editionsKept); err != nil {
		return nil, err
	}
	if d.library.lacking, err = lru.New[editions, bool](editionsKept); err != nil {
		return nil, err
	}
	d.library.renewed = make(chan struct{}, 1)
	d.held.lanes = map[string]*lane{}
	d.state.Store(&State{})
	d.zones.Store(&digest.LoadedZones{})
	return d, nil
}

// State returns what was known when the store was last asked.
func (d *Deliverer) State() State {
	s := *d.state.Load()
	s.Held, s.StoreUp = d.held.count(), d.store.up()
	return s
}

// Run delivers until ctx ends. It then begins nothing more, gives what is being
// posted its grace and hands the rest back.
func (d *Deliverer) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { d.plan(ctx) })
	running.Go(func() { d.correctAll(ctx) })
	running.Go(func() { d.share(ctx) })
	running.Go(func() { d.tellAll(ctx) })
	running.Wait()
	d.held.running.Wait() // lanes are handed back
	d.leave(ctx)
	return nil
}

// farewell bounds each of the last words to the store.
const farewell = 2 * time.Second

func (d *Deliverer) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := d.store.note(ctx, d.Queue.Leave(ctx, d.Replica)); err != nil {
		d.Log.WarnContext(ctx, "the other replicas take this one's lanes when their leases end", "err", err)
	}
}

// nudge tells every lane, and whoever takes lanes, that something was queued.
func (d *Deliverer) nudge() {
	signal(d.wake)
	d.held.nudge()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// rest waits; it reports false where ctx ended.
func rest(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-wake:
	}
	return ctx.Err() == nil
}
