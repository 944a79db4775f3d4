package slacktest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Message is a message, or a view, as it stood at one moment.
type Message struct {
	s    *Server
	post *post
	view *view

	TS        string
	ThreadTS  string // of the parent; empty outside a thread
	Channel   *Channel
	Author    *User
	Fallback  string // the text that notifications and screen readers use
	Blocks    []any  // decoded JSON
	Metadata  map[string]any
	Ephemeral bool   // only one user sees it
	Broadcast bool   // also in the channel
	Edits     int    // how often it was edited
	Title     string // of a modal
	JSON      json.RawMessage
}

// snapshot is a message as it stands. The lock must be held.
func (s *Server) snapshot(m *post) *Message {
	return &Message{
		s: s, post: m, TS: m.ts, ThreadTS: m.thread, Channel: m.channel, Author: m.author, Fallback: m.text,
		Blocks: asArray(remarshal(m.blocks)), Metadata: asObject(remarshal(m.metadata)), Ephemeral: m.only != nil,
		Broadcast: m.broadcast, Edits: m.edits, JSON: raw(m.payload()),
	}
}

func (s *Server) snapshotView(v *view) *Message {
	return &Message{
		s: s, view: v, Author: v.user.Workspace.bot, Blocks: asArray(remarshal(v.body["blocks"])), Edits: v.shown - 1,
		Title: asString(asObject(v.body["title"])["text"]), JSON: raw(v.payload()),
	}
}

// Text is all that the message says, in the order of its blocks, each text on
// lines of its own and without escapes; labels of buttons and menus are no
// part of it. Without blocks it is the fallback.
func (m *Message) Text() string {
	var parts []string
	add := func(v any) {
		o := asObject(v)
		if words := asString(o["text"]); words != "" {
			if o["type"] == "mrkdwn" {
				words = unescape(words)
			}
			parts = append(parts, words)
		}
	}
	for _, b := range m.Blocks {
		b := asObject(b)
		switch b["type"] {
		case "markdown":
			add(b)
		case "rich_text":
			parts = append(parts, richText(b["elements"]))
		case "table":
			for _, row := range asArray(b["rows"]) {
				parts = append(parts, richText(row))
			}
		default:
			add(b["text"])
			add(b["title"])
			for _, f := range asArray(b["fields"]) {
				add(f)
			}
			if b["type"] == "context" {
				for _, e := range asArray(b["elements"]) {
					add(e)
				}
			}
		}
	}
	if len(m.Blocks) == 0 {
		return unescape(m.Fallback)
	}
	return strings.Join(parts, "\n")
}

func richText(v any) string {
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		for _, one := range asArray(v) {
			o := asObject(one)
			switch o["type"] {
			case "user":
				b.WriteString("<@" + asString(o["user_id"]) + ">")
			case "channel":
				b.WriteString("<#" + asString(o["channel_id"]) + ">")
			}
			b.WriteString(asString(o["text"]))
			walk(o["elements"])
		}
	}
	walk(v)
	return b.String()
}

// elements are what can be used, in order.
func (m *Message) elements() []object {
	var all []object
	for _, b := range m.Blocks {
		b := asObject(b)
		candidates := []any{b["accessory"], b["element"]}
		if b["type"] != "context" && b["type"] != "rich_text" {
			candidates = append(candidates, asArray(b["elements"])...)
		}
		for _, e := range candidates {
			if e := asObject(e); e != nil && e["type"] != "image" {
				e["block_id"] = b["block_id"]
				all = append(all, e)
			}
		}
	}
	return all
}

// Button is a button of a message.
type Button struct {
	Label    string
	ActionID string
	Value    string
	URL      string // of a link
	Style    string
	raw      object
}

