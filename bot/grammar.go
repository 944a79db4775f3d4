package bot

import (
	"strings"

	"briefbot/content"
)

// parse reads a line of text as people type it. "/name …" is always a
// command. Without the slash a line is a command only where it cannot be a
// question: the name alone, or the name with arguments that name something
// that exists. Everything else is a question.
func (r *Router) parse(c Call) (command string, args map[string]string) {
	line := strings.TrimSpace(c.Text)
	rest, slash := strings.CutPrefix(line, "/")
	if !slash {
		rest, slash = strings.CutPrefix(line, "／")
	}
	name, tail, _ := strings.Cut(strings.TrimSpace(rest), " ")
	name, tail = strings.ToLower(name), strings.TrimSpace(tail)
	found := r.byName[name]
	switch {
	case slash && found == nil:
		return name, nil
	case slash, found != nil && tail == "" && !found.needsArgs(), found != nil && found.certain(tail, c.Shelf.Library):
		return found.Name, found.readArgs(tail)
	}
	return askCommand, map[string]string{"question": line}
}

// askCommand is the command that a line of text is for where it names none.
const askCommand = "ask"

func (c *Command) needsArgs() bool {
	for _, p := range c.Params {
		if p.Required {
			return true
		}
	}
	return false
}

// certain reports whether tail can be nothing but arguments of the command.
func (c *Command) certain(tail string, library *content.Library) bool {
	if tail == "" || len(c.Params) == 0 {
		return false
	}
	first := c.Params[0]
	if first.Kind == KindQuestion {
		return true
	}
	value, _, _ := strings.Cut(tail, " ")
	switch first.Kind {
	case KindBriefing:
		return library.Briefing(value) != nil
	case KindEntry:
		ref, ok := content.ParseRef(value)
		_, entry := library.Entry(ref)
		return ok && entry != nil
	case KindLang:
		_, ok := ParseLang(tail)
		return ok
	case KindText, KindNumber, KindQuestion:
	}
	return false
}

// readArgs reads "name:value" and, for what is left, values in the order of
// the parameters.
func (c *Command) readArgs(tail string) map[string]string {
	args := map[string]string{}
	words := strings.Fields(tail)
	for len(words) > 0 {
		word := words[0]
		if name, value, named := strings.Cut(word, ":"); named && c.has(name) {
			args[name] = value
			words = words[1:]
			continue
		}
		p, ok := c.nextParam(args)
		if !ok {
			// One value too many: resolve says which command took it.
			args[word] = word
			words = words[1:]
			continue
		}
		if p.Rest {
			args[p.Name] = strings.Join(words, " ")
			return args
		}
		args[p.Name] = word
		words = words[1:]
	}
	return args
}

func (c *Command) has(name string) bool {
	for _, p := range c.Params {
		if p.Name == name {
			return true
		}
	}
	return false
}

// nextParam returns the first parameter that has no value yet.
func (c *Command) nextParam(args map[string]string) (Param, bool) {
	for _, p := range c.Params {
		if _, given := args[p.Name]; !given {
			return p, true
		}
	}
	return Param{}, false
}
