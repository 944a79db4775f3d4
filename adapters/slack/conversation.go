package slack

import (
	"context"
	"strconv"
	"strings"
	"time"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Phrases that the adapter itself speaks.
const (
	phraseStale    i18n.Key = "slack.stale"
	phraseSharedBy i18n.Key = "slack.shared_by"
	phraseThanks   i18n.Key = "slack.thanks"
	phraseVoteBack i18n.Key = "slack.vote_back"
	phraseShared   i18n.Key = "slack.shared"
	phraseTooMany  i18n.Key = "error.too_many"

	phraseMorePages i18n.Key = "slack.more_pages"
)

// helpCommand is what the slash command alone stands for.
const helpCommand = "help"

// callbackAsk is the shortcut in the menu of a message.
const callbackAsk = "ask_about"

// use runs the slash command.
func (a *Adapter) use(c command, received time.Time) answered {
	team, user := c.workspace(), string(c.User)
	to := addressee{team: team, address: string(c.Response), received: received}
	refuse := func() []outgoing { return a.said(a.Lang, bot.PhraseErrorInternal) }
	return a.within(to, refuse, func(ctx context.Context) []outgoing {
		if !a.firstUse(ctx, string(c.Trigger)) {
			return nil
		}
		req := bot.Request{
			Lang: a.people.lang(ctx, team, user), Place: a.private(team, string(c.Channel), user), Asker: a.asker(team, string(c.Channel), user),
		}
		req.Command, req.Text = a.line(heard(string(c.Text), ""))
		reply := a.respond(ctx, team, user, req)
		return a.render.messages(reply, rendering{private: shares(reply, string(c.Channel)), line: req.Text}, 1)
	})
}

// line reads what follows the slash command. Where it begins with the name of
// a command and goes on with no more than that takes, it is that command,
// whether or not the values exist: whoever writes "/brief show 7" does not ask
// a question. Everything else is read as everywhere.
func (a *Adapter) line(text string) (command, line string) {
	if text == "" {
		return helpCommand, ""
	}
	named, ok := a.Router.Named(text)
	if first, _, _ := strings.Cut(text, " "); !ok && len(a.Router.Group(first)) > 0 {
		return "", "/" + text // which says what words the group has
	}
	if !ok || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？") {
		return "", text
	}
	words := len(strings.Fields(named.Tail))
	for _, p := range named.Params {
		if p.Rest || p.List {
			return "", "/" + text
		}
	}
	if words > len(named.Params) {
		return "", text
	}
	return "", "/" + text
}

// shares reports whether a private reply can be shown to everyone: what was
// not made private by the asker is not for everyone.
func shares(reply bot.Reply, channel string) bool {
	return !reply.Private && !strings.HasPrefix(channel, "D")
}

// respond asks the router, within what one user may ask.
func (a *Adapter) respond(ctx context.Context, team, user string, req bot.Request) bot.Reply {
	if a.limiter.Take(team+":"+user, a.Now()) > 0 {
		return a.errorReply(req.Lang, bot.RateLimited, phraseTooMany)
	}
	reply := a.Responder.Respond(ctx, req)
	if reply.Prefer != "" {
		a.people.prefer(ctx, team, user, reply.Prefer)
	}
	return reply
}

// interact answers what somebody does with a message, a view or a shortcut.
func (a *Adapter) interact(ctx context.Context, in interaction) answered {
	received := a.Now()
	switch {
	case in.Type == interactionSuggestion:
		return answered{body: a.options(ctx, in)}
	case in.Type == interactionAction && len(in.Actions) == 1:
		return answered{after: func(ctx context.Context) {
			if a.firstUse(ctx, string(in.Trigger)) {
				a.click(ctx, in, received)
			}
		}}
	case in.Type == interactionShortcut && in.Callback == callbackAsk:
		return answered{after: func(ctx context.Context) {
			if a.firstUse(ctx, string(in.Trigger)) {
				a.askAbout(ctx, in, received)
			}
		}}
	}
	a.Log.InfoContext(ctx, "an interaction is not answered", "type", bot.Excerpt(in.Type))
	return answered{}
}

// firstUse reports whether a command or an interaction comes for the first
// time.
func (a *Adapter) firstUse(ctx context.Context, trigger string) bool {
	const longest = 200
	if trigger == "" || len(trigger) > longest {
		return true
	}
	return a.first(ctx, "trigger:"+trigger)
}

