package slacktest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// app is the app that is tested, the same in all workspaces.
type app struct {
	id        string
	name      string
	scopes    []string
	events    []string // subscribed; nil: all
	commands  []string // with slash; nil: any
	shortcuts []string // callback ids of message shortcuts; nil: any
	home      bool
	options   bool // an address for options is set
	socket    bool // Socket Mode may be used
	redirects []string
}

// everyScope is what the app may do where neither manifest nor scopes are
// given: https://docs.slack.dev/reference/scopes
func everyScope() []string {
	return []string{
		"app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands",
		"groups:history", "groups:read", "im:history", "im:read", "im:write", "metadata.message:read", "mpim:history",
		"mpim:read", "reactions:read", "reactions:write", "team:read", "users:read",
	}
}

// newApp sets the app up from its options.
func (s *Server) newApp() error {
	s.app = app{id: s.newID("A"), name: "briefbot", scopes: s.o.Scopes, home: true, options: true, socket: true, redirects: s.o.Redirects}
	if s.app.scopes == nil {
		s.app.scopes = everyScope()
	}
	if s.o.Manifest == nil {
		return nil
	}
	var manifest any
	if err := json.Unmarshal(s.o.Manifest, &manifest); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if problems := s.o.Specs.checkManifest(manifest); len(problems) > 0 {
		return fmt.Errorf("manifest: %s", problems[0])
	}
	m := asObject(manifest)
	features, settings, oauth := asObject(m["features"]), asObject(m["settings"]), asObject(m["oauth_config"])
	texts := func(list any) []string {
		all := []string{}
		for _, one := range asArray(list) {
			all = append(all, asString(one))
		}
		return all
	}
	s.app.name = or(asString(asObject(features["bot_user"])["display_name"]), asString(asObject(m["display_information"])["name"]))
	s.app.scopes = texts(asObject(oauth["scopes"])["bot"])
	s.app.events = texts(asObject(settings["event_subscriptions"])["bot_events"])
	s.app.home = asObject(features["app_home"])["home_tab_enabled"] == true
	s.app.socket = settings["socket_mode_enabled"] == true
	s.app.options = s.app.socket || asString(asObject(settings["interactivity"])["message_menu_options_url"]) != ""
	s.app.commands, s.app.shortcuts = []string{}, []string{}
	for _, c := range asArray(features["slash_commands"]) {
		s.app.commands = append(s.app.commands, asString(asObject(c)["command"]))
	}
	for _, c := range asArray(features["shortcuts"]) {
		if c := asObject(c); c["type"] == "message" {
			s.app.shortcuts = append(s.app.shortcuts, asString(c["callback_id"]))
		}
	}
	if s.app.redirects == nil {
		s.app.redirects = texts(oauth["redirect_urls"])
	}
	return nil
}

// token is a token that the fake gave out.
type token struct {
	text     string
	kind     string // "bot", "app" or "config"
	ws       *Workspace
	scopes   []string
	expires  time.Time // zero: never
	refresh  bool      // a refresh token
	used     bool      // a refresh token that was used
	revoked  bool
	inactive bool // its workspace has uninstalled the app
}

// Workspace is a workspace of Slack.
type Workspace struct {
	s      *Server
	ID     string
	Name   string
	Domain string

	organisation string // id of the enterprise that it belongs to; "" for none
	whole        bool   // the app is installed in all of it

	installed bool
	first     string // its token
	bot       *User
	users     []*User
	channels  []*Channel
	byID      map[string]*Channel
}

// Join has the workspace belong to an organisation, by its id: what the app is
// told of the workspace names that too. With whole, who installs the app does so
// in all workspaces of the organisation at once.
func (ws *Workspace) Join(organisation string, whole bool) {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	ws.organisation, ws.whole = organisation, whole
}

// User is somebody in a workspace, or an app's bot.
type User struct {
	s         *Server
	Workspace *Workspace
	ID        string
	Name      string
	Locale    string // such as "zh-CN"
	TZ        string // such as "Asia/Shanghai"
	Admin     bool
	Guest     bool   // of some channels
	From      string // id of the workspace that they belong to, where it is another one; "" for this one

	botID    string // of a bot
	own      bool   // the bot of the app
	dm       *Channel
	home     *view
	modals   []*view
	whispers []*post // that only this user sees
}

