package ratelimit

import (
	"strconv"
	"testing"
	"time"
)

func TestEachClientHasAnAllowanceOfItsOwn(t *testing.T) {
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	l := New(Limit{PerMinute: 6, Burst: 2})
	for range 2 {
		if wait := l.Take("a", now); wait != 0 {
			t.Fatalf("a has to wait %v within its burst", wait)
		}
	}
	if wait := l.Take("a", now); wait != 10*time.Second {
		t.Errorf("a has to wait %v, want 10s", wait)
	}
	if wait := l.Take("b", now); wait != 0 {
		t.Errorf("b has to wait %v for what a did", wait)
	}
	if wait := l.Take("a", now.Add(10*time.Second)); wait != 0 {
		t.Errorf("a has to wait %v after it waited: a refused request counted", wait)
	}
}

func TestNoLimitRefusesNobody(t *testing.T) {
	l := New(Limit{})
	for range 1000 {
		if wait := l.Take("a", time.Time{}); wait != 0 {
			t.Fatalf("refused for %v", wait)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	l := New(Limit{PerMinute: 1})
	for i := range clientsKept + 100 {
		l.Take(strconv.Itoa(i), now)
	}
	if len(l.byClient) != clientsKept || l.order.Len() != clientsKept {
		t.Errorf("%d and %d clients are kept, want %d", len(l.byClient), l.order.Len(), clientsKept)
	}
	if wait := l.Take("0", now); wait != 0 {
		t.Error("the longest unused client did not start anew")
	}
	if wait := l.Take(strconv.Itoa(clientsKept+99), now); wait == 0 {
		t.Error("a client that was just seen started anew")
	}
}
