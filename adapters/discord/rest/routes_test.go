package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

func TestMethodsAskWhatDiscordDescribes(t *testing.T) {
	body := map[string]any{"content": "a <b> & c", "nonce": "1", "enforce_nonce": true}
	const sent = `{"content":"a <b> & c","enforce_nonce":true,"nonce":"1"}`
	for _, c := range []struct {
		do     func(ctx context.Context, d *discord) (any, error)
		answer string
		want   string // request
		body   string
		decode string // what came of the answer, as JSON; "" where nothing does
	}{
		{
			do:     func(ctx context.Context, d *discord) (any, error) { return d.Application(ctx) },
			answer: `{"id": "1", "name": "Briefbot", "verify_key": "ab", "flags": 8953856, "interactions_endpoint_url": null, "bot": {"id": "2", "username": "b", "bot": true}}`,
			want:   "GET /applications/@me",
			decode: `{"id":"1","name":"Briefbot","verify_key":"ab","flags":8953856,"interactions_endpoint_url":"","bot":{"id":"2","username":"b","global_name":"","bot":true},"bot_public":false,"approximate_guild_count":0}`,
		},
		{
			do:     func(ctx context.Context, d *discord) (any, error) { return d.Me(ctx) },
			answer: `{"id": "2", "username": "b", "global_name": null, "bot": true}`,
			want:   "GET /users/@me", decode: `{"id":"2","username":"b","global_name":"","bot":true}`,
		},
		{
			do:     func(ctx context.Context, d *discord) (any, error) { return d.GatewayBot(ctx) },
			answer: `{"url": "wss://gateway.discord.gg", "shards": 9, "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 14400000, "max_concurrency": 1}}`,
			want:   "GET /gateway/bot", decode: `{"url":"wss://gateway.discord.gg","shards":9,"session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":1}}`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				list, err := d.Commands(ctx, application, "")
				return len(list), err
			},
			answer: `[{"name": "ask", "name_localizations": {"zh-CN": "问"}, "default_member_permissions": null, "options": [{"type": 99, "new": 1, "name": "x"}]}]`,
			want:   "GET /applications/" + application + "/commands?with_localizations=true", decode: `1`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				list, err := d.Commands(ctx, application, guild)
				return list[0].Name, err
			},
			answer: `[{"name": "ask"}]`,
			want:   "GET /applications/" + application + "/guilds/" + guild + "/commands?with_localizations=true", decode: `"ask"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				list, err := d.OverwriteCommands(ctx, application, "", []any{body})
				return len(list), err
			},
			answer: `[{"name": "ask"}]`, want: "PUT /applications/" + application + "/commands", body: "[" + sent + "]", decode: `1`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				list, err := d.OverwriteCommands(ctx, application, guild, []any{})
				return len(list), err
			},
			answer: `[]`, want: "PUT /applications/" + application + "/guilds/" + guild + "/commands", body: "[]", decode: `0`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.CreateMessage(ctx, channel, body)
				return m.ID + m.Author.Username + string(m.Nonce), err
			},
			answer: `{"id": "3", "author": {"id": "2", "username": "b"}, "nonce": "1"}`,
			want:   "POST /channels/" + channel + "/messages", body: sent, decode: `"3b\"1\""`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.EditMessage(ctx, channel, message, body)
				return m.ID, err
			},
			answer: `{"id": "3"}`, want: "PATCH /channels/" + channel + "/messages/" + message, body: sent, decode: `"3"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				return nil, d.DeleteMessage(ctx, channel, message)
			},
			want: "DELETE /channels/" + channel + "/messages/" + message,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.Message(ctx, channel, message)
				return m.Referenced.ID + m.Reference.MessageID + m.Mentions[0].ID, err
			},
			answer: `{"id": "3", "referenced_message": {"id": "4"}, "message_reference": {"message_id": "4"}, "mentions": [{"id": "5"}]}`,
			want:   "GET /channels/" + channel + "/messages/" + message, decode: `"445"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				list, err := d.Messages(ctx, channel, rest.MessagesQuery{Before: message, Limit: 7})
				return len(list), err
			},
			answer: `[{}, {}]`, want: "GET /channels/" + channel + "/messages?before=" + message + "&limit=7", decode: `2`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				list, err := d.Messages(ctx, channel, rest.MessagesQuery{})
				return len(list), err
			},
			answer: `[]`, want: "GET /channels/" + channel + "/messages", decode: `0`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.Respond(ctx, interaction, interactionToken, body)
				return m.ID, err
			},
			answer: `{"interaction": {"id": "1"}, "resource": {"type": 4, "message": {"id": "3"}}}`,
			want:   "POST /interactions/" + interaction + "/" + interactionToken + "/callback?with_response=true", body: sent, decode: `"3"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.Response(ctx, application, interactionToken)
				return m.ID, err
			},
			answer: `{"id": "3"}`, want: "GET /webhooks/" + application + "/" + interactionToken + "/messages/@original", decode: `"3"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.EditResponse(ctx, application, interactionToken, body)
				return m.ID, err
			},
			answer: `{"id": "3"}`, want: "PATCH /webhooks/" + application + "/" + interactionToken + "/messages/@original", body: sent, decode: `"3"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				return nil, d.DeleteResponse(ctx, application, interactionToken)
			},
			want: "DELETE /webhooks/" + application + "/" + interactionToken + "/messages/@original",
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.FollowUp(ctx, application, interactionToken, body)
				return m.ID, err
			},
			answer: `{"id": "3"}`, want: "POST /webhooks/" + application + "/" + interactionToken + "?wait=true", body: sent, decode: `"3"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				m, err := d.EditFollowUp(ctx, application, interactionToken, message, body)
				return m.ID, err
			},
			answer: `{"id": "3"}`, want: "PATCH /webhooks/" + application + "/" + interactionToken + "/messages/" + message, body: sent, decode: `"3"`,
		},
		{
			do:     func(ctx context.Context, d *discord) (any, error) { return d.Channel(ctx, channel) },
			answer: `{"id": "1", "type": 11, "guild_id": "2", "name": "n", "parent_id": "3", "owner_id": "4", "permission_overwrites": [{"id": "5", "type": 1, "allow": "1024", "deny": "18446744073709551615"}]}`,
			want:   "GET /channels/" + channel,
			decode: `{"id":"1","type":11,"guild_id":"2","name":"n","parent_id":"3","owner_id":"4","last_message_id":"","permission_overwrites":[{"id":"5","type":1,"allow":1024,"deny":18446744073709551615}]}`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				thread, err := d.CreateThread(ctx, channel, message, "News")
				return thread.ID + " " + thread.ParentID, err
			},
			answer: `{"id": "1", "type": 11, "parent_id": "2"}`, want: "POST /channels/" + channel + "/messages/" + message + "/threads",
			body: `{"name":"News"}`, decode: `"1 2"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				direct, err := d.OpenDirect(ctx, "9")
				return direct.ID + " " + direct.Last, err
			},
			answer: `{"id": "1", "type": 1, "last_message_id": "3"}`, want: "POST /users/@me/channels",
			body: `{"recipient_id":"9"}`, decode: `"1 3"`,
		},
		{
			do: func(ctx context.Context, d *discord) (any, error) {
				g, err := d.Guild(ctx, guild)
				return g.OwnerID + g.Roles[0].ID, err
			},
			answer: `{"id": "1", "owner_id": "2", "roles": [{"id": "3", "permissions": "0"}]}`, want: "GET /guilds/" + guild, decode: `"23"`,
		},
		{
			do:     func(ctx context.Context, d *discord) (any, error) { return d.Roles(ctx, guild) },
			answer: `[{"id": "1", "name": "n", "position": 1, "permissions": "2048"}, {"id": "2", "permissions": null}]`, want: "GET /guilds/" + guild + "/roles",
			decode: `[{"id":"1","name":"n","position":1,"permissions":2048},{"id":"2","name":"","position":0,"permissions":0}]`,
		},
		{
			do:     func(ctx context.Context, d *discord) (any, error) { return d.Member(ctx, guild, "9") },
			answer: `{"user": {"id": "9"}, "nick": null, "roles": ["1"], "communication_disabled_until": "2026-01-02T03:04:05.000000+00:00"}`,
			want:   "GET /guilds/" + guild + "/members/9",
			decode: `{"user":{"id":"9","username":"","global_name":"","bot":false},"nick":"","roles":["1"],"communication_disabled_until":"2026-01-02T03:04:05Z"}`,
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			answer := says(http.StatusOK, c.answer)
			if c.answer == "" {
				answer = says(http.StatusNoContent, "")
			}
			d := talk(t, rest.Options{ProjectURL: "https://briefings.example.org", Version: "v1.2.3"}, answer)
			got, err := c.do(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			r := d.requests()[0]
			if len(d.requests()) != 1 || r.String() != c.want || r.body != c.body {
				t.Errorf("%v %s", d.requests(), r.body)
			}
			if agent := r.header.Get("User-Agent"); agent != "DiscordBot (https://briefings.example.org, v1.2.3) Briefbot" {
				t.Errorf("User-Agent %q", agent)
			}
			if (c.body != "") != (r.header.Get("Content-Type") == "application/json") {
				t.Errorf("Content-Type %q", r.header.Get("Content-Type"))
			}
			ofInteraction := strings.HasPrefix(r.path, "/interactions/") || strings.HasPrefix(r.path, "/webhooks/")
			if sent := r.header.Get("Authorization"); ofInteraction && sent != "" || !ofInteraction && sent != "Bot "+botToken {
				t.Errorf("Authorization %q", sent)
			}
			if c.decode == "" {
				return
			}
			if b, err := json.Marshal(got); err != nil || string(b) != c.decode {
				t.Errorf("%s, expected %s", b, c.decode)
			}
		})
	}
}

