package bottest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
)

// Subscriptions is a digest.Subscriptions in memory, as strict as a store may
// be. Nothing is delivered: Deliver says what was.
type Subscriptions struct {
	now func() time.Time

	mu      sync.Mutex
	last    int            // id
	numbers map[string]int // the last one by channel: none is given twice
	all     []digest.Subscription
	history map[string][]digest.Occurrence // by subscription, the earliest first
	posted  map[string][]digest.Carried    // by channel and post
}

var _ digest.Subscriptions = (*Subscriptions)(nil)

// NewSubscriptions returns none yet.
func NewSubscriptions(now func() time.Time) *Subscriptions {
	return &Subscriptions{
		now: now, numbers: map[string]int{}, history: map[string][]digest.Occurrence{}, posted: map[string][]digest.Carried{},
	}
}

// Subscribe implements digest.Subscriptions.
func (s *Subscriptions) Subscribe(_ context.Context, in digest.Subscription) (digest.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Place.Channel == "" || in.Place != channelOf(in.Place) {
		return digest.Subscription{}, fmt.Errorf("a subscription belongs to a channel and nothing else: %+v", in.Place)
	}
	if in.State == digest.Active && in.Next.At.IsZero() {
		return digest.Subscription{}, errors.New("an active subscription comes next at no time")
	}
	channel := keyOf(in.Place)
	if len(s.in(in.Place)) >= digest.MaxPerChannel {
		return digest.Subscription{}, &bot.Error{Kind: bot.Invalid, Message: "This channel has as many digests as it can have."}
	}
	s.last++
	s.numbers[channel]++
	in.ID, in.Number, in.CreatedAt, in.Revision = "s"+strconv.Itoa(s.last), s.numbers[channel], s.now(), 1
	in.Edition, in.SentAt, in.Reason = 1, time.Time{}, ""
	s.all = append(s.all, in)
	return copied(in), nil
}

// InChannel implements digest.Subscriptions.
func (s *Subscriptions) InChannel(_ context.Context, in bot.Place) ([]digest.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in(in), nil
}

func (s *Subscriptions) in(p bot.Place) []digest.Subscription {
	var found []digest.Subscription
	for _, one := range s.all {
		if one.Place == channelOf(p) {
			found = append(found, copied(one))
		}
	}
	slices.SortFunc(found, func(a, b digest.Subscription) int { return a.Number - b.Number })
	return found
}

// InWorkspace implements digest.Subscriptions.
func (s *Subscriptions) InWorkspace(_ context.Context, platform, workspace string, limit int) ([]digest.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []digest.Subscription
	for _, one := range s.all {
		if one.Place.Platform == platform && one.Place.Workspace == workspace {
			found = append(found, copied(one))
		}
	}
	slices.SortFunc(found, func(a, b digest.Subscription) int {
		return cmp.Or(cmp.Compare(a.Place.Channel, b.Place.Channel), a.Number-b.Number)
	})
	return found[:min(len(found), limit)], nil
}

// Change implements digest.Subscriptions.
func (s *Subscriptions) Change(_ context.Context, changed digest.Subscription) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(changed.ID)
	if one == nil || one.Revision != changed.Revision {
		return false, nil
	}
	if (changed.State == digest.Active) == changed.Next.At.IsZero() {
		return false, errors.New("what is active comes next, and nothing else does")
	}
	one.Settings, one.State, one.Reason, one.Next = copied(changed).Settings, changed.State, changed.Reason, changed.Next
	one.Revision++
	if one.State != digest.Active {
		s.skip(one.ID, digest.ReasonPaused)
	}
	return true, nil
}

func (s *Subscriptions) find(id string) *digest.Subscription {
	i := slices.IndexFunc(s.all, func(one digest.Subscription) bool { return one.ID == id })
	if i < 0 {
		return nil
	}
	return &s.all[i]
}

// skip ends what was queued and not begun.
func (s *Subscriptions) skip(id string, why digest.Reason) {
	for i := range s.history[id] {
		if o := &s.history[id][i]; o.State == digest.Queued {
			o.State, o.Reason, o.FinishedAt = digest.Skipped, why, s.now()
		}
	}
}

// Unsubscribe implements digest.Subscriptions.
func (s *Subscriptions) Unsubscribe(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(id) == nil {
		return false, nil
	}
	s.skip(id, digest.ReasonUnsubscribed)
	s.all = slices.DeleteFunc(s.all, func(one digest.Subscription) bool { return one.ID == id })
	return true, nil
}

// SendNow implements digest.Subscriptions.
func (s *Subscriptions) SendNow(_ context.Context, id string) (digest.Occurrence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(id) == nil {
		return digest.Occurrence{}, &bot.Error{Kind: bot.NotFound, Message: "There is no such digest any more."}
	}
	for _, o := range s.history[id] {
		if o.Kind == digest.Now && (o.State == digest.Queued || o.State == digest.Sending) {
			return o, nil
		}
	}
	o := digest.Occurrence{
		ID: fmt.Sprintf("%s/now/%d", id, s.now().UnixMilli()), Subscription: id, Kind: digest.Now, State: digest.Queued, Slot: digest.Slot{At: s.now()},
	}
	s.history[id] = append(s.history[id], o)
	return o, nil
}

// History implements digest.Subscriptions.
func (s *Subscriptions) History(_ context.Context, id string, limit int) ([]digest.Occurrence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.history[id])
	slices.Reverse(all)
	return all[:min(len(all), limit)], nil
}

// Posted implements digest.Subscriptions.
func (s *Subscriptions) Posted(_ context.Context, in bot.Place, post string) ([]digest.Carried, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posted[keyOf(in)+post]), nil
}

// Deliver notes what became of an occurrence and, of one that was sent, what
// it told and in which messages.
func (s *Subscriptions) Deliver(o digest.Occurrence, told []digest.Carried, posts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history[o.Subscription] = append(s.history[o.Subscription], o)
	one := s.find(o.Subscription)
	if one == nil || o.State != digest.Sent {
		return
	}
	one.SentAt = o.FinishedAt
	for _, post := range posts {
		s.posted[keyOf(one.Place)+post] = told
	}
}

// Stop stops a subscription as a delivery that failed for good does.
func (s *Subscriptions) Stop(id string, why digest.Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.find(id); one != nil {
		one.State, one.Reason, one.Next = digest.Stopped, why, digest.Slot{}
		one.Revision++
	}
}

func channelOf(p bot.Place) bot.Place {
	return bot.Place{Platform: p.Platform, Workspace: p.Workspace, Channel: p.Channel}
}

func keyOf(p bot.Place) string {
	return p.Platform + "\x1f" + p.Workspace + "\x1f" + p.Channel + "\x1f"
}

// copied shares nothing with what it is made from, and holds what a store that
// writes settings as JSON gives back.
func copied(s digest.Subscription) digest.Subscription {
	b, err := json.Marshal(s.Settings)
	if err != nil {
		panic(err)
	}
	s.Settings = digest.Settings{}
	if err := json.Unmarshal(b, &s.Settings); err != nil {
		panic(err)
	}
	return s
}
