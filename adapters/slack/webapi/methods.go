package webapi

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"briefbot/bot"
)

// ResponseURL is the method of answers to an interaction, which go to an
// address of their own.
const ResponseURL = "response_url"

// AuthTest returns whom the token of a workspace belongs to.
// https://docs.slack.dev/reference/methods/auth.test
func (c *Client) AuthTest(ctx context.Context, team string) (Identity, error) {
	var id Identity
	header, err := c.do(ctx, call{team: team, method: "auth.test", repeatable: true}, &id)
	if err != nil {
		return Identity{}, err
	}
	for scope := range strings.SplitSeq(header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			id.Scopes = append(id.Scopes, scope)
		}
	}
	return id, nil
}

// Test calls Slack without a token, which Clock learns the time from.
// https://docs.slack.dev/reference/methods/api.test
func (c *Client) Test(ctx context.Context) error {
	_, err := c.do(ctx, call{method: "api.test", anonymous: true, repeatable: true}, nil)
	return err
}

// Revoke has a token be good for nothing any more.
// https://docs.slack.dev/reference/methods/auth.revoke
func (c *Client) Revoke(ctx context.Context, token string) error {
	_, err := c.do(ctx, call{method: "auth.revoke", token: token, form: url.Values{}, repeatable: true, secrets: []string{token}}, nil)
	return err
}

// User returns a user with their locale.
// https://docs.slack.dev/reference/methods/users.info
func (c *Client) User(ctx context.Context, team, user string) (User, error) {
	var out struct {
		User User `json:"user"`
	}
	form := url.Values{"user": {user}, "include_locale": {"true"}}
	_, err := c.do(ctx, call{team: team, method: "users.info", form: form, repeatable: true}, &out)
	return out.User, err
}

// Channel returns a channel.
// https://docs.slack.dev/reference/methods/conversations.info
func (c *Client) Channel(ctx context.Context, team, channel string) (Channel, error) {
	var out struct {
		Channel Channel `json:"channel"`
	}
	form := url.Values{"channel": {channel}}
	_, err := c.do(ctx, call{team: team, method: "conversations.info", form: form, repeatable: true}, &out)
	return out.Channel, err
}

// historyLimit is what a history shows at once: some apps get no more.
// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
const historyLimit = 15

// History returns the latest messages of a channel since oldest, a time stamp
// of Slack's; more is set where there are others.
// https://docs.slack.dev/reference/methods/conversations.history
func (c *Client) History(ctx context.Context, team, channel, oldest string) (messages []Shown, more bool, err error) {
	return c.read(ctx, team, "conversations.history", url.Values{"channel": {channel}}, oldest)
}

// Thread returns messages of a thread since oldest, after the message that it
// hangs on.
// https://docs.slack.dev/reference/methods/conversations.replies
func (c *Client) Thread(ctx context.Context, team, channel, thread, oldest string) (messages []Shown, more bool, err error) {
	return c.read(ctx, team, "conversations.replies", url.Values{"channel": {channel}, "ts": {thread}}, oldest)
}

// Message returns one message, of a channel or of a thread. It is zero where
// there is none.
func (c *Client) Message(ctx context.Context, team, channel, ts string) (Shown, error) {
	// The message that the thread hangs on comes with it, whatever is asked for.
	all, _, err := c.read(ctx, team, "conversations.replies", url.Values{"channel": {channel}, "ts": {ts}, "inclusive": {"true"}}, ts)
	for _, m := range all {
		if m.TS == ts {
			return m, err
		}
	}
	return Shown{}, err
}

func (c *Client) read(ctx context.Context, team, method string, form url.Values, oldest string) ([]Shown, bool, error) {
	form.Set("include_all_metadata", "true")
	form.Set("limit", strconv.Itoa(historyLimit))
	if oldest != "" {
		form.Set("oldest", oldest)
	}
	var out struct {
		Messages []Shown `json:"messages"`
		HasMore  bool    `json:"has_more"`
	}
	_, err := c.do(ctx, call{team: team, method: method, form: form, repeatable: true}, &out)
	return out.Messages, out.HasMore, err
}

// PostEphemeral shows a message to one user of a channel. Where the outcome is
// not known it is not repeated: nobody can look for it.
// https://docs.slack.dev/reference/methods/chat.postEphemeral
func (c *Client) PostEphemeral(ctx context.Context, team, user string, m Message) error {
	body := struct {
		Channel string `json:"channel"`
		User    string `json:"user"`
		Thread  string `json:"thread_ts,omitempty"`
		Text    string `json:"text"`
		Blocks  any    `json:"blocks,omitempty"`
	}{m.Channel, user, m.Thread, m.Text, m.Blocks}
	_, err := c.do(ctx, call{team: team, method: ephemeralMethod, channel: m.Channel, body: body}, nil)
	return err
}

// Update replaces a message of the bot's.
// https://docs.slack.dev/reference/methods/chat.update
func (c *Client) Update(ctx context.Context, team, ts string, m Message) error {
	body := struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
		Text    string `json:"text"`
		Blocks  any    `json:"blocks,omitempty"`
	}{m.Channel, ts, m.Text, m.Blocks}
	_, err := c.do(ctx, call{team: team, method: "chat.update", channel: m.Channel, body: body, repeatable: true}, nil)
	return err
}

