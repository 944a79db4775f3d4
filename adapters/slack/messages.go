package slack

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/content/search"
)

// hear answers a message that is meant for the bot: one that mentions it,
// stands in a direct message or in a thread that it has spoken in. Everything
// else passes in silence, and so does whatever programs write.
func (a *Adapter) hear(ctx context.Context, d delivery) {
	e, team, self := d.Event, d.workspace(), d.self()
	if e.Bot != "" || string(e.User) == self || !isID(string(e.User)) || !isID(string(e.Channel)) || !isTS(string(e.TS)) || !written(string(e.Subtype)) {
		return
	}
	direct := e.ChannelType == "im" || strings.HasPrefix(string(e.Channel), "D")
	mentioned := e.Type == eventMention
	if !direct && !mentioned && mentions(string(e.Text), self) {
		return // an event of its own tells of the mention
	}
	thread := string(e.Thread)
	if thread != "" && !isTS(thread) {
		return
	}
	if !direct && !mentioned && !a.follows(ctx, team, self, e) {
		return
	}
	if bool(e.Edited) && a.Now().Sub(timeOf(string(e.TS))) > seenFor {
		return // whether it was answered is not remembered for longer
	}
	text := heard(string(e.Text), self)
	if text == "" && !mentioned {
		return // an attachment
	}
	// The question itself: it is told twice where it is edited, and where two
	// events tell of it.
	if !a.first(ctx, "question:"+team+":"+string(e.Channel)+":"+string(e.TS)) {
		return
	}
	if a.limiter.Take(team+":"+string(e.User), a.Now()) > 0 {
		a.Log.WarnContext(ctx, "a user asks faster than the limit; the message is not answered")
		if direct || mentioned {
			a.slowDown(ctx, team, e)
		}
		return
	}
	if thread == "" && !direct {
		thread = string(e.TS) // the question begins a thread
	}
	req := bot.Request{
		Text: text, Lang: a.people.lang(ctx, team, string(e.User)),
		Place: a.place(team, string(e.Channel), thread, string(e.User)), Asker: a.asker(team, string(e.Channel), string(e.User)),
	}
	if e.Thread != "" {
		req.Under = []bot.Standing{{Channel: string(e.Channel), Post: string(e.Thread)}}
	}
	reply := a.Responder.Respond(ctx, req)
	if reply.Prefer != "" {
		a.people.prefer(ctx, team, string(e.User), reply.Prefer)
	}
	if !direct && !mentioned && isChatter(text, reply) {
		return
	}
	how := rendering{}
	if !direct {
		how.asker = string(e.User)
	}
	messages := a.render.messages(reply, how, 1)
	if reply.Private && !direct {
		a.whisper(ctx, team, e, messages)
		return
	}
	a.post(ctx, team, string(e.Channel), thread, "question:"+string(e.TS), messages)
}

// slowDown asks a user who asks too fast to wait, alone and once a minute.
func (a *Adapter) slowDown(ctx context.Context, team string, e event) {
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	first, err := a.Seen.First(asking, Platform+":slow:"+a.votes.hash("slow", team, string(e.User)), a.Now().Add(time.Minute))
	if err == nil && first {
		a.whisper(ctx, team, e, a.said(a.people.lang(ctx, team, string(e.User)), phraseTooMany))
	}
}

// whisper shows messages to whoever asked in a channel, alone. Slack shows
// them in a thread only where there is one already.
func (a *Adapter) whisper(ctx context.Context, team string, e event, messages []outgoing) {
	for _, m := range messages {
		err := a.API.PostEphemeral(ctx, team, string(e.User), webapi.Message{
			Channel: string(e.Channel), Thread: string(e.Thread), Text: m.text, Blocks: m.blocks,
		})
		if err != nil {
			a.Log.WarnContext(ctx, "a question was not answered", "team", team, "channel", webapi.Loggable(string(e.Channel)), "outcome", webapi.OutcomeOf(err), "err", err)
			return
		}
	}
}

// written reports whether people write messages of a subtype.
// https://docs.slack.dev/reference/events/message#subtypes
func written(subtype string) bool {
	return slices.Contains([]string{"", "thread_broadcast", "file_share", "me_message"}, subtype)
}

// follows reports whether a message stands in a thread that the bot has
// spoken in.
func (a *Adapter) follows(ctx context.Context, team, self string, e event) bool {
	if e.Thread == "" || e.Thread == e.TS {
		return false
	}
	if self != "" && string(e.ParentUser) == self {
		return true
	}
	if a.remembers(ctx, team, string(e.Channel), string(e.Thread)) {
		a.threads.speaks(team, string(e.Channel), string(e.Thread))
		return true
	}
	return a.threads.spokeIn(ctx, team, string(e.Channel), string(e.Thread), self)
}

// remembers reports whether something was answered in a thread a while ago, by
// whichever replica.
func (a *Adapter) remembers(ctx context.Context, team, channel, thread string) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	key, _ := a.place(team, channel, thread, "").Conversation()
	turns, err := a.Memory.Turns(ctx, key, a.Now())
	if err != nil {
		a.Log.WarnContext(ctx, "it is not known what was answered in a thread", "err", err)
	}
	return len(turns) > 0
}

// isChatter reports whether a message of a thread was hardly meant for the
// bot: it asks nothing, and the briefings hold nothing about it.
func isChatter(text string, reply bot.Reply) bool {
	asks := strings.ContainsAny(text, "?？")
	return !asks && (reply.Err != nil || reply.Answer != nil && reply.Answer.Status == search.Unknown)
}

// place says what the follow-ups of a message refer to: what was asked in the
// same thread, whoever asked, or in the same direct conversation.
func (a *Adapter) place(team, channel, thread, user string) bot.Place {
	p := bot.Place{Platform: Platform, Workspace: team, Channel: channel, User: user, Thread: conversationUser + user}
	if thread != "" {
		p.Thread = conversationThread + thread
	}
	return p
}

// private says the same of what only its asker sees: a conversation of its
// own, so that nobody learns of it by a follow-up.
func (a *Adapter) private(team, channel, user string) bot.Place {
	return bot.Place{Platform: Platform, Workspace: team, Channel: channel, User: user, Thread: conversationPrivate + user}
}

// The conversations of a channel.
const (
	conversationUser    = "user:"    // with the user's id
	conversationPrivate = "private:" // with the user's id
	conversationThread  = "thread:"  // with the time stamp of the message that it hangs on
)

// post posts messages one after another, and returns where the last stands,
// "" where one was not posted. id is what they are found by where Slack's
// answer gets lost.
func (a *Adapter) post(ctx context.Context, team, channel, thread, id string, messages []outgoing) (posted string) {
	if thread != "" {
		a.threads.speaks(team, channel, thread) // before what follows can be heard
	}
	for i, m := range messages {
		post, err := a.API.PostMessage(ctx, team, webapi.Message{
			Channel: channel, Thread: thread, Text: m.text, Blocks: m.blocks,
			Metadata: &webapi.Metadata{Type: webapi.MetadataType, Payload: webapi.Payload{ID: id + ":" + strconv.Itoa(i)}},
		})
		if err != nil {
			a.Log.WarnContext(ctx, "a question was not answered", "team", team, "channel", webapi.Loggable(channel), "outcome", webapi.OutcomeOf(err), "err", err)
			return ""
		}
		posted = post.Channel
	}
	return posted
}
