package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"briefbot/bot/digest"
)

// noteUntold has those told who made subscriptions that have just stopped.
func (d digests) noteUntold(ctx context.Context, tx *sql.Tx, subscriptions []string) error {
	_, err := ids(subscriptions).exec(ctx, d.engine, tx, d.digest.noteUntold)
	return err
}

// Untold implements digest.Queue. That somebody is to be told is forgotten
// before it is returned: nothing else keeps a process that is killed from
// telling it, and the next one from telling it again.
func (d digests) Untold(ctx context.Context, platforms []string, limit int) (all []digest.Untold, err error) {
	const doing = "asking whom to tell"
	looking, cancel := bounded(ctx)
	defer cancel()
	var waiting int
	if err := d.engine.read.QueryRowContext(looking, d.digest.anyUntold).Scan(&waiting); err != nil || waiting == 0 {
		return nil, unavailable(doing, err)
	}
	return all, d.inTx(ctx, doing, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		since := map[string]time.Duration{}
		var stopped []string
		if err := ids(platforms).query(ctx, d.engine, tx, d.digest.untold, []any{max(limit, 0)}, func(scan scanFunc) error {
			var id string
			var ago int64
			err := scan(&id, &ago)
			since[id], stopped = time.Duration(ago)*time.Millisecond, append(stopped, id)
			return err
		}); err != nil {
			return err
		}
		return ids(stopped).query(ctx, d.engine, tx, sqlSubscriptions, nil, func(scan scanFunc) error {
			s, err := scanSubscription(scan)
			if d.unreadable(ctx, err) {
				err = nil // who made it and why it stopped can be read
			}
			if s.State == digest.Stopped {
				all = append(all, digest.Untold{Subscription: s, Ago: since[s.ID]})
			}
			return err
		})
	})
}

// TellLater implements digest.Queue.
func (d digests) TellLater(ctx context.Context, u digest.Untold, after time.Duration) error {
	_, err := d.exec(ctx, "putting off to tell somebody", d.digest.tellLater, u.Subscription.ID, u.Ago.Milliseconds(), after.Milliseconds(), u.Subscription.Revision)
	return err
}
