package discord

import (
	"strings"
	"testing"
	"time"

	"briefbot/adapters/discord/rest"
)

// TestPermissionsAreDiscords follows the steps of Discord's algorithm, each
// case one further:
// https://discord.com/developers/docs/topics/permissions#permission-overwrites
func TestPermissionsAreDiscords(t *testing.T) {
	const view, send, history = permViewChannel, permSendMessages, permReadMessageHistory
	now := time.Date(2031, 6, 15, 9, 30, 0, 0, time.UTC)
	later, earlier := now.Add(time.Minute), now.Add(-time.Minute)
	role := func(id string, p rest.Permissions) rest.Role { return rest.Role{ID: id, Permissions: p} }
	forRole := func(id string, allow, deny rest.Permissions) rest.Overwrite {
		return rest.Overwrite{ID: id, Type: overwriteRole, Allow: allow, Deny: deny}
	}
	forMember := func(id string, allow, deny rest.Permissions) rest.Overwrite {
		return rest.Overwrite{ID: id, Type: overwriteMember, Allow: allow, Deny: deny}
	}
	const guild, self, bots, guests, others = "1", "2", "3", "4", "5"
	tests := map[string]struct {
		owner      string
		roles      []rest.Role
		overwrites []rest.Overwrite
		timeout    *time.Time
		want       rest.Permissions
	}{
		"nothing is nothing":                         {want: 0},
		"everyone's":                                 {roles: []rest.Role{role(guild, view|send)}, want: view | send},
		"everyone's and one's own":                   {roles: []rest.Role{role(guild, view), role(bots, send)}, want: view | send},
		"not those of others":                        {roles: []rest.Role{role(guild, view), role(others, send)}, want: view},
		"the owner may everything":                   {owner: self, overwrites: []rest.Overwrite{forMember(self, 0, view)}, timeout: &later, want: permAll},
		"an administrator may everything":            {roles: []rest.Role{role(bots, permAdministrator)}, overwrites: []rest.Overwrite{forMember(self, 0, view)}, timeout: &later, want: permAll},
		"a channel takes from everyone":              {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forRole(guild, 0, send)}, want: view},
		"a channel gives to everyone":                {roles: []rest.Role{role(guild, view)}, overwrites: []rest.Overwrite{forRole(guild, send, 0)}, want: view | send},
		"a role counts for more than everyone":       {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forRole(bots, send, 0), forRole(guild, 0, send)}, want: view | send},
		"a role that allows, one that denies":        {roles: []rest.Role{role(guild, view)}, overwrites: []rest.Overwrite{forRole(bots, send, 0), forRole(guests, 0, send)}, want: view | send},
		"a role that takes":                          {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forRole(guests, 0, send)}, want: view},
		"a role of others":                           {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forRole(others, 0, send)}, want: view | send},
		"a member counts for more than roles":        {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forMember(self, 0, send), forRole(bots, send, 0)}, want: view},
		"another member":                             {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forMember(others, 0, send)}, want: view | send},
		"a member's id is no role's":                 {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forMember(bots, 0, send), forRole(self, 0, send)}, want: view | send},
		"who sees nothing can do nothing":            {roles: []rest.Role{role(guild, view|send)}, overwrites: []rest.Overwrite{forRole(guild, 0, view)}, want: 0},
		"a time-out leaves reading":                  {roles: []rest.Role{role(guild, view|send|history)}, timeout: &later, want: view | history},
		"a time-out that is over":                    {roles: []rest.Role{role(guild, view|send|history)}, timeout: &earlier, want: view | send | history},
		"what a channel denies as administrator":     {roles: []rest.Role{role(guild, view)}, overwrites: []rest.Overwrite{forMember(self, permAdministrator, 0)}, want: view | permAdministrator},
		"everyone's denial does not outweigh a role": {roles: []rest.Role{role(guild, 0), role(bots, view|send)}, overwrites: []rest.Overwrite{forRole(guild, 0, send)}, want: view},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := permitted(
				rest.Guild{ID: guild, OwnerID: test.owner, Roles: test.roles},
				rest.Member{User: rest.User{ID: self}, Roles: []string{bots, guests}, TimeoutUntil: test.timeout},
				rest.Channel{Overwrites: test.overwrites}, now,
			)
			if got != test.want {
				t.Errorf("got %b, want %b", got, test.want)
			}
		})
	}
}

func TestThreadsWantAPermissionOfTheirOwn(t *testing.T) {
	const reading = permViewChannel | permReadMessageHistory
	for _, test := range []struct {
		may    rest.Permissions
		thread bool
		want   string
	}{
		{reading | permSendMessages | permCreatePublicThreads, false, ""},
		{reading | permSendMessages, false, "Create Public Threads"},
		{reading | permSendMessages, true, "Send Messages in Threads"},
		{reading | permSendMessagesInThreads, true, ""},
		{reading | permSendMessagesInThreads, false, "Send Messages, Create Public Threads"},
		{0, false, "View Channel, Send Messages, Create Public Threads, Read Message History"},
		{permAll, true, ""},
	} {
		var names []string
		for _, p := range lacking(test.may, test.thread) {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, ", "); got != test.want {
			t.Errorf("with %b, in a thread %v: lacks %q, want %q", test.may, test.thread, got, test.want)
		}
	}
}
