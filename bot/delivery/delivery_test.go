package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot"
	"briefbot/bot/delivery"
	"briefbot/bot/delivery/deliverytest"
	"briefbot/bot/digest"
	"briefbot/content"
)

func TestADigestArrivesWhenItIsDueAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		r := w.start("a")
		defer r.end()

		until(8, 59, 59)
		w.wantNews(w.discord, "harbour")
		until(9, 0, 2)
		w.wantNews(w.discord, "harbour", "news 1")
		until(23, 59, 0)
		w.wantNews(w.discord, "harbour", "news 1")
		w.wantStates(map[string]int{"sent": 1})
	})
}

func TestWhatWasToldIsNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(10, 0), at(11, 0))
		r := w.start("a")
		defer r.end()

		until(10, 30, 0)
		w.wantNews(w.discord, "harbour", "news 1")
		w.shelf.put(library("news 1", "news 2"))
		until(12, 0, 0)
		w.wantNews(w.discord, "harbour", "news 1", "news 2")
		w.wantStates(map[string]int{"sent": 2, "skipped/empty": 1})
	})
}

func TestPagesGoBelowTheFirstInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shelf.put(library("news 1", "news 2", "news 3"))
		w.subscribe("slack", "T1", "harbour", at(9, 0))
		r := w.start("a")
		defer r.end()
		until(9, 1, 0)
		w.wantNews(w.slack, "harbour", "news 1", "news 2", "news 3")
		posts := w.slack.Posts()
		for i, post := range posts {
			want := ""
			if i > 0 {
				want = posts[0].ID
			}
			if post.To.Thread != want {
				t.Errorf("page %d is in the thread %q, want %q", i, post.To.Thread, want)
			}
		}
	})
}

func TestWhatIsTooLateIsSkippedAndItsNewsToldNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(18, 0))
		until(15, 30, 0) // nobody was there
		r := w.start("a")
		defer r.end()
		until(15, 31, 0)
		w.wantNews(w.discord, "harbour")
		w.wantStates(map[string]int{"skipped/late": 1})
		until(18, 1, 0)
		w.wantNews(w.discord, "harbour", "news 1")
	})
}

func TestALongAbsenceLeavesNoBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		time.Sleep(100*24*time.Hour + 10*time.Hour)
		r := w.start("a")
		defer r.end()
		time.Sleep(time.Minute)
		w.wantNews(w.discord, "harbour", "news 1") // this morning's
		w.wantStates(map[string]int{"skipped/late": 1, "sent": 1})
	})
}

