package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/gateway"
)

// People talk while connections end in every way; each message comes once.
func TestNothingIsLostWhileConnectionsEnd(t *testing.T) {
	t.Parallel()
	const shards = 2
	discord := discordtest.New(t, discordtest.Options{
		Shards: shards, MaxConcurrency: 2, IdentifyEvery: 200 * time.Millisecond,
		Privileged: discordtest.IntentMessageContent,
	})
	handled := make(chan string, 1000)
	s := &server{url: discord.GatewayURL()}
	r := run(t, s, func(o *gateway.Options) {
		o.Token = discord.Token()
		o.Intents = discordgo.IntentGuilds | discordgo.IntentGuildMessages | discordgo.IntentMessageContent
		o.Plan = func(context.Context) (gateway.Plan, error) {
			return gateway.Plan{URL: s.url, Shards: shards, MaxConcurrency: 2, Remaining: 1000}, nil
		}
		o.Bounds.Identify = 300 * time.Millisecond
		o.Types = []string{"MESSAGE_CREATE"}
		o.Handlers = 8
		o.Handle = func(_ context.Context, e gateway.Event) {
			var m struct {
				Content string `json:"content"`
			}
			if err := json.Unmarshal(e.Data, &m); err != nil {
				t.Error(err)
			}
			handled <- fmt.Sprintf("%d %s", e.Shard, m.Content)
		}
	})
	var talks []*discordtest.Here
	for shard := range shards {
		guild := discord.AddGuildOn("guild", shard, shards)
		talks = append(talks, discord.AddUser("someone", "en-US").In(guild.AddChannel("general")))
	}
	r.observed(gateway.Identified, gateway.Identified)

	want := map[string]bool{}
	say := func(shard int) {
		text := fmt.Sprintf("message %d", len(want))
		want[fmt.Sprintf("%d %s", shard, text)] = true
		talks[shard].Say(text)
	}
	for i, end := range []func(*discordtest.Conn){
		func(c *discordtest.Conn) { c.Drop() },
		func(c *discordtest.Conn) { c.Reconnect() },
		func(c *discordtest.Conn) { c.CloseWith(4000, "unknown error") },
		func(c *discordtest.Conn) { c.Invalidate(true) },
		func(c *discordtest.Conn) { discord.Plan(discordtest.ReconnectOnResume); c.Drop() },
		func(c *discordtest.Conn) { discord.Plan(discordtest.DropAtOnce, discordtest.RefuseUpgrade); c.Drop() },
	} {
		shard := i % shards
		for at := range shards {
			say(at)
		}
		c := discord.Ready(shard, patience)
		if c == nil {
			t.Fatalf("shard %d has no session", shard)
		}
		end(c)
		for at := range shards {
			say(at) // while one of them is away, or about to be
		}
		r.observed(gateway.Resumed)
	}
	for shard := range shards {
		say(shard)
	}
	for range len(want) {
		text := await(t, handled, "message")
		if !want[text] {
			t.Errorf("%q came twice", text)
		}
		delete(want, text)
	}
	if got := discord.Counts(); got.Identifies != shards || got.Missed != 0 {
		t.Errorf("counted %+v", got)
	}
	if len(handled) > 0 {
		t.Errorf("%q came although nobody said it again", <-handled)
	}
}
