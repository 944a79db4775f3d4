package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"briefbot/bench/cluster"
	"briefbot/content"
)

// outcome is what a part of a run came to.
type outcome struct {
	name       string
	deliveries int
	tallies    map[string]*cluster.Tally // by class of target
	took       time.Duration
	troubles   []count
	counts     map[string]cluster.Counts // by platform
	left       int                       // occurrences that were not finished
	news       news
}

// news is what became of entries that were published while digests were
// delivered.
type news struct {
	told  int // times that a channel was told of one in one language
	again int // times that it was told another time
}

// published are the names of entries that are published on the way.
func published() []string { return []string{"Quartz", "Gneiss"} }

type count struct {
	what string
	n    int
}

// torment fills the database, lets things go wrong until nearly all has
// arrived, then lets the rest arrive in peace, and counts.
func torment(ctx context.Context, w io.Writer, d *cluster.Deployment, name string, s scale, p plan) (outcome, error) {
	begun := time.Now()
	o := outcome{name: name, deliveries: s.deliveries()}
	t := &troubles{d: d, seed: p.seed, restarts: p.restarts, happened: map[string]int{}}
	if err := d.StartAll(ctx); err != nil {
		return o, err
	}
	troubled, calm := context.WithCancel(ctx)
	defer calm()
	t.begin(troubled)

	due, err := fill(ctx, d, s)
	if err != nil {
		calm()
		return o, errors.Join(err, t.end(ctx))
	}
	expected := 0
	for _, one := range due {
		expected += one.Slots * one.Posts
	}
	say := func(format string, args ...any) {
		fmt.Fprintf(w, "%s %6.1f s: %s\n", name, time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}
	say("%d subscriptions, %d messages expected", len(due), expected)

	// The troubles go on until little is left that they could happen to.
	nearly := expected - expected/20
	names := published()
	err = await(ctx, p.longest, func() (bool, error) {
		posts, err := received(ctx, d)
		if len(names) > 0 && posts > expected*(1+len(published())-len(names))/(2+len(published())) {
			err = errors.Join(err, d.Publish(names[0]))
			names = names[1:]
		}
		return posts >= nearly, err
	}, func(posts int) { say("%d messages received; %s", posts, t.summary()) }, d)
	calm()
	if err := errors.Join(err, t.end(ctx)); err != nil {
		return o, err
	}
	say("no more trouble")
	posts, err := t.settle(ctx, due, p.longest)
	if err != nil {
		return o, err
	}
	o.took = time.Since(begun)
	o.tallies = cluster.Compare(due, posts, t.disturbed)
	o.troubles = t.counts()
	if o.news, err = toldOf(ctx, d, due); err != nil {
		return o, err
	}
	if o.left, _, err = d.Store.Digests().Waiting(ctx); err != nil {
		return o, err
	}
	o.counts = map[string]cluster.Counts{}
	for _, f := range []*cluster.Fake{d.Discord, d.Slack} {
		if o.counts[f.Platform], err = f.Counts(ctx); err != nil {
			return o, err
		}
	}
	say("done")
	return o, explain(ctx, w, d, due, posts)
}

// fill subscribes everything in waves, so that new subscriptions become due
// while others are being delivered. Every third channel of a class hears two
// languages: a digest is two messages there, one of which may stand alone.
func fill(ctx context.Context, d *cluster.Deployment, s scale) ([]cluster.Due, error) {
	discord, err := d.AddDiscord(ctx, s.discord)
	if err != nil {
		return nil, err
	}
	hidden := s.workspaces / 4
	readable, err := d.AddSlack(ctx, s.workspaces-hidden, s.channels, true)
	if err != nil {
		return nil, err
	}
	unreadable, err := d.AddSlack(ctx, hidden, s.channels, false)
	if err != nil {
		return nil, err
	}
	targets := append(append(discord, readable...), unreadable...)
	rand.New(rand.NewPCG(7, 7)).Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
	const waves = 4
	var all []cluster.Due
	for wave := range waves {
		part := targets[len(targets)*wave/waves : len(targets)*(wave+1)/waves]
		third := len(part) / 3
		for langs, some := range map[int][]cluster.Target{2: part[:third], 1: part[third:]} {
			due, err := cluster.Subscribe(ctx, d.Store.Digests(), some, cluster.Wish{
				First: time.Now().Truncate(time.Minute).Add(-time.Duration(s.slots) * time.Minute), Slots: s.slots, Langs: []content.Lang{content.English, content.Hans}[:langs],
			})
			if err != nil {
				return nil, err
			}
			all = append(all, due...)
		}
	}
	return all, nil
}

func received(ctx context.Context, d *cluster.Deployment) (int, error) {
	all := 0
	for _, f := range []*cluster.Fake{d.Discord, d.Slack} {
		c, err := f.Counts(ctx)
		if err != nil {
			return 0, err
		}
		all += c.Posts
	}
	return all, nil
}

// await asks until something holds, and tells every ten seconds how far it
// is. It gives up after a time without an error: what is missing is counted.
func await(ctx context.Context, longest time.Duration, done func() (bool, error), tell func(posts int), d *cluster.Deployment) error {
	deadline, told := time.Now().Add(longest), time.Now()
	for time.Now().Before(deadline) {
		holds, err := done()
		if holds || err != nil {
			return err
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			posts, err := received(ctx, d)
			if err != nil {
				return err
			}
			tell(posts)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

// toldOf counts which channels were told of what was published.
func toldOf(ctx context.Context, d *cluster.Deployment, due []cluster.Due) (news, error) {
	var n news
	for _, one := range due {
		texts, err := d.Texts(ctx, one.Target)
		if err != nil {
			return n, err
		}
		for _, name := range published() {
			for _, title := range []string{"Purpose of " + name, name + "的用途"} {
				messages := 0
				for _, text := range texts {
					if strings.Contains(text, title) {
						messages++
					}
				}
				n.told += min(messages, 1)
				n.again += max(messages-1, 0)
			}
		}
	}
	return n, nil
}

// troubles are what goes wrong.
type troubles struct {
	d        *cluster.Deployment
	seed     uint64
	restarts time.Duration // between two of the database, on average

	running sync.WaitGroup

	mu       sync.Mutex
	happened map[string]int
	outages  []span // of the database
	errs     []error
}

type span struct{ from, to time.Time }

func (t *troubles) note(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.happened[what] += n
}

func (t *troubles) fail(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.errs = append(t.errs, err)
	}
}

// begin lets things go wrong until ctx ends. Each kind has a sequence of
// chances of its own, which the seed decides.
func (t *troubles) begin(ctx context.Context) {
	kinds := []func(context.Context, *rand.Rand){t.killAtRandom, t.killAtSteps, t.faults}
	if t.d.Postgres != nil {
		kinds = append(kinds, t.restartDatabase)
	}
	for i, kind := range kinds {
		chance := rand.New(rand.NewPCG(t.seed, uint64(i)))
		t.running.Go(func() {
			for ctx.Err() == nil {
				kind(ctx, chance)
			}
		})
	}
}

// end waits until everything that was broken is whole again.
func (t *troubles) end(ctx context.Context) error {
	t.running.Wait()
	err := t.reviveAll(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(append(t.errs, err)...)
}

func (t *troubles) reviveAll(ctx context.Context) error {
	var all []error
	for _, r := range t.d.Replicas {
		all = append(all, revive(ctx, r))
	}
	return errors.Join(all...)
}

// settle waits until everything has arrived and been noted, or nothing has
// changed for so long that it will not, and returns what was received.
func (t *troubles) settle(ctx context.Context, due []cluster.Due, longest time.Duration) ([]cluster.Post, error) {
	const still = 90 * time.Second // longer than a lease, a backoff in its first minutes and a slow machine's pause together
	deadline := time.Now().Add(longest)
	last, changed := -1, time.Now()
	for {
		posts, err := t.receivedPosts(ctx)
		if err != nil {
			return nil, err
		}
		left, _, err := t.d.Store.Digests().Waiting(ctx)
		if err != nil {
			return nil, err
		}
		due1, now, err := t.d.Store.Digests().NextDue(ctx)
		if err != nil {
			return nil, err
		}
		missing := 0
		for _, tally := range cluster.Compare(due, posts, t.disturbed) {
			missing += tally.Lost
		}
		if missing == 0 && left == 0 || len(posts)+left == last && left == 0 && due1.After(now) && time.Since(changed) > 20*time.Second {
			return posts, nil
		}
		if len(posts)+left != last {
			last, changed = len(posts)+left, time.Now()
		}
		if time.Since(changed) > still && left == 0 || time.Now().After(deadline) {
			return posts, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (t *troubles) receivedPosts(ctx context.Context) ([]cluster.Post, error) {
	var all []cluster.Post
	for _, f := range []*cluster.Fake{t.d.Discord, t.d.Slack} {
		posts, err := f.Received(ctx, 0)
		if err != nil {
			return nil, err
		}
		all = append(all, posts...)
	}
	return all, nil
}

// disturbed says whether the replica that uses a door was killed or stopped,
// or the database restarted, between two times.
func (t *troubles) disturbed(door string, after, before time.Time) bool {
	if r := t.d.ByDoor(door); r != nil && r.Killed(after, before) {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, outage := range t.outages {
		if outage.from.Before(before) && outage.to.After(after) {
			return true
		}
	}
	return false
}
