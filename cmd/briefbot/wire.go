package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"briefbot/adapters/discord"
	"briefbot/adapters/discord/gateway"
	"briefbot/adapters/discord/rest"
	"briefbot/adapters/slack"
	"briefbot/adapters/slack/webapi"
	"briefbot/adapters/sqlstore"
	"briefbot/adapters/sqlstore/vault"
	"briefbot/adapters/terminal"
	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/delivery"
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
func (p *program) newRouter(shelves bot.Shelves, memory bot.Memory, o commands.Options, log *slog.Logger, observe func(bot.Observation)) (*bot.Router, error) {
	phrases, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return bot.NewRouter(bot.Options{
		Commands: commands.All(o),
		Shelves:  shelves,
		Phrases:  phrases,
		Memory:   memory,
		Log:      log,
		Now:      p.now,
		Observe:  observe,
		Gaps:     p.gaps,
		Meant:    commands.Meant(o.Subscriptions),
	})
}

// bareRouter makes the core of the bot without content: which commands there
// are does not depend on it.
func (p *program) bareRouter(log *slog.Logger) (*bot.Router, error) {
	none := content.NewLibrary(nil)
	return p.newRouter(fixedShelf{Library: none, Index: search.Build(none)}, bot.NewLocalMemory(), commands.Options{}, log, nil)
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
	slack   *slack.Adapter   // likewise
	shop    *slack.Installer // where one workspace alone has the bot, nil
	senders map[string]bot.Sender
	digests *delivery.Deliverer // nil without a store, or without a platform to send to
	closers []func()
}

// close gives up what the adapters hold, once they have ended.
func (s *surfaces) close() {
	for _, closing := range s.closers {
		closing()
	}
}

// newSurfaces makes the web page and, where they are configured, the bot on
// Discord and on Slack.
func (p *program) newSurfaces(c *config, router *bot.Router, remembered memories, keeper *shelf.Keeper, m *metrics, log *slog.Logger) (*surfaces, error) {
	s := &surfaces{senders: map[string]bot.Sender{}}
	if c.Discord.on() {
		client, err := p.newDiscordClient(c, m.discordRequest, log)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, client.Close)
		if s.discord, err = p.newDiscord(c, router, remembered, client, m, log); err != nil {
			return nil, err
		}
		m.discordReady(func() bool { return s.discord.State().Ready })
		if err := p.addDiscordSender(s, c, router, client, log); err != nil {
			return nil, err
		}
	}
	if c.Slack.on() {
		if err := p.addSlack(s, c, router, remembered, m, log); err != nil {
			return nil, err
		}
		m.slackReady(func() bool { return s.slack.State().Ready })
	}
	if err := p.addDigests(s, c, remembered, keeper, m, log); err != nil {
		return nil, err
	}
	var figures http.Handler
	if c.Web.Metrics {
		figures = m.handler(c.Web.MetricsToken)
	}
	var err error
	s.web, err = p.newWeb(c, router, keeper, s, figures, log)
	return s, err
}

// all returns the adapters to run.
func (s *surfaces) all() []bot.Adapter {
	all := []bot.Adapter{s.web}
	if s.discord != nil {
		all = append(all, s.discord)
	}
	if s.slack != nil {
		all = append(all, s.slack)
	}
	if s.digests != nil {
		all = append(all, deliveries{s.digests})
	}
	return all
}

// deliveries run beside the adapters and answer nobody.
type deliveries struct{ *delivery.Deliverer }

// Run implements bot.Adapter.
func (d deliveries) Run(ctx context.Context, _ bot.Responder) error { return d.Deliverer.Run(ctx) }

// addDiscordSender makes what posts on Discord, for which the bot needs its
// token.
func (p *program) addDiscordSender(s *surfaces, c *config, router *bot.Router, client *rest.Client, log *slog.Logger) error {
	if c.Discord.Token == "" {
		return nil
	}
	sender, err := discord.NewSender(discord.SenderOptions{Router: router, REST: client, Log: log, Now: p.now, PublicURL: c.Web.PublicURL})
	if err == nil {
		s.senders["discord"] = sender
	}
	return err
}

// addDigests makes what delivers digests, where there is a store that holds
// subscriptions and a platform to deliver to.
func (p *program) addDigests(s *surfaces, c *config, remembered memories, keeper *shelf.Keeper, m *metrics, log *slog.Logger) error {
	if remembered.store == nil || len(s.senders) == 0 {
		return nil
	}
	if err := c.checkDigest(); err != nil {
		return err
	}
	phrases, err := i18n.Load()
	if err != nil {
		return err
	}
	bounds := delivery.DefaultBounds()
	bounds.Late, bounds.Lease, bounds.Corrections = c.Digest.Late, c.Digest.Lease, c.Digest.Corrections
	s.digests, err = delivery.New(delivery.Options{
		Queue:   remembered.store.Digests(),
		Shelves: keeper,
		Senders: s.senders,
		Phrases: phrases,
		Log:     log,
		Now:     p.now,
		Random:  mathrand.Float64,
		Replica: rand.Text(),
		Bounds:  bounds,
		Observe: m.digest,
	})
	if err == nil {
		m.delivers(s.digests.State)
	}
	return err
}

