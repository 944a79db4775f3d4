package slacktest

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is something that goes wrong with calls.
type Fault struct {
	// On is a method, such as "chat.postMessage" or ResponseURL; "*" is any.
	On string
	// Channel narrows it to calls whose argument channel this is.
	Channel string
	// Skip lets so many calls through first.
	Skip int
	// Every makes it strike only each so-manieth of those that follow.
	Every int
	// Chance is how likely it is to strike any one of those that follow, from 0
	// to 1; 0 strikes them all.
	Chance float64
	// Times is how many calls it strikes: 1 where it is 0, all where it is
	// negative.
	Times int
	// Do is what happens.
	Do Effect
}

// Effect is what a fault does. Make one by the functions that return it.
type Effect struct {
	kind   effectKind
	status int
	code   string
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
	overLimit
	loses
	holdsAfter
)

// Refuse answers a status of the 5xx without doing what was asked.
func Refuse(status int) Effect { return Effect{kind: refuses, status: status} }

// RefuseError answers an error of Slack's, such as "is_archived", without
// doing what was asked.
func RefuseError(code string) Effect {
	return Effect{kind: refuses, status: http.StatusOK, code: code}
}

// FailAfter does what was asked and answers a status of the 5xx.
func FailAfter(status int) Effect { return Effect{kind: answersAfter, status: status} }

// FailErrorAfter does what was asked and answers an error of Slack's, such as
// "fatal_error", of which Slack says that some of it may have succeeded.
func FailErrorAfter(code string) Effect {
	return Effect{kind: answersAfter, status: http.StatusOK, code: code}
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
// where a call never arrives.
func HoldAndLose() Effect { return Effect{kind: loses} }

// HoldAfter does what was asked at once and answers when it is released.
func HoldAfter() Effect { return Effect{kind: holdsAfter} }

// Limit answers 429 although the limits left room. The method may not be
// called in that workspace until the whole seconds that it names are over.
func Limit(after time.Duration) Effect { return Effect{kind: overLimit, delay: after} }

// Armed is a fault that waits for its calls.
type Armed struct {
	s       *Server
	fault   Fault
	skip    int
	seen    int
	left    int // negative: no end
	hits    int
	host    string        // at which the last call that it struck came in
	struck  chan struct{} // closed at the first hit
	release chan struct{}
	once    sync.Once
}

// Fail arms a fault. Of several that match a call the first armed strikes.
func (s *Server) Fail(f Fault) *Armed {
	a := &Armed{s: s, fault: f, skip: f.Skip, left: or(f.Times, 1), struck: make(chan struct{}), release: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(slices.DeleteFunc(s.faults, func(a *Armed) bool { return a.left == 0 }), a)
	return a
}

// Hits is how many calls the fault struck.
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
		if a.left == 0 || a.fault.On != "*" && a.fault.On != call.Method || a.fault.Channel != "" && a.fault.Channel != call.Channel {
			continue
		}
		if a.skip > 0 {
			a.skip--
			continue
		}
		a.seen++
		if a.fault.Every > 1 && a.seen%a.fault.Every != 0 {
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

// before does what happens ahead of a call and says whether it goes on.
func (a *Armed) before(s *Server, w http.ResponseWriter, c *call) bool {
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
	case refuses, overLimit:
		s.mu.Lock()
		answer := a.answer()
		if a.fault.Do.kind == overLimit {
			answer = s.tooMany("fault "+c.method.name+" "+c.teamID(), c.now, c.now.Add(a.fault.Do.delay))
		}
		s.settle(c.call, answer)
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

// contradicts says whether what was done is answered with an error.
func (a *Armed) contradicts() bool { return a != nil && a.fault.Do.kind == answersAfter }

// after does what happens between a call's work and its answer.
func (a *Armed) after(s *Server) {
	if a.fault.Do.kind == holdsAfter {
		a.hold(s)
	}
}

// answer is what a fault answers.
func (a *Armed) answer() answer {
	if a.fault.Do.code != "" {
		return failure(a.fault.Do.code)
	}
	return answer{status: a.fault.Do.status, body: page("<html><body>" + http.StatusText(a.fault.Do.status) + "</body></html>\n")}
}

// resetConnection ends the connection without an answer.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		_ = tcp.SetLinger(0) // the peer sees a reset, not an end
	}
	_ = conn.Close()
}
