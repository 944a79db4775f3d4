package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/sqlstore"
	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/adapters/sqlstore/vault"
	"briefbot/bot"
)

// Options say what a deployment is made of.
type Options struct {
	Folder   string // for all that it writes
	Binaries Binaries
	Replicas int
	SQLite   bool // instead of PostgreSQL
	Durable  bool // PostgreSQL waits for the disk
	Seed     uint64
	Settings []string // more of the program's, such as "BRIEFBOT_LOG_LEVEL=debug"
}

// Deployment is a cluster that runs. Its replicas are not started yet.
type Deployment struct {
	Discord, Slack *Fake
	Replicas       []*Replica
	Postgres       *postgrestest.Server // nil on SQLite
	Store          *sqlstore.Store      // the database, for who fills it

	vault   *vault.Vault
	content string // folder
	team    int    // workspaces of Slack so far
}

// Start starts the database and the fakes and prepares the replicas.
func Start(ctx context.Context, o Options) (_ *Deployment, err error) {
	d := &Deployment{content: filepath.Join(o.Folder, "content")}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Stop())
		}
	}()
	if err := d.Publish("Basalt"); err != nil {
		return nil, err
	}
	address := filepath.Join(o.Folder, "briefbot.db")
	if !o.SQLite {
		var settings []string
		if o.Durable {
			settings = append(settings, "fsync=on")
		}
		if d.Postgres, err = postgrestest.Start(ctx, settings...); err != nil {
			return nil, err
		}
		if address, err = d.Postgres.Database(ctx); err != nil {
			return nil, err
		}
	}
	if d.Discord, err = StartFake(ctx, o.Binaries.Fakes, "discord", o.Replicas, o.Seed, filepath.Join(o.Folder, "discord.log")); err != nil {
		return nil, err
	}
	if d.Slack, err = StartFake(ctx, o.Binaries.Fakes, "slack", o.Replicas, o.Seed+1, filepath.Join(o.Folder, "slack.log")); err != nil {
		return nil, err
	}
	if d.Store, err = sqlstore.Open(ctx, sqlstore.Options{Address: address, Log: slog.New(slog.DiscardHandler)}); err != nil {
		return nil, err
	}
	keys, err := vault.NewKeys()
	if err != nil {
		return nil, err
	}
	d.vault = vault.New(d.Store, keys)
	shared, err := d.settings(ctx, address, keys)
	if err != nil {
		return nil, err
	}
	for n := range o.Replicas {
		r, err := newReplica(fmt.Sprintf("replica-%d", n+1), o, append(append(shared,
			"BRIEFBOT_DISCORD_API_URL="+d.Discord.Doors[n]+"/api/v10", "BRIEFBOT_SLACK_API_URL="+d.Slack.Doors[n]+"/api",
		), o.Settings...))
		if err != nil {
			return nil, err
		}
		for _, door := range []string{d.Discord.Doors[n], d.Slack.Doors[n]} {
			r.Doors = append(r.Doors, strings.TrimPrefix(door, "http://"))
		}
		d.Replicas = append(d.Replicas, r)
	}
	return d, nil
}

// settings are those that all replicas share.
func (d *Deployment) settings(ctx context.Context, address string, keys *vault.Keys) ([]string, error) {
	var discord discordtest.State
	if err := d.Discord.Do(ctx, "GET /state", nil, &discord); err != nil {
		return nil, err
	}
	var slack slacktest.State
	if err := d.Slack.Do(ctx, "GET /state", nil, &slack); err != nil {
		return nil, err
	}
	sealing, err := keys.Text()
	if err != nil {
		return nil, err
	}
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"BRIEFBOT_CONTENT_PATHS=" + d.content, "BRIEFBOT_LOG_FORMAT=json", "BRIEFBOT_WEB_ADDRESS=127.0.0.1:0", "BRIEFBOT_WEB_PUBLIC_URL=https://briefings.example.org",
		"BRIEFBOT_STORE_ADDRESS=" + address, "BRIEFBOT_STORE_KEYS=" + string(sealing),
		"BRIEFBOT_DISCORD_TOKEN=discordtest.token", "BRIEFBOT_DISCORD_TRANSPORT=http",
		"BRIEFBOT_DISCORD_PUBLIC_KEY=" + discord.PublicKey, "BRIEFBOT_DISCORD_APPLICATION_ID=" + discord.ApplicationID,
		"BRIEFBOT_SLACK_TRANSPORT=http", "BRIEFBOT_SLACK_SIGNING_SECRET=" + slack.SigningSecret,
		"BRIEFBOT_SLACK_CLIENT_ID=" + slack.ClientID, "BRIEFBOT_SLACK_CLIENT_SECRET=" + slack.ClientSecret,
	}, nil
}

