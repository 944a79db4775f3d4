package slack

import (
	"strings"
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

// clinic is a Slack and a doctor that finds nothing wrong there.
func clinic(t *testing.T, o slacktest.Options) (*slacktest.Server, *slacktest.Workspace, *Doctor) {
	t.Helper()
	o.Specs, _ = specs()
	o.Limits.Off = true
	if o.Scopes == nil {
		for _, scope := range Scopes(true) {
			o.Scopes = append(o.Scopes, scope.Name)
		}
	}
	s := slacktest.New(t, o)
	ws := s.AddWorkspace("Harbour")
	api, err := webapi.New(webapi.Options{Token: webapi.Fixed(ws.Token()), BaseURL: s.URL(), Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return s, ws, &Doctor{
		API: api, BotToken: ws.Token(), AppToken: s.AppToken(), SigningSecret: s.SigningSecret(), Transport: Socket,
		PublicURL: "https://briefings.example.org", Channel: ws.AddChannel("general").ID, Assistant: true, Patience: soon,
	}
}

func TestNothingIsFoundWhereNothingIsWrong(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		_, _, d := clinic(t, slacktest.Options{})
		d.Transport = transport
		for _, check := range d.Checks(t.Context()) {
			want := bot.CheckOK
			if transport == HTTP && check.Name == "socket" {
				want = bot.CheckSkipped
			}
			if check.State != want || check.Advice != "" {
				t.Errorf("%s, %s is %s: %s %s", transport, check.Name, check.State, check.Found, check.Advice)
			}
		}
	}
}

func TestEveryFaultIsFoundWithWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		change func(s *slacktest.Server, ws *slacktest.Workspace, d *Doctor)
		check  string
		state  bot.CheckState
		says   string // in what is found or in the advice
	}{
		"no token":              {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.BotToken = "" }, "token", bot.CheckFail, "xoxb-"},
		"many workspaces":       {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.BotToken, d.Shared = "", true }, "token", bot.CheckSkipped, "workspaces that install"},
		"the other token":       {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.BotToken = d.AppToken }, "token", bot.CheckFail, "app-level"},
		"a revoked token":       {func(_ *slacktest.Server, ws *slacktest.Workspace, _ *Doctor) { ws.RevokeTokens() }, "token", bot.CheckFail, "Install the app anew"},
		"the bot was taken out": {func(_ *slacktest.Server, ws *slacktest.Workspace, _ *Doctor) { ws.Uninstall() }, "token", bot.CheckFail, "account_inactive"},
		"nothing after a token": {func(_ *slacktest.Server, ws *slacktest.Workspace, _ *Doctor) { ws.Uninstall() }, "scopes", bot.CheckSkipped, "once Slack accepts"},
		"Slack is down": {func(s *slacktest.Server, _ *slacktest.Workspace, _ *Doctor) {
			s.Fail(slacktest.Fault{On: "auth.test", Do: slacktest.Refuse(503), Times: -1})
		}, "token", bot.CheckFail, "status 503"},
		"no app-level token":  {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.AppToken = "" }, "transport", bot.CheckFail, "connections:write"},
		"the wrong app token": {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.AppToken = d.BotToken }, "transport", bot.CheckFail, "xapp-"},
		"a refused app token": {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.AppToken = "xapp-other" }, "socket", bot.CheckFail, "Make a new one"},
		"no connection":       {func(s *slacktest.Server, _ *slacktest.Workspace, _ *Doctor) { s.Plan(slacktest.RefuseUpgrade) }, "socket", bot.CheckFail, "answers 503"},
		"no hello":            {func(s *slacktest.Server, _ *slacktest.Workspace, _ *Doctor) { s.Plan(slacktest.DropAtOnce) }, "socket", bot.CheckFail, "no hello"},
		"no signing secret":   {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.Transport, d.SigningSecret = HTTP, "" }, "transport", bot.CheckFail, "slack.signing_secret"},
		"no public address":   {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.Transport, d.PublicURL = HTTP, "" }, "transport", bot.CheckWarn, "web.public_url"},
		"a plain address": {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) {
			d.Transport, d.PublicURL = HTTP, "http://x.example"
		}, "transport", bot.CheckFail, "certificate"},
		"not in the channel": {func(_ *slacktest.Server, ws *slacktest.Workspace, d *Doctor) {
			d.Channel = ws.AddChannelWithout("x").ID
		}, "channel", bot.CheckFail, "/invite @"},
		"no such channel":      {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.Channel = "C0NOWHERE" }, "channel", bot.CheckFail, "no such channel"},
		"no channel was named": {func(_ *slacktest.Server, _ *slacktest.Workspace, d *Doctor) { d.Channel = "" }, "channel", bot.CheckSkipped, "--slack-channel"},
	} {
		t.Run(name, func(t *testing.T) {
			s, ws, d := clinic(t, slacktest.Options{})
			test.change(s, ws, d)
			for _, check := range d.Checks(t.Context()) {
				said := check.Found + " " + check.Advice
				if check.Name == test.check && (check.State != test.state || !strings.Contains(said, test.says)) {
					t.Errorf("%s is %s: %s", check.Name, check.State, said)
				}
				if (check.State == bot.CheckFail || check.State == bot.CheckWarn) != (check.Advice != "") {
					t.Errorf("%s is %s with the advice %q", check.Name, check.State, check.Advice)
				}
				if strings.Contains(said, ws.Token()) || strings.Contains(said, s.AppToken()) {
					t.Errorf("a token is shown: %s", said)
				}
			}
		})
	}
}

