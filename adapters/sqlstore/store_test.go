package sqlstore

import (
	"slices"
	"testing"

	"briefbot/bot/bottest"
	"briefbot/bot/digest"
)

func TestStore(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		bottest.Store(t, func(t *testing.T) func(t *testing.T) bottest.Stored {
			address := create(t)
			return func(t *testing.T) bottest.Stored { return opened(t, address) }
		})
	})
}

func TestBackupRestoresOnTheOtherEngine(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		bottest.RestoresEverything(t, opened(t, create(t)), opened(t, sqliteFile(t)))
		bottest.RestoresEverything(t, opened(t, sqliteFile(t)), opened(t, create(t)))
	})
}

func TestSubscriptionsAreCountedByWorkspace(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		q := s.Digests()
		for i, sub := range due(t, q, "T2/a", "T1/a", "T1/b", "T1/c") {
			sub.State = []digest.State{digest.Active, digest.Active, digest.Paused, digest.Stopped}[i]
			sub.Next = digest.Slot{}
			if done, err := q.Change(t.Context(), sub); !done || err != nil {
				t.Fatal(done, err)
			}
		}
		all, err := s.Subscribed(t.Context(), 10)
		want := []Subscribed{{"slack", "T1", 1, 1, 1}, {"slack", "T2", 1, 0, 0}}
		if err != nil || !slices.Equal(all, want) {
			t.Errorf("counted are %v (%v), want %v", all, err, want)
		}
		if first, err := s.Subscribed(t.Context(), 1); err != nil || !slices.Equal(first, want[:1]) {
			t.Errorf("the first is %v (%v), want %v", first, err, want[:1])
		}
	})
}
