package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

// does are requests of each sort, as functions.
func does() map[string]func(ctx context.Context, d *discord) error {
	return map[string]func(ctx context.Context, d *discord) error{
		"GET": func(ctx context.Context, d *discord) error {
			_, err := d.Channel(ctx, channel)
			return err
		},
		"PUT": func(ctx context.Context, d *discord) error {
			_, err := d.OverwriteCommands(ctx, application, "", []any{})
			return err
		},
		"PATCH": func(ctx context.Context, d *discord) error {
			_, err := d.EditMessage(ctx, channel, message, nth(1))
			return err
		},
		"DELETE": func(ctx context.Context, d *discord) error { return d.DeleteMessage(ctx, channel, message) },
		"create": func(ctx context.Context, d *discord) error { return d.create(ctx, channel, 1) },
		"thread": func(ctx context.Context, d *discord) error {
			_, err := d.CreateThread(ctx, channel, message, "News")
			return err
		},
		"direct": func(ctx context.Context, d *discord) error {
			_, err := d.OpenDirect(ctx, "9")
			return err
		},
		"respond": func(ctx context.Context, d *discord) error {
			_, err := d.Respond(ctx, interaction, interactionToken, nth(1))
			return err
		},
		"edit response": func(ctx context.Context, d *discord) error {
			_, err := d.EditResponse(ctx, application, interactionToken, nth(1))
			return err
		},
		"delete response": func(ctx context.Context, d *discord) error {
			return d.DeleteResponse(ctx, application, interactionToken)
		},
		"follow up": func(ctx context.Context, d *discord) error {
			_, err := d.FollowUp(ctx, application, interactionToken, nth(1))
			return err
		},
	}
}

func list(code int) http.HandlerFunc { return says(code, `[]`) }

func TestOnlyWhatIsSafeIsRepeated(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"500": status(500), "502": status(502), "503": status(503), "504": status(504), "reset": reset, "halved": halved,
	}
	for what, do := range does() {
		for fault, fails := range faults {
			if fault == "halved" && strings.HasPrefix(strings.ToLower(what), "delete") {
				continue // nobody reads what they are answered, as long as it is good
			}
			t.Run(what+" after "+fault, inBubble(func(t *testing.T) {
				good := status(200)
				if what == "PUT" {
					good = list(200)
				}
				d := talk(t, rest.Options{}, answers(fails, fails, good))
				err := do(t.Context(), d)
				if what != "follow up" {
					if got := len(d.requests()); err != nil || got != 3 {
						t.Errorf("%d requests: %v", got, err)
					}
					return
				}
				if got := len(d.requests()); got != 1 || !errors.Is(err, rest.ErrUnknownOutcome) {
					t.Errorf("%d requests: %v", got, err)
				}
				if e := asBotError(t, err); e.Kind != bot.Unavailable {
					t.Error(e.Kind)
				}
			}))
		}
	}
}

func TestOutcomeIsKnownUnlessItMayHaveTakenEffect(t *testing.T) {
	for what, do := range does() {
		for fault, c := range map[string]struct {
			answer  http.HandlerFunc
			unknown bool
		}{
			"500":                 {status(500), true},
			"reset":               {reset, true},
			"halved":              {halved, true},
			"403":                 {failing(403, 50013), false},
			"404":                 {failing(404, 10003), false},
			"429":                 {limited(1, "user"), false},
			"500 and 403":         {answers(status(500), failing(403, 50013)), true},
			"500 and 429":         {answers(status(500), limited(1, "user")), true},
			"500 and much of 429": {answers(status(500), limited(1000, "user")), true},
		} {
			switch {
			case fault == "halved" && strings.HasPrefix(strings.ToLower(what), "delete"):
				continue
			case what == "GET":
				c.unknown = false // it changes nothing
			}
			t.Run(what+" after "+fault, inBubble(func(t *testing.T) {
				d := talk(t, rest.Options{}, c.answer)
				err := do(t.Context(), d)
				if errors.Is(err, rest.ErrUnknownOutcome) != c.unknown || err == nil {
					t.Errorf("%v", err)
				}
				if cause, _ := errors.AsType[*rest.Error](err); cause.Unknown != c.unknown {
					t.Errorf("%#v", cause)
				}
			}))
		}
	}
}