// askAbout asks the briefings about a message, for whoever chose it alone.
func (a *Adapter) askAbout(ctx context.Context, in interaction, received time.Time) {
	team, user, channel := in.workspace(), string(in.User.ID), string(in.Channel.ID)
	req := bot.Request{ // without an asker: the message is somebody else's
		Text: heard(string(in.Message.Text), ""), Lang: a.people.lang(ctx, team, user), Place: a.private(team, channel, user),
	}
	reply := a.respond(ctx, team, user, req)
	to := addressee{team: team, address: string(in.Response), received: received, thread: string(in.Message.Thread)}
	a.send(ctx, to, a.render.messages(reply, rendering{private: shares(reply, channel), line: req.Text}, 1))
}

// pressed is one press and all that it depends on.
type pressed struct {
	interaction
	press
	team, user, channel string
	to                  addressee
	hidden              bool // the message is for its reader alone
	direct              bool // in a direct conversation
	own                 bool // whoever presses is the one that the message is for
	view                bool // in the App Home
	asker               string
}

// click does what a button or a choice stands for.
func (a *Adapter) click(ctx context.Context, in interaction, received time.Time) {
	act := in.Actions[0]
	value := act.value()
	if value == "" {
		return // a link, or a menu that was left
	}
	x := pressed{
		interaction: in, team: in.workspace(), user: string(in.User.ID), channel: string(in.Channel.ID),
		to:     addressee{team: in.workspace(), address: string(in.Response), received: received, thread: string(in.Container.Thread)},
		hidden: in.Container.Ephemeral, view: in.Container.Type == containerView, asker: askerOf(string(act.ID)),
	}
	x.direct = strings.HasPrefix(x.channel, "D")
	x.own = x.hidden || x.direct || x.asker == x.user
	var ok bool
	x.press, ok = decodePress(value, a.Router.Command)
	switch {
	case !ok:
		a.tell(ctx, x, a.said(a.people.lang(ctx, x.team, x.user), phraseStale))
	case x.does == voteUp || x.does == voteDown:
		a.vote(ctx, x)
	case x.does == share:
		a.share(ctx, x)
	case x.does == turnPage && !x.view:
		a.turn(ctx, x)
	default:
		a.act(ctx, x)
	}
}

// tell says something to whoever pressed, alone.
func (a *Adapter) tell(ctx context.Context, x pressed, messages []outgoing) {
	if x.view || x.to.address == "" {
		a.post(ctx, x.team, x.user, "", "press:"+string(x.Trigger), messages)
		return
	}
	a.send(ctx, x.to, messages)
}

// request is what a press asks for.
func (a *Adapter) request(x pressed, place bot.Place) bot.Request {
	return bot.Request{
		Command: x.action.Command, Args: x.action.Args, Lang: x.lang, Place: place, Asker: a.asker(x.team, x.channel, x.user),
	}
}

// act answers an action with a new message. What somebody else presses is for
// themselves: the message stays as its asker has it, and the channel quiet.
func (a *Adapter) act(ctx context.Context, x pressed) {
	switch {
	case x.view:
		a.actFromHome(ctx, x)
	case x.own && !x.hidden:
		a.answerInPlace(ctx, x)
	default:
		reply := a.respond(ctx, x.team, x.user, a.request(x, a.private(x.team, x.channel, x.user)))
		a.tell(ctx, x, a.render.messages(reply, rendering{private: shares(reply, x.channel)}, 1))
	}
}

// actFromHome answers in the direct conversation, which goes on from there.
func (a *Adapter) actFromHome(ctx context.Context, x pressed) {
	place := bot.Place{Platform: Platform, Workspace: x.team, User: x.user}
	reply := a.respond(ctx, x.team, x.user, a.request(x, place))
	if reply.Prefer != "" {
		a.openHome(ctx, x.team, x.user) // which shows it
		return
	}
	channel := a.post(ctx, x.team, x.user, "", "press:"+string(x.Trigger), a.render.messages(reply, rendering{}, 1))
	if channel == "" || reply.Turn == nil {
		return
	}
	key, _ := a.place(x.team, channel, "", x.user).Conversation()
	if err := a.Memory.Remember(ctx, key, *reply.Turn, a.Now()); err != nil {
		a.Log.WarnContext(ctx, "conversation not remembered", "err", err)
	}
}

// answerInPlace answers in the thread of the message, or below it in a direct
// conversation that has no threads.
func (a *Adapter) answerInPlace(ctx context.Context, x pressed) {
	thread := x.to.thread
	if thread == "" && !x.direct {
		thread = string(x.Container.TS)
	}
	reply := a.respond(ctx, x.team, x.user, a.request(x, a.place(x.team, x.channel, thread, x.user)))
	if reply.Private && !x.direct {
		a.tell(ctx, x, a.render.messages(reply, rendering{}, 1))
		return
	}
	how := rendering{}
	if !x.direct {
		how.asker = x.user
	}
	a.post(ctx, x.team, x.channel, thread, "press:"+string(x.Trigger), a.render.messages(reply, how, 1))
}

