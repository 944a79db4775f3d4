package webapi

import (
	"encoding/json"
	"slices"
)

// Message is what is posted. Text is read out by screen readers and shown in
// notifications; it is never empty.
type Message struct {
	Channel  string    `json:"channel,omitempty"` // id of a channel, or of a user for the conversation with them
	Thread   string    `json:"thread_ts,omitempty"`
	Text     string    `json:"text"`
	Blocks   any       `json:"blocks,omitempty"`
	Metadata *Metadata `json:"metadata,omitempty"`

	// Links are shown as links alone, and names stay what they are.
	UnfurlLinks bool `json:"unfurl_links"`
	UnfurlMedia bool `json:"unfurl_media"`
}

// Metadata is what a message carries for programs.
// https://docs.slack.dev/messaging/message-metadata
type Metadata struct {
	Type    string  `json:"event_type"`
	Payload Payload `json:"event_payload"`
}

// Payload is the payload of Metadata: what a message is found by.
type Payload struct {
	ID string `json:"id"`
}

// Post is a message that stands.
type Post struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Found   bool   `json:"-"` // in the history, after an outcome that was not known
}

// Shown is a message as a history shows it, as far as it is read.
type Shown struct {
	TS       string    `json:"ts"`
	Thread   string    `json:"thread_ts"`
	User     string    `json:"user"`
	Bot      string    `json:"bot_id"`
	Text     string    `json:"text"`
	Metadata *Metadata `json:"metadata"`

	Blocks json.RawMessage `json:"blocks"`
}

// UnmarshalJSON takes metadata of other programs, whose payload may be
// anything.
func (m *Metadata) UnmarshalJSON(b []byte) error {
	var raw struct {
		Type    string          `json:"event_type"`
		Payload json.RawMessage `json:"event_payload"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	m.Type, m.Payload = raw.Type, Payload{}
	_ = json.Unmarshal(raw.Payload, &m.Payload) // otherwise it is not ours
	return nil
}

// Identity is whom a token belongs to.
type Identity struct {
	URL    string   `json:"url"`
	Team   string   `json:"team"` // its name
	TeamID string   `json:"team_id"`
	User   string   `json:"user"`
	UserID string   `json:"user_id"`
	BotID  string   `json:"bot_id"`
	Scopes []string `json:"-"` // that were granted
}

// User is a person or a bot.
type User struct {
	ID       string `json:"id"`
	Team     string `json:"team_id"` // that they belong to, another one with Slack Connect
	Locale   string `json:"locale"`  // such as "zh-CN"
	Zone     string `json:"tz"`      // such as "Asia/Shanghai"
	Bot      bool   `json:"is_bot"`
	Admin    bool   `json:"is_admin"`
	Owner    bool   `json:"is_owner"`
	Guest    bool   `json:"is_restricted"` // of some channels, or of one
	Stranger bool   `json:"is_stranger"`   // in no channel of the workspace

	Enterprise struct {
		Teams []string `json:"teams"` // of the organisation, that they are in
	} `json:"enterprise_user"`
}

// Of reports whether the user belongs to a workspace: they do not where a
// channel that is shared with their workspace is all they see of it.
// https://docs.slack.dev/apis/slack-connect/
func (u User) Of(team string) bool {
	return !u.Stranger && (u.Team == team || slices.Contains(u.Enterprise.Teams, team))
}

// Channel is a channel or a direct conversation.
type Channel struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Creator  string `json:"creator"` // id of a user
	Member   bool   `json:"is_member"`
	Archived bool   `json:"is_archived"`
	Direct   bool   `json:"is_im"`
	Public   bool   `json:"is_channel"` // or it was before it was made private
	Private  bool   `json:"is_private"`
}

// Prompt is a question that is offered.
type Prompt struct {
	Title   string `json:"title"`
	Message string `json:"message"`
}

// Grant is what an installation is given.
type Grant struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"` // "" where tokens do not expire
	ExpiresIn    int    `json:"expires_in"`    // seconds; 0 where it does not expire
	Scope        string `json:"scope"`         // separated by commas
	BotUser      string `json:"bot_user_id"`
	Team         struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"team"`
	WholeEnterprise bool `json:"is_enterprise_install"` // all workspaces of an organisation at once
}
