package bottest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// Digests proves that a store keeps its promises about subscriptions and their
// delivery, to one replica and to several. create makes a new, empty store;
// what it returns opens one more handle on it, as another replica would.
//
// The store's clock cannot be moved: what is due here was due long ago, what
// is not never will be, and where a lease has to run out the suite waits for
// it. A store in memory runs this as well.
func Digests(t *testing.T, create func(t *testing.T) (open func(t *testing.T) digest.Store)) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s digest.Store)
	}{
		{"a subscription is kept whole", keepsSubscriptions},
		{"numbers are given once", numbersOnce},
		{"a workspace is listed by channel and number", listsWorkspace},
		{"a change needs the latest revision", changesByRevision},
		{"pausing skips what is queued and not begun", pauses},
		{"unsubscribing skips what is queued", unsubscribes},
		{"a digest out of turn is queued once", sendsNowOnce},
		{"what is due is queued and moves on", claims},
		{"a slot that was queued is not queued again", claimsASlotOnce},
		{"a subscription without a zone stops", claimStops},
		{"whoever made what stopped is told once", tellsWhoSubscribed},
		{"lanes are leased to who is on their platform", leasesByPlatform},
		{"planning anew moves what is not due", replans},
		{"lanes with work are leased", leases},
		{"jobs come in their order, one a channel", takesInOrder},
		{"what waits of one channel holds up no other", takesPastABusyChannel},
		{"what was put off comes back", comesBack},
		{"pages are kept whole", keepsPages},
		{"a delivery moves its subscription on", delivers},
		{"a failure stops a subscription", stops},
		{"a message leads to its entries", findsPosted},
		{"a channel is not told twice", tells},
		{"a correction is queued once", correctsOnce},
		{"corrections are queued page by page", correctsByPages},
		{"what is sent after a correction is corrected", correctsWhatIsSentLater},
		{"corrections keep no digest waiting", correctsBeside},
		{"editions know what there was", knowsEditions},
		{"one edition more or less", findsEditions},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, create(t)(t)) })
	}
	for _, c := range []struct {
		name string
		run  func(t *testing.T, replicas []digest.Store)
	}{
		{"replicas queue what is due once", replicasClaimOnce},
		{"replicas number a channel's subscriptions", replicasNumber},
		{"replicas change a subscription once", replicasChangeOnce},
		{"replicas queue one digest out of turn", replicasSendNowOnce},
		{"replicas hold a lane one at a time", replicasHoldOneAtATime},
		{"replicas share the lanes", replicasShare},
		{"replicas deliver everything once", replicasDeliverOnce},
		{"replicas agree on editions", replicasAgreeOnEditions},
		{"replicas queue a correction once", replicasCorrectOnce},
		{"a lane that was lost changes nothing", fenced},
		{"a lane that was released is taken up at once", releases},
		{"a lease runs out by itself", runsOut},
		{"whatever a holder has begun is taken up", takesUp},
		{"what stands is noted also by who has lost the lane", standsLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := create(t)
			c.run(t, []digest.Store{open(t), open(t), open(t)})
		})
	}
}

// longLease outlasts a test on any machine.
const longLease = time.Hour

func channel(name string) bot.Place {
	return bot.Place{Platform: "slack", Workspace: "T1", Channel: name}
}

// slot is the n-th of the slots that were due long ago.
func slot(n int) digest.Slot {
	at := past().Add(time.Duration(n) * time.Minute)
	return digest.Slot{Date: content.Date{Year: at.Year(), Month: at.Month(), Day: at.Day()}, Clock: digest.Clock(at.Hour()*60 + at.Minute()), At: at}
}

// later is a slot that is never due.
func later() digest.Slot {
	return digest.Slot{Date: content.Date{Year: 9999, Month: time.January, Day: 1}, At: never()}
}

func settings() digest.Settings {
	return digest.Settings{
		Times: []digest.Clock{540, 1110}, Zone: "Asia/Hong_Kong", Days: 0b0111110, Topics: []string{"harbour-forum-2031", "潮汐"},
		Langs: []content.Lang{content.Hans, content.English}, Style: digest.Summary, Empty: digest.SayEmpty, Revisit: true,
		Quiet: []content.Span{{Start: content.Date{Year: 2031, Month: time.December, Day: 24}, End: content.Date{Year: 2031, Month: time.December, Day: 26}}},
	}
}

// subscribe adds a subscription that is due at a slot.
func subscribe(t *testing.T, s digest.Subscriptions, in bot.Place, next digest.Slot) digest.Subscription {
	t.Helper()
	made, err := s.Subscribe(t.Context(), digest.Subscription{Place: in, Settings: settings(), State: digest.Active, Creator: "U1", Next: next})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// once plans nothing more that could be due.
func once(digest.Subscription, time.Time) digest.Planned { return digest.Planned{Next: later()} }

func claim(t *testing.T, s digest.Queue, limit int) int {
	t.Helper()
	n, err := s.Claim(t.Context(), limit, once)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hold acquires the only lane that has work.
func hold(t *testing.T, s digest.Queue, replica string) digest.Lane {
	t.Helper()
	lanes := acquire(t, s, replica, longLease, 10)
	if len(lanes) != 1 {
		t.Fatalf("%s holds %v, want one lane", replica, lanes)
	}
	return lanes[0]
}

func acquire(t *testing.T, s digest.Queue, replica string, lease time.Duration, limit int) []digest.Lane {
	t.Helper()
	lanes, err := s.Acquire(t.Context(), replica, platforms(), lease, limit)
	if err != nil {
		t.Fatal(err)
	}
	return lanes
}

// platforms are those that replicas are on where nothing else is said.
func platforms() []string { return []string{"discord", "slack"} }

func take(t *testing.T, s digest.Queue, l digest.Lane, limit int) []digest.Job {
	t.Helper()
	jobs, err := s.Take(t.Context(), l, limit)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

// takeOne takes the one job that there is.
func takeOne(t *testing.T, s digest.Queue, l digest.Lane) digest.Job {
	t.Helper()
	jobs := take(t, s, l, 10)
	if len(jobs) != 1 {
		t.Fatalf("%d jobs were taken, want 1", len(jobs))
	}
	return jobs[0]
}

func compose(t *testing.T, s digest.Queue, l digest.Lane, j digest.Job, edition int64, carried ...digest.Carried) digest.Job {
	t.Helper()
	j.Occurrence.Edition = edition
	j.Pages = []digest.Page{digestPage("first", content.Hans), digestPage("second", content.Hans)}
	j.Pages[1].Below = true
	j.Carried = carried
	if err := s.Compose(t.Context(), l, []digest.Job{j}); err != nil {
		t.Fatal(err)
	}
	return j
}

func digestPage(title string, lang content.Lang) digest.Page {
	return digest.Page{Page: bot.Page{Message: bot.Message{Title: title}, Lang: lang, Number: 1, Of: 2}, KeyID: "key" + title}
}

func try(t *testing.T, s digest.Queue, l digest.Lane, pages ...digest.Attempt) {
	t.Helper()
	if err := s.Try(t.Context(), l, pages); err != nil {
		t.Fatal(err)
	}
}

func record(t *testing.T, s digest.Queue, l digest.Lane, results ...digest.Result) {
	t.Helper()
	if err := s.Record(t.Context(), l, results); err != nil {
		t.Fatal(err)
	}
}

// deliver queues and sends a digest of a subscription that is due.
func deliver(t *testing.T, s digest.Store, edition int64, post string, carried ...digest.Carried) digest.Job {
	t.Helper()
	claim(t, s, 100)
	l := hold(t, s, "deliverer")
	j := compose(t, s, l, takeOne(t, s, l), edition, carried...)
	try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID}, digest.Attempt{Occurrence: j.Occurrence.ID, Page: 1})
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent, Posted: []digest.Posted{{Page: 0, Post: post}, {Page: 1, Thread: post, Post: post + "b"}}})
	if err := s.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	return j
}

func ref(entry string) content.Ref { return content.Ref{Briefing: "harbour-forum-2031", Entry: entry} }

func entries(pairs ...string) map[content.Ref]string {
	all := map[content.Ref]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[ref(pairs[i])] = pairs[i+1]
	}
	return all
}

