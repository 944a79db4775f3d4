package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/digest"
	"briefbot/content"
	"briefbot/content/search"
)

// benchmarkEach runs a benchmark on both engines as they are run in earnest:
// every commit waits for the disk.
func benchmarkEach(b *testing.B, run func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, opened(b, sqliteFile(b))) })
	b.Run("postgres", func(b *testing.B) {
		run(b, opened(b, postgresDatabase(postgrestest.New(b, "fsync=on"))(b)))
	})
}

// oneAndMany measures how long call takes and how many there can be at once.
func oneAndMany(b *testing.B, call func(n int64) error) {
	var n atomic.Int64
	next := func(b *testing.B) {
		if err := call(n.Add(1)); err != nil {
			b.Error(err)
		}
	}
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			next(b)
		}
	})
	b.Run("many", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				next(b)
			}
		})
	})
}

func BenchmarkFirst(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, s *Store) {
		until := time.Now().Add(24 * time.Hour)
		oneAndMany(b, func(n int64) error {
			_, err := s.First(b.Context(), fmt.Sprint("discord:", n), until)
			return err
		})
	})
}

// BenchmarkFirstOfKnown asks for what has been handled.
func BenchmarkFirstOfKnown(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, s *Store) {
		until := time.Now().Add(24 * time.Hour)
		oneAndMany(b, func(int64) error {
			_, err := s.First(b.Context(), "discord:1", until)
			return err
		})
	})
}

const conversations = 1000

func turn() search.Turn {
	return search.Turn{Question: "what are the three pledges of the forum", Ref: content.Ref{Briefing: "harbour-forum-2031", Entry: "pledges"}, Item: 2}
}

func BenchmarkRemember(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, s *Store) {
		oneAndMany(b, func(n int64) error {
			return s.Remember(b.Context(), fmt.Sprint("conversation ", n%conversations), turn(), bottest.Now())
		})
	})
}

func BenchmarkTurns(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, s *Store) {
		for i := range conversations {
			if err := s.Remember(b.Context(), fmt.Sprint("conversation ", i), turn(), bottest.Now()); err != nil {
				b.Fatal(err)
			}
		}
		oneAndMany(b, func(n int64) error {
			_, err := s.Turns(b.Context(), fmt.Sprint("conversation ", n%conversations), bottest.Now())
			return err
		})
	})
}

// BenchmarkDigestsDueAtOnce claims and queues 100,000 subscriptions that are
// due at one instant, a thousand in a transaction, and then delivers some: a
// transaction for each step of 50 of them.
func BenchmarkDigestsDueAtOnce(b *testing.B) {
	const subscriptions, workspaces, batch, sends = 100_000, 10, 1_000, 50
	benchmarkEach(b, func(b *testing.B, s *Store) {
		q := s.Digests()
		dueAtOnce(b, s, subscriptions, workspaces)
		never := digest.Slot{Date: content.Date{Year: 9999, Month: time.January, Day: 1}, At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
		began := time.Now()
		for claimed := 0; claimed < subscriptions; {
			n, err := q.Claim(b.Context(), batch, func(digest.Subscription, time.Time) digest.Planned { return digest.Planned{Next: never} })
			if err != nil || n == 0 {
				b.Fatalf("claimed %d after %d (%v)", n, claimed, err)
			}
			claimed += n
		}
		claiming := time.Since(began)

		began = time.Now()
		lanes, err := q.Acquire(b.Context(), "r1", []string{"discord", "slack"}, time.Hour, 1)
		if err != nil || len(lanes) != 1 {
			b.Fatalf("acquired %v (%v)", lanes, err)
		}
		acquiring := time.Since(began)
		took, delivered := time.Duration(0), 0
		for b.Loop() {
			began = time.Now()
			jobs, err := q.Take(b.Context(), lanes[0], sends)
			if err != nil {
				b.Fatal(err)
			}
			took += time.Since(began)
			if len(jobs) == 0 {
				b.Fatal("the lane is empty: fewer rounds will do")
			}
			deliverAll(b, q, lanes[0], jobs)
			delivered += len(jobs)
		}
		b.ReportMetric(claiming.Seconds(), "s/100k-claimed")
		b.ReportMetric(float64(acquiring.Microseconds())/1e3, "ms/acquire")
		b.ReportMetric(float64(took.Microseconds())/1e3/float64(b.N), "ms/take")
		b.ReportMetric(float64(delivered)/b.Elapsed().Seconds(), "deliveries/s")
	})
}

// dueAtOnce writes subscriptions as Subscribe would, many in a statement.
func dueAtOnce(b *testing.B, s *Store, subscriptions, workspaces int) {
	b.Helper()
	q := s.Digests()
	first, err := q.Subscribe(b.Context(), digest.Subscription{
		Place: bot.Place{Platform: "slack", Workspace: "first", Channel: "C"}, State: digest.Active,
		Settings: digest.Settings{Times: []digest.Clock{540}, Zone: "Asia/Hong_Kong", Days: 0b0111110, Langs: []content.Lang{content.Hans}, Style: digest.Summary, Empty: digest.SkipEmpty},
	})
	if err != nil {
		b.Fatal(err)
	}
	all := many{kinds: []string{asText, asText, asText, asText}}
	for i := range subscriptions {
		workspace := fmt.Sprint("T", i%workspaces)
		all.rows = append(all.rows, []any{hashOf(20, fmt.Sprint(i)), workspace, fmt.Sprint("C", i), "slack/" + workspace})
	}
	if err := s.inTx(b.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := all.exec(ctx, s.engine, tx, `INSERT INTO subscription SELECT column1, 'slack', column2, column3, 1, column4, settings, state, reason, creator,
			created_at, 946684800000, '2000-01-01', 0, edition, sent_at, revision
			FROM ({rows}) AS v, subscription WHERE id = $1`, first.ID)
		return err
	}); err != nil {
		b.Fatal(err)
	}
}

// deliverAll takes jobs through their steps.
func deliverAll(b *testing.B, q digest.Queue, l digest.Lane, jobs []digest.Job) {
	b.Helper()
	var attempts []digest.Attempt
	var results []digest.Result
	for i := range jobs {
		id := jobs[i].Occurrence.ID
		jobs[i].Pages = []digest.Page{{Page: bot.Page{Message: bottest.EveryBlock(), Lang: content.Hans, Number: 1, Of: 1}, KeyID: "key"}}
		for n := range 10 {
			jobs[i].Carried = append(jobs[i].Carried, digest.Carried{Number: n + 1, Ref: content.Ref{Briefing: "b", Entry: fmt.Sprint("e", n)}, Revision: "r"})
		}
		attempts = append(attempts, digest.Attempt{Occurrence: id})
		results = append(results, digest.Result{Occurrence: id, State: digest.Sent, Posted: []digest.Posted{{Post: id}}})
	}
	if err := q.Compose(b.Context(), l, jobs); err != nil {
		b.Fatal(err)
	}
	if err := q.Try(b.Context(), l, attempts); err != nil {
		b.Fatal(err)
	}
	if err := q.Record(b.Context(), l, results); err != nil {
		b.Fatal(err)
	}
}