// checkDigest names what does not go together.
func (c *config) checkDigest() error {
	switch d := c.Digest; {
	case d.Keep%day != 0:
		return fmt.Errorf("digest.keep is %s: set it to whole days, such as %dd", writePeriod(d.Keep), d.Keep/day+1)
	case d.Corrections > d.Keep:
		return fmt.Errorf("digest.corrections is %s, and what was delivered is forgotten after %s: set digest.keep to that or more, or digest.corrections to less",
			writePeriod(d.Corrections), writePeriod(d.Keep))
	}
	return nil
}

// ready tells whether every platform is connected, and what is known of it.
func (s *surfaces) ready(state shelf.State) (bool, detail) {
	d, ready := readiness(state), true
	if s.discord != nil {
		state := s.discord.State()
		d.Discord, ready = state, ready && state.Ready
	}
	if s.slack != nil {
		state := s.slack.State()
		d.Slack, ready = state, ready && state.Ready
	}
	if s.digests != nil {
		d.Digests = s.digests.State()
	}
	return ready, d
}

// endpoints are the paths of the page's server that platforms send to.
func (s *surfaces) endpoints() map[string]http.Handler {
	all := map[string]http.Handler{}
	if s.discord != nil {
		if endpoint := s.discord.Endpoint(); endpoint != nil {
			all[discord.EndpointPath] = endpoint
		}
	}
	if s.slack != nil {
		maps.Copy(all, s.slack.Endpoints())
	}
	if s.shop != nil {
		maps.Copy(all, s.shop.Endpoints())
	}
	return all
}

