package delivery

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
)

// lane is a lane that this replica works.
type lane struct {
	digest.Lane
	d        *Deliverer
	platform string
	sender   bot.Sender // nil where this program is not on the platform
	recorder *recorder

	beginning context.Context // ends when nothing more is to be begun
	giveUp    context.CancelFunc
	posting   context.Context // ends before the lease can, or when the lane is lost
	end       context.CancelCauseFunc
	expiry    *time.Timer
	until     atomic.Pointer[time.Time] // when expiry comes

	wake     chan struct{} // something was queued, or finished
	slots    chan struct{} // one a post that is under way
	jobs     sync.WaitGroup
	underWay atomic.Int64
	idle     atomic.Bool // nothing is under way and nothing was to be taken
}

var errLeaseOver = errors.New("the lease ran out")

func (d *Deliverer) newLane(ctx context.Context, row digest.Lane) *lane {
	platform, _, _ := strings.Cut(row.ID, "/")
	l := &lane{
		Lane: row, d: d, platform: platform, sender: d.Senders[platform],
		wake: make(chan struct{}, 1), slots: make(chan struct{}, d.Bounds.Together(platform)),
	}
	l.beginning, l.giveUp = context.WithCancel(ctx)
	l.recorder = newRecorder(d, row, l.giveUp)
	l.posting, l.end = context.WithCancelCause(context.WithoutCancel(ctx))
	return l
}

// work takes and delivers what is in the lane until it is idle, is to be given
// up or is lost, and then releases it. It was leased at began or later.
func (l *lane) work(ctx context.Context, began time.Time) {
	defer l.giveUp()
	l.expiry = time.AfterFunc(l.d.Bounds.Lease, func() { l.end(errLeaseOver) })
	defer l.expiry.Stop()
	l.leased(began)

	var keeping sync.WaitGroup
	keeping.Go(l.renew)
	keeping.Go(func() {
		if err := l.recorder.run(l.posting); err != nil {
			l.end(err)
		}
	})
	l.take()
	l.giveUp() // what waits for a slot is handed back
	grace := time.AfterFunc(l.d.Bounds.Grace, func() { l.end(nil) })
	l.jobs.Wait()
	grace.Stop()
	lost := context.Cause(l.posting) // before it is ended here
	l.end(nil)
	keeping.Wait()
	l.handBack(ctx, lost)
}

// left is how long from now posts may go on under a lease that was asked for at
// asked: by a clock of this machine that nobody sets, from before the store has
// read its own, and with some time for a post that is told to end.
func (l *lane) left(asked time.Time) time.Duration {
	const margin = 10 // a tenth
	lease := l.d.Bounds.Lease
	return lease - lease/margin - l.d.Now().Sub(asked)
}

// leased notes that the lease holds as long as one that was asked for at asked.
func (l *lane) leased(asked time.Time) {
	left := l.left(asked)
	until := l.d.Now().Add(left)
	l.until.Store(&until)
	l.expiry.Reset(left)
}

// holds reports whether posts may go on. A program that stood still finds out
// here: its timers need not have come first.
func (l *lane) holds() bool {
	return l.posting.Err() == nil && l.d.Now().Before(*l.until.Load())
}

// thirds of a lease are what it is renewed after.
const thirds = 3

// renew keeps the lease until posting ends.
func (l *lane) renew() {
	wait := l.d.Bounds.Lease / thirds
	for rest(l.posting, wait, nil) {
		asked := l.d.Now()
		err := l.renewOnce()
		switch {
		case errors.Is(err, digest.ErrFenced):
			l.end(err)
			return
		case err != nil:
			wait = min(l.d.Bounds.Poll, l.d.Bounds.Lease/10)
		default:
			l.leased(asked)
			wait = l.d.Bounds.Lease / thirds
		}
	}
}

// renewOnce asks for as long as there is time to ask again.
func (l *lane) renewOnce() error {
	ctx, cancel := context.WithTimeout(l.posting, l.d.Bounds.Lease/thirds)
	defer cancel()
	return l.d.store.note(l.posting, l.d.Queue.Renew(ctx, l.Lane, l.d.Bounds.Lease))
}

