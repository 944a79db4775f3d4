package terminal

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/rivo/uniseg"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

// Render writes a message as text. Every string of the message is cleaned:
// nothing in it can steer the terminal.
func Render(m bot.Message, phrases i18n.Printer, style Style) string {
	w := newRenderer(phrases, style)
	w.message(m)
	return w.text()
}

// renderNumbered writes a reply with its actions under numbers. It returns
// what each number does that the user may type next.
func renderNumbered(r bot.Reply, phrases i18n.Printer, style Style) (string, choices) {
	w := newRenderer(phrases, style)
	w.choices = choices{}
	if r.Turn != nil && r.Turn.Ref.Entry != "" {
		w.entry = r.Turn.Ref.String()
	}
	w.message(r.Message)
	w.actions(r.Message.Actions)
	return w.text(), w.choices
}

// choices are the numbers that may be typed next, with what they do.
type choices map[int]bot.Action

// renderer is the bot.Writer of terminals.
type renderer struct {
	out     strings.Builder
	phrases i18n.Printer
	paints  paints
	width   int
	choices choices // nil where nothing can be chosen
	entry   string  // whose points a numbered list shows, "" for none
	used    int     // the highest number shown
}

var _ bot.Writer = (*renderer)(nil)

func newRenderer(phrases i18n.Printer, style Style) *renderer {
	return &renderer{phrases: phrases, paints: style.paints(), width: style.measure()}
}

func (w *renderer) text() string { return strings.TrimRight(w.out.String(), "\n") + "\n" }

// message writes everything but actions.
func (w *renderer) message(m bot.Message) {
	if m.Title != "" {
		w.lines("", m.Title, w.paints.title)
	}
	m.Write(w)
	w.gap()
	for _, note := range m.Notes {
		w.lines("", note, w.paints.faint)
	}
	if len(m.Sources) > 0 {
		w.lines("", w.phrases.T(bot.PhraseSources), w.paints.faint)
		for _, s := range m.Sources {
			w.lines("  - ", s.Line(w.phrases), w.paints.faint)
		}
	}
	w.address("", m.URL)
}

// gap sets parts of a message off on a terminal. In a pipe an empty line ends
// a reply.
func (w *renderer) gap() {
	if w.width > 0 && w.out.Len() > 0 {
		w.out.WriteByte('\n')
	}
}

// lines writes wrapped text, the first line after mark and the others under
// its first character.
func (w *renderer) lines(mark, text string, paint lipgloss.Style) {
	margin := uniseg.StringWidth(mark)
	width := w.width
	if width > 0 {
		width = max(width-margin, minWidth)
	}
	for i, line := range wrap(strings.TrimSpace(clean(text)), width) {
		lead := mark
		if i > 0 {
			lead = strings.Repeat(" ", margin)
		}
		if line != "" {
			line = paint.Render(line)
		}
		w.out.WriteString(strings.TrimRight(lead+line, " ") + "\n")
	}
}

func (w *renderer) Paragraph(p bot.Paragraph) {
	paint := lipgloss.NewStyle()
	if p.Strong {
		paint = w.paints.strong
	}
	w.lines("", p.Text, paint)
}

func (w *renderer) List(l bot.List) {
	start := max(l.Start, 1)
	for i, item := range l.Items {
		mark := "  - "
		switch {
		case l.Numbered:
			n := start + i
			mark = "  " + strconv.Itoa(n) + ". "
			w.used = max(w.used, n)
			w.offer(n, cmp.Or(item.Action, w.point(n)))
		case item.Action != nil && w.choices != nil:
			n := w.used + 1
			w.used = n
			mark = "  [" + strconv.Itoa(n) + "] "
			w.offer(n, item.Action)
		}
		text := item.Title
		if item.Title != "" && item.Text != "" {
			text += w.phrases.T("label.colon")
		}
		w.lines(mark, text+item.Text, lipgloss.NewStyle())
		w.address(strings.Repeat(" ", len(mark)), item.URL)
	}
}

// point returns what shows one point of the entry that was answered with.
func (w *renderer) point(n int) *bot.Action {
	if w.entry == "" {
		return nil
	}
	return &bot.Action{Command: "show", Args: map[string]string{"entry": w.entry, "item": strconv.Itoa(n)}}
}

func (w *renderer) offer(n int, action *bot.Action) {
	if action != nil && w.choices != nil {
		w.choices[n] = *action
	}
}

func (w *renderer) Fields(fields bot.Fields) {
	for _, f := range fields {
		w.lines("", f.Name+w.phrases.T("label.colon")+f.Value, lipgloss.NewStyle())
	}
}

func (w *renderer) Quote(q bot.Quote) {
	w.lines("  │ ", w.phrases.T("label.quoted", i18n.Args{"Text": q.Text}), lipgloss.NewStyle())
	if q.By != "" {
		w.lines("  │ ", "— "+q.By, w.paints.faint)
	}
}

func (w *renderer) Divider(bot.Divider) {
	w.lines("", "---", w.paints.faint)
}

// address writes a web address alone on its line, where terminals make a link
// of it. A path leads nowhere from a terminal.
func (w *renderer) address(margin, url string) {
	if addressLen(url) > 0 {
		w.lines(margin, url, w.paints.faint)
	}
}

// actions writes the follow-ups on lines of their own, numbered.
func (w *renderer) actions(actions []bot.Action) {
	if len(actions) == 0 {
		return
	}
	w.out.WriteByte('\n')
	const gap = "   "
	column := 0
	for _, a := range actions {
		w.used++
		w.offer(w.used, &a)
		mark := "[" + strconv.Itoa(w.used) + "] "
		label := strings.ReplaceAll(clean(a.Label), "\n", " ")
		columns := len(mark) + uniseg.StringWidth(label)
		switch {
		case column == 0:
		case w.width > 0 && column+len(gap)+columns > w.width:
			w.out.WriteByte('\n')
			column = 0
		default:
			w.out.WriteString(gap)
			column += len(gap)
		}
		w.out.WriteString(w.paints.key.Render(mark + label))
		column += columns
	}
	w.out.WriteByte('\n')
}
