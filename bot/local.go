package bot

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/content"
)

// The bounds of what a process remembers by itself.
const (
	localSeen        = 100_000 // ids, some 100 bytes each; the oldest go first
	localPreferences = 20_000  // users; the longest silent go first
)

// LocalSeen is a Seen of this process: other replicas know nothing of it.
type LocalSeen struct {
	now func() time.Time

	mu  sync.Mutex                    // looking and adding are one
	ids *lru.Cache[string, time.Time] // until when
}

// NewLocalSeen returns one that has seen nothing.
func NewLocalSeen(now func() time.Time) *LocalSeen {
	ids, _ := lru.New[string, time.Time](localSeen) // fails for a size below 1 only
	return &LocalSeen{now: now, ids: ids}
}

// First implements Seen.
func (s *LocalSeen) First(_ context.Context, id string, until time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, known := s.ids.Peek(id); known && s.now().Before(last) {
		return false, nil
	}
	s.ids.Add(id, until)
	return true, nil
}

// Forget implements Seen.
func (s *LocalSeen) Forget(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.ids.Peek(id)
	s.ids.Remove(id)
	return known && s.now().Before(last), nil
}

// LocalPreferences are Preferences of this process, for as long as it runs.
type LocalPreferences struct {
	langs *lru.Cache[user, content.Lang]
}

type user struct{ platform, id string }

// NewLocalPreferences returns none.
func NewLocalPreferences() *LocalPreferences {
	langs, _ := lru.New[user, content.Lang](localPreferences) // fails for a size below 1 only
	return &LocalPreferences{langs: langs}
}

// PreferredLang implements Preferences.
func (p *LocalPreferences) PreferredLang(_ context.Context, platform, id string) (content.Lang, error) {
	lang, _ := p.langs.Get(user{platform, id})
	return lang, nil
}

// PreferLang implements Preferences.
func (p *LocalPreferences) PreferLang(_ context.Context, platform, id string, lang content.Lang) error {
	switch {
	case lang == "":
		p.langs.Remove(user{platform, id})
	case lang.Valid():
		p.langs.Add(user{platform, id}, lang)
	default:
		return &Error{Kind: Invalid, Message: "A language that is chosen must be one of the briefings'."}
	}
	return nil
}
