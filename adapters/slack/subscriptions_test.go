package slack

import (
	"context"
	"strings"
	"testing"

	"briefbot/adapters/slack/slacktest"
	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
)

// subscriptions are those of one workspace.
type subscriptions []digest.Subscription

func (s *subscriptions) InWorkspace(_ context.Context, _, _ string, limit int) ([]digest.Subscription, error) {
	return (*s)[:min(len(*s), limit)], nil
}

// subscribe adds a subscription of a channel to some topics.
func (s *subscriptions) subscribe(c *slacktest.Channel, state digest.State, topics ...string) {
	*s = append(*s, digest.Subscription{
		Place: bot.Place{Platform: Platform, Workspace: c.Workspace.ID, Channel: c.ID}, State: state,
		Settings: digest.Settings{Times: []digest.Clock{9 * 60, 18*60 + 5}, Zone: "Asia/Shanghai", Topics: topics},
	})
}

// The home tells what public channels subscribe to. What private ones do, and
// what nobody can look up, is told to nobody.
func TestTheHomeShowsWhatPublicChannelsSubscribeTo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		all := &subscriptions{}
		w.adapter.Subscriptions = all
		says(t, w.bao.OpenHome().Message, "本工作区的订阅", "还没有公开频道订阅推送")
		all.subscribe(w.general, digest.Active)
		all.subscribe(w.workspace.AddChannelWithout("news"), digest.Paused, "harbour-forum-2031", "<!channel> tides")
		all.subscribe(w.workspace.AddPrivate("secret"), digest.Active, "hidden-topic")
		all.subscribe(w.ann.DM().Channel(), digest.Active, "hidden-topic")
		closed := w.workspace.AddChannel("closed")
		closed.MakePrivate()
		all.subscribe(closed, digest.Active, "hidden-topic")
		*all = append(*all, digest.Subscription{Place: bot.Place{Channel: "CGONE"}, State: digest.Active})
		text := w.ann.OpenHome().Text()
		for _, want := range []string{
			"What this workspace subscribes to",
			"<#" + w.general.ID + "> · 09:00, 18:05 (Asia/Shanghai) · everything\n",
			"(Asia/Shanghai) · Harbour Forum", "<!channel> tides · paused",
		} {
			if !strings.Contains(unmarked(text), want) {
				t.Errorf("it lacks %q:\n%s", want, text)
			}
		}
		for _, secret := range []string{"hidden-topic", (*all)[2].Place.Channel, (*all)[3].Place.Channel, closed.ID, "CGONE"} {
			if strings.Contains(text, secret) {
				t.Errorf("it tells of %q:\n%s", secret, text)
			}
		}
	})
}

// Guests and people of other workspaces do not see the public channels, and
// learn nothing of them.
func TestTheHomeOfAGuestShowsNoSubscription(t *testing.T) {
	all := &subscriptions{}
	w := begin(t, HTTP, func(o *Options) { o.Subscriptions = all })
	all.subscribe(w.general, digest.Active)
	w.ann.Guest = true
	w.bao.From = "T0ELSEWHERE"
	for _, reader := range []*slacktest.User{w.ann, w.bao} {
		if text := reader.OpenHome().Text(); strings.Contains(text, w.general.ID) || strings.Contains(text, "subscribes to") || strings.Contains(text, "本工作区的订阅") {
			t.Errorf("%s reads\n%s", reader.Name, text)
		}
	}
}

// Without the scope to look at channels none of them is told of.
func TestWithoutTheScopeNoSubscriptionIsShown(t *testing.T) {
	var scopes []string
	for _, s := range Scopes(true) {
		if !strings.HasPrefix(s.Name, "channels:read") {
			scopes = append(scopes, s.Name)
		}
	}
	t.Parallel()
	all := &subscriptions{}
	w := beginWith(t, longLibrary(), slacktest.Options{Scopes: scopes}, HTTP, func(o *Options) { o.Subscriptions = all })
	all.subscribe(w.general, digest.Active)
	shown := w.ann.OpenHome()
	says(t, shown.Message, w.router.Phrases("en").T(i18n.Key("slack.home_no_subscriptions")))
	if strings.Contains(shown.Text(), w.general.ID) {
		t.Error("a channel is told of that may be private")
	}
}

// What a workspace is told stays within a view, however much it subscribes to.
func TestManySubscriptionsFitTheHome(t *testing.T) {
	all := &subscriptions{}
	w := begin(t, HTTP, func(o *Options) { o.Subscriptions = all })
	for range 40 {
		all.subscribe(w.general, digest.Stopped, strings.Repeat("long ", 50), "b", "c", "d", "e", "f")
	}
	text := w.ann.OpenHome().Text()
	if n := strings.Count(text, "stopped"); n != subscriptionsShown {
		t.Errorf("%d are shown:\n%s", n, text)
	}
}
