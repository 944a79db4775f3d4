package slack

import (
	"context"
	"log/slog"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/slack/webapi"
)

const (
	threadsKept = 20_000 // that are remembered, some 100 bytes each
	threadPages = 5      // of a thread, of 15 messages each, in which the bot is looked for
)

// threads knows in which threads the bot has spoken, and who created channels.
// What it does not know it asks Slack once: after a restart a conversation
// goes on.
type threads struct {
	api      *webapi.Client
	log      *slog.Logger
	spoken   *lru.Cache[string, bool]
	creators *lru.Cache[string, string]
}

func newThreads(api *webapi.Client, log *slog.Logger) (*threads, error) {
	spoken, err := lru.New[string, bool](threadsKept)
	if err != nil {
		return nil, err
	}
	creators, err := lru.New[string, string](threadsKept)
	return &threads{api: api, log: log, spoken: spoken, creators: creators}, err
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
	t.spoken.Add(team+" "+channel+" "+thread, true)
}

// spokeIn reports whether the bot has spoken in a thread.
func (t *threads) spokeIn(ctx context.Context, team, channel, thread, self string) bool {
	key := team + " " + channel + " " + thread
	if spoken, ok := t.spoken.Get(key); ok {
		return spoken
	}
	spoken, err := t.look(ctx, team, channel, thread, self)
	if err != nil {
		t.log.DebugContext(ctx, "a thread cannot be read", "err", err)
		if ctx.Err() != nil || !webapi.Permanent(err) {
			return false // asked again with the next message
		}
	}
	if spoken {
		t.speaks(team, channel, thread)
	} else {
		t.spoken.ContainsOrAdd(key, false) // it may speak by now
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
