package slacktest

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// emojiName is the name of an emoji, with a skin tone or not.
var emojiName = regexp.MustCompile(`^[a-z0-9_+'-]+(::skin-tone-[2-6])?$`)

// readMethods are those that only look.
func readMethods() []method {
	history := []string{"channels:history", "groups:history", "im:history", "mpim:history"}
	read := []string{"channels:read", "groups:read", "im:read", "mpim:read"}
	return []method{
		{name: "conversations.history", args: args("channel! cursor include_all_metadata:flag inclusive:flag latest:instant limit:number oldest:instant"), scopes: history, tier: 3, token: "bot", handle: (*Server).history},
		{name: "conversations.replies", args: args("channel! ts!:ts cursor include_all_metadata:flag inclusive:flag latest:instant limit:number oldest:instant"), scopes: history, tier: 3, token: "bot", handle: (*Server).replies},
		{name: "conversations.info", args: args("channel! include_locale:flag include_num_members:flag"), scopes: read, tier: 3, token: "bot", handle: (*Server).conversation},
		{name: "conversations.open", args: args("channel users return_im:flag prevent_creation:flag"), json: true, scopes: []string{"im:write", "mpim:write"}, tier: 3, token: "bot", handle: (*Server).open},
		{name: "conversations.list", args: args("cursor exclude_archived:flag limit:number team_id types"), scopes: read, tier: 2, token: "bot", handle: (*Server).conversations},
		{name: "conversations.members", args: args("channel! cursor limit:number"), scopes: read, tier: 4, token: "bot", handle: (*Server).members},
		{name: "users.info", args: args("user! include_locale:flag"), scopes: []string{"users:read"}, tier: 4, token: "bot", handle: (*Server).userInfo},
		{name: "team.info", args: args("team domain"), scopes: []string{"team:read"}, tier: 3, token: "bot", handle: (*Server).teamInfo},
		{name: "bots.info", args: args("bot team_id"), scopes: []string{"users:read"}, tier: 3, token: "bot", handle: (*Server).botInfo},
	}
}

// readable finds a channel whose messages or members the app may see.
func (c *call) readable(what string) (*Channel, *answer) {
	channel := c.ws.channel(c.text("channel"))
	if channel == nil || channel.private && !channel.members[c.ws.bot.ID] {
		a := failure("channel_not_found")
		return nil, &a
	}
	_, scope := channel.kind()
	if refused := c.permit(scope + ":" + what); refused != nil {
		return nil, refused
	}
	return channel, nil
}

// window narrows a list of messages, the newest first, to what a call asks
// for, and cuts a page out of it.
func (s *Server) window(c *call, all []*post, keep func(*post) bool) (page []*post, next string, refused *answer) {
	bound := func(name string) int64 { micros, _ := parseTS(or(c.text(name), "0")); return micros }
	oldest, latest, inclusive := bound("oldest"), bound("latest"), c.flag("inclusive")
	var list []*post
	for _, m := range all {
		at, _ := parseTS(m.ts)
		switch {
		case keep(m):
			list = append(list, m)
			continue
		case m.deleted:
			continue
		case c.has("oldest") && (at < oldest || at == oldest && !inclusive):
			continue
		case c.has("latest") && (at > latest || at == latest && !inclusive):
			continue
		}
		list = append(list, m)
	}
	from, limit, refused := s.page(c, 100, 999)
	if refused != nil {
		return nil, "", refused
	}
	if s.o.LimitedHistory {
		limit = min(limit, 15)
	}
	if from > len(list) {
		a := failure("invalid_cursor")
		return nil, "", &a
	}
	list = list[from:]
	if len(list) > limit {
		return list[:limit], cursor(from + limit), nil
	}
	return list, "", nil
}

func cursor(from int) string {
	return base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(from)))
}

// page reads cursor and limit.
func (s *Server) page(c *call, usual, most int) (from, limit int, refused *answer) {
	limit = usual
	if c.has("limit") {
		limit = asInt(c.args["limit"])
		if limit < 1 || limit > most {
			a := s.refuse(c, "invalid_limit", problem{pointer: "/limit", text: "must be 1 to " + strconv.Itoa(most)})
			return 0, 0, &a
		}
	}
	if given := c.text("cursor"); given != "" {
		decoded, err := base64.StdEncoding.DecodeString(given)
		at, isOurs := strings.CutPrefix(string(decoded), "next:")
		from, err2 := strconv.Atoi(at)
		if err != nil || err2 != nil || !isOurs || from < 0 {
			a := s.refuse(c, "invalid_cursor", problem{pointer: "/cursor", text: "was not given out"})
			return 0, 0, &a
		}
		return from, limit, nil
	}
	return 0, limit, nil
}

// shown are messages as a call to read them shows them.
func (c *call) shown(list []*post) []any {
	all := []any{}
	for _, m := range list {
		o := m.payload()
		if c.flag("include_all_metadata") && m.metadata != nil && (m.author.own || slices.Contains(c.token.scopes, "metadata.message:read")) {
			o["metadata"] = remarshal(m.metadata)
		}
		all = append(all, o)
	}
	return all
}

