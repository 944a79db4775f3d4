package slacktest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Here is a user in a channel or thread: whoever uses the app does it from
// here.
type Here struct {
	s       *Server
	user    *User
	channel *Channel
	thread  string
	mayFail bool
}

// In puts a user into a channel, which a public one lets them join.
func (u *User) In(c *Channel) *Here {
	u.s.helper()
	u.s.mu.Lock()
	may := c.hears(u)
	if may && !u.own {
		c.members[u.ID] = true
	}
	u.s.mu.Unlock()
	if !may {
		u.s.fail("%s cannot enter %s", u.Name, c.Name)
	}
	return &Here{s: u.s, user: u, channel: c}
}

// Join makes somebody a member of a private channel.
func (c *Channel) Join(u *User) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.members[u.ID] = true
}

// DM opens the direct conversation of a user with the app.
func (u *User) DM() *Here {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return &Here{s: u.s, user: u, channel: u.openDM()}
}

// Assistant opens a new thread in the app's pane for assistants, seen from a
// channel, and tells the app.
func (u *User) Assistant(seen *Channel) *Here {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	c := u.openDM()
	m := &post{ts: u.s.newTS(), channel: c, author: u.Workspace.bot, text: "New Assistant Thread"}
	m.thread = m.ts
	c.messages = append(c.messages, m)
	h := &Here{s: u.s, user: u, channel: c, thread: m.ts}
	h.assistantEvent("assistant_thread_started", seen)
	return h
}

// Look tells the app that the user, with its pane open, turned to a channel.
func (h *Here) Look(at *Channel) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.assistantEvent("assistant_thread_context_changed", at)
}

func (h *Here) assistantEvent(kind string, seen *Channel) {
	context := object{"force_search": false}
	if seen != nil {
		context = object{"channel_id": seen.ID, "team_id": seen.Workspace.ID, "enterprise_id": nil}
	}
	h.s.event(h.user.Workspace, kind, object{
		"type": kind, "event_ts": h.s.newTS(),
		"assistant_thread": object{"user_id": h.user.ID, "context": context, "channel_id": h.channel.ID, "thread_ts": h.thread},
	})
	h.s.notify()
}

// MayFail lets interactions fail: Shown.Failed then says what the user reads.
// Otherwise a failure ends the test.
func (h *Here) MayFail() *Here {
	h2 := *h
	h2.mayFail = true
	return &h2
}

// Thread takes the user into the thread of a message.
func (h *Here) Thread(m *Message) *Here {
	h2 := *h
	h2.thread = or(m.ThreadTS, m.TS)
	return &h2
}

// Channel is where the user is.
func (h *Here) Channel() *Channel { return h.channel }

var named = regexp.MustCompile(`<@([UW][A-Z0-9]+|bot)>|<#(C[A-Z0-9]+)>`)

// Say posts a message. "<@bot>" in the text mentions the app, "<@id>" a user;
// all else is text, which Slack escapes.
func (h *Here) Say(words string) *Message {
	s := h.s
	s.helper()
	s.mu.Lock()
	if h.channel.deleted || h.channel.archived {
		s.mu.Unlock()
		s.fail("the user may not write here")
		return &Message{s: s}
	}
	defer s.mu.Unlock()
	m := &post{ts: s.newTS(), channel: h.channel, author: h.user, thread: h.thread}
	h.phrase(m, words)
	if !h.user.IsBot() {
		m.clientID = s.newID("c")
	}
	s.add(m)
	return s.snapshot(m)
}

// Webhook posts a message as an incoming webhook does: it has a bot_id and a
// name, but no user.
func (h *Here) Webhook(words string) *Message {
	s := h.s
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &post{ts: s.newTS(), channel: h.channel, author: h.user, thread: h.thread, legacy: h.user.Name}
	h.phrase(m, words)
	s.add(m)
	return s.snapshot(m)
}

// Unfurl is what Slack does on its own when a message has a link: the message
// changes without anybody having edited it.
func (h *Here) Unfurl(m *Message) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	before := m.post.payload()
	h.s.messageChanged(m.post, before)
	h.s.notify()
}

