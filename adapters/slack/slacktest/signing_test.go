package slacktest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// endpoint is an app behind HTTP that answers by rote.
type endpoint struct {
	s      *Server
	url    string
	answer func(w http.ResponseWriter, r *http.Request, payload object)

	mu   sync.Mutex
	seen []*http.Request
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	seconds, _ := strconv.ParseInt(r.Header.Get(HeaderTimestamp), 10, 64)
	signed := r.Header.Get(HeaderSignature) == e.s.signature(r.Header.Get(HeaderTimestamp), body)
	if age := e.s.o.Now().Sub(time.Unix(seconds, 0)); !signed || age.Abs() > 5*time.Minute {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var payload object
	if r.URL.Path == EventsPath {
		_ = json.Unmarshal(body, &payload)
	} else {
		form, _ := url.ParseQuery(string(body))
		_ = json.Unmarshal([]byte(form.Get("payload")), &payload)
	}
	if payload["type"] == "url_verification" {
		_, _ = io.WriteString(w, asString(payload["challenge"]))
		return
	}
	e.mu.Lock()
	e.seen = append(e.seen, r)
	e.mu.Unlock()
	if e.answer != nil {
		e.answer(w, r, payload)
	}
}

func (e *endpoint) requests() []*http.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen
}

func serve(tb testing.TB, s *Server, answer func(w http.ResponseWriter, r *http.Request, payload object)) *endpoint {
	tb.Helper()
	e := &endpoint{s: s, answer: answer}
	server := httptest.NewServer(e)
	tb.Cleanup(server.Close)
	e.url = server.URL
	if err := s.UseEndpoint(server.URL); err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestEndpointsAreProbedBeforeTheyAreUsed(t *testing.T) {
	s := New(t, Options{RespondWithin: time.Second})
	for _, test := range []struct {
		name string
		app  func(w http.ResponseWriter, r *http.Request)
		says string
	}{
		{"no challenge", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, "not with the challenge"},
		{"everything is believed", func(w http.ResponseWriter, r *http.Request) {
			var payload object
			_ = json.NewDecoder(r.Body).Decode(&payload)
			w.Header().Set("Content-Type", contentJSON)
			_ = json.NewEncoder(w).Encode(object{"challenge": payload["challenge"]})
		}, "not with 401"},
		{"old requests are believed", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Header.Get(HeaderSignature) != s.signature(r.Header.Get(HeaderTimestamp), body) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			var payload object
			_ = json.Unmarshal(body, &payload)
			_, _ = io.WriteString(w, asString(payload["challenge"]))
		}, "an old timestamp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := httptest.NewServer(http.HandlerFunc(test.app))
			defer app.Close()
			if err := s.UseEndpoint(app.URL); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the probe says %v", err)
			}
		})
	}
}

func TestEventsThatAreNotAcknowledgedComeAgain(t *testing.T) {
	for _, test := range []struct {
		name     string
		answers  []int // one for each attempt; 0 is too late
		noRetry  bool
		reasons  []string // of the retries
		acked    bool
		attempts int
	}{
		{name: "acknowledged", answers: []int{200}, acked: true, attempts: 1},
		{name: "acknowledged with 202", answers: []int{202}, acked: true, attempts: 1},
		{name: "refused once", answers: []int{500, 200}, reasons: []string{"http_error"}, acked: true, attempts: 2},
		{name: "late once", answers: []int{0, 200}, reasons: []string{"http_timeout"}, acked: true, attempts: 2},
		{name: "refused for ever", answers: []int{500, 500, 404, 302}, reasons: []string{"http_error", "http_error", "http_error"}, attempts: 4},
		{name: "refused for good", answers: []int{500}, noRetry: true, attempts: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := NewClock(time.Unix(1764028800, 0))
			s := New(t, Options{Now: clock.Now, After: clock.After, RespondWithin: 100 * time.Millisecond})
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			var mu sync.Mutex
			n := 0
			e := serve(t, s, func(w http.ResponseWriter, r *http.Request, _ object) {
				mu.Lock()
				status := test.answers[n]
				n++
				mu.Unlock()
				if test.noRetry {
					w.Header().Set("X-Slack-No-Retry", "1")
				}
				if status == 0 {
					<-r.Context().Done()
					return
				}
				w.WriteHeader(status)
			})
			channel.Rename("renamed")
			var d Delivery
			for i := 1; i <= test.attempts; i++ {
				if !s.Await(5*time.Second, func() bool { d = s.Deliveries()[0]; return len(d.Attempts) >= i }) {
					t.Fatalf("attempt %d does not come: %+v", i, d)
				}
				if i > 1 && i < test.attempts { // what comes next waits for its time
					clock.mu.Lock()
					if len(clock.waiting) != 1 || clock.waiting[0].at.Sub(clock.now) != []time.Duration{time.Minute, 5 * time.Minute}[i-2] {
						t.Errorf("after attempt %d the next waits for %v", i, clock.waiting)
					}
					clock.mu.Unlock()
				}
				clock.Advance([]time.Duration{0, time.Minute, 5 * time.Minute, time.Hour}[i-1])
			}
			d = s.Deliveries()[0]
			if d.Acked != test.acked || d.GivenUp == test.acked || len(d.Attempts) != test.attempts {
				t.Errorf("delivered %+v", d)
			}
			for i, attempt := range d.Attempts {
				due := []time.Duration{0, 0, time.Minute, 6 * time.Minute}[i]
				if passed := attempt.At.Sub(time.Unix(1764028800, 0)); passed != due {
					t.Errorf("attempt %d came after %v", i, passed)
				}
			}
			requests := e.requests()
			for i, reason := range test.reasons {
				h := requests[i+1].Header
				if h.Get(HeaderRetryNum) != string(rune('1'+i)) || h.Get(HeaderRetryReason) != reason {
					t.Errorf("retry %d says %q %q", i+1, h.Get(HeaderRetryNum), h.Get(HeaderRetryReason))
				}
			}
			if requests[0].Header.Get(HeaderRetryNum) != "" {
				t.Error("the first attempt says that it is a retry")
			}
		})
	}
}

