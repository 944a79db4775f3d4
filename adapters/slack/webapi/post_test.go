package webapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

const (
	posted    = `{"ok":true,"channel":"C1","ts":"100.000001"}`
	nothing   = `{"ok":true,"messages":[],"has_more":false}`
	full      = `{"ok":true,"messages":[],"has_more":true}`
	inHistory = `{"ok":true,"messages":[
		{"ts":"98.000001","metadata":{"event_type":"other","event_payload":{"id":["x"]}}},
		{"ts":"99.000001","metadata":{"event_type":"briefbot_post","event_payload":{"id":"other"}}},
		{"ts":"100.000001","metadata":{"event_type":"briefbot_post","event_payload":{"id":"one"}}}]}`
)

// A message whose outcome is not known is looked for before anything else is
// done about it.
func TestAnAmbiguousPostIsLookedFor(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"500": status(500), "502": status(502), "reset": reset, "halved": halved, "fatal_error": failing("fatal_error"), "html": says("<html>"),
	}
	for fault, fails := range faults {
		for name, test := range map[string]struct {
			history []http.HandlerFunc
			posts   int // in all
			want    webapi.Outcome
			found   bool
		}{
			"it stands":                     {[]http.HandlerFunc{says(inHistory)}, 1, webapi.Posted, true},
			"it appears a little later":     {[]http.HandlerFunc{says(nothing), says(nothing), says(inHistory)}, 1, webapi.Posted, true},
			"it does not stand":             {[]http.HandlerFunc{says(nothing)}, 2, webapi.Posted, false},
			"the history is longer":         {[]http.HandlerFunc{says(full)}, 1, webapi.Unknown, false},
			"the history cannot be read":    {[]http.HandlerFunc{failing("missing_scope")}, 1, webapi.Unknown, false},
			"the history is rate limited":   {[]http.HandlerFunc{limited(300)}, 1, webapi.Unknown, false},
			"the history fails and returns": {[]http.HandlerFunc{status(500), says(inHistory)}, 1, webapi.Posted, true},
		} {
			t.Run(fault+", "+name, inBubble(func(t *testing.T) {
				s := talk(t, webapi.Options{}, methods(map[string][]http.HandlerFunc{
					"chat.postMessage": {fails, says(posted)}, "conversations.history": test.history,
				}))
				post, err := s.PostMessage(t.Context(), team, hello("one"))
				if got := webapi.OutcomeOf(err); got != test.want || post.Found != test.found {
					t.Errorf("the outcome is %s, found %v: %v", got, post.Found, err)
				}
				if got := len(s.to("chat.postMessage")); got != test.posts {
					t.Errorf("it is posted %d times, want %d", got, test.posts)
				}
				if test.want == webapi.Posted && post.TS != "100.000001" {
					t.Errorf("it stands at %q", post.TS)
				}
			}))
		}
	}
}

func TestAMessageThatNeverStandsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := talk(t, webapi.Options{}, methods(map[string][]http.HandlerFunc{
			"chat.postMessage": {status(503)}, "conversations.replies": {says(nothing)},
		}))
		m := hello("one")
		m.Thread = "90.000001"
		_, err := s.PostMessage(t.Context(), team, m)
		if got := webapi.OutcomeOf(err); got != webapi.NotPosted || asBotError(t, err).Kind != bot.Unavailable {
			t.Errorf("the outcome is %s: %v", got, err)
		}
		if posts, looks := len(s.to("chat.postMessage")), s.to("conversations.replies"); posts != 3 || len(looks) != 9 ||
			!strings.Contains(looks[0].body, "ts=90.000001") || !strings.Contains(looks[0].body, "include_all_metadata=true") {
			t.Errorf("posted %d times, looked %d times: %+v", posts, len(looks), looks)
		}
	})
}

