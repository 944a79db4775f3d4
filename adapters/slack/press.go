package slack

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/content"
)

// press is what a button or a choice stands for. It is all that Slack keeps
// for us: any replica can answer it, after any time.
type press struct {
	does   doing
	lang   content.Lang // of the message that it stands in, and of the reply
	page   int          // with turnPage, from 1
	action bot.Action   // its label is not kept
	entry  content.Ref  // that was answered, with voteUp, voteDown and share
	item   int          // of the entry, with share; 0 for the whole entry
	line   string       // what was asked, with share, where there is no action
}

// doing says what happens to an action.
type doing byte

const (
	doAction doing = 'a' // its reply is a new message
	turnPage doing = 'p' // a page of its reply takes the place of the message
	share    doing = 's' // its reply is shown to everyone
	voteUp   doing = 'u' // the answer is counted as good; no action
	voteDown doing = 'd' // the answer is counted as bad; no action
)

// encode writes the press: what it does and the language, then the command
// and its arguments in the order of its parameters. The caller sees to
// Slack's limits, which differ between buttons and options.
func (p press) encode(command bot.Command) string {
	var b strings.Builder
	b.WriteByte(byte(p.does))
	b.WriteByte(bot.LangLetter(p.lang))
	if p.page > 0 {
		b.WriteString(strconv.Itoa(p.page))
	}
	switch {
	case p.entry != (content.Ref{}):
		b.WriteString("|" + bot.EscapeCompact(p.entry.String()))
	case p.does == share:
		b.WriteByte('|')
	}
	if p.does == share {
		b.WriteString("|" + strconv.Itoa(p.item))
	}
	if p.line != "" {
		b.WriteString("||" + bot.EscapeCompact(p.line))
	}
	if p.action.Command != "" {
		b.WriteString(bot.CompactSeparator + strings.Join(p.action.Compact(command), bot.CompactSeparator))
	}
	return b.String()
}

// decodePress reads what encode wrote. find returns the command of a name;
// ok is false for what this program did not write, or an older one with
// other commands did.
func decodePress(value string, find func(name string) (bot.Command, bool)) (p press, ok bool) {
	if len(value) > 4*maxValue { // four bytes a character
		return press{}, false
	}
	parts := strings.Split(value, "|")
	head := parts[0]
	if len(head) < 2 || len(parts) < 2 {
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
	case voteUp, voteDown:
		return decodeVote(p, parts[1:])
	case share:
		return decodeShare(p, parts[1:], find)
	case turnPage:
		ok = p.page > 0
	case doAction:
		ok = p.page == 0
	default:
		ok = false
	}
	if !ok {
		return press{}, false
	}
	p.action, ok = bot.ReadCompact(parts[1:], find)
	return p, ok
}

func decodeVote(p press, parts []string) (press, bool) {
	if len(parts) != 1 || p.page != 0 {
		return press{}, false
	}
	text, err := url.PathUnescape(parts[0])
	if err != nil {
		return press{}, false
	}
	ref, ok := content.ParseRef(text)
	p.entry = ref
	return p, ok
}

func decodeShare(p press, parts []string, find func(string) (bot.Command, bool)) (_ press, ok bool) {
	const least = 3 // the entry, the item and a command
	if len(parts) < least || p.page != 0 {
		return press{}, false
	}
	if parts[0] != "" {
		if p, ok = decodeVote(p, parts[:1]); !ok {
			return press{}, false
		}
	}
	item, err := strconv.Atoi(parts[1])
	if err != nil || item < 0 || strconv.Itoa(item) != parts[1] {
		return press{}, false
	}
	p.item = item
	if parts[2] != "" {
		p.action, ok = bot.ReadCompact(parts[2:], find)
		return p, ok
	}
	if len(parts) != least+1 || parts[3] == "" {
		return press{}, false
	}
	p.line, err = url.PathUnescape(parts[3])
	return p, err == nil
}

// actionID names an element within its message, and whose message it is: "7"
// or "7:U024BE7LH". Slack wants the ids of a message to differ.
func actionID(n int, asker string) string {
	id := strconv.Itoa(n)
	if asker != "" && isID(asker) {
		id += ":" + asker
	}
	return id
}

// askerOf returns whose message an element stands in, "" where it is
// nobody's alone.
func askerOf(actionID string) string {
	_, asker, _ := strings.Cut(actionID, ":")
	if !isID(asker) {
		return ""
	}
	return asker
}

// isID reports whether s can be an id of Slack's: of a user, a channel, a
// workspace or an event.
func isID(s string) bool {
	const longest = 64
	if s == "" || len(s) > longest {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// timeOf returns when a message was written, to the second.
func timeOf(ts string) time.Time {
	whole, _, _ := strings.Cut(ts, ".")
	seconds, _ := strconv.ParseInt(whole, 10, 64)
	return time.Unix(seconds, 0)
}

// isTS reports whether s names a message: "1355517523.000005".
func isTS(s string) bool {
	const longest = 32
	whole, fraction, ok := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return ok && len(s) <= longest && digits(whole) && digits(fraction)
}
