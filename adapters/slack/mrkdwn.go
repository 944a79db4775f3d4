package slack

import (
	"fmt"
	"net/url"
	"strings"

	"briefbot/bot"
)

// joiner is a character without width at which no line breaks. Slack has no
// escape for its marks; one that stands beside it marks nothing.
const joiner = "\u2060"

// escape makes data inert in Slack's mrkdwn: no mention, no link, no
// emphasis, no code, no quote and no emoji comes of it.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string {
	s = bot.Printable(s)
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	lineStart := true
	for i := range len(s) {
		c := s[i]
		switch c {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			if lineStart {
				b.WriteString(joiner) // a quote otherwise, escaped or not
			}
			b.WriteString("&gt;")
		case '*', '_', '~', '`':
			b.WriteString(joiner)
			b.WriteByte(c)
			b.WriteString(joiner)
		case ':':
			b.WriteByte(c)
			if beginsEmoji(s[i:]) {
				b.WriteString(joiner)
			}
		default:
			b.WriteByte(c)
		}
		lineStart = c == '\n' || lineStart && c == ' '
	}
	return b.String()
}

// beginsEmoji reports whether a text that begins with a colon goes on as the
// name of an emoji does.
func beginsEmoji(s string) bool {
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ':':
			return i > 1
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("_+-'", c) >= 0:
		default:
			return false
		}
	}
	return false
}

// heard turns what Slack writes for what somebody typed into what they typed.
// Mentions of the bot are taken out; other references become their labels.
// https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
func heard(text, self string) string {
	var b strings.Builder
	for rest := text; ; {
		before, after, open := strings.Cut(rest, "<")
		b.WriteString(before)
		if !open {
			break
		}
		inner, tail, closed := strings.Cut(after, ">")
		if !closed {
			b.WriteString("<" + after)
			break
		}
		b.WriteString(reference(inner, self))
		rest = tail
	}
	text = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(b.String())
	return strings.TrimSpace(text)
}

// reference returns what stands for a reference between angle brackets.
func reference(inner, self string) string {
	target, label, labelled := strings.Cut(inner, "|")
	if user, ok := strings.CutPrefix(target, "@"); ok && user == self {
		return " "
	}
	switch {
	case labelled && label != "":
		return label
	case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"), strings.HasPrefix(target, "!"):
		return " " // an id that says nothing to a reader
	}
	return target
}

// mentions reports whether a text mentions a user.
func mentions(text, user string) bool {
	return user != "" && (strings.Contains(text, "<@"+user+">") || strings.Contains(text, "<@"+user+"|"))
}

// oneLine writes a text that must not break the line it stands in.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// bold emphasises every line of an escaped text.
func bold(escaped string) string {
	lines := strings.Split(escaped, "\n")
	for i, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			lines[i] = "*" + line + "*"
		}
	}
	return strings.Join(lines, "\n")
}

// prefixed writes prefix before the first line of a text and rest before the
// others.
func prefixed(text, prefix, rest string) string {
	return prefix + strings.ReplaceAll(text, "\n", "\n"+rest)
}

// linked makes an escaped text the text of a link, where the address is one
// of the web; otherwise it stays a text.
func linked(escaped, address string) string {
	address = webAddress(address)
	if address == "" || strings.TrimSpace(escaped) == "" {
		return escaped
	}
	return "<" + strings.ReplaceAll(address, "&", "&amp;") + "|" + escaped + ">"
}

// webAddress returns s where it is an address of the web that can stand in a
// link, "" for anything else.
func webAddress(s string) string {
	const longest = 512 // more would eat the text of the message
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("<>\\`|\"", c) >= 0 { // these would end or change the link
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	if b.Len() > longest {
		return ""
	}
	return b.String()
}
