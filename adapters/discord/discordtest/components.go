package discordtest

import (
	"slices"
	"strings"
)

// Types of components: https://discord.com/developers/docs/components/reference#component-object-component-types
const (
	typeRow          = 1
	typeButton       = 2
	typeSelect       = 3
	typeUserSelect   = 5
	typeChannelMenu  = 8
	typeSection      = 9
	typeText         = 10
	typeThumbnail    = 11
	typeMediaGallery = 12
	typeFile         = 13
	typeSeparator    = 14
	typeContainer    = 17
)

// The limits of components, from the same page. Lengths are in code points.
const (
	maxComponents  = 40 // of a message, nested ones included
	maxText        = 4000
	maxRows        = 5 // of a message without Components V2
	maxRowButtons  = 5
	maxCustomID    = 100
	maxLabel       = 80
	maxButtonURL   = 512
	maxOptions     = 25
	maxOptionText  = 100
	maxPlaceholder = 150
	maxSectionText = 3
)

// styleLink is the style of buttons that open an address.
const (
	styleLink    = 5
	stylePremium = 6
)

// componentCheck walks over the components of one message.
type componentCheck struct {
	*problems
	total   int
	text    int
	customs map[string]bool
	ids     map[int]bool
}

// checkComponents holds the components of a message against the rules that
// Discord's description leaves out.
func checkComponents(p *problems, components []any, v2 bool) {
	c := &componentCheck{problems: p, customs: map[string]bool{}, ids: map[int]bool{}}
	top := []int{typeRow}
	if v2 {
		top = []int{typeRow, typeSection, typeText, typeMediaGallery, typeFile, typeSeparator, typeContainer}
	} else if len(components) > maxRows {
		c.add([]string{"components"}, "BASE_TYPE_BAD_LENGTH", "%d rows, at most %d", len(components), maxRows)
	}
	c.all(components, []string{"components"}, top)
	if c.total > maxComponents {
		c.add([]string{"components"}, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "%d components with those inside, at most %d", c.total, maxComponents)
	}
	if c.text > maxText {
		c.add([]string{"components"}, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "%d characters of text, at most %d", c.text, maxText)
	}
}

func (c *componentCheck) all(components []any, path []string, allowed []int) {
	for i, component := range components {
		c.one(asObject(component), at(path, i), allowed)
	}
}

func (c *componentCheck) one(component object, path []string, allowed []int) {
	c.total++
	kind := asInt(component["type"])
	if !slices.Contains(allowed, kind) {
		c.add(at(path, "type"), "UNION_TYPE_CHOICES", "a component of type %d cannot stand here", kind)
		return
	}
	if id := asInt(component["id"]); id != 0 {
		if c.ids[id] {
			c.add(at(path, "id"), "COMPONENT_ID_DUPLICATED", "%d is used twice", id)
		}
		c.ids[id] = true
	}
	inner, innerPath := asArray(component["components"]), at(path, "components")
	switch kind {
	case typeContainer:
		c.all(inner, innerPath, []int{typeRow, typeSection, typeText, typeMediaGallery, typeFile, typeSeparator})
	case typeSection:
		if len(inner) == 0 || len(inner) > maxSectionText {
			c.add(innerPath, "BASE_TYPE_BAD_LENGTH", "from 1 to %d texts", maxSectionText)
		}
		c.all(inner, innerPath, []int{typeText})
		c.one(asObject(component["accessory"]), at(path, "accessory"), []int{typeButton, typeThumbnail})
	case typeRow:
		c.row(inner, innerPath)
	case typeText:
		text := asString(component["content"])
		c.text += length(text)
		if strings.TrimSpace(text) == "" {
			c.add(at(path, "content"), "BASE_TYPE_REQUIRED", "the text is empty")
		}
		c.tooLong(at(path, "content"), text, maxText)
	case typeButton:
		c.button(component, path)
	case typeSelect:
		c.menu(component, path)
	}
}

func (c *componentCheck) row(inner []any, path []string) {
	menus := slices.ContainsFunc(inner, func(v any) bool { return asInt(asObject(v)["type"]) != typeButton })
	most := maxRowButtons
	if menus {
		most = 1
	}
	if len(inner) == 0 || len(inner) > most {
		c.add(path, "BASE_TYPE_BAD_LENGTH", "%d components; a row holds 1 to %d buttons or one menu", len(inner), maxRowButtons)
	}
	c.all(inner, path, []int{typeButton, typeSelect, typeUserSelect, 6, 7, typeChannelMenu})
}

