package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"briefbot/bot/digest"
	"briefbot/content"
)

// Due is a subscription and what has to arrive for it.
type Due struct {
	Target
	Subscription digest.Subscription
	Slots        int // digests that are due
	Posts        int // messages of each
}

// Wish says what is subscribed to.
type Wish struct {
	Now   time.Time
	Slots int // digests that are due at once, 1 to digest.MaxTimes
	Langs []content.Lang
}

// zones have no clock changes in which a minute is missing or comes twice.
// Somewhere among them it is always day.
func zones() []string {
	return []string{
		"Asia/Shanghai", "Asia/Kolkata", "Asia/Dubai", "Africa/Lagos", "America/Bogota", "America/Phoenix", "Pacific/Honolulu", "Pacific/Guam",
	}
}

// Subscribe subscribes each target to digests of which some are due already,
// a minute apart: those that come after them are due tomorrow.
func Subscribe(ctx context.Context, in digest.Subscriptions, targets []Target, w Wish) ([]Due, error) {
	all := make([]Due, len(targets))
	errs := make([]error, 16)
	var working sync.WaitGroup
	for worker := range errs {
		working.Go(func() {
			for i := worker; i < len(targets) && errs[worker] == nil; i += len(errs) {
				all[i], errs[worker] = subscribe(ctx, in, targets[i], zones()[i%len(zones())], w)
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func subscribe(ctx context.Context, in digest.Subscriptions, to Target, zone string, w Wish) (Due, error) {
	times, first, err := justPassed(w.Now, zone, w.Slots)
	if err != nil {
		return Due{}, err
	}
	s, err := in.Subscribe(ctx, digest.Subscription{
		Place: to.Place, State: digest.Active, Creator: creator(to.Place.Platform), Next: first,
		Settings: digest.Settings{Times: times, Zone: zone, Days: everyDay, Langs: w.Langs, Style: digest.Headlines, Empty: digest.SayEmpty},
	})
	if err != nil {
		return Due{}, fmt.Errorf("subscribing %s: %w", to.Place.Channel, err)
	}
	return Due{Target: to, Subscription: s, Slots: w.Slots, Posts: len(w.Langs)}, nil
}

// creator is a user who subscribes, in the form of a platform's ids.
func creator(platform string) string {
	if platform == "discord" {
		return "1000000000000000001"
	}
	return "U0MANAGER"
}

const everyDay digest.Weekdays = 1<<7 - 1

// someday is when workspaces have installed the bot.
var someday = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// justPassed returns the last so many minutes of a zone's clock that have
// passed on one date, ascending, and the first of them.
func justPassed(now time.Time, zone string, count int) ([]digest.Clock, digest.Slot, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, digest.Slot{}, err
	}
	local := now.In(location).Truncate(time.Minute)
	last := local.Add(-time.Minute)
	if minutes := last.Hour()*60 + last.Minute(); minutes < count { // just after midnight: those before it
		last = last.Add(-time.Duration(minutes+1) * time.Minute)
	}
	var times []digest.Clock
	for n := range count {
		at := last.Add(-time.Duration(n) * time.Minute)
		times = append(times, digest.Clock(at.Hour()*60+at.Minute()))
	}
	slices.Reverse(times)
	first := last.Add(-time.Duration(count-1) * time.Minute)
	year, month, day := first.Date()
	return times, digest.Slot{Date: content.Date{Year: year, Month: month, Day: day}, Clock: times[0], At: first.UTC()}, nil
}
