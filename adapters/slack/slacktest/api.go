package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds a request. Slack names no number; a message as long as may
// be takes less than half of this, in a form too.
const maxBody = 512 << 10

// The kinds of arguments.
type argKind int

const (
	argText    argKind = iota
	argFlag            // true or false, 1 or 0
	argNumber          // whole
	argJSON            // an object or array, in forms as text
	argTS              // of a message
	argInstant         // a point in time: a ts, or seconds
)

// arg is an argument of a method.
type arg struct {
	kind     argKind
	required bool
}

// method is one method of the Web API: https://docs.slack.dev/reference/methods
type method struct {
	name   string
	args   map[string]arg
	json   bool     // takes JSON besides forms
	scopes []string // any one of them is enough; none: no scope is needed
	tier   int      // 1 to 4; 0 has no limit of its own
	token  string   // kind of token: "bot", "app", "config", "" for none
	handle func(s *Server, c *call) answer
}

// call is a call that passed the rules for all.
type call struct {
	*http.Request
	method method
	call   *Call
	args   object
	token  *token
	given  string // the token as it came
	ws     *Workspace
	now    time.Time
}

func (c *call) teamID() string {
	if c.ws == nil {
		return ""
	}
	return c.ws.ID
}

// text is an argument as text.
func (c *call) text(name string) string {
	switch v := c.args[name].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (c *call) flag(name string) bool { v, _ := c.args[name].(bool); return v }

func (c *call) has(name string) bool { _, set := c.args[name]; return set }

// answer is what goes back to the app.
type answer struct {
	status int
	body   any
	header http.Header
}

// page is an answer in HTML, which comes from Slack's edge.
type page string

func ok(body object) answer {
	body["ok"] = true
	return answer{status: http.StatusOK, body: body}
}

// failure is an error as Slack shapes it.
func failure(code string) answer {
	return answer{status: http.StatusOK, body: object{"ok": false, "error": code}}
}

// problem is one thing wrong with the arguments of a call.
type problem struct {
	pointer string // JSON pointer; empty is the whole
	text    string
}

func (p problem) String() string {
	if p.pointer == "" {
		return p.text
	}
	return p.text + " [json-pointer:" + p.pointer + "]"
}

// refuse notes what is wrong with a call and refuses it. The lock must be held.
func (s *Server) refuse(c *call, code string, problems ...problem) answer {
	messages, errors := []any{}, []any{}
	for _, p := range problems {
		s.violate(c.method.name, "%s", p)
		messages, errors = append(messages, "[ERROR] "+p.String()), append(errors, p.String())
	}
	a := failure(code)
	body := asObject(a.body)
	body["response_metadata"] = object{"messages": messages}
	if strings.HasPrefix(code, "invalid_blocks") {
		body["errors"] = errors
	}
	return a
}

// routes wires every request that is answered.
func (s *Server) routes() {
	methods := map[string]method{}
	for _, m := range slices.Concat(chatMethods(), readMethods(), appMethods(), oauthMethods()) {
		methods[m.name] = m
	}
	s.mux.HandleFunc("/api/{method}", func(w http.ResponseWriter, r *http.Request) {
		m, known := methods[r.PathValue("method")]
		if !known {
			s.mu.Lock()
			s.violate(r.URL.Path, "no method that this fake knows")
			s.mu.Unlock()
			write(w, failure("unknown_method"))
			return
		}
		s.api(w, r, m)
	})
	s.mux.HandleFunc("/commands/", s.serveResponseURL)
	s.mux.HandleFunc("/actions/", s.serveResponseURL)
	s.mux.HandleFunc("/link/", s.serveSocket)
	s.mux.HandleFunc("GET "+authorizePath, s.serveAuthorize)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.violate(r.URL.Path, "no request that this fake knows")
		s.mu.Unlock()
		write(w, answer{status: http.StatusNotFound, body: page("<html><body>Not Found</body></html>\n")})
	})
}

// api answers a call of one method.
func (s *Server) api(w http.ResponseWriter, r *http.Request, m method) {
	c := &call{Request: r, method: m, now: s.o.Now()}
	problems := s.read(c)
	s.mu.Lock()
	armed := s.armed(c.call)
	s.mu.Unlock()
	if armed != nil && !armed.before(s, w, c) {
		return
	}
	s.finish(w, c, armed, func() answer { return s.decide(c, problems) })
}

