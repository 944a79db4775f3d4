package slack

import (
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// here returns the subscriptions of a channel.
func (w *world) here(t *testing.T, c *slacktest.Channel) []digest.Subscription {
	t.Helper()
	all, err := w.subscriptions.InChannel(t.Context(), bot.Place{Platform: Platform, Workspace: w.workspace.ID, Channel: c.ID})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestManagersSubscribeTheirChannels(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ann.Admin, w.ann.TZ = true, "Europe/Berlin"
		says(t, w.bao.In(w.general).Slash("/brief", "推送 订阅 09:00 工作日").Message, "频道创建者或工作区管理员")
		set := w.ann.In(w.general).Slash("/brief", "digest subscribe 09:00 weekdays topics:trade lang:zh")
		says(t, set.Message, "This channel is subscribed.", "Monday to Friday", "trade", "简体中文", "Europe/Berlin", "UTC+2", "of your profile")
		if all := w.here(t, w.general); len(all) != 1 || all[0].Creator != w.ann.ID || all[0].Place.Thread != "" {
			t.Fatalf("there are %+v", all)
		}
		says(t, w.bao.In(w.general).Slash("/brief", "digest").Message, "推送 1", "周一至周五")
		says(t, w.ann.In(w.general).Slash("/brief", "digest stop").Message, `"digest" has no "stop"`)
		// A mention is answered in private.
		w.ann.In(w.general).Say("<@bot> digest pause")
		awaits(t, "it is not paused", func() bool { return w.here(t, w.general)[0].State == digest.Paused })
	})
}

func TestWhoManagesAChannel(t *testing.T) {
	w := begin(t, Socket, nil)
	admin, creator, member := w.workspace.AddUser("admin", "en-US"), w.workspace.AddUser("creator", "en-US"), w.workspace.AddUser("member", "en-US")
	admin.Admin = true
	w.general.CreatedBy(creator)
	foreign, guest := w.workspace.AddUser("foreign", "en-US"), w.workspace.AddUser("guest", "en-US")
	foreign.Admin, foreign.From = true, "T0ELSEWHERE"
	guest.Guest = true
	elsewhere := w.workspace.AddPrivate("elsewhere")
	for name, test := range map[string]struct {
		managers Managers
		user     *slacktest.User
		channel  string
		want     bool
	}{
		"an admin":                            {"", admin, w.general.ID, true},
		"the creator":                         {"", creator, w.general.ID, true},
		"a member":                            {"", member, w.general.ID, false},
		"an admin of another workspace":       {"", foreign, w.general.ID, false},
		"a guest":                             {"", guest, w.general.ID, false},
		"an admin where only creators manage": {ByCreator, admin, w.general.ID, false},
		"the creator where only they do":      {ByCreator, creator, w.general.ID, true},
		"a member where members manage":       {ByMembers, member, w.general.ID, true},
		"whoever talks to the bot":            {ByCreator, member, "D024BE91L", true},
		"a member of another channel":         {ByAdmins, member, elsewhere.ID, false},
		"a channel that the bot does not see": {ByAdmins, member, "C0NOWHERE", false},
	} {
		t.Run(name, func(t *testing.T) {
			w.adapter.Managers = test.managers
			if got, err := w.adapter.asker(w.workspace.ID, test.channel, test.user.ID).Manages(t.Context()); got != test.want || err != nil {
				t.Errorf("manages %v, %v", got, err)
			}
		})
	}
}

// Whoever was an admin is none for long after.
func TestAnAdminIsLookedUpAnew(t *testing.T) {
	w := begin(t, Socket, nil)
	w.ann.Admin = true
	asked := w.adapter.asker(w.workspace.ID, w.general.ID, w.ann.ID)
	if manages, err := asked.Manages(t.Context()); !manages || err != nil {
		t.Fatalf("manages %v, %v", manages, err)
	}
	w.ann.Admin = false
	now := w.adapter.people.now
	w.adapter.people.now = func() time.Time { return now().Add(adminLife) }
	if manages, err := asked.Manages(t.Context()); manages || err != nil {
		t.Errorf("manages %v, %v", manages, err)
	}
}

// What somebody else wrote is asked about, never done; nor is anything done
// once more to share it.
func TestAMessageOfSomebodyElseIsNoCommandOfManagers(t *testing.T) {
	w := begin(t, Socket, nil)
	w.ann.Admin = true
	trap := w.bao.In(w.general).Say("/digest subscribe 09:00")
	says(t, w.ann.In(w.general).Shortcut("ask_about", trap).Message, "does nothing here")
	said := w.adapter.shared(t.Context(), pressed{
		press: press{does: share, lang: content.English, action: bot.Action{Command: "digest subscribe", Args: map[string]string{"times": "09:00"}}},
		team:  w.workspace.ID, user: w.ann.ID, channel: w.general.ID,
	})
	if said.Err == nil || said.Err.Kind != bot.Denied {
		t.Errorf("to share it says %+v", said.Message)
	}
	if all := w.here(t, w.general); len(all) != 0 {
		t.Errorf("there are %+v", all)
	}
}

func TestNumbersInTheThreadOfADigest(t *testing.T) {
	w := begin(t, Socket, nil)
	w.ann.Admin = true
	w.ann.In(w.general).Slash("/brief", "digest subscribe 09:00")
	ref := content.Ref{Briefing: "harbour-forum-2031", Entry: "closing-words"}
	parent := w.ann.In(w.general).Say("<@bot> who won the chess match") // as a digest stands, with the bot in its thread
	w.answer(t, parent)
	w.subscriptions.Deliver(digest.Occurrence{Subscription: w.here(t, w.general)[0].ID, State: digest.Sent}, []digest.Carried{{Number: 3, Ref: ref}}, parent.TS)
	says(t, w.answer(t, w.bao.In(w.general).Thread(parent).Say("第三条")), "闭幕致辞")
	says(t, w.answer(t, w.ann.In(w.general).Thread(parent).Say("3")), "Closing words")
}
