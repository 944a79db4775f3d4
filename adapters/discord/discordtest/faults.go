package discordtest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with requests.
type Fault struct {
	// On says which requests: a method and a path below /api/v10, such as
	// "POST /channels/{channel_id}/messages". A step in braces and "*" match
	// any one step, a last "**" whatever follows, and the method "*" any.
	On string
	// Skip lets so many requests through first.
	Skip int
	// Chance is how likely it is to strike any one of those that follow, from 0
	// to 1; 0 strikes them all.
	Chance float64
	// Times is how many requests it strikes: 1 where it is 0, all where it is
	// negative.
	Times int
	// Do is what happens.
	Do Effect
}

// Effect is what a fault does. Make one by the functions that return it.
type Effect struct {
	kind   effectKind
	status int
	code   int
	text   string
	delay  time.Duration
}

type effectKind int

const (
	refuses      effectKind = iota + 1 // answers an error and does nothing
	answersAfter                       // does it, and answers an error
	resetsBefore
	resetsAfter
	delays
	holds
	loses
	holdsAfter
)

// Refuse answers a status of the 5xx without doing what was asked.
func Refuse(status int) Effect {
	return Effect{kind: refuses, status: status, text: http.StatusText(status)}
}

// RefuseCode answers an error of Discord's without doing what was asked, such
// as 403, 50013: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
func RefuseCode(status, code int) Effect {
	return Effect{kind: refuses, status: status, code: code, text: codeTexts(code)}
}

// FailAfter does what was asked and answers a status of the 5xx.
func FailAfter(status int) Effect {
	return Effect{kind: answersAfter, status: status, text: http.StatusText(status)}
}

// ResetBefore ends the connection without doing what was asked.
func ResetBefore() Effect { return Effect{kind: resetsBefore} }

// ResetAfter does what was asked and ends the connection instead of answering.
func ResetAfter() Effect { return Effect{kind: resetsAfter} }

// Delay does what was asked, so much later.
func Delay(d time.Duration) Effect { return Effect{kind: delays, delay: d} }

// Hold does what was asked when it is released.
func Hold() Effect { return Effect{kind: holds} }

// HoldAndLose does nothing; when it is released it ends the connection, as
// where a request never arrives.
func HoldAndLose() Effect { return Effect{kind: loses} }

// HoldAfter does what was asked at once and answers when it is released.
func HoldAfter() Effect { return Effect{kind: holdsAfter} }

// LimitHTML answers 429 as Cloudflare does: a page, no JSON, and only
// Retry-After in whole seconds.
func LimitHTML(after time.Duration) Effect {
	return Effect{kind: refuses, status: http.StatusTooManyRequests, text: "cloudflare", delay: after}
}

// LimitGlobal answers 429 for all requests of the bot.
func LimitGlobal(after time.Duration) Effect {
	return Effect{kind: refuses, status: http.StatusTooManyRequests, text: "global", delay: after}
}

// LimitShared answers 429 because others used up a limit that is shared.
func LimitShared(after time.Duration) Effect {
	return Effect{kind: refuses, status: http.StatusTooManyRequests, text: "shared", delay: after}
}

// LimitRoute answers 429 although the headers left room.
func LimitRoute(after time.Duration) Effect {
	return Effect{kind: refuses, status: http.StatusTooManyRequests, text: "user", delay: after}
}

func codeTexts(code int) string {
	switch code {
	case 10003:
		return "Unknown Channel"
	case 10004:
		return "Unknown Guild"
	case 10008:
		return "Unknown Message"
	case 10062:
		return "Unknown interaction"
	case 40060:
		return "Interaction has already been acknowledged."
	case 50001:
		return "Missing Access"
	case 50007:
		return "Cannot send messages to this user"
	case 50013:
		return "Missing Permissions"
	case 50035:
		return "Invalid Form Body"
	}
	return "Error"
}

// Armed is a fault that waits for its requests.
type Armed struct {
	s       *Server
	fault   Fault
	skip    int
	left    int // negative: no end
	hits    int
	host    string        // at which the last request that it struck came in
	struck  chan struct{} // closed at the first hit
	release chan struct{}
	once    sync.Once
}

