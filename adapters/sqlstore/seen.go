package sqlstore

import (
	"context"
	"time"
)

// First implements bot.Seen. Whether an id has expired is told by the
// database's clock, so that replicas agree.
func (s *Store) First(ctx context.Context, id string, until time.Time) (bool, error) {
	if err := checkKeys("event", id); err != nil {
		return false, err
	}
	changed, err := s.exec(ctx, "remembering an event", s.timed.first, id, until.UnixMilli())
	return changed == 1, err
}

// Forget implements bot.Seen.
func (s *Store) Forget(ctx context.Context, id string) (bool, error) {
	if err := checkKeys("event", id); err != nil {
		return false, err
	}
	changed, err := s.exec(ctx, "forgetting an event", s.timed.forget, id)
	return changed == 1, err
}
