package slacktest

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

const redirect = "https://bot.example.org/slack/oauth"

func authorize(s *Server, more url.Values) string {
	q := url.Values{"client_id": {s.ClientID()}, "scope": {"chat:write,commands"}, "state": {"s1"}, "redirect_uri": {redirect}}
	maps.Copy(q, more)
	return s.AuthorizeURL() + "?" + q.Encode()
}

func back(tb testing.TB, address string) url.Values {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, redirect+"?") {
		tb.Fatalf("the browser is sent to %s", address)
	}
	return u.Query()
}

func TestAWorkspaceInstallsAndItsTokenRotates(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After, Rotation: true})
	ws := s.AddStranger("New")
	channel := ws.AddChannel("general")
	ann := ws.AddUser("Ann", "en-US")
	b := newWeb(t, s, "")
	client := &http.Client{Transport: b.client.Transport}
	api := slack.OAuthOptionAPIURL(s.URL())

	query := back(t, ann.Approve(authorize(s, nil)))
	if query.Get("state") != "s1" || query.Get("code") == "" {
		t.Fatalf("the app gets %v", query)
	}
	first, err := slack.GetOAuthV2ResponseContext(context.Background(), client, s.ClientID(), s.ClientSecret(), query.Get("code"), redirect, api)
	if err != nil {
		t.Fatal(err)
	}
	if first.Team.ID != ws.ID || first.ExpiresIn != 12*3600 || first.RefreshToken == "" || first.Scope != "chat:write,commands" || first.AuthedUser.ID != ann.ID {
		t.Errorf("the answer is %+v", first)
	}
	post := func(token string) string {
		b.token = token
		return b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"}).code()
	}
	if code := post(first.AccessToken); code != "" || ws.Token() != first.AccessToken {
		t.Errorf("with the first token: %s", code)
	}
	if r := b.form("users.info", object{"user": ann.ID}); r.code() != "missing_scope" {
		t.Errorf("beyond the scopes that were approved: %s", r.text)
	}
	clock.Advance(13 * time.Hour)
	if code := post(first.AccessToken); code != "token_expired" {
		t.Errorf("13 hours later: %s", code)
	}
	second, err := slack.RefreshOAuthV2TokenContext(context.Background(), client, s.ClientID(), s.ClientSecret(), first.RefreshToken, api)
	if err != nil {
		t.Fatal(err)
	}
	if code := post(second.AccessToken); code != "" || second.AccessToken == first.AccessToken || second.RefreshToken == first.RefreshToken {
		t.Errorf("with the second token: %s, %+v", code, second)
	}
	_, err = slack.RefreshOAuthV2TokenContext(context.Background(), client, s.ClientID(), s.ClientSecret(), first.RefreshToken, api)
	if err == nil || err.Error() != "invalid_refresh_token" || !strings.Contains(said(s), "a second time") {
		t.Errorf("a refresh token again: %v, %s", err, said(s))
	}
	b.token = second.AccessToken
	if r := b.form("auth.revoke", nil); r.body["revoked"] != true {
		t.Errorf("revoked: %s", r.text)
	}
	if code := post(second.AccessToken); code != "token_revoked" {
		t.Errorf("after the revocation: %s", code)
	}
	for _, c := range s.CallsTo("oauth.v2.access") {
		if c.Args["client_secret"] != nil || c.Args["code"] != nil || c.Args["refresh_token"] != nil {
			t.Errorf("secrets are kept: %v", c.Args)
		}
	}
}

func TestCodesAreExchangedOnceBySomebodyWhoKnows(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name    string
		changes object
		later   time.Duration
		twice   bool
		code    string
	}{
		{name: "as it should be"},
		{name: "twice", twice: true, code: "code_already_used"},
		{name: "too late", later: 11 * time.Minute, code: "invalid_code"},
		{name: "made up", changes: object{"code": "no"}, code: "invalid_code"},
		{name: "another address", changes: object{"redirect_uri": "https://evil.example"}, code: "bad_redirect_uri"},
		{name: "no address", changes: object{"redirect_uri": nil}, code: "bad_redirect_uri"},
		{name: "another client", changes: object{"client_id": "1.1"}, code: "invalid_client_id"},
		{name: "another secret", changes: object{"client_secret": "no"}, code: "bad_client_secret"},
		{name: "another grant", changes: object{"grant_type": "password"}, code: "invalid_grant_type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := NewClock(time.Unix(1764028800, 0))
			s := New(t, Options{Specs: specs, Now: clock.Now, After: clock.After})
			ws := s.AddStranger("New")
			ws.AddUser("Ann", "en-US")
			code := back(t, ws.users[1].Approve(authorize(s, nil))).Get("code")
			clock.Advance(test.later)
			args := with(object{"client_id": s.ClientID(), "client_secret": s.ClientSecret(), "code": code, "redirect_uri": redirect}, test.changes)
			b := newWeb(t, s, "")
			r := b.form("oauth.v2.access", args)
			if test.twice {
				r = b.form("oauth.v2.access", args)
			}
			if r.code() != test.code {
				t.Errorf("answered %s", r.text)
			}
			if test.code == "" && (r.body["refresh_token"] != nil || r.body["expires_in"] != nil) {
				t.Errorf("without rotation: %s", r.text)
			}
		})
	}
}

func TestSlacksPageHoldsTheAddressAgainstTheApp(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name string
		more url.Values
		says string
	}{
		{"another client", url.Values{"client_id": {"1.1"}}, "invalid client_id"},
		{"a scope that the app does not have", url.Values{"scope": {"admin"}}, "invalid scope"},
		{"another address", url.Values{"redirect_uri": {"https://evil.example/"}}, "bad redirect_uri"},
		{"no state", url.Values{"state": {""}}, "no state"},
		{"something else", url.Values{"colour": {"red"}}, "colour"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, Options{Specs: specs, Redirects: []string{redirect}})
			_ = s.AddStranger("New").AddUser("Ann", "en-US").Approve(authorize(s, test.more))
			if !strings.Contains(said(s), test.says) {
				t.Errorf("violations are %q, not %q", said(s), test.says)
			}
		})
	}
	s := New(t, Options{Specs: specs})
	query := back(t, s.AddStranger("New").AddUser("Ann", "en-US").Deny(authorize(s, nil)))
	if query.Get("error") != "access_denied" || query.Get("state") != "s1" || query.Get("code") != "" {
		t.Errorf("after a refusal the app gets %v", query)
	}
}
