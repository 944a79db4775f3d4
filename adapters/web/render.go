package web

import (
	"net/url"
	"strings"
	"unicode"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// card is a message as the template card.html shows it. Its strings are
// plain text: html/template escapes each where it stands.
type card struct {
	Lang    content.Lang
	State   string // "answered", "suggest", "unknown", "error" or ""
	Title   string
	Link    string // the page that shows the same, "" for none
	Here    bool   // this is that page
	Blocks  []block
	Notes   []string
	Sources []source
	Actions []link
	Words   i18n.Printer // phrases in Lang
}

// T returns a phrase in the language of the card.
func (c card) T(key i18n.Key) string { return c.Words.T(key) }

// block is one block of a message: exactly one field is set.
type block struct {
	Paragraph *bot.Paragraph
	List      *listBlock
	Fields    []bot.Field
	Quote     *bot.Quote
	Divider   bool
}

type listBlock struct {
	Numbered bool
	Start    int
	Choices  bool // every point leads somewhere and says nothing more
	Items    []listItem
}

type listItem struct{ Title, Text, Link string }

// Away reports whether the link leaves the site.
func (i listItem) Away() bool { return i.Link != "" && !strings.HasPrefix(i.Link, "/") }

// link is a way on: an action or a page.
type link struct{ Label, Link string }

type source struct {
	Number                 int // in a list that is referred to, from 1
	Publisher, Title, Note string
	Date                   content.Date
	When                   string // Date as it is read
	Link                   string // "" where the source has no address that can be followed
}

// newCard renders a message.
func newCard(m bot.Message, phrases i18n.Printer) *card {
	w := &writer{card: &card{
		Lang:  phrases.Lang(),
		Title: printable(m.Title),
		Link:  followable(m.URL),
		Words: phrases,
	}}
	m.Write(w)
	for _, note := range m.Notes {
		w.card.Notes = append(w.card.Notes, printable(note))
	}
	for _, c := range m.Sources {
		w.card.Sources = append(w.card.Sources, newSource(c, phrases))
	}
	for _, a := range m.Actions {
		w.card.Actions = append(w.card.Actions, link{Label: printable(a.Label), Link: actionPath(a)})
	}
	return w.card
}

// stayInLang has the card's actions answered in the card's own language. Asked
// in Chinese on an English page, the sources are wanted in Chinese too.
func (c *card) stayInLang() {
	for i := range c.Actions {
		c.Actions[i].Link = inLang(c.Actions[i].Link, c.Lang)
	}
	for _, b := range c.Blocks {
		if b.List == nil {
			continue
		}
		for i := range b.List.Items {
			b.List.Items[i].Link = inLang(b.List.Items[i].Link, c.Lang)
		}
	}
}

// inLang names the language of the reply in the path of a command.
func inLang(path string, lang content.Lang) string {
	if !strings.HasPrefix(path, commandPath) {
		return path
	}
	joint := "?"
	if strings.Contains(path, joint) {
		joint = "&"
	}
	return path + joint + replyLang + "=" + string(lang)
}

func newSource(c bot.Citation, phrases i18n.Printer) source {
	return source{
		Publisher: printable(c.Publisher), Title: printable(c.Title), Note: printable(c.Note),
		Date: c.Date, When: phrases.Date(c.Date), Link: webAddress(c.URL),
	}
}

// writer is the bot.Writer of pages.
type writer struct{ card *card }

func (w *writer) add(b block) { w.card.Blocks = append(w.card.Blocks, b) }

// Paragraph implements bot.Writer.
func (w *writer) Paragraph(p bot.Paragraph) {
	p.Text = printable(p.Text)
	w.add(block{Paragraph: &p})
}

// List implements bot.Writer.
func (w *writer) List(l bot.List) {
	shown := &listBlock{Numbered: l.Numbered, Start: max(l.Start, 1), Choices: !l.Numbered && len(l.Items) > 0}
	for _, item := range l.Items {
		i := listItem{Title: printable(item.Title), Text: printable(item.Text), Link: followable(item.URL)}
		if i.Link == "" && item.Action != nil {
			i.Link = actionPath(*item.Action)
		}
		if i.Title == "" && i.Link != "" {
			i.Title, i.Text = i.Text, "" // the link needs words
		}
		shown.Choices = shown.Choices && i.Link != "" && i.Text == ""
		shown.Items = append(shown.Items, i)
	}
	w.add(block{List: shown})
}

// Fields implements bot.Writer.
func (w *writer) Fields(fields bot.Fields) {
	var shown []bot.Field
	for _, f := range fields {
		shown = append(shown, bot.Field{Name: printable(f.Name), Value: printable(f.Value)})
	}
	w.add(block{Fields: shown})
}

// Quote implements bot.Writer.
func (w *writer) Quote(q bot.Quote) {
	w.add(block{Quote: &bot.Quote{Text: printable(q.Text), By: printable(q.By)}})
}

// Divider implements bot.Writer.
func (w *writer) Divider(bot.Divider) { w.add(block{Divider: true}) }

// The addresses of commands.
const (
	commandPath = "/c/" // followed by the name
	replyLang   = "in"  // query parameter: the language of the reply, where it is not that of the page
)

// actionPath returns the page that does what an action does.
func actionPath(a bot.Action) string {
	name, query, _ := strings.Cut(a.Encode(), "?")
	path := commandPath + url.PathEscape(name)
	if query != "" {
		path += "?" + query
	}
	return path
}

// webAddress returns s where it is an address of the web, "" for every other
// scheme.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return u.String()
}

// followable returns s where it is a path of this site or an address of the
// web. What begins with two slashes would leave the site and is neither;
// browsers take a backslash for a slash.
func followable(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return webAddress(s)
	}
	u, err := url.Parse(s)
	if err != nil || strings.Contains(s, `\`) {
		return ""
	}
	return u.String()
}

// printable drops control characters, which have no place in a page, and
// those among them that would turn the direction of the text around them.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
