package slacktest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhereTheAppMaySpeak(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name  string
		where func(ws *Workspace) string // returns a channel
		code  string
	}{
		{"a channel that it is in", func(ws *Workspace) string { return ws.AddChannel("a").ID }, ""},
		{"a private channel that it is in", func(ws *Workspace) string { return ws.AddPrivate("a").ID }, ""},
		{"a channel that it is not in", func(ws *Workspace) string { return ws.AddChannelWithout("a").ID }, "not_in_channel"},
		{"a channel that it was removed from", func(ws *Workspace) string { c := ws.AddChannel("a"); c.Kick(); return c.ID }, "not_in_channel"},
		{"a channel that it came back to", func(ws *Workspace) string { c := ws.AddChannel("a"); c.Kick(); c.Invite(); return c.ID }, ""},
		{"a private channel that it was removed from", func(ws *Workspace) string { c := ws.AddPrivate("a"); c.Kick(); return c.ID }, "channel_not_found"},
		{"an archived channel", func(ws *Workspace) string { c := ws.AddChannel("a"); c.Archive(); return c.ID }, "is_archived"},
		{"a channel back in use", func(ws *Workspace) string { c := ws.AddChannel("a"); c.Archive(); c.Unarchive(); return c.ID }, ""},
		{"a deleted channel", func(ws *Workspace) string { c := ws.AddChannel("a"); c.Delete(); return c.ID }, "channel_not_found"},
		{"nowhere", func(*Workspace) string { return "C0NOWHERE" }, "channel_not_found"},
		{"a direct conversation", func(ws *Workspace) string { return ws.AddUser("Ann", "en-US").DM().Channel().ID }, ""},
		{"a user", func(ws *Workspace) string { return ws.AddUser("Ann", "en-US").ID }, ""},
		{"a bot", func(ws *Workspace) string { return ws.AddApp("Other").ID }, "channel_not_found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(t, Options{Specs: specs})
			ws := s.AddWorkspace("W")
			id := test.where(ws)
			r := newWeb(t, s, ws.Token()).call("chat.postMessage", object{"channel": id, "text": "x"})
			if r.code() != test.code {
				t.Errorf("answered %s", r.text)
			}
		})
	}
}

func TestTSAreUniqueAndRise(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := New(t, Options{Now: clock.Now, After: clock.After, Limits: Limits{Off: true}})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	last := ""
	for range 20 {
		ts := asString(b.must("chat.postMessage", object{"channel": channel.ID, "text": "x"})["ts"])
		if ts <= last || len(ts) != len("1234567890.000100") || !strings.HasPrefix(ts, "1764028800.") {
			t.Fatalf("%s after %s", ts, last)
		}
		last = ts
	}
}

func TestHistoryIsPagedBoundedAndShowsMetadataOnRequest(t *testing.T) {
	s := New(t, Options{Limits: Limits{Off: true}})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	var all []string
	for i := range 7 {
		r := b.must("chat.postMessage", object{
			"channel": channel.ID, "text": fmt.Sprint("m", i), "metadata": object{"event_type": "digest", "event_payload": object{"n": i}},
		})
		all = append(all, asString(r["ts"]))
	}
	b.must("chat.postMessage", object{"channel": channel.ID, "text": "a reply", "thread_ts": all[6]})
	newest := slices.Clone(all)
	slices.Reverse(newest)
	for _, test := range []struct {
		name string
		args object
		want []string
	}{
		{"all, without replies", object{}, newest},
		{"the newest", object{"limit": "2"}, newest[:2]},
		{"later than", object{"oldest": all[4]}, newest[:2]},
		{"not earlier than", object{"oldest": all[4], "inclusive": "true"}, newest[:3]},
		{"earlier than", object{"latest": all[2]}, newest[5:]},
		{"not later than", object{"latest": all[2], "inclusive": "1"}, newest[4:]},
		{"between", object{"oldest": all[1], "latest": all[4]}, newest[3:5]},
		{"since a second", object{"oldest": "1"}, newest},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, m := range asArray(b.form("conversations.history", with(test.args, object{"channel": channel.ID})).body["messages"]) {
				got = append(got, asString(asObject(m)["ts"]))
				if asObject(m)["metadata"] != nil {
					t.Error("metadata without a request")
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, not %v", got, test.want)
			}
		})
	}
	cursor, got := "", []string{}
	for pages := 1; ; pages++ {
		r := b.form("conversations.history", object{"channel": channel.ID, "limit": "3", "cursor": cursor, "include_all_metadata": "true"}).body
		for _, m := range asArray(r["messages"]) {
			got = append(got, asString(asObject(m)["ts"]))
			if asObject(asObject(m)["metadata"])["event_type"] != "digest" {
				t.Errorf("no metadata in %v", m)
			}
		}
		cursor = asString(asObject(r["response_metadata"])["next_cursor"])
		if r["has_more"] != (cursor != "") {
			t.Errorf("has_more is %v with the cursor %q", r["has_more"], cursor)
		}
		if cursor == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if !slices.Equal(got, newest) {
		t.Errorf("over pages: %v", got)
	}
}

