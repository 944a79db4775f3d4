package webapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"briefbot/bot"
)

// MetadataType names the metadata by which messages of this program are found.
const MetadataType = "briefbot_post"

var errAddress = errors.New("the address is not one of Slack's")

// The bounds of looking for a message.
const (
	lately    = 2 * time.Minute
	looks     = 3           // before a message counts as not posted
	lookFirst = time.Second // before the first look; doubled before each that follows
	lookPages = 4           // of a history, of 15 messages each
	skew      = time.Minute // by which the clocks here and at Slack may differ
)

// PostMessage posts a message. With a Metadata.Payload.ID, which is to be the
// same whenever the same message is posted, an outcome that is not known is
// looked up: where the message stands, that is the Post; where it does not it
// is posted once more; where nobody can tell, OutcomeOf the error is Unknown.
// https://docs.slack.dev/reference/methods/chat.postMessage
func (c *Client) PostMessage(ctx context.Context, team string, m Message) (Post, error) {
	if m.Channel == "" || m.Text == "" {
		return Post{}, unusable(postMethod, "a message without a channel or a text")
	}
	since := c.now()
	for tried := 1; ; tried++ {
		var posted Post
		_, err := c.do(ctx, call{team: team, method: postMethod, channel: m.Channel, body: m}, &posted)
		if err == nil || OutcomeOf(err) != Unknown || m.Metadata == nil {
			return posted, err
		}
		found, lookErr := c.find(ctx, team, m, since)
		switch {
		case lookErr != nil:
			return Post{}, err // it may stand there
		case found.TS != "":
			return found, nil
		case tried >= c.attempts:
			return Post{}, settled(err, NotPosted)
		}
		c.log.InfoContext(ctx, "a message that was not posted is posted again", "team", team, "channel", Loggable(m.Channel))
	}
}

// Find looks for a message that was posted since a time, by its metadata. The
// Post is zero where the history holds none. What was posted lately may be on
// its way still, cut off where another process has ended: it is looked for
// several times. An error that is no *bot.Error says that more was said since
// than is read.
func (c *Client) Find(ctx context.Context, team string, m Message, since time.Time) (Post, error) {
	if m.Metadata == nil {
		return Post{}, unusable("conversations.history", "a message without metadata cannot be found")
	}
	if c.now().Sub(since) < lately {
		return c.find(ctx, team, m, since)
	}
	return c.look(ctx, team, m, since)
}

// find looks several times: what is on its way arrives a little later.
func (c *Client) find(ctx context.Context, team string, m Message, since time.Time) (Post, error) {
	for n := range looks {
		if err := c.sleep(ctx, lookFirst<<n, c.maxWait); err != nil {
			return Post{}, err
		}
		found, err := c.look(ctx, team, m, since)
		if err != nil || found.TS != "" {
			return found, err
		}
	}
	return Post{}, nil
}

var errMoreMessages = errors.New("more was said since than is read of a history")

// look reads a history as far as its bound: a channel from the latest message
// back, a thread from the first one on.
func (c *Client) look(ctx context.Context, team string, m Message, since time.Time) (Post, error) {
	method, form := "conversations.history", url.Values{"channel": {m.Channel}}
	oldest := timestamp(since.Add(-skew))
	if m.Thread != "" {
		method = "conversations.replies"
		form.Set("ts", m.Thread)
	}
	for range lookPages {
		all, more, err := c.read(ctx, team, method, form, oldest)
		if err != nil {
			return Post{}, err
		}
		for _, shown := range all {
			if shown.Metadata != nil && *shown.Metadata == *m.Metadata {
				return Post{Channel: m.Channel, TS: shown.TS, Found: true}, nil
			}
		}
		if !more {
			return Post{}, nil
		}
		if len(all) == 0 {
			break
		}
		if last := all[len(all)-1].TS; m.Thread != "" {
			oldest = last
		} else {
			form.Set("latest", last)
		}
	}
	return Post{}, errMoreMessages
}

// timestamp writes a time as Slack names messages.
func timestamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/int(time.Microsecond))
}

// settled returns the error with what has become known.
func settled(err error, outcome Outcome) error {
	shown, ok := errors.AsType[*bot.Error](err)
	e, ok2 := errors.AsType[*Error](err)
	if !ok || !ok2 {
		return err
	}
	known, again := *e, *shown
	known.Outcome = outcome
	again.Err = &known
	return &again
}

// Loggable returns a channel as logs may hold it: a direct conversation stands
// for a person, and is not named.
func Loggable(channel string) string {
	if channel == "" || strings.ContainsRune("DUW", rune(channel[0])) {
		return "direct"
	}
	return channel
}