// turn shows one page of a reply that is composed anew, in place of the
// message where that is one's own.
func (a *Adapter) turn(ctx context.Context, x pressed) {
	place := a.place(x.team, x.channel, x.to.thread, x.user)
	if x.hidden || !x.own {
		place = a.private(x.team, x.channel, x.user)
	}
	reply := a.respond(ctx, x.team, x.user, a.request(x, place))
	how := rendering{private: (x.hidden || !x.own) && shares(reply, x.channel)}
	if x.own && !x.hidden {
		how.asker = x.asker
	}
	messages := a.render.messages(reply, how, x.page)
	if !x.own || reply.Err != nil {
		a.tell(ctx, x, messages)
		return
	}
	r := response(messages[0], "")
	r.ReplaceOriginal = true
	a.spend(ctx, x.to, r)
}

// share shows a private answer to everyone, once, composed anew: Slack keeps
// no private messages.
func (a *Adapter) share(ctx context.Context, x pressed) {
	id := "share:" + x.team + ":" + x.channel + ":" + string(x.Container.TS)
	if !a.first(ctx, id) {
		a.tell(ctx, x, a.said(x.lang, phraseShared))
		return
	}
	reply := a.shared(ctx, x)
	if reply.Err != nil || reply.Private || x.to.address == "" {
		a.again(ctx, id)
		a.tell(ctx, x, a.render.messages(reply, rendering{}, 1))
		return
	}
	messages := a.render.messages(reply, rendering{asker: x.user, by: bot.Excerpt(x.User.name())}, 1)
	for i, m := range a.taken(messages) {
		r := response(m, toChannel)
		r.Thread = x.to.thread
		if !a.spend(ctx, x.to, r) {
			if i == 0 {
				a.again(ctx, id)
			}
			return
		}
	}
}

// shared returns the reply to show. A question that, asked alone, is answered
// by something else than before gives way to the entry that answered it.
func (a *Adapter) shared(ctx context.Context, x pressed) bot.Reply {
	place := a.private(x.team, x.channel, x.user)
	place.Thread = "" // it is no new question
	if x.line == "" {
		req := a.request(x, place)
		req.Asker = nil // to share changes nothing
		return a.respond(ctx, x.team, x.user, req)
	}
	reply := a.respond(ctx, x.team, x.user, bot.Request{Text: x.line, Lang: x.lang, Place: place})
	if hasEntry(reply) && reply.Answer.Ref == x.entry && itemOf(reply) == x.item {
		return reply
	}
	args := map[string]string{"entry": x.entry.String()}
	if x.item > 0 {
		args["item"] = strconv.Itoa(x.item)
	}
	return a.Responder.Respond(ctx, bot.Request{Command: "show", Args: args, Lang: x.lang, Place: place})
}

// options completes what is being typed into the menu of the App Home, or of a
// list that is longer than its page.
func (a *Adapter) options(ctx context.Context, in interaction) any {
	list := struct {
		Options []option `json:"options"`
	}{Options: []option{}}
	if menu, _, _ := strings.Cut(string(in.ActionID), ":"); menu != actionFind {
		return list
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	lang := a.people.lang(ctx, in.workspace(), string(in.User.ID))
	for _, from := range []struct {
		kind           bot.ParamKind
		command, param string
	}{{bot.KindBriefing, "brief", "briefing"}, {bot.KindEntry, "show", "entry"}} {
		command, ok := a.Router.Command(from.command)
		if !ok {
			continue
		}
		req := bot.Request{Command: from.command, Lang: lang}
		for _, c := range a.Router.Complete(ctx, req, from.param, string(in.Typed)) {
			act := bot.Action{Command: from.command, Args: map[string]string{from.param: c.Value}}
			value := press{does: doAction, lang: lang, action: act}.encode(command)
			label := fit.Cut(oneLine(bot.Printable(c.Label)), maxLabel, count)
			if label != "" && c.Value != "" && count(value) <= maxOptionValue && len(list.Options) < maxOptions {
				list.Options = append(list.Options, option{Text: plain(label), Value: value})
			}
		}
	}
	return list
}

// today is the date of a time in UTC.
func today(now time.Time) content.Date {
	year, month, day := now.UTC().Date()
	return content.Date{Year: year, Month: month, Day: day}
}
