package rest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/discord/rest"
)

func TestBaseURLKeepsTokensFromForeignEars(t *testing.T) {
	for raw, ok := range map[string]bool{
		"":                                 true,
		"https://discord.com/api/v10":      true,
		"https://proxy.example.org":        true,
		"http://127.0.0.1:8080/api/v10/":   true,
		"http://localhost/api":             true,
		"http://[::1]:1":                   true,
		"http://discord.com/api/v10":       false,
		"http://localhost.example.org":     false,
		"http://10.0.0.1":                  false,
		"ftp://discord.com":                false,
		"discord.com/api":                  false,
		"https://":                         false,
		"https://user:secret@discord.com":  false,
		"https://discord.com/api?v=10":     false,
		"https://discord.com/api#fragment": false,
		"://":                              false,
	} {
		_, err := rest.New(rest.Options{BaseURL: raw})
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if _, err := rest.New(rest.Options{BaseURL: "http://nirn.internal:8080/api/v10", Plaintext: true}); err != nil {
		t.Errorf("plaintext was asked for: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]rest.Options{
		"token with a space":       {Token: "a b"},
		"token with a line":        {Token: "a\nX-Header: 1"},
		"version with parentheses": {Version: "(x)"},
		"project with a space":     {ProjectURL: "https://a b"},
		"attempts":                 {Attempts: -1}, "refusals": {Refusals: -1}, "wait": {MaxWait: -1},
		"buckets": {Buckets: -1}, "rate": {PerSecond: -1}, "budget": {InvalidMost: -1},
	} {
		if _, err := rest.New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := rest.New(rest.Options{Token: "Bot " + botToken}); err != nil {
		t.Errorf("the token with its scheme: %v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, code)
		}))
		for _, given := range []*http.Client{nil, {Transport: server.Client().Transport}} {
			c, err := rest.New(rest.Options{Token: botToken, BaseURL: server.URL, HTTP: given})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Me(t.Context()); err == nil {
				t.Errorf("%d succeeded", code)
			}
			if _, err := c.Respond(t.Context(), interaction, interactionToken, nth(1)); err == nil {
				t.Errorf("%d succeeded", code)
			}
			c.Close()
		}
		server.CloseClientConnections()
		server.Close()
	}
	if followed {
		t.Error("it was followed")
	}
}

func TestEachRequestIsObservedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 1, per: 5 * time.Second}
		d := talk(t, rest.Options{}, answers(limit.answer, limited(2, "user"), status(500), limit.answer, failing(404, 10003)))
		_ = d.create(t.Context(), channel, 1)
		_ = d.create(t.Context(), channel, 2)
		_ = d.DeleteMessage(t.Context(), channel, message)
		want := []rest.Observation{
			{Method: "POST", Route: "/channels/{channel}/messages", Status: 200, Attempts: 1},
			{
				Method: "POST", Route: "/channels/{channel}/messages", Status: 200,
				Attempts: 3, Refusals: 1, Waited: 7 * time.Second, Took: 8 * time.Second,
			},
			{Method: "DELETE", Route: "/channels/{channel}/messages/{message}", Status: 404, Attempts: 1, Failed: true},
		}
		for i, o := range d.observations() {
			if o != want[i] {
				t.Errorf("%+v, expected %+v", o, want[i])
			}
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	header := http.Header{
		"X-Ratelimit-Bucket": {"abc"}, "X-Ratelimit-Limit": {"1000000"}, "X-Ratelimit-Remaining": {"999999"},
		"X-Ratelimit-Reset-After": {"5.000"}, "Date": {"Wed, 25 Nov 2026 00:00:00 GMT"},
	}
	c, err := rest.New(rest.Options{
		Token: botToken, HTTP: &http.Client{Transport: canned{header}}, PerSecond: 1_000_000_000,
	})
	if err != nil {
		b.Fatal(err)
	}
	body := nth(1)
	b.Run("message", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.CreateMessage(b.Context(), channel, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("response", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Respond(b.Context(), interaction, interactionToken, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) { // what net/http costs alone
		b.ReportAllocs()
		bare := &http.Client{Transport: canned{header}}
		for b.Loop() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, rest.DefaultBaseURL, nil)
			if err != nil {
				b.Fatal(err)
			}
			response, err := bare.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			_ = response.Body.Close()
		}
	})
}

// canned answers without a network.
type canned struct{ header http.Header }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: c.header, Body: io.NopCloser(strings.NewReader(`{"id":"3"}`)), Request: r}, nil
}
