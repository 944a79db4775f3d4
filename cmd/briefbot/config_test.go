package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"briefbot/content"
)

// clearEnv leaves the test without the configuration of the machine it runs
// on.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, envPrefix) {
			t.Setenv(name, "")
		}
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Chdir(t.TempDir())
}

// flagsFor are the flags of a command that were given.
func flagsFor(t *testing.T, args []string) *pflag.FlagSet {
	t.Helper()
	p := &program{}
	command := p.configCommand()
	if err := command.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return command.Flags()
}

func TestReadConfig(t *testing.T) {
	tests := map[string]struct {
		file  string
		env   map[string]string
		args  []string
		check func(c *config) bool
	}{
		"nothing is set": {
			check: func(c *config) bool {
				return c.Web.Address == "127.0.0.1:8080" && c.Content.Watch && len(c.Content.Paths) == 0 && c.File == ""
			},
		},
		"the file is read": {
			file: "web:\n  address: :9000\n  rate_limit: 5\ncontent:\n  paths: [a, b]\n  watch: false\n",
			check: func(c *config) bool {
				return c.Web.Address == ":9000" && c.Web.RateLimit == 5 && len(c.Content.Paths) == 2 && !c.Content.Watch
			},
		},
		"the environment comes before the file": {
			file: "web: {rate_limit: 5}\n",
			env:  map[string]string{"BRIEFBOT_WEB_RATE_LIMIT": "6"},
			check: func(c *config) bool {
				return c.Web.RateLimit == 6 && c.origins["web.rate_limit"] == "BRIEFBOT_WEB_RATE_LIMIT"
			},
		},
		"a flag comes before the environment": {
			file:  "web: {address: ':1'}\n",
			env:   map[string]string{"BRIEFBOT_WEB_ADDRESS": ":2"},
			args:  []string{"--address", ":3"},
			check: func(c *config) bool { return c.Web.Address == ":3" && c.origins["web.address"] == "--address" },
		},
		"a flag may say false": {
			args:  []string{"--history=false"},
			check: func(c *config) bool { return !c.Chat.History },
		},
		"an empty variable is not set": {
			file:  "web: {address: ':1'}\n",
			env:   map[string]string{"BRIEFBOT_WEB_ADDRESS": ""},
			check: func(c *config) bool { return c.Web.Address == ":1" },
		},
		"a list stands in one variable": {
			env:   map[string]string{"BRIEFBOT_CONTENT_PATHS": "a, b"},
			check: func(c *config) bool { return len(c.Content.Paths) == 2 && c.Content.Paths[1] == "b" },
		},
		"a path of a flag may hold a comma": {
			args:  []string{"--content", "a,b", "--content", "c"},
			check: func(c *config) bool { return len(c.Content.Paths) == 2 && c.Content.Paths[0] == "a,b" },
		},
		"one path needs no list": {
			file:  "content: {paths: only}\n",
			check: func(c *config) bool { return len(c.Content.Paths) == 1 && c.Content.Paths[0] == "only" },
		},
		"languages in any case": {
			file:  "language: {default: ZH-hant}\n",
			check: func(c *config) bool { return c.Language.Default == content.Hant },
		},
		"a proxy may be one address": {
			file: "web: {trusted_proxies: [10.1.2.3, 192.168.7.1/16]}\n",
			check: func(c *config) bool {
				return c.Web.TrustedProxies[0].String() == "10.1.2.3/32" && c.Web.TrustedProxies[1].String() == "192.168.0.0/16"
			},
		},
		"the public address loses its last slash": {
			file:  "web: {public_url: 'https://b.example.org/'}\n",
			check: func(c *config) bool { return c.Web.PublicURL == "https://b.example.org" },
		},
		"an empty section sets nothing": {
			file:  "web:\ncontent:\n  paths:\n",
			check: func(c *config) bool { return c.Web.Address == "127.0.0.1:8080" },
		},
		"an empty file sets nothing": {
			file:  "# nothing yet\n",
			check: func(c *config) bool { return c.Web.Address == "127.0.0.1:8080" },
		},
		"Discord is off by default": {
			check: func(c *config) bool { return !c.Discord.on() && c.Discord.APIURL == "https://discord.com/api/v10" },
		},
		"Discord is on where there is a token": {
			file:  "discord: {token: abc.DEF_1-2}\n",
			check: func(c *config) bool { return c.Discord.on() && c.Discord.Token == "abc.DEF_1-2" },
		},
		"a token may be copied with the word before it": {
			env:   map[string]string{"BRIEFBOT_DISCORD_TOKEN": "Bot abc.def"},
			check: func(c *config) bool { return c.Discord.Token == "abc.def" },
		},
		"over HTTP Discord is on where there is a key": {
			file: "discord: {transport: http, public_key: " + strings.Repeat("Ab", 32) + "}\n",
			check: func(c *config) bool {
				return c.Discord.on() && c.Discord.Transport == transportHTTP && c.Discord.PublicKey == strings.Repeat("ab", 32)
			},
		},
		"a key alone does not put the bot on Discord": {
			file:  "discord: {public_key: " + strings.Repeat("ab", 32) + "}\n",
			check: func(c *config) bool { return !c.Discord.on() },
		},
		"an id of Discord's needs no quotes": {
			file:  "discord: {application_id: 9007199254740993}\n", // no float64
			check: func(c *config) bool { return c.Discord.ApplicationID == "9007199254740993" },
		},
		"the longest id of Discord's": {
			file:  "discord: {application_id: 18446744073709551615}\n",
			check: func(c *config) bool { return c.Discord.ApplicationID == "18446744073709551615" },
		},
		"an id of Discord's in quotes": {
			file:  "discord: {application_id: '197038439483310086'}\n",
			check: func(c *config) bool { return c.Discord.ApplicationID == "197038439483310086" },
		},
		"shards are a number": {
			file:  "discord: {shards: 4, shard_ids: [0, 2]}\n",
			check: func(c *config) bool { return c.Discord.Shards == 4 && slices.Equal(c.Discord.ShardIDs, []int{0, 2}) },
		},
		"shards are left to Discord": {
			file:  "discord: {shards: 4}\n",
			env:   map[string]string{"BRIEFBOT_DISCORD_SHARDS": "Auto", "BRIEFBOT_DISCORD_SHARD_IDS": "1, 3"},
			check: func(c *config) bool { return c.Discord.Shards == 0 && slices.Equal(c.Discord.ShardIDs, []int{1, 3}) },
		},
		"an API on this machine": {
			file:  "discord: {api_url: 'http://127.0.0.1:8000/api/v10/'}\n",
			check: func(c *config) bool { return c.Discord.APIURL == "http://127.0.0.1:8000/api/v10" },
		},
		"variables of tests, Kubernetes and Docker are left alone": {
			env: map[string]string{
				"BRIEFBOT_EVAL": "x", "BRIEFBOT_SPECS": "x",
				"BRIEFBOT_SERVICE_HOST": "10.0.0.1", "BRIEFBOT_SERVICE_PORT": "80", "BRIEFBOT_SERVICE_PORT_HTTP": "80",
				"BRIEFBOT_PORT": "tcp://10.0.0.1:80", "BRIEFBOT_PORT_80_TCP": "tcp://10.0.0.1:80", "BRIEFBOT_PORT_80_TCP_ADDR": "10.0.0.1",
			},
			check: func(c *config) bool { return c.Web.Address == "127.0.0.1:8080" },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			if tt.file != "" {
				writeFile(t, "config.yaml", tt.file)
			}
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			c, err := readConfig("", flagsFor(t, tt.args))
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(c) {
				t.Errorf("read %+v", c)
			}
		})
	}
}