func TestHistoryCanBeLimitedAsForAppsOutsideTheMarketplace(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := New(t, Options{Now: clock.Now, After: clock.After, LimitedHistory: true, Limits: Limits{Channel: Rate{Calls: 100, Per: time.Second}}})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	for range 20 {
		b.must("chat.postMessage", object{"channel": channel.ID, "text": "x"})
	}
	r := b.form("conversations.history", object{"channel": channel.ID, "limit": "100"})
	if n := len(asArray(r.body["messages"])); n != 15 {
		t.Errorf("%d messages", n)
	}
	if r = b.form("conversations.history", object{"channel": channel.ID}); r.status != 429 || r.header.Get("Retry-After") != "60" {
		t.Errorf("the second call: %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	clock.Advance(time.Minute)
	if r = b.form("conversations.history", object{"channel": channel.ID}); r.body["ok"] != true {
		t.Errorf("a minute later: %s", r.text)
	}
}

func TestThreadsHoldRepliesAndMayBeBroadcast(t *testing.T) {
	s := collecting(t, Options{Limits: Limits{Off: true}})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	asked := ws.AddUser("Ann", "en-US").In(channel).Say("x")
	in := func(more object) object {
		return with(object{"channel": channel.ID, "text": "y", "thread_ts": asked.TS}, more)
	}
	first := asString(b.must("chat.postMessage", in(nil))["ts"])
	b.must("chat.postMessage", in(object{"reply_broadcast": true}))
	if r := b.call("chat.postMessage", in(object{"thread_ts": first})); r.code() != "invalid_thread_ts" || len(s.Violations()) != 1 {
		t.Errorf("a thread below a reply: %s, %v", r.text, s.Violations())
	}
	if r := b.call("chat.postMessage", in(object{"thread_ts": "1234567890.000100"})); r.code() != "thread_not_found" {
		t.Errorf("a thread of nothing: %s", r.text)
	}
	if r := b.call("chat.postMessage", in(object{"thread_ts": nil, "reply_broadcast": true})); r.code() != "invalid_arguments" {
		t.Errorf("a broadcast of nothing: %s", r.text)
	}
	replies := asArray(b.form("conversations.replies", object{"channel": channel.ID, "ts": asked.TS}).body["messages"])
	if len(replies) != 3 || asObject(replies[0])["ts"] != asked.TS || asInt(asObject(replies[0])["reply_count"]) != 2 {
		t.Errorf("the thread: %v", replies)
	}
	if top := asArray(b.form("conversations.history", object{"channel": channel.ID}).body["messages"]); len(top) != 2 {
		t.Errorf("%d stand in the channel, not the question and the broadcast", len(top))
	}
	link := asString(b.form("chat.getPermalink", object{"channel": channel.ID, "message_ts": first}).body["permalink"])
	if !strings.Contains(link, "/archives/"+channel.ID+"/p"+strings.ReplaceAll(first, ".", "")) || !strings.Contains(link, "thread_ts="+asked.TS) {
		t.Errorf("the link is %s", link)
	}
}

func TestMessagesChangeAndGo(t *testing.T) {
	s := New(t, Options{Limits: Limits{Off: true}})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	ann := ws.AddUser("Ann", "en-US").In(channel)
	asked := ann.Say("x")
	post := func() object {
		return object{"channel": channel.ID, "ts": b.must("chat.postMessage", with(card("y", "Button"), object{"channel": channel.ID}))["ts"]}
	}
	at := post()
	b.must("chat.update", with(card("z"), at))
	if m := s.Messages(channel)[1]; m.Text() != "z" || m.Edits != 1 || len(m.Buttons()) != 0 || !strings.Contains(string(m.JSON), `"edited"`) {
		t.Errorf("after the update: %s", m.JSON)
	}
	for _, test := range []struct {
		name, method string
		args         object
		code         string
	}{
		{"the update of another's", "chat.update", object{"channel": channel.ID, "ts": asked.TS, "text": "x"}, "cant_update_message"},
		{"the update of nothing", "chat.update", object{"channel": channel.ID, "ts": "1234567890.000100", "text": "x"}, "message_not_found"},
		{"the deletion of another's", "chat.delete", object{"channel": channel.ID, "ts": asked.TS}, "cant_delete_message"},
		{"the deletion", "chat.delete", at, ""},
		{"the deletion of what is gone", "chat.delete", at, "message_not_found"},
	} {
		if r := b.call(test.method, test.args); r.code() != test.code {
			t.Errorf("%s: %s", test.name, r.text)
		}
	}
	parent := post()
	ann.Thread(s.Messages(channel)[1]).Say("a reply")
	b.must("chat.delete", parent)
	top := asArray(b.form("conversations.history", object{"channel": channel.ID}).body["messages"])
	if len(top) != 2 || asObject(top[0])["subtype"] != "tombstone" {
		t.Errorf("a deleted parent leaves %v", top)
	}
}

func TestWhatIsSaidToOneUserStandsNowhereElse(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddPrivate("secret")
	ann, bob := ws.AddUser("Ann", "en-US"), ws.AddUser("Bob", "en-US")
	channel.Join(ann)
	b := newWeb(t, s, ws.Token())
	b.must("chat.postEphemeral", with(card("psst", "Sources"), object{"channel": channel.ID, "user": ann.ID}))
	if w := ann.Whispers(); len(w) != 1 || w[0].Text() != "psst" || !w[0].Ephemeral || len(s.Messages(channel)) != 0 {
		t.Errorf("whispers are %v", w)
	}
	if r := b.call("chat.postEphemeral", object{"channel": channel.ID, "user": bob.ID, "text": "x"}); r.code() != "user_not_in_channel" {
		t.Errorf("to somebody who is not there: %s", r.text)
	}
}

func TestReactionsAreCountedOnce(t *testing.T) {
	s := collecting(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	ann := ws.AddUser("Ann", "en-US").In(channel)
	asked := ann.Say("x")
	args := object{"channel": channel.ID, "timestamp": asked.TS, "name": "eyes"}
	b.must("reactions.add", args)
	ann.React(asked, "eyes")
	if r := b.call("reactions.add", args); r.code() != "already_reacted" {
		t.Errorf("again: %s", r.text)
	}
	if r := b.call("reactions.add", with(args, object{"name": ":eyes:"})); r.code() != "invalid_name" {
		t.Errorf("with colons: %s", r.text)
	}
	got := asObject(b.form("reactions.get", object{"channel": channel.ID, "timestamp": asked.TS}).body["message"])
	if r := asObject(asArray(got["reactions"])[0]); asInt(r["count"]) != 2 {
		t.Errorf("reactions are %v", got["reactions"])
	}
}

func TestWhoAndWhereIsToldByTheReadingMethods(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("Work Space")
	open, secret := ws.AddChannel("open"), ws.AddPrivate("secret")
	ann := ws.AddUser("Ann", "zh-CN")
	open.CreatedBy(ann)
	secret.Kick()
	b := newWeb(t, s, ws.Token())
	user := asObject(b.form("users.info", object{"user": ann.ID, "include_locale": "true"}).body["user"])
	if user["locale"] != "zh-CN" || user["tz"] != "Asia/Shanghai" || asInt(user["tz_offset"]) != 8*3600 {
		t.Errorf("users.info says %v", user)
	}
	info := asObject(b.form("conversations.info", object{"channel": open.ID}).body["channel"])
	if info["creator"] != ann.ID || info["is_member"] != true || info["is_private"] != false {
		t.Errorf("conversations.info says %v", info)
	}
	if r := b.form("conversations.info", object{"channel": secret.ID}); r.code() != "channel_not_found" {
		t.Errorf("of a private channel: %s", r.text)
	}
	ids := asArray(b.form("conversations.members", object{"channel": open.ID}).body["members"])
	if len(ids) != 2 || !slices.Contains(ids, any(ann.ID)) {
		t.Errorf("members are %v", ids)
	}
	list := asArray(b.form("conversations.list", object{"types": "public_channel,private_channel"}).body["channels"])
	if len(list) != 1 || asObject(list[0])["id"] != open.ID {
		t.Errorf("the list is %v", list)
	}
	im := asObject(b.call("conversations.open", object{"users": ann.ID}).body["channel"])
	if im["id"] != ann.DM().Channel().ID {
		t.Errorf("opened %v", im)
	}
	if team := asObject(b.form("team.info", nil).body["team"]); team["name"] != "Work Space" || team["domain"] != "work-space" {
		t.Errorf("team.info says %v", team)
	}
	clock := NewClock(time.Unix(1764028800, 0))
	if r := newWeb(t, New(t, Options{Now: clock.Now, After: clock.After}), "").call("auth.test", nil); r.header.Get("Date") != "Tue, 25 Nov 2025 00:00:00 GMT" {
		t.Errorf("the date is %s", r.header.Get("Date"))
	}
	me := b.must("auth.test", nil)
	if bot := asObject(b.form("bots.info", object{"bot": asString(me["bot_id"])}).body["bot"]); bot["app_id"] != s.AppID() {
		t.Errorf("bots.info says %v", bot)
	}
}

func TestHomesAreGuardedByHashAndTriggersExpire(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After})
	ws := s.AddWorkspace("W")
	ann := ws.AddUser("Ann", "en-US")
	b := newWeb(t, s, ws.Token())
	home := object{"type": "home", "blocks": []any{section("x")}}
	first := asObject(b.must("views.publish", object{"user_id": ann.ID, "view": home})["view"])
	b.must("views.publish", object{"user_id": ann.ID, "view": home, "hash": first["hash"]})
	if r := b.call("views.publish", object{"user_id": ann.ID, "view": home, "hash": first["hash"]}); r.code() != "hash_conflict" {
		t.Errorf("with an old hash: %s", r.text)
	}
	modal := object{"type": "modal", "title": plain("T"), "blocks": []any{section("x")}}
	here := ann.In(ws.AddChannel("general"))
	late, soon := here.slash("/brief", "").trigger, ""
	clock.Advance(4 * time.Second)
	if r := b.call("views.open", object{"trigger_id": late, "view": modal}); r.code() != "expired_trigger_id" {
		t.Errorf("after 4 seconds: %s", r.text)
	}
	soon = here.slash("/brief", "").trigger
	opened := asObject(b.must("views.open", object{"trigger_id": soon, "view": modal})["view"])
	if r := b.call("views.open", object{"trigger_id": soon, "view": modal}); r.code() != "exchanged_trigger_id" {
		t.Errorf("a second time: %s", r.text)
	}
	b.must("views.update", object{"view_id": opened["id"], "view": modal})
	if r := b.call("views.update", object{"view_id": "V0NONE", "view": modal}); r.code() != "not_found" {
		t.Errorf("of no view: %s", r.text)
	}
}

func TestWhatTheAppIsTold(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name string
		do   func(ws *Workspace, c *Channel, b *web)
		want []string
	}{
		{"a mention is told twice", func(ws *Workspace, c *Channel, _ *web) { ws.users[1].In(c).Say("<@bot> x") }, []string{"message", "app_mention"}},
		{"a message without one", func(ws *Workspace, c *Channel, _ *web) { ws.users[1].In(c).Say("x") }, []string{"message"}},
		{"another bot's mention", func(ws *Workspace, c *Channel, _ *web) { ws.AddApp("Other").In(c).Say("<@bot> x") }, []string{"message", "app_mention"}},
		{"the app's own message", func(_ *Workspace, c *Channel, b *web) {
			b.must("chat.postMessage", object{"channel": c.ID, "text": "x"})
		}, []string{"message"}},
		{"the app's mention of itself", func(ws *Workspace, c *Channel, b *web) {
			ws.s.AllowMentions(1)
			b.must("chat.postMessage", object{"channel": c.ID, "text": "<@" + ws.bot.ID + ">"})
		}, []string{"message"}},
		{"a direct mention", func(ws *Workspace, _ *Channel, _ *web) { ws.users[1].DM().Say("<@bot> x") }, []string{"message"}},
		{"what happens where it is not", func(ws *Workspace, _ *Channel, _ *web) {
			ws.users[1].In(ws.AddChannelWithout("other")).Say("<@bot> x")
		}, nil},
		{"what happens where it was uninstalled", func(ws *Workspace, c *Channel, _ *web) {
			ws.Uninstall()
			ws.users[1].In(c).Say("<@bot> x")
		}, []string{"tokens_revoked", "app_uninstalled"}},
		{"an ephemeral message", func(ws *Workspace, c *Channel, b *web) {
			b.must("chat.postEphemeral", object{"channel": c.ID, "user": ws.users[1].ID, "text": "x"})
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(t, Options{Specs: specs})
			ws := s.AddWorkspace("W")
			ws.AddUser("Ann", "en-US")
			test.do(ws, ws.AddChannel("general"), newWeb(t, s, ws.Token()))
			var got []string
			for _, d := range s.Deliveries() {
				got = append(got, d.Type)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("told %v", got)
			}
		})
	}
}

