package delivery

import (
	"context"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// library is the content that digests are composed from, as the store knows it.
type library struct {
	current atomic.Pointer[shelved]
	earlier *lru.Cache[int64, digest.Edition] // that subscriptions know
	news    digest.News
	lacking *lru.Cache[editions, bool] // see lacks
	renewed chan struct{}              // current is another one
}

// editions are that of the library and one that a subscription knows.
type editions struct{ now, known int64 }

// editionsKept bounds the editions in memory. Subscriptions know one of the
// latest few; each holds a revision of every entry.
const editionsKept = 16

// shelved is a state of the content and its edition.
type shelved struct {
	bot.Shelf
	digest.Edition
	revisions map[content.Ref]string // of its own entries
}

// register tells the store of the library, where it is another one than before.
func (d *Deliverer) register(ctx context.Context) error {
	shelf := d.Shelves.Shelf()
	if old := d.library.current.Load(); old != nil && old.Library.Fingerprint() == shelf.Library.Fingerprint() {
		return nil
	}
	revisions := digest.Revisions(shelf.Library)
	e, err := d.Queue.Edition(ctx, shelf.Library.Fingerprint(), revisions)
	if d.store.note(ctx, err) != nil {
		return err
	}
	d.library.current.Store(&shelved{shelf, e, revisions})
	signal(d.library.renewed)
	return nil
}

// correctAll queues corrections whenever the library is another one, until ctx
// ends. It may take its time, and fail: neither digests that are due nor lanes
// wait for it.
func (d *Deliverer) correctAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.library.renewed:
		}
		for attempt := 1; ; attempt++ {
			err := d.correct(ctx, d.library.current.Load())
			if err == nil || ctx.Err() != nil {
				break
			}
			d.Log.WarnContext(ctx, "corrections could not be queued: they come later", "err", err)
			rest(ctx, backoff(attempt, d.Random()), d.library.renewed)
		}
	}
}

// correct queues corrections of what delivered digests told, where an entry has
// been corrected since the earliest edition that is kept: an earlier attempt may
// have ended before its end. To do so again queues nothing.
func (d *Deliverer) correct(ctx context.Context, now *shelved) (err error) {
	defer d.recovering(ctx, "queuing corrections panicked", &err)
	if d.Bounds.Corrections == 0 || now.Number <= 1 {
		return nil
	}
	before, err := d.Queue.EditionAt(ctx, 0)
	if err != nil {
		return err
	}
	_, clock, err := d.Queue.NextDue(ctx)
	if err != nil {
		return err
	}
	since := clock.Add(-d.Bounds.Corrections)
	for _, c := range digest.Changes(before, now.Edition, now.Library) {
		if digest.Corrections(c.Revision) <= digest.Corrections(c.Known) {
			continue // a new entry may have been corrected since
		}
		if err := d.correctEntry(ctx, c, since); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deliverer) correctEntry(ctx context.Context, c digest.Change, since time.Time) error {
	for after := ""; ; {
		n, last, err := d.Queue.Correct(ctx, c.Ref, c.Revision, since, after, batch)
		if err != nil {
			return err
		}
		if n > 0 {
			d.nudge()
		}
		if after = last; after == "" {
			return nil
		}
	}
}

// lacks reports whether somebody has told the store of news that this library
// does not hold and that a subscription at the edition known was not told. Where
// content comes to the replicas one after the other, the older of two states may
// be registered last; a digest of it would pass the newer one's news over.
func (d *Deliverer) lacks(now *shelved, known digest.Edition) bool {
	key := editions{now.Number, known.Number}
	if lacks, ok := d.library.lacking.Get(key); ok {
		return lacks
	}
	lacks := false
	for ref, revision := range now.Known {
		if now.revisions[ref] != revision && known.Known[ref] != revision {
			lacks = true
			break
		}
	}
	d.library.lacking.Add(key, lacks)
	return lacks
}

// edition returns what an edition knows.
func (d *Deliverer) edition(ctx context.Context, number int64) (digest.Edition, error) {
	if e, ok := d.library.earlier.Get(number); ok {
		return e, nil
	}
	e, err := d.Queue.EditionAt(ctx, number)
	if d.store.note(ctx, err) != nil {
		return digest.Edition{}, err
	}
	d.library.earlier.Add(number, e)
	return e, nil
}
