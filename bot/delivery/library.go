package delivery

import (
	"context"
	"sync/atomic"

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
}

// editionsKept bounds the editions in memory. Subscriptions know one of the
// latest few; each holds a revision of every entry.
const editionsKept = 16

// shelved is a state of the content and its edition.
type shelved struct {
	bot.Shelf
	digest.Edition
}

// register tells the store of the library and of what was corrected in it, where
// it is another one than before.
func (d *Deliverer) register(ctx context.Context) error {
	shelf := d.Shelves.Shelf()
	if old := d.library.current.Load(); old != nil && old.Library.Fingerprint() == shelf.Library.Fingerprint() {
		return nil
	}
	e, err := d.Queue.Edition(ctx, shelf.Library.Fingerprint(), digest.Revisions(shelf.Library))
	if d.store.note(ctx, err) != nil {
		return err
	}
	if err := d.correct(ctx, shelf.Library, e); err != nil {
		return err
	}
	d.library.current.Store(&shelved{shelf, e})
	return nil
}

// correct queues corrections of what delivered digests told, where an entry was
// corrected since the edition before this one. To do so again queues nothing.
func (d *Deliverer) correct(ctx context.Context, now *content.Library, e digest.Edition) error {
	if d.Bounds.Corrections == 0 || e.Number <= 1 {
		return nil
	}
	before, err := d.edition(ctx, e.Number-1)
	if err != nil {
		return err
	}
	_, clock, err := d.Queue.NextDue(ctx)
	if d.store.note(ctx, err) != nil {
		return err
	}
	since := clock.Add(-d.Bounds.Corrections)
	for _, c := range digest.Changes(before, e, now) {
		if c.Known == "" || digest.Corrections(c.Revision) <= digest.Corrections(c.Known) {
			continue
		}
		for after := ""; ; {
			_, last, err := d.Queue.Correct(ctx, c.Ref, c.Revision, since, after, batch)
			if d.store.note(ctx, err) != nil {
				return err
			}
			if after = last; after == "" {
				break
			}
		}
	}
	return nil
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
