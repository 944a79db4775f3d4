package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tally holds what arrived against what should have arrived.
type Tally struct {
	Expected   int // messages
	Received   int
	Lost       int // that did not arrive
	Duplicates int // that arrived more than once, each further one counted
	Strays     int // in channels that expect none, or more than are expected without being duplicates
	// Ambiguous are messages of which nobody could know for sure whether they
	// stand: their answer was lost, or whoever sent them was killed, lost its
	// lane or lost the database before it had noted the answer.
	Ambiguous   int
	Unexplained int // duplicates of messages that were not ambiguous
	Wrong       []string
}

// Class tells apart what the promises differ for.
func (t Target) Class() string {
	switch {
	case t.Place.Platform == "discord":
		return "Discord"
	case t.Readable:
		return "Slack, history readable"
	}
	return "Slack, history not readable"
}

// wrongKept bounds what is told of what is wrong.
const wrongKept = 20

func (t *Tally) wrong(format string, args ...any) {
	if len(t.Wrong) < wrongKept {
		t.Wrong = append(t.Wrong, fmt.Sprintf(format, args...))
	}
}

// Compare tallies by class of target. disturbed says whether something
// happened between two times by which the sender that uses a door could lose
// what it knew.
func Compare(due []Due, posts []Post, disturbed func(door string, after, before time.Time) bool) map[string]*Tally {
	byChannel := map[string][]Post{}
	for _, p := range posts {
		byChannel[p.Channel] = append(byChannel[p.Channel], p)
	}
	all := map[string]*Tally{}
	for _, d := range due {
		t := all[d.Class()]
		if t == nil {
			t = &Tally{}
			all[d.Class()] = t
		}
		t.compare(d, byChannel[d.Place.Channel], disturbed)
		delete(byChannel, d.Place.Channel)
	}
	if len(byChannel) > 0 {
		t := &Tally{}
		for channel, posts := range byChannel {
			t.Received += len(posts)
			t.Strays += len(posts)
			t.wrong("%d messages in %s, which expects none", len(posts), channel)
		}
		all["nobody's"] = t
	}
	return all
}

func (t *Tally) compare(d Due, posts []Post, disturbed func(door string, after, before time.Time) bool) {
	expected := d.Slots * d.Posts
	t.Expected += expected
	t.Received += len(posts)
	byKey := map[string][]Post{}
	for _, p := range posts {
		byKey[p.Key] = append(byKey[p.Key], p)
	}
	for key, same := range byKey {
		slices.SortFunc(same, func(a, b Post) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
		first := same[0]
		ambiguous := first.Unknown || disturbed(first.Door, first.At, first.At.Add(noted))
		if len(same) > 1 && !ambiguous {
			ambiguous = disturbed(first.Door, first.At, same[1].At)
		}
		if ambiguous {
			t.Ambiguous++
		}
		if len(same) == 1 {
			continue
		}
		t.Duplicates += len(same) - 1
		t.wrong("%s of %s arrived %d times in %s: %s", key, d.Subscription.ID, len(same), d.Place.Channel, times(same))
		if !ambiguous {
			t.Unexplained += len(same) - 1
		}
	}
	switch distinct := len(byKey); {
	case distinct < expected:
		t.Lost += expected - distinct
		t.wrong("%d of %d messages of %s did not arrive in %s", expected-distinct, expected, d.Subscription.ID, d.Place.Channel)
	case distinct > expected:
		t.Strays += distinct - expected
		t.wrong("%d messages of %s arrived in %s, which expects %d", distinct, d.Subscription.ID, d.Place.Channel, expected)
	}
}

// noted is how long a sender may take to note an answer.
const noted = time.Second

func times(posts []Post) string {
	var all []string
	for _, p := range posts {
		all = append(all, fmt.Sprintf("%s by %s (answer lost: %v)", p.At.Format("15:04:05.000"), p.Door, p.Unknown))
	}
	return strings.Join(all, ", ")
}
