package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"briefbot/adapters/discord/rest"
	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/content"
)

// The bounds of posting a message once.
const (
	// nonceTime is how long Discord certainly remembers a nonce. It says "the
	// past few minutes".
	// https://discord.com/developers/docs/resources/message#create-message
	nonceTime = 2 * time.Minute
	postTime  = 20 * time.Second // that a request should have left of it

	historyPage  = 100
	historyPages = 10          // that are searched for a message
	clockSkew    = time.Minute // by which the clocks here and at Discord may differ
	foundAge     = 2 * time.Second

	maxThreadName = 100 // https://discord.com/developers/docs/resources/channel#start-thread-from-message
)

// SenderOptions are what a Sender needs. All but PublicURL are required.
type SenderOptions struct {
	Router *bot.Router // commands and phrases
	REST   *rest.Client
	Log    *slog.Logger
	Now    func() time.Time

	PublicURL string // before the paths of pages; "" for no links
}

// Sender posts on Discord what nobody has asked for. A Place's Thread is the
// id of a thread, which is that of the post that it hangs on.
//
// Discord itself keeps a message from being posted twice, by its nonce, for a
// few minutes. After that it is looked for in the history of the channel: the
// id of its outermost component, which Discord keeps as it is given, says
// which message it is.
// https://discord.com/developers/docs/components/reference#anatomy-of-a-component
type Sender struct {
	SenderOptions
	render renderer
	self   atomic.Value // string: the bot's user id, once it is known
}

var _ bot.Sender = (*Sender)(nil)

// NewSender prepares a sender; it asks Discord for nothing yet.
func NewSender(o SenderOptions) (*Sender, error) {
	if o.Router == nil || o.REST == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("discord: Router, REST, Log and Now are required")
	}
	return &Sender{SenderOptions: o, render: newRenderer(o.Router, o.PublicURL)}, nil
}

// Pages implements bot.Sender.
func (s *Sender) Pages(m bot.Message, lang content.Lang) []bot.Page {
	return s.render.pages(bot.Reply{Message: m, Lang: lang}, rendering{})
}

// Send implements bot.Sender.
func (s *Sender) Send(ctx context.Context, to bot.Place, p bot.Page, k bot.Key) (bot.Post, error) {
	if to.Thread == "" {
		return s.post(ctx, to.Channel, p, k)
	}
	post, err := s.post(ctx, to.Thread, p, k)
	if !isClosed(err) {
		post.Thread = to.Thread
		return post, err
	}
	s.Log.InfoContext(ctx, "a thread takes no messages; what belongs there goes into its channel", "server", to.Workspace, "err", err)
	again := errors.Is(err, bot.ErrMaybePosted) // into the thread, when it was open
	post, err = s.post(ctx, to.Channel, p, k)
	post.Again = post.Again || again && err == nil && !post.Found
	return post, err
}

// isClosed reports whether an error says that a thread takes no messages of
// the bot's. It may have been deleted.
func isClosed(err error) bool {
	switch rest.CodeOf(err) {
	case rest.CodeThreadArchived, rest.CodeThreadLocked, rest.CodeUnknownChannel, rest.CodeMissingAccess, rest.CodeMissingPermissions:
		return true
	}
	return false
}

// post posts a page in a channel or thread.
func (s *Sender) post(ctx context.Context, channel string, p bot.Page, k bot.Key) (bot.Post, error) {
	body, err := s.body(p)
	if err != nil {
		return bot.Post{}, err
	}
	body.Components[0].ID = mark(k.ID)
	body.Nonce, body.EnforceNonce = k.ID, true
	maybe, unseen := !k.TriedAt.IsZero(), false
	if remembered := k.TriedAt.Add(nonceTime).Sub(s.Now()); maybe && remembered >= postTime {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, remembered)
		defer cancel()
	} else if maybe {
		id, err := s.find(ctx, channel, k)
		switch {
		case id != "":
			return bot.Post{ID: id, Found: true}, nil
		case err == nil:
			maybe = false
		case errors.Is(err, errNotShown) || isRefusal(err):
			unseen = true
		default:
			return bot.Post{}, bot.MaybePosted(err)
		}
	}
	posted, err := s.REST.CreateMessage(ctx, channel, body)
	if err != nil {
		if maybe || errors.Is(err, rest.ErrUnknownOutcome) {
			err = bot.MaybePosted(err)
		}
		return bot.Post{}, err
	}
	found := maybe && s.age(posted.ID) > foundAge
	return bot.Post{ID: posted.ID, Found: found, Again: unseen && !found}, nil
}

// body writes a page as a message.
func (s *Sender) body(p bot.Page) (outgoing, error) {
	card := s.render.card(bot.Reply{Lang: p.Lang}, p, rendering{})
	if !fits(card) {
		return outgoing{}, &bot.Error{Kind: bot.Invalid, Message: "The message is longer than Discord takes; make it shorter."}
	}
	return newMessage(card, false), nil
}

