package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) slackCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "slack",
		Short: "Set the bot up on Slack",
		Long: `Set the bot up on Slack: print the manifest that its app is made from.
"briefbot doctor" tells what is still missing; "briefbot serve" runs the bot.`,
		Example: `  briefbot slack manifest`,
		Args:    usage(cobra.ArbitraryArgs),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return command.Help()
			}
			return usageError{fmt.Errorf("there is no command %q; there is manifest", args[0])}
		},
	}
	command.AddCommand(p.slackManifestCommand())
	return command
}

func (p *program) slackManifestCommand() *cobra.Command {
	var name string
	var assistant bool
	command := &cobra.Command{
		Use:   "manifest",
		Short: "Print the manifest that the bot's app is made from",
		Long: `Print the manifest that the bot's app is made from on Slack, as JSON: paste it
under Create New App, From a manifest, or under App Manifest in the settings of
the app that there is. It asks for the scopes and events that the bot uses and
for no others. It is made for slack.transport: for Socket Mode, or with the
addresses under web.public_url that Slack is to send to.`,
		Example: `  briefbot slack manifest
  briefbot slack manifest --name "Newsroom" --assistant=false`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			const longest = 35
			if n := len([]rune(strings.TrimSpace(name))); n == 0 || n > longest {
				return usageError{fmt.Errorf("--name has %d characters: it must have 1 to %d", n, longest)}
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			manifest, err := p.slackManifest(c, strings.TrimSpace(name), assistant)
			if err != nil {
				return err
			}
			_, err = p.out.Write(manifest)
			return err
		},
	}
	command.Flags().StringVar(&name, "name", "Briefbot", "call the app `NAME`")
	command.Flags().BoolVar(&assistant, "assistant", true, "give the bot a pane beside the conversation, which not every plan of Slack's offers")
	return command
}

// isSlackID reports whether s can be an id of Slack's.
func isSlackID(s string) bool {
	const longest = 64
	return s != "" && len(s) <= longest && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
