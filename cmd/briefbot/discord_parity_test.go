package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"briefbot/adapters/discord"
	"briefbot/adapters/discord/discordtest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

// TestTheProgramOffersEveryCommandOnDiscord holds the built program to the
// suite that every surface passes, by either transport.
func TestTheProgramOffersEveryCommandOnDiscord(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	path := build(t)
	library := bottest.Library(t)
	folder := t.TempDir()
	for _, b := range library.Briefings() {
		text, err := yaml.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		accepted := strings.ReplaceAll(string(text), "gazette.example", "gazette.velia.org") // an address that is a placeholder is refused
		writeFile(t, filepath.Join(folder, b.ID+".yaml"), accepted)
	}
	locales := map[content.Lang]string{content.Hans: "zh-CN", content.Hant: "zh-TW", content.English: "en-GB"}
	for _, transport := range []discord.Transport{discord.Gateway, discord.HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			b := newBinary(t, path, transport)
			b.env = append(b.env, "BRIEFBOT_CONTENT_PATHS="+folder, "BRIEFBOT_STORE_ADDRESS="+filepath.Join(t.TempDir(), "briefbot.db"))
			channel := b.AddGuild("Harbour").AddChannel("general")
			if printed, code := b.run(t, "discord", "sync"); code != 0 {
				t.Fatal(printed)
			}
			stop := b.serve(t, transport)
			router := bottest.RouterAt(t, library, bot.NewLocalMemory(), time.Now)
			bottest.Surface(t, router, bottest.Member{Managed: "discord.managers"}, func(t *testing.T, use bottest.Use) string {
				options := map[string]any{}
				for name, value := range use.Args {
					options[name] = value
					if n, err := strconv.Atoi(value); err == nil {
						options[name] = n
					}
				}
				shown := b.AddUser("somebody", locales[use.Lang]).In(channel).Slash(use.Command, options)
				return plain(shown.Text())
			})
			if err := stop(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		})
	}
}

// plain is what is read where Markdown is shown.
func plain(text string) string {
	text = strings.NewReplacer("**", "", "### ", "", "-# ", "").Replace(text)
	return regexp.MustCompile(`\\([!-/:-@\[-`+"`"+`{-~])`).ReplaceAllString(text, "$1")
}

// TestTheProgramOutlivesWhatGoesWrongOnDiscord strikes the built program with
// each fault that Discord knows, and asks it again after each.
func TestTheProgramOutlivesWhatGoesWrongOnDiscord(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	const posting, responding = "POST /channels/{channel_id}/messages", "POST /interactions/{interaction_id}/{interaction_token}/callback"
	b := newBinary(t, build(t), discord.Gateway)
	b.env = append(b.env, "BRIEFBOT_DISCORD_RATE_LIMIT=0") // one user asks a lot here
	guild := b.AddGuild("Harbour")
	if printed, code := b.run(t, "discord", "sync"); code != 0 {
		t.Fatal(printed)
	}
	stop := b.serve(t, discord.Gateway)
	ann := b.AddUser("Ann", "en-GB")
	self := ann.In(guild.AddChannel("first")).Slash("about", nil).Author
	for name, tt := range map[string]struct {
		on      string
		do      discordtest.Effect
		answers int // to the mention that meets the fault
	}{
		"an error of Discord's":                 {posting, discordtest.Refuse(503), 1},
		"posted, and an error":                  {posting, discordtest.FailAfter(500), 1},
		"posted, and the connection reset":      {posting, discordtest.ResetAfter(), 1},
		"the connection reset":                  {posting, discordtest.ResetBefore(), 1},
		"a limit":                               {posting, discordtest.LimitRoute(200 * time.Millisecond), 1},
		"a limit on everything":                 {posting, discordtest.LimitGlobal(200 * time.Millisecond), 1},
		"a limit as a page of HTML":             {posting, discordtest.LimitHTML(time.Second), 1},
		"no access":                             {posting, discordtest.RefuseCode(403, 50001), 0},
		"no permission":                         {posting, discordtest.RefuseCode(403, 50013), 0},
		"the channel is gone":                   {posting, discordtest.RefuseCode(404, 10003), 0},
		"a response that arrived, and an error": {responding, discordtest.FailAfter(500), 1},
		"a response that is slow":               {responding, discordtest.Delay(500 * time.Millisecond), 1},
	} {
		t.Run(name, func(t *testing.T) {
			channel := guild.AddChannel(strconv.Itoa(len(name)))
			ask := func() []*discordtest.Message {
				return b.Replies(ann.In(channel).Say("<@"+self.ID+"> APEC 2026 host"), patience)
			}
			armed := b.Fail(discordtest.Fault{On: tt.on, Do: tt.do})
			if tt.on == responding {
				reads(t, ann.In(channel).Slash("ask", map[string]any{"question": "APEC 2026 host"}).Message, "China")
			} else {
				m := ann.In(channel).Say("<@" + self.ID + "> APEC 2026 host")
				select {
				case <-armed.Struck():
				case <-time.After(patience):
					t.Fatalf("nothing is posted: %s", b.log.String())
				}
				if tt.answers > 0 {
					b.Replies(m, patience)
				}
				if n := len(b.Replies(m, 100*time.Millisecond)); n != tt.answers {
					t.Errorf("%d answers are posted, want %d", n, tt.answers)
				}
			}
			armed.Disarm()
			if replies := ask(); len(replies) != 1 {
				t.Errorf("afterwards a question is answered %d times: %s", len(replies), b.log.String())
			}
		})
	}
	for name, strike := range map[string]func(*discordtest.Conn){
		"the connection ends":          func(c *discordtest.Conn) { c.Drop() },
		"Discord asks for another":     func(c *discordtest.Conn) { c.Reconnect() },
		"the session is invalid":       func(c *discordtest.Conn) { c.Invalidate(false) },
		"the session is to be resumed": func(c *discordtest.Conn) { c.Invalidate(true) },
	} {
		t.Run(name, func(t *testing.T) {
			conn := b.Ready(0, patience)
			strike(conn)
			poll(func() bool {
				now := b.Ready(0, patience)
				return now != conn && strings.HasPrefix(get(b.url+"/readyz", ""), "200 OK")
			}, func() { t.Fatalf("it does not come back: %s", b.log.String()) })
			m := ann.In(guild.AddChannel("after")).Say("<@" + self.ID + "> APEC 2026 host")
			if replies := b.Replies(m, patience); len(replies) != 1 {
				t.Errorf("afterwards a question is answered %d times: %s", len(replies), b.log.String())
			}
		})
	}
	if err := stop(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if slices.ContainsFunc([]string{"s3cret", "APEC"}, func(s string) bool { return strings.Contains(b.log.String(), s) }) {
		t.Error("a token or a question is in the log")
	}
}
