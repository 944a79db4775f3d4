package slack

import (
	"context"
	"log/slog"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/slack/webapi"
)

// threadsKept bounds what is remembered of threads, some 100 bytes each.
const threadsKept = 20_000

// threads knows in which threads the bot has spoken. What it does not know it
// asks Slack once: after a restart a conversation goes on.
type threads struct {
	api    *webapi.Client
	log    *slog.Logger
	spoken *lru.Cache[string, bool]
}

func newThreads(api *webapi.Client, log *slog.Logger) (*threads, error) {
	spoken, err := lru.New[string, bool](threadsKept)
	return &threads{api: api, log: log, spoken: spoken}, err
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
	all, _, err := t.api.Thread(ctx, team, channel, thread, "")
	if err != nil {
		t.log.DebugContext(ctx, "a thread cannot be read", "err", err)
		if ctx.Err() != nil || !webapi.Permanent(err) {
			return false // asked again with the next message
		}
	}
	spoken := false
	for _, m := range all {
		spoken = spoken || self != "" && m.User == self
	}
	t.spoken.Add(key, spoken)
	return spoken
}
