package bot

import (
	"context"
	"slices"
	"strings"

	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// Command is written once and appears on every surface.
type Command struct {
	Name    string   // lower-case ASCII word, or two with a space between: a group and a word; the same on every surface
	Aliases []string // other names in any language that the text grammar accepts, of one word or two
	Summary i18n.Key // one line for help and menus
	Params  []Param
	Access  Access
	Hidden  bool // reached through actions; left out of help
	Run     func(ctx context.Context, c Call) (Reply, error)
}

// Group returns the group of a name of two words, and the word within it;
// of a name of one word, "" and the name.
func (c Command) Group() (group, word string) {
	group, word, two := strings.Cut(c.Name, " ")
	if !two {
		return "", c.Name
	}
	return group, word
}

// Access says who may use a command.
type Access string

// The kinds of access.
const (
	Anyone   Access = ""
	Managers Access = "managers" // of the channel that it is used in
)

// Param is a parameter of a command.
type Param struct {
	Name     string
	Summary  i18n.Key
	Kind     ParamKind
	Required bool
	Rest     bool // takes what is left of a line of text, spaces included
	List     bool // takes several values, separated by commas or, in a line of text, each a word
	// Check returns the sentence that says why a value is none, nil for one.
	// In a line of text a word that is none goes to a later parameter whose
	// value it is. Nil leaves that to the order, and the value to the command.
	Check func(p i18n.Printer, value string) error
	// Complete proposes values for what has been typed so far; nil for none.
	Complete func(ctx context.Context, c Call, typed string) []Choice
}

// ParamKind says what a parameter holds.
type ParamKind string

// The kinds of parameters.
const (
	KindText     ParamKind = "text"
	KindQuestion ParamKind = "question" // text in the user's own words, in the user's language
	KindBriefing ParamKind = "briefing" // id of a briefing
	KindTopic    ParamKind = "topic"    // id of a briefing, or a tag
	KindEntry    ParamKind = "entry"    // "briefing/entry"
	KindCommand  ParamKind = "command"  // name of a command
	KindNumber   ParamKind = "number"   // a whole number from 1
	KindLang     ParamKind = "lang"     // one of content.Langs
	KindLangs    ParamKind = "langs"    // one or two of content.Langs
	KindTopics   ParamKind = "topics"   // ids of briefings, or tags
	KindTimes    ParamKind = "times"    // times of day
	KindDays     ParamKind = "days"     // days of the week
	KindZone     ParamKind = "zone"     // name of a time zone
	KindDates    ParamKind = "dates"    // days of the calendar, or spans of them
	KindChoice   ParamKind = "choice"   // one of what Complete proposes for ""
)

// AllTopics stands for every topic where topics are chosen.
const AllTopics = "all"

// IsAllTopics reports whether what was typed for topics is every topic.
func IsAllTopics(typed string) bool {
	return slices.Contains([]string{AllTopics, "everything", "全部", "所有"}, strings.ToLower(typed))
}

// Choice is a proposed value of a parameter.
type Choice struct{ Label, Value string }

// Call is what a command works with: a request whose arguments have been
// checked, and the content as it stood when the request came in.
type Call struct {
	Request
	Lang     content.Lang // the language to reply in
	Shelf    Shelf
	Phrases  i18n.Printer  // phrases in Lang
	Previous []search.Turn // earlier answers of the same conversation, the oldest first
	Router   *Router
}

// In returns a text of content in the language of the reply.
func (c Call) In(t content.Text) string { return t.In(c.Lang) }

// Shelf is one consistent state of content: a library and the index that was
// built of it.
type Shelf struct {
	Library *content.Library
	Index   *search.Index
}

// Shelves gives the current Shelf. It changes when content is reloaded.
type Shelves interface{ Shelf() Shelf }
