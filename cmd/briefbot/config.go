package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"briefbot/content"
)

// config is everything that can be set, typed and checked.
type config struct {
	Content  contentConfig
	Language languageConfig
	Web      webConfig
	Store    storeConfig
	Digest   digestConfig
	Discord  discordConfig
	Slack    slackConfig
	Chat     chatConfig
	Gaps     gapsConfig
	Log      logConfig

	File    string            // the file that was read, "" for none
	origins map[string]string // where a setting came from; absent for a default
}

type contentConfig struct {
	Paths []string // files and folders; none for the embedded briefings
	Watch bool
}

type languageConfig struct {
	Default content.Lang
}

type webConfig struct {
	Address        string
	PublicURL      string // without a slash at the end
	TrustedProxies []netip.Prefix
	RateLimit      int // requests per client and minute, 0 for no limit
	Metrics        bool
	MetricsToken   string // "" leaves /metrics open
}

type storeConfig struct {
	Address string // "" for the usual place on a chat platform and none elsewhere, noStore for none
	Keys    string // that tokens of workspaces are sealed with; "" for none
}

type digestConfig struct {
	Late        time.Duration
	Keep        time.Duration // whole days
	Corrections time.Duration // 0 for none
	Lease       time.Duration
	Zone        string // IANA name, "" for UTC
}

type discordConfig struct {
	Token          string
	ApplicationID  string // "" asks Discord
	PublicKey      string // 64 hexadecimal digits; "" for none
	Transport      discordTransport
	MessageContent bool
	Shards         int // of the whole bot, 0 for as many as Discord recommends
	ShardIDs       []int
	ManagerRoles   []string
	RateLimit      int // questions per user and minute, 0 for no limit
	APIURL         string
}

// sets reports whether a key of the section is set anywhere.
func (c *config) sets(section string) bool {
	for key := range c.origins {
		if strings.HasPrefix(key, section) {
			return true
		}
	}
	return false
}

type discordTransport string

// The ways in which Discord's interactions come in.
const (
	transportGateway discordTransport = "gateway"
	transportHTTP    discordTransport = "http"
)

// on reports whether the bot is on Discord.
func (c discordConfig) on() bool {
	return c.Token != "" || (c.Transport == transportHTTP && c.PublicKey != "")
}

type slackConfig struct {
	BotToken      string
	AppToken      string // for Socket Mode
	SigningSecret string // for HTTP
	ClientID      string // of the app that many workspaces install; "" for one workspace with BotToken
	ClientSecret  string
	Transport     slackTransport
	Command       string // with its slash
	Assistant     bool   // the app has the pane for assistants
	Connections   int    // of Socket Mode
	Managers      slackManagers
	RateLimit     int // questions per user and minute, 0 for no limit
	APIURL        string
}

type slackManagers string

// Who may subscribe a channel on Slack to digests.
const (
	managersAdmins  slackManagers = "admins"
	managersCreator slackManagers = "creator"
	managersMembers slackManagers = "members"
)

type slackTransport string

// The ways in which Slack's events, commands and clicks come in.
const (
	slackSocket slackTransport = "socket"
	slackHTTP   slackTransport = "http"
)

// on reports whether the bot is on Slack.
func (c slackConfig) on() bool { return c.BotToken != "" || c.shared() }

// shared reports whether many workspaces install the bot.
func (c slackConfig) shared() bool { return c.ClientID != "" }

type chatConfig struct {
	History bool
}

type gapsConfig struct {
	File string // "" for the usual place
	Days int    // 0 counts nothing
}

type logConfig struct {
	Level  logLevel
	Format logFormat
}

type logLevel string

type logFormat string

// The ways to write the log. formatAuto is text on a terminal and JSON
// elsewhere.
const (
	formatAuto logFormat = "auto"
	formatText logFormat = "text"
	formatJSON logFormat = "json"
)

// defaultConfig is what holds where nothing is set.
func defaultConfig() *config {
	return &config{
		Content:  contentConfig{Watch: true},
		Language: languageConfig{Default: content.English},
		Web:      webConfig{Address: "127.0.0.1:8080", RateLimit: 120, Metrics: true},
		Digest:   digestConfig{Late: 6 * time.Hour, Keep: 30 * day, Corrections: 7 * day, Lease: 10 * time.Second},
		Discord:  discordConfig{Transport: transportGateway, RateLimit: 20, APIURL: discordAPI},
		Slack:    slackConfig{Transport: slackSocket, Command: slackCommand, Assistant: true, Connections: 2, Managers: managersAdmins, RateLimit: 20, APIURL: slackAPI},
		Chat:     chatConfig{History: true},
		Gaps:     gapsConfig{Days: 90},
		Log:      logConfig{Level: "info", Format: formatAuto},
		origins:  map[string]string{},
	}
}

