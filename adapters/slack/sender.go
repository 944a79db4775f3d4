package slack

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/content"
)

// historyPatience is how long a message may wait for a history that is rate
// limited, before it is posted without a look.
const historyPatience = 10 * time.Minute

// SenderOptions are what a Sender needs. All but PublicURL are required.
type SenderOptions struct {
	Router *bot.Router // commands and phrases
	API    *webapi.Client
	Log    *slog.Logger
	Now    func() time.Time

	PublicURL string // before the paths of pages; "" for no links
}

// Sender posts on Slack what nobody has asked for. A Place's Thread is the
// time stamp of the post that it hangs on.
//
// Slack knows no key that keeps a message from being posted twice. Each
// carries its own as metadata, by which it is looked for in the history after
// an outcome that is not known.
type Sender struct {
	SenderOptions
	render renderer
}

var _ bot.Sender = (*Sender)(nil)

// NewSender prepares a sender; it asks Slack for nothing yet.
func NewSender(o SenderOptions) (*Sender, error) {
	if o.Router == nil || o.API == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("slack: Router, API, Log and Now are required")
	}
	return &Sender{SenderOptions: o, render: newRenderer(o.Router, o.PublicURL, false)}, nil
}

// Pages implements bot.Sender.
func (s *Sender) Pages(m bot.Message, lang content.Lang) []bot.Page {
	return s.render.pages(bot.Reply{Message: m, Lang: lang}, rendering{})
}

// Send implements bot.Sender.
func (s *Sender) Send(ctx context.Context, to bot.Place, p bot.Page, k bot.Key) (bot.Post, error) {
	post, err := s.post(ctx, to, p, k)
	if to.Thread == "" || !isClosed(err) {
		return post, err
	}
	s.Log.InfoContext(ctx, "a thread takes no messages; what belongs there goes into its channel", "team", to.Workspace, "channel", to.Channel, "err", err)
	again := errors.Is(err, bot.ErrMaybePosted) // into the thread, when it was open
	to.Thread = ""
	post, err = s.post(ctx, to, p, k)
	post.Again = post.Again || again && err == nil && !post.Found
	return post, err
}

// isClosed reports whether an error says that a thread takes no messages. It
// may have been deleted.
func isClosed(err error) bool {
	switch webapi.CodeOf(err) {
	case "thread_not_found", "invalid_thread_ts", "restricted_action_thread_locked", "restricted_action_non_threadable_channel":
		return true
	}
	return false
}

// post posts a page, in the thread of its place where there is one.
func (s *Sender) post(ctx context.Context, to bot.Place, p bot.Page, k bot.Key) (bot.Post, error) {
	m, err := s.message(to, p)
	if err != nil {
		return bot.Post{}, err
	}
	m.Metadata = &webapi.Metadata{Type: webapi.MetadataType, Payload: webapi.Payload{ID: k.ID}}
	maybe, unseen := !k.TriedAt.IsZero(), false
	if maybe {
		found, err := s.API.Find(ctx, to.Workspace, m, k.TriedAt)
		switch {
		case found.TS != "":
			return bot.Post{ID: found.TS, Thread: to.Thread, Found: true}, nil
		case err == nil:
			maybe = false
		case s.shownLater(err, k):
			return bot.Post{}, bot.MaybePosted(meaning(err))
		default:
			unseen = true
		}
	}
	posted, err := s.API.PostMessage(ctx, to.Workspace, m)
	if err != nil {
		unknown := webapi.OutcomeOf(err) == webapi.Unknown
		if err = meaning(err); maybe || unknown {
			err = bot.MaybePosted(err)
		}
		return bot.Post{}, err
	}
	return bot.Post{ID: posted.TS, Thread: to.Thread, Found: posted.Found, Again: unseen}, nil
}

// shownLater reports whether the history that could not be read is to be
// waited for.
func (s *Sender) shownLater(err error, k bot.Key) bool {
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		return false // too much was said since
	}
	switch e.Kind {
	case bot.Unavailable:
		return true
	case bot.RateLimited:
		return s.Now().Sub(k.TriedAt) < historyPatience
	case bot.Denied, bot.NotFound, bot.Invalid:
	}
	return false
}

// message writes a page as a message for its place.
func (s *Sender) message(to bot.Place, p bot.Page) (webapi.Message, error) {
	m := s.render.message(bot.Reply{Lang: p.Lang}, p, rendering{})
	if !fits(m.blocks) {
		return webapi.Message{}, &bot.Error{Kind: bot.Invalid, Message: "The message is longer than Slack takes; make it shorter."}
	}
	return webapi.Message{Channel: to.Channel, Thread: to.Thread, Text: m.text, Blocks: m.blocks}, nil
}

// meaning returns an error as a bot.Sender tells it. A token that is merely
// wrong is the operator's to correct: it passes.
func meaning(err error) error {
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		return err
	}
	told := *e
	_, ofSlack := errors.AsType[*webapi.Error](err)
	switch code := webapi.CodeOf(err); {
	case code == "is_archived":
		told.Kind = bot.NotFound
	case code == "account_inactive", code == "token_revoked", code == "team_access_not_granted",
		!ofSlack && e.Kind == bot.NotFound: // no token is kept: the bot was uninstalled
		told.Kind, told.Err = bot.Denied, errors.Join(bot.ErrRevoked, e.Err)
	case webapi.Gone(err):
		told.Kind = bot.Unavailable
	default:
		return err
	}
	return &told
}

// Edit implements bot.Sender.
func (s *Sender) Edit(ctx context.Context, to bot.Place, post string, p bot.Page) error {
	m, err := s.message(to, p)
	if err != nil {
		return err
	}
	return meaning(s.API.Update(ctx, to.Workspace, post, m))
}

// Below implements bot.Sender. Slack opens a thread with the first message in
// it; its name is that message's.
func (s *Sender) Below(_ context.Context, to bot.Place, post, _ string) (bot.Place, error) {
	if to.Thread == "" {
		to.Thread = post
	}
	return to, nil
}

// Tell implements bot.Sender. A user's id stands for the conversation with
// them. Its history cannot be read by that id.
// https://docs.slack.dev/reference/methods/chat.postMessage#channels
func (s *Sender) Tell(ctx context.Context, to bot.Place, m bot.Message, lang content.Lang, k bot.Key) error {
	to.Channel, to.Thread = to.User, ""
	for i, p := range s.Pages(m, lang) {
		key := bot.Key{ID: k.ID + ":" + strconv.Itoa(i), TriedAt: k.TriedAt}
		if _, err := s.post(ctx, to, p, key); err != nil {
			return err
		}
	}
	return nil
}