func TestInputLeadsToNoOtherPath(t *testing.T) {
	d := talk(t, rest.Options{}, status(200))
	for _, hostile := range []string{
		"", ".", "..", "...", "1/2", "../1", "1?x=1", "1#", "%2e%2e", "1%2f", "-1", "+1", "1 ", "１", "@me", "1\n", "1\x00",
		"123456789012345678901", strings.Repeat("a", 5000), "tok/en", "tok?en", "tok\\en", "tök",
	} {
		ids := []error{}
		note := func(_ any, err error) { ids = append(ids, err) }
		note(d.Channel(t.Context(), hostile))
		note(d.Message(t.Context(), channel, hostile))
		note(d.Messages(t.Context(), hostile, rest.MessagesQuery{}))
		if hostile != "" {
			note(d.Messages(t.Context(), channel, rest.MessagesQuery{After: hostile}))
			note(d.Commands(t.Context(), application, hostile))
			note(d.OverwriteCommands(t.Context(), application, hostile, nil))
		}
		note(d.Commands(t.Context(), hostile, ""))
		note(d.CreateMessage(t.Context(), hostile, nth(1)))
		note(d.EditMessage(t.Context(), channel, hostile, nth(1)))
		note(nil, d.DeleteMessage(t.Context(), hostile, message))
		note(d.Respond(t.Context(), hostile, interactionToken, nth(1)))
		note(d.Respond(t.Context(), interaction, hostile+"/", nth(1)))
		note(d.EditResponse(t.Context(), hostile, interactionToken, nth(1)))
		note(d.EditFollowUp(t.Context(), application, interactionToken, hostile, nth(1)))
		note(d.Member(t.Context(), guild, hostile))
		note(d.CreateThread(t.Context(), channel, hostile, "News"))
		note(d.OpenDirect(t.Context(), hostile))
		if strings.Trim(hostile, "-+1234567890") != "" || hostile == "" {
			note(d.FollowUp(t.Context(), application, hostile, nth(1)))
			note(nil, d.DeleteResponse(t.Context(), application, hostile))
		}
		for i, err := range ids {
			if err == nil || asBotError(t, err).Kind != bot.Invalid {
				t.Errorf("%q in call %d: %v", hostile, i, err)
			}
		}
	}
	for _, r := range d.requests() {
		t.Errorf("sent %s", r)
	}
}

