package rest

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// limits holds back requests until Discord will take them.
type limits struct {
	global quota // of the whole bot

	mu      sync.Mutex
	ticket  uint64                      // of the last request, to keep the order within a bucket
	hashes  map[string]string           // endpoint to bucket, as Discord names it; as many as there are endpoints
	byKey   map[bucketKey]*list.Element // of *bucket
	order   *list.List                  // the longest unused first
	most    int
	stop    time.Time // nothing is sent before, interactions excepted
	stopAll time.Time // nothing at all is sent before
}

// bucketKey names a bucket: Discord's name for it, or the endpoint where that
// is not known yet, and the major parameter (channel, guild, webhook).
type bucketKey struct {
	name, major string
}

// bucket is what is known of one limit of Discord's.
type bucket struct {
	key      bucketKey
	learned  bool          // an answer has told whether there is a limit
	limit    int           // requests in a window; 0 for no limit
	left     int           // of them
	reset    time.Time     // end of the window; zero where it is not known
	window   time.Duration // the longest seen
	blocked  time.Time     // by a 429
	inFlight int
	sent     uint64     // how many have ever been
	queue    *list.List // of *waiter, by ticket
}

// waiter is a request that waits for its bucket.
type waiter struct {
	ticket      uint64
	endpoint    string
	major       string
	interaction bool
	bucket      *bucket // which changes where Discord renames it
	place       *list.Element
	wake        chan struct{}
}

// grant is the permission to send one request.
type grant struct {
	bucket *bucket
	nth    uint64
	alone  bool // no other request of the bucket was under way

	global bool      // it holds a place of the quota
	free   time.Time // since when that place was free
}

func newLimits(perSecond, most int) *limits {
	return &limits{
		global: newQuota(perSecond),
		hashes: map[string]string{}, byKey: map[bucketKey]*list.Element{}, order: list.New(), most: most,
	}
}

// next returns the place of a new request in the order of all.
func (l *limits) next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ticket++
	return l.ticket
}

// acquire waits until the request may be sent. It returns *delayed where that
// would take longer than most or than ctx lasts, and otherwise ctx's error.
// Each grant has to be settled or returned.
func (c *Client) acquire(ctx context.Context, k *call, ticket uint64, most time.Duration) (grant, error) {
	began := c.now()
	for {
		g, err := c.acquireBucket(ctx, k, ticket, most-c.now().Sub(began))
		if err != nil || k.interaction {
			return g, err
		}
		g.free, err = c.acquireGlobal(ctx, max(most-c.now().Sub(began), 0))
		if err != nil {
			c.limits.giveBack(g, c.now())
			return grant{}, err
		}
		g.global = true
		if !c.limits.stopped(c.now()) {
			return g, nil
		}
		c.limits.giveBack(g, c.now()) // a 429 came in meanwhile
	}
}

func (c *Client) acquireBucket(ctx context.Context, k *call, ticket uint64, most time.Duration) (grant, error) {
	l := c.limits
	began := c.now()
	l.mu.Lock()
	b := l.bucketOf(k.endpoint, k.major)
	if b.queue.Len() == 0 && l.open(b, k.interaction, began) {
		g := b.take()
		l.mu.Unlock()
		return g, nil
	}
	w := &waiter{ticket: ticket, endpoint: k.endpoint, major: k.major, interaction: k.interaction, wake: make(chan struct{}, 1)}
	b.enqueue(w)
	for {
		now := c.now()
		if w.bucket.queue.Front() == w.place && l.open(w.bucket, w.interaction, now) {
			g := w.bucket.take()
			w.leave()
			l.mu.Unlock()
			return g, nil
		}
		wait := l.wait(w, now)
		l.mu.Unlock()
		err := c.sleep(ctx, wait, max(most-now.Sub(began), 0), w.wake)
		l.mu.Lock()
		if err != nil {
			w.leave()
			l.mu.Unlock()
			return grant{}, err
		}
	}
}

// bucketOf returns the bucket of an endpoint, a new one where there is none.
func (l *limits) bucketOf(endpoint, major string) *bucket {
	if el, ok := l.byKey[bucketKey{name: endpoint, major: major}]; ok && !el.Value.(*bucket).idle() {
		return el.Value.(*bucket) // the answer to its first request moves it to the one that Discord names
	}
	key := bucketKey{name: or(l.hashes[endpoint], endpoint), major: major}
	return l.bucket(key)
}

func (l *limits) bucket(key bucketKey) *bucket {
	if el, ok := l.byKey[key]; ok {
		l.order.MoveToBack(el)
		return el.Value.(*bucket)
	}
	if l.order.Len() >= l.most {
		l.evict()
	}
	b := &bucket{key: key, queue: list.New()}
	l.byKey[key] = l.order.PushBack(b)
	return b
}

// evict forgets the bucket that is longest unused. Those in use stay: they
// are no more than the requests under way.
func (l *limits) evict() {
	for el := l.order.Front(); el != nil; el = el.Next() {
		if b := el.Value.(*bucket); b.idle() {
			l.forget(b)
			return
		}
	}
}

func (l *limits) forget(b *bucket) {
	l.order.Remove(l.byKey[b.key])
	delete(l.byKey, b.key)
}

func (b *bucket) idle() bool { return b.inFlight == 0 && b.queue.Len() == 0 }

// open reports whether a request may go out now.
func (l *limits) open(b *bucket, interaction bool, now time.Time) bool {
	if now.Before(l.stopFor(interaction)) || now.Before(b.blocked) {
		return false
	}
	b.refill(now)
	switch {
	case !b.learned:
		return b.inFlight == 0
	case b.limit == 0, b.left > 0:
		return true
	default:
		// Where no answer told when the window ends, one request may ask.
		return b.reset.IsZero() && b.inFlight == 0
	}
}

