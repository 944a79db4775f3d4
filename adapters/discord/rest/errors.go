package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"briefbot/bot"
)

// ErrUnknownOutcome says that a request that changes something may or may not
// have taken effect: Discord failed, or the connection broke, after it was
// sent. Errors of this package are compared with it by errors.Is.
var ErrUnknownOutcome = errors.New("rest: it is unknown whether the request took effect")

// ErrNotRepeatable says that a body lacks what would keep Discord from
// posting it twice.
var ErrNotRepeatable = errors.New(`rest: a message needs "nonce", of 1 to 25 characters, and "enforce_nonce": true`)

// Codes of Discord's that callers act upon:
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json.
const (
	CodeUnknownChannel      = 10003
	CodeUnknownGuild        = 10004
	CodeUnknownMessage      = 10008
	CodeUnknownInteraction  = 10062
	CodeAlreadyAcknowledged = 40060
	CodeMissingAccess       = 50001
	CodeCannotMessageUser   = 50007
	CodeNoMessagesHere      = 50008 // it takes no messages
	CodeMissingPermissions  = 50013
	CodeNoThreadsHere       = 50024 // "Cannot execute action on this channel type"
	CodeInvalidWebhookToken = 50027 // an interaction's, after its 15 minutes
	CodeInvalidRecipient    = 50033 // of a direct conversation
	CodeThreadArchived      = 50083
	CodeNoMutualServer      = 50278 // with a user who is to be told something
	CodeReplyNeedsHistory   = 160002
	CodeThreadExists        = 160004
	CodeThreadLocked        = 160005
	CodeTooManyThreads      = 160006
	CodeTooManyNewsThreads  = 160007 // of an announcement channel
)

// The bounds of what is kept of an error.
const (
	maxMessageRunes = 200
	maxErrorBytes   = 64 << 10 // of a body that is read; Discord's have some hundred
	maxFaults       = 8
	maxFaultDepth   = 16
)

// Error is how a request failed. It is the cause of a *bot.Error.
type Error struct {
	Method, Route string // "POST", "/channels/{channel}/messages"
	Status        int    // 0 where there was no answer
	Code          int    // Discord's; 0 where it named none
	Message       string // Discord's, for logs

	// Faults are the parts of the body that Discord did not accept, such as
	// "components.0.content BASE_TYPE_BAD_LENGTH". What stands in them is
	// left out: it may be a user's text.
	Faults []string

	// Unknown is true where the request may have taken effect all the same;
	// the error then is ErrUnknownOutcome.
	Unknown bool

	cause error // of the network or ctx
}

// Error describes the failure in one line without any token.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "discord: %s %s", e.Method, e.Route)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d", e.Status)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, " (%d)", e.Code)
	}
	// Of a fault that has no code of its own Discord repeats the status.
	if message := strings.TrimPrefix(e.Message, fmt.Sprintf("%d: ", e.Status)); message != "" {
		b.WriteString(": " + message)
	}
	if len(e.Faults) > 0 {
		b.WriteString(" [" + strings.Join(e.Faults, ", ") + "]")
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	if e.Unknown {
		b.WriteString(" (it may have taken effect)")
	}
	return b.String()
}

// Unwrap returns what the network or the context said, if that was it.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, ErrUnknownOutcome) true where Unknown is.
func (e *Error) Is(target error) bool { return target == ErrUnknownOutcome && e.Unknown }

// Permanent reports whether trying again is useless until somebody changes
// something: the channel or server is gone, the bot may not write there, or
// Discord refuses the token.
func Permanent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case CodeUnknownChannel, CodeUnknownGuild, CodeMissingAccess, CodeCannotMessageUser, CodeNoMutualServer, CodeMissingPermissions:
		return true
	}
	return e.Status == http.StatusUnauthorized
}

// failure makes the error of an answer that is neither success nor 429.
func (c *Client) failure(k *call, status int, body []byte, unknown bool) *bot.Error {
	e := &Error{Method: k.method, Route: k.route, Status: status, Unknown: unknown}
	e.Code, e.Message, e.Faults = readFailure(body)
	e.Message = c.redact(k, e.Message)
	for i := range e.Faults {
		e.Faults[i] = c.redact(k, e.Faults[i])
	}
	kind, message := sentence(e.Status, e.Code, k.interaction)
	if c.misled(k, e) {
		message = fmt.Sprintf("discord.api_url (%s) is not the address of Discord's API, which ends in /api/v10; correct or unset it.", c.base)
	}
	return &bot.Error{Kind: kind, Message: message, Err: e}
}

// misled reports whether an answer is that of a server that does not know
// what every version of the API has. Of what has parameters that is said only
// of an address that looks wrong: what they name may be gone.
func (c *Client) misled(k *call, e *Error) bool {
	if k.method != http.MethodGet || e.Code != 0 {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed:
		return !strings.Contains(k.route, "{") || !strings.HasSuffix(c.base, "/api/v10")
	}
	return false
}