func TestEventsComeTwiceOnRequest(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	var mu sync.Mutex
	ids := map[string]int{}
	e := serve(t, s, func(_ http.ResponseWriter, _ *http.Request, payload object) {
		mu.Lock()
		ids[asString(payload["event_id"])]++
		mu.Unlock()
	})
	s.Duplicate(1)
	channel.Rename("one")
	channel.Rename("two")
	if !s.Await(3*time.Second, func() bool { return len(e.requests()) == 3 }) {
		t.Fatalf("%d requests", len(e.requests()))
	}
	mu.Lock()
	defer mu.Unlock()
	if len(ids) != 2 || s.Counts().Duplicated != 1 {
		t.Errorf("events came %v", ids)
	}
}

func TestLateAndFailedAnswersAreWhatTheUserReads(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request, payload object)
		failed string
	}{
		{"late", func(_ http.ResponseWriter, r *http.Request, _ object) { <-r.Context().Done() }, FailedTimeout},
		{"an error", func(w http.ResponseWriter, _ *http.Request, _ object) { w.WriteHeader(500) }, FailedService},
		{"a reset", func(http.ResponseWriter, *http.Request, object) { panic(http.ErrAbortHandler) }, FailedDispatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(t, Options{RespondWithin: 100 * time.Millisecond})
			ws := s.AddWorkspace("W")
			here := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general")).MayFail()
			serve(t, s, test.answer)
			if shown := here.Slash("/brief", "x"); shown.Failed != test.failed || !shown.Nothing() {
				t.Errorf("the user reads %q", shown.Failed)
			}
			if late := s.Counts().Late; (late == 1) != (test.failed == FailedTimeout) {
				t.Errorf("%d late", late)
			}
		})
	}
}