func newReplica(name string, o Options, env []string) (*Replica, error) {
	folder := filepath.Join(o.Folder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	return &Replica{
		Name: name, binary: o.Binaries.Program, folder: folder, log: filepath.Join(folder, "log"),
		env: append([]string{"HOME=" + folder}, env...),
	}, nil
}

// ByDoor returns the replica that uses a door of a fake, nil for none.
func (d *Deployment) ByDoor(host string) *Replica {
	for _, r := range d.Replicas {
		if slices.Contains(r.Doors, host) {
			return r
		}
	}
	return nil
}

// Stop ends all that runs. What was written stays in the folder.
func (d *Deployment) Stop() error {
	var all []error
	for _, r := range d.Replicas {
		r.Kill()
	}
	if d.Store != nil {
		all = append(all, d.Store.Close())
	}
	for _, f := range []*Fake{d.Discord, d.Slack} {
		if f != nil {
			all = append(all, f.Stop())
		}
	}
	if d.Postgres != nil {
		all = append(all, d.Postgres.Stop())
	}
	return errors.Join(all...)
}

// Target is a channel that a digest can go to.
type Target struct {
	Place    bot.Place
	Readable bool // the bot can read what was said there
}

// guildSize is how many channels a guild holds at most:
// https://support.discord.com/hc/en-us/articles/33694251638295
const guildSize = 500

// AddDiscord adds channels on Discord.
func (d *Deployment) AddDiscord(ctx context.Context, channels int) ([]Target, error) {
	var all []Target
	for len(all) < channels {
		var guild struct{ ID string }
		if err := d.Discord.Do(ctx, "POST /guilds", map[string]any{"name": "Harbour"}, &guild); err != nil {
			return nil, err
		}
		var made struct{ IDs []string }
		body := map[string]any{"name": "briefings", "count": min(guildSize, channels-len(all))}
		if err := d.Discord.Do(ctx, "POST /guilds/"+guild.ID+"/channels", body, &made); err != nil {
			return nil, err
		}
		for _, id := range made.IDs {
			all = append(all, Target{Place: bot.Place{Platform: "discord", Workspace: guild.ID, Channel: id}, Readable: true})
		}
	}
	return all, nil
}

// AddSlack adds workspaces on Slack that have installed the bot, each with
// channels, whose history it may read or not.
func (d *Deployment) AddSlack(ctx context.Context, workspaces, channels int, readable bool) ([]Target, error) {
	var all []Target
	for range workspaces {
		d.team++
		body := map[string]any{"name": fmt.Sprintf("Team %d", d.team)}
		if !readable {
			body["without"] = []string{"channels:history", "groups:history", "im:history", "mpim:history"}
		}
		var joined slacktest.Joined
		if err := d.Slack.Do(ctx, "POST /workspaces", body, &joined); err != nil {
			return nil, err
		}
		in := bot.Installation{Workspace: joined.ID, BotUser: joined.Bot, Scopes: joined.Scopes, InstalledAt: someday()}
		if err := d.vault.Install(ctx, in, bot.Tokens{Access: bot.Secret(joined.Token)}); err != nil {
			return nil, err
		}
		var made struct{ IDs []string }
		if err := d.Slack.Do(ctx, "POST /workspaces/"+joined.ID+"/channels", map[string]any{"name": "briefings", "count": channels}, &made); err != nil {
			return nil, err
		}
		for _, id := range made.IDs {
			all = append(all, Target{Place: bot.Place{Platform: "slack", Workspace: joined.ID, Channel: id}, Readable: readable})
		}
	}
	return all, nil
}
