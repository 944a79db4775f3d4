package slacktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collecting starts a fake whose violations are looked at by the test.
func collecting(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := Start(o)
	switch {
	case errors.Is(err, ErrNoSpecs) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// shapes loads Slack's shapes once for many fakes.
func shapes(tb testing.TB) *Specs {
	tb.Helper()
	specs, err := LoadSpecs("")
	switch {
	case errors.Is(err, ErrNoSpecs) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	return specs
}

// reply is what an app gets from the Web API.
type reply struct {
	status int
	header http.Header
	text   []byte
	body   object
	err    error
}

func (r reply) code() string { return asString(r.body["error"]) }

// web is an app that calls the Web API without any care.
type web struct {
	tb     testing.TB
	s      *Server
	client *http.Client
	token  string
}

func newWeb(tb testing.TB, s *Server, token string) *web {
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return &web{tb: tb, s: s, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}, token: token}
}

// call calls a method with JSON.
func (b *web) call(method string, args object) reply {
	return b.post(b.s.URL()+method, "application/json; charset=utf-8", raw(args))
}

// form calls a method with a form.
func (b *web) form(method string, args object) reply {
	form := url.Values{}
	for name, value := range args {
		if words, isText := value.(string); isText {
			form.Set(name, words)
			continue
		}
		form.Set(name, string(raw(value)))
	}
	return b.post(b.s.URL()+method, contentForm, []byte(form.Encode()))
}

func (b *web) post(address, contentType string, body []byte) reply {
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	req.Header.Set("Content-Type", contentType)
	return b.send(req)
}

func (b *web) send(req *http.Request) reply {
	res, err := b.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	r := reply{status: res.StatusCode, header: res.Header, text: text, err: err}
	_ = json.Unmarshal(text, &r.body)
	return r
}

// must is call for a call that succeeds.
func (b *web) must(method string, args object) object {
	b.tb.Helper()
	r := b.call(method, args)
	if r.body["ok"] != true {
		b.tb.Errorf("%s: %d %v %s", method, r.status, r.err, r.text)
	}
	return r.body
}

// answer posts to a response_url.
func (b *web) answer(address string, body object) {
	b.tb.Helper()
	if r := b.post(address, contentJSON, raw(body)); r.status != http.StatusOK {
		b.tb.Errorf("response_url: %d %v %s", r.status, r.err, r.text)
	}
}

func plain(words string) object { return object{"type": "plain_text", "text": words} }

func mrkdwn(words string) object { return object{"type": "mrkdwn", "text": words} }

func section(words string) object { return object{"type": "section", "text": mrkdwn(words)} }

func actions(elements ...any) object { return object{"type": "actions", "elements": elements} }

func button(label string) object {
	return object{"type": "button", "text": plain(label), "action_id": "press:" + label, "value": label}
}

func option(label string) object { return object{"text": plain(label), "value": label} }

// card is a message with a text and buttons, as it should be.
func card(words string, buttons ...string) object {
	blocks := []any{section(words)}
	if len(buttons) > 0 {
		var all []any
		for _, label := range buttons {
			all = append(all, button(label))
		}
		blocks = append(blocks, actions(all...))
	}
	return object{"text": words, "blocks": blocks}
}

// with returns an object with some keys changed; nil takes one away.
func with(body object, changes object) object {
	o := asObject(remarshal(body))
	for key, value := range changes {
		if value == nil {
			delete(o, key)
			continue
		}
		o[key] = value
	}
	return o
}

// said are the violations as text.
func said(s *Server) string {
	var all []string
	for _, v := range s.Violations() {
		all = append(all, v.String())
	}
	return strings.Join(all, "\n")
}
