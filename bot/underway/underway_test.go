package underway_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/underway"
)

func TestEndWaitsForWhatWasBegunAndWhatFollowsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := underway.New()
		if !g.Enter() {
			t.Fatal("nothing can begin")
		}
		finished := false
		go func() {
			time.Sleep(time.Second)
			g.Go(func(ctx context.Context) {
				time.Sleep(time.Second)
				finished = ctx.Err() == nil
			})
			g.Leave()
		}()
		if n := g.Count(); n != 1 {
			t.Errorf("%d are under way", n)
		}
		start := time.Now()
		g.End(time.Minute)
		if took := time.Since(start); !finished || took != 2*time.Second {
			t.Errorf("finished: %v, after %v", finished, took)
		}
		if n := g.Count(); n != 0 {
			t.Errorf("%d are under way after the end", n)
		}
		if g.Enter() {
			t.Error("something begins after the end")
		}
	})
}

func TestEndHasWhatTakesTooLongStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := underway.New()
		g.Enter()
		g.Go(func(ctx context.Context) { <-ctx.Done() })
		g.Leave()
		start := time.Now()
		g.End(10 * time.Second)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("it waited %v", took)
		}
	})
}
