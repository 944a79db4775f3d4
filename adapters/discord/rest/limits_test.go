package rest_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

// together runs a function n times at once, begun in order, and returns the
// errors.
func together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
		synctest.Wait() // until it waits for its turn or its answer
	}
	all.Wait()
	return errs
}

func noErrors(t *testing.T, errs []error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
}

func TestRequestsWaitUntilTheirBucketRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 3, per: 5 * time.Second}
		d := talk(t, rest.Options{}, limit.answer)
		noErrors(t, together(10, func(i int) error { return d.create(t.Context(), channel, i) }))
		if limit.refused != 0 {
			t.Errorf("%d were refused", limit.refused)
		}
		if took := time.Since(d.began); took != 15*time.Second {
			t.Errorf("ten requests by three in 5 s took %s", took)
		}
	})
}

func TestRequestsOfOneBucketGoInOrder(t *testing.T) {
	single := func(hash string) http.HandlerFunc {
		return (&window{hash: hash, limit: 1, per: 2 * time.Second}).answer
	}
	abc, def := single("abc"), single("def")
	for name, answer := range map[string]http.HandlerFunc{
		"refilled":             single("abc"),
		"refused with 429":     answers(abc, limited(3, "user"), abc, limited(3, "user"), limited(3, "shared"), abc),
		"refused with the bot": answers(def, limited(3, "global"), def),
		"renamed on the way":   answers(single("abc"), single("other")),
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Second) // while the others queue
				answer(w, r)
			})
			noErrors(t, together(6, func(i int) error { return d.create(t.Context(), channel, i) }))
			last := -1
			for _, r := range d.requests() {
				n := int(r.body[strings.Index(r.body, `"nonce":"`)+len(`"nonce":"`)] - '0')
				if n != last && n != last+1 {
					t.Errorf("%d came after %d, at %s", n, last, r.at)
				}
				last = n
			}
			if last != 5 {
				t.Errorf("the last was %d", last)
			}
		}))
	}
}

func TestUnknownBucketTakesOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("X-RateLimit-Bucket", "abc")
			w.Header().Set("X-RateLimit-Limit", "5")
			w.Header().Set("X-RateLimit-Remaining", "4")
			w.Header().Set("X-RateLimit-Reset-After", "60")
			_, _ = w.Write([]byte("{}"))
		})
		noErrors(t, together(5, func(i int) error { return d.create(t.Context(), channel, i) }))
		var at []time.Duration
		for _, r := range d.requests() {
			at = append(at, r.at)
		}
		if len(at) != 5 || at[0] != 0 || at[1] != time.Second || at[4] != time.Second {
			t.Errorf("the first alone, then all: %v", at)
		}
	})
}

func TestFaultTeachesNothingOfABucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{Attempts: 1}, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			w.WriteHeader(http.StatusBadGateway)
		})
		together(3, func(i int) error { return d.create(t.Context(), channel, i) })
		if took := time.Since(d.began); took != 3*time.Second {
			t.Errorf("they went out together: %s", took)
		}
	})
}

func TestChannelsHaveBucketsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := &window{hash: "abc", limit: 1, per: time.Minute}, &window{hash: "abc", limit: 1, per: time.Minute}
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, channel) {
				one.answer(w, r)
			} else {
				two.answer(w, r)
			}
		})
		noErrors(t, []error{d.create(t.Context(), channel, 1), d.create(t.Context(), elsewhere, 2)})
		if took := time.Since(d.began); took != 0 || one.refused+two.refused != 0 {
			t.Errorf("the second waited for %s", took)
		}
	})
}

func TestRoutesThatShareABucketWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 2, per: 10 * time.Second}
		d := talk(t, rest.Options{}, limit.answer)
		edit := func() error {
			_, err := d.EditMessage(t.Context(), channel, message, nth(0))
			return err
		}
		noErrors(t, []error{d.create(t.Context(), channel, 1), edit(), d.create(t.Context(), channel, 2), edit()})
		if took := time.Since(d.began); took != 10*time.Second || limit.refused != 0 {
			t.Errorf("%s, %d refused", took, limit.refused)
		}
	})
}

func TestOrderOfAnswersDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 4, per: 20 * time.Second}
		delays := make(chan time.Duration, 100)
		for i := range cap(delays) {
			delays <- time.Duration(5-i%5) * time.Second // the later ones overtake
		}
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			early := httptest.NewRecorder()
			limit.answer(early, r)
			time.Sleep(<-delays)
			maps.Copy(w.Header(), early.Header())
			w.WriteHeader(early.Code)
			_, _ = w.Write(early.Body.Bytes())
		})
		noErrors(t, together(12, func(i int) error { return d.create(t.Context(), channel, i) }))
		if limit.refused != 0 {
			t.Errorf("%d were refused", limit.refused)
		}
	})
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 4, per: 20 * time.Second}
		delays := make(chan time.Duration, 100)
		for i := range cap(delays) {
			delays <- time.Duration(5-i%5) * time.Second // on the way
		}
		d := talk(t, rest.Options{MaxWait: time.Hour}, func(w http.ResponseWriter, r *http.Request) {
			delay := <-delays
			time.Sleep(delay)
			answered := httptest.NewRecorder()
			limit.answer(answered, r)
			time.Sleep(10*time.Second - 2*delay) // the last to be sent is answered last
			maps.Copy(w.Header(), answered.Header())
			w.WriteHeader(answered.Code)
			_, _ = w.Write(answered.Body.Bytes())
		})
		noErrors(t, together(21, func(i int) error { return d.create(t.Context(), channel, i) }))
		if limit.refused != 0 {
			t.Errorf("%d were refused", limit.refused)
		}
	})
}

// Discord counts a request when it arrives. However long each is on its way,
// no second there holds too many, and hardly any holds fewer.
func TestNoSecondHoldsMoreThanTheGlobalLimit(t *testing.T) {
	for name, travel := range map[string]func(n int) (there, back time.Duration){
		"at once": func(int) (there, back time.Duration) { return 0, 0 },
		"evenly":  func(int) (there, back time.Duration) { return 20 * time.Millisecond, 20 * time.Millisecond },
		"unevenly": func(n int) (there, back time.Duration) {
			return time.Duration(n*37%20) * time.Millisecond, time.Duration(n*53%20) * time.Millisecond
		},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			var mu sync.Mutex
			var arrived []time.Time
			n := 0
			d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				n++
				there, back := travel(n)
				mu.Unlock()
				time.Sleep(there)
				mu.Lock()
				arrived = append(arrived, time.Now())
				mu.Unlock()
				time.Sleep(back)
				status(200)(w, r)
			})
			const seconds, most = 10, 50
			errs := make([]error, seconds*most)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = d.create(t.Context(), strconv.Itoa(1000+i), i) })
			}
			all.Wait()
			noErrors(t, errs)
			for i := range len(arrived) - most {
				if between := arrived[i+most].Sub(arrived[i]); between < time.Second {
					t.Fatalf("%d requests within %s", most+1, between)
				}
			}
			took := arrived[len(arrived)-1].Sub(arrived[0])
			if rate := float64(len(errs)-most) / took.Seconds(); rate < 0.95*most {
				t.Errorf("%.1f requests a second", rate)
			}
		}))
	}
}

func TestInteractionsAreOutsideTheGlobalLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{PerSecond: 2}, status(200))
		for i := range 100 {
			token := interactionToken + strconv.Itoa(i)
			if _, err := d.Respond(t.Context(), interaction, token, nth(i)); err != nil {
				t.Fatal(err)
			}
			if _, err := d.EditResponse(t.Context(), application, token, nth(i)); err != nil {
				t.Fatal(err)
			}
			if _, err := d.FollowUp(t.Context(), application, token, nth(i)); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(d.began); took != 0 {
			t.Errorf("they waited for %s", took)
		}
	})
}