// Fail arms a fault. Of several that match a request the first armed strikes.
func (s *Server) Fail(f Fault) *Armed {
	a := &Armed{s: s, fault: f, skip: f.Skip, left: cmpOr(f.Times, 1), struck: make(chan struct{}), release: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent()
	s.faults = append(s.faults, a)
	return a
}

// Hits is how many requests the fault struck.
func (a *Armed) Hits() int {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.hits
}

// Struck is closed once the fault has struck.
func (a *Armed) Struck() <-chan struct{} { return a.struck }

// Release lets go what is held, and what would be.
func (a *Armed) Release() { a.once.Do(func() { close(a.release) }) }

// Disarm makes the fault strike no more, and releases what it holds.
func (a *Armed) Disarm() {
	a.s.mu.Lock()
	a.left = 0
	a.s.mu.Unlock()
	a.Release()
}

// armed returns the fault that strikes a call. The lock must be held.
func (s *Server) armed(call *Call) *Armed {
	for _, a := range s.faults {
		if a.left == 0 || !a.fault.matches(call) {
			continue
		}
		if a.skip > 0 {
			a.skip--
			continue
		}
		if a.fault.Chance > 0 && s.o.Random() >= a.fault.Chance {
			continue
		}
		a.left--
		a.hits++
		a.host = call.Host
		if a.hits == 1 {
			close(a.struck)
		}
		s.notify()
		return a
	}
	return nil
}

func (f Fault) matches(call *Call) bool {
	method, pattern, _ := strings.Cut(f.On, " ")
	if method != "*" && method != call.Method {
		return false
	}
	path, _, _ := strings.Cut(call.Path, "?")
	if pattern == call.Template {
		return true
	}
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, step := range want {
		if step == "**" && i == len(want)-1 {
			return true
		}
		if i >= len(got) || step != got[i] && step != "*" && !strings.HasPrefix(step, "{") {
			return false
		}
	}
	return len(want) == len(got)
}

// before does what happens ahead of a request and says whether it goes on.
func (a *Armed) before(s *Server, w http.ResponseWriter, call *Call) bool {
	switch a.fault.Do.kind {
	case resetsBefore:
		resetConnection(w)
		return false
	case delays:
		timer := time.NewTimer(a.fault.Do.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-a.release:
		case <-s.done:
		}
	case holds:
		a.hold(s)
	case loses:
		a.hold(s)
		resetConnection(w)
		return false
	case refuses:
		s.mu.Lock()
		answer := a.refusal(s, call)
		s.settle(call, answer)
		s.notify()
		s.mu.Unlock()
		write(w, answer)
		return false
	case answersAfter, resetsAfter, holdsAfter:
	}
	return true
}

func (a *Armed) hold(s *Server) {
	select {
	case <-a.release:
	case <-s.done:
	}
}

// after does what happens between a request's work and its answer.
func (a *Armed) after(s *Server) {
	if a.fault.Do.kind == holdsAfter {
		a.hold(s)
	}
}

// instead is what is answered in place of a request's answer.
func (a *Armed) instead(s *Server, call *Call) (answer, bool) {
	if a.fault.Do.kind != answersAfter {
		return answer{}, false
	}
	return a.refusal(s, call), true
}

func (a *Armed) resets() bool { return a.fault.Do.kind == resetsAfter }

// refusal is the answer of a fault. The lock must be held.
func (a *Armed) refusal(s *Server, call *Call) answer {
	do := a.fault.Do
	switch {
	case do.status != http.StatusTooManyRequests:
		return apiError(do.status, do.code, do.text)
	case do.text == "cloudflare":
		s.limits.blocked[""] = block{since: call.At, until: call.At.Add(do.delay)}
		return answer{
			status: do.status,
			body:   page("<!DOCTYPE html>\n<html><head><title>Error 1015</title></head><body>You are being rate limited</body></html>\n"),
			header: http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(do.delay.Seconds())))}},
		}
	}
	return s.tooMany(call.bucket, do.text, call.At, call.At.Add(do.delay))
}
