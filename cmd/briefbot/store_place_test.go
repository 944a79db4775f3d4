package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	if _, err := os.Stat(filepath.Join(state, "briefbot", "briefbot.db")); err != nil {
		t.Error(err)
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
