package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Phrases that only the manifest needs.
const (
	phraseAbout        i18n.Key = "slack.about"
	phraseShortAbout   i18n.Key = "slack.short_about"
	phraseUsage        i18n.Key = "slack.usage"
	phraseAskAbout     i18n.Key = "slack.ask_about"
	phraseAskAboutText i18n.Key = "slack.ask_about_text"
	prefixGroup        i18n.Key = "group." // with the name of a group of commands
)

// What Slack takes in a manifest.
// https://github.com/slackapi/manifest-schema
const (
	maxAppName      = 35
	maxAppShort     = 140
	maxAppLong      = 4000
	maxShortcut     = 24
	maxShortcutText = 150
	maxUsage        = 1000
	maxPlain        = 2000 // of the description of a command
)

// Scope is something that the bot has to be allowed to do.
type Scope struct {
	Name string
	Why  string // what the bot does with it, behind "to"
}

// The scopes without which the bot does less and answers all the same.
const (
	scopeAssistant = "assistant:write"
	scopeReactions = "reactions:read"
)

func spare(scope string) bool { return scope == scopeAssistant || scope == scopeReactions }

// Scopes returns what the bot needs and no more.
// https://docs.slack.dev/reference/scopes
func Scopes(assistant bool) []Scope {
	scopes := []Scope{
		{"app_mentions:read", "hear what mentions it in a channel"},
		{"channels:history", "hear what follows in a thread that it has spoken in, and look whether an answer arrived"},
		{"channels:read", "see who created a channel, and so manages its digests, and which subscriptions the home may show because their channel is public"},
		{"chat:write", "answer"},
		{"commands", "have its slash command and the shortcut in the menu of a message"},
		{"groups:history", "do the same in private channels that it was invited to"},
		{"groups:read", "see the same of private channels that it was invited to"},
		{"im:history", "hear what is written to it directly"},
		{scopeReactions, "count 👍 and 👎 as reactions to its answers"},
		{"users:read", "read the language and the time zone that somebody uses Slack in, and whether they are an admin"},
	}
	if assistant {
		scopes = append(scopes, Scope{scopeAssistant, "suggest questions in the assistant's pane"})
	}
	return scopes
}

// events are those that the bot has to be told.
func events(assistant bool) []string {
	names := []string{eventHome, eventMention, eventReacted, eventUnreacted, eventUninstalled, "message.channels", "message.groups", "message.im", eventRevoked}
	if assistant {
		names = append(names, eventAssistant)
	}
	slices.Sort(names)
	return names
}

// Manifest is what an app is made from on Slack. The fields that are named as
// those of Options mean the same.
type Manifest struct {
	Router    *bot.Router
	Lang      content.Lang // of what Slack shows of the app
	Name      string       // "Briefbot" where empty
	Transport Transport
	Command   string
	PublicURL string // under which Slack reaches the program; for HTTP
	Assistant bool   // the app has the pane for assistants, which not every plan of Slack's offers
	Shared    bool   // many workspaces install it, under PublicURL
	Rotation  bool   // their tokens expire and are renewed
}

// The parts of a manifest.
type (
	manifest struct {
		Metadata manifestMetadata `json:"_metadata"`
		Display  manifestDisplay  `json:"display_information"`
		Features manifestFeatures `json:"features"`
		OAuth    manifestOAuth    `json:"oauth_config"`
		Settings manifestSettings `json:"settings"`
	}
	manifestMetadata struct {
		Major int `json:"major_version"`
		Minor int `json:"minor_version"`
	}
	manifestDisplay struct {
		Name       string `json:"name"`
		Short      string `json:"description"`
		Long       string `json:"long_description"`
		Background string `json:"background_color"`
	}
	manifestFeatures struct {
		Home struct {
			Home     bool `json:"home_tab_enabled"`
			Messages bool `json:"messages_tab_enabled"`
			ReadOnly bool `json:"messages_tab_read_only_enabled"`
		} `json:"app_home"`
		Bot struct {
			Name   string `json:"display_name"`
			Online bool   `json:"always_online"`
		} `json:"bot_user"`
		Shortcuts []manifestShortcut `json:"shortcuts"`
		Commands  []manifestCommand  `json:"slash_commands"`
		Assistant *manifestAssistant `json:"assistant_view,omitempty"`
	}
	manifestShortcut struct {
		Name     string `json:"name"`
		Type     string `json:"type"`
		Callback string `json:"callback_id"`
		Text     string `json:"description"`
	}
	manifestCommand struct {
		Name   string `json:"command"`
		URL    string `json:"url,omitempty"`
		Text   string `json:"description"`
		Usage  string `json:"usage_hint"`
		Escape bool   `json:"should_escape"`
	}
	manifestAssistant struct {
		Text string `json:"assistant_description"`
	}
	manifestOAuth struct {
		Redirects []string `json:"redirect_urls,omitempty"`
		Scopes    struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	}
	manifestSettings struct {
		Events struct {
			URL string   `json:"request_url,omitempty"`
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `json:"is_enabled"`
			URL     string `json:"request_url,omitempty"`
			Options string `json:"message_menu_options_url,omitempty"`
		} `json:"interactivity"`
		OrgDeploy bool `json:"org_deploy_enabled"`
		Socket    bool `json:"socket_mode_enabled"`
		Rotation  bool `json:"token_rotation_enabled"`
	}
)