func TestFailuresOfAPlatform(t *testing.T) {
	refused := func(kind bot.Kind, delay time.Duration) error {
		return &bot.Error{Kind: kind, Message: "No.", Delay: delay}
	}
	cases := map[string]struct {
		fault  deliverytest.Fault
		times  int // how often it happens, 0 for always
		within time.Duration
		states map[string]int
		posts  int
		told   int
	}{
		"a limit is waited for":                      {fault: deliverytest.Fault{Err: refused(bot.RateLimited, time.Minute)}, times: 1, within: 63 * time.Second, states: map[string]int{"sent": 1}, posts: 1},
		"a fault is tried again after a while":       {fault: deliverytest.Fault{Err: refused(bot.Unavailable, 0)}, times: 3, within: 40 * time.Second, states: map[string]int{"sent": 1}, posts: 1},
		"what may stand is looked for":               {fault: deliverytest.Fault{Err: refused(bot.Unavailable, 0), Stands: true, Unknown: true}, times: 1, within: 10 * time.Second, states: map[string]int{"sent": 1}, posts: 1},
		"what may stand and does not is posted":      {fault: deliverytest.Fault{Err: refused(bot.Unavailable, 0), Unknown: true}, times: 1, within: 10 * time.Second, states: map[string]int{"sent": 1}, posts: 1},
		"what hangs is given up":                     {fault: deliverytest.Fault{Hangs: true}, times: 1, within: 3 * time.Minute, states: map[string]int{"sent": 1}, posts: 1},
		"what never works is given up":               {fault: deliverytest.Fault{Err: refused(bot.Unavailable, 0)}, within: 7 * time.Hour, states: map[string]int{"skipped/unavailable": 1}},
		"what never answers is given up later":       {fault: deliverytest.Fault{Err: refused(bot.Unavailable, 0), Unknown: true}, within: 13 * time.Hour, states: map[string]int{"skipped/unavailable": 1}},
		"a channel that is gone stops":               {fault: deliverytest.Fault{Err: refused(bot.NotFound, 0)}, within: 10 * time.Second, states: map[string]int{"failed/gone": 1}, told: 1},
		"a channel that is closed stops":             {fault: deliverytest.Fault{Err: refused(bot.Denied, 0)}, within: 10 * time.Second, states: map[string]int{"failed/denied": 1}, told: 1},
		"a workspace that removed the bot stops":     {fault: deliverytest.Fault{Err: errors.Join(bot.ErrRevoked, refused(bot.Denied, 0))}, within: 10 * time.Second, states: map[string]int{"failed/revoked": 1}, told: 1},
		"what is refused fails, and nothing else":    {fault: deliverytest.Fault{Err: refused(bot.Invalid, 0)}, within: 10 * time.Second, states: map[string]int{"failed/refused": 1}},
		"a panic is the end of one occurrence alone": {fault: deliverytest.Fault{Panics: true}, within: time.Minute, states: map[string]int{"failed/refused": 1}},
		"a panic once is none":                       {fault: deliverytest.Fault{Panics: true}, times: 1, within: time.Minute, states: map[string]int{"sent": 1}, posts: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				n := 0
				w.discord.Fault = func(_ context.Context, call deliverytest.Call) deliverytest.Fault {
					if call.Method != "Send" {
						return deliverytest.Fault{}
					}
					if n++; c.times > 0 && n > c.times {
						return deliverytest.Fault{}
					}
					return c.fault
				}
				s := w.subscribe("discord", "guild", "harbour", at(9, 0))
				r := w.start("a")
				defer r.end()
				until(9, 0, 0)
				time.Sleep(c.within)
				w.wantStates(c.states)
				if posts := len(w.discord.Posts()); posts != c.posts {
					t.Errorf("%d posts stand, want %d", posts, c.posts)
				}
				if told := len(w.discord.Tells()); told != c.told {
					t.Errorf("%d were told, want %d", told, c.told)
				}
				all, err := w.store.InChannel(t.Context(), s.Place)
				if err != nil {
					t.Fatal(err)
				}
				if stopped := all[0].State == digest.Stopped; stopped != (c.told > 0) {
					t.Errorf("the subscription is %s", all[0].State)
				}
			})
		})
	}
}

func TestTheStoreIsAwayForAWhile(t *testing.T) {
	type fault struct {
		step string
		done bool
	}
	cases := map[string]fault{
		"before claiming":             {"Claim", false},
		"after claiming":              {"Claim", true},
		"after taking":                {"Take", true},
		"before composing":            {"Compose", false},
		"after composing":             {"Compose", true},
		"before a try":                {"Try", false},
		"after a try":                 {"Try", true},
		"before recording":            {"Record", false},
		"after recording":             {"Record", true},
		"when the lease is renewed":   {"Renew", false},
		"when the lane is released":   {"Release", false},
		"when the editions are asked": {"EditionAt", false},
	}
	for name, c := range cases {
		for _, long := range []time.Duration{3 * time.Second, time.Minute} {
			t.Run(name+" for "+long.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.discord.Takes = 6 * time.Second
					for _, channel := range []string{"a", "b", "c"} {
						w.subscribe("discord", "guild", channel, at(9, 0))
					}
					r := w.start("a")
					defer r.end()
					until(9, 0, 0)
					var away time.Time
					w.store.Fail(func(_ context.Context, step string, done bool) error {
						if (fault{step, done}) == c && away.IsZero() {
							away = time.Now().Add(long)
						}
						if time.Now().Before(away) {
							return errors.New("the store is away")
						}
						return nil
					})
					time.Sleep(2 * time.Minute)
					w.wantStates(map[string]int{"sent": 3})
					if twice := w.discord.Twice(); len(twice) > 0 || len(w.discord.Posts()) != 3 {
						t.Errorf("%d posts stand; twice: %v", len(w.discord.Posts()), twice)
					}
					if !r.State().StoreUp {
						t.Error("the store is said to be away")
					}
				})
			})
		}
	}
}

