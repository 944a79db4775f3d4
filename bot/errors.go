package bot

import (
	"fmt"
	"runtime"
	"strings"
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

// Error returns the sentence for the user and, behind it in the same
// sentence, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return strings.TrimSuffix(e.Message, ".") + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// PanicText returns what a log may hold of a recovered value: the text of a
// fault of the runtime, and of others the type alone, for they may quote what
// a user wrote.
func PanicText(recovered any) string {
	if err, ok := recovered.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", recovered)
}
