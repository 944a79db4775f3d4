package bot

import (
	"errors"
	"time"
)

// Kind says what sort of failure an Error is, so that an adapter can choose
// an HTTP status or decide to try again.
type Kind string

// The kinds of errors.
const (
	Invalid     Kind = "invalid"      // the request cannot be understood; Message says what to change
	NotFound    Kind = "not_found"    // what was asked for does not exist
	Denied      Kind = "denied"       // the caller may not do this
	RateLimited Kind = "rate_limited" // too many requests; try again after Delay
	Unavailable Kind = "unavailable"  // a fault on our side; trying again later may help
)

// Error is the one error type that crosses package boundaries of the bot.
type Error struct {
	Kind    Kind
	Message string        // a sentence for the user: what is wrong and what to do next
	Delay   time.Duration // with RateLimited
	Err     error         // the cause, for logs only; never shown
}

// Error returns the sentence for the user and, behind it, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err: that of the Error in its chain, Unavailable
// for every other error, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unavailable
}
