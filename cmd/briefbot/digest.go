package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"briefbot/adapters/discord"
	"briefbot/adapters/slack"
	"briefbot/adapters/sqlstore"
	"briefbot/adapters/terminal"
	"briefbot/bot"
	"briefbot/bot/commands"
)

// maxListed bounds the subscriptions of one workspace that are listed.
const maxListed = 1000

func (p *program) digestCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "digest",
		Short: "Look at the digests of channels, as the store holds them",
		Long: `Look at the digests that channels on Discord and Slack subscribe to, as the store
holds them: nothing is changed, and the bot may go on meanwhile. A place is a
server of Discord or a workspace of Slack, and in it a channel; "discord/" are the
direct conversations of Discord.`,
		Example: `  briefbot digest list
  briefbot digest list slack/T024BE7LD
  briefbot digest explain discord/197038439483310086/221118171163623424 2`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(
		p.digestLook("list", "[PLACE]", "List the digests of a server, a workspace or a channel, or who has any", cobra.MaximumNArgs(1)),
		p.digestLook("explain", "CHANNEL [NUMBER]", "See when a digest comes, and why it did not", cobra.RangeArgs(1, 2)),
		p.digestLook("history", "CHANNEL [NUMBER]", "See what became of the latest digests", cobra.RangeArgs(1, 2)),
	)
	return command
}

// digestLook is one of the commands of digests that change nothing, for the
// place that is named.
func (p *program) digestLook(word, takes, short string, args cobra.PositionalArgs) *cobra.Command {
	command := &cobra.Command{
		Use: word + " " + takes, Short: short, Args: usage(args),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.withStore(command, p.listSubscribed)
			}
			place, err := readPlace(args[0])
			if err == nil && word != "list" && place.Channel == "" {
				err = fmt.Errorf("%q is no channel: name it behind the server or workspace, as \"briefbot digest list\" does", args[0])
			}
			if err != nil {
				return usageError{err}
			}
			given := map[string]string{}
			if len(args) > 1 {
				given["number"] = args[1]
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			return p.withStore(command, func(ctx context.Context, store *sqlstore.Store) error {
				return p.lookAtDigests(ctx, c, store, bot.Request{Command: "digest " + word, Args: given, Place: place, Lang: c.terminalLang()})
			})
		},
	}
	addSettings(command, "content", "log-level", "log-format")
	return command
}

// readPlace reads "slack/T024BE7LD/C024BE91L", with or without a channel. The
// direct conversations of Discord are in no server: "discord/" are all of them,
// "discord//221118171163623424" is one.
func readPlace(s string) (bot.Place, error) {
	platform, rest, ok := strings.Cut(s, "/")
	workspace, channel, _ := strings.Cut(rest, "/")
	if !ok || platform != discord.Platform && platform != slack.Platform {
		return bot.Place{}, fmt.Errorf("%q is no place: write discord/SERVER/CHANNEL or slack/WORKSPACE/CHANNEL, with their ids; the channel may be left out for \"list\"", s)
	}
	return bot.Place{Platform: platform, Workspace: workspace, Channel: channel}, nil
}

// lookAtDigests writes what a command of digests says in a channel or, where
// none is named, in each channel of the workspace.
func (p *program) lookAtDigests(ctx context.Context, c *config, store *sqlstore.Store, req bot.Request) error {
	router, err := p.openRouter(c, commands.Options{Subscriptions: store.Digests(), Zone: c.Digest.Zone}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if req.Place.Channel != "" {
		return p.writeReply(router, router.Respond(ctx, req))
	}
	all, err := store.Digests().InWorkspace(ctx, req.Place.Platform, req.Place.Workspace, maxListed)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(p.out, "No channel there subscribes to digests.")
		return err
	}
	for _, s := range all {
		if s.Place == req.Place {
			continue
		}
		req.Place = s.Place
		if _, err := fmt.Fprintf(p.out, "%s/%s/%s\n", s.Place.Platform, s.Place.Workspace, s.Place.Channel); err != nil {
			return err
		}
		if err := p.writeReply(router, router.Respond(ctx, req)); err != nil {
			return err
		}
	}
	if len(all) == maxListed {
		_, err = fmt.Fprintf(p.out, "These are the first %d digests.\n", maxListed)
	}
	return err
}

// listSubscribed writes which servers and workspaces have digests, and how many.
func (p *program) listSubscribed(ctx context.Context, store *sqlstore.Store) error {
	all, err := store.Subscribed(ctx, maxListed)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(p.out, "No channel subscribes to digests.")
		return err
	}
	lines := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, s := range all {
		var states []string
		for _, state := range []struct {
			n    int
			name string
		}{{s.Active, "active"}, {s.Paused, "paused"}, {s.Stopped, "stopped"}} {
			if state.n > 0 {
				states = append(states, fmt.Sprintf("%d %s", state.n, state.name))
			}
		}
		fmt.Fprintf(lines, "%s/%s\t%s\n", s.Platform, s.Workspace, strings.Join(states, ", "))
	}
	if len(all) == maxListed {
		fmt.Fprintf(lines, "These are the first %d.\n", maxListed)
	}
	return lines.Flush()
}

func (p *program) writeReply(router *bot.Router, reply bot.Reply) error {
	if reply.Err != nil {
		return errors.New(reply.Err.Message)
	}
	reply.Message.Actions, reply.Message.Notes = nil, nil // which are for a conversation
	_, err := io.WriteString(p.out, terminal.Render(reply.Message, router.Phrases(reply.Lang), terminal.Detect(p.out)))
	return err
}