// finish answers a call by decide, which is called with the lock held, as far
// as a fault lets it.
func (s *Server) finish(w http.ResponseWriter, c *call, armed *Armed, decide func() answer) {
	s.mu.Lock()
	a := decide()
	c.call.Accepted = a.status == http.StatusOK && asObject(a.body)["ok"] == true
	if armed != nil && armed.fault.Do.kind == answersAfter {
		a = armed.answer()
	}
	reset := armed != nil && armed.fault.Do.kind == resetsAfter
	if !reset {
		s.settle(c.call, a)
	}
	s.notify()
	s.mu.Unlock()
	if armed != nil {
		armed.after(s)
	}
	if c.call.post != nil && (reset || a.status >= 500 || armed.contradicts() || c.Context().Err() != nil) {
		s.mu.Lock()
		c.call.post.unknown = true
		s.mu.Unlock()
	}
	if reset {
		resetConnection(w)
		return
	}
	write(w, a)
}

// read notes a call and decodes its arguments.
func (s *Server) read(c *call) []problem {
	body, err := io.ReadAll(io.LimitReader(c.Body, maxBody+1))
	var problems []problem
	complain := func(format string, args ...any) {
		problems = append(problems, problem{text: fmt.Sprintf(format, args...)})
	}
	values, fromJSON := object{}, false
	contentType, parameters, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch {
	case err != nil:
		complain("the body ended early")
	case len(body) > maxBody:
		complain("the body is over %d bytes", maxBody)
	case c.Method == http.MethodGet && !c.method.json && len(body) == 0: // what only looks may be asked for
		for name, all := range c.URL.Query() {
			values[name] = all[0]
			if name == "token" || len(all) > 1 {
				complain("the address holds the token, or the argument %s twice", name)
			}
		}
	case c.Method != http.MethodPost:
		complain("the method is %s and not POST", c.Method)
	case c.URL.RawQuery != "":
		complain("arguments stand in the address, where they are logged")
	case len(body) == 0:
	case contentType == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			complain("the body is no form")
		}
		for name, all := range form {
			values[name] = all[0]
			if len(all) > 1 {
				complain("the argument %s is given %d times", name, len(all))
			}
		}
	case contentType == "application/json" && !c.method.json:
		complain("this method takes no JSON")
	case contentType == "application/json":
		fromJSON = true
		if err := json.Unmarshal(body, &values); err != nil {
			complain("the body is no JSON object")
		}
		if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
			complain("the charset is %s", charset)
		}
	default:
		complain("the Content-Type is %q", c.Header.Get("Content-Type"))
	}
	c.given = strings.TrimPrefix(c.Header.Get("Authorization"), "Bearer ")
	if inForm, set := values["token"]; set && c.method.token != "" {
		switch {
		case fromJSON:
			complain("the token stands in the JSON, where it is not looked for")
		case c.given == "":
			c.given = asString(inForm)
		case c.given != inForm:
			complain("two tokens are given")
		}
		delete(values, "token")
	}
	c.args = object{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		argument, known := c.method.args[name]
		if !known {
			complain("unknown argument: %s", name)
			continue
		}
		decoded, err := argument.decode(values[name], fromJSON)
		if err != nil {
			complain("the argument %s %v", name, err)
			continue
		}
		c.args[name] = decoded
	}
	for _, name := range slices.Sorted(maps.Keys(c.method.args)) {
		if c.method.args[name].required && !c.has(name) {
			complain("missing required field: %s", name)
		}
	}
	header := c.Header.Clone()
	header.Del("Authorization")
	kept := maps.Clone(c.args)
	for _, secret := range []string{"client_secret", "refresh_token", "code"} {
		delete(kept, secret)
	}
	c.call = &Call{
		At: c.now, Method: c.method.name, Channel: or(c.text("channel"), c.text("channel_id")), Host: c.Host,
		Header: header, Args: kept,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[c.given]; t != nil && t.ws != nil {
		c.ws, c.call.Team = t.ws, t.ws.ID
	}
	s.calls = append(newest(s.calls, s.o.Keep), c.call)
	s.counts.Requests++
	s.counts.Calls[c.method.name]++
	return problems
}

