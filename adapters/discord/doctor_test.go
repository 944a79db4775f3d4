package discord

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/bottest"
)

// doctor looks at a bot on the gateway that is set up as it should be.
func (p *portal) doctor(t *testing.T) Doctor {
	t.Helper()
	key, err := ParsePublicKey(p.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return Doctor{
		REST: p.client, Router: p.router, Now: time.Now, Token: true,
		Application: p.ApplicationID(), PublicKey: key, Transport: Gateway,
	}
}

func checkOf(t *testing.T, checks []bot.Check, name string) bot.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check of the %s", name)
	return bot.Check{}
}

func TestABotThatIsSetUpPassesEveryCheck(t *testing.T) {
	p := openPortal(t, discordtest.Options{Privileged: discordtest.IntentMessageContent})
	p.sync(t, nil)
	d := p.doctor(t)
	d.MessageContent, d.Channel = true, p.guild.AddChannel("general").ID
	for _, c := range d.Checks(t.Context()) {
		if c.State != bot.CheckOK || c.Found == "" || c.Advice != "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestABotOverHTTPThatIsSetUpPassesEveryCheck(t *testing.T) {
	w := begin(t, HTTP, nil)
	p := &portal{Server: w.Server, router: w.router, guild: w.guild}
	p.client = p.clientWith(t, rest.Options{Token: p.Token()})
	d := p.doctor(t)
	d.Transport, d.Channel = HTTP, w.general.ID
	for _, c := range d.Checks(t.Context()) {
		want := bot.CheckOK
		if c.Name == "intents" || c.Name == "sessions" {
			want = bot.CheckSkipped
		}
		if c.State != want {
			t.Errorf("%+v", c)
		}
	}
	if c := checkOf(t, d.Checks(t.Context()), "transport"); !strings.HasSuffix(c.Found, EndpointPath+".") {
		t.Errorf("the endpoint is not shown in full: %+v", c)
	}
	d.PublicURL = "https://elsewhere.example"
	if c := checkOf(t, d.Checks(t.Context()), "transport"); c.State != bot.CheckWarn || !strings.Contains(c.Found, "not https://elsewhere.example"+EndpointPath) {
		t.Errorf("%+v", c)
	}
	d.PublicURL, d.Transport = "", Gateway
	if c := checkOf(t, d.Checks(t.Context()), "transport"); c.State != bot.CheckFail || !strings.Contains(c.Advice, "Clear it") {
		t.Errorf("with the gateway: %+v", c)
	}
}

// TestWhatIsWrongIsFound breaks one thing at a time.
func TestWhatIsWrongIsFound(t *testing.T) {
	tests := map[string]struct {
		options discordtest.Options
		spoil   func(*testing.T, *portal, *Doctor)
		check   string
		state   bot.CheckState
		want    string // of what was found, then of the advice
	}{
		"no token": {
			spoil: func(t *testing.T, p *portal, d *Doctor) { d.Token, d.REST = false, p.clientWith(t, rest.Options{}) },
			check: "token", state: bot.CheckFail, want: "No token is set.|Set discord.token",
		},
		"no token over HTTP": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				d.Token, d.Transport, d.REST = false, HTTP, p.clientWith(t, rest.Options{})
			},
			check: "token", state: bot.CheckWarn, want: "cannot be synced|Set discord.token",
		},
		"a refused token": {
			spoil: func(t *testing.T, p *portal, d *Doctor) { d.REST = p.clientWith(t, rest.Options{Token: "wrong.token"}) },
			check: "token", state: bot.CheckFail, want: "Discord refuses the token.|Compare it with what you copied. If it is lost, press Reset Token",
		},
		"what rests on a token that is refused": {
			spoil: func(t *testing.T, p *portal, d *Doctor) { d.REST = p.clientWith(t, rest.Options{Token: "wrong.token"}) },
			check: "commands", state: bot.CheckSkipped, want: "once Discord accepts the token|",
		},
		"what rests on a Discord that is not reached": {
			spoil: func(_ *testing.T, p *portal, _ *Doctor) {
				p.Fail(discordtest.Fault{On: "GET /applications/@me", Do: discordtest.ResetBefore(), Times: -1})
			},
			check: "commands", state: bot.CheckSkipped, want: "once Discord can be reached|",
		},
		"a fault of Discord's": {
			spoil: func(_ *testing.T, p *portal, _ *Doctor) {
				p.Fail(discordtest.Fault{On: "GET /applications/@me", Do: discordtest.Refuse(503), Times: -1})
			},
			check: "token", state: bot.CheckFail, want: "503|try again later",
		},
		"the id of another application": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.Application = "424242" },
			check: "application", state: bot.CheckFail, want: "discord.application_id is 424242|Unset",
		},
		"the key of another application": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.PublicKey = make(ed25519.PublicKey, ed25519.PublicKeySize) },
			check: "public key", state: bot.CheckFail, want: "not that of the application|discord.public_key",
		},
		"no key over HTTP": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.PublicKey, d.Transport = nil, HTTP },
			check: "public key", state: bot.CheckFail, want: "No public key|discord.public_key",
		},
		"no key with the gateway": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.PublicKey = nil },
			check: "public key", state: bot.CheckSkipped, want: "needs no public key|",
		},
		"no endpoint over HTTP": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.Transport, d.PublicURL = HTTP, "https://b.example" },
			check: "transport", state: bot.CheckFail, want: "no Interactions Endpoint URL|https://b.example/discord/interactions",
		},
		"no endpoint, and no address known": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.Transport = HTTP },
			check: "transport", state: bot.CheckFail, want: "no Interactions Endpoint URL|followed by /discord/interactions",
		},
		"an intent that is not allowed": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.MessageContent = true },
			check: "intents", state: bot.CheckFail, want: "may not read messages|Message Content Intent",
		},
		"no intent wanted": {
			spoil: func(*testing.T, *portal, *Doctor) {}, check: "intents", state: bot.CheckOK, want: "No privileged intent|",
		},
		"no sessions left": {
			options: discordtest.Options{SessionStarts: 3, Shards: 4},
			spoil:   func(*testing.T, *portal, *Doctor) {}, check: "sessions", state: bot.CheckFail, want: "3 of 3|24h",
		},
		"few sessions left": {
			options: discordtest.Options{SessionStarts: 4, Shards: 4},
			spoil:   func(*testing.T, *portal, *Doctor) {}, check: "sessions", state: bot.CheckOK, want: "4 of 4 sessions may still begin; 4 are needed|",
		},
		"one session": {
			spoil: func(*testing.T, *portal, *Doctor) {}, check: "sessions", state: bot.CheckOK, want: "; 1 is needed to start|",
		},
		"too few shards": {
			options: discordtest.Options{Shards: 4},
			spoil:   func(_ *testing.T, _ *portal, d *Doctor) { d.Shards = 2 },
			check:   "sessions", state: bot.CheckWarn, want: "recommends 4|auto",
		},
		"no commands": {
			spoil: func(*testing.T, *portal, *Doctor) {}, check: "commands", state: bot.CheckFail, want: "knows no command|discord sync",
		},
		"old commands": {
			spoil: func(t *testing.T, p *portal, _ *Doctor) {
				p.overwrite(t, "", Commands(p.router, true)[2:])
			},
			check: "commands", state: bot.CheckWarn, want: "+ ask; + topics|discord sync",
		},
		"a single old command": {
			spoil: func(t *testing.T, p *portal, _ *Doctor) {
				p.overwrite(t, "", Commands(p.router, true)[:1])
			},
			check: "commands", state: bot.CheckWarn, want: fmt.Sprintf("; %d more|discord sync", registered(bottest.Router(t))-4),
		},
		"commands of one server": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				p.overwrite(t, p.guild.ID, Commands(p.router, false))
				d.Channel = p.guild.AddChannel("general").ID
			},
			check: "commands", state: bot.CheckOK, want: "other servers have none|",
		},
		"old commands of one server": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				p.overwrite(t, p.guild.ID, Commands(p.router, false)[1:])
				d.Channel = p.guild.AddChannel("general").ID
			},
			check: "commands", state: bot.CheckWarn, want: "of this server|--guild",
		},
		"commands everywhere and again in one server": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				p.overwrite(t, "", Commands(p.router, true))
				p.overwrite(t, p.guild.ID, Commands(p.router, false))
				d.Channel = p.guild.AddChannel("general").ID
			},
			check: "commands", state: bot.CheckWarn, want: "each twice|--remove",
		},
		"no channel": {
			spoil: func(*testing.T, *portal, *Doctor) {}, check: "permissions", state: bot.CheckSkipped, want: "--discord-channel|",
		},
		"a channel that is not there": {
			spoil: func(_ *testing.T, _ *portal, d *Doctor) { d.Channel = "424242" },
			check: "permissions", state: bot.CheckFail, want: "Discord knows no channel 424242 (|Copy the id",
		},
		"a channel that the bot does not see": {
			spoil: func(_ *testing.T, p *portal, d *Doctor) {
				c := p.guild.AddChannel("secret")
				c.Deny(discordtest.ViewChannel)
				d.Channel = c.ID
			},
			check: "permissions", state: bot.CheckFail, want: "50001|let its role view the channel",
		},
		"a channel that it may not write in": {
			spoil: func(_ *testing.T, p *portal, d *Doctor) {
				c := p.guild.AddChannel("quiet")
				c.DenyEveryone(discordtest.SendMessages | discordtest.ReadMessageHistory)
				d.Channel = c.ID
			},
			check: "permissions", state: bot.CheckFail, want: "as a reply, or know after a restart which threads it spoke in.|Allow its role",
		},
		"a channel in which it may not open threads": {
			spoil: func(_ *testing.T, p *portal, d *Doctor) {
				c := p.guild.AddChannel("flat")
				c.DenyEveryone(discordtest.CreatePublicThreads)
				d.Channel = c.ID
			},
			check: "permissions", state: bot.CheckWarn, want: "lacks Create Public Threads there|Allow its role",
		},
		"a thread that it may not write in": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				c := p.guild.AddChannel("threads")
				ann := p.AddUser("Ann", "en-US")
				d.Channel = ann.In(c).StartThread(ann.In(c).Say("hello"), "talk").ID
				c.Deny(discordtest.SendMessagesInThreads)
			},
			check: "permissions", state: bot.CheckFail, want: "lacks Send Messages in Threads there|Allow its role",
		},
		"a clock that is slow": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				d.REST = p.clientWith(t, rest.Options{Token: p.Token(), Now: aheadBy(-45 * time.Second)})
			},
			check: "clock", state: bot.CheckWarn, want: "behind Discord's|NTP",
		},
		"a clock that is far ahead": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				d.REST, d.Transport = p.clientWith(t, rest.Options{Token: p.Token(), Now: aheadBy(6 * time.Minute)}), HTTP
			},
			check: "clock", state: bot.CheckFail, want: "ahead of Discord's. Every request|NTP",
		},
		"a clock that is far ahead, with the gateway": {
			spoil: func(t *testing.T, p *portal, d *Doctor) {
				d.REST = p.clientWith(t, rest.Options{Token: p.Token(), Now: aheadBy(6 * time.Minute)})
			},
			check: "clock", state: bot.CheckWarn, want: "6m0s ahead of Discord's.|NTP",
		},
		"a clock that is known without a token": {
			spoil: func(t *testing.T, p *portal, d *Doctor) { d.Token, d.REST = false, p.clientWith(t, rest.Options{}) },
			check: "clock", state: bot.CheckOK, want: "agrees|",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := openPortal(t, test.options)
			d := p.doctor(t)
			test.spoil(t, p, &d)
			checks := d.Checks(t.Context())
			got := checkOf(t, checks, test.check)
			found, advice, _ := strings.Cut(test.want, "|")
			if got.State != test.state || !strings.Contains(got.Found, found) || !strings.Contains(got.Advice, advice) || (advice == "") != (got.Advice == "") {
				t.Errorf("got %+v", got)
			}
			if len(checks) != 9 {
				t.Errorf("%d checks were made", len(checks))
			}
			if said := fmt.Sprint(checks); strings.Contains(said, p.Token()) || strings.Contains(said, "wrong.token") {
				t.Errorf("the token is shown: %s", said)
			}
		})
	}
}

