package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot"
	"briefbot/bot/delivery/deliverytest"
	"briefbot/bot/digest"
)

// TestARandomWalkLosesNothingAndTellsNothingTwice has three replicas deliver
// while they are killed at every step before or after its effect, while the
// platforms fail in every way and the content changes under them.
func TestARandomWalkLosesNothingAndTellsNothingTwice(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { walk(t, seed) })
		})
	}
}

// fates are the random choices of a walk, safe for concurrent use.
type fates struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (f *fates) oneIn(n int) bool { return f.below(n) == 0 }

func (f *fates) below(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.IntN(n)
}

func walk(t *testing.T, seed uint64) {
	w := newWorld(t)
	w.log = slog.New(slog.DiscardHandler)
	f := &fates{random: rand.New(rand.NewPCG(seed, 0))}
	calm := false // the end, when all has to be found right
	deaths := 0
	var mu sync.Mutex
	kill := func(ctx context.Context, oneIn int) (dead bool) {
		r, ok := ctx.Value(replicaKey{}).(*replica)
		if !ok {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if !calm && !r.isDead() && f.oneIn(oneIn) {
			deaths++
			r.die()
		}
		return r.isDead()
	}
	w.store.Fail(func(ctx context.Context, step string, done bool) error {
		oneIn := 400
		if step == "Present" || step == "NextDue" || step == "Acquire" || step == "Waiting" || step == "Renew" {
			oneIn = 20_000 // asked all the time
		}
		if kill(ctx, oneIn) {
			return errDead
		}
		return nil
	})
	for _, p := range []*deliverytest.Platform{w.discord, w.slack} {
		p.Fault = func(ctx context.Context, call deliverytest.Call) deliverytest.Fault {
			r := ctx.Value(replicaKey{}).(*replica)
			if r.isDead() {
				return deliverytest.Fault{Err: errDead, Unknown: true}
			}
			stands := f.oneIn(2)
			if kill(ctx, 300) {
				return deliverytest.Fault{Err: errDead, Stands: stands, Unknown: true}
			}
			mu.Lock()
			defer mu.Unlock()
			if calm {
				return deliverytest.Fault{}
			}
			switch f.below(40) {
			case 0:
				return deliverytest.Fault{Err: errors.New("the connection was reset"), Stands: stands, Unknown: true}
			case 1:
				return deliverytest.Fault{Err: &bot.Error{Kind: bot.RateLimited, Message: "Wait.", Delay: time.Duration(f.below(5000)) * time.Millisecond}}
			case 2:
				return deliverytest.Fault{Err: &bot.Error{Kind: bot.Unavailable, Message: "Later."}}
			case 3:
				return deliverytest.Fault{Hangs: f.oneIn(10)}
			}
			return deliverytest.Fault{}
		}
	}

	const channels = 60
	for i := range channels {
		var times []digest.Clock
		for slot := range 6 {
			times = append(times, at(9, 10*slot+f.below(8)))
		}
		if i%2 == 0 {
			w.subscribe("discord", fmt.Sprint("guild ", i%7), fmt.Sprint("channel ", i), times...)
		} else {
			w.subscribe("slack", fmt.Sprint("T", i%9), fmt.Sprint("channel ", i), times...)
		}
	}
	news := []string{"news 1"}
	until(8, 59, 0)
	replicas := map[string]*replica{}
	shelves := map[string]*shelf{}
	names := 0
	for now := range 75 * 60 {
		for name, r := range replicas {
			if r.isDead() {
				<-r.done
				delete(replicas, name)
			}
		}
		if now < 65*60 && f.oneIn(400) {
			for name, r := range replicas { // a deployment stops one
				r.end()
				delete(replicas, name)
				break
			}
		}
		for len(replicas) < 3 {
			names++
			name := fmt.Sprint("replica ", names)
			shelves[name] = &shelf{}
			shelves[name].put(library(news...)) // a new process has the newest content
			replicas[name] = w.startWith(name, shelves[name])
		}
		if now < 45*60 && f.oneIn(150) {
			news = append(news, fmt.Sprint("news ", len(news)+1))
		}
		for name := range replicas {
			if f.oneIn(60) || now == 47*60 {
				shelves[name].put(library(news...)) // the others take it over some time
			}
		}
		mu.Lock()
		calm = now > 65*60
		mu.Unlock()
		time.Sleep(time.Second)
	}
	for _, r := range replicas {
		r.end()
	}

	checkWalk(t, w, news)
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Logf("%d posts, %v, %d deaths, %d replicas, %d news", len(w.discord.Posts())+len(w.slack.Posts()), w.states(), deaths, names, len(news))
}

func checkWalk(t *testing.T, w *world, news []string) {
	occurrences, pages := w.store.Occurrences()
	stands := map[string]int{}
	toldTo := map[string][]string{}
	for _, p := range []*deliverytest.Platform{w.discord, w.slack} {
		for _, post := range p.Posts() {
			stands[post.Key]++
			toldTo[post.To.Channel] = append(toldTo[post.To.Channel], post.News()...)
		}
	}
	if want := 60 * 6; len(occurrences) != want {
		t.Errorf("there are %d occurrences, want %d", len(occurrences), want)
	}
	for id, o := range occurrences {
		if o.State != digest.Sent && o.State != digest.Skipped {
			t.Errorf("%s is %s/%s", id, o.State, o.Reason)
		}
		if o.State == digest.Skipped && o.Reason != digest.ReasonEmpty {
			t.Errorf("%s was skipped: %s", id, o.Reason)
		}
		for i, page := range pages[id] {
			if o.State == digest.Sent && stands[page.KeyID] != 1 {
				t.Errorf("page %d of %s stands %d times", i, id, stands[page.KeyID])
			}
			delete(stands, page.KeyID)
		}
	}
	if len(stands) > 0 {
		t.Errorf("posts stand that no occurrence has: %v", slices.Collect(maps.Keys(stands)))
	}
	for channel, told := range toldTo {
		slices.SortFunc(told, strings.Compare)
		if unique := slices.Compact(slices.Clone(told)); len(unique) != len(told) {
			t.Errorf("%s was told something twice: %q", channel, told)
		}
		if len(told) != len(news) {
			t.Errorf("%s was told %d of %d news: %q", channel, len(told), len(news), told)
		}
	}
}
