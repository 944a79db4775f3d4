package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of envelopes.
const (
	kindEvents      = "events_api"
	kindCommand     = "slash_commands"
	kindInteractive = "interactive"
)

// What a user reads, or would, when the app does not answer as it should.
const (
	FailedTimeout  = "operation_timeout"  // not acknowledged in time
	FailedDispatch = "dispatch_failed"    // cannot be reached
	FailedService  = "http_service_error" // answered with an error
)

// verificationToken is the deprecated token in every payload.
const verificationToken = "slacktest-verification"

// Delivery is an event on its way to the app.
type Delivery struct {
	EventID  string
	Team     string
	Type     string // of the event, such as "app_mention"
	Attempts []Attempt
	Acked    bool // acknowledged in time
	GivenUp  bool // not acknowledged after all retries
}

// Attempt is one time that an event was sent.
type Attempt struct {
	At     time.Time
	Retry  int    // 0 is the first
	Reason string // of a retry, such as "http_timeout"
	Failed string // why it was not acknowledged; empty where it was
}

// delivery is an event on its way. The server's lock guards it.
type delivery struct {
	Delivery
	payload object
}

// Deliveries returns the events that were sent so far.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Delivery, len(s.deliveries))
	for i, d := range s.deliveries {
		list[i] = d.Delivery
		list[i].Attempts = slices.Clone(d.Attempts)
	}
	return list
}

// Settled waits until no event is on its way to the app: all were acknowledged,
// or given up after their retries.
func (s *Server) Settled(within time.Duration) bool {
	return s.await(within, func() bool { return s.underWay == 0 })
}

// EventRequest is an event that was sent, as the signed request that it would
// be over HTTP, so that it can be sent again, and elsewhere.
func (s *Server) EventRequest(eventID string) SignedRequest {
	s.helper()
	s.mu.Lock()
	i := slices.IndexFunc(s.deliveries, func(d *delivery) bool { return d.EventID == eventID })
	if i < 0 {
		s.mu.Unlock()
		s.fail("no event %s was sent", eventID)
		return SignedRequest{s: s}
	}
	defer s.mu.Unlock()
	return s.Sign(EventsPath, raw(s.deliveries[i].payload), s.o.Now())
}

// Duplicate delivers so many of the next events twice, as Slack does when an
// acknowledgement gets lost; negative: all.
func (s *Server) Duplicate(events int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duplicates = events
}

// retryAfter are the waits before the retries of an event:
// https://docs.slack.dev/apis/events-api#retries
func retryAfter() []time.Duration { return []time.Duration{0, time.Minute, 5 * time.Minute} }

// event sends an event to the app where it has subscribed to it and may have
// it. The lock must be held.
func (s *Server) event(ws *Workspace, subscription string, event object) {
	if !ws.installed || s.app.events != nil && !slices.Contains(s.app.events, subscription) {
		return
	}
	if scope := eventScope(subscription); scope != "" && !slices.Contains(s.app.scopes, scope) {
		return
	}
	s.send(ws, event)
}

// send sends an event whatever the app has subscribed to. The lock must be held.
func (s *Server) send(ws *Workspace, event object) {
	id := s.newID("Ev")
	now := s.o.Now()
	payload := object{
		"token": verificationToken, "team_id": ws.ID, "context_team_id": ws.ID, "context_enterprise_id": nil, "api_app_id": s.app.id,
		"type": "event_callback", "event": event, "event_id": id, "event_time": now.Unix(), "is_ext_shared_channel": false,
		"event_context": "4-" + id,
		"authorizations": []any{object{
			"enterprise_id": nil, "team_id": ws.ID, "user_id": ws.bot.ID, "is_bot": true, "is_enterprise_install": false,
		}},
	}
	if ws.organisation != "" {
		payload["context_enterprise_id"], payload["enterprise_id"] = ws.organisation, ws.organisation
		asObject(asArray(payload["authorizations"])[0])["enterprise_id"] = ws.organisation
	}
	d := &delivery{Delivery: Delivery{EventID: id, Team: ws.ID, Type: asString(event["type"])}, payload: asObject(remarshal(payload))}
	s.deliveries = append(newest(s.deliveries, s.o.Keep), d)
	s.start(d, 0, "")
	if s.duplicates != 0 {
		s.duplicates--
		s.counts.Duplicated++
		s.start(d, 1, "http_timeout")
	}
}

