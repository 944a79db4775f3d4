package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// The bounds of a request. They stand far above what people write and keep
// the cost of hostile input small.
const (
	MaxText = 500 // runes of a question or of any other argument
	maxArgs = 16
)

// Phrases that the router itself speaks.
const (
	PhraseErrorInternal       i18n.Key = "error.internal"
	PhraseErrorEmpty          i18n.Key = "error.empty"
	PhraseErrorTooLong        i18n.Key = "error.too_long"
	PhraseErrorUnknownCommand i18n.Key = "error.unknown_command"
	PhraseErrorUnknownParam   i18n.Key = "error.unknown_param"
	PhraseErrorMissingParam   i18n.Key = "error.missing_param"
	PhraseErrorExtra          i18n.Key = "error.extra"
	PhraseErrorNumber         i18n.Key = "error.number"
	PhraseErrorLang           i18n.Key = "error.lang"
	PhraseErrorUnknownWord    i18n.Key = "error.unknown_word"
	PhraseErrorManagers       i18n.Key = "error.managers"
	PhraseErrorNoManagers     i18n.Key = "error.no_managers"
	PhraseErrorWhoAsks        i18n.Key = "error.who_asks"
)

// Router finds the command of a request and runs it. It is safe for
// concurrent use.
type Router struct {
	commands []Command // in the order of help
	byName   map[string]*Command
	groups   map[string]string   // the groups that names and aliases of two words belong to, to the group of the name
	names    map[string][]string // of parameters in other languages, by name
	shelves  Shelves
	phrases  *i18n.Phrases
	memory   Memory
	log      *slog.Logger
	now      func() time.Time
	observe  func(Observation)
	gaps     Gaps
	meant    func(context.Context, Call) (Action, bool, error)
}

// Observation is what is known of a request after its reply, for metrics. It
// holds nothing that a user wrote.
type Observation struct {
	Platform string
	Command  string        // "" where no command was found
	Status   search.Status // of an answered question, "" for other commands
	Error    Kind          // "" for success
	Took     time.Duration
}

// Options are what a Router needs. Observe may be nil.
type Options struct {
	Commands []Command
	Shelves  Shelves
	Phrases  *i18n.Phrases
	Memory   Memory
	Log      *slog.Logger
	Now      func() time.Time
	Observe  func(Observation)
	Gaps     Gaps // counts what was not answered; nil counts nothing
	// Meant tells what a text means below messages of ours, Request.Under;
	// false where it means what it means everywhere. An error is one of a
	// command. May be nil.
	Meant func(ctx context.Context, c Call) (Action, bool, error)
}

// NewRouter makes a router; it fails where two commands share a name or an
// alias.
func NewRouter(o Options) (*Router, error) {
	r := &Router{
		commands: slices.Clone(o.Commands), byName: map[string]*Command{}, groups: map[string]string{}, names: map[string][]string{},
		shelves: o.Shelves, phrases: o.Phrases, memory: o.Memory, log: o.Log, now: o.Now, observe: o.Observe, gaps: o.Gaps, meant: o.Meant,
	}
	for i := range r.commands {
		c := &r.commands[i]
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if other, taken := r.byName[name]; taken {
				return nil, fmt.Errorf("commands %s and %s are both named %q", other.Name, c.Name, name)
			}
			r.byName[name] = c
			if group, _, two := strings.Cut(name, " "); two {
				r.groups[group], _ = c.Group()
			}
		}
	}
	for _, lang := range content.Langs() {
		for _, c := range r.commands {
			for _, p := range c.Params {
				if key := "name.param." + i18n.Key(p.Name); !slices.Contains(r.names[p.Name], r.phrases.In(lang).T(key)) {
					r.names[p.Name] = append(r.names[p.Name], r.phrases.In(lang).T(key))
				}
			}
		}
	}
	return r, nil
}

// Group returns the commands of a group, whose name may be an alias of the
// group's; none for any other name.
func (r *Router) Group(name string) []Command {
	var all []Command
	for _, c := range r.commands {
		if group, _ := c.Group(); group != "" && group == r.groups[strings.ToLower(name)] {
			all = append(all, c)
		}
	}
	return all
}

// Commands returns all commands in the order of help, hidden ones included.
func (r *Router) Commands() []Command { return r.commands }

// Command returns the command with the name or alias.
func (r *Router) Command(name string) (Command, bool) {
	command, ok := r.byName[strings.Join(strings.Fields(strings.ToLower(name)), " ")]
	if !ok {
		return Command{}, false
	}
	return *command, true
}