func register(t *testing.T, s digest.Queue, fingerprint string, entries map[content.Ref]string) digest.Edition {
	t.Helper()
	e, err := s.Edition(t.Context(), fingerprint, entries)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func inChannel(t *testing.T, s digest.Subscriptions, in bot.Place) []digest.Subscription {
	t.Helper()
	all, err := s.InChannel(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// only returns the one subscription of a channel.
func only(t *testing.T, s digest.Subscriptions, in bot.Place) digest.Subscription {
	t.Helper()
	all := inChannel(t, s, in)
	if len(all) != 1 {
		t.Fatalf("%s has %d subscriptions, want 1", in.Channel, len(all))
	}
	return all[0]
}

func history(t *testing.T, s digest.Subscriptions, id string) []digest.Occurrence {
	t.Helper()
	all, err := s.History(t.Context(), id, 100)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantStates compares states and reasons, the latest first: "sent", or
// "skipped/empty".
func wantStates(t *testing.T, s digest.Subscriptions, id string, want ...string) {
	t.Helper()
	var got []string
	for _, o := range history(t, s, id) {
		text := string(o.State)
		if o.Reason != "" {
			text += "/" + string(o.Reason)
		}
		got = append(got, text)
		if finished := o.State != digest.Queued && o.State != digest.Sending; finished == o.FinishedAt.IsZero() {
			t.Errorf("%s is %s and finished at %v", o.ID, o.State, o.FinishedAt)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the history is %v, want %v", got, want)
	}
}

// wantSame compares all that is exported, and instants as such.
func wantSame(t *testing.T, what string, got, want any) {
	t.Helper()
	encoded := func(v any) string {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if g, w := encoded(got), encoded(want); g != w {
		t.Errorf("%s is\n%s\nwant\n%s", what, g, w)
	}
}

func keepsSubscriptions(t *testing.T, s digest.Store) {
	in := channel("C1")
	want := digest.Subscription{Place: in, Settings: settings(), State: digest.Active, Creator: "U1", Next: slot(3)}
	got, err := s.Subscribe(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.ID) < 1 || len(got.ID) > 32 || got.CreatedAt.IsZero() || got.Number != 1 || got.Edition != 0 {
		t.Errorf("the subscription is %+v", got)
	}
	want.ID, want.Number, want.CreatedAt, want.Revision = got.ID, got.Number, got.CreatedAt, got.Revision
	wantSame(t, "the subscription", got, want)
	in.Thread, in.User = "thread", "U2"
	wantSame(t, "what the channel has", only(t, s, in), want)

	direct := bot.Place{Platform: "discord", Channel: "D1"} // in no server
	if _, err := s.Subscribe(t.Context(), digest.Subscription{Place: direct, State: digest.Active, Settings: settings(), Next: slot(3)}); err != nil {
		t.Errorf("a direct conversation: %v", err)
	}
	if got := only(t, s, direct); got.Place != direct {
		t.Errorf("a direct conversation is kept as %+v", got.Place)
	}

	bare := digest.Subscription{Place: channel("C2"), State: digest.Paused}
	if got, err = s.Subscribe(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	bare.ID, bare.Number, bare.CreatedAt, bare.Revision = got.ID, got.Number, got.CreatedAt, got.Revision
	wantSame(t, "one that lacks all that may be missing", only(t, s, bare.Place), bare)
	if all := inChannel(t, s, channel("C3")); len(all) > 0 {
		t.Errorf("a channel without subscriptions has %v", all)
	}

	for what, place := range map[string]bot.Place{"no channel": {Platform: "slack", Workspace: "T1"}, "no platform": {Workspace: "T1", Channel: "C1"}} {
		if _, err := s.Subscribe(t.Context(), digest.Subscription{Place: place, State: digest.Active, Settings: settings()}); !isKind(err, bot.Invalid) {
			t.Errorf("%s: %v, want an error that is invalid", what, err)
		}
	}
}

func numbersOnce(t *testing.T, s digest.Store) {
	in := channel("C1")
	var all []digest.Subscription
	for range digest.MaxPerChannel {
		all = append(all, subscribe(t, s, in, later()))
	}
	_, err := s.Subscribe(t.Context(), digest.Subscription{Place: in, Settings: settings(), State: digest.Active})
	wantKind(t, bot.Invalid, err)
	for _, gone := range []int{2, digest.MaxPerChannel - 1} {
		for _, want := range []bool{true, false} {
			if done, err := s.Unsubscribe(t.Context(), all[gone].ID); err != nil || done != want {
				t.Errorf("unsubscribed: %t (%v), want %t", done, err, want)
			}
		}
	}
	if made := subscribe(t, s, in, later()); made.Number != digest.MaxPerChannel+1 {
		t.Errorf("the next number is %d, want %d", made.Number, digest.MaxPerChannel+1)
	}
	var numbers []int
	ids := map[string]bool{}
	for _, one := range inChannel(t, s, in) {
		numbers, ids[one.ID] = append(numbers, one.Number), true
	}
	if want := []int{1, 2, 4, 5, 6, 7, 8, 9, 11}; !slices.Equal(numbers, want) || len(ids) != len(want) {
		t.Errorf("the numbers are %v, want %v", numbers, want)
	}
	if made := subscribe(t, s, channel("C2"), later()); made.Number != 1 {
		t.Errorf("another channel begins at %d", made.Number)
	}
}

func listsWorkspace(t *testing.T, s digest.Store) {
	elsewhere := channel("C1")
	elsewhere.Workspace = "T2"
	for _, in := range []bot.Place{channel("C2"), channel("C1"), elsewhere, channel("C2")} {
		subscribe(t, s, in, later())
	}
	for limit, want := range map[int][]string{10: {"C1 1", "C2 1", "C2 2"}, 2: {"C1 1", "C2 1"}, 0: nil} {
		all, err := s.InWorkspace(t.Context(), "slack", "T1", limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range all {
			got = append(got, fmt.Sprint(one.Place.Channel, " ", one.Number))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d of the workspace: %v, want %v", limit, got, want)
		}
	}
}

func change(t *testing.T, s digest.Subscriptions, to digest.Subscription) bool {
	t.Helper()
	done, err := s.Change(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func changesByRevision(t *testing.T, s digest.Store) {
	made := subscribe(t, s, channel("C1"), later())
	changed := made
	changed.Settings.Times, changed.Settings.Quiet = []digest.Clock{0}, nil
	changed.Next = digest.Slot{Date: content.Date{Year: 9998, Month: time.May, Day: 4}, Clock: 61, At: never().AddDate(-1, 0, 0)}
	if !change(t, s, changed) {
		t.Error("not changed")
	}
	got := only(t, s, made.Place)
	if got.Revision == made.Revision {
		t.Error("the revision is the same after a change")
	}
	changed.Revision = got.Revision
	wantSame(t, "the changed one", got, changed)
	if stale := made; change(t, s, stale) {
		t.Error("changed from a state that is gone")
	}
	wantSame(t, "after a change that was too late it", only(t, s, made.Place), changed)
	changed.State, changed.Reason = digest.Stopped, digest.ReasonGone
	if !change(t, s, changed) {
		t.Error("not stopped")
	}
	if got := only(t, s, made.Place); !got.Next.At.IsZero() || got.State != digest.Stopped || got.Reason != digest.ReasonGone {
		t.Errorf("one that stopped is %+v", got)
	}
	changed.ID = "gone"
	if change(t, s, changed) {
		t.Error("one that is not there was changed")
	}
}

func pauses(t *testing.T, s digest.Store) {
	queued, begun := subscribe(t, s, channel("C1"), slot(1)), subscribe(t, s, channel("C2"), slot(0))
	claim(t, s, 10)
	l := hold(t, s, "r1")
	jobs := take(t, s, l, 1)
	if len(jobs) != 1 || jobs[0].Subscription.ID != begun.ID {
		t.Fatalf("taken: %v", jobs)
	}
	j := compose(t, s, l, jobs[0], 0)
	try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID})
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable})
	for _, place := range []bot.Place{queued.Place, begun.Place} {
		paused := only(t, s, place)
		paused.State = digest.Paused
		if !change(t, s, paused) {
			t.Error("not paused")
		}
	}
	wantStates(t, s, queued.ID, "skipped/paused")
	wantStates(t, s, begun.ID, "queued/unavailable")
}

func unsubscribes(t *testing.T, s digest.Store) {
	queued, begun := subscribe(t, s, channel("C1"), slot(1)), subscribe(t, s, channel("C2"), slot(0))
	claim(t, s, 10)
	l := hold(t, s, "r1")
	take(t, s, l, 1)
	for _, id := range []string{queued.ID, begun.ID} {
		if done, err := s.Unsubscribe(t.Context(), id); err != nil || !done {
			t.Errorf("unsubscribed: %t (%v)", done, err)
		}
	}
	wantStates(t, s, queued.ID, "skipped/unsubscribed")
	wantStates(t, s, begun.ID, "sending")
	if err := s.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	l = hold(t, s, "r2")
	if j := takeOne(t, s, l); j.Subscription.ID != "" || j.Occurrence.Subscription != begun.ID {
		t.Errorf("the job of one that is gone is %+v", j)
	}
}

func sendNow(t *testing.T, s digest.Subscriptions, id string) digest.Occurrence {
	t.Helper()
	o, err := s.SendNow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func sendsNowOnce(t *testing.T, s digest.Store) {
	_, err := s.SendNow(t.Context(), "gone")
	wantKind(t, bot.NotFound, err)
	made := subscribe(t, s, channel("C1"), later())
	first := sendNow(t, s, made.ID)
	if first.Kind != digest.Now || first.State != digest.Queued || first.Subscription != made.ID || first.Slot.At.IsZero() {
		t.Errorf("queued: %+v", first)
	}
	wantSame(t, "asking again", sendNow(t, s, made.ID), first)
	wantSame(t, "the history", history(t, s, made.ID), []digest.Occurrence{first})
	l := hold(t, s, "r1")
	j := takeOne(t, s, l)
	if again := sendNow(t, s, made.ID); again.ID != first.ID || again.State != digest.Sending {
		t.Errorf("while it is under way: %+v", again)
	}
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent})
	if again := sendNow(t, s, made.ID); again.ID == first.ID {
		t.Error("after it was sent there is no other")
	}
}

func claims(t *testing.T, s digest.Store) {
	_, _, err := s.NextDue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	third, first, second := subscribe(t, s, channel("C1"), slot(3)), subscribe(t, s, channel("C2"), slot(1)), subscribe(t, s, channel("C1"), slot(2))
	later := subscribe(t, s, channel("C1"), later())
	paused, err := s.Subscribe(t.Context(), digest.Subscription{Place: channel("C1"), Settings: settings(), State: digest.Paused, Next: slot(0)})
	if err != nil {
		t.Fatal(err)
	}
	if due, now, err := s.NextDue(t.Context()); err != nil || !due.Equal(slot(1).At) || !now.After(due) {
		t.Errorf("due: %v, now: %v (%v)", due, now, err)
	}
	var handed []string
	next := func(one digest.Subscription, now time.Time) digest.Planned {
		handed = append(handed, one.ID)
		if !now.After(one.Next.At) {
			t.Errorf("it is %v, and due is %v", now, one.Next.At)
		}
		if one.ID == second.ID {
			return digest.Planned{}
		}
		return digest.Planned{Next: slot(int(one.Next.Clock) + 100)}
	}
	for _, c := range []struct{ limit, want int }{{2, 2}, {1, 1}} {
		if n, err := s.Claim(t.Context(), c.limit, next); err != nil || n != c.want {
			t.Errorf("claimed %d (%v), want %d", n, err, c.want)
		}
	}
	if want := []string{first.ID, second.ID, third.ID}; !slices.Equal(handed, want) {
		t.Errorf("claimed %v, want %v", handed, want)
	}
	for _, c := range []struct {
		of   digest.Subscription
		next digest.Slot
		had  int
	}{{first, slot(101), 1}, {second, digest.Slot{}, 1}, {third, slot(103), 1}, {later, later.Next, 0}, {paused, digest.Slot{}, 0}} {
		all := history(t, s, c.of.ID)
		if len(all) != c.had {
			t.Errorf("%d occurrences, want %d", len(all), c.had)
		}
		for _, o := range all {
			want := digest.Occurrence{
				ID:           fmt.Sprintf("%s/%s/%02d%02d", c.of.ID, c.of.Next.Date, c.of.Next.Clock/60, c.of.Next.Clock%60),
				Subscription: c.of.ID, Kind: digest.Scheduled, Slot: c.of.Next, State: digest.Queued,
			}
			wantSame(t, "the occurrence", o, want)
		}
		found := slices.IndexFunc(inChannel(t, s, c.of.Place), func(one digest.Subscription) bool { return one.ID == c.of.ID })
		wantSame(t, "the next slot", inChannel(t, s, c.of.Place)[found].Next, c.next)
	}
	if waiting, lanes, err := s.Waiting(t.Context()); err != nil || waiting != 3 || lanes != 1 {
		t.Errorf("%d wait in %d lanes (%v), want 3 in 1", waiting, lanes, err)
	}
}

func claimsASlotOnce(t *testing.T, s digest.Store) {
	made := subscribe(t, s, channel("C1"), slot(0))
	claim(t, s, 10)
	again := only(t, s, made.Place)
	again.Next = slot(0)
	if !change(t, s, again) {
		t.Fatal("not changed")
	}
	claim(t, s, 10)
	wantStates(t, s, made.ID, "queued")
	if got := only(t, s, made.Place); !got.Next.At.Equal(never()) {
		t.Errorf("it did not move on from %v", got.Next)
	}
}

func tellsWhoSubscribed(t *testing.T, s digest.Store) {
	untold := func(on ...string) []digest.Untold {
		t.Helper()
		all, err := s.Untold(t.Context(), on, 10)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := untold("slack"); len(all) > 0 {
		t.Errorf("to be told are %+v", all)
	}
	made := subscribe(t, s, channel("C1"), slot(0))
	resumed := subscribe(t, s, channel("C2"), slot(0))
	if _, err := s.Claim(t.Context(), 10, func(digest.Subscription, time.Time) digest.Planned {
		return digest.Planned{Reason: digest.ReasonZone}
	}); err != nil {
		t.Fatal(err)
	}
	again := only(t, s, resumed.Place)
	again.State, again.Reason, again.Next = digest.Active, "", later()
	if ok, err := s.Change(t.Context(), again); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if all := untold("discord"); len(all) > 0 {
		t.Errorf("on another platform are %+v", all)
	}
	all := untold("slack")
	if len(all) != 1 || all[0].Subscription.ID != made.ID || all[0].Subscription.Reason != digest.ReasonZone || all[0].Ago < 0 || all[0].Ago > time.Hour {
		t.Fatalf("to be told are %+v", all)
	}
	if more := untold("slack"); len(more) > 0 {
		t.Errorf("it is told again: %+v", more)
	}
	later := func(after time.Duration) {
		t.Helper()
		if err := s.TellLater(t.Context(), all[0], after); err != nil {
			t.Fatal(err)
		}
	}
	later(0)
	if more := untold("slack"); len(more) != 1 {
		t.Errorf("it is not told later: %+v", more)
	}
	later(time.Hour)
	if more := untold("slack"); len(more) > 0 {
		t.Errorf("it is told too early: %+v", more)
	}
	stopped := only(t, s, made.Place)
	stopped.State = digest.Paused
	if ok, err := s.Change(t.Context(), stopped); !ok || err != nil {
		t.Fatal(ok, err)
	}
	later(0) // it is another one now
	if more := untold("slack"); len(more) > 0 {
		t.Errorf("what was changed is told: %+v", more)
	}
}

func leasesByPlatform(t *testing.T, s digest.Store) {
	subscribe(t, s, channel("C1"), slot(0))
	subscribe(t, s, bot.Place{Platform: "discord", Workspace: "G1", Channel: "1"}, slot(0))
	claim(t, s, 10)
	for _, on := range []string{"telegraph", "discord", "slack"} {
		_, lanes, err := s.Present(t.Context(), "r1", []string{on}, longLease)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Acquire(t.Context(), "r1", []string{on}, longLease, 10)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"discord", "slack/T1"}
		want = slices.DeleteFunc(want, func(lane string) bool { return !strings.HasPrefix(lane, on) })
		if len(got) != len(want) || lanes != len(want) || len(want) == 1 && got[0].ID != want[0] {
			t.Errorf("on %s there are %d lanes, acquired %v", on, lanes, got)
		}
	}
}

func claimStops(t *testing.T, s digest.Store) {
	made := subscribe(t, s, channel("C1"), slot(0))
	if _, err := s.Claim(t.Context(), 10, func(digest.Subscription, time.Time) digest.Planned {
		return digest.Planned{Reason: digest.ReasonZone}
	}); err != nil {
		t.Fatal(err)
	}
	if got := only(t, s, made.Place); got.State != digest.Stopped || got.Reason != digest.ReasonZone || !got.Next.At.IsZero() {
		t.Errorf("it is %+v", got)
	}
	wantStates(t, s, made.ID, "queued")
}

func replans(t *testing.T, s digest.Store) {
	var want []string
	for i := range 7 {
		want = append(want, subscribe(t, s, channel(fmt.Sprint("C", i)), later()).ID)
	}
	subscribe(t, s, channel("due"), slot(0))
	if _, err := s.Subscribe(t.Context(), digest.Subscription{Place: channel("paused"), State: digest.Paused}); err != nil {
		t.Fatal(err)
	}
	moved := digest.Slot{Date: content.Date{Year: 9998, Month: time.May, Day: 4}, Clock: 61, At: never().AddDate(-1, 0, 0)}
	var handed []string
	pages := 0
	for after := ""; pages == 0 || after != ""; pages++ {
		last, err := s.Replan(t.Context(), after, 3, func(one digest.Subscription, _ time.Time) digest.Planned {
			handed = append(handed, one.ID)
			switch one.Place.Channel {
			case "C1":
				return digest.Planned{Reason: digest.ReasonZone}
			case "C2":
				return digest.Planned{Next: moved}
			}
			return digest.Planned{Next: one.Next}
		})
		if err != nil {
			t.Fatal(err)
		}
		if last != "" && last <= after {
			t.Fatalf("after %s comes %s", after, last)
		}
		after = last
	}
	slices.Sort(want)
	if slices.Sort(handed); !slices.Equal(handed, want) {
		t.Errorf("planned %v, want %v", handed, want)
	}
	if got := only(t, s, channel("C0")); got.Revision != 1 && !got.Next.At.Equal(never()) {
		t.Errorf("one that stays is %+v", got)
	}
	if got := only(t, s, channel("C1")); got.State != digest.Stopped || got.Reason != digest.ReasonZone {
		t.Errorf("one whose zone is gone is %+v", got)
	}
	wantSame(t, "one that moved", only(t, s, channel("C2")).Next, moved)
}

func leases(t *testing.T, s digest.Store) {
	if lanes := acquire(t, s, "r1", longLease, 10); len(lanes) > 0 {
		t.Errorf("without work there are %v", lanes)
	}
	discord := bot.Place{Platform: "discord", Workspace: "G1", Channel: "1"}
	elsewhere := channel("C1")
	elsewhere.Workspace = "T2"
	for i, in := range []bot.Place{channel("C1"), discord, elsewhere, channel("C2")} {
		subscribe(t, s, in, slot(i))
	}
	subscribe(t, s, bot.Place{Platform: "slack", Workspace: "T3", Channel: "C1"}, later())
	claim(t, s, 10)
	if _, lanes, err := s.Present(t.Context(), "r1", platforms(), longLease); err != nil || lanes != 3 {
		t.Errorf("%d lanes have work (%v), want 3", lanes, err)
	}
	two := acquire(t, s, "r1", longLease, 2)
	if len(two) != 2 {
		t.Fatalf("acquired %v, want 2", two)
	}
	third := acquire(t, s, "r2", longLease, 2)
	if len(third) != 1 {
		t.Fatalf("acquired %v, want 1", third)
	}
	var got []string
	for _, l := range append(two, third...) {
		got = append(got, l.ID)
		if l.Fence == 0 || l.Replica == "" {
			t.Errorf("the lane is %+v", l)
		}
	}
	slices.Sort(got)
	if want := []string{"discord", "slack/T1", "slack/T2"}; !slices.Equal(got, want) {
		t.Errorf("acquired %v, want %v", got, want)
	}
	if more := acquire(t, s, "r1", longLease, 10); len(more) > 0 {
		t.Errorf("what is held is acquired again: %v", more)
	}
	for range 2 {
		if err := s.Renew(t.Context(), two[0], longLease); err != nil {
			t.Error(err)
		}
	}
	// What is gone leaves its lanes, and nobody else's.
	for range 2 {
		if err := s.Leave(t.Context(), "r1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Renew(t.Context(), two[0], longLease); !errors.Is(err, digest.ErrFenced) {
		t.Errorf("renewed after leaving: %v", err)
	}
	again := acquire(t, s, "r2", longLease, 10)
	if len(again) != 2 {
		t.Errorf("acquired %v, want 2", again)
	}
	for _, l := range again {
		for _, before := range two {
			if l.ID == before.ID && l.Fence <= before.Fence {
				t.Errorf("the fence of %s went from %d to %d", l.ID, before.Fence, l.Fence)
			}
		}
	}
}

func takesInOrder(t *testing.T, s digest.Store) {
	a1, b, a2, c := subscribe(t, s, channel("A"), slot(1)), subscribe(t, s, channel("B"), slot(2)), subscribe(t, s, channel("A"), slot(3)), subscribe(t, s, channel("C"), slot(4))
	claim(t, s, 10)
	l := hold(t, s, "r1")
	if jobs := take(t, s, l, 0); len(jobs) > 0 {
		t.Errorf("none were asked for, taken are %v", jobs)
	}
	jobs := append(take(t, s, l, 2), take(t, s, l, 2)...)
	var got []string
	for _, j := range jobs {
		got = append(got, j.Occurrence.Subscription)
		if j.Occurrence.State != digest.Sending || j.Occurrence.Attempts != 1 || j.Now.IsZero() || j.Subscription.ID != j.Occurrence.Subscription || j.Corrects != nil {
			t.Errorf("the job is %+v", j)
		}
	}
	if want := []string{a1.ID, b.ID, c.ID}; !slices.Equal(got, want) {
		t.Fatalf("taken %v, want %v", got, want)
	}
	wantSame(t, "the subscription of a job", jobs[1].Subscription, only(t, s, b.Place))
	// What was due before the one that was begun waits too.
	a0 := subscribe(t, s, channel("A"), slot(0))
	claim(t, s, 10)
	if jobs := take(t, s, l, 10); len(jobs) > 0 {
		t.Errorf("while one of the channel is under way %v are taken", jobs)
	}
	record(t, s, l, digest.Result{Occurrence: jobs[0].Occurrence.ID, State: digest.Queued, RetryAfter: longLease})
	if jobs := take(t, s, l, 10); len(jobs) > 0 {
		t.Errorf("while one of the channel is to be tried again %v are taken", jobs)
	}
	wantStates(t, s, a1.ID, "queued")
	// Another digest of the channel has to wait for that one for ever, unless
	// whoever paused it meant it.
	paused := inChannel(t, s, channel("A"))[0]
	paused.State = digest.Paused
	if !change(t, s, paused) {
		t.Fatal("not paused")
	}
	for _, want := range []string{a0.ID, a2.ID} {
		j := takeOne(t, s, l)
		if j.Subscription.ID != want {
			t.Errorf("taken %s, want %s", j.Subscription.ID, want)
		}
		record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent})
	}
}

// takesPastABusyChannel has much of one channel wait before something of
// another.
func takesPastABusyChannel(t *testing.T, s digest.Store) {
	for range digest.MaxPerChannel {
		subscribe(t, s, channel("busy"), slot(0))
	}
	subscribe(t, s, channel("idle"), slot(1))
	claim(t, s, digest.MaxPerChannel+1)
	l := hold(t, s, "r1")
	taken := map[string]int{}
	for range 2 {
		for _, j := range take(t, s, l, 1) {
			taken[j.Subscription.Place.Channel]++
		}
	}
	if taken["busy"] != 1 || taken["idle"] != 1 {
		t.Errorf("taken are %v, want one of each channel", taken)
	}
}

func comesBack(t *testing.T, s digest.Store) {
	made := subscribe(t, s, channel("C1"), slot(0))
	claim(t, s, 10)
	l := hold(t, s, "r1")
	for attempt := 1; attempt <= 3; attempt++ {
		j := takeOne(t, s, l)
		if j.Occurrence.Attempts != attempt {
			t.Errorf("attempt %d is counted as %d", attempt, j.Occurrence.Attempts)
		}
		record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable})
		wantStates(t, s, made.ID, "queued/unavailable")
	}
	j := takeOne(t, s, l)
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: 300 * time.Millisecond})
	await(t, "what was put off comes back", func() bool { return len(take(t, s, l, 10)) == 1 })
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Queued, RetryAfter: longLease})
	if jobs := take(t, s, l, 10); len(jobs) > 0 {
		t.Errorf("put off for an hour, and taken: %v", jobs)
	}
	if lanes := acquire(t, s, "r2", longLease, 10); len(lanes) > 0 {
		t.Errorf("a lane without work now is acquired: %v", lanes)
	}
}