// start sends an event and sees to its retries. The lock must be held.
func (s *Server) start(d *delivery, retry int, reason string) {
	first := s.launch(d, retry, reason)
	s.underWay++
	s.background(func() {
		attempt := first
		for i := 0; ; i++ {
			failed, noRetry := attempt()
			s.mu.Lock()
			d.Attempts = append(d.Attempts, Attempt{At: s.o.Now(), Retry: retry, Reason: reason, Failed: failed})
			switch failed {
			case "":
				d.Acked = true
			case "http_timeout", "timeout":
				s.counts.Late++
			}
			waits := retryAfter()
			if failed == "" || noRetry || i == len(waits) {
				d.GivenUp = failed != ""
				s.underWay--
				s.notify()
				s.mu.Unlock()
				return
			}
			wait := s.o.After(waits[i]) // before anybody can see that it failed
			s.notify()
			s.mu.Unlock()
			select {
			case <-wait:
			case <-s.done:
				return
			}
			s.mu.Lock()
			retry, reason = retry+1, failed
			s.counts.Retried++
			attempt = s.launch(d, retry, reason)
			s.mu.Unlock()
		}
	})
}

// launch sends an event once and returns what waits for its acknowledgement
// and says why it failed. The lock must be held.
func (s *Server) launch(d *delivery, retry int, reason string) func() (failed string, noRetry bool) {
	endpoint := s.replica()
	if endpoint == "" {
		e := s.envelop(kindEvents, d.payload, false, retry, reason)
		return func() (string, bool) {
			if e == nil { // give the app the time of an acknowledgement to connect
				s.await(s.o.RespondWithin, func() bool {
					e = s.envelop(kindEvents, d.payload, false, retry, reason)
					return e != nil
				})
			}
			return s.acked(e), false
		}
	}
	request := s.Sign(EventsPath, raw(d.payload), s.o.Now())
	if retry > 0 {
		request.Header.Set(HeaderRetryNum, strconv.Itoa(retry))
		request.Header.Set(HeaderRetryReason, reason)
	}
	s.counts.Requested++
	return func() (string, bool) {
		status, header, _, err := s.post(request, endpoint)
		noRetry := header.Get(headerNoRetry) == "1"
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return "http_timeout", noRetry
		case err != nil:
			return "connection_failed", noRetry
		case status < 200 || status > 299:
			return "http_error", noRetry
		}
		return "", noRetry
	}
}

// post sends a signed request and waits for the answer as long as Slack does.
func (s *Server) post(request SignedRequest, endpoint string) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(s.life, s.o.RespondWithin)
	defer cancel()
	status, header, body, err := request.Post(ctx, endpoint)
	if err != nil && ctx.Err() != nil {
		err = context.DeadlineExceeded
	}
	return status, header, body, err
}

// acked waits for the acknowledgement of an envelope and says why it did not
// come.
func (s *Server) acked(e *envelope) (failed string) {
	if e == nil {
		return "connection_failed"
	}
	s.await(s.o.RespondWithin, func() bool { return e.acked || e.conn.ended })
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.acked && s.o.Keep > 0 {
		delete(s.socket.envelopes, e.id)
	}
	switch {
	case e.acked:
		return ""
	case e.conn.ended:
		return "connection_closed"
	}
	return "timeout"
}

// interaction is one thing that a user did with the app.
type interaction struct {
	s       *Server
	kind    string // of the envelope
	path    string
	user    *User
	channel *Channel // nil in a view
	target  *post    // whose element was used
	view    *view
	trigger string
	url     *responseURL
	created time.Time
	since   int // the step at which it began
	payload object

	failed  string
	posts   []*post // that answer it
	options []any
	opened  *view
	changed *post // the message that it replaced
	errors  object
}

// responseURL is an address to which an app can answer for half an hour:
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
type responseURL struct {
	in      *interaction
	created time.Time
	posts   int
}

const (
	maxResponses = 5
	responseLife = 30 * time.Minute
)

// newInteraction begins an interaction. The lock must be held.
func (s *Server) newInteraction(kind, path string, u *User, c *Channel) *interaction {
	in := &interaction{s: s, kind: kind, path: path, user: u, channel: c, created: s.o.Now(), since: s.step}
	in.trigger = fmt.Sprintf("%d.%s.%s", in.created.UnixMilli(), u.Workspace.ID[1:], s.newID("t"))
	s.triggers[in.trigger] = in
	return in
}