func TestWhatNeverLeftIsRepeatedAlways(t *testing.T) {
	for what, do := range does() {
		t.Run(what, inBubble(func(t *testing.T) {
			unreachable := &http.Client{Transport: &http.Transport{DialContext: (&pipes{closed: closed()}).dial}}
			d := talk(t, rest.Options{HTTP: unreachable}, status(200))
			err := do(t.Context(), d)
			if errors.Is(err, rest.ErrUnknownOutcome) || asBotError(t, err).Kind != bot.Unavailable {
				t.Error(err)
			}
			if o := d.observations(); len(o) != 1 || o[0].Attempts != 4 || o[0].Status != 0 {
				t.Errorf("%+v", o)
			}
		}))
	}
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// opaque carries requests without telling of them.
type opaque struct{}

func (opaque) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }

func TestNothingIsCertainOfATransportThatTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{HTTP: &http.Client{Transport: opaque{}}}, status(200))
		_, err := d.FollowUp(t.Context(), application, interactionToken, nth(1))
		if !errors.Is(err, rest.ErrUnknownOutcome) || d.observations()[0].Attempts != 1 {
			t.Error(err)
		}
	})
}

func TestEndedContextSendsNothing(t *testing.T) {
	d := talk(t, rest.Options{}, status(200))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, do := range does() {
		if err := do(ctx, d); !errors.Is(err, context.Canceled) || errors.Is(err, rest.ErrUnknownOutcome) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := d.requests(); len(got) != 0 {
		t.Errorf("sent: %v", got)
	}
}

func TestAnswerWithoutABodyIsSuccess(t *testing.T) {
	d := talk(t, rest.Options{}, says(http.StatusNoContent, ""))
	for what, do := range does() {
		if err := do(t.Context(), d); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAttemptsAreFewAndSpread(t *testing.T) {
	for name, c := range map[string]struct {
		jitter float64
		want   []time.Duration
	}{
		"none":    {0, []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}},
		"most":    {1, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}},
		"too low": {-5, []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}},
		"too big": {9, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			d := talk(t, rest.Options{Jitter: func() float64 { return c.jitter }}, status(503))
			if err := d.create(t.Context(), channel, 1); err == nil {
				t.Fatal("it succeeded")
			}
			got := d.requests()
			if len(got) != len(c.want) {
				t.Fatalf("%d requests", len(got))
			}
			for i, r := range got {
				if r.at != c.want[i] {
					t.Errorf("%d after %s, expected %s", i, r.at, c.want[i])
				}
			}
		}))
	}
}

func TestNoTimeForAnotherAttemptIsNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, status(500))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		e := asBotError(t, d.create(ctx, channel, 1))
		if took := time.Since(d.began); e.Kind != bot.Unavailable || took != time.Second || len(d.requests()) != 2 {
			t.Errorf("%v after %s", e, took)
		}
	})
}

func TestRefusalIsNotRepeated(t *testing.T) {
	for _, code := range []int{300, 304, 400, 403, 404, 405, 409, 413, 501, 505} {
		d := talk(t, rest.Options{}, status(code))
		if err := d.create(t.Context(), channel, 1); err == nil || len(d.requests()) != 1 {
			t.Errorf("%d: %d requests, %v", code, len(d.requests()), err)
		}
	}
}

