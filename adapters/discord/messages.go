package discord

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/content/search"
)

// hear answers a message that is meant for the bot: one that mentions it,
// replies to one of its messages, stands in a direct message or in a thread
// that it has spoken in. Everything else passes in silence, and so does
// whatever programs write.
func (a *Adapter) hear(ctx context.Context, m message, self string) {
	if m.Author.Bot || m.WebhookID != "" || (m.Type != messageDefault && m.Type != messageReply) {
		return
	}
	text, called := withoutMention(m.Content, self)
	mentioned := called || slices.ContainsFunc(m.Mentions, func(u user) bool { return u.ID == self })
	replied := m.Referenced != nil && m.Referenced.Author.ID == self
	addressed := mentioned || replied || m.GuildID == ""
	if text == "" && !called {
		return // an attachment, or a text that Discord does not show us
	}
	in := channel{ID: m.ChannelID}
	if m.GuildID != "" {
		in = a.places.channel(ctx, m.ChannelID)
	}
	if !addressed && !a.joined(ctx, m, in, self) {
		return
	}
	if a.limiter.Take(m.Author.ID, a.Now()) > 0 {
		a.Log.DebugContext(ctx, "a user asks faster than the limit; the message is not answered")
		return
	}
	req := bot.Request{
		Text: text, Lang: cmp.Or(a.preferred(ctx, m.Author), a.Lang), // messages tell of no locale
		Place: a.conversation(ctx, m, in, replied), Asker: a.writerOf(m), Under: under(m, in, replied),
	}
	reply := a.Responder.Respond(ctx, req)
	a.prefer(ctx, m.Author, reply.Prefer)
	if !addressed && isChatter(text, reply) {
		return
	}
	if answersMessage(req.Place) && reply.Turn != nil {
		a.keep(ctx, usualPlace(m, in), []search.Turn{*reply.Turn}) // what is asked next without replying
	}
	a.reply(ctx, m, in, reply)
}

// under are messages of ours that a message may belong to: the one that it
// replies to, which may have been posted into a thread on behalf of the
// channel that the thread belongs to, and the one that its thread hangs on.
func under(m message, in channel, replied bool) []bot.Standing {
	var all []bot.Standing
	if replied {
		all = append(all, bot.Standing{Channel: m.ChannelID, Post: m.Referenced.ID})
	}
	if in.thread() {
		if replied {
			all = append(all, bot.Standing{Channel: in.ParentID, Post: m.Referenced.ID})
		}
		all = append(all, bot.Standing{Channel: in.ParentID, Post: in.ID})
	}
	return all
}

// joined reports whether a message stands in a thread that the bot takes part
// in: it has spoken there, or answered what the thread hangs on.
func (a *Adapter) joined(ctx context.Context, m message, in channel, self string) bool {
	return in.thread() && (a.places.spokeIn(ctx, in, self) || len(a.turns(ctx, startOf(usualPlace(m, in), in))) > 0)
}

// isChatter reports whether a message of a thread was hardly meant for the
// bot: it asks nothing, and the briefings hold nothing about it.
func isChatter(text string, reply bot.Reply) bool {
	asks := strings.ContainsAny(text, "?？")
	return !asks && (reply.Err != nil || reply.Answer != nil && reply.Answer.Status == search.Unknown)
}

// withoutMention takes the mention of the bot out of a text.
func withoutMention(text, self string) (rest string, mentioned bool) {
	rest = strings.NewReplacer("<@"+self+">", " ", "<@!"+self+">", " ").Replace(text)
	mentioned = rest != text
	return strings.TrimSpace(rest), mentioned
}

// conversation says what a message's follow-ups refer to. A reply to one of
// our messages refers to that message, whoever asked for it.
func (a *Adapter) conversation(ctx context.Context, m message, in channel, replied bool) bot.Place {
	p := usualPlace(m, in)
	if replied && a.recall(ctx, p, m.Referenced.ID, m.ID) {
		p.Thread = conversationMessage + m.ID
		return p
	}
	if in.thread() {
		a.recallStart(ctx, p, in)
	}
	return p
}