// Response answers an interaction at its address.
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
type Response struct {
	Type            string `json:"response_type,omitempty"` // "ephemeral" or "in_channel"
	ReplaceOriginal bool   `json:"replace_original,omitempty"`
	DeleteOriginal  bool   `json:"delete_original,omitempty"`
	Thread          string `json:"thread_ts,omitempty"`
	Text            string `json:"text,omitempty"`
	Blocks          any    `json:"blocks,omitempty"`
	UnfurlLinks     *bool  `json:"unfurl_links,omitempty"`
	UnfurlMedia     *bool  `json:"unfurl_media,omitempty"`
}

// Respond sends a response to the address of an interaction. What replaces or
// deletes may be sent again; what is new is not repeated.
func (c *Client) Respond(ctx context.Context, team, address string, r Response) error {
	if !c.Responds(address) {
		return unusable(ResponseURL, "the address is not one of Slack's")
	}
	_, err := c.do(ctx, call{
		team: team, method: ResponseURL, address: address, anonymous: true, body: r,
		repeatable: r.ReplaceOriginal || r.DeleteOriginal, secrets: []string{address},
	}, nil)
	return err
}

// Responds reports whether an address is one that Slack gives out for
// responses, so that nothing sent from here reaches anybody else.
func (c *Client) Responds(address string) bool {
	const longest = 1000
	u, err := url.Parse(address)
	if err != nil || len(address) > longest || u.User != nil || u.Host == "" {
		return false
	}
	origin := u.Scheme + "://" + u.Host
	return origin == "https://hooks.slack.com" || origin == "https://hooks.slack-gov.com" || origin == c.origin
}

// PublishHome shows a user's App Home.
// https://docs.slack.dev/reference/methods/views.publish
func (c *Client) PublishHome(ctx context.Context, team, user string, blocks any) error {
	type home struct {
		Type   string `json:"type"`
		Blocks any    `json:"blocks"`
	}
	body := struct {
		User string `json:"user_id"`
		View home   `json:"view"`
	}{user, home{"home", blocks}}
	_, err := c.do(ctx, call{team: team, method: "views.publish", body: body, repeatable: true}, nil)
	return err
}

// SuggestPrompts offers questions in a thread of the assistant's pane, four at
// most.
// https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
func (c *Client) SuggestPrompts(ctx context.Context, team, channel, thread, title string, prompts []Prompt) error {
	body := struct {
		Channel string   `json:"channel_id"`
		Thread  string   `json:"thread_ts"`
		Title   string   `json:"title,omitempty"`
		Prompts []Prompt `json:"prompts"`
	}{channel, thread, title, prompts}
	_, err := c.do(ctx, call{team: team, method: "assistant.threads.setSuggestedPrompts", body: body, repeatable: true}, nil)
	return err
}

// OpenConnection returns the address of one connection of Socket Mode, which
// is a secret. token is the app's own, which begins with xapp-.
// https://docs.slack.dev/reference/methods/apps.connections.open
func (c *Client) OpenConnection(ctx context.Context, token string) (string, error) {
	const method = "apps.connections.open"
	if token == "" {
		return "", &bot.Error{Kind: bot.Denied, Message: "There is no app-level token for Slack; set slack.app_token.", Err: &Error{Method: method, Code: "not_authed"}}
	}
	var out struct {
		URL string `json:"url"`
	}
	_, err := c.do(ctx, call{method: method, token: token, repeatable: true}, &out)
	if err == nil && !c.connects(out.URL) {
		return "", c.broken(method, 0, errAddress, NotPosted)
	}
	return out.URL, err
}

// connects reports whether an address is one that Slack gives out for
// connections.
func (c *Client) connects(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User == nil && u.Host != "" &&
		(u.Scheme == "wss" || u.Scheme == "ws" && isLoopback(u.Hostname()))
}

// Exchange turns the code that Slack sends a browser back with into tokens.
// https://docs.slack.dev/reference/methods/oauth.v2.access
func (c *Client) Exchange(ctx context.Context, clientID, clientSecret, code, redirect string) (Grant, error) {
	form := url.Values{"client_id": {clientID}, "client_secret": {clientSecret}, "code": {code}}
	if redirect != "" {
		form.Set("redirect_uri", redirect)
	}
	return c.access(ctx, form, clientSecret, code)
}

// Refresh turns a refresh token into new tokens. It is good for one use.
func (c *Client) Refresh(ctx context.Context, clientID, clientSecret, refresh string) (Grant, error) {
	return c.access(ctx, url.Values{
		"client_id": {clientID}, "client_secret": {clientSecret}, "grant_type": {"refresh_token"}, "refresh_token": {refresh},
	}, clientSecret, refresh)
}

func (c *Client) access(ctx context.Context, form url.Values, secrets ...string) (Grant, error) {
	var g Grant
	_, err := c.do(ctx, call{method: "oauth.v2.access", form: form, anonymous: true, secrets: secrets}, &g)
	return g, err
}