func (l *limits) stopFor(interaction bool) time.Time {
	if interaction {
		return l.stopAll
	}
	return later(l.stop, l.stopAll)
}

// stopped reports whether requests other than answers to interactions are
// held back.
func (l *limits) stopped(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.stopFor(false))
}

// wait returns how long w has to wait at least, 0 where that depends on the
// answers to others.
func (l *limits) wait(w *waiter, now time.Time) time.Duration {
	b := w.bucket
	until := later(l.stopFor(w.interaction), b.blocked)
	if b.learned && b.limit > 0 && b.left <= 0 && !b.reset.IsZero() {
		ahead := 0
		for el := w.place.Prev(); el != nil; el = el.Prev() {
			ahead++
		}
		until = later(until, b.reset.Add(time.Duration(ahead/b.limit)*b.window))
	}
	return max(until.Sub(now), 0)
}

// refill begins a new window where the last has ended. Requests under way may
// be counted in either.
func (b *bucket) refill(now time.Time) {
	if b.limit > 0 && !b.reset.IsZero() && !now.Before(b.reset) {
		b.left, b.reset = max(0, b.limit-b.inFlight), time.Time{}
	}
}

func (b *bucket) take() grant {
	alone := b.inFlight == 0
	b.inFlight++
	b.left = max(0, b.left-1)
	b.sent++
	return grant{bucket: b, nth: b.sent, alone: alone}
}

// enqueue places w behind all that came before it: a request that was refused
// with 429 keeps its place.
func (b *bucket) enqueue(w *waiter) {
	w.bucket = b
	for el := b.queue.Back(); el != nil; el = el.Prev() {
		if el.Value.(*waiter).ticket <= w.ticket {
			w.place = b.queue.InsertAfter(w, el)
			return
		}
	}
	w.place = b.queue.PushFront(w)
}

func (w *waiter) leave() {
	b := w.bucket
	b.queue.Remove(w.place)
	b.wakeNext()
}

func (b *bucket) wakeNext() {
	if el := b.queue.Front(); el != nil {
		el.Value.(*waiter).signal()
	}
}

func (b *bucket) wakeAll() {
	for el := b.queue.Front(); el != nil; el = el.Next() {
		el.Value.(*waiter).signal()
	}
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it is being woken already
	}
}

// giveBack returns a grant that was not used.
func (l *limits) giveBack(g grant, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.global {
		l.global.places <- g.free
	}
	b := g.bucket
	b.inFlight--
	b.refill(now)
	if b.limit > 0 {
		b.left = min(b.left+1, b.limit)
	}
	b.wakeNext()
}

// settle ends the use of a grant with what the answer said of limits; nil
// where there was no answer.
func (l *limits) settle(k *call, g grant, v *verdict, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.global {
		l.global.places <- now.Add(time.Second)
	}
	from := g.bucket
	from.inFlight--
	to := from
	if v != nil && v.bucket != "" {
		l.hashes[k.endpoint] = v.bucket
		if to = l.bucket(bucketKey{name: v.bucket, major: k.major}); to != from {
			from.move(k.endpoint, to)
			if from.idle() && from.key.name == k.endpoint {
				if el, ok := l.byKey[from.key]; ok && el.Value == any(from) {
					l.forget(from)
				}
			}
		}
	}
	if v != nil {
		to.learn(v, g.alone && to.inFlight == 0 && (to != from || g.nth == to.sent), now)
		l.refuse(v, k.interaction, to, now)
	}
	from.wakeNext()
	to.wakeNext()
}

// move takes the waiters of an endpoint to another bucket.
func (b *bucket) move(endpoint string, to *bucket) {
	for el := b.queue.Front(); el != nil; {
		w := el.Value.(*waiter)
		el = el.Next()
		if w.endpoint == endpoint && w.major == to.key.major {
			b.queue.Remove(w.place)
			to.enqueue(w)
			w.signal()
		}
	}
}

// learn takes over what an answer said. only is true where no other request
// was under way at any time that this one was: requests overtake each other, so
// that the last to be sent may be the first to be counted.
func (b *bucket) learn(v *verdict, only bool, now time.Time) {
	if !v.limited {
		// Faults, and refusals of whoever stands before Discord, carry no
		// headers whatever the route.
		b.learned = b.learned || v.status < 500 && v.status != 429
		return
	}
	b.refill(now)
	switch {
	case only:
		b.left, b.reset = v.left, now.Add(v.resetAfter)
	case !b.learned || b.limit == 0:
		b.left, b.reset = max(0, v.left-b.inFlight), now.Add(v.resetAfter)
	default:
		// Answers overtake each other: the lowest count is the latest.
		b.left, b.reset = min(b.left, v.left), later(b.reset, now.Add(v.resetAfter))
	}
	b.learned, b.limit, b.window = true, v.limit, max(b.window, v.resetAfter)
}

// refuse takes over a 429.
func (l *limits) refuse(v *verdict, interaction bool, b *bucket, now time.Time) {
	if v.status != 429 {
		return
	}
	until := now.Add(v.retryAfter)
	switch {
	case v.global:
		l.stop = later(l.stop, until)
		if v.edge && interaction {
			// The address is refused, so nothing that it sends will pass.
			l.stopAll = later(l.stopAll, until)
		}
		for el := l.order.Front(); el != nil; el = el.Next() {
			el.Value.(*bucket).wakeAll() // some may find that they wait in vain
		}
		if interaction {
			b.blocked = later(b.blocked, until)
		}
	default:
		b.blocked = later(b.blocked, until)
		b.wakeAll()
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
