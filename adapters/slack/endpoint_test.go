package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

// patient is how long work in a test may take.
const patient = 5 * time.Second

// standing is the bot behind its endpoints, without a Slack.
func standing(tb testing.TB, change func(*Options)) (*Adapter, http.Handler) {
	tb.Helper()
	api, err := webapi.New(webapi.Options{
		Token: webapi.Fixed("xoxb-x"), BaseURL: "http://localhost:1", Attempts: 1,
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok":true,"user":{"locale":"en-US"}}`)), Header: http.Header{}}, nil
		})},
	})
	if err != nil {
		tb.Fatal(err)
	}
	memory := bot.NewLocalMemory()
	o := Options{
		Router: bottest.RouterWith(tb, bottest.Library(tb), memory), Memory: memory, API: api, Log: slog.New(slog.DiscardHandler),
		Now: bottest.Now, Transport: HTTP, SigningSecret: "s3cr3t",
	}
	if change != nil {
		change(&o)
	}
	a, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { a.underWay.End(goodbye) })
	return a, endpointsOf(a)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// signed is a request of Slack's.
func signed(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	sign(r, body)
	return r
}

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const asked = "team_id=T1&channel_id=C1&user_id=U1&user_name=ann&command=%2Fbrief&text=what+are+the+three+pledges&response_url=https%3A%2F%2Fhooks.slack.com%2Fx&trigger_id=1.2.3"

func TestRequestsOfOthersAreRefused(t *testing.T) {
	_, h := standing(t, nil)
	for _, path := range []string{EventsPath, CommandsPath, InteractivityPath, OptionsPath} {
		for name, test := range map[string]struct {
			change func(*http.Request)
			want   int
		}{
			"no signature":       {func(r *http.Request) { r.Header.Del(headerSignature) }, http.StatusUnauthorized},
			"no time":            {func(r *http.Request) { r.Header.Del(headerTimestamp) }, http.StatusUnauthorized},
			"another signature":  {func(r *http.Request) { r.Header.Set(headerSignature, "v0="+strings.Repeat("0", 64)) }, http.StatusUnauthorized},
			"a short signature":  {func(r *http.Request) { r.Header.Set(headerSignature, r.Header.Get(headerSignature)[:60]) }, http.StatusUnauthorized},
			"another scheme":     {func(r *http.Request) { r.Header.Set(headerSignature, "v1"+r.Header.Get(headerSignature)[2:]) }, http.StatusUnauthorized},
			"another time":       {func(r *http.Request) { r.Header.Set(headerTimestamp, "1939282201") }, http.StatusUnauthorized},
			"a time of nonsense": {func(r *http.Request) { r.Header.Set(headerTimestamp, "9999999999999999999") }, http.StatusUnauthorized},
			"another body":       {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(asked + "&x=y")) }, http.StatusUnauthorized},
			"a huge body":        {func(r *http.Request) { r.Body = io.NopCloser(io.LimitReader(zeroes{}, maxRequest+1)) }, http.StatusRequestEntityTooLarge},
			"another method":     {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		} {
			r := signed(path, asked)
			test.change(r)
			if w := ask(h, r); w.Code != test.want {
				t.Errorf("%s with %s: %d, want %d", path, name, w.Code, test.want)
			}
		}
		for name, at := range map[string]time.Duration{"too old": -maxClockOffset - time.Second, "from the future": maxClockOffset + time.Second} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(asked))
			signAt(r, asked, bottest.Now().Add(at))
			if w := ask(h, r); w.Code != http.StatusUnauthorized {
				t.Errorf("%s %s: %d", path, name, w.Code)
			}
		}
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