func TestShutdownFinishesWhatIsBeingPostedAndHandsBackTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.bounds.Together = func(string) int { return 2 }
		w.discord.Takes = 5 * time.Second
		for i := range 4 {
			w.subscribe("discord", "guild", string(rune('a'+i)), at(9, 0))
		}
		r := w.start("a")
		until(9, 0, 2)
		r.end()
		if took := time.Since(time.Date(2000, 1, 1, 9, 0, 2, 0, time.UTC)); took > 6*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if n := len(w.discord.Posts()); n != 2 {
			t.Errorf("%d posts stand, want those that were under way", n)
		}
		if holders := w.store.Holders(); len(holders) > 0 {
			t.Errorf("lanes are held still: %v", holders)
		}
		next := w.start("b")
		defer next.end()
		time.Sleep(20 * time.Second)
		w.wantStates(map[string]int{"sent": 4})
		if n := len(w.discord.Posts()); n != 4 {
			t.Errorf("%d posts stand, want 4", n)
		}
	})
}

func TestReplicasShareTheLanesEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.Takes = 10 * time.Minute // all lanes have work all the time
		for i := range 12 {
			w.subscribe("slack", string(rune('A'+i)), "channel", at(9, 0))
		}
		w.bounds.Post = time.Hour
		first := w.start("a")
		defer first.end()
		until(9, 0, 5)
		if n := len(w.store.Holders()); n != 12 {
			t.Fatalf("one replica holds %d lanes, want 12", n)
		}
		b, c := w.start("b"), w.start("c")
		defer c.end()
		time.Sleep(30 * time.Second)
		count := func() map[string]int {
			all := map[string]int{}
			for _, holder := range w.store.Holders() {
				all[holder]++
			}
			return all
		}
		if got := count(); got["a"] != 4 || got["b"] != 4 || got["c"] != 4 {
			t.Errorf("lanes are held by %v, want 4 by each", got)
		}
		b.die()
		<-b.done
		time.Sleep(12 * time.Second)
		if got := count(); got["a"] != 6 || got["c"] != 6 {
			t.Errorf("lanes are held by %v, want 6 by each that is left", got)
		}
	})
}

func TestALostReplicasLaneIsTakenOverWithinItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for minute := range 3 {
			s := w.subscribe("discord", "guild", fmt.Sprint("channel ", minute), at(9, minute))
			s.Settings.Empty = digest.SayEmpty
			if ok, err := w.store.Change(t.Context(), s); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		replicas := map[string]*replica{}
		for _, name := range []string{"a", "b", "c"} {
			replicas[name] = w.start(name)
		}
		w.discord.Takes = time.Second
		for range 2 {
			// It dies with a lane just renewed and something due.
			time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
			until(9, 0, 0)
			holder := w.store.Holders()["discord"]
			for ; holder == ""; holder = w.store.Holders()["discord"] {
				time.Sleep(time.Millisecond)
			}
			before := len(w.discord.Posts())
			replicas[holder].die()
			<-replicas[holder].done
			delete(replicas, holder)
			time.Sleep(12 * time.Second) // its lease and two seconds
			if len(w.discord.Posts()) != before+1 {
				t.Errorf("%d posts stand, want one more than %d", len(w.discord.Posts()), before)
			}
		}
		for _, r := range replicas {
			r.end()
		}
	})
}

