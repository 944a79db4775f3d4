package discordtest

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// commandName is what Discord takes as the name of a command or option,
// which has to be lower case besides:
// https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// The limits of commands: https://discord.com/developers/docs/interactions/application-commands
const (
	maxCommands        = 100 // slash commands of one scope
	maxContextCommands = 15  // of each kind: https://discord.com/developers/docs/interactions/application-commands#registering-a-command
	maxCommandName     = 32
	maxCommandText     = 100
	maxCommandOptions  = 25
	maxChoices         = 25
	maxCommandTotal    = 8000 // names, descriptions and values of a command with all its options
)

// Kinds of commands.
const (
	commandSlash   = 1
	commandUser    = 2
	commandMessage = 3
)

// Kinds of options.
const (
	optionSub     = 1
	optionGroup   = 2
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
	optionUser    = 6
	optionChannel = 7
	optionRole    = 8
	optionNumber  = 10
)

// locales are those of https://discord.com/developers/docs/reference#locales
const locales = " id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko "

// command is an application command as it is kept.
type command struct {
	id, version string
	kind        int
	name        string
	body        object // as it was sent, without what is empty
}

// commandScope is the guild whose commands a path names, "" for those of
// every place, or the refusal.
func (s *Server) commandScope(r *request) (string, *answer) {
	if r.PathValue("application_id") != s.app.id {
		a := apiError(403, 20012, "You are not authorized to perform this action on this application")
		return "", &a
	}
	id := r.PathValue("guild_id")
	if id == "" {
		return "", nil
	}
	g := s.guild(id)
	if g == nil || g.away {
		a := missingAccess()
		return "", &a
	}
	return id, nil
}

func (s *Server) getCommands(r *request) answer {
	scope, refused := s.commandScope(r)
	if refused != nil {
		return *refused
	}
	list := []any{}
	for _, c := range s.app.commands[scope] {
		list = append(list, c.payload(s, scope, r.flag("with_localizations")))
	}
	return ok(list)
}

func (s *Server) putCommands(r *request) answer {
	scope, refused := s.commandScope(r)
	if refused != nil {
		return *refused
	}
	if problems := checkCommands(r.list, scope != ""); len(problems) > 0 {
		return s.refuse(r, problems)
	}
	old := s.app.commands[scope]
	var commands []*command
	list := []any{}
	for _, body := range r.list {
		c := &command{kind: cmpOr(asInt(asObject(body)["type"]), commandSlash), body: asObject(compact(remarshal(body)))}
		c.name = asString(c.body["name"])
		delete(c.body, "id")
		i := slices.IndexFunc(old, func(o *command) bool { return o.name == c.name && o.kind == c.kind })
		switch {
		case i < 0:
			c.id, c.version = s.newID(), s.newID()
		case reflect.DeepEqual(old[i].body, c.body):
			c.id, c.version = old[i].id, old[i].version
		default:
			c.id, c.version = old[i].id, s.newID()
		}
		commands = append(commands, c)
		list = append(list, c.payload(s, scope, true))
	}
	s.app.commands[scope] = commands
	s.notify()
	return ok(list)
}

// compact takes away what Discord does not give back: nulls, falsehoods and
// empty lists.
func compact(v any) any {
	switch v := v.(type) {
	case object:
		for key, value := range v {
			value = compact(value)
			list, isList := value.([]any)
			if value == nil || value == false && key != "dm_permission" && key != "value" || isList && len(list) == 0 {
				delete(v, key)
				continue
			}
			v[key] = value
		}
	case []any:
		for i := range v {
			v[i] = compact(v[i])
		}
	}
	return v
}

// payload is the command as Discord gives it back.
func (c *command) payload(s *Server, scope string, localized bool) object {
	o := asObject(remarshal(c.body))
	if !localized {
		dropLocalizations(o)
	} else {
		for _, key := range []string{"name_localizations", "description_localizations"} {
			if _, has := o[key]; !has {
				o[key] = nil
			}
		}
	}
	o["id"], o["application_id"], o["version"], o["type"] = c.id, s.app.id, c.version, c.kind
	for key, value := range (object{"description": "", "default_member_permissions": nil, "nsfw": false}) {
		if _, has := o[key]; !has {
			o[key] = value
		}
	}
	if p := o["default_member_permissions"]; p != nil {
		o["default_member_permissions"] = Permissions(asInt(p)).String()
	}
	if scope != "" {
		o["guild_id"] = scope
		return o
	}
	if _, has := o["dm_permission"]; !has {
		o["dm_permission"] = true
	}
	if _, has := o["integration_types"]; !has {
		o["integration_types"] = []any{0}
	}
	if _, has := o["contexts"]; !has {
		o["contexts"] = nil
	}
	return o
}