func TestScopesAreCompared(t *testing.T) {
	all := func(without ...string) []string {
		var names []string
		for _, scope := range Scopes(true) {
			if !strings.Contains(strings.Join(without, " "), scope.Name) {
				names = append(names, scope.Name)
			}
		}
		return names
	}
	for name, test := range map[string]struct {
		scopes   []string
		state    bot.CheckState
		says     string
		paneless bool
	}{
		"one is missing":      {scopes: all("channels:history"), state: bot.CheckFail, says: "lacks channels:history: it cannot hear what follows"},
		"the pane is missing": {scopes: all("assistant:write"), state: bot.CheckWarn, says: "assistant's pane"},
		"reactions are":       {scopes: all("reactions:read"), state: bot.CheckWarn, says: "cannot count 👍 and 👎"},
		"more than it uses":   {scopes: append(all(), "reactions:write"), state: bot.CheckWarn, says: "more than it uses: reactions:write"},
		"all that it needs":   {scopes: all(), state: bot.CheckOK, says: "no other"},
		"it has no pane":      {scopes: all("assistant:write"), state: bot.CheckOK, says: "no other", paneless: true},
		"no pane uses it":     {scopes: all(), state: bot.CheckWarn, says: "more than it uses: assistant:write", paneless: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, d := clinic(t, slacktest.Options{Scopes: test.scopes})
			d.Assistant = !test.paneless
			for _, check := range d.Checks(t.Context()) {
				if check.Name == "scopes" && (check.State != test.state || !strings.Contains(check.Found, test.says)) {
					t.Errorf("it is %s: %s", check.State, check.Found)
				}
			}
		})
	}
}

func TestAClockThatIsOffIsNoticed(t *testing.T) {
	for _, test := range []struct {
		off       time.Duration
		transport Transport
		want      bot.CheckState
		says      string
	}{
		{0, HTTP, bot.CheckOK, "agrees"},
		{time.Minute, HTTP, bot.CheckWarn, "ahead of"},
		{-time.Minute, Socket, bot.CheckWarn, "behind"},
		{-10 * time.Minute, HTTP, bot.CheckFail, "refused"},
		{10 * time.Minute, Socket, bot.CheckWarn, "ahead of"},
	} {
		s, ws, d := clinic(t, slacktest.Options{})
		var err error
		d.API, err = webapi.New(webapi.Options{Token: webapi.Fixed(ws.Token()), BaseURL: s.URL(), Now: func() time.Time { return time.Now().Add(test.off) }})
		if err != nil {
			t.Fatal(err)
		}
		d.Transport = test.transport
		checks := d.Checks(t.Context())
		if got := checks[len(checks)-1]; got.State != test.want || !strings.Contains(got.Found, test.says) {
			t.Errorf("%v off, %s: %s %s", test.off, test.transport, got.State, got.Found)
		}
		d.API.Close()
	}
}

// Where tokens come with workspaces and nothing connects, Slack is asked for
// the time alone.
func TestTheClockIsLookedAtForManyWorkspaces(t *testing.T) {
	_, _, d := clinic(t, slacktest.Options{})
	d.Transport, d.Shared, d.BotToken, d.Channel = HTTP, true, "", ""
	checks := d.Checks(t.Context())
	if got := checks[len(checks)-1]; got.Name != "clock" || got.State != bot.CheckOK {
		t.Errorf("%s is %s: %s", got.Name, got.State, got.Found)
	}
}
