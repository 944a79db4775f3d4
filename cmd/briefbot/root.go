package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes of the program.
const (
	exitFailed = 1 // it was understood and did not succeed
	exitUsage  = 2 // it was not understood
)

// errReported ends a command whose output says already what is wrong.
var errReported = errors.New("reported")

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// run runs the command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.rootCommand()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return exitFailed
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(p.err, "briefbot: %s\n", strings.TrimRight(line, "\n"))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(p.err, "Run \"%s --help\" to see how it is used.\n", command.CommandPath())
		return exitUsage
	}
	return exitFailed
}

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "briefbot",
		Short: "Answers from briefings, with their sources and as-of dates",
		Long: `Briefbot answers questions from briefings that editors keep, in Chinese and
English, with sources and as-of dates. What the briefings do not hold it does
not know.

  briefbot serve                     the web page on http://127.0.0.1:8080
  briefbot chat                      a conversation in this terminal
  briefbot ask "APEC 2026 host"      one answer
  briefbot check my-briefings        the faults of content, file by file`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return command.Help()
			}
			return usageError{unknownCommand(command, args[0])}
		},
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&p.configPath, "config", "", "read the configuration from `FILE`")
	root.AddCommand(p.askCommand(), p.chatCommand(), p.serveCommand(), p.healthCommand(), p.discordCommand(), p.slackCommand(), p.doctorCommand(),
		p.checkCommand(), p.evalCommand(), p.gapsCommand(), p.digestCommand(), p.configCommand(), p.backupCommand(), p.restoreCommand(), p.schemaCommand(), p.versionCommand())
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = knownCommand
	}
	return root
}

// knownCommand lets help be asked for commands that there are.
func knownCommand(help *cobra.Command, words []string) error {
	if command, rest, err := help.Root().Find(words); err != nil || len(rest) > 0 {
		return usageError{unknownCommand(command, strings.Join(rest, " "))}
	}
	return nil
}

// unknownCommand names the command that is the nearest to word.
func unknownCommand(root *cobra.Command, word string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if name := nearest(word, names); name != "" {
		return fmt.Errorf("there is no command %q; did you mean %q?", word, name)
	}
	return fmt.Errorf("there is no command %q; to ask a question write: briefbot ask %q", word, word)
}

// usage makes every error of args one of the command line.
func usage(args cobra.PositionalArgs) cobra.PositionalArgs {
	return func(command *cobra.Command, words []string) error {
		if err := args(command, words); err != nil {
			return usageError{err}
		}
		return nil
	}
}