func dropLocalizations(v any) {
	switch v := v.(type) {
	case object:
		delete(v, "name_localizations")
		delete(v, "description_localizations")
		for _, child := range v {
			dropLocalizations(child)
		}
	case []any:
		for _, child := range v {
			dropLocalizations(child)
		}
	}
}

// checkCommands holds commands against the rules that Discord's description
// leaves out.
func checkCommands(list []any, inGuild bool) []problem {
	p := &problems{}
	seen, kinds := map[string]bool{}, map[int]int{}
	for i, body := range list {
		body, path := asObject(body), at(nil, i)
		kind := cmpOr(asInt(body["type"]), commandSlash)
		kinds[kind]++
		key := string(rune('0'+kind)) + asString(body["name"])
		if seen[key] {
			p.add(at(path, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
		}
		seen[key] = true
		checkCommand(p, body, path, kind, inGuild)
	}
	for kind, n := range kinds {
		if most := map[int]int{commandSlash: maxCommands, commandUser: maxContextCommands, commandMessage: maxContextCommands}[kind]; n > most {
			p.add(nil, "30032", "%d commands of type %d, at most %d", n, kind, most)
		}
	}
	return p.list
}

func checkCommand(p *problems, body object, path []string, kind int, inGuild bool) {
	if inGuild {
		for _, key := range []string{"contexts", "integration_types", "dm_permission"} {
			if body[key] != nil {
				p.add(at(path, key), "FAKE", "only commands of every place have it")
			}
		}
	}
	switch kind {
	case commandSlash:
		p.names(body, path, true)
		p.descriptions(body, path)
		p.options(asArray(body["options"]), at(path, "options"), 0)
	case commandUser, commandMessage:
		p.names(body, path, false)
		if !empty(body["description"]) || !empty(body["description_localizations"]) || !empty(body["options"]) {
			p.add(path, "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_BE_SET", "a command of a menu has no description and no options")
		}
	default:
		p.add(at(path, "type"), "FAKE", "commands of type %d are unknown here", kind)
	}
	if n := weight(body); n > maxCommandTotal {
		p.add(path, "APPLICATION_COMMAND_TOO_LARGE", "names, descriptions and choices have %d characters, at most %d", n, maxCommandTotal)
	}
}

// weight counts the characters of a command that its total limit counts; of
// localised texts the longest counts.
func weight(body object) int {
	longest := func(key string) int {
		n := length(asString(body[key]))
		for _, text := range asObject(body[key+"_localizations"]) {
			n = max(n, length(asString(text)))
		}
		return n
	}
	n := longest("name") + longest("description") + length(asString(body["value"]))
	for _, key := range []string{"options", "choices"} {
		for _, inner := range asArray(body[key]) {
			n += weight(asObject(inner))
		}
	}
	return n
}

// localized calls do for a text and each of its localisations.
func (p *problems) localized(body object, path []string, key string, do func(path []string, text string)) {
	do(at(path, key), asString(body[key]))
	translations := asObject(body[key+"_localizations"])
	for _, locale := range slices.Sorted(maps.Keys(translations)) {
		path := at(path, key+"_localizations", locale)
		if locale == "" || !strings.Contains(locales, " "+locale+" ") {
			p.add(path, "ENUM_TYPE_COERCE", "%q is no locale of Discord", locale)
		}
		do(path, asString(translations[locale]))
	}
}

func (p *problems) names(body object, path []string, typed bool) {
	p.localized(body, path, "name", func(path []string, name string) {
		p.tooLong(path, name, maxCommandName)
		switch {
		case strings.TrimSpace(name) == "":
			p.add(path, "BASE_TYPE_REQUIRED", "This field is required")
		case typed && !commandName.MatchString(name):
			p.add(path, "STRING_TYPE_REGEX", "%q is no name of a command", name)
		case typed && strings.ToLower(name) != name:
			p.add(path, "APPLICATION_COMMAND_INVALID_NAME", "%q is not in lower case", name)
		}
	})
}

func (p *problems) descriptions(body object, path []string) {
	p.localized(body, path, "description", func(path []string, text string) {
		p.tooLong(path, text, maxCommandText)
		if strings.TrimSpace(text) == "" {
			p.add(path, "BASE_TYPE_REQUIRED", "This field is required")
		}
	})
}

// options checks the options of a command (depth 0), a group (1) or a
// subcommand (2).
func (p *problems) options(options []any, path []string, depth int) {
	if len(options) > maxCommandOptions {
		p.add(path, "BASE_TYPE_BAD_LENGTH", "%d options, at most %d", len(options), maxCommandOptions)
	}
	names, optional, subs := map[string]bool{}, false, 0
	for i, o := range options {
		o, path := asObject(o), at(path, i)
		p.names(o, path, true)
		p.descriptions(o, path)
		for _, name := range append([]string{asString(o["name"])}, localNames(o)...) {
			if names[name] {
				p.add(at(path, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "%q names two options", name)
			}
		}
		names[asString(o["name"])] = true
		switch kind := asInt(o["type"]); kind {
		case optionGroup, optionSub:
			subs++
			if kind == optionGroup && depth > 0 || depth > 1 {
				p.add(at(path, "type"), "FAKE", "a group or subcommand cannot stand here")
			}
			if o["required"] == true {
				p.add(at(path, "required"), "FAKE", "a subcommand is not required")
			}
			p.options(asArray(o["options"]), at(path, "options"), map[int]int{optionGroup: 1, optionSub: 2}[kind])
		default:
			if depth == 1 {
				p.add(at(path, "type"), "FAKE", "a group holds subcommands only")
			}
			if o["required"] == true && optional {
				p.add(at(path, "required"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
			}
			optional = optional || o["required"] != true
			p.option(o, path, kind)
		}
	}
	if subs > 0 && subs < len(options) {
		p.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and sub-command group option types are mutually exclusive to all other types")
	}
}

func localNames(o object) []string {
	names := map[string]bool{}
	for _, name := range asObject(o["name_localizations"]) {
		names[asString(name)] = true
	}
	delete(names, asString(o["name"]))
	return slices.Sorted(maps.Keys(names))
}

func (p *problems) option(o object, path []string, kind int) {
	choices := asArray(o["choices"])
	typed := kind == optionString || kind == optionInteger || kind == optionNumber
	if !typed && (len(choices) > 0 || o["autocomplete"] == true) {
		p.add(path, "FAKE", "only text and numbers have choices")
	}
	if o["autocomplete"] == true && len(choices) > 0 {
		p.add(at(path, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", "an option has choices or autocomplete, not both")
	}
	p.choices(choices, at(path, "choices"), kind)
	lowest, highest := o["min_length"], o["max_length"]
	if lowest != nil && highest != nil && asInt(lowest) > asInt(highest) {
		p.add(at(path, "min_length"), "FAKE", "more than max_length")
	}
	lowest, highest = o["min_value"], o["max_value"]
	if lowest != nil && highest != nil && asInt(lowest) > asInt(highest) {
		p.add(at(path, "min_value"), "FAKE", "more than max_value")
	}
}

// choices checks choices of an option and completions alike.
func (p *problems) choices(choices []any, path []string, kind int) {
	if len(choices) > maxChoices {
		p.add(path, "BASE_TYPE_BAD_LENGTH", "%d choices, at most %d", len(choices), maxChoices)
	}
	names, values := map[string]bool{}, map[any]bool{}
	for i, c := range choices {
		c, path := asObject(c), at(path, i)
		p.localized(c, path, "name", func(path []string, name string) {
			p.tooLong(path, name, maxCommandText)
			if units(name) > maxCommandText {
				p.add(path, "BASE_TYPE_MAX_LENGTH", "%d UTF-16 units, at most %d", units(name), maxCommandText)
			}
			if strings.TrimSpace(name) == "" {
				p.add(path, "BASE_TYPE_REQUIRED", "This field is required")
			}
		})
		if name := asString(c["name"]); names[name] {
			p.add(at(path, "name"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_EXISTS", "%q is there twice", name)
		} else {
			names[name] = true
		}
		value, isText := c["value"].(string)
		switch {
		case isText != (kind == optionString):
			p.add(at(path, "value"), "FAKE", "not of the option's type")
		case isText && (value == "" || utf8.RuneCountInString(value) > maxCommandText):
			p.add(at(path, "value"), "BASE_TYPE_BAD_LENGTH", "%d characters; from 1 to %d", length(value), maxCommandText)
		}
		if values[c["value"]] {
			p.add(at(path, "value"), "FAKE", "%v is there twice", c["value"])
		}
		values[c["value"]] = true
	}
}