// setting is one key: how it is named, explained, read and shown.
type setting struct {
	key    string // as in the file, "section.name"
	flag   string // as on the command line, "" for none
	usage  string // of the flag
	help   string
	secret bool // never shown; may stand in a file of its own
	value  value
}

// settings lists every key in the order of the example file.
func (c *config) settings() []setting {
	return []setting{
		{
			key: "content.paths", value: list(&c.Content.Paths, "paths", parsePath),
			flag: "content", usage: "read briefings from `PATH`, a file or a folder (repeatable)",
			help: "Files and folders of briefings. None: the briefings that come with the program.",
		},
		{
			key: "content.watch", value: toggle(&c.Content.Watch),
			help: "Take changes of content.paths over while serving. Bad content never replaces good content.",
		},
		{
			key: "language.default", value: oneOf(&c.Language.Default, content.Langs()...),
			help: "The language of replies where neither the question nor the browser or terminal tells.",
		},
		{
			key: "web.address", flag: "address", usage: "serve on `HOST:PORT`",
			value: text(&c.Web.Address, `an address to listen on, "host:port"`, parseAddress),
			help:  "Where the web page is served. The default is reachable from this machine only.",
		},
		{
			key: "web.public_url", value: text(&c.Web.PublicURL, `an address without a path, such as "https://briefings.example.org"`, parsePublicURL),
			help: "The address under which people reach the page, for links in answers. Empty: links are paths.",
		},
		{
			key: "web.trusted_proxies", value: list(&c.Web.TrustedProxies, `addresses or networks, such as "10.0.0.0/8"`, parsePrefix),
			help: "Proxies whose X-Forwarded-For is believed, for the rate limit.",
		},
		{
			key: "web.rate_limit", value: number(&c.Web.RateLimit, 0, 1_000_000),
			help: "Requests that one client may send in a minute. 0: no limit.",
		},
		{
			key: "web.metrics", value: toggle(&c.Web.Metrics),
			help: "Serve figures for Prometheus under /metrics.",
		},
		{
			key: "web.metrics_token", secret: true, value: text(&c.Web.MetricsToken, "printable ASCII without spaces, at most 512 characters", parseToken),
			help: `When set, /metrics wants the header "Authorization: Bearer …" with this token.`,
		},
		{
			key: "store.address", secret: true, value: text(&c.Store.Address, "the path of a file on a local disk, postgres://user:password@host/database, or none", parseStoreAddress),
			help: "Where what has to outlive the program is kept: subscriptions, conversations, languages that users chose, what was answered. A file is SQLite; replicas share PostgreSQL. Empty: briefbot.db in the user's state folder where the bot is on Discord or Slack, in memory elsewhere. none: in memory.",
		},
		{
			key: "store.keys", secret: true, value: text(&c.Store.Keys, "what \"briefbot slack keys\" prints", parseKeys),
			help: "The keys that tokens of workspaces are sealed with in the database. slack.client_id needs them.",
		},
		{
			key: "digest.late", value: period(&c.Digest.Late, time.Minute, 7*day),
			help: "How late a digest may be. One that cannot be delivered by then, for whatever reason, is skipped; its news is told by the next one.",
		},
		{
			key: "digest.keep", value: period(&c.Digest.Keep, day, 3650*day),
			help: "How long is remembered what was delivered: for the history, for corrections, and for numbers in the thread of a digest. Whole days.",
		},
		{
			key: "digest.corrections", value: periodOrOff(&c.Digest.Corrections, time.Hour, 365*day),
			help: "How old a digest may be to be corrected in place when an entry that it told of is. 0: none is.",
		},
		{
			key: "digest.lease", value: period(&c.Digest.Lease, 5*time.Second, 5*time.Minute),
			help: "How long the deliveries of a replica that is not heard of wait for another one to take them over. The same on all replicas.",
		},
		{
			key: "digest.zone", value: text(&c.Digest.Zone, "the name of a time zone, such as Asia/Shanghai", parseZone),
			help: "The time zone of a digest where whoever subscribes names none, Slack does not tell theirs, and no other channel has one. Empty: UTC.",
		},
		{
			key: "discord.token", secret: true, value: text(&c.Discord.Token, "the token on the Bot page of Discord's Developer Portal", parseDiscordToken),
			help: "The token of the bot on Discord. With one, briefbot serve is on Discord too.",
		},
		{
			key: "discord.application_id", value: snowflake(&c.Discord.ApplicationID),
			help: "The application that the bot belongs to. Empty: Discord is asked where it is needed.",
		},
		{
			key: "discord.public_key", value: text(&c.Discord.PublicKey, "64 hexadecimal digits, under General Information in Discord's Developer Portal", parseHexKey),
			help: "The application's key, by which requests of Discord's are told from forged ones. The transport http needs it.",
		},
		{
			key: "discord.transport", value: oneOf(&c.Discord.Transport, transportGateway, transportHTTP),
			help: "How commands and clicks come in. gateway: over a connection to Discord, over which mentions are heard too. http: Discord sends them to web.public_url.",
		},
		{
			key: "discord.message_content", value: toggle(&c.Discord.MessageContent),
			help: "Ask for the privileged Message Content intent, so that in a thread the bot reads what does not mention it. Switch it on in the Developer Portal first.",
		},
		{
			key: "discord.shards", value: autoNumber(&c.Discord.Shards, maxShards),
			help: "Over how many connections the servers of the whole bot are spread. auto: as many as Discord recommends.",
		},
		{
			key: "discord.shard_ids", value: list(&c.Discord.ShardIDs, "numbers of shards, from 0", parseShard),
			help: "The shards that this process runs, where several processes share them. None: all.",
		},
		{
			key: "discord.manager_roles", value: list(&c.Discord.ManagerRoles, "ids of roles, in quotes in the file", parseRole),
			help: "Roles whose members may subscribe channels to digests, beside those who may manage channels.",
		},
		{
			key: "discord.rate_limit", value: number(&c.Discord.RateLimit, 0, 1_000_000),
			help: "Questions that one user may ask on Discord in a minute. 0: no limit.",
		},
		{
			key: "discord.api_url", value: text(&c.Discord.APIURL, "an https address, or an http address of this machine", parseAPIURL),
			help: "The address of Discord's API, for a proxy or a test.",
		},
		{
			key: "slack.bot_token", secret: true, value: text(&c.Slack.BotToken, "the Bot User OAuth Token of the app, which begins with xoxb-", parseSlackToken("xoxb-", "xoxe.xoxb-")),
			help: "The token of the bot on Slack. With one, briefbot serve is on Slack too.",
		},
		{
			key: "slack.app_token", secret: true, value: text(&c.Slack.AppToken, "an app-level token of the app, which begins with xapp-", parseSlackToken("xapp-")),
			help: "The token with the scope connections:write. The transport socket needs it.",
		},
		{
			key: "slack.signing_secret", secret: true, value: text(&c.Slack.SigningSecret, "the signing secret under Basic Information in the app's settings", parseToken),
			help: "By it requests of Slack's are told from forged ones. The transport http needs it.",
		},
		{
			key: "slack.client_id", value: text(&c.Slack.ClientID, "the client ID under Basic Information in the app's settings", parseClientID),
			help: "With it many workspaces install the bot, under web.public_url; slack.bot_token is not needed then.",
		},
		{
			key: "slack.client_secret", secret: true, value: text(&c.Slack.ClientSecret, "the client secret under Basic Information in the app's settings", parseToken),
			help: "The secret that goes with slack.client_id.",
		},
		{
			key: "slack.transport", value: oneOf(&c.Slack.Transport, slackSocket, slackHTTP),
			help: "How events, commands and clicks come in. socket: over connections of Socket Mode, which need no address that Slack can reach. http: Slack sends them to web.public_url.",
		},
		{
			key: "slack.command", value: text(&c.Slack.Command, "a slash and up to 31 lower-case letters, digits, dashes or underscores", parseSlackCommand),
			help: "The slash command. Put the manifest on Slack anew after a change.",
		},
		{
			key: "slack.assistant", value: toggle(&c.Slack.Assistant),
			help: "Have the pane for assistants, which not every plan of Slack's offers. Put the manifest on Slack anew after a change.",
		},
		{
			key: "slack.connections", value: number(&c.Slack.Connections, 1, 9),
			help: "Connections of Socket Mode that this process holds. Slack allows an app ten in all.",
		},
		{
			key: "slack.managers", value: oneOf(&c.Slack.Managers, managersAdmins, managersCreator, managersMembers),
			help: "Who may subscribe a channel on Slack to digests. admins: admins of the workspace and the channel's creator. creator: its creator. members: everybody there.",
		},
		{
			key: "slack.rate_limit", value: number(&c.Slack.RateLimit, 0, 1_000_000),
			help: "Questions that one user may ask on Slack in a minute. 0: no limit.",
		},
		{
			key: "slack.api_url", value: text(&c.Slack.APIURL, "an https address, or an http address of this machine", parseAPIURL),
			help: "The address of Slack's API, for a proxy or a test.",
		},
		{
			key: "chat.history", value: toggle(&c.Chat.History),
			flag: "history", usage: "keep what is typed for the next time",
			help: "Keep what is typed into chat for the next time.",
		},
		{
			key: "gaps.days", value: number(&c.Gaps.Days, 0, 3650),
			help: "Days for which serve keeps a question that was not answered, and votes, without who asked or voted; a store keeps them for 90. 0: no question is kept and, without a store, no vote.",
		},
		{
			key: "gaps.file", value: text(&c.Gaps.File, "a path", parsePath),
			help: "Where those are kept without a store, for \"briefbot gaps\". Empty: gaps.jsonl in the user's state folder.",
		},
		{
			key: "log.level", flag: "log-level", usage: "log `LEVEL` and above: debug, info, warn or error",
			value: oneOf(&c.Log.Level, "debug", "info", "warn", "error"),
			help:  "The least that is logged.",
		},
		{
			key: "log.format", flag: "log-format", usage: "write the log as `FORMAT`: auto, text or json",
			value: oneOf(&c.Log.Format, formatAuto, formatText, formatJSON),
			help:  "How the log is written. auto: text on a terminal, JSON elsewhere.",
		},
	}
}

