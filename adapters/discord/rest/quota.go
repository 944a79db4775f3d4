package rest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// quota is the limit of the whole bot: a number of places, each for one
// request in a second.
//
// Discord counts a request when it arrives, at some time between sending it
// and its answer. So a place is free again a second after the answer, and no
// second at Discord's end holds more requests than there are places, however
// unevenly they travel. Of that second the time is taken off that the
// quickest way there and back takes: the next request needs it too before it
// counts.
type quota struct {
	places   chan time.Time // when each was left, the longest free first
	quickest *atomic.Int64  // of the ways there and back, in nanoseconds; 0 before the first
}

func newQuota(perSecond int) quota {
	q := quota{places: make(chan time.Time, perSecond), quickest: new(atomic.Int64)}
	for range perSecond {
		q.places <- time.Time{}
	}
	return q
}

// settle leaves the place of a request that was sent and has ended. The lock
// of the limits must be held.
func (q *quota) settle(sent, now time.Time, answered bool) {
	took := now.Sub(sent).Nanoseconds()
	if before := q.quickest.Load(); answered && took > 0 && (before == 0 || took < before) {
		q.quickest.Store(took)
	}
	q.places <- now
}

// free returns when a place that was left can be taken.
func (q *quota) free(left time.Time) time.Time {
	return left.Add(time.Second - min(time.Duration(q.quickest.Load()), time.Second))
}

// acquireGlobal waits for a place of the quota and returns when it was left.
func (c *Client) acquireGlobal(ctx context.Context, most time.Duration) (left time.Time, err error) {
	began := c.now()
	if left, err = c.nextPlace(ctx, most); err != nil {
		return time.Time{}, err
	}
	now := c.now()
	if wait := c.limits.global.free(left).Sub(now); wait > 0 {
		if err := c.sleep(ctx, wait, max(most-now.Sub(began), 0), nil); err != nil {
			c.limits.global.places <- left
			return time.Time{}, err
		}
	}
	return left, nil
}

// nextPlace waits while all places are taken by requests without an answer.
func (c *Client) nextPlace(ctx context.Context, most time.Duration) (time.Time, error) {
	select {
	case left := <-c.limits.global.places:
		return left, nil
	default:
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case left := <-c.limits.global.places:
		return left, nil
	case <-timer.C:
		return time.Time{}, &delayed{delay: unknownDelay}
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return time.Time{}, &delayed{delay: unknownDelay, cause: ctx.Err()}
		}
		return time.Time{}, ctx.Err()
	}
}
