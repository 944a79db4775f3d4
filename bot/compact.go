package bot

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"briefbot/content"
)

// What follows writes actions shorter than Action.Encode does, for platforms
// that keep few characters behind a button: parts that a surface joins with
// CompactSeparator.

// CompactSeparator stands between the parts. EscapeCompact keeps it out of
// them.
const CompactSeparator = "|"

// MaxPages bounds what a page of a reply can be asked for; the pages are
// counted when the reply is composed anew.
const MaxPages = 999

// Compact returns the action as the name of its command and its arguments in
// the order of the command's parameters, each escaped.
func (a Action) Compact(command Command) []string {
	last := len(command.Params)
	for last > 0 && a.Args[command.Params[last-1].Name] == "" {
		last--
	}
	parts := []string{EscapeCompact(a.Command)}
	for _, param := range command.Params[:last] {
		parts = append(parts, EscapeCompact(a.Args[param.Name]))
	}
	return parts
}

// ReadCompact reads what Compact wrote. find returns the command of a name; ok
// is false for parts that are none of ours, or those of other commands.
func ReadCompact(parts []string, find func(name string) (Command, bool)) (a Action, ok bool) {
	if len(parts) == 0 {
		return Action{}, false
	}
	name, err := url.PathUnescape(parts[0])
	if err != nil {
		return Action{}, false
	}
	command, ok := find(name)
	if !ok || command.Name != name || len(parts)-1 > len(command.Params) {
		return Action{}, false
	}
	a = Action{Command: name}
	for i, part := range parts[1:] {
		value, err := url.PathUnescape(part)
		if err != nil {
			return Action{}, false
		}
		if value == "" {
			continue
		}
		if a.Args == nil {
			a.Args = map[string]string{}
		}
		a.Args[command.Params[i].Name] = value
	}
	return a, true
}

// EscapeCompact keeps what separates parts out of one. Other characters stay
// as they are: platforms count characters, and Chinese ones would each become
// nine.
func EscapeCompact(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "%", "%25"), CompactSeparator, "%7C")
}

// PageNumber reads the number of a page, from 1 to MaxPages.
func PageNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= MaxPages && strconv.Itoa(n) == s
}

// LangLetter returns the letter that stands for a language. It is kept in
// messages that stay for years: a letter is never given to another language.
func LangLetter(lang content.Lang) byte {
	switch lang {
	case content.Hans:
		return 's'
	case content.Hant:
		return 't'
	case content.English:
	}
	return 'e'
}

// LangOfLetter returns the language that a letter stands for.
func LangOfLetter(letter byte) (content.Lang, bool) {
	i := slices.IndexFunc(content.Langs(), func(l content.Lang) bool { return LangLetter(l) == letter })
	if i < 0 {
		return "", false
	}
	return content.Langs()[i], true
}