// decode turns an argument into a string, bool, or JSON, and says what it is not.
func (a arg) decode(v any, fromJSON bool) (any, error) {
	given, isText := v.(string)
	switch a.kind {
	case argFlag:
		switch v {
		case true, "true", "1":
			return true, nil
		case false, "false", "0":
			return false, nil
		}
		return nil, fmt.Errorf("is neither true nor false")
	case argNumber:
		if n, isNumber := v.(float64); isNumber && n == float64(int(n)) {
			return n, nil
		}
		n, err := strconv.Atoi(given)
		if err != nil {
			return nil, fmt.Errorf("is no whole number")
		}
		return float64(n), nil
	case argJSON:
		if fromJSON {
			if isText {
				return nil, fmt.Errorf("is text and not JSON")
			}
			return v, nil
		}
		var decoded any
		if err := json.Unmarshal([]byte(given), &decoded); err != nil {
			return nil, fmt.Errorf("is not JSON")
		}
		return decoded, nil
	case argTS, argInstant:
		if _, err := parseTS(given); !isText || err != nil {
			return nil, fmt.Errorf("is no timestamp")
		}
		if a.kind == argTS && len(given) != len("1234567890.000100") {
			return nil, fmt.Errorf("is no timestamp of a message")
		}
		return given, nil
	case argText:
	}
	if !isText {
		return nil, fmt.Errorf("is no text")
	}
	if given == "" && a.required {
		return nil, fmt.Errorf("is empty")
	}
	return given, nil
}

// decide answers a call. The lock must be held.
func (s *Server) decide(c *call, problems []problem) answer {
	if refused := s.authenticate(c); refused != nil {
		return *refused
	}
	if refused := s.limit(c); refused != nil {
		return *refused
	}
	if len(problems) > 0 {
		return s.refuse(c, "invalid_arguments", problems...)
	}
	if refused := c.permit(c.method.scopes...); refused != nil {
		return *refused
	}
	a := c.method.handle(s, c)
	if c.token != nil {
		if a.header == nil {
			a.header = http.Header{}
		}
		a.header.Set("X-OAuth-Scopes", strings.Join(c.token.scopes, ","))
		a.header.Set("X-Accepted-OAuth-Scopes", strings.Join(c.method.scopes, ","))
	}
	if mediaType, parameters, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); mediaType == "application/json" && parameters["charset"] == "" {
		body := asObject(a.body)
		body["warning"] = "missing_charset"
		metadata := asObject(body["response_metadata"])
		if metadata == nil {
			metadata = object{}
		}
		metadata["warnings"] = []any{"missing_charset"}
		body["response_metadata"] = metadata
	}
	return a
}

// authenticate finds the workspace of a call by its token.
func (s *Server) authenticate(c *call) *answer {
	refused := func(code string) *answer { a := failure(code); return &a }
	if c.method.token == "" {
		return nil
	}
	if c.given == "" {
		return refused("not_authed")
	}
	t := s.tokens[c.given]
	if c.given == s.o.AppToken {
		t = &token{kind: "app", scopes: []string{"connections:write"}}
	}
	switch {
	case t == nil || t.refresh:
		return refused("invalid_auth")
	case t.kind == "app" && c.method.name == "auth.test": // tells of the app
	case t.kind != c.method.token:
		s.violate(c.method.name, "called with a token of the kind %q", t.kind)
		return refused("not_allowed_token_type")
	case t.inactive:
		return refused("account_inactive")
	case t.revoked:
		return refused("token_revoked")
	case !t.expires.IsZero() && !c.now.Before(t.expires):
		return refused("token_expired")
	}
	c.token, c.ws = t, t.ws
	return nil
}

// permit says what to answer where the token has none of the scopes.
func (c *call) permit(scopes ...string) *answer {
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(c.token.scopes, scope) }) {
		return nil
	}
	a := failure("missing_scope")
	body := asObject(a.body)
	body["needed"], body["provided"] = strings.Join(scopes, ","), strings.Join(c.token.scopes, ",")
	return &a
}

// settle notes what a call is answered. The lock must be held.
func (s *Server) settle(call *Call, a answer) {
	call.Status = a.status
	if code := asString(asObject(a.body)["error"]); code != "" {
		call.Error = code
		s.counts.Errors[code]++
	}
}

func write(w http.ResponseWriter, a answer) {
	maps.Copy(w.Header(), a.header)
	if page, isPage := a.body.(page); isPage {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, string(page)) // the app may have gone
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body)
}

// args are the arguments of a method from a short list: a name, an
// exclamation mark where it is required, and after a colon its kind.
func args(list string) map[string]arg {
	kinds := map[string]argKind{"": argText, "flag": argFlag, "number": argNumber, "json": argJSON, "ts": argTS, "instant": argInstant}
	all := map[string]arg{}
	for field := range strings.FieldsSeq(list) {
		name, kind, _ := strings.Cut(field, ":")
		bare := strings.TrimSuffix(name, "!")
		all[bare] = arg{kind: kinds[kind], required: bare != name}
	}
	return all
}