// Phrases returns the words of the interface in lang.
func (r *Router) Phrases(lang content.Lang) i18n.Printer { return r.phrases.In(lang) }

// Catalogue returns the words of the interface in every language.
func (r *Router) Catalogue() *i18n.Phrases { return r.phrases }

// Shelf returns the content as it stands now.
func (r *Router) Shelf() Shelf { return r.shelves.Shelf() }

// Respond implements Responder.
func (r *Router) Respond(ctx context.Context, req Request) (reply Reply) {
	start := r.now()
	if req.AskedAt.IsZero() {
		req.AskedAt = start
	}
	c := Call{Request: req, Shelf: r.shelves.Shelf(), Router: r}
	c.speak(req.Lang)
	var name string
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "command panicked", "command", name, "panic", PanicText(p), "stack", string(debug.Stack()))
			reply = c.fail(&Error{Kind: Unavailable, Message: c.Phrases.T(PhraseErrorInternal)})
		}
		r.note(req, name, reply, start)
	}()

	command, err := r.resolve(ctx, &c)
	if err != nil {
		return c.fail(err)
	}
	name = command.Name
	reply, runErr := r.run(ctx, command, &c, start)
	if runErr != nil {
		return c.fail(r.translate(ctx, c, name, runErr))
	}
	return reply
}

// run gives the command its conversation, runs it and remembers its answer.
// Memory goes by the router's clock: AskedAt is the asker's word.
func (r *Router) run(ctx context.Context, command *Command, c *Call, now time.Time) (Reply, error) {
	key, remembered := c.Place.Conversation()
	if remembered {
		turns, err := r.memory.Turns(ctx, key, now)
		if err != nil {
			// A follow-up that is not understood is better than no answer.
			r.log.WarnContext(ctx, "conversation not read", "err", err)
		}
		c.Previous = turns
	}
	reply, err := command.Run(ctx, *c)
	if err != nil {
		return Reply{}, err
	}
	if reply.Lang == "" {
		reply.Lang = c.Lang
	}
	if r.gaps != nil && reply.Answer != nil && reply.Answer.Status != search.Answered && reply.Answer.Asked != "" {
		if err := r.gaps.Unanswered(ctx, reply.Answer.Asked, now); err != nil {
			r.log.WarnContext(ctx, "unanswered question not counted", "err", err)
		}
	}
	if remembered && reply.Turn != nil {
		if err := r.memory.Remember(ctx, key, *reply.Turn, now); err != nil {
			r.log.WarnContext(ctx, "conversation not remembered", "err", err)
		}
	}
	return reply, nil
}

// resolve bounds the input, finds the command, settles the language of the
// reply and checks the arguments.
func (r *Router) resolve(ctx context.Context, c *Call) (*Command, *Error) {
	if tooLong(c.Text) || len(c.Args) > maxArgs {
		return nil, c.invalid(PhraseErrorTooLong, i18n.Args{"Max": MaxText})
	}
	for _, value := range c.Args {
		if tooLong(value) {
			return nil, c.invalid(PhraseErrorTooLong, i18n.Args{"Max": MaxText})
		}
	}
	c.Text, c.Args = cleanText(c.Text), cleanArgs(c.Args)
	var extra string
	if c.Command == "" && len(c.Under) > 0 && r.meant != nil {
		below := *c
		if strings.ContainsFunc(c.Text, isHan) {
			below.speak(search.DetectLang(c.Text, c.Request.Lang))
		}
		action, ok, err := r.meant(ctx, below)
		if ok || err != nil {
			c.speak(below.Lang)
		}
		if err != nil {
			return nil, r.translate(ctx, *c, "", err)
		}
		if ok {
			c.Command, c.Args = action.Command, cleanArgs(action.Args)
		}
	}
	if c.Command == "" {
		read := r.parse(c.Text, c.Shelf.Library)
		c.Command, c.Args, extra = read.command, read.args, read.extra
		// Latin letters in the name of a command say nothing about the
		// language of who typed it; Chinese characters do.
		if read.named && strings.ContainsFunc(c.Text, isHan) {
			c.speak(search.DetectLang(c.Text, c.Request.Lang))
		}
	}
	command, ok := r.byName[c.Command]
	if !ok {
		return nil, r.unknown(c)
	}
	// Whoever may not use it is told so before anything about how it is used.
	if err := r.admit(ctx, c, command); err != nil {
		return nil, err
	}
	if extra != "" {
		return nil, c.invalid(PhraseErrorExtra, i18n.Args{"Command": c.NameOf(*command), "Value": Excerpt(extra)})
	}
	for name := range c.Args {
		if !slices.ContainsFunc(command.Params, func(p Param) bool { return p.Name == name }) {
			return nil, c.invalid(PhraseErrorUnknownParam, i18n.Args{"Param": Excerpt(name), "Command": c.NameOf(*command)})
		}
	}
	for _, p := range command.Params {
		if p.Kind == KindQuestion && c.Args[p.Name] != "" {
			c.speak(search.DetectLang(c.Args[p.Name], c.Request.Lang))
		}
	}
	for _, p := range command.Params {
		if err := c.checkArg(command, p); err != nil {
			return nil, err
		}
	}
	return command, nil
}

