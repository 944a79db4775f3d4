package discordtest

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
)

// commandsOfTest are the commands that the bot of these tests registers.
func commandsOfTest() []any {
	return []any{
		object{
			"name": "ask", "description": "Ask", "name_localizations": object{"zh-CN": "问"},
			"description_localizations": object{"zh-CN": "提问"}, "contexts": []any{0, 1, 2}, "integration_types": []any{0, 1},
			"options": []any{
				object{"type": optionString, "name": "question", "description": "what", "required": true, "autocomplete": true},
				object{"type": optionBoolean, "name": "private", "description": "who sees it"},
			},
		},
		object{"name": "digest", "description": "Digest", "options": []any{
			object{"type": optionSub, "name": "subscribe", "description": "Subscribe", "options": []any{
				object{"type": optionInteger, "name": "hour", "description": "when", "min_value": 0, "max_value": 23, "required": true},
			}},
		}},
		object{"name": "Ask the briefings", "type": commandMessage},
	}
}

// answerOf is how the bot of these tests answers an interaction, and what it
// does after.
func answerOf(b *rest, in object) (response object, after func()) {
	data := asObject(in["data"])
	hook := "/webhooks/" + asString(in["application_id"]) + "/" + asString(in["token"])
	switch asInt(in["type"]) {
	case kindPing:
		return object{"type": respondPong}, nil
	case kindAutocomplete:
		return object{"type": respondChoices, "data": object{"choices": []any{object{"name": "four points", "value": "q1"}}}}, nil
	case kindComponent:
		switch data["custom_id"] {
		case "press:Later":
			return object{"type": respondDeferUpdate}, func() { b.must("PATCH "+hook+"/messages/@original", card("changed later")) }
		case "press:New":
			return object{"type": respondMessage, "data": card("a new one")}, nil
		}
		return object{"type": respondUpdate, "data": card("changed", "New", "Later")}, nil
	}
	options := asArray(data["options"])
	switch {
	case data["name"] == "digest":
		return object{"type": respondMessage, "data": card("subscribed")}, nil
	case asInt(data["type"]) == commandMessage:
		return object{"type": respondMessage, "data": card("about that message")}, nil
	case len(options) == 2:
		return object{"type": respondMessage, "data": with(card("only you"), object{"flags": flagComponentsV2 | flagEphemeral})}, nil
	case asObject(options[0])["value"] == "slow":
		return object{"type": respondDefer}, func() {
			b.must("PATCH "+hook+"/messages/@original", card("thought about it"))
			b.must("POST "+hook, card("and one more"))
		}
	}
	return object{"type": respondMessage, "data": card("an answer", "Sources", "New")}, nil
}

// overHTTP serves the bot of these tests behind signed requests.
func overHTTP(tb testing.TB, s *Server, b *rest) {
	tb.Helper()
	key, err := hex.DecodeString(s.PublicKey())
	if err != nil {
		tb.Fatal(err)
	}
	var later sync.WaitGroup
	tb.Cleanup(later.Wait)
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signature, err := hex.DecodeString(r.Header.Get(HeaderSignature))
		if err != nil || len(signature) != ed25519.SignatureSize || !ed25519.Verify(key, append([]byte(r.Header.Get(HeaderTimestamp)), body...), signature) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var in object
		_ = json.Unmarshal(body, &in)
		response, after := answerOf(b, in)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(response)
		if after != nil {
			w.(http.Flusher).Flush()
			later.Go(after)
		}
	}))
	tb.Cleanup(bot.Close)
	if err := s.UseEndpoint(bot.URL); err != nil {
		tb.Fatal(err)
	}
}

// session opens a real session of discordgo.
func session(tb testing.TB, s *Server, intents discordgo.Intent) *discordgo.Session {
	tb.Helper()
	d, err := discordgo.New("Bot " + s.Token())
	if err != nil {
		tb.Fatal(err)
	}
	d.Identify.Intents = intents
	d.LogLevel = -1
	d.ShouldReconnectOnError = false // the library may start to reconnect twice and then does not end
	d.Client.Transport = toGateway(s.GatewayURL())
	tb.Cleanup(func() { _ = d.Close() })
	return d
}

// toGateway answers GET /gateway and refuses everything else.
type toGateway string

