package slack

import (
	"context"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"briefbot/adapters/slack/webapi"
)

const (
	threadsKept = 20_000 // that are remembered, some 100 bytes each
	threadPages = 5      // of a thread, of 15 messages each, in which the bot is looked for

	// silentFor is how long it holds that the bot has not spoken in a thread:
	// another replica may speak there meanwhile.
	silentFor = 10 * time.Minute
)

// threads knows in which threads the bot has spoken, and who created channels.
// What it does not know it asks Slack, once for all messages of a thread that
// come at a time: after a restart a conversation goes on.
type threads struct {
	api      *webapi.Client
	log      *slog.Logger
	now      func() time.Time
	looks    singleflight.Group
	mu       sync.Mutex // guards writing; the cache guards itself
	spoken   *lru.Cache[string, speech]
	creators *lru.Cache[string, string]
}

// speech is what is known of one thread.
type speech struct {
	spoken bool
	at     time.Time // it was looked for
}

func newThreads(api *webapi.Client, log *slog.Logger, now func() time.Time) (*threads, error) {
	spoken, err := lru.New[string, speech](threadsKept)
	if err != nil {
		return nil, err
	}
	creators, err := lru.New[string, string](threadsKept)
	return &threads{api: api, log: log, now: now, spoken: spoken, creators: creators}, err
}

// creator returns the user who created a channel.
func (t *threads) creator(ctx context.Context, team, channel string) (string, error) {
	key := team + " " + channel
	if creator, ok := t.creators.Get(key); ok {
		return creator, nil
	}
	c, err := t.api.Channel(ctx, team, channel)
	if err == nil && c.Creator != "" {
		t.creators.Add(key, c.Creator) // it stays
	}
	return c.Creator, err
}

// speaks notes that the bot speaks in a thread.
func (t *threads) speaks(team, channel, thread string) {
	t.note(team+" "+channel+" "+thread, speech{spoken: true})
}

// note keeps what is known of a thread. That the bot was not found there says
// nothing where it has begun to speak meanwhile.
func (t *threads) note(key string, s speech) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, _ := t.spoken.Peek(key); s.spoken || !known.spoken {
		t.spoken.Add(key, s)
	}
}

// spokeIn reports whether the bot has spoken in a thread.
func (t *threads) spokeIn(ctx context.Context, team, channel, thread, self string) bool {
	key := team + " " + channel + " " + thread
	if known, ok := t.spoken.Get(key); ok && (known.spoken || t.now().Sub(known.at) < silentFor) {
		return known.spoken
	}
	spoken, _, _ := t.looks.Do(key, func() (any, error) { return t.lookUp(ctx, key, team, channel, thread, self), nil })
	return spoken == true
}

// lookUp asks Slack whether the bot has spoken in a thread, and keeps the
// answer. Where there is none the next message has it asked again.
func (t *threads) lookUp(ctx context.Context, key, team, channel, thread, self string) bool {
	begun := t.now()
	spoken, err := t.look(ctx, team, channel, thread, self)
	if err != nil {
		t.log.DebugContext(ctx, "a thread cannot be read", "err", err)
	}
	if err == nil || ctx.Err() == nil && webapi.Permanent(err) {
		t.note(key, speech{spoken: spoken, at: begun})
	}
	return spoken
}

// look reads a thread until the bot speaks, as far as its bound.
func (t *threads) look(ctx context.Context, team, channel, thread, self string) (bool, error) {
	oldest := ""
	for range threadPages {
		all, more, err := t.api.Thread(ctx, team, channel, thread, oldest)
		if err != nil {
			return false, err
		}
		for _, m := range all {
			if self != "" && m.User == self {
				return true, nil
			}
		}
		if !more || len(all) == 0 {
			break
		}
		oldest = all[len(all)-1].TS
	}
	return false, nil
}