// unknown says that there is no such command; within a group, which words
// there are.
func (r *Router) unknown(c *Call) *Error {
	group, word, two := strings.Cut(c.Command, " ")
	commands := r.Group(group)
	if !two || len(commands) == 0 {
		return c.invalid(PhraseErrorUnknownCommand, i18n.Args{"Command": Excerpt(c.Command)})
	}
	var words []string
	for _, command := range commands {
		if _, word, _ := strings.Cut(c.NameOf(command), " "); !command.Hidden {
			words = append(words, word)
		}
	}
	return c.invalid(PhraseErrorUnknownWord, i18n.Args{
		"Group": c.named("name."+i18n.Key(group), group), "Word": Excerpt(word), "Words": strings.Join(words, c.Phrases.T("label.list_comma")),
	})
}

// NameOf is how a command is typed in the language of the reply.
func (c Call) NameOf(command Command) string {
	group, word := command.Group()
	if group == "" {
		return c.named("name."+i18n.Key(word), word)
	}
	return c.named("name."+i18n.Key(group), group) + " " + c.named("name."+i18n.Key(group+"."+word), word)
}

// NameOfParam is how a parameter is typed in the language of the reply.
func (c Call) NameOfParam(name string) string { return c.named("name.param."+i18n.Key(name), name) }

// named is a name in the language of the reply, as it is where the catalogues
// have none.
func (c Call) named(key i18n.Key, name string) string {
	if phrase := c.Phrases.T(key); phrase != string(key) {
		return phrase
	}
	return name
}

// admit reports why the asker may not use a command, nil where they may.
func (r *Router) admit(ctx context.Context, c *Call, command *Command) *Error {
	if command.Access == Anyone {
		return nil
	}
	if c.Asker == nil {
		return &Error{Kind: Denied, Message: c.Phrases.T(PhraseErrorNoManagers, i18n.Args{"Command": c.NameOf(*command)})}
	}
	manages, err := c.Asker.Manages(ctx)
	switch {
	case err != nil:
		r.log.WarnContext(ctx, "it is not known who manages a channel", "platform", c.Place.Platform, "err", err)
		return &Error{Kind: Unavailable, Message: c.Phrases.T(PhraseErrorWhoAsks)}
	case !manages:
		return &Error{Kind: Denied, Message: c.Phrases.T(PhraseErrorManagers, i18n.Args{"Command": c.NameOf(*command), "Who": c.Asker.Managers(c.Phrases)})}
	}
	return nil
}

// cleanArgs leaves the caller's map as it is.
func cleanArgs(args map[string]string) map[string]string {
	clean := make(map[string]string, len(args))
	for name, value := range args {
		clean[name] = cleanText(value)
	}
	return clean
}

func cleanText(s string) string { return strings.TrimSpace(strings.ToValidUTF8(s, "�")) }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func tooLong(s string) bool { return utf8.RuneCountInString(s) > MaxText }

func (c *Call) checkArg(command *Command, p Param) *Error {
	value := c.Args[p.Name]
	if value == "" {
		if !p.Required {
			return nil
		}
		if p.Kind == KindQuestion {
			return c.invalid(PhraseErrorEmpty, nil)
		}
		return c.invalid(PhraseErrorMissingParam, i18n.Args{"Param": c.NameOfParam(p.Name), "Command": c.NameOf(*command)})
	}
	switch p.Kind {
	case KindNumber:
		if n, err := strconv.Atoi(value); err != nil || n < 1 {
			return c.invalid(PhraseErrorNumber, i18n.Args{"Param": c.NameOfParam(p.Name)})
		}
	case KindLang:
		lang, ok := ParseLang(value)
		if !ok {
			return c.invalid(PhraseErrorLang, nil)
		}
		c.speak(lang)
	case KindText, KindQuestion, KindBriefing, KindTopic, KindEntry, KindCommand,
		KindLangs, KindTopics, KindTimes, KindDays, KindZone, KindDates, KindChoice:
		// The command looks these up and says what it does not find.
	}
	if p.Check == nil {
		return nil
	}
	err := p.Check(c.Phrases, value)
	if e, ok := errors.AsType[*Error](err); ok || err == nil {
		return e
	}
	return &Error{Kind: Invalid, Message: c.Phrases.T(PhraseErrorInternal), Err: err}
}

