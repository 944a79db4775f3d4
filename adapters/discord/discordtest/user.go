package discordtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Here is a user in a channel: whoever uses the bot does it from here.
type Here struct {
	s       *Server
	user    *User
	channel *Channel
	mayFail bool
}

// In puts a user into a channel or thread.
func (u *User) In(c *Channel) *Here { return &Here{s: u.s, user: u, channel: c} }

// DM opens the direct conversation of a user with the bot.
func (u *User) DM() *Here {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return &Here{s: u.s, user: u, channel: u.openDM()}
}

// MayFail lets interactions fail: Shown.Failed then says what the user reads.
// Otherwise a failure ends the test.
func (h *Here) MayFail() *Here {
	h2 := *h
	h2.mayFail = true
	return &h2
}

// Channel is where the user is.
func (h *Here) Channel() *Channel { return h.channel }

// Choice is a completion.
type Choice struct {
	Name  string // in the user's language
	Value any
}

// Slash uses a command with options by name and waits for the first response.
// Subcommands follow the command's name after spaces. Names may be those of
// the user's language. An option is a string, int, float64, bool, *User or
// *Channel. A command or option that was not registered ends the test.
func (h *Here) Slash(name string, options map[string]any) *Shown {
	h.s.helper()
	in := h.slash(name, options)
	if in == nil {
		return h.nothing()
	}
	return h.do(in)
}

// SlashPayload makes the interaction of a command as Discord would send it,
// without sending it. Responses to it are taken as to any.
func (h *Here) SlashPayload(name string, options map[string]any) []byte {
	h.s.helper()
	in := h.slash(name, options)
	if in == nil {
		return nil
	}
	text, err := json.Marshal(in.payload)
	if err != nil {
		h.s.fail("%v", err)
	}
	return text
}

func (h *Here) slash(name string, options map[string]any) *interaction {
	h.s.helper()
	h.s.mu.Lock()
	found, data, err := h.command(name, commandSlash)
	if err == nil {
		err = h.fillOptions(found, data, name, options, "")
	}
	if err != nil {
		h.s.mu.Unlock()
		h.s.fail("/%s: %v", name, err)
		return nil
	}
	defer h.s.mu.Unlock()
	return h.s.newInteraction(h.user, h.channel, kindCommand, data)
}

// Complete types into an option of a command and returns what is offered.
// others are options that are filled already.
func (h *Here) Complete(name, option, typed string, others ...map[string]any) []Choice {
	h.s.helper()
	values := map[string]any{option: typed}
	for _, other := range others {
		maps.Copy(values, other)
	}
	h.s.mu.Lock()
	found, data, err := h.command(name, commandSlash)
	if err == nil {
		err = h.fillOptions(found, data, name, values, option)
	}
	if err != nil {
		h.s.mu.Unlock()
		h.s.fail("/%s %s: %v", name, option, err)
		return nil
	}
	in := h.s.newInteraction(h.user, h.channel, kindAutocomplete, data)
	in.focused = focusedType(data)
	delete(data, "resolved")
	h.s.mu.Unlock()
	h.do(in)
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	choices := []Choice{}
	for _, c := range in.choices {
		c := asObject(remarshal(c))
		choice := Choice{Name: asString(c["name"]), Value: c["value"]}
		if local := asString(asObject(c["name_localizations"])[h.user.Locale]); local != "" {
			choice.Name = local
		}
		choices = append(choices, choice)
	}
	return choices
}

func focusedType(data object) int {
	for _, o := range asArray(data["options"]) {
		o := asObject(o)
		if o["focused"] == true {
			return asInt(o["type"])
		}
		if kind := focusedType(o); kind != 0 {
			return kind
		}
	}
	return 0
}

// MessageCommand uses a command of a message's menu.
func (h *Here) MessageCommand(name string, m *Message) *Shown {
	h.s.helper()
	h.s.mu.Lock()
	_, data, err := h.command(name, commandMessage)
	if err != nil {
		h.s.mu.Unlock()
		h.s.fail("the menu command %q: %v", name, err)
		return h.nothing()
	}
	data["target_id"] = m.ID
	data["resolved"] = object{"messages": object{m.ID: m.post.payload()}}
	in := h.s.newInteraction(h.user, h.channel, kindCommand, data)
	in.menu = true
	h.s.mu.Unlock()
	return h.do(in)
}

// command finds a registered command that the user may use here.
func (h *Here) command(name string, kind int) (*command, object, error) {
	s, g := h.s, h.channel.Guild
	first := name
	if kind == commandSlash {
		first, _, _ = strings.Cut(name, " ")
	}
	scopes := []string{""}
	if g != nil && !g.away {
		scopes = []string{g.ID, ""}
	}
	for _, scope := range scopes {
		for _, c := range s.app.commands[scope] {
			if c.kind != kind || !h.named(c.body, first) {
				continue
			}
			data := object{"id": c.id, "name": c.name, "type": c.kind}
			if scope != "" {
				data["guild_id"] = scope
			}
			return c, data, h.mayUse(c)
		}
	}
	return nil, nil, fmt.Errorf("no such command is registered")
}