// phrase puts what a user typed into a message as Slack writes it.
func (h *Here) phrase(m *post, words string) {
	words = strings.ReplaceAll(words, "<@bot>", "<@"+h.user.Workspace.bot.ID+">")
	var text strings.Builder
	var elements []any
	plain := func(part string) {
		if part != "" {
			text.WriteString(escape(part))
			elements = append(elements, object{"type": "text", "text": part})
		}
	}
	from := 0
	for _, at := range named.FindAllStringSubmatchIndex(words, -1) {
		plain(words[from:at[0]])
		text.WriteString(words[at[0]:at[1]])
		if at[2] >= 0 {
			elements = append(elements, object{"type": "user", "user_id": words[at[2]:at[3]]})
		} else {
			elements = append(elements, object{"type": "channel", "channel_id": words[at[4]:at[5]]})
		}
		from = at[1]
	}
	plain(words[from:])
	m.text = text.String()
	m.blocks = nil
	if !h.user.IsBot() {
		section := object{"type": "rich_text_section", "elements": elements}
		m.blocks = withIDs([]any{object{"type": "rich_text", "elements": []any{section}}})
	}
}

// Edit changes what a user said.
func (h *Here) Edit(m *Message, words string) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	before := m.post.payload()
	h.phrase(m.post, words)
	h.s.change(m.post, before)
}

// Delete takes back what a user said.
func (h *Here) Delete(m *Message) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.remove(m.post)
}

// React adds a reaction to a message, such as "thumbsup".
func (h *Here) React(m *Message, name string) { h.react(m, name, true) }

// Unreact takes a reaction away.
func (h *Here) Unreact(m *Message, name string) { h.react(m, name, false) }

func (h *Here) react(m *Message, name string, add bool) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if m.post.react(h.user, name, add) {
		h.s.reactionEvent(h.user, m.post, name, add)
		h.s.notify()
	}
}

// Slash uses a command, such as "/brief", and waits for the first answer, in
// the acknowledgement or after it; a command that the app does not have ends
// the test. Nothing is shown where no answer comes in time.
func (h *Here) Slash(command, words string) *Shown {
	h.s.helper()
	in := h.slash(command, words)
	if in == nil {
		return h.nothing()
	}
	return h.do(in)
}

// SlashRequest makes the signed request of a command without sending it.
// Answers to it are taken as to any.
func (h *Here) SlashRequest(command, words string) SignedRequest {
	h.s.helper()
	in := h.slash(command, words)
	if in == nil {
		return SignedRequest{s: h.s}
	}
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return in.request()
}

func (h *Here) slash(command, words string) *interaction {
	s := h.s
	s.helper()
	s.mu.Lock()
	known := strings.HasPrefix(command, "/") && (s.app.commands == nil || slices.Contains(s.app.commands, command)) && slices.Contains(s.app.scopes, "commands")
	if !known || h.thread != "" || !h.user.Workspace.installed {
		s.mu.Unlock()
		s.fail("%s is not a valid command here", command)
		return nil
	}
	defer s.mu.Unlock()
	in := s.newInteraction(kindCommand, CommandsPath, h.user, h.channel)
	ws := h.user.Workspace
	name := h.channel.Name
	switch {
	case h.channel.with != nil:
		name = "directmessage"
	case h.channel.private:
		name = "privategroup"
	}
	in.payload = object{
		"token": verificationToken, "team_id": ws.ID, "team_domain": ws.Domain, "channel_id": h.channel.ID, "channel_name": name,
		"user_id": h.user.ID, "user_name": asString(h.user.payload(false)["name"]), "command": command, "text": strings.TrimSpace(words),
		"api_app_id": s.app.id, "is_enterprise_install": "false", "response_url": in.responds(), "trigger_id": in.trigger,
	}
	if ws.organisation != "" {
		in.payload["enterprise_id"], in.payload["enterprise_name"] = ws.organisation, "Organisation"
	}
	return in
}

// Shortcut uses a shortcut of a message's menu by its callback id.
func (h *Here) Shortcut(callbackID string, m *Message) *Shown {
	s := h.s
	s.helper()
	s.mu.Lock()
	if s.app.shortcuts != nil && !slices.Contains(s.app.shortcuts, callbackID) {
		s.mu.Unlock()
		s.fail("there is no shortcut %q", callbackID)
		return h.nothing()
	}
	in := s.newInteraction(kindInteractive, InteractivityPath, h.user, h.channel)
	in.payload = h.common(in, "message_action")
	maps.Copy(in.payload, object{
		"callback_id": callbackID, "response_url": in.responds(), "message_ts": m.TS, "message": m.post.payload(),
		"action_ts": s.newTS(), "channel": h.channel.brief(),
	})
	delete(in.payload, "api_app_id")
	delete(asObject(in.payload["user"]), "username")
	s.mu.Unlock()
	return h.do(in)
}