// A bot that serves tells of settings that let nothing arrive.
func TestSettingsThatDoNotFitTheApplicationAreToldWhileServing(t *testing.T) {
	const ours = "https://briefings.example.org" + EndpointPath
	tests := map[string]struct {
		transport Transport
		endpoint  string // in the Developer Portal
		change    func(*Options)
		want      string // of the only warning; "" for none
	}{
		"all is well with the gateway":   {transport: Gateway},
		"all is well over HTTP":          {transport: HTTP, endpoint: ours},
		"the key of another application": {HTTP, ours, func(o *Options) { o.PublicKey = make(ed25519.PublicKey, ed25519.PublicKeySize) }, "The public key is not that of the application"},
		"the id of another application":  {Gateway, "", func(o *Options) { o.Application = "424242" }, "discord.application_id is 424242"},
		"an endpoint with the gateway":   {Gateway, ours, nil, "so that the gateway gets no commands"},
		"no endpoint over HTTP":          {HTTP, "", nil, "has no Interactions Endpoint URL"},
		"another endpoint over HTTP":     {HTTP, "https://elsewhere.example", nil, "not " + ours},
		"no token over HTTP":             {HTTP, "", func(o *Options) { o.Token = "" }, ""},
		"another API over HTTP":          {HTTP, "", func(o *Options) { o.REST = saying(t, canned{}) }, "The application cannot be looked up"},
		"another API with the gateway":   {Gateway, "", func(o *Options) { o.REST = saying(t, canned{}) }, ""}, // which says so itself
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			key := newSigner().public()
			var log bytes.Buffer
			o := Options{
				Router: bottest.Router(t), Memory: bot.NewLocalMemory(), Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now,
				REST: saying(t, canned{"/applications/@me": fmt.Sprintf(
					`{"id": "1", "name": "b", "verify_key": "%x", "bot": {"id": "1"}, "interactions_endpoint_url": %q}`, []byte(key), test.endpoint)}),
				Transport: test.transport, Token: "s3cret.token", PublicKey: key, Application: "1", PublicURL: "https://briefings.example.org",
			}
			if test.change != nil {
				test.change(&o)
			}
			a, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			a.compareSettings(t.Context())
			if told := strings.Count(log.String(), "level=WARN"); told > 1 || (told == 1) != (test.want != "") || !strings.Contains(log.String(), test.want) {
				t.Errorf("it logs\n%s", log.String())
			}
		})
	}
}

