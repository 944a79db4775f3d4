package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// What Slack sends, as far as it is used. The types stand for the library's,
// which refuse an event of a type that they do not know. Slack gives the same
// key a text in one event and an object in another: what is no text where one
// is looked for counts as none.

// word is a text, or nothing where Slack has something else.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	*w = ""
	if json.Unmarshal(b, &s) == nil {
		*w = word(s)
	}
	return nil
}

// given tells whether there is something, whatever it is.
type given bool

// UnmarshalJSON implements json.Unmarshaler.
func (g *given) UnmarshalJSON(b []byte) error {
	*g = string(b) != "null"
	return nil
}

// delivery is what brings an event.
// https://docs.slack.dev/apis/events-api#events-JSON
type delivery struct {
	Type           string          `json:"type"`
	Challenge      word            `json:"challenge"` // with url_verification
	Team           word            `json:"team_id"`
	Enterprise     word            `json:"enterprise_id"`
	EventID        word            `json:"event_id"`
	Time           json.Number     `json:"event_time"`
	Event          event           `json:"event"`
	Authorizations []authorization `json:"authorizations"`
}

// authorization is whom an event is told to.
type authorization struct {
	Enterprise word `json:"enterprise_id"`
	Team       word `json:"team_id"`
	User       word `json:"user_id"`
	Bot        bool `json:"is_bot"`
	Whole      bool `json:"is_enterprise_install"`
}

type event struct {
	Type        word            `json:"type"`
	Subtype     word            `json:"subtype"`
	User        word            `json:"user"`
	Bot         word            `json:"bot_id"`
	Text        word            `json:"text"`
	TS          word            `json:"ts"`
	Thread      word            `json:"thread_ts"`
	Channel     word            `json:"channel"`
	ChannelType word            `json:"channel_type"`
	ParentUser  word            `json:"parent_user_id"`
	Edited      given           `json:"edited"`
	Tab         word            `json:"tab"` // of the App Home
	Assistant   assistantThread `json:"assistant_thread"`
	Tokens      revokedTokens   `json:"tokens"`

	// Of a reaction.
	Reaction word         `json:"reaction"`
	Item     reactionItem `json:"item"`
	Author   word         `json:"item_user"`
}

type reactionItem struct {
	Channel word `json:"channel"`
	TS      word `json:"ts"`
}

type assistantThread struct {
	User    word `json:"user_id"`
	Channel word `json:"channel_id"`
	Thread  word `json:"thread_ts"`
}

type revokedTokens struct {
	Bot []word `json:"bot"` // ids of the bot's users
}

// The types of deliveries and events that are used.
const (
	deliveryVerification = "url_verification"
	deliveryEvent        = "event_callback"
	deliveryRateLimited  = "app_rate_limited"

	eventMention     = "app_mention"
	eventMessage     = "message"
	eventHome        = "app_home_opened"
	eventReacted     = "reaction_added"
	eventUnreacted   = "reaction_removed"
	eventAssistant   = "assistant_thread_started"
	eventUninstalled = "app_uninstalled"
	eventRevoked     = "tokens_revoked"
)

// decodeDelivery reads an event and checks what the program relies on.
func decodeDelivery(b []byte) (delivery, error) {
	var d delivery
	if err := json.Unmarshal(b, &d); err != nil {
		return delivery{}, fmt.Errorf("an event that is no JSON of its kind: %w", shape(err))
	}
	switch d.Type {
	case deliveryVerification:
		const longest = 1000
		if d.Challenge == "" || len(d.Challenge) > longest {
			return delivery{}, errors.New("a verification without a challenge")
		}
	case deliveryEvent:
		if !isID(string(d.EventID)) || !isID(d.workspace()) || d.Event.Type == "" {
			return delivery{}, errors.New("an event without its id, workspace or type")
		}
	case "":
		return delivery{}, errors.New("an event without a type")
	}
	return d, nil
}

// shape keeps of an error of JSON what it says about the shape: its text may
// quote what a user wrote.
func shape(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is a %s", t.Field, strings.Fields(t.Value)[0])
	}
	return errors.New("it cannot be read")
}

// workspace is what tokens are kept by: the team or, where the app is
// installed in all of an organisation, that.
func (d delivery) workspace() string {
	if len(d.Authorizations) > 0 {
		a := d.Authorizations[0]
		if a.Whole && a.Enterprise != "" {
			return string(a.Enterprise)
		}
		if a.Team != "" {
			return string(a.Team)
		}
	}
	return string(d.Team)
}

// self is the bot's user id, "" where the event does not tell.
func (d delivery) self() string {
	for _, a := range d.Authorizations {
		if a.Bot {
			return string(a.User)
		}
	}
	return ""
}