func TestGlobal429StopsAllButInteractions(t *testing.T) {
	for name, refusal := range map[string]http.HandlerFunc{
		"JSON": limited(7, "global"),
		"JSON without a scope": func(w http.ResponseWriter, _ *http.Request) {
			says(429, `{"message": "You are being rate limited.", "retry_after": 7, "global": true}`)(w, nil)
		},
		"header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-RateLimit-Global", "true")
			w.Header().Set("Retry-After", "7")
			status(429)(w, nil)
		},
		"HTML": cloudflare("7"),
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			d := talk(t, rest.Options{}, answers(refusal, status(200)))
			noErrors(t, together(3, func(i int) error {
				switch i {
				case 0:
					return d.create(t.Context(), channel, i)
				case 1:
					return d.create(t.Context(), elsewhere, i)
				default:
					_, err := d.Respond(t.Context(), interaction, interactionToken, nth(i))
					return err
				}
			}))
			got := d.requests()
			if len(got) != 4 || got[1].at != 0 || !strings.HasPrefix(got[1].path, "/interactions/") ||
				got[2].at != 7*time.Second || got[3].at < 7*time.Second {
				t.Errorf("%v", got)
			}
		}))
	}
}

func TestInteractionsWaitWhereTheAddressItselfIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, answers(cloudflare("9"), status(200)))
		noErrors(t, together(3, func(i int) error {
			if i == 2 {
				return d.create(t.Context(), channel, i)
			}
			_, err := d.Respond(t.Context(), interaction, interactionToken+strconv.Itoa(i), nth(i))
			return err
		}))
		if got := d.requests(); len(got) != 4 || got[1].at != 9*time.Second {
			t.Errorf("%v", got)
		}
	})
}

func Test429OfOneBucketHoldsNoOther(t *testing.T) {
	for _, scope := range []string{"user", "shared"} {
		t.Run(scope, inBubble(func(t *testing.T) {
			d := talk(t, rest.Options{}, answers(limited(4.25, scope), status(200)))
			noErrors(t, together(2, func(i int) error {
				return d.create(t.Context(), []string{channel, elsewhere}[i], i)
			}))
			got := d.requests()
			if len(got) != 3 || got[1].at != 0 || got[2].at != 4250*time.Millisecond {
				t.Errorf("%v %v", got, got[len(got)-1].at)
			}
		}))
	}
}

func Test429IsNoAttemptButBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{Attempts: 1, Refusals: 3}, answers(limited(1, "user"), limited(1, "user"), limited(1, "user"), status(200)))
		if err := d.create(t.Context(), channel, 1); err != nil {
			t.Errorf("three were to be sat out: %v", err)
		}
		d = talk(t, rest.Options{Attempts: 1, Refusals: 3}, limited(1, "user"))
		e := asBotError(t, d.create(t.Context(), channel, 1))
		if e.Kind != bot.RateLimited || e.Delay != time.Second || len(d.requests()) != 4 {
			t.Errorf("%s, %s after %d requests", e.Kind, e.Delay, len(d.requests()))
		}
	})
}