// usualPlace is the conversation of a message that replies to none of ours.
func usualPlace(m message, in channel) bot.Place {
	p := bot.Place{Platform: Platform, Workspace: m.GuildID, Channel: m.ChannelID, User: m.Author.ID}
	if in.thread() {
		p.Thread = conversationThread
	} else {
		p.Thread = conversationUser + m.Author.ID
	}
	return p
}

func answersMessage(p bot.Place) bool { return strings.HasPrefix(p.Thread, conversationMessage) }

// recall makes what our message said the beginning of the conversation of
// the message that replies to it. known is false where it is not remembered.
func (a *Adapter) recall(ctx context.Context, p bot.Place, ours, reply string) (known bool) {
	p.Thread = conversationMessage + ours
	said := a.turns(ctx, p)
	p.Thread = conversationMessage + reply
	a.keep(ctx, p, said)
	return len(said) > 0
}

// recallStart begins the conversation of a thread with what was said in the
// message that it hangs on, or in the answer to it.
func (a *Adapter) recallStart(ctx context.Context, p bot.Place, thread channel) {
	if len(a.turns(ctx, p)) > 0 {
		return
	}
	a.keep(ctx, p, a.turns(ctx, startOf(p, thread)))
}

// startOf is the conversation of the message that a thread hangs on: the
// thread has its id.
func startOf(p bot.Place, thread channel) bot.Place {
	p.Channel, p.Thread = thread.ParentID, conversationMessage+thread.ID
	return p
}

func (a *Adapter) turns(ctx context.Context, p bot.Place) []search.Turn {
	key, _ := p.Conversation()
	turns, err := a.Memory.Turns(ctx, key, a.Now())
	if err != nil {
		a.Log.WarnContext(ctx, "conversation not read", "err", err)
	}
	return turns
}

func (a *Adapter) keep(ctx context.Context, p bot.Place, turns []search.Turn) {
	key, _ := p.Conversation()
	for _, turn := range turns {
		if err := a.Memory.Remember(ctx, key, turn, a.Now()); err != nil {
			a.Log.WarnContext(ctx, "conversation not remembered", "err", err)
		}
	}
}

// remember keeps what a message of ours says, for replies to it.
func (a *Adapter) remember(ctx context.Context, in bot.Place, messageID string, said *search.Turn) {
	if messageID == "" || said == nil {
		return
	}
	in.Thread = conversationMessage + messageID
	a.keep(ctx, in, []search.Turn{*said})
}

// reply posts a reply, each message as one to the question where the bot may
// read the history of the channel.
// The nonce is made of the question's id: a question that is heard twice is
// answered once.
func (a *Adapter) reply(ctx context.Context, m message, in channel, reply bot.Reply) {
	if in.thread() {
		a.places.speaks(in.ID) // before what follows can be heard
	}
	question := &reference{MessageID: m.ID}
	for i, components := range a.render.messages(reply, false, 1) {
		body := newMessage(components, false)
		body.Reference = question // of each, whose buttons it tells whose they are
		body.Nonce, body.EnforceNonce = m.ID+"-"+strconv.Itoa(i), true
		posted, err := a.REST.CreateMessage(ctx, m.ChannelID, body)
		if cause, ok := errors.AsType[*rest.Error](err); ok && cause.Code == rest.CodeReplyNeedsHistory {
			question, body.Reference = nil, nil // an answer that points to nothing is better than none
			posted, err = a.REST.CreateMessage(ctx, m.ChannelID, body)
		}
		if err != nil {
			a.Log.WarnContext(ctx, "a question was not answered", "server", m.GuildID, "err", err)
			return
		}
		if i == 0 {
			p := usualPlace(m, in)
			a.remember(ctx, p, posted.ID, reply.Turn)
			a.remember(ctx, p, m.ID, reply.Turn) // a thread may hang on the question too
		}
	}
}