func TestAcknowledgedInteractionIsDoneOnARepeatAlone(t *testing.T) {
	t.Run("repeat", inBubble(func(t *testing.T) {
		for _, fault := range []http.HandlerFunc{status(500), reset} {
			d := talk(t, rest.Options{}, answers(fault, failing(400, rest.CodeAlreadyAcknowledged)))
			if _, err := d.Respond(t.Context(), interaction, interactionToken, nth(1)); err != nil {
				t.Error(err)
			}
		}
	}))
	t.Run("first", inBubble(func(t *testing.T) {
		d := talk(t, rest.Options{}, failing(400, rest.CodeAlreadyAcknowledged))
		_, err := d.Respond(t.Context(), interaction, interactionToken, nth(1))
		cause, _ := errors.AsType[*rest.Error](err)
		if cause == nil || cause.Code != rest.CodeAlreadyAcknowledged || asBotError(t, err).Kind != bot.Invalid {
			t.Error(err)
		}
	}))
	t.Run("after a 429", inBubble(func(t *testing.T) {
		d := talk(t, rest.Options{}, answers(limited(1, "user"), failing(400, rest.CodeAlreadyAcknowledged)))
		if _, err := d.Respond(t.Context(), interaction, interactionToken, nth(1)); err == nil {
			t.Error("a 429 acknowledges nothing")
		}
	}))
}

func TestDeletedIsDoneOnARepeatAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, answers(reset, failing(404, rest.CodeUnknownMessage)))
		if err := d.DeleteMessage(t.Context(), channel, message); err != nil {
			t.Error(err)
		}
		d = talk(t, rest.Options{}, failing(404, rest.CodeUnknownMessage))
		if e := asBotError(t, d.DeleteMessage(t.Context(), channel, message)); e.Kind != bot.NotFound {
			t.Error(e)
		}
		d = talk(t, rest.Options{}, answers(limited(1, "user"), failing(404, rest.CodeUnknownMessage)))
		if e := asBotError(t, d.DeleteMessage(t.Context(), channel, message)); e.Kind != bot.NotFound {
			t.Error(e)
		}
	})
}

func TestMessageIsNotRepeatedWhenItsNonceIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{MaxWait: time.Hour}, answers(status(500), limited(200, "user"), status(200)))
		err := d.create(t.Context(), channel, 1)
		if !errors.Is(err, rest.ErrUnknownOutcome) || len(d.requests()) != 2 {
			t.Errorf("%d requests: %v", len(d.requests()), err)
		}
		// An edit does no harm however late.
		d = talk(t, rest.Options{MaxWait: time.Hour}, answers(status(500), limited(200, "user"), status(200)))
		if _, err := d.EditMessage(t.Context(), channel, message, nth(1)); err != nil {
			t.Error(err)
		}
	})
}

func TestEachAttemptSendsTheWholeBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, answers(status(500), reset, limited(1, "user"), status(200)))
		if err := d.create(t.Context(), channel, 1); err != nil {
			t.Fatal(err)
		}
		for _, r := range d.requests() {
			if r.body != `{"content":"Hello","enforce_nonce":true,"nonce":"1"}` {
				t.Errorf("%q", r.body)
			}
		}
	})
}

func TestMessageWithoutNonceIsNotSent(t *testing.T) {
	d := talk(t, rest.Options{}, status(200))
	for name, body := range map[string]any{
		"none":         map[string]any{"content": "Hello"},
		"not enforced": map[string]any{"nonce": "1"},
		"false":        map[string]any{"nonce": "1", "enforce_nonce": false},
		"a word":       map[string]any{"nonce": "1", "enforce_nonce": "true"},
		"empty":        map[string]any{"nonce": "", "enforce_nonce": true},
		"null":         map[string]any{"nonce": nil, "enforce_nonce": true},
		"too long":     map[string]any{"nonce": "12345678901234567890123456", "enforce_nonce": true},
		"other case":   map[string]any{"Nonce": "1", "Enforce_Nonce": true},
		"no object":    []any{},
		"nothing":      nil,
	} {
		_, err := d.CreateMessage(t.Context(), channel, body)
		if !errors.Is(err, rest.ErrNotRepeatable) || asBotError(t, err).Kind != bot.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := d.requests(); len(got) != 0 {
		t.Errorf("sent: %v", got)
	}
	for _, nonce := range []any{"a", "1234567890123456789012345", "四点", 17} {
		if _, err := d.CreateMessage(t.Context(), channel, map[string]any{"nonce": nonce, "enforce_nonce": true}); err != nil {
			t.Errorf("%v: %v", nonce, err)
		}
	}
}
