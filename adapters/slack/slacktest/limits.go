package slacktest

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// Rate is so many calls in so much time. With a burst the calls may come
// unevenly: so many at once, refilled at the rate. Without one no stretch of
// that time may hold more calls.
type Rate struct {
	Calls int
	Per   time.Duration
	Burst int
}

// Limits are the rate limits of the fake, each kept by workspace. Zero values
// are Slack's: https://docs.slack.dev/apis/web-api/rate-limits
type Limits struct {
	// Channel holds for chat.postMessage in one channel. Default 1 a second,
	// bursts of 3.
	Channel Rate
	// Posts holds for chat.postMessage in the whole workspace, "several
	// hundred messages a minute". Default 300 a minute, bursts of 30.
	Posts Rate
	// Tiers are those of the other methods, tier 1 first. Default 1, 20, 50
	// and 100 a minute.
	Tiers [4]Rate
	// Methods are rates of single methods in place of their tier's. Default
	// for apps.connections.open: 1 a minute, bursts of 10, so that an app can
	// open all its connections.
	Methods map[string]Rate
	// Off switches all limits off.
	Off bool
}

// limiter counts calls by key.
type limiter struct {
	o       Limits
	meters  map[string]*meter
	blocked map[string]block
}

// meter is one limit at work.
type meter struct {
	calls []time.Time // of the last stretch, without a burst
	left  float64     // with a burst
	since time.Time
}

// block is a 429 that was answered.
type block struct{ since, until time.Time }

// inFlight is how long after a 429 calls may still arrive that were made
// before it was read.
const inFlight = 250 * time.Millisecond

func newLimiter(o Limits) limiter {
	rateOr := func(r, otherwise Rate) Rate {
		if r.Calls == 0 {
			return otherwise
		}
		return r
	}
	o.Channel = rateOr(o.Channel, Rate{Calls: 1, Per: time.Second, Burst: 3})
	o.Posts = rateOr(o.Posts, Rate{Calls: 300, Per: time.Minute, Burst: 30})
	for i, calls := range []int{1, 20, 50, 100} {
		o.Tiers[i] = rateOr(o.Tiers[i], Rate{Calls: calls, Per: time.Minute})
	}
	return limiter{o: o, meters: map[string]*meter{}, blocked: map[string]block{}}
}

// bound is one limit that a call falls under.
type bound struct {
	key  string
	rate Rate
}

// bounds are the limits that a call falls under.
func (s *Server) bounds(c *call) []bound {
	o := s.limits.o
	team := c.teamID()
	if rate, set := o.Methods[c.method.name]; set {
		return []bound{{c.method.name + " " + team, rate}}
	}
	if s.o.LimitedHistory && (c.method.name == "conversations.history" || c.method.name == "conversations.replies") {
		return []bound{{c.method.name + " " + team, Rate{Calls: 1, Per: time.Minute}}}
	}
	switch {
	case c.method.name == "chat.postMessage":
		return []bound{{"channel " + team + " " + c.text("channel"), o.Channel}, {"chat.postMessage " + team, o.Posts}}
	case c.method.name == "apps.connections.open":
		return []bound{{c.method.name, Rate{Calls: 1, Per: time.Minute, Burst: maxConnections}}}
	case c.method.tier == 0:
		return nil
	}
	return []bound{{c.method.name + " " + team, o.Tiers[c.method.tier-1]}}
}

// limit counts a call and says what to answer where it is one too many. The
// lock must be held.
func (s *Server) limit(c *call) *answer {
	l := &s.limits
	if l.o.Off {
		s.early(c, "fault "+c.method.name+" "+c.teamID())
		return nil
	}
	bounds := append(s.bounds(c), bound{key: "fault " + c.method.name + " " + c.teamID()})
	for _, b := range bounds {
		if s.early(c, b.key) {
			s.counts.OverLimit++
			a := s.tooMany(b.key, c.now, l.blocked[b.key].until)
			return &a
		}
	}
	for _, b := range bounds {
		if b.rate.Calls == 0 {
			continue
		}
		if wait := l.meter(b, c.now).wait(b.rate, c.now); wait > 0 {
			s.counts.OverLimit++
			a := s.tooMany(b.key, c.now, c.now.Add(wait))
			return &a
		}
	}
	for _, b := range bounds {
		if b.rate.Calls > 0 {
			l.meters[b.key].take(b.rate, c.now)
		}
	}
	return nil
}

func (l *limiter) meter(b bound, now time.Time) *meter {
	m := l.meters[b.key]
	if m == nil {
		m = &meter{left: float64(b.rate.Burst), since: now}
		l.meters[b.key] = m
	}
	return m
}

// wait is how long until one more call is within the rate.
func (m *meter) wait(r Rate, now time.Time) time.Duration {
	if r.Burst > 0 {
		m.left = min(m.left+now.Sub(m.since).Seconds()*float64(r.Calls)/r.Per.Seconds(), float64(r.Burst))
		m.since = now
		if m.left >= 1 {
			return 0
		}
		return time.Duration((1 - m.left) * r.Per.Seconds() / float64(r.Calls) * float64(time.Second))
	}
	for len(m.calls) > 0 && !m.calls[0].Add(r.Per).After(now) {
		m.calls = m.calls[1:]
	}
	if len(m.calls) < r.Calls {
		return 0
	}
	return m.calls[0].Add(r.Per).Sub(now)
}

func (m *meter) take(r Rate, now time.Time) {
	if r.Burst > 0 {
		m.left--
		return
	}
	m.calls = append(m.calls, now)
}

// early says whether a 429 still holds, and notes a call that was made all
// the same.
func (s *Server) early(c *call, key string) bool {
	b, blocked := s.limits.blocked[key]
	if !blocked {
		return false
	}
	const rounding = 5 * time.Millisecond
	if !c.now.Before(b.until.Add(-rounding)) {
		delete(s.limits.blocked, key)
		return false
	}
	if c.now.After(b.since.Add(min(inFlight, b.until.Sub(b.since)/2))) {
		s.counts.Early++
		s.violate(c.method.name, "called %v before the time that a 429 named", b.until.Sub(c.now).Round(time.Millisecond))
	}
	return true
}

// tooMany is the answer to a call over a limit, which holds for the whole
// seconds that Retry-After names. The lock must be held.
func (s *Server) tooMany(key string, now, until time.Time) answer {
	seconds := max(int(math.Ceil(until.Sub(now).Seconds()-0.001)), 1)
	if b, blocked := s.limits.blocked[key]; !blocked || b.until.Before(now) {
		s.limits.blocked[key] = block{since: now, until: now.Add(time.Duration(seconds) * time.Second)}
	}
	s.counts.RateLimited++
	return answer{
		status: http.StatusTooManyRequests,
		body:   object{"ok": false, "error": "ratelimited"},
		header: http.Header{"Retry-After": {strconv.Itoa(seconds)}},
	}
}
