package discordtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of interactions: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-interaction-type
const (
	kindPing         = 1
	kindCommand      = 2
	kindComponent    = 3
	kindAutocomplete = 4
)

// Kinds of responses, from the same page.
const (
	respondPong        = 1
	respondMessage     = 4
	respondDefer       = 5
	respondDeferUpdate = 6
	respondUpdate      = 7
	respondChoices     = 8
)

// tokenLife is how long the token of an interaction is good, from the same page.
const tokenLife = 15 * time.Minute

// maxFollowUps is how many follow-ups an interaction takes where only the
// user has installed the bot.
const maxFollowUps = 5

// What a user reads when the bot does not answer as it should.
const (
	FailedCommand   = "The application did not respond"
	FailedComponent = "This interaction failed"
	FailedChoices   = "Loading options failed"
)

// interaction is one thing that a user did with the bot.
type interaction struct {
	s       *Server
	id      string
	token   string
	kind    int
	menu    bool // a command of a menu
	user    *User
	channel *Channel
	created time.Time
	payload object
	target  *post // whose component was used
	focused int   // type of the option that is completed

	posted   bool // to the endpoint
	response int  // 0 while there is none
	deferred bool
	original *post // what @original is
	edits    int   // of @original, when the response was given
	posts    []*post
	followed int // follow-ups where the bot is installed by the user only
	choices  []any
	failed   string
}

// failure is what the user reads when the bot does not answer.
func (in *interaction) failure() string {
	switch in.kind {
	case kindComponent:
		return FailedComponent
	case kindAutocomplete:
		return FailedChoices
	}
	return FailedCommand
}

func (in *interaction) metadata() object {
	o := object{
		"id": in.id, "type": in.kind, "user": in.user.payload(),
		"authorizing_integration_owners": in.payload["authorizing_integration_owners"],
	}
	if in.target != nil {
		o["interacted_message_id"] = in.target.id
	}
	return o
}

// newInteraction makes what Discord sends. The lock must be held.
func (s *Server) newInteraction(u *User, c *Channel, kind int, data object) *interaction {
	in := &interaction{s: s, id: s.newID(), kind: kind, user: u, channel: c, created: s.o.Now()}
	in.token = fmt.Sprintf("aW50ZXJhY3Rpb24%s%032x", in.id, in.created.UnixNano())
	channel := c.payload()
	owners := object{}
	if u.installed {
		owners["1"] = u.ID
	}
	in.payload = object{
		"id": in.id, "application_id": s.app.id, "type": kind, "data": data, "token": in.token, "version": 1,
		"channel": channel, "channel_id": c.ID, "app_permissions": c.may(s.app.bot).String(), "locale": u.Locale,
		"entitlements": []any{}, "entitlement_sku_ids": []any{}, "authorizing_integration_owners": owners,
		"attachment_size_limit": 10 << 20,
	}
	if g := c.Guild; g != nil {
		member := g.member(u)
		member["user"], member["permissions"] = u.payload(), c.may(u).String()
		channel["permissions"] = c.may(u).String()
		in.payload["member"], in.payload["context"] = member, 0
		in.payload["guild_id"], in.payload["guild_locale"] = g.ID, g.Locale
		in.payload["guild"] = object{"id": g.ID, "locale": g.Locale, "features": []any{}}
		if !g.away {
			owners["0"] = g.ID
		}
	} else {
		in.payload["user"], in.payload["context"] = u.payload(), 1
		owners["0"] = "0"
	}
	s.interactions[in.id], s.byToken[in.token] = in, in
	return in
}