func TestAnswersOfEndpointsAreHeldAgainstTheRules(t *testing.T) {
	specs := shapes(t)
	asJSON := func(body any) func(w http.ResponseWriter, r *http.Request, payload object) {
		return func(w http.ResponseWriter, _ *http.Request, _ object) {
			w.Header().Set("Content-Type", contentJSON)
			_ = json.NewEncoder(w).Encode(body)
		}
	}
	slash := func(h *Here) { h.Slash("/brief", "x") }
	press := func(h *Here) {
		m := h.s.say(h.channel, content{text: "x", blocks: []any{actions(button("B"))}})
		h.channel.messages = append(h.channel.messages, m)
		h.On(h.s.snapshot(m)).Click("B")
	}
	typed := func(h *Here) {
		menu := object{"type": "external_select", "action_id": "find", "min_query_length": 1}
		m := h.s.say(h.channel, content{text: "x", blocks: []any{actions(menu)}})
		h.channel.messages = append(h.channel.messages, m)
		h.On(h.s.snapshot(m)).Options("find", "x")
	}
	for _, test := range []struct {
		name   string
		use    func(*Here)
		answer func(w http.ResponseWriter, r *http.Request, payload object)
		says   string // a part of the violation; empty: none
	}{
		{"nothing", slash, nil, ""},
		{"a message", slash, asJSON(card("x")), ""},
		{"words", slash, func(w http.ResponseWriter, _ *http.Request, _ object) { _, _ = io.WriteString(w, "words") }, ""},
		{"JSON as text", slash, func(w http.ResponseWriter, _ *http.Request, _ object) { _, _ = io.WriteString(w, `{"text":"x"}`) }, "JSON answered as"},
		{"an unknown key", slash, asJSON(object{"text": "x", "colour": 1}), "unknown key"},
		{"an unknown kind", slash, asJSON(object{"text": "x", "response_type": "loud"}), "neither ephemeral nor in_channel"},
		{"blocks without text", slash, asJSON(object{"blocks": []any{section("x")}}), "beside blocks"},
		{"nothing to replace", slash, asJSON(object{"text": "x", "replace_original": true}), "no original message"},
		{"a body for a button", press, asJSON(object{"text": "x"}), "where Slack reads none"},
		{"options", typed, asJSON(object{"options": []any{option("x")}}), ""},
		{"no options", typed, asJSON(object{"options": []any{}}), ""},
		{"101 options", typed, asJSON(object{"options": numbered(101, option)}), "no more than 100"},
		{"a long option", typed, asJSON(object{"options": []any{option(long(76))}}), "less than 76"},
		{"options in mrkdwn", typed, asJSON(object{"options": []any{with(option("x"), object{"text": mrkdwn("x")})}}), "no plain_text"},
		{"no list of options", typed, asJSON(object{}), "either options or option_groups"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, Options{Specs: specs, RespondWithin: 200 * time.Millisecond})
			ws := s.AddWorkspace("W")
			here := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general")).MayFail()
			serve(t, s, test.answer)
			test.use(here)
			if all := said(s); !strings.Contains(all, test.says) || test.says == "" && all != "" {
				t.Errorf("violations are %q, not %q", all, test.says)
			}
		})
	}
}

func TestAddressesForAnswersWearOut(t *testing.T) {
	clock := NewClock(time.Now())
	s := collecting(t, Options{Now: clock.Now, After: clock.After})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	here := ws.AddUser("Ann", "en-US").In(channel)
	b := newWeb(t, s, "")
	address := func() string { return asString(here.slash("/brief", "").payload["response_url"]) }
	used := address()
	for i := range 5 {
		if r := b.post(used, contentJSON, raw(object{"text": "x", "response_type": "in_channel"})); r.status != 200 {
			t.Fatalf("post %d: %d %s", i, r.status, r.text)
		}
	}
	if r := b.post(used, contentJSON, raw(object{"text": "x"})); r.status != 404 || r.code() != "used_url" || len(s.Violations()) != 1 {
		t.Errorf("the sixth: %d %s, %v", r.status, r.text, s.Violations())
	}
	if n := len(s.Messages(channel)); n != 5 {
		t.Errorf("%d messages stand", n)
	}
	old := address()
	clock.Advance(31 * time.Minute)
	if r := b.post(old, contentJSON, raw(object{"text": "x"})); r.status != 404 || r.code() != "expired_url" {
		t.Errorf("after half an hour: %d %s", r.status, r.text)
	}
	if r := b.post(address(), contentForm, []byte("text=x")); r.status != 400 {
		t.Errorf("a form: %d %s", r.status, r.text)
	}
	if r := b.post(s.url+"/commands/T1/R1/S1", contentJSON, raw(object{"text": "x"})); r.status != 404 || r.code() != "no_such_url" {
		t.Errorf("an address made up: %d %s", r.status, r.text)
	}
	s.Fail(Fault{On: ResponseURL, Do: FailAfter(500)})
	if r := b.post(address(), contentJSON, raw(object{"text": "x"})); r.status != 500 || len(here.user.Whispers()) != 1 {
		t.Errorf("with a fault: %d, %d shown", r.status, len(here.user.Whispers()))
	}
}

func TestSignedRequestsCanBeKeptAlteredAndReplayed(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	here := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general"))
	e := &endpoint{s: s}
	app := httptest.NewServer(e)
	defer app.Close()
	post := func(r SignedRequest) int {
		t.Helper()
		status, _, _, err := r.Post(context.Background(), app.URL)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	good := here.SlashRequest("/brief", "x")
	for i := range 2 {
		if status := post(good); status != 200 {
			t.Errorf("request %d: %d", i, status)
		}
	}
	altered := good
	altered.Body = append(altered.Body, "&x=y"...)
	old := s.Sign(CommandsPath, good.Body, time.Now().Add(-10*time.Minute))
	if post(altered) != 401 || post(old) != 401 {
		t.Error("an altered or old request is believed")
	}
}