func keepsPages(t *testing.T, s digest.Store) {
	made := subscribe(t, s, channel("C1"), slot(0))
	claim(t, s, 10)
	l := hold(t, s, "r1")
	j := takeOne(t, s, l)
	if len(j.Pages)+len(j.Carried)+len(j.Told) > 0 {
		t.Errorf("before it was composed it is %+v", j)
	}
	j.Occurrence.Edition = 7
	everything := EveryBlock()
	j.Pages = []digest.Page{
		{Page: bot.Page{Message: everything, Lang: content.Hant, Number: 1, Of: 2, Cut: true}, KeyID: "k1"},
		{Page: bot.Page{Lang: content.Hant, Number: 2, Of: 2}, Below: true, KeyID: "k2"},
	}
	j.Carried = []digest.Carried{{Number: 2, Ref: ref("b"), Revision: "r"}, {Number: 1, Ref: ref("a"), Revision: "r1"}, {Ref: ref("a"), Revision: "r1"}}
	want := []digest.Page{j.Pages[0], j.Pages[1]}
	for range 2 { // composing is as good twice as once
		if err := s.Compose(t.Context(), l, []digest.Job{j}); err != nil {
			t.Fatal(err)
		}
	}
	again := func() digest.Job {
		t.Helper()
		record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Queued})
		return takeOne(t, s, l)
	}
	got := again()
	if got.Occurrence.Edition != 7 {
		t.Errorf("the edition is %d, want 7", got.Occurrence.Edition)
	}
	wantSame(t, "what was composed", got.Pages, want)
	wantSame(t, "what is carried", got.Carried, j.Carried)

	try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID}, digest.Attempt{Occurrence: j.Occurrence.ID, Page: 1})
	got = again()
	if got.Pages[0].TriedAt.IsZero() || got.Pages[1].TriedAt.IsZero() {
		t.Errorf("tried: %v, %v", got.Pages[0].TriedAt, got.Pages[1].TriedAt)
	}
	tried := got.Pages[0].TriedAt
	try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID})
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sending, NotPosted: []int{1}})
	got = again()
	if !got.Pages[0].TriedAt.Equal(tried) || !got.Pages[1].TriedAt.IsZero() {
		t.Errorf("tried a second time: %v, want %v; not posted: %v", got.Pages[0].TriedAt, tried, got.Pages[1].TriedAt)
	}
	edited := bot.Page{Message: bot.Message{Title: "edited"}, Lang: content.Hant, Number: 1, Of: 1}
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sending, Posted: []digest.Posted{{Page: 0, Post: "171.1"}, {Page: 1, Thread: "171.1", Post: "171.2"}}})
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sending, Posted: []digest.Posted{{Page: 1, Thread: "171.1", Post: "171.2", Text: &edited}}})
	got = again()
	want[0].Post, want[0].TriedAt = "171.1", tried
	want[1].Page, want[1].Post, want[1].Thread = edited, "171.2", "171.1"
	wantSame(t, "what stands", got.Pages, want)
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent})
	wantStates(t, s, made.ID, "sent")
}