func sentence(status, code int, interaction bool) (bot.Kind, string) {
	switch code {
	case CodeCannotMessageUser, CodeNoMutualServer:
		return bot.Denied, "Discord does not deliver the bot's messages to this person; they have to allow direct messages."
	case CodeMissingAccess:
		return bot.Denied, "The bot cannot see this channel or server; invite it, or let its role view the channel."
	case CodeMissingPermissions:
		return bot.Denied, "The bot lacks a permission there; give its role the right to view the channel and send messages."
	case CodeNoMessagesHere:
		return bot.Denied, "Discord takes no messages in this channel; choose another channel."
	case CodeThreadArchived, CodeThreadLocked:
		return bot.Denied, "This thread is closed; open it, or choose another channel."
	case CodeReplyNeedsHistory:
		return bot.Denied, "The bot may not reply to messages there; give its role the right to read message history."
	case CodeUnknownChannel:
		return bot.NotFound, "Discord knows no such channel, or the bot is not in its server; choose another channel."
	case CodeUnknownGuild:
		return bot.NotFound, "Discord knows no such server, or the bot is not in it; invite the bot."
	case CodeUnknownMessage:
		return bot.NotFound, "Discord knows no such message; it may have been deleted."
	case CodeInvalidRecipient:
		return bot.NotFound, "Discord knows no such person, or takes no messages for them."
	case CodeUnknownInteraction, CodeInvalidWebhookToken:
		return bot.NotFound, "Discord waits for this answer no more; use the command again."
	}
	switch {
	case status == http.StatusUnauthorized && !interaction:
		return bot.Unavailable, refusedMessage
	case status == http.StatusUnauthorized:
		return bot.Unavailable, "Discord refuses the token of this interaction; use the command again."
	case status == http.StatusForbidden:
		return bot.Denied, "Discord does not allow the bot to do this; check its roles and permissions."
	case status == http.StatusNotFound:
		return bot.NotFound, "Discord does not know this; it may have been deleted."
	case status >= 400 && status < 500:
		return bot.Invalid, "Discord does not accept this request; unless a setting is wrong, this is a fault of the program."
	case status >= 300 && status < 400:
		return bot.Unavailable, "Discord's address leads elsewhere; check discord.api_url."
	default:
		return bot.Unavailable, "Discord has a fault; try again later."
	}
}

const refusedMessage = "Discord refuses the token of the bot; set the one that the Developer Portal shows and start again."

// broken makes the error of a request that got no answer.
func (c *Client) broken(k *call, cause error, unknown bool) *bot.Error {
	e := &Error{Method: k.method, Route: k.route, Unknown: unknown, cause: c.cleaned(k, cause)}
	return &bot.Error{Kind: bot.Unavailable, Err: e, Message: fmt.Sprintf(
		"Discord cannot be reached at %s; check the network, the proxy and discord.api_url, or try again later.", c.host())}
}

// CodeOf returns Discord's code of an error, 0 where it has none.
func CodeOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}

// host is the part of the address that says which server is spoken to.
func (c *Client) host() string {
	_, host, _ := strings.Cut(c.base, "://")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// held makes the error of a request that a limit holds back for too long.
func (c *Client) held(k *call, delay time.Duration, status int, unknown bool, cause error) *bot.Error {
	delay = max(delay, time.Millisecond)
	e := &Error{Method: k.method, Route: k.route, Status: status, Unknown: unknown, cause: cause}
	if e.Message = "held back by a rate limit"; status == http.StatusTooManyRequests {
		e.Message = "rate limited"
	}
	shown := max(delay.Round(time.Second), time.Second)
	return &bot.Error{
		Kind: bot.RateLimited, Message: fmt.Sprintf("Discord takes no more of these requests just now; try again in %s.", shown),
		Delay: delay, Err: e,
	}
}

// unusable makes the error of a call that is not sent at all.
func (k *call) unusable(kind bot.Kind, message string, cause error) *bot.Error {
	return &bot.Error{Kind: kind, Message: message, Err: &Error{Method: k.method, Route: k.route, cause: cause}}
}

// cleaned keeps of an error what it is and what it says, without the address
// and without tokens.
func (c *Client) cleaned(k *call, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &cleaned{text: clean(c.redact(k, err.Error())), err: err}
}

// cleaned has no Unwrap: nobody can get at the original's text.
type cleaned struct {
	text string
	err  error
}

func (c *cleaned) Error() string        { return c.text }
func (c *cleaned) Is(target error) bool { return errors.Is(c.err, target) }
func (c *cleaned) Timeout() bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](c.err)
	return ok && t.Timeout()
}

// Format keeps %#v from printing the original.
func (c *cleaned) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.text)) }

func (c *Client) redact(k *call, s string) string {
	for _, token := range []string{c.credential(), k.secret} {
		if token != "" {
			s = strings.ReplaceAll(s, token, "[token]")
		}
	}
	return s
}

// readFailure reads an error's body. Whatever is no JSON, or far too long,
// says nothing.
func readFailure(body []byte) (code int, message string, faults []string) {
	var said struct {
		Code    json.Number     `json:"code"`
		Message any             `json:"message"`
		Errors  json.RawMessage `json:"errors"`
	}
	if len(body) > maxErrorBytes || json.Unmarshal(body, &said) != nil {
		return 0, "", nil
	}
	if n, err := said.Code.Int64(); err == nil && n > 0 && n < 1<<31 {
		code = int(n)
	}
	if m, ok := said.Message.(string); ok {
		message = clean(m)
	}
	if tree := map[string]any{}; json.Unmarshal(said.Errors, &tree) == nil {
		faults = listFaults(nil, "", tree, 0)
	}
	return code, message, faults
}

// listFaults walks the tree of errors: its keys lead to lists of codes under
// "_errors". See https://docs.discord.com/developers/reference#error-messages.
func listFaults(list []string, path string, tree map[string]any, depth int) []string {
	if depth > maxFaultDepth || len(path) > maxMessageRunes {
		return list
	}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		if key != "_errors" {
			if sub, ok := tree[key].(map[string]any); ok {
				list = listFaults(list, strings.TrimPrefix(path+"."+key, "."), sub, depth+1)
			}
			continue
		}
		all, _ := tree[key].([]any)
		for _, one := range all {
			if fault, ok := one.(map[string]any); ok && len(list) < maxFaults {
				code, _ := fault["code"].(string)
				list = append(list, clean(strings.TrimSpace(path+" "+code)))
			}
		}
	}
	return list
}

// clean makes one short line of what came from outside.
func clean(s string) string {
	var b bytes.Buffer
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
