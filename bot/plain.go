package bot

import (
	"fmt"
	"strings"
	"unicode"

	"briefbot/bot/i18n"
)

// Phrases of plain text.
const (
	PhraseSources i18n.Key = "label.sources"
)

// PlainText writes a message as plain text, as it is read in a terminal, in
// a pipe and in the text of the JSON API. Actions are left out, and so are
// characters that steer a terminal or turn the direction of text.
func PlainText(m Message, phrases i18n.Printer) string {
	w := &plainWriter{lang: phrases}
	if m.Title != "" {
		w.line(m.Title)
	}
	m.Write(w)
	for _, note := range m.Notes {
		w.line(note)
	}
	if len(m.Sources) > 0 {
		w.line(phrases.T(PhraseSources))
		for _, s := range m.Sources {
			w.line("- " + s.Line(phrases))
		}
	}
	return Printable(strings.TrimRight(w.b.String(), "\n"))
}

// Printable drops what is no text: control characters but line breaks, and
// those that turn the direction of the text around them. Joiners stay: emoji
// are made of them.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Line writes the citation on one line: publisher, title, date, address.
func (c Citation) Line(phrases i18n.Printer) string {
	parts := []string{c.Publisher}
	if c.Title != "" {
		parts = append(parts, phrases.T("label.quoted_title", i18n.Args{"Title": c.Title}))
	}
	if !c.Date.IsZero() {
		parts = append(parts, phrases.Date(c.Date))
	}
	if c.URL != "" {
		parts = append(parts, c.URL)
	}
	line := strings.Join(parts, phrases.T("label.comma"))
	if c.Note != "" {
		line += phrases.T("label.note", i18n.Args{"Note": c.Note})
	}
	return line
}

type plainWriter struct {
	b    strings.Builder
	lang i18n.Printer
}

func (w *plainWriter) line(s string) {
	w.b.WriteString(s)
	w.b.WriteByte('\n')
}

func (w *plainWriter) Paragraph(p Paragraph) { w.line(p.Text) }

func (w *plainWriter) List(l List) {
	for i, item := range l.Items {
		mark := "- "
		if l.Numbered {
			mark = fmt.Sprintf("%d. ", max(l.Start, 1)+i)
		}
		text := item.Title
		if item.Title != "" && item.Text != "" {
			text += w.lang.T("label.colon")
		}
		w.line(mark + text + item.Text)
	}
}

func (w *plainWriter) Fields(fields Fields) {
	for _, f := range fields {
		w.line(f.Name + w.lang.T("label.colon") + f.Value)
	}
}

func (w *plainWriter) Quote(q Quote) {
	text := w.lang.T("label.quoted", i18n.Args{"Text": q.Text})
	if q.By != "" {
		text += " — " + q.By
	}
	w.line(text)
}

func (w *plainWriter) Divider(Divider) { w.line("---") }
