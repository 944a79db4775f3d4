package webapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	for code, want := range map[string]struct {
		kind      bot.Kind
		permanent bool
		gone      bool
		says      string
	}{
		"invalid_auth":          {bot.Denied, true, true, "install the app anew"},
		"token_revoked":         {bot.Denied, true, true, "install the app anew"},
		"account_inactive":      {bot.Denied, true, true, "install the app anew"},
		"missing_scope":         {bot.Denied, true, false, "scopes"},
		"not_in_channel":        {bot.Denied, true, false, "invite it"},
		"is_archived":           {bot.Denied, true, false, "choose another"},
		"messages_tab_disabled": {bot.Denied, true, false, "Messages Tab"},
		"channel_not_found":     {bot.NotFound, true, false, "does not know this"},
		"invalid_blocks":        {bot.Invalid, true, false, "the log says"},
		"service_unavailable":   {bot.Unavailable, false, false, "try again later"},
	} {
		t.Run(code, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, failing(code))
			_, err := s.User(t.Context(), team, "U1")
			e := asBotError(t, err)
			if e.Kind != want.kind || webapi.Permanent(err) != want.permanent || webapi.Gone(err) != want.gone || !strings.Contains(e.Message, want.says) {
				t.Errorf("%s, permanent %v, gone %v: %s", e.Kind, webapi.Permanent(err), webapi.Gone(err), e.Message)
			}
			if webapi.CodeOf(err) != code {
				t.Errorf("the code is %q", webapi.CodeOf(err))
			}
		}))
	}
}

func TestAMissingScopeIsNamed(t *testing.T) {
	t.Run("", inBubble(func(t *testing.T) {
		s := talk(t, webapi.Options{}, says(`{"ok":false,"error":"missing_scope","needed":"users:read","provided":"chat:write"}`))
		_, err := s.User(t.Context(), team, "U1")
		if e := asBotError(t, err); !strings.Contains(e.Message, "users:read") {
			t.Error(e.Message)
		}
	}))
}

func TestAnswersThatMakeNoSenseAreErrors(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"nothing": says(""), "no object": says(`"ok"`), "another shape": says(`{"ok":true,"user":"U1"}`),
		"too long": says(`{"ok":true,"x":"` + strings.Repeat("x", 5<<20) + `"}`), "a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, answer)
			_, err := s.User(t.Context(), team, "U1")
			if e := asBotError(t, err); e.Kind != bot.Unavailable {
				t.Errorf("%s: %v", e.Kind, err)
			}
		}))
	}
}

// Whatever an error of the transport quotes, the token is not in it.
func TestATokenThatIsQuotedIsTakenOut(t *testing.T) {
	quoting := roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("malformed header %q of %s", r.Header.Get("Authorization"), r.URL)
	})
	c, err := webapi.New(webapi.Options{Token: webapi.Fixed(token), HTTP: &http.Client{Transport: quoting}, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AuthTest(t.Context(), team); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("it says %v", err)
	}
}

// Whoever mistyped the address is told so.
func TestAnAddressThatIsNotSlacksIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"another server": {http.NotFound, "slack.api_url (http://localhost/api) is not the address of Slack's API"},
		"a redirect":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "slack.api_url"},
		"a page":         {says("<html>"), "slack.api_url"},
		"nobody":         {reset, "Slack cannot be reached at localhost; check the network, the proxy and slack.api_url"},
		"a fault":        {status(503), "Slack has a fault; try again later."},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			s := talk(t, webapi.Options{}, test.answer)
			_, err := s.AuthTest(t.Context(), team)
			if e := asBotError(t, err); !strings.Contains(e.Message, test.want) {
				t.Errorf("it says %s", e.Message)
			}
		}))
	}
}