func (g toGateway) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/gateway") {
		return nil, http.ErrNotSupported
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"url":"` + string(g) + `"}`)), Request: r}, nil
}

// overGateway serves the bot of these tests by a session of discordgo.
func overGateway(tb testing.TB, s *Server, b *rest) {
	tb.Helper()
	d := session(tb, s, discordgo.IntentsGuilds|discordgo.IntentsGuildMessages|discordgo.IntentsDirectMessages)
	var handlers sync.WaitGroup
	tb.Cleanup(handlers.Wait)
	d.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) {
		handlers.Add(1)
		defer handlers.Done()
		if e.Type != "INTERACTION_CREATE" {
			return
		}
		var in object
		_ = json.Unmarshal(e.RawData, &in)
		response, after := answerOf(b, in)
		b.must("POST /interactions/"+asString(in["id"])+"/"+asString(in["token"])+"/callback", response)
		if after != nil {
			after()
		}
	})
	if err := d.Open(); err != nil {
		tb.Fatal(err)
	}
	if s.Ready(0, 5*time.Second) == nil {
		tb.Fatal("the session is not ready")
	}
}

func TestTheSameConversationRunsOverBothTransports(t *testing.T) {
	for name, connect := range map[string]func(testing.TB, *Server, *rest){"http": overHTTP, "gateway": overGateway} {
		t.Run(name, func(t *testing.T) {
			s := held(t, Options{})
			b := newRest(t, s)
			guild := s.AddGuild("Guild")
			channel := guild.AddChannel("general")
			ann := s.AddUser("Ann", "zh-CN")
			b.must("PUT /applications/"+s.ApplicationID()+"/commands", commandsOfTest())
			connect(t, s, b)
			here := ann.In(channel)

			if choices := here.Complete("ask", "question", "四点"); len(choices) != 1 || choices[0].Value != "q1" {
				t.Errorf("choices are %v", choices)
			}
			shown := here.Slash("问", map[string]any{"question": "四点建议"})
			if shown.Text() != "an answer" || shown.Ephemeral || len(shown.Buttons()) != 2 || shown.Kind != respondMessage {
				t.Errorf("shown is %+v", shown)
			}
			if len(s.Messages(channel)) != 1 {
				t.Error("the message does not stand in the channel")
			}
			changed := shown.Click("Sources")
			if changed.Text() != "changed" || changed.ID != shown.ID || changed.Edits != 1 {
				t.Errorf("after the click: %+v", changed)
			}
			if later := changed.Click("Later").Original(); later.Text() != "changed later" || later.ID != shown.ID {
				t.Errorf("after the deferred update: %+v", later)
			}
			if fresh := shown.Click("New"); fresh.Text() != "a new one" || fresh.ID == shown.ID {
				t.Errorf("the new message: %+v", fresh)
			}
			hidden := here.Slash("ask", map[string]any{"question": "x", "private": true})
			if !hidden.Ephemeral || hidden.Text() != "only you" {
				t.Errorf("the private answer: %+v", hidden)
			}
			slow := here.Slash("ask", map[string]any{"question": "slow"})
			if slow.Kind != respondDefer {
				t.Errorf("the deferred answer: %+v", slow)
			}
			if slow = slow.Original(); slow.Text() != "thought about it" {
				t.Errorf("the answer that was deferred: %q", slow.Text())
			}
			if more := slow.FollowUps(1); more[0].Text() != "and one more" {
				t.Errorf("the follow-up: %q", more[0].Text())
			}
			if sub := here.Slash("digest subscribe", map[string]any{"hour": 9}); sub.Text() != "subscribed" {
				t.Errorf("the subcommand: %q", sub.Text())
			}
			said := here.Say("a question")
			if menu := here.MessageCommand("Ask the briefings", said); menu.Text() != "about that message" {
				t.Errorf("the menu: %q", menu.Text())
			}
			if direct := ann.DM().Slash("ask", map[string]any{"question": "x"}); direct.Text() != "an answer" {
				t.Errorf("the direct conversation: %q", direct.Text())
			}
			if n := s.Counts(); n.Invalid != 0 || n.Messages != 8 {
				t.Errorf("counts are %+v", n)
			}
		})
	}
}
