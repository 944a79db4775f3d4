package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"briefbot/bot/gaps"
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
What the briefings answer by now is left out. Without a file the one of the
configuration is read, gaps.file.`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(command *cobra.Command, files []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			file := c.gapsFile()
			if len(files) > 0 {
				file = files[0]
			}
			return p.listGaps(c, file)
		},
	}
	addSettings(command, "content")
	return command
}

func (p *program) listGaps(c *config, file string) error {
	questions, err := gaps.Read(file)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", file, cause(err))
	}
	if len(questions) == 0 {
		_, err := fmt.Fprintln(p.out, "No question is known that was not answered.")
		return err
	}
	library, report := read(&load.Loader{}, c.Content.Paths)
	if err := report.Err(); err != nil {
		return err
	}
	now := p.now()
	visible, _ := library.VisibleAt(now)
	return gaps.Write(p.out, gaps.Clusters(questions, search.Build(visible), now), visible)
}

// gapsFile returns where unanswered questions are kept, "" for in memory only.
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

// openGaps opens what counts unanswered questions, nil where that is switched
// off. What cannot be written is counted in memory.
func (p *program) openGaps(c *config) (*gaps.Keeper, error) {
	if c.Gaps.Days == 0 {
		return nil, nil
	}
	age := time.Duration(c.Gaps.Days) * 24 * time.Hour
	k, err := gaps.Open(c.gapsFile(), age, p.now())
	if err != nil {
		memory, _ := gaps.Open("", age, p.now()) // without a file nothing fails
		return memory, err
	}
	return k, nil
}