func delivers(t *testing.T, s digest.Store) {
	for _, c := range []struct {
		state   digest.Progress
		reason  digest.Reason
		edition int64
		moves   bool
		sent    bool
	}{
		{digest.Sent, "", 3, true, true},
		{digest.Sent, "", 2, false, true},
		{digest.Skipped, digest.ReasonEmpty, 4, true, false},
		{digest.Skipped, digest.ReasonLate, 5, false, false},
		{digest.Failed, digest.ReasonRefused, 5, false, false},
	} {
		in := channel(fmt.Sprint("C", c.state, c.reason, c.edition))
		made := subscribe(t, s, in, slot(0))
		if c.edition == 2 { // it knows more already
			deliver(t, s, 3, "earlier")
			before := only(t, s, in)
			before.Next = slot(1)
			change(t, s, before)
		}
		before := only(t, s, in)
		claim(t, s, 10)
		l := hold(t, s, "r1")
		j := compose(t, s, l, takeOne(t, s, l), c.edition)
		record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: c.state, Reason: c.reason})
		got := only(t, s, in)
		if moved := got.Edition == c.edition; moved != c.moves || (!moved && got.Edition != before.Edition) {
			t.Errorf("%s %s of edition %d: from edition %d to %d", c.state, c.reason, c.edition, before.Edition, got.Edition)
		}
		if sent := !got.SentAt.Equal(before.SentAt) || !got.SentAt.IsZero(); sent != c.sent {
			t.Errorf("%s %s: sent at %v, before at %v", c.state, c.reason, got.SentAt, before.SentAt)
		}
		want := string(c.state)
		if c.reason != "" {
			want += "/" + string(c.reason)
		}
		if all := history(t, s, made.ID); string(all[0].State)+"/"+string(all[0].Reason) != string(c.state)+"/"+string(c.reason) || all[0].FinishedAt.IsZero() {
			t.Errorf("the history is %+v, want %s", all, want)
		}
		if err := s.Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func stops(t *testing.T, s digest.Store) {
	made := subscribe(t, s, channel("C1"), slot(0))
	other := subscribe(t, s, channel("C1"), slot(1))
	claim(t, s, 10)
	sendNow(t, s, made.ID)
	l := hold(t, s, "r1")
	j := takeOne(t, s, l)
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Failed, Reason: digest.ReasonGone, Stop: digest.ReasonGone})
	all := inChannel(t, s, made.Place)
	if got := all[0]; got.State != digest.Stopped || got.Reason != digest.ReasonGone || !got.Next.At.IsZero() || got.Revision == made.Revision {
		t.Errorf("it is %+v", got)
	}
	if got := all[1]; got.ID != other.ID || got.State != digest.Active {
		t.Errorf("the other one is %+v", got)
	}
	wantStates(t, s, made.ID, "skipped/paused", "failed/gone")
	wantStates(t, s, other.ID, "queued")
	// Recorded again, after somebody has resumed it.
	resumed := all[0]
	resumed.State, resumed.Reason, resumed.Next = digest.Active, "", later()
	if !change(t, s, resumed) {
		t.Fatal("not resumed")
	}
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Failed, Reason: digest.ReasonGone, Stop: digest.ReasonGone})
	if got := inChannel(t, s, made.Place)[0]; got.State != digest.Active {
		t.Errorf("resumed and recorded again it is %+v", got)
	}
}

