package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/content"
	"briefbot/content/spelling"
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
// a question: the name alone, the name followed by nothing but values that
// exist, or a group followed by one of its words that sets something up or
// changes it: what is wrong behind that is said.
// Everything else is a question.
func (r *Router) parse(text string, library *content.Library) line {
	rest, slash := cutAnyPrefix(text, "/", "／")
	named, ok := r.Named(rest)
	if !ok && !slash {
		named, ok = r.Named(strings.TrimRightFunc(rest, isEndMark))
		ok = ok && named.Tail == ""
	}
	command, tail := &named.Command, named.Tail
	reads := r.reader(library)
	switch {
	case slash && strings.TrimSpace(rest) == "":
		return question(text)
	case slash && !ok:
		return line{command: r.unknownName(rest), named: true}
	case slash, ok && tail == "" && !command.needsArgs(), ok && named.Grouped && command.changes() && !endsAsQuestion(tail):
		return r.read(command, tail, reads)
	case !ok && r.mistyped(rest):
		return line{command: r.unknownName(rest), named: true}
	case ok && tail != "" && (command.Name == askCommand || !endsAsQuestion(tail)):
		if read := r.read(command, tail, reads); read.extra == "" && r.takes(command, read.args, library) {
			return read
		}
	}
	return question(text)
}

// maxReads is how many values are tried in one line: many times what a line
// that people write takes. What comes after them is no value.
const maxReads = 1000

// reader reports whether a parameter takes a value. To read a zone looks at all
// of them, and hostile lines have the same value tried over and over, by
// whoever writes them: each is tried once, and maxReads at most.
func (r *Router) reader(library *content.Library) func(Param, string) bool {
	type tried struct{ param, value string }
	known := map[tried]bool{}
	return func(p Param, value string) bool {
		key := tried{p.Name, value}
		takes, ok := known[key]
		if !ok && len(known) < maxReads {
			takes = r.exists(p, value, library)
			known[key] = takes
		}
		return takes
	}
}

// Named is a command and what follows its name in a line.
type Named struct {
	Command
	Tail    string
	Grouped bool // by a group and one of its words
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
	return Named{Command: *command, Tail: tail, Grouped: words > 1}, true
}