func TestNoEphemeralMessageComesBack(t *testing.T) {
	s := New(t, Options{RespondWithin: 200 * time.Millisecond})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	ann := ws.AddUser("Ann", "en-US")
	b := newWeb(t, s, ws.Token())
	b.must("chat.postEphemeral", with(card("psst", "B"), object{"channel": channel.ID, "user": ann.ID}))
	b.must("chat.postMessage", with(card("aloud", "B"), object{"channel": channel.ID}))
	for name, m := range map[string]*Message{"ephemeral": ann.Whispers()[0], "aloud": s.Messages(channel)[0]} {
		in := ann.In(channel).On(m).action(object{"type": "button", "action_id": "press:B"}, nil)
		container := asObject(in.payload["container"])
		if container["is_ephemeral"] != (name == "ephemeral") || (in.payload["message"] == nil) != (name == "ephemeral") {
			t.Errorf("%s: %v", name, in.payload)
		}
	}
}

func TestTheAssistantsPaneIsAThread(t *testing.T) {
	s := collecting(t, Options{})
	ws := s.AddWorkspace("W")
	pane := ws.AddUser("Ann", "en-US").Assistant(ws.AddChannel("general"))
	b := newWeb(t, s, ws.Token())
	at := object{"channel_id": pane.Channel().ID, "thread_ts": pane.thread}
	b.must("assistant.threads.setStatus", with(at, object{"status": "is looking"}))
	b.must("assistant.threads.setTitle", with(at, object{"title": "Four points"}))
	prompt := object{"title": "Four points", "message": "四点建议"}
	b.must("assistant.threads.setSuggestedPrompts", with(at, object{"prompts": []any{prompt}}))
	for name, prompts := range map[string][]any{"none": {}, "five": many(5, prompt), "one without message": {object{"title": "x"}}} {
		if r := b.call("assistant.threads.setSuggestedPrompts", with(at, object{"prompts": prompts})); r.code() != "invalid_arguments" {
			t.Errorf("%s: %s", name, r.text)
		}
	}
	if r := b.call("assistant.threads.setStatus", with(at, object{"thread_ts": "1234567890.000100", "status": "x"})); r.code() != "thread_not_found" {
		t.Errorf("no thread: %s", r.text)
	}
}

