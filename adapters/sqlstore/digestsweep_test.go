package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/digest"
	"briefbot/content"
)

// age makes what is now as old as it will be: the database's clock cannot be
// moved, what it wrote can.
func age(t *testing.T, s *Store, table, column string, by time.Duration) {
	t.Helper()
	if _, err := s.engine.write.Exec(fmt.Sprintf("UPDATE %s SET %s = %s - $1", table, column, column), by.Milliseconds()); err != nil {
		t.Fatal(err)
	}
}

const day = 24 * time.Hour

func TestSweepForgetsWhatWasSentLongAgo(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		bottest.FillDigests(t, s.Digests())
		age(t, s, "occurrence", "finished_at", 29*day)
		sweep(t, s)
		bottest.WantDigestsFilled(t, s.Digests())
		age(t, s, "occurrence", "finished_at", 2*day)
		sweep(t, s)
		// What is under way stays, and so do subscriptions.
		for table, want := range map[string]int{"occurrence": 2, "page": 2, "carried": 2, "subscription": 3} {
			if got := rows(t, s, table); got != want {
				t.Errorf("%d rows of %s are left, want %d", got, table, want)
			}
		}
	})
}

func TestSweepSkipsWhatNobodySubscribesToAnyMore(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		made, err := q.Subscribe(t.Context(), digest.Subscription{Place: bot.Place{Platform: "slack", Workspace: "T1", Channel: "C1"}, State: digest.Active})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.SendNow(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		// As if a replica had queued it while another one unsubscribed.
		if _, err := s.engine.write.Exec("DELETE FROM subscription"); err != nil {
			t.Fatal(err)
		}
		sweep(t, s)
		all, err := q.History(t.Context(), made.ID, 10)
		if err != nil || len(all) != 1 || all[0].State != digest.Skipped || all[0].Reason != digest.ReasonUnsubscribed || all[0].FinishedAt.IsZero() {
			t.Errorf("the history is %+v (%v)", all, err)
		}
	})
}

// Nobody takes what is for a platform that no replica is on.
func TestSweepSkipsWhatNobodyTook(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		made, err := q.Subscribe(t.Context(), digest.Subscription{Place: bot.Place{Platform: "telegraph", Workspace: "T1", Channel: "C1"}, State: digest.Active})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.SendNow(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			older time.Duration
			want  digest.Progress
		}{{29 * day, digest.Queued}, {2 * day, digest.Skipped}} {
			age(t, s, "occurrence", "due_at", c.older)
			sweep(t, s)
			if all, err := q.History(t.Context(), made.ID, 10); err != nil || len(all) != 1 || all[0].State != c.want {
				t.Errorf("the history is %+v (%v), want %s", all, err, c.want)
			}
		}
	})
}

func TestSweepForgetsWhoIsGone(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		bottest.FillDigests(t, s.Digests())
		age(t, s, "replica", "lease_until", 2*day)
		age(t, s, "lane", "lease_until", 2*day)
		var fence int64
		if err := s.engine.read.QueryRow("SELECT fence FROM lane").Scan(&fence); err != nil {
			t.Fatal(err)
		}
		sweep(t, s)
		if lanes, replicas := rows(t, s, "lane"), rows(t, s, "replica"); lanes != 1 || replicas != 0 {
			t.Errorf("%d lanes and %d replicas are left, want the lane that has work alone", lanes, replicas)
		}
		if _, err := s.engine.write.Exec("DELETE FROM lane"); err != nil {
			t.Fatal(err)
		}
		lanes, err := s.Digests().Acquire(t.Context(), "r2", []string{"discord", "slack"}, time.Minute, 10)
		if err != nil || len(lanes) != 1 || lanes[0].Fence <= fence {
			t.Errorf("after fence %d of a lane that was forgotten comes %v (%v)", fence, lanes, err)
		}
	})
}

func TestSweepForgetsEditionsThatNobodyRefersTo(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		ref := func(entry string) content.Ref { return content.Ref{Briefing: "b", Entry: entry} }
		var made digest.Subscription
		for n := 1; n <= 5; n++ {
			library := map[content.Ref]string{ref("always"): "r1", ref("changes"): fmt.Sprint("r", n), ref(fmt.Sprint("only in ", n)): "r1"}
			if _, err := q.Edition(t.Context(), fmt.Sprint("library ", n), library); err != nil {
				t.Fatal(err)
			}
			if n == 3 {
				var err error
				if made, err = q.Subscribe(t.Context(), digest.Subscription{Place: bot.Place{Platform: "slack", Workspace: "T1", Channel: "C1"}, State: digest.Active}); err != nil {
					t.Fatal(err)
				}
			}
		}
		third, err := q.EditionAt(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		want := func(step string, first int64, editions, known int) {
			t.Helper()
			sweep(t, s)
			if e, err := q.EditionAt(t.Context(), 1); err != nil || e.Number != first {
				t.Errorf("%s: the earliest edition is %d (%v), want %d", step, e.Number, err, first)
			}
			if n, k := rows(t, s, "edition"), rows(t, s, "known"); n != editions || k != known {
				t.Errorf("%s: %d editions of %d rows are left, want %d of %d", step, n, k, editions, known)
			}
		}
		want("while all were used lately", 1, 5, 11)
		age(t, s, "edition", "used_at", 31*day)
		want("while a channel was told up to the third", 3, 3, 9)
		if e, err := q.EditionAt(t.Context(), 3); err != nil || len(e.Known) != len(third.Known) || e.Known[ref("changes")] != "r3" {
			t.Errorf("the third edition knows %v (%v), want %v", e.Known, err, third.Known)
		}
		if _, err := q.Unsubscribe(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		want("when nobody was told", 5, 1, 7)
	})
}

func sweep(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Sweep(t.Context(), bottest.Now()); err != nil {
		t.Fatal(err)
	}
}
