package discordtest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Permissions are bits of what a member may do:
// https://discord.com/developers/docs/topics/permissions
type Permissions uint64

// The permissions that the fake knows of.
const (
	Administrator         Permissions = 1 << 3
	ManageChannels        Permissions = 1 << 4
	ManageGuild           Permissions = 1 << 5
	ViewChannel           Permissions = 1 << 10
	SendMessages          Permissions = 1 << 11
	ManageMessages        Permissions = 1 << 13
	EmbedLinks            Permissions = 1 << 14
	AttachFiles           Permissions = 1 << 15
	ReadMessageHistory    Permissions = 1 << 16
	MentionEveryone       Permissions = 1 << 17
	UseCommands           Permissions = 1 << 31
	ManageThreads         Permissions = 1 << 34
	CreatePublicThreads   Permissions = 1 << 35
	SendMessagesInThreads Permissions = 1 << 38
)

// Everyone is what every member of a new guild may do.
const Everyone = ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadMessageHistory | UseCommands | CreatePublicThreads | SendMessagesInThreads

const allPermissions = Permissions(1<<52 - 1)

func (p Permissions) has(q Permissions) bool { return p&q == q }

// MarshalText writes the bits as Discord does, as a decimal number.
func (p Permissions) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the bits as Discord writes them.
func (p *Permissions) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 64)
	*p = Permissions(n)
	return err
}

func (p Permissions) String() string { return strconv.FormatUint(uint64(p), 10) }

// User is somebody on Discord, or the bot.
type User struct {
	s      *Server
	ID     string
	Name   string
	Locale string // such as "zh-CN"

	bot       bool
	closed    bool // takes no direct messages
	installed bool // has installed the bot for themself
	dm        *Channel
}

// Guild is a server of Discord.
type Guild struct {
	s      *Server
	ID     string
	Name   string
	Locale string

	owner    *User
	channels []*Channel
	everyone Permissions
	role     string                 // the bot's role
	botMay   Permissions            // of the bot's role
	members  map[string]Permissions // by user id, beyond everyone's
	granted  map[string]string      // by user id, the role that gives them
	joined   time.Time
	away     bool // the bot is not in it
	down     bool // unavailable
}

// The kinds of channels: https://discord.com/developers/docs/resources/channel#channel-object-channel-types
const (
	kindText   = 0
	kindDM     = 1
	kindThread = 11
)

// Channel is a channel of a guild, a thread or a direct conversation with
// the bot.
type Channel struct {
	s     *Server
	ID    string
	Name  string
	Guild *Guild // nil in a direct conversation

	kind       int
	parent     *Channel // of a thread
	with       *User    // of a direct conversation
	overwrites []overwrite
	messages   []*post
	created    time.Time
	owner      *User // of a thread
	archived   bool
	locked     bool
	deleted    bool
}

// overwrite changes permissions in one channel.
type overwrite struct {
	id          string
	member      bool // of one member; else of a role
	allow, deny Permissions
}

// AddUser adds somebody who speaks a locale, such as "en-US" or "zh-CN".
func (s *Server) AddUser(name, locale string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &User{s: s, ID: s.newID(), Name: name, Locale: locale}
	s.users[u.ID] = u
	return u
}

// CloseDMs makes the user take no direct messages.
func (u *User) CloseDMs() {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.closed = true
}

// Install installs the bot for the user, who can then use its commands in
// places that the bot is not in.
func (u *User) Install() {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.installed = true
}

// AddGuild adds a guild with the bot in it.
func (s *Server) AddGuild(name string) *Guild {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.newGuild(s.newGuildID(), name)
	s.dispatchGuild(g, "GUILD_CREATE", g.create())
	return g
}

// AddGuildOn adds a guild whose events go to a shard of so many.
func (s *Server) AddGuildOn(name string, shard, shards int) *Guild {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.newGuildID()
	for shardOf(id, shards) != shard {
		id = s.newGuildID()
	}
	g := s.newGuild(id, name)
	s.dispatchGuild(g, "GUILD_CREATE", g.create())
	return g
}

func (s *Server) newGuild(id, name string) *Guild {
	g := &Guild{
		s: s, ID: id, Name: name, Locale: "en-US", everyone: Everyone,
		members: map[string]Permissions{}, joined: s.o.Now(), role: s.newID(),
	}
	g.owner = &User{s: s, ID: s.newID(), Name: "owner of " + name, Locale: "en-US"}
	s.users[g.owner.ID] = g.owner
	g.members[g.owner.ID] = allPermissions
	s.guilds = append(s.guilds, g)
	return g
}

// shardOf is the shard that gets the events of a guild:
// https://discord.com/developers/docs/events/gateway#sharding
func shardOf(guild string, shards int) int {
	n, _ := strconv.ParseUint(guild, 10, 64)
	return int((n >> 22) % uint64(max(shards, 1)))
}

