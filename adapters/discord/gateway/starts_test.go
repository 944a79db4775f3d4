package gateway

import (
	"testing"
	"time"
)

func TestWaitDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		failures int
		jitter   float64
		want     time.Duration
	}{
		{0, 1, 0},
		{1, 1, time.Second},
		{1, 0, time.Second / 2},
		{2, 1, 2 * time.Second},
		{5, 1, 16 * time.Second},
		{7, 1, time.Minute},
		{7, 0, time.Minute / 2},
		{1 << 30, 1, time.Minute},
	} {
		o := Options{Jitter: func() float64 { return test.jitter }, Bounds: Bounds{Backoff: time.Second, MaxBackoff: time.Minute}}
		if got := o.backoff(test.failures); got != test.want {
			t.Errorf("after %d failures with jitter %v: %v, want %v", test.failures, test.jitter, got, test.want)
		}
	}
}

func TestWaitAfterAnInvalidSession(t *testing.T) {
	t.Parallel()
	for jitter, want := range map[float64]time.Duration{0: time.Second, 0.5: 3 * time.Second, 1: 5 * time.Second} {
		s := &shard{gateway: &Gateway{options: Options{Jitter: func() float64 { return jitter }, Bounds: Bounds{}.withDefaults()}}}
		if got := s.pause(outcome{ending: ending{reason: invalid}}, 0); got != want {
			t.Errorf("jitter %v: %v, want %v", jitter, got, want)
		}
	}
}