// responds gives the interaction an address for answers. The lock must be held.
func (in *interaction) responds() string {
	family := "actions"
	if in.kind == kindCommand {
		family = "commands"
	}
	path := "/" + family + "/" + in.user.Workspace.ID + "/" + in.s.newID("R") + "/" + in.s.newID("S")
	in.url = &responseURL{in: in, created: in.created}
	in.s.responses[path] = in.url
	return in.s.url + path
}

// deliver brings an interaction to the app and takes its acknowledgement.
func (s *Server) deliver(in *interaction) {
	s.mu.Lock()
	endpoint := s.replica()
	var e *envelope
	var request SignedRequest
	if endpoint == "" {
		e = s.envelop(in.kind, in.payload, true, 0, "")
	} else {
		request = in.request()
		s.counts.Requested++
	}
	s.mu.Unlock()
	failed := ""
	var reply any
	if endpoint == "" {
		switch s.acked(e) {
		case "":
			reply = e.reply
		case "timeout":
			failed = FailedTimeout
		default:
			failed = FailedDispatch
		}
	} else {
		reply, failed = s.ask(request, endpoint)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in.failed = failed
	if failed == FailedTimeout {
		s.counts.Late++
	}
	if failed == "" {
		s.answered(in, reply)
	}
	s.notify()
}

// ask posts an interaction to its endpoint and returns the decoded reply.
func (s *Server) ask(request SignedRequest, endpoint string) (reply any, failed string) {
	status, header, body, err := s.post(request, endpoint)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, FailedTimeout
	case err != nil:
		return nil, FailedDispatch
	case status != http.StatusOK:
		return nil, FailedService
	case len(bytes.TrimSpace(body)) == 0:
		return nil, ""
	}
	if !strings.HasPrefix(header.Get("Content-Type"), contentJSON) {
		if body[0] == '{' {
			s.mu.Lock()
			s.violate(request.Path, "JSON answered as %q", header.Get("Content-Type"))
			s.mu.Unlock()
		}
		return string(body), ""
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		s.mu.Lock()
		s.violate(request.Path, "the answer is not JSON")
		s.mu.Unlock()
		return nil, FailedService
	}
	return reply, ""
}

// request is the interaction as a signed request. The lock must be held.
func (in *interaction) request() SignedRequest {
	form := url.Values{}
	if in.kind == kindCommand {
		for key, value := range in.payload {
			form.Set(key, fmt.Sprint(value))
		}
	} else {
		form.Set("payload", string(raw(in.payload)))
	}
	return in.s.Sign(in.path, []byte(form.Encode()), in.s.o.Now())
}

// answered takes what an acknowledgement carries. The lock must be held.
func (s *Server) answered(in *interaction, reply any) {
	where := "answer to " + strings.TrimPrefix(in.path, "/slack/")
	if words, isText := reply.(string); isText {
		reply = object{"text": words}
	}
	body, isObject := reply.(object)
	switch {
	case reply == nil && in.payload["type"] != "block_suggestion":
		return
	case !isObject:
		s.violate(where, "is no JSON object")
		return
	}
	switch in.payload["type"] {
	case "block_suggestion":
		s.suggested(in, body, where)
	case "view_submission":
		if action := asString(body["response_action"]); action == "errors" {
			in.errors = asObject(body["errors"])
		} else if !slices.Contains([]string{"clear", "update", "push"}, action) {
			s.violate(where, "unknown response_action %q", action)
		}
	case nil: // a command
		if len(body) > 0 {
			s.respond(in, body, where)
		}
	default:
		if len(body) > 0 {
			s.violate(where, "a body where Slack reads none")
		}
	}
}

// suggested takes the options of an external select:
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
func (s *Server) suggested(in *interaction, body object, where string) {
	k := &checker{s: s, mentions: true, actionIDs: map[string]string{}}
	for key := range body {
		if key != "options" && key != "option_groups" {
			k.add("/"+key, "unknown key")
		}
	}
	options, set := body["options"].([]any)
	groups, grouped := body["option_groups"].([]any)
	switch {
	case set == grouped:
		k.add("", "must have either options or option_groups")
	case grouped:
		k.count("/option_groups", groups, 0, maxOptions)
		for _, g := range groups {
			k.within("/option_groups/label", asObject(g)["label"], maxLabel)
			options = append(options, asArray(asObject(g)["options"])...)
		}
	}
	k.count("/options", options, 0, maxOptions)
	for i, o := range options {
		at := fmt.Sprintf("/options/%d", i)
		o := asObject(o)
		for key := range o {
			if !slices.Contains([]string{"text", "value", "description"}, key) {
				k.add(at+"/"+key, "unknown key")
			}
		}
		if asObject(o["text"])["type"] != "plain_text" {
			k.add(at+"/text", "is no plain_text")
		}
		k.option(at, o, maxOptionText)
	}
	for _, p := range k.problems {
		s.violate(where, "%s", p)
	}
	if len(k.problems) > 0 {
		in.failed = FailedService
		return
	}
	in.options = options
}

