package slacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sample reads what Slack's own libraries recorded of a payload.
func sample(tb testing.TB, name string) object {
	tb.Helper()
	folder, err := specsFolder("")
	if err != nil {
		tb.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "slack-events", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	var decoded object
	if err := json.Unmarshal(text, &decoded); err != nil {
		tb.Fatal(err)
	}
	return decoded
}

// foreign lists what a payload has that its sample lacks or has of another
// kind. Where the sample does not go on, nothing is compared.
func foreign(path string, got, sample any) []string {
	if got == nil || sample == nil {
		return nil
	}
	switch sample := sample.(type) {
	case object:
		if len(sample) == 0 {
			return nil
		}
		o, isObject := got.(object)
		if !isObject {
			return []string{fmt.Sprintf("%s is a %T", path, got)}
		}
		var all []string
		for _, key := range slices.Sorted(maps.Keys(o)) {
			inner, known := sample[key]
			if !known {
				all = append(all, path+"."+key+" is unknown")
				continue
			}
			all = append(all, foreign(path+"."+key, o[key], inner)...)
		}
		return all
	case []any:
		list, isArray := got.([]any)
		if !isArray {
			return []string{fmt.Sprintf("%s is a %T", path, got)}
		}
		if len(sample) == 0 || path == "payload.event.blocks" || strings.HasSuffix(path, ".blocks") || strings.HasSuffix(path, ".actions") {
			return nil // one sample shows all kinds of blocks in one list
		}
		var all []string
		for i, one := range list {
			all = append(all, foreign(fmt.Sprintf("%s[%d]", path, i), one, sample[0])...)
		}
		return all
	}
	if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", sample) {
		return []string{fmt.Sprintf("%s is a %T and not a %T", path, got, sample)}
	}
	return nil
}

// newer are keys that Slack sends by now and its samples do not know yet:
// https://docs.slack.dev/reference/events
func newer() []string {
	return []string{
		"payload.context_team_id", "payload.context_enterprise_id", "payload.event.hidden", "payload.event.channel_type", "payload.event.event_ts",
		"payload.event.team", "payload.event.parent_user_id", "payload.event.message.team", "payload.event.previous_message.team",
		"payload.event.message.reply_users", "payload.event.previous_message.reply_users", "payload.event.app_id", "payload.event.view.blocks", "payload.view.blocks", "payload.state",
		"payload.action_ts", "payload.message.client_msg_id", "payload.message.app_id",
	}
}

func TestPayloadsHaveTheShapeOfSlacksSamples(t *testing.T) {
	s := New(t, Options{RespondWithin: 300 * time.Millisecond})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	got := map[string][]object{}
	e := serve(t, s, nil)
	record := make(chan object, 100)
	e.answer = func(w http.ResponseWriter, _ *http.Request, payload object) {
		if payload["type"] == "block_suggestion" {
			w.Header().Set("Content-Type", contentJSON)
			_, _ = w.Write([]byte(`{"options":[]}`))
		}
		record <- payload
	}
	ann := ws.AddUser("Ann", "en-US")
	here := ann.In(channel)
	b := newWeb(t, s, ws.Token())

	asked := here.Say("<@bot> x")
	here.Thread(asked).Say("<@bot> y")
	here.Edit(asked, "<@bot> z")
	here.React(asked, "thumbsup")
	here.Unreact(asked, "thumbsup")
	ws.AddApp("Other").In(channel).Say("beep")
	here.Webhook("hook")
	here.Unfurl(asked)
	gone := here.Say("gone")
	here.Delete(gone)
	b.must("chat.postMessage", with(card("answer", "B"), object{"channel": channel.ID}))
	ann.DM().Say("hello")
	ann.Assistant(channel).Look(channel)
	b.must("views.publish", object{"user_id": ann.ID, "view": object{"type": "home", "blocks": []any{actions(button("H"))}}})
	_ = ann.OpenHome()
	channel.Rename("renamed")
	channel.Kick()
	channel.Invite()
	channel.Archive()
	channel.Unarchive()
	messages := s.Messages(channel)
	_ = here.On(messages[len(messages)-1]).Click("B")
	_ = here.Shortcut("ask", asked)
	channel.Delete()
	ws.Uninstall()
	if !s.Await(5*time.Second, func() bool { return !slices.ContainsFunc(s.Deliveries(), func(d Delivery) bool { return !d.Acked }) }) {
		t.Fatal("not all is delivered")
	}
	close(record)
	for payload := range record {
		kind := asString(payload["type"])
		if event := asObject(payload["event"]); event != nil {
			kind = asString(event["type"])
			if subtype := asString(event["subtype"]); subtype != "" {
				kind += "/" + subtype
			}
			if kind == "message" && event["bot_id"] != nil {
				kind += " of a bot"
			}
		}
		got[kind] = append(got[kind], payload)
	}
	for kind, name := range map[string]string{
		"app_mention": "AppMentionPayload", "message": "MessagePayload", "message of a bot": "MessagePayload", "message/bot_message": "MessageBotPayload",
		"message/message_changed": "MessageChangedPayload", "message/message_deleted": "MessageDeletedPayload",
		"reaction_added": "ReactionAddedPayload", "reaction_removed": "ReactionRemovedPayload", "app_home_opened": "AppHomeOpenedPayload",
		"channel_rename": "ChannelRenamePayload", "channel_archive": "ChannelArchivePayload", "channel_unarchive": "ChannelUnarchivePayload",
		"channel_deleted": "ChannelDeletedPayload", "member_joined_channel": "MemberJoinedChannelPayload", "member_left_channel": "MemberLeftChannelPayload",
		"app_uninstalled": "AppUninstalledPayload", "tokens_revoked": "TokensRevokedPayload",
		"block_actions": "app-backend/interactive-components/BlockActionPayload", "message_action": "app-backend/interactive-components/MessageShortcutPayload",
	} {
		if len(got[kind]) == 0 {
			t.Errorf("no %s came; there are %v", kind, slices.Sorted(maps.Keys(got)))
		}
		for _, payload := range got[kind] {
			for _, wrong := range foreign("payload", payload, sample(t, name)) {
				path, _, _ := strings.Cut(wrong, " ")
				if !slices.Contains(newer(), path) {
					t.Errorf("%s: %s", kind, wrong)
				}
			}
		}
	}
	for _, kind := range []string{"assistant_thread_started", "assistant_thread_context_changed"} { // of which there are no samples
		if len(got[kind]) != 1 {
			t.Errorf("%d %s came", len(got[kind]), kind)
		}
	}
}

func TestACommandHasTheShapeOfSlacksSample(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	request := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general")).SlashRequest("/brief", "x")
	form, err := url.ParseQuery(string(request.Body))
	if err != nil {
		t.Fatal(err)
	}
	known := sample(t, "app-backend/slash-commands/SlashCommandPayload")
	for key := range form {
		if _, is := known[key]; !is {
			t.Errorf("%s is unknown", key)
		}
	}
	direct, _ := url.ParseQuery(string(ws.users[1].DM().SlashRequest("/brief", "x").Body))
	if form.Get("channel_name") != "general" || direct.Get("channel_name") != "directmessage" {
		t.Errorf("channels are named %q and %q", form.Get("channel_name"), direct.Get("channel_name"))
	}
	for _, key := range []string{"team_id", "channel_id", "user_id", "command", "text", "response_url", "trigger_id"} {
		if form.Get(key) == "" {
			t.Errorf("%s is missing", key)
		}
	}
}
