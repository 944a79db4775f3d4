package discord

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"briefbot/adapters/fit"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// Phrases of a message on Discord.
const (
	phrasePage   i18n.Key = "page.number"
	phraseBack   i18n.Key = "page.back"
	phraseNext   i18n.Key = "page.next"
	phraseOpen   i18n.Key = "page.open"
	phraseShare  i18n.Key = "page.share"
	phraseChoose i18n.Key = "page.choose"
	phraseReadOn i18n.Key = "page.read_on"
)

// The colours at the side of a message. They repeat what its first line says.
const (
	colourAnswered = 0x2E7D32
	colourSuggest  = 0xB26A00
	colourUnknown  = 0x6B7280
	colourError    = 0xB3261E
	colourView     = 0x3559C7
)

// renderer turns replies into messages.
type renderer struct {
	find      func(name string) (bot.Command, bool)
	phrases   func(content.Lang) i18n.Printer
	library   func() *content.Library // whose names a page does not end within
	publicURL string                  // before the paths of pages; "" for no links to them
}

func newRenderer(router *bot.Router, publicURL string) renderer {
	return renderer{
		find: router.Command, phrases: router.Phrases, publicURL: publicURL,
		library: func() *content.Library { return router.Shelf().Library },
	}
}

// rendering is how one reply is shown.
type rendering struct {
	private bool // offers to show it to everyone
	turned  bool // pages are turned by buttons; otherwise they follow one another
}

// messages renders a reply within Discord's limits. Where its pages can be
// turned by buttons, that is one message with the page of the given number,
// the last where it has fewer; otherwise the pages follow one another.
func (r *renderer) messages(reply bot.Reply, private bool, page int) [][]component {
	how := rendering{private: private, turned: r.canTurn(reply)}
	if whole := r.card(reply, bot.Page{Message: reply.Message, Number: 1, Of: 1}, how); fits(whole) {
		return [][]component{whole} // as nearly every reply does: it is rendered once
	}
	pages := r.pages(reply, how)
	if how.turned {
		pages = pages[min(max(page, 1), len(pages))-1:][:1]
	}
	var messages [][]component
	for _, p := range pages {
		messages = append(messages, r.card(reply, p, how))
	}
	return messages
}

// pages splits a reply into pages that fit. Of those that follow one another
// what to do next stands under the last.
func (r *renderer) pages(reply bot.Reply, how rendering) []bot.Page {
	pages := fit.Pages(reply.Message, fit.Options{
		Fits: func(p bot.Page) bool { return fits(r.card(reply, p, how)) },
		Keep: func(text string) []fit.Span { return fit.Names(r.library(), text) },
	})
	for i := range pages {
		pages[i].Lang = reply.Lang
		if !how.turned && i < len(pages)-1 {
			pages[i].Actions = nil
		}
	}
	return pages
}

// canTurn reports whether a button can hold all that it takes to show
// another page of the reply.
func (r *renderer) canTurn(reply bot.Reply) bool {
	_, ok := r.turn(reply, bot.MaxPages)
	return ok
}

// turn returns the custom id of a button that shows a page of the reply.
func (r *renderer) turn(reply bot.Reply, page int) (id string, ok bool) {
	if reply.Again == nil {
		return "", false
	}
	command, ok := r.find(reply.Again.Command)
	if !ok {
		return "", false
	}
	return press{does: turnPage, lang: reply.Lang, page: page, action: *reply.Again}.encode(command)
}

// fits reports whether Discord takes the components as one message. Some
// room is left for the line that says who shared it.
func fits(components []component) bool {
	const sharedLine = 100
	parts, text, inMenus := 0, 0, true
	walk(components, func(c component) {
		parts++
		text += count(c.Content)
		inMenus = inMenus && len(c.Options) <= maxOptions
	})
	return parts <= maxComponents-1 && text <= maxText-sharedLine && inMenus
}

// card renders one page of a reply as a container.
func (r *renderer) card(reply bot.Reply, p bot.Page, how rendering) []component {
	w := &cardWriter{renderer: r, lang: reply.Lang, phrases: r.phrases(reply.Lang), used: map[string]bool{}}
	if p.Title != "" {
		w.line("### " + escape(oneLine(p.Title)))
	}
	p.Write(w)
	w.small(p)
	w.actions(p.Message)
	w.rows(w.turning(reply, p, how))
	if how.private && reply.Err == nil {
		w.rows([]component{{Type: typeButton, Style: styleSecondary, Label: w.phrases.T(phraseShare), CustomID: shareID(reply.Lang)}})
	}
	return []component{{Type: typeContainer, AccentColor: colour(reply), Components: w.done()}}
}

