package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/slack"
	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/socket"
	"briefbot/adapters/slack/webapi"
)

// onSlack is a program that is configured for a fake Slack.
type onSlack struct {
	*slacktest.Server
	workspace *slacktest.Workspace
	general   *slacktest.Channel
	ann       *slacktest.User
	config    *config
	out, log  buffer
}

func newOnSlack(t *testing.T, o slacktest.Options) *onSlack {
	t.Helper()
	o.Token, o.AppToken, o.SigningSecret = "xoxb-s3cret", "xapp-s3cret", "s3cret-signing"
	// Before the test leaves the repository, beside which the shapes are.
	s := &onSlack{Server: slacktest.New(t, o), config: defaultConfig()}
	clearEnv(t)
	s.workspace = s.AddWorkspace("Harbour")
	s.general, s.ann = s.workspace.AddChannel("general"), s.workspace.AddUser("Ann", "en-US")
	s.config.Web.Address = "127.0.0.1:0"
	s.config.Store.Address = noStore
	s.config.Slack.BotToken, s.config.Slack.AppToken, s.config.Slack.APIURL = s.workspace.Token(), s.AppToken(), strings.TrimSuffix(s.URL(), "/")
	s.config.Slack.Connections = 1 // the fake lets one be opened a minute
	return s
}

func (s *onSlack) program() *program {
	return &program{in: strings.NewReader(""), out: &s.out, err: &s.log, now: time.Now}
}

// serve starts the program and returns the address of its page, and what
// stops it and returns its error.
func (s *onSlack) serve(t *testing.T) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.program().serve(ctx, s.config) }()
	poll(func() bool {
		_, rest, ok := strings.Cut(s.out.String(), "Briefbot is at ")
		url, _, _ = strings.Cut(rest, " ")
		return ok
	}, func() { t.Fatalf("the server does not start: %s", s.log.String()) })
	return url, func() error {
		cancel()
		defer http.DefaultClient.CloseIdleConnections()
		select {
		case err := <-served:
			return err
		case <-time.After(patience):
			return errors.New("it does not stop")
		}
	}
}

func (s *onSlack) keepsSecrets(t *testing.T) {
	t.Helper()
	if strings.Contains(s.out.String()+s.log.String(), "s3cret") {
		t.Errorf("a secret is shown:\n%s%s", s.out.String(), s.log.String())
	}
}

// mentioned asks in a channel and returns the answer.
func (s *onSlack) mentioned(t *testing.T, question string) string {
	t.Helper()
	replies := s.Replies(s.ann.In(s.general).Say("<@bot> "+question), patience)
	if len(replies) == 0 {
		t.Fatalf("there is no answer: %s", s.log.String())
	}
	return replies[0].Text()
}

// The page and the bot are one program: what one shows of its state is the
// other's, and both end together.
func TestServeIsOnSlack(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{})
	url, stop := s.serve(t)
	sees(t, url+"/readyz", `"phase":"ready"`)
	if got := get(url+"/readyz", ""); !strings.HasPrefix(got, "200 OK") || !strings.Contains(got, `"transport":"socket"`) || !strings.Contains(got, `"fingerprint"`) {
		t.Errorf("ready: %s", got)
	}
	if text := s.mentioned(t, "APEC 2026 host"); !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer is\n%s", text)
	}
	if text := s.ann.In(s.general).Slash("/brief", "APEC 2026 host").Text(); !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer is\n%s", text)
	}
	for _, want := range []string{
		`briefbot_requests_total{command="ask",error="",platform="slack",status="answered"} 2`,
		`briefbot_slack_requests_total{error="",method="chat.postMessage",status="200"} 1`,
		`briefbot_slack_socket_events_total{event="connected"} 1`,
		`briefbot_slack_ready 1`,
	} {
		sees(t, url+"/metrics", want)
	}
	if got := get(url+slack.EventsPath, ""); !strings.HasPrefix(got, "404") {
		t.Errorf("with Socket Mode there is an endpoint: %s", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	s.keepsSecrets(t)
	if strings.Contains(s.log.String(), "APEC") {
		t.Error("a question was logged")
	}
}

func TestReadinessFollowsSocketMode(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{Limits: slacktest.Limits{Off: true}})
	s.Plan(slacktest.RefuseUpgrade)
	hold := s.Fail(slacktest.Fault{On: "apps.connections.open", Do: slacktest.Hold(), Times: -1})
	url, stop := s.serve(t)
	sees(t, url+"/readyz", `503`)
	sees(t, url+"/healthz", `200 OK`) // the page works all the same
	sees(t, url+"/metrics", "briefbot_slack_ready 0")
	hold.Disarm()
	sees(t, url+"/readyz", `200 OK`)
	if err := stop(); err != nil {
		t.Error(err)
	}
	s.keepsSecrets(t)
}

