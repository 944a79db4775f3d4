package slacktest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const authorizePath = "/oauth/v2/authorize"

// codeLife is how long a code can be exchanged:
// https://docs.slack.dev/authentication/installing-with-oauth
const codeLife = 10 * time.Minute

// code is what the app gets when somebody installs it.
type code struct {
	ws       *Workspace
	user     *User
	scopes   []string
	redirect string // as it was given; empty where none was
	created  time.Time
	used     bool
}

func oauthMethods() []method {
	return []method{{
		name: "oauth.v2.access", args: args("client_id client_secret code redirect_uri grant_type refresh_token"), tier: 4,
		handle: (*Server).oauthAccess,
	}}
}

// Approve is what a user does on Slack's page at the address that the app
// sent their browser to. It returns the address that Slack then sends the
// browser to, with a code and the state.
func (u *User) Approve(address string) string { return u.authorize(address, true) }

// Deny is Approve for a user who cancels.
func (u *User) Deny(address string) string { return u.authorize(address, false) }

func (u *User) authorize(address string, approve bool) string {
	s := u.s
	s.helper()
	s.mu.Lock()
	back, err := s.authorized(u, address, approve)
	s.mu.Unlock()
	if err != nil {
		s.fail("Slack's page of authorization says: %v", err)
	}
	return back
}

// authorized holds the address against the app's settings.
func (s *Server) authorized(u *User, address string, approve bool) (string, error) {
	at, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	if at.Path != authorizePath {
		return "", fmt.Errorf("%s is not %s", at.Path, authorizePath)
	}
	query := at.Query()
	for name, values := range query {
		if !slices.Contains([]string{"client_id", "scope", "user_scope", "redirect_uri", "state", "team"}, name) || len(values) > 1 {
			s.violate("oauth authorize", "the parameter %s is unknown or given twice", name)
		}
	}
	if query.Get("client_id") != s.o.ClientID {
		return "", fmt.Errorf("invalid client_id")
	}
	if query.Get("state") == "" {
		s.violate("oauth authorize", "no state, by which a forged answer would be told")
	}
	scopes := strings.Split(query.Get("scope"), ",")
	for _, scope := range scopes {
		if !slices.Contains(s.app.scopes, scope) {
			return "", fmt.Errorf("invalid scope %q", scope)
		}
	}
	redirect := query.Get("redirect_uri")
	to := redirect
	if to == "" && len(s.app.redirects) > 0 {
		to = s.app.redirects[0]
	}
	if to == "" || len(s.app.redirects) > 0 && !slices.ContainsFunc(s.app.redirects, func(allowed string) bool { return strings.HasPrefix(to, allowed) }) {
		return "", fmt.Errorf("bad redirect_uri")
	}
	back, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	answer := back.Query()
	answer.Set("state", query.Get("state"))
	if approve {
		text := fmt.Sprintf("%s.%s", s.o.ClientID, s.newID("X"))
		s.codes[text] = &code{ws: u.Workspace, user: u, scopes: scopes, redirect: redirect, created: s.o.Now()}
		answer.Set("code", text)
	} else {
		answer.Set("error", "access_denied")
	}
	back.RawQuery = answer.Encode()
	return back.String(), nil
}

// oauthAccess exchanges a code or a refresh token:
// https://docs.slack.dev/reference/methods/oauth.v2.access
func (s *Server) oauthAccess(c *call) answer {
	id, secret, basic := c.BasicAuth()
	if !basic {
		id, secret = c.text("client_id"), c.text("client_secret")
	}
	switch {
	case id != s.o.ClientID:
		return failure("invalid_client_id")
	case secret != s.o.ClientSecret:
		return failure("bad_client_secret")
	}
	switch or(c.text("grant_type"), "authorization_code") {
	case "refresh_token":
		return s.refreshToken(c)
	case "authorization_code":
		return s.exchange(c)
	}
	return failure("invalid_grant_type")
}

func (s *Server) exchange(c *call) answer {
	given := s.codes[c.text("code")]
	switch {
	case given == nil, c.now.Sub(given.created) > codeLife:
		return failure("invalid_code")
	case given.used:
		return failure("code_already_used")
	case given.redirect != c.text("redirect_uri"):
		return failure("bad_redirect_uri")
	}
	given.used = true
	a := s.grant(given.ws, given.scopes)
	asObject(a.body)["authed_user"] = object{"id": given.user.ID}
	return a
}

// grant gives the app a token for a workspace. The lock must be held.
func (s *Server) grant(ws *Workspace, scopes []string) answer {
	n := len(s.tokens)
	body := object{
		"app_id": s.app.id, "scope": strings.Join(scopes, ","), "token_type": "bot", "bot_user_id": ws.bot.ID,
		"team": object{"id": ws.ID, "name": ws.Name}, "enterprise": nil, "is_enterprise_install": false,
	}
	if ws.organisation != "" {
		body["enterprise"] = object{"id": ws.organisation, "name": "Organisation"}
	}
	if ws.whole {
		body["team"], body["is_enterprise_install"] = nil, true
	}
	access := &token{text: fmt.Sprintf("xoxb-%d-%s", n, ws.ID), kind: "bot", ws: ws, scopes: scopes}
	if s.o.Rotation {
		access.text = fmt.Sprintf("xoxe.xoxb-1-%d-%s", n, ws.ID)
		access.expires = s.o.Now().Add(s.o.TokenLife)
		refresh := &token{text: fmt.Sprintf("xoxe-1-%d-%s", n, ws.ID), kind: "bot", ws: ws, scopes: scopes, refresh: true}
		s.tokens[refresh.text] = refresh
		body["refresh_token"], body["expires_in"] = refresh.text, int(s.o.TokenLife.Seconds())
	}
	ws.install(access)
	body["access_token"] = access.text
	return ok(body)
}

func (s *Server) refreshToken(c *call) answer {
	t := s.tokens[c.text("refresh_token")]
	switch {
	case t == nil, !t.refresh, t.revoked, t.inactive:
		return failure("invalid_refresh_token")
	case t.used:
		s.violate("oauth.v2.access", "a refresh token is used a second time")
		return failure("invalid_refresh_token")
	}
	t.used = true
	return s.grant(t.ws, t.scopes)
}

// serveAuthorize tells a browser that strays here that nobody is there to
// approve.
func (s *Server) serveAuthorize(w http.ResponseWriter, _ *http.Request) {
	write(w, answer{status: http.StatusOK, body: page("<html><body>Users of this fake approve by User.Approve</body></html>\n")})
}