// common is what all interactive payloads say. The lock must be held.
func (h *Here) common(in *interaction, kind string) object {
	ws := h.user.Workspace
	name := asString(h.user.payload(false)["name"])
	var organisation any
	if ws.organisation != "" {
		organisation = object{"id": ws.organisation, "name": "Organisation"}
	}
	return object{
		"type": kind, "token": verificationToken, "api_app_id": h.s.app.id, "trigger_id": in.trigger, "enterprise": organisation,
		"is_enterprise_install": false, "team": object{"id": ws.ID, "domain": ws.Domain},
		"user": object{"id": h.user.ID, "username": name, "name": name, "team_id": ws.ID},
	}
}

func (c *Channel) brief() object {
	name := c.Name
	if c.with != nil {
		name = "directmessage"
	}
	return object{"id": c.ID, "name": name}
}

// OpenHome opens the app's home and waits for what the app publishes on it.
// It ends the test where the app has no home; nothing is shown where nothing
// was ever published.
func (u *User) OpenHome() *Shown {
	s := u.s
	s.helper()
	h := u.DM()
	s.mu.Lock()
	if !s.app.home {
		s.mu.Unlock()
		s.fail("the app has no home")
		return h.nothing()
	}
	before := 0
	event := object{"type": "app_home_opened", "user": u.ID, "channel": h.channel.ID, "tab": "home", "event_ts": s.newTS()}
	if u.home != nil {
		before = u.home.shown
		event["view"] = u.home.payload()
	}
	s.event(u.Workspace, "app_home_opened", event)
	s.mu.Unlock()
	s.await(s.o.RespondWithin, func() bool { return u.home != nil && u.home.shown > before })
	return u.Home()
}

// Home is the app's home as it stands for a user, without opening it anew.
func (u *User) Home() *Shown {
	h := u.DM()
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	if u.home == nil {
		return h.nothing()
	}
	return &Shown{Message: u.s.snapshotView(u.home), here: h}
}

// do delivers an interaction and returns what the user sees.
func (h *Here) do(in *interaction) *Shown {
	s := h.s
	s.helper()
	s.deliver(in)
	if in.failure() != "" && !h.mayFail {
		s.fail("the user reads: %s", in.failure())
	}
	if in.failure() == "" {
		s.await(s.o.RespondWithin, func() bool { return in.effect() })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown(h, in)
}

func (in *interaction) failure() string {
	in.s.mu.Lock()
	defer in.s.mu.Unlock()
	return in.failed
}

func (h *Here) nothing() *Shown { return &Shown{Message: &Message{s: h.s}, here: h} }

// On shows the user a message, so that its buttons can be pressed.
func (h *Here) On(m *Message) *Shown {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return &Shown{Message: h.s.snapshot(m.post), here: h}
}

// Replies waits until the app has answered a message, in its thread or, in a
// direct conversation, below it, and returns what it said; nothing where it
// stays silent all the time.
func (s *Server) Replies(m *Message, within time.Duration) []*Message {
	var found []*post
	s.await(within, func() bool {
		found = nil
		for _, p := range m.Channel.messages {
			inThread := p.thread != "" && (p.thread == m.TS || p.thread == m.ThreadTS)
			below := p.thread == "" && m.ThreadTS == "" && m.Channel.with != nil
			if p.author.own && !p.deleted && p.ts > m.TS && (inThread || below) {
				found = append(found, p)
			}
		}
		return len(found) > 0
	})
	return s.snapshots(found)
}

// Messages returns what stands in a channel and its threads, the oldest first.
func (s *Server) Messages(c *Channel) []*Message {
	s.mu.Lock()
	list := slices.DeleteFunc(slices.Clone(c.messages), func(m *post) bool { return m.deleted || m.tombstone })
	s.mu.Unlock()
	return s.snapshots(list)
}

// Whispers returns the ephemeral messages that a user was shown.
func (u *User) Whispers() []*Message {
	u.s.mu.Lock()
	list := slices.DeleteFunc(slices.Clone(u.whispers), func(m *post) bool { return m.deleted })
	u.s.mu.Unlock()
	return u.s.snapshots(list)
}

func (s *Server) snapshots(list []*post) []*Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Message, len(list))
	for i, m := range list {
		all[i] = s.snapshot(m)
	}
	return all
}
