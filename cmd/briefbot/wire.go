package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"briefbot/adapters/discord"
	"briefbot/adapters/discord/gateway"
	"briefbot/adapters/discord/rest"
	"briefbot/adapters/terminal"
	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/i18n"
	"briefbot/bot/ratelimit"
	"briefbot/bot/shelf"
	"briefbot/content"
	"briefbot/content/briefings"
	"briefbot/content/load"
	"briefbot/content/search"
)

// This file alone knows every adapter and every implementation.

// read loads the configured content, or the embedded briefings where none is
// configured.
func read(loader *load.Loader, paths []string) (*content.Library, load.Report) {
	if len(paths) == 0 {
		return loader.FS(briefings.Files(), "briefings")
	}
	return loader.Paths(paths...)
}

// newRouter makes the core of the bot over shelves. Its memory is shared with
// the adapters that look conversations up themselves.
func (p *program) newRouter(shelves bot.Shelves, memory bot.Memory, log *slog.Logger, observe func(bot.Observation)) (*bot.Router, error) {
	phrases, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return bot.NewRouter(bot.Options{
		Commands: commands.All(),
		Shelves:  shelves,
		Phrases:  phrases,
		Memory:   memory,
		Log:      log,
		Now:      p.now,
		Observe:  observe,
	})
}

// bareRouter makes the core of the bot without content: which commands there
// are does not depend on it.
func (p *program) bareRouter(log *slog.Logger) (*bot.Router, error) {
	none := content.NewLibrary(nil)
	return p.newRouter(fixedShelf{Library: none, Index: search.Build(none)}, bot.NewLocalMemory(), log, nil)
}

// newTerminal makes the conversation in this terminal.
func (p *program) newTerminal(c *config, router *bot.Router, log *slog.Logger) bot.Adapter {
	o := terminal.Options{
		Router: router,
		In:     p.in,
		Out:    p.out,
		Style:  func() terminal.Style { return terminal.Detect(p.out) },
		Lang:   c.terminalLang(),
		Log:    log,
		Prompt: isTerminal(p.in) && isTerminal(p.out),
	}
	if c.Chat.History {
		o.History = historyFile()
	}
	return terminal.New(o)
}

// surfaces are the adapters that serve runs.
type surfaces struct {
	web     *web.Server
	discord *discord.Adapter // nil where the bot is not there
	close   func()
}

// newSurfaces makes the web page and, where it is configured, the bot on
// Discord.
func (p *program) newSurfaces(c *config, router *bot.Router, remembered memories, keeper *shelf.Keeper, m *metrics, log *slog.Logger) (*surfaces, error) {
	s := &surfaces{close: func() {}}
	if c.Discord.on() {
		client, err := p.newDiscordClient(c, m.discordRequest, log)
		if err != nil {
			return nil, err
		}
		s.close = client.Close
		if s.discord, err = p.newDiscord(c, router, remembered, client, m, log); err != nil {
			return nil, err
		}
		m.discordReady(func() bool { return s.discord.State().Ready })
	}
	var figures http.Handler
	if c.Web.Metrics {
		figures = m.handler(c.Web.MetricsToken)
	}
	var err error
	s.web, err = p.newWeb(c, router, keeper, s.discord, figures, log)
	return s, err
}

// all returns the adapters to run.
func (s *surfaces) all() []bot.Adapter {
	if s.discord == nil {
		return []bot.Adapter{s.web}
	}
	return []bot.Adapter{s.web, s.discord}
}

// newWeb makes the web page and the JSON API. chat is the bot on Discord, nil
// where it is not there.
func (p *program) newWeb(c *config, router *bot.Router, keeper *shelf.Keeper, chat *discord.Adapter, figures http.Handler, log *slog.Logger) (*web.Server, error) {
	o := web.Options{
		Addr:           c.Web.Address,
		Router:         router,
		PublicURL:      c.Web.PublicURL,
		Lang:           c.Language.Default,
		TrustedProxies: c.Web.TrustedProxies,
		RateLimit:      ratelimit.Limit{PerMinute: c.Web.RateLimit},
		Log:            log,
		Now:            p.now,
		Ready:          func() (bool, any) { return true, readiness(keeper.State()) },
		Metrics:        figures,
		Version:        programVersion(),
	}
	if chat != nil {
		o.Ready = func() (bool, any) {
			state, detail := chat.State(), readiness(keeper.State())
			detail.Discord = state
			return state.Ready, detail
		}
		if endpoint := chat.Endpoint(); endpoint != nil {
			o.Mount = map[string]http.Handler{discord.EndpointPath: endpoint}
		}
	}
	return web.New(o)
}

