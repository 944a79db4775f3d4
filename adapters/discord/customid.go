package discord

import (
	"strconv"
	"strings"

	"briefbot/bot"
	"briefbot/content"
)

// press is what a button or a choice stands for. It is all that Discord
// keeps for us: any replica can answer it, after any time.
type press struct {
	does   doing
	lang   content.Lang // of the message that it stands in, and of the reply
	page   int          // with turnPage, from 1
	action bot.Action   // its label is not kept
}

// doing says what happens to an action.
type doing byte

const (
	doAction   doing = 'a' // its reply is a new message
	turnPage   doing = 'p' // a page of its reply takes the place of the message
	share      doing = 's' // the private message is shown to everyone; no action
	chooseFrom doing = 'm' // a menu: the chosen option's value is the press
)

// encode writes the press within Discord's limit, ok is false where it is
// too long: "a" and the language, then the command and its arguments in the
// order of its parameters.
func (p press) encode(command bot.Command) (id string, ok bool) {
	var b strings.Builder
	b.WriteByte(byte(p.does))
	b.WriteByte(bot.LangLetter(p.lang))
	if p.page > 0 {
		b.WriteString(strconv.Itoa(p.page))
	}
	if p.action.Command != "" {
		b.WriteString(bot.CompactSeparator + strings.Join(p.action.Compact(command), bot.CompactSeparator))
	}
	id = b.String()
	return id, count(id) <= maxCustomID
}

// decodePress reads what encode wrote. find returns the command of a name;
// ok is false for what this program did not write, or an older one with
// other commands did.
func decodePress(id string, find func(name string) (bot.Command, bool)) (p press, ok bool) {
	if len(id) > 4*maxCustomID { // four bytes a character
		return press{}, false
	}
	parts := strings.Split(id, "|")
	head := parts[0]
	if len(head) < 2 {
		return press{}, false
	}
	p.does = doing(head[0])
	if p.lang, ok = bot.LangOfLetter(head[1]); !ok {
		return press{}, false
	}
	if rest := head[2:]; rest != "" {
		if p.page, ok = bot.PageNumber(rest); !ok {
			return press{}, false
		}
	}
	switch p.does {
	case share, chooseFrom:
		return p, len(parts) == 1
	case turnPage:
		ok = p.page > 0
	case doAction:
		ok = p.page == 0
	default:
		return press{}, false
	}
	if !ok || len(parts) < 2 {
		return press{}, false
	}
	p.action, ok = bot.ReadCompact(parts[1:], find)
	return p, ok
}