// AddChannel adds a text channel.
func (g *Guild) AddChannel(name string) *Channel {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	c := &Channel{s: g.s, ID: g.s.newID(), Name: name, Guild: g, kind: kindText, created: g.s.o.Now()}
	g.channels = append(g.channels, c)
	g.s.channels[c.ID] = c
	g.s.dispatchGuild(g, "CHANNEL_CREATE", c.payload())
	return c
}

// Grant gives a member permissions beyond everyone's.
func (g *Guild) Grant(u *User, p Permissions) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.members[u.ID] |= p
	if g.granted == nil {
		g.granted = map[string]string{}
	}
	if g.granted[u.ID] == "" {
		g.granted[u.ID] = g.s.newID()
	}
}

// GrantEveryone sets what every member may do.
func (g *Guild) GrantEveryone(p Permissions) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.everyone = p
}

// GrantBot sets what the bot's own role adds to everyone's permissions.
func (g *Guild) GrantBot(p Permissions) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.botMay = p
}

// Kick removes the bot.
func (g *Guild) Kick() {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.kick()
}

func (g *Guild) kick() {
	g.away = true
	g.s.dispatchGuild(g, "GUILD_DELETE", object{"id": g.ID})
}

// Invite brings the bot back.
func (g *Guild) Invite() {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.away, g.joined = false, g.s.o.Now()
	g.s.dispatchGuild(g, "GUILD_CREATE", g.create())
}

// GoDown makes the guild unavailable, as in an outage: the bot is told, and
// is still in it.
func (g *Guild) GoDown() {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.down = true
	g.s.dispatchGuild(g, "GUILD_DELETE", object{"id": g.ID, "unavailable": true})
}

// ComeBack ends the outage.
func (g *Guild) ComeBack() {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.down = false
	g.s.dispatchGuild(g, "GUILD_CREATE", g.create())
}

// Deny takes permissions from the bot in this channel.
func (c *Channel) Deny(p Permissions) { c.overwriteBot(0, p) }

// Allow gives permissions to the bot in this channel.
func (c *Channel) Allow(p Permissions) { c.overwriteBot(p, 0) }

func (c *Channel) overwriteBot(allow, deny Permissions) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for i, o := range c.overwrites {
		if o.id == c.s.app.bot.ID {
			c.overwrites[i].allow = o.allow&^deny | allow
			c.overwrites[i].deny = o.deny&^allow | deny
			return
		}
	}
	c.overwrites = append(c.overwrites, overwrite{id: c.s.app.bot.ID, member: true, allow: allow, deny: deny})
}

// DenyEveryone takes permissions from everyone in this channel.
func (c *Channel) DenyEveryone(p Permissions) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.overwrites = append(c.overwrites, overwrite{id: c.Guild.ID, deny: p})
}

// Delete deletes the channel.
func (c *Channel) Delete() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.deleted = true
	event := "CHANNEL_DELETE"
	if c.kind == kindThread {
		event = "THREAD_DELETE"
	}
	c.s.dispatchChannel(c, event, c.payload())
}

// Archive closes a thread; a locked one takes no more messages.
func (c *Channel) Archive(locked bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.archived, c.locked = true, locked
	c.s.dispatchChannel(c, "THREAD_UPDATE", c.payload())
}

// may computes permissions as Discord documents it:
// https://discord.com/developers/docs/topics/permissions#permission-overwrites
func (c *Channel) may(u *User) Permissions {
	if c.kind == kindDM {
		return Everyone
	}
	g := c.Guild
	p := g.everyone | g.members[u.ID]
	roles := []string{}
	if u.bot {
		p, roles = g.everyone|g.botMay, append(roles, g.role)
	}
	if p.has(Administrator) {
		return allPermissions
	}
	where := c
	if c.parent != nil {
		where = c.parent
	}
	apply := func(matches func(overwrite) bool) {
		var allow, deny Permissions
		for _, o := range where.overwrites {
			if matches(o) {
				allow, deny = allow|o.allow, deny|o.deny
			}
		}
		p = p&^deny | allow
	}
	apply(func(o overwrite) bool { return o.id == g.ID })
	apply(func(o overwrite) bool { return !o.member && slices.Contains(roles, o.id) })
	apply(func(o overwrite) bool { return o.member && o.id == u.ID })
	if !p.has(ViewChannel) {
		return 0
	}
	return p
}

// maySend says whether somebody may post.
func (c *Channel) maySend(u *User) bool {
	if c.kind == kindThread {
		return c.may(u).has(SendMessagesInThreads)
	}
	return c.may(u).has(SendMessages)
}

func (u *User) payload() object {
	o := object{
		"id": u.ID, "username": strings.ToLower(strings.ReplaceAll(u.Name, " ", "_")), "global_name": u.Name,
		"avatar": nil, "discriminator": "0", "public_flags": 0, "flags": 0, "primary_guild": nil,
		"avatar_decoration_data": nil, "clan": nil, "collectibles": nil,
	}
	if u.bot {
		o["bot"] = true
		o["global_name"] = nil
	}
	return o
}

