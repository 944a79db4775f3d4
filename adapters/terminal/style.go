package terminal

import (
	"io"
	"os"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/term"
	"github.com/muesli/termenv"
)

// Style is what a terminal can show. The zero Style is plain text on lines
// of any length, for pipes and files.
type Style struct {
	Width  int  // columns of the terminal, 0 for lines of any length
	Colour bool // bold, faint and coloured text
}

// The bounds of a line. Text wider than maxWidth is hard to follow with the
// eye; under minWidth wrapping leaves nothing readable, and the terminal
// breaks lines by itself.
const (
	maxWidth = 92
	minWidth = 20
)

// Detect returns what can be shown on w: nothing but plain text where it is
// no terminal, no colour where NO_COLOR or TERM=dumb ask for none.
func Detect(w io.Writer) Style {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return Style{}
	}
	style := Style{Width: 80, Colour: termenv.NewOutput(f).EnvColorProfile() != termenv.Ascii}
	if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
		style.Width = width
	}
	return style
}

// measure returns the columns that text may take, 0 for no bound.
func (s Style) measure() int {
	if s.Width < minWidth {
		return 0
	}
	return min(s.Width-1, maxWidth) // the last column stays free: some terminals break after it
}

// paints are the ways in which text is set off.
type paints struct {
	title, strong, faint, key lipgloss.Style
}

func (s Style) paints() paints {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.Ascii)
	if s.Colour {
		// The sixteen colours of the terminal's own theme are readable on
		// light and on dark.
		r.SetColorProfile(termenv.ANSI)
	}
	plain := r.NewStyle().Inline(true)
	return paints{
		title:  plain.Bold(true).Foreground(lipgloss.ANSIColor(6)),
		strong: plain.Bold(true),
		faint:  plain.Faint(true),
		key:    plain.Foreground(lipgloss.ANSIColor(6)),
	}
}
