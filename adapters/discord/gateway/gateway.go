package gateway

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

// maxShards is beyond what the largest bots run. A count above it is a mistake.
const maxShards = 16384

// Options are what a Gateway needs. Token, Plan, Handle, Log and Now are
// required.
type Options struct {
	Token   string // of the bot, with or without "Bot " in front
	Intents discordgo.Intent

	// Plan asks Discord where to connect and how often (GET /gateway/bot). It is
	// called at the start and anew before sessions begin. An error of kind
	// bot.Denied or bot.Invalid ends Run; others are tried again.
	Plan   func(context.Context) (Plan, error)
	Shards Shards

	// Handle is called for each event, concurrently and in no order. Its context
	// outlives the one of Run by Bounds.Grace, so that what was begun can be
	// finished. A panic is recovered and logged.
	Handle   func(context.Context, Event)
	Types    []string // of events that are handed on, such as "INTERACTION_CREATE"; all where empty
	Handlers int      // called at once for each type, or for all where Types is empty; 64 where zero
	Queue    int      // events that wait for a handler, likewise; 1024 where zero

	Log     *slog.Logger
	Now     func() time.Time
	Jitter  func() float64                        // in [0, 1); math/rand where nil
	Proxy   func(*http.Request) (*url.URL, error) // http.ProxyFromEnvironment where nil
	TLS     *tls.Config                           // the defaults where nil
	Observe func(Observation)                     // called where something is worth counting; may be nil
	Bounds  Bounds                                // zero fields take their defaults
}

// Plan is Discord's answer to where and how a bot connects.
// https://discord.com/developers/docs/events/gateway#get-gateway-bot
type Plan struct {
	URL            string        // such as "wss://gateway.discord.gg"
	Shards         int           // recommended
	MaxConcurrency int           // sessions that may begin within five seconds
	Remaining      int           // sessions that may begin before ResetAfter
	ResetAfter     time.Duration // until Remaining is full again
}

// Shards says which part of the bot's servers this process looks after. The
// zero value is all of them, over as many shards as Discord recommends.
type Shards struct {
	Count int   // of the whole bot; zero for as many as Discord recommends
	IDs   []int // run by this process, each below Count; all where empty
}

// Event is what Discord dispatched, undecoded.
// https://discord.com/developers/docs/events/gateway-events#receive-events
type Event struct {
	Shard int
	Type  string // such as "INTERACTION_CREATE"
	Data  json.RawMessage
}

// Bounds are the times after which something is given up or tried again. Tests
// make them small.
type Bounds struct {
	Connect    time.Duration // from dialling to READY or RESUMED; 30 s
	Margin     time.Duration // beyond two heartbeat intervals without an acknowledgement; 10 s
	Silence    time.Duration // without anything read, where hello could not be seen; 2 min
	Release    time.Duration // for discordgo to let go of a connection that ended; 5 s
	Identify   time.Duration // between two sessions that begin in one bucket; 5 s
	Invalid    time.Duration // least wait after an invalid session, five times as long at most; 1 s
	Backoff    time.Duration // first wait after a failure, doubled with each; 1 s
	MaxBackoff time.Duration // 2 min
	Settled    time.Duration // a session that lived as long starts again without a wait; 30 s
	Goodbye    time.Duration // for closing a session politely; 3 s
	Grace      time.Duration // for handlers under way when Run is told to end; 10 s
}

// withDefaults fills in the fields that are zero.
func (b Bounds) withDefaults() Bounds {
	for _, bound := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&b.Connect, 30 * time.Second},
		{&b.Margin, 10 * time.Second},
		{&b.Silence, 2 * time.Minute},
		{&b.Release, 5 * time.Second},
		{&b.Identify, 5 * time.Second}, // https://discord.com/developers/docs/events/gateway#rate-limiting
		{&b.Invalid, time.Second},
		{&b.Backoff, time.Second},
		{&b.MaxBackoff, 2 * time.Minute},
		{&b.Settled, 30 * time.Second},
		{&b.Goodbye, 3 * time.Second},
		{&b.Grace, 10 * time.Second},
	} {
		if *bound.field <= 0 {
			*bound.field = bound.value
		}
	}
	return b
}

// What is one thing that happened, for counting.
type What string

// The things that are counted.
const (
	Identified What = "identified" // a session began
	Resumed    What = "resumed"    // a session went on after its connection ended
	Lost       What = "lost"       // a connection ended
	Replaced   What = "replaced"   // a session was given up for a new one
	Stuck      What = "stuck"      // discordgo did not let go of a session; a goroutine stays behind
	Dropped    What = "dropped"    // an event found the queue full
	Panicked   What = "panicked"   // a handler did
)

// Observation is what Options.Observe is told.
type Observation struct {
	Shard int
	What  What
}

// Phase is where a shard stands.
type Phase string

