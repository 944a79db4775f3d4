package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"briefbot/bench/cluster"
)

// classes are what is tallied apart, in the order of the table.
func classes() []string {
	return []string{"Discord", "Slack, history readable", "Slack, history not readable", "nobody's"}
}

// tableOf is a table of Markdown.
func tableOf(all []outcome) string {
	var b strings.Builder
	b.WriteString("| deployment | to | messages expected | received | lost | duplicates | ambiguous outcomes | not expected |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, o := range all {
		for _, class := range classes() {
			if t := o.tallies[class]; t != nil {
				fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d |\n", o.name, class, t.Expected, t.Received, t.Lost, t.Duplicates, t.Ambiguous, t.Strays)
			}
		}
	}
	return b.String()
}

// happened is what went wrong, as a table of Markdown.
func happened(all []outcome) string {
	var names []string
	for _, o := range all {
		for _, c := range o.troubles {
			if !slices.Contains(names, c.what) {
				names = append(names, c.what)
			}
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("| what happened |")
	for _, o := range all {
		b.WriteString(" " + o.name + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(all)) + "\n")
	for _, name := range names {
		b.WriteString("| " + name + " |")
		for _, o := range all {
			i := slices.IndexFunc(o.troubles, func(c count) bool { return c.what == name })
			n := 0
			if i >= 0 {
				n = o.troubles[i].n
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// details tell what a table has no room for.
func (o outcome) details() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %d deliveries in %s; %d left unfinished; of what was published meanwhile channels were told %d times, and %d times again.\n",
		o.name, o.deliveries, o.took.Round(time.Second), o.left, o.news.told, o.news.again)
	for _, platform := range []string{"discord", "slack"} {
		c := o.counts[platform]
		fmt.Fprintf(&b, "  %s: %d requests, %d answered 429, of which %d were over a limit; %d sent before a 429 allowed it, %d rules broken\n",
			platform, c.Requests, c.Limited, c.OverLimit, c.Early, c.Broken)
		for _, v := range c.Violations[:min(len(c.Violations), 5)] {
			fmt.Fprintf(&b, "    %s\n", v)
		}
	}
	for _, class := range classes() {
		if t := o.tallies[class]; t != nil {
			for _, wrong := range t.Wrong {
				fmt.Fprintf(&b, "  %s: %s\n", class, wrong)
			}
		}
	}
	return b.String()
}

// verdict is an error where a promise was not kept.
func verdict(all []outcome) error {
	var broken []error
	for _, o := range all {
		say := func(n int, format string, args ...any) {
			if n > 0 {
				broken = append(broken, fmt.Errorf("%s: "+format, append([]any{o.name}, args...)...))
			}
		}
		say(o.left, "%d occurrences are not finished", o.left)
		say(o.news.again, "%d times a channel was told again what it knew", o.news.again)
		for _, class := range classes() {
			t := o.tallies[class]
			if t == nil {
				continue
			}
			say(t.Lost, "%d messages were lost (%s)", t.Lost, class)
			say(t.Strays, "%d messages were not expected (%s)", t.Strays, class)
			if class == "Slack, history not readable" {
				say(t.Unexplained, "%d duplicates have no ambiguous outcome to explain them (%s)", t.Unexplained, class)
			} else {
				say(t.Duplicates, "%d messages arrived more than once (%s)", t.Duplicates, class)
			}
		}
	}
	return errors.Join(broken...)
}

// explain tells what the database knows of what did not arrive.
func explain(ctx context.Context, w io.Writer, d *cluster.Deployment, due []cluster.Due, posts []cluster.Post) error {
	distinct := map[string]map[string]bool{}
	for _, p := range posts {
		if distinct[p.Channel] == nil {
			distinct[p.Channel] = map[string]bool{}
		}
		distinct[p.Channel][p.Key] = true
	}
	told := 0
	for _, one := range due {
		if len(distinct[one.Place.Channel]) == one.Slots*one.Posts || told == 10 {
			continue
		}
		told++
		history, err := d.Store.Digests().History(ctx, one.Subscription.ID, 20)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s in %s received %d of %d:\n", one.Subscription.ID, one.Place.Channel, len(distinct[one.Place.Channel]), one.Slots*one.Posts)
		for _, h := range history {
			fmt.Fprintf(w, "  %s is %s %s after %d attempts\n", h.ID, h.State, h.Reason, h.Attempts)
		}
	}
	return nil
}

// The marks between which a document holds the figures.
const (
	figuresBegin = "<!-- figures of make chaos -->\n"
	figuresEnd   = "<!-- end of the figures -->\n"
)

func writeInto(document string, seed uint64, all []outcome) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), figuresBegin)
	_, after, ok2 := strings.Cut(rest, figuresEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the figures", document)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d.", seed)
	for _, o := range all {
		fmt.Fprintf(&b, " %s: %d deliveries in %d minutes; of what was published meanwhile channels were told %d times, and again %d times.",
			strings.ToUpper(o.name[:1])+o.name[1:], o.deliveries, int(o.took.Round(time.Minute)/time.Minute), o.news.told, o.news.again)
	}
	fmt.Fprintf(&b, "\n\n%s\n%s", tableOf(all), happened(all))
	return os.WriteFile(document, []byte(before+figuresBegin+"\n"+b.String()+"\n"+figuresEnd+after), 0o644)
}