// The names of settings outside the file.
const (
	envPrefix  = "BRIEFBOT_"
	envConfig  = envPrefix + "CONFIG" // the file, as --config
	fileSuffix = "_file"              // of a secret that stands in a file of its own
)

// env returns the name of the environment variable.
func (s setting) env() string { return envName(s.key) }

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// notSettings are variables that are not meant for the program though they
// begin like its own: those of the tests, and those that Kubernetes and
// Docker set in every container beside a service named briefbot.
var notSettings = regexp.MustCompile(`^BRIEFBOT_(EVAL|SPECS|SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// readConfig reads the configuration: flags that were given before the
// environment before the file before the defaults. path names the file; where
// it is empty the first of the usual places that exists is read. The error
// names every fault.
func readConfig(path string, flags *pflag.FlagSet) (*config, error) {
	c := defaultConfig()
	v := viper.New()
	var faults []error
	var err error
	if c.File, err = findConfig(path); err != nil {
		return nil, err
	}
	if c.File != "" {
		v.SetConfigFile(c.File)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", c.File, plainYAML(err))
		}
		faults = append(faults, c.unknownKeys(v)...)
	}
	faults = append(faults, c.unknownEnv(os.Environ())...)
	for _, s := range c.settings() {
		if err := c.read(v, flags, s); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return c, nil
}

// findConfig returns the file to read, "" for none.
func findConfig(path string) (string, error) {
	if path == "" {
		path = os.Getenv(envConfig)
	}
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s cannot be read: %w", path, cause(err))
		}
		return path, nil
	}
	places := []string{"config.yaml"}
	if dir, err := os.UserConfigDir(); err == nil {
		places = append(places, filepath.Join(dir, "briefbot", "config.yaml"))
	}
	for _, place := range places {
		_, err := os.Stat(place)
		if err == nil {
			return place, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s cannot be read: %w", place, cause(err))
		}
	}
	return "", nil
}

// cause leaves out of a file error what its sentence says already.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// quoted is what a parser's error repeats of a file: it may be a secret.
var quoted = regexp.MustCompile(" `[^`]*`?")

// plainYAML leaves out of a parser's error the names of the libraries that it
// came through, and what it quotes of the file.
func plainYAML(err error) error {
	if e, ok := errors.AsType[viper.ConfigParseError](err); ok {
		err = e.Unwrap()
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = quoted.ReplaceAllString(strings.TrimSpace(lines[i]), "")
	}
	if !strings.HasPrefix(text, "unmarshal errors:") { // it is no YAML at all
		lines = append(lines, `(indent with spaces; quote values that hold ": " or " #")`)
	}
	return errors.New(strings.Join(lines, " "))
}

// keys returns every key that a file may hold.
func (c *config) keys() []string {
	var keys []string
	for _, s := range c.settings() {
		keys = append(keys, s.key)
		if s.secret {
			keys = append(keys, s.key+fileSuffix)
		}
	}
	return keys
}

// unknownKeys reports what the file holds that is no setting.
func (c *config) unknownKeys(v *viper.Viper) []error {
	known := c.keys()
	var faults []error
	seen := v.AllKeys()
	slices.Sort(seen)
	for _, key := range seen {
		// Keys below a known one are a value of the wrong type.
		below := func(k string) bool { return key == k || strings.HasPrefix(key, k+".") }
		if slices.ContainsFunc(known, below) || v.Get(key) == nil {
			continue
		}
		faults = append(faults, fmt.Errorf("%s: %s", c.File, unknownKey(key, known)))
	}
	return faults
}

func unknownKey(key string, known []string) string {
	inside := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !strings.HasPrefix(k, key+".") })
	if len(inside) > 0 {
		return fmt.Sprintf("%s must hold keys (%s), not a value", key, strings.Join(inside, ", "))
	}
	return fmt.Sprintf("there is no key %s%s", quoteKey(key), didYouMean(key, known))
}

