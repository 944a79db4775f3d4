package discordtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Flags of messages: https://discord.com/developers/docs/resources/message#message-object-message-flags
const (
	flagSuppressEmbeds        = 1 << 2
	flagHasThread             = 1 << 5
	flagEphemeral             = 1 << 6
	flagLoading               = 1 << 7
	flagSuppressNotifications = 1 << 12
	flagComponentsV2          = 1 << 15
)

// Kinds of messages: https://discord.com/developers/docs/resources/message#message-object-message-types
const (
	postDefault     = 0
	postReply       = 19
	postCommand     = 20
	postContextMenu = 23
)

// post is a message as the fake keeps it.
type post struct {
	id          string
	channel     *Channel
	author      *User
	kind        int
	content     string
	components  []any
	embeds      []any
	flags       int
	nonce       any
	created     time.Time
	edited      time.Time
	edits       int
	answers     *post // the message that it replies to
	mentions    []*User
	thread      *Channel
	interaction *interaction // that it answers
	deleted     bool
	host        string // at which the request came in that made it
	unknown     bool   // whoever sent that request cannot know from an answer that it stands
}

// seenNonce is a message that was posted with an enforced nonce.
type seenNonce struct {
	post *post
	at   time.Time
}

func (m *post) ephemeral() bool { return m.flags&flagEphemeral != 0 }

// payload is the message as the bot sees it.
func (m *post) payload() object {
	mentions, embeds := []any{}, asArray(remarshal(m.embeds))
	for _, u := range m.mentions {
		mentions = append(mentions, u.payload())
	}
	if embeds == nil {
		embeds = []any{}
	}
	components := m.components
	if components == nil {
		components = []any{}
	}
	var edited any
	if !m.edited.IsZero() {
		edited = stamp(m.edited)
	}
	o := object{
		"type": m.kind, "content": m.content, "mentions": mentions, "mention_roles": []any{}, "attachments": []any{},
		"embeds": embeds, "timestamp": stamp(m.created), "edited_timestamp": edited, "flags": m.flags,
		"components": components, "id": m.id, "channel_id": m.channel.ID, "author": m.author.payload(),
		"pinned": false, "mention_everyone": false, "tts": false,
	}
	if m.nonce != nil {
		o["nonce"] = m.nonce
	}
	if m.answers != nil {
		reference := object{"type": 0, "channel_id": m.answers.channel.ID, "message_id": m.answers.id}
		if g := m.channel.Guild; g != nil {
			reference["guild_id"] = g.ID
		}
		o["message_reference"] = reference
		if m.answers.deleted {
			o["referenced_message"] = nil
		} else {
			quoted := m.answers.payload()
			delete(quoted, "referenced_message")
			o["referenced_message"] = quoted
		}
	}
	if m.thread != nil {
		o["thread"] = m.thread.payload()
	}
	if in := m.interaction; in != nil {
		o["application_id"], o["webhook_id"] = m.channel.s.app.id, m.channel.s.app.id
		o["interaction_metadata"] = in.metadata()
	}
	return o
}

// event is the message as the gateway sends it to a session.
func (m *post) event(intents Intents) object {
	o := m.payload()
	if g := m.channel.Guild; g != nil {
		o["guild_id"] = g.ID
		o["member"] = g.member(m.author)
	}
	if !m.visible(intents) {
		o["content"], o["embeds"], o["attachments"], o["components"] = "", []any{}, []any{}, []any{}
	}
	return o
}

// visible says whether a session may read what a message says:
// https://discord.com/developers/docs/events/gateway#message-content-intent
func (m *post) visible(intents Intents) bool {
	return intents&IntentMessageContent != 0 || m.channel.kind == kindDM || m.author.bot ||
		slices.ContainsFunc(m.mentions, func(u *User) bool { return u.bot })
}

// own finds the channel of a path where the bot may do something.
func (s *Server) own(r *request, need Permissions) (*Channel, answer) {
	c := s.channels[r.PathValue("channel_id")]
	switch {
	case c == nil || c.deleted:
		return nil, unknownChannel()
	case c.Guild != nil && c.Guild.away, !c.may(s.app.bot).has(ViewChannel):
		return nil, missingAccess()
	case !c.may(s.app.bot).has(need):
		return nil, missingPermissions()
	}
	return c, answer{}
}

func (c *Channel) find(id string) *post {
	i := slices.IndexFunc(c.messages, func(m *post) bool { return m.id == id && !m.deleted })
	if i < 0 {
		return nil
	}
	return c.messages[i]
}

func (s *Server) getChannel(r *request) answer {
	c, refused := s.own(r, 0)
	if c == nil {
		return refused
	}
	return ok(c.payload())
}

