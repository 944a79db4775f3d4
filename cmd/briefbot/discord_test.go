package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"briefbot/adapters/discord"
	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/gateway"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

// onDiscord is a program that is configured for a fake Discord.
type onDiscord struct {
	*discordtest.Server
	config   *config
	out, log buffer
}

func newOnDiscord(t *testing.T, o discordtest.Options) *onDiscord {
	t.Helper()
	o.Token = "s3cret.token"
	o.IdentifyEvery = -1
	// Before the test leaves the repository, beside which the description is.
	d := &onDiscord{Server: discordtest.New(t, o), config: defaultConfig()}
	clearEnv(t)
	d.config.Web.Address = "127.0.0.1:0"
	d.config.Log.Level = "debug" // where most is said
	d.config.Discord.Token, d.config.Discord.APIURL = d.Token(), d.URL()
	d.config.Store.Address = noStore
	return d
}

func (d *onDiscord) program() *program {
	return &program{in: strings.NewReader(""), out: &d.out, err: &d.log, now: time.Now}
}

// serve starts the program and returns the address of its page, and what
// stops it and returns its error.
func (d *onDiscord) serve(t *testing.T) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- d.program().serve(ctx, d.config) }()
	poll(func() bool {
		_, rest, ok := strings.Cut(d.out.String(), "Briefbot is at ")
		url, _, _ = strings.Cut(rest, " ")
		return ok
	}, func() { t.Fatalf("the server does not start: %s", d.log.String()) })
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

func (d *onDiscord) keepsSecrets(t *testing.T) {
	t.Helper()
	if strings.Contains(d.out.String()+d.log.String(), "s3cret") {
		t.Errorf("the token is shown:\n%s%s", d.out.String(), d.log.String())
	}
}

func sees(t *testing.T, url, want string) {
	t.Helper()
	var got string
	poll(func() bool { got = get(url, ""); return strings.Contains(got, want) }, func() { t.Fatalf("%s lacks %s:\n%s", url, want, got) })
}

