package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

func TestNothingIsSentWhenTooManyRequestsWereInvalid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{InvalidMost: 10}, answers(
			failing(403, 50013), failing(403, 50013), failing(403, 50013), failing(403, 50013),
			limited(1, "user"), failing(401, rest.CodeInvalidWebhookToken), failing(403, 50001), limited(1, "user"), status(403), status(403), status(200),
		))
		respond := func() error {
			_, err := d.Respond(t.Context(), interaction, interactionToken, nth(1))
			return err
		}
		for range 4 {
			_ = respond()
		}
		if strings.Contains(d.log.String(), "WARN") {
			t.Errorf("it warned at 4 of 10: %s", d.log.String())
		}
		for range 4 {
			_ = respond()
			time.Sleep(time.Minute)
		}
		if n := strings.Count(d.log.String(), "discord counts many requests as invalid"); n != 1 {
			t.Errorf("%d warnings:\n%s", n, d.log.String())
		}
		sent := len(d.requests())
		if sent != 10 {
			t.Fatalf("%d were sent", sent)
		}
		for range 3 {
			for _, do := range does() {
				e := asBotError(t, do(t.Context(), d))
				if e.Kind != bot.RateLimited || e.Delay < 5*time.Minute || e.Delay > 7*time.Minute {
					t.Errorf("%v after %s", e, e.Delay)
				}
			}
		}
		if got := len(d.requests()); got != sent {
			t.Errorf("%d were sent on", got-sent)
		}
		if n := strings.Count(d.log.String(), "sending nothing to discord"); n != 1 {
			t.Errorf("%d lines:\n%s", n, d.log.String())
		}

		// After the delay the oldest are forgotten.
		time.Sleep(asBotError(t, respond()).Delay)
		if err := respond(); err != nil {
			t.Error(err)
		}
	})
}

func TestBudgetForgetsAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{InvalidMost: 3}, failing(403, 50013))
		for range 20 {
			if e := asBotError(t, d.create(t.Context(), channel, 1)); e.Kind != bot.Denied {
				t.Fatal(e)
			}
			time.Sleep(5*time.Minute + 5*time.Second)
		}
	})
}

func TestWhatDiscordDoesNotCountIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, answer := range map[string]http.HandlerFunc{
			"shared": answers(limited(0.1, "shared"), status(200)),
			"404":    failing(404, 10003), "400": failing(400, 50035), "500": status(500), "200": status(200),
		} {
			d := talk(t, rest.Options{InvalidMost: 1}, answer)
			for range 3 {
				if err := d.create(t.Context(), channel, 1); err != nil && asBotError(t, err).Kind == bot.RateLimited {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}

func TestRefusedTokenIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				failing(401, 0)(w, r)
				return
			}
			status(200)(w, r)
		})
		for name, do := range does() {
			for range 2 {
				err := do(t.Context(), d)
				if strings.Contains(name, "respon") || name == "follow up" {
					if err != nil {
						t.Errorf("%s: an interaction needs no token of the bot: %v", name, err)
					}
					continue
				}
				if e := asBotError(t, err); e.Kind != bot.Unavailable || !strings.HasPrefix(e.Message, "Discord refuses the token") || !rest.Permanent(err) {
					t.Errorf("%s: %v", name, e)
				}
			}
		}
		withToken := 0
		for _, r := range d.requests() {
			if r.header.Get("Authorization") != "" {
				withToken++
			}
		}
		if withToken != 1 {
			t.Errorf("the token was sent %d times", withToken)
		}
		if n := strings.Count(d.log.String(), "discord refuses the token"); n != 1 {
			t.Errorf("%d lines:\n%s", n, d.log.String())
		}
	})
}

func TestRefusedInteractionTokenStopsNothing(t *testing.T) {
	d := talk(t, rest.Options{}, answers(failing(401, rest.CodeInvalidWebhookToken), status(200)))
	_, err := d.EditResponse(t.Context(), application, interactionToken, nth(1))
	if e := asBotError(t, err); e.Kind != bot.NotFound {
		t.Error(e)
	}
	if err := d.create(t.Context(), channel, 1); err != nil {
		t.Error(err)
	}
}
