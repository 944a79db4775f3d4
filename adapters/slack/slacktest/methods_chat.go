package slacktest

import (
	"net/url"
	"slices"
	"strings"
)

const messageArgs = " text blocks:json metadata:json mrkdwn:flag parse link_names:flag unfurl_links:flag unfurl_media:flag"

// chatMethods are those that say something.
func chatMethods() []method {
	write := []string{"chat:write"}
	return []method{
		{name: "chat.postMessage", args: args("channel! thread_ts:ts reply_broadcast:flag" + messageArgs), json: true, scopes: write, token: "bot", handle: (*Server).postMessage},
		{name: "chat.postEphemeral", args: args("channel! user! thread_ts:ts" + strings.ReplaceAll(strings.ReplaceAll(messageArgs, " metadata:json", ""), " unfurl_links:flag unfurl_media:flag", "")), json: true, scopes: write, tier: 4, token: "bot", handle: (*Server).postEphemeral},
		{name: "chat.update", args: args("channel! ts!:ts text blocks:json metadata:json parse link_names:flag reply_broadcast:flag"), json: true, scopes: write, tier: 3, token: "bot", handle: (*Server).update},
		{name: "chat.delete", args: args("channel! ts!:ts"), json: true, scopes: write, tier: 3, token: "bot", handle: (*Server).deleteMessage},
		{name: "chat.getPermalink", args: args("channel! message_ts!:ts"), token: "bot", handle: (*Server).permalink},
		{name: "reactions.add", args: args("channel! timestamp!:ts name!"), json: true, scopes: []string{"reactions:write"}, tier: 3, token: "bot", handle: (*Server).addReaction},
		{name: "reactions.get", args: args("channel! timestamp!:ts full:flag"), scopes: []string{"reactions:read"}, tier: 3, token: "bot", handle: (*Server).getReactions},
		{name: "assistant.threads.setStatus", args: args("channel_id! thread_ts!:ts status loading_messages:json"), json: true, scopes: []string{"assistant:write", "chat:write"}, tier: 3, token: "bot", handle: (*Server).setStatus},
		{name: "assistant.threads.setTitle", args: args("channel_id! thread_ts!:ts title!"), json: true, scopes: []string{"assistant:write"}, tier: 3, token: "bot", handle: (*Server).assistant},
		{name: "assistant.threads.setSuggestedPrompts", args: args("channel_id! thread_ts:ts title prompts!:json"), json: true, scopes: []string{"assistant:write"}, tier: 3, token: "bot", handle: (*Server).setPrompts},
	}
}

// target finds the channel that a call writes to.
func (c *call) target() (*Channel, *answer) {
	refused := func(code string) (*Channel, *answer) { a := failure(code); return nil, &a }
	id := c.text("channel")
	channel := c.ws.channel(id)
	if u := c.ws.user(id); u != nil && c.method.name == "chat.postMessage" { // a user's id opens the conversation with them
		if u.IsBot() {
			return refused("channel_not_found")
		}
		channel = u.openDM()
	}
	switch {
	case channel == nil, channel.private && !channel.members[c.ws.bot.ID]:
		return refused("channel_not_found")
	case channel.archived:
		return refused("is_archived")
	case !channel.members[c.ws.bot.ID] && !slices.Contains(c.token.scopes, "chat:write.public"):
		return refused("not_in_channel")
	}
	return channel, nil
}

// thread checks the thread that a message would go into.
func (c *call) thread(channel *Channel) (string, *answer) {
	given := c.text("thread_ts")
	if given == "" {
		return "", nil
	}
	parent := channel.find(given)
	if parent == nil {
		a := failure("thread_not_found")
		return "", &a
	}
	if parent.thread != "" && parent.thread != parent.ts {
		// https://docs.slack.dev/reference/methods/chat.postMessage: "Avoid
		// using a reply's ts value; use its parent instead."
		a := c.ws.s.refuse(c, "invalid_thread_ts", problem{pointer: "/thread_ts", text: "is that of a reply and not of its parent"})
		return "", &a
	}
	return given, nil
}

