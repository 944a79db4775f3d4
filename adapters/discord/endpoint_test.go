package discord

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signer signs as Discord does.
type signer struct{ key ed25519.PrivateKey }

func newSigner() signer {
	return signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))}
}

func (s signer) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

func (s signer) request(body string, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, EndpointPath, strings.NewReader(body))
	timestamp := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set(headerTimestamp, timestamp)
	r.Header.Set(headerSignature, hex.EncodeToString(ed25519.Sign(s.key, []byte(timestamp+body))))
	return r
}

// overHTTP is an adapter whose interactions come over HTTP.
func overHTTP(tb testing.TB) *Adapter {
	tb.Helper()
	client, err := rest.New(rest.Options{BaseURL: "http://127.0.0.1:1", ProjectURL: "https://briefbot.example", Version: "v1"})
	if err != nil {
		tb.Fatal(err)
	}
	a, err := New(Options{
		Router: bottest.Router(tb), Memory: bot.NewLocalMemory(), REST: client,
		Log: slog.New(slog.NewTextHandler(tb.Output(), nil)), Now: bottest.Now,
		Transport: HTTP, PublicKey: newSigner().public(), PublicURL: "https://briefings.example.org",
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		a.underWay.End(time.Second)
		client.Close()
	})
	return a
}

const (
	ping = `{"id":"1","application_id":"2","type":1,"token":"t","version":1}`
	ask  = `{"id":"10","application_id":"2","type":2,"token":"t","version":1,"channel_id":"3","guild_id":"4","locale":"en-US",` +
		`"member":{"user":{"id":"5"}},"data":{"id":"6","type":1,"name":"ask","options":[{"name":"question","type":3,"value":"what are the three pledges"}]}}`
)

func TestForgedRequestsAreRefused(t *testing.T) {
	s, now := newSigner(), bottest.Now()
	other := signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))}
	for name, tt := range map[string]struct {
		request *http.Request
		status  int
	}{
		"a ping":                     {s.request(ping, now), http.StatusOK},
		"an interaction":             {s.request(ask, now), http.StatusOK},
		"five minutes old":           {s.request(ask, now.Add(-5*time.Minute)), http.StatusOK},
		"older":                      {s.request(ask, now.Add(-5*time.Minute-time.Second)), http.StatusUnauthorized},
		"from the future":            {s.request(ask, now.Add(5*time.Minute+time.Second)), http.StatusUnauthorized},
		"signed by somebody else":    {other.request(ask, now), http.StatusUnauthorized},
		"another body":               {with(s.request(ask, now), func(r *http.Request) { r.Body = http.NoBody }), http.StatusUnauthorized},
		"another time stamp":         {without(s.request(ask, now), headerTimestamp, strconv.FormatInt(now.Unix()+1, 10)), http.StatusUnauthorized},
		"no signature":               {without(s.request(ask, now), headerSignature, ""), http.StatusUnauthorized},
		"a short signature":          {without(s.request(ask, now), headerSignature, "00"), http.StatusUnauthorized},
		"a signature of no digits":   {without(s.request(ask, now), headerSignature, strings.Repeat("zz", 64)), http.StatusUnauthorized},
		"a long signature":           {without(s.request(ask, now), headerSignature, strings.Repeat("00", 65)), http.StatusUnauthorized},
		"no time stamp":              {without(s.request(ask, now), headerTimestamp, ""), http.StatusUnauthorized},
		"a time stamp of no digits":  {without(s.request(ask, now), headerTimestamp, "now"), http.StatusUnauthorized},
		"a body that is no JSON":     {s.request(`{"id":`, now), http.StatusBadRequest},
		"a body that is no object":   {s.request(`[]`, now), http.StatusBadRequest},
		"no body":                    {s.request(``, now), http.StatusBadRequest},
		"an interaction of nobody":   {s.request(`{"id":"11","type":2,"token":"t","application_id":"2"}`, now), http.StatusBadRequest},
		"an interaction without id":  {s.request(`{"type":1}`, now), http.StatusBadRequest},
		"a type that nobody knows":   {s.request(strings.Replace(ask, `"type":2`, `"type":9`, 1), now), http.StatusBadRequest},
		"a body as large as allowed": {s.request(ping+strings.Repeat(" ", maxInteraction-len(ping)), now), http.StatusOK},
		"a larger body":              {s.request(ping+strings.Repeat(" ", maxInteraction-len(ping)+1), now), http.StatusRequestEntityTooLarge},
		"another method":             {with(s.request(ask, now), func(r *http.Request) { r.Method = http.MethodGet }), http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			overHTTP(t).Endpoint().ServeHTTP(w, tt.request)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if w.Code != http.StatusOK && strings.Contains(w.Body.String(), "pledges") {
				t.Errorf("a refusal repeats what was sent: %s", w.Body)
			}
		})
	}
}