// translate makes an error one that can be shown: internals go to the log.
func (r *Router) translate(ctx context.Context, c Call, command string, err error) *Error {
	e, ok := err.(*Error) //nolint:errorlint // a command returns its sentence itself; a wrapped one has lost its place
	if !ok {
		r.log.ErrorContext(ctx, "command failed", "command", command, "err", err)
		return &Error{Kind: Unavailable, Message: c.Phrases.T(PhraseErrorInternal), Err: err}
	}
	if e.Err != nil {
		r.log.ErrorContext(ctx, "command failed", "command", command, "kind", e.Kind, "err", e.Err)
	}
	return e
}

func (r *Router) note(req Request, command string, reply Reply, start time.Time) {
	if r.observe == nil {
		return
	}
	o := Observation{Platform: req.Place.Platform, Command: command, Took: r.now().Sub(start)}
	if reply.Answer != nil {
		o.Status = reply.Answer.Status
	}
	if reply.Err != nil {
		o.Error = reply.Err.Kind
	}
	r.observe(o)
}

// speak sets the language of the reply, English for an unknown one.
func (c *Call) speak(lang content.Lang) {
	if !lang.Valid() {
		lang = content.English
	}
	c.Lang = lang
	c.Phrases = c.Router.phrases.In(lang)
}

// Speaking returns the call with its reply in another language.
func (c Call) Speaking(lang content.Lang) Call {
	c.speak(lang)
	return c
}

func (c Call) fail(err *Error) Reply {
	return Reply{
		Message: Message{Blocks: []Block{Paragraph{Text: err.Message}}},
		Lang:    c.Lang,
		Private: true,
		Err:     err,
	}
}

func (c Call) invalid(key i18n.Key, args i18n.Args) *Error {
	return &Error{Kind: Invalid, Message: c.Phrases.T(key, args)}
}

// NotFound is the error of a command that was asked for something that is
// not there.
func (c Call) NotFound(key i18n.Key, args i18n.Args) *Error {
	return &Error{Kind: NotFound, Message: c.Phrases.T(key, args)}
}

// Excerpt returns what a message may repeat of user input: one short line
// without characters that steer a terminal or turn the direction of text.
func Excerpt(s string) string {
	const keep = 40
	kept := make([]rune, 0, keep+1)
	for _, r := range s {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) {
			continue
		}
		if len(kept) == keep {
			kept = append(kept, '…')
			break
		}
		kept = append(kept, r)
	}
	return string(kept)
}

// ParseLang reads a language as people write it: a tag in any case ("zh",
// "zh-TW", "EN") or its name.
func ParseLang(s string) (content.Lang, bool) {
	switch strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", "-")) {
	case "zh", "zh-hans", "zh-cn", "zh-sg", "hans", "cn", "简体", "简体中文", "中文", "chinese", "simplified":
		return content.Hans, true
	case "zh-hant", "zh-tw", "zh-hk", "zh-mo", "hant", "tw", "繁體", "繁体", "繁體中文", "繁体中文", "traditional":
		return content.Hant, true
	case "en", "en-us", "en-gb", "english", "英文", "英语", "英語":
		return content.English, true
	}
	return "", false
}

// Complete proposes values for a parameter of a command from what has been
// typed so far; none for a command or parameter that proposes nothing.
func (r *Router) Complete(ctx context.Context, req Request, param, typed string) (choices []Choice) {
	command, ok := r.byName[req.Command]
	if !ok || tooLong(typed) {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "completion panicked", "command", command.Name, "panic", PanicText(p), "stack", string(debug.Stack()))
			choices = nil
		}
	}()
	if req.AskedAt.IsZero() {
		req.AskedAt = r.now()
	}
	c := Call{Request: req, Shelf: r.shelves.Shelf(), Router: r}
	c.speak(search.DetectLang(typed, req.Lang))
	for _, p := range command.Params {
		if p.Name == param && p.Complete != nil {
			return p.Complete(ctx, c, typed)
		}
	}
	return nil
}