func shareID(lang content.Lang) string {
	id, _ := press{does: share, lang: lang}.encode(bot.Command{})
	return id
}

func colour(reply bot.Reply) int {
	switch {
	case reply.Err != nil:
		return colourError
	case reply.Answer == nil:
		return colourView
	}
	switch reply.Answer.Status {
	case search.Answered:
		return colourAnswered
	case search.Suggest:
		return colourSuggest
	case search.Unknown:
	}
	return colourUnknown
}

// cardWriter is the bot.Writer of Discord. Text gathers until a component of
// another type follows.
type cardWriter struct {
	*renderer
	lang    content.Lang
	phrases i18n.Printer
	parts   []component
	text    strings.Builder
	spaced  bool            // the last line ends a paragraph
	menus   int             // menus so far
	used    map[string]bool // custom ids so far: they must differ
}

var _ bot.Writer = (*cardWriter)(nil)

func (w *cardWriter) line(s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	if w.text.Len() > 0 {
		w.text.WriteByte('\n')
	}
	w.text.WriteString(s)
	w.spaced = false
}

// flush ends the text display that is being written.
func (w *cardWriter) flush() {
	if w.text.Len() > 0 {
		w.parts = append(w.parts, component{Type: typeTextDisplay, Content: w.text.String()})
		w.text.Reset()
	}
	w.spaced = false
}

func (w *cardWriter) done() []component {
	w.flush()
	if len(w.parts) == 0 {
		w.line("…") // Discord takes no empty container
		w.flush()
	}
	return w.parts
}

// separate draws a line, unless nothing stands above it.
func (w *cardWriter) separate() {
	w.flush()
	if n := len(w.parts); n > 0 && w.parts[n-1].Type != typeSeparator {
		drawn := true
		w.parts = append(w.parts, component{Type: typeSeparator, Divider: &drawn})
	}
}

// Paragraph implements bot.Writer.
func (w *cardWriter) Paragraph(p bot.Paragraph) {
	text := escape(strings.TrimSpace(p.Text))
	if p.Strong {
		w.line(bold(text))
		return
	}
	if w.spaced {
		w.text.WriteByte('\n') // between two paragraphs
	}
	w.line(text)
	w.spaced = w.text.Len() > 0
}

// List implements bot.Writer. What its items lead to can be chosen from a
// menu below.
func (w *cardWriter) List(l bot.List) {
	var options []option
	for i, item := range l.Items {
		mark, number := "- ", ""
		if l.Numbered {
			number = strconv.Itoa(max(l.Start, 1)+i) + ". "
			mark = number
		}
		w.line(prefixed(w.item(item), mark, strings.Repeat(" ", len(mark))))
		options = w.offer(options, number, item)
	}
	w.menu(phraseChoose, options)
}

func (w *cardWriter) item(item bot.ListItem) string {
	title, text := escape(oneLine(item.Title)), escape(strings.TrimSpace(item.Text))
	if title != "" && text != "" {
		title = bold(title) + w.phrases.T("label.colon")
	}
	if item.Action == nil { // otherwise the menu leads on
		if title == "" {
			return linked(oneLine(text), item.URL)
		}
		title = linked(title, item.URL)
	}
	return title + text
}

// offer adds what an item leads to, under the name of where it leads; what
// else the item says describes it.
func (w *cardWriter) offer(options []option, number string, item bot.ListItem) []option {
	if item.Action == nil {
		return options
	}
	title, text := oneLine(bot.Printable(item.Title)), oneLine(bot.Printable(item.Text))
	label := cmp.Or(oneLine(bot.Printable(item.Action.Label)), title, text)
	description := title
	if description == label {
		description = text
	}
	if description == label {
		description = ""
	}
	return w.choice(options, number+label, description, *item.Action)
}

func (w *cardWriter) choice(options []option, label, description string, a bot.Action) []option {
	value, ok := w.press(a)
	if !ok || label == "" {
		return options
	}
	return append(options, option{
		Label: fit.Cut(label, maxOption, count), Value: value, Description: fit.Cut(description, maxOption, count),
	})
}

// press returns the custom id of an action, once a message: Discord refuses
// two that are alike.
func (w *cardWriter) press(a bot.Action) (id string, ok bool) {
	command, ok := w.find(a.Command)
	if !ok {
		return "", false
	}
	id, ok = press{does: doAction, lang: w.lang, action: a}.encode(command)
	if !ok || w.used[id] {
		return "", false
	}
	w.used[id] = true
	return id, true
}

