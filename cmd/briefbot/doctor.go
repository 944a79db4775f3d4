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
thread. Nothing is changed. The exit code is 1 where a check fails.`,
		Example: `  briefbot doctor
  briefbot doctor --discord-channel 197038439483310086
  briefbot doctor --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			if command.Flags().Changed("discord-channel") && !isSnowflake(o.discordChannel) {
				return usageError{fmt.Errorf("--discord-channel is %q: it must be the id of a channel, digits only", o.discordChannel)}
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			return o.run(command.Context(), c) // a signal ends it at once: there is nothing to tidy up
		},
	}
	command.Flags().StringVar(&o.discordChannel, "discord-channel", "", "look at the permissions in a channel or thread of Discord, by its `ID`")
	command.Flags().BoolVar(&o.json, "json", false, "write one JSON object")
	addSettings(command, "log-level", "log-format")
	return command
}

// diagnosis is what the checks of every platform found, as JSON.
type diagnosis struct {
	OK      bool        `json:"ok"`
	Discord []bot.Check `json:"discord,omitempty"`
}

func (o *doctorOptions) run(ctx context.Context, c *config) error {
	if !c.Discord.on() && o.discordChannel == "" {
		if err := c.checkDiscord(); err != nil {
			return err // it is set in part
		}
		return errors.New("no platform is configured to be checked: set discord.token, or discord.transport to http and discord.public_key")
	}
	var d diagnosis
	var err error
	if d.Discord, err = o.examineDiscord(ctx, c, o.discordChannel); err != nil {
		return err
	}
	d.OK = !slices.ContainsFunc(d.Discord, func(check bot.Check) bool { return check.State == bot.CheckFail })
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
	b.WriteString("Discord\n")
	counted := map[bot.CheckState]int{}
	for _, check := range d.Discord {
		counted[check.State]++
		fmt.Fprintf(&b, "  %-7s  %-11s  %s\n", check.State, check.Name, check.Found)
		if check.Advice != "" {
			fmt.Fprintf(&b, "  %-7s  %-11s  → %s\n", "", "", check.Advice)
		}
	}
	fmt.Fprintf(&b, "%s, %s\n", count(counted[bot.CheckFail], "failure"), count(counted[bot.CheckWarn], "warning"))
	_, err := fmt.Fprint(o.out, b.String())
	return err
}