// Tokens and addresses that are secrets show nowhere.
func TestNoSecretIsShown(t *testing.T) {
	const address = "http://localhost/api/s3cr3t-address"
	for name, do := range map[string]func(*testing.T, *slack) error{
		"a token": func(t *testing.T, s *slack) error { _, err := s.AuthTest(t.Context(), team); return err },
		"an app-level token": func(t *testing.T, s *slack) error {
			_, err := s.OpenConnection(t.Context(), "xapp-s3cr3t")
			return err
		},
		"an address for responses": func(t *testing.T, s *slack) error {
			return s.Respond(t.Context(), team, address, webapi.Response{Text: "x"})
		},
		"a code and a secret": func(t *testing.T, s *slack) error {
			_, err := s.Exchange(t.Context(), "id", "s3cr3t", "s3cr3t-code", "")
			return err
		},
	} {
		for fault, fails := range map[string]http.HandlerFunc{
			"reset": reset, "500": status(500), "echoed": failing("invalid_arguments"), "limited": limited(300),
		} {
			t.Run(name+" "+fault, inBubble(func(t *testing.T) {
				s := talk(t, webapi.Options{}, fails)
				err := do(t, s)
				if err == nil {
					t.Fatal("there is no error")
				}
				shown := fmt.Sprintf("%v %+v %#v %v %s", err, err, err, s.Client, s.log.String())
				for cause := err; cause != nil; cause = errors.Unwrap(cause) {
					shown += fmt.Sprintf("%v %#v", cause, cause)
				}
				if strings.Contains(shown, "s3cr3t") {
					t.Errorf("a secret is shown: %s", shown)
				}
			}))
		}
	}
}

func TestResponsesGoToSlackAlone(t *testing.T) {
	t.Run("", inBubble(func(t *testing.T) {
		s := talk(t, webapi.Options{}, says("ok"))
		for address, want := range map[string]bool{
			"https://hooks.slack.com/commands/T1/1/x":      true,
			"http://localhost/commands/T1/1/x":             true, // where the API is
			"http://hooks.slack.com/commands/T1":           false,
			"https://hooks.slack.com.evil.example/x":       false,
			"https://hooks.slack.com@evil.example/x":       false,
			"https://evil.example/https://hooks.slack.com": false,
			"": false, "//hooks.slack.com/x": false, "https://hooks.slack.com/" + strings.Repeat("x", 1000): false,
		} {
			if got := s.Responds(address); got != want {
				t.Errorf("%s: %v", address, got)
			}
		}
		if err := s.Respond(t.Context(), team, "http://localhost.evil.example/", webapi.Response{Text: "x"}); err == nil || len(s.requests()) != 0 {
			t.Errorf("it is sent: %v", err)
		}
		if err := s.Respond(t.Context(), team, "http://localhost/api/x", webapi.Response{Text: "x"}); err != nil {
			t.Error(err)
		}
		if got := s.requests(); len(got) != 1 || got[0].header.Get("Authorization") != "" {
			t.Errorf("a token goes with it: %+v", got)
		}
	}))
}

func TestScopesAndClockAreRead(t *testing.T) {
	t.Run("", inBubble(func(t *testing.T) {
		s := talk(t, webapi.Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-OAuth-Scopes", "chat:write, commands")
			says(`{"ok":true,"team_id":"T1","user_id":"U9","bot_id":"B9"}`)(w, r)
		})
		id, err := s.AuthTest(t.Context(), team)
		if err != nil || id.TeamID != "T1" || id.UserID != "U9" || fmt.Sprint(id.Scopes) != "[chat:write commands]" {
			t.Errorf("%+v: %v", id, err)
		}
		if offset := s.Clock().Offset().Abs().Seconds(); offset > 1 {
			t.Errorf("the clock is %v off", offset)
		}
		if got := s.requests()[0].header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("the token goes as %q", got)
		}
	}))
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]webapi.Options{
		"no token":         {},
		"plain http":       {Token: webapi.Fixed(token), BaseURL: "http://slack.example/api"},
		"a password":       {Token: webapi.Fixed(token), BaseURL: "https://me:s3cr3t@slack.example/api"},
		"a negative bound": {Token: webapi.Fixed(token), Attempts: -1},
		"no address":       {Token: webapi.Fixed(token), BaseURL: "slack"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := webapi.New(o); err == nil || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("it says %v", err)
			}
		})
	}
}
