package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"briefbot/adapters/discord/rest"
	"briefbot/content"
)

// What Discord sends, as far as it is used. The types stand for the
// library's, which refuse a whole interaction for one component of a type
// that they do not know.
// https://discord.com/developers/docs/interactions/receiving-and-responding

type interaction struct {
	ID            string          `json:"id"`
	ApplicationID string          `json:"application_id"`
	Type          int             `json:"type"`
	Data          interactionData `json:"data"`
	GuildID       string          `json:"guild_id"`
	ChannelID     string          `json:"channel_id"`
	Channel       channel         `json:"channel"`
	Member        struct {
		User        user             `json:"user"`
		Roles       []string         `json:"roles"`
		Permissions rest.Permissions `json:"permissions"` // in the channel
	} `json:"member"` // in a server
	User    user    `json:"user"` // elsewhere
	Token   string  `json:"token"`
	Message message `json:"message"` // that the component stands in
	Locale  string  `json:"locale"`
	Context int     `json:"context"`

	// Who has installed the bot where it is used, by the kind of installation.
	// https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
	Owners map[string]json.RawMessage `json:"authorizing_integration_owners"`

	lang content.Lang // of who uses it, once it is looked up
}

// brought reports whether a user has brought the bot to a server that has not
// installed it.
func (in interaction) brought() bool {
	_, user := in.Owners[strconv.Itoa(installedByUser)]
	_, server := in.Owners[strconv.Itoa(installedInServer)]
	return in.GuildID != "" && user && !server
}

type interactionData struct {
	// Of a command.
	Name     string          `json:"name"`
	Type     int             `json:"type"`
	Options  []commandOption `json:"options"`
	TargetID string          `json:"target_id"` // of a command on a message
	Resolved struct {
		Messages map[string]message `json:"messages"`
	} `json:"resolved"`

	// Of a component.
	CustomID string   `json:"custom_id"`
	Values   []string `json:"values"` // chosen from a menu
}

type commandOption struct {
	Type    int             `json:"type"`
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Focused bool            `json:"focused"` // being typed
	Options []commandOption `json:"options"` // of a subcommand
}

// command returns the name of the command that is used, with its word where
// it is one of a group, and its options.
func (d interactionData) command() (name string, options []commandOption) {
	if len(d.Options) == 1 && d.Options[0].Type == optionSub {
		return d.Name + " " + d.Options[0].Name, d.Options[0].Options
	}
	return d.Name, d.Options
}

type channel struct {
	ID       string `json:"id"`
	Type     int    `json:"type"`
	ParentID string `json:"parent_id"`
}

type user struct {
	ID  string `json:"id"`
	Bot bool   `json:"bot"`
}

type message struct {
	ID         string          `json:"id"`
	ChannelID  string          `json:"channel_id"`
	GuildID    string          `json:"guild_id"`
	Type       int             `json:"type"`
	Author     user            `json:"author"`
	WebhookID  string          `json:"webhook_id"`
	Content    string          `json:"content"`
	Flags      int             `json:"flags"`
	Mentions   []user          `json:"mentions"`
	Components json.RawMessage `json:"components"`
	Referenced *message        `json:"referenced_message"` // that it replies to
	Metadata   struct {
		User user `json:"user"` // who used the command that it answers
	} `json:"interaction_metadata"`
}

// The types of interactions.
const (
	interactionPing         = 1
	interactionCommand      = 2
	interactionComponent    = 3
	interactionAutocomplete = 4
)

// contextDirect is a direct conversation with the bot; others without a
// server are those of people among themselves, where one of them has
// installed the bot.
// https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-interaction-context-types
const contextDirect = 1

// The types of application commands.
const (
	commandChat    = 1
	commandMessage = 3
)

// The types of messages that people write.
const (
	messageDefault = 0
	messageReply   = 19
)

// The types of channels that are threads.
// https://discord.com/developers/docs/resources/channel#channel-object-channel-types
const (
	threadAnnouncement = 10
	threadPublic       = 11
	threadPrivate      = 12
)

func (c channel) thread() bool {
	return c.Type == threadAnnouncement || c.Type == threadPublic || c.Type == threadPrivate
}

// decodeInteraction reads an interaction and checks what the program relies
// on.
func decodeInteraction(b []byte) (interaction, error) {
	var in interaction
	if err := json.Unmarshal(b, &in); err != nil {
		// What it holds is not repeated: it may be a user's id or words.
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return interaction{}, fmt.Errorf("an interaction that is no JSON of its kind: %q is of another type", wrong.Field)
		}
		return interaction{}, errors.New("an interaction that is no JSON")
	}
	if !isSnowflake(in.ID) || in.Type < 1 {
		return interaction{}, errors.New("an interaction without an id or a type")
	}
	if in.Type == interactionPing {
		return in, nil
	}
	if in.Token == "" || !isSnowflake(in.ApplicationID) || !isSnowflake(in.asker().ID) {
		return interaction{}, errors.New("an interaction without its token, application or user")
	}
	return in, nil
}

// asker is who uses the command or presses the button.
func (in interaction) asker() user {
	if in.Member.User.ID != "" {
		return in.Member.User
	}
	return in.User
}

// channelID returns where it happens; "" is possible in a direct message.
func (in interaction) channelID() string {
	if in.ChannelID != "" {
		return in.ChannelID
	}
	return in.Channel.ID
}

// text returns an option's value as the router takes it, whatever its type.
func (o commandOption) text() string {
	var s string
	if err := json.Unmarshal(o.Value, &s); err == nil {
		return s
	}
	return string(o.Value) // a number, true or false
}

// isSnowflake reports whether s is an id of Discord: a decimal number of 64
// bits.
func isSnowflake(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil && len(s) <= 20
}

// langOf returns the language of a locale of Discord; ok is false where it
// is none of ours.
// https://discord.com/developers/docs/reference#locales
func langOf(locale string) (lang content.Lang, ok bool) {
	switch locale {
	case "zh-CN":
		return content.Hans, true
	case "zh-TW":
		return content.Hant, true
	case "en-US", "en-GB":
		return content.English, true
	}
	return "", false
}