func TestAPostEndsBeforeSomebodyElseCanHaveItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.discord.Takes = 24 * time.Second // it stands after twelve, longer than a lease
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		replicas := map[string]*replica{"a": w.start("a"), "b": w.start("b")}
		until(9, 0, 2)
		holder := replicas[w.store.Holders()["discord"]]
		w.store.Fail(func(ctx context.Context, _ string, _ bool) error {
			if r, ok := ctx.Value(replicaKey{}).(*replica); ok && r == holder {
				return errors.New("the store cannot be reached from here")
			}
			return nil
		})
		time.Sleep(time.Minute)
		w.wantStates(map[string]int{"sent": 1})
		if n := len(w.discord.Posts()); n != 1 {
			t.Errorf("%d posts stand, want 1", n)
		}
		if n := w.observed(delivery.LaneLost); n != 1 {
			t.Errorf("%d lanes were lost, want 1", n)
		}
		w.store.Fail(func(context.Context, string, bool) error { return nil })
		for _, r := range replicas {
			r.end()
		}
	})
}

func TestReplicasOnDifferentContentNeitherRepeatNorLoseNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(10, 0), at(11, 0), at(12, 0))
		older, newer := &shelf{}, &shelf{}
		older.put(library("news 1"))
		newer.put(library("news 1", "news 2"))
		a := w.startWith("a", newer)
		until(9, 30, 0)
		a.end()
		b := w.startWith("b", older) // has nothing that the channel does not know
		until(10, 30, 0)
		w.wantNews(w.discord, "harbour", "news 1", "news 2")
		b.end()
		newer.put(library("news 1", "news 2", "news 3"))
		a = w.startWith("a", newer)
		defer a.end()
		until(12, 30, 0)
		w.wantNews(w.discord, "harbour", "news 1", "news 2", "news 3")
	})
}

// Of two states of the content the older one may be registered last. It does not
// pass the news of the newer one over; what was withdrawn holds nothing up for
// long.
func TestNewsOfAnotherReplicaAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(10, 0))
		older, newer := &shelf{}, &shelf{}
		newer.put(library("news 1", "news 2"))
		until(8, 58, 0)
		a := w.startWith("a", newer)
		until(8, 59, 0)
		a.end()
		older.put(library("news 1"))
		b := w.startWith("b", older)
		defer b.end()
		until(9, 3, 0)
		w.wantNews(w.discord, "harbour")
		older.put(library("news 1", "news 2", "news 3"))
		until(9, 5, 0)
		w.wantNews(w.discord, "harbour", "news 1", "news 2", "news 3")
		older.put(library("news 1", "news 2", "news 3", "news 4"))
		until(9, 30, 0)
		older.put(library("news 1", "news 2", "news 3", "news 5"))
		until(10, 15, 0)
		w.wantNews(w.discord, "harbour", "news 1", "news 2", "news 3", "news 5")
	})
}

// A replica leaves what is for a platform that it is not on to those that are.
func TestADigestGoesByAReplicaThatIsOnItsPlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("slack", "T1", "harbour", at(9, 0), at(20, 0))
		w.subscribe("discord", "guild", "quay", at(9, 0))
		w.senders = func(all map[string]bot.Sender) { delete(all, "slack") }
		for _, name := range []string{"a", "b", "c"} {
			defer w.start(name).end()
		}
		until(9, 30, 0)
		w.wantNews(w.discord, "quay", "news 1")
		w.wantStates(map[string]int{"queued": 1, "sent": 1})
		w.senders = nil
		until(16, 0, 0)
		defer w.start("d").end()
		until(16, 1, 0)
		w.wantStates(map[string]int{"skipped/late": 1, "sent": 1})
		until(20, 0, 2)
		w.wantNews(w.slack, "harbour", "news 1")
	})
}

