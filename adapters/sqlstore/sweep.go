package sqlstore

import (
	"context"
	"time"

	"briefbot/bot"
)

// sweepRows bounds one statement of a sweep, so that it never keeps others
// waiting for long.
const sweepRows = 5_000

// Sweep deletes what has expired and what exceeds the Bounds. Nothing depends
// on its being done in time but the size of the database: what has expired is
// not returned. Any replica may sweep, several at once too.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	const doing = "deleting what has expired"
	oldest := now.UTC().AddDate(0, 0, -s.bounds.TallyDays).Format(time.DateOnly)
	if _, err := s.exec(ctx, doing, sqlSweepTallies, oldest); err != nil {
		return err
	}
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{s.timed.sweepSeen, []any{sweepRows}},
		{sqlSweepExpired, []any{sweepRows, now.Add(-bot.MemoryAge).UnixMilli()}},
		{sqlSweepUnused, []any{sweepRows, s.bounds.Conversations}},
		{sqlSweepUnchosen, []any{sweepRows, s.bounds.Preferences}},
	} {
		for {
			deleted, err := s.exec(ctx, doing, step.statement, step.args...)
			if err != nil {
				return err
			}
			if deleted < sweepRows {
				break
			}
		}
	}
	return nil
}

// sweepEvery is how often Run sweeps. Expired rows of ten minutes at a
// hundred events a second are 5 MB.
const sweepEvery = 10 * time.Minute

// Run sweeps until ctx ends.
func (s *Store) Run(ctx context.Context, now func() time.Time) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := s.Sweep(ctx, now()); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "store not swept", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