func TestMessagesAreAskedForOnOneSideOnly(t *testing.T) {
	d := talk(t, rest.Options{}, list(200))
	for _, q := range []rest.MessagesQuery{
		{Before: "1", After: "2"}, {Before: "1", Around: "2"}, {Limit: -1}, {Limit: 101},
	} {
		if _, err := d.Messages(t.Context(), channel, q); err == nil {
			t.Errorf("%+v", q)
		}
	}
}

func TestBodyIsBounded(t *testing.T) {
	d := talk(t, rest.Options{}, status(200))
	for name, body := range map[string]any{
		"too long":        map[string]any{"content": strings.Repeat("x", 4<<20)},
		"not to be JSON":  func() {},
		"and its content": map[string]any{"content": func() {}},
	} {
		_, err := d.EditMessage(t.Context(), channel, message, body)
		if err == nil || asBotError(t, err).Kind != bot.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(d.requests()); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

func TestWithoutTokenOnlyInteractionsAreAnswered(t *testing.T) {
	d := talk(t, rest.Options{Token: noToken}, status(200))
	for what, do := range does() {
		err := do(t.Context(), d)
		if strings.Contains(what, "respon") || what == "follow up" {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		} else if err == nil || asBotError(t, err).Kind != bot.Unavailable || !strings.Contains(err.Error(), "no Discord token") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := d.Time(t.Context()); err != nil {
		t.Errorf("the time is no secret: %v", err)
	}
}

func TestClockIsThatOfTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind := 90 * time.Second
		d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-behind).UTC().Format(http.TimeFormat))
			if r.URL.Path != "/api/v10/gateway" && r.Header.Get("Authorization") != "" {
				failing(401, 0)(w, r)
				return
			}
			status(200)(w, r)
		})
		if !d.Clock().Server.IsZero() {
			t.Error("it knows the time before it asked")
		}
		_ = d.create(t.Context(), channel, 1) // even a refusal tells the time
		if off := d.Clock().Offset(); off < 88*time.Second || off > 92*time.Second {
			t.Errorf("%s ahead", off)
		}
		behind = -time.Hour
		clock, err := d.Time(t.Context())
		if off := clock.Offset(); err != nil || off > -59*time.Minute || off < -61*time.Minute {
			t.Errorf("%s ahead: %v", off, err)
		}
	})
}

func TestTimeNeedsADateHeader(t *testing.T) {
	d := talk(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = []string{"yesterday"}
		status(200)(w, r)
	})
	if clock, err := d.Time(t.Context()); err == nil || asBotError(t, err).Kind != bot.Unavailable {
		t.Errorf("%+v", clock)
	}
}
