package rest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

// post is a message as this project sends them.
type post struct {
	Content         string              `json:"content"`
	Nonce           string              `json:"nonce,omitempty"`
	EnforceNonce    bool                `json:"enforce_nonce,omitempty"`
	AllowedMentions map[string][]string `json:"allowed_mentions"`
}

func posting(n int) post {
	return post{Content: "Hello", Nonce: strconv.Itoa(n), EnforceNonce: true, AllowedMentions: map[string][]string{"parse": {}}}
}

// strict returns a client that talks to the strict fake. Whatever the client
// does against the rules fails the test, requests before the time that a 429
// named among them.
func strict(t *testing.T, o discordtest.Options) (*discordtest.Server, *rest.Client, *discordtest.Channel) {
	t.Helper()
	server := discordtest.New(t, o)
	client, err := rest.New(rest.Options{
		Token: server.Token(), BaseURL: server.URL(), ProjectURL: "https://briefings.example.org", Version: "v1.2.3",
		Jitter: func() float64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return server, client, server.AddGuild("Guild").AddChannel("general")
}

func TestStrictDiscordIsNeverAskedTooMuch(t *testing.T) {
	server, client, one := strict(t, discordtest.Options{Limits: discordtest.Limits{
		Global: discordtest.Rate{Requests: 50, Per: time.Second},
		Bucket: discordtest.Rate{Requests: 4, Per: 300 * time.Millisecond},
		Routes: map[string]discordtest.Rate{
			"POST /channels/{channel_id}/messages": {Requests: 5, Per: 400 * time.Millisecond},
		},
	}})
	two := server.AddGuild("Other").AddChannel("general")
	var all sync.WaitGroup
	for i := range 18 {
		for _, c := range []*discordtest.Channel{one, two} {
			all.Go(func() {
				m, err := client.CreateMessage(t.Context(), c.ID, posting(i))
				if err != nil {
					t.Error(err)
				} else if _, err := client.Message(t.Context(), c.ID, m.ID); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if counts := server.Counts(); len(counts.RateLimited) != 0 || counts.Messages != 36 || counts.Invalid != 0 {
		t.Errorf("%+v", counts)
	}
}

func TestStrictDiscordsRefusalsAreSatOut(t *testing.T) {
	for name, effect := range map[string]discordtest.Effect{
		"global": discordtest.LimitGlobal(300 * time.Millisecond),
		"HTML":   discordtest.LimitHTML(time.Second),
		"shared": discordtest.LimitShared(300 * time.Millisecond),
		"route":  discordtest.LimitRoute(300 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, c := strict(t, discordtest.Options{})
			server.Fail(discordtest.Fault{On: "POST /channels/*/messages", Do: effect})
			var all sync.WaitGroup
			for i := range 3 {
				all.Go(func() {
					if _, err := client.CreateMessage(t.Context(), c.ID, posting(i)); err != nil {
						t.Error(err)
					}
					if _, err := client.Me(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			counts := server.Counts()
			refused := 0
			for _, n := range counts.RateLimited {
				refused += n
			}
			if refused != 1 || counts.Messages != 3 || counts.Early != 0 {
				t.Errorf("%+v", counts)
			}
		})
	}
}

func TestStrictDiscordPostsOnceWhateverHappens(t *testing.T) {
	for name, effect := range map[string]discordtest.Effect{
		"failed after it was done":    discordtest.FailAfter(http.StatusInternalServerError),
		"bad gateway after it":        discordtest.FailAfter(http.StatusBadGateway),
		"reset after it was done":     discordtest.ResetAfter(),
		"reset before":                discordtest.ResetBefore(),
		"refused before it was begun": discordtest.Refuse(http.StatusServiceUnavailable),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, c := strict(t, discordtest.Options{})
			server.Fail(discordtest.Fault{On: "POST /channels/*/messages", Do: effect})
			m, err := client.CreateMessage(t.Context(), c.ID, posting(1))
			if err != nil {
				t.Fatal(err)
			}
			posted := server.Messages(c)
			if len(posted) != 1 || posted[0].ID != m.ID {
				t.Errorf("%d messages, and %q is not among them", len(posted), m.ID)
			}
			server.Fail(discordtest.Fault{On: "DELETE /channels/*/messages/*", Do: effect})
			if err := client.DeleteMessage(t.Context(), c.ID, m.ID); err != nil || len(server.Messages(c)) != 0 {
				t.Errorf("%d messages are left: %v", len(server.Messages(c)), err)
			}
		})
	}
}

func TestStrictDiscordsInteractionIsAnsweredOnce(t *testing.T) {
	for name, effect := range map[string]discordtest.Effect{
		"failed after it was done": discordtest.FailAfter(http.StatusInternalServerError),
		"reset after it was done":  discordtest.ResetAfter(),
		"reset before":             discordtest.ResetBefore(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, c := strict(t, discordtest.Options{})
			app, err := client.Application(t.Context())
			if err != nil || app.ID != server.ApplicationID() || app.VerifyKey != server.PublicKey() {
				t.Fatalf("%+v: %v", app, err)
			}
			if _, err := client.OverwriteCommands(t.Context(), app.ID, "", []any{map[string]any{"name": "ask", "description": "Ask"}}); err != nil {
				t.Fatal(err)
			}
			if list, err := client.Commands(t.Context(), app.ID, ""); err != nil || len(list) != 1 || list[0].Name != "ask" {
				t.Fatalf("%v, %v", list, err)
			}
			var in struct{ ID, Token string }
			if err := json.Unmarshal(server.AddUser("user", "en-US").In(c).SlashPayload("ask", nil), &in); err != nil {
				t.Fatal(err)
			}

			server.Fail(discordtest.Fault{On: "POST /interactions/**", Do: effect})
			answer := posting(0)
			answer.Nonce, answer.EnforceNonce = "", false
			shown, err := client.Respond(t.Context(), in.ID, in.Token, map[string]any{"type": 4, "data": answer})
			if err != nil {
				t.Fatal(err)
			}
			first, err := client.Response(t.Context(), app.ID, in.Token)
			if err != nil || first.Content != "Hello" || shown.ID != "" && shown.ID != first.ID {
				t.Errorf("%q, %v", first.Content, err)
			}
			if _, err := client.EditResponse(t.Context(), app.ID, in.Token, answer); err != nil {
				t.Error(err)
			}

			server.Fail(discordtest.Fault{On: "POST /webhooks/*/*", Do: effect})
			_, err = client.FollowUp(t.Context(), app.ID, in.Token, answer)
			if !errors.Is(err, rest.ErrUnknownOutcome) {
				t.Errorf("nobody can know: %v", err)
			}
			if m, err := client.FollowUp(t.Context(), app.ID, in.Token, answer); err != nil || m.ID == "" {
				t.Errorf("%q, %v", m.ID, err)
			}
			want := 3
			if strings.HasSuffix(name, "before") {
				want = 2
			}
			if n := server.Counts().Messages; n != want {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestStrictDiscordsErrorsAreUnderstood(t *testing.T) {
	server, client, c := strict(t, discordtest.Options{})
	c.Deny(^discordtest.Permissions(0))
	_, err := client.CreateMessage(t.Context(), c.ID, posting(1))
	if asBotError(t, err).Kind != bot.Denied || !rest.Permanent(err) {
		t.Error(err)
	}
	c.Delete()
	_, err = client.CreateMessage(t.Context(), c.ID, posting(1))
	if asBotError(t, err).Kind != bot.NotFound || !rest.Permanent(err) {
		t.Error(err)
	}
	other, err := rest.New(rest.Options{Token: "wrong", BaseURL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for range 3 {
		if _, err := other.Me(t.Context()); asBotError(t, err).Kind != bot.Unavailable || !rest.Permanent(err) {
			t.Error(err)
		}
	}
	if n := server.Counts().Requests; n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestStrictDiscordTellsOfPlaces(t *testing.T) {
	server, client, c := strict(t, discordtest.Options{})
	place, err := client.Channel(t.Context(), c.ID)
	if err != nil || place.ID != c.ID || place.GuildID != c.Guild.ID || place.Name != "general" {
		t.Errorf("%+v, %v", place, err)
	}
	g, err := client.Guild(t.Context(), place.GuildID)
	if err != nil || g.Name != "Guild" || g.OwnerID == "" {
		t.Errorf("%+v, %v", g, err)
	}
	me, err := client.Me(t.Context())
	if err != nil || !me.Bot {
		t.Errorf("%+v, %v", me, err)
	}
	member, err := client.Member(t.Context(), g.ID, me.ID)
	if err != nil || member.User.ID != me.ID || len(member.Roles) == 0 {
		t.Errorf("%+v, %v", member, err)
	}
	roles, err := client.Roles(t.Context(), g.ID)
	if err != nil || len(roles) < 2 {
		t.Errorf("%+v, %v", roles, err)
	}
	gateway, err := client.GatewayBot(t.Context())
	if err != nil || gateway.URL != server.GatewayURL() || gateway.SessionStartLimit.MaxConcurrency != 1 || gateway.SessionStartLimit.ResetAfter() < 0 {
		t.Errorf("%+v, %v", gateway, err)
	}
	clock, err := client.Time(t.Context())
	if off := clock.Offset(); err != nil || off < -3*time.Second || off > 3*time.Second {
		t.Errorf("%s, %v", off, err)
	}
}