// responseKeys are those of an answer to a command or through a response_url.
func responseKeys() []string {
	return []string{
		"response_type", "text", "blocks", "replace_original", "delete_original", "thread_ts", "mrkdwn",
		"unfurl_links", "unfurl_media", "metadata", "reply_broadcast",
	}
}

// respond takes an answer to an interaction. The lock must be held.
func (s *Server) respond(in *interaction, body object, where string) answer {
	refused := func(code string, problems ...problem) answer {
		for _, p := range problems {
			s.violate(where, "%s", p)
		}
		return answer{status: http.StatusBadRequest, body: object{"ok": false, "error": code}}
	}
	var problems []problem
	for key := range body {
		if !slices.Contains(responseKeys(), key) {
			problems = append(problems, problem{pointer: "/" + key, text: "unknown key"})
		}
	}
	kind := or(asString(body["response_type"]), "ephemeral")
	if kind != "ephemeral" && kind != "in_channel" {
		problems = append(problems, problem{pointer: "/response_type", text: "is neither ephemeral nor in_channel"})
	}
	replace, remove := body["replace_original"] == true, body["delete_original"] == true
	if (replace || remove) && in.target == nil {
		problems = append(problems, problem{text: "there is no original message"})
	}
	if len(problems) > 0 {
		return refused("invalid_payload", problems...)
	}
	if remove {
		s.remove(in.target)
		in.changed = in.target
		return ok(object{})
	}
	said, code, problems := s.checkContent(body, false)
	if code != "" {
		return refused(code, problems...)
	}
	if replace {
		s.rewrite(in.target, said)
		in.changed = in.target
		return ok(object{})
	}
	m := s.say(in.channel, said)
	m.thread = asString(body["thread_ts"])
	m.response = in.url
	in.posts = append(in.posts, m)
	if kind == "in_channel" {
		s.add(m)
		return ok(object{})
	}
	m.only = in.user
	s.whisper(m)
	return ok(object{})
}

// serveResponseURL answers posts to a response_url.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r, method: method{name: ResponseURL, args: args(
		"response_type text blocks:json replace_original:flag delete_original:flag thread_ts:ts mrkdwn:flag unfurl_links:flag unfurl_media:flag metadata:json reply_broadcast:flag",
	), json: true}, now: s.o.Now()}
	problems := s.read(c)
	s.mu.Lock()
	to := s.responses[r.URL.Path]
	if to != nil {
		c.ws = to.in.user.Workspace
		c.call.Team = c.ws.ID
		if to.in.channel != nil {
			c.call.Channel = to.in.channel.ID
		}
	}
	s.counts.ResponseURLs++
	armed := s.armed(c.call)
	s.mu.Unlock()
	if armed != nil && !armed.before(s, w, c) {
		return
	}
	s.finish(w, c, armed, func() answer { return s.throughURL(c, to, problems) })
}

// throughURL takes an answer through a response_url. The lock must be held.
func (s *Server) throughURL(c *call, to *responseURL, problems []problem) answer {
	gone := func(code string) answer {
		return answer{status: http.StatusNotFound, body: object{"ok": false, "error": code}}
	}
	switch {
	case to == nil:
		s.violate(ResponseURL, "no address that was given out")
		return gone("no_such_url")
	case len(problems) > 0 || !strings.HasPrefix(c.Header.Get("Content-Type"), contentJSON):
		if len(problems) == 0 {
			problems = []problem{{text: "is no JSON"}}
		}
		a := s.refuse(c, "invalid_payload", problems...)
		a.status = http.StatusBadRequest
		return a
	case c.now.Sub(to.created) > responseLife:
		return gone("expired_url")
	case to.posts == maxResponses:
		s.violate(ResponseURL, "used more than %d times", maxResponses)
		return gone("used_url")
	}
	to.posts++
	return s.respond(to.in, c.args, ResponseURL)
}
