package slacktest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Limits of messages and blocks: https://docs.slack.dev/reference/block-kit/blocks
// and https://docs.slack.dev/reference/block-kit/composition-objects
const (
	maxBlocks      = 50
	maxHomeBlocks  = 100
	maxText        = 4000  // longer ones are broken up, and cut at 40,000: https://api.slack.com/changelog/2018-04-truncating-really-long-messages
	maxMessage     = 12000 // characters of all blocks; beyond about that Slack answers msg_blocks_too_long
	maxSection     = 3000
	maxHeader      = 150
	maxFields      = 10
	maxField       = 2000
	maxContext     = 10
	maxActions     = 25
	maxLabel       = 75
	maxValue       = 2000
	maxID          = 255
	maxOptions     = 100
	maxOptionText  = 75
	maxOptionValue = 75 // the older of two numbers that Slack has documented, the newer being 150
	maxOverflow    = 5
	maxRadio       = 10
	maxPlaceholder = 150
	maxURL         = 3000
	maxAlt         = 2000
	maxMarkdown    = 12000
)

// where blocks stand.
type surface int

const (
	inMessage surface = iota
	inHome
	inModal
)

// checker collects what is wrong with blocks.
type checker struct {
	s         *Server
	on        surface
	mentions  bool // are allowed
	problems  []problem
	total     int // characters
	actionIDs map[string]string
	blockIDs  map[string]bool
}

func (k *checker) add(path, format string, args ...any) {
	k.problems = append(k.problems, problem{pointer: path, text: fmt.Sprintf(format, args...)})
}

// checkBlocks holds blocks against their shape and our rules. code is what
// Slack answers; empty where nothing is wrong.
func (s *Server) checkBlocks(pointer string, decoded any, on surface, mentions bool) (code string, problems []problem) {
	blocks, isArray := decoded.([]any)
	if !isArray {
		return "invalid_blocks_format", []problem{{pointer: pointer, text: "blocks are no array"}}
	}
	k := &checker{s: s, on: on, mentions: mentions, actionIDs: map[string]string{}, blockIDs: map[string]bool{}}
	most := maxBlocks
	if on != inMessage {
		most = maxHomeBlocks
	}
	if len(blocks) > most {
		k.add(pointer, "no more than %d items allowed", most)
	}
	for i, b := range blocks {
		path := fmt.Sprintf("%s/%d", pointer, i)
		shape := s.o.Specs.checkBlock(path, b)
		k.problems = append(k.problems, shape...)
		if len(shape) == 0 {
			k.block(path, asObject(b))
		}
	}
	if len(k.problems) > 0 {
		return "invalid_blocks", k.problems
	}
	if on == inMessage && k.total > maxMessage {
		return "msg_blocks_too_long", []problem{{pointer: pointer, text: fmt.Sprintf("%d characters in all blocks, at most %d", k.total, maxMessage)}}
	}
	return "", nil
}

func (k *checker) id(path string, o object, key string) string {
	id := asString(o[key])
	if length(id) > maxID {
		k.add(path+"/"+key, "must be less than %d characters", maxID+1)
	}
	return id
}

// within checks a text object or plain text for its length and what it holds.
func (k *checker) within(path string, v any, most int) {
	o := asObject(v)
	if o == nil {
		return
	}
	words := asString(o["text"])
	k.size(path+"/text", words, 1, most)
	if o["type"] == "mrkdwn" {
		k.mrkdwn(path+"/text", words)
	}
}

func (k *checker) size(path, words string, least, most int) {
	n := length(words)
	k.total += n
	if n < least || strings.TrimSpace(words) == "" && least > 0 {
		k.add(path, "must be more than %d characters", least-1)
	}
	if n > most {
		k.add(path, "must be less than %d characters", most+1)
	}
}

func (k *checker) count(path string, list any, least, most int) {
	if n := len(asArray(list)); n < least {
		k.add(path, "must have at least %d items", least)
	} else if n > most {
		k.add(path, "no more than %d items allowed", most)
	}
}