func (c *componentCheck) custom(component object, path []string) {
	id, path := asString(component["custom_id"]), at(path, "custom_id")
	switch {
	case id == "":
		c.add(path, "BASE_TYPE_REQUIRED", "This field is required")
	case c.customs[id]:
		c.add(path, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
	}
	c.customs[id] = true
	c.tooLong(path, id, maxCustomID)
}

func (c *componentCheck) button(b object, path []string) {
	label := asString(b["label"])
	c.tooLong(at(path, "label"), label, maxLabel)
	style := asInt(b["style"])
	if strings.TrimSpace(label) == "" && b["emoji"] == nil && style != stylePremium {
		c.add(at(path, "label"), "BUTTON_COMPONENT_MISSING_LABEL", "a button needs a label or an emoji")
	}
	switch style {
	case stylePremium:
		c.add(at(path, "style"), "FAKE", "nothing is for sale here")
	case styleLink:
		address := asString(b["url"])
		if !isWebURL(address) {
			c.add(at(path, "url"), "URL_TYPE_INVALID_URL", "%q is not a web address", address)
		}
		c.tooLong(at(path, "url"), address, maxButtonURL)
		if b["custom_id"] != nil {
			c.add(at(path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "a link has no custom id")
		}
	default:
		if b["url"] != nil {
			c.add(at(path, "url"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "only a link has an address")
		}
		c.custom(b, path)
	}
	if b["sku_id"] != nil {
		c.add(at(path, "sku_id"), "FAKE", "nothing is for sale here")
	}
}

func (c *componentCheck) menu(menu object, path []string) {
	c.custom(menu, path)
	c.tooLong(at(path, "placeholder"), asString(menu["placeholder"]), maxPlaceholder)
	options, path := asArray(menu["options"]), at(path, "options")
	if len(options) == 0 || len(options) > maxOptions {
		c.add(path, "BASE_TYPE_BAD_LENGTH", "%d options; from 1 to %d", len(options), maxOptions)
	}
	lowest, highest := 1, 1
	if menu["min_values"] != nil {
		lowest = asInt(menu["min_values"])
	}
	if menu["max_values"] != nil {
		highest = asInt(menu["max_values"])
	}
	if lowest > highest || highest > len(options) {
		c.add(path, "BASE_TYPE_BAD_LENGTH", "min_values %d and max_values %d do not fit %d options", lowest, highest, len(options))
	}
	values, chosen := map[string]bool{}, 0
	for i, o := range options {
		o, path := asObject(o), at(path, i)
		for _, key := range []string{"label", "value"} {
			if strings.TrimSpace(asString(o[key])) == "" {
				c.add(at(path, key), "BASE_TYPE_REQUIRED", "This field is required")
			}
		}
		for _, key := range []string{"label", "value", "description"} {
			c.tooLong(at(path, key), asString(o[key]), maxOptionText)
		}
		value := asString(o["value"])
		if values[value] {
			c.add(at(path, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
		}
		values[value] = true
		if o["default"] == true {
			chosen++
		}
	}
	if chosen > highest {
		c.add(path, "FAKE", "%d options are chosen from the start, at most %d may be", chosen, highest)
	}
}

// number gives components without an id the next that is free, and fills in
// what was left out, as Discord does.
func number(components []any) {
	used, next := map[int]bool{}, 1
	var walk func([]any, func(object))
	walk = func(list []any, do func(object)) {
		for _, v := range list {
			component := asObject(v)
			do(component)
			walk(asArray(component["components"]), do)
			if accessory := asObject(component["accessory"]); accessory != nil {
				do(accessory)
			}
		}
	}
	walk(components, func(o object) {
		used[asInt(o["id"])] = true
		for key, value := range defaults(asInt(o["type"])) {
			if o[key] == nil {
				o[key] = value
			}
		}
	})
	walk(components, func(o object) {
		if asInt(o["id"]) != 0 {
			return
		}
		for used[next] {
			next++
		}
		used[next] = true
		o["id"] = next
	})
}

// defaults are what Discord fills in.
func defaults(kind int) object {
	switch kind {
	case typeContainer:
		return object{"spoiler": false, "accent_color": nil}
	case typeSeparator:
		return object{"spacing": 1, "divider": true}
	case typeSelect:
		return object{"min_values": 1, "max_values": 1, "placeholder": nil, "disabled": false}
	}
	return nil
}
