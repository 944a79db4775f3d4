package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
)

// On a chat platform people subscribe, so that there is a store without
// anything to set up; the page alone needs none.
func TestWhereTheStoreIs(t *testing.T) {
	state := t.TempDir()
	usual := filepath.Join(state, "briefbot", "briefbot.db")
	for name, test := range map[string]struct {
		change func(*config)
		want   string
	}{
		"the page alone":             {func(*config) {}, ""},
		"on Discord":                 {func(c *config) { c.Discord.Token = "token" }, usual},
		"on Slack":                   {func(c *config) { c.Slack.BotToken = "xoxb-token" }, usual},
		"where it is set":            {func(c *config) { c.Discord.Token, c.Store.Address = "token", "other.db" }, "other.db"},
		"where it is set for a page": {func(c *config) { c.Store.Address = "other.db" }, "other.db"},
		"where there is to be none":  {func(c *config) { c.Discord.Token, c.Store.Address = "token", noStore }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", state)
			c := defaultConfig()
			test.change(c)
			if got := c.storeAddress(); got != test.want {
				t.Errorf("it is %q, want %q", got, test.want)
			}
		})
	}
}

func TestSubscriptionsNeedNothingSetUp(t *testing.T) {
	s := newOnSlack(t, slacktest.Options{})
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	s.config.Store.Address = ""
	s.ann.Admin, s.ann.TZ = true, "Asia/Seoul"
	url, stop := s.serve(t)
	sees(t, url+"/readyz", `"phase":"ready"`)
	if text := s.ann.In(s.general).Slash("/brief", "digest subscribe 09:00 weekdays").Text(); !strings.Contains(text, "This channel is subscribed.") || !strings.Contains(text, "Asia/Seoul") {
		t.Errorf("it says %s", text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	file := filepath.Join(state, "briefbot", "briefbot.db")
	if !strings.Contains(s.log.String(), file) {
		t.Errorf("the log does not say where it is kept: %s", s.log.String())
	}
	// Whoever looks into it needs neither its address nor a token of the bot.
	place := "slack/" + s.workspace.ID
	for _, look := range []struct {
		args []string
		want string
	}{
		{[]string{"digest", "list"}, place + "  1 active\n"},
		{[]string{"digest", "list", place}, place + "/" + s.general.ID + "\nDigests of this channel\n  - Digest 1: 09:00, Monday to Friday, Asia/Seoul"},
		{[]string{"digest", "explain", place + "/" + s.general.ID}, "No digest has been sent yet."},
		{[]string{"digest", "explain", place + "/" + s.general.ID, "1"}, "Time zone: Asia/Seoul"},
		{[]string{"digest", "history", place + "/" + s.general.ID}, "Nothing has come due yet."},
		{[]string{"gaps"}, "No question is known that was not answered."},
		{[]string{"backup", filepath.Join(state, "a.backup")}, "The store is saved"},
	} {
		var out strings.Builder
		p := &program{in: strings.NewReader(""), out: &out, err: &s.log, now: time.Now}
		if code := p.run(t.Context(), look.args); code != 0 || !strings.Contains(out.String(), look.want) {
			t.Errorf("%v ends with %d and says %s", look.args, code, out.String())
		}
		if strings.Contains(out.String(), s.ann.ID) {
			t.Errorf("%v says who subscribed", look.args)
		}
	}
	// A number that is not there is one.
	if code := s.program().run(t.Context(), []string{"digest", "history", place + "/" + s.general.ID, "7"}); code != 1 || !strings.Contains(s.log.String(), "There is no digest 7 here. There are: 1.") {
		t.Errorf("it ends with %d: %s", code, s.log.String())
	}
}

// In an image without a home there is nowhere to keep anything: it works all
// the same, and says once what is missing.
func TestWithoutAPlaceForTheStoreItIsInMemory(t *testing.T) {
	d := newOnDiscord(t, discordtest.Options{})
	nowhere := filepath.Join(t.TempDir(), "file")
	writeFile(t, nowhere, "not a folder")
	t.Setenv("XDG_STATE_HOME", nowhere)
	d.config.Store.Address = ""
	_, stop := d.serve(t)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(d.log.String(), "there is no folder to keep a store in"); n != 1 {
		t.Errorf("it is said %d times: %s", n, d.log.String())
	}
}
