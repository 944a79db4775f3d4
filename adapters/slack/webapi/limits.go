package webapi

import (
	"sync"
	"time"
)

// The limits that are kept before Slack has to keep them.
// https://docs.slack.dev/apis/web-api/rate-limits
const (
	perChannel      = 1 // messages
	perChannelIn    = time.Second
	perWorkspace    = 20 // messages, 300 a minute; Slack allows "several hundred"
	perWorkspaceIn  = 4 * time.Second
	tierIn          = time.Minute
	limitsKept      = 4096 // windows, some 100 bytes each and a time for each call
	fallbackDelay   = time.Second
	longestDelay    = time.Hour
	postMethod      = "chat.postMessage"
	ephemeralMethod = "chat.postEphemeral"
)

// tiers are the calls of a method that a workspace allows in a minute. Tier 1
// ("one a minute, and occasional bursts") is left to Slack: of it the bot
// calls what opens a connection alone, as seldom as it has to.
func tier(method string) int {
	switch method {
	case "chat.update", "chat.delete", "conversations.history", "conversations.replies", "conversations.info", "team.info",
		"assistant.threads.setStatus", "assistant.threads.setTitle", "assistant.threads.setSuggestedPrompts":
		return 50
	case "users.info", "views.publish", "views.open", "views.update", ephemeralMethod:
		return 100
	}
	return 0
}

// bound is one limit that a call falls under.
type bound struct {
	key  string
	most int
	in   time.Duration
}

// bounds returns the limits of a call.
func bounds(team, method, channel string) []bound {
	if method == postMethod {
		return []bound{
			{team + " " + channel, perChannel, perChannelIn},
			{team + " " + method, perWorkspace, perWorkspaceIn},
		}
	}
	if n := tier(method); n > 0 {
		return []bound{{team + " " + method, n, tierIn}}
	}
	return nil
}

// limits counts calls over sliding windows, and knows until when Slack takes
// none of a kind.
type limits struct {
	mu      sync.Mutex
	windows map[string]*window
	blocked map[string]time.Time // by team and method
}

// window holds when the latest calls went out, the earliest first.
type window struct {
	calls []time.Time
	in    time.Duration
}

func newLimits() *limits {
	return &limits{windows: map[string]*window{}, blocked: map[string]time.Time{}}
}

// take counts a call, or returns how long it has to wait. Of calls that wait
// for the same time the first to ask again goes.
func (l *limits) take(team, method, channel string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := team + " " + method
	if until, ok := l.blocked[key]; ok {
		if d := until.Sub(now); d > 0 {
			return d
		}
		delete(l.blocked, key)
	}
	all := bounds(team, method, channel)
	for _, b := range all {
		wait = max(wait, l.window(b, now).wait(b, now))
	}
	if wait > 0 {
		return wait
	}
	for _, b := range all {
		w := l.windows[b.key]
		w.calls = append(w.calls, now)
	}
	return 0
}

// block keeps calls of a method in a workspace back.
func (l *limits) block(team, method string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := team + " " + method
	if until.After(l.blocked[key]) {
		l.blocked[key] = until
	}
}

func (l *limits) window(b bound, now time.Time) *window {
	w, ok := l.windows[b.key]
	if !ok {
		if len(l.windows) >= limitsKept {
			l.forget(now)
		}
		w = &window{in: b.in}
		l.windows[b.key] = w
	}
	return w
}

// forget drops the windows that hold nothing back any more.
func (l *limits) forget(now time.Time) {
	for key, w := range l.windows {
		if w.drop(now); len(w.calls) == 0 {
			delete(l.windows, key)
		}
	}
	for key, until := range l.blocked {
		if !until.After(now) {
			delete(l.blocked, key)
		}
	}
}

func (w *window) drop(now time.Time) {
	n := 0
	for n < len(w.calls) && !w.calls[n].Add(w.in).After(now) {
		n++
	}
	w.calls = w.calls[n:]
}

func (w *window) wait(b bound, now time.Time) time.Duration {
	w.drop(now)
	if len(w.calls) < b.most {
		return 0
	}
	return w.calls[len(w.calls)-b.most].Add(b.in).Sub(now)
}