func posted(t *testing.T, s digest.Subscriptions, in bot.Place, post string) []digest.Carried {
	t.Helper()
	carried, err := s.Posted(t.Context(), in, post)
	if err != nil {
		t.Fatal(err)
	}
	return carried
}

func findsPosted(t *testing.T, s digest.Store) {
	want := []digest.Carried{{Number: 1, Ref: ref("a"), Revision: "r1"}, {Number: 2, Ref: ref("b"), Revision: "r1"}}
	in, other := channel("C1"), channel("C2")
	subscribe(t, s, in, slot(0))
	deliver(t, s, 1, "171.1", want...)
	subscribe(t, s, other, slot(0))
	deliver(t, s, 1, "171.1", want[:1]...)
	for _, c := range []struct {
		in   bot.Place
		post string
		want []digest.Carried
	}{{in, "171.1", want}, {in, "171.1b", want}, {other, "171.1", want[:1]}, {in, "171.2", nil}, {channel("C3"), "171.1", nil}, {in, "", nil}} {
		wantSame(t, c.post+" in "+c.in.Channel, posted(t, s, c.in, c.post), c.want)
	}
	if done, err := s.Unsubscribe(t.Context(), only(t, s, in).ID); err != nil || !done {
		t.Fatal(err)
	}
	wantSame(t, "after unsubscribing it", posted(t, s, in, "171.1"), want)
}

func tells(t *testing.T, s digest.Store) {
	in := channel("C1")
	register(t, s, "one", entries("a", "r1"))
	speak := func(next digest.Slot, langs ...content.Lang) digest.Subscription {
		t.Helper()
		chosen := settings()
		chosen.Langs = langs
		made, err := s.Subscribe(t.Context(), digest.Subscription{Place: in, Settings: chosen, State: digest.Active, Next: next})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	register(t, s, "two", entries("a", "r2", "b", "r1"))
	told := digest.Carried{Number: 1, Ref: ref("b"), Revision: "r1"}
	// compose writes pages in simplified Chinese.
	both, english := speak(later(), content.English, content.Hans), speak(later(), content.English)
	speak(slot(0), content.Hans)
	register(t, s, "three", entries("a", "r2", "b", "r2"))
	deliver(t, s, 3, "171.1", told)
	subscribe(t, s, channel("C2"), slot(0))
	deliver(t, s, 3, "171.1", digest.Carried{Number: 1, Ref: ref("c"), Revision: "r1"})
	for _, c := range []struct {
		of   digest.Subscription
		want []digest.Carried
	}{{both, []digest.Carried{told}}, {english, nil}} {
		sendNow(t, s, c.of.ID)
		l := hold(t, s, "r1")
		j := takeOne(t, s, l)
		wantSame(t, fmt.Sprint("what was told to those who read ", c.of.Settings.Langs), j.Told, c.want)
		compose(t, s, l, j, 3)
		record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent})
		if err := s.Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	// Its own digest has moved it on.
	sendNow(t, s, both.ID)
	l := hold(t, s, "r1")
	if j := takeOne(t, s, l); len(j.Told) > 0 {
		t.Errorf("told before its edition: %v", j.Told)
	}
}

func correct(t *testing.T, s digest.Queue, entry, revision string, since time.Time, limit int) int {
	t.Helper()
	total := 0
	for after := ""; ; {
		n, last, err := s.Correct(t.Context(), ref(entry), revision, since, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		if total += n; last == "" {
			return total
		}
		if last == after {
			t.Fatalf("after %s comes the same page", after)
		}
		after = last
	}
}

func correctsOnce(t *testing.T, s digest.Store) {
	in := channel("C1")
	made := subscribe(t, s, in, slot(0))
	carried := []digest.Carried{{Number: 1, Ref: ref("a"), Revision: "r1"}, {Number: 2, Ref: ref("b"), Revision: "r1"}}
	sent := deliver(t, s, 1, "171.1", carried...)
	for _, c := range []struct {
		entry, revision string
		since           time.Time
		limit, want     int
	}{
		{"a", "r1", past(), 10, 0}, // what it says already
		{"c", "r2", past(), 10, 0}, // what it does not tell of
		{"a", "r2", never(), 10, 0},
		{"a", "r2", past(), 10, 1},
		{"a", "r2", past(), 10, 0},
	} {
		if n := correct(t, s, c.entry, c.revision, c.since, c.limit); n != c.want {
			t.Errorf("%s %s since %v: %d corrections, want %d", c.entry, c.revision, c.since, n, c.want)
		}
	}
	l := hold(t, s, "r1")
	j := takeOne(t, s, l)
	if j.Occurrence.Kind != digest.Correction || j.Occurrence.Subscription != made.ID || j.Subscription.ID != made.ID || j.Corrects == nil {
		t.Fatalf("the job is %+v", j)
	}
	if j.Corrects.Ref != ref("a") || j.Corrects.Revision != "r2" || len(j.Corrects.Pages) != 2 || j.Corrects.Pages[1].Post != "171.1b" || j.Corrects.Pages[1].Thread != "171.1" {
		t.Errorf("it corrects %+v", j.Corrects)
	}
	wantSame(t, "what the digest said", j.Corrects.Carried, carried)
	j = compose(t, s, l, j, 9, digest.Carried{Number: 1, Ref: ref("a"), Revision: "r2"})
	edited := bot.Page{Message: bot.Message{Title: "corrected"}, Lang: content.Hans, Number: 1, Of: 2}
	before := only(t, s, in)
	record(t, s, l,
		digest.Result{Occurrence: sent.Occurrence.ID, State: digest.Sent, Posted: []digest.Posted{{Page: 0, Post: "171.1", Text: &edited}}},
		digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent, Posted: []digest.Posted{{Page: 0, Thread: "171.1", Post: "171.3"}}},
	)
	wantSame(t, "a subscription after a correction", only(t, s, in), before)
	wantSame(t, "what the correction carries", posted(t, s, in, "171.3"), j.Carried)
	if n := correct(t, s, "a", "r2", past(), 10); n != 0 {
		t.Errorf("corrected again: %d", n)
	}
	// Somebody who reads the same channel and does not know that edition yet.
	sendNow(t, s, made.ID)
	j = takeOne(t, s, l)
	wantSame(t, "what was told by a correction", j.Told, []digest.Carried{{Number: 1, Ref: ref("a"), Revision: "r2"}})
	record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Skipped, Reason: digest.ReasonLate})
	// Back to what it said first: the correction stands corrected.
	if n := correct(t, s, "a", "r1", past(), 10); n != 1 {
		t.Errorf("back to the first revision: %d corrections, want 1", n)
	}
	j = takeOne(t, s, l)
	if j.Corrects.Pages[0].Title != "corrected" || j.Corrects.Carried[0].Revision != "r2" {
		t.Errorf("the digest as it was corrected is %+v", j.Corrects)
	}
}

func correctsByPages(t *testing.T, s digest.Store) {
	const digests = 7
	for i := range digests {
		in := channel(fmt.Sprint("C", i))
		subscribe(t, s, in, slot(i))
		deliver(t, s, 1, "171.1", digest.Carried{Number: 1, Ref: ref([]string{"a", "b"}[i%2]), Revision: "r1"})
	}
	var pages []int
	for after, last := "", "more"; last != ""; after = last {
		n, next, err := s.Correct(t.Context(), ref("a"), "r2", past(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		pages, last = append(pages, n), next
	}
	// Four of them tell of it: what does not costs nothing.
	if got := pages[:2]; !slices.Equal(got, []int{2, 2}) || len(pages) > 3 {
		t.Errorf("queued by pages: %v, want 2 and 2", pages)
	}
	if n := correct(t, s, "a", "r2", past(), 3); n != 0 {
		t.Errorf("queued again: %d", n)
	}
	if n := correct(t, s, "b", "r2", past(), 1); n != 3 {
		t.Errorf("of the other entry %d are queued, want 3", n)
	}
}

func correctsWhatIsSentLater(t *testing.T, s digest.Store) {
	register(t, s, "one", entries("a", "r1", "b", "r1"))
	for i, edition := range []int64{1, 2, 3} {
		subscribe(t, s, channel(fmt.Sprint("C", edition)), slot(i))
	}
	claim(t, s, 10)
	l := hold(t, s, "r1")
	jobs := take(t, s, l, 10)
	if len(jobs) != 3 {
		t.Fatalf("taken: %v", jobs)
	}
	register(t, s, "two", entries("a", "r2", "b", "r1"))
	if n := correct(t, s, "a", "r2", past(), 10); n != 0 {
		t.Errorf("before anything was sent %d are corrected", n)
	}
	register(t, s, "three", entries("a", "r3", "b", "r1"))
	for i, revision := range []string{"r1", "r2", "r3"} {
		j := compose(t, s, l, jobs[i], int64(i+1), digest.Carried{Number: 1, Ref: ref("a"), Revision: revision}, digest.Carried{Number: 2, Ref: ref("b"), Revision: "r1"})
		// To record it twice corrects it once.
		for range 2 {
			record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent})
		}
	}
	wantStates(t, s, jobs[0].Subscription.ID, "queued", "sent")
	wantStates(t, s, jobs[1].Subscription.ID, "sent")
	wantStates(t, s, jobs[2].Subscription.ID, "sent")
	j := takeOne(t, s, l)
	if j.Corrects == nil || j.Corrects.Ref != ref("a") || j.Corrects.Revision != "r2" || j.Corrects.Carried[0].Revision != "r1" {
		t.Errorf("the correction is %+v of %+v", j.Occurrence, j.Corrects)
	}
	// An older replica says late what it knows.
	if n := correct(t, s, "a", "r3", past(), 10); n != 2 {
		t.Errorf("%d are corrected to the third revision, want 2", n)
	}
	subscribe(t, s, channel("C4"), slot(4))
	claim(t, s, 10)
	correct(t, s, "a", "r2", never(), 10)
	var last digest.Job
	for _, j := range take(t, s, l, 10) {
		if j.Corrects == nil {
			last = compose(t, s, l, j, 2, digest.Carried{Number: 1, Ref: ref("a"), Revision: "r2"})
		}
	}
	record(t, s, l, digest.Result{Occurrence: last.Occurrence.ID, State: digest.Sent})
	wantStates(t, s, last.Subscription.ID, "queued", "sent")
}

