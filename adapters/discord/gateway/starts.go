package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"briefbot/bot"
)

const (
	planAge       = time.Minute    // a plan that is older is asked for anew before a session begins
	maxResetAfter = 24 * time.Hour // Discord counts session starts by the day
)

// starts keeps to the limits of beginning sessions: one at a time and one in
// five seconds in each bucket of shards, and so many a day.
// https://discord.com/developers/docs/events/gateway#sharding-max-concurrency
type starts struct {
	options Options
	buckets []*bucket // a shard belongs to id modulo max_concurrency

	mu    sync.Mutex
	plan  Plan
	asked time.Time // when plan came
}

// first asks for the plan to begin with.
func (s *starts) first(ctx context.Context) (Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for failures := 1; ; failures++ {
		err := s.ask(ctx)
		if err == nil {
			break
		}
		if isFinal(err) || ctx.Err() != nil {
			return Plan{}, err
		}
		s.options.Log.WarnContext(ctx, "cannot ask Discord where to connect; trying again", "err", err)
		if err := sleep(ctx, s.options.backoff(failures)); err != nil {
			return Plan{}, err
		}
	}
	for range s.plan.MaxConcurrency {
		s.buckets = append(s.buckets, &bucket{})
	}
	return s.plan, nil
}

// ask replaces the plan by a new one.
func (s *starts) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Bounds.Connect)
	defer cancel()
	plan, err := s.options.Plan(ctx)
	if err != nil {
		return err
	}
	u, err := url.Parse(plan.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "wss" && u.Scheme != "ws"):
		return &bot.Error{Kind: bot.Unavailable, Message: "Discord named no address of its gateway; try again later."}
	case s.options.Shards.Count == 0 && (plan.Shards < 1 || plan.Shards > maxShards):
		return &bot.Error{
			Kind: bot.Unavailable, Message: "Discord recommends no number of shards; set discord.shards to a number.",
			Err: fmt.Errorf("%d shards recommended", plan.Shards),
		}
	}
	plan.MaxConcurrency = min(max(plan.MaxConcurrency, 1), maxShards)
	plan.ResetAfter = min(max(plan.ResetAfter, s.options.Bounds.Backoff), maxResetAfter)
	s.plan, s.asked = plan, s.options.Now()
	return nil
}

// take uses up one start of a session and returns the plan. It waits while
// there is none.
func (s *starts) take(ctx context.Context) (Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for failures := 0; ; {
		if err := ctx.Err(); err != nil {
			return Plan{}, err
		}
		if s.plan.Remaining <= 0 || s.options.Now().Sub(s.asked) > planAge {
			switch err := s.ask(ctx); {
			case err == nil:
			case isFinal(err):
				return Plan{}, err
			case s.plan.Remaining > 0: // the old one will do: the gateway may be up where the API is not
				s.options.Log.WarnContext(ctx, "cannot ask Discord where to connect; going by the last answer", "err", err)
			default:
				failures++
				s.options.Log.WarnContext(ctx, "cannot ask Discord where to connect; trying again", "err", err)
				_ = sleep(ctx, s.options.backoff(failures)) // the loop begins by looking at ctx
				continue
			}
		}
		if s.plan.Remaining > 0 {
			s.plan.Remaining--
			return s.plan, nil
		}
		s.options.Log.ErrorContext(ctx, "session starts of the day are used up; waiting for new ones", "wait", s.plan.ResetAfter)
		_ = sleep(ctx, s.plan.ResetAfter)
	}
}

// isFinal reports whether asking again is of no use.
func isFinal(err error) bool {
	var e *bot.Error
	return errors.As(err, &e) && (e.Kind == bot.Denied || e.Kind == bot.Invalid)
}

// backoff is the wait after so many failures in a row: none after none.
func (o Options) backoff(failures int) time.Duration {
	if failures <= 0 {
		return 0
	}
	wait := o.Bounds.MaxBackoff
	if doubled := o.Bounds.Backoff << min(failures-1, 16); doubled < wait {
		wait = doubled
	}
	return wait/2 + time.Duration(o.Jitter()*float64(wait/2))
}

// bucket is the line of those shards that begin one after the other.
type bucket struct {
	mu   sync.Mutex
	line []*turn // the first has its turn
	free time.Time
}

// turn is a shard's place in the line of its bucket.
type turn struct {
	starts *starts
	bucket *bucket
	come   chan struct{} // closed when it is first in the line
	once   sync.Once
}

// join takes a place in the line of the bucket of a shard.
func (s *starts) join(id int) *turn {
	b := s.buckets[id%len(s.buckets)]
	t := &turn{starts: s, bucket: b, come: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.line = append(b.line, t); len(b.line) == 1 {
		close(t.come)
	}
	return t
}

// wait returns the plan by which a session may begin now.
func (t *turn) wait(ctx context.Context) (Plan, error) {
	select {
	case <-t.come:
	case <-ctx.Done():
		return Plan{}, ctx.Err()
	}
	t.bucket.mu.Lock()
	wait := t.bucket.free.Sub(t.starts.options.Now())
	t.bucket.mu.Unlock()
	if err := sleep(ctx, wait); err != nil {
		return Plan{}, err
	}
	return t.starts.take(ctx)
}

// done lets the next in the line have its turn: the session has begun, or
// failed to. The time until then is counted from here and not from the
// identify, because how long a message was under way is not known.
func (t *turn) done() {
	t.once.Do(func() {
		b := t.bucket
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.line) == 0 || b.line[0] != t {
			return // it never came; Run is ending
		}
		b.free = t.starts.options.Now().Add(t.starts.options.Bounds.Identify)
		if b.line = b.line[1:]; len(b.line) > 0 {
			close(b.line[0].come)
		}
	})
}
