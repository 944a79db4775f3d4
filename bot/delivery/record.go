package delivery

import (
	"context"
	"errors"
	"sync"
	"time"

	"briefbot/bot/digest"
)

// recorder writes down what a lane's posts come to, many in one transaction:
// while one is under way, or shortly after it, what comes waits for the next.
type recorder struct {
	queue digest.Queue
	store *outage
	lane  digest.Lane
	poll  time.Duration
	fails func() // the store did not take what there was

	mu      sync.Mutex
	results []noted
	tries   []trying
	kept    bool // the store did not take something once
	kick    chan struct{}
}

// noted is a result to be recorded, and what to do when it is.
type noted struct {
	digest.Result
	then func() // may be nil
}

// trying is a page about to be posted, and who waits for that to be recorded.
type trying struct {
	digest.Attempt
	done chan struct{}
}

// groupWithin is how long what has happened waits
// for company. At 50 posts in a second it makes 20 transactions of them.
const groupWithin = 50 * time.Millisecond

func newRecorder(d *Deliverer, l digest.Lane, fails func()) *recorder {
	return &recorder{queue: d.Queue, store: &d.store, lane: l, poll: d.Bounds.Poll, fails: fails, kick: make(chan struct{}, 1)}
}

// record has a result written down; then, unless it is nil, is called when it
// is.
func (r *recorder) record(result digest.Result, then func()) {
	r.mu.Lock()
	r.results = append(r.results, noted{result, then})
	r.mu.Unlock()
	signal(r.kick)
}

// try returns when it is written down that a page may be posted, or with the
// error of ctx.
func (r *recorder) try(ctx context.Context, a digest.Attempt) error {
	t := trying{a, make(chan struct{})}
	r.mu.Lock()
	r.tries = append(r.tries, t)
	r.mu.Unlock()
	signal(r.kick)
	select {
	case <-t.done:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run writes down what comes until ctx ends or the lane is lost. What the store
// does not take is kept.
func (r *recorder) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.kick:
		}
		wait := groupWithin
		if err := r.flush(ctx); errors.Is(err, digest.ErrFenced) {
			return err
		} else if err != nil {
			// It may have been taken all the same. To say again what came of a job
			// would be wrong where the job has been taken again since.
			r.fails()
			signal(r.kick)
			wait = r.poll
		}
		if !rest(ctx, wait, nil) {
			return nil
		}
	}
}

// flush writes down what there is: results first, for what follows rests on
// them.
func (r *recorder) flush(ctx context.Context) error {
	r.mu.Lock()
	results, tries := r.results, r.tries
	r.results, r.tries = nil, nil
	r.mu.Unlock()
	if len(results) > 0 {
		all := make([]digest.Result, len(results))
		for i, n := range results {
			all[i] = n.Result
		}
		if err := r.store.note(ctx, r.queue.Record(ctx, r.lane, all)); err != nil {
			r.keep(results, tries)
			return err
		}
		for _, n := range results {
			if n.then != nil {
				n.then()
			}
		}
	}
	if len(tries) > 0 {
		all := make([]digest.Attempt, len(tries))
		for i, t := range tries {
			all[i] = t.Attempt
		}
		if err := r.store.note(ctx, r.queue.Try(ctx, r.lane, all)); err != nil {
			r.keep(nil, tries)
			return err
		}
		for _, t := range tries {
			close(t.done)
		}
	}
	return nil
}

// keep puts back what was not written down, before what has come since.
func (r *recorder) keep(results []noted, tries []trying) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results, r.tries = append(results, r.results...), append(tries, r.tries...)
	r.kept = true
}

// owes reports whether there is something that the store has not taken.
func (r *recorder) owes() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept && len(r.results) > 0
}

// finish writes down the results that are left, however long the store is away,
// until ctx ends. Nothing is about to be posted any more.
func (r *recorder) finish(ctx context.Context) error {
	r.mu.Lock()
	r.tries = nil
	r.mu.Unlock()
	for {
		err := r.flush(ctx)
		if err == nil || errors.Is(err, digest.ErrFenced) {
			return err
		}
		if !rest(ctx, r.poll, nil) {
			return err
		}
	}
}