func correctsBeside(t *testing.T, s digest.Store) {
	in := channel("C1")
	made := subscribe(t, s, in, slot(0))
	deliver(t, s, 1, "171.1", digest.Carried{Number: 1, Ref: ref("a"), Revision: "r1"}, digest.Carried{Number: 2, Ref: ref("b"), Revision: "r1"})
	correct(t, s, "a", "r2", past(), 10)
	correct(t, s, "b", "r2", past(), 10)
	l := hold(t, s, "r1")
	first := takeOne(t, s, l)
	now := sendNow(t, s, made.ID)
	if jobs := take(t, s, l, 10); len(jobs) > 0 {
		t.Errorf("while a correction of the channel is under way %v are taken", jobs)
	}
	record(t, s, l, digest.Result{Occurrence: first.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: longLease})
	sent := takeOne(t, s, l)
	if sent.Occurrence.ID != now.ID {
		t.Fatalf("while a correction waits %s is taken, want the digest", sent.Occurrence.ID)
	}
	if jobs := take(t, s, l, 10); len(jobs) > 0 {
		t.Errorf("while a digest of the channel is under way %v are taken", jobs)
	}
	// What waits to be tried again keeps no correction waiting either.
	record(t, s, l, digest.Result{Occurrence: sent.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: longLease})
	second := takeOne(t, s, l)
	if second.Occurrence.Kind != digest.Correction || second.Occurrence.ID == first.Occurrence.ID {
		t.Errorf("taken is %+v", second.Occurrence)
	}
	record(t, s, l, digest.Result{Occurrence: second.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable})
	// Of a lane digests come first, however long a correction has waited.
	later := subscribe(t, s, channel("C2"), slot(5))
	claim(t, s, 10)
	for _, want := range []string{later.ID, made.ID} {
		if jobs := take(t, s, l, 1); len(jobs) != 1 || jobs[0].Subscription.ID != want {
			t.Errorf("taken are %v, want one of %s", jobs, want)
		}
	}
	if err := s.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	// What another holder has left begun comes in the same order.
	l = hold(t, s, "r2")
	if jobs := take(t, s, l, 10); len(jobs) != 2 || jobs[0].Subscription.ID != later.ID || jobs[1].Occurrence.ID != second.Occurrence.ID {
		t.Errorf("taken up are %v", jobs)
	}
}

func wantKnown(t *testing.T, e digest.Edition, number int64, known map[content.Ref]string) {
	t.Helper()
	if e.Number != number || !maps.Equal(e.Known, known) {
		t.Errorf("edition %d knows %v, want %d and %v", e.Number, e.Known, number, known)
	}
}

func knowsEditions(t *testing.T, s digest.Store) {
	one := entries("a", "r1", "b", "r1")
	wantKnown(t, register(t, s, "one", one), 1, one)
	if made := subscribe(t, s, channel("C1"), later()); made.Edition != 1 {
		t.Errorf("a new subscription knows edition %d, want 1", made.Edition)
	}
	// b is gone, which is not forgotten.
	wantKnown(t, register(t, s, "two", entries("a", "r2", "c", "r1")), 2, entries("a", "r2", "b", "r1", "c", "r1"))
	// b is back as it was, and a gone.
	three := entries("a", "r2", "b", "r1", "c", "r2")
	wantKnown(t, register(t, s, "three", entries("b", "r1", "c", "r2")), 3, three)
	// An older program is still there.
	for range 2 {
		wantKnown(t, register(t, s, "one", one), 1, one)
	}
	wantKnown(t, register(t, s, "three", entries("b", "r1", "c", "r2")), 3, three)
	wantKnown(t, register(t, s, "nothing", nil), 4, three)
	if made := subscribe(t, s, channel("C1"), later()); made.Edition != 4 {
		t.Errorf("a new subscription knows edition %d, want 4", made.Edition)
	}
}

func findsEditions(t *testing.T, s digest.Store) {
	one, two := entries("a", "r1"), entries("a", "r2")
	register(t, s, "one", one)
	register(t, s, "two", two)
	for number, want := range map[int64]struct {
		number int64
		known  map[content.Ref]string
	}{0: {1, one}, 1: {1, one}, 2: {2, two}} {
		e, err := s.EditionAt(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		wantKnown(t, e, want.number, want.known)
	}
}

// atOnce runs work several times on each of the replicas.
func atOnce(replicas []digest.Store, work func(n int, s digest.Store)) {
	var group sync.WaitGroup
	for n := range 2 * len(replicas) {
		group.Go(func() { work(n, replicas[n%len(replicas)]) })
	}
	group.Wait()
}

// await looks again and again, for as long as a slow machine may need.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func replicasClaimOnce(t *testing.T, replicas []digest.Store) {
	const subscriptions = 60
	s := replicas[0]
	for i := range subscriptions {
		subscribe(t, s, channel(fmt.Sprint("C", i)), slot(i%7))
	}
	var mu sync.Mutex
	total := 0
	atOnce(replicas, func(_ int, s digest.Store) {
		for {
			n, err := s.Claim(t.Context(), 4, once)
			if err != nil {
				t.Error(err)
				return
			}
			if n == 0 {
				return
			}
			mu.Lock()
			total += n
			mu.Unlock()
		}
	})
	total += claim(t, s, subscriptions)
	if total != subscriptions {
		t.Errorf("%d are claimed, want %d", total, subscriptions)
	}
	for i := range subscriptions {
		one := only(t, s, channel(fmt.Sprint("C", i)))
		wantStates(t, s, one.ID, "queued")
		if one.Revision != 2 {
			t.Errorf("%s was moved on %d times", one.Place.Channel, one.Revision-1)
		}
	}
}

func replicasNumber(t *testing.T, replicas []digest.Store) {
	refused := 0
	var mu sync.Mutex
	atOnce(replicas, func(_ int, s digest.Store) {
		for range 3 {
			_, err := s.Subscribe(t.Context(), digest.Subscription{Place: channel("C1"), Settings: settings(), State: digest.Active, Next: later()})
			if isKind(err, bot.Invalid) {
				mu.Lock()
				refused++
				mu.Unlock()
			} else if err != nil {
				t.Error(err)
			}
		}
	})
	var numbers []int
	for _, one := range inChannel(t, replicas[0], channel("C1")) {
		numbers = append(numbers, one.Number)
	}
	if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(numbers, want) || refused != 2*3*len(replicas)-digest.MaxPerChannel {
		t.Errorf("the numbers are %v, and %d were refused", numbers, refused)
	}
}

func replicasChangeOnce(t *testing.T, replicas []digest.Store) {
	made := subscribe(t, replicas[0], channel("C1"), later())
	done := make([]bool, 2*len(replicas))
	atOnce(replicas, func(n int, s digest.Store) {
		changed := made
		changed.Settings.Zone = fmt.Sprint("zone ", n)
		var err error
		if done[n], err = s.Change(t.Context(), changed); err != nil {
			t.Error(err)
		}
	})
	winner := slices.Index(done, true)
	if winner < 0 || slices.Contains(done[winner+1:], true) {
		t.Fatalf("changed by %v, want by one", done)
	}
	if got := only(t, replicas[0], made.Place); got.Settings.Zone != fmt.Sprint("zone ", winner) {
		t.Errorf("the zone is %s, want that of %d", got.Settings.Zone, winner)
	}
}

func replicasSendNowOnce(t *testing.T, replicas []digest.Store) {
	made := subscribe(t, replicas[0], channel("C1"), later())
	got := make([]string, 2*len(replicas))
	atOnce(replicas, func(n int, s digest.Store) {
		o, err := s.SendNow(t.Context(), made.ID)
		if err != nil {
			t.Error(err)
		}
		got[n] = o.ID
	})
	if len(slices.Compact(got)) != 1 || len(history(t, replicas[0], made.ID)) != 1 {
		t.Errorf("queued: %v", got)
	}
}