// menu adds a select menu, where there is something to choose.
func (w *cardWriter) menu(placeholder i18n.Key, options []option) {
	if len(options) == 0 {
		return
	}
	w.flush()
	id, _ := press{does: chooseFrom, lang: w.lang, page: w.menus + 1}.encode(bot.Command{})
	w.menus++
	w.rows([]component{{Type: typeSelect, CustomID: id, Placeholder: w.phrases.T(placeholder), Options: options}})
}

// Fields implements bot.Writer.
func (w *cardWriter) Fields(fields bot.Fields) {
	for _, f := range fields {
		w.line(bold(escape(oneLine(f.Name))) + w.phrases.T("label.colon") + escape(strings.TrimSpace(f.Value)))
	}
}

// Quote implements bot.Writer.
func (w *cardWriter) Quote(q bot.Quote) {
	w.line(prefixed(escape(strings.TrimSpace(w.phrases.T("label.quoted", i18n.Args{"Text": q.Text}))), "> ", "> "))
	if q.By != "" {
		w.line("> — " + escape(oneLine(q.By)))
	}
}

// Divider implements bot.Writer.
func (w *cardWriter) Divider(bot.Divider) { w.separate() }

// small writes the small print: notes, sources, which page this is.
func (w *cardWriter) small(p bot.Page) {
	if len(p.Notes) == 0 && len(p.Sources) == 0 && p.Of <= 1 {
		return
	}
	w.separate()
	for _, note := range p.Notes {
		w.line(prefixed(escape(strings.TrimSpace(note)), "-# ", "-# "))
	}
	if len(p.Sources) > 0 {
		w.line("-# " + escape(w.phrases.T(bot.PhraseSources)))
	}
	for _, s := range p.Sources {
		w.line("-# " + w.citation(s))
	}
	if p.Of > 1 {
		w.line("-# " + escape(w.phrases.T(phrasePage, i18n.Args{"Number": p.Number, "Of": p.Of})))
	}
}

// citation writes a source as a link to it. The address itself is not shown:
// on a phone it would take more room than the source.
func (w *cardWriter) citation(s bot.Citation) string {
	address, note := s.URL, s.Note
	s.URL, s.Note = "", ""
	line := linked(escape(oneLine(s.Line(w.phrases))), address)
	if note != "" {
		line += escape(w.phrases.T("label.note", i18n.Args{"Note": oneLine(note)}))
	}
	return line
}

// actions adds what to do next: short labels as buttons, long ones, such as
// the titles of entries, in a menu. The page of the message comes last.
func (w *cardWriter) actions(m bot.Message) {
	const shortLabel = 26 // columns: two such buttons stand side by side on a phone
	var buttons []component
	var options []option
	for _, a := range m.Actions {
		label := oneLine(bot.Printable(a.Label))
		if uniseg.StringWidth(label) > shortLabel {
			if len(options) < maxOptions {
				options = w.choice(options, label, "", a)
			}
			continue
		}
		if id, ok := w.press(a); ok && label != "" && len(buttons) < 2*maxRowButtons-1 {
			buttons = append(buttons, component{Type: typeButton, Style: styleSecondary, Label: fit.Cut(label, maxLabel, count), CustomID: id})
		}
	}
	if address := w.address(m.URL); address != "" {
		buttons = append(buttons, component{Type: typeButton, Style: styleLink, Label: w.phrases.T(phraseOpen), URL: address})
	}
	w.menu(phraseReadOn, options)
	w.rows(buttons)
}

// address returns the web address of a page, "" where there is none.
func (w *cardWriter) address(path string) string {
	if strings.HasPrefix(path, "/") {
		if w.publicURL == "" {
			return ""
		}
		path = w.publicURL + path
	}
	return webAddress(path)
}

// turning returns the buttons to the page before and to the next.
func (w *cardWriter) turning(reply bot.Reply, p bot.Page, how rendering) []component {
	if p.Of <= 1 || !how.turned {
		return nil
	}
	var buttons []component
	for _, to := range []struct {
		page  int
		label i18n.Key
	}{{p.Number - 1, phraseBack}, {p.Number + 1, phraseNext}} {
		if id, ok := w.turn(reply, to.page); ok && to.page >= 1 && to.page <= p.Of {
			buttons = append(buttons, component{Type: typeButton, Style: stylePrimary, Label: w.phrases.T(to.label), CustomID: id})
		}
	}
	return buttons
}

// rows adds components in rows of as many as Discord shows side by side.
func (w *cardWriter) rows(components []component) {
	w.flush()
	for len(components) > 0 {
		n := min(len(components), maxRowButtons)
		w.parts = append(w.parts, component{Type: typeActionRow, Components: components[:n:n]})
		components = components[n:]
	}
}
