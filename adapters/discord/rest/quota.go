package rest

import (
	"context"
	"errors"
	"time"
)

// quota is the limit of the whole bot: a number of places, each for one
// request in a second.
//
// Discord counts a request when it arrives, at some time between sending it
// and its answer. So a place is free again a second after the answer: no
// second at Discord's end holds more requests than there are places, however
// unevenly they travel. That costs the time of the way there and back, a
// twentieth of the limit where that is 50 ms.
type quota struct {
	places chan time.Time // when each is free, the longest free first
}

func newQuota(perSecond int) quota {
	q := quota{places: make(chan time.Time, perSecond)}
	for range perSecond {
		q.places <- time.Time{}
	}
	return q
}

// acquireGlobal waits for a place of the quota and returns since when it was
// free.
func (c *Client) acquireGlobal(ctx context.Context, most time.Duration) (free time.Time, err error) {
	began := c.now()
	if free, err = c.nextPlace(ctx, most); err != nil {
		return time.Time{}, err
	}
	now := c.now()
	if wait := free.Sub(now); wait > 0 {
		if err := c.sleep(ctx, wait, max(most-now.Sub(began), 0), nil); err != nil {
			c.limits.global.places <- free
			return time.Time{}, err
		}
	}
	return free, nil
}

// nextPlace waits while all places are taken by requests without an answer.
func (c *Client) nextPlace(ctx context.Context, most time.Duration) (time.Time, error) {
	select {
	case free := <-c.limits.global.places:
		return free, nil
	default:
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case free := <-c.limits.global.places:
		return free, nil
	case <-timer.C:
		return time.Time{}, &delayed{delay: unknownDelay}
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return time.Time{}, &delayed{delay: unknownDelay, cause: ctx.Err()}
		}
		return time.Time{}, ctx.Err()
	}
}