// Whoever made a subscription that has stopped is told, however long the
// platform is away or who of the replicas lives; and once at most.
func TestWhoeverMadeASubscriptionIsToldThatItStopped(t *testing.T) {
	unavailable := &bot.Error{Kind: bot.Unavailable, Message: "Later."}
	for name, c := range map[string]struct {
		fault  deliverytest.Fault
		times  int
		stop   bool // while they are told
		within time.Duration
		told   int
	}{
		"at once":                          {within: 10 * time.Second, told: 1},
		"after a while":                    {fault: deliverytest.Fault{Err: unavailable}, times: 20, within: 3 * time.Hour, told: 1},
		"after a limit":                    {fault: deliverytest.Fault{Err: &bot.Error{Kind: bot.RateLimited, Message: "Wait.", Delay: time.Hour}}, times: 1, within: 2 * time.Hour, told: 1},
		"not after two days":               {fault: deliverytest.Fault{Err: unavailable}, times: 1000, within: 72 * time.Hour},
		"not where it cannot be":           {fault: deliverytest.Fault{Err: &bot.Error{Kind: bot.Denied, Message: "No."}}, times: 1, within: 3 * time.Hour},
		"not twice, where nobody knows":    {fault: deliverytest.Fault{Err: unavailable, Unknown: true, Stands: true}, times: 1, within: 3 * time.Hour, told: 1},
		"by the next replica, after a end": {fault: deliverytest.Fault{Err: unavailable}, times: 1, stop: true, within: time.Hour, told: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				s := w.subscribe("discord", "guild", "harbour", at(9, 0))
				n := 0
				w.discord.Fault = func(_ context.Context, call deliverytest.Call) deliverytest.Fault {
					if call.Method == "Send" {
						return deliverytest.Fault{Err: &bot.Error{Kind: bot.NotFound, Message: "Gone."}}
					}
					if n++; n > c.times {
						return deliverytest.Fault{}
					}
					return c.fault
				}
				r := w.start("a")
				until(9, 0, 2)
				if c.stop {
					r.end()
					r = w.start("b")
				}
				defer func() { r.end() }()
				time.Sleep(c.within)
				told := w.discord.Tells()
				if len(told) != c.told || len(told) > 0 && told[0].To.User != s.Creator {
					t.Errorf("told are %+v, after %d attempts", told, n)
				}
			})
		})
	}
}

func TestASubscriptionWhoseZoneIsUnknownStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.subscribe("discord", "guild", "harbour", at(9, 0))
		s.Settings.Zone = "Atlantis/Port"
		if ok, err := w.store.Change(t.Context(), s); !ok || err != nil {
			t.Fatal(ok, err)
		}
		a, b := w.start("a"), w.start("b")
		defer a.end()
		defer b.end()
		until(9, 1, 0)
		all, err := w.store.InChannel(t.Context(), s.Place)
		if err != nil || all[0].State != digest.Stopped || all[0].Reason != digest.ReasonZone {
			t.Errorf("it is %+v (%v)", all, err)
		}
		if told := w.discord.Tells(); len(told) != 1 || told[0].To.User != s.Creator {
			t.Errorf("told are %+v", told)
		}
	})
}

func TestTheHardestWorkingLaneStaysBelowItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.bounds.Together = func(string) int { return 5 }
		w.discord.Takes = time.Second
		const channels = 100
		for i := range channels {
			w.subscribe("discord", "guild", fmt.Sprint("channel ", i), at(9, 0))
		}
		r := w.start("a")
		defer r.end()
		until(9, 0, 25) // 100 posts of a second, five at once, with little lost between them
		if most := w.discord.Most(); most != 5 {
			t.Errorf("%d posts were under way at once, want 5", most)
		}
		w.wantStates(map[string]int{"sent": channels})
	})
}

func TestCorrectionsTravelOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(12, 0))
		w.subscribe("slack", "T1", "quay", at(9, 0), at(12, 0))
		a, b := w.start("a"), w.start("b")
		defer a.end()
		defer b.end()
		until(10, 0, 0)
		w.shelf.put(library("news 1!"))
		until(10, 1, 0)
		for _, p := range []*deliverytest.Platform{w.discord, w.slack} {
			posts := p.Posts()
			if len(posts) != 2 || posts[1].To.Thread != posts[0].ID {
				t.Fatalf("posts are %+v, want a digest and its correction below", posts)
			}
			if edits := p.Edits(); len(edits) != 1 || edits[0].Post != posts[0].ID {
				t.Errorf("edits are %+v", edits)
			}
		}
		until(12, 1, 0) // and the next digest does not tell it again
		if n := len(w.discord.Posts()) + len(w.slack.Posts()); n != 4 {
			t.Errorf("%d posts stand, want 4", n)
		}
		if n := w.observed(delivery.Sent); n != 4 {
			t.Errorf("%d were sent", n)
		}
	})
}

// A message is edited where it stands: pages of a digest after the first are in
// its thread.
func TestACorrectionEditsThePageThatToldOfIt(t *testing.T) {
	for _, platform := range []string{"discord", "slack"} {
		t.Run(platform, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.shelf.put(library("news 1", "news 2", "news 3"))
				w.subscribe(platform, "workspace", "harbour", at(9, 0))
				r := w.start("a")
				defer r.end()
				until(10, 0, 0)
				w.shelf.put(library("news 1", "news 2!", "news 3"))
				until(10, 1, 0)
				p := map[string]*deliverytest.Platform{"discord": w.discord, "slack": w.slack}[platform]
				posts, edits := p.Posts(), p.Edits()
				if len(posts) != 4 || len(edits) != 1 || edits[0].Post != posts[1].ID || edits[0].To.Thread != posts[0].ID {
					t.Errorf("of %d posts were edited %+v", len(posts), edits)
				}
			})
		})
	}
}

// Corrections are queued beside what is due: neither their failing nor their
// taking long holds it up.
func TestCorrectionsHoldUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(11, 0))
		a := w.start("a")
		until(10, 0, 0)
		a.end()
		var broken atomic.Bool
		broken.Store(true)
		w.store.Fail(func(_ context.Context, step string, _ bool) error {
			if step == "Correct" && broken.Load() {
				return errors.New("it takes too long")
			}
			return nil
		})
		w.shelf.put(library("news 1!", "news 2"))
		b := w.start("b") // has not seen anything before
		defer b.end()
		until(11, 1, 0)
		w.wantNews(w.discord, "harbour", "news 1", "news 1! (corrected)", "news 2")
		if !b.State().StoreUp {
			t.Error("the store is said to be away")
		}
		broken.Store(false)
		until(11, 30, 0)
		if edits := w.discord.Edits(); len(edits) != 1 {
			t.Errorf("%d pages were edited, want the first digest's", len(edits))
		}
		w.wantNews(w.discord, "harbour", "news 1", "news 1! (corrected)", "news 2") // and it was told already
	})
}

// Whatever told of an entry is corrected; a channel is told so once.
func TestAChannelHasOneNoteOfACorrection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		day := content.Span{Start: content.Date{Year: 2000, Month: 1, Day: 4}, End: content.Date{Year: 2000, Month: 1, Day: 4}}
		w.shelf.put(dated(library("news 1"), day))
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		r := w.start("a")
		defer r.end()
		until(9+3*24, 5, 0)
		told := len(w.discord.Posts())
		w.shelf.put(dated(library("news 1!"), day))
		until(9+3*24, 10, 0)
		edits := map[string]bool{}
		for _, e := range w.discord.Edits() {
			edits[e.Post] = true
		}
		notes := len(w.discord.Posts()) - told
		if told < 2 || len(edits) != told || notes != 1 {
			t.Errorf("of %d digests %d were edited, with %d notes", told, len(edits), notes)
		}
	})
}

