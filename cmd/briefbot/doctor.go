package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"briefbot/bot"
)

// doctorOptions are what "briefbot doctor" was told.
type doctorOptions struct {
	*program
	json           bool
	discordChannel string
	slackChannel   string
}

func (p *program) doctorCommand() *cobra.Command {
	o := doctorOptions{program: p}
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything is set up, and say what to fix",
		Long: `Check what has to be right for the bot to work on the platforms that are
configured, and say for each fault what to do. On Discord that is the token,
the application, the public key, the transport, intents, sessions, commands,
the clock and, with --discord-channel, what the bot may do in a channel or
thread. On Slack that is the token, its scopes, the transport, a connection of
Socket Mode, the clock and, with --slack-channel, whether the bot is in a
channel. Of the store it is the connection, the schema, the clock and whether
digests are late. Nothing is changed. The exit code is 1 where a check fails.`,
		Example: `  briefbot doctor
  briefbot doctor --discord-channel 197038439483310086
  briefbot doctor --slack-channel C024BE91L
  briefbot doctor --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			if command.Flags().Changed("discord-channel") && !isSnowflake(o.discordChannel) {
				return usageError{fmt.Errorf("--discord-channel is %q: it must be the id of a channel, digits only", o.discordChannel)}
			}
			if command.Flags().Changed("slack-channel") && !isSlackID(o.slackChannel) {
				return usageError{fmt.Errorf("--slack-channel is %q: it must be the id of a channel, such as C024BE91L", o.slackChannel)}
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			return o.run(command.Context(), c) // a signal ends it at once: there is nothing to tidy up
		},
	}
	command.Flags().StringVar(&o.discordChannel, "discord-channel", "", "look at the permissions in a channel or thread of Discord, by its `ID`")
	command.Flags().StringVar(&o.slackChannel, "slack-channel", "", "look whether the bot is in a channel of Slack, by its `ID`")
	command.Flags().BoolVar(&o.json, "json", false, "write one JSON object")
	addSettings(command, "log-level", "log-format")
	return command
}

// diagnosis is what the checks of every platform found, as JSON.
type diagnosis struct {
	OK      bool        `json:"ok"`
	Discord []bot.Check `json:"discord,omitempty"`
	Slack   []bot.Check `json:"slack,omitempty"`
	Store   []bot.Check `json:"store,omitempty"`
}

// parts are the checks by what they are about, in the order in which they are
// shown.
func (d diagnosis) parts() []checkedPart {
	return slices.DeleteFunc([]checkedPart{{"Discord", d.Discord}, {"Slack", d.Slack}, {"Store", d.Store}}, func(p checkedPart) bool { return len(p.checks) == 0 })
}

type checkedPart struct {
	name   string
	checks []bot.Check
}

func (o *doctorOptions) run(ctx context.Context, c *config) error {
	onDiscord, onSlack := c.Discord.on() || o.discordChannel != "", c.Slack.on() || o.slackChannel != ""
	if !onDiscord && !onSlack && c.storeAddress() == "" {
		if err := c.checkDiscord(); err != nil {
			return err // it is set in part
		}
		return errors.New("nothing is configured to be checked: set discord.token, or discord.transport to http and discord.public_key, or slack.bot_token, or store.address")
	}
	d := diagnosis{OK: true}
	var err error
	if onDiscord {
		if d.Discord, err = o.examineDiscord(ctx, c, o.discordChannel); err != nil {
			return err
		}
	}
	if onSlack {
		if d.Slack, err = o.examineSlack(ctx, c, o.slackChannel); err != nil {
			return err
		}
	}
	d.Store = o.examineStore(ctx, c)
	for _, p := range d.parts() {
		d.OK = d.OK && !slices.ContainsFunc(p.checks, func(check bot.Check) bool { return check.State == bot.CheckFail })
	}
	if err := o.write(d); err != nil {
		return err
	}
	if !d.OK {
		return errReported
	}
	return nil
}

func (o *doctorOptions) write(d diagnosis) error {
	if o.json {
		return newEncoder(o.out).Encode(d)
	}
	var b strings.Builder
	counted := map[bot.CheckState]int{}
	for _, p := range d.parts() {
		b.WriteString(p.name + "\n")
		for _, check := range p.checks {
			counted[check.State]++
			fmt.Fprintf(&b, "  %-7s  %-11s  %s\n", check.State, check.Name, check.Found)
			if check.Advice != "" {
				fmt.Fprintf(&b, "  %-7s  %-11s  → %s\n", "", "", check.Advice)
			}
		}
	}
	fmt.Fprintf(&b, "%s, %s\n", count(counted[bot.CheckFail], "failure"), count(counted[bot.CheckWarn], "warning"))
	_, err := fmt.Fprint(o.out, b.String())
	return err
}
