package delivery

import (
	"context"
	"errors"
	"sync"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
)

// The bounds of telling those who made subscriptions that they have stopped.
const (
	tellEvery    = 5 * time.Second // the store is asked for those that wait
	tellTogether = 8
	tellWithin   = 24 * time.Hour // after it, nobody is surprised any more
)

// tellAll tells whoever made a subscription that has stopped, once and in
// private, until ctx ends. Where that cannot be told, nothing is to be done: the
// channel's members see it where they look the subscription up.
func (d *Deliverer) tellAll(ctx context.Context) {
	for rest(ctx, tellEvery, d.stopped) {
		for {
			all, err := d.Queue.Untold(ctx, d.platforms, tellTogether)
			if d.store.note(ctx, err) != nil || len(all) == 0 {
				break
			}
			d.tellSome(ctx, all)
		}
	}
}

// tellSome tells some at once. They are written down as told already: each is
// told, or put off, also where ctx ends.
func (d *Deliverer) tellSome(ctx context.Context, all []digest.Untold) {
	posting, cancel := lasting(ctx, d.Bounds.Grace)
	defer cancel()
	recording, end := lasting(ctx, d.Bounds.Grace+farewell)
	defer end()
	var telling sync.WaitGroup
	for _, u := range all {
		telling.Go(func() {
			err := d.tell(posting, u.Subscription)
			if err == nil {
				return
			}
			log := d.Log.With("subscription", u.Subscription.ID, "reason", u.Subscription.Reason, "err", err)
			f := failureOf(err)
			if f.maybe || !f.passes || errors.Is(err, errPanicked) || u.Ago > tellWithin {
				log.WarnContext(ctx, "whoever made a subscription may not know that it stopped")
				return
			}
			after := max(f.delay, min(max(u.Ago, shortestWait), longestWait)) // twice as long each time
			for d.store.note(recording, d.Queue.TellLater(recording, u, after)) != nil {
				if !rest(recording, d.Bounds.Poll, nil) {
					log.WarnContext(ctx, "whoever made a subscription was not told that it stopped")
					return
				}
			}
		})
	}
	telling.Wait()
}

// tell tells whoever made a subscription why it has stopped.
func (d *Deliverer) tell(ctx context.Context, s digest.Subscription) (err error) {
	sender := d.Senders[s.Place.Platform]
	if sender == nil || s.Creator == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.Bounds.Post)
	defer cancel()
	defer d.recovering(ctx, "telling that a subscription stopped panicked", &err)
	to := bot.Place{Platform: s.Place.Platform, Workspace: s.Place.Workspace, User: s.Creator}
	m, lang := d.stoppedMessage(s, s.Reason)
	return sender.Tell(ctx, to, m, lang, bot.Key{ID: keyOf(s.ID, "stopped", s.Revision)})
}
