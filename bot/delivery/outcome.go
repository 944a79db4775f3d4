package delivery

import (
	"errors"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
)

// failure is what an error of a Sender means.
type failure struct {
	reason digest.Reason
	maybe  bool          // the page may stand all the same
	passes bool          // trying again later may help
	stops  bool          // nothing that the subscription sends will arrive
	delay  time.Duration // that the platform asked for
}

func failureOf(err error) failure {
	f := failure{maybe: errors.Is(err, bot.ErrMaybePosted)}
	e, ok := errors.AsType[*bot.Error](err)
	switch {
	case errors.Is(err, bot.ErrRevoked):
		f.reason, f.stops = digest.ReasonRevoked, true
	case ok && e.Kind == bot.NotFound:
		f.reason, f.stops = digest.ReasonGone, true
	case ok && e.Kind == bot.Denied:
		f.reason, f.stops = digest.ReasonDenied, true
	case ok && e.Kind == bot.Invalid:
		f.reason = digest.ReasonRefused
	case ok && e.Kind == bot.RateLimited:
		f.reason, f.passes, f.delay = digest.ReasonUnavailable, true, e.Delay
	default:
		f.reason, f.passes = digest.ReasonUnavailable, true
	}
	return f
}

// The bounds of the time between two attempts.
const (
	shortestWait = 5 * time.Second
	longestWait  = 10 * time.Minute
)

// backoff is how long to wait after an attempt, the first of which is 1: twice
// as long each time, and by up to a quarter more or less, so that what failed
// together does not come back together. random is from 0 up to 1.
func backoff(attempt int, random float64) time.Duration {
	wait := longestWait
	if doublings := attempt - 1; doublings < 10 {
		wait = min(shortestWait<<max(doublings, 0), longestWait)
	}
	const spread = 0.5
	return time.Duration(float64(wait) * (1 - spread/2 + spread*random))
}

// panics is how many attempts an occurrence has at which composing or posting
// it panics: the next one would hardly fare better.
const panics = 3

// panicked is the result of an attempt at which the program failed.
func panicked(o digest.Occurrence, random float64) digest.Result {
	if o.Attempts >= panics {
		return digest.Result{Occurrence: o.ID, State: digest.Failed, Reason: digest.ReasonRefused}
	}
	return digest.Result{Occurrence: o.ID, State: digest.Queued, Reason: digest.ReasonRefused, RetryAfter: backoff(o.Attempts, random)}
}

// givenUp is what comes of a job that is too late: what stands of it is told, and
// to skip it would tell it again.
func givenUp(job digest.Job, why digest.Reason) digest.Result {
	r := digest.Result{Occurrence: job.Occurrence.ID, State: digest.Skipped, Reason: why}
	if posted(job.Pages) {
		r.State = digest.Sent
	}
	return r
}

// tooLate is the reason not to send a job any more, "" where it is in time. One
// that was posted in part, or may have been, gets as long again for the rest and
// to find that out: to give it up would tell its news twice, or never.
func tooLate(job digest.Job, late time.Duration) digest.Reason {
	if begun(job.Pages) {
		late *= 2
	}
	switch {
	case job.Now.Sub(job.Occurrence.Slot.At) <= late:
		return ""
	case job.Occurrence.Reason == digest.ReasonUnavailable:
		return digest.ReasonUnavailable
	}
	return digest.ReasonLate
}

// begun reports whether a page was posted, or may have been.
func begun(pages []digest.Page) bool {
	for _, p := range pages {
		if p.Post != "" || !p.TriedAt.IsZero() {
			return true
		}
	}
	return false
}

func posted(pages []digest.Page) bool {
	for _, p := range pages {
		if p.Post != "" {
			return true
		}
	}
	return false
}

// unwanted is the reason why nobody waits for a job any more, "" where somebody
// does. What was asked for, and the correction of what was told, is sent whatever
// the state of its subscription.
func unwanted(job digest.Job) digest.Reason {
	switch {
	case job.Subscription.ID == "":
		return digest.ReasonUnsubscribed
	case begun(job.Pages), job.Occurrence.Kind != digest.Scheduled, job.Subscription.State == digest.Active:
		return ""
	}
	return digest.ReasonPaused
}
