package bot

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"briefbot/content/search"
)

// Memory remembers the last answers of a conversation, for follow-ups. It
// holds questions and references, never who asked.
type Memory interface {
	// Turns returns what was remembered, the oldest first.
	Turns(ctx context.Context, conversation string, now time.Time) ([]search.Turn, error)
	Remember(ctx context.Context, conversation string, turn search.Turn, now time.Time) error
}

// The bounds of a Memory. Every implementation has one more, on its
// conversations: where there are too many, the longest unused goes first.
const (
	TurnsKept = 4                // of one conversation
	MemoryAge = 30 * time.Minute // since its last answer
)

const conversationsKept = 10_000 // of a LocalMemory

// LocalMemory is a Memory of this process, bounded in size and age.
type LocalMemory struct {
	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // of *conversation, the longest unused first
}

type conversation struct {
	key   string
	turns []search.Turn
	used  time.Time
}

// NewLocalMemory returns an empty memory.
func NewLocalMemory() *LocalMemory {
	return &LocalMemory{byKey: map[string]*list.Element{}, order: list.New()}
}

// Turns implements Memory.
func (m *LocalMemory) Turns(_ context.Context, key string, now time.Time) ([]search.Turn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	el, ok := m.byKey[key]
	if !ok {
		return nil, nil
	}
	c := el.Value.(*conversation)
	if now.Sub(c.used) > MemoryAge {
		m.forget(el)
		return nil, nil
	}
	return slices.Clone(c.turns), nil
}

// Remember implements Memory.
func (m *LocalMemory) Remember(_ context.Context, key string, turn search.Turn, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	el, ok := m.byKey[key]
	if !ok {
		el = m.order.PushBack(&conversation{key: key})
		m.byKey[key] = el
	}
	c := el.Value.(*conversation)
	if now.Sub(c.used) > MemoryAge {
		c.turns = nil
	}
	c.turns = append(c.turns, turn)
	if extra := len(c.turns) - TurnsKept; extra > 0 {
		c.turns = slices.Delete(c.turns, 0, extra)
	}
	c.used = now
	m.order.MoveToBack(el)
	if m.order.Len() > conversationsKept {
		m.forget(m.order.Front())
	}
	return nil
}

func (m *LocalMemory) forget(el *list.Element) {
	delete(m.byKey, el.Value.(*conversation).key)
	m.order.Remove(el)
}