// Channel is a channel, a private channel or a direct conversation with the
// app.
type Channel struct {
	s         *Server
	Workspace *Workspace
	ID        string
	Name      string // empty in a direct conversation

	private  bool
	closed   bool  // private, and public before
	with     *User // of a direct conversation
	creator  *User
	members  map[string]bool // by user id
	messages []*post
	created  time.Time
	archived bool
	deleted  bool
}

// post is a message.
type post struct {
	ts        string
	channel   *Channel
	author    *User
	text      string
	blocks    []any
	metadata  object
	thread    string // of the parent; its own ts where it has replies
	broadcast bool
	only      *User // of an ephemeral message
	edits     int
	edited    string // ts of the last edit
	deleted   bool
	tombstone bool // deleted, with replies below it
	reactions []reaction
	clientID  string
	legacy    string // the name under which an incoming webhook posted it
	step      int    // of the last change by the app
	response  *responseURL
}

type reaction struct {
	name  string
	users []string
}

// AddWorkspace adds a workspace that has the app installed.
func (s *Server) AddWorkspace(name string) *Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws := s.newWorkspace(name)
	text := s.o.Token
	if s.tokens[text] != nil {
		text = fmt.Sprintf("xoxb-%d-%s", len(s.tokens), ws.ID)
	}
	ws.install(&token{text: text, kind: "bot", ws: ws, scopes: s.app.scopes})
	return ws
}

// AddStranger adds a workspace that does not have the app.
func (s *Server) AddStranger(name string) *Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newWorkspace(name)
}

func (s *Server) newWorkspace(name string) *Workspace {
	ws := &Workspace{s: s, ID: s.newID("T"), Name: name, Domain: strings.ToLower(strings.ReplaceAll(name, " ", "-")), byID: map[string]*Channel{}}
	ws.bot = ws.addUser(s.app.name, "en-US")
	ws.bot.own, ws.bot.botID = true, s.newID("B")
	s.workspaces = append(s.workspaces, ws)
	return ws
}

// install gives the app a token. The lock must be held.
func (ws *Workspace) install(t *token) {
	ws.installed, ws.first = true, t.text
	ws.s.tokens[t.text] = t
}

// Token is the newest token that the app got here.
func (ws *Workspace) Token() string {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	return ws.first
}

// Bot is the app's user.
func (ws *Workspace) Bot() *User { return ws.bot }

// AddUser adds somebody who speaks a locale, such as "en-US" or "zh-CN".
func (ws *Workspace) AddUser(name, locale string) *User {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	return ws.addUser(name, locale)
}

func (ws *Workspace) addUser(name, locale string) *User {
	u := &User{s: ws.s, Workspace: ws, ID: ws.s.newID("U"), Name: name, Locale: locale, TZ: "Asia/Shanghai"}
	ws.users = append(ws.users, u)
	return u
}

// AddApp adds another app, whose bot posts as other bots do.
func (ws *Workspace) AddApp(name string) *User {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	u := ws.addUser(name, "en-US")
	u.botID = ws.s.newID("B")
	return u
}

// AddChannel adds a public channel with the app in it.
func (ws *Workspace) AddChannel(name string) *Channel { return ws.addChannel(name, false, true) }

// AddChannelWithout adds a public channel that the app is not in.
func (ws *Workspace) AddChannelWithout(name string) *Channel {
	return ws.addChannel(name, false, false)
}

// AddPrivate adds a private channel with the app in it.
func (ws *Workspace) AddPrivate(name string) *Channel { return ws.addChannel(name, true, true) }

func (ws *Workspace) addChannel(name string, private, with bool) *Channel {
	ws.s.mu.Lock()
	defer ws.s.mu.Unlock()
	c := &Channel{
		s: ws.s, Workspace: ws, ID: ws.s.newID("C"), Name: name, private: private,
		members: map[string]bool{}, created: ws.s.o.Now(),
	}
	if with {
		c.members[ws.bot.ID] = true
	}
	ws.enlist(c)
	return c
}

