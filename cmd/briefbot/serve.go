package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/spf13/cobra"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/gaps"
	"briefbot/content/load"
)

func (p *program) serveCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Serve the web page, the JSON API and the bot on Discord and Slack",
		Long: `Serve the web page and the JSON API until the program is told to stop. Without
any configuration that is on http://127.0.0.1:8080 with the briefings that come
with the program. With discord.token, or discord.transport http and
discord.public_key, the bot is on Discord too, with slack.bot_token on Slack.
Changes of content are taken over while serving; content with faults never
replaces good content.`,
		Example: `  briefbot serve
  briefbot serve --content my-briefings --address :8080`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			ctx, stop := untilSignal(command.Context())
			defer stop()
			return told(p.serve(ctx, c))
		},
	}
	addSettings(command, "content", "address", "log-level", "log-format")
	return command
}

// serve runs the server until ctx ends.
func (p *program) serve(ctx context.Context, c *config) error {
	log := newLog(c.Log, p.err)
	// Whatever ends first ends the rest.
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	changes := make(chan struct{}, 1) // one is enough: a reload reads all there is
	if c.Content.Watch && len(c.Content.Paths) > 0 {
		// Before the content is read: no change goes unseen.
		running.Go(func() {
			load.Watch(ctx, c.Content.Paths, log, func() {
				select {
				case changes <- struct{}{}:
				default:
				}
			})
		})
	}
	keeper, err := p.openKeeper(ctx, c, log)
	if err != nil {
		return err
	}
	m := newMetrics()
	m.content(keeper.State)
	remembered, err := p.openMemories(ctx, c, log)
	if err != nil {
		return told(err)
	}
	defer func() {
		if err := remembered.close(); err != nil {
			log.WarnContext(ctx, "the store was not closed", "err", err)
		}
	}()
	tallies, endTallies, err := p.openTallies(c, remembered.store)
	if err != nil {
		log.WarnContext(ctx, "unanswered questions and votes are counted in memory only", "err", err)
	}
	defer func() {
		if err := endTallies(); err != nil {
			log.WarnContext(ctx, "unanswered questions and votes not kept", "err", err)
		}
	}()
	remembered.tallies = tallies
	if tallies != nil && c.Gaps.Days > 0 {
		p.gaps = gaps.Counter{Tallies: tallies}
	}
	router, err := p.newRouter(keeper, remembered.memory, commands.Options{Subscriptions: remembered.subscriptions(), Zone: c.Digest.Zone}, log, m.observe)
	if err != nil {
		return err
	}
	on, err := p.newSurfaces(c, router, remembered, keeper, m, log)
	if err != nil {
		return err
	}
	defer on.close()
	if err := on.web.Listen(ctx); err != nil {
		return fmt.Errorf("%w (--address, or web.address in the configuration)", err)
	}
	if _, err := fmt.Fprintf(p.out, "Briefbot is at %s - Ctrl-C stops it.\n", pageAddress(c, on.web.Addr())); err != nil {
		return err
	}
	state := keeper.State()
	log.InfoContext(ctx, "serving", "address", on.web.Addr(), "version", programVersion(),
		"fingerprint", state.Fingerprint, "briefings", state.Briefings, "entries", state.Entries)
	if !c.Discord.on() && c.sets("discord.") {
		log.WarnContext(ctx, "the bot is not on Discord: neither discord.token is set nor discord.transport http with discord.public_key")
	}
	if !c.Slack.on() && c.sets("slack.") {
		log.WarnContext(ctx, "the bot is not on Slack: slack.bot_token is not set")
	}

	running.Go(func() { keeper.Run(ctx, changes) })
	running.Go(func() { remembered.run(ctx, p.now) })
	running.Go(func() {
		<-ctx.Done()
		log.InfoContext(ctx, "stopping; a second signal ends the program at once")
	})
	err = runAll(ctx, router, on.all())
	cancel()
	running.Wait()
	log.InfoContext(ctx, "stopped")
	return err
}

// runAll runs adapters until ctx ends. Whichever ends first ends the others;
// the first error counts.
func runAll(ctx context.Context, r bot.Responder, adapters []bot.Adapter) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, a := range adapters {
		go func() { ended <- a.Run(ctx, r) }()
	}
	var first error
	for range adapters {
		err := <-ended
		cancel()
		if first == nil {
			first = err
		}
	}
	return first
}

// pageAddress returns the address at which the page is reached, as far as it
// is known: who listens on every address is on this machine too.
func pageAddress(c *config, listening string) string {
	if c.Web.PublicURL != "" {
		return c.Web.PublicURL
	}
	host, port, err := net.SplitHostPort(listening)
	if err != nil {
		return listening
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