func TestWaitInVainFailsAtOnce(t *testing.T) {
	full := func(t *testing.T, o rest.Options) *discord {
		limit := &window{hash: "abc", limit: 1, per: 30 * time.Second}
		d := talk(t, o, limit.answer)
		noErrors(t, []error{d.create(t.Context(), channel, 0)})
		return d
	}
	t.Run("ctx ends before", inBubble(func(t *testing.T) {
		d := full(t, rest.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		e := asBotError(t, d.create(ctx, channel, 1))
		if e.Kind != bot.RateLimited || e.Delay != 30*time.Second || time.Since(d.began) != 0 || len(d.requests()) != 1 {
			t.Errorf("%v after %s", e, time.Since(d.began))
		}
	}))
	t.Run("longer than one request may wait", inBubble(func(t *testing.T) {
		d := full(t, rest.Options{MaxWait: 20 * time.Second})
		e := asBotError(t, d.create(t.Context(), channel, 1))
		if e.Kind != bot.RateLimited || e.Delay != 30*time.Second || time.Since(d.began) != 0 {
			t.Errorf("%v after %s", e, time.Since(d.began))
		}
	}))
	t.Run("others go first", inBubble(func(t *testing.T) {
		d := full(t, rest.Options{MaxWait: 45 * time.Second})
		errs := together(2, func(i int) error { return d.create(t.Context(), channel, i+1) })
		e := asBotError(t, errs[1])
		if errs[0] != nil || e.Kind != bot.RateLimited || e.Delay != 60*time.Second {
			t.Errorf("%v, %v", errs[0], e)
		}
	}))
	t.Run("a 429 while it waits", inBubble(func(t *testing.T) {
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			limited(50, "user")(w, r)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		errs := together(2, func(i int) error { return d.create(ctx, channel, i) })
		for _, err := range errs {
			if e := asBotError(t, err); e.Kind != bot.RateLimited || e.Delay != 50*time.Second || time.Since(d.began) != time.Second {
				t.Errorf("%v after %s", e, time.Since(d.began))
			}
		}
	}))
	t.Run("the address is refused for an hour", inBubble(func(t *testing.T) {
		d := talk(t, rest.Options{}, cloudflare("3600"))
		for range 3 {
			if e := asBotError(t, d.create(t.Context(), channel, 1)); e.Kind != bot.RateLimited || e.Delay != time.Hour {
				t.Error(e)
			}
		}
		if got := d.requests(); len(got) != 1 {
			t.Errorf("%d requests", len(got))
		}
	}))
}

func TestGlobal429TellsThoseWhoWaitInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 1, per: 5 * time.Second}
		d := talk(t, rest.Options{}, answers(limit.answer, limited(50, "global")))
		noErrors(t, []error{d.create(t.Context(), channel, 0)})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var err error
		waits := make(chan struct{})
		go func() {
			defer close(waits)
			err = d.create(ctx, channel, 1)
		}()
		time.Sleep(time.Second)
		_ = d.create(ctx, elsewhere, 2)
		<-waits
		if e := asBotError(t, err); e.Kind != bot.RateLimited || e.Delay != 50*time.Second || time.Since(d.began) != time.Second {
			t.Errorf("%v after %s", e, time.Since(d.began))
		}
	})
}

func TestGlobal429HoldsThoseWhoseTurnItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{PerSecond: 1}, answers(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second / 2) // the other waits for its turn among all
			limited(7, "global")(w, r)
		}, status(200)))
		noErrors(t, together(2, func(i int) error { return d.create(t.Context(), []string{channel, elsewhere}[i], i) }))
		if got := d.requests(); len(got) != 3 || got[1].at < 7500*time.Millisecond {
			t.Errorf("%v, the second at %s", got, got[1].at)
		}
	})
}

func TestTurnThatIsNotTakenIsGivenBack(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"unknown bucket": status(200),
		"known bucket":   (&window{hash: "abc", limit: 2, per: time.Minute}).answer,
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			d := talk(t, rest.Options{PerSecond: 1}, answer)
			// The one request of this second. In the known bucket one is left.
			other := channel
			if name == "unknown bucket" {
				other = elsewhere
			}
			noErrors(t, []error{d.create(t.Context(), channel, 0)})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second/2, cancel)
			if err := d.create(ctx, other, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("it was to wait for its turn: %v", err)
			}
			noErrors(t, []error{d.create(t.Context(), other, 2)})
			if took := time.Since(d.began); took > 2*time.Second {
				t.Errorf("the next waited until %s", took)
			}
		}))
	}
}

func TestRequestsUnderWayCountInTheNextWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 2, per: 5 * time.Second}
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), `"nonce":"1"`) {
				time.Sleep(1100 * time.Millisecond) // on the way
			}
			limit.answer(w, r)
		})
		noErrors(t, []error{d.create(t.Context(), channel, 0)})
		time.Sleep(4900 * time.Millisecond)
		noErrors(t, together(3, func(i int) error { return d.create(t.Context(), channel, i+1) }))
		if limit.refused != 0 {
			t.Errorf("%d were refused", limit.refused)
		}
	})
}

func TestLastAnswerOfAllIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-RateLimit-Bucket", "abc")
			w.Header().Set("X-RateLimit-Limit", "5")
			w.Header().Set("X-RateLimit-Remaining", "4") // whatever comes one by one is forgotten at once
			w.Header().Set("X-RateLimit-Reset-After", "60")
			_, _ = w.Write([]byte("{}"))
		})
		for i := range 20 {
			noErrors(t, []error{d.create(t.Context(), channel, i)})
		}
		if took := time.Since(d.began); took > time.Second { // for the limit of the whole bot
			t.Errorf("they waited for %s", took)
		}
	})
}

func TestContextEndsEveryWait(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"bucket":   (&window{hash: "abc", limit: 1, per: 40 * time.Second}).answer,
		"429":      answers(status(200), limited(40, "user")),
		"global":   answers(status(200), limited(40, "global")),
		"attempts": answers(status(200), status(500)),
		"answer": answers(status(200), func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}),
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			d := talk(t, rest.Options{}, answer)
			noErrors(t, []error{d.create(t.Context(), channel, 0)})
			ctx, cancel := context.WithCancel(t.Context())
			cause := make(chan error)
			go func() { cause <- d.create(ctx, channel, 1) }()
			time.Sleep(250 * time.Millisecond)
			cancel()
			err := <-cause
			if took := time.Since(d.began); err == nil || took != 250*time.Millisecond {
				t.Errorf("%v after %s", err, took)
			}
			if name != "attempts" && !errors.Is(err, context.Canceled) {
				t.Errorf("the cause is lost: %v", err)
			}
			_ = asBotError(t, err)
		}))
	}
}

func TestDeadlineInAQueueSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * time.Second)
			status(200)(w, r)
		})
		errs := together(2, func(i int) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(10-8*i)*time.Second)
			defer cancel()
			return d.create(ctx, channel, i)
		})
		e := asBotError(t, errs[1])
		if errs[0] != nil || e.Kind != bot.RateLimited || e.Delay <= 0 || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%v, %v", errs[0], e)
		}
	})
}

func TestRequestThatGivesUpLetsTheNextGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 1, per: 10 * time.Second}
		d := talk(t, rest.Options{}, limit.answer)
		noErrors(t, []error{d.create(t.Context(), channel, 0)})
		errs := together(3, func(i int) error {
			ctx := t.Context()
			if i < 2 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithCancel(ctx)
				time.AfterFunc(time.Second, cancel)
			}
			return d.create(ctx, channel, i+1)
		})
		if errs[0] == nil || errs[1] == nil || errs[2] != nil {
			t.Errorf("%v", errs)
		}
		if got := d.requests(); len(got) != 2 || got[1].at != 10*time.Second {
			t.Errorf("%v", got)
		}
	})
}

func TestBucketOpensAgainWhereNoAnswerCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &window{hash: "abc", limit: 1, per: 2 * time.Second}
		d := talk(t, rest.Options{Attempts: 1}, answers(limit.answer, reset, reset, limit.answer))
		errs := []error{}
		for i := range 4 {
			errs = append(errs, d.create(t.Context(), channel, i))
		}
		if errs[0] != nil || errs[1] == nil || errs[2] == nil || errs[3] != nil {
			t.Errorf("%v", errs)
		}
	})
}

func TestMemoryOfBucketsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := talk(t, rest.Options{Buckets: 10}, (&window{hash: "abc", limit: 1000, per: time.Hour}).answer)
		for i := range 200 {
			if _, err := d.Respond(t.Context(), interaction, interactionToken+strconv.Itoa(i), nth(i)); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.BucketsKept(); n != 10 {
			t.Errorf("%d are kept", n)
		}
	})
}

func TestBucketsInUseAreNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := map[string]*window{}
		for i := range 6 {
			limits[strconv.Itoa(1000+i)] = &window{hash: "abc", limit: 1, per: time.Second}
		}
		d := talk(t, rest.Options{Buckets: 1}, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second / 2)
			limits[strings.Split(r.URL.Path, "/")[4]].answer(w, r)
		})
		noErrors(t, together(18, func(i int) error { return d.create(t.Context(), strconv.Itoa(1000+i%6), i) }))
		for _, l := range limits {
			if l.refused > 0 {
				t.Errorf("%d were refused", l.refused)
			}
		}
	})
}
