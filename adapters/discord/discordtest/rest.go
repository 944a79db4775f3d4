package discordtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const apiPath = "/api/v10"

// maxBody bounds a request. Discord takes attachments; this fake takes none.
const maxBody = 1 << 20

// userAgent is the shape that Discord asks of a library:
// https://discord.com/developers/docs/reference#user-agent
var userAgent = regexp.MustCompile(`^DiscordBot \(\S+, \S+\)`)

// route is one request that the fake answers.
type route struct {
	name   string // method and path template, as the description names it
	bucket string // what shares a rate limit; the route's name where empty
	major  string // the path parameters that a rate limit is kept by, joined by commas
	open   bool   // needs no token of the bot
	exempt bool   // from the limit on all: interactions and their webhooks
	handle func(s *Server, r *request) answer
}

// request is a request that passed the rules for all.
type request struct {
	*http.Request
	route route
	call  *Call
	body  object // decoded; nil where there is none
	list  []any  // decoded, where the body is an array
	now   time.Time
}

// where names the request in violations.
func (r *request) where() string { return r.Method + " " + r.call.Path }

// answer is what goes back to the bot.
type answer struct {
	status int
	body   any // nil answers without a body
	header http.Header
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func noContent() answer { return answer{status: http.StatusNoContent} }

// apiError is an error as Discord shapes it:
// https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
func apiError(status, code int, text string) answer {
	return answer{status: status, body: object{"message": text, "code": code}}
}

func unknownChannel() answer { return apiError(http.StatusNotFound, 10003, "Unknown Channel") }

func unknownGuild() answer { return apiError(http.StatusNotFound, 10004, "Unknown Guild") }

func unknownMessage() answer { return apiError(http.StatusNotFound, 10008, "Unknown Message") }

func missingAccess() answer { return apiError(http.StatusForbidden, 50001, "Missing Access") }

func missingPermissions() answer { return apiError(http.StatusForbidden, 50013, "Missing Permissions") }

// problem is one thing wrong with a body.
type problem struct {
	path []string
	code string
	text string
}

func (p problem) String() string {
	if len(p.path) == 0 {
		return p.text
	}
	return strings.Join(p.path, ".") + ": " + p.text
}

// at returns a path with more steps, in memory of its own.
func at(path []string, steps ...any) []string {
	path = slices.Clone(path)
	for _, step := range steps {
		path = append(path, fmt.Sprint(step))
	}
	return path
}

// invalidForm refuses a body as Discord does:
// https://discord.com/developers/docs/reference#error-messages
func invalidForm(problems []problem) answer {
	tree := object{}
	for _, p := range problems {
		node := tree
		for _, step := range p.path {
			next := asObject(node[step])
			if next == nil {
				next = object{}
				node[step] = next
			}
			node = next
		}
		node["_errors"] = append(asArray(node["_errors"]), object{"code": p.code, "message": p.text})
	}
	return answer{status: http.StatusBadRequest, body: object{"message": "Invalid Form Body", "code": 50035, "errors": tree}}
}

// refuse notes what is wrong with a body and refuses it. The lock must be held.
func (s *Server) refuse(r *request, problems []problem) answer {
	for _, p := range problems {
		s.violate(r.where(), "%s", p)
	}
	return invalidForm(problems)
}

// api answers the requests of one route.
func (s *Server) api(rt route) http.HandlerFunc {
	if _, known := s.o.Description.operation(rt.name); !known {
		panic("discordtest: Discord describes no " + rt.name) // a fault of this package
	}
	return func(w http.ResponseWriter, r *http.Request) {
		call, decoded, problems := s.read(r, rt)
		s.mu.Lock()
		armed := s.armed(call)
		s.mu.Unlock()
		if armed != nil && !armed.before(s, w, call) {
			return
		}
		s.mu.Lock()
		a := s.answer(r, rt, call, decoded, problems)
		call.Accepted = a.status < 300
		if armed != nil {
			if planned, instead := armed.instead(s, call); instead {
				a = planned
			}
		}
		s.checkAnswer(rt, a)
		reset := armed != nil && armed.resets()
		if !reset {
			s.settle(call, a)
		}
		s.notify()
		s.mu.Unlock()
		if armed != nil {
			armed.after(s)
		}
		if call.post != nil && (reset || a.status >= 500 || r.Context().Err() != nil) {
			s.mu.Lock()
			call.post.unknown = true
			s.mu.Unlock()
		}
		if reset {
			resetConnection(w)
			return
		}
		write(w, a)
	}
}

// read notes a call and decodes its body.
func (s *Server) read(r *http.Request, rt route) (*Call, any, []problem) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	call := &Call{
		At: s.o.Now(), Method: r.Method, Path: strings.TrimPrefix(r.URL.RequestURI(), apiPath),
		Template: rt.template(), Host: r.Host, Header: r.Header.Clone(), Body: text, bucket: bucketKey(rt, r),
	}
	s.mu.Lock()
	s.calls = append(newest(s.calls, s.o.Keep), call)
	s.counts.Requests++
	s.notify()
	if !userAgent.MatchString(r.UserAgent()) {
		s.violate(call.Method+" "+call.Path, "the User-Agent %q is not DiscordBot (url, version)", r.UserAgent())
	}
	s.mu.Unlock()
	if err != nil {
		return call, nil, []problem{{code: "FORM", text: "the body ended early"}}
	}
	decoded, problems := s.decode(r, rt, text)
	return call, decoded, problems
}