func (s *Server) typing(r *request) answer {
	c, refused := s.own(r, 0)
	switch {
	case c == nil:
		return refused
	case !c.maySend(s.app.bot):
		return missingPermissions()
	}
	return noContent()
}

func (s *Server) createMessage(r *request) answer {
	c, refused := s.own(r, 0)
	switch {
	case c == nil:
		return refused
	case c.kind == kindDM && c.with.closed:
		return apiError(http.StatusForbidden, 50007, "Cannot send messages to this user")
	case !c.maySend(s.app.bot):
		return missingPermissions()
	case c.locked:
		return apiError(http.StatusBadRequest, 50083, "Thread is archived")
	}
	problems := s.checkMessage(r.body, messageRules{create: true})
	var answers *post
	if reference := asObject(r.body["message_reference"]); reference != nil {
		answers = c.find(asString(reference["message_id"]))
		switch {
		case !c.may(s.app.bot).has(ReadMessageHistory):
			return apiError(http.StatusBadRequest, 160002, "Cannot reply without permission to read message history")
		case answers == nil && reference["fail_if_not_exists"] != false:
			return invalidForm([]problem{{path: []string{"message_reference"}, code: "REPLIES_UNKNOWN_MESSAGE", text: "Unknown message"}})
		}
	}
	if len(problems) > 0 {
		return s.refuse(r, problems)
	}
	nonce := r.body["nonce"]
	key := fmt.Sprint(c.ID, " ", s.app.bot.ID, " ", nonce)
	if r.body["enforce_nonce"] == true {
		if seen, known := s.nonces[key]; known && r.now.Sub(seen.at) < s.o.NonceWindow {
			s.counts.Deduplicated++
			return ok(seen.post.payload())
		}
	}
	m := s.newPost(c, s.app.bot, r.body)
	m.nonce, m.answers = nonce, answers
	if answers != nil {
		m.kind = postReply
	}
	if r.body["enforce_nonce"] == true {
		s.nonces[key] = seenNonce{post: m, at: r.now}
	}
	s.post(m)
	r.call.post, m.host = m, r.call.Host
	return ok(m.payload())
}

// newPost makes a message of a body that passed the rules.
func (s *Server) newPost(c *Channel, author *User, body object) *post {
	m := &post{id: s.newID(), channel: c, author: author, created: s.o.Now()}
	m.fill(body)
	return m
}

// fill takes over what a body says of a message; what it leaves out stays.
func (m *post) fill(body object) {
	if content, given := body["content"]; given {
		m.content = asString(content)
	}
	if embeds, given := body["embeds"]; given {
		m.embeds = asArray(embeds)
	}
	if components, given := body["components"]; given {
		m.components = asArray(remarshal(components))
		number(m.components)
	}
	if flags, given := body["flags"]; given {
		m.flags = asInt(flags) | m.flags&(flagEphemeral|flagHasThread)
	}
}

// post puts a message into its channel and tells who listens.
func (s *Server) post(m *post) {
	if m.author.bot {
		s.counts.Messages++
		if m.interaction == nil {
			s.received = append(s.received, m)
		}
	}
	if m.ephemeral() {
		return
	}
	m.channel.archived = false
	m.channel.messages = append(m.channel.messages, m)
	s.dispatchMessage(m, "MESSAGE_CREATE")
	s.notify()
}

// change notes that a message was edited and tells who listens.
func (s *Server) change(m *post) {
	m.edited = s.o.Now()
	m.edits++
	if !m.ephemeral() {
		s.dispatchMessage(m, "MESSAGE_UPDATE")
	}
	s.notify()
}

// remove deletes a message and tells who listens.
func (s *Server) remove(m *post) {
	m.deleted = true
	if !m.ephemeral() {
		o := object{"id": m.id, "channel_id": m.channel.ID}
		if m.channel.Guild != nil {
			o["guild_id"] = m.channel.Guild.ID
		}
		s.dispatchChannel(m.channel, "MESSAGE_DELETE", o)
	}
	s.notify()
}

func (s *Server) getMessage(r *request) answer {
	c, refused := s.own(r, ReadMessageHistory)
	if c == nil {
		return refused
	}
	m := c.find(r.PathValue("message_id"))
	if m == nil {
		return unknownMessage()
	}
	return ok(m.payload())
}