func TestReadConfigRefuses(t *testing.T) {
	tests := map[string]struct {
		file   string
		secret string // of a file named token; "" for none
		env    map[string]string
		args   []string
		want   string // the whole message
	}{
		"a mistyped key": {
			file: "web: {adress: ':1'}\n",
			want: "config.yaml: there is no key web.adress; did you mean web.address?",
		},
		"a key without its section": {
			file: "adress: ':1'\n",
			want: "config.yaml: there is no key adress; did you mean web.address?",
		},
		"a key that is like no other": {
			file: "web: {zzzzzzzzzz: 1}\n",
			want: `config.yaml: there is no key web.zzzzzzzzzz; the keys are listed in config.example.yaml and by "briefbot config"`,
		},
		"a section with a value": {
			file: "chat: 5\n",
			want: "config.yaml: chat must hold keys (chat.history), not a value",
		},
		"keys below a key": {
			file: "content: {watch: {often: true}}\n",
			want: "config.yaml: content.watch is map[often:true]: it must be true or false",
		},
		"a mistyped variable": {
			env:  map[string]string{"BRIEFBOT_WEB_ADRESS": ":1"},
			want: "there is no environment variable BRIEFBOT_WEB_ADRESS; did you mean BRIEFBOT_WEB_ADDRESS?",
		},
		"a value of the wrong type": {
			file: "web: {rate_limit: many}\n",
			want: `config.yaml: web.rate_limit is "many": it must be a whole number from 0 to 1000000`,
		},
		"a number with a fraction": {
			file: "web: {rate_limit: 1.5}\n",
			want: `config.yaml: web.rate_limit is 1.5: it must be a whole number from 0 to 1000000`,
		},
		"a number out of its bounds": {
			env:  map[string]string{"BRIEFBOT_WEB_RATE_LIMIT": "-1"},
			want: `BRIEFBOT_WEB_RATE_LIMIT is "-1": it must be a whole number from 0 to 1000000`,
		},
		"neither true nor false": {
			file: "content: {watch: maybe}\n",
			want: `config.yaml: content.watch is "maybe": it must be true or false`,
		},
		"a list of other things": {
			file: "content: {paths: [1]}\n",
			want: `config.yaml: content.paths is [1]: it must be a list of paths`,
		},
		"an unknown choice": {
			args: []string{"--log-level", "loud"},
			want: `--log-level is "loud": it must be debug, info, warn or error`,
		},
		"an address without a port": {
			args: []string{"--address", "localhost"},
			want: `--address is "localhost": it must be an address to listen on, "host:port"`,
		},
		"an empty address": {
			file: "web: {address: ''}\n",
			want: `config.yaml: web.address is "": it must be an address to listen on, "host:port"`,
		},
		"a public address with a path": {
			file: "web: {public_url: 'https://b.example.org/page'}\n",
			want: `config.yaml: web.public_url is "https://b.example.org/page": it must be an address without a path, such as "https://briefings.example.org"`,
		},
		"a proxy that is no address": {
			file: "web: {trusted_proxies: [proxy]}\n",
			want: `config.yaml: web.trusted_proxies is [proxy]: it must be a list of addresses or networks, such as "10.0.0.0/8"`,
		},
		"a token of other characters, without showing it": {
			file: "discord: {token: 's3cret!'}\n",
			want: "config.yaml: discord.token must be the token on the Bot page of Discord's Developer Portal",
		},
		"a token with a line break in it, without showing it": {
			env:  map[string]string{"BRIEFBOT_DISCORD_TOKEN": "s3cret\ntoken"},
			want: "BRIEFBOT_DISCORD_TOKEN must be the token on the Bot page of Discord's Developer Portal: there is a space or a line break in it",
		},
		"a token's file that holds more, without showing it": {
			file: "discord: {token_file: config.yaml}\n",
			want: "config.yaml: discord.token_file names a file that must hold nothing but the token on the Bot page of Discord's Developer Portal: there is a space or a line break in it",
		},
		"a token with its name before it, without showing it": {
			env:  map[string]string{"BRIEFBOT_DISCORD_TOKEN": "BRIEFBOT_DISCORD_TOKEN=s3cret.token"},
			want: `BRIEFBOT_DISCORD_TOKEN must be the token on the Bot page of Discord's Developer Portal: there is a "=" in it; leave out the name that stands before`,
		},
		"a secret's file that holds something else, without showing it": {
			file: "discord: {token_file: token}\n", secret: "s3cret!",
			want: "config.yaml: discord.token_file names a file that must hold nothing but the token on the Bot page of Discord's Developer Portal",
		},
		"a secret's file that is empty": {
			file: "discord: {token_file: token}\n", secret: "\n",
			want: "config.yaml: discord.token_file: token is empty: write the secret into it",
		},
		"a secret where its file should be named, without showing it": {
			env:  map[string]string{"BRIEFBOT_DISCORD_TOKEN_FILE": "s3cret.token"},
			want: "BRIEFBOT_DISCORD_TOKEN_FILE: the file that it names cannot be opened (no such file or directory); it must be a path, not the secret itself",
		},
		"a secret that is too long for a file's name, without showing it": {
			env:  map[string]string{"BRIEFBOT_DISCORD_TOKEN_FILE": strings.Repeat("s3cret", 100)},
			want: "BRIEFBOT_DISCORD_TOKEN_FILE: the file that it names cannot be opened (file name too long); it must be a path, not the secret itself",
		},
		"an id with letters": {
			file: "discord: {application_id: briefbot}\n",
			want: `config.yaml: discord.application_id is "briefbot": it must be an id of Discord's, digits only`,
		},
		"an id that is too long": {
			env:  map[string]string{"BRIEFBOT_DISCORD_APPLICATION_ID": "99999999999999999999"},
			want: `BRIEFBOT_DISCORD_APPLICATION_ID is "99999999999999999999": it must be an id of Discord's, digits only`,
		},
		"a key that is cut off": {
			file: "discord: {public_key: abc}\n",
			want: `config.yaml: discord.public_key is "abc": it must be 64 hexadecimal digits, under General Information in Discord's Developer Portal`,
		},
		"no shards at all": {
			file: "discord: {shards: 0}\n",
			want: `config.yaml: discord.shards is 0: it must be auto, or a whole number from 1 to 16384`,
		},
		"a shard below the first": {
			file: "discord: {shards: 2, shard_ids: [-1]}\n",
			want: `config.yaml: discord.shard_ids is [-1]: it must be a list of numbers of shards, from 0`,
		},
		"an API elsewhere without encryption": {
			file: "discord: {api_url: 'http://discord.example/api/v10'}\n",
			want: `config.yaml: discord.api_url is "http://discord.example/api/v10": it must be an https address, or an http address of this machine`,
		},
		"an API with a password, without showing it": {
			file: "discord: {api_url: 'https://user:s3cret@discord.example/api/v10'}\n",
			want: `config.yaml: discord.api_url is "https://…@discord.example/api/v10": it must be an https address, or an http address of this machine`,
		},
		"several faults at once": {
			file: "web: {adress: 1, metrics: 7}\n",
			want: "config.yaml: there is no key web.adress; did you mean web.address?\nconfig.yaml: web.metrics is 7: it must be true or false",
		},
		"a key given twice": {
			file: "web: {metrics: true}\nweb: {metrics: false}\n",
			want: `config.yaml cannot be read: unmarshal errors: line 2: mapping key "web" already defined at line 1`,
		},
		"a tab before a key": {
			file: "web:\n\tmetrics: true\n",
			want: `config.yaml cannot be read: line 2: found character that cannot start any token (indent with spaces; quote values that hold ": " or " #")`,
		},
		"a colon that is not quoted, without showing it": {
			file: "web: {metrics: true}\ndiscord:\n  token: s3cret: token\n",
			want: `config.yaml cannot be read: line 3: mapping values are not allowed in this context (indent with spaces; quote values that hold ": " or " #")`,
		},
		"a file that is no mapping": {
			file: "- web\n",
			want: "config.yaml cannot be read: unmarshal errors: line 1: cannot unmarshal !!seq into map[string]interface {}",
		},
		"a file that is a secret, without showing it": {
			file: "s3cret\n",
			want: "config.yaml cannot be read: unmarshal errors: line 1: cannot unmarshal !!str into map[string]interface {}",
		},
		"a secret's file without end": {
			env:  map[string]string{"BRIEFBOT_WEB_METRICS_TOKEN_FILE": "/dev/zero"},
			want: "BRIEFBOT_WEB_METRICS_TOKEN_FILE: /dev/zero is larger than 16384 bytes: it must hold the secret alone",
		},
		"a secret's file that is a folder": {
			env:  map[string]string{"BRIEFBOT_WEB_METRICS_TOKEN_FILE": "."},
			want: "BRIEFBOT_WEB_METRICS_TOKEN_FILE: . cannot be read: is a directory",
		},
		"a secret that is the mask, without showing it": {
			file: "web: {metrics_token: '********'}\n",
			want: "config.yaml: web.metrics_token must be printable ASCII without spaces, at most 512 characters",
		},
		"a secret of the wrong type, without showing it": {
			file: "web: {metrics_token: 12345}\n",
			want: "config.yaml: web.metrics_token must be printable ASCII without spaces, at most 512 characters",
		},
		"a secret given twice": {
			file: "web: {metrics_token: a, metrics_token_file: token}\n",
			want: "config.yaml: web.metrics_token and config.yaml: web.metrics_token_file are both given: keep one",
		},
		"a secret's file that is not there": {
			env:  map[string]string{"BRIEFBOT_WEB_METRICS_TOKEN_FILE": "nowhere"},
			want: "BRIEFBOT_WEB_METRICS_TOKEN_FILE: the file that it names cannot be opened (no such file or directory); it must be a path, not the secret itself",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			if tt.file != "" {
				writeFile(t, "config.yaml", tt.file)
			}
			if tt.secret != "" {
				writeFile(t, "token", tt.secret)
			}
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			_, err := readConfig("", flagsFor(t, tt.args))
			if err == nil {
				t.Fatal("it was taken")
			}
			if err.Error() != tt.want {
				t.Errorf("\n got: %s\nwant: %s", err, tt.want)
			}
		})
	}
}

