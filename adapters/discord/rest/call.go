package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"briefbot/bot"
)

// call is one request, as often as it is sent.
type call struct {
	method, route string
	endpoint      string // method and route, by which buckets are learned
	path          string // the route with its parameters, and the query
	major         string // the parameter that buckets are kept by; "" where there is none
	body          []byte

	anonymous   bool   // sent without the bot's token
	interaction bool   // an answer to an interaction: anonymous, and not under the limit of the whole bot
	secret      string // the interaction's token, to keep it out of errors

	repeatable   bool              // a second one does no harm
	repeatWithin time.Duration     // of the first that may have taken effect; 0 for ever
	took         func(*Error) bool // whether a repeat failed because the first took effect
	changes      bool              // whether it matters that the outcome is unknown
}

// newCall fills in a route such as "/channels/{channel}/messages/{message}".
// Parameters are ids, apart from {token}; anything else is refused, so that
// no input leads to another path.
func newCall(method, route string, parameters ...string) (*call, error) {
	k := &call{
		method: method, route: route, endpoint: method + " " + route,
		repeatable: method != http.MethodPost, changes: method != http.MethodGet,
	}
	if method == http.MethodDelete {
		k.took = func(e *Error) bool { return e.Status == http.StatusNotFound }
	}
	var path, major strings.Builder
	rest, nth := route, 0
	for {
		before, after, found := strings.Cut(rest, "{")
		path.WriteString(before)
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		if nth >= len(parameters) {
			return nil, k.unusable(bot.Invalid, "The request to Discord is incomplete; this is a fault of the program.", nil)
		}
		value := parameters[nth]
		if name == "token" {
			if !isToken(value) {
				return nil, k.unusable(bot.Invalid, "This is no interaction of Discord's; use the command again.", nil)
			}
			k.secret = value
		} else if !isID(value) {
			return nil, k.unusable(bot.Invalid, fmt.Sprintf("Discord's ids have digits only; check the %s id.", name), nil)
		}
		if isMajor(route, name, nth) {
			major.WriteString("/" + value)
		}
		path.WriteString(value)
		rest, nth = tail, nth+1
	}
	if nth < len(parameters) {
		return nil, k.unusable(bot.Invalid, "The request to Discord has too many parameters; this is a fault of the program.", nil)
	}
	k.path, k.major = path.String(), major.String()
	k.interaction = k.secret != ""
	k.anonymous = k.interaction
	return k, nil
}

// isMajor reports whether a parameter is one of those that buckets are kept
// by: https://docs.discord.com/developers/topics/rate-limits.
func isMajor(route, name string, nth int) bool {
	if name == "token" {
		return true
	}
	return nth == 0 && (strings.HasPrefix(route, "/channels/") || strings.HasPrefix(route, "/guilds/") ||
		strings.HasPrefix(route, "/webhooks/"))
}

