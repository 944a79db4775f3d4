// Package ratelimit bounds what each user or client of a surface may ask.
package ratelimit

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is how much one client may ask. The zero value is no limit.
type Limit struct {
	PerMinute int // requests in the long run
	Burst     int // requests at once; PerMinute where 0
}

// clientsKept bounds the memory of a Limiter: some 200 bytes a client. Where
// there are more, the longest unused starts anew.
const clientsKept = 20_000

// Limiter counts the requests of each client. It is safe for concurrent use.
type Limiter struct {
	rate  rate.Limit
	burst int

	mu       sync.Mutex
	byClient map[string]*list.Element
	order    *list.List // of *allowance, the longest unused first
}

type allowance struct {
	client string
	bucket *rate.Limiter
}

// New returns a limiter, nil for no limit.
func New(l Limit) *Limiter {
	if l.PerMinute <= 0 {
		return nil
	}
	if l.Burst <= 0 {
		l.Burst = l.PerMinute
	}
	return &Limiter{
		rate: rate.Limit(float64(l.PerMinute) / 60), burst: l.Burst,
		byClient: map[string]*list.Element{}, order: list.New(),
	}
}

// Take counts one request at now. It returns how long the client has to wait
// where it has used up what it may ask, 0 where it may go on. A nil Limiter
// refuses nobody.
func (l *Limiter) Take(client string, now time.Time) (wait time.Duration) {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	el, ok := l.byClient[client]
	if !ok {
		if l.order.Len() >= clientsKept {
			delete(l.byClient, l.order.Remove(l.order.Front()).(*allowance).client)
		}
		el = l.order.PushBack(&allowance{client: client, bucket: rate.NewLimiter(l.rate, l.burst)})
		l.byClient[client] = el
	}
	l.order.MoveToBack(el)
	reservation := el.Value.(*allowance).bucket.ReserveN(now, 1)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now) // a refused request does not count
	}
	return wait
}
