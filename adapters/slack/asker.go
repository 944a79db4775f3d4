package slack

import (
	"context"
	"errors"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

// Managers says who manages a channel on Slack.
type Managers string

// The choices.
const (
	ByAdmins  Managers = "admins"  // the workspace's admins and owners, and the channel's creator
	ByCreator Managers = "creator" // the channel's creator
	ByMembers Managers = "members" // everybody who can write there
)

// asker is who uses a command, as a bot.Asker.
type asker struct {
	a                   *Adapter
	team, channel, user string
}

func (a *Adapter) asker(team, channel, user string) bot.Asker {
	return asker{a: a, team: team, channel: channel, user: user}
}

// Manages implements bot.Asker. A direct conversation with the bot is its
// user's own; Slack has the user in place of the channel where it was pressed
// in the App Home.
func (k asker) Manages(ctx context.Context) (bool, error) {
	if k.a.Managers == ByMembers || k.channel == "" || strings.HasPrefix(k.channel, "D") {
		return true, nil
	}
	if k.a.Managers != ByCreator {
		if admin, err := k.a.people.admin(ctx, k.team, k.user); err != nil || admin {
			return admin, err
		}
	}
	creator, err := k.a.threads.creator(ctx, k.team, k.channel)
	if e, ok := errors.AsType[*bot.Error](err); ok && (e.Kind == bot.NotFound || e.Kind == bot.Denied) {
		k.a.Log.InfoContext(ctx, "slack does not tell who created a channel", "team", k.team, "channel", k.channel, "err", err)
		return false, nil
	}
	return err == nil && creator == k.user, err
}

// Managers implements bot.Asker.
func (k asker) Managers(p i18n.Printer) string {
	if k.a.Managers == ByCreator {
		return p.T("slack.managers_creator")
	}
	return p.T("slack.managers_admins")
}

// Zone implements bot.Asker.
func (k asker) Zone(ctx context.Context) string { return k.a.people.zone(ctx, k.team, k.user) }