func TestServeAnswersSignedRequestsOfSlack(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{})
	s.config.Slack.Transport, s.config.Slack.SigningSecret = slackHTTP, s.SigningSecret()
	url, stop := s.serve(t)
	sees(t, url+"/readyz", `200 OK`)
	sees(t, url+"/readyz", `"transport":"http"`)
	if err := s.UseEndpoint(url); err != nil {
		t.Fatal(err)
	}
	if text := s.mentioned(t, "APEC 2026 host"); !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer is\n%s", text)
	}
	if text := s.ann.In(s.general).Slash("/brief", "四点建议").Text(); !strings.Contains(text, "1.") {
		t.Errorf("the answer is\n%s", text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if n := s.Counts().Connections; n != 0 {
		t.Errorf("over HTTP there were %d connections", n)
	}
	s.keepsSecrets(t)
}

// What no waiting puts right ends the program, with what to do.
func TestServeEndsWhereSlackRefusesTheBot(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{})
	s.config.Slack.AppToken = "xapp-s3cret-wrong"
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := s.program().serve(ctx, s.config)
	if err == nil || !strings.Contains(err.Error(), "Slack refuses the token") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("it ended with %v", err)
	}
	if ctx.Err() != nil {
		t.Error("it did not end by itself")
	}
	s.keepsSecrets(t)
}

func TestSettingsOfSlackThatDoNotGoTogetherStartNothing(t *testing.T) {
	tests := map[string]struct {
		set  slackConfig
		want string
	}{
		"HTTP without a secret":       {slackConfig{Transport: slackHTTP, BotToken: "xoxb-a"}, "set slack.signing_secret"},
		"Socket Mode without a token": {slackConfig{Transport: slackSocket, BotToken: "xoxb-a"}, "set slack.app_token"},
		"many without a store":        {slackConfig{Transport: slackSocket, ClientID: "1.2", ClientSecret: "a", AppToken: "xapp-a"}, "set slack.client_secret, store.address and store.keys"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			c := defaultConfig()
			c.Web.Address, c.Slack = "127.0.0.1:0", test.set
			var out, log buffer
			p := &program{out: &out, err: &log, now: time.Now}
			if err := p.serve(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it ended with %v", err)
			}
			if out.String() != "" {
				t.Errorf("it said %s", out.String())
			}
		})
	}
}

// The manifest that the program prints is one that the fake takes, and the
// program works by it.
func TestTheManifestOfTheConfigurationWorks(t *testing.T) {
	named := defaultConfig()
	named.Slack.Command = "/kuaibao"
	p := &program{in: strings.NewReader(""), out: &buffer{}, err: &buffer{}, now: time.Now}
	manifest, err := p.slackManifest(named, "Newsroom", true)
	if err != nil {
		t.Fatal(err)
	}
	s := newOnSlack(t, slacktest.Options{Manifest: manifest})
	s.config.Slack.Command = "/kuaibao"
	url, stop := s.serve(t)
	sees(t, url+"/readyz", `200 OK`)
	if text := s.ann.In(s.general).Slash("/kuaibao", "APEC 2026 host").Text(); !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer is\n%s", text)
	}
	if text := s.ann.OpenHome().Text(); !strings.Contains(text, "/kuaibao") {
		t.Errorf("the home says\n%s", text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDoctorLooksAtSlack(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{Scopes: []string{"app_mentions:read", "chat:write", "commands", "channels:history", "channels:read", "groups:history", "groups:read", "im:history", "users:read", "reactions:read", "reactions:write"}})
	elsewhere := s.workspace.AddChannelWithout("elsewhere")
	run := func(channel string, asJSON bool) (string, error) {
		s.out = buffer{}
		o := doctorOptions{program: s.program(), slackChannel: channel, json: asJSON}
		err := o.run(t.Context(), s.config)
		return s.out.String(), err
	}
	got, err := run(s.general.ID, false)
	if err != nil {
		t.Errorf("set up, it ends with %v", err)
	}
	for _, want := range []string{
		"Slack\n  ok       token        Slack accepts the token",
		"  warn     scopes       The bot has every scope but assistant:write",
		"  ok       transport    Events, commands and clicks come through Socket Mode.",
		"  ok       socket       A connection of Socket Mode comes about.",
		"  ok       channel      The bot is in the channel",
		"  ok       clock ",
		"0 failures, 1 warning\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q:\n%s", want, got)
		}
	}
	s.config.Slack.AppToken = "" // the fake lets one connection be opened a minute
	got, err = run(elsewhere.ID, true)
	var d diagnosis
	if !errors.Is(err, errReported) || json.Unmarshal([]byte(got), &d) != nil || d.OK || len(d.Slack) != 6 || d.Discord != nil {
		t.Errorf("%v: %s", err, got)
	}
	if !strings.Contains(got, "Invite it there: /invite @") {
		t.Errorf("it does not say what to do: %s", got)
	}
	s.keepsSecrets(t)
}