// isID reports whether s is a snowflake: an unsigned number of 64 bits.
func isID(s string) bool {
	return len(s) >= 1 && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// isToken reports whether s could be a token, the bot's or an interaction's:
// characters of base64, and dots between them.
func isToken(s string) bool {
	const maxToken = 1024 // interactions have some 220 characters
	if len(s) == 0 || len(s) > maxToken || strings.Trim(s, ".") == "" {
		return false
	}
	for i := range len(s) {
		switch b := s[i]; {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '-', b == '_', b == '.', b == '=':
		default:
			return false
		}
	}
	return true
}

// with gives the call a body. HTML is not escaped: Discord counts characters.
func (k *call) with(body any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		// The error is not passed on: it may quote the body.
		return k.unusable(bot.Invalid, "The request to Discord cannot be written; this is a fault of the program.", fmt.Errorf("encoding %T", body))
	}
	k.body = bytes.TrimRight(b.Bytes(), "\n")
	if len(k.body) > maxRequestBytes {
		return k.unusable(bot.Invalid, "The request to Discord is too long; make it shorter.", fmt.Errorf("%d bytes", len(k.body)))
	}
	return nil
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a call as often as is needed and allowed, and decodes the answer
// into out unless that is nil.
func (c *Client) do(ctx context.Context, k *call, out any) error {
	began := c.now()
	o := Observation{Method: k.method, Route: k.route}
	err := c.run(ctx, k, out, &o)
	if c.observe != nil {
		o.Took, o.Failed = c.now().Sub(began), err != nil
		c.observe(o)
	}
	if err != nil {
		return err // not a typed nil
	}
	return nil
}

func (c *Client) run(ctx context.Context, k *call, out any, o *Observation) *bot.Error {
	ticket := c.limits.next()
	var unknownSince time.Time // when a request that may have taken effect was sent
	for tried := 0; ; {
		unknown := !unknownSince.IsZero() && k.changes
		if err := c.mayTry(ctx, k, unknown); err != nil {
			return err
		}
		waited := c.now()
		g, err := c.acquire(ctx, k, ticket, c.maxWait-o.Waited)
		o.Waited += c.now().Sub(waited)
		if err == nil {
			if err := c.mayTry(ctx, k, unknown); err != nil {
				c.limits.giveBack(g, c.now())
				return err
			}
		} else if d, ok := errors.AsType[*delayed](err); ok {
			return c.held(k, d.delay, o.Status, unknown, d.cause)
		} else {
			return c.broken(k, err, unknown)
		}
		if unknown && k.repeatWithin > 0 && c.now().Sub(unknownSince) > k.repeatWithin {
			c.limits.giveBack(g, c.now())
			return c.broken(k, errors.New("too late to repeat it safely"), true)
		}

		sentAt := c.now()
		o.Attempts++
		a, sent, err := c.send(ctx, k)
		now := c.now()
		var fault *bot.Error
		if err != nil {
			c.limits.settle(k, g, nil, now)
			if o.Status = 0; sent && unknownSince.IsZero() {
				unknownSince = sentAt
			}
			fault = c.broken(k, err, k.changes && !unknownSince.IsZero())
			if ctx.Err() != nil || (sent && !k.repeatable) {
				return fault
			}
		} else {
			o.Status = a.status
			v := judge(a.status, a.header, a.body)
			c.limits.settle(k, g, v, now)
			c.setClock(a.header, now)
			c.count(ctx, k, v, now)
			switch {
			case a.status >= 200 && a.status < 300:
				return c.decode(k, a, out)
			case a.status == http.StatusTooManyRequests:
				if o.Refusals++; o.Refusals > c.refusals {
					return c.held(k, v.retryAfter, a.status, unknown, nil)
				}
				continue // it did not reach what it was to do: no attempt
			}
			if a.status >= 500 && unknownSince.IsZero() {
				unknownSince = sentAt
			}
			fault = c.failure(k, a.status, a.body, k.changes && !unknownSince.IsZero())
			if cause, _ := errors.AsType[*Error](fault); unknown && k.took != nil && k.took(cause) {
				return nil
			}
			if !passes(a.status) || !k.repeatable {
				return fault
			}
		}
		if tried++; tried >= c.attempts {
			return fault
		}
		if err := c.sleep(ctx, c.backoff(tried), backoffLongest, nil); err != nil {
			return fault // it says more than that there was no time left
		}
	}
}

// passes reports whether a fault of Discord's is likely to be gone soon.
func passes(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// backoff returns how long to wait after the nth attempt: about 1, 2, 4 s,
// and between half of that and all of it.
func (c *Client) backoff(nth int) time.Duration {
	longest := min(backoffFirst<<min(nth-1, 10), backoffLongest)
	jitter := min(max(c.jitter(), 0), 1)
	return longest/2 + time.Duration(jitter*float64(longest/2))
}

// mayTry returns an error where nothing may be sent.
func (c *Client) mayTry(ctx context.Context, k *call, unknown bool) *bot.Error {
	if !k.anonymous {
		if c.credential() == "" {
			return k.unusable(bot.Unavailable, "There is no Discord token; set the one that the Developer Portal shows.", nil)
		}
		if c.refused.Load() {
			return &bot.Error{Kind: bot.Unavailable, Message: refusedMessage, Err: &Error{
				Method: k.method, Route: k.route, Status: http.StatusUnauthorized, Message: "not sent", Unknown: unknown,
			}}
		}
	}
	wait, first := c.invalid.wait(c.now())
	if wait == 0 {
		return nil
	}
	if first {
		c.log.ErrorContext(ctx, "sending nothing to discord: too many requests were invalid", "most", c.invalid.most, "pause", wait)
	}
	return c.held(k, wait, 0, unknown, errors.New("too many invalid requests"))
}

// count keeps account of a request that Discord counts as invalid.
func (c *Client) count(ctx context.Context, k *call, v *verdict, now time.Time) {
	if v.status == http.StatusUnauthorized && !k.anonymous && !c.refused.Swap(true) {
		c.log.ErrorContext(ctx, "discord refuses the token: nothing more is sent with it", "method", k.method, "route", k.route)
	}
	if !v.invalid() {
		return
	}
	if half, n := c.invalid.spend(now); half {
		c.log.WarnContext(ctx, "discord counts many requests as invalid", "count", n, "most", c.invalid.most, "status", v.status, "route", k.route)
	}
}

// send sends a call once. sent is false where it certainly did not leave.
func (c *Client) send(ctx context.Context, k *call) (a *answer, sent bool, err error) {
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	// What carries the request might not report to the trace; then nothing is
	// certain.
	var traced, left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { traced.Store(true) },
		WroteHeaders: func() { left.Store(true) },
	})
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	r, err := http.NewRequestWithContext(ctx, k.method, c.base+k.path, body)
	if err != nil {
		return nil, false, err
	}
	r.Header.Set("User-Agent", c.userAgent)
	r.Header.Set("Accept", "application/json")
	if k.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !k.anonymous {
		r.Header.Set("Authorization", "Bot "+c.credential())
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, left.Load() || !traced.Load(), err
	}
	defer response.Body.Close()
	a = &answer{status: response.StatusCode, header: response.Header}
	a.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil && a.status >= 200 && a.status < 300 {
		return nil, true, err // done, but what was done is lost
	}
	return a, true, nil
}

// decode reads a successful answer, if it has a body. Fields that are not
// known are ignored.
func (c *Client) decode(k *call, a *answer, out any) *bot.Error {
	if out == nil || a.status == http.StatusNoContent {
		return nil
	}
	err := error(nil)
	if len(a.body) > maxAnswerBytes {
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswerBytes)
	} else if json.Unmarshal(a.body, out) != nil {
		err = errors.New("the answer is not the JSON that it should be") // json's error may quote it
	}
	if err == nil {
		return nil
	}
	return &bot.Error{
		Kind: bot.Unavailable, Message: "Discord's answer cannot be read; try again later.",
		Err: &Error{Method: k.method, Route: k.route, Status: a.status, Unknown: k.changes, cause: err},
	}
}
