package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"briefbot/bot/digest"
)

// outage tells once that the store does not answer, and once that it does
// again.
type outage struct {
	log *slog.Logger

	mu   sync.Mutex
	down bool
}

// note returns err, what came of a use of the store.
func (o *outage) note(ctx context.Context, err error) error {
	failed := err != nil && !errors.Is(err, digest.ErrFenced)
	if failed && ctx.Err() != nil {
		return err // we gave up, which tells nothing of the store
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case failed && !o.down:
		o.log.ErrorContext(ctx, "the store fails: digests wait for it", "err", err)
	case !failed && o.down:
		o.log.InfoContext(ctx, "the store is back: digests go on")
	}
	o.down = failed
	return err
}

func (o *outage) up() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.down
}
