package bot_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
	"briefbot/content/search"
)

// The bounds that LocalMemory documents.
const (
	turnsKept = 4
	memoryAge = 30 * time.Minute
)

// TestMemoryKeepsTheLastTurnsOfEachConversation compares the memory with the
// plainest one that could be: a slice a conversation.
func TestMemoryKeepsTheLastTurnsOfEachConversation(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		memory := bot.NewLocalMemory()
		now := bottest.Now()
		type plain struct {
			turns []search.Turn
			used  time.Time
		}
		model := map[string]plain{}
		for step := range 400 {
			now = now.Add(time.Duration(random.IntN(12)) * time.Minute)
			key := fmt.Sprint("conversation ", random.IntN(5))
			known := model[key]
			if now.Sub(known.used) > memoryAge {
				known.turns = nil
			}
			if random.IntN(2) == 0 {
				turn := search.Turn{Question: fmt.Sprint(step), Ref: content.Ref{Briefing: "b", Entry: key}}
				if err := memory.Remember(t.Context(), key, turn, now); err != nil {
					t.Fatal(err)
				}
				known.turns = append(slices.Clone(known.turns), turn)
				known.turns = known.turns[max(0, len(known.turns)-turnsKept):]
				known.used = now
				model[key] = known
				continue
			}
			got, err := memory.Turns(t.Context(), key, now)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, known.turns) {
				t.Fatalf("seed %d, step %d: %s remembers %v, want %v", seed, step, key, got, known.turns)
			}
		}
	}
}

func TestMemoryForgetsTheLongestUnusedConversation(t *testing.T) {
	const kept = 10_000
	memory := bot.NewLocalMemory()
	now := bottest.Now()
	remember := func(key string) {
		now = now.Add(time.Millisecond)
		if err := memory.Remember(t.Context(), key, search.Turn{Question: key}, now); err != nil {
			t.Fatal(err)
		}
	}
	knows := func(key string) bool {
		turns, err := memory.Turns(t.Context(), key, now)
		if err != nil {
			t.Fatal(err)
		}
		return len(turns) > 0
	}
	for i := range kept {
		remember(fmt.Sprint(i))
	}
	remember("0") // used again: 1 is now the longest unused
	remember("one more")
	for key, want := range map[string]bool{"0": true, "1": false, "2": true, "one more": true} {
		if knows(key) != want {
			t.Errorf("conversation %s is known: %t, want %t", key, !want, want)
		}
	}
}

func TestMemoryGivesOutCopies(t *testing.T) {
	memory := bot.NewLocalMemory()
	for _, question := range []string{"a", "b"} {
		if err := memory.Remember(t.Context(), "key", search.Turn{Question: question}, bottest.Now()); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := memory.Turns(t.Context(), "key", bottest.Now())
	first[0].Question = "changed"
	second, _ := memory.Turns(t.Context(), "key", bottest.Now())
	if second[0].Question != "a" {
		t.Error("whoever reads the memory can change it")
	}
}

func TestMemoryIsSafeForConcurrentUse(t *testing.T) {
	memory := bot.NewLocalMemory()
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			own := fmt.Sprint("own ", worker)
			for i := range 200 {
				_ = memory.Remember(t.Context(), own, search.Turn{Question: own}, bottest.Now())
				_ = memory.Remember(t.Context(), fmt.Sprint("shared ", i%7), search.Turn{Question: "shared"}, bottest.Now())
				turns, err := memory.Turns(t.Context(), own, bottest.Now())
				if err != nil || len(turns) == 0 || slices.ContainsFunc(turns, func(turn search.Turn) bool { return turn.Question != own }) {
					t.Errorf("%s remembers %v (%v)", own, turns, err)
					return
				}
			}
		})
	}
	group.Wait()
}
