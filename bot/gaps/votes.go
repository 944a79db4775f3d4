package gaps

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"briefbot/bot"
	"briefbot/content"
)

// Votes are what readers think of the answers by one entry.
type Votes struct {
	Entry    string // as content.Ref writes it
	Up, Down int    // those that were taken back left out
}

// VotesSince returns what readers thought since a day: of the entries with
// most 👎 first, then of those with most 👍.
func VotesSince(ctx context.Context, tallies bot.Tallies, since content.Date) ([]Votes, error) {
	byEntry := map[string]*Votes{}
	for _, sum := range []struct {
		kind bot.TallyKind
		add  func(*Votes, int)
	}{
		{bot.ThumbsUp, func(v *Votes, n int) { v.Up += n }},
		{bot.ThumbsDown, func(v *Votes, n int) { v.Down += n }},
		{bot.ThumbsUpBack, func(v *Votes, n int) { v.Up -= n }},
		{bot.ThumbsDownBack, func(v *Votes, n int) { v.Down -= n }},
	} {
		all, err := tallies.Tallied(ctx, sum.kind, since, textsMost)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			if t.Text == "" {
				continue
			}
			if byEntry[t.Text] == nil {
				byEntry[t.Text] = &Votes{Entry: t.Text}
			}
			sum.add(byEntry[t.Text], t.Count)
		}
	}
	var votes []Votes
	for _, v := range byEntry {
		v.Up, v.Down = max(v.Up, 0), max(v.Down, 0) // what was taken back may be older than the day
		if v.Up+v.Down > 0 {
			votes = append(votes, *v)
		}
	}
	slices.SortFunc(votes, func(a, b Votes) int {
		return cmp.Or(cmp.Compare(b.Down, a.Down), cmp.Compare(b.Up, a.Up), cmp.Compare(a.Entry, b.Entry))
	})
	return votes, nil
}

// WriteVotes writes votes as a comment of YAML, with the titles of the entries.
func WriteVotes(w io.Writer, votes []Votes, library *content.Library) error {
	if len(votes) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w, "# What readers think of answers, the least liked first:"); err != nil {
		return err
	}
	for _, v := range votes {
		title := "no longer there"
		if ref, ok := content.ParseRef(v.Entry); ok {
			if _, e := library.Entry(ref); e != nil {
				title = oneLine(cmp.Or(e.Title.English, e.Title.Hans))
			}
		}
		if _, err := fmt.Fprintf(w, "#   👎 %d  👍 %d  %s (%s)\n", v.Down, v.Up, oneLine(v.Entry), title); err != nil {
			return err
		}
	}
	return nil
}
