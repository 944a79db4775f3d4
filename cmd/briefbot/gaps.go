package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"briefbot/adapters/sqlstore"
	"briefbot/bot"
	"briefbot/bot/gaps"
	"briefbot/content"
	"briefbot/content/load"
	"briefbot/content/search"
)

func (p *program) gapsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "gaps [FILE]",
		Short: "List what was asked and not answered, ready to be pasted",
		Long: `List the questions that the server did not answer, those that ask much the
same together, those asked most first, as YAML that can be pasted into a
briefing: aliases for the entry that comes nearest and the stub of a new one.
What the briefings answer by now is left out. Below stands what readers think of
answers, by 👍 and 👎, the entries that are liked least first.

Without a file it is read from the store or, where there is none, from
gaps.file, and is that of the last days, gaps.days of them.`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(command *cobra.Command, files []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			switch {
			case len(files) == 0 && c.keptAddress() != "":
				return p.withStore(command, func(ctx context.Context, store *sqlstore.Store) error {
					return p.listGaps(ctx, c, store, c.gapsSince(p.now()))
				})
			case len(files) == 0:
				files = []string{c.gapsFile()}
			}
			kept, err := gaps.Read(files[0])
			if err != nil {
				return fmt.Errorf("%s cannot be read: %w", files[0], cause(err))
			}
			return p.listGaps(command.Context(), c, kept, content.Date{})
		},
	}
	addSettings(command, "content")
	return command
}

func (p *program) listGaps(ctx context.Context, c *config, tallies bot.Tallies, since content.Date) error {
	questions, err := gaps.Questions(ctx, tallies, since)
	if err != nil {
		return err
	}
	votes, err := gaps.VotesSince(ctx, tallies, since)
	if err != nil {
		return err
	}
	if len(questions) == 0 {
		if _, err := fmt.Fprintln(p.out, "No question is known that was not answered."); err != nil || len(votes) == 0 {
			return err
		}
	}
	library, report := read(&load.Loader{}, c.Content.Paths)
	if err := report.Err(); err != nil {
		return err
	}
	now := p.now()
	visible, _ := library.VisibleAt(now)
	clusters := gaps.Clusters(questions, search.Build(visible), now)
	if err := gaps.Write(p.out, clusters, visible); err != nil {
		return err
	}
	if len(clusters) > 0 && len(votes) > 0 {
		if _, err := fmt.Fprintln(p.out); err != nil {
			return err
		}
	}
	return gaps.WriteVotes(p.out, votes, visible)
}

// gapsSince is the first day of which tallies are read.
func (c *config) gapsSince(now time.Time) content.Date {
	days := cmp.Or(c.Gaps.Days, defaultConfig().Gaps.Days)
	year, month, day := now.UTC().AddDate(0, 0, -days).Date()
	return content.Date{Year: year, Month: month, Day: day}
}

// gapsFile returns where unanswered questions and votes are kept, "" for in memory only.
func (c *config) gapsFile() string {
	if c.Gaps.File != "" {
		return c.Gaps.File
	}
	history := historyFile()
	if history == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(history), "gaps.jsonl")
}

// openTallies opens what counts unanswered questions and votes: the store,
// where there is one, otherwise a file. It is nil where that is switched off.
// What cannot be written is counted in memory.
func (p *program) openTallies(c *config, store *sqlstore.Store) (tallies bot.Tallies, end func() error, err error) {
	end = func() error { return nil }
	switch {
	case store != nil:
		return store, end, nil
	case c.Gaps.Days == 0:
		return nil, end, nil
	}
	kept, err := gaps.Open(c.gapsFile(), c.Gaps.Days, p.now)
	if err != nil {
		memory, _ := gaps.Open("", c.Gaps.Days, p.now) // without a file nothing fails
		return memory, end, err
	}
	return kept, kept.Close, nil
}
