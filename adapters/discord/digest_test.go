package discord

import (
	"encoding/json"
	"strings"
	"testing"

	"briefbot/adapters/discord/discordtest"
	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// here returns the subscriptions of a channel.
func (w *world) here(t *testing.T, c *discordtest.Channel) []digest.Subscription {
	t.Helper()
	in := bot.Place{Platform: Platform, Channel: c.ID}
	if c.Guild != nil {
		in.Workspace = c.Guild.ID
	}
	all, err := w.subscriptions.InChannel(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whoever may manage channels subscribes them; anybody else is told who may.
func TestManagersSubscribeTheirChannels(t *testing.T) {
	for _, transport := range []Transport{Gateway, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w := begin(t, transport, nil)
			at := map[string]any{"times": "09:00", "days": "weekdays", "topics": "trade", "lang": "zh-Hans"}
			says(t, w.bao.In(w.general).Slash("推送 订阅", map[string]any{"时间": "9点"}).Message, "管理频道")
			says(t, w.bao.In(w.general).Slash("digest list", nil).Message, "这里没有推送")
			w.guild.Grant(w.ann, discordtest.ManageChannels)
			set := w.ann.In(w.general).Slash("digest subscribe", at)
			says(t, set.Message, "This channel is subscribed.", "Monday to Friday", "trade", "简体中文", "UTC")
			if !set.Ephemeral {
				t.Error("everybody reads what one has set up")
			}
			if all := w.here(t, w.general); len(all) != 1 || all[0].Creator != w.ann.ID {
				t.Fatalf("there are %+v", all)
			}
			says(t, set.Click("Style: headlines").Message, "Changed.", "headlines")
			says(t, set.Click("Pause").Message, "Paused")
			says(t, w.bao.In(w.general).Slash("digest list", nil).Message, "已暂停")
			says(t, w.bao.In(w.general).Slash("digest list", nil).Click("恢复 1").Message, "管理频道") // a button is no permission
			says(t, w.ann.In(w.general).Slash("digest list", nil).Click("Resume 1").Message, "It goes on.")
			ended := w.ann.In(w.general).Slash("digest unsubscribe", nil)
			says(t, ended.Message, "Ended")
			says(t, ended.Click("Subscribe again").Message, "This channel is subscribed.")
			// A direct conversation is one's own.
			says(t, w.bao.DM().Slash("digest subscribe", at).Message, "本频道已订阅")
		})
	}
}

// A user can bring the bot to a server that it is not in. Nothing would ever
// arrive there: nobody subscribes its channels.
func TestNobodySubscribesWhereTheBotIsNot(t *testing.T) {
	w := begin(t, Gateway, nil)
	w.guild.Grant(w.ann, discordtest.ManageChannels)
	w.ann.Install()
	w.guild.Kick()
	says(t, w.ann.In(w.general).Slash("digest subscribe", map[string]any{"times": "09:00"}).Message, "once I was invited to this server")
	if all := w.here(t, w.general); len(all) != 0 {
		t.Errorf("there are %+v", all)
	}
}

// Of a message Discord tells less; the rest is looked up.
func TestManagersSubscribeByMentions(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.ManagerRoles = []string{"424242"} })
	says(t, w.answer(t, w.ann.In(w.general).Say(w.mention()+" /digest subscribe 09:00")), "Manage Channels")
	w.guild.Grant(w.ann, discordtest.ManageChannels)
	says(t, w.answer(t, w.ann.In(w.general).Say(w.mention()+" digest subscribe 09:00 zone:Tokyo")), "This channel is subscribed.", "Asia/Tokyo")
	if all := w.here(t, w.general); len(all) != 1 {
		t.Errorf("there are %+v", all)
	}
}