// mark is the id of the outermost component of a message: beyond any that
// Discord chooses, and within its 32 bits.
func mark(key string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	const least = 1 << 30
	return least | int(h.Sum32()%least)
}

func marked(m rest.Message, with int) bool {
	var outermost []struct {
		ID int `json:"id"`
	}
	return json.Unmarshal(m.Components, &outermost) == nil && len(outermost) == 1 && outermost[0].ID == with
}

// errNotShown says that the history of a channel does not show all that it
// would have to.
var errNotShown = errors.New("the history of the channel is not shown")

// find looks for a message in the history of its channel. It returns "" where
// it does not stand there.
func (s *Sender) find(ctx context.Context, channel string, k bot.Key) (id string, err error) {
	self, err := s.identity(ctx)
	if err != nil {
		return "", err
	}
	since := snowflake(k.TriedAt.Add(-clockSkew))
	after := since
	for range historyPages {
		all, err := s.REST.Messages(ctx, channel, rest.MessagesQuery{After: after, Limit: historyPage})
		if err != nil {
			return "", err
		}
		for _, m := range all {
			if m.Author.ID == self && marked(m, mark(k.ID)) {
				return m.ID, nil
			}
		}
		switch {
		case len(all) == 0 && after == since:
			return "", s.isQuiet(ctx, channel, since)
		case len(all) < historyPage:
			return "", nil
		}
		after = all[0].ID // the newest
	}
	return "", errNotShown
}

// isQuiet returns nil where nothing was posted in a channel since a message.
// Of a history that the bot may not read Discord shows an empty one.
func (s *Sender) isQuiet(ctx context.Context, channel, since string) error {
	c, err := s.REST.Channel(ctx, channel)
	if err == nil && number(c.Last) > number(since) {
		err = errNotShown
	}
	return err
}

// identity returns the bot's user id.
func (s *Sender) identity(ctx context.Context) (string, error) {
	if self, ok := s.self.Load().(string); ok {
		return self, nil
	}
	me, err := s.REST.Me(ctx)
	if err == nil {
		s.self.Store(me.ID)
	}
	return me.ID, err
}

// Snowflakes hold the time since 2015 in milliseconds, and 22 bits.
// https://discord.com/developers/docs/reference#snowflakes
const (
	snowflakeEpoch = 1420070400000
	snowflakeBits  = 22
)

// snowflake returns an id before those of what is made at a time or later.
func snowflake(t time.Time) string {
	return strconv.FormatInt(max(t.UnixMilli()-snowflakeEpoch, 0)<<snowflakeBits, 10)
}

func number(id string) uint64 {
	n, _ := strconv.ParseUint(id, 10, 64)
	return n
}

// age is how old a message was when Discord answered last, to a second.
func (s *Sender) age(id string) time.Duration {
	posted := time.UnixMilli(int64(number(id)>>snowflakeBits) + snowflakeEpoch)
	return s.REST.Clock().Server.Sub(posted)
}

// Edit implements bot.Sender.
func (s *Sender) Edit(ctx context.Context, to bot.Place, post string, p bot.Page) error {
	body, err := s.body(p)
	if err != nil {
		return err
	}
	_, err = s.REST.EditMessage(ctx, cmp.Or(to.Thread, to.Channel), post, body)
	return err
}

// Below implements bot.Sender. There is no thread in a direct conversation, in
// another thread, and where the bot may not open one.
func (s *Sender) Below(ctx context.Context, to bot.Place, post, name string) (bot.Place, error) {
	if to.Workspace == "" || to.Thread != "" {
		return to, nil
	}
	name = cmp.Or(fit.Cut(oneLine(bot.Printable(name)), maxThreadName, count), "…")
	thread, err := s.REST.CreateThread(ctx, to.Channel, post, name)
	switch rest.CodeOf(err) {
	case rest.CodeThreadExists:
		to.Thread = post
		return to, nil
	case rest.CodeMissingPermissions, rest.CodeMissingAccess, rest.CodeNoThreadsHere, rest.CodeTooManyThreads, rest.CodeTooManyNewsThreads, rest.CodeUnknownMessage:
		s.Log.InfoContext(ctx, "there can be no thread; what belongs there goes into the channel", "server", to.Workspace, "err", err)
		return to, nil
	}
	to.Thread = thread.ID
	return to, err
}

// Tell implements bot.Sender.
func (s *Sender) Tell(ctx context.Context, to bot.Place, m bot.Message, lang content.Lang, k bot.Key) error {
	direct, err := s.REST.OpenDirect(ctx, to.User)
	if err != nil {
		return err
	}
	for i, p := range s.Pages(m, lang) {
		if _, err := s.post(ctx, direct.ID, p, bot.Key{ID: keyOf(k.ID, i), TriedAt: k.TriedAt}); err != nil {
			return err
		}
	}
	return nil
}

// keyOf returns the key of a page of a message that has one key.
func keyOf(key string, page int) string {
	if page == 0 {
		return key
	}
	suffix := "p" + strconv.Itoa(page)
	return key[:min(len(key), bot.MaxKeyID-len(suffix))] + suffix
}