func (s *Server) history(c *call) answer {
	channel, refused := c.readable("history")
	if refused != nil {
		return *refused
	}
	if !channel.members[c.ws.bot.ID] {
		return failure("not_in_channel")
	}
	var top []*post
	for _, m := range slices.Backward(channel.messages) {
		if m.thread == "" || m.thread == m.ts || m.broadcast { // replies stand in their threads
			top = append(top, m)
		}
	}
	page, next, refused := s.window(c, top, func(*post) bool { return false })
	if refused != nil {
		return *refused
	}
	return ok(object{
		"messages": c.shown(page), "has_more": next != "", "pin_count": 0, "channel_actions_ts": nil, "channel_actions_count": 0,
		"response_metadata": object{"next_cursor": next},
	})
}

func (s *Server) replies(c *call) answer {
	channel, refused := c.readable("history")
	if refused != nil {
		return *refused
	}
	if !channel.members[c.ws.bot.ID] {
		return failure("not_in_channel")
	}
	parent := channel.find(c.text("ts"))
	if parent == nil {
		return failure("thread_not_found")
	}
	thread := []*post{parent}
	if parent.thread == parent.ts {
		thread = append(thread, channel.replies(parent.ts)...)
	}
	page, next, refused := s.window(c, thread, func(m *post) bool { return m == parent })
	if refused != nil {
		return *refused
	}
	return ok(object{"messages": c.shown(page), "has_more": next != "", "response_metadata": object{"next_cursor": next}})
}

func (s *Server) conversation(c *call) answer {
	channel, refused := c.readable("read")
	if refused != nil {
		return *refused
	}
	o := channel.payload()
	if c.flag("include_locale") {
		o["locale"] = "en-US"
	}
	if !c.flag("include_num_members") {
		delete(o, "num_members")
	}
	return ok(object{"channel": o})
}

func (s *Server) open(c *call) answer {
	ids := strings.Split(c.text("users"), ",")
	switch {
	case c.has("channel") == c.has("users"):
		return s.refuse(c, "users_list_not_supplied", problem{text: "either channel or users must be given"})
	case c.has("channel"):
		if channel := c.ws.channel(c.text("channel")); channel != nil && channel.with != nil {
			return ok(object{"channel": object{"id": channel.ID}})
		}
		return failure("channel_not_found")
	case len(ids) != 1:
		return s.refuse(c, "invalid_arguments", problem{pointer: "/users", text: "this fake opens conversations with one user"})
	}
	u := c.ws.user(ids[0])
	switch {
	case u == nil:
		return failure("user_not_found")
	case u.IsBot():
		return failure("cannot_dm_bot")
	}
	opened := u.dm != nil
	channel := u.openDM()
	o := object{"id": channel.ID}
	if c.flag("return_im") {
		o = channel.payload()
	}
	return ok(object{"channel": o, "no_op": opened, "already_open": opened})
}

func (s *Server) conversations(c *call) answer {
	scopes := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}
	types := strings.Split(or(c.text("types"), "public_channel"), ",")
	for _, t := range types {
		scope, known := scopes[t]
		if !known {
			return s.refuse(c, "invalid_types", problem{pointer: "/types", text: "unknown type " + t})
		}
		if refused := c.permit(scope); refused != nil {
			return *refused
		}
	}
	from, limit, refused := s.page(c, 100, 1000)
	if refused != nil {
		return *refused
	}
	list := []any{}
	for _, channel := range c.ws.channels {
		kind := "public_channel"
		switch {
		case channel.with != nil:
			kind = "im"
		case channel.private:
			kind = "private_channel"
		}
		if channel.deleted || !slices.Contains(types, kind) || channel.private && !channel.members[c.ws.bot.ID] || c.flag("exclude_archived") && channel.archived {
			continue
		}
		list = append(list, channel.payload())
	}
	next := ""
	list = list[min(from, len(list)):]
	if len(list) > limit {
		list, next = list[:limit], cursor(from+limit)
	}
	return ok(object{"channels": list, "response_metadata": object{"next_cursor": next}})
}

func (s *Server) members(c *call) answer {
	channel, refused := c.readable("read")
	if refused != nil {
		return *refused
	}
	from, limit, refused := s.page(c, 100, 1000)
	if refused != nil {
		return *refused
	}
	var ids []string
	for id := range channel.members {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	next := ""
	ids = ids[min(from, len(ids)):]
	if len(ids) > limit {
		ids, next = ids[:limit], cursor(from+limit)
	}
	return ok(object{"members": remarshal(ids), "response_metadata": object{"next_cursor": next}})
}

func (s *Server) userInfo(c *call) answer {
	u := c.ws.user(c.text("user"))
	if u == nil {
		return failure("user_not_found")
	}
	return ok(object{"user": u.payload(c.flag("include_locale"))})
}

func (s *Server) teamInfo(c *call) answer {
	if team := c.text("team"); team != "" && team != c.ws.ID {
		return failure("team_not_found")
	}
	return ok(object{"team": object{
		"id": c.ws.ID, "name": c.ws.Name, "domain": c.ws.Domain, "email_domain": "", "url": "https://" + c.ws.Domain + ".slack.com/",
		"icon": object{"image_34": "https://a.slack-edge.com/34.png", "image_default": true}, "is_verified": false,
	}})
}

func (s *Server) botInfo(c *call) answer {
	for _, u := range c.ws.users {
		if u.botID != "" && u.botID == c.text("bot") {
			o := u.botProfile()
			o["user_id"] = u.ID
			delete(o, "team_id")
			return ok(object{"bot": o})
		}
	}
	return failure("bot_not_found")
}