// named says whether a name is that of a command or option for the user.
func (h *Here) named(body object, name string) bool {
	return name == asString(body["name"]) || name == asString(asObject(body["name_localizations"])[h.user.Locale])
}

func (h *Here) mayUse(c *command) error {
	g := h.channel.Guild
	context := 1
	if g != nil {
		context = 0
	}
	if contexts, set := c.body["contexts"].([]any); set && !slices.ContainsFunc(contexts, func(v any) bool { return asInt(v) == context }) {
		return fmt.Errorf("the command is not for this context (%d)", context)
	}
	if g != nil && g.away {
		types := asArray(c.body["integration_types"])
		if !h.user.installed || !slices.ContainsFunc(types, func(v any) bool { return asInt(v) == 1 }) {
			return fmt.Errorf("the bot is not in %s and the user has not installed it", g.Name)
		}
	}
	if g == nil {
		return nil
	}
	may := h.channel.may(h.user)
	if !may.has(UseCommands) {
		return fmt.Errorf("the user may not use commands here")
	}
	if needs := c.body["default_member_permissions"]; needs != nil && !may.has(Permissions(asInt(needs))) {
		return fmt.Errorf("the command is not shown to the user, who lacks permissions %v", needs)
	}
	return nil
}

// fillOptions puts values into the data of a command; focused is the option
// that is being typed, empty where none is.
func (h *Here) fillOptions(c *command, data object, name string, values map[string]any, focused string) error {
	at, into := c.body, data
	for _, sub := range strings.Fields(name)[1:] {
		var next object
		for _, o := range asArray(at["options"]) {
			if o := asObject(o); h.named(o, sub) && (asInt(o["type"]) == optionSub || asInt(o["type"]) == optionGroup) {
				next = o
			}
		}
		if next == nil {
			return fmt.Errorf("there is no subcommand %q", sub)
		}
		inner := object{"name": next["name"], "type": next["type"]}
		into["options"] = []any{inner}
		at, into = next, inner
	}
	left := maps.Clone(values)
	filled := []any{}
	for _, o := range asArray(at["options"]) {
		o := asObject(o)
		if kind := asInt(o["type"]); kind == optionSub || kind == optionGroup {
			return fmt.Errorf("the command needs a subcommand")
		}
		var value any
		given := false
		for key, v := range left {
			if h.named(o, key) {
				value, given = v, true
				delete(left, key)
			}
		}
		isFocused := given && focused != "" && h.named(o, focused)
		if !given {
			if o["required"] == true && focused == "" {
				return fmt.Errorf("the option %v is required", o["name"])
			}
			continue
		}
		option := object{"name": o["name"], "type": o["type"], "value": value}
		switch {
		case isFocused && o["autocomplete"] != true:
			return fmt.Errorf("the option %v is not completed", o["name"])
		case isFocused:
			option["focused"] = true
		default:
			sent, err := h.value(o, value, data)
			if err != nil {
				return fmt.Errorf("the option %v: %w", o["name"], err)
			}
			option["value"] = sent
		}
		filled = append(filled, option)
	}
	if len(left) > 0 {
		return fmt.Errorf("there is no option %q", slices.Sorted(maps.Keys(left))[0])
	}
	if len(filled) > 0 {
		into["options"] = filled
	}
	return nil
}

// value turns what a test gives into what Discord sends, or says why a user
// could not give it.
func (h *Here) value(o object, value any, data object) (any, error) {
	resolved := func(kind, id string, what object) {
		all := asObject(data["resolved"])
		if all == nil {
			all = object{}
			data["resolved"] = all
		}
		if asObject(all[kind]) == nil {
			all[kind] = object{}
		}
		asObject(all[kind])[id] = what
	}
	kind := asInt(o["type"])
	switch v := value.(type) {
	case string:
		if kind != optionString {
			return nil, fmt.Errorf("takes no text")
		}
		n := length(v)
		if v == "" || n > 6000 || o["min_length"] != nil && n < asInt(o["min_length"]) || o["max_length"] != nil && n > asInt(o["max_length"]) {
			return nil, fmt.Errorf("a text of %d characters cannot be given", n)
		}
	case int, float64:
		if kind != optionInteger && kind != optionNumber {
			return nil, fmt.Errorf("takes no number")
		}
		if _, broken := v.(float64); broken && kind == optionInteger {
			return nil, fmt.Errorf("takes whole numbers")
		}
		n := asInt(v)
		if o["min_value"] != nil && n < asInt(o["min_value"]) || o["max_value"] != nil && n > asInt(o["max_value"]) {
			return nil, fmt.Errorf("%v is out of range", v)
		}
	case bool:
		if kind != optionBoolean {
			return nil, fmt.Errorf("takes no yes or no")
		}
	case *User:
		if kind != optionUser {
			return nil, fmt.Errorf("takes no user")
		}
		resolved("users", v.ID, v.payload())
		if g := h.channel.Guild; g != nil {
			member := g.member(v)
			member["permissions"] = h.channel.may(v).String()
			resolved("members", v.ID, member)
		}
		return v.ID, nil
	case *Channel:
		if kind != optionChannel {
			return nil, fmt.Errorf("takes no channel")
		}
		resolved("channels", v.ID, object{"id": v.ID, "name": v.Name, "type": v.kind, "permissions": v.may(h.user).String()})
		return v.ID, nil
	default:
		return nil, fmt.Errorf("a %T cannot be given", value)
	}
	choices := asArray(o["choices"])
	if len(choices) > 0 && !slices.ContainsFunc(choices, func(c any) bool {
		return fmt.Sprint(asObject(c)["value"]) == fmt.Sprint(value)
	}) {
		return nil, fmt.Errorf("%v is not among the choices", value)
	}
	return value, nil
}

