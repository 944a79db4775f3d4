package shelf_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"briefbot/bot/shelf"
	"briefbot/content"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// editor is what stands on disk.
type editor struct {
	briefings []*content.Briefing
	faults    []string
	panics    bool
	loads     int
}

func (e *editor) load(context.Context) (*content.Library, []string) {
	e.loads++
	if e.panics {
		panic("index out of range")
	}
	if len(e.faults) > 0 {
		return nil, e.faults
	}
	return content.NewLibrary(slices.Clone(e.briefings)), nil
}

func briefing(id string) *content.Briefing {
	return &content.Briefing{
		ID:      id,
		Title:   content.Text{Hans: id, English: id},
		Sources: []content.Source{{ID: "s"}},
		Entries: []content.Entry{{ID: "e", Kind: content.KindFact, Title: content.Text{Hans: id, English: id}, Sources: []string{"s"}}},
	}
}

func options(t *testing.T, e *editor) shelf.Options {
	return shelf.Options{Load: e.load, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now}
}

// ids returns which briefings can be read.
func ids(k *shelf.Keeper) string {
	var all []string
	for _, b := range k.Shelf().Library.Briefings() {
		all = append(all, b.ID)
	}
	return strings.Join(all, " ")
}

// keep runs a keeper inside a bubble; the returned function tells it of a
// change and waits until it has been dealt with.
func keep(t *testing.T, e *editor) (k *shelf.Keeper, changed func()) {
	t.Helper()
	k, err := shelf.Open(t.Context(), options(t, e))
	if err != nil {
		t.Fatal(err)
	}
	changes := make(chan struct{}, 1)
	go k.Run(t.Context(), changes)
	return k, func() {
		changes <- struct{}{}
		synctest.Wait()
	}
}

func TestContentWithFaultsIsNotOpened(t *testing.T) {
	e := &editor{faults: []string{"a.yaml:1:1: wrong", "b.yaml:2:1: wrong too"}}
	k, err := shelf.Open(t.Context(), options(t, e))
	faults, ok := err.(shelf.Faults) //nolint:errorlint // it is returned as it is
	if k != nil || !ok || !slices.Equal(faults, e.faults) {
		t.Errorf("opened %v with %v", k, err)
	}
}

func TestGoodChangesAreTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &editor{briefings: []*content.Briefing{briefing("one")}}
		k, changed := keep(t, e)
		before := k.State()
		time.Sleep(time.Minute + time.Second)
		e.briefings = append(e.briefings, briefing("two"))
		changed()
		after := k.State()
		if ids(k) != "one two" || after.Briefings != 2 || after.Entries != 2 {
			t.Errorf("holds %q, %+v", ids(k), after)
		}
		if after.Fingerprint == before.Fingerprint || !after.LoadedAt.After(before.LoadedAt) {
			t.Errorf("the state is %+v, was %+v", after, before)
		}
	})
}

func TestBadChangesAreKeptOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &editor{briefings: []*content.Briefing{briefing("one")}}
		k, changed := keep(t, e)
		before := k.Shelf()
		e.faults = []string{"a.yaml:1:1: wrong"}
		changed()
		if k.Shelf() != before {
			t.Error("the shelf changed")
		}
		if !slices.Equal(k.State().Faults, e.faults) {
			t.Errorf("faults %q", k.State().Faults)
		}

		// Put back as it was, the faults are gone and nothing is built anew.
		e.faults = nil
		changed()
		if k.Shelf() != before || len(k.State().Faults) > 0 {
			t.Errorf("after the repair: %+v", k.State())
		}
	})
}

func TestThousandsOfFaultsDoNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &editor{briefings: []*content.Briefing{briefing("one")}}
		o := options(t, e)
		var log strings.Builder
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		k, err := shelf.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		changes := make(chan struct{}, 1)
		go k.Run(t.Context(), changes)
		e.faults = slices.Repeat([]string{"a.yaml:1:1: wrong"}, 5000)
		changes <- struct{}{}
		synctest.Wait()
		if n := len(k.State().Faults); n != 5000 {
			t.Errorf("%d faults are known", n)
		}
		if log.Len() > 2000 || !strings.Contains(log.String(), "errors=5000") || !strings.Contains(log.String(), "a.yaml:1:1: wrong") {
			t.Errorf("%d bytes: %.300s", log.Len(), log.String())
		}
	})
}

func TestContentThatBreaksTheProgramIsKeptOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &editor{briefings: []*content.Briefing{briefing("one")}}
		k, changed := keep(t, e)
		before := k.Shelf()
		e.panics = true
		changed()
		if k.Shelf() != before || len(k.State().Faults) != 1 {
			t.Errorf("the state is %+v", k.State())
		}
		e.panics, e.briefings = false, []*content.Briefing{briefing("two")}
		changed()
		if ids(k) != "two" || len(k.State().Faults) > 0 {
			t.Errorf("after the repair it holds %q, %+v", ids(k), k.State())
		}
	})
}

func TestDraftsAreNotShown(t *testing.T) {
	draft := briefing("draft")
	draft.Status = content.Draft
	k, err := shelf.Open(t.Context(), options(t, &editor{briefings: []*content.Briefing{briefing("one"), draft}}))
	if err != nil {
		t.Fatal(err)
	}
	if ids(k) != "one" {
		t.Errorf("holds %q", ids(k))
	}
}

func TestEmbargoesEndByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soon, later := briefing("soon"), briefing("later")
		soon.PublishAt = time.Now().Add(90 * time.Second)
		later.PublishAt = time.Now().Add(48 * time.Hour)
		e := &editor{briefings: []*content.Briefing{briefing("one"), soon, later}}
		k, _ := keep(t, e)
		steps := []struct {
			wait time.Duration
			want string
		}{
			{0, "one"},
			{90*time.Second - time.Millisecond, "one"},
			{time.Millisecond, "one soon"},
			{24 * time.Hour, "one soon"},
			{24 * time.Hour, "later one soon"},
		}
		for _, step := range steps {
			time.Sleep(step.wait)
			synctest.Wait()
			if ids(k) != step.want {
				t.Errorf("at %v it holds %q, want %q", time.Now(), ids(k), step.want)
			}
		}
		if e.loads != 1 {
			t.Errorf("content was read %d times", e.loads)
		}
		if got := k.State(); got.Briefings != 3 {
			t.Errorf("the state says %+v", got)
		}
	})
}

// A machine that slept wakes with a clock that has gone on without its
// timers.
func TestEmbargoesEndAfterTheClockJumped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := briefing("late")
		late.PublishAt = time.Now().Add(8 * time.Hour)
		var jumped atomic.Int64
		o := options(t, &editor{briefings: []*content.Briefing{briefing("one"), late}})
		o.Now = func() time.Time { return time.Now().Add(time.Duration(jumped.Load())) }
		k, err := shelf.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		go k.Run(t.Context(), nil)
		synctest.Wait()
		jumped.Store(int64(8 * time.Hour))
		time.Sleep(time.Minute)
		synctest.Wait()
		if ids(k) != "late one" {
			t.Errorf("a minute after the jump it holds %q", ids(k))
		}
	})
}