func (s *Server) postMessage(c *call) answer {
	channel, refused := c.target()
	if refused != nil {
		return *refused
	}
	said, code, problems := s.checkContent(c.args, false)
	if code != "" {
		return s.refuse(c, code, problems...)
	}
	thread, refused := c.thread(channel)
	if refused != nil {
		return *refused
	}
	if c.flag("reply_broadcast") && thread == "" {
		return s.refuse(c, "invalid_arguments", problem{text: "reply_broadcast without thread_ts"})
	}
	m := s.say(channel, said)
	m.thread, m.broadcast = thread, c.flag("reply_broadcast")
	s.counts.Posted++
	s.received = append(s.received, m)
	c.call.post, m.host = m, c.call.Host
	s.add(m)
	return ok(object{"channel": channel.ID, "ts": m.ts, "message": m.payload()})
}

// say makes a message of the app. The lock must be held.
func (s *Server) say(channel *Channel, said content) *post {
	s.counts.Messages++
	s.step++
	return &post{
		ts: s.newTS(), channel: channel, author: channel.Workspace.bot, text: said.text,
		blocks: withIDs(said.blocks), metadata: said.metadata, step: s.step,
	}
}

// withIDs gives blocks the ids that Slack gives them.
func withIDs(blocks []any) []any {
	blocks = asArray(remarshal(blocks))
	for i, b := range blocks {
		if b := asObject(b); b["block_id"] == nil {
			b["block_id"] = "b" + string(rune('A'+i/26)) + string(rune('A'+i%26))
		}
	}
	return blocks
}

func (s *Server) postEphemeral(c *call) answer {
	channel, refused := c.target()
	if refused != nil {
		return *refused
	}
	u := c.ws.user(c.text("user"))
	if u == nil || !channel.hears(u) {
		return failure("user_not_in_channel")
	}
	said, code, problems := s.checkContent(c.args, false)
	if code != "" {
		return s.refuse(c, code, problems...)
	}
	thread, refused := c.thread(channel)
	if refused != nil {
		return *refused
	}
	m := s.say(channel, said)
	m.only, m.thread = u, thread
	s.whisper(m)
	return ok(object{"message_ts": m.ts})
}

// whisper shows a message to one user only. The lock must be held.
func (s *Server) whisper(m *post) {
	m.only.whispers = append(m.only.whispers, m)
	s.notify()
}

// own finds a message that the app may change.
func (c *call) own(channel *Channel, forbidden string) (*post, *answer) {
	m := channel.find(c.text("ts"))
	code := ""
	switch {
	case m == nil, m.tombstone:
		code = "message_not_found"
	case !m.author.own:
		code = forbidden
	}
	if code != "" {
		a := failure(code)
		return nil, &a
	}
	return m, nil
}

func (s *Server) update(c *call) answer {
	channel, refused := c.target()
	if refused != nil {
		return *refused
	}
	m, refused := c.own(channel, "cant_update_message")
	if refused != nil {
		return *refused
	}
	said, code, problems := s.checkContent(c.args, true)
	if code != "" {
		return s.refuse(c, code, problems...)
	}
	s.rewrite(m, said)
	return ok(object{"channel": channel.ID, "ts": m.ts, "text": m.text, "message": m.payload()})
}

// rewrite changes a message of the app. The lock must be held.
func (s *Server) rewrite(m *post, said content) {
	before := m.payload()
	if said.text != "" {
		m.text, m.blocks = said.text, withIDs(said.blocks)
	}
	if said.metadata != nil {
		m.metadata = said.metadata
	}
	s.step++
	m.step = s.step
	s.change(m, before)
}

func (s *Server) deleteMessage(c *call) answer {
	channel, refused := c.target()
	if refused != nil {
		return *refused
	}
	m, refused := c.own(channel, "cant_delete_message")
	if refused != nil {
		return *refused
	}
	s.remove(m)
	return ok(object{"channel": channel.ID, "ts": m.ts})
}

