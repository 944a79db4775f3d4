package discord

import (
	"errors"
	"net/url"
	"strconv"
)

// Invitation holds the addresses by which people add the bot.
type Invitation struct {
	Server string // to a server, by who manages it
	User   string // for oneself, to use it everywhere
}

// Invite makes the addresses of an application. They ask for the two scopes
// and the permissions that the bot uses, and for nothing else.
// https://discord.com/developers/docs/topics/oauth2#bot-authorization-flow
func Invite(application string) (Invitation, error) {
	if !isSnowflake(application) {
		return Invitation{}, errors.New("discord: the id of an application is a number; copy it from General Information in the Developer Portal")
	}
	var all uint64
	for _, p := range Permissions() {
		all |= uint64(p.Bit)
	}
	address := func(installed int, scope string, permissions uint64) string {
		q := url.Values{
			"client_id": {application}, "scope": {scope}, "integration_type": {strconv.Itoa(installed)},
		}
		if permissions != 0 {
			q.Set("permissions", strconv.FormatUint(permissions, 10))
		}
		return "https://discord.com/oauth2/authorize?" + q.Encode()
	}
	return Invitation{
		Server: address(installedInServer, "bot applications.commands", all),
		User:   address(installedByUser, "applications.commands", 0), // a user install has no permissions
	}, nil
}