func TestManifestsAreHeldAgainstSlacksSchema(t *testing.T) {
	good := object{
		"display_information": object{"name": "Briefbot"},
		"features": object{
			"app_home": object{"home_tab_enabled": true}, "bot_user": object{"display_name": "briefbot"},
			"slash_commands": []any{object{"command": "/brief", "description": "Ask"}},
			"shortcuts":      []any{object{"name": "Ask", "type": "message", "callback_id": "ask", "description": "Ask about this"}},
		},
		"oauth_config": object{"scopes": object{"bot": []any{"chat:write", "commands", "app_mentions:read"}}},
		"settings":     object{"event_subscriptions": object{"bot_events": []any{"app_mention"}}, "socket_mode_enabled": true},
	}
	s := collecting(t, Options{Manifest: raw(good)})
	ws := s.AddWorkspace("W")
	b := newWeb(t, s, ConfigToken)
	if r := b.form("apps.manifest.validate", object{"manifest": string(raw(good))}); r.body["ok"] != true {
		t.Errorf("a good one: %s", r.text)
	}
	bad := with(good, object{"display_information": object{}})
	if r := b.form("apps.manifest.validate", object{"manifest": string(raw(bad))}); r.code() != "invalid_manifest" || len(asArray(r.body["errors"])) == 0 {
		t.Errorf("a bad one: %s", r.text)
	}
	if _, err := Start(Options{Manifest: raw(bad), Specs: s.o.Specs}); err == nil {
		t.Error("a fake starts with a bad one")
	}
	b.token = ws.Token()
	if r := b.call("auth.test", nil); r.header.Get("X-Oauth-Scopes") != "chat:write,commands,app_mentions:read" {
		t.Errorf("scopes are %q", r.header.Get("X-Oauth-Scopes"))
	}
	ann := ws.AddUser("Ann", "en-US")
	ann.In(ws.AddChannel("general")).Say("no mention")
	ann.In(ws.AddChannel("other")).Say("<@bot> a mention")
	if sent := s.Deliveries(); len(sent) != 1 || sent[0].Type != "app_mention" {
		t.Errorf("events are %+v", sent)
	}
}
