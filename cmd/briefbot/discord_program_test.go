package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"briefbot/adapters/discord"
	"briefbot/adapters/discord/discordtest"
)

// binary is the built program, set up for a fake Discord.
type binary struct {
	*discordtest.Server
	path string
	env  []string
	url  string  // of the page, while it serves
	log  *buffer // since it was started last
	said string  // what it logged before
}

// build builds the program as it is released.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "briefbot")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return path
}

func newBinary(t *testing.T, path string, transport discord.Transport) *binary {
	t.Helper()
	b := &binary{path: path, Server: discordtest.New(t, discordtest.Options{
		Token: "s3cret.token", IdentifyEvery: -1, Privileged: discordtest.IntentMessageContent,
	})}
	home := t.TempDir()
	b.env = []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"),
		"BRIEFBOT_STORE_ADDRESS=none", // a test replies sooner than a disk has written what it replies to
		"BRIEFBOT_WEB_ADDRESS=127.0.0.1:0", "BRIEFBOT_WEB_PUBLIC_URL=https://briefings.example.org",
		"BRIEFBOT_DISCORD_TOKEN=" + b.Token(), "BRIEFBOT_DISCORD_API_URL=" + b.URL(),
		"BRIEFBOT_DISCORD_TRANSPORT=" + string(transport), "BRIEFBOT_DISCORD_PUBLIC_KEY=" + b.PublicKey(),
	}
	if transport == discord.Gateway {
		b.env = append(b.env, "BRIEFBOT_DISCORD_MESSAGE_CONTENT=true")
	}
	return b
}

// run runs a command to its end and returns what it printed and its exit
// code.
func (b *binary) run(t *testing.T, args ...string) (printed string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.path, args...)
	cmd.Env, cmd.Dir = b.env, t.TempDir()
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// serve starts the program; stop sends it a signal and waits for its end.
func (b *binary) serve(t *testing.T, transport discord.Transport) (stop func(os.Signal) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute)
	cmd := exec.CommandContext(ctx, b.path, "serve")
	cmd.Env, cmd.Dir = b.env, t.TempDir()
	if b.log != nil {
		b.said += b.log.String()
	}
	b.log = new(buffer)
	cmd.Stderr = b.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func(s os.Signal) error {
		stopped = true
		_ = cmd.Process.Signal(s) // it may have ended
		return cmd.Wait()
	}
	t.Cleanup(func() {
		if !stopped {
			_ = stop(os.Kill)
		}
		cancel()
	})
	poll(func() bool { return strings.Contains(b.log.String(), `"msg":"serving"`) }, func() { t.Fatalf("it does not serve: %s", b.log.String()) })
	_, after, _ := strings.Cut(b.log.String(), `"address":"`)
	address, _, _ := strings.Cut(after, `"`)
	b.url = "http://" + address
	if transport == discord.HTTP {
		if err := b.UseEndpoint(b.url + discord.EndpointPath); err != nil {
			t.Fatal(err)
		}
	}
	poll(func() bool { return strings.HasPrefix(get(b.url+"/readyz", ""), "200 OK") }, func() { t.Fatalf("it is not ready: %s\n%s", get(b.url+"/readyz", ""), b.log.String()) })
	return stop
}

// TestTheProgramOnDiscord takes the built program through all that an
// administrator and members of a server do, by either transport.
func TestTheProgramOnDiscord(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	path := build(t)
	for _, transport := range []discord.Transport{discord.Gateway, discord.HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			b := newBinary(t, path, transport)
			guild := b.AddGuild("Harbour")
			channel := guild.AddChannel("general")
			b.sync(t)
			stop := b.serve(t, transport)
			b.examine(t, channel)
			ann, bao := b.AddUser("Ann", "en-GB"), b.AddUser("Bao", "zh-CN")
			answer := b.commands(t, channel, ann, bao)
			if transport == discord.Gateway {
				b.messages(t, channel, answer.Author, ann, bao)
			}

			// What was shown before the program was killed works afterwards.
			_ = stop(os.Kill)
			stop = b.serve(t, transport)
			reads(t, answer.Click("Sources").Message, "Xinhua News")

			if err := stop(syscall.SIGTERM); err != nil {
				t.Errorf("told to stop, it ends with %v", err)
			}
			for _, secret := range []string{"s3cret", "four proposals", "四点建议", ann.ID} {
				if strings.Contains(b.said+b.log.String(), secret) {
					t.Errorf("%q is in the log", secret)
				}
			}
		})
	}
}