// unknownEnv reports variables that begin like settings and are none.
func (c *config) unknownEnv(environ []string) []error {
	known := []string{envConfig}
	for _, key := range c.keys() {
		known = append(known, envName(key))
	}
	var faults []error
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value == "" || !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) || notSettings.MatchString(name) {
			continue
		}
		faults = append(faults, fmt.Errorf("there is no environment variable %s%s", name, didYouMean(name, known)))
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

// Where a setting came from, the weakest first.
const (
	fromDefault = iota
	fromFile
	fromEnv
	fromFlag
)

// read sets one setting from the strongest place that gives it.
func (c *config) read(v *viper.Viper, flags *pflag.FlagSet, s setting) error {
	raw, rank, origin := c.look(v, flags, s.key, s.flag)
	must := "must be"
	if s.secret {
		if raw == "" {
			rank = fromDefault // as the example file has it
		}
		path, fileRank, fileOrigin := c.look(v, flags, s.key+fileSuffix, "")
		if fileRank == rank && rank != fromDefault {
			return fmt.Errorf("%s and %s are both given: keep one", origin, fileOrigin)
		}
		if fileRank > rank {
			var err error
			if raw, err = readSecret(path); err != nil {
				return fmt.Errorf("%s: %w", fileOrigin, err)
			}
			rank, origin, must = fileRank, fileOrigin, "names a file that must hold nothing but"
		}
	}
	if rank == fromDefault {
		return nil
	}
	if err := s.value.set(raw); err != nil {
		if why, ok := errors.AsType[reason](err); ok {
			return fmt.Errorf("%s %s %s: %w", origin, must, s.value.allowed(), why)
		}
		if s.secret {
			return fmt.Errorf("%s %s %s", origin, must, s.value.allowed())
		}
		return fmt.Errorf("%s is %s: it must be %s", origin, show(raw), s.value.allowed())
	}
	c.origins[s.key] = origin
	return nil
}

