package discord

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

// placesKept bounds what is remembered of channels, some 100 bytes each.
const placesKept = 20_000

// places knows which channels are threads and in which of them the bot has
// spoken. What it does not know it asks Discord once: after a restart a
// conversation goes on.
type places struct {
	rest     *rest.Client
	log      *slog.Logger
	channels *lru.Cache[string, channel]
	spoken   *lru.Cache[string, bool] // of threads
}

func newPlaces(client *rest.Client, log *slog.Logger) (*places, error) {
	channels, err := lru.New[string, channel](placesKept)
	if err != nil {
		return nil, err
	}
	spoken, err := lru.New[string, bool](placesKept)
	if err != nil {
		return nil, err
	}
	return &places{rest: client, log: log, channels: channels, spoken: spoken}, nil
}

// learn keeps what an event tells of its channel.
func (p *places) learn(c channel) {
	if c.ID != "" {
		p.channels.Add(c.ID, c)
	}
}

// speaks notes that the bot speaks in a thread.
func (p *places) speaks(thread string) { p.spoken.Add(thread, true) }

// channel returns a channel; of one that Discord does not show it is known
// that it is no thread to answer in.
func (p *places) channel(ctx context.Context, id string) channel {
	if c, ok := p.channels.Get(id); ok {
		return c
	}
	seen, err := p.rest.Channel(ctx, id)
	if err != nil {
		p.log.DebugContext(ctx, "a channel cannot be looked up", "err", err)
		if !isRefusal(err) {
			return channel{ID: id} // it may be shown the next time
		}
	}
	c := channel{ID: id, Type: seen.Type, ParentID: seen.ParentID}
	p.channels.Add(id, c)
	return c
}

// spokeIn reports whether the bot has spoken in a thread, or the thread hangs
// on one of its messages: then a thread has the id of that message.
func (p *places) spokeIn(ctx context.Context, thread channel, self string) bool {
	if spoken, ok := p.spoken.Get(thread.ID); ok {
		return spoken
	}
	spoken, err := p.wrote(ctx, thread.ParentID, thread.ID, self)
	if !spoken && (err == nil || isRefusal(err)) {
		spoken, err = p.wroteLately(ctx, thread.ID, self)
	}
	if err != nil {
		p.log.DebugContext(ctx, "a thread cannot be read", "err", err)
		if !isRefusal(err) {
			return false // it may be read the next time
		}
	}
	p.spoken.Add(thread.ID, spoken)
	return spoken
}

func (p *places) wrote(ctx context.Context, channel, message, self string) (bool, error) {
	if channel == "" {
		return false, nil
	}
	m, err := p.rest.Message(ctx, channel, message)
	return err == nil && m.Author.ID == self, err
}

func (p *places) wroteLately(ctx context.Context, channel, self string) (bool, error) {
	const latest = 50
	all, err := p.rest.Messages(ctx, channel, rest.MessagesQuery{Limit: latest})
	return slices.ContainsFunc(all, func(m rest.Message) bool { return m.Author.ID == self }), err
}

// isRefusal reports whether Discord has answered that it does not show
// something; after other errors it may do so the next time.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*bot.Error](err)
	return ok && (e.Kind == bot.Denied || e.Kind == bot.NotFound)
}