func TestTheAddressIsVerified(t *testing.T) {
	_, h := standing(t, nil)
	w := ask(h, signed(EventsPath, `{"type":"url_verification","token":"x","challenge":"3eZbrw1a"}`))
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"challenge":"3eZbrw1a"}` {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	if w := ask(h, signed(CommandsPath, "ssl_check=1&token=x")); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	_, h := standing(t, nil)
	for path, bodies := range map[string]map[string]int{
		EventsPath: {
			"": 400, "{": 400, "[]": 400, `{"type":"event_callback"}`: 400, `{"type":"url_verification"}`: 400,
			`{"type":"news"}`: 200, `{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"news"}}`: 200,
			`{"type":"app_rate_limited","team_id":"T1"}`: 200,
		},
		CommandsPath:      {"": 400, "%zz": 400, "team_id=T1": 400, "team_id=T1&user_id=<x>&channel_id=C1&response_url=x": 400},
		InteractivityPath: {"": 400, "payload=": 400, "payload=%7B%7D": 400, "payload=" + url.QueryEscape(`{"type":"news","team":{"id":"T1"},"user":{"id":"U1"}}`): 200},
		OptionsPath:       {"": 400, "payload=1": 400},
	} {
		for body, want := range bodies {
			if w := ask(h, signed(path, body)); w.Code != want {
				t.Errorf("%s %q: %d, want %d", path, body, w.Code, want)
			}
		}
	}
}

// An event is taken once, however often and over however many replicas it is
// told, and acknowledged each time.
func TestRetriesAreHarmlessAcrossReplicas(t *testing.T) {
	answered := make(chan string, 10)
	seen := bot.NewLocalSeen(bottest.Now)
	share := func(o *Options) {
		o.Seen = seen
		router := o.Router
		o.Responder = responder(func(ctx context.Context, req bot.Request) bot.Reply {
			answered <- req.Text
			return router.Respond(ctx, req)
		})
	}
	a, one := standing(t, share)
	b, other := standing(t, share)
	event := fmt.Sprintf(`{"type":"event_callback","event_id":"Ev1","team_id":"T1","authorizations":[{"team_id":"T1","user_id":"U9","is_bot":true}],
		"event":{"type":"app_mention","user":"U1","text":"<@U9> pledges","ts":"%d.000001","channel":"C1"}}`, bottest.Now().Unix())
	for i, h := range []http.Handler{one, other, one} {
		r := signed(EventsPath, event)
		r.Header.Set("X-Slack-Retry-Num", "1")
		if w := ask(h, r); w.Code != http.StatusOK {
			t.Errorf("delivery %d: %d", i, w.Code)
		}
	}
	// An edit tells of the same question by another event.
	edit := strings.ReplaceAll(strings.ReplaceAll(event, `"Ev1"`, `"Ev2"`), `"ts":`, `"edited":{"user":"U1","ts":"2.000001"},"ts":`)
	if w := ask(other, signed(EventsPath, edit)); w.Code != http.StatusOK {
		t.Errorf("an edit: %d", w.Code)
	}
	a.underWay.End(patient)
	b.underWay.End(patient)
	if n := len(answered); n != 1 {
		t.Errorf("it is answered %d times", n)
	}
	if w := ask(one, signed(EventsPath, event)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a replica that stops answers %d", w.Code)
	}
}

// A press is taken once too, whichever replica hears of it again.
func TestAPressIsTakenOnceAcrossReplicas(t *testing.T) {
	for name, payload := range map[string]string{
		"a button":   `{"type":"block_actions","container":{"message_ts":"1.000001","is_ephemeral":true},"actions":[{"action_id":"1","value":"ae|topics"}]`,
		"a shortcut": `{"type":"message_action","callback_id":"ask_about","message":{"ts":"1.000001","text":"pledges"}`,
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan string, 10)
			seen := bot.NewLocalSeen(bottest.Now)
			share := func(o *Options) {
				o.Seen = seen
				o.Responder = responder(func(_ context.Context, req bot.Request) bot.Reply {
					answered <- req.Command
					return bot.Reply{Lang: content.English}
				})
			}
			a, one := standing(t, share)
			b, other := standing(t, share)
			form := url.Values{"payload": {payload + `,"team":{"id":"T1"},"user":{"id":"U1"},"channel":{"id":"C1"},"trigger_id":"1.2.3","response_url":"https://hooks.slack.com/x"}`}}
			for i, h := range []http.Handler{one, other, one} {
				if w := ask(h, signed(InteractivityPath, form.Encode())); w.Code != http.StatusOK {
					t.Errorf("delivery %d: %d %s", i, w.Code, w.Body)
				}
			}
			a.underWay.End(patient)
			b.underWay.End(patient)
			if n := len(answered); n != 1 {
				t.Errorf("it is answered %d times", n)
			}
		})
	}
}

// Tokens of members that are revoked are no concern of the bot's.
func TestOnlyARevokedBotIsForgotten(t *testing.T) {
	for event, want := range map[string]int{
		`{"type":"app_uninstalled"}`:                                     1,
		`{"type":"tokens_revoked","tokens":{"oauth":[],"bot":["U9"]}}`:   1,
		`{"type":"tokens_revoked","tokens":{"oauth":["U1"],"bot":[]}}`:   0,
		`{"type":"tokens_revoked","tokens":{"oauth":["U1"]}}`:            0,
		`{"type":"tokens_revoked","tokens":{"oauth":["U1"],"bot":null}}`: 0,
	} {
		forgotten := make(chan string, 1)
		a, h := standing(t, func(o *Options) {
			o.Uninstalled = func(_ context.Context, workspace string, _ time.Time) error {
				forgotten <- workspace
				return nil
			}
		})
		if w := ask(h, signed(EventsPath, `{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":`+event+`}`)); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", event, w.Code)
		}
		a.underWay.End(patient)
		if got := len(forgotten); got != want {
			t.Errorf("%s: forgotten %d times, want %d", event, got, want)
		}
	}
}