// decode holds a request against the description.
func (s *Server) decode(r *http.Request, rt route, text []byte) (any, []problem) {
	p := &problems{}
	op, _ := s.o.Description.operation(rt.name)
	for name := range r.URL.Query() {
		if !slices.Contains(op.query, name) {
			p.add([]string{name}, "FORM", "the query parameter is unknown")
		}
	}
	kind := r.Header.Get("Content-Type")
	switch {
	case len(text) > maxBody:
		p.add(nil, "FORM", "the body is over %d bytes", maxBody)
	case len(text) == 0 && op.required:
		p.add(nil, "FORM", "the body is missing")
	case len(text) == 0:
	case !op.body:
		p.add(nil, "FORM", "a body where none belongs")
	case !strings.HasPrefix(kind, "application/json"):
		p.add(nil, "FORM", "the Content-Type is %q", kind)
	default:
		decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			p.add(nil, "50109", "The request body contains invalid JSON.")
			break
		}
		return decoded, append(p.list, s.o.Description.checkBody(rt.name, decoded)...)
	}
	return nil, p.list
}

func (rt route) template() string {
	_, template, _ := strings.Cut(rt.name, " ")
	return template
}

// answer decides on a request. The lock must be held.
func (s *Server) answer(r *http.Request, rt route, call *Call, decoded any, problems []problem) answer {
	req := &request{Request: r, route: rt, call: call, now: call.At}
	req.body, req.list = asObject(decoded), asArray(decoded)
	if given := r.Header.Get("Authorization"); given != "Bot "+s.o.Token && (given != "" || !rt.open) {
		return apiError(http.StatusUnauthorized, 0, "401: Unauthorized")
	}
	header, limited := s.limit(req)
	if limited != nil {
		return *limited
	}
	a := answer{}
	if len(problems) > 0 {
		a = s.refuse(req, problems)
	} else {
		a = rt.handle(s, req)
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	maps.Copy(a.header, header)
	return a
}

// checkAnswer holds an answer of this fake against the description. Only the
// tests of the fake do it.
func (s *Server) checkAnswer(rt route, a answer) {
	if s.answers == nil || a.status >= 300 || a.body == nil {
		return
	}
	for _, p := range s.answers.checkResponse(rt.name, a.status, remarshal(a.body)) {
		s.violate("answer of the fake to "+rt.name, "%s", p)
	}
}

// settle notes what a call is answered. The lock must be held.
func (s *Server) settle(call *Call, a answer) {
	call.Status = a.status
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		s.counts.Invalid++
	case http.StatusTooManyRequests:
		scope := a.header.Get("X-RateLimit-Scope")
		if scope == "" {
			scope = "cloudflare"
		}
		s.counts.RateLimited[scope]++
		if scope != "shared" {
			s.counts.Invalid++
		}
	}
}

func write(w http.ResponseWriter, a answer) {
	maps.Copy(w.Header(), a.header)
	if page, isPage := a.body.(page); isPage {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, string(page))
		return
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body) // the bot may have gone
}

// page is an answer in HTML, which comes from Cloudflare and not from Discord.
type page string

// resetConnection ends the connection without an answer.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, isTCP := conn.(interface{ SetLinger(sec int) error }); isTCP {
		_ = tcp.SetLinger(0) // the peer sees a reset, not an end
	}
	_ = conn.Close()
}