// remove deletes a message; below a deleted parent its thread stays. The lock
// must be held.
func (s *Server) remove(m *post) {
	before := m.payload()
	m.tombstone = m.only == nil && len(m.channel.replies(m.ts)) > 0
	m.deleted = !m.tombstone
	s.step++
	m.step = s.step
	s.messageDeleted(m, before)
	s.notify()
}

func (s *Server) permalink(c *call) answer {
	channel := c.ws.channel(c.text("channel"))
	switch {
	case channel == nil, channel.private && !channel.members[c.ws.bot.ID]:
		return failure("channel_not_found")
	}
	m := channel.find(c.text("message_ts"))
	if m == nil {
		return failure("message_not_found")
	}
	return ok(object{"channel": channel.ID, "permalink": m.permalink()})
}

func (m *post) permalink() string {
	link := "https://" + m.channel.Workspace.Domain + ".slack.com/archives/" + m.channel.ID + "/p" + strings.ReplaceAll(m.ts, ".", "")
	if m.thread != "" && m.thread != m.ts {
		link += "?" + url.Values{"thread_ts": {m.thread}, "cid": {m.channel.ID}}.Encode()
	}
	return link
}

func (s *Server) addReaction(c *call) answer {
	channel, refused := c.target()
	if refused != nil {
		return *refused
	}
	m := channel.find(c.text("timestamp"))
	if m == nil {
		return failure("message_not_found")
	}
	if !emojiName.MatchString(c.text("name")) {
		return s.refuse(c, "invalid_name", problem{pointer: "/name", text: "is no name of an emoji"})
	}
	if !m.react(c.ws.bot, c.text("name"), true) {
		return failure("already_reacted")
	}
	s.reactionEvent(c.ws.bot, m, c.text("name"), true)
	s.notify()
	return ok(object{})
}

// react adds or takes away a reaction and says whether anything changed.
func (m *post) react(u *User, name string, add bool) bool {
	i := slices.IndexFunc(m.reactions, func(r reaction) bool { return r.name == name })
	if i < 0 {
		if add {
			m.reactions = append(m.reactions, reaction{name: name, users: []string{u.ID}})
		}
		return add
	}
	has := slices.Contains(m.reactions[i].users, u.ID)
	switch {
	case has == add:
		return false
	case add:
		m.reactions[i].users = append(m.reactions[i].users, u.ID)
	default:
		m.reactions[i].users = slices.DeleteFunc(m.reactions[i].users, func(id string) bool { return id == u.ID })
		if len(m.reactions[i].users) == 0 {
			m.reactions = slices.Delete(m.reactions, i, i+1)
		}
	}
	return true
}

func (s *Server) getReactions(c *call) answer {
	channel := c.ws.channel(c.text("channel"))
	if channel == nil || !channel.members[c.ws.bot.ID] {
		return failure("channel_not_found")
	}
	m := channel.find(c.text("timestamp"))
	if m == nil {
		return failure("message_not_found")
	}
	return ok(object{"type": "message", "channel": channel.ID, "message": m.payload()})
}

// assistant finds the thread of an assistant's pane.
func (s *Server) assistant(c *call) answer {
	channel := c.ws.channel(c.text("channel_id"))
	if channel == nil || channel.with == nil && c.method.name != "assistant.threads.setStatus" {
		return failure("channel_not_found")
	}
	if given := c.text("thread_ts"); given != "" && channel.find(given) == nil {
		return failure("thread_not_found")
	}
	return ok(object{})
}

func (s *Server) setStatus(c *call) answer { return s.assistant(c) }

// setPrompts checks suggested prompts:
// https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
func (s *Server) setPrompts(c *call) answer {
	prompts := asArray(c.args["prompts"])
	if len(prompts) == 0 || len(prompts) > 4 {
		return s.refuse(c, "invalid_arguments", problem{pointer: "/prompts", text: "must be 1 to 4"})
	}
	for _, p := range prompts {
		p := asObject(p)
		if len(p) != 2 || asString(p["title"]) == "" || asString(p["message"]) == "" {
			return s.refuse(c, "invalid_arguments", problem{pointer: "/prompts", text: "each is a title and a message"})
		}
	}
	return s.assistant(c)
}