func (ws *Workspace) enlist(c *Channel) {
	ws.channels = append(ws.channels, c)
	ws.byID[c.ID] = c
}

// MakePrivate makes a public channel a private one, which goes on saying that
// it is a channel.
func (c *Channel) MakePrivate() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.private, c.closed = true, true
}

// CreatedBy makes somebody the creator of the channel.
func (c *Channel) CreatedBy(u *User) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.creator = u
	c.members[u.ID] = true
}

// openDM returns the direct conversation of a user with the app. The lock
// must be held.
func (u *User) openDM() *Channel {
	if u.dm == nil {
		u.dm = &Channel{
			s: u.s, Workspace: u.Workspace, ID: u.s.newID("D"), with: u, created: u.s.o.Now(),
			members: map[string]bool{u.ID: true, u.Workspace.bot.ID: true},
		}
		u.Workspace.enlist(u.dm)
	}
	return u.dm
}

// IsBot says whether the user is a bot.
func (u *User) IsBot() bool { return u.botID != "" }

func (ws *Workspace) user(id string) *User {
	for _, u := range ws.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (ws *Workspace) channel(id string) *Channel {
	if c := ws.byID[id]; c != nil && !c.deleted {
		return c
	}
	return nil
}

// kind is the channel_type of events and the word of scopes.
func (c *Channel) kind() (channelType, scope string) {
	switch {
	case c.with != nil:
		return "im", "im"
	case c.private:
		return "group", "groups"
	}
	return "channel", "channels"
}

// hears says whether a user can read the channel.
func (c *Channel) hears(u *User) bool {
	return c.Workspace == u.Workspace && (c.members[u.ID] || !c.private && c.with == nil)
}

// find returns a message that is not deleted.
func (c *Channel) find(ts string) *post {
	i, found := slices.BinarySearchFunc(c.messages, ts, func(m *post, ts string) int { return strings.Compare(m.ts, ts) })
	if !found || c.messages[i].deleted {
		return nil
	}
	return c.messages[i]
}

// replies are the messages of a thread without its parent.
func (c *Channel) replies(ts string) []*post {
	var list []*post
	for _, m := range c.messages {
		if m.thread == ts && m.ts != ts && !m.deleted {
			list = append(list, m)
		}
	}
	return list
}

// payload is the message as history and events show it.
func (m *post) payload() object {
	o := object{"type": "message", "ts": m.ts, "text": m.text, "user": m.author.ID, "team": m.channel.Workspace.ID}
	if m.tombstone {
		o = object{"type": "message", "subtype": "tombstone", "hidden": true, "ts": m.ts, "text": "This message was deleted.", "user": "USLACKBOT"}
	}
	if m.author.IsBot() && !m.tombstone {
		o["bot_id"], o["app_id"], o["bot_profile"] = m.author.botID, m.author.appID(), m.author.botProfile()
	}
	if m.legacy != "" {
		o["subtype"], o["username"] = "bot_message", m.legacy
		for _, key := range []string{"user", "team", "app_id", "bot_profile"} {
			delete(o, key)
		}
	}
	if m.clientID != "" {
		o["client_msg_id"] = m.clientID
	}
	if len(m.blocks) > 0 && !m.tombstone {
		o["blocks"] = remarshal(m.blocks)
	}
	if m.edits > 0 {
		o["edited"] = object{"user": m.author.ID, "ts": m.edited}
	}
	if m.thread != "" {
		o["thread_ts"] = m.thread
	}
	if m.thread != "" && m.thread != m.ts {
		if parent := m.channel.find(m.thread); parent != nil {
			o["parent_user_id"] = parent.author.ID
		}
	}
	if m.only == nil && m.thread == m.ts {
		m.countReplies(o)
	}
	if m.broadcast {
		o["subtype"] = "thread_broadcast"
	}
	if len(m.reactions) > 0 {
		o["reactions"] = m.reactionPayload()
	}
	return o
}

// countReplies says what stands in the thread of a message.
func (m *post) countReplies(o object) {
	if replies := m.channel.replies(m.ts); len(replies) > 0 {
		users := []any{}
		for _, r := range replies {
			if !slices.Contains(users, any(r.author.ID)) {
				users = append(users, r.author.ID)
			}
		}
		o["reply_count"], o["reply_users_count"], o["reply_users"] = len(replies), len(users), users
		o["latest_reply"] = replies[len(replies)-1].ts
	}
}

func (m *post) reactionPayload() []any {
	list := []any{}
	for _, r := range m.reactions {
		list = append(list, object{"name": r.name, "users": remarshal(r.users), "count": len(r.users)})
	}
	return list
}

func (u *User) appID() string {
	if u.own {
		return u.s.app.id
	}
	return "A" + u.botID[1:]
}

func (u *User) botProfile() object {
	return object{
		"id": u.botID, "app_id": u.appID(), "name": u.Name, "deleted": false, "updated": 1700000000, "team_id": u.Workspace.ID,
		"icons": object{"image_36": "https://a.slack-edge.com/36.png", "image_48": "https://a.slack-edge.com/48.png", "image_72": "https://a.slack-edge.com/72.png"},
	}
}

func (u *User) payload(locale bool) object {
	o := object{
		"id": u.ID, "team_id": cmp.Or(u.From, u.Workspace.ID), "name": strings.ToLower(strings.ReplaceAll(u.Name, " ", ".")), "real_name": u.Name,
		"deleted": false, "color": "9f69e7", "tz": u.TZ, "tz_label": u.TZ, "tz_offset": u.offset(),
		"is_admin": u.Admin, "is_owner": false, "is_primary_owner": false, "is_restricted": u.Guest, "is_ultra_restricted": false,
		"is_bot": u.IsBot(), "is_app_user": false, "updated": 1700000000, "is_email_confirmed": true, "who_can_share_contact_card": "EVERYONE",
		"profile": object{"real_name": u.Name, "display_name": u.Name, "team": u.Workspace.ID},
	}
	if locale {
		o["locale"] = u.Locale
	}
	if u.IsBot() {
		asObject(o["profile"])["bot_id"], asObject(o["profile"])["api_app_id"] = u.botID, u.appID()
	}
	return o
}

func (u *User) offset() int {
	zone, err := time.LoadLocation(u.TZ)
	if err != nil {
		return 0
	}
	_, offset := u.s.o.Now().In(zone).Zone()
	return offset
}

func (c *Channel) payload() object {
	if c.with != nil {
		return object{
			"id": c.ID, "created": c.created.Unix(), "is_im": true, "is_org_shared": false, "is_archived": c.archived,
			"user": c.with.ID, "context_team_id": c.Workspace.ID, "updated": c.created.UnixMilli(), "is_user_deleted": false, "priority": 0,
		}
	}
	creator := "USLACKBOT"
	if c.creator != nil {
		creator = c.creator.ID
	}
	topic := object{"value": "", "creator": "", "last_set": 0}
	return object{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": !c.private || c.closed, "is_group": c.private && !c.closed, "is_im": false,
		"is_mpim": false, "is_private": c.private, "created": c.created.Unix(), "is_archived": c.archived, "is_general": false,
		"unlinked": 0, "is_shared": false, "is_org_shared": false, "is_ext_shared": false, "is_pending_ext_shared": false,
		"pending_shared": []any{}, "shared_team_ids": []any{c.Workspace.ID}, "pending_connected_team_ids": []any{},
		"context_team_id": c.Workspace.ID, "updated": c.created.UnixMilli(), "parent_conversation": nil, "creator": creator,
		"is_member": c.members[c.Workspace.bot.ID], "topic": topic, "purpose": maps.Clone(topic), "previous_names": []any{},
		"num_members": len(c.members),
	}
}

// add puts a message into its channel and tells the app. The lock must be held.
func (s *Server) add(m *post) {
	if m.thread != "" {
		if parent := m.channel.find(m.thread); parent != nil {
			parent.thread = parent.ts
		}
	}
	m.channel.messages = append(m.channel.messages, m)
	s.messageEvents(m)
	s.notify()
}

// change notes an edit. The lock must be held.
func (s *Server) change(m *post, before object) {
	m.edits++
	m.edited = s.newTS()
	s.messageChanged(m, before)
	s.notify()
}