// member is somebody as a member of a guild, without the user.
func (g *Guild) member(u *User) object {
	roles := []any{}
	if u.bot {
		roles = append(roles, g.role)
	}
	if role := g.granted[u.ID]; role != "" {
		roles = append(roles, role)
	}
	return object{
		"avatar": nil, "banner": nil, "communication_disabled_until": nil, "flags": 0,
		"joined_at": stamp(g.joined), "nick": nil, "pending": false, "premium_since": nil,
		"roles": roles, "mute": false, "deaf": false,
	}
}

func (g *Guild) roles() []any {
	role := func(id, name string, p Permissions, position int, managed bool) object {
		return object{
			"id": id, "name": name, "permissions": p.String(), "position": position, "color": 0,
			"colors": object{"primary_color": 0, "secondary_color": nil, "tertiary_color": nil},
			"hoist":  false, "managed": managed, "mentionable": false, "icon": nil, "unicode_emoji": nil, "flags": 0,
		}
	}
	bots := role(g.role, g.s.app.name, g.botMay, 1, true)
	bots["tags"] = object{"bot_id": g.s.app.bot.ID}
	all := []any{role(g.ID, "@everyone", g.everyone, 0, false), bots}
	for _, user := range slices.Sorted(maps.Keys(g.granted)) {
		all = append(all, role(g.granted[user], "of "+user, g.members[user], len(all), false))
	}
	return all
}

func (g *Guild) payload() object {
	return object{
		"id": g.ID, "name": g.Name, "icon": nil, "description": nil, "home_header": nil, "splash": nil,
		"discovery_splash": nil, "features": []any{}, "banner": nil, "owner_id": g.owner.ID, "application_id": nil,
		"region": "deprecated", "afk_channel_id": nil, "afk_timeout": 300, "system_channel_id": nil,
		"system_channel_flags": 0, "widget_enabled": false, "widget_channel_id": nil, "verification_level": 0,
		"roles": g.roles(), "default_message_notifications": 0, "mfa_level": 0, "explicit_content_filter": 0,
		"max_presences": nil, "max_members": 500000, "max_stage_video_channel_users": 50, "max_video_channel_users": 25,
		"vanity_url_code": nil, "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": g.Locale,
		"rules_channel_id": nil, "safety_alerts_channel_id": nil, "public_updates_channel_id": nil,
		"premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": []any{}, "stickers": []any{},
		"incidents_data": nil,
	}
}

// create is the guild as GUILD_CREATE shows it.
func (g *Guild) create() object {
	if g.down {
		return object{"id": g.ID, "unavailable": true}
	}
	channels, threads := []any{}, []any{}
	for _, c := range g.channels {
		switch {
		case c.deleted:
		case c.kind == kindThread:
			threads = append(threads, c.payload())
		default:
			channels = append(channels, c.payload())
		}
	}
	self := g.member(g.s.app.bot)
	self["user"] = g.s.app.bot.payload()
	o := g.payload()
	maps.Copy(o, object{
		"joined_at": stamp(g.joined), "large": false, "member_count": 2 + len(g.members), "voice_states": []any{},
		"members": []any{self}, "channels": channels, "threads": threads, "presences": []any{},
		"stage_instances": []any{}, "guild_scheduled_events": []any{}, "soundboard_sounds": []any{},
	})
	return o
}

func (c *Channel) payload() object {
	var last any
	if n := len(c.messages); n > 0 {
		last = c.messages[n-1].id
	}
	switch c.kind {
	case kindDM:
		return object{"id": c.ID, "type": kindDM, "flags": 0, "last_message_id": last, "recipients": []any{c.with.payload()}}
	case kindThread:
		return object{
			"id": c.ID, "type": kindThread, "flags": 0, "last_message_id": last, "guild_id": c.Guild.ID, "name": c.Name,
			"parent_id": c.parent.ID, "rate_limit_per_user": 0, "owner_id": c.owner.ID,
			"thread_metadata": object{
				"archived": c.archived, "archive_timestamp": stamp(c.created), "auto_archive_duration": 1440,
				"locked": c.locked, "create_timestamp": stamp(c.created),
			},
			"message_count": len(c.messages), "member_count": 1, "total_message_sent": len(c.messages),
		}
	}
	overwrites := []any{}
	for _, o := range c.overwrites {
		kind := 0
		if o.member {
			kind = 1
		}
		overwrites = append(overwrites, object{"id": o.id, "type": kind, "allow": o.allow.String(), "deny": o.deny.String()})
	}
	return object{
		"id": c.ID, "type": c.kind, "flags": 0, "guild_id": c.Guild.ID, "name": c.Name, "position": 0,
		"last_message_id": last, "parent_id": nil, "topic": nil, "rate_limit_per_user": 0, "nsfw": false,
		"permission_overwrites": overwrites,
	}
}

// stamp writes a time as Discord does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }
