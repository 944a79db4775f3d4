package sqlstore

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/bottest"
	"briefbot/content/search"
)

func TestSweepDeletesMoreThanOneBatch(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		tx, err := s.engine.write.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2*sweepRows + 1 {
			if _, err := tx.Exec("INSERT INTO seen (id, expires_at) VALUES ($1, 0)", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := s.Sweep(t.Context(), bottest.Now()); err != nil {
			t.Fatal(err)
		}
		if n := rows(t, s, "seen"); n > 0 {
			t.Errorf("%d expired rows are left", n)
		}
	})
}

func TestRunSweepsUntilItsContextEnds(t *testing.T) {
	s := opened(t, sqliteFile(t))
	remember := func() {
		t.Helper()
		if err := s.Remember(context.Background(), "c", search.Turn{Question: "q"}, bottest.Now()); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		remember()
		go func() {
			defer close(ended)
			s.Run(ctx, func() time.Time { return bottest.Now().Add(time.Hour) })
		}()
		for round := range 3 {
			time.Sleep(sweepEvery - time.Second)
			if n := rows(t, s, "conversation"); n > 0 {
				t.Errorf("round %d: %d expired conversations are left", round, n)
			}
			remember()
			time.Sleep(time.Second)
		}
		cancel()
		<-ended
	})
}

func rows(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.engine.read.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
