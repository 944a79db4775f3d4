package webapi_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

// times are when calls arrived, in whole milliseconds.
func times(all []seen) []int64 {
	var list []int64
	for _, s := range all {
		list = append(list, s.at.Milliseconds())
	}
	slices.Sort(list)
	return list
}

func TestAChannelGetsOneMessageASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := talk(t, webapi.Options{}, says(posted))
		var all sync.WaitGroup
		for range 3 {
			for _, to := range []struct{ team, channel string }{{"T1", "C1"}, {"T1", "C2"}, {"T2", "C1"}} {
				all.Go(func() {
					m := hello("one")
					m.Channel = to.channel
					if _, err := s.PostMessage(t.Context(), to.team, m); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if got, want := times(s.requests()), []int64{0, 0, 0, 1000, 1000, 1000, 2000, 2000, 2000}; !slices.Equal(got, want) {
			t.Errorf("they go at %v, want %v", got, want)
		}
	})
}

func TestAWorkspaceGetsSoManyMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := talk(t, webapi.Options{}, says(posted))
		for n := range 41 {
			m := hello("one")
			m.Channel = "C" + string(rune('a'+n))
			if _, err := s.PostMessage(t.Context(), team, m); err != nil {
				t.Fatal(err)
			}
		}
		got := times(s.requests())
		if got[19] != 0 || got[20] != 4000 || got[39] != 4000 || got[40] != 8000 {
			t.Errorf("they go at %v", got)
		}
	})
}

func TestEveryMethodHasItsTier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := talk(t, webapi.Options{}, says(`{"ok":true}`))
		for range 101 {
			if _, err := s.User(t.Context(), team, "U1"); err != nil {
				t.Fatal(err)
			}
		}
		if got := times(s.requests()); got[99] != 0 || got[100] != 60_000 {
			t.Errorf("call 100 goes at %d, 101 at %d", got[99], got[100])
		}
		// Others are not held back by it.
		start := time.Now()
		if _, err := s.User(t.Context(), "T2", "U1"); err != nil || time.Since(start) != 0 {
			t.Errorf("another workspace waits %v: %v", time.Since(start), err)
		}
	})
}

func TestRetryAfterIsHonouredByAllOfTheKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := talk(t, webapi.Options{}, methods(map[string][]http.HandlerFunc{
			"chat.postMessage": {limited(7), says(posted)}, "users.info": {says(`{"ok":true}`)},
		}))
		var all sync.WaitGroup
		for _, channel := range []string{"C1", "C2"} {
			all.Go(func() {
				m := hello("one")
				m.Channel = channel
				if channel == "C2" {
					time.Sleep(time.Second) // after the first was refused
				}
				if _, err := s.PostMessage(t.Context(), team, m); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			time.Sleep(time.Second)
			if _, err := s.User(t.Context(), team, "U1"); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if got, want := times(s.requests()), []int64{0, 1000, 7000, 7000}; !slices.Equal(got, want) {
			t.Errorf("they go at %v, want %v", got, want)
		}
		for _, o := range s.observations() {
			if o.Refusals == 1 && (o.Waited != 7*time.Second || o.Attempts != 2) {
				t.Errorf("observed %+v", o)
			}
		}
	})
}

func TestWaitsAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		within time.Duration
		delay  time.Duration
		calls  int
	}{
		"longer than the client waits":  {limited(120), 0, 120 * time.Second, 1},
		"longer than the context lives": {limited(30), 10 * time.Second, 30 * time.Second, 1},
		"refused over and over":         {limited(1), 0, time.Second, 6},
		"no number of seconds":          {limited(-1), 0, time.Second, 6},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, test.answer)
			ctx := t.Context()
			if test.within > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, test.within)
				defer cancel()
			}
			_, err := s.PostMessage(ctx, team, hello("one"))
			e := asBotError(t, err)
			if e.Kind != bot.RateLimited || e.Delay != test.delay || webapi.OutcomeOf(err) != webapi.NotPosted {
				t.Errorf("%s after %v: %v", e.Kind, e.Delay, err)
			}
			if got := len(s.requests()); got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
		}))
	}
}