// A thread has no permissions of its own: whoever may not manage its channel
// does not manage it either, whatever was known of it before.
func TestOfAThreadItsChannelIsManaged(t *testing.T) {
	w := begin(t, Gateway, nil)
	w.guild.Grant(w.ann, discordtest.ManageChannels)
	thread := w.ann.In(w.general).StartThread(w.ann.In(w.general).Say("tides"), "Tides")
	writer := message{GuildID: w.guild.ID, ChannelID: thread.ID, Author: user{ID: w.ann.ID}}
	for _, known := range []channel{{ID: thread.ID, Type: threadPublic, ParentID: w.general.ID}, {ID: thread.ID}} {
		w.adapter.places.learn(known)
		if manages, err := w.adapter.writerOf(writer).Manages(t.Context()); !manages || err != nil {
			t.Errorf("known as %+v: manages %v, %v", known, manages, err)
		}
	}
	w.general.DenyEveryone(discordtest.ManageChannels)
	for _, known := range []channel{{ID: thread.ID, Type: threadPublic, ParentID: w.general.ID}, {ID: thread.ID}} {
		w.adapter.places.learn(known)
		if manages, err := w.adapter.writerOf(writer).Manages(t.Context()); manages || err != nil {
			t.Errorf("denied, and known as %+v: manages %v, %v", known, manages, err)
		}
	}
}

// What somebody else wrote is asked about, never done.
func TestAMessageOfSomebodyElseIsNoCommandOfManagers(t *testing.T) {
	w := begin(t, Gateway, nil)
	w.guild.Grant(w.ann, discordtest.ManageChannels)
	trap := w.bao.In(w.general).Say("/digest subscribe 09:00")
	says(t, w.ann.In(w.general).MessageCommand("Ask the briefings about this", trap).Message, "does nothing here")
	if all := w.here(t, w.general); len(all) != 0 {
		t.Errorf("there are %+v", all)
	}
}

func TestWhoManagesAChannel(t *testing.T) {
	a := &Adapter{Options: Options{ManagerRoles: []string{"7", "8"}}}
	in := func(guild string, context int) interaction { return interaction{GuildID: guild, Context: context} }
	with := func(in interaction, roles ...string) interaction { in.Member.Roles = roles; return in }
	by := func(in interaction, owners ...string) interaction {
		in.Owners = map[string]json.RawMessage{}
		for _, kind := range owners {
			in.Owners[kind] = json.RawMessage(`"1"`)
		}
		return in
	}
	may := func(in interaction, p uint64) interaction {
		in.Member.Permissions = permSendMessages
		if p > 0 {
			in.Member.Permissions |= 1 << p
		}
		return in
	}
	for name, test := range map[string]struct {
		in   interaction
		want bool
	}{
		"a member":                       {may(in("1", contextServer), 0), false},
		"who may manage channels":        {may(in("1", contextServer), 4), true},
		"an administrator":               {may(in("1", contextServer), 3), true},
		"with a role that stands for it": {with(in("1", contextServer), "5", "8"), true},
		"where the server has it":        {by(may(in("1", contextServer), 4), "0"), true},
		"where server and user have it":  {by(may(in("1", contextServer), 4), "0", "1"), true},
		"where only the user has it":     {by(may(in("1", contextServer), 4), "1"), false},
		"with other roles":               {with(in("1", contextServer), "5"), false},
		"alone with the bot":             {in("", contextBotDM), true},
		"in a conversation among people": {in("", contextPrivate), false},
	} {
		if got, err := a.askerOf(test.in).Manages(t.Context()); got != test.want || err != nil {
			t.Errorf("%s: manages %v, %v", name, got, err)
		}
	}
}

// A number below a digest is its entry, whether it answers the digest or
// stands in the digest's thread, and on a later page too.
func TestNumbersBelowADigest(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.MessageContent = true })
	w.guild.Grant(w.ann, discordtest.ManageChannels)
	w.ann.In(w.general).Slash("digest subscribe", map[string]any{"times": "09:00"})
	posted := w.answer(t, w.ann.In(w.general).Say(w.mention()+" who won the chess match")) // as a digest is, by the bot
	ref := content.Ref{Briefing: "harbour-forum-2031", Entry: "closing-words"}
	w.subscriptions.Deliver(digest.Occurrence{Subscription: w.here(t, w.general)[0].ID, State: digest.Sent}, []digest.Carried{{Number: 3, Ref: ref}}, posted.ID)
	says(t, w.answer(t, w.ann.In(w.general).ReplyTo(posted, "3", true)), "Closing words")
	thread := w.ann.In(w.general).StartThread(posted, "Digest")
	m := w.bao.In(thread).Say("第三条")
	w.Await(soon, func() bool { return len(w.Messages(thread)) > 1 })
	all := w.Messages(thread)
	if last := all[len(all)-1]; !strings.Contains(last.Text(), "闭幕致辞") {
		t.Errorf("%s is answered with %s", m.Content, last.Text())
	}
}