// look returns the raw value of a key, and where it was found in words.
func (c *config) look(v *viper.Viper, flags *pflag.FlagSet, key, flag string) (raw any, rank int, origin string) {
	if flag != "" && flags != nil {
		if f := flags.Lookup(flag); f != nil && f.Changed {
			_ = v.BindPFlag(key, f) // fails for a nil flag only
			return v.Get(key), fromFlag, "--" + flag
		}
	}
	_ = v.BindEnv(key, envName(key)) // fails without a key only
	if os.Getenv(envName(key)) != "" {
		return v.Get(key), fromEnv, envName(key)
	}
	if raw := v.Get(key); raw != nil {
		return raw, fromFile, c.File + ": " + key
	}
	return nil, fromDefault, ""
}

// maxSecretFile bounds what is read for a secret. The longest is far below.
const maxSecretFile = 16 << 10

// readSecret reads a secret from a file of its own, such as a mounted Docker
// or Kubernetes secret. A line break at its end is not part of it.
func readSecret(path any) (string, error) {
	name, ok := path.(string)
	if !ok {
		return "", errors.New("it must be the path of a file that holds the secret")
	}
	f, err := os.Open(name)
	if err != nil {
		// The name is not repeated: it may be the secret itself.
		return "", fmt.Errorf("the file that it names cannot be opened (%w); it must be a path, not the secret itself", cause(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: %w", name, cause(err))
	case len(b) > maxSecretFile:
		return "", fmt.Errorf("%s is larger than %d bytes: it must hold the secret alone", name, maxSecretFile)
	}
	secret := strings.TrimRight(string(b), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s is empty: write the secret into it", name)
	}
	return secret, nil
}
