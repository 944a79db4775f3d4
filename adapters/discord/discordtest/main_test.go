package discordtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
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
	case errors.Is(err, ErrNoDescription) && os.Getenv("CI") != "true":
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

// described loads the description once for the many servers of a test.
func described(tb testing.TB, o Options) Options {
	tb.Helper()
	d, err := LoadDescription("")
	switch {
	case errors.Is(err, ErrNoDescription) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	o.Description = d
	return o
}

// held starts a fake whose own answers are held against Discord's
// description, as it is published.
func held(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := New(tb, o)
	file, err := descriptionFile("")
	if err != nil {
		tb.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if s.answers, err = parseDescription(text, false); err != nil {
		tb.Fatal(err)
	}
	return s
}

// reply is what a bot gets from REST.
type reply struct {
	status int
	header http.Header
	text   []byte
	err    error
}

func (r reply) json(tb testing.TB) object {
	tb.Helper()
	var o object
	if err := json.Unmarshal(r.text, &o); err != nil {
		tb.Fatalf("%v in %s", err, r.text)
	}
	return o
}

func (r reply) list(tb testing.TB) []any {
	tb.Helper()
	var list []any
	if err := json.Unmarshal(r.text, &list); err != nil {
		tb.Fatalf("%v in %s", err, r.text)
	}
	return list
}

func (r reply) code(tb testing.TB) int {
	tb.Helper()
	return asInt(r.json(tb)["code"])
}

// rest is a bot that talks to REST without any care.
type rest struct {
	tb     testing.TB
	s      *Server
	client *http.Client
	token  string
}

func newRest(tb testing.TB, s *Server) *rest {
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return &rest{tb: tb, s: s, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}, token: "Bot " + s.Token()}
}

// do sends a request such as "GET /gateway"; body may be a string of JSON.
func (b *rest) do(what string, body any) reply {
	method, path, _ := strings.Cut(what, " ")
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			b.tb.Error(err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, b.s.URL()+path, reader)
	if err != nil {
		return reply{err: err}
	}
	req.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
	if b.token != "" {
		req.Header.Set("Authorization", b.token)
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := b.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, header: res.Header, text: text, err: err}
}

// must is do for a request that succeeds.
func (b *rest) must(what string, body any) reply {
	b.tb.Helper()
	r := b.do(what, body)
	if r.err != nil || r.status >= 300 {
		b.tb.Fatalf("%s: %d %v %s", what, r.status, r.err, r.text)
	}
	return r
}

// card is the body of a message with a text and buttons, as it should be.
func card(text string, buttons ...string) object {
	inner := []any{object{"type": typeText, "content": text}}
	if len(buttons) > 0 {
		var row []any
		for _, label := range buttons {
			row = append(row, object{"type": typeButton, "style": 2, "label": label, "custom_id": "press:" + label})
		}
		inner = append(inner, object{"type": typeRow, "components": row})
	}
	return object{
		"flags": flagComponentsV2, "allowed_mentions": object{"parse": []any{}},
		"components": []any{object{"type": typeContainer, "accent_color": 255, "components": inner}},
	}
}

// with returns a body with some keys changed; nil takes one away.
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
