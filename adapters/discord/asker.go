package discord

import (
	"context"
	"slices"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/i18n"
)

// asker is who uses a command, as a bot.Asker.
type asker struct {
	a       *Adapter
	guild   string // "" elsewhere
	direct  bool   // in the direct conversation with the bot, which is theirs
	channel string
	user    string
	brought bool // to the server by a user, and not installed there
	told    bool // an interaction tells what follows; of a message it has to be looked up
	may     rest.Permissions
	roles   []string
}

// askerOf is whoever causes an interaction.
func (a *Adapter) askerOf(in interaction) bot.Asker {
	return asker{
		a: a, guild: in.GuildID, direct: in.GuildID == "" && in.Context == contextDirect, channel: in.channelID(), user: in.asker().ID,
		brought: in.brought(), told: true, may: in.Member.Permissions, roles: in.Member.Roles,
	}
}

// writerOf is whoever wrote a message.
func (a *Adapter) writerOf(m message) bot.Asker {
	return asker{a: a, guild: m.GuildID, direct: m.GuildID == "", channel: m.ChannelID, user: m.Author.ID}
}

// Manages implements bot.Asker: the permission Manage Channels makes a
// manager, and so does any of the configured roles. Of a conversation between
// people, and in a server that the bot is not in, nobody is one: it may not post
// there by itself.
func (k asker) Manages(ctx context.Context) (bool, error) {
	if k.guild == "" {
		return k.direct, nil
	}
	if k.brought {
		return false, nil
	}
	if !k.told {
		var err error
		if k.may, k.roles, err = k.a.lookUp(ctx, k.guild, k.channel, k.user); err != nil {
			return false, err
		}
	}
	isManager := func(role string) bool { return slices.Contains(k.a.ManagerRoles, role) }
	return k.may&(permManageChannels|permAdministrator) != 0 || slices.ContainsFunc(k.roles, isManager), nil
}

// Managers implements bot.Asker.
func (k asker) Managers(p i18n.Printer) string {
	switch {
	case k.brought:
		return p.T("discord.managers_elsewhere")
	case len(k.a.ManagerRoles) > 0:
		return p.T("discord.managers_or_roles")
	}
	return p.T("discord.managers")
}

// Zone implements bot.Asker. Discord tells nobody's.
func (asker) Zone(context.Context) string { return "" }

// lookUp returns what a member may do in a channel, and their roles. Of a thread
// counts the channel that it hangs on. Whether it is one Discord is asked anew:
// of a channel that it did not show before it is remembered as none.
func (a *Adapter) lookUp(ctx context.Context, guild, id, user string) (rest.Permissions, []string, error) {
	where, err := a.REST.Channel(ctx, id)
	if in := (channel{Type: where.Type}); err == nil && in.thread() {
		where, err = a.REST.Channel(ctx, where.ParentID)
	}
	if err != nil {
		return 0, nil, err
	}
	server, err := a.REST.Guild(ctx, guild)
	if err != nil {
		return 0, nil, err
	}
	member, err := a.REST.Member(ctx, guild, user)
	if err != nil {
		return 0, nil, err
	}
	return permitted(server, member, where, a.Now()), member.Roles, nil
}
