package slacktest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestCallsAreHeldAgainstTheRulesOfTheWebAPI(t *testing.T) {
	specs := shapes(t)
	const form, text = contentForm, `{"channel":"C1","text":"x"}`
	for _, test := range []struct {
		name        string
		method      string
		contentType string
		body        string // CHANNEL and TOKEN stand for those
		token       string // in the header; "-" is none
		code        string
		says        string // a part of the violation; empty: none
	}{
		{name: "a form", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x"},
		{name: "a token in the form", method: "chat.postMessage", contentType: form, body: "token=TOKEN&channel=CHANNEL&text=x", token: "-"},
		{name: "JSON", method: "chat.postMessage", contentType: contentJSON + "; charset=utf-8", body: `{"channel":"CHANNEL","text":"x"}`},
		{name: "no token", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x", token: "-", code: "not_authed"},
		{name: "a token in JSON", method: "chat.postMessage", contentType: contentJSON, body: `{"token":"TOKEN"}`, token: "-", code: "not_authed"},
		{name: "an unknown token", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x", token: "xoxb-no", code: "invalid_auth"},
		{name: "the app's token", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x", token: "xapp-slacktest", code: "not_allowed_token_type", says: "kind \"app\""},
		{name: "two tokens", method: "chat.postMessage", contentType: form, body: "token=xoxb-other&channel=CHANNEL&text=x", code: "invalid_arguments", says: "two tokens"},
		{name: "a bot's token for sockets", method: "apps.connections.open", contentType: form, code: "not_allowed_token_type", says: "kind \"bot\""},
		{name: "an unknown method", method: "chat.scream", contentType: form, code: "unknown_method", says: "no method"},
		{name: "chat.scheduleMessage drops metadata and is not had", method: "chat.scheduleMessage", contentType: form, code: "unknown_method", says: "no method"},
		{name: "an unknown argument", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x&colour=red", code: "invalid_arguments", says: "unknown argument: colour"},
		{name: "a missing argument", method: "chat.postMessage", contentType: form, body: "text=x", code: "invalid_arguments", says: "missing required field: channel"},
		{name: "an argument twice", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x&text=y", code: "invalid_arguments", says: "2 times"},
		{name: "a flag that is none", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x&unfurl_links=maybe", code: "invalid_arguments", says: "neither true nor false"},
		{name: "blocks as text in JSON", method: "chat.postMessage", contentType: contentJSON, body: `{"channel":"CHANNEL","text":"x","blocks":"[]"}`, code: "invalid_arguments", says: "text and not JSON"},
		{name: "blocks that are no JSON", method: "chat.postMessage", contentType: form, body: "channel=CHANNEL&text=x&blocks=[", code: "invalid_arguments", says: "is not JSON"},
		{name: "a ts that is none", method: "chat.update", contentType: form, body: "channel=CHANNEL&text=x&ts=yesterday", code: "invalid_arguments", says: "no timestamp"},
		{name: "a ts without fraction", method: "chat.update", contentType: form, body: "channel=CHANNEL&text=x&ts=1234567890", code: "invalid_arguments", says: "no timestamp"},
		{name: "JSON where only forms are read", method: "conversations.history", contentType: contentJSON, body: `{"channel":"CHANNEL"}`, code: "invalid_arguments", says: "takes no JSON"},
		{name: "broken JSON", method: "chat.postMessage", contentType: contentJSON, body: text[:9], code: "invalid_arguments", says: "no JSON object"},
		{name: "another type", method: "chat.postMessage", contentType: "text/plain", body: text, code: "invalid_arguments", says: "Content-Type"},
		{name: "a body too large", method: "chat.postMessage", contentType: form, body: "text=" + strings.Repeat("x", maxBody), code: "invalid_arguments", says: "over 524288 bytes"},
		{name: "arguments in the address", method: "chat.postMessage?text=x", contentType: form, body: "channel=CHANNEL&text=x", code: "invalid_arguments", says: "where they are logged"},
		{name: "a limit of 0", method: "conversations.history", contentType: form, body: "channel=CHANNEL&limit=0", code: "invalid_limit", says: "1 to 999"},
		{name: "a cursor made up", method: "conversations.history", contentType: form, body: "channel=CHANNEL&cursor=abc", code: "invalid_cursor", says: "not given out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, Options{Specs: specs})
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			b := newWeb(t, s, or(test.token, ws.Token()))
			if b.token == "-" {
				b.token = ""
			}
			body := strings.NewReplacer("CHANNEL", channel.ID, "TOKEN", ws.Token()).Replace(test.body)
			r := b.post(s.URL()+test.method, test.contentType, []byte(body))
			if r.code() != test.code || r.status != http.StatusOK || (r.body["ok"] == true) != (test.code == "") {
				t.Errorf("answered %d %s, not %q", r.status, r.text, test.code)
			}
			if all := said(s); !strings.Contains(all, test.says) || test.says == "" && all != "" {
				t.Errorf("violations are %q, not %q", all, test.says)
			}
			for _, c := range s.Calls() {
				if c.Args["token"] != nil || c.Header.Get("Authorization") != "" {
					t.Error("the token is kept with the call")
				}
			}
		})
	}
}

func TestScopesDecideWhatATokenMayDo(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		method string
		needs  string // the scope without which it is refused
	}{
		{"chat.postMessage", "chat:write"},
		{"chat.getPermalink", ""},
		{"auth.test", ""},
		{"conversations.info", "channels:read"},
		{"conversations.history", "channels:history"},
		{"users.info", "users:read"},
		{"team.info", "team:read"},
		{"reactions.get", "reactions:read"},
		{"conversations.open", "im:write"},
		{"conversations.list", "channels:read"},
	} {
		t.Run(test.method, func(t *testing.T) {
			without := slices.DeleteFunc(everyScope(), func(scope string) bool { return scope == test.needs })
			for name, scopes := range map[string][]string{"with": everyScope(), "without": without} {
				s := collecting(t, Options{Specs: specs, Scopes: scopes})
				ws := s.AddWorkspace("W")
				channel := ws.AddChannel("general")
				u := ws.AddUser("Ann", "en-US")
				said := u.In(channel).Say("x")
				b := newWeb(t, s, ws.Token())
				args := map[string]object{
					"chat.postMessage":      {"channel": channel.ID, "text": "x"},
					"chat.getPermalink":     {"channel": channel.ID, "message_ts": said.TS},
					"conversations.info":    {"channel": channel.ID},
					"conversations.history": {"channel": channel.ID},
					"users.info":            {"user": u.ID},
					"reactions.get":         {"channel": channel.ID, "timestamp": said.TS},
					"conversations.open":    {"users": u.ID},
				}[test.method]
				r := b.form(test.method, args)
				wants := ""
				if name == "without" && test.needs != "" {
					wants = "missing_scope"
					if !strings.Contains(asString(r.body["needed"]), test.needs) || r.body["provided"] != strings.Join(scopes, ",") {
						t.Errorf("needed %v, provided %v", r.body["needed"], r.body["provided"])
					}
				}
				if r.code() != wants {
					t.Errorf("%s it: %s", name, r.text)
				}
				if wants == "" && r.header.Get("X-Oauth-Scopes") != strings.Join(scopes, ",") {
					t.Errorf("the header says %q", r.header.Get("X-Oauth-Scopes"))
				}
			}
		})
	}
}

func TestTokensBelongToWorkspaces(t *testing.T) {
	s := collecting(t, Options{})
	here, there := s.AddWorkspace("Here"), s.AddWorkspace("There")
	channel := here.AddChannel("general")
	b := newWeb(t, s, there.Token())
	if r := b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"}); r.code() != "channel_not_found" {
		t.Errorf("into another workspace: %s", r.text)
	}
	if who := b.must("auth.test", nil); who["team_id"] != there.ID || who["user_id"] != there.Bot().ID {
		t.Errorf("auth.test says %v", who)
	}
	there.Uninstall()
	if r := b.call("auth.test", nil); r.code() != "account_inactive" {
		t.Errorf("after the uninstallation: %s", r.text)
	}
	b.token = here.Token()
	here.RevokeTokens()
	if r := b.call("auth.test", nil); r.code() != "token_revoked" {
		t.Errorf("after the revocation: %s", r.text)
	}
}

func TestWhatOnlyLooksMayBeAskedForByGET(t *testing.T) {
	s := collecting(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	get := func(method string) reply {
		req, err := http.NewRequest(http.MethodGet, s.URL()+method, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+b.token)
		return b.send(req)
	}
	if r := get("conversations.info?channel=" + channel.ID); r.body["ok"] != true || said(s) != "" {
		t.Errorf("answered %s, %s", r.text, said(s))
	}
	if r := get("chat.delete?channel=" + channel.ID + "&ts=1234567890.000100"); r.code() != "invalid_arguments" || !strings.Contains(said(s), "is GET and not POST") {
		t.Errorf("answered %s, %s", r.text, said(s))
	}
	if r := get("conversations.info?channel=" + channel.ID + "&token=" + ws.Token()); r.code() != "invalid_arguments" || !strings.Contains(said(s), "holds the token") {
		t.Errorf("answered %s, %s", r.text, said(s))
	}
}

func TestJSONWithoutCharsetIsWarnedAbout(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	b := newWeb(t, s, ws.Token())
	r := b.post(s.URL()+"auth.test", contentJSON, []byte(`{}`))
	if r.body["ok"] != true || r.body["warning"] != "missing_charset" {
		t.Errorf("answered %s", r.text)
	}
}
