package slacktest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// bot is the app of these tests. It answers what comes, whatever brought it.
type bot struct {
	*web
	s *Server

	mu   sync.Mutex
	seen map[string]bool // events by id
}

func newBot(tb testing.TB, s *Server, ws *Workspace) *bot {
	return &bot{web: newWeb(tb, s, ws.Token()), s: s, seen: map[string]bool{}}
}

// event works on an event that was acknowledged.
func (b *bot) event(payload object) {
	id := asString(payload["event_id"])
	b.mu.Lock()
	again := b.seen[id]
	b.seen[id] = true
	b.mu.Unlock()
	event := asObject(payload["event"])
	switch {
	case again, event["bot_id"] != nil, event["subtype"] != nil:
	case event["type"] == "app_mention":
		thread := or(asString(event["thread_ts"]), asString(event["ts"]))
		b.must("chat.postMessage", with(card("four points", "Sources", "New", "Later"), object{"channel": event["channel"], "thread_ts": thread}))
	case event["type"] == "message" && event["channel_type"] == "im":
		b.must("chat.postMessage", with(card("in private"), object{"channel": event["channel"]}))
	case event["type"] == "app_home_opened":
		menu := object{"type": "external_select", "action_id": "find", "placeholder": plain("Find"), "min_query_length": 1}
		b.must("views.publish", object{"user_id": event["user"], "view": object{"type": "home", "blocks": []any{
			section("latest briefings"), actions(button("Refresh"), menu),
		}}})
	}
}

// command answers a slash command at once or through its response_url.
func (b *bot) command(payload object) (ack any, after func()) {
	switch asString(payload["text"]) {
	case "share":
		return with(card("for all"), object{"response_type": "in_channel"}), nil
	case "later":
		return nil, func() {
			b.answer(asString(payload["response_url"]), card("thought about it", "Sources"))
			b.answer(asString(payload["response_url"]), card("and one more"))
		}
	}
	return card("only you", "Sources"), nil
}

// interact answers what people press and pick.
func (b *bot) interact(payload object) (ack any, after func()) {
	address := asString(payload["response_url"])
	switch payload["type"] {
	case "block_suggestion":
		return object{"options": []any{option("found " + asString(payload["value"]))}}, nil
	case "message_action":
		return nil, func() { b.answer(address, card("about that message")) }
	}
	action := asObject(asArray(payload["actions"])[0])
	if view := asObject(payload["view"]); view != nil {
		words := "refreshed"
		if selected := asObject(action["selected_option"]); selected != nil {
			words = "picked " + asString(selected["value"])
		}
		user := asObject(payload["user"])["id"]
		return nil, func() {
			b.must("views.publish", object{"user_id": user, "view": object{"type": "home", "blocks": []any{section(words)}}})
		}
	}
	switch action["value"] {
	case "New":
		return nil, func() { b.answer(address, card("a new one")) }
	case "Later":
		container := asObject(payload["container"])
		return nil, func() {
			b.must("chat.update", with(card("changed later"), object{"channel": container["channel_id"], "ts": container["message_ts"]}))
		}
	}
	return nil, func() { b.answer(address, with(card("changed", "New"), object{"replace_original": true})) }
}

// overHTTP serves the bot behind signed requests.
func overHTTP(tb testing.TB, s *Server, b *bot) {
	tb.Helper()
	var work sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, err := slack.NewSecretsVerifier(r.Header, s.SigningSecret())
		if err == nil {
			_, _ = verifier.Write(body)
			err = verifier.Ensure()
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var payload object
		var ack any
		after := func() {}
		switch form, _ := url.ParseQuery(string(body)); r.URL.Path {
		case EventsPath:
			_ = json.Unmarshal(body, &payload)
			if payload["type"] == "url_verification" {
				_, _ = io.WriteString(w, asString(payload["challenge"]))
				return
			}
			after = func() { b.event(payload) }
		case CommandsPath:
			payload = object{}
			for key := range form {
				payload[key] = form.Get(key)
			}
			ack, after = b.command(payload)
		case InteractivityPath, OptionsPath:
			_ = json.Unmarshal([]byte(form.Get("payload")), &payload)
			ack, after = b.interact(payload)
		}
		if ack != nil {
			w.Header().Set("Content-Type", contentJSON)
			_ = json.NewEncoder(w).Encode(ack)
		}
		if after != nil {
			work.Go(after)
		}
	}))
	tb.Cleanup(work.Wait)
	tb.Cleanup(server.Close)
	if err := s.UseEndpoint(server.URL); err != nil {
		tb.Fatal(err)
	}
}

// quiet is a log of slack-go that says nothing.
type quiet struct{}

func (quiet) Output(int, string) error { return nil }