func (s *Server) listMessages(r *request) answer {
	c, refused := s.own(r, 0)
	if c == nil {
		return refused
	}
	query := r.URL.Query()
	limit := 50
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return s.refuse(r, []problem{{path: []string{"limit"}, code: "NUMBER_TYPE_MAX", text: "from 1 to 100"}})
		}
		limit = n
	}
	var ends []string
	for _, name := range []string{"before", "after", "around"} {
		if query.Has(name) {
			ends = append(ends, name)
		}
	}
	if len(ends) > 1 {
		return s.refuse(r, []problem{{path: ends[1:], code: "FORM", text: "only one of before, after and around may be used"}})
	}
	list := []any{}
	if !c.may(s.app.bot).has(ReadMessageHistory) {
		return ok(list)
	}
	for _, m := range c.window(limit, ends, query.Get) {
		list = append(list, m.payload())
	}
	return ok(list)
}

// window returns messages, the newest first, as the three parameters of
// https://discord.com/developers/docs/resources/message#get-channel-messages say.
func (c *Channel) window(limit int, ends []string, query func(string) string) []*post {
	all := slices.DeleteFunc(slices.Clone(c.messages), func(m *post) bool { return m.deleted })
	slices.Reverse(all)
	if len(ends) == 0 {
		return all[:min(limit, len(all))]
	}
	id := number64(query(ends[0]))
	older := slices.DeleteFunc(slices.Clone(all), func(m *post) bool { return number64(m.id) >= id })
	newer := slices.DeleteFunc(slices.Clone(all), func(m *post) bool { return number64(m.id) <= id })
	switch ends[0] {
	case "before":
		return older[:min(limit, len(older))]
	case "after":
		return newer[max(len(newer)-limit, 0):]
	}
	half := limit / 2
	around := slices.Clone(newer[max(len(newer)-half, 0):])
	for _, m := range all {
		if number64(m.id) == id {
			around = append(around, m)
		}
	}
	around = append(around, older[:min(half, len(older))]...)
	return around[:min(limit, len(around))]
}

func number64(id string) uint64 {
	n, _ := strconv.ParseUint(id, 10, 64)
	return n
}

func (s *Server) editMessage(r *request) answer {
	c, refused := s.own(r, 0)
	if c == nil {
		return refused
	}
	m := c.find(r.PathValue("message_id"))
	switch {
	case m == nil:
		return unknownMessage()
	case m.author != s.app.bot:
		return apiError(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
	case c.locked:
		return apiError(http.StatusBadRequest, 50083, "Thread is archived")
	}
	if problems := s.checkMessage(r.body, messageRules{edits: m}); len(problems) > 0 {
		return s.refuse(r, problems)
	}
	m.fill(r.body)
	s.change(m)
	return ok(m.payload())
}

func (s *Server) deleteMessage(r *request) answer {
	c, refused := s.own(r, 0)
	if c == nil {
		return refused
	}
	m := c.find(r.PathValue("message_id"))
	switch {
	case m == nil:
		return unknownMessage()
	case m.author != s.app.bot && !c.may(s.app.bot).has(ManageMessages):
		return missingPermissions()
	}
	s.remove(m)
	return noContent()
}

func (s *Server) createThread(r *request) answer {
	c, refused := s.own(r, CreatePublicThreads)
	switch {
	case c == nil:
		return refused
	case c.kind != kindText:
		return apiError(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	}
	name := asString(r.body["name"])
	if strings.TrimSpace(name) == "" {
		return s.refuse(r, []problem{{path: []string{"name"}, code: "BASE_TYPE_REQUIRED", text: "the name is blank"}})
	}
	id := r.PathValue("message_id")
	if id == "" {
		if kind := asInt(r.body["type"]); kind != kindThread {
			return s.refuse(r, []problem{{path: []string{"type"}, code: "FAKE", text: "this fake opens public threads (11) only"}})
		}
		return answer{status: http.StatusCreated, body: s.openThread(c, s.app.bot, nil, name).payload()}
	}
	m := c.find(id)
	switch {
	case m == nil:
		return unknownMessage()
	case m.thread != nil:
		return apiError(http.StatusBadRequest, 160004, "A thread has already been created for this message")
	}
	return answer{status: http.StatusCreated, body: s.openThread(c, s.app.bot, m, name).payload()}
}

// openThread opens a thread, at a message where one is given. The lock must
// be held.
func (s *Server) openThread(c *Channel, owner *User, m *post, name string) *Channel {
	t := &Channel{s: s, Name: name, Guild: c.Guild, kind: kindThread, parent: c, owner: owner, created: s.o.Now()}
	if m == nil {
		t.ID = s.newID()
	} else {
		t.ID, m.thread = m.id, t
		m.flags |= flagHasThread
	}
	s.channels[t.ID] = t
	c.Guild.channels = append(c.Guild.channels, t)
	payload := t.payload()
	payload["newly_created"] = true
	s.dispatchChannel(t, "THREAD_CREATE", payload)
	s.notify()
	return t
}
