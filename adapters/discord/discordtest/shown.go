package discordtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Message is a message as it stood at one moment.
type Message struct {
	s          *Server
	post       *post
	components []any
	embeds     []any

	ID        string
	Channel   *Channel
	Author    *User
	Content   string
	Flags     int
	Ephemeral bool // only the user sees it
	Loading   bool // a deferred response that says nothing yet
	Edits     int  // how often it was edited
	Nonce     string
	Created   time.Time
	JSON      json.RawMessage // as the bot gets it
}

// snapshot is a message as it stands. The lock must be held.
func (s *Server) snapshot(m *post) *Message {
	payload := m.payload()
	text, _ := json.Marshal(payload)
	nonce := ""
	if n, isText := m.nonce.(interface{ String() string }); isText {
		nonce = n.String()
	} else {
		nonce = asString(m.nonce)
	}
	return &Message{
		s: s, post: m, components: asArray(remarshal(m.components)), embeds: asArray(remarshal(m.embeds)),
		ID: m.id, Channel: m.channel, Author: m.author, Content: m.content, Flags: m.flags, Ephemeral: m.ephemeral(),
		Loading: m.flags&flagLoading != 0, Edits: m.edits, Nonce: nonce, Created: m.created, JSON: text,
	}
}

// IsBot says whether the user is the bot.
func (u *User) IsBot() bool { return u.bot }

// Text is all that the message says, in the order of its parts, each on
// lines of its own; labels of buttons and menus are no part of it.
func (m *Message) Text() string {
	var parts []string
	add := func(text any) {
		if text := asString(text); text != "" {
			parts = append(parts, text)
		}
	}
	add(m.Content)
	for _, e := range m.embeds {
		e := asObject(e)
		add(asObject(e["author"])["name"])
		add(e["title"])
		add(e["description"])
		for _, f := range asArray(e["fields"]) {
			add(asObject(f)["name"])
			add(asObject(f)["value"])
		}
		add(asObject(e["footer"])["text"])
	}
	each(m.components, func(c object) {
		if asInt(c["type"]) == typeText {
			add(c["content"])
		}
	})
	return strings.Join(parts, "\n")
}

// each calls do for every component, nested ones included.
func each(components []any, do func(object)) {
	for _, c := range components {
		c := asObject(c)
		do(c)
		each(asArray(c["components"]), do)
		if accessory := asObject(c["accessory"]); accessory != nil {
			do(accessory)
		}
	}
}

// Button is a button of a message.
type Button struct {
	Label    string
	CustomID string
	URL      string // of a link
	Style    int
	Disabled bool
	raw      object
}

// Buttons are the buttons of the message.
func (m *Message) Buttons() []Button {
	var buttons []Button
	each(m.components, func(c object) {
		if asInt(c["type"]) == typeButton {
			buttons = append(buttons, Button{
				Label: asString(c["label"]), CustomID: asString(c["custom_id"]), URL: asString(c["url"]),
				Style: asInt(c["style"]), Disabled: c["disabled"] == true, raw: c,
			})
		}
	})
	return buttons
}

// Button returns the button with a label, and whether there is one.
func (m *Message) Button(label string) (Button, bool) {
	buttons := m.Buttons()
	i := slices.IndexFunc(buttons, func(b Button) bool { return b.Label == label })
	if i < 0 {
		return Button{}, false
	}
	return buttons[i], true
}

// Option is what a menu of a message offers.
type Option struct {
	Label       string
	Value       string
	Description string
	menu        object
}

// Options are what the menus of the message offer.
func (m *Message) Options() []Option {
	var options []Option
	each(m.components, func(c object) {
		if asInt(c["type"]) != typeSelect {
			return
		}
		for _, o := range asArray(c["options"]) {
			o := asObject(o)
			options = append(options, Option{
				Label: asString(o["label"]), Value: asString(o["value"]), Description: asString(o["description"]), menu: c,
			})
		}
	})
	return options
}

// Shown is what a user sees after having used the bot.
type Shown struct {
	*Message        // empty where the user reads Failed
	Failed   string // what Discord says when the bot does not answer
	Kind     int    // of the response: 4 a message, 5 deferred, 6 deferred update, 7 an update

	here *Here
	in   *interaction
}

