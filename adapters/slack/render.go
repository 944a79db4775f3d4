package slack

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

// Phrases of a message on Slack.
const (
	phrasePage     i18n.Key = "page.number"
	phraseBack     i18n.Key = "page.back"
	phraseNext     i18n.Key = "page.next"
	phraseOpen     i18n.Key = "page.open"
	phraseChoose   i18n.Key = "page.choose"
	phraseReadOn   i18n.Key = "page.read_on"
	phraseShare    i18n.Key = "slack.share"
	phraseVoteUp   i18n.Key = "slack.vote_up"
	phraseVoteDown i18n.Key = "slack.vote_down"
)

// renderer turns replies into messages.
type renderer struct {
	find      func(name string) (bot.Command, bool)
	phrases   func(content.Lang) i18n.Printer
	library   func() *content.Library // whose names a page does not end within
	publicURL string                  // before the paths of pages; "" for no links to them
	votes     bool                    // whether answers can be voted on
}

func newRenderer(router *bot.Router, publicURL string, votes bool) renderer {
	return renderer{
		find: router.Command, phrases: router.Phrases, publicURL: publicURL, votes: votes,
		library: func() *content.Library { return router.Shelf().Library },
	}
}

// rendering is how one reply is shown.
type rendering struct {
	private bool   // offers to show it in the channel
	line    string // what was asked, for showing it; "" where it was no line of text
	asker   string // whose message it is; "" for nobody's alone
	by      string // who shares it; "" where nobody does
	turned  bool   // pages are turned by buttons; otherwise they follow one another
}