// do delivers an interaction and returns what the user sees.
func (h *Here) do(in *interaction) *Shown {
	h.s.helper()
	h.s.deliver(in)
	h.s.mu.Lock()
	shown := h.s.shown(h, in)
	h.s.mu.Unlock()
	if shown.Failed != "" && !h.mayFail {
		h.s.fail("the user reads: %s", shown.Failed)
	}
	return shown
}

func (h *Here) nothing() *Shown {
	return &Shown{Message: &Message{s: h.s}, Failed: FailedCommand, here: h}
}

var mention = regexp.MustCompile(`<@!?(\d+)>`)

// Say posts a message. "<@bot>" in the text mentions the bot.
func (h *Here) Say(text string) *Message { h.s.helper(); return h.say(text, nil, false) }

// ReplyTo posts a message that answers another, with or without a mention of
// its author.
func (h *Here) ReplyTo(m *Message, text string, ping bool) *Message {
	h.s.helper()
	return h.say(text, m.post, ping)
}

func (h *Here) say(text string, answers *post, ping bool) *Message {
	s := h.s
	s.helper()
	s.mu.Lock()
	if !h.channel.maySend(h.user) || h.channel.deleted || h.channel.locked {
		s.mu.Unlock()
		s.fail("the user may not write here")
		return &Message{s: s}
	}
	defer s.mu.Unlock()
	text = strings.ReplaceAll(text, "<@bot>", "<@"+s.app.bot.ID+">")
	m := &post{id: s.newID(), channel: h.channel, author: h.user, created: s.o.Now(), content: text, answers: answers}
	for _, match := range mention.FindAllStringSubmatch(text, -1) {
		if u := s.users[match[1]]; u != nil && !slices.Contains(m.mentions, u) {
			m.mentions = append(m.mentions, u)
		}
	}
	if answers != nil {
		m.kind = postReply
		if ping && !slices.Contains(m.mentions, answers.author) {
			m.mentions = append(m.mentions, answers.author)
		}
	}
	s.post(m)
	return s.snapshot(m)
}

// Edit changes what a user said.
func (h *Here) Edit(m *Message, text string) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	m.post.content = text
	h.s.change(m.post)
}

// StartThread opens a thread at a message.
func (h *Here) StartThread(m *Message, name string) *Channel {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return h.s.openThread(h.channel, h.user, m.post, name)
}

// On shows the user a message that the bot posted, so that its buttons can be
// pressed.
func (h *Here) On(m *Message) *Shown {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return &Shown{Message: h.s.snapshot(m.post), here: h}
}

// Replies waits until the bot has replied to a message, or opened a thread at
// it and spoken there, and returns what it said; nothing where it stays
// silent all the time.
func (s *Server) Replies(m *Message, within time.Duration) []*Message {
	var found []*post
	s.await(within, func() bool {
		found = nil
		for _, c := range s.channels {
			for _, p := range c.messages {
				if p.author.bot && !p.deleted && (p.answers == m.post || c.kind == kindThread && c == m.post.thread) {
					found = append(found, p)
				}
			}
		}
		return len(found) > 0
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(found, func(a, b *post) int { return strings.Compare(a.id, b.id) })
	messages := make([]*Message, len(found))
	for i, p := range found {
		messages[i] = s.snapshot(p)
	}
	return messages
}

// Channel returns the channel, thread or direct conversation with an id; nil
// where there is none.
func (s *Server) Channel(id string) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channels[id]
}

// Messages returns what stands in a channel, the oldest first.
func (s *Server) Messages(c *Channel) []*Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*Message
	for _, m := range c.messages {
		if !m.deleted {
			list = append(list, s.snapshot(m))
		}
	}
	return list
}