func (b *binary) sync(t *testing.T) {
	t.Helper()
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"discord", "sync", "--dry-run"}, "Without --dry-run Discord is told."},
		{[]string{"discord", "sync"}, "Discord has been told."},
		{[]string{"discord", "sync"}, "Discord knows the commands already"},
		{[]string{"discord", "invite"}, "client_id=" + b.ApplicationID()},
	} {
		printed, code := b.run(t, step.args...)
		if code != 0 || !strings.Contains(printed, step.want) {
			t.Errorf("%s ends with %d and lacks %q:\n%s", strings.Join(step.args, " "), code, step.want, printed)
		}
	}
}

func (b *binary) examine(t *testing.T, channel *discordtest.Channel) {
	t.Helper()
	printed, code := b.run(t, "doctor", "--discord-channel", channel.ID)
	if code != 0 || strings.Contains(printed, "s3cret") {
		t.Errorf("doctor ends with %d:\n%s", code, printed)
	}
}

// commands uses slash commands, completion, buttons, menus and pages, rightly
// and wrongly. It returns a public answer.
func (b *binary) commands(t *testing.T, channel *discordtest.Channel, ann, bao *discordtest.User) *discordtest.Shown {
	t.Helper()
	answer := ann.In(channel).Slash("ask", map[string]any{"question": "four proposals"})
	reads(t, answer.Message, "four proposals", "1. ", "As of 2 November 2025", "Xinhua News")
	reads(t, ann.In(channel).Slash("ask", map[string]any{"question": "the second point?"}).Message, "2. ")
	reads(t, bao.In(channel).Slash("ask", map[string]any{"question": "APEC 2026 在哪里举行"}).Message, "深圳")
	reads(t, bao.In(channel).Slash("ask", map[string]any{"question": "APEC 2027 由谁主办"}).Message, "简报里没有这个内容")

	completed := bao.In(channel).Complete("ask", "question", "四点")
	if !slices.ContainsFunc(completed, func(c discordtest.Choice) bool { return strings.Contains(c.Name, "四点建议") }) {
		t.Errorf("四点 is completed by %v", completed)
	}
	private := bao.In(channel).Slash("ask", map[string]any{"question": "四点建议", "private": true})
	if !private.Ephemeral {
		t.Error("a private answer is public")
	}
	if shared := private.Click("公开给大家"); shared.Ephemeral {
		t.Error("it was not shared")
	}
	topics := ann.In(channel).Slash("topics", nil)
	reads(t, topics.Message, "Page 1 of 2")
	next := topics.Click("Next")
	reads(t, next.Message, "Page 2 of 2")
	chosen := next.Choose(next.Options()[0].Label)
	reads(t, chosen.Message, "As of 2 November 2025")
	if link, ok := answer.Button("Open the page"); !ok || !strings.HasPrefix(link.URL, "https://briefings.example.org/b/") {
		t.Errorf("the answer does not link its page: %+v", answer.Buttons())
	}
	for name, wrong := range map[string]*discordtest.Shown{
		"an entry that is not there": ann.In(channel).Slash("show", map[string]any{"entry": "a/b"}),
		"a point that is not there":  ann.In(channel).Slash("show", map[string]any{"entry": "four-proposals", "item": 9}),
		"a stale button":             answer.Press("ae|removed|a"),
	} {
		if !wrong.Ephemeral || wrong.Text() == "" {
			t.Errorf("%s is answered with %q, private: %v", name, wrong.Text(), wrong.Ephemeral)
		}
	}
	return answer
}

// messages mentions the bot, replies to it and goes on in a thread.
func (b *binary) messages(t *testing.T, channel *discordtest.Channel, self, ann, bao *discordtest.User) {
	t.Helper()
	answer := func(m *discordtest.Message) *discordtest.Message {
		t.Helper()
		replies := b.Replies(m, patience)
		if len(replies) == 0 {
			t.Fatalf("%q is not answered: %s", m.Content, b.log.String())
		}
		return replies[0]
	}
	mention := "<@" + self.ID + ">"
	first := answer(bao.In(channel).Say(mention + " 四点建议"))
	reads(t, first, "四点建议", "截至2025年11月2日")
	// Nobody replies before the bot has learned the id of its message.
	reads(t, answer(ann.DM().Say("APEC 2026 host")), "China")
	reads(t, answer(ann.In(channel).ReplyTo(first, "第三点", true)), "民心相通")
	thread := ann.In(channel).StartThread(first, "proposals")
	reads(t, answer(bao.In(thread).Say("第二点呢")), "互利合作")
	if replies := b.Replies(ann.In(channel).Say("四点建议"), 300*time.Millisecond); len(replies) > 0 {
		t.Errorf("what was not meant for it is answered: %s", replies[0].Text())
	}
}

func reads(t *testing.T, m *discordtest.Message, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(m.Text(), s) {
			t.Errorf("it lacks %q:\n%s", s, m.Text())
		}
	}
}