// The page and the bot are one program: what one shows of its state is the
// other's, and both end together.
func TestServeIsOnDiscord(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	general := d.AddGuild("Harbour").AddChannel("general")
	ann := d.AddUser("Ann", "en-US")
	url, stop := d.serve(t)
	sees(t, url+"/readyz", `"phase":"ready"`)
	if got := get(url+"/readyz", ""); !strings.HasPrefix(got, "200 OK") || !strings.Contains(got, `"transport":"gateway"`) || !strings.Contains(got, `"fingerprint"`) {
		t.Errorf("ready: %s", got)
	}

	if err := d.program().syncDiscord(t.Context(), d.config, discord.Sync{}); err != nil {
		t.Fatal(err)
	}
	shown := ann.In(general).Slash("ask", map[string]any{"question": "APEC 2026 host"})
	if text := shown.Text(); !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer is\n%s", text)
	}
	for _, want := range []string{
		`briefbot_requests_total{command="ask",error="",platform="discord",status="answered"} 1`,
		`briefbot_discord_requests_total{route="GET /gateway/bot",status="200"} 1`,
		`briefbot_discord_gateway_events_total{event="identified"} 1`,
		`briefbot_discord_ready 1`,
	} {
		sees(t, url+"/metrics", want)
	}
	if got := get(url+discord.EndpointPath, ""); !strings.HasPrefix(got, "404") {
		t.Errorf("with the gateway there is an endpoint: %s", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	d.keepsSecrets(t)
	if strings.Contains(d.log.String(), "APEC") {
		t.Error("a question was logged")
	}
}

func TestReadinessFollowsTheConnection(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	hold := d.Fail(discordtest.Fault{On: "GET /gateway/bot", Do: discordtest.Hold(), Times: -1})
	url, stop := d.serve(t)
	sees(t, url+"/readyz", `503`)
	sees(t, url+"/readyz", `"ready":false`)
	sees(t, url+"/healthz", `200 OK`) // the page works all the same
	sees(t, url+"/metrics", "briefbot_discord_ready 0")
	hold.Disarm()
	hold.Release()
	sees(t, url+"/readyz", `200 OK`)
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestServeAnswersSignedRequests(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	d.config.Discord.Transport, d.config.Discord.PublicKey = transportHTTP, d.PublicKey()
	general := d.AddGuild("Harbour").AddChannel("general")
	ann := d.AddUser("Ann", "en-US")
	url, stop := d.serve(t)
	sees(t, url+"/readyz", `200 OK`)
	sees(t, url+"/readyz", `"transport":"http"`)
	if err := d.UseEndpoint(url + discord.EndpointPath); err != nil {
		t.Fatal(err)
	}
	if err := d.program().syncDiscord(t.Context(), d.config, discord.Sync{}); err != nil {
		t.Fatal(err)
	}
	shown := ann.In(general).Slash("ask", map[string]any{"question": "APEC 2026 host"})
	if text := shown.Text(); !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer is\n%s", text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if log := d.log.String(); !strings.Contains(log, "enter the address as Interactions Endpoint URL") || !strings.Contains(log, discord.EndpointPath) {
		t.Errorf("it does not log where interactions are taken: %s", log)
	}
	if n := d.Counts().Connections; n != 0 {
		t.Errorf("over HTTP there were %d connections to the gateway", n)
	}
	d.keepsSecrets(t)
}

func TestServeTellsOfAnotherApplication(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	d.config.Discord.ApplicationID = "424242"
	url, stop := d.serve(t)
	sees(t, url+"/readyz", "200 OK") // it serves all the same
	poll(func() bool { return strings.Contains(d.log.String(), "discord.application_id is 424242") }, func() { t.Errorf("it logs %s", d.log.String()) })
	if err := stop(); err != nil {
		t.Error(err)
	}
	d.keepsSecrets(t)
}

// What no waiting puts right ends the program, with what to do.
func TestServeEndsWhereDiscordRefusesTheBot(t *testing.T) {
	tests := map[string]struct {
		change func(*onDiscord)
		want   string
	}{
		"the token is refused":     {func(d *onDiscord) { d.config.Discord.Token = "s3cret.wrong" }, "Discord refuses the token"},
		"an intent is not allowed": {func(d *onDiscord) { d.config.Discord.MessageContent = true }, "switch on Message Content Intent"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			d := newOnDiscord(t, discordtest.Options{})
			test.change(d)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := d.program().serve(ctx, d.config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it ended with %v", err)
			}
			if ctx.Err() != nil {
				t.Error("it did not end by itself")
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the token is shown: %v", err)
			}
			d.keepsSecrets(t)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSettingsThatDoNotGoTogetherStartNothing(t *testing.T) {
	tests := map[string]struct {
		set  discordConfig
		want string
	}{
		"HTTP without a key":        {discordConfig{Transport: transportHTTP, Token: "a"}, "set discord.public_key"},
		"some shards of how many":   {discordConfig{Transport: transportGateway, Token: "a", ShardIDs: []int{1}}, "set discord.shards"},
		"a shard twice":             {discordConfig{Transport: transportGateway, Token: "a", ShardIDs: []int{0, 1, 0}, Shards: 2}, "holds 0 twice"},
		"a shard beyond the number": {discordConfig{Transport: transportGateway, Token: "a", ShardIDs: []int{0, 2}, Shards: 2}, "go from 0 to 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			c := defaultConfig()
			c.Web.Address, c.Discord = "127.0.0.1:0", test.set
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

func TestAForgottenTokenIsNoticed(t *testing.T) {
	clearEnv(t)
	t.Setenv("BRIEFBOT_DISCORD_RATE_LIMIT", "5")
	c, err := readConfig("", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Web.Address = "127.0.0.1:0"
	d := &onDiscord{config: c}
	_, stop := d.serve(t)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(d.log.String(), "the bot is not on Discord") {
		t.Errorf("logged: %s", d.log.String())
	}
}

func TestSyncSaysWhatCameOfIt(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	guild := d.AddGuild("Harbour")
	run := func(sync discord.Sync) string {
		t.Helper()
		d.out = buffer{}
		if err := d.program().syncDiscord(t.Context(), d.config, sync); err != nil {
			t.Fatal(err)
		}
		return d.out.String()
	}
	for _, where := range []string{"", guild.ID} {
		if got := run(discord.Sync{Guild: where, DryRun: true}); !strings.Contains(got, "+ ask\n") || !strings.Contains(got, "; nothing was changed. Without --dry-run") {
			t.Errorf("a dry run: %s", got)
		}
		if got := run(discord.Sync{Guild: where}); !strings.Contains(got, "+ ask\n") || !strings.HasSuffix(got, "differences; Discord has been told.\n") {
			t.Errorf("a sync: %s", got)
		}
		if got := run(discord.Sync{Guild: where}); got != "Discord knows the commands already; nothing was changed.\n" {
			t.Errorf("another sync: %s", got)
		}
		if got := run(discord.Sync{Guild: where, Remove: true}); !strings.Contains(got, "- ask\n") {
			t.Errorf("removing: %s", got)
		}
		if got := run(discord.Sync{Guild: where, Remove: true}); got != "Discord knows no commands there; nothing was changed.\n" {
			t.Errorf("removing again: %s", got)
		}
	}
}

func TestSyncSaysWhereCommandsStandTwice(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	guild := d.AddGuild("Harbour")
	for _, step := range []struct {
		sync discord.Sync
		want string // beyond what any sync says
	}{
		{discord.Sync{Guild: guild.ID}, ""},
		{discord.Sync{}, ""},
		{discord.Sync{Guild: guild.ID, DryRun: true}, "this server would show each twice. To end that: briefbot discord sync --guild " + guild.ID + " --remove\n"},
		{discord.Sync{Guild: guild.ID}, "this server now shows each twice."},
		{discord.Sync{Guild: guild.ID, Remove: true}, ""},
	} {
		d.out = buffer{}
		if err := d.program().syncDiscord(t.Context(), d.config, step.sync); err != nil {
			t.Fatal(err)
		}
		if got := d.out.String(); !strings.Contains(got, step.want) || strings.Contains(got, "twice") != (step.want != "") {
			t.Errorf("%+v: %s", step.sync, got)
		}
	}
}

// Whoever interrupts a check wants no report on what was cut off.
func TestAnInterruptedDoctorReportsNothing(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	hold := d.Fail(discordtest.Fault{On: "GET /applications/@me", Do: discordtest.Hold(), Times: -1})
	defer hold.Release()
	command := exec.CommandContext(t.Context(), "briefbot", "doctor")
	command.Env = append(os.Environ(), "BRIEFBOT_STORE_ADDRESS=none", "BRIEFBOT_DISCORD_TOKEN="+d.Token(), "BRIEFBOT_DISCORD_API_URL="+d.URL())
	command.Stdout, command.Stderr = &d.out, &d.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	poll(func() bool { return len(d.CallsTo("GET /applications/@me")) > 0 }, func() { t.Error("it asks nothing") })
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if err := command.Wait(); err == nil || d.out.String()+d.log.String() != "" {
		t.Errorf("it ends with %v and says %s%s", err, d.out.String(), d.log.String())
	}
}

func TestInviteAsksDiscordForTheApplication(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	if err := d.program().inviteDiscord(t.Context(), d.config); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"client_id=" + d.ApplicationID() + "&", "scope=bot+applications.commands", "integration_type=1", "Read Message History"} {
		if !strings.Contains(d.out.String(), want) {
			t.Errorf("it lacks %s:\n%s", want, d.out.String())
		}
	}
	d.keepsSecrets(t)
}

func TestDoctorReportsAndFails(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	general := d.AddGuild("Harbour").AddChannel("general")
	run := func(o doctorOptions) error {
		d.out = buffer{}
		o.program = d.program()
		return o.run(t.Context(), d.config)
	}
	if err := run(doctorOptions{discordChannel: general.ID}); !errors.Is(err, errReported) {
		t.Errorf("without commands it ends with %v", err)
	}
	for _, want := range []string{
		"  ok       token        Discord accepts the token",
		"  fail     commands     Discord knows no command of the bot.\n                        → Run \"briefbot discord sync\".\n",
		"  ok       permissions  The bot has every permission",
		"1 failure, 0 warnings\n",
	} {
		if !strings.Contains(d.out.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, d.out.String())
		}
	}
	if err := d.program().syncDiscord(t.Context(), d.config, discord.Sync{}); err != nil {
		t.Fatal(err)
	}
	if err := run(doctorOptions{json: true}); err != nil {
		t.Errorf("set up, it ends with %v", err)
	}
	var got diagnosis
	decoder := json.NewDecoder(bytes.NewReader([]byte(d.out.String())))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil || !got.OK || len(got.Discord) != 9 {
		t.Errorf("%v in\n%s", err, d.out.String())
	}
	d.keepsSecrets(t)
}

func TestDiscordIsCounted(t *testing.T) {
	m := newMetrics()
	m.discordRequest(rest.Observation{Method: "POST", Route: "/channels/{channel}/messages", Status: 200, Attempts: 3, Refusals: 1, Waited: 1500 * time.Millisecond})
	m.discordRequest(rest.Observation{Method: "GET", Route: "/gateway", Failed: true})
	m.discordEvent(gateway.Observation{Shard: 7, What: gateway.Lost})
	body := scrape(t, m.handler(""))
	for _, want := range []string{
		`briefbot_discord_requests_total{route="POST /channels/{channel}/messages",status="200"} 1`,
		`briefbot_discord_requests_total{route="GET /gateway",status="none"} 1`,
		`briefbot_discord_request_retries_total{route="POST /channels/{channel}/messages"} 2`,
		`briefbot_discord_request_retries_total{route="GET /gateway"} 0`,
		`briefbot_discord_request_limited_total{route="POST /channels/{channel}/messages"} 1`,
		`briefbot_discord_request_wait_seconds_total{route="POST /channels/{channel}/messages"} 1.5`,
		`briefbot_discord_gateway_events_total{event="lost"} 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("it lacks %s:\n%s", want, body)
		}
	}
}

// ending is an adapter that ends when it is told, or by itself with an error.
type ending struct {
	err   error
	ended chan<- string
	name  string
}

func (e ending) Run(ctx context.Context, _ bot.Responder) error {
	if e.err == nil {
		<-ctx.Done()
	}
	e.ended <- e.name
	return e.err
}

func TestWhicheverAdapterEndsFirstEndsTheOthers(t *testing.T) {
	ended := make(chan string, 8)
	fault := errors.New("refused")
	err := runAll(t.Context(), nil, []bot.Adapter{
		ending{name: "web", ended: ended}, ending{name: "chat", ended: ended, err: fault}, ending{name: "other", ended: ended},
	})
	if !errors.Is(err, fault) || len(ended) != 3 || <-ended != "chat" {
		t.Errorf("it ended with %v, %d of 3 adapters ended", err, len(ended)+1)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := runAll(ctx, nil, []bot.Adapter{ending{name: "web", ended: ended}}); err != nil {
		t.Errorf("told to end, it ended with %v", err)
	}
}
