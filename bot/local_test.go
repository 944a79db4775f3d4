package bot_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
)

func TestLocalSeen(t *testing.T) {
	bottest.Seen(t, func(*testing.T) bot.Seen { return bot.NewLocalSeen(bottest.Now) })
}

func TestLocalSeenIsBoundedAndToldOfOneByOne(t *testing.T) {
	s, until := bot.NewLocalSeen(bottest.Now), bottest.Now().Add(time.Hour)
	var firsts atomic.Int64
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			if first, _ := s.First(t.Context(), "one", until); first {
				firsts.Add(1)
			}
		})
	}
	callers.Wait()
	if firsts.Load() != 1 {
		t.Errorf("%d callers are the first", firsts.Load())
	}
	for i := range 100_000 {
		_, _ = s.First(t.Context(), strconv.Itoa(i), until)
	}
	if first, _ := s.First(t.Context(), "one", until); !first {
		t.Error("the oldest id is still known")
	}
}

func TestLocalPreferences(t *testing.T) {
	bottest.Preferences(t, bot.NewLocalPreferences())
}