// unknown answers what no route answers.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.violate(r.Method+" "+r.URL.Path, "no request that this fake knows")
	s.mu.Unlock()
	write(w, apiError(http.StatusNotFound, 0, "404: Not Found"))
}

// routes wires every request that is answered.
func (s *Server) routes() {
	const messages, hook = "/channels/{channel_id}/messages", "/webhooks/{webhook_id}/{webhook_token}"
	const commands, guildCommands = "/applications/{application_id}/commands", "/applications/{application_id}/guilds/{guild_id}/commands"
	for _, rt := range []route{
		{name: "GET /gateway", open: true, handle: (*Server).getGateway},
		{name: "GET /gateway/bot", handle: (*Server).getGatewayBot},
		{name: "GET /users/@me", handle: (*Server).getSelf},
		{name: "GET /users/@me/guilds", handle: (*Server).getOwnGuilds},
		{name: "DELETE /users/@me/guilds/{guild_id}", handle: (*Server).leaveGuild},
		{name: "POST /users/@me/channels", handle: (*Server).openDM},
		{name: "GET /applications/@me", bucket: "application", handle: (*Server).getApplication},
		{name: "PATCH /applications/@me", handle: (*Server).editApplication},
		{name: "GET " + commands, bucket: "commands", major: "application_id", handle: (*Server).getCommands},
		{name: "PUT " + commands, major: "application_id", handle: (*Server).putCommands},
		{name: "GET " + guildCommands, bucket: "commands", major: "application_id", handle: (*Server).getCommands},
		{name: "PUT " + guildCommands, major: "guild_id", handle: (*Server).putCommands},

		{name: "GET /guilds/{guild_id}", major: "guild_id", handle: (*Server).getGuild},
		{name: "GET /guilds/{guild_id}/channels", major: "guild_id", handle: (*Server).getGuildChannels},
		{name: "GET /guilds/{guild_id}/roles", major: "guild_id", handle: (*Server).getGuildRoles},
		{name: "GET /guilds/{guild_id}/members/{user_id}", major: "guild_id", handle: (*Server).getGuildMember},
		{name: "GET /channels/{channel_id}", major: "channel_id", handle: (*Server).getChannel},
		{name: "POST /channels/{channel_id}/typing", major: "channel_id", handle: (*Server).typing},
		{name: "POST /channels/{channel_id}/threads", bucket: "threads", major: "channel_id", handle: (*Server).createThread},
		{name: "POST " + messages + "/{message_id}/threads", bucket: "threads", major: "channel_id", handle: (*Server).createThread},

		{name: "GET " + messages, bucket: "read", major: "channel_id", handle: (*Server).listMessages},
		{name: "GET " + messages + "/{message_id}", bucket: "read", major: "channel_id", handle: (*Server).getMessage},
		{name: "POST " + messages, major: "channel_id", handle: (*Server).createMessage},
		{name: "PATCH " + messages + "/{message_id}", major: "channel_id", handle: (*Server).editMessage},
		{name: "DELETE " + messages + "/{message_id}", major: "channel_id", handle: (*Server).deleteMessage},

		{name: "POST /interactions/{interaction_id}/{interaction_token}/callback", major: "interaction_id", open: true, exempt: true, handle: (*Server).callback},
		{name: "POST " + hook, bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).followUp},
		{name: "GET " + hook + "/messages/@original", bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).getWebhookMessage},
		{name: "PATCH " + hook + "/messages/@original", bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).editWebhookMessage},
		{name: "DELETE " + hook + "/messages/@original", bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).deleteWebhookMessage},
		{name: "GET " + hook + "/messages/{message_id}", bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).getWebhookMessage},
		{name: "PATCH " + hook + "/messages/{message_id}", bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).editWebhookMessage},
		{name: "DELETE " + hook + "/messages/{message_id}", bucket: "webhook", major: "webhook_id,webhook_token", open: true, exempt: true, handle: (*Server).deleteWebhookMessage},
	} {
		method, template, _ := strings.Cut(rt.name, " ")
		s.mux.HandleFunc(method+" "+apiPath+template, s.api(rt))
	}
	s.mux.HandleFunc("/gateway", s.serveGateway)
	s.mux.HandleFunc("/gateway/", s.serveGateway)
	s.mux.HandleFunc("/", s.unknown)
}

// flag reads a query parameter that is true or false.
func (r *request) flag(name string) bool {
	value := strings.ToLower(r.URL.Query().Get(name))
	return value == "true" || value == "1"
}
