package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"briefbot/content/load"
)

// checkOptions are what "briefbot check" was told.
type checkOptions struct {
	*program
	json   bool
	strict bool // warnings count as errors
}

func (p *program) checkCommand() *cobra.Command {
	o := checkOptions{program: p}
	command := &cobra.Command{
		Use:   "check [PATH…]",
		Short: "Check briefings and list every fault",
		Long: `Check briefings as a compiler does: every fault of every file in one run, as
"file:line:column: message". Example questions are asked, all of them. Without
a path the configured content is checked, or the briefings that come with the
program. The exit code is 1 where there are errors.`,
		Example: `  briefbot check my-briefings
  briefbot check --warnings-as-errors --json a.yaml b.yaml`,
		RunE: func(command *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				c, err := readConfig(p.configPath, command.Flags())
				if err != nil {
					return err
				}
				paths = c.Content.Paths
			}
			return o.run(paths)
		},
	}
	command.Flags().BoolVar(&o.strict, "warnings-as-errors", false, "fail where there are warnings too")
	command.Flags().BoolVar(&o.json, "json", false, "write one JSON object")
	return command
}

// checked is the outcome as JSON.
type checked struct {
	Briefings int     `json:"briefings"`
	Entries   int     `json:"entries"`
	Errors    int     `json:"errors"`
	Warnings  int     `json:"warnings"`
	Faults    []fault `json:"faults"`
}

type fault struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"`
}

func (o *checkOptions) run(paths []string) error {
	library, report := read(&load.Loader{Examples: true}, paths)
	c := checked{Errors: len(report.Errors()), Warnings: len(report.Warnings()), Faults: []fault{}}
	if library != nil {
		c.Briefings, c.Entries = len(library.Briefings()), library.Len()
	}
	if err := o.write(c, report); err != nil {
		return err
	}
	if c.Errors > 0 || (o.strict && c.Warnings > 0) {
		return errReported
	}
	return nil
}

func (o *checkOptions) write(c checked, report load.Report) error {
	if o.json {
		for _, f := range report.Faults {
			c.Faults = append(c.Faults, fault(f))
		}
		return newEncoder(o.out).Encode(c)
	}
	if err := writeLines(o.out, faultLines(report.Faults)); err != nil {
		return err
	}
	total := count(c.Errors, "error") + ", " + count(c.Warnings, "warning")
	if c.Errors == 0 {
		total = count(c.Briefings, "briefing") + ", " + fmt.Sprintf("%d %s", c.Entries, entries(c.Entries)) + ": " + total
	}
	_, err := fmt.Fprintln(o.out, total)
	return err
}

func entries(n int) string {
	if n == 1 {
		return "entry"
	}
	return "entries"
}
