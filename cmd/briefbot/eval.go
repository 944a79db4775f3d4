package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/eval"
)

// evalOptions are what "briefbot eval" was told.
type evalOptions struct {
	*program
	json     bool
	minRight float64 // per cent
	maxFalse float64 // per cent
}

func (p *program) evalCommand() *cobra.Command {
	o := evalOptions{program: p}
	command := &cobra.Command{
		Use:   "eval FILE…",
		Short: "Measure answers against questions with known answers",
		Long: `Ask every question of files with one JSON case a line and score the replies:
right, wrong and unanswered where the briefings hold the answer; refused and
false where they do not. The last lines are the totals. With --min-right or
--max-false the exit code is 1 when that is missed.`,
		Example: `  briefbot eval questions.jsonl
  briefbot eval --content my-briefings --min-right 85 --max-false 8 a.jsonl b.jsonl`,
		Args: usage(someFiles),
		RunE: func(command *cobra.Command, files []string) error {
			if err := o.check(); err != nil {
				return usageError{err}
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			return o.run(command.Context(), c, files)
		},
	}
	command.Flags().BoolVar(&o.json, "json", false, "write one JSON object")
	command.Flags().Float64Var(&o.minRight, "min-right", 0, "fail where fewer `PERCENT` of the answers are right")
	command.Flags().Float64Var(&o.maxFalse, "max-false", 100, "fail where more `PERCENT` of the refusals are missing")
	addSettings(command, "content", "log-level", "log-format")
	return command
}

func (o *evalOptions) check() error {
	switch {
	case !(o.minRight >= 0 && o.minRight <= 100):
		return fmt.Errorf("--min-right is %v: it must be a percentage from 0 to 100", o.minRight)
	case o.minRight > 0 && o.minRight < 1:
		return fmt.Errorf("--min-right is %v: it is in per cent, write %g for %g %%", o.minRight, 100*o.minRight, 100*o.minRight)
	case !(o.maxFalse >= 0 && o.maxFalse <= 100):
		return fmt.Errorf("--max-false is %v: it must be a percentage from 0 to 100", o.maxFalse)
	}
	return nil
}

func (o *evalOptions) run(ctx context.Context, c *config, files []string) error {
	cases, err := o.cases(files)
	if err != nil {
		return err
	}
	router, err := o.openRouter(c, commands.Options{}, newLog(c.Log, o.err))
	if err != nil {
		return err
	}
	ask := func(ctx context.Context, q bot.Case) bot.Record { return bot.Ask(ctx, router, q) }
	result, err := eval.Run(ctx, ask, cases)
	if err != nil {
		return err
	}
	if err := o.write(result); err != nil {
		return err
	}
	return eval.Gate{MinRight: o.minRight / 100, MaxFalse: o.maxFalse / 100}.Check(result)
}

func (o *evalOptions) cases(files []string) ([]eval.Case, error) {
	var all []eval.Case
	for _, name := range files {
		in := o.in
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
			}
			defer f.Close()
			in = f
		}
		cases, err := eval.Read(name, in)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

func (o *evalOptions) write(r eval.Result) error {
	if o.json {
		return newEncoder(o.out).Encode(r)
	}
	if err := r.WriteText(o.out); err != nil {
		return err
	}
	t := r.Total
	_, err := fmt.Fprintf(o.out, "\nright answers: %.1f %% (%d of %d)\nfalse answers: %.1f %% (%d of %d)\n",
		100*r.RightShare, t.Right, t.InScope(), 100*r.FalseShare, t.False, t.OutOfScope())
	return err
}

// someFiles wants at least one file of questions.
func someFiles(_ *cobra.Command, files []string) error {
	if len(files) == 0 {
		return errors.New("name at least one file of questions, a JSON object a line")
	}
	return nil
}
