package discord

import (
	"slices"
	"time"

	"briefbot/adapters/discord/rest"
)

// The permissions that count here.
// https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags
const (
	permAdministrator         rest.Permissions = 1 << 3
	permManageChannels        rest.Permissions = 1 << 4
	permViewChannel           rest.Permissions = 1 << 10
	permSendMessages          rest.Permissions = 1 << 11
	permReadMessageHistory    rest.Permissions = 1 << 16
	permCreatePublicThreads   rest.Permissions = 1 << 35
	permSendMessagesInThreads rest.Permissions = 1 << 38

	permAll rest.Permissions = 1<<64 - 1
)

// Permission is one of the permissions that the bot asks for.
type Permission struct {
	Bit  rest.Permissions
	Name string // as Discord's English settings have it
	Why  string // what the bot cannot do without it
}

// Permissions lists what the bot asks for: no more than it uses. Answers to
// commands need none of it; Discord posts those.
func Permissions() []Permission {
	return []Permission{
		{permViewChannel, "View Channel", "hear mentions and replies, and tell a thread from a channel"},
		{permSendMessages, "Send Messages", "answer mentions and replies"},
		{permCreatePublicThreads, "Create Public Threads", "put the further pages of a digest below the first"},
		{permSendMessagesInThreads, "Send Messages in Threads", "answer in threads"},
		{permReadMessageHistory, "Read Message History", "post an answer as a reply, or know after a restart which threads it spoke in"},
	}
}

// permitted returns what a member may do in a channel of a server, by
// Discord's algorithm. Of a thread, channel is the one that it hangs on: a
// thread has no overwrites of its own.
// https://discord.com/developers/docs/topics/permissions#permission-overwrites
func permitted(guild rest.Guild, member rest.Member, channel rest.Channel, now time.Time) rest.Permissions {
	if member.User.ID == guild.OwnerID {
		return permAll
	}
	var may rest.Permissions
	for _, role := range guild.Roles {
		if role.ID == guild.ID || slices.Contains(member.Roles, role.ID) {
			may |= role.Permissions
		}
	}
	if may&permAdministrator != 0 {
		return permAll
	}
	may = overwritten(may, channel, func(o rest.Overwrite) bool { return o.Type == overwriteRole && o.ID == guild.ID })
	may = overwritten(may, channel, func(o rest.Overwrite) bool {
		return o.Type == overwriteRole && o.ID != guild.ID && slices.Contains(member.Roles, o.ID)
	})
	may = overwritten(may, channel, func(o rest.Overwrite) bool { return o.Type == overwriteMember && o.ID == member.User.ID })
	if may&permViewChannel == 0 {
		return 0 // whoever does not see a channel can do nothing in it
	}
	if inTimeout(member, now) {
		may &= permViewChannel | permReadMessageHistory
	}
	return may
}

// The types of overwrites.
// https://discord.com/developers/docs/resources/channel#overwrite-object
const (
	overwriteRole   = 0
	overwriteMember = 1
)

// overwritten applies those overwrites of a channel that match, together:
// what one of them allows counts for more than what another denies.
func overwritten(may rest.Permissions, channel rest.Channel, match func(rest.Overwrite) bool) rest.Permissions {
	var allow, deny rest.Permissions
	for _, o := range channel.Overwrites {
		if match(o) {
			allow |= o.Allow
			deny |= o.Deny
		}
	}
	return may&^deny | allow
}

// inTimeout reports whether a moderator has put the member in a time-out.
// https://discord.com/developers/docs/topics/permissions#permissions-for-timed-out-members
func inTimeout(member rest.Member, now time.Time) bool {
	return member.TimeoutUntil != nil && member.TimeoutUntil.After(now)
}

// lacking returns the permissions that the bot needs in a channel, or in a
// thread, and does not have.
func lacking(may rest.Permissions, thread bool) []Permission {
	return slices.DeleteFunc(Permissions(), func(p Permission) bool {
		elsewhere := (p.Bit == permSendMessages || p.Bit == permCreatePublicThreads) && thread || p.Bit == permSendMessagesInThreads && !thread
		return elsewhere || may&p.Bit != 0
	})
}
