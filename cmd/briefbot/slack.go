package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"briefbot/adapters/sqlstore"
)

func (p *program) slackCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "slack",
		Short: "Set the bot up on Slack",
		Long: `Set the bot up on Slack: print the manifest that its app is made from and, where
many workspaces install it, the keys that their tokens are sealed with.
"briefbot doctor" tells what is still missing; "briefbot serve" runs the bot.`,
		Example: `  briefbot slack manifest --name "Newsroom"
  briefbot slack keys
  briefbot slack keys --reseal
  briefbot slack keys --primary`,
		Args: usage(cobra.ArbitraryArgs),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return command.Help()
			}
			return usageError{fmt.Errorf("there is no command %q; there are manifest and keys", args[0])}
		},
	}
	command.AddCommand(p.slackManifestCommand(), p.slackKeysCommand())
	return command
}

func (p *program) slackManifestCommand() *cobra.Command {
	var name string
	var noRotation bool
	command := &cobra.Command{
		Use:   "manifest",
		Short: "Print the manifest that the bot's app is made from",
		Long: `Print the manifest that the bot's app is made from on Slack, as JSON: paste it
under Create New App, From a manifest, or under App Manifest in the settings of
the app that there is. It asks for the scopes and events that the bot uses and
for no others. It is made for slack.transport: for Socket Mode, or with the
addresses under web.public_url that Slack is to send to. With slack.client_id it
is made for many workspaces to install. With slack.assistant: false it leaves out
the pane for assistants, which not every plan of Slack's offers.`,
		Example: `  briefbot slack manifest
  briefbot slack manifest --name "Newsroom"`,
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
			manifest, err := p.slackManifest(c, strings.TrimSpace(name), !noRotation)
			if err != nil {
				return err
			}
			_, err = p.out.Write(manifest)
			return err
		},
	}
	command.Flags().StringVar(&name, "name", "Briefbot", "call the app `NAME`")
	command.Flags().BoolVar(&noRotation, "no-rotation", false, "let the tokens of many workspaces never expire")
	return command
}

func (p *program) slackKeysCommand() *cobra.Command {
	var primary, again bool
	command := &cobra.Command{
		Use:   "keys",
		Short: "Make the keys that tokens of workspaces are sealed with",
		Long: `Print keys for store.keys, which the tokens of the workspaces that installed the
bot are sealed with in the database: a new key or, where store.keys is set, what
it holds with a new key that seals from now on. To rotate keys,

  1. print new keys, give them to every replica and restart them,
  2. seal what is stored with the new key: briefbot slack keys --reseal,
  3. print the new key alone with --primary, and give that to every replica.

Backups that were made before need the old keys.`,
		Example: `  briefbot slack keys >keys.json
  briefbot slack keys --reseal
  briefbot slack keys --primary >keys.json`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			switch {
			case primary && again:
				return usageError{errors.New("--primary and --reseal are two steps: reseal first")}
			case (primary || again) && c.Store.Keys == "":
				return errors.New("set store.keys, or BRIEFBOT_STORE_KEYS_FILE to a file that holds them")
			case again:
				return p.withStore(command, func(ctx context.Context, store *sqlstore.Store) error {
					n, err := reseal(ctx, c, store)
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(p.out, "%s sealed with the newest key.\n", count(n, "installation"))
					return err
				})
			}
			keys, err := newKeys(c)
			if primary {
				keys, err = primaryKey(c)
			}
			if err != nil {
				return told(err)
			}
			_, err = fmt.Fprintln(p.out, string(keys))
			return err
		},
	}
	command.Flags().BoolVar(&primary, "primary", false, "print the newest key of store.keys alone")
	command.Flags().BoolVar(&again, "reseal", false, "seal the tokens in the database with the newest key")
	return command
}

// isSlackID reports whether s can be an id of Slack's.
func isSlackID(s string) bool {
	const longest = 64
	return s != "" && len(s) <= longest && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
