package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// due adds a subscription of each channel that is due, "T1/C1", in order.
func due(t *testing.T, q digest.Store, channels ...string) (all []digest.Subscription) {
	t.Helper()
	for i, name := range channels {
		workspace, channel, _ := strings.Cut(name, "/")
		at := time.Date(2000, 1, 1, 0, i, 0, 0, time.UTC)
		s, err := q.Subscribe(t.Context(), digest.Subscription{
			Place: bot.Place{Platform: "slack", Workspace: workspace, Channel: channel}, State: digest.Active,
			Next: digest.Slot{Date: content.Date{Year: 2000, Month: time.January, Day: 1}, Clock: digest.Clock(i), At: at},
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// claimAll queues what is due and plans nothing more.
func claimAll(t *testing.T, q digest.Queue, want int) {
	t.Helper()
	if n, err := q.Claim(t.Context(), 100, func(digest.Subscription, time.Time) digest.Planned { return digest.Planned{} }); err != nil || n != want {
		t.Fatalf("claimed %d (%v), want %d", n, err, want)
	}
}

func acquireOne(t *testing.T, q digest.Queue, replica string) digest.Lane {
	t.Helper()
	lanes, err := q.Acquire(t.Context(), replica, []string{"discord", "slack"}, time.Hour, 10)
	if err != nil || len(lanes) != 1 {
		t.Fatalf("%s acquires %v (%v), want one", replica, lanes, err)
	}
	return lanes[0]
}

func taking(t *testing.T, q digest.Queue, l digest.Lane) map[string]digest.Job {
	t.Helper()
	jobs, err := q.Take(t.Context(), l, 10)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]digest.Job{}
	for _, j := range jobs {
		all[j.Occurrence.Subscription] = j
	}
	return all
}

func change(t *testing.T, s *Store, statement string, args ...any) {
	t.Helper()
	if _, err := s.engine.write.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

// TestWhoStandsStillHoldsOneLane has a replica stop within a transaction that
// holds a lane's row, as a process that is stopped does.
func TestWhoStandsStillHoldsOneLane(t *testing.T) {
	s := opened(t, postgresDatabase(postgrestest.New(t))(t))
	q := s.Digests()
	due(t, q, "T1/C1", "T2/C1")
	claimAll(t, q, 2)
	lanes, err := q.Acquire(t.Context(), "stands still", []string{"discord", "slack"}, time.Hour, 1)
	if err != nil || len(lanes) != 1 {
		t.Fatalf("acquired %v (%v)", lanes, err)
	}
	change(t, s, "UPDATE lane SET lease_until = 1")
	tx, err := s.engine.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("SELECT 1 FROM lane WHERE id = $1 FOR UPDATE", lanes[0].ID); err != nil {
		t.Fatal(err)
	}
	other := acquireOne(t, q, "another")
	if other.ID == lanes[0].ID {
		t.Errorf("%s was acquired while its row was held", other.ID)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if l := acquireOne(t, q, "another"); l.ID != lanes[0].ID {
		t.Errorf("acquired is %s, want %s", l.ID, lanes[0].ID)
	}
}

// TestPostgresEndsWhatStandsStill asks the sessions for their settings.
func TestPostgresEndsWhatStandsStill(t *testing.T) {
	address := postgresDatabase(postgrestest.New(t))(t)
	with := func(parameters string) string {
		separator := "?"
		if strings.Contains(address, "?") {
			separator = "&"
		}
		return address + separator + parameters
	}
	const idle, lock, socket, plans = "idle_in_transaction_session_timeout", "lock_timeout", "tcp_user_timeout", "plan_cache_mode"
	for _, c := range []struct {
		address string
		want    map[string]string
	}{
		{address, map[string]string{idle: "5s", lock: "7s", socket: "5000", plans: "force_custom_plan"}},
		{with(idle + "=2min&" + lock + "=0&" + plans + "=auto"), map[string]string{idle: "2min", lock: "0", plans: "auto"}},
		{with("options=-c%20" + idle + "%3D0"), map[string]string{idle: "0", lock: "7s"}},
	} {
		s := opened(t, c.address)
		for name, want := range c.want {
			var got string
			if err := s.engine.write.QueryRow("SHOW " + name).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s (%v), want %s", name, got, err, want)
			}
		}
	}

	s := opened(t, with(idle+"=100"))
	tx, err := s.engine.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var one int
	for err == nil { // until it is ended
		if err = tx.QueryRow("SELECT 1").Scan(&one); err == nil {
			<-time.After(500 * time.Millisecond)
		}
	}
	// A backup may be read as slowly as it comes.
	var backup bytes.Buffer
	if err := s.Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(t.Context(), io.MultiReader(slow{}, &backup)); err != nil {
		t.Errorf("a backup that comes slowly is not restored: %v", err)
	}
}

// slow is an empty text that takes a while.
type slow struct{}

func (slow) Read([]byte) (int, error) {
	<-time.After(500 * time.Millisecond)
	return 0, io.EOF
}

// TestWhatCannotBeReadConcernsItselfAlone has rows as a newer program may write
// them.
func TestWhatCannotBeReadConcernsItselfAlone(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		all := due(t, q, "T1/fine", "T1/composed", "T1/begun", "T1/corrected", "T1/settings")
		fine, composed, begun, corrected, settings := all[0].ID, all[1].ID, all[2].ID, all[3].ID, all[4].ID
		claimAll(t, q, 5)
		l := acquireOne(t, q, "r1")
		carried := digest.Carried{Number: 1, Ref: content.Ref{Briefing: "b", Entry: "e"}, Revision: "r1"}
		jobs := taking(t, q, l)
		for id, j := range jobs {
			j.Pages = []digest.Page{{Page: bot.Page{Message: bot.Message{Title: "title"}}, KeyID: "key"}}
			j.Carried = []digest.Carried{carried}
			if err := q.Compose(t.Context(), l, []digest.Job{j}); err != nil {
				t.Fatal(err)
			}
			result := digest.Result{Occurrence: j.Occurrence.ID, State: digest.Queued}
			if id == begun || id == corrected {
				if err := q.Try(t.Context(), l, []digest.Attempt{{Occurrence: j.Occurrence.ID}}); err != nil {
					t.Fatal(err)
				}
			}
			if id == corrected {
				result.State, result.Posted = digest.Sent, []digest.Posted{{Post: "171.1"}}
			}
			if err := q.Record(t.Context(), l, []digest.Result{result}); err != nil {
				t.Fatal(err)
			}
		}
		if n, _, err := q.Correct(t.Context(), carried.Ref, "r2", time.Time{}, "", 10); err != nil || n != 1 {
			t.Fatalf("corrected: %d (%v)", n, err)
		}
		for _, id := range []string{composed, begun, corrected} {
			change(t, s, `UPDATE page SET body = '{"title":"title","blocks":[{"chart":{}}]}' WHERE occurrence LIKE $1`, id+"/%")
		}
		change(t, s, `UPDATE subscription SET settings = '{"days":"every other"}' WHERE id = $1`, settings)
		got := taking(t, q, l)
		for id, want := range map[string]struct {
			unreadable bool
			pages      int
		}{fine: {false, 1}, composed: {false, 0}, begun: {true, 1}, corrected: {true, 0}, settings: {true, 1}} {
			j, ok := got[id]
			if !ok || (j.Unreadable != nil) != want.unreadable || len(j.Pages) != want.pages || j.Subscription.ID != id {
				t.Errorf("%+v, want %+v", j, want)
			}
		}
		if p := got[begun].Pages[0]; p.KeyID != "key" || p.TriedAt.IsZero() || p.Title != "" || len(p.Blocks) > 0 {
			t.Errorf("the page that was begun is %+v", p)
		}
		if c := got[corrected].Corrects; c == nil || len(c.Pages) != 1 || c.Pages[0].Post != "171.1" {
			t.Errorf("what is to be corrected is %+v", c)
		}
	})
}

func TestSubscriptionsThatCannotBeReadArePutOff(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		all := due(t, q, "T1/C0", "T1/C1", "T1/C2")
		change(t, s, `UPDATE subscription SET settings = '{"days":"every other"}' WHERE id = $1`, all[0].ID)
		claimAll(t, q, 2)
		due, now, err := q.NextDue(t.Context())
		if err != nil || due.Before(now.Add(putOff-time.Minute)) || due.After(now.Add(putOff)) {
			t.Errorf("due next is %v (%v), want some minutes after %v", due, err, now)
		}
		// By whoever can read it the slot is the same, and planned as before.
		var date string
		if err := s.engine.read.QueryRow("SELECT next_date FROM subscription WHERE id = $1", all[0].ID).Scan(&date); err != nil || date != "2000-01-01" {
			t.Errorf("the slot is of %s (%v)", date, err)
		}
		if last, err := q.Replan(t.Context(), "", 10, func(s digest.Subscription, _ time.Time) digest.Planned {
			if s.ID == all[0].ID {
				t.Errorf("planned: %+v", s)
			}
			return digest.Planned{}
		}); err != nil || last != "" {
			t.Errorf("planned up to %q (%v)", last, err)
		}
	})
}

