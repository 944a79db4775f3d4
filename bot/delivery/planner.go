package delivery

import (
	"context"
	"time"

	"briefbot/bot/digest"
)

// batch is how many subscriptions one transaction claims or plans anew, and how
// many digests one corrects.
const batch = 1000

// backlog is how many one transaction claims once a batch was full: much is due
// at one instant, and each transaction waits for what the lanes write.
const backlog = 4 * batch

// replanEvery is how often all subscriptions are planned anew. It heals what a
// changed zone database leaves behind; who changes settings plans at once.
const replanEvery = 24 * time.Hour

// planner queues what is due.
type planner struct {
	*Deliverer
	replanned time.Time // by the store's clock
	elsewhere bool      // another replica was queueing what is due
}

// plan registers the library and queues what is due until ctx ends.
func (d *Deliverer) plan(ctx context.Context) {
	p := planner{Deliverer: d}
	for ctx.Err() == nil {
		wait, err := p.tick(ctx)
		if err != nil {
			wait = d.Bounds.Poll
		}
		if !rest(ctx, wait, nil) {
			return
		}
	}
}

// tick does what there is to do and returns how long there is nothing more.
func (p *planner) tick(ctx context.Context) (wait time.Duration, err error) {
	defer p.recovering(ctx, "planning panicked", &err)
	if err := p.register(ctx); err != nil {
		return 0, err
	}
	due, now, err := p.Queue.NextDue(ctx)
	if p.store.note(ctx, err) != nil {
		return 0, err
	}
	if !due.IsZero() && !due.After(now) {
		n, err := p.claim(ctx)
		if p.elsewhere = n == 0; p.elsewhere {
			return p.aMoment(), err // others are just queuing it
		}
		return 0, err
	}
	if now.Sub(p.replanned) >= replanEvery {
		if err := p.replan(ctx); err != nil {
			return 0, err
		}
		p.replanned = now
	}
	if p.elsewhere {
		p.elsewhere = false
		p.nudge()
	}
	if due.IsZero() {
		return p.Bounds.Poll, nil
	}
	return min(due.Sub(now), p.Bounds.Poll), nil
}

// aMoment is how long others that queue what is due are given, so that the
// store is not asked all the time: from 50 to 100 milliseconds.
func (d *Deliverer) aMoment() time.Duration {
	const least = 50 * time.Millisecond
	return least + time.Duration(d.Random()*float64(least))
}

// claim queues what is due, until nothing is, and returns how much it was.
func (p *planner) claim(ctx context.Context) (all int, err error) {
	for limit := batch; ; limit = backlog {
		stopped, zones := stops{}, p.zones.Load()
		n, err := p.Queue.Claim(ctx, limit, func(s digest.Subscription, now time.Time) digest.Planned {
			return stopped.noting(s, p.unharmed(ctx, s, now, func() digest.Planned { return following(zones, s, now, p.Bounds.Late) }))
		})
		if p.store.note(ctx, err) != nil {
			return all, err
		}
		all += n
		if n > 0 {
			p.Observe(Observation{What: Claimed, Count: n})
			p.nudge()
		}
		p.noteStopped(stopped)
		if n < limit {
			return all, nil
		}
	}
}

// unharmed plans a subscription at which the program fails anew in an hour, so
// that all others go on. Its slot stays the same one, which is queued once.
func (d *Deliverer) unharmed(ctx context.Context, s digest.Subscription, now time.Time, plan func() digest.Planned) (p digest.Planned) {
	defer func() {
		if r := recover(); r != nil {
			d.panicked(ctx, "planning a subscription panicked", s.ID, r)
			s.Next.At = now.Add(time.Hour)
			p = digest.Planned{Next: s.Next}
		}
	}()
	return plan()
}

// replan moves subscriptions whose next slot is another one than was planned.
func (p *planner) replan(ctx context.Context) error {
	p.zones.Store(&digest.LoadedZones{}) // anew, so that a changed database is seen
	after := ""
	for {
		stopped, zones := stops{}, p.zones.Load()
		last, err := p.Queue.Replan(ctx, after, batch, func(s digest.Subscription, now time.Time) digest.Planned {
			return stopped.noting(s, p.unharmed(ctx, s, now, func() digest.Planned { return first(zones, s, now) }))
		})
		if p.store.note(ctx, err) != nil {
			return err
		}
		p.noteStopped(stopped)
		if after = last; after == "" {
			return nil
		}
	}
}

// following is what comes after the slot of a due subscription. Where it was
// due long ago, what is too late to be sent is passed over: of a long absence
// one occurrence tells.
func following(zones *digest.LoadedZones, s digest.Subscription, now time.Time, late time.Duration) digest.Planned {
	zone, err := zones.Load(s.Settings.Zone)
	if err != nil {
		return digest.Planned{Reason: digest.ReasonZone}
	}
	next, ok := s.Settings.NextIn(zone, s.Next)
	if early := now.Add(-late); ok && next.At.Before(early) {
		next, ok = s.Settings.FirstIn(zone, early)
	}
	return planned(next, ok)
}

// first is what comes first from now on.
func first(zones *digest.LoadedZones, s digest.Subscription, now time.Time) digest.Planned {
	zone, err := zones.Load(s.Settings.Zone)
	if err != nil {
		return digest.Planned{Reason: digest.ReasonZone}
	}
	return planned(s.Settings.FirstIn(zone, now))
}

func planned(next digest.Slot, ok bool) digest.Planned {
	if !ok {
		return digest.Planned{}
	}
	return digest.Planned{Next: next}
}

// stops are the subscriptions that planning stops, by id: a transaction that is
// repeated plans one again.
type stops map[string]digest.Subscription

func (all stops) noting(s digest.Subscription, p digest.Planned) digest.Planned {
	delete(all, s.ID)
	if p.Reason != "" {
		s.Reason = p.Reason
		all[s.ID] = s
	}
	return p
}

// noteStopped counts subscriptions that planning has stopped, and has those told
// who made them.
func (d *Deliverer) noteStopped(all stops) {
	for _, s := range all {
		d.Observe(Observation{What: Stopped, Platform: s.Place.Platform, Reason: s.Reason, Count: 1})
		signal(d.stopped)
	}
}