// What the bot itself writes is not answered, whether or not Slack names its
// app beside its user.
func TestTheBotDoesNotAnswerItself(t *testing.T) {
	for name, from := range map[string]string{
		"by its app": `"user":"U7","bot_id":"B1"`, "by its user": `"user":"U9"`,
	} {
		t.Run(name, func(t *testing.T) {
			a, h := standing(t, func(o *Options) {
				o.Responder = responder(func(_ context.Context, req bot.Request) bot.Reply {
					t.Errorf("%q is answered", req.Text)
					return bot.Reply{Lang: content.English}
				})
			})
			event := `{"type":"event_callback","event_id":"Ev1","team_id":"T1","authorizations":[{"team_id":"T1","user_id":"U9","is_bot":true}],
				"event":{"type":"message","channel_type":"im","text":"pledges","ts":"1.000001","channel":"D1",` + from + `}}`
			if w := ask(h, signed(EventsPath, event)); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
			a.underWay.End(patient)
		})
	}
}

// By the time that a late edit comes nobody knows any more whether the
// question was answered: it passes in silence.
func TestLateEditsAreNotAnswered(t *testing.T) {
	for name, test := range map[string]struct {
		asked time.Duration // before now
		edit  string
		want  int
	}{
		"a question":     {2 * seenFor, ``, 1}, // late, and for the first time
		"a fresh edit":   {time.Minute, `"edited":{"user":"U1","ts":"2.000001"},`, 1},
		"a late edit":    {2 * seenFor, `"edited":{"user":"U1","ts":"2.000001"},`, 0},
		"of any shape":   {2 * seenFor, `"edited":"yes",`, 0},
		"no edit at all": {2 * seenFor, `"edited":null,`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan string, 1)
			a, h := standing(t, func(o *Options) {
				o.Responder = responder(func(_ context.Context, req bot.Request) bot.Reply {
					answered <- req.Text
					return bot.Reply{Lang: content.English}
				})
			})
			event := fmt.Sprintf(`{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"app_mention","user":"U1",%s
				"text":"pledges","ts":"%d.000001","channel":"C1"}}`, test.edit, bottest.Now().Add(-test.asked).Unix())
			if w := ask(h, signed(EventsPath, event)); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
			a.underWay.End(patient)
			if got := len(answered); got != test.want {
				t.Errorf("it is answered %d times, want %d", got, test.want)
			}
		})
	}
}

// failingWriter is a connection that is gone.
type failingWriter struct{ *httptest.ResponseRecorder }

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAnAnswerThatDoesNotGoOutIsSentToItsAddress(t *testing.T) {
	sent := make(chan string, 1)
	api, err := webapi.New(webapi.Options{
		Token: webapi.Fixed("xoxb-x"), BaseURL: "http://localhost:1", Attempts: 1,
		HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			answer := `{"ok":true,"user":{"locale":"en-US"}}`
			if r.URL.Host == "hooks.slack.com" {
				body, err := io.ReadAll(r.Body)
				sent <- string(body)
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("ok")), Header: http.Header{}}, err
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(answer)), Header: http.Header{}}, nil
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, h := standing(t, func(o *Options) { o.API = api })
	h.ServeHTTP(failingWriter{httptest.NewRecorder()}, signed(CommandsPath, asked))
	a.underWay.End(patient)
	close(sent)
	if got := <-sent; !strings.Contains(got, "The three pledges") {
		t.Errorf("it is sent %q", got)
	}
}

