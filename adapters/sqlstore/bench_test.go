package sqlstore

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bot/bottest"
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