func TestSlackIsCounted(t *testing.T) {
	m := newMetrics()
	m.slackRequest(webapi.Observation{Method: "chat.postMessage", Status: 200, Attempts: 3, Refusals: 1, Waited: 1500 * time.Millisecond})
	m.slackRequest(webapi.Observation{Method: "users.info", Status: 200, Code: "user_not_found", Attempts: 1, Failed: true})
	m.slackRequest(webapi.Observation{Method: "users.info", Code: "Something <else>", Failed: true})
	m.slackEvent(socket.Observation{What: socket.Silent})
	body := scrape(t, m.handler(""))
	for _, want := range []string{
		`briefbot_slack_requests_total{error="",method="chat.postMessage",status="200"} 1`,
		`briefbot_slack_requests_total{error="user_not_found",method="users.info",status="200"} 1`,
		`briefbot_slack_requests_total{error="other",method="users.info",status="none"} 1`,
		`briefbot_slack_request_retries_total{method="chat.postMessage"} 2`,
		`briefbot_slack_request_limited_total{method="chat.postMessage"} 1`,
		`briefbot_slack_request_wait_seconds_total{method="chat.postMessage"} 1.5`,
		`briefbot_slack_socket_events_total{event="silent"} 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("it lacks %s:\n%s", want, body)
		}
	}
}

// Workspaces install the bot in the running program, each is answered with
// its own token, and what they chose outlives the program.
func TestServeInstallsTheBotInManyWorkspaces(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{Rotation: true, Limits: slacktest.Limits{Off: true}, Redirects: []string{"https://briefings.example.org/slack/oauth"}})
	folder := t.TempDir()
	keys, err := newKeys(s.config)
	if err != nil {
		t.Fatal(err)
	}
	s.config.Slack.BotToken = ""
	s.config.Slack.ClientID, s.config.Slack.ClientSecret = s.ClientID(), s.ClientSecret()
	s.config.Store.Address, s.config.Store.Keys = filepath.Join(folder, "briefbot.db"), string(keys)
	s.config.Web.PublicURL = "https://briefings.example.org"
	url, stop := s.serveAt(t)
	velia := s.AddStranger("Velia")
	chen := velia.AddUser("Chen", "zh-TW")
	installOver(t, url, chen)
	there := velia.AddChannel("general")
	ask := func(question, want string) {
		t.Helper()
		replies := s.Replies(chen.In(there).Say("<@bot> "+question), patience)
		if len(replies) == 0 || !strings.Contains(replies[0].Text(), want) {
			t.Fatalf("%q is answered %v: %s", question, replies, s.log.String())
		}
	}
	ask("help", "我能做什麼")
	chen.In(there).Slash("/brief", "language en")
	ask("help", "What I can do")
	answer := s.Replies(chen.In(there).Say("<@bot> APEC 2026 host"), patience)[0]
	if text := chen.In(there).On(answer).Click("👍").Text(); !strings.Contains(text, "not who") {
		t.Errorf("a vote is answered %q", text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}

	// Keys are rotated while nothing is lost.
	if keys, err = newKeys(s.config); err != nil {
		t.Fatal(err)
	}
	s.config.Store.Keys = string(keys)
	remembered, err := s.program().openMemories(t.Context(), s.config, newLog(s.config.Log, &s.log))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := reseal(t.Context(), s.config, remembered.store); n != 1 || err != nil {
		t.Errorf("%d installations are sealed anew: %v", n, err)
	}
	if err := remembered.close(); err != nil {
		t.Error(err)
	}
	if keys, err = primaryKey(s.config); err != nil {
		t.Fatal(err)
	}
	s.config.Store.Keys = string(keys)
	s.out = buffer{}
	_, stop = s.serveAt(t)
	ask("help", "What I can do")
	if err := stop(); err != nil {
		t.Error(err)
	}
	s.keepsSecrets(t)
	if b, err := os.ReadFile(s.config.Store.Address); err != nil || strings.Contains(string(b), velia.Token()) {
		t.Errorf("the token stands in the database: %v", err)
	}
}

// serveAt starts the program and returns where it listens, whatever its public
// address is, once it is connected.
func (s *onSlack) serveAt(t *testing.T) (url string, stop func() error) {
	t.Helper()
	before := s.Counts().Connections
	s.log = buffer{}
	_, stop = s.serve(t)
	poll(func() bool {
		_, rest, ok := strings.Cut(s.log.String(), `"address":"127.0.0.1:`)
		port, _, _ := strings.Cut(rest, `"`)
		url = "http://127.0.0.1:" + port
		return ok
	}, func() { t.Fatalf("it does not listen: %s", s.log.String()) })
	if !s.Await(patience, func() bool { return s.Counts().Connections > before && len(s.Connections()) > 0 }) {
		t.Fatalf("it does not connect: %s", s.log.String())
	}
	return url, stop
}

// installOver installs the bot as a user does in a browser.
func installOver(t *testing.T, url string, user *slacktest.User) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := func(path string, cookies []*http.Cookie) (status int, to string, set []*http.Cookie) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "briefings.example.org"
		for _, c := range cookies {
			request.AddCookie(c)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		return response.StatusCode, response.Header.Get("Location"), response.Cookies()
	}
	_, to, cookies := visit(slack.InstallPath, nil)
	back := strings.TrimPrefix(user.Approve(to), "https://briefings.example.org")
	if status, _, _ := visit(back, cookies); status != http.StatusOK {
		t.Fatalf("it is not installed: %d", status)
	}
	client.CloseIdleConnections()
}
