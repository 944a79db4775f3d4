package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot"
)

const (
	maxNonce    = 25  // https://docs.discord.com/developers/resources/message#create-message
	maxMessages = 100 // https://docs.discord.com/developers/resources/message#get-channel-messages
)

// Application returns the application that the token belongs to.
func (c *Client) Application(ctx context.Context) (Application, error) {
	return ask[Application](ctx, c, "/applications/@me")
}

// Me returns the bot as a user.
func (c *Client) Me(ctx context.Context) (User, error) {
	return ask[User](ctx, c, "/users/@me")
}

// GatewayBot returns where and how often the gateway may be connected to.
func (c *Client) GatewayBot(ctx context.Context) (GatewayBot, error) {
	return ask[GatewayBot](ctx, c, "/gateway/bot")
}

// Time asks Discord what time it is. It works without a token, and with one
// that Discord refuses.
func (c *Client) Time(ctx context.Context) (Clock, error) {
	k, err := newCall(http.MethodGet, "/gateway")
	if err != nil {
		return Clock{}, err
	}
	k.anonymous = c.credential() == "" || c.refused.Load()
	if err := c.do(ctx, k, nil); err != nil {
		return Clock{}, err
	}
	if clock := c.Clock(); !clock.Server.IsZero() {
		return clock, nil
	}
	return Clock{}, k.unusable(bot.Unavailable, "Discord's answer holds no time; check discord.api_url.", nil)
}

// Commands returns the commands of an application with all their languages:
// those of a guild or, where that is "", those that are known everywhere.
func (c *Client) Commands(ctx context.Context, application, guild string) ([]*discordgo.ApplicationCommand, error) {
	k, err := commandsCall(http.MethodGet, application, guild)
	if err != nil {
		return nil, err
	}
	k.path += "?with_localizations=true"
	var list []*discordgo.ApplicationCommand
	err = c.do(ctx, k, &list)
	return list, err
}

// OverwriteCommands replaces all commands of a guild, or all that are known
// everywhere, and returns what Discord made of them.
func (c *Client) OverwriteCommands(ctx context.Context, application, guild string, commands any) ([]*discordgo.ApplicationCommand, error) {
	k, err := commandsCall(http.MethodPut, application, guild)
	if err != nil {
		return nil, err
	}
	if err := k.with(commands); err != nil {
		return nil, err
	}
	var list []*discordgo.ApplicationCommand
	err = c.do(ctx, k, &list)
	return list, err
}

func commandsCall(method, application, guild string) (*call, error) {
	if guild == "" {
		return newCall(method, "/applications/{application}/commands", application)
	}
	return newCall(method, "/applications/{application}/guilds/{guild}/commands", application, guild)
}

// CreateMessage posts a message. body encodes to an object with "nonce" and
// "enforce_nonce", by which Discord posts it once however often it is sent
// within a few minutes; another is refused with ErrNotRepeatable.
func (c *Client) CreateMessage(ctx context.Context, channel string, body any) (Message, error) {
	k, err := newCall(http.MethodPost, "/channels/{channel}/messages", channel)
	if err != nil {
		return Message{}, err
	}
	if err := k.with(body); err != nil {
		return Message{}, err
	}
	if !hasNonce(k.body) {
		return Message{}, k.unusable(bot.Invalid, "The message could be posted twice; this is a fault of the program.", ErrNotRepeatable)
	}
	k.repeatable, k.repeatWithin = true, nonceWindow
	var m Message
	err = c.do(ctx, k, &m)
	return m, err
}

// hasNonce reports whether Discord will recognise the message when it comes a
// second time.
func hasNonce(body []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || string(fields["enforce_nonce"]) != "true" {
		return false
	}
	var nonce any
	if json.Unmarshal(fields["nonce"], &nonce) != nil {
		return false
	}
	switch nonce := nonce.(type) {
	case string:
		return nonce != "" && utf8.RuneCountInString(nonce) <= maxNonce
	case float64:
		return len(fields["nonce"]) <= maxNonce
	default:
		return false
	}
}

// EditMessage changes a message of the bot's.
func (c *Client) EditMessage(ctx context.Context, channel, message string, body any) (Message, error) {
	return tell[Message](ctx, c, http.MethodPatch, body, "/channels/{channel}/messages/{message}", channel, message)
}

// CreateThread opens a thread at a message. Where there is one already, that is
// an Error with CodeThreadExists; the thread has the id of the message.
func (c *Client) CreateThread(ctx context.Context, channel, message, name string) (Channel, error) {
	k, err := newCall(http.MethodPost, "/channels/{channel}/messages/{message}/threads", channel, message)
	if err != nil {
		return Channel{}, err
	}
	if err := k.with(map[string]string{"name": name}); err != nil {
		return Channel{}, err
	}
	k.repeatable = true // a message has one thread
	var thread Channel
	err = c.do(ctx, k, &thread)
	return thread, err
}

// OpenDirect returns the direct conversation with a user, a new one where there
// is none.
func (c *Client) OpenDirect(ctx context.Context, user string) (Channel, error) {
	k, err := newCall(http.MethodPost, "/users/@me/channels")
	if err != nil {
		return Channel{}, err
	}
	if !isID(user) {
		return Channel{}, k.unusable(bot.Invalid, "Discord's ids have digits only; check the user id.", nil)
	}
	if err := k.with(map[string]string{"recipient_id": user}); err != nil {
		return Channel{}, err
	}
	k.repeatable = true // there is one for each user
	var direct Channel
	err = c.do(ctx, k, &direct)
	return direct, err
}

