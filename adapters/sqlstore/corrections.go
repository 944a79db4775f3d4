package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"briefbot/content"
)

// Correct implements digest.Queue. What is to be corrected is looked for beside
// whoever writes: it goes on where nothing is to be queued.
func (d digests) Correct(ctx context.Context, ref content.Ref, revision string, since time.Time, after string, limit int) (queued int, last string, err error) {
	if limit <= 0 {
		return 0, after, nil
	}
	if after == "" {
		if err := d.noteCorrected(ctx, ref, revision); err != nil {
			return 0, "", err
		}
	}
	var c corrections
	looked := 0
	if err := d.tellers(ctx, []any{ref.String(), revision, since.UnixMilli(), after, limit, correctionOf(ref.String(), revision)}, func(occurrence string, wrong bool) {
		if looked++; looked == limit {
			last = occurrence
		}
		if wrong {
			c.add(occurrence, ref.String(), revision)
		}
	}); err != nil {
		return 0, "", err
	}
	if len(c.rows) == 0 {
		return 0, last, nil
	}
	err = d.inTx(ctx, "queueing corrections", func(ctx context.Context, tx *sql.Tx, now int64) error {
		queued, err = c.queue(ctx, d, tx, now)
		return err
	})
	return queued, last, err
}

// noteCorrected has digests corrected that were composed before and are sent
// from now on.
func (d digests) noteCorrected(ctx context.Context, ref content.Ref, revision string) error {
	return d.inTx(ctx, "noting a correction", func(ctx context.Context, tx *sql.Tx, _ int64) error {
		result, err := tx.ExecContext(ctx, d.digest.correcting, ref.String(), revision)
		if err != nil {
			return err
		}
		if noted, err := result.RowsAffected(); err != nil || noted == 0 {
			return err
		}
		return query(ctx, tx, d.digest.holders, nil, func(scanFunc) error { return nil })
	})
}

func (d digests) tellers(ctx context.Context, args []any, each func(occurrence string, wrong bool)) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return unavailable("looking for what is to be corrected", query(ctx, d.engine.read, sqlTellers, args, func(scan scanFunc) error {
		var occurrence string
		var wrong bool
		err := scan(&occurrence, &wrong)
		each(occurrence, wrong)
		return err
	}))
}

// correctOvertaken queues corrections of digests that were sent just now and
// say what Correct was asked to correct meanwhile.
func (d digests) correctOvertaken(ctx context.Context, tx *sql.Tx, sent []string, now int64) error {
	var c corrections
	if err := ids(sent).query(ctx, d.engine, tx, sqlOvertaken, nil, func(scan scanFunc) error {
		var occurrence, ref, revision string
		err := scan(&occurrence, &ref, &revision)
		c.add(occurrence, ref, revision)
		return err
	}); err != nil {
		return err
	}
	_, err := c.queue(ctx, d, tx, now)
	return err
}

// corrections are rows for sqlCorrect.
type corrections struct{ many }

func (c *corrections) add(occurrence, ref, revision string) {
	c.kinds = []string{asText, asText, asText, asText}
	c.rows = append(c.rows, []any{occurrence, correctionOf(ref, revision), ref, revision})
}

// correctionOf is what the id of a digest is followed by in that of its
// correction.
func correctionOf(ref, revision string) string { return "/c/" + hashOf(12, ref, revision) }

func (c *corrections) queue(ctx context.Context, d digests, tx *sql.Tx, now int64) (queued int, err error) {
	slot := slotAt(instant(now), "UTC")
	n, err := c.exec(ctx, d.engine, tx, sqlCorrect, now, slot.Date.String(), int64(slot.Clock))
	return int(n), err
}
