package sqlstore

import (
	"context"
	"slices"
	"time"

	"briefbot/bot"
	"briefbot/content"
)

// Count implements bot.Tallies.
func (s *Store) Count(ctx context.Context, kind bot.TallyKind, text string, day content.Date) error {
	if err := checkTally(kind, day); err != nil {
		return err
	}
	text = firstRunes(clean(text), bot.MaxText)
	// Each of the steps is whole in itself: two replicas at once may at most
	// keep some more texts than the bound.
	const doing = "counting"
	if changed, err := s.exec(ctx, doing, sqlCountKnown, day.String(), string(kind), text); err != nil || changed > 0 {
		return err
	}
	if changed, err := s.exec(ctx, doing, sqlCountNew, day.String(), string(kind), text, s.bounds.TallyTexts); err != nil || changed > 0 {
		return err
	}
	_, err := s.exec(ctx, doing, sqlCountRest, day.String(), string(kind))
	return err
}

// Tallied implements bot.Tallies.
func (s *Store) Tallied(ctx context.Context, kind bot.TallyKind, since content.Date, limit int) ([]bot.Tally, error) {
	if err := checkTally(kind, since); err != nil {
		return nil, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	const doing = "reading the tallies"
	rows, err := s.engine.read.QueryContext(ctx, sqlTallied, string(kind), since.String(), max(limit, 0))
	if err != nil {
		return nil, unavailable(doing, err)
	}
	defer rows.Close()
	var all []bot.Tally
	for rows.Next() {
		var t bot.Tally
		var first, last string
		if err := rows.Scan(&t.Text, &t.Count, &first, &last); err != nil {
			return nil, unavailable(doing, err)
		}
		if t.First, err = content.ParseDate(first); err != nil {
			return nil, unavailable(doing, err)
		}
		if t.Last, err = content.ParseDate(last); err != nil {
			return nil, unavailable(doing, err)
		}
		all = append(all, t)
	}
	return all, unavailable(doing, rows.Err())
}

func checkTally(kind bot.TallyKind, day content.Date) error {
	if !slices.Contains(bot.TallyKinds(), kind) {
		return invalid("Only %v are counted.", bot.TallyKinds())
	}
	if _, err := time.Parse(time.DateOnly, day.String()); err != nil {
		return invalid("What is counted needs a day, such as 2031-06-15.")
	}
	return nil
}

func firstRunes(text string, most int) string {
	n := 0
	for i := range text {
		if n == most {
			return text[:i]
		}
		n++
	}
	return text
}
