package slacktest

import (
	"maps"
	"strings"
)

// eventScope is the scope that a subscription needs:
// https://docs.slack.dev/reference/events
func eventScope(subscription string) string {
	switch subscription {
	case "app_mention":
		return "app_mentions:read"
	case "message.channels":
		return "channels:history"
	case "message.groups":
		return "groups:history"
	case "message.im":
		return "im:history"
	case "reaction_added", "reaction_removed":
		return "reactions:read"
	case "channel_archive", "channel_unarchive", "channel_rename", "channel_deleted", "member_joined_channel", "member_left_channel":
		return "channels:read"
	case "group_archive", "group_rename", "group_deleted":
		return "groups:read"
	case "assistant_thread_started", "assistant_thread_context_changed":
		return "assistant:write"
	}
	return ""
}

// subscription names the message events of a kind of channel.
func (c *Channel) subscription() string {
	_, family := c.kind()
	return "message." + family
}

// mentionsBot says whether a text mentions the app.
func (m *post) mentionsBot() bool {
	return strings.Contains(m.text, "<@"+m.channel.Workspace.bot.ID+">")
}

// messageEvents tells the app of a new message. Where it mentions the app in
// a channel, two events tell of it. The lock must be held.
func (s *Server) messageEvents(m *post) {
	c := m.channel
	if !c.members[c.Workspace.bot.ID] {
		return
	}
	kind, _ := c.kind()
	event := m.payload()
	for _, key := range []string{"reply_count", "reply_users_count", "reply_users", "latest_reply", "reactions"} {
		delete(event, key)
	}
	event["channel"], event["event_ts"], event["channel_type"] = c.ID, m.ts, kind
	s.event(c.Workspace, c.subscription(), event)
	if c.with != nil || !m.mentionsBot() || m.author.own {
		return
	}
	mention := maps.Clone(event)
	mention["type"] = "app_mention"
	delete(mention, "channel_type")
	delete(mention, "parent_user_id")
	s.event(c.Workspace, "app_mention", mention)
}

// hidden tells the app of something that happened to a message. The lock must
// be held.
func (s *Server) hidden(m *post, subtype string, more object) {
	c := m.channel
	if m.only != nil || !c.members[c.Workspace.bot.ID] {
		return
	}
	kind, _ := c.kind()
	event := object{
		"type": "message", "subtype": subtype, "hidden": true, "channel": c.ID, "channel_type": kind,
	}
	maps.Copy(event, more)
	at := s.newTS()
	event["ts"], event["event_ts"] = at, at
	s.event(c.Workspace, c.subscription(), event)
}

func (s *Server) messageChanged(m *post, before object) {
	s.hidden(m, "message_changed", object{"message": m.payload(), "previous_message": before})
}

func (s *Server) messageDeleted(m *post, before object) {
	if m.tombstone {
		s.messageChanged(m, before)
		return
	}
	s.hidden(m, "message_deleted", object{"deleted_ts": m.ts, "previous_message": before})
}

func (s *Server) reactionEvent(u *User, m *post, name string, added bool) {
	c := m.channel
	if !c.members[c.Workspace.bot.ID] {
		return
	}
	kind := "reaction_removed"
	if added {
		kind = "reaction_added"
	}
	s.event(c.Workspace, kind, object{
		"type": kind, "user": u.ID, "reaction": name, "item": object{"type": "message", "channel": c.ID, "ts": m.ts},
		"item_user": m.author.ID, "event_ts": s.newTS(),
	})
}

// channelEvent tells the app of a change of a channel that it is in. The lock
// must be held.
func (c *Channel) channelEvent(what string, channel any, more object) {
	family := "channel_"
	if c.private {
		family = "group_"
	}
	event := object{"type": family + what, "channel": channel, "event_ts": c.s.newTS()}
	maps.Copy(event, more)
	c.s.event(c.Workspace, family+what, event)
	c.s.notify()
}

func (c *Channel) actor() string {
	if c.creator != nil {
		return c.creator.ID
	}
	return "USLACKBOT"
}

// Archive archives the channel.
func (c *Channel) Archive() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.archived = true
	c.channelEvent("archive", c.ID, object{"user": c.actor(), "is_moved": 0})
}

// Unarchive takes the channel back into use.
func (c *Channel) Unarchive() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.archived = false
	c.channelEvent("unarchive", c.ID, object{"user": c.actor()})
}

// Rename renames the channel.
func (c *Channel) Rename(name string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.Name = name
	c.channelEvent("rename", object{
		"id": c.ID, "is_channel": !c.private, "is_mpim": false, "name": name, "name_normalized": name, "created": c.created.Unix(),
	}, nil)
}

// Delete deletes the channel.
func (c *Channel) Delete() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.deleted = true
	c.channelEvent("deleted", c.ID, object{"actor_id": c.actor()})
}

// Kick removes the app.
func (c *Channel) Kick() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	delete(c.members, c.Workspace.bot.ID)
	c.membership("left", object{"inviter": nil})
}

// Invite brings the app in, or back.
func (c *Channel) Invite() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.members[c.Workspace.bot.ID] = true
	c.membership("joined", object{"inviter": c.actor()})
}

func (c *Channel) membership(what string, more object) {
	kind := "C"
	if c.private {
		kind = "G"
	}
	event := object{
		"type": "member_" + what + "_channel", "user": c.Workspace.bot.ID, "channel": c.ID, "channel_type": kind,
		"team": c.Workspace.ID, "event_ts": c.s.newTS(),
	}
	for key, value := range more {
		if value != nil {
			event[key] = value
		}
	}
	c.s.event(c.Workspace, "member_"+what+"_channel", event)
	c.s.notify()
}

// Uninstall removes the app: its tokens are no good any more, and it is told
// so by two events in no fixed order.
func (ws *Workspace) Uninstall() {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	for _, t := range ws.s.tokens {
		if t.ws == ws {
			t.inactive = true
		}
	}
	ws.tokensRevoked()
	ws.s.event(ws, "app_uninstalled", object{"type": "app_uninstalled"})
	ws.installed = false
	ws.s.notify()
}

// RevokeTokens revokes the app's tokens without removing it.
func (ws *Workspace) RevokeTokens() {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	for _, t := range ws.s.tokens {
		if t.ws == ws {
			t.revoked = true
		}
	}
	ws.tokensRevoked()
	ws.s.notify()
}

func (ws *Workspace) tokensRevoked() {
	ws.s.event(ws, "tokens_revoked", object{"type": "tokens_revoked", "tokens": object{"oauth": []any{}, "bot": []any{ws.bot.ID}}})
}
