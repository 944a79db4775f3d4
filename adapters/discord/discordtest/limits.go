package discordtest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Rate is so many requests in so much time.
type Rate struct {
	Requests int
	Per      time.Duration
}

// Limits are the rate limits of the fake. Zero values are Discord's:
// https://discord.com/developers/docs/topics/rate-limits
type Limits struct {
	// Global holds for all requests of the bot but those to interactions and
	// their webhooks. Default 50 a second.
	Global Rate
	// Bucket holds for every bucket without one of its own. Default 10 in 5 s.
	Bucket Rate
	// Routes are rates of single routes or buckets, such as
	// "POST /channels/{channel_id}/messages". Discord does not document them
	// and wants them read from the headers. Default 5 in 5 s for messages.
	Routes map[string]Rate
	// Off switches all limits off; headers are still sent.
	Off bool
}

// limiter counts requests by bucket in fixed windows, as Discord does.
type limiter struct {
	o       Limits
	windows map[string]*window
	blocked map[string]block // by bucket; "" is all
}

type window struct {
	left int
	ends time.Time
}

// block is a 429 that was answered.
type block struct{ since, until time.Time }

// inFlight is how long after a 429 requests may still arrive that were sent
// before it was read.
const inFlight = 250 * time.Millisecond

func newLimiter(o Limits) limiter {
	o.Global = rateOr(o.Global, Rate{50, time.Second})
	o.Bucket = rateOr(o.Bucket, Rate{10, 5 * time.Second})
	return limiter{o: o, windows: map[string]*window{}, blocked: map[string]block{}}
}

func rateOr(r, otherwise Rate) Rate {
	if r.Requests == 0 {
		return otherwise
	}
	return r
}

// rate returns the rate of a route's bucket.
func (l *limiter) rate(rt route) Rate {
	for _, name := range []string{rt.name, rt.bucketName()} {
		if r, set := l.o.Routes[name]; set {
			return r
		}
	}
	switch rt.name {
	case "POST /channels/{channel_id}/messages", "PATCH /channels/{channel_id}/messages/{message_id}":
		return Rate{5, 5 * time.Second}
	}
	return l.o.Bucket
}

func (rt route) bucketName() string { return cmpOr(rt.bucket, rt.name) }

// bucketKey names the bucket of one request: routes that share a limit, and
// the values of its major parameters.
func bucketKey(rt route, r *http.Request) string {
	key := rt.bucketName()
	if rt.major == "" {
		return key
	}
	for name := range strings.SplitSeq(rt.major, ",") {
		key += " " + r.PathValue(name)
	}
	return key
}

// bucketHash is what X-RateLimit-Bucket says: the same for routes that share
// a limit, whatever their major parameters.
func (rt route) bucketHash() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(rt.bucketName()))
	return fmt.Sprintf("%016x%016x", h.Sum64(), h.Sum64()*31)
}

// limit counts a request and returns the headers that tell the bot, and the
// refusal where it was one too many. The lock must be held.
func (s *Server) limit(r *request) (http.Header, *answer) {
	key, l := r.call.bucket, &s.limits
	exempt := r.route.exempt
	s.early(r, key)
	if !exempt {
		s.early(r, "")
	}
	if !exempt && !l.o.Off {
		if w := l.window("", l.o.Global, r.now); w.left == 0 {
			s.counts.OverLimit++
			a := s.tooMany(key, "global", r.now, w.ends)
			return nil, &a
		}
	}
	rate := l.rate(r.route)
	w := l.window(key, rate, r.now)
	if w.left == 0 && !l.o.Off {
		s.counts.OverLimit++
		a := s.tooMany(key, "user", r.now, w.ends)
		maps.Copy(a.header, bucketHeader(r, rate, w))
		return nil, &a
	}
	w.left = max(w.left-1, 0)
	if l.o.Off {
		w.left = rate.Requests
	}
	if !exempt && !l.o.Off {
		l.windows[""].left--
	}
	return bucketHeader(r, rate, w), nil
}

// early notes a request that was sent on after a 429.
func (s *Server) early(r *request, key string) {
	b, blocked := s.limits.blocked[key]
	if !blocked {
		return
	}
	const rounding = 5 * time.Millisecond
	grace := min(inFlight, b.until.Sub(b.since)/2)
	switch {
	case !r.now.Before(b.until.Add(-rounding)):
		delete(s.limits.blocked, key)
	case r.now.After(b.since.Add(grace)):
		s.counts.Early++
		s.violate(r.where(), "sent %v before the time that a 429 named", b.until.Sub(r.now))
	}
}

// window returns the window that a request falls into, a new one where the
// last has ended.
func (l *limiter) window(key string, rate Rate, now time.Time) *window {
	w := l.windows[key]
	if w == nil || !now.Before(w.ends) {
		w = &window{left: rate.Requests, ends: now.Add(rate.Per)}
		l.windows[key] = w
	}
	return w
}

// tooMany is the answer to a request over a limit. The lock must be held.
func (s *Server) tooMany(key, scope string, now, until time.Time) answer {
	wait := max(until.Sub(now).Seconds(), 0.001)
	wait = math.Ceil(wait*1000) / 1000
	if scope == "global" {
		key = ""
	}
	s.limits.blocked[key] = block{since: now, until: until}
	a := answer{
		status: http.StatusTooManyRequests,
		body:   object{"message": "You are being rate limited.", "retry_after": wait, "global": scope == "global"},
		header: http.Header{
			"Retry-After":       {strconv.Itoa(int(math.Ceil(wait)))},
			"X-Ratelimit-Scope": {scope},
		},
	}
	if scope == "global" {
		a.header.Set("X-RateLimit-Global", "true")
	}
	return a
}

func bucketHeader(r *request, rate Rate, w *window) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", strconv.Itoa(rate.Requests))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.left))
	h.Set("X-RateLimit-Reset", strconv.FormatFloat(float64(w.ends.UnixMilli())/1000, 'f', 3, 64))
	h.Set("X-RateLimit-Reset-After", strconv.FormatFloat(math.Ceil(w.ends.Sub(r.now).Seconds()*1000)/1000, 'f', 3, 64))
	h.Set("X-RateLimit-Bucket", r.route.bucketHash())
	return h
}
