package cluster

import (
	"context"
	"errors"
	"fmt"
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
	First time.Time // a full minute, when the first digest is due; it may have passed
	Slots int       // digests that are due from then on, a minute apart: 1 to digest.MaxTimes
	Langs []content.Lang
}

// zones are those of a list where a minute's clocks are all of one date for a
// while: it is neither night there nor do clocks change.
func zones(at time.Time) ([]*time.Location, error) {
	var all []*time.Location
	for _, name := range []string{
		"Asia/Shanghai", "Asia/Kolkata", "Asia/Dubai", "Africa/Lagos", "America/Bogota", "America/Phoenix", "Pacific/Honolulu", "Pacific/Guam",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return nil, err
		}
		if hour := at.In(zone).Hour(); hour >= 2 && hour < 22 {
			all = append(all, zone)
		}
	}
	return all, nil
}

// Subscribe subscribes each target. After the digests that were wished for,
// the next are due a day later.
func Subscribe(ctx context.Context, in digest.Subscriptions, targets []Target, w Wish) ([]Due, error) {
	zones, err := zones(w.First)
	if err != nil {
		return nil, err
	}
	all := make([]Due, len(targets))
	errs := make([]error, 16)
	var working sync.WaitGroup
	for worker := range errs {
		working.Go(func() {
			for i := worker; i < len(targets) && errs[worker] == nil; i += len(errs) {
				all[i], errs[worker] = subscribe(ctx, in, targets[i], zones[i%len(zones)], w)
			}
		})
	}
	working.Wait()
	return all, errors.Join(errs...)
}

func subscribe(ctx context.Context, in digest.Subscriptions, to Target, zone *time.Location, w Wish) (Due, error) {
	first := w.First.In(zone)
	var times []digest.Clock
	for n := range w.Slots {
		times = append(times, digest.Clock(first.Hour()*60+first.Minute()+n))
	}
	s, err := in.Subscribe(ctx, digest.Subscription{
		Place: to.Place, State: digest.Active, Creator: creator(to.Place.Platform),
		Next:     digest.Slot{Date: content.Date{Year: first.Year(), Month: first.Month(), Day: first.Day()}, Clock: times[0], At: w.First.UTC()},
		Settings: digest.Settings{Times: times, Zone: zone.String(), Days: everyDay, Langs: w.Langs, Style: digest.Headlines, Empty: digest.SayEmpty},
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
func someday() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }
