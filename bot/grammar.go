package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"briefbot/content"
)

// askCommand is the command that a line of text is for where it names none.
const askCommand = "ask"

// line is what a line of text was read as.
type line struct {
	command string
	args    map[string]string
	named   bool   // the line names its command; otherwise it is a question
	extra   string // the first value that no parameter takes, "" for none
}

// parse reads a line of text as people type it. "/name …" is always a
// command. Without the slash a line is a command only where it can hardly be
// a question: the name alone, or the name followed by nothing but values
// that exist. Everything else is a question.
func (r *Router) parse(text string, library *content.Library) line {
	rest, slash := cutAnyPrefix(text, "/", "／")
	name, tail := cutWord(rest)
	if !slash && tail == "" {
		name = strings.TrimRightFunc(name, isEndMark)
	}
	name = strings.ToLower(name)
	command, ok := r.byName[name]
	switch {
	case slash && name == "":
		return question(text)
	case slash && !ok:
		return line{command: name, named: true}
	case slash, ok && tail == "" && !command.needsArgs():
		return command.read(tail)
	case ok && tail != "" && (name == askCommand || !endsAsQuestion(tail)):
		if read := command.read(tail); read.extra == "" && r.takes(command, read.args, library) {
			return read
		}
	}
	return question(text)
}

func question(text string) line {
	return line{command: askCommand, args: map[string]string{"question": text}}
}

func (c *Command) needsArgs() bool {
	return slices.ContainsFunc(c.Params, func(p Param) bool { return p.Required })
}

// takes reports whether every value names something that exists, so that a
// sentence that merely begins with the name of a command stays a question.
func (r *Router) takes(c *Command, args map[string]string, library *content.Library) bool {
	for _, p := range c.Params {
		value, given := args[p.Name]
		if !given {
			if p.Required {
				return false
			}
			continue
		}
		if !r.exists(p, value, library) {
			return false
		}
	}
	return len(args) > 0
}

func (r *Router) exists(p Param, value string, library *content.Library) bool {
	switch p.Kind {
	case KindQuestion:
		return true
	case KindBriefing:
		return library.Briefing(value) != nil
	case KindEntry:
		ref, ok := content.ParseRef(value)
		_, entry := library.Entry(ref)
		return ok && entry != nil
	case KindTopic:
		return library.Briefing(value) != nil || slices.ContainsFunc(library.Briefings(), func(b *content.Briefing) bool {
			return slices.Contains(b.Tags, value)
		})
	case KindCommand:
		_, ok := r.Command(value)
		return ok
	case KindLang:
		_, ok := ParseLang(value)
		return ok
	case KindNumber:
		n, err := strconv.Atoi(value)
		return err == nil && n >= 1
	case KindText:
	}
	return false
}

// read reads "name:value" and, for what is left, values in the order of the
// parameters.
func (c *Command) read(tail string) line {
	read := line{command: c.Name, args: map[string]string{}, named: true}
	for tail != "" {
		word, rest := cutWord(tail)
		p, value, ok := c.named(word)
		if !ok {
			p, ok = c.next(read.args)
			value = word
		}
		if !ok {
			read.extra = word
			return read
		}
		if p.Rest {
			read.args[p.Name] = strings.TrimSpace(value + tail[len(word):])
			return read
		}
		read.args[p.Name] = value
		tail = rest
	}
	return read
}

// named returns the parameter that "name:value" names.
func (c *Command) named(word string) (p Param, value string, ok bool) {
	name, value, colon := strings.Cut(word, ":")
	if !colon {
		name, value, colon = strings.Cut(word, "：")
	}
	i := slices.IndexFunc(c.Params, func(p Param) bool { return p.Name == name })
	if !colon || i < 0 {
		return Param{}, "", false
	}
	return c.Params[i], value, true
}

// next returns the first parameter that has no value yet.
func (c *Command) next(args map[string]string) (Param, bool) {
	for _, p := range c.Params {
		if _, given := args[p.Name]; !given {
			return p, true
		}
	}
	return Param{}, false
}

// cutWord splits s at its first white space, full-width spaces included.
func cutWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

func cutAnyPrefix(s string, prefixes ...string) (rest string, ok bool) {
	for _, p := range prefixes {
		if rest, ok = strings.CutPrefix(s, p); ok {
			return rest, true
		}
	}
	return s, false
}

func endsAsQuestion(s string) bool {
	return strings.HasSuffix(s, "?") || strings.HasSuffix(s, "？")
}

func isEndMark(r rune) bool { return strings.ContainsRune("?？!！.。…", r) }