func replicasHoldOneAtATime(t *testing.T, replicas []digest.Store) {
	for i := range 5 {
		in := channel("C1")
		in.Workspace = fmt.Sprint("T", i)
		subscribe(t, replicas[0], in, slot(i))
	}
	claim(t, replicas[0], 10)
	for round := range 5 {
		var mu sync.Mutex
		holders := map[string][]string{}
		var held []digest.Lane
		atOnce(replicas, func(n int, s digest.Store) {
			lanes, err := s.Acquire(t.Context(), fmt.Sprint("replica ", n), platforms(), longLease, 3)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, l := range lanes {
				holders[l.ID] = append(holders[l.ID], l.Replica)
			}
			held = append(held, lanes...)
		})
		for _, l := range acquire(t, replicas[0], "the rest", longLease, 10) {
			holders[l.ID] = append(holders[l.ID], l.Replica)
			held = append(held, l)
		}
		for lane, by := range holders {
			if len(by) != 1 {
				t.Errorf("round %d: %s is held by %v", round, lane, by)
			}
		}
		if len(holders) != 5 {
			t.Errorf("round %d: held are %v", round, holders)
		}
		for _, l := range held {
			if err := replicas[1].Release(t.Context(), l); err != nil {
				t.Error(err)
			}
		}
	}
}

func replicasShare(t *testing.T, replicas []digest.Store) {
	for n, s := range replicas {
		if there, _, err := s.Present(t.Context(), fmt.Sprint("r", n), platforms(), longLease); err != nil || there != n+1 {
			t.Errorf("%d replicas are there (%v), want %d", there, err, n+1)
		}
	}
	if err := replicas[2].Leave(t.Context(), "r2"); err != nil {
		t.Fatal(err)
	}
	if there, _, err := replicas[0].Present(t.Context(), "r0", platforms(), longLease); err != nil || there != 2 {
		t.Errorf("after one has left %d are there (%v)", there, err)
	}
	// r1 is not heard of any more.
	if _, _, err := replicas[1].Present(t.Context(), "r1", platforms(), 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	await(t, "one that is silent is not counted", func() bool {
		there, _, err := replicas[0].Present(t.Context(), "r0", platforms(), longLease)
		if err != nil {
			t.Fatal(err)
		}
		return there == 1
	})
}

// replicasDeliverOnce has each replica claim, acquire, deliver and release
// until everything was sent, with all that comes between.
func replicasDeliverOnce(t *testing.T, replicas []digest.Store) {
	const channels = 40
	for i := range channels {
		in := channel(fmt.Sprint("C", i))
		in.Workspace = fmt.Sprint("T", i%5)
		subscribe(t, replicas[0], in, slot(i))
	}
	var mu sync.Mutex
	deliveries := map[string]int{}
	sent := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, times := range deliveries {
			n += times
		}
		return n
	}
	round := func(t *testing.T, replica string, s digest.Store) error {
		if _, err := s.Claim(t.Context(), 7, once); err != nil {
			return err
		}
		lanes, err := s.Acquire(t.Context(), replica, platforms(), longLease, 2)
		if err != nil {
			return err
		}
		for _, l := range lanes {
			jobs, err := s.Take(t.Context(), l, 3)
			if err != nil {
				return err
			}
			var attempts []digest.Attempt
			var results []digest.Result
			for i := range jobs {
				id := jobs[i].Occurrence.ID
				jobs[i].Pages = []digest.Page{digestPage("title", content.Hans)}
				attempts = append(attempts, digest.Attempt{Occurrence: id})
				results = append(results, digest.Result{Occurrence: id, State: digest.Sent, Posted: []digest.Posted{{Post: id}}})
			}
			if err := errors.Join(s.Compose(t.Context(), l, jobs), s.Try(t.Context(), l, attempts), s.Record(t.Context(), l, results), s.Release(t.Context(), l)); err != nil {
				return err
			}
			mu.Lock()
			for _, j := range jobs {
				deliveries[j.Occurrence.ID]++
			}
			mu.Unlock()
		}
		return nil
	}
	atOnce(replicas, func(n int, s digest.Store) {
		for range 1000 {
			if sent() >= channels {
				return
			}
			if err := round(t, fmt.Sprint("replica ", n), s); err != nil {
				t.Error(err)
				return
			}
		}
	})
	if len(deliveries) != channels || sent() != channels {
		t.Errorf("%d occurrences were delivered %d times, want %d", len(deliveries), sent(), channels)
	}
	if waiting, lanes, err := replicas[0].Waiting(t.Context()); err != nil || waiting+lanes > 0 {
		t.Errorf("%d wait in %d lanes (%v)", waiting, lanes, err)
	}
}

func replicasAgreeOnEditions(t *testing.T, replicas []digest.Store) {
	numbers := make([]map[string]int64, 2*len(replicas))
	atOnce(replicas, func(n int, s digest.Store) {
		numbers[n] = map[string]int64{}
		for i := range 5 {
			fingerprint := fmt.Sprint("library ", (i+n)%5)
			e, err := s.Edition(t.Context(), fingerprint, entries("same", "r1", fingerprint, "r1"))
			if err != nil {
				t.Error(err)
			}
			numbers[n][fingerprint] = e.Number
		}
	})
	for n := range numbers {
		if !maps.Equal(numbers[n], numbers[0]) {
			t.Errorf("one says %v, another %v", numbers[0], numbers[n])
		}
	}
	if got, want := slices.Sorted(maps.Values(numbers[0])), []int64{1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("the numbers are %v, want %v", got, want)
	}
	e, err := replicas[0].EditionAt(t.Context(), 5)
	if err != nil || len(e.Known) != 6 {
		t.Errorf("the last one knows %v (%v)", e.Known, err)
	}
}

func replicasCorrectOnce(t *testing.T, replicas []digest.Store) {
	subscribe(t, replicas[0], channel("C1"), slot(0))
	deliver(t, replicas[0], 1, "171.1", digest.Carried{Number: 1, Ref: ref("a"), Revision: "r1"})
	var mu sync.Mutex
	total := 0
	atOnce(replicas, func(_ int, s digest.Store) {
		n, _, err := s.Correct(t.Context(), ref("a"), "r2", past(), "", 10)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		total += n
	})
	if waiting, _, err := replicas[0].Waiting(t.Context()); err != nil || waiting != 1 || total != 1 {
		t.Errorf("%d corrections are queued, %d wait (%v), want 1", total, waiting, err)
	}
}

