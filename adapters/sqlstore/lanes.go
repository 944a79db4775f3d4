package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"briefbot/bot/digest"
)

// Present implements digest.Queue.
func (d digests) Present(ctx context.Context, replica string, platforms []string, lease time.Duration) (replicas, lanes int, err error) {
	if err := checkKeys("replica", replica); err != nil {
		return 0, 0, err
	}
	const doing = "saying that a replica is there"
	if _, err := d.exec(ctx, doing, d.digest.present, replica, lease.Milliseconds()); err != nil {
		return 0, 0, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	return replicas, lanes, unavailable(doing, ids(platforms).query(ctx, d.engine, d.engine.read, d.digest.presence, []any{lease.Milliseconds()}, func(scan scanFunc) error {
		return scan(&replicas, &lanes)
	}))
}

// Leave implements digest.Queue.
func (d digests) Leave(ctx context.Context, replica string) error {
	return d.inTx(ctx, "saying that a replica is gone", func(ctx context.Context, tx *sql.Tx, _ int64) error {
		if _, err := tx.ExecContext(ctx, sqlGone, replica); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, d.digest.giveUp, replica)
		return err
	})
}

// Acquire implements digest.Queue. The lanes that have waited longest come
// first. Others may be faster: then it returns fewer than there are.
func (d digests) Acquire(ctx context.Context, replica string, platforms []string, lease time.Duration, limit int) (lanes []digest.Lane, err error) {
	if err := checkKeys("replica", replica); err != nil {
		return nil, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	const doing = "acquiring lanes"
	// Lanes beyond limit, in place of those that others are just acquiring.
	const spare = 10
	free, missing := many{kinds: []string{asText, asWhole}}, many{kinds: []string{asText}}
	if err := ids(platforms).query(ctx, d.engine, d.engine.read, d.digest.free, []any{lease.Milliseconds(), max(limit, 0) + spare}, func(scan scanFunc) error {
		var id string
		var first bool
		err := scan(&id, &first)
		free.rows = append(free.rows, []any{id, len(free.rows)})
		if first {
			missing.rows = append(missing.rows, []any{id})
		}
		return err
	}); err != nil {
		return nil, unavailable(doing, err)
	}
	if len(free.rows) == 0 || limit <= 0 {
		return nil, nil
	}
	if len(missing.rows) > 0 { // in a transaction of its own: others wait for it
		if err := d.inTx(ctx, doing, func(ctx context.Context, tx *sql.Tx, _ int64) error {
			_, err := missing.exec(ctx, d.engine, tx, sqlAddLanes)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return lanes, d.inTx(ctx, doing, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		return free.query(ctx, d.engine, tx, d.digest.acquire, []any{lease.Milliseconds(), replica, limit}, func(scan scanFunc) error {
			l := digest.Lane{Replica: replica}
			err := scan(&l.ID, &l.Fence)
			lanes = append(lanes, l)
			return err
		})
	})
}

// Renew implements digest.Queue.
func (d digests) Renew(ctx context.Context, l digest.Lane, lease time.Duration) error {
	renewed, err := d.exec(ctx, "renewing a lane", d.digest.extend, l.ID, l.Replica, l.Fence, lease.Milliseconds())
	if err == nil && renewed == 0 {
		return digest.ErrFenced
	}
	return err
}

// Release implements digest.Queue.
func (d digests) Release(ctx context.Context, l digest.Lane) error {
	_, err := d.exec(ctx, "releasing a lane", d.digest.release, l.ID, l.Replica, l.Fence)
	return err
}

// inLane runs f in a transaction during which nobody else can acquire the
// lane.
func (d digests) inLane(ctx context.Context, doing string, l digest.Lane, f func(ctx context.Context, tx *sql.Tx, now int64) error) error {
	return d.holding(ctx, doing, l, func(ctx context.Context, tx *sql.Tx, until, now int64) error {
		if until <= now {
			return digest.ErrFenced
		}
		return f(ctx, tx, now)
	})
}

// holding is inLane also where the lease ran out, as long as nobody else has
// acquired the lane since.
func (d digests) holding(ctx context.Context, doing string, l digest.Lane, f func(ctx context.Context, tx *sql.Tx, until, now int64) error) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return told(doing, d.Store.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var until, now int64
		err := tx.QueryRowContext(ctx, d.digest.hold, l.ID, l.Replica, l.Fence).Scan(&until, &now)
		if errors.Is(err, sql.ErrNoRows) {
			return digest.ErrFenced
		}
		if err != nil {
			return err
		}
		return f(ctx, tx, until, now)
	}))
}

// Waiting implements digest.Queue.
func (d digests) Waiting(ctx context.Context) (occurrences, lanes int, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return occurrences, lanes, unavailable("counting what waits", d.engine.read.QueryRowContext(ctx, sqlWaiting).Scan(&occurrences, &lanes))
}
