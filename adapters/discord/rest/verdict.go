package rest

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The bounds of what an answer may say about waiting.
const (
	maxDelay     = 24 * time.Hour   // the longest of Discord's limits is per day
	jsonDelay    = time.Second      // of a 429 that names no delay
	edgeDelay    = 10 * time.Second // of a 429 of Cloudflare's that names none
	maxBucketLen = 128              // Discord's names have 32 characters
	maxLimit     = 1_000_000
)

// verdict is what an answer says about limits.
type verdict struct {
	status int

	// With limited, the bucket lets left of limit requests through until
	// resetAfter.
	limited     bool
	bucket      string
	limit, left int
	resetAfter  time.Duration

	// With status 429.
	retryAfter time.Duration
	global     bool // all of the bot's requests are held back
	shared     bool // by a limit that others use up too; does not count as invalid
	edge       bool // refused by Cloudflare, before Discord
}

// invalid reports whether Discord counts the request towards its ban:
// https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans.
func (v *verdict) invalid() bool {
	return v.status == http.StatusUnauthorized || v.status == http.StatusForbidden ||
		v.status == http.StatusTooManyRequests && !v.shared
}

// judge reads the headers of an answer and, of a 429, its body. What makes no
// sense is taken as absent.
func judge(status int, h http.Header, body []byte) *verdict {
	v := &verdict{status: status}
	if b := h.Get("X-RateLimit-Bucket"); len(b) <= maxBucketLen {
		v.bucket = b
	}
	resetAfter, hasReset := seconds(h.Get("X-RateLimit-Reset-After"))
	limit, errLimit := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	left, errLeft := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	if hasReset && errLimit == nil && errLeft == nil && limit > 0 && limit <= maxLimit && left >= 0 {
		v.limited, v.limit, v.left, v.resetAfter = true, limit, min(left, limit), resetAfter
	}
	if status != http.StatusTooManyRequests {
		return v
	}

	scope := h.Get("X-RateLimit-Scope")
	v.shared = scope == "shared"
	v.global = scope == "global" || strings.EqualFold(h.Get("X-RateLimit-Global"), "true")
	retryAfter, hasRetry := seconds(h.Get("Retry-After"))
	var said struct {
		RetryAfter json.Number `json:"retry_after"`
		Global     any         `json:"global"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		// Discord speaks JSON; this is Cloudflare, which knows no routes.
		v.edge, v.global, v.shared = true, true, false
		v.retryAfter = edgeDelay
		if hasRetry {
			v.retryAfter = retryAfter
		}
		return v
	}
	v.global = v.global || said.Global == true
	v.retryAfter = jsonDelay
	if d, ok := seconds(said.RetryAfter.String()); ok {
		v.retryAfter = d // to the millisecond, where the header rounds up
	} else if hasRetry {
		v.retryAfter = retryAfter
	} else if hasReset {
		v.retryAfter = resetAfter
	}
	return v
}

// seconds reads a number of seconds such as "1.336". ok is false for what is
// no length of time; more than a day is a day.
func seconds(s string) (d time.Duration, ok bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 || math.IsInf(f, 0) {
		return 0, false
	}
	if f >= maxDelay.Seconds() {
		return maxDelay, true
	}
	return time.Duration(math.Ceil(f * float64(time.Second))), true
}