// lost has a lane acquired by one replica and then by another, and returns
// what the first still believes.
func lost(t *testing.T, replicas []digest.Store) (stale, current digest.Lane, j digest.Job) {
	t.Helper()
	subscribe(t, replicas[0], channel("C1"), slot(0))
	subscribe(t, replicas[0], channel("C2"), slot(1))
	claim(t, replicas[0], 10)
	stale = hold(t, replicas[0], "r0")
	jobs := take(t, replicas[0], stale, 1)
	if len(jobs) != 1 {
		t.Fatalf("taken: %v", jobs)
	}
	j = compose(t, replicas[0], stale, jobs[0], 1)
	if err := replicas[0].Renew(t.Context(), stale, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	await(t, "the lease runs out", func() bool {
		lanes := acquire(t, replicas[1], "r1", longLease, 1)
		if len(lanes) == 1 {
			current = lanes[0]
		}
		return len(lanes) == 1
	})
	if current.ID != stale.ID || current.Fence <= stale.Fence {
		t.Fatalf("after %+v comes %+v", stale, current)
	}
	return stale, current, j
}

func fenced(t *testing.T, replicas []digest.Store) {
	stale, current, j := lost(t, replicas)
	s := replicas[0]
	before := history(t, s, j.Subscription.ID)
	_, takeErr := s.Take(t.Context(), stale, 10)
	id := j.Occurrence.ID
	j.Pages = nil
	for name, err := range map[string]error{
		"Take":    takeErr,
		"Renew":   s.Renew(t.Context(), stale, longLease),
		"Compose": s.Compose(t.Context(), stale, []digest.Job{j}),
		"Try":     s.Try(t.Context(), stale, []digest.Attempt{{Occurrence: id}}),
		"Record": s.Record(t.Context(), stale, []digest.Result{{
			Occurrence: id, State: digest.Failed, Reason: digest.ReasonGone, Stop: digest.ReasonGone, Posted: []digest.Posted{{Post: "stale"}},
		}}),
		// The right fence in the wrong hands.
		"Renew by another": s.Renew(t.Context(), digest.Lane{ID: current.ID, Replica: "r0", Fence: current.Fence}, longLease),
	} {
		if !errors.Is(err, digest.ErrFenced) {
			t.Errorf("%s: %v, want that the lane was lost", name, err)
		}
	}
	if err := s.Release(t.Context(), stale); err != nil {
		t.Errorf("releasing what was lost: %v", err)
	}
	if lanes := acquire(t, s, "r0", longLease, 10); len(lanes) > 0 {
		t.Errorf("releasing what was lost has freed %v", lanes)
	}
	wantSame(t, "the history", history(t, s, j.Subscription.ID), before)
	if got := only(t, s, channel("C1")); got.State != digest.Active {
		t.Errorf("the subscription is %+v", got)
	}
	jobs := take(t, replicas[1], current, 1)
	if len(jobs) != 1 || jobs[0].Occurrence.ID != id || len(jobs[0].Pages) != 2 || !jobs[0].Pages[0].TriedAt.IsZero() || jobs[0].Pages[0].Post != "" {
		t.Errorf("what the former holder wrote late has changed %+v", jobs)
	}
	if err := replicas[1].Renew(t.Context(), current, longLease); err != nil {
		t.Errorf("the holder cannot renew: %v", err)
	}
}

// standsLate has a page posted by a replica whose lane is another's by the time
// it says so.
func standsLate(t *testing.T, replicas []digest.Store) {
	subscribe(t, replicas[0], channel("C1"), slot(0))
	claim(t, replicas[0], 10)
	stale := hold(t, replicas[0], "r0")
	j := compose(t, replicas[0], stale, takeOne(t, replicas[0], stale), 1)
	id := j.Occurrence.ID
	try(t, replicas[0], stale, digest.Attempt{Occurrence: id})
	if err := replicas[0].Release(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	current := hold(t, replicas[1], "r1")
	late := func(posted ...digest.Posted) {
		t.Helper()
		err := replicas[0].Record(t.Context(), stale, []digest.Result{{
			Occurrence: id, State: digest.Failed, Reason: digest.ReasonGone, Stop: digest.ReasonGone, Posted: posted, NotPosted: []int{0},
		}})
		if !errors.Is(err, digest.ErrFenced) {
			t.Errorf("recorded late: %v, want that the lane was lost", err)
		}
	}
	late()
	late(digest.Posted{Page: 0, Post: "171.1"}, digest.Posted{Page: 1, Thread: "171.1", Post: "171.2"}, digest.Posted{Page: 7, Post: "171.3"})
	late(digest.Posted{Page: 0, Post: "another"})
	again := takeOne(t, replicas[1], current)
	if again.Pages[0].Post != "171.1" || again.Pages[0].TriedAt.IsZero() || again.Pages[1].Post != "" {
		t.Errorf("the pages are %+v, want that the one that was tried stands", again.Pages)
	}
	if got := only(t, replicas[0], channel("C1")); got.State != digest.Active {
		t.Errorf("the subscription is %+v", got)
	}
}

func releases(t *testing.T, replicas []digest.Store) {
	subscribe(t, replicas[0], channel("C1"), slot(0))
	claim(t, replicas[0], 10)
	l := hold(t, replicas[0], "r0")
	j := takeOne(t, replicas[0], l)
	if jobs := take(t, replicas[0], l, 10); len(jobs) > 0 {
		t.Errorf("what is under way is taken again: %v", jobs)
	}
	for range 2 {
		if err := replicas[0].Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if err := replicas[0].Record(t.Context(), l, []digest.Result{{Occurrence: j.Occurrence.ID, State: digest.Sent}}); !errors.Is(err, digest.ErrFenced) {
		t.Errorf("recorded after releasing: %v", err)
	}
	next := hold(t, replicas[1], "r1")
	if again := takeOne(t, replicas[1], next); again.Occurrence.ID != j.Occurrence.ID || again.Occurrence.Attempts != 2 {
		t.Errorf("taken up is %+v", again.Occurrence)
	}
}

func runsOut(t *testing.T, replicas []digest.Store) {
	subscribe(t, replicas[0], channel("C1"), slot(0))
	claim(t, replicas[0], 10)
	lanes := acquire(t, replicas[0], "r0", 300*time.Millisecond, 10)
	if len(lanes) != 1 {
		t.Fatalf("acquired %v", lanes)
	}
	await(t, "the lease runs out", func() bool {
		_, err := replicas[0].Take(t.Context(), lanes[0], 0)
		if err != nil && !errors.Is(err, digest.ErrFenced) {
			t.Fatal(err)
		}
		return err != nil
	})
	if err := replicas[0].Renew(t.Context(), lanes[0], longLease); !errors.Is(err, digest.ErrFenced) {
		t.Errorf("renewed after the lease: %v", err)
	}
	if next := hold(t, replicas[1], "r1"); next.Fence <= lanes[0].Fence {
		t.Errorf("the fence went from %d to %d", lanes[0].Fence, next.Fence)
	}
}

// takesUp has holders vanish after each of the steps of a delivery.
func takesUp(t *testing.T, replicas []digest.Store) {
	subscribe(t, replicas[0], channel("C1"), slot(0))
	claim(t, replicas[0], 10)
	carried := digest.Carried{Number: 1, Ref: ref("a"), Revision: "r1"}
	var tried time.Time
	for step, do := range []func(l digest.Lane, s digest.Store, j digest.Job){
		func(_ digest.Lane, _ digest.Store, j digest.Job) {
			if len(j.Pages) > 0 {
				t.Errorf("before it was composed it has %v", j.Pages)
			}
		},
		func(l digest.Lane, s digest.Store, j digest.Job) { compose(t, s, l, j, 1, carried) },
		func(l digest.Lane, s digest.Store, j digest.Job) {
			if len(j.Pages) != 2 || !j.Pages[0].TriedAt.IsZero() || j.Occurrence.Edition != 1 || !slices.Equal(j.Carried, []digest.Carried{carried}) {
				t.Errorf("after composing it is %+v", j)
			}
			try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID})
		},
		func(l digest.Lane, s digest.Store, j digest.Job) {
			if tried = j.Pages[0].TriedAt; tried.IsZero() || !j.Pages[1].TriedAt.IsZero() {
				t.Errorf("after the first page was tried it is %+v", j.Pages)
			}
			record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sending, Posted: []digest.Posted{{Page: 0, Post: "171.1"}}})
		},
		func(l digest.Lane, s digest.Store, j digest.Job) {
			if !j.Pages[0].TriedAt.Equal(tried) || j.Pages[0].Post != "171.1" || j.Pages[1].Post != "" {
				t.Errorf("after the first page was posted it is %+v", j.Pages)
			}
			try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID, Page: 1})
			record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sent, Posted: []digest.Posted{{Page: 1, Thread: "171.1", Post: "171.2"}}})
		},
	} {
		s := replicas[step%len(replicas)]
		l := hold(t, s, fmt.Sprint("replica ", step))
		j := takeOne(t, s, l)
		if j.Occurrence.Attempts != step+1 {
			t.Errorf("attempt %d is counted as %d", step+1, j.Occurrence.Attempts)
		}
		do(l, s, j)
		// The holder vanishes.
		if err := s.Renew(t.Context(), l, time.Millisecond); err != nil {
			t.Fatal(err)
		}
		await(t, "the lease runs out", func() bool { return errors.Is(s.Renew(t.Context(), l, time.Millisecond), digest.ErrFenced) })
	}
	if lanes := acquire(t, replicas[0], "r", longLease, 10); len(lanes) > 0 {
		t.Errorf("after everything was sent %v have work", lanes)
	}
	wantStates(t, replicas[0], only(t, replicas[0], channel("C1")).ID, "sent")
}

// FillDigests puts some of each kind of what belongs to digests into an empty
// store: a digest that was sent, one that is under way, one that was skipped
// and a correction.
func FillDigests(t *testing.T, s digest.Store) {
	t.Helper()
	register(t, s, "one", entries("a", "r1", "b", "r1"))
	subscribe(t, s, channel("C1"), slot(0))
	register(t, s, "two", entries("a", "r2"))
	deliver(t, s, 2, "171.1", filledCarried()...)
	if _, err := s.Unsubscribe(t.Context(), subscribe(t, s, channel("C1"), later()).ID); err != nil {
		t.Fatal(err)
	}
	if n := correct(t, s, "a", "r3", past(), 10); n != 1 {
		t.Fatalf("%d corrections, want 1", n)
	}
	underWay := subscribe(t, s, channel("C2"), slot(0))
	skipped := subscribe(t, s, channel("C3"), slot(1))
	claim(t, s, 10)
	skipped = only(t, s, skipped.Place)
	skipped.State = digest.Paused
	change(t, s, skipped)
	l := hold(t, s, "r1")
	for _, j := range take(t, s, l, 10) {
		if j.Subscription.ID == underWay.ID {
			j = compose(t, s, l, j, 2, filledCarried()...)
			try(t, s, l, digest.Attempt{Occurrence: j.Occurrence.ID}, digest.Attempt{Occurrence: j.Occurrence.ID, Page: 1})
			record(t, s, l, digest.Result{Occurrence: j.Occurrence.ID, State: digest.Sending, Posted: []digest.Posted{{Post: "172.1"}}})
		}
	}
	if err := s.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Present(t.Context(), "r1", platforms(), longLease); err != nil {
		t.Fatal(err)
	}
}

func filledCarried() []digest.Carried {
	return []digest.Carried{{Number: 1, Ref: ref("a"), Revision: "r2"}, {Ref: ref("b"), Revision: "r1"}}
}

// WantDigestsFilled proves that a store holds what FillDigests has put into
// it.
func WantDigestsFilled(t *testing.T, s digest.Store) {
	t.Helper()
	one := only(t, s, channel("C1"))
	if one.SentAt.IsZero() || one.CreatedAt.IsZero() || one.Edition != 2 || one.Creator != "U1" || one.State != digest.Active {
		t.Errorf("the subscription is %+v", one)
	}
	wantSame(t, "the settings", one.Settings, settings())
	wantSame(t, "the next slot", one.Next, later())
	all := history(t, s, one.ID)
	if len(all) != 2 || all[0].Kind != digest.Correction || all[1].State != digest.Sent || all[1].Edition != 2 {
		t.Errorf("the history is %+v", all)
	}
	wantSame(t, "what was posted", posted(t, s, channel("C1"), "171.1b"), filledCarried())
	if got := only(t, s, channel("C2")); got.Number != 1 || got.Edition != 2 || !got.SentAt.IsZero() {
		t.Errorf("one that is under way is %+v", got)
	}
	under := history(t, s, only(t, s, channel("C2")).ID)
	if len(under) != 1 || under[0].State != digest.Sending || under[0].Attempts < 1 {
		t.Errorf("its history is %+v", under)
	}
	wantSame(t, "what was posted of it", posted(t, s, channel("C2"), "172.1"), filledCarried())
	if got := only(t, s, channel("C3")); got.State != digest.Paused || !got.Next.At.IsZero() {
		t.Errorf("the paused one is %+v", got)
	}
	wantStates(t, s, only(t, s, channel("C3")).ID, "skipped/paused")
	for number, known := range map[int64]map[content.Ref]string{1: entries("a", "r1", "b", "r1"), 2: entries("a", "r2", "b", "r1")} {
		e, err := s.EditionAt(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		wantKnown(t, e, number, known)
	}
	if waiting, lanes, err := s.Waiting(t.Context()); err != nil || waiting != 2 || lanes != 1 {
		t.Errorf("%d wait in %d lanes (%v), want 2 in 1", waiting, lanes, err)
	}
}