// mistyped reports whether a line begins with a group and what is nearly one of
// its words.
func (r *Router) mistyped(text string) bool {
	const most = 2 // of typing errors, in words that are longer than twice as many
	first, tail := cutWord(strings.ToLower(text))
	second, _ := cutWord(tail)
	for name := range r.byName {
		group, word, two := strings.Cut(name, " ")
		if two && group == first && len(second) > 2*most && spelling.Distance(second, word, most) <= most {
			return true
		}
	}
	return false
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

// changes reports whether it takes a manager, or values.
func (c *Command) changes() bool { return c.Access == Managers || c.needsArgs() }

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
		return IsAllTopics(value) || !slices.ContainsFunc(SplitList(value), func(topic string) bool {
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

// read reads "name:value", by the name of the parameter in any language, and
// for what is left values in the order of the parameters.
func (r *Router) read(c *Command, tail string, reads func(Param, string) bool) line {
	read := line{command: c.Name, args: map[string]string{}, named: true}
	var last Param   // that took a word
	var taken string // by it
	for tail != "" {
		word, rest := cutWord(tail)
		p, value, ok := r.named(c, word)
		if next, after := cutWord(rest); ok && value == "" && !p.Rest && !strings.ContainsAny(next, ":：") { // zone: Berlin
			value, rest = next, after
		}
		if !ok {
			p, ok = c.taker(word, read.args, reads)
			value = word
		}
		if !ok && last.picks() && reads(last, taken+" "+word) { // 9 am, zone:New York
			read.args[last.Name] = strings.TrimSuffix(read.args[last.Name], taken) + taken + " " + word
			tail, taken = rest, taken+" "+word
			continue
		}
		if !ok {
			if head, behind, apart := c.apart(word, read.args, reads); apart { // 每天早上9点
				tail = head + " " + behind + " " + rest
				continue
			}
			p, value, rest, ok = c.phrase(tail, read.args, reads) // every weekday
		}
		if !ok {
			p, ok = c.wants(word, read.args)
			value, rest = word, strings.TrimSpace(tail[len(word):])
		}
		if !ok {
			read.extra = word
			return read
		}
		if p.Rest {
			read.args[p.Name] = strings.TrimSpace(value + tail[len(word):])
			return read
		}
		last, taken, tail = p, value, rest
		switch known := read.args[p.Name]; {
		case known == "":
		case p.List:
			value = known + "," + value
		default:
			read.extra = word // which of the two is meant nobody can tell
			return read
		}
		read.args[p.Name] = value
	}
	return read
}

// named returns the parameter that "name:value" names.
func (r *Router) named(c *Command, word string) (p Param, value string, ok bool) {
	name, value, colon := strings.Cut(word, ":")
	if !colon {
		name, value, colon = strings.Cut(word, "：")
	}
	name = strings.ToLower(name)
	i := slices.IndexFunc(c.Params, func(p Param) bool { return p.Name == name || slices.Contains(r.names[p.Name], name) })
	if i < 0 && !slices.ContainsFunc(c.Params, func(p Param) bool { return p.Rest }) {
		i = slices.IndexFunc(c.Params, func(p Param) bool { return alike(p.Name, name) })
	}
	if !colon || i < 0 {
		return Param{}, "", false
	}
	return c.Params[i], value, true
}

// alike reports whether one of two names begins with the other: topic and
// topics, language and lang.
func alike(a, b string) bool {
	const least = 3
	return min(len(a), len(b)) >= least && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// wants returns the parameter that says best why a word, which none takes, is
// no value: the one that is needed, or that is for numbers.
func (c *Command) wants(word string, args map[string]string) (Param, bool) {
	for _, p := range c.Params {
		if _, given := args[p.Name]; !given && (p.Required || p.Kind == KindNumber && isNumeral(word)) {
			return p, true
		}
	}
	return Param{}, false
}

// taker returns the parameter that takes a word: the first that has no value
// yet or, where that one does not read the word, a later one that does, or a
// list that does and has values already.
func (c *Command) taker(word string, args map[string]string, reads func(Param, string) bool) (Param, bool) {
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
	return Param{}, false
}

// phrase returns the parameter that takes the words which a line begins with,
// two or three together.
func (c *Command) phrase(line string, args map[string]string, reads func(Param, string) bool) (p Param, value, rest string, ok bool) {
	value, rest = cutWord(line)
	for range 2 {
		var word string
		if word, rest = cutWord(rest); word == "" {
			break
		}
		value += " " + word
		if p, ok = c.taker(value, args, reads); ok {
			return p, value, rest, true
		}
	}
	return Param{}, "", "", false
}

// apart cuts a word between values of different parameters that stand without
// a space between them, as Chinese is written; the first is the longest that
// leaves a value.
func (c *Command) apart(word string, args map[string]string, reads func(Param, string) bool) (head, tail string, ok bool) {
	const most = 30 // characters: nobody writes more without a space
	if !strings.ContainsFunc(word, isHan) || utf8.RuneCountInString(word) > most {
		return "", "", false
	}
	for i := len(word) - 1; i > 0; i-- {
		if !utf8.RuneStart(word[i]) || isDigit(word[i-1]) && isDigit(word[i]) {
			continue
		}
		p, ok := c.taker(word[:i], args, reads)
		if !ok {
			continue
		}
		others := Command{Params: slices.DeleteFunc(slices.Clone(c.Params), func(q Param) bool { return q.Name == p.Name })}
		if _, ok := others.taker(word[i:], args, reads); ok {
			return word[:i], word[i:], true
		}
		if _, _, ok := others.apart(word[i:], args, reads); ok {
			return word[:i], word[i:], true
		}
	}
	return "", "", false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isNumeral reports whether a word is written as a number.
func isNumeral(word string) bool {
	_, err := strconv.ParseFloat(word, 64)
	return err == nil
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