// JSON writes the manifest as Slack takes it under "create from manifest".
func (m Manifest) JSON() ([]byte, error) {
	if (m.Transport == HTTP || m.Shared) && !strings.HasPrefix(m.PublicURL, "https://") {
		return nil, errors.New("set web.public_url to the https address under which Slack reaches this program")
	}
	if m.Command == "" {
		m.Command = DefaultCommand
	}
	if m.Name == "" {
		m.Name = "Briefbot"
	}
	if !IsCommand(m.Command) {
		return nil, fmt.Errorf("%q cannot be a slash command", m.Command)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(m.whole())
	return b.Bytes(), err
}

func (m Manifest) whole() manifest {
	phrases := m.Router.Phrases(m.Lang)
	short := func(s string, most int) string { return fit.Cut(s, most, count) }
	var out manifest
	out.Metadata = manifestMetadata{Major: 2, Minor: 1}
	out.Display = manifestDisplay{
		Name: short(m.Name, maxAppName), Short: short(phrases.T(phraseShortAbout), maxAppShort), Long: short(m.long(phrases), maxAppLong), Background: "#17365d",
	}
	f := &out.Features
	f.Home.Home, f.Home.Messages = true, true
	f.Bot.Name, f.Bot.Online = short(m.Name, maxAppName), true
	f.Shortcuts = []manifestShortcut{{
		Name: short(phrases.T(phraseAskAbout), maxShortcut), Type: "message", Callback: callbackAsk, Text: short(phrases.T(phraseAskAboutText), maxShortcutText),
	}}
	f.Commands = []manifestCommand{{Name: m.Command, Text: short(phrases.T(phraseShortAbout), maxPlain), Usage: short(phrases.T(phraseUsage), maxUsage)}}
	if m.Assistant {
		f.Assistant = &manifestAssistant{Text: phrases.T(phraseShortAbout)}
	}
	for _, scope := range Scopes(m.Assistant) {
		out.OAuth.Scopes.Bot = append(out.OAuth.Scopes.Bot, scope.Name)
	}
	slices.Sort(out.OAuth.Scopes.Bot)
	s := &out.Settings
	s.Events.Bot, s.Interactivity.Enabled, s.Rotation = events(m.Assistant), true, m.Shared && m.Rotation
	if m.Shared {
		out.OAuth.Redirects = []string{m.PublicURL + OAuthPath}
	}
	if s.Socket = m.Transport != HTTP; !s.Socket {
		s.Events.URL = m.PublicURL + EventsPath
		s.Interactivity.URL, s.Interactivity.Options = m.PublicURL+InteractivityPath, m.PublicURL+OptionsPath
		f.Commands[0].URL = m.PublicURL + CommandsPath
	}
	return out
}

// long describes the app: what it is, and what can follow its command.
func (m Manifest) long(phrases i18n.Printer) string {
	var b strings.Builder
	b.WriteString(phrases.T(phraseAbout) + "\n")
	var told string // the group that was told of last
	for _, c := range m.Router.Commands() {
		group, _ := c.Group()
		switch {
		case c.Hidden, group != "" && group == told:
		case group != "":
			told = group
			b.WriteString("\n" + m.Command + " " + group + phrases.T("label.colon") + phrases.T(prefixGroup+i18n.Key(group)))
		default:
			b.WriteString("\n" + m.Command + " " + c.Name + phrases.T("label.colon") + phrases.T(c.Summary))
		}
	}
	return b.String()
}
