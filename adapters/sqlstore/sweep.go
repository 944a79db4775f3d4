package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"briefbot/bot"
)

// sweepRows bounds one statement of a sweep, so that it never keeps others
// waiting for long.
const sweepRows int64 = 5_000

// sweepOccurrences is the same for occurrences, of which each has some ten
// rows of its own.
const sweepOccurrences int64 = 500

// Sweep deletes what has expired and what exceeds the Bounds; how old what
// belongs to digests is, the database's clock tells. Nothing depends
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
		{s.digest.sweepOrphans, []any{sweepRows}},
		{s.digest.sweepOverdue, []any{sweepRows, days(s.bounds.OccurrenceDays)}},
		{s.digest.sweepFinished, []any{sweepOccurrences, days(s.bounds.OccurrenceDays)}},
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
			if deleted < step.args[0].(int64) {
				break
			}
		}
	}
	for _, statement := range []string{s.digest.sweepReplicas, s.digest.sweepLanes} {
		if _, err := s.exec(ctx, doing, statement, days(1)); err != nil {
			return err
		}
	}
	if _, err := s.exec(ctx, doing, s.digest.sweepCorrected, days(s.bounds.OccurrenceDays)); err != nil {
		return err
	}
	return s.sweepEditions(ctx)
}

func days(n int) int64 { return int64(n) * (24 * time.Hour).Milliseconds() }

// sweepEditions forgets the editions before those that a subscription refers
// to and that a replica may still serve.
func (s *Store) sweepEditions(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	const doing = "forgetting editions"
	var recent, first int64
	if err := s.engine.read.QueryRowContext(ctx, s.digest.recentEdition, days(s.bounds.OccurrenceDays)).Scan(&recent, &first); err != nil {
		return unavailable(doing, err)
	}
	if first == recent {
		return nil
	}
	var told sql.NullInt64
	if err := s.engine.read.QueryRowContext(ctx, sqlToldEdition).Scan(&told); err != nil {
		return unavailable(doing, err)
	}
	if told.Valid {
		recent = min(recent, told.Int64)
	}
	for _, statement := range []string{sqlSweepEditions, sqlSweepKnown} {
		if _, err := s.exec(ctx, doing, statement, recent); err != nil {
			return err
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
