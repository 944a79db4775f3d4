package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"briefbot/bot/digest"
)

// queueing adds a row for sqlQueue.
func queueing(m *many, o digest.Occurrence, s digest.Subscription) {
	m.kinds = []string{asText, asText, asText, asText, asText, asWhole, asText, asWhole}
	m.rows = append(m.rows, []any{
		o.ID, s.ID, placeOf(s.Place), digest.LaneOf(s.Place), string(o.Kind),
		o.Slot.At.UnixMilli(), o.Slot.Date.String(), int64(o.Slot.Clock),
	})
}

// moving adds a row for sqlMoveOn or sqlReplan.
func moving(m *many, s digest.Subscription, p digest.Planned) {
	m.kinds = []string{asText, asWhole, asText, asWhole, asText, asText, asWhole}
	s.Next = p.Next
	if p.Reason != "" {
		s.State, s.Reason = digest.Stopped, p.Reason
	}
	at, date, clock := next(s)
	m.rows = append(m.rows, []any{s.ID, at, date, clock, string(s.State), string(s.Reason), s.Revision})
}

// putOff is for how long a subscription is left to a replica that can read it.
const putOff = 5 * time.Minute

// unreadable reports whether err is that of a subscription that this program
// cannot read, which must not keep it from the others.
func (d digests) unreadable(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*unreadableError](err)
	if ok {
		d.log.WarnContext(ctx, "a subscription is not planned: a newer program may have written it", "what", e.what, "err", e.err)
	}
	return ok
}

// Claim implements digest.Queue. Of two replicas each takes what the other has
// not taken. That an occurrence was queued before is no fault: a subscription
// that was changed to and fro, or restored, may come to it again.
func (d digests) Claim(ctx context.Context, limit int, next func(s digest.Subscription, now time.Time) digest.Planned) (claimed int, err error) {
	return claimed, d.inTx(ctx, "queueing what is due", func(ctx context.Context, tx *sql.Tx, now int64) error {
		var due []digest.Subscription
		var unreadable []string
		if err := query(ctx, tx, d.digest.due, []any{now, max(limit, 0)}, func(scan scanFunc) error {
			s, err := scanSubscription(scan)
			if d.unreadable(ctx, err) {
				unreadable = append(unreadable, s.ID)
				return nil
			}
			due = append(due, s)
			return err
		}); err != nil {
			return err
		}
		if _, err := ids(unreadable).exec(ctx, d.engine, tx, sqlPutOff, now+putOff.Milliseconds()); err != nil {
			return err
		}
		var queued, moved many
		var stopped []string
		for _, s := range due {
			queueing(&queued, digest.Occurrence{
				ID:   fmt.Sprintf("%s/%s/%02d%02d", s.ID, s.Next.Date, s.Next.Clock/60, s.Next.Clock%60),
				Kind: digest.Scheduled, Slot: s.Next,
			}, s)
			p := next(s, instant(now))
			moving(&moved, s, p)
			if p.Reason != "" {
				stopped = append(stopped, s.ID)
			}
		}
		if _, err := queued.exec(ctx, d.engine, tx, sqlQueue); err != nil {
			return err
		}
		if _, err := moved.exec(ctx, d.engine, tx, sqlMoveOn); err != nil {
			return err
		}
		claimed = len(due)
		return d.noteUntold(ctx, tx, stopped)
	})
}

// NextDue implements digest.Queue.
func (d digests) NextDue(ctx context.Context) (due, now time.Time, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	var at sql.NullInt64
	var clock int64
	if err := d.engine.read.QueryRowContext(ctx, d.digest.nextDue).Scan(&at, &clock); err != nil {
		return due, now, unavailable("asking for what is due", err)
	}
	return maybe(at), instant(clock), nil
}

// Replan implements digest.Queue. One that is changed meanwhile was planned by
// whoever changed it.
func (d digests) Replan(ctx context.Context, after string, limit int, next func(s digest.Subscription, now time.Time) digest.Planned) (last string, err error) {
	_, now, err := d.NextDue(ctx)
	if err != nil {
		return "", err
	}
	var moved many
	var stopped []string
	handed := 0
	if err := d.each(ctx, "planning anew", sqlNotDue, []any{after, now.UnixMilli(), max(limit, 0)}, func(s digest.Subscription, err error) error {
		if handed++; handed == limit {
			last = s.ID
		}
		if d.unreadable(ctx, err) {
			return nil
		}
		if err != nil {
			return err
		}
		p := next(s, now)
		if p.Reason != "" || p.Next.Date != s.Next.Date || p.Next.Clock != s.Next.Clock || !p.Next.At.Equal(s.Next.At) {
			moving(&moved, s, p)
		}
		if p.Reason != "" {
			stopped = append(stopped, s.ID)
		}
		return nil
	}); err != nil {
		return "", err
	}
	if len(moved.rows) == 0 {
		return last, nil
	}
	return last, d.inTx(ctx, "planning anew", func(ctx context.Context, tx *sql.Tx, _ int64) error {
		if _, err := moved.exec(ctx, d.engine, tx, sqlReplan); err != nil {
			return err
		}
		return d.noteUntold(ctx, tx, stopped)
	})
}
