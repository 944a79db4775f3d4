package bottest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/content"
	"briefbot/content/search"
)

// MemoryCase is a bot.Memory to be put through Memory.
type MemoryCase struct {
	// Open returns a new, empty memory.
	Open func(t *testing.T) bot.Memory
	// Conversations is how many it keeps.
	Conversations int
	// Settle, if there is one, is called before Memory looks whether
	// Conversations is kept to.
	Settle func(ctx context.Context, m bot.Memory, now time.Time) error
	// Long runs as many steps as are right for a memory that costs nothing.
	Long bool
}

// Memory proves that a bot.Memory keeps what it should, for as long as it
// should, and no more.
func Memory(t *testing.T, c MemoryCase) {
	t.Run("keeps the last turns of each conversation", func(t *testing.T) { keepsLastTurns(t, c) })
	t.Run("keeps all of a turn", func(t *testing.T) { keepsAllOfATurn(t, c) })
	t.Run("forgets a conversation when its time is over", func(t *testing.T) { forgetsOldConversations(t, c) })
	t.Run("forgets the longest unused conversation", func(t *testing.T) { forgetsLongestUnused(t, c) })
	t.Run("gives out copies", func(t *testing.T) { givesOutCopies(t, c) })
	t.Run("is safe for concurrent use", func(t *testing.T) { remembersConcurrently(t, c) })
}

// keepsLastTurns compares the memory with the plainest one that could be: a
// slice a conversation.
func keepsLastTurns(t *testing.T, c MemoryCase) {
	seeds, steps := uint64(2), 300
	if c.Long {
		seeds, steps = 50, 400
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 0))
		memory := c.Open(t)
		now := Now()
		type plain struct {
			turns []search.Turn
			used  time.Time
		}
		model := map[string]plain{}
		for step := range steps {
			now = now.Add(time.Duration(random.IntN(12)) * time.Minute)
			key := fmt.Sprint("conversation ", random.IntN(5))
			known := model[key]
			if now.Sub(known.used) > bot.MemoryAge {
				known.turns = nil
			}
			if random.IntN(2) == 0 {
				turn := search.Turn{Question: fmt.Sprint(step), Ref: content.Ref{Briefing: "b", Entry: key}}
				remember(t, memory, key, turn, now)
				known.turns = append(slices.Clone(known.turns), turn)
				known.turns = known.turns[max(0, len(known.turns)-bot.TurnsKept):]
				known.used = now
				model[key] = known
				continue
			}
			if got := turns(t, memory, key, now); !slices.Equal(got, known.turns) {
				t.Fatalf("seed %d, step %d: %s remembers %v, want %v", seed, step, key, got, known.turns)
			}
		}
	}
}

func keepsAllOfATurn(t *testing.T, c MemoryCase) {
	memory := c.Open(t)
	want := search.Turn{
		Question: "第三点是什么？ \"it's\" \\ <b> 🏳️‍🌈 $1 ?1 %s", Ref: content.Ref{Briefing: "harbour-forum-2031", Entry: "pledges"},
		Item: 3, Slot: content.HowMany,
	}
	key := "slack\x1fT1\x1fC1\x1f1718.000100'; DROP TABLE conversation"
	remember(t, memory, key, want, Now())
	if got := turns(t, memory, key, Now()); !slices.Equal(got, []search.Turn{want}) {
		t.Errorf("remembers %+v, want %+v", got, want)
	}
	if got := turns(t, memory, key+" ", Now()); len(got) > 0 {
		t.Errorf("another conversation remembers %+v", got)
	}
}

func forgetsOldConversations(t *testing.T, c MemoryCase) {
	memory := c.Open(t)
	first, second := search.Turn{Question: "first"}, search.Turn{Question: "second"}
	remember(t, memory, "key", first, Now())
	last := Now().Add(bot.MemoryAge)
	if got := turns(t, memory, "key", last); !slices.Equal(got, []search.Turn{first}) {
		t.Errorf("as its time ends it remembers %v, want %v", got, first)
	}
	if got := turns(t, memory, "key", last.Add(time.Second)); len(got) > 0 {
		t.Errorf("after its time it remembers %v", got)
	}
	// What a later answer finds is not brought back by it.
	remember(t, memory, "key", second, last.Add(time.Second))
	if got := turns(t, memory, "key", last.Add(time.Second)); !slices.Equal(got, []search.Turn{second}) {
		t.Errorf("begun anew it remembers %v, want %v", got, second)
	}
}

func forgetsLongestUnused(t *testing.T, c MemoryCase) {
	memory := c.Open(t)
	now := Now()
	use := func(key string) {
		now = now.Add(time.Millisecond)
		remember(t, memory, key, search.Turn{Question: key}, now)
	}
	for i := range c.Conversations {
		use(fmt.Sprint(i))
	}
	use("0") // used again: 1 is now the longest unused
	use("one more")
	if c.Settle != nil {
		if err := c.Settle(t.Context(), memory, now); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]bool{"0": true, "1": false, "2": true, "one more": true} {
		if got := len(turns(t, memory, key, now)) > 0; got != want {
			t.Errorf("conversation %s is known: %t, want %t", key, got, want)
		}
	}
}

func givesOutCopies(t *testing.T, c MemoryCase) {
	memory := c.Open(t)
	for _, question := range []string{"a", "b"} {
		remember(t, memory, "key", search.Turn{Question: question}, Now())
	}
	turns(t, memory, "key", Now())[0].Question = "changed"
	if turns(t, memory, "key", Now())[0].Question != "a" {
		t.Error("whoever reads the memory can change it")
	}
}

func remembersConcurrently(t *testing.T, c MemoryCase) {
	memory := c.Open(t)
	rounds := 20
	if c.Long {
		rounds = 200
	}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			own := fmt.Sprint("own ", worker)
			for i := range rounds {
				for key, question := range map[string]string{own: own, fmt.Sprint("shared ", i%7): "shared"} {
					if err := memory.Remember(t.Context(), key, search.Turn{Question: question}, Now()); err != nil {
						t.Errorf("%s is not remembered: %v", key, err)
						return
					}
				}
				known, err := memory.Turns(t.Context(), own, Now())
				if err != nil || len(known) != min(i+1, bot.TurnsKept) || slices.ContainsFunc(known, func(turn search.Turn) bool { return turn.Question != own }) {
					t.Errorf("%s remembers %v (%v)", own, known, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func remember(t *testing.T, m bot.Memory, key string, turn search.Turn, now time.Time) {
	t.Helper()
	if err := m.Remember(t.Context(), key, turn, now); err != nil {
		t.Fatal(err)
	}
}

func turns(t *testing.T, m bot.Memory, key string, now time.Time) []search.Turn {
	t.Helper()
	known, err := m.Turns(t.Context(), key, now)
	if err != nil {
		t.Fatal(err)
	}
	return known
}
