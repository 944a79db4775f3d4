package discordtest

import (
	"crypto/ed25519"
	"encoding/hex"
	"net/http"
	"slices"
	"time"
)

// application is the bot's application.
type application struct {
	id, name string
	bot      *User
	endpoint string
	flags    int
	commands map[string][]*command // by guild id; "" for those of every place
}

// Flags of an application that grant intents to bots in few servers:
// https://discord.com/developers/docs/resources/application#application-object-application-flags
const (
	flagPresenceLimited       = 1 << 13
	flagMembersLimited        = 1 << 15
	flagMessageContentLimited = 1 << 19
)

func newApplication(s *Server) *application {
	app := &application{id: s.newID(), name: "briefbot", commands: map[string][]*command{}}
	app.bot = &User{s: s, ID: app.id, Name: app.name, Locale: "en-US", bot: true}
	s.users[app.bot.ID] = app.bot
	for intent, flag := range map[Intents]int{
		IntentPresences: flagPresenceLimited, IntentMembers: flagMembersLimited, IntentMessageContent: flagMessageContentLimited,
	} {
		if s.o.Privileged&intent != 0 {
			app.flags |= flag
		}
	}
	return app
}

// ApplicationID is the application's id, which is that of its bot too.
func (s *Server) ApplicationID() string { return s.app.id }

// PublicKey is the key that signs interactions, in hexadecimal digits.
func (s *Server) PublicKey() string { return hex.EncodeToString(s.key.Public().(ed25519.PublicKey)) }

func (s *Server) getGateway(*request) answer { return ok(object{"url": s.GatewayURL()}) }

func (s *Server) getGatewayBot(*request) answer {
	return ok(object{
		"url": s.GatewayURL(), "shards": s.o.Shards,
		"session_start_limit": object{
			"total": s.o.SessionStarts, "remaining": max(s.o.SessionStarts-s.counts.Identifies, 0),
			"reset_after": int((24 * time.Hour).Milliseconds()), "max_concurrency": s.o.MaxConcurrency,
		},
	})
}

func (s *Server) getSelf(*request) answer {
	self := s.app.bot.payload()
	self["mfa_enabled"], self["locale"], self["verified"], self["email"] = true, "en-US", true, nil
	return ok(self)
}

func (s *Server) getOwnGuilds(*request) answer {
	list := []any{}
	for _, g := range s.guilds {
		if !g.away {
			list = append(list, object{
				"id": g.ID, "name": g.Name, "icon": nil, "banner": nil, "owner": false,
				"permissions": (g.everyone | g.botMay).String(), "features": []any{},
			})
		}
	}
	return ok(list)
}

func (s *Server) leaveGuild(r *request) answer {
	g := s.guild(r.PathValue("guild_id"))
	if g == nil || g.away {
		return unknownGuild()
	}
	g.kick()
	return noContent()
}

func (s *Server) openDM(r *request) answer {
	u := s.users[asString(r.body["recipient_id"])]
	if u == nil || u.bot {
		return apiError(http.StatusBadRequest, 50033, "Invalid Recipient(s)")
	}
	return ok(u.openDM().payload())
}

// openDM returns the direct conversation of a user with the bot. The lock
// must be held.
func (u *User) openDM() *Channel {
	if u.dm == nil {
		u.dm = &Channel{s: u.s, ID: u.s.newID(), kind: kindDM, with: u, created: u.s.o.Now()}
		u.s.channels[u.dm.ID] = u.dm
	}
	return u.dm
}

func (s *Server) getApplication(*request) answer { return ok(s.app.payload(s)) }

func (app *application) payload(s *Server) object {
	var endpoint any
	if app.endpoint != "" {
		endpoint = app.endpoint
	}
	return object{
		"id": app.id, "name": app.name, "icon": nil, "description": "", "type": nil, "verify_key": s.PublicKey(),
		"flags": app.flags, "flags_new": Permissions(app.flags).String(), "redirect_uris": []any{},
		"interactions_endpoint_url": endpoint, "role_connections_verification_url": nil,
		"owner":                   (&User{ID: "1", Name: "maintainer"}).payload(),
		"approximate_guild_count": len(s.guilds), "approximate_user_install_count": 0,
		"approximate_user_authorization_count": 0, "explicit_content_filter": 0, "team": nil,
		"bot": app.bot.payload(), "bot_public": true, "bot_require_code_grant": false,
		"integration_types_config": object{"0": object{}, "1": object{}}, "eligible_oauth2_scopes": []any{},
	}
}

// editApplication sets the interactions endpoint, which Discord probes
// first, and nothing else.
func (s *Server) editApplication(r *request) answer {
	for key := range r.body {
		if key != "interactions_endpoint_url" {
			return s.refuse(r, []problem{{path: []string{key}, code: "FAKE", text: "this fake cannot change it"}})
		}
	}
	address := asString(r.body["interactions_endpoint_url"])
	if address != "" {
		s.mu.Unlock() // the bot answers the probe meanwhile
		err := s.probe(address)
		s.mu.Lock()
		if err != nil {
			return invalidForm([]problem{{
				path: []string{"interactions_endpoint_url"}, code: "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID",
				text: "The specified interactions endpoint url could not be verified.",
			}})
		}
	}
	s.app.endpoint = address
	return ok(s.app.payload(s))
}

func (s *Server) guild(id string) *Guild {
	i := slices.IndexFunc(s.guilds, func(g *Guild) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return s.guilds[i]
}

// ownGuild finds the guild of a path, with the bot in it.
func (s *Server) ownGuild(r *request) (*Guild, answer) {
	g := s.guild(r.PathValue("guild_id"))
	switch {
	case g == nil:
		return nil, unknownGuild()
	case g.away:
		return nil, missingAccess()
	}
	return g, answer{}
}

func (s *Server) getGuild(r *request) answer {
	g, refused := s.ownGuild(r)
	if g == nil {
		return refused
	}
	return ok(g.payload())
}

func (s *Server) getGuildChannels(r *request) answer {
	g, refused := s.ownGuild(r)
	if g == nil {
		return refused
	}
	list := []any{}
	for _, c := range g.channels {
		if !c.deleted && c.kind != kindThread {
			list = append(list, c.payload())
		}
	}
	return ok(list)
}

func (s *Server) getGuildRoles(r *request) answer {
	g, refused := s.ownGuild(r)
	if g == nil {
		return refused
	}
	return ok(g.roles())
}

func (s *Server) getGuildMember(r *request) answer {
	g, refused := s.ownGuild(r)
	if g == nil {
		return refused
	}
	u := s.users[r.PathValue("user_id")]
	if u == nil {
		return apiError(http.StatusNotFound, 10007, "Unknown Member")
	}
	m := g.member(u)
	m["user"] = u.payload()
	return ok(m)
}