func TestLeasesEndWhereTheClockWasSetBack(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		due(t, q, "T1/C1")
		claimAll(t, q, 1)
		before := acquireOne(t, q, "gone")
		if _, _, err := q.Present(t.Context(), "gone", []string{"discord", "slack"}, time.Minute); err != nil {
			t.Fatal(err)
		}
		age(t, s, "lane", "lease_until", -day)
		age(t, s, "replica", "lease_until", -day)
		if l := acquireOne(t, q, "r1"); l.Fence <= before.Fence {
			t.Errorf("the fence went from %d to %d", before.Fence, l.Fence)
		}
		if replicas, _, err := q.Present(t.Context(), "r1", []string{"discord", "slack"}, time.Minute); err != nil || replicas != 1 {
			t.Errorf("%d replicas are there (%v), want 1", replicas, err)
		}
	})
}

// TestALaneWithoutWorkCostsARead takes while somebody writes for as long as it
// lasts.
func TestALaneWithoutWorkCostsARead(t *testing.T) {
	s := opened(t, sqliteFile(t))
	q := s.Digests()
	due(t, q, "T1/C1")
	claimAll(t, q, 1)
	l := acquireOne(t, q, "r1")
	if jobs := taking(t, q, l); len(jobs) != 1 {
		t.Fatalf("taken: %v", jobs)
	}
	if err := s.inTx(t.Context(), func(context.Context, *sql.Tx) error {
		if jobs := taking(t, q, l); len(jobs) > 0 {
			t.Errorf("taken again: %v", jobs)
		}
		// Nor does looking for what is to be corrected.
		if n, last, err := q.Correct(t.Context(), content.Ref{Briefing: "b", Entry: "e"}, "r2", time.Time{}, "a", 10); err != nil || n > 0 || last != "" {
			t.Errorf("corrected: %d up to %q (%v)", n, last, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestDigestsAreFoundByIndexes explains what is asked each second or for each
// digest: nothing of it may go through a table whose rows grow in number with
// the channels.
func TestDigestsAreFoundByIndexes(t *testing.T) {
	s := opened(t, sqliteFile(t))
	d := s.digest
	one := many{kinds: []string{asText, asText, asText, asText, asText, asWhole, asText, asText}, rows: [][]any{{"a", "b", "c", "d", "e", 1, "g", "h"}}}
	for name, c := range map[string]struct {
		statement string
		fixed     []any
	}{
		"due":               {d.due, []any{0, 1}},
		"next due":          {d.nextDue, nil},
		"queue":             {sqlQueue, nil},
		"move on":           {sqlMoveOn, nil},
		"replan":            {sqlNotDue, []any{"a", 0, 1}},
		"in channel":        {sqlInChannel, []any{"slack", "T1", "C1"}},
		"history":           {sqlHistory, []any{"s", 1}},
		"posted":            {sqlPosted, []any{"171.1", "slack/T1/C1"}},
		"presence":          {d.presence, []any{0}},
		"free":              {d.free, []any{0, 1}},
		"acquire":           {d.acquire, []any{0, "r1", 1}},
		"hold":              {d.hold, []any{"slack/T1", "r1", 0}},
		"peek":              {d.peek, []any{"slack/T1", "r1", 0}},
		"take digests":      {sqlTakeDigests, []any{"slack/T1", 0, 0, 1, 1}},
		"take corrections":  {sqlTakeCorrections, []any{"slack/T1", 0, 0, 1, 1}},
		"takeable":          {sqlTakeable, []any{"slack/T1", 0, 0, 0, 1}},
		"subscriptions":     {sqlSubscriptions, nil},
		"pages":             {sqlPages, nil},
		"carried":           {sqlCarried, nil},
		"told":              {sqlTold, nil},
		"composed":          {sqlComposed, []any{"slack/T1", 0}},
		"try":               {sqlTry, []any{"slack/T1", 0, 0}},
		"stands":            {sqlStands, []any{"slack/T1"}},
		"stands late":       {sqlStandsLate, []any{"slack/T1"}},
		"stands not":        {sqlStandsNot, []any{"slack/T1"}},
		"came":              {sqlCame, []any{"slack/T1", 0}},
		"delivered":         {sqlDelivered, nil},
		"corrected":         {sqlCorrected, nil},
		"overtaken":         {sqlOvertaken, nil},
		"stop":              {sqlStop, []any{"slack/T1"}},
		"skip":              {d.skip, []any{"paused"}},
		"tellers":           {sqlTellers, []any{"b/e", "r2", 0, "a", 1, "/c/x"}},
		"correct":           {sqlCorrect, []any{0, "2000-01-01", 0}},
		"sweep of finished": {d.sweepFinished, []any{1, 1}},
	} {
		statement, args := c.statement, c.fixed
		if strings.Contains(statement, "{rows}") {
			rows := one
			if strings.Contains(statement, "IN ({rows})") {
				rows = ids([]string{"a"})
			}
			var err error
			if statement, args, err = rows.statement(s.engine, statement, c.fixed); err != nil {
				t.Fatal(err)
			}
		}
		var plan []string
		if err := query(t.Context(), s.engine.read, "EXPLAIN QUERY PLAN "+statement, args, func(scan scanFunc) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			plan = append(plan, step)
			return err
		}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if slices.ContainsFunc(plan, goesThroughAll) {
			t.Errorf("%s goes through a whole table:\n%s", name, strings.Join(plan, "\n"))
		}
		if name == "tellers" && !strings.Contains(fmt.Sprint(plan), "carried_ref (ref=? AND occurrence>?)") {
			t.Errorf("%s looks at digests of other pages:\n%s", name, strings.Join(plan, "\n"))
		}
	}
}

// goesThroughAll reports whether a step of a plan reads all rows of something
// that is not small: replicas, corrected entries, and what a statement was given
// or has found itself are.
func goesThroughAll(step string) bool {
	what, ok := strings.CutPrefix(step, "SCAN ")
	small := []string{"value", "element", "json_each", "v", "busy", "ready", "replica", "corrected", "r", "CONSTANT", "c", "waiting", "chosen", "(subquery"}
	name, _, _ := strings.Cut(what, " ")
	return ok && !slices.Contains(small, name)
}

// TestManyAtOnceAreTakenByIndexesAfterAQuietHour has PostgreSQL count its rows
// while nothing is ready, as it does every night.
func TestManyAtOnceAreTakenByIndexesAfterAQuietHour(t *testing.T) {
	const workspaces, channels = 60, 6
	// An index that is scanned without a condition on its columns.
	wholeIndex := regexp.MustCompile(`Index Scan using occurrence_\w+ on [^\n]*\n\s+(Filter|->|Join)`)
	s := opened(t, postgresDatabase(postgrestest.New(t, "autovacuum=off"))(t))
	q := s.Digests()
	queue := func(slot string) {
		t.Helper()
		for c := range channels {
			for w := range workspaces {
				due(t, q, fmt.Sprintf("T%d/C%d/%s", w, c, slot))
			}
			claimAll(t, q, workspaces)
		}
	}
	lanes := func() (held []digest.Lane) {
		t.Helper()
		held, err := q.Acquire(t.Context(), "r1", []string{"slack"}, time.Hour, workspaces)
		if err != nil || len(held) != workspaces {
			t.Fatalf("%d lanes (%v)", len(held), err)
		}
		return held
	}
	queue("one")
	for _, l := range lanes() {
		for _, j := range taking(t, q, l) {
			if err := q.Record(t.Context(), l, []digest.Result{{Occurrence: j.Occurrence.ID, State: digest.Sent}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.engine.write.Exec("VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	queue("two")
	for _, l := range lanes() {
		for name, statement := range map[string]string{"digests": sqlTakeDigests, "corrections": sqlTakeCorrections} {
			var plan strings.Builder
			if err := query(t.Context(), s.engine.read, "EXPLAIN "+statement, []any{l.ID, l.Fence, time.Now().UnixMilli(), 16, 64}, func(scan scanFunc) error {
				var line string
				defer func() { plan.WriteString(line + "\n") }()
				return scan(&line)
			}); err != nil {
				t.Fatal(err)
			}
			if whole := wholeIndex.FindString(plan.String()); whole != "" {
				t.Fatalf("taking %s goes through all that is ready: %s\n%s", name, whole, plan.String())
			}
		}
		if jobs := taking(t, q, l); len(jobs) != channels {
			t.Fatalf("%d jobs of %s are taken", len(jobs), l.ID)
		}
	}
}
