package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"briefbot/bench/cluster"
	"briefbot/content"
)

func english() []content.Lang { return []content.Lang{content.English} }

// fullMinute is the next full minute that is far enough away.
func fullMinute(away time.Duration) time.Time {
	return time.Now().Add(away + time.Minute).Truncate(time.Minute)
}

// claim lets many subscriptions become due at one instant on one replica, and
// measures how long it takes until all are queued, how fast they are sent, and
// what memory that takes.
func (b *bench) claim(ctx context.Context, subscriptions int, sqlite bool) (err error) {
	engine := "PostgreSQL"
	if sqlite {
		engine = "SQLite"
	}
	d, err := b.start(ctx, "claim-"+engine, 1, sqlite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Stop()) }()
	const workspaces = 40
	targets, err := d.AddDiscord(ctx, subscriptions*6/10)
	if err != nil {
		return err
	}
	slack, err := d.AddSlack(ctx, workspaces, (subscriptions-len(targets))/workspaces, true)
	if err != nil {
		return err
	}
	targets = append(targets, slack...)

	if err := d.StartAll(ctx); err != nil {
		return err
	}
	at := fullMinute(b.fill * time.Duration(len(targets)))
	began := time.Now()
	if _, err := cluster.Subscribe(ctx, d.Store.Digests(), targets, cluster.Wish{First: at, Slots: 1, Langs: english()}); err != nil {
		return err
	}
	b.say("%s: %d subscriptions in %s", engine, len(targets), time.Since(began).Round(time.Second))
	if left := time.Until(at); left < 3*time.Second {
		return fmt.Errorf("filling the database took until %s before the instant", left)
	}
	if err := pause(ctx, time.Until(at)); err != nil {
		return err
	}
	for {
		due, now, err := d.Store.Digests().NextDue(ctx)
		if err != nil {
			return err
		}
		if due.After(now) {
			break
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	b.add(fmt.Sprintf("%d subscriptions due at one instant, until all are queued, %s", len(targets), engine), seconds(time.Since(at)), "≤ 20 s")

	// How fast they are sent once there is nothing else to do.
	if err := pause(ctx, 10*time.Second); err != nil {
		return err
	}
	before, err := countsOf(ctx, d)
	if err != nil {
		return err
	}
	from := time.Now()
	if err := pause(ctx, time.Minute); err != nil {
		return err
	}
	after, err := countsOf(ctx, d)
	if err != nil {
		return err
	}
	took := time.Since(from).Seconds()
	for i, limit := range []float64{50, workspaces * 5} {
		rate := float64(after[i].Posts-before[i].Posts) / took
		b.add(fmt.Sprintf("messages a second on %s, %s; the platform's limit is %.0f", platform(i), engine, limit),
			fmt.Sprintf("%.1f, %.1f %%", rate, 100*rate/limit), "≥ 95 %")
		b.add(fmt.Sprintf("answers 429 of %s because a limit was exceeded, %s", platform(i), engine), fmt.Sprint(after[i].OverLimit), "0")
	}
	memory, err := d.Replicas[0].Memory()
	if err != nil {
		return err
	}
	b.add("most memory of the process meanwhile, "+engine, fmt.Sprintf("%d MB", memory/1e6), "≤ 200 MB")
	return nil
}

func platform(i int) string { return []string{"Discord", "Slack"}[i] }

func countsOf(ctx context.Context, d *cluster.Deployment) ([]cluster.Counts, error) {
	var all []cluster.Counts
	for _, f := range []*cluster.Fake{d.Discord, d.Slack} {
		c, err := f.Counts(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func received(ctx context.Context, d *cluster.Deployment) ([]cluster.Post, error) {
	discord, err := d.Discord.Received(ctx, 0)
	if err != nil {
		return nil, err
	}
	slack, err := d.Slack.Received(ctx, 0)
	return append(discord, slack...), err
}

// lateness measures how long after its instant a digest arrives where no limit
// holds it back: fewer are due at once than a lane may send at once.
func (b *bench) lateness(ctx context.Context) (err error) {
	d, err := b.start(ctx, "lateness", 3, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Stop()) }()
	targets, err := d.AddDiscord(ctx, 40)
	if err != nil {
		return err
	}
	slack, err := d.AddSlack(ctx, 60, 5, true)
	if err != nil {
		return err
	}
	if err := d.StartAll(ctx); err != nil {
		return err
	}
	const slots = 2
	at := fullMinute(10 * time.Second)
	due, err := cluster.Subscribe(ctx, d.Store.Digests(), append(targets, slack...), cluster.Wish{First: at, Slots: slots, Langs: english()})
	if err != nil {
		return err
	}
	if err := pause(ctx, time.Until(at.Add((slots-1)*time.Minute+30*time.Second))); err != nil {
		return err
	}
	posts, err := received(ctx, d)
	if err != nil {
		return err
	}
	var late []time.Duration
	for _, p := range posts {
		late = append(late, p.At.Sub(p.At.Truncate(time.Minute)))
	}
	slices.Sort(late)
	if len(late) == 0 {
		return errors.New("nothing arrived")
	}
	b.add(fmt.Sprintf("lateness of %d of %d digests in 61 lanes below their limits, 3 replicas: half, 99 %%, the latest", len(late), len(due)*slots),
		fmt.Sprintf("%s, %s, %s", seconds(late[len(late)/2]), seconds(late[len(late)*99/100]), seconds(late[len(late)-1])), "99 % ≤ 2 s")
	return nil
}

// replicas measures how lanes spread over replicas, and how long the lanes of
// one that is killed stand still.
func (b *bench) replicas(ctx context.Context, count int) (err error) {
	d, err := b.start(ctx, fmt.Sprintf("replicas-%d", count), count, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Stop()) }()
	const workspaces, channels = 60, 300
	targets, err := d.AddSlack(ctx, workspaces, channels, true)
	if err != nil {
		return err
	}
	if err := d.StartAll(ctx); err != nil {
		return err
	}
	at := fullMinute(b.fill * time.Duration(len(targets)))
	if _, err := cluster.Subscribe(ctx, d.Store.Digests(), targets, cluster.Wish{First: at, Slots: 1, Langs: english()}); err != nil {
		return err
	}
	if err := pause(ctx, time.Until(at)+20*time.Second); err != nil {
		return err
	}
	before, err := d.Slack.Received(ctx, 0)
	if err != nil {
		return err
	}
	// Who has sent for a workspace last holds its lane.
	holder := map[string]string{}
	for _, p := range before {
		holder[p.Workspace] = p.Door
	}
	lanes := map[string]int{}
	for _, door := range holder {
		lanes[door]++
	}
	var spread []int
	for _, r := range d.Replicas {
		held := 0
		for _, door := range r.Doors {
			held += lanes[door]
		}
		spread = append(spread, held)
	}
	b.add(fmt.Sprintf("%d lanes over %d replicas", workspaces, count), fmt.Sprint(spread), "even")
	if count == 1 {
		return nil
	}

	// The replica that is killed: when do others send for its workspaces?
	victim := d.Replicas[0]
	killed := time.Now()
	victim.Kill()
	taken, err := untilHeld(ctx, d.Replicas[1:], workspaces)
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("a replica of %d is killed: until the others hold its %d lanes", count, spread[0]), seconds(taken.Sub(killed)), "≤ 12 s")
	if err := pause(ctx, 12*time.Second); err != nil {
		return err
	}
	posts, err := d.Slack.Received(ctx, len(before))
	if err != nil {
		return err
	}
	slices.SortFunc(posts, func(a, b cluster.Post) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	resumed := map[string]time.Duration{}
	for _, p := range posts {
		if _, already := resumed[p.Workspace]; !already && slices.Contains(victim.Doors, holder[p.Workspace]) && !slices.Contains(victim.Doors, p.Door) {
			resumed[p.Workspace] = p.At.Sub(killed)
		}
	}
	var all []time.Duration
	for _, after := range resumed {
		all = append(all, after)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return errors.New("nobody has posted for the workspaces of the killed replica")
	}
	b.add(fmt.Sprintf("until a message arrives in %d of these %d workspaces: half, the last", len(all), spread[0]),
		fmt.Sprintf("%s, %s", seconds(all[len(all)/2]), seconds(all[len(all)-1])), "–")
	return nil
}

// untilHeld waits until the replicas hold so many lanes, and returns when they
// did.
func untilHeld(ctx context.Context, replicas []*cluster.Replica, lanes float64) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		held := 0.0
		for _, r := range replicas {
			figures, err := r.Metrics(ctx)
			if err != nil {
				return time.Time{}, err
			}
			held += figures["briefbot_digest_lanes_held"]
		}
		if held >= lanes {
			return time.Now(), nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
