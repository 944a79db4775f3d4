package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// appMethods are those about the app itself and its views.
func appMethods() []method {
	return []method{
		{name: "api.test", args: args("error"), json: true, tier: 4, handle: (*Server).apiTest},
		{name: "auth.test", args: args(""), json: true, tier: 0, token: "bot", handle: (*Server).authTest},
		{name: "auth.revoke", args: args("test:flag"), tier: 3, token: "bot", handle: (*Server).revoke},
		{name: "apps.connections.open", args: args(""), json: true, scopes: []string{"connections:write"}, tier: 1, token: "app", handle: (*Server).connectionsOpen},
		{name: "apps.manifest.validate", args: args("manifest! app_id"), json: true, tier: 3, token: "config", handle: (*Server).validateManifest},
		{name: "views.publish", args: args("user_id! view!:json hash"), json: true, tier: 4, token: "bot", handle: (*Server).publish},
		{name: "views.open", args: args("trigger_id! view!:json"), json: true, tier: 4, token: "bot", handle: (*Server).openView},
		{name: "views.update", args: args("view!:json view_id external_id hash"), json: true, tier: 4, token: "bot", handle: (*Server).updateView},
	}
}

// view is a home or a modal.
type view struct {
	id    string
	user  *User
	body  object
	hash  string
	step  int
	shown int // how often it was published or updated
}

func (s *Server) apiTest(c *call) answer {
	if code := c.text("error"); code != "" {
		return failure(code)
	}
	return ok(object{"args": object{}})
}

func (s *Server) authTest(c *call) answer {
	if c.ws == nil {
		return ok(object{"app_id": s.app.id, "app_name": s.app.name})
	}
	o := object{
		"url": "https://" + c.ws.Domain + ".slack.com/", "team": c.ws.Name, "user": s.app.name, "team_id": c.ws.ID,
		"user_id": c.ws.bot.ID, "bot_id": c.ws.bot.botID, "is_enterprise_install": false,
	}
	if !c.token.expires.IsZero() {
		o["expires_in"] = int(c.token.expires.Sub(c.now).Seconds())
	}
	return ok(o)
}

func (s *Server) revoke(c *call) answer {
	if !c.flag("test") {
		c.token.revoked = true
	}
	return ok(object{"revoked": !c.flag("test")})
}

// ConfigToken is the configuration token with which a manifest is validated.
const ConfigToken = "xoxe.xoxp-slacktest"

func (s *Server) validateManifest(c *call) answer {
	var manifest any
	if err := json.Unmarshal([]byte(c.text("manifest")), &manifest); err != nil {
		return s.refuse(c, "invalid_manifest", problem{pointer: "/", text: "is no JSON"})
	}
	problems := s.o.Specs.checkManifest(manifest)
	if len(problems) == 0 {
		return ok(object{})
	}
	errors := []any{}
	for _, p := range problems {
		errors = append(errors, object{"message": p.text, "pointer": p.pointer})
	}
	a := s.refuse(c, "invalid_manifest", problems...)
	asObject(a.body)["errors"] = errors
	return a
}

// payload is a view as Slack hands it on.
func (v *view) payload() object {
	o := asObject(remarshal(v.body))
	ws := v.user.Workspace
	for key, value := range (object{
		"id": v.id, "team_id": ws.ID, "app_id": v.user.s.app.id, "app_installed_team_id": ws.ID, "bot_id": ws.bot.botID, "hash": v.hash,
		"root_view_id": v.id, "previous_view_id": nil, "external_id": "", "callback_id": "", "private_metadata": "",
		"state": object{"values": object{}}, "clear_on_close": false, "notify_on_close": false,
		"title": object{"type": "plain_text", "text": "View Title", "emoji": true}, "close": nil, "submit": nil,
	}) {
		if _, set := o[key]; !set {
			o[key] = value
		}
	}
	return o
}

// set changes what a view shows. The lock must be held.
func (s *Server) set(v *view, body object) {
	body = asObject(remarshal(body))
	body["blocks"] = withIDs(asArray(body["blocks"]))
	v.body = body
	v.hash = fmt.Sprintf("%d.%s", s.o.Now().Unix(), s.newID("h"))
	v.shown++
	s.step++
	v.step = s.step
	s.notify()
}

func (s *Server) publish(c *call) answer {
	u := c.ws.user(c.text("user_id"))
	problems := s.checkView(c.args["view"])
	switch {
	case len(problems) > 0:
		return s.refuse(c, "invalid_arguments", problems...)
	case asObject(c.args["view"])["type"] != "home":
		return s.refuse(c, "invalid_arguments", problem{pointer: "/view/type", text: "is not home"})
	case u == nil || u.IsBot():
		return failure("user_not_found")
	case !s.app.home:
		return failure("not_enabled")
	case c.has("hash") && u.home != nil && u.home.hash != c.text("hash"):
		return failure("hash_conflict")
	}
	if u.home == nil {
		u.home = &view{id: s.newID("V"), user: u}
	}
	s.set(u.home, asObject(c.args["view"]))
	return ok(object{"view": u.home.payload()})
}

func (s *Server) openView(c *call) answer {
	if problems := s.checkView(c.args["view"]); len(problems) > 0 {
		return s.refuse(c, "invalid_arguments", problems...)
	}
	in := s.triggers[c.text("trigger_id")]
	switch {
	case in == nil || in.user.Workspace != c.ws:
		return s.refuse(c, "invalid_trigger_id", problem{pointer: "/trigger_id", text: "was not given out"})
	case c.now.Sub(in.created) > s.o.TriggerLife:
		return failure("expired_trigger_id")
	case in.opened != nil:
		return s.refuse(c, "exchanged_trigger_id", problem{pointer: "/trigger_id", text: "was used before"})
	case asObject(c.args["view"])["type"] != "modal":
		return s.refuse(c, "invalid_arguments", problem{pointer: "/view/type", text: "is not modal"})
	}
	in.opened = &view{id: s.newID("V"), user: in.user}
	in.user.modals = append(in.user.modals, in.opened)
	s.set(in.opened, asObject(c.args["view"]))
	return ok(object{"view": in.opened.payload()})
}

func (s *Server) updateView(c *call) answer {
	if problems := s.checkView(c.args["view"]); len(problems) > 0 {
		return s.refuse(c, "invalid_arguments", problems...)
	}
	for _, u := range c.ws.users {
		for _, v := range slices.Concat(u.modals, []*view{u.home}) {
			if v == nil || v.id != c.text("view_id") && (!c.has("external_id") || v.body["external_id"] != c.text("external_id")) {
				continue
			}
			if c.has("hash") && v.hash != c.text("hash") {
				return failure("hash_conflict")
			}
			s.set(v, asObject(c.args["view"]))
			return ok(object{"view": v.payload()})
		}
	}
	return failure("not_found")
}

// connectionsOpen hands out the address of one connection of Socket Mode.
func (s *Server) connectionsOpen(c *call) answer {
	if !s.app.socket {
		return failure("not_allowed_token_type")
	}
	ticket := s.newID("K")
	s.socket.tickets[ticket] = c.now
	return ok(object{"url": "ws" + strings.TrimPrefix(s.url, "http") + "/link/?ticket=" + ticket + "&app_id=" + s.app.id})
}
