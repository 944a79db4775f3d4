package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteText writes the result for people: a table, then each failing case
// with what came back.
func (r Result) WriteText(w io.Writer) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tright\twrong\tunanswered\tright %\trefused\tfalse\tfalse %\t")
	row := func(name string, s Score) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%d\t%d\t%s\t\n", name,
			s.Right, s.Wrong, s.Unanswered, percent(s.RightShare(), s.InScope()),
			s.Refused, s.False, percent(s.FalseShare(), s.OutOfScope()))
	}
	row("all", r.Total)
	for _, group := range []map[string]Score{r.ByLang, r.ByKind} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			row(named(name), group[name])
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\n%s %s (%s, %s): %s\n", f.Verdict, f.Case.ID, named(f.Case.Kind), named(f.Case.Lang), f.Reason)
		for _, earlier := range f.Case.Context {
			fmt.Fprintf(&b, "  after: %s\n", earlier)
		}
		fmt.Fprintf(&b, "  asked: %s\n", f.Case.Question)
		if f.Reply.Entry != "" {
			fmt.Fprintf(&b, "  found: %s (confidence %.2f)\n", f.Reply.Entry, f.Reply.Confidence)
		}
		fmt.Fprintf(&b, "  reply: %s\n", strings.ReplaceAll(f.Reply.Text, "\n", "\n         "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(share float64, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", 100*share)
}

func named(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