// Whoever has set the key of another application learns it from the log, once.
// Later forgeries are no sign of that, nor what claims no signature at all.
func TestARefusedSignatureIsToldOnce(t *testing.T) {
	s, now := newSigner(), bottest.Now()
	other := signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))}
	forged := func() *http.Request { return other.request(ping, now) }
	for name, tt := range map[string]struct {
		requests []*http.Request
		want     int
	}{
		"only forged ones":   {[]*http.Request{forged(), forged(), s.request(ping, now), forged()}, 1},
		"after a good one":   {[]*http.Request{s.request(ping, now), forged(), forged()}, 0},
		"too old":            {[]*http.Request{s.request(ping, now.Add(-time.Hour))}, 1},
		"without signatures": {[]*http.Request{without(forged(), headerSignature, ""), without(forged(), headerSignature, "00")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			a := overHTTP(t)
			a.Log = slog.New(slog.NewTextHandler(&log, nil))
			endpoint := a.Endpoint()
			for _, r := range tt.requests {
				endpoint.ServeHTTP(httptest.NewRecorder(), r)
			}
			if told := strings.Count(log.String(), "is discord.public_key that of the application"); told != tt.want {
				t.Errorf("it is told %d times:\n%s", told, log.String())
			}
		})
	}
}

func TestWhatIsNotUnderstoodIsNotRepeated(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"1","application_id":"2","type":2,"token":"t","user":{"id":424242}}`: `"user.id" is of another type`,
		`{"id":"1","data":{"custom_id":424242}}`:                                    `"data.custom_id" is of another type`,
		`{"id":"424242",}`:                                                          "no JSON",
	} {
		_, err := decodeInteraction([]byte(body))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "424242") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func with(r *http.Request, change func(*http.Request)) *http.Request {
	change(r)
	return r
}

func without(r *http.Request, header, value string) *http.Request {
	r.Header.Del(header)
	if value != "" {
		r.Header.Set(header, value)
	}
	return r
}

func TestPingIsAnswered(t *testing.T) {
	w := httptest.NewRecorder()
	overHTTP(t).Endpoint().ServeHTTP(w, newSigner().request(ping, bottest.Now()))
	if got := strings.TrimSpace(w.Body.String()); got != `{"type":1}` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("answered %s as %s", got, w.Header().Get("Content-Type"))
	}
}

func TestReplaysAreRefused(t *testing.T) {
	endpoint, s := overHTTP(t).Endpoint(), newSigner()
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized, http.StatusUnauthorized} {
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, s.request(ask, bottest.Now()))
		if w.Code != want {
			t.Errorf("time %d: status %d, want %d", i+1, w.Code, want)
		}
	}
}

func TestPublicKeysAreChecked(t *testing.T) {
	good := hex.EncodeToString(newSigner().public())
	if key, err := ParsePublicKey(good); err != nil || !key.Equal(newSigner().public()) {
		t.Errorf("%s was not read: %v", good, err)
	}
	for _, bad := range []string{"", "00", good[:62], good + "00", strings.Repeat("x", 64), " " + good} {
		if _, err := ParsePublicKey(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzSignature(f *testing.F) {
	s := newSigner()
	good := s.request(ping, bottest.Now())
	f.Add(good.Header.Get(headerTimestamp), good.Header.Get(headerSignature), ping)
	f.Add("", "", "")
	f.Add("-1", strings.Repeat("0", 128), "{}")
	f.Fuzz(func(t *testing.T, timestamp, signature, body string) {
		r := httptest.NewRequest(http.MethodPost, EndpointPath, strings.NewReader(body))
		r.Header = http.Header{headerTimestamp: {timestamp}, headerSignature: {signature}}
		_, status := readSigned(new(bytes.Buffer), r, s.public(), bottest.Now())
		raw, err := hex.DecodeString(signature)
		valid := err == nil && ed25519.Verify(s.public(), []byte(timestamp+body), raw)
		if status == http.StatusOK && !valid {
			t.Errorf("accepted %q, %q, %q", timestamp, signature, body)
		}
	})
}

// No interaction, however it looks, makes the adapter panic, and every
// response is JSON.
func FuzzInteraction(f *testing.F) {
	f.Add([]byte(ping))
	f.Add([]byte(ask))
	f.Add([]byte(`{"id":"1","application_id":"2","type":3,"token":"t","user":{"id":"5"},"message":{"flags":64,"components":[{"type":17,"components":[{"type":1,"components":[{"custom_id":"se"}]}]}]},"data":{"custom_id":"se"}}`))
	f.Add([]byte(`{"id":"1","application_id":"2","type":3,"token":"t","user":{"id":"5"},"data":{"custom_id":"me1","values":["ae|show|harbour-forum-2031/pledges|2"]}}`))
	f.Add([]byte(`{"id":"1","application_id":"2","type":4,"token":"t","user":{"id":"5"},"data":{"name":"ask","options":[{"name":"question","value":"pl","focused":true}]}}`))
	f.Add([]byte(`{"id":"1","application_id":"2","type":2,"token":"t","user":{"id":"5"},"data":{"type":3,"target_id":"9","resolved":{"messages":{"9":{"content":"pledges"}}}}}`))
	a := overHTTP(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := decodeInteraction(b)
		if err != nil {
			return
		}
		if !a.underWay.Enter() {
			t.Fatal("it has ended")
		}
		defer a.underWay.Leave()
		done, err := a.interact(t.Context(), in, bottest.Now())
		if err != nil {
			return
		}
		if _, err := json.Marshal(done.response); err != nil {
			t.Errorf("%s is answered with what is no JSON: %v", b, err)
		}
	})
}

// A replay is refused by every replica that shares a store.
func TestReplaysToAnotherReplicaAreRefused(t *testing.T) {
	seen := bot.NewLocalSeen(bottest.Now)
	one, other := overHTTP(t), overHTTP(t)
	one.Seen, other.Seen = seen, seen
	for i, replica := range []*Adapter{one, other} {
		w := httptest.NewRecorder()
		replica.Endpoint().ServeHTTP(w, newSigner().request(ask, bottest.Now()))
		if want := []int{http.StatusOK, http.StatusUnauthorized}[i]; w.Code != want {
			t.Errorf("replica %d: status %d, want %d", i+1, w.Code, want)
		}
	}
}

// A store that fails costs a choice and the refusal of a replay, not the
// answer.
func TestAStoreThatFailsLeavesAnswers(t *testing.T) {
	a := overHTTP(t)
	a.Seen, a.Preferences = failing{}, failing{}
	w := httptest.NewRecorder()
	a.Endpoint().ServeHTTP(w, newSigner().request(ask, bottest.Now()))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "The three pledges") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// A store that hangs takes of the time until an answer is deferred, and not
// some more: Discord waits for three seconds in all.
func TestAStoreThatHangsDefersTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overHTTP(t)
		a.Now, a.Seen, a.Preferences = time.Now, hanging{}, hanging{}
		router := a.Responder
		a.Responder = respondingBy(func(ctx context.Context, req bot.Request) bot.Reply {
			time.Sleep(responseTime)
			return router.Respond(ctx, req)
		})
		began, w := time.Now(), httptest.NewRecorder()
		a.Endpoint().ServeHTTP(w, newSigner().request(ask, began))
		if took := time.Since(began); took >= responseTime*3/4 {
			t.Errorf("it is answered after %s", took)
		}
		if want := `{"type":5,"data":{"flags":0}}`; strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("the answer is %s, want %s", w.Body, want)
		}
	})
}

// hanging is a store that answers nobody before they give up.
type hanging struct{ failing }

func (hanging) First(ctx context.Context, _ string, _ time.Time) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func (hanging) PreferredLang(ctx context.Context, _, _ string) (content.Lang, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// failing is a store that cannot be reached.
type failing struct{}

var errStore = errors.New("the store cannot be reached")

func (failing) Forget(context.Context, string) (bool, error) { return false, errStore }

func (failing) First(context.Context, string, time.Time) (bool, error) { return false, errStore }

func (failing) PreferredLang(context.Context, string, string) (content.Lang, error) {
	return "", errStore
}

func (failing) PreferLang(context.Context, string, string, content.Lang) error { return errStore }