// What stands of a digest is told; the rest is not waited for without end, nor
// does it come weeks later.
func TestTheRestOfADigestIsGivenUpInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shelf.put(library("news 1", "news 2"))
		w.subscribe("slack", "T1", "harbour", at(9, 0), at(22, 0))
		w.slack.Fault = func(_ context.Context, call deliverytest.Call) deliverytest.Fault {
			if call.Method == "Send" && call.To.Thread != "" {
				return deliverytest.Fault{Err: &bot.Error{Kind: bot.Unavailable, Message: "Later."}}
			}
			return deliverytest.Fault{}
		}
		r := w.start("a")
		defer r.end()
		until(20, 0, 0)
		w.wantStates(map[string]int{"queued/unavailable": 1})
		until(21, 30, 0)
		w.wantStates(map[string]int{"sent/unavailable": 1})
		w.shelf.put(library("news 1", "news 2", "news 3"))
		until(22, 1, 0)
		w.wantNews(w.slack, "harbour", "news 1", "news 3")
	})
}

func TestAPageGoesIntoTheChannelWhereThereCanBeNoThread(t *testing.T) {
	for _, kind := range []bot.Kind{bot.Invalid, bot.Denied, bot.NotFound} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.shelf.put(library("news 1", "news 2", "news 3"))
				w.subscribe("discord", "guild", "harbour", at(9, 0))
				w.discord.Fault = func(_ context.Context, call deliverytest.Call) deliverytest.Fault {
					if call.Method == "Below" {
						return deliverytest.Fault{Err: &bot.Error{Kind: kind, Message: "No."}}
					}
					return deliverytest.Fault{}
				}
				r := w.start("a")
				defer r.end()
				until(9, 1, 0)
				w.wantNews(w.discord, "harbour", "news 1", "news 2", "news 3")
				w.wantStates(map[string]int{"sent": 1})
			})
		})
	}
}

// A limit of a day is not kept to the end: what comes due meanwhile would be
// late for a digest that is late already.
func TestALongLimitBlocksAChannelForTheLatenessBoundAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe("discord", "guild", "harbour", at(9, 0), at(18, 0))
		n := 0
		w.discord.Fault = func(context.Context, deliverytest.Call) deliverytest.Fault {
			if n++; n == 1 {
				return deliverytest.Fault{Err: &bot.Error{Kind: bot.RateLimited, Message: "Wait.", Delay: 24 * time.Hour}}
			}
			return deliverytest.Fault{}
		}
		r := w.start("a")
		defer r.end()
		until(18, 1, 0)
		w.wantNews(w.discord, "harbour", "news 1")
		w.wantStates(map[string]int{"skipped/unavailable": 1, "sent": 1})
	})
}

// What is known to stand is written down when the store is back, before this
// replica takes the lane anew: the platform need not be asked.
func TestResultsOutlastALongAbsenceOfTheStore(t *testing.T) {
	for _, replicas := range [][]string{{"a"}, {"a", "b", "c"}} {
		for fifths := range time.Duration(5) {
			t.Run(fmt.Sprintf("%d replicas, back after 5 minutes and %v", len(replicas), fifths*time.Second/5), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.log = slog.New(slog.DiscardHandler)
					for i := range 20 {
						w.subscribe("discord", "guild", fmt.Sprint("channel ", i), at(9, 0))
					}
					w.discord.Takes = 4 * time.Second
					for _, name := range replicas {
						defer w.start(name).end()
					}
					until(9, 0, 1)
					if n := len(w.discord.Posts()); n != 0 {
						t.Fatalf("%d posts stand already", n)
					}
					var away atomic.Bool
					away.Store(true)
					w.store.Fail(func(context.Context, string, bool) error {
						if away.Load() {
							return errors.New("the store is away")
						}
						return nil
					})
					time.Sleep(5*time.Minute + fifths*time.Second/5)
					away.Store(false)
					time.Sleep(5 * time.Minute)
					w.wantStates(map[string]int{"sent": 20})
					if posts, found := len(w.discord.Posts()), w.observed(delivery.Found); posts != 20 || found != 0 && len(replicas) == 1 {
						t.Errorf("%d posts stand, %d had to be looked for", posts, found)
					}
				})
			})
		}
	}
}

// More lanes than a replica can keep are worked one hundred after the other.
func TestManyLanesAreWorkedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const workspaces = 350
		for i := range workspaces {
			w.subscribe("slack", fmt.Sprint("T", i), "harbour", at(9, 0))
		}
		r := w.start("a")
		defer r.end()
		until(9, 0, 0)
		most := 0
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			most = max(most, len(w.store.Holders()))
		}
		w.wantStates(map[string]int{"sent": workspaces})
		if lost := w.observed(delivery.LaneLost); lost > 0 || most >= 200 {
			t.Errorf("%d lanes were held at once, %d lost", most, lost)
		}
	})
}

// queueing is a store of which some steps are done otherwise.
type queueing struct {
	digest.Queue
	claim func(ctx context.Context) (int, error)
	renew func(ctx context.Context) error
}

func (q queueing) Claim(ctx context.Context, limit int, next func(digest.Subscription, time.Time) digest.Planned) (int, error) {
	if q.claim != nil {
		return q.claim(ctx)
	}
	return q.Queue.Claim(ctx, limit, next)
}

func (q queueing) Renew(ctx context.Context, l digest.Lane, lease time.Duration) error {
	if q.renew != nil {
		if err := q.renew(ctx); err != nil {
			return err
		}
	}
	return q.Queue.Renew(ctx, l, lease)
}

// What others are just queuing is due all the same: it is not asked for without
// a pause.
func TestWhatOthersQueueIsNotAskedForAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var claims atomic.Int64
		w.queue = func(q digest.Queue) digest.Queue {
			return queueing{Queue: q, claim: func(context.Context) (int, error) {
				if claims.Add(1)%1000 == 0 {
					time.Sleep(time.Second) // or the test would not end
				}
				return 0, nil
			}}
		}
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		r := w.start("a")
		defer r.end()
		until(9, 0, 10)
		if n := claims.Load(); n == 0 || n > 200 {
			t.Errorf("%d claims in ten seconds", n)
		}
	})
}

// A renewal that hangs leaves time for another one.
func TestARenewalThatHangsLosesNoLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.discord.Takes = 24 * time.Second
		var renewals atomic.Int64
		w.queue = func(q digest.Queue) digest.Queue {
			return queueing{Queue: q, renew: func(ctx context.Context) error {
				if renewals.Add(1)%2 == 0 {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}}
		}
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		r := w.start("a")
		defer r.end()
		until(9, 1, 0)
		w.wantStates(map[string]int{"sent": 1})
		if n := w.observed(delivery.LaneLost); n > 0 || renewals.Load() < 4 {
			t.Errorf("%d lanes were lost after %d renewals", n, renewals.Load())
		}
	})
}

// A fault of the program ends neither the process nor its planning.
func TestPlanningGoesOnAfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.log = slog.New(slog.DiscardHandler)
		var claims atomic.Int64
		w.queue = func(q digest.Queue) digest.Queue {
			return queueing{Queue: q, claim: func(context.Context) (int, error) {
				if claims.Add(1) == 1 {
					panic("the planner panics")
				}
				return 0, nil
			}}
		}
		w.subscribe("discord", "guild", "harbour", at(9, 0))
		r := w.start("a")
		defer r.end()
		until(9, 0, 5)
		if claims.Load() < 2 {
			t.Error("nothing more was claimed")
		}
	})
}