// command is one use of the slash command.
// https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
type command struct {
	Team       word `json:"team_id"`
	Enterprise word `json:"enterprise_id"`
	Whole      word `json:"is_enterprise_install"` // "true" or "false"
	Channel    word `json:"channel_id"`
	User       word `json:"user_id"`
	UserName   word `json:"user_name"`
	Name       word `json:"command"`
	Text       word `json:"text"`
	Response   word `json:"response_url"`
	Trigger    word `json:"trigger_id"`
}

func (c command) workspace() string {
	if c.Whole == "true" && c.Enterprise != "" {
		return string(c.Enterprise)
	}
	return string(c.Team)
}

func (c command) check() (command, error) {
	if !isID(c.workspace()) || !isID(string(c.User)) || !isID(string(c.Channel)) || c.Response == "" {
		return command{}, errors.New("a command without its workspace, channel, user or address")
	}
	return c, nil
}

// decodeCommand reads a command as Socket Mode has it.
func decodeCommand(b []byte) (command, error) {
	var c command
	if err := json.Unmarshal(b, &c); err != nil {
		return command{}, fmt.Errorf("a command that is no JSON of its kind: %w", shape(err))
	}
	return c.check()
}

// commandOfForm reads a command as HTTP has it.
func commandOfForm(form url.Values) (command, error) {
	get := func(key string) word { return word(form.Get(key)) }
	return command{
		Team: get("team_id"), Enterprise: get("enterprise_id"), Whole: get("is_enterprise_install"), Channel: get("channel_id"),
		User: get("user_id"), UserName: get("user_name"), Name: get("command"), Text: get("text"),
		Response: get("response_url"), Trigger: get("trigger_id"),
	}.check()
}

// interaction is what somebody does with a message or a view of ours, or with
// a shortcut.
// https://docs.slack.dev/reference/interaction-payloads
type interaction struct {
	Type       string   `json:"type"`
	Team       identity `json:"team"`
	Enterprise identity `json:"enterprise"`
	Whole      bool     `json:"is_enterprise_install"`
	User       identity `json:"user"`
	Channel    identity `json:"channel"`
	Container  struct {
		Type      word `json:"type"`
		TS        word `json:"message_ts"`
		Thread    word `json:"thread_ts"`
		Ephemeral bool `json:"is_ephemeral"`
	} `json:"container"`
	Message struct {
		TS     word `json:"ts"`
		Thread word `json:"thread_ts"`
		Text   word `json:"text"`
	} `json:"message"`
	Actions  []action `json:"actions"`
	Callback word     `json:"callback_id"`  // of a shortcut
	Response word     `json:"response_url"` // "" in a view
	Trigger  word     `json:"trigger_id"`

	// With block_suggestion.
	ActionID word `json:"action_id"`
	Typed    word `json:"value"`
}

type identity struct {
	ID       word `json:"id"`
	Name     word `json:"name"`
	UserName word `json:"username"`
}

type action struct {
	ID       word `json:"action_id"`
	Value    word `json:"value"`
	Selected struct {
		Value word `json:"value"`
	} `json:"selected_option"`
}

// value is what the button or the choice stands for.
func (a action) value() string {
	if a.Selected.Value != "" {
		return string(a.Selected.Value)
	}
	return string(a.Value)
}

// The types of interactions that are used, and of the container of a view.
const (
	interactionAction     = "block_actions"
	interactionShortcut   = "message_action"
	interactionSuggestion = "block_suggestion"
	containerView         = "view"
)

func (in interaction) workspace() string {
	if in.Whole && in.Enterprise.ID != "" {
		return string(in.Enterprise.ID)
	}
	return string(in.Team.ID)
}

// name is what somebody is called.
func (i identity) name() string {
	if i.Name != "" {
		return string(i.Name)
	}
	return string(i.UserName)
}

// decodeInteraction reads an interaction and checks what the program relies
// on.
func decodeInteraction(b []byte) (interaction, error) {
	var in interaction
	if err := json.Unmarshal(b, &in); err != nil {
		return interaction{}, fmt.Errorf("an interaction that is no JSON of its kind: %w", shape(err))
	}
	if in.Type == "" || !isID(in.workspace()) || !isID(string(in.User.ID)) {
		return interaction{}, errors.New("an interaction without its type, workspace or user")
	}
	if in.Channel.ID != "" && !isID(string(in.Channel.ID)) || in.Container.Thread != "" && !isTS(string(in.Container.Thread)) ||
		in.Container.TS != "" && !isTS(string(in.Container.TS)) {
		return interaction{}, errors.New("an interaction whose channel or message is none of Slack's")
	}
	return in, nil
}