const discordAPI = rest.DefaultBaseURL

// newDiscordClient makes the client of Discord's API that serve uses.
func (p *program) newDiscordClient(c *config, observe func(rest.Observation), log *slog.Logger) (*rest.Client, error) {
	return rest.New(rest.Options{
		Token: c.Discord.Token, BaseURL: c.Discord.APIURL, Version: programVersion(), Log: log, Now: p.now, Observe: observe,
	})
}

// askDiscordClient makes the client of commands that somebody waits for: it
// gives up sooner.
func (p *program) askDiscordClient(c *config, log *slog.Logger) (*rest.Client, error) {
	return rest.New(rest.Options{
		Token: c.Discord.Token, BaseURL: c.Discord.APIURL, Version: programVersion(), Log: log, Now: p.now, Attempts: 2,
	})
}

// newDiscord makes the bot on Discord.
func (p *program) newDiscord(c *config, router *bot.Router, remembered memories, client *rest.Client, m *metrics, log *slog.Logger) (*discord.Adapter, error) {
	key, err := c.discordKey()
	if err != nil {
		return nil, err
	}
	if err := c.checkDiscord(); err != nil {
		return nil, err
	}
	return discord.New(discord.Options{
		Router:         router,
		Memory:         remembered.memory,
		Seen:           remembered.seen,
		Preferences:    remembered.preferences,
		REST:           client,
		Log:            log,
		Now:            p.now,
		Transport:      discord.Transport(c.Discord.Transport),
		Token:          c.Discord.Token,
		Shards:         gateway.Shards{Count: c.Discord.Shards, IDs: c.Discord.ShardIDs},
		MessageContent: c.Discord.MessageContent,
		ObserveGateway: m.discordEvent,
		PublicKey:      key,
		Application:    c.Discord.ApplicationID,
		PublicURL:      c.Web.PublicURL,
		Lang:           c.Language.Default,
		RateLimit:      ratelimit.Limit{PerMinute: c.Discord.RateLimit},
	})
}

// discordKey returns the public key, nil where none is set.
func (c *config) discordKey() (ed25519.PublicKey, error) {
	if c.Discord.PublicKey == "" {
		return nil, nil
	}
	return discord.ParsePublicKey(c.Discord.PublicKey)
}

// checkDiscord names what does not go together.
func (c *config) checkDiscord() error {
	switch d := c.Discord; {
	case d.Transport == transportHTTP && d.PublicKey == "":
		return errors.New("discord.transport is http: set discord.public_key too, to the key under General Information in the Developer Portal")
	case len(d.ShardIDs) > 0 && d.Shards == 0:
		return errors.New("discord.shard_ids is set: set discord.shards too, to the number of shards of the whole bot")
	case d.Shards > 0:
		for i, id := range d.ShardIDs {
			if slices.Contains(d.ShardIDs[:i], id) {
				return fmt.Errorf("discord.shard_ids holds %d twice: name each shard once", id)
			}
			if id >= d.Shards {
				return fmt.Errorf("discord.shard_ids holds %d: with discord.shards at %d they go from 0 to %d", id, d.Shards, d.Shards-1)
			}
		}
	}
	return nil
}

// examineDiscord checks what has to be right for the bot to work on Discord.
func (p *program) examineDiscord(ctx context.Context, c *config, channel string) ([]bot.Check, error) {
	log := newLog(c.Log, p.err)
	client, err := p.askDiscordClient(c, log)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	router, err := p.bareRouter(log)
	if err != nil {
		return nil, err
	}
	key, err := c.discordKey()
	if err != nil {
		return nil, err
	}
	return discord.Doctor{
		REST: client, Router: router, Now: p.now,
		Token: c.Discord.Token != "", Application: c.Discord.ApplicationID, PublicKey: key,
		Transport: discord.Transport(c.Discord.Transport), MessageContent: c.Discord.MessageContent,
		Shards: c.Discord.Shards, PublicURL: c.Web.PublicURL, Channel: channel,
	}.Checks(ctx), nil
}

// historyFile returns where chat keeps what is typed, "" where the system
// names no place for it.
func historyFile() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "briefbot", "history")
}
