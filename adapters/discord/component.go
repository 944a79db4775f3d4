package discord

// component is a part of a message, of whatever type; unused fields are left
// out. It stands for the library's types because those write empty keys that
// Discord refuses, such as the description of an option.
type component struct {
	Type        int         `json:"type"`
	ID          int         `json:"id,omitempty"` // chosen by Discord where 0
	CustomID    string      `json:"custom_id,omitempty"`
	Style       int         `json:"style,omitempty"`   // of a button
	Label       string      `json:"label,omitempty"`   // of a button
	URL         string      `json:"url,omitempty"`     // of a link button
	Content     string      `json:"content,omitempty"` // of a text display
	Placeholder string      `json:"placeholder,omitempty"`
	Options     []option    `json:"options,omitempty"`      // of a select menu
	Divider     *bool       `json:"divider,omitempty"`      // of a separator: whether a line is drawn
	AccentColor int         `json:"accent_color,omitempty"` // of a container
	Disabled    bool        `json:"disabled,omitempty"`
	Components  []component `json:"components,omitempty"`
}

type option struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// The types of components.
// https://discord.com/developers/docs/components/reference
const (
	typeActionRow   = 1
	typeButton      = 2
	typeSelect      = 3
	typeTextDisplay = 10
	typeSeparator   = 14
	typeContainer   = 17
)

// The styles of buttons.
const (
	stylePrimary   = 1
	styleSecondary = 2
	styleLink      = 5
)

// The flags of a message.
// https://discord.com/developers/docs/resources/message#message-object-message-flags
const (
	flagEphemeral    = 1 << 6
	flagComponentsV2 = 1 << 15
)

// outgoing is the body of a message. AllowedMentions is always sent: without
// it Discord would notify whoever the text names.
type outgoing struct {
	Flags           int             `json:"flags,omitempty"`
	Components      []component     `json:"components"`
	AllowedMentions allowedMentions `json:"allowed_mentions"`
	Reference       *reference      `json:"message_reference,omitempty"`
	Nonce           string          `json:"nonce,omitempty"`
	EnforceNonce    bool            `json:"enforce_nonce,omitempty"`
}

// allowedMentions allows none.
type allowedMentions struct {
	Parse       [0]string `json:"parse"` // an empty array, which null is not
	RepliedUser bool      `json:"replied_user"`
}

// reference makes a message a reply.
type reference struct {
	MessageID       string `json:"message_id"`
	FailIfNotExists bool   `json:"fail_if_not_exists"` // false: the question may have been deleted
}

// walk calls visit for each component, those within others included.
func walk(all []component, visit func(component)) {
	for _, c := range all {
		visit(c)
		walk(c.Components, visit)
	}
}
