package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Phrases that the adapter itself speaks.
const (
	phraseStale    i18n.Key = "discord.stale"
	phraseSharedBy i18n.Key = "discord.shared_by"
	phraseTooMany  i18n.Key = "error.too_many"
)

// Platform is the name of this surface in a bot.Place.
const Platform = "discord"

// optionPrivate is the option that every command has on Discord.
const optionPrivate = "private"

var errUnknownInteraction = errors.New("an interaction of a type that is not used")

// interact answers an interaction, whichever way it came. received is when
// it arrived.
func (a *Adapter) interact(ctx context.Context, in interaction, received time.Time) (answered, error) {
	if in.Type == interactionPing {
		return answered{response: response{Type: respondPong}}, nil
	}
	a.places.learn(in.Channel)
	in.lang = a.langFor(ctx, in)
	switch in.Type {
	case interactionAutocomplete:
		return answered{response: response{Type: respondChoices, Data: a.choices(ctx, in)}}, nil
	case interactionCommand:
		return a.use(in, received), nil
	case interactionComponent:
		return a.click(in, received), nil
	}
	return answered{}, errUnknownInteraction
}

// use runs an application command.
func (a *Adapter) use(in interaction, received time.Time) answered {
	req := bot.Request{Lang: in.lang}
	private := false
	if in.Data.Type == commandMessage {
		// Whoever asks about a message of somebody else asks for themselves.
		private = true
		req.Text = firstRunes(in.Data.Resolved.Messages[in.Data.TargetID].Content, bot.MaxText)
	} else {
		var options []commandOption
		req.Asker = a.askerOf(in) // not above: the message is somebody else's
		req.Command, options = in.Data.command()
		req.Args = map[string]string{}
		for _, o := range options {
			if o.Name == optionPrivate {
				private = o.text() == "true"
				continue
			}
			req.Args[o.Name] = o.text()
		}
	}
	req.Place = a.place(in, private)
	return a.within(in, received, private, false, func(ctx context.Context) shown { return a.answer(ctx, in, req, private) })
}

// answer asks for the reply and renders it.
func (a *Adapter) answer(ctx context.Context, in interaction, req bot.Request, private bool) shown {
	if req.Place.Thread == conversationThread {
		a.recallStart(ctx, req.Place, in.Channel)
	}
	reply := a.respond(ctx, in.asker(), req)
	s := shown{private: private || reply.Private, turn: reply.Turn}
	s.messages = a.render.messages(reply, s.private && offersSharing(in, reply), 1)
	if !s.private && in.Channel.thread() {
		a.places.speaks(in.channelID())
	}
	return s
}

// offersSharing reports whether a private reply can be shown to everyone:
// what was not made private by the asker is not for everyone.
func offersSharing(in interaction, reply bot.Reply) bool {
	return !reply.Private && in.Context != contextDirect
}

// firstRunes returns what a question can hold of a text that its asker did
// not write and so cannot shorten.
func firstRunes(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i]
		}
	}
	return text
}

// respond asks the router, within what one user may ask.
func (a *Adapter) respond(ctx context.Context, asker user, req bot.Request) bot.Reply {
	if a.limiter.Take(asker.ID, a.Now()) > 0 {
		return a.errorReply(req.Lang, bot.RateLimited, phraseTooMany)
	}
	reply := a.Responder.Respond(ctx, req)
	a.prefer(ctx, asker, reply.Prefer)
	return reply
}

// click does what a button or a choice stands for.
func (a *Adapter) click(in interaction, received time.Time) answered {
	p, ok := decodePress(in.Data.CustomID, a.Router.Command)
	if ok && p.does == chooseFrom {
		if len(in.Data.Values) == 1 {
			p, ok = decodePress(in.Data.Values[0], a.Router.Command)
			ok = ok && p.does == doAction
		} else {
			ok = false
		}
	}
	hidden := in.Message.Flags&flagEphemeral != 0
	own := hidden || in.Context == contextDirect || in.Message.askedBy(in.asker())
	switch {
	case !ok:
		return answered{response: a.refusal(in.lang, bot.Invalid, phraseStale).first()}
	case p.does == share:
		return a.share(in, p.lang)
	}
	// What somebody else clicks on is for themselves: the message stays as
	// its asker has it, and the channel stays quiet.
	private := hidden || !own
	req := bot.Request{
		Command: p.action.Command, Args: p.action.Args, Lang: p.lang,
		Place: a.place(in, private), Asker: a.askerOf(in),
	}
	inPlace := p.does == turnPage && own
	return a.within(in, received, private, inPlace, func(ctx context.Context) shown {
		if p.does == turnPage {
			return a.turned(ctx, in, req, p.page, private, inPlace)
		}
		return a.answer(ctx, in, req, private)
	})
}