// shown is what a response shows. The lock must be held.
func (s *Server) shown(h *Here, in *interaction) *Shown {
	shown := &Shown{Message: &Message{s: s}, Failed: in.failed, Kind: in.response, here: h, in: in}
	if in.original != nil {
		shown.Message = s.snapshot(in.original)
	}
	return shown
}

// patience is how long a test waits for what follows a response. The platform
// gives a bot 15 minutes for it, and a busy machine may need some of them.
const patience = time.Minute

// Original waits until a deferred response or update is there and returns
// the message as it now stands. It ends the test where it does not come.
func (sh *Shown) Original() *Shown {
	s := sh.s
	s.helper()
	if sh.in == nil {
		return sh.here.On(sh.Message)
	}
	settled := s.await(patience, func() bool {
		m := sh.in.original
		switch {
		case m == nil || m.deleted:
			return false
		case sh.in.response == respondDeferUpdate:
			return m.edits > sh.in.edits
		}
		return m.flags&flagLoading == 0
	})
	if !settled {
		s.fail("the deferred response did not come")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown(sh.here, sh.in)
}

// FollowUps waits for so many follow-ups and returns all that are there. It
// ends the test where they do not come.
func (sh *Shown) FollowUps(n int) []*Shown {
	s := sh.s
	s.helper()
	var posts []*post
	if !s.await(patience, func() bool {
		posts = slices.DeleteFunc(slices.Clone(sh.in.posts), func(m *post) bool { return m == sh.in.original || m.deleted })
		return len(posts) >= n
	}) {
		s.fail("%d follow-ups came, not %d", len(posts), n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*Shown
	for _, m := range posts {
		list = append(list, &Shown{Message: s.snapshot(m), here: sh.here})
	}
	return list
}

// Click presses the button with a label and waits for the first response. It
// ends the test where no such button can be pressed.
func (sh *Shown) Click(label string) *Shown {
	s := sh.s
	s.helper()
	button, found := sh.Button(label)
	switch {
	case !found:
		s.fail("there is no button %q; there are %v", label, labels(sh.Message))
		return sh.here.nothing()
	case button.Disabled || button.URL != "":
		s.fail("the button %q is disabled or a link", label)
		return sh.here.nothing()
	}
	return sh.use(button.raw, nil)
}

// Choose picks what has these labels from a menu and waits for the first
// response. It ends the test where no menu offers them.
func (sh *Shown) Choose(chosen ...string) *Shown {
	s := sh.s
	s.helper()
	var menu object
	var values []any
	for _, label := range chosen {
		options := sh.Options()
		i := slices.IndexFunc(options, func(o Option) bool { return o.Label == label })
		if i < 0 {
			s.fail("no menu offers %q", label)
			return sh.here.nothing()
		}
		menu = options[i].menu
		values = append(values, options[i].Value)
	}
	if menu == nil || menu["disabled"] == true || len(values) > max(asInt(menu["max_values"]), 1) {
		s.fail("%q cannot be chosen", chosen)
		return sh.here.nothing()
	}
	return sh.use(menu, values)
}

func labels(m *Message) []string {
	var all []string
	for _, b := range m.Buttons() {
		all = append(all, b.Label)
	}
	return all
}

func (sh *Shown) use(component object, values []any) *Shown {
	s := sh.s
	s.helper()
	return sh.here.do(sh.interact(component, values))
}

// interact makes the interaction of a component.
func (sh *Shown) interact(component object, values []any) *interaction {
	s := sh.s
	s.mu.Lock()
	defer s.mu.Unlock()
	data := object{"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
	if values != nil {
		data["values"] = values
	}
	in := s.newInteraction(sh.here.user, sh.post.channel, kindComponent, data)
	in.target = sh.post
	in.payload["message"] = sh.post.payload()
	return in
}

// Press uses a button with a custom id that the message need not have, as a
// user of a changed client can.
func (sh *Shown) Press(customID string) *Shown {
	sh.s.helper()
	return sh.use(object{"custom_id": customID, "type": typeButton, "id": 1}, nil)
}

// ClickPayload makes the interaction of a button without sending it.
func (sh *Shown) ClickPayload(label string) []byte {
	s := sh.s
	s.helper()
	button, found := sh.Button(label)
	if !found {
		s.fail("there is no button %q; there are %v", label, labels(sh.Message))
		return nil
	}
	text, _ := json.Marshal(sh.interact(button.raw, nil).payload)
	return text
}
