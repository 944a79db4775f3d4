package webapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"briefbot/bot"
)

// call is one call, as often as it is sent.
type call struct {
	team, method, channel string
	form                  url.Values // of a method that takes no JSON
	body                  any        // otherwise
	token                 string     // in place of the workspace's
	anonymous             bool       // without any token: what it sends is its own credential
	address               string     // in place of the method's
	repeatable            bool       // a second one does no harm
	secrets               []string   // that must not show in an error
}

// answer is the part that all answers share.
type answer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`
	Metadata struct {
		Messages []string `json:"messages"`
		Cursor   string   `json:"next_cursor"`
	} `json:"response_metadata"`
}

// reply is one answer as it came.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// do makes a call and decodes its answer into out, which may be nil.
func (c *Client) do(ctx context.Context, k call, out any) (http.Header, error) {
	start := c.now()
	o := Observation{Method: k.method}
	header, err := c.attempt(ctx, k, out, &o)
	o.Took, o.Failed, o.Code = c.now().Sub(start), err != nil, CodeOf(err)
	if c.observe != nil {
		c.observe(o)
	}
	return header, err
}

func (c *Client) attempt(ctx context.Context, k call, out any, o *Observation) (http.Header, error) {
	content, contentType, err := k.encode()
	if err != nil {
		return nil, unusable(k.method, "the arguments cannot be written")
	}
	if k.token == "" && !k.anonymous {
		if k.token, err = c.token(ctx, k.team); err != nil {
			return nil, err
		}
		if k.token == "" {
			return nil, &bot.Error{Kind: bot.Denied, Message: "There is no token for Slack; set slack.bot_token.", Err: &Error{Method: k.method, Code: "not_authed", Outcome: NotPosted}}
		}
	}
	k.secrets = append(k.secrets, k.token)
	for tried := 1; ; {
		if err := c.wait(ctx, k, o); err != nil {
			return nil, err
		}
		o.Attempts++
		r, left, err := c.send(ctx, k, content, contentType)
		o.Status = r.status
		var fault *bot.Error
		switch {
		case err != nil:
			outcome := NotPosted
			if left {
				outcome = Unknown
			}
			fault = c.broken(k.method, 0, cleaned(err, k.secrets...), outcome)
			if ctx.Err() != nil || left && !k.repeatable {
				return nil, fault
			}
		case r.status == http.StatusTooManyRequests:
			o.Refusals++
			delay := retryAfter(r.header)
			c.limits.block(k.team, k.method, c.now().Add(delay))
			if o.Refusals > c.refusals {
				return nil, held(k.method, delay, r.status)
			}
			continue // the limit is what it waits for
		default:
			var transientFault bool
			if fault, transientFault = c.judge(k.method, r, out); fault == nil {
				return r.header, nil
			}
			if !transientFault || !k.repeatable {
				return r.header, fault
			}
		}
		if tried++; tried > c.attempts {
			return nil, fault
		}
		if c.sleep(ctx, c.backoff(tried-2), c.maxWait) != nil {
			return nil, fault
		}
	}
}

// judge reads an answer. transient is set where the same call may succeed a
// little later.
func (c *Client) judge(method string, r reply, out any) (fault *bot.Error, transientFault bool) {
	if r.status >= http.StatusInternalServerError {
		return c.broken(method, r.status, nil, Unknown), true
	}
	var said answer
	if method == ResponseURL && r.status == http.StatusOK {
		// It answers "ok" as text where all is well.
		if text := strings.TrimSpace(string(r.body)); text == "" || text == "ok" {
			return nil, false
		}
	}
	if err := json.Unmarshal(r.body, &said); err != nil {
		return c.broken(method, r.status, errors.New("the answer is no JSON"), Unknown), true
	}
	if !said.OK || r.status != http.StatusOK {
		fault = failed(method, r.status, said)
		if transient(said.Error) {
			e, _ := errors.AsType[*Error](error(fault))
			e.Outcome = Unknown // "some aspect of the operation may have succeeded"
			return fault, true
		}
		return fault, false
	}
	if out != nil {
		if err := json.Unmarshal(r.body, out); err != nil {
			return c.broken(method, r.status, errors.New("the answer has another shape"), Unknown), false
		}
	}
	return nil, false
}

func (k call) encode() (content []byte, contentType string, err error) {
	if k.form != nil {
		return []byte(k.form.Encode()), "application/x-www-form-urlencoded", nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // Slack counts what it gets
	if k.body == nil {
		return []byte("{}"), "application/json; charset=utf-8", nil
	}
	err = enc.Encode(k.body)
	return b.Bytes(), "application/json; charset=utf-8", err
}

// wait waits for the limits of a call.
func (c *Client) wait(ctx context.Context, k call, o *Observation) error {
	for {
		d := c.limits.take(k.team, k.method, k.channel, c.now())
		if d <= 0 {
			return nil
		}
		err := c.sleep(ctx, d, c.maxWait-o.Waited)
		if late, ok := errors.AsType[*delayed](err); ok {
			return held(k.method, late.delay, o.Status)
		}
		if err != nil {
			return c.broken(k.method, 0, cleaned(err), NotPosted)
		}
		o.Waited += d
	}
}

// send sends a call once. left reports whether any of it may have reached
// Slack.
func (c *Client) send(ctx context.Context, k call, content []byte, contentType string) (r reply, left bool, err error) {
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	address := k.address
	if address == "" {
		address = c.base + "/" + k.method
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(content))
	if err != nil {
		return reply{}, false, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", c.userAgent)
	if !k.anonymous {
		req.Header.Set("Authorization", "Bearer "+k.token)
	}
	req.GetBody = nil // net/http would repeat it by itself
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, wrote.Load(), err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes+1))
	if err == nil && len(body) > maxAnswerBytes {
		err = errors.New("the answer is too large")
	}
	c.setClock(res.Header, c.now())
	return reply{status: res.StatusCode, header: res.Header, body: body}, true, err
}

// retryAfter reads how long a 429 holds: whole seconds.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 1 {
		return fallbackDelay
	}
	return min(time.Duration(seconds)*time.Second, longestDelay)
}

// backoff returns the wait before attempt n+2: doubled each time, and between
// half and all of it.
func (c *Client) backoff(n int) time.Duration {
	d := min(backoffFirst<<min(n, 8), backoffLongest)
	return d/2 + time.Duration(c.jitter()*float64(d/2))
}
