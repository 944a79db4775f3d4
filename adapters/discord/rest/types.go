package rest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Permissions are the bits of what a role or member may do:
// https://docs.discord.com/developers/topics/permissions.
type Permissions uint64

// UnmarshalJSON reads Discord's number in a string, and a plain number.
func (p *Permissions) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if len(b) == 0 || string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseUint(string(b), 10, 64)
	*p = Permissions(n)
	return err
}

// User is a person or a bot.
type User struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"` // what is shown; "" where Username is
	Bot        bool   `json:"bot"`
}

// Application is the bot's own entry in the Developer Portal.
type Application struct {
	ID                      string `json:"id"`
	Name                    string `json:"name"`
	VerifyKey               string `json:"verify_key"` // hex, of the signatures of interactions
	Flags                   uint64 `json:"flags"`      // https://docs.discord.com/developers/resources/application#application-object-application-flags
	InteractionsEndpointURL string `json:"interactions_endpoint_url"`
	Bot                     *User  `json:"bot"`
	BotPublic               bool   `json:"bot_public"`
	ApproximateGuildCount   int    `json:"approximate_guild_count"`
}

// GatewayBot says how to connect to the gateway.
type GatewayBot struct {
	URL               string            `json:"url"`
	Shards            int               `json:"shards"` // as many as Discord recommends
	SessionStartLimit SessionStartLimit `json:"session_start_limit"`
}

// SessionStartLimit is how many sessions may be begun.
type SessionStartLimit struct {
	Total          int `json:"total"`
	Remaining      int `json:"remaining"`
	ResetAfterMS   int `json:"reset_after"`     // milliseconds
	MaxConcurrency int `json:"max_concurrency"` // sessions in five seconds
}

// ResetAfter is how long until Remaining is Total again.
func (l SessionStartLimit) ResetAfter() time.Duration {
	return time.Duration(l.ResetAfterMS) * time.Millisecond
}

// Message is a posted message, as far as the bot reads it.
type Message struct {
	ID            string          `json:"id"`
	ChannelID     string          `json:"channel_id"`
	Type          int             `json:"type"`
	Author        User            `json:"author"`
	Content       string          `json:"content"` // "" without the intent, unless the bot is mentioned or the author
	Timestamp     time.Time       `json:"timestamp"`
	Flags         uint64          `json:"flags"`
	ApplicationID string          `json:"application_id"`
	Nonce         json.RawMessage `json:"nonce"` // number or string
	Mentions      []User          `json:"mentions"`
	Components    json.RawMessage `json:"components"`
	Reference     *Reference      `json:"message_reference"`
	Referenced    *Message        `json:"referenced_message"`
}

// Reference points to the message that one replies to.
type Reference struct {
	MessageID string `json:"message_id"`
	ChannelID string `json:"channel_id"`
	GuildID   string `json:"guild_id"`
}

// Channel is a channel, thread or direct conversation.
type Channel struct {
	ID         string      `json:"id"`
	Type       int         `json:"type"` // https://docs.discord.com/developers/resources/channel#channel-object-channel-types
	GuildID    string      `json:"guild_id"`
	Name       string      `json:"name"`
	ParentID   string      `json:"parent_id"`       // category, or the channel of a thread
	OwnerID    string      `json:"owner_id"`        // who began the thread
	Last       string      `json:"last_message_id"` // "" before the first; the message may be deleted
	Overwrites []Overwrite `json:"permission_overwrites"`
}

// Overwrite changes in one channel what a role or member may do.
type Overwrite struct {
	ID    string      `json:"id"`
	Type  int         `json:"type"` // 0 role, 1 member
	Allow Permissions `json:"allow"`
	Deny  Permissions `json:"deny"`
}

// Guild is a server.
type Guild struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	OwnerID string `json:"owner_id"`
	Roles   []Role `json:"roles"`
}

// Role is a role of a server; the one whose id is the server's is everyone's.
type Role struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Position    int         `json:"position"`
	Permissions Permissions `json:"permissions"`
}

// Member is a user in a server.
type Member struct {
	User         User       `json:"user"`
	Nick         string     `json:"nick"`
	Roles        []string   `json:"roles"`
	TimeoutUntil *time.Time `json:"communication_disabled_until"`
}