// The phases of a shard.
const (
	Connecting Phase = "connecting" // to begin a session, or waiting for its turn to
	Resuming   Phase = "resuming"   // connecting to go on with a session
	Ready      Phase = "ready"      // receiving events
	Down       Phase = "down"       // without a connection, waiting to try again
)

// ShardState is where one shard stands, and since when.
type ShardState struct {
	Shard int       `json:"shard"`
	Phase Phase     `json:"phase"`
	Since time.Time `json:"since"`
}

// State is where the shards of this process stand.
type State struct {
	Count   int          `json:"count"`  // of the whole bot; zero until Discord was asked
	Shards  []ShardState `json:"shards"` // empty until then
	Waiting string       `json:"waiting,omitempty"`
}

// Ready reports whether every shard of this process has a live session.
func (s State) Ready() bool {
	for _, shard := range s.Shards {
		if shard.Phase != Ready {
			return false
		}
	}
	return len(s.Shards) > 0
}

// Gateway holds the sessions of this process.
type Gateway struct {
	options Options
	queues  queues

	mu    sync.Mutex
	ran   bool
	state State
}

// New prepares a gateway; it connects to nothing yet.
func New(o Options) (*Gateway, error) {
	if o.Plan == nil || o.Handle == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("gateway: Plan, Handle, Log and Now are required")
	}
	if o.Token = strings.TrimSpace(strings.TrimPrefix(o.Token, "Bot ")); o.Token == "" {
		return nil, errors.New("gateway: Token is required")
	}
	o.Shards.IDs = slices.Compact(slices.Sorted(slices.Values(o.Shards.IDs)))
	switch n, ids := o.Shards.Count, o.Shards.IDs; {
	case n < 0 || n > maxShards:
		return nil, fmt.Errorf("gateway: %d shards; have 1 to %d, or 0 for as many as Discord recommends", n, maxShards)
	case len(ids) > 0 && n == 0:
		return nil, errors.New("gateway: a process that runs some of the shards must be told how many there are")
	case len(ids) > 0 && (ids[0] < 0 || ids[len(ids)-1] >= n):
		return nil, fmt.Errorf("gateway: the ids of %d shards are 0 to %d", n, n-1)
	}
	if o.Handlers <= 0 {
		o.Handlers = 64
	}
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.Observe == nil {
		o.Observe = func(Observation) {}
	}
	o.Bounds = o.Bounds.withDefaults()
	return &Gateway{options: o, queues: newQueues(o)}, nil
}

// State returns where the shards of this process stand.
func (g *Gateway) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := State{Count: g.state.Count, Shards: append([]ShardState{}, g.state.Shards...)} // never null
	if s.Count == 0 {
		s.Waiting = "Discord has not been reached yet"
	}
	return s
}

// set records the phase of the i-th shard of this process.
func (g *Gateway) set(i int, phase Phase) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := &g.state.Shards[i]; s.Phase != phase {
		s.Phase, s.Since = phase, g.options.Now()
	}
}

// Run holds the sessions until ctx ends, which returns nil, or until Discord
// refuses them for a reason that trying again does not change. That is a
// *bot.Error which says what to change. A gateway runs once.
func (g *Gateway) Run(ctx context.Context) error {
	g.mu.Lock()
	ran := g.ran
	g.ran = true
	g.mu.Unlock()
	if ran {
		return errors.New("gateway: it runs once")
	}
	starts := &starts{options: g.options}
	plan, err := starts.first(ctx)
	if err != nil {
		return errUnless(ctx, err)
	}
	drained := g.queues.start(ctx)
	err = g.runShards(ctx, starts, plan)
	drained()
	return err
}

// runShards runs every shard of this process. The first that fails ends all.
func (g *Gateway) runShards(ctx context.Context, starts *starts, plan Plan) error {
	count, ids := g.options.Shards.Count, g.options.Shards.IDs
	if count == 0 {
		count = plan.Shards
	}
	if len(ids) == 0 {
		for id := range count {
			ids = append(ids, id)
		}
	}
	g.mu.Lock()
	g.state.Count = count
	for _, id := range ids {
		g.state.Shards = append(g.state.Shards, ShardState{Shard: id, Phase: Connecting, Since: g.options.Now()})
	}
	g.mu.Unlock()

	ctx, end := context.WithCancel(ctx)
	defer end()
	var (
		running sync.WaitGroup
		once    sync.Once
		fault   error // of the first that failed
	)
	for i, id := range ids {
		s := &shard{gateway: g, starts: starts, index: i, id: id, count: count, log: g.options.Log.With("shard", id)}
		turn := starts.join(id) // here, so that shards begin in order
		running.Go(func() {
			if err := s.run(ctx, turn); err != nil {
				once.Do(func() { fault = err })
				end()
			}
			g.set(i, Down)
		})
	}
	running.Wait()
	return fault
}