func (k *checker) block(path string, b object) {
	if id := k.id(path, b, "block_id"); id != "" {
		if k.blockIDs[id] {
			k.add(path+"/block_id", "block_id %q already exists", id)
		}
		k.blockIDs[id] = true
	}
	switch b["type"] {
	case "section":
		k.section(path, b)
	case "header":
		k.within(path+"/text", b["text"], maxHeader)
	case "context":
		k.count(path+"/elements", b["elements"], 1, maxContext)
		for i, e := range asArray(b["elements"]) {
			at := fmt.Sprintf("%s/elements/%d", path, i)
			if e := asObject(e); e["type"] == "image" {
				k.image(at, e)
			} else {
				k.within(at, e, maxSection)
			}
		}
	case "actions", "context_actions":
		most := maxActions
		if b["type"] == "context_actions" {
			most = 5
		}
		k.count(path+"/elements", b["elements"], 1, most)
		for i, e := range asArray(b["elements"]) {
			k.element(fmt.Sprintf("%s/elements/%d", path, i), asObject(e))
		}
	case "image":
		k.image(path, b)
		k.within(path+"/title", b["title"], 2000)
	case "markdown":
		k.size(path+"/text", asString(b["text"]), 1, maxMarkdown)
		k.mentioned(path+"/text", asString(b["text"]))
	case "input":
		if k.on == inMessage {
			k.add(path, "inputs belong into views")
		}
		k.within(path+"/label", b["label"], 2000)
		k.within(path+"/hint", b["hint"], 2000)
		k.element(path+"/element", asObject(b["element"]))
	case "table":
		k.count(path+"/rows", b["rows"], 1, 100)
		for i, row := range asArray(b["rows"]) {
			k.count(fmt.Sprintf("%s/rows/%d", path, i), row, 1, 20)
		}
		k.rich(path, b)
	case "divider":
	default:
		k.rich(path, b)
	}
}

func (k *checker) section(path string, b object) {
	if b["text"] == nil && b["fields"] == nil {
		k.add(path, "must have text or fields")
	}
	k.within(path+"/text", b["text"], maxSection)
	if b["fields"] != nil {
		k.count(path+"/fields", b["fields"], 1, maxFields)
		for i, f := range asArray(b["fields"]) {
			k.within(fmt.Sprintf("%s/fields/%d", path, i), f, maxField)
		}
	}
	if accessory := asObject(b["accessory"]); accessory != nil {
		k.element(path+"/accessory", accessory)
	}
}

func (k *checker) image(path string, o object) {
	k.address(path+"/image_url", asString(o["image_url"]))
	if alt := asString(o["alt_text"]); length(alt) > maxAlt {
		k.add(path+"/alt_text", "must be less than %d characters", maxAlt+1)
	}
}

func (k *checker) address(path, address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		k.add(path, "invalid url")
	}
	if length(address) > maxURL {
		k.add(path, "must be less than %d characters", maxURL+1)
	}
}

// element checks what people press, pick from or type into.
func (k *checker) element(path string, e object) {
	kind := asString(e["type"])
	if kind == "image" {
		k.image(path, e)
		return
	}
	if id := k.id(path, e, "action_id"); id != "" {
		if first, taken := k.actionIDs[id]; taken {
			k.add(path+"/action_id", "action_id %q already exists at %s", id, first)
		}
		k.actionIDs[id] = path
	} else if e["url"] == nil {
		k.add(path, "an action_id is missing, by which the app knows what was used") // a rule of this project
	}
	k.within(path+"/placeholder", e["placeholder"], maxPlaceholder)
	if confirm := asObject(e["confirm"]); confirm != nil {
		k.within(path+"/confirm/title", confirm["title"], 100)
		k.within(path+"/confirm/text", confirm["text"], 300)
		k.within(path+"/confirm/confirm", confirm["confirm"], 30)
		k.within(path+"/confirm/deny", confirm["deny"], 30)
	}
	if label := asString(e["accessibility_label"]); length(label) > maxLabel {
		k.add(path+"/accessibility_label", "must be less than %d characters", maxLabel+1)
	}
	switch kind {
	case "button", "icon_button":
		k.within(path+"/text", e["text"], maxLabel)
		if value := asString(e["value"]); length(value) > maxValue {
			k.add(path+"/value", "must be less than %d characters", maxValue+1)
		}
		k.address(path+"/url", asString(e["url"]))
	case "feedback_buttons":
		for _, side := range []string{"positive_button", "negative_button"} {
			button := asObject(e[side])
			k.within(path+"/"+side+"/text", button["text"], maxLabel)
			if length(asString(button["value"])) > maxValue {
				k.add(path+"/"+side+"/value", "must be less than %d characters", maxValue+1)
			}
		}
	case "static_select", "multi_static_select":
		k.choices(path, e, maxOptions)
	case "overflow":
		k.choices(path, e, maxOverflow)
	case "radio_buttons", "checkboxes":
		k.choices(path, e, maxRadio)
	case "external_select", "multi_external_select":
		if !k.s.app.options {
			k.add(path, "no options load URL is set for the app")
		}
		if initial := e["initial_option"]; initial != nil {
			k.option(path+"/initial_option", asObject(initial), maxOptionText)
		}
	}
}

