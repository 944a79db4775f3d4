package discord

import (
	"fmt"
	"net/url"
	"strings"

	"briefbot/bot"
)

// escape makes data inert in Discord's Markdown: no emphasis, no link, no
// mention, no emoji, no time stamp, no heading, list or quote comes of it.
// Discord shows a backslash before an ASCII mark as the mark alone.
// https://support.discord.com/hc/en-us/articles/210298617
func escape(s string) string {
	s = bot.Printable(s)
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	lineStart := true // nothing but spaces and a number stood in the line so far
	for i := range len(s) {
		c := s[i]
		if marksAnywhere(c) || lineStart && marksLine(c) || c == ':' && marksColon(s[i+1:]) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
		lineStart = c == '\n' || lineStart && (c == ' ' || c >= '0' && c <= '9')
	}
	return b.String()
}

// marksColon reports whether a colon, by what stands after it, would make an
// address a link or a name an emoji: "://" or "fire:".
func marksColon(after string) bool {
	if strings.HasPrefix(after, "//") {
		return true
	}
	for i := range len(after) {
		c := after[i]
		if c == ':' {
			return i > 0
		}
		if c != '_' && c != '+' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return false
}

// marksAnywhere reports whether a character means something wherever it
// stands.
func marksAnywhere(c byte) bool { return strings.IndexByte("\\*_~`|<[]@", c) >= 0 }

// marksLine reports whether a character makes a heading, a quote, small
// print or a list of a line that it begins, or whose number it ends.
func marksLine(c byte) bool { return strings.IndexByte("#>+-.)", c) >= 0 }

// oneLine writes a text that must not break the line it stands in.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// bold emphasises every line of an escaped text.
func bold(escaped string) string {
	lines := strings.Split(escaped, "\n")
	for i, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			lines[i] = "**" + line + "**"
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
	if address == "" {
		return escaped
	}
	return "[" + escaped + "](<" + address + ">)"
}

// webAddress returns s where it is an address of the web that can stand in
// Markdown, "" for anything else.
func webAddress(s string) string {
	const longest = 512 // of a link button; more would eat the text of the message
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("<>\\`|", c) >= 0 { // these would end or change the link
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
