package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/content"
)

func (p *program) chatCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "chat",
		Short: "Talk in this terminal",
		Long: `Talk in this terminal: ask, follow up, choose by number. Tab completes, the
arrow keys bring back what was typed before, Ctrl-D leaves. In a pipe it
answers a question a line.`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			ctx, stop := untilSignal(command.Context())
			defer stop()
			log := newLog(c.Log, p.err)
			router, err := p.openRouter(c, commands.Options{}, log)
			if err != nil {
				return err
			}
			return p.newTerminal(c, router, log).Run(ctx, router)
		},
	}
	addSettings(command, "content", "history", "log-level", "log-format")
	return command
}

// terminalLang returns the language of the terminal: that of its locale, the
// configured one where the locale names none of ours.
func (c *config) terminalLang() content.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		locale := os.Getenv(name)
		if locale == "" {
			continue
		}
		tag, _, _ := strings.Cut(locale, ".")
		if lang, ok := bot.ParseLang(tag); ok {
			return lang
		}
		break
	}
	return c.Language.Default
}