func TestTooMuchWorkIsLeftToLater(t *testing.T) {
	a, h := standing(t, nil)
	for range cap(a.slots) {
		a.slots <- struct{}{}
	}
	event := `{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"app_mention","user":"U1","text":"x","ts":"1.000001","channel":"C1"}}`
	if w := ask(h, signed(EventsPath, event)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("it answers %d", w.Code)
	}
	<-a.slots
	if w := ask(h, signed(EventsPath, event)); w.Code != http.StatusOK {
		t.Errorf("it answers %d", w.Code)
	}
}

// Slack's own samples are read, and none of them is answered by mistake.
func TestSamplesOfSlackAreRead(t *testing.T) {
	samples := eventSamples(t)
	if len(samples) < 60 {
		t.Errorf("%d samples", len(samples))
	}
	asked := 0
	a, h := standing(t, func(o *Options) {
		o.Responder = responder(func(context.Context, bot.Request) bot.Reply {
			asked++
			return bot.Reply{}
		})
	})
	for name, sample := range samples {
		sample["type"], sample["event_id"], sample["team_id"] = deliveryEvent, "Ev"+strings.TrimSuffix(name, ".json"), "T1"
		body, err := json.Marshal(sample)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeDelivery(body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if w := ask(h, signed(EventsPath, string(body))); w.Code != http.StatusOK {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	a.underWay.End(patient)
	if asked != 0 {
		t.Errorf("%d samples with blanked values are answered", asked)
	}
}

func FuzzDelivery(f *testing.F) {
	f.Add([]byte(`{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"message","user":{"id":"U1"},"channel":["C1"]}}`))
	f.Add([]byte(`{"type":"url_verification","challenge":"x"}`))
	f.Add([]byte(`{"type":"event_callback","event_id":"Ev1","authorizations":[{"team_id":"T1","is_enterprise_install":true,"enterprise_id":"E1"}],"event":{"type":"tokens_revoked","tokens":{"bot":["U1"]}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decodeDelivery(b)
		if err == nil && d.Type == deliveryEvent && (!isID(d.workspace()) || !isID(string(d.EventID))) {
			t.Errorf("%+v", d)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("the error quotes what came: %v", err)
		}
	})
}

func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"channel":{"id":"C1"},"container":{"type":"message","message_ts":"1.2"},"actions":[{"action_id":"1","value":"ae|topics"}]}`))
	f.Add([]byte(`{"type":"message_action","team":{"id":"T1"},"user":{"id":"U1"},"message":{"text":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := decodeInteraction(b)
		if err == nil && (!isID(in.workspace()) || !isID(string(in.User.ID)) || in.Container.Thread != "" && !isTS(string(in.Container.Thread))) {
			t.Errorf("%+v", in)
		}
	})
}

func FuzzSignature(f *testing.F) {
	f.Add("v0="+strings.Repeat("a", 64), "1939282200", []byte("x"))
	f.Add("v0=", "", []byte(""))
	f.Fuzz(func(t *testing.T, signature, timestamp string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, EventsPath, bytes.NewReader(body))
		r.Header = http.Header{headerSignature: {signature}, headerTimestamp: {timestamp}}
		if _, status := readSigned(new(bytes.Buffer), r, "s3cr3t", bottest.Now()); status == http.StatusOK {
			t.Errorf("%q is a signature", signature)
		}
	})
}

func TestASignatureIsThatOfTheFake(t *testing.T) {
	w := begin(t, HTTP, nil) // UseEndpoint probes with good and forged requests
	request := w.ann.In(w.general).SlashRequest("/brief", "topics")
	request.Header.Set(slacktest.HeaderSignature, "v0="+strings.Repeat("0", 64))
	server := httptest.NewServer(endpointsOf(w.adapter))
	defer server.Close()
	if status, _, _, err := request.Post(t.Context(), server.URL); err != nil || status != http.StatusUnauthorized {
		t.Errorf("%d: %v", status, err)
	}
}
