package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"briefbot/bench/cluster"
)

// The rhythm of what goes wrong. A lane that its holder was killed with waits
// for its lease of ten seconds: more kills than these, and nothing would be
// sent that could go wrong.
const (
	betweenKills = 9 * time.Second // on average
	betweenSteps = 5 * time.Second
	faultsFor    = 6 * time.Second // at most
	deadFor      = 3 * time.Second // at most, before a replica starts again
)

// pause waits a time that is random about a mean.
func pause(ctx context.Context, chance *rand.Rand, mean time.Duration) bool {
	return wait(ctx, time.Duration(chance.ExpFloat64()*float64(mean)))
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func upTo(chance *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(chance.Int64N(int64(most)))
}

// revive starts a replica again, as whatever runs programs would: again and
// again where it ends at once, as without a database.
func revive(ctx context.Context, r *cluster.Replica) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Minute)
	defer cancel()
	for {
		err := r.Start(ctx)
		if err == nil {
			return nil
		}
		if !wait(ctx, 300*time.Millisecond) {
			return err
		}
	}
}

// killAtRandom kills a replica, or one time in five tells it to end, as a
// deployment does.
func (t *troubles) killAtRandom(ctx context.Context, chance *rand.Rand) {
	if !pause(ctx, chance, betweenKills) {
		return
	}
	r := t.d.Replicas[chance.IntN(len(t.d.Replicas))]
	switch gently := chance.IntN(5) == 0; {
	case gently && r.Stop():
		t.note("told to stop (SIGTERM)", 1)
	case !gently && r.Kill():
		t.note("killed at a random moment", 1)
	}
	wait(ctx, upTo(chance, deadFor))
	t.fail(revive(ctx, r))
}

// step is a moment around a send at which its sender is killed.
type step struct {
	name   string
	effect string
	// The request is let go, or its answer is, before the sender is killed.
	first bool
}

func steps() []step {
	return []step{
		{"killed before its request arrived", "hold_lose", false},
		{"killed while its request was under way", "hold", false},
		{"killed before it was answered", "hold_after", false},
		{"killed as it was answered", "hold_after", true},
	}
}

// killAtSteps holds a message at a step and kills whoever sends it.
func (t *troubles) killAtSteps(ctx context.Context, chance *rand.Rand) {
	fake := []*cluster.Fake{t.d.Discord, t.d.Slack}[chance.IntN(2)]
	step := steps()[chance.IntN(len(steps()))]
	moment, dead := upTo(chance, 20*time.Millisecond), upTo(chance, deadFor)
	if !pause(ctx, chance, betweenSteps) {
		return
	}
	armed, err := fake.Arm(ctx, cluster.Fault{On: fake.Posted(), Effect: step.effect})
	if err != nil {
		t.fail(err)
		return
	}
	defer func() {
		_, err := armed.Disarm(context.WithoutCancel(ctx))
		t.fail(err)
	}()
	struck, err := armed.Struck(ctx, 10*time.Second)
	if err != nil || struck.Hits == 0 {
		t.fail(err)
		return // nothing was sent meanwhile
	}
	r := t.d.ByDoor(struck.Host)
	if step.first {
		t.fail(armed.Release(ctx))
		wait(ctx, moment)
	}
	if r.Kill() {
		t.note(step.name, 1)
	}
	t.fail(armed.Release(context.WithoutCancel(ctx)))
	wait(ctx, dead)
	t.fail(revive(ctx, r))
}

// restartDatabase stops PostgreSQL and starts it again.
func (t *troubles) restartDatabase(ctx context.Context, chance *rand.Rand) {
	down := upTo(chance, 3*time.Second)
	if !pause(ctx, chance, t.restarts) {
		return
	}
	from := time.Now()
	if err := t.d.Postgres.Halt(); err != nil {
		t.fail(err)
		return
	}
	wait(ctx, down)
	t.fail(t.d.Postgres.Launch(context.WithoutCancel(ctx)))
	t.mu.Lock()
	t.outages = append(t.outages, span{from, time.Now()})
	t.mu.Unlock()
	t.note("PostgreSQL restarted", 1)
}

// faults arms some faults of both platforms for a while.
func (t *troubles) faults(ctx context.Context, chance *rand.Rand) {
	type trouble struct {
		name  string
		fault cluster.Fault
		only  string // platform; empty: both
	}
	all := []trouble{
		{"refused with 503", cluster.Fault{Effect: "refuse", Status: http.StatusServiceUnavailable, Chance: 0.10}, ""},
		{"done and answered 500", cluster.Fault{Effect: "fail_after", Status: http.StatusInternalServerError, Chance: 0.06}, ""},
		{"done and answered 502", cluster.Fault{Effect: "fail_after", Status: http.StatusBadGateway, Chance: 0.06}, ""},
		{"connection reset, nothing done", cluster.Fault{Effect: "reset_before", Chance: 0.10}, ""},
		{"connection reset after it was done", cluster.Fault{Effect: "reset_after", Chance: 0.06}, ""},
		{"answered slowly", cluster.Fault{Effect: "delay", Millis: 700, Chance: 0.2}, ""},
		{"limited: this route", cluster.Fault{Effect: "limit_route", Millis: 1500, Chance: 0.02}, "discord"},
		{"limited: the whole bot", cluster.Fault{Effect: "limit_global", Millis: 1200, Chance: 0.01}, "discord"},
		{"limited by Cloudflare", cluster.Fault{Effect: "limit_html", Millis: 2000, Chance: 0.005}, "discord"},
		{"limited: this workspace", cluster.Fault{Effect: "limit", Millis: 2000, Chance: 0.03}, "slack"},
	}
	chosen := chance.Perm(len(all))[:1+chance.IntN(3)]
	long := upTo(chance, faultsFor)
	if !pause(ctx, chance, faultsFor/3) {
		return
	}
	type active struct {
		name  string
		armed *cluster.Armed
	}
	var arms []active
	for _, i := range chosen {
		for _, fake := range []*cluster.Fake{t.d.Discord, t.d.Slack} {
			if all[i].only != "" && all[i].only != fake.Platform {
				continue
			}
			fault := all[i].fault
			fault.On, fault.Times = fake.Posted(), -1
			armed, err := fake.Arm(ctx, fault)
			if err != nil {
				t.fail(err)
				continue
			}
			arms = append(arms, active{all[i].name, armed})
		}
	}
	wait(ctx, long)
	for _, a := range arms {
		hits, err := a.armed.Disarm(context.WithoutCancel(ctx))
		t.fail(err)
		t.note("requests "+a.name, hits)
	}
}

// counts are what has happened, by name.
func (t *troubles) counts() []count {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []count
	for what, n := range t.happened {
		all = append(all, count{what, n})
	}
	slices.SortFunc(all, func(a, b count) int {
		if a.what < b.what {
			return -1
		}
		return 1
	})
	return all
}

func (t *troubles) summary() string {
	kills := 0
	for _, r := range t.d.Replicas {
		kills += r.Kills()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprintf("%d kills, %d restarts of the database", kills, len(t.outages))
}