// overSocket serves the bot by slack-go's client of Socket Mode.
func overSocket(tb testing.TB, s *Server, b *bot) {
	tb.Helper()
	api := slack.New(b.token, slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(s.AppToken()), slack.OptionHTTPClient(b.client))
	client := socketmode.New(api, socketmode.OptionLog(quiet{}))
	ctx, cancel := context.WithCancel(tb.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = client.RunContext(ctx) })
	work.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-client.Events:
				if e.Request == nil || e.Request.EnvelopeID == "" {
					continue
				}
				var payload object
				_ = json.Unmarshal(e.Request.Payload, &payload)
				var ack any
				after := func() { b.event(payload) }
				switch e.Type {
				case socketmode.EventTypeSlashCommand:
					ack, after = b.command(payload)
				case socketmode.EventTypeInteractive:
					ack, after = b.interact(payload)
				}
				_ = client.AckCtx(ctx, e.Request.EnvelopeID, ack)
				if after != nil {
					work.Go(after)
				}
			}
		}
	})
	tb.Cleanup(work.Wait)
	tb.Cleanup(cancel)
	if !s.Connected(1, 5*time.Second) {
		tb.Fatal("no connection")
	}
}

func TestTheSameConversationRunsOverBothTransports(t *testing.T) {
	for name, connect := range map[string]func(testing.TB, *Server, *bot){"http": overHTTP, "socket": overSocket} {
		t.Run(name, func(t *testing.T) {
			s := New(t, Options{Limits: Limits{Off: true}})
			ws := s.AddWorkspace("Work Space")
			channel := ws.AddChannel("general")
			ann := ws.AddUser("Ann", "zh-CN")
			connect(t, s, newBot(t, s, ws))
			here := ann.In(channel)

			asked := here.Say("<@bot> 四点建议 <3 & more")
			if asked.Text() != "<@"+ws.Bot().ID+"> 四点建议 <3 & more" || asked.Fallback != "<@"+ws.Bot().ID+"> 四点建议 &lt;3 &amp; more" {
				t.Errorf("said %s", asked.JSON)
			}
			replies := s.Replies(asked, 3*time.Second)
			if len(replies) != 1 || replies[0].Text() != "four points" || replies[0].ThreadTS != asked.TS || replies[0].Fallback == "" {
				t.Fatalf("replies are %+v", replies)
			}
			answer := here.On(replies[0])
			changed := answer.Click("Sources")
			if changed.Text() != "changed" || changed.TS != answer.TS || changed.Edits != 1 {
				t.Errorf("after the click: %q, %d edits", changed.Text(), changed.Edits)
			}
			if fresh := changed.Click("New"); fresh.Text() != "a new one" || !fresh.Ephemeral || fresh.TS == answer.TS {
				t.Errorf("the new message: %q", fresh.Text())
			}
			if later := answer.Click("Later"); later.Text() != "changed later" || later.TS != answer.TS {
				t.Errorf("after the update: %q", later.Text())
			}
			hidden := here.Slash("/brief", "ask x")
			if hidden.Text() != "only you" || !hidden.Ephemeral {
				t.Errorf("the private answer: %q", hidden.Text())
			}
			if again := hidden.Click("Sources"); again.Text() != "changed" || !again.Ephemeral || again.TS != hidden.TS {
				t.Errorf("the private answer after a click: %q", again.Text())
			}
			shared := here.Slash("/brief", "share")
			if shared.Text() != "for all" || shared.Ephemeral || len(s.Messages(channel)) != 3 {
				t.Errorf("the shared answer: %q among %d", shared.Text(), len(s.Messages(channel)))
			}
			slow := here.Slash("/brief", "later")
			if more := slow.FollowUps(2); slow.Text() != "thought about it" || more[1].Text() != "and one more" {
				t.Errorf("the answer that came later: %q", slow.Text())
			}
			if menu := here.Shortcut("ask_about", asked); menu.Text() != "about that message" {
				t.Errorf("the shortcut: %q", menu.Text())
			}
			said := ann.DM().Say("a question")
			if direct := s.Replies(said, 3*time.Second); len(direct) != 1 || direct[0].Text() != "in private" {
				t.Errorf("the direct conversation: %v", direct)
			}
			home := ann.OpenHome()
			if home.Text() != "latest briefings" {
				t.Errorf("the home: %q", home.Text())
			}
			options := home.Options("find", "四")
			if len(options) != 1 || options[0].Label != "found 四" {
				t.Fatalf("options are %v", options)
			}
			if picked := home.Pick(options[0]); picked.Text() != "picked found 四" {
				t.Errorf("after the pick: %q", picked.Text())
			}
			if n := s.Counts(); n.Late != 0 || n.Retried != 0 || n.ResponseURLs != 6 {
				t.Errorf("counts are %+v", n)
			}
		})
	}
}