// choices checks options and groups of options.
func (k *checker) choices(path string, e object, most int) {
	groups, grouped := e["option_groups"].([]any)
	if _, plain := e["options"]; plain == grouped {
		k.add(path, "must have either options or option_groups")
		return
	}
	textMost := maxOptionText
	if grouped {
		k.count(path+"/option_groups", groups, 1, maxOptions)
	}
	var all []any
	check := func(path string, options []any) {
		k.count(path, options, 1, most)
		seen := map[string]bool{}
		for i, o := range options {
			at := fmt.Sprintf("%s/%d", path, i)
			k.option(at, asObject(o), textMost)
			if value := asString(asObject(o)["value"]); seen[value] {
				k.add(at+"/value", "value %q already exists", value)
			} else {
				seen[value] = true
			}
		}
		all = append(all, options...)
	}
	if !grouped {
		check(path+"/options", asArray(e["options"]))
	}
	for i, g := range groups {
		g := asObject(g)
		at := fmt.Sprintf("%s/option_groups/%d", path, i)
		k.within(at+"/label", g["label"], maxLabel)
		check(at+"/options", asArray(g["options"]))
	}
	initial, set := e["initial_option"]
	if !set {
		return
	}
	for _, o := range all {
		if string(raw(o)) == string(raw(initial)) {
			return
		}
	}
	k.add(path+"/initial_option", "initial_option must be one of the provided options")
}

func (k *checker) option(path string, o object, most int) {
	k.within(path+"/text", o["text"], most)
	k.within(path+"/description", o["description"], most)
	value := asString(o["value"])
	if value == "" {
		k.add(path+"/value", "must be more than 0 characters")
	}
	if length(value) > maxOptionValue {
		k.add(path+"/value", "must be less than %d characters", maxOptionValue+1)
	}
	k.address(path+"/url", asString(o["url"]))
}

// rich counts the texts of other blocks and looks for mentions in them.
func (k *checker) rich(path string, v any) {
	switch v := v.(type) {
	case []any:
		for i, one := range v {
			k.rich(fmt.Sprintf("%s/%d", path, i), one)
		}
	case object:
		switch v["type"] {
		case "user", "usergroup", "broadcast", "team":
			if !k.mentions {
				k.add(path, "mentions %v", v["type"])
			}
		}
		if words, isText := v["text"].(string); isText {
			k.total += length(words)
		}
		for key, one := range v {
			k.rich(path+"/"+key, one)
		}
	}
}

var (
	mentionOf = regexp.MustCompile(`<(!channel|!here|!everyone|!subteam\^[^>]*|@[UWB][A-Z0-9]+)(\|[^>]*)?>`)
	reference = regexp.MustCompile(`^<(https?://[^\s|<>]+|mailto:[^\s|<>]+|tel:[^\s|<>]+|#C[A-Z0-9]+|!date\^[^<>]+|!channel|!here|!everyone|!subteam\^[^|<>]+|@[UWB][A-Z0-9]+)(\|[^<>\n]*)?>`)
	entity    = regexp.MustCompile(`^&(amp|lt|gt);`)
)

// mentioned refuses text that would notify people, by the rule of this
// project that no message does.
func (k *checker) mentioned(path, words string) {
	if m := mentionOf.FindStringSubmatch(words); m != nil && !k.mentions {
		k.add(path, "mentions %s", m[1])
	}
}

// mrkdwn refuses mentions, and text of others that was not escaped:
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func (k *checker) mrkdwn(path, words string) {
	k.mentioned(path, words)
	for i := 0; i < len(words); {
		rest := words[i:]
		switch words[i] {
		case '&':
			if !entity.MatchString(rest) {
				k.add(path, "an ampersand at byte %d is not escaped", i)
				return
			}
		case '<':
			link := reference.FindString(rest)
			if link == "" {
				k.add(path, "a < at byte %d is not escaped", i)
				return
			}
			i += len(link)
			continue
		case '>':
			if lineStart := strings.LastIndexByte(words[:i], '\n') + 1; strings.Trim(words[lineStart:i], "> ") != "" {
				k.add(path, "a > at byte %d is not escaped", i)
				return
			}
		}
		i++
	}
}

// content is what a message says.
type content struct {
	text     string
	blocks   []any
	metadata object
}

