package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"briefbot/adapters/discord"
	"briefbot/bot"
)

// discordTimeout bounds a command that asks Discord something once or twice.
const discordTimeout = 45 * time.Second

func (p *program) discordCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "discord",
		Short: "Set the bot up on Discord",
		Long: `Set the bot up on Discord: print the address that invites it, and tell Discord
its commands. "briefbot doctor" tells what is still missing; "briefbot serve"
runs the bot.`,
		Example: `  briefbot discord invite
  briefbot discord sync --dry-run
  briefbot discord sync --guild 197038439483310086
  briefbot discord sync --guild 197038439483310086 --remove`,
		Args: usage(cobra.ArbitraryArgs),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return command.Help()
			}
			return usageError{fmt.Errorf("there is no command %q; there are sync and invite", args[0])}
		},
	}
	command.AddCommand(p.discordSyncCommand(), p.discordInviteCommand())
	return command
}

func (p *program) discordSyncCommand() *cobra.Command {
	var sync discord.Sync
	command := &cobra.Command{
		Use:   "sync",
		Short: "Tell Discord the commands of the bot",
		Long: `Compare the commands that Discord knows with those of this program, print what
differs and replace them. Where nothing differs nothing is sent. Commands that
are known everywhere reach every server at once; with --guild they are known in
one server only, where they stand beside those that are known everywhere:
remove them there once the others are.`,
		Example: `  briefbot discord sync --dry-run
  briefbot discord sync --guild 197038439483310086
  briefbot discord sync --guild 197038439483310086 --remove`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			// An empty one, such as that of a variable that is not set, is not
			// meant to say everywhere.
			if command.Flags().Changed("guild") && !isSnowflake(sync.Guild) {
				return usageError{fmt.Errorf("--guild is %q: it must be the id of a server, digits only", sync.Guild)}
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), discordTimeout)
			defer cancel()
			return told(p.syncDiscord(ctx, c, sync))
		},
	}
	command.Flags().StringVar(&sync.Guild, "guild", "", "change the commands of one server, by its `ID`")
	command.Flags().BoolVar(&sync.Remove, "remove", false, "take the commands away instead")
	command.Flags().BoolVar(&sync.DryRun, "dry-run", false, "print what differs and change nothing")
	addSettings(command, "log-level", "log-format")
	return command
}

// syncDiscord does what sync says, with the rest of it filled in.
func (p *program) syncDiscord(ctx context.Context, c *config, sync discord.Sync) error {
	if c.Discord.Token == "" {
		return errNoDiscordToken
	}
	log := newLog(c.Log, p.err)
	client, err := p.askDiscordClient(c, log)
	if err != nil {
		return err
	}
	defer client.Close()
	router, err := p.bareRouter(log)
	if err != nil {
		return err
	}
	sync.REST, sync.Router, sync.Application = client, router, c.Discord.ApplicationID
	difference, err := sync.Run(ctx)
	if err := writeLines(p.out, difference); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.out, outcome(difference, sync)); err != nil || sync.Guild == "" || sync.Remove {
		return err
	}
	return p.warnOfDoubles(ctx, sync)
}

// warnOfDoubles says where the commands of a server stand beside those that
// are known everywhere.
func (p *program) warnOfDoubles(ctx context.Context, sync discord.Sync) error {
	everywhere, err := sync.KnownEverywhere(ctx)
	if err != nil || !everywhere {
		return err
	}
	verb := "now shows"
	if sync.DryRun {
		verb = "would show"
	}
	_, err = fmt.Fprintf(p.out, "Commands are known everywhere too: this server %s each twice. To end that: briefbot discord sync --guild %s --remove\n", verb, sync.Guild)
	return err
}

// outcome says what came of a sync.
func outcome(difference []string, sync discord.Sync) string {
	switch {
	case len(difference) == 0 && sync.Remove:
		return "Discord knows no commands there; nothing was changed."
	case len(difference) == 0:
		return "Discord knows the commands already; nothing was changed."
	case sync.DryRun:
		return count(len(difference), "difference") + "; nothing was changed. Without --dry-run Discord is told."
	}
	return count(len(difference), "difference") + "; Discord has been told."
}

func (p *program) discordInviteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "invite",
		Short: "Print the addresses that add the bot to Discord",
		Long: `Print the address that adds the bot to a server and the one that adds it for
yourself, to use it everywhere. They ask for the permissions that the bot uses
and for no others. The application is discord.application_id or, where that is
not set, the one that discord.token belongs to.`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), discordTimeout)
			defer cancel()
			return told(p.inviteDiscord(ctx, c))
		},
	}
}

func (p *program) inviteDiscord(ctx context.Context, c *config) error {
	application, err := p.discordApplication(ctx, c)
	if err != nil {
		return err
	}
	invitation, err := discord.Invite(application)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "To add the bot to a server that you manage:\n\n  %s\n\nIt asks to\n", invitation.Server)
	for _, permission := range discord.Permissions() {
		fmt.Fprintf(&b, "  %-25s %s\n", permission.Name, "to "+permission.Why)
	}
	fmt.Fprintf(&b, "\nTo add it for yourself and use its commands everywhere, which takes no\npermissions:\n\n  %s\n", invitation.User)
	_, err = fmt.Fprint(p.out, b.String())
	return err
}

// discordApplication returns the id of the application, from Discord where it
// is not configured.
func (p *program) discordApplication(ctx context.Context, c *config) (string, error) {
	switch {
	case c.Discord.ApplicationID != "":
		return c.Discord.ApplicationID, nil
	case c.Discord.Token == "":
		return "", errors.New("set discord.application_id to the Application ID under General Information in Discord's Developer Portal, or discord.token")
	}
	client, err := p.askDiscordClient(c, newLog(c.Log, p.err))
	if err != nil {
		return "", err
	}
	defer client.Close()
	app, err := client.Application(ctx)
	return app.ID, err
}

var errNoDiscordToken = errors.New("set discord.token to the token on the Bot page of Discord's Developer Portal, or BRIEFBOT_DISCORD_TOKEN_FILE to a file that holds it")

// told makes an error of the bot two lines: the sentence, and the cause for
// whoever has to look for it.
func told(err error) error {
	e, ok := errors.AsType[*bot.Error](err)
	if !ok || e.Err == nil {
		return err
	}
	return fmt.Errorf("%s\n%w", e.Message, e.Err)
}