// Buttons are the buttons of the message.
func (m *Message) Buttons() []Button {
	var all []Button
	add := func(label any, e, raw object) {
		all = append(all, Button{
			Label: asString(asObject(label)["text"]), ActionID: asString(raw["action_id"]), Value: asString(e["value"]),
			URL: asString(e["url"]), Style: asString(e["style"]), raw: raw,
		})
	}
	for _, e := range m.elements() {
		switch e["type"] {
		case "button", "icon_button":
			add(e["text"], e, e)
		case "feedback_buttons":
			for _, side := range []string{"positive_button", "negative_button"} {
				b := asObject(e[side])
				add(b["text"], b, e)
			}
		}
	}
	return all
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

// Option is what a menu offers.
type Option struct {
	Label       string
	Value       string
	Description string
	menu        object
	raw         object
}

// Choices are what the menus of the message offer by themselves.
func (m *Message) Choices() []Option {
	var all []Option
	for _, e := range m.elements() {
		options := asArray(e["options"])
		for _, g := range asArray(e["option_groups"]) {
			options = append(options, asArray(asObject(g)["options"])...)
		}
		all = append(all, optionsOf(e, options)...)
	}
	return all
}

func optionsOf(menu object, options []any) []Option {
	all := []Option{}
	for _, o := range options {
		o := asObject(o)
		all = append(all, Option{
			Label: asString(asObject(o["text"])["text"]), Value: asString(o["value"]),
			Description: asString(asObject(o["description"])["text"]), menu: menu, raw: o,
		})
	}
	return all
}

// Shown is what a user sees after having used the app: the message that
// answers, the one that was changed, or a view. It is empty where nothing
// came, with Failed saying what the user reads.
type Shown struct {
	*Message
	Failed string // such as FailedTimeout

	here *Here
	in   *interaction
}

// Nothing says whether no answer came.
func (sh *Shown) Nothing() bool { return sh.post == nil && sh.view == nil }

// effect says whether an interaction was answered. The lock must be held.
func (in *interaction) effect() bool {
	return in.failed != "" || len(in.posts) > 0 || in.changed != nil || in.opened != nil || in.errors != nil ||
		in.payload["type"] == "block_suggestion" || in.payload["type"] == "view_submission" || in.elsewhere() != nil || in.homeChanged()
}

// elsewhere is a message with which the app answered through the Web API, to
// what was done in a view in the direct conversation. The lock must be held.
func (in *interaction) elsewhere() *post {
	if in.target != nil && in.target.step > in.since {
		return in.target
	}
	for _, m := range slices.Backward(in.user.whispers) {
		if m.step > in.since && m.response == nil {
			return m
		}
	}
	channel := in.channel
	if in.view != nil {
		channel = in.user.dm
	}
	if channel == nil {
		return nil
	}
	for _, m := range slices.Backward(channel.messages) {
		if m.ts < formatTS(in.created.UnixMicro()) {
			break
		}
		if m.author.own && m.step > in.since {
			return m
		}
	}
	return nil
}

func (in *interaction) homeChanged() bool {
	return in.view != nil && in.view.step > in.since
}

// shown is what an interaction shows. The lock must be held.
func (s *Server) shown(h *Here, in *interaction) *Shown {
	shown := &Shown{Message: &Message{s: s}, Failed: in.failed, here: h, in: in}
	switch {
	case len(in.posts) > 0:
		shown.Message = s.snapshot(in.posts[0])
	case in.changed != nil:
		shown.Message = s.snapshot(in.changed)
	case in.opened != nil:
		shown.Message = s.snapshotView(in.opened)
	case in.homeChanged():
		shown.Message = s.snapshotView(in.view)
	default:
		if m := in.elsewhere(); m != nil {
			shown.Message = s.snapshot(m)
		}
	}
	return shown
}

// patience is how long a test waits for what follows an acknowledgement. The
// platform gives an app 30 minutes for it, and a busy machine may need some.
const patience = time.Minute

// FollowUps waits for so many answers, the first included, through the
// acknowledgement and the response_url, and returns them. It ends the test
// where they do not come.
func (sh *Shown) FollowUps(n int) []*Shown {
	s := sh.s
	s.helper()
	var posts []*post
	if !s.await(patience, func() bool { posts = slices.Clone(sh.in.posts); return len(posts) >= n }) {
		s.fail("%d answers came, not %d", len(posts), n)
	}
	var list []*Shown
	for _, m := range s.snapshots(posts) {
		list = append(list, &Shown{Message: m, here: sh.here, in: sh.in})
	}
	return list
}

// Now is the same message or view as it stands by now.
func (sh *Shown) Now() *Shown {
	s := sh.s
	s.mu.Lock()
	defer s.mu.Unlock()
	now := *sh
	switch {
	case sh.view != nil:
		now.Message = s.snapshotView(sh.view)
	case sh.post != nil:
		now.Message = s.snapshot(sh.post)
	}
	return &now
}

// Click presses the button with a label and waits for the first answer. It
// ends the test where no such button can be pressed.
func (sh *Shown) Click(label string) *Shown {
	s := sh.s
	s.helper()
	button, found := sh.Button(label)
	if !found {
		s.fail("there is no button %q; there are %q", label, labels(sh.Message))
		return sh.here.nothing()
	}
	return sh.use(sh.action(button.raw, object{"text": button.raw["text"], "value": button.Value}))
}

// Press uses a button with an action id and value that the message need not
// have, as a user of a changed client can.
func (sh *Shown) Press(actionID, value string) *Shown {
	sh.s.helper()
	return sh.use(sh.action(object{"type": "button", "action_id": actionID, "block_id": "bAA"}, object{"value": value}))
}

// ClickRequest makes the signed request of a button without sending it.
func (sh *Shown) ClickRequest(label string) SignedRequest {
	s := sh.s
	s.helper()
	button, found := sh.Button(label)
	if !found {
		s.fail("there is no button %q; there are %q", label, labels(sh.Message))
		return SignedRequest{s: s}
	}
	in := sh.action(button.raw, object{"text": button.raw["text"], "value": button.Value})
	s.mu.Lock()
	defer s.mu.Unlock()
	return in.request()
}

// Choose picks what has this label from a menu and waits for the first
// answer. It ends the test where no menu offers it by itself.
func (sh *Shown) Choose(label string) *Shown {
	s := sh.s
	s.helper()
	options := sh.Choices()
	i := slices.IndexFunc(options, func(o Option) bool { return o.Label == label })
	if i < 0 {
		s.fail("no menu offers %q", label)
		return sh.here.nothing()
	}
	return sh.Pick(options[i])
}

// Pick picks an option that Choices or Options returned.
func (sh *Shown) Pick(o Option) *Shown {
	sh.s.helper()
	return sh.use(sh.action(o.menu, object{"selected_option": o.raw}))
}

// Options types into an external select, by its action id, and returns what
// the app offers. It ends the test where there is no such menu or too little
// is typed.
func (sh *Shown) Options(actionID, typed string) []Option {
	s := sh.s
	s.helper()
	elements := sh.elements()
	i := slices.IndexFunc(elements, func(e object) bool {
		return e["action_id"] == actionID && strings.HasSuffix(asString(e["type"]), "external_select")
	})
	if i < 0 {
		s.fail("there is no external select %q", actionID)
		return nil
	}
	least := 3 // https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
	if n, set := elements[i]["min_query_length"]; set {
		least = asInt(n)
	}
	if length(typed) < least {
		s.fail("%q is too short for Slack to ask the app for options", typed)
		return nil
	}
	in := sh.action(elements[i], nil)
	s.mu.Lock()
	in.path = OptionsPath
	delete(in.payload, "actions")
	delete(in.payload, "response_url")
	delete(in.payload, "trigger_id")
	delete(in.payload, "state")
	maps.Copy(in.payload, object{"type": "block_suggestion", "action_id": actionID, "block_id": elements[i]["block_id"], "value": typed})
	s.mu.Unlock()
	s.deliver(in)
	if failed := in.failure(); failed != "" && !sh.here.mayFail {
		s.fail("the user reads: %s", failed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return optionsOf(elements[i], in.options)
}

// Submit sends a modal with what was typed into its inputs, by action id. The
// user sees what the app says to it; Wrong holds what it finds wrong.
func (sh *Shown) Submit(typed map[string]string) *Shown {
	s := sh.s
	s.helper()
	if sh.view == nil || sh.view.body["submit"] == nil {
		s.fail("this is no modal that can be submitted")
		return sh.here.nothing()
	}
	values := object{}
	for _, e := range sh.elements() {
		id := asString(e["action_id"])
		if words, given := typed[id]; given {
			values[asString(e["block_id"])] = object{id: object{"type": e["type"], "value": words}}
		}
	}
	if len(values) != len(typed) {
		s.fail("the modal has no inputs for all of %v", typed)
	}
	s.mu.Lock()
	in := s.newInteraction(kindInteractive, InteractivityPath, sh.here.user, nil)
	in.view = sh.view
	in.payload = sh.here.common(in, "view_submission")
	view := sh.view.payload()
	view["state"] = object{"values": values}
	in.payload["view"] = view
	in.payload["response_urls"] = []any{}
	s.mu.Unlock()
	return sh.here.do(in)
}

// Wrong is what the app finds wrong with a submitted modal, by block id.
func (sh *Shown) Wrong() map[string]any {
	if sh.in == nil {
		return nil
	}
	sh.s.mu.Lock()
	defer sh.s.mu.Unlock()
	return maps.Clone(sh.in.errors)
}

func labels(m *Message) []string {
	var all []string
	for _, b := range m.Buttons() {
		all = append(all, b.Label)
	}
	return all
}

func (sh *Shown) use(in *interaction) *Shown {
	sh.s.helper()
	return sh.here.do(in)
}

// action makes the interaction of an element:
// https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func (sh *Shown) action(e, more object) *interaction {
	s := sh.s
	s.mu.Lock()
	defer s.mu.Unlock()
	h := sh.here
	channel := h.channel
	if sh.post != nil {
		channel = sh.post.channel
	}
	if sh.view != nil {
		channel = nil
	}
	in := s.newInteraction(kindInteractive, InteractivityPath, h.user, channel)
	in.target, in.view = sh.post, sh.view
	in.payload = h.common(in, "block_actions")
	action := object{"type": e["type"], "action_id": e["action_id"], "block_id": e["block_id"], "action_ts": s.newTS()}
	for key, value := range more {
		if value != nil {
			action[key] = value
		}
	}
	in.payload["actions"] = []any{action}
	if sh.view != nil {
		in.payload["view"] = sh.view.payload()
		in.payload["container"] = object{"type": "view", "view_id": sh.view.id}
		return in
	}
	in.payload["response_url"] = in.responds()
	in.payload["channel"] = channel.brief()
	in.payload["state"] = object{"values": object{}}
	container := object{"type": "message", "message_ts": sh.TS, "channel_id": channel.ID, "is_ephemeral": sh.Ephemeral}
	if sh.ThreadTS != "" {
		container["thread_ts"] = sh.ThreadTS
	}
	in.payload["container"] = container
	if !sh.Ephemeral { // Slack keeps no ephemeral messages
		message := sh.post.payload()
		in.payload["message"] = message
	}
	return in
}