func TestSecretsComeFromTheStrongestPlace(t *testing.T) {
	tests := map[string]struct {
		file, secret string
		env          map[string]string
		want         string
	}{
		"from the file":                        {file: "web: {metrics_token: one}\n", want: "one"},
		"from a file of its own":               {file: "web: {metrics_token_file: secret}\n", secret: "two\n", want: "two"},
		"an empty one is none":                 {file: "web: {metrics_token: '', metrics_token_file: secret}\n", secret: "two", want: "two"},
		"the environment before the file":      {file: "web: {metrics_token: one}\n", env: map[string]string{"BRIEFBOT_WEB_METRICS_TOKEN_FILE": "secret"}, secret: "two\r\n", want: "two"},
		"its own file in a weaker place loses": {file: "web: {metrics_token_file: nowhere}\n", env: map[string]string{"BRIEFBOT_WEB_METRICS_TOKEN": "three"}, want: "three"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			writeFile(t, "config.yaml", tt.file)
			if tt.secret != "" {
				writeFile(t, "secret", tt.secret)
			}
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			c, err := readConfig("", nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.Web.MetricsToken != tt.want {
				t.Errorf("read %q, want %q", c.Web.MetricsToken, tt.want)
			}
		})
	}
}

func TestConfigIsFound(t *testing.T) {
	clearEnv(t)
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	if err := os.MkdirAll(filepath.Join(home, "briefbot"), 0o755); err != nil {
		t.Fatal(err)
	}
	steps := []struct{ file, env, path, want string }{
		{want: ""},
		{file: filepath.Join(home, "briefbot", "config.yaml"), want: filepath.Join(home, "briefbot", "config.yaml")},
		{file: "config.yaml", want: "config.yaml"},
		{file: "by-env.yaml", env: "by-env.yaml", want: "by-env.yaml"},
		{file: "by-flag.yaml", env: "by-env.yaml", path: "by-flag.yaml", want: "by-flag.yaml"},
	}
	for _, step := range steps {
		if step.file != "" {
			writeFile(t, step.file, "# empty\n")
		}
		t.Setenv(envConfig, step.env)
		c, err := readConfig(step.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.File != step.want {
			t.Errorf("read %q, want %q", c.File, step.want)
		}
	}
	if _, err := readConfig("nowhere.yaml", nil); err == nil || err.Error() != "nowhere.yaml cannot be read: no such file or directory" {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestPeriodsAreANumberWithAUnit(t *testing.T) {
	for _, c := range []struct {
		raw  any
		want time.Duration // -1 for not allowed
		back string
	}{
		{"90s", 90 * time.Second, "90s"},
		{"60s", time.Minute, "1m"},
		{"36h", 36 * time.Hour, "36h"},
		{"48h", 48 * time.Hour, "2d"},
		{"7d", 7 * day, "7d"},
		{0, 0, "0"},
		{"0", 0, "0"},
		{"8d", -1, ""},
		{"1s", -1, ""},
		{"", -1, ""},
		{"s", -1, ""},
		{"90", -1, ""},
		{"-5m", -1, ""},
		{"1.5h", -1, ""},
		{"5 m", -1, ""},
		{"9999999999d", -1, ""},
		{[]any{"5m"}, -1, ""},
	} {
		var got time.Duration
		v := periodOrOff(&got, time.Minute, 7*day)
		if err := v.set(c.raw); (err != nil) != (c.want < 0) || err == nil && (got != c.want || v.get() != c.back) {
			t.Errorf("%v is %v, shown as %v (%v); want %v, shown as %s", c.raw, got, v.get(), err, c.want, c.back)
		}
	}
	var got time.Duration
	if err := period(&got, time.Second, day).set("0"); err == nil {
		t.Error("0 is taken for a period that cannot be switched off")
	}
}

func TestDigestSettingsGoTogether(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*digestConfig)
		want   string
	}{
		"what holds otherwise":     {func(*digestConfig) {}, ""},
		"no corrections":           {func(c *digestConfig) { c.Keep, c.Corrections = day, 0 }, ""},
		"corrections while kept":   {func(c *digestConfig) { c.Keep, c.Corrections = day, day }, ""},
		"corrections beyond":       {func(c *digestConfig) { c.Keep = 2 * day }, "digest.corrections is 7d, and what was delivered is forgotten after 2d"},
		"days that are not whole":  {func(c *digestConfig) { c.Keep = 36 * time.Hour }, "digest.keep is 36h: set it to whole days, such as 2d"},
		"whole days by the minute": {func(c *digestConfig) { c.Keep, c.Corrections = 48*60*time.Minute, day }, ""},
	} {
		c := defaultConfig()
		test.change(&c.Digest)
		if err := c.checkDigest(); (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