func saying(t *testing.T, what canned) *rest.Client {
	t.Helper()
	client, err := rest.New(rest.Options{Token: "s3cret.token", HTTP: &http.Client{Transport: what}, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// canned answers by path below the API, with what the fake cannot say.
type canned map[string]string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := c[strings.TrimPrefix(r.URL.Path, "/api/v10")]
	status := http.StatusOK
	if !ok {
		status, body = http.StatusNotFound, "{}"
	}
	return &http.Response{
		StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
	}, nil
}

func TestWhatIsRareIsFoundToo(t *testing.T) {
	const application = `{"id": "1", "name": "b", "bot": {"id": "1"}}`
	tests := map[string]struct {
		says      canned
		transport Transport
		check     string
		state     bot.CheckState
		want      string
	}{
		"an application without a bot": {
			says:  canned{"/applications/@me": `{"id": "1", "name": "b"}`},
			check: "application", state: bot.CheckFail, want: "has no bot",
		},
		"a name that steers a terminal": {
			says:  canned{"/applications/@me": `{"id": "1", "name": "b\u001b[2Jx\u202e", "bot": {"id": "1"}}`},
			check: "token", state: bot.CheckOK, want: `belongs to "b[2Jx".`,
		},
		"few sessions left": {
			says: canned{"/applications/@me": application, "/gateway/bot": `{"url": "wss://g", "shards": 2,
				"session_start_limit": {"total": 1000, "remaining": 51, "reset_after": 60000, "max_concurrency": 1}}`},
			check: "sessions", state: bot.CheckWarn, want: "51 of 1000 sessions may still begin; 2 are needed",
		},
		"just enough sessions left": {
			says: canned{"/applications/@me": application, "/gateway/bot": `{"url": "wss://g", "shards": 2,
				"session_start_limit": {"total": 1000, "remaining": 52, "reset_after": 60000, "max_concurrency": 1}}`},
			check: "sessions", state: bot.CheckOK, want: "52 of 1000",
		},
		"an endpoint with another path": {
			says:      canned{"/applications/@me": `{"id": "1", "bot": {"id": "1"}, "interactions_endpoint_url": "https://b.example/interactions"}`},
			transport: HTTP, check: "transport", state: bot.CheckWarn, want: "does not end in /discord/interactions",
		},
		"a bot in a time-out": {
			says: canned{
				"/applications/@me": application,
				"/channels/7":       `{"id": "7", "guild_id": "9", "type": 0}`,
				"/guilds/9":         `{"id": "9", "owner_id": "3", "roles": [{"id": "9", "permissions": "309237713920"}]}`,
				"/guilds/9/members/1": `{"user": {"id": "1"}, "roles": [],
					"communication_disabled_until": "` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`,
			},
			check: "permissions", state: bot.CheckFail, want: "lacks Send Messages, Create Public Threads there",
		},
		"a direct message": {
			says:  canned{"/applications/@me": application, "/channels/7": `{"id": "7", "type": 1}`},
			check: "permissions", state: bot.CheckSkipped, want: "direct messages",
		},
		"a thread whose channel is hidden": {
			says: canned{
				"/applications/@me": application, "/channels/7": `{"id": "7", "guild_id": "9", "type": 11, "parent_id": "8"}`,
				"/guilds/9": `{"id": "9", "owner_id": "3"}`, "/guilds/9/members/1": `{"user": {"id": "1"}, "roles": []}`,
			},
			check: "permissions", state: bot.CheckFail, want: "The channel of the thread cannot be looked up",
		},
		"what is no JSON": {
			says:  canned{"/applications/@me": `<html>`},
			check: "token", state: bot.CheckFail, want: "cannot be looked up",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := Doctor{REST: saying(t, test.says), Router: bottest.Router(t), Now: time.Now, Token: true, Transport: test.transport, Channel: "7"}
			if d.Transport == "" {
				d.Transport = Gateway
			}
			got := checkOf(t, d.Checks(t.Context()), test.check)
			if got.State != test.state || !strings.Contains(got.Found, test.want) {
				t.Errorf("got %+v", got)
			}
			if timeout := strings.Contains(got.Advice, "time-out"); timeout != (name == "a bot in a time-out") {
				t.Errorf("the advice is %q", got.Advice)
			}
		})
	}
}

func aheadBy(offset time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(offset) }
}

func (p *portal) overwrite(t *testing.T, guild string, commands []ApplicationCommand) {
	t.Helper()
	if _, err := p.client.OverwriteCommands(t.Context(), p.ApplicationID(), guild, commands); err != nil {
		t.Fatal(err)
	}
}

// A check that hangs is given up, and the others are made all the same.
func TestAHangingCheckDelaysTheOthersOnlySoLong(t *testing.T) {
	p := openPortal(t, discordtest.Options{})
	p.sync(t, nil)
	hangs := p.Fail(discordtest.Fault{On: "GET /gateway/bot", Do: discordtest.Hold(), Times: -1})
	defer hangs.Disarm()
	d := p.doctor(t)
	d.Patience = 200 * time.Millisecond
	start := time.Now()
	checks := d.Checks(t.Context())
	hangs.Release()
	if took := time.Since(start); took > 10*time.Second { // the client itself waits for longer
		t.Errorf("the checks took %v", took)
	}
	for _, c := range checks {
		want := bot.CheckOK
		switch c.Name {
		case "sessions":
			want = bot.CheckFail
		case "permissions":
			want = bot.CheckSkipped
		}
		if c.State != want {
			t.Errorf("%+v", c)
		}
	}
}