func TestWhatCannotBeFoundIsNotRepeated(t *testing.T) {
	for name, post := range map[string]func(context.Context, *slack) error{
		"without metadata": func(ctx context.Context, s *slack) error {
			_, err := s.PostMessage(ctx, team, webapi.Message{Channel: "C1", Text: "Hello"})
			return err
		},
		"ephemeral": func(ctx context.Context, s *slack) error { return s.PostEphemeral(ctx, team, "U1", hello("one")) },
		"a response": func(ctx context.Context, s *slack) error {
			return s.Respond(ctx, team, "http://localhost/api/respond", webapi.Response{Text: "Hello"})
		},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, func(w http.ResponseWriter, r *http.Request) { reset(w, r) })
			if err := post(t.Context(), s); webapi.OutcomeOf(err) != webapi.Unknown {
				t.Errorf("the outcome is %s: %v", webapi.OutcomeOf(err), err)
			}
			if got := len(s.requests()); got != 1 {
				t.Errorf("%d calls", got)
			}
		}))
	}
}

func TestWhatDoesNoHarmIsRepeated(t *testing.T) {
	for name, do := range map[string]func(context.Context, *slack) error{
		"users.info":    func(ctx context.Context, s *slack) error { _, err := s.User(ctx, team, "U1"); return err },
		"chat.update":   func(ctx context.Context, s *slack) error { return s.Update(ctx, team, "1.000001", hello("one")) },
		"views.publish": func(ctx context.Context, s *slack) error { return s.PublishHome(ctx, team, "U1", []any{}) },
		"auth.test":     func(ctx context.Context, s *slack) error { _, err := s.AuthTest(ctx, team); return err },
		"api/replacement": func(ctx context.Context, s *slack) error {
			return s.Respond(ctx, team, "http://localhost/api/api/replacement", webapi.Response{ReplaceOriginal: true, Text: "Hello"})
		},
	} {
		for fault, fails := range map[string]http.HandlerFunc{"500": status(500), "reset": reset, "internal_error": failing("internal_error")} {
			t.Run(name+" after "+fault, inBubble(func(t *testing.T) {
				s := talk(t, webapi.Options{}, methods(map[string][]http.HandlerFunc{name: {fails, fails, says(`{"ok":true}`)}}))
				if err := do(t.Context(), s); err != nil || len(s.requests()) != 3 {
					t.Errorf("%d calls: %v", len(s.requests()), err)
				}
			}))
		}
	}
}

// A call that never left the machine is sent again whatever it is.
func TestWhatNeverLeftIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		broken := roundTripper(func(*http.Request) (*http.Response, error) {
			dials++
			return nil, errors.New("connection refused")
		})
		c, err := webapi.New(webapi.Options{Token: webapi.Fixed(token), HTTP: &http.Client{Transport: broken}, Jitter: func() float64 { return 1 }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.PostMessage(t.Context(), team, hello("one"))
		if dials != 3 || webapi.OutcomeOf(err) != webapi.NotPosted {
			t.Errorf("%d attempts, %s: %v", dials, webapi.OutcomeOf(err), err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheEndOfItsContextEndsEveryWait(t *testing.T) {
	for name, answers := range map[string]map[string][]http.HandlerFunc{
		"for a limit":    {"chat.postMessage": {limited(30)}},
		"for a look":     {"chat.postMessage": {status(500)}, "conversations.history": {says(nothing)}},
		"for the answer": {"chat.postMessage": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, methods(answers))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(500*time.Millisecond, cancel)
			start := time.Now()
			_, err := s.PostMessage(ctx, team, hello("one"))
			if err == nil || time.Since(start) != 500*time.Millisecond {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
			_ = asBotError(t, err)
		}))
	}
}

// What another process had under way when it ended may arrive a little later.
func TestWhatWasPostedLatelyIsLookedForSeveralTimes(t *testing.T) {
	for name, c := range map[string]struct {
		ago   time.Duration
		looks int
		found bool
	}{
		"just now":   {time.Second, 2, true},
		"long since": {time.Hour, 1, false},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, methods(map[string][]http.HandlerFunc{"conversations.history": {says(nothing), says(inHistory)}}))
			m := hello("one")
			found, err := s.Find(t.Context(), team, m, time.Now().Add(-c.ago))
			if err != nil || (found.TS != "") != c.found || len(s.requests()) != c.looks {
				t.Errorf("found %+v in %d calls: %v", found, len(s.requests()), err)
			}
		}))
	}
}