// newWeb makes the web page and the JSON API. chat are the platforms whose
// endpoints and state it serves.
func (p *program) newWeb(c *config, router *bot.Router, keeper *shelf.Keeper, chat *surfaces, figures http.Handler, log *slog.Logger) (*web.Server, error) {
	o := web.Options{
		Addr:           c.Web.Address,
		Router:         router,
		PublicURL:      c.Web.PublicURL,
		Lang:           c.Language.Default,
		TrustedProxies: c.Web.TrustedProxies,
		RateLimit:      ratelimit.Limit{PerMinute: c.Web.RateLimit},
		Log:            log,
		Now:            p.now,
		Ready:          func() (bool, any) { return chat.ready(keeper.State()) },
		Mount:          chat.endpoints(),
		Metrics:        figures,
		Version:        programVersion(),
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
		ManagerRoles:   c.Discord.ManagerRoles,
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

const (
	slackAPI     = webapi.DefaultBaseURL
	slackCommand = slack.DefaultCommand
)

func parseSlackCommand(s string) (string, error) {
	if !slack.IsCommand(s) {
		return "", errValue
	}
	return s, nil
}

// addSlack makes the bot on Slack, in one workspace or in many.
func (p *program) addSlack(s *surfaces, c *config, router *bot.Router, remembered memories, m *metrics, log *slog.Logger) error {
	if err := c.checkSlack(); err != nil {
		return err
	}
	o := slack.Options{
		Router:        router,
		Memory:        remembered.memory,
		Seen:          remembered.seen,
		Preferences:   remembered.preferences,
		Tallies:       remembered.tallies,
		Log:           log,
		Now:           p.now,
		Transport:     slack.Transport(c.Slack.Transport),
		Command:       c.Slack.Command,
		Assistant:     c.Slack.Assistant,
		AppToken:      c.Slack.AppToken,
		Connections:   c.Slack.Connections,
		ObserveSocket: m.slackEvent,
		SigningSecret: c.Slack.SigningSecret,
		Managers:      slack.Managers(c.Slack.Managers),
		PublicURL:     c.Web.PublicURL,
		Lang:          c.Language.Default,
		RateLimit:     ratelimit.Limit{PerMinute: c.Slack.RateLimit},
	}
	if remembered.store != nil {
		o.Subscriptions = remembered.store.Digests()
	}
	token := webapi.Fixed(c.Slack.BotToken)
	if c.Slack.shared() {
		var err error
		if s.shop, err = p.newShop(c, router, remembered.store, log); err != nil {
			return err
		}
		token, o.Uninstalled = s.shop.Token, s.shop.Uninstalled
	}
	client, err := webapi.New(webapi.Options{
		Token: token, BaseURL: c.Slack.APIURL, Version: programVersion(), Log: log, Now: p.now, Observe: m.slackRequest,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, client.Close)
	if s.shop != nil {
		s.shop.Use(client)
	}
	o.API = client
	if s.slack, err = slack.New(o); err != nil {
		return err
	}
	sender, err := slack.NewSender(slack.SenderOptions{Router: router, API: client, Log: log, Now: p.now, PublicURL: c.Web.PublicURL})
	if err == nil {
		s.senders["slack"] = sender
	}
	return err
}

// newShop makes what installs the bot in many workspaces.
func (p *program) newShop(c *config, router *bot.Router, store *sqlstore.Store, log *slog.Logger) (*slack.Installer, error) {
	keys, err := vault.ParseKeys(bot.Secret(c.Store.Keys))
	if err != nil {
		return nil, err
	}
	return slack.NewInstaller(slack.InstallOptions{
		Installations: vault.New(store, keys),
		Seen:          store,
		Phrases:       router.Phrases,
		Log:           log,
		Now:           p.now,
		Random:        rand.Reader,
		ClientID:      c.Slack.ClientID,
		ClientSecret:  c.Slack.ClientSecret,
		PublicURL:     c.Web.PublicURL,
		AuthorizeURL:  strings.TrimSuffix(c.Slack.APIURL, "/api") + "/oauth/v2/authorize",
		Assistant:     c.Slack.Assistant,
		Lang:          c.Language.Default,
	})
}

// newKeys makes keys that tokens are sealed with: those that are configured
// with a new one in front or, where none are, one new key.
func newKeys(c *config) (bot.Secret, error) {
	keys, err := vault.NewKeys()
	if c.Store.Keys != "" {
		if keys, err = vault.ParseKeys(bot.Secret(c.Store.Keys)); err == nil {
			keys, err = keys.Rotated()
		}
	}
	if err != nil {
		return "", err
	}
	return keys.Text()
}

// primaryKey returns the newest of the configured keys alone.
func primaryKey(c *config) (bot.Secret, error) {
	keys, err := vault.ParseKeys(bot.Secret(c.Store.Keys))
	if err != nil {
		return "", err
	}
	if keys, err = keys.PrimaryOnly(); err != nil {
		return "", err
	}
	return keys.Text()
}

// reseal seals what older keys have sealed with the newest, and returns how
// many installations that were.
func reseal(ctx context.Context, c *config, store *sqlstore.Store) (int, error) {
	keys, err := vault.ParseKeys(bot.Secret(c.Store.Keys))
	if err != nil {
		return 0, err
	}
	return vault.New(store, keys).Reencrypt(ctx)
}

// checkSlack names what does not go together.
func (c *config) checkSlack() error {
	switch s := c.Slack; {
	case s.Transport == slackHTTP && s.SigningSecret == "":
		return errors.New("slack.transport is http: set slack.signing_secret too, to the one under Basic Information in the app's settings")
	case s.shared() && (s.ClientSecret == "" || c.Store.Address == "" || c.Store.Address == noStore || c.Store.Keys == ""):
		return errors.New("slack.client_id is set: set slack.client_secret, store.address and store.keys too; \"briefbot slack keys\" makes keys")
	case s.shared() && !strings.HasPrefix(c.Web.PublicURL, "https://"):
		return errors.New("slack.client_id is set: set web.public_url too, to the https address under which people reach this program")
	case s.Transport == slackSocket && s.AppToken == "":
		return errors.New("slack.transport is socket: set slack.app_token too, to an app-level token with the scope connections:write, under Basic Information in the app's settings")
	}
	return nil
}

// slackManifest writes what the app is made from on Slack.
func (p *program) slackManifest(c *config, name string, rotation bool) ([]byte, error) {
	router, err := p.bareRouter(newLog(c.Log, p.err))
	if err != nil {
		return nil, err
	}
	return slack.Manifest{
		Router: router, Lang: c.Language.Default, Name: name, Transport: slack.Transport(c.Slack.Transport),
		Command: c.Slack.Command, PublicURL: c.Web.PublicURL, Assistant: c.Slack.Assistant,
		Shared: c.Slack.shared(), Rotation: rotation,
	}.JSON()
}

// examineSlack checks what has to be right for the bot to work on Slack.
func (p *program) examineSlack(ctx context.Context, c *config, channel string) ([]bot.Check, error) {
	client, err := webapi.New(webapi.Options{
		Token: webapi.Fixed(c.Slack.BotToken), BaseURL: c.Slack.APIURL, Version: programVersion(), Log: newLog(c.Log, p.err), Now: p.now, Attempts: 2,
	})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return slack.Doctor{
		API: client, BotToken: c.Slack.BotToken, AppToken: c.Slack.AppToken, SigningSecret: c.Slack.SigningSecret,
		Transport: slack.Transport(c.Slack.Transport), PublicURL: c.Web.PublicURL, Channel: channel, Assistant: c.Slack.Assistant, Shared: c.Slack.shared(),
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