// askedBy reports whether a message answers u, as far as it tells.
func (m message) askedBy(u user) bool {
	if m.Metadata.User.ID != "" {
		return m.Metadata.User.ID == u.ID
	}
	return m.Referenced != nil && m.Referenced.Author.ID == u.ID
}

// turned shows one page of a reply that is composed anew.
func (a *Adapter) turned(ctx context.Context, in interaction, req bot.Request, page int, private, inPlace bool) shown {
	reply := a.respond(ctx, in.asker(), req)
	return shown{
		messages: a.render.messages(reply, private && offersSharing(in, reply), page),
		private:  private || reply.Private,
		inPlace:  inPlace && reply.Err == nil,
	}
}

// share shows a private message to everyone, as it is: Discord hands back
// all of it with the click.
func (a *Adapter) share(in interaction, lang content.Lang) answered {
	if a.limiter.Take(in.asker().ID, a.Now()) > 0 {
		return answered{response: a.refusal(lang, bot.RateLimited, phraseTooMany).first()}
	}
	var shared []map[string]any
	err := json.Unmarshal(in.Message.Components, &shared)
	if shared = withoutShare(shared); err != nil || len(shared) == 0 {
		return answered{response: response{Type: respondDeferredUpdate}} // nothing to show
	}
	by := a.Router.Phrases(lang).T(phraseSharedBy, i18n.Args{"User": "<@" + in.asker().ID + ">"})
	if inner, ok := shared[0]["components"].([]any); ok {
		shared[0]["components"] = append(inner, map[string]any{"type": typeTextDisplay, "content": "-# " + by})
	}
	body := struct {
		Flags           int              `json:"flags"`
		Components      []map[string]any `json:"components"`
		AllowedMentions allowedMentions  `json:"allowed_mentions"`
	}{Flags: flagComponentsV2, Components: shared}
	if in.Channel.thread() {
		a.places.speaks(in.channelID())
	}
	return answered{response: response{Type: respondMessage, Data: body}, after: func(ctx context.Context, id string) {
		if id != "" {
			a.recall(ctx, a.place(in, false), in.Message.ID, id)
		}
	}}
}

// withoutShare takes the buttons that share out, and the rows that held
// nothing else.
func withoutShare(all []map[string]any) []map[string]any {
	return slices.DeleteFunc(all, func(c map[string]any) bool {
		if id, ok := c["custom_id"].(string); ok && strings.HasPrefix(id, string(share)) {
			return true
		}
		inner, ok := c["components"].([]any)
		if !ok {
			return false
		}
		var kept []map[string]any
		for _, one := range inner {
			if part, ok := one.(map[string]any); ok {
				kept = append(kept, part)
			}
		}
		kept = withoutShare(kept)
		left := make([]any, len(kept))
		for i := range kept {
			left[i] = kept[i]
		}
		c["components"] = left
		return len(left) == 0
	})
}

// choices completes what is being typed into an option.
func (a *Adapter) choices(ctx context.Context, in interaction) choices {
	list := choices{Choices: []choice{}}
	name, options := in.Data.command()
	i := slices.IndexFunc(options, func(o commandOption) bool { return o.Focused })
	if i < 0 {
		return list
	}
	typing := options[i]
	req := bot.Request{Command: name, Lang: in.lang, Place: a.place(in, false), Asker: a.askerOf(in)}
	for _, c := range a.Router.Complete(ctx, req, typing.Name, typing.text()) {
		label := fit.Cut(oneLine(bot.Printable(c.Label)), maxChoice, count)
		// A value that is cut would be another value.
		if label != "" && c.Value != "" && count(c.Value) <= maxChoice && len(list.Choices) < maxChoices {
			list.Choices = append(list.Choices, choice{Name: label, Value: c.Value})
		}
	}
	return list
}

// langFor returns the language of who uses an interaction: the one that they
// chose here, otherwise that of their Discord.
func (a *Adapter) langFor(ctx context.Context, in interaction) content.Lang {
	if chosen := a.preferred(ctx, in.asker()); chosen != "" {
		return chosen
	}
	if lang, ok := langOf(in.Locale); ok {
		return lang
	}
	return a.Lang
}

// place says where an interaction happens. Follow-ups refer to what the same
// user asked in the same channel, in a thread to what anybody asked there.
// What was asked privately is a conversation of its own: nobody learns of it
// by a follow-up.
func (a *Adapter) place(in interaction, private bool) bot.Place {
	p := bot.Place{Platform: Platform, Workspace: in.GuildID, Channel: in.channelID(), User: in.asker().ID}
	switch {
	case private:
		p.Thread = conversationPrivate + p.User
	case in.GuildID != "" && in.Channel.thread():
		p.Thread = conversationThread
	default:
		p.Thread = conversationUser + p.User
	}
	return p
}

// The conversations of a channel.
const (
	conversationUser    = "user:"    // with the user's id
	conversationPrivate = "private:" // with the user's id
	conversationMessage = "message:" // with the id of our message, or of one that replies to it
	conversationThread  = "thread"
)