// messages renders a reply within Slack's limits. Where its pages can be
// turned by buttons, that is one message with the page of the given number,
// the last where it has fewer; otherwise the pages follow one another.
func (r *renderer) messages(reply bot.Reply, how rendering, page int) []outgoing {
	how.turned = r.canTurn(reply)
	pages := r.pages(reply, how)
	if how.turned {
		pages = pages[min(max(page, 1), len(pages))-1:][:1]
	}
	var messages []outgoing
	for _, p := range pages {
		messages = append(messages, r.message(reply, p, how))
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

func (r *renderer) message(reply bot.Reply, p bot.Page, how rendering) outgoing {
	return outgoing{text: r.fallback(reply, p), blocks: r.card(reply, p, how), lang: reply.Lang}
}

// canTurn reports whether a button can hold all that it takes to show
// another page of the reply.
func (r *renderer) canTurn(reply bot.Reply) bool {
	_, ok := r.turn(reply, bot.MaxPages)
	return ok
}

// turn returns the value of a button that shows a page of the reply.
func (r *renderer) turn(reply bot.Reply, page int) (value string, ok bool) {
	if reply.Again == nil {
		return "", false
	}
	command, ok := r.find(reply.Again.Command)
	if !ok {
		return "", false
	}
	value = press{does: turnPage, lang: reply.Lang, page: page, action: *reply.Again}.encode(command)
	return value, count(value) <= maxValue
}

// sharing returns the value of a button that shows the reply to everyone.
// Where the reply does not say what shows it again, that is the question,
// with the entry that it was answered by: asked alone it may mean another.
func (r *renderer) sharing(reply bot.Reply, line string) (value string, ok bool) {
	p := press{does: share, lang: reply.Lang}
	var command bot.Command
	switch {
	case reply.Again != nil:
		if command, ok = r.find(reply.Again.Command); !ok {
			return "", false
		}
		p.action = *reply.Again
	case line != "" && hasEntry(reply):
		p.line, p.entry, p.item = line, reply.Answer.Ref, itemOf(reply)
	default:
		return "", false
	}
	value = p.encode(command)
	return value, count(value) <= maxValue
}

// hasEntry reports whether a reply is the answer by an entry.
func hasEntry(reply bot.Reply) bool {
	return reply.Err == nil && reply.Answer != nil && reply.Answer.Status == search.Answered && reply.Answer.Ref.Entry != ""
}

// itemOf returns the point that an answer is about, 0 for none or several.
func itemOf(reply bot.Reply) int {
	if len(reply.Answer.Items) != 1 {
		return 0
	}
	return reply.Answer.Items[0]
}

// fits reports whether Slack takes the blocks as one message.
func fits(blocks []block) bool {
	for _, b := range blocks {
		if b.Type == typeSection && count(b.Text.Text) > maxSection || b.Type == typeHeader && count(b.Text.Text) > maxHeader || len(b.Elements) > maxElements {
			return false
		}
		for _, t := range b.Texts {
			if count(t.Text) > maxSection {
				return false
			}
		}
		for _, e := range b.Elements {
			if len(e.Options) > maxOptions {
				return false
			}
		}
	}
	return len(blocks) <= maxBlocks && size(blocks) <= maxMessage
}

// fallback is the page as plain text, as far as Slack shows it.
func (r *renderer) fallback(reply bot.Reply, p bot.Page) string {
	whole := strings.TrimSpace(bot.PlainText(p.Message, r.phrases(reply.Lang)))
	cut := fit.Cut(whole, maxFallback, func(s string) int { return count(escape(s)) })
	return cmp.Or(escape(cut), "…")
}

// card renders one page of a reply.
func (r *renderer) card(reply bot.Reply, p bot.Page, how rendering) []block {
	w := &cardWriter{renderer: r, lang: reply.Lang, phrases: r.phrases(reply.Lang), asker: how.asker, used: map[string]bool{}}
	w.title(p.Title)
	p.Write(w)
	w.small(p, how.by)
	w.actions(reply, p)
	w.row(append(w.finding(p), w.turning(reply, p, how)...))
	if value, ok := r.sharing(reply, how.line); ok && how.private && reply.Err == nil {
		w.row([]element{w.button(phraseShare, value, "")})
	}
	return w.done()
}

// cardWriter is the bot.Writer of Slack. Text gathers until a block of
// another type follows.
type cardWriter struct {
	*renderer
	lang    content.Lang
	phrases i18n.Printer
	asker   string
	blocks  []block
	text    strings.Builder
	spaced  bool            // the last line ends a paragraph
	ids     int             // action ids so far
	lists   bool            // there is a list whose items lead on
	used    map[string]bool // values so far: what leads to the same place stands once
}

var _ bot.Writer = (*cardWriter)(nil)

func (w *cardWriter) title(title string) {
	title = oneLine(bot.Printable(title))
	switch {
	case title == "":
	case count(title) <= maxHeader:
		w.blocks = append(w.blocks, block{Type: typeHeader, Text: plain(title)})
	default:
		w.line(bold(escape(title)))
	}
}

func (w *cardWriter) line(s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	if w.text.Len() > 0 {
		if count(w.text.String())+count(s)+2 > maxSection {
			w.flush()
			s = strings.TrimLeft(s, "\n")
		} else {
			w.text.WriteByte('\n')
		}
	}
	w.text.WriteString(s)
	w.spaced = false
}

// flush ends the section that is being written.
func (w *cardWriter) flush() {
	if w.text.Len() > 0 {
		w.blocks = append(w.blocks, block{Type: typeSection, Text: mrkdwn(w.text.String())})
		w.text.Reset()
	}
	w.spaced = false
}

func (w *cardWriter) done() []block {
	w.flush()
	if len(w.blocks) == 0 {
		w.line("…") // Slack takes no empty message
		w.flush()
	}
	return w.blocks
}

// separate draws a line, unless nothing stands above it.
func (w *cardWriter) separate() {
	w.flush()
	if n := len(w.blocks); n > 0 && w.blocks[n-1].Type != typeDivider {
		w.blocks = append(w.blocks, block{Type: typeDivider})
	}
}

// Paragraph implements bot.Writer.
func (w *cardWriter) Paragraph(p bot.Paragraph) {
	text := escape(strings.TrimSpace(p.Text))
	if p.Strong {
		w.line(bold(text))
		return
	}
	if w.spaced && strings.TrimSpace(text) != "" {
		text = "\n" + text // between two paragraphs
	}
	w.line(text)
	w.spaced = w.text.Len() > 0
}

// List implements bot.Writer. What its items lead to can be chosen from a
// menu below.
func (w *cardWriter) List(l bot.List) {
	var options []option
	for i, item := range l.Items {
		mark, number := "• ", ""
		if l.Numbered {
			number = strconv.Itoa(max(l.Start, 1)+i) + ". "
			mark = number
		}
		w.line(prefixed(w.item(item), mark, "    "))
		options = w.offer(options, number, item)
	}
	w.lists = w.lists || len(options) > 0
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
	if label == "" {
		return options
	}
	value, ok := w.press(a, maxOptionValue)
	if !ok {
		return options
	}
	o := option{Text: plain(fit.Cut(label, maxLabel, count)), Value: value}
	if description = fit.Cut(description, maxLabel, count); description != "" {
		o.Description = plain(description)
	}
	return append(options, o)
}

// press returns the value of an action, once a message.
func (w *cardWriter) press(a bot.Action, most int) (value string, ok bool) {
	command, ok := w.find(a.Command)
	if !ok {
		return "", false
	}
	value = press{does: doAction, lang: w.lang, action: a}.encode(command)
	if count(value) > most || w.used[value] {
		return "", false
	}
	w.used[value] = true
	return value, true
}

// id returns the next action id.
func (w *cardWriter) id() string {
	w.ids++
	return actionID(w.ids, w.asker)
}

func (w *cardWriter) button(label i18n.Key, value, style string) element {
	return element{Type: typeButton, ActionID: w.id(), Text: plain(w.phrases.T(label)), Value: value, Style: style}
}

// menu adds menus, where there is something to choose.
func (w *cardWriter) menu(placeholder i18n.Key, options []option) {
	if len(options) > 0 {
		w.row([]element{{Type: typeStaticSelect, ActionID: w.id(), Placeholder: plain(w.phrases.T(placeholder)), Options: options}})
	}
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

// small writes the small print: notes, sources, which page this is, and who
// shared it.
func (w *cardWriter) small(p bot.Page, by string) {
	w.flush()
	var lines []string
	for _, note := range p.Notes {
		lines = append(lines, escape(strings.TrimSpace(note)))
	}
	if len(p.Sources) > 0 {
		lines = append(lines, escape(w.phrases.T(bot.PhraseSources)))
	}
	for _, s := range p.Sources {
		lines = append(lines, "• "+w.citation(s))
	}
	if p.Of > 1 {
		lines = append(lines, escape(w.phrases.T(phrasePage, i18n.Args{"Number": p.Number, "Of": p.Of})))
	}
	if by != "" {
		lines = append(lines, escape(w.phrases.T(phraseSharedBy, i18n.Args{"User": oneLine(by)})))
	}
	for _, chunk := range chunks(lines) {
		w.blocks = append(w.blocks, block{Type: typeContext, Texts: []text{*mrkdwn(chunk)}})
	}
}

// chunks joins lines as far as one text of Slack's holds them.
func chunks(lines []string) []string {
	var all []string
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if n := len(all); n > 0 && count(all[n-1])+1+count(line) <= maxSection {
			all[n-1] += "\n" + line
			continue
		}
		all = append(all, line)
	}
	return all
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
// the titles of entries, in a menu. The page of the message comes next, and
// last what its reader thinks of the answer.
func (w *cardWriter) actions(reply bot.Reply, p bot.Page) {
	const shortLabel, mostButtons = 26, 10 // columns; more than ten are a wall
	var buttons []element
	var options []option
	for _, a := range p.Actions {
		label := oneLine(bot.Printable(a.Label))
		switch {
		case label == "":
		case uniseg.StringWidth(label) > shortLabel:
			if len(options) < maxOptions {
				options = w.choice(options, label, "", a)
			}
		case len(buttons) < mostButtons:
			if value, ok := w.press(a, maxValue); ok {
				buttons = append(buttons, element{Type: typeButton, ActionID: w.id(), Text: plain(fit.Cut(label, maxLabel, count)), Value: value})
			}
		}
	}
	if address := w.address(p.URL); address != "" {
		buttons = append(buttons, element{Type: typeButton, ActionID: w.id(), Text: plain(w.phrases.T(phraseOpen)), URL: address})
	}
	w.menu(phraseReadOn, options)
	w.row(append(buttons, w.voting(reply, p)...))
}

// voting returns the buttons by which readers say what they think of an
// answer, on its last page.
func (w *cardWriter) voting(reply bot.Reply, p bot.Page) []element {
	if !w.votes || !hasEntry(reply) || p.Number < p.Of {
		return nil
	}
	var buttons []element
	for _, vote := range []struct {
		does  doing
		label string
		read  i18n.Key
	}{{voteUp, "👍", phraseVoteUp}, {voteDown, "👎", phraseVoteDown}} {
		value := press{does: vote.does, lang: w.lang, entry: reply.Answer.Ref}.encode(bot.Command{})
		buttons = append(buttons, element{
			Type: typeButton, ActionID: w.id(), Text: plain(vote.label), Value: value, ReadOut: w.phrases.T(vote.read),
		})
	}
	return buttons
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

// finding returns the menu that finds briefings and entries as one types,
// where a list is longer than its page.
func (w *cardWriter) finding(p bot.Page) []element {
	if p.Of <= 1 || !w.lists {
		return nil
	}
	return []element{w.finder()}
}

// turning returns the buttons to the page before and to the next.
func (w *cardWriter) turning(reply bot.Reply, p bot.Page, how rendering) []element {
	if p.Of <= 1 || !how.turned {
		return nil
	}
	var buttons []element
	for _, to := range []struct {
		page  int
		label i18n.Key
	}{{p.Number - 1, phraseBack}, {p.Number + 1, phraseNext}} {
		if value, ok := w.turn(reply, to.page); ok && to.page >= 1 && to.page <= p.Of {
			buttons = append(buttons, w.button(to.label, value, "primary"))
		}
	}
	return buttons
}

// row adds elements that stand side by side.
func (w *cardWriter) row(elements []element) {
	w.flush()
	for len(elements) > 0 {
		n := min(len(elements), maxElements)
		w.blocks = append(w.blocks, block{Type: typeActions, Elements: elements[:n:n]})
		elements = elements[n:]
	}
}