// DeleteMessage deletes a message.
func (c *Client) DeleteMessage(ctx context.Context, channel, message string) error {
	k, err := newCall(http.MethodDelete, "/channels/{channel}/messages/{message}", channel, message)
	if err != nil {
		return err
	}
	return c.do(ctx, k, nil)
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, channel, message string) (Message, error) {
	return ask[Message](ctx, c, "/channels/{channel}/messages/{message}", channel, message)
}

// MessagesQuery chooses messages of a channel. At most one of Before, After
// and Around is an id; without, the newest are returned.
type MessagesQuery struct {
	Before, After, Around string
	Limit                 int // 1 to 100; 0 for Discord's 50
}

// Messages returns messages of a channel, the newest first.
func (c *Client) Messages(ctx context.Context, channel string, q MessagesQuery) ([]Message, error) {
	k, err := newCall(http.MethodGet, "/channels/{channel}/messages", channel)
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, id := range map[string]string{"before": q.Before, "after": q.After, "around": q.Around} {
		if id == "" {
			continue
		}
		if !isID(id) {
			return nil, k.unusable(bot.Invalid, "Discord's ids have digits only; check the message id.", nil)
		}
		values.Set(name, id)
	}
	if len(values) > 1 || q.Limit < 0 || q.Limit > maxMessages {
		return nil, k.unusable(bot.Invalid, "Discord lists messages on one side of one message, 100 at most.", nil)
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	if len(values) > 0 {
		k.path += "?" + values.Encode()
	}
	var list []Message
	err = c.do(ctx, k, &list)
	return list, err
}

// Respond gives the first answer to an interaction, which Discord awaits for
// three seconds, and returns the message that it shows; without an id where it
// shows none, or where a repeat shows that the first try arrived.
func (c *Client) Respond(ctx context.Context, interaction, token string, body any) (Message, error) {
	k, err := newCall(http.MethodPost, "/interactions/{interaction}/{token}/callback", interaction, token)
	if err != nil {
		return Message{}, err
	}
	if err := k.with(body); err != nil {
		return Message{}, err
	}
	k.path += "?with_response=true" // or there is no message in the answer
	k.repeatable = true             // an interaction is acknowledged once
	k.took = func(e *Error) bool { return e.Code == CodeAlreadyAcknowledged }
	var shown struct {
		Resource struct {
			Message Message `json:"message"`
		} `json:"resource"`
	}
	err = c.do(ctx, k, &shown)
	return shown.Resource.Message, err
}

// Response returns the first answer to an interaction as it is shown.
func (c *Client) Response(ctx context.Context, application, token string) (Message, error) {
	return ask[Message](ctx, c, "/webhooks/{application}/{token}/messages/@original", application, token)
}

// EditResponse changes the first answer, or gives it after a deferral. token
// is good for 15 minutes.
func (c *Client) EditResponse(ctx context.Context, application, token string, body any) (Message, error) {
	return tell[Message](ctx, c, http.MethodPatch, body, "/webhooks/{application}/{token}/messages/@original", application, token)
}

// DeleteResponse deletes the first answer.
func (c *Client) DeleteResponse(ctx context.Context, application, token string) error {
	k, err := newCall(http.MethodDelete, "/webhooks/{application}/{token}/messages/@original", application, token)
	if err != nil {
		return err
	}
	return c.do(ctx, k, nil)
}

// FollowUp adds a message to an interaction. Discord would post it twice, so
// it is repeated only where it certainly did not arrive.
func (c *Client) FollowUp(ctx context.Context, application, token string, body any) (Message, error) {
	k, err := newCall(http.MethodPost, "/webhooks/{application}/{token}", application, token)
	if err != nil {
		return Message{}, err
	}
	if err := k.with(body); err != nil {
		return Message{}, err
	}
	k.path += "?wait=true" // or there is no message in the answer
	var m Message
	err = c.do(ctx, k, &m)
	return m, err
}

// EditFollowUp changes a message that FollowUp returned.
func (c *Client) EditFollowUp(ctx context.Context, application, token, message string, body any) (Message, error) {
	return tell[Message](ctx, c, http.MethodPatch, body, "/webhooks/{application}/{token}/messages/{message}", application, token, message)
}

// Channel returns a channel.
func (c *Client) Channel(ctx context.Context, channel string) (Channel, error) {
	return ask[Channel](ctx, c, "/channels/{channel}", channel)
}

// Guild returns a server that the bot is in.
func (c *Client) Guild(ctx context.Context, guild string) (Guild, error) {
	return ask[Guild](ctx, c, "/guilds/{guild}", guild)
}

// Roles returns the roles of a server.
func (c *Client) Roles(ctx context.Context, guild string) ([]Role, error) {
	return ask[[]Role](ctx, c, "/guilds/{guild}/roles", guild)
}

// Member returns a user as a member of a server.
func (c *Client) Member(ctx context.Context, guild, user string) (Member, error) {
	return ask[Member](ctx, c, "/guilds/{guild}/members/{user}", guild, user)
}

// ask sends a GET and decodes the answer.
func ask[T any](ctx context.Context, c *Client, route string, parameters ...string) (T, error) {
	var out T
	k, err := newCall(http.MethodGet, route, parameters...)
	if err != nil {
		return out, err
	}
	err = c.do(ctx, k, &out)
	return out, err
}

// tell sends a body and decodes the answer.
func tell[T any](ctx context.Context, c *Client, method string, body any, route string, parameters ...string) (T, error) {
	var out T
	k, err := newCall(method, route, parameters...)
	if err != nil {
		return out, err
	}
	if err := k.with(body); err != nil {
		return out, err
	}
	err = c.do(ctx, k, &out)
	return out, err
}
