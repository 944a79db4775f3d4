package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/delivery"
	"briefbot/bot/delivery/deliverytest"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// world is a store, two platforms and the replicas that deliver, in a bubble
// whose clock begins at midnight of 1 January 2000 UTC.
type world struct {
	testing.TB
	store   *deliverytest.MemoryStore
	discord *deliverytest.Platform
	slack   *deliverytest.Platform
	shelf   *shelf // that replicas begin with
	bounds  delivery.Bounds
	log     *slog.Logger
	senders func(map[string]bot.Sender)     // changes what a replica is on; nil for nothing
	queue   func(digest.Queue) digest.Queue // what replicas see of the store; nil for the store

	mu   sync.Mutex
	seen []delivery.Observation
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		TB: t, store: deliverytest.NewMemoryStore(time.Now), shelf: &shelf{},
		discord: &deliverytest.Platform{Takes: 100 * time.Millisecond}, slack: &deliverytest.Platform{Takes: 100 * time.Millisecond},
	}
	w.store.Strict = true
	w.log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.bounds.Corrections = 7 * 24 * time.Hour
	w.shelf.put(library("news 1"))
	if _, err := w.store.Edition(t.Context(), "the beginning", nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, broken := range slices.Concat(w.store.Broken(), w.discord.Broken(), w.slack.Broken()) {
			t.Error("a deliverer asked what it must not:", broken)
		}
	})
	return w
}

// library returns content with one entry for each text. A text with a "!" at
// its end is a corrected one of the text without.
func library(texts ...string) *content.Library {
	b := &content.Briefing{ID: "briefing", Status: content.Published, Title: content.Text{English: "Briefing"}}
	for _, text := range texts {
		id := strings.ReplaceAll(strings.TrimRight(text, "!"), " ", "-")
		e := content.Entry{ID: id, Kind: content.KindFact, Title: content.Text{English: text}, Answer: content.Text{English: text}}
		if strings.HasSuffix(text, "!") {
			e.Corrections = []content.Correction{{Date: content.Date{Year: 2000, Month: 1, Day: 1}, Was: content.Text{English: strings.TrimRight(text, "!")}}}
		}
		b.Entries = append(b.Entries, e)
	}
	return content.NewLibrary([]*content.Briefing{b})
}

// dated returns a library all entries of which are of a day.
func dated(l *content.Library, day content.Span) *content.Library {
	for _, b := range l.Briefings() {
		for i := range b.Entries {
			b.Entries[i].Dates = []content.Span{day}
		}
	}
	return l
}

// shelf is content that changes.
type shelf struct {
	mu      sync.Mutex
	library *content.Library
}

func (s *shelf) put(l *content.Library) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.library = l
}

func (s *shelf) Shelf() bot.Shelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bot.Shelf{Library: s.library}
}

// subscribe adds a subscription of a channel for some times of each day in UTC.
func (w *world) subscribe(platform, workspace, channel string, times ...digest.Clock) digest.Subscription {
	w.Helper()
	s := digest.Subscription{
		Place:   bot.Place{Platform: platform, Workspace: workspace, Channel: channel},
		State:   digest.Active,
		Creator: "creator of " + channel,
		Settings: digest.Settings{
			Times: times, Zone: "Etc/UTC", Days: 127, Langs: []content.Lang{content.English},
			Style: digest.Summary, Empty: digest.SkipEmpty,
		},
	}
	return w.add(s)
}

func (w *world) add(s digest.Subscription) digest.Subscription {
	w.Helper()
	next, ok, err := s.Settings.First(time.Now())
	if err != nil || !ok {
		w.Fatal("the subscription is never due", err)
	}
	s.Next = next
	s, err = w.store.Subscribe(w.Context(), s)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// replica is a deliverer that runs.
type replica struct {
	*delivery.Deliverer
	stop context.CancelFunc
	done chan struct{}
	mu   sync.Mutex
	dead bool
}

type replicaKey struct{}

var errDead = errors.New("the process is gone")

// die is what SIGKILL does: nothing that the replica does from now on has an
// effect.
func (r *replica) die() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead = true
	r.stop()
}

func (r *replica) isDead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead
}

// end stops a replica as a signal does, and waits for it.
func (r *replica) end() {
	r.stop()
	<-r.done
}

// start runs a replica, over the world's shelf.
func (w *world) start(name string) *replica { return w.startWith(name, w.shelf) }

func (w *world) startWith(name string, shelves bot.Shelves) *replica {
	w.Helper()
	phrases, err := i18n.Load()
	if err != nil {
		w.Fatal(err)
	}
	queue := digest.Queue(w.store)
	if w.queue != nil {
		queue = w.queue(queue)
	}
	senders := map[string]bot.Sender{"discord": w.discord, "slack": w.slack}
	if w.senders != nil {
		w.senders(senders)
	}
	d, err := delivery.New(delivery.Options{
		Queue: queue, Shelves: shelves, Phrases: phrases, Replica: name, Bounds: w.bounds, Now: time.Now,
		Senders: senders,
		Log:     w.log,
		Random:  func() float64 { return 0.5 },
		Observe: func(o delivery.Observation) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, o)
		},
	})
	if err != nil {
		w.Fatal(err)
	}
	r := &replica{Deliverer: d, done: make(chan struct{})}
	ctx, stop := context.WithCancel(context.WithValue(context.Background(), replicaKey{}, r))
	r.stop = stop
	go func() {
		defer close(r.done)
		if err := d.Run(ctx); err != nil {
			w.Error(err)
		}
	}()
	return r
}

// observed counts what was observed.
func (w *world) observed(what delivery.What) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, o := range w.seen {
		if o.What == what {
			n += o.Count
		}
	}
	return n
}

// states counts the occurrences of each state and reason.
func (w *world) states() map[string]int {
	all := map[string]int{}
	occurrences, _ := w.store.Occurrences()
	for _, o := range occurrences {
		all[strings.TrimSuffix(fmt.Sprint(o.State, "/", o.Reason), "/")]++
	}
	return all
}

func (w *world) wantStates(want map[string]int) {
	w.Helper()
	if got := w.states(); fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("occurrences are %v, want %v", got, want)
	}
}

// news returns the news that a channel was told, in order.
func news(p *deliverytest.Platform, channel string) []string {
	var all []string
	for _, post := range p.Posts() {
		if post.To.Channel == channel {
			all = append(all, post.News()...)
		}
	}
	return all
}

func (w *world) wantNews(p *deliverytest.Platform, channel string, want ...string) {
	w.Helper()
	if got := news(p, channel); !slices.Equal(got, want) {
		w.Errorf("%s was told %q, want %q", channel, got, want)
	}
}

// at is a time of day.
func at(hour, minute int) digest.Clock { return digest.Clock(60*hour + minute) }

// until sleeps until a time of the first day.
func until(hour, minute, second int) {
	day := time.Date(2000, time.January, 1, hour, minute, second, 0, time.UTC)
	time.Sleep(time.Until(day))
}
