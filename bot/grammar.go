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
	named, ok := r.Named(rest)
	if !ok && !slash {
		named, ok = r.Named(strings.TrimRightFunc(rest, isEndMark))
		ok = ok && named.Tail == ""
	}
	command, tail := &named.Command, named.Tail
	reads := func(p Param, value string) bool { return r.exists(p, value, library) }
	switch {
	case slash && strings.TrimSpace(rest) == "":
		return question(text)
	case slash && !ok:
		return line{command: r.unknownName(rest), named: true}
	case slash, ok && tail == "" && !command.needsArgs():
		return command.read(tail, reads)
	case ok && tail != "" && (command.Name == askCommand || !endsAsQuestion(tail)):
		if read := command.read(tail, reads); read.extra == "" && r.takes(command, read.args, library) {
			return read
		}
	}
	return question(text)
}

// Named is a command and what follows its name in a line.
type Named struct {
	Command
	Tail string
}

// Named finds the command whose name or alias a line begins with, in letters
// of any case. A group is followed by one of its words: a line that begins
// with a group and goes on with another word names none.
func (r *Router) Named(text string) (Named, bool) {
	first, tail := cutWord(strings.ToLower(text))
	second, _ := cutWord(tail)
	command, ok := r.byName[first+" "+second]
	words := 2
	if !ok {
		if command, ok = r.byName[first]; !ok || second != "" && r.groups[first] != "" {
			return Named{}, false
		}
		words = 1
	}
	// From the text itself: letters may grow or shrink with their case.
	tail = text
	for range words {
		_, tail = cutWord(tail)
	}
	return Named{Command: *command, Tail: tail}, true
}

// unknownName is the name that a line begins with, where it is no command's:
// of a group, with the word that the group lacks.
func (r *Router) unknownName(text string) string {
	first, tail := cutWord(strings.ToLower(text))
	if group := r.groups[first]; group != "" {
		second, _ := cutWord(tail)
		return group + " " + second
	}
	return first
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
	case KindTopics:
		return value == AllTopics || !slices.ContainsFunc(SplitList(value), func(topic string) bool {
			return !r.exists(Param{Kind: KindTopic}, topic, library)
		})
	case KindText, KindLangs, KindTimes, KindDays, KindZone, KindDates, KindChoice:
		return p.Check != nil && p.Check(r.phrases.In(content.English), value) == nil
	}
	return false
}

// SplitList returns the values of a list: what stands between commas of any
// width.
func SplitList(value string) []string {
	var values []string
	for _, part := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",，、", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			values = append(values, part)
		}
	}
	return values
}

// read reads "name:value" and, for what is left, values in the order of the
// parameters.
func (c *Command) read(tail string, reads func(Param, string) bool) line {
	read := line{command: c.Name, args: map[string]string{}, named: true}
	for tail != "" {
		word, rest := cutWord(tail)
		p, value, ok := c.named(word)
		if !ok {
			p, ok = c.next(word, read.args, reads)
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
		if known := read.args[p.Name]; p.List && known != "" {
			value = known + "," + value
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

// next returns the parameter that a word is for: the first that has no value
// yet or, where that one does not read the word, a later one that does, or a
// list that does and has values already.
func (c *Command) next(word string, args map[string]string, reads func(Param, string) bool) (Param, bool) {
	var free, lists []Param
	for _, p := range c.Params {
		switch _, given := args[p.Name]; {
		case !given:
			free = append(free, p)
		case p.List:
			lists = append(lists, p)
		}
	}
	if len(free) > 0 && (!free[0].picks() || reads(free[0], word)) {
		return free[0], true
	}
	for _, p := range append(slices.Clone(free), lists...) {
		if p.picks() && reads(p, word) {
			return p, true
		}
	}
	// Nobody's: the one that is needed says what it wants instead.
	if len(free) > 0 && free[0].Required {
		return free[0], true
	}
	return Param{}, false
}

// picks reports whether the parameter tells its values from other words.
func (p Param) picks() bool { return p.Check != nil || p.Kind == KindTopics }

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
