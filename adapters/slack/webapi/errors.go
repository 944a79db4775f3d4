package webapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"briefbot/bot"
)

// Outcome is what is known of a message that was to be posted.
type Outcome string

// The outcomes.
const (
	Posted    Outcome = "posted"
	NotPosted Outcome = "not_posted"
	Unknown   Outcome = "unknown" // it may stand there; posting it again may show it twice
)

// Error is what Slack said, or that it said nothing.
type Error struct {
	Method  string
	Status  int    // of the answer; 0 where there was none
	Code    string // Slack's, such as "not_in_channel"; "" where it gave none
	Needed  string // with the code "missing_scope": the scopes, separated by commas
	Details string // what Slack found wrong with the arguments, in one line
	Outcome Outcome
	cause   error
}

// Error names the method and what went wrong, and no argument of the call.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method)
	switch {
	case e.Code != "":
		b.WriteString(": " + e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	if e.Needed != "" {
		b.WriteString(" (" + e.Needed + ")")
	}
	if e.Details != "" {
		b.WriteString(": " + e.Details)
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	if e.Outcome == Unknown {
		b.WriteString(" (the outcome is not known)")
	}
	return b.String()
}

// Unwrap returns why there was no answer.
func (e *Error) Unwrap() error { return e.cause }

// OutcomeOf returns what is known of a message whose posting ended with err.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Posted
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Outcome != "" {
		return e.Outcome
	}
	return NotPosted
}

// CodeOf returns Slack's code of an error, "" where it has none.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Permanent reports whether trying again is of no use before somebody has
// changed something: the token, the scopes, the channel or the program.
func Permanent(err error) bool {
	e, ok := errors.AsType[*bot.Error](err)
	return ok && e.Kind != bot.Unavailable && e.Kind != bot.RateLimited
}

// Gone reports whether the token is good for nothing any more: the bot was
// uninstalled, or its token was revoked.
func Gone(err error) bool {
	switch CodeOf(err) {
	case "account_inactive", "token_revoked", "invalid_auth", "not_authed", "token_expired", "team_access_not_granted":
		return true
	}
	return false
}

// failed makes the error of a call that Slack refused.
func failed(method string, status int, said answer) *bot.Error {
	e := &Error{Method: method, Status: status, Code: clean(said.Error), Needed: clean(said.Needed), Outcome: NotPosted}
	if len(said.Metadata.Messages) > 0 {
		e.Details = clean(strings.Join(said.Metadata.Messages, "; "))
	}
	kind, message := meaning(e)
	return &bot.Error{Kind: kind, Message: message, Err: e}
}

// meaning says what a code means for whoever can do something about it.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func meaning(e *Error) (bot.Kind, string) {
	switch e.Code {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive":
		return bot.Denied, "Slack refuses the token of the bot; install the app anew and set the token that Slack then shows."
	case "not_allowed_token_type":
		return bot.Denied, "Slack wants another kind of token here: slack.bot_token begins with xoxb- and slack.app_token with xapp-."
	case "missing_scope", "no_permission", "ekm_access_denied", "access_denied", "team_access_not_granted":
		message := "Slack does not allow the bot to do this; compare its scopes with those of \"briefbot slack manifest\" and install it anew."
		if e.Needed != "" {
			message = fmt.Sprintf("The bot lacks the scope %s; add it to the app and install it anew.", e.Needed)
		}
		return bot.Denied, message
	case "not_in_channel":
		return bot.Denied, "The bot is not in this channel; invite it there."
	case "is_archived", "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_thread_locked", "restricted_action_non_threadable_channel":
		return bot.Denied, "Slack does not let the bot write in this channel; choose another, or change who may post there."
	case "messages_tab_disabled":
		return bot.Denied, "Slack takes no direct messages for the bot; switch the Messages Tab of its App Home on."
	case "channel_not_found", "user_not_found", "user_not_in_channel", "message_not_found", "thread_not_found", "team_not_found", "cannot_dm_bot":
		return bot.NotFound, "Slack does not know this, or does not show it to the bot; it may have been deleted."
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited":
		return bot.Unavailable, "Slack has a fault; try again later."
	}
	if e.Code == "" {
		return bot.Unavailable, "Slack has a fault; try again later."
	}
	return bot.Invalid, "Slack does not accept this request; the log says which part."
}

// transient reports whether the same call may succeed a little later. Slack
// says of some of these that part of the work may have been done.
func transient(code string) bool {
	switch code {
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		return true
	}
	return false
}

// broken makes the error of a call that got no answer that can be read.
func (c *Client) broken(method string, status int, cause error, outcome Outcome) *bot.Error {
	message := "Slack has a fault; try again later."
	switch {
	case status == 0 && method == ResponseURL:
		message = "Slack cannot be reached; check the network and the proxy, or try again later."
	case status == 0:
		message = fmt.Sprintf("Slack cannot be reached at %s; check the network, the proxy and slack.api_url, or try again later.", strings.TrimPrefix(strings.TrimPrefix(c.origin, "https://"), "http://"))
	case status < http.StatusInternalServerError && method != ResponseURL:
		message = fmt.Sprintf("slack.api_url (%s) is not the address of Slack's API, which ends in /api; correct or unset it.", c.base)
	}
	return &bot.Error{
		Kind: bot.Unavailable, Message: message,
		Err: &Error{Method: method, Status: status, Outcome: outcome, cause: cause},
	}
}

// held makes the error of a call that a limit holds back for too long.
func held(method string, delay time.Duration, status int) *bot.Error {
	delay = max(delay, time.Millisecond)
	e := &Error{Method: method, Status: status, Outcome: NotPosted, cause: errors.New("held back by a rate limit")}
	if status == http.StatusTooManyRequests {
		e.Code, e.cause = "ratelimited", nil
	}
	shown := max(delay.Round(time.Second), time.Second)
	return &bot.Error{
		Kind: bot.RateLimited, Message: fmt.Sprintf("Slack takes no more of these requests just now; try again in %s.", shown),
		Delay: delay, Err: e,
	}
}

// unusable makes the error of a call that is not sent at all.
func unusable(method, why string) *bot.Error {
	return &bot.Error{
		Kind: bot.Invalid, Message: "The request to Slack is not complete; this is a fault of the program.",
		Err: &Error{Method: method, Outcome: NotPosted, cause: errors.New(why)},
	}
}

// cleaned keeps of an error what it is and what it says, without the address
// and without the token.
func cleaned(err error, secrets ...string) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return &cleanedError{text: clean(text), timeout: isTimeout(err), ended: errors.Is(err, context.Canceled)}
}

// cleanedError has no Unwrap: nobody can get at the original's text.
type cleanedError struct {
	text           string
	timeout, ended bool
}

func (c *cleanedError) Error() string { return c.text }
func (c *cleanedError) Timeout() bool { return c.timeout }
func (c *cleanedError) Is(target error) bool {
	return c.ended && target == context.Canceled || c.timeout && target == context.DeadlineExceeded
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

const maxMessageRunes = 300

// clean makes one short line of what came from outside.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxMessageRunes {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