// checkContent checks what a call or an answer would have a message say. The
// lock must be held.
func (s *Server) checkContent(body object, update bool) (c content, code string, problems []problem) {
	mentions := s.o.AnyMentions || s.mentions > 0
	if s.mentions > 0 {
		s.mentions--
	}
	k := &checker{s: s, mentions: mentions}
	c.text = asString(body["text"])
	blocks, hasBlocks := body["blocks"]
	metadata, hasMetadata := body["metadata"]
	switch {
	case strings.TrimSpace(c.text) == "" && hasBlocks:
		// A rule of this project: notifications and screen readers have
		// nothing else to read.
		return c, "no_text", []problem{{pointer: "/text", text: "is empty beside blocks"}}
	case strings.TrimSpace(c.text) == "" && (!update || !hasMetadata):
		return c, "no_text", []problem{{pointer: "/text", text: "is empty"}}
	case length(c.text) > maxText:
		return c, "msg_too_long", []problem{{pointer: "/text", text: fmt.Sprintf("%d characters, at most %d", length(c.text), maxText)}}
	}
	if body["mrkdwn"] == false {
		k.mentioned("/text", c.text)
	} else {
		k.mrkdwn("/text", c.text)
	}
	if body["link_names"] == true || body["parse"] == "full" {
		k.add("", "link_names and parse turn names into mentions")
	}
	if len(k.problems) > 0 {
		return c, "invalid_arguments", k.problems
	}
	if hasBlocks {
		if code, problems := s.checkBlocks("/blocks", blocks, inMessage, mentions); code != "" {
			return c, code, problems
		}
		c.blocks = asArray(blocks)
	}
	if hasMetadata {
		if code, problems := checkMetadata(metadata); code != "" {
			return c, code, problems
		}
		c.metadata = asObject(metadata)
	}
	return c, "", nil
}

// eventType is the shape of a metadata type.
var eventType = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,254}$`)

// maxMetadata bounds the payload of metadata. Slack answers metadata_too_large
// and names no number; this one is on the careful side.
const maxMetadata = 8000

// checkMetadata checks the metadata of a message:
// https://docs.slack.dev/messaging/message-metadata
func checkMetadata(v any) (code string, problems []problem) {
	m, isObject := v.(object)
	if !isObject {
		return "invalid_metadata_format", []problem{{pointer: "/metadata", text: "is no object"}}
	}
	for key := range m {
		if key != "event_type" && key != "event_payload" {
			problems = append(problems, problem{pointer: "/metadata/" + key, text: "unknown key"})
		}
	}
	if !eventType.MatchString(asString(m["event_type"])) {
		problems = append(problems, problem{pointer: "/metadata/event_type", text: "is no name"})
	}
	if payload, isObject := m["event_payload"].(object); !isObject {
		problems = append(problems, problem{pointer: "/metadata/event_payload", text: "is no object"})
	} else if n := len(raw(payload)); n > maxMetadata {
		return "metadata_too_large", []problem{{pointer: "/metadata/event_payload", text: fmt.Sprintf("%d bytes, at most %d", n, maxMetadata)}}
	}
	if len(problems) > 0 {
		return "invalid_metadata_format", problems
	}
	return "", nil
}

// checkView checks a view: https://docs.slack.dev/reference/views
func (s *Server) checkView(v any) (problems []problem) {
	view, isObject := v.(object)
	if !isObject {
		return []problem{{pointer: "/view", text: "is no object"}}
	}
	kind := asString(view["type"])
	known := " type blocks private_metadata callback_id external_id "
	on := inHome
	switch kind {
	case "home":
	case "modal":
		on = inModal
		known += "title submit close clear_on_close notify_on_close submit_disabled "
	default:
		return []problem{{pointer: "/view/type", text: "is neither home nor modal"}}
	}
	k := &checker{s: s}
	for key := range view {
		if !strings.Contains(known, " "+key+" ") {
			k.add("/view/"+key, "unknown key")
		}
	}
	for key, most := range map[string]int{"private_metadata": 3000, "callback_id": maxID, "external_id": maxID} {
		if length(asString(view[key])) > most {
			k.add("/view/"+key, "must be less than %d characters", most+1)
		}
	}
	for _, key := range []string{"title", "submit", "close"} {
		o, set := view[key]
		switch {
		case !set && key == "title" && kind == "modal":
			k.add("/view/title", "missing required field: title")
		case set && asObject(o)["type"] != "plain_text":
			k.add("/view/"+key, "is no plain_text")
		case set:
			k.within("/view/"+key, o, 24)
		}
	}
	_, wrong := s.checkBlocks("/view/blocks", view["blocks"], on, true) // a view notifies nobody
	return append(k.problems, wrong...)
}