// take takes jobs and begins them, until the lane has been idle for a while or
// nothing more is to be begun.
func (l *lane) take() {
	const idlePolls = 3
	defer l.idle.Store(true)
	ctx, cancel := context.WithCancel(l.posting)
	defer cancel()
	defer context.AfterFunc(l.beginning, cancel)()
	active := l.d.Now()
	for {
		n, err := l.takeSome(ctx)
		if err != nil {
			// What was taken without our knowing it is begun by the next holder.
			if ctx.Err() == nil && errors.Is(err, digest.ErrFenced) {
				l.end(err)
			}
			return
		}
		idle := n == 0 && l.underWay.Load() == 0
		if !idle {
			active = l.d.Now()
		}
		if was := l.idle.Swap(idle); idle && !was {
			signal(l.d.wake) // another lane may be waiting
		}
		if idle && l.d.held.crowded.Load() {
			return
		}
		if l.d.Now().Sub(active) >= idlePolls*l.d.Bounds.Poll || !rest(ctx, l.d.Bounds.Poll, l.wake) {
			return
		}
	}
}

// takeSome takes as many jobs as can be begun soon: twice as many as are posted
// at once are kept, so that the lane never waits for the store.
func (l *lane) takeSome(ctx context.Context) (int, error) {
	kept := 2 * cap(l.slots)
	free := kept - int(l.underWay.Load())
	if free < kept/2 {
		return 0, nil
	}
	jobs, err := l.d.Queue.Take(ctx, l.Lane, free)
	if l.d.store.note(ctx, err) != nil || len(jobs) == 0 {
		return 0, err
	}
	taken := l.d.Now()
	all, err := l.d.composeAll(ctx, l.sender, jobs)
	if err == nil {
		err = l.recordComposed(ctx, all)
	}
	if err != nil {
		return 0, err
	}
	for _, c := range all {
		if c.result.State != "" {
			l.finish(c.Job, c.result)
			if c.result.State == digest.Sent {
				l.d.Log.WarnContext(ctx, "the rest of a digest is given up", "occurrence", c.Occurrence.ID, "reason", c.result.Reason)
			}
			continue
		}
		l.begin(c, taken)
	}
	return len(all), nil
}

// recordComposed records what jobs are going to post, and of those that come to
// nothing which library they were composed from.
func (l *lane) recordComposed(ctx context.Context, all []composed) error {
	var fresh []digest.Job
	for _, c := range all {
		if !begun(c.Pages) && c.Occurrence.Edition != 0 {
			fresh = append(fresh, c.Job)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return l.d.store.note(ctx, l.d.Queue.Compose(ctx, l.Lane, fresh))
}

// begin delivers a job beside the others, when one of the slots is free.
func (l *lane) begin(c composed, taken time.Time) {
	l.underWay.Add(1)
	l.jobs.Go(func() {
		defer func() {
			l.underWay.Add(-1)
			signal(l.wake)
		}()
		select {
		case <-l.beginning.Done():
			return
		case <-l.posting.Done():
			return
		case l.slots <- struct{}{}:
		}
		defer func() { <-l.slots }()
		if l.beginning.Err() != nil || !l.holds() {
			return
		}
		l.deliver(c, taken)
	})
}

// handBack records what is left to be recorded and releases the lane. Where the
// store is away it waits for it, until ctx has ended: posts that are not
// recorded are told from lost ones only by asking the platform.
func (l *lane) handBack(ctx context.Context, lost error) {
	if errors.Is(lost, errLeaseOver) || errors.Is(lost, digest.ErrFenced) {
		l.d.Observe(Observation{What: LaneLost, Platform: l.platform, Count: 1})
		l.d.Log.WarnContext(ctx, "a lane was lost: what it has begun is checked before it is posted again", "lane", l.ID, "why", lost)
	}
	// Of a lane that somebody else holds the store still notes what stands.
	ctx, cancel := lasting(ctx, farewell)
	defer cancel()
	if err := l.recorder.finish(ctx); err != nil {
		return
	}
	_ = l.d.store.note(ctx, l.d.Queue.Release(ctx, l.Lane)) // or its lease ends
}

// lasting returns a context that outlasts another one by a time.
func lasting(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return longer, func() { stop(); cancel() }
}