// respond takes the first response to an interaction, over either transport.
// The lock must be held.
func (s *Server) respond(in *interaction, body object, where string) answer {
	now := s.o.Now()
	switch {
	case in.response != 0:
		return apiError(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
	case in.failed != "", now.Sub(in.created) > s.o.RespondWithin:
		return apiError(http.StatusNotFound, 10062, "Unknown interaction")
	}
	problems := in.check(body)
	if len(problems) > 0 {
		for _, p := range problems {
			s.violate(where, "%s", p)
		}
		return invalidForm(problems)
	}
	in.response = asInt(body["type"])
	data := asObject(body["data"])
	switch in.response {
	case respondMessage, respondDefer:
		m := s.newPost(in.channel, s.app.bot, data)
		m.interaction = in
		if in.kind == kindCommand {
			m.kind = postCommand
			if in.menu {
				m.kind = postContextMenu
			}
		}
		in.deferred = in.response == respondDefer
		if in.deferred {
			m.flags |= flagLoading
		}
		in.original = m
		in.posts = append(in.posts, m)
		s.post(m)
	case respondDeferUpdate:
		in.deferred, in.original, in.edits = true, in.target, in.target.edits
	case respondUpdate:
		in.original = in.target
		in.target.fill(data)
		s.change(in.target)
	case respondChoices:
		in.choices = asArray(data["choices"])
	}
	s.notify()
	return noContent()
}

// check holds a response against what may answer this interaction.
func (in *interaction) check(body object) []problem {
	kind := asInt(body["type"])
	allowed := map[int][]int{
		kindCommand:      {respondMessage, respondDefer},
		kindComponent:    {respondMessage, respondDefer, respondDeferUpdate, respondUpdate},
		kindAutocomplete: {respondChoices},
	}[in.kind]
	if !slices.Contains(allowed, kind) {
		return []problem{{path: []string{"type"}, code: "FAKE", text: fmt.Sprintf("%d cannot answer an interaction of type %d here", kind, in.kind)}}
	}
	data := asObject(body["data"])
	var found []problem
	switch kind {
	case respondMessage:
		found = in.s.checkMessage(data, messageRules{response: true})
	case respondUpdate:
		found = in.s.checkMessage(data, messageRules{edits: in.target})
	case respondDefer:
		p := &problems{}
		for key := range data {
			if key != "flags" {
				p.add([]string{key}, "FAKE", "a deferred response says nothing but who will see it")
			}
		}
		if flags := asInt(data["flags"]); flags&^flagEphemeral != 0 {
			p.add([]string{"flags"}, "FAKE", "only %d may be set on a deferred response", flagEphemeral)
		}
		found = p.list
	case respondDeferUpdate:
		if len(data) > 0 {
			found = []problem{{code: "FAKE", text: "a deferred update has no data"}}
		}
	case respondChoices:
		p := &problems{}
		choices, isList := data["choices"].([]any)
		if !isList {
			p.add([]string{"choices"}, "BASE_TYPE_REQUIRED", "This field is required")
		}
		p.choices(choices, []string{"choices"}, in.focused)
		found = p.list
	}
	for i := range found {
		found[i].path = append([]string{"data"}, found[i].path...)
	}
	return found
}

// callback is the first response over REST.
func (s *Server) callback(r *request) answer {
	in := s.interactions[r.PathValue("interaction_id")]
	if in == nil || in.token != r.PathValue("interaction_token") {
		return apiError(http.StatusNotFound, 10062, "Unknown interaction")
	}
	a := s.respond(in, r.body, r.where())
	if a.status != http.StatusNoContent || !r.flag("with_response") {
		return a
	}
	result := object{"id": in.id, "type": in.kind}
	body := object{"interaction": result}
	if m := in.original; m != nil {
		result["response_message_id"], result["response_message_ephemeral"] = m.id, m.ephemeral()
		result["response_message_loading"] = m.flags&flagLoading != 0
		resource := object{"type": in.response}
		if in.response == respondMessage || in.response == respondUpdate {
			resource["message"] = m.payload()
		}
		body["resource"] = resource
	}
	return ok(body)
}

// ofWebhook finds the interaction whose token a path carries.
func (s *Server) ofWebhook(r *request) (*interaction, answer) {
	in := s.byToken[r.PathValue("webhook_token")]
	if in != nil && in.posted && in.response == 0 && in.failed == "" {
		s.mu.Unlock()
		s.await(s.o.ReplyGrace, func() bool { return in.response != 0 || in.failed != "" })
		s.mu.Lock()
	}
	switch {
	case in == nil || r.PathValue("webhook_id") != s.app.id || in.response == 0:
		return nil, apiError(http.StatusNotFound, 10015, "Unknown Webhook")
	case r.now.Sub(in.created) > tokenLife:
		return nil, apiError(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
	}
	return in, answer{}
}

// ofPath finds the message that a path of a webhook names.
func (in *interaction) ofPath(r *request) *post {
	id := r.PathValue("message_id")
	if id == "" { // @original
		if in.original == nil || in.original.deleted {
			return nil
		}
		return in.original
	}
	for _, m := range append(slices.Clone(in.posts), in.original) {
		if m != nil && m.id == id && !m.deleted {
			return m
		}
	}
	return nil
}

// followUp posts one more message for an interaction.
func (s *Server) followUp(r *request) answer {
	in, refused := s.ofWebhook(r)
	switch {
	case in == nil:
		return refused
	case in.kind == kindAutocomplete:
		return apiError(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	if m := in.original; m != nil && m.flags&flagLoading != 0 && !m.deleted {
		// "This behavior is deprecated":
		// https://discord.com/developers/docs/interactions/receiving-and-responding#create-followup-message
		s.violate(r.where(), "a follow-up replaces the deferred response; edit @original instead")
		return s.editOf(r, m)
	}
	if g := in.channel.Guild; g != nil && g.away {
		// https://discord.com/developers/docs/interactions/receiving-and-responding#create-followup-message
		if in.followed++; in.followed > maxFollowUps {
			return apiError(http.StatusBadRequest, 40094, "This interaction has reached the maximum number of follow up messages.")
		}
	}
	if problems := s.checkMessage(r.body, messageRules{response: true}); len(problems) > 0 {
		return s.refuse(r, problems)
	}
	m := s.newPost(in.channel, s.app.bot, r.body)
	m.interaction, m.answers = in, in.original
	in.posts = append(in.posts, m)
	s.post(m)
	return ok(m.payload())
}

func (s *Server) getWebhookMessage(r *request) answer {
	in, refused := s.ofWebhook(r)
	if in == nil {
		return refused
	}
	m := in.ofPath(r)
	if m == nil {
		return unknownMessage()
	}
	return ok(m.payload())
}

func (s *Server) editWebhookMessage(r *request) answer {
	in, refused := s.ofWebhook(r)
	if in == nil {
		return refused
	}
	m := in.ofPath(r)
	if m == nil {
		return unknownMessage()
	}
	return s.editOf(r, m)
}

// editOf edits a message by the webhook of an interaction.
func (s *Server) editOf(r *request, m *post) answer {
	problems := s.checkMessage(r.body, messageRules{edits: m})
	loading := m.flags&flagLoading != 0
	if loading && empty(r.body["content"]) && empty(r.body["embeds"]) && empty(r.body["components"]) {
		problems = append(problems, problem{code: "50006", text: "Cannot send an empty message"})
	}
	if len(problems) > 0 {
		return s.refuse(r, problems)
	}
	m.fill(r.body)
	m.flags &^= flagLoading
	s.change(m)
	return ok(m.payload())
}

func (s *Server) deleteWebhookMessage(r *request) answer {
	in, refused := s.ofWebhook(r)
	if in == nil {
		return refused
	}
	m := in.ofPath(r)
	switch {
	case m == nil:
		return unknownMessage()
	case m.ephemeral() && m == in.original && strings.HasSuffix(r.route.name, "{message_id}"):
		return unknownMessage() // by @original only
	}
	s.remove(m)
	return noContent()
}
