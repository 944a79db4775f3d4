package gaps

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/content"
	"briefbot/content/search"
)

// alike is how like the first question of a cluster another one has to be.
const alike = 0.5

// Question is a question that was not answered.
type Question struct {
	Text  string
	Count int
	Last  content.Date // on which it was asked last
}

// Questions returns the questions that were not answered since a day, those
// asked most first.
func Questions(ctx context.Context, tallies bot.Tallies, since content.Date) ([]Question, error) {
	all, err := tallies.Tallied(ctx, bot.Gap, since, textsMost)
	var questions []Question
	for _, t := range all {
		if t.Text != "" {
			questions = append(questions, Question{Text: t.Text, Count: t.Count, Last: t.Last})
		}
	}
	return questions, err
}

// Cluster is questions that ask much the same.
type Cluster struct {
	Questions []Question   // those asked most first
	Count     int          // of all of them
	Near      *content.Ref // the entry that comes nearest, nil for none
}

// Clusters groups questions, which come with those asked most first, and finds
// what is near them. Those that are answered by now are left out.
func Clusters(questions []Question, index *search.Index, now time.Time) []Cluster {
	var out []Cluster
	for _, q := range questions {
		answer := index.Ask(search.Query{Question: q.Text, AskedAt: now})
		if answer.Status == search.Answered {
			continue
		}
		at := slices.IndexFunc(out, func(c Cluster) bool { return search.Alike(c.Questions[0].Text, q.Text) >= alike })
		if at < 0 {
			at = len(out)
			c := Cluster{}
			if len(answer.Suggestions) > 0 {
				c.Near = &answer.Suggestions[0].Ref
			}
			out = append(out, c)
		}
		out[at].Questions = append(out[at].Questions, q)
		out[at].Count += q.Count
	}
	slices.SortStableFunc(out, func(a, b Cluster) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// Write writes clusters as YAML that an editor can paste into a briefing:
// aliases for the entry that is near, and the stub of an entry in any case.
func Write(w io.Writer, clusters []Cluster, library *content.Library) error {
	for i, c := range clusters {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, c.yaml(library)); err != nil {
			return err
		}
	}
	return nil
}

func (c Cluster) yaml(library *content.Library) string {
	var b strings.Builder
	last := c.Questions[0].Last
	for _, q := range c.Questions {
		if q.Last.Compare(last) > 0 {
			last = q.Last
		}
	}
	fmt.Fprintf(&b, "# Asked %s, last on %s.\n", times(c.Count), last)
	if c.Near != nil {
		if _, e := library.Entry(*c.Near); e != nil {
			fmt.Fprintf(&b, "# If %s (%s) answers it:\n    aliases:\n", c.Near, oneLine(cmp.Or(e.Title.English, e.Title.Hans)))
			c.list(&b)
			b.WriteString("# If not, a new entry:\n")
		}
	}
	title := c.Questions[0].Text
	lang := search.DetectLang(title, content.English)
	fmt.Fprintf(&b, "  - id: new-entry\n    kind: fact\n    title: {%s: %s}\n    answer: {%s: \"\"}\n    sources: []\n    ask:\n", lang, quoted(title), lang)
	c.list(&b)
	return b.String()
}

func (c Cluster) list(b *strings.Builder) {
	for _, q := range c.Questions {
		fmt.Fprintf(b, "      - %s # %s\n", quoted(q.Text), times(q.Count))
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// quoted writes a text as a double-quoted scalar of YAML, whatever it holds.
func quoted(s string) string { return strconv.Quote(s) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
