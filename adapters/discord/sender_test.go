package discord

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

const postRoute = "POST /channels/{channel_id}/messages"

// sending is a Discord with a sender.
type sending struct {
	*discordtest.Server
	rest    *rest.Client
	sender  *Sender
	router  *bot.Router
	guild   *discordtest.Guild
	channel *discordtest.Channel
	ann     *discordtest.User
	place   bot.Place
}

func beginSending(t testing.TB, o discordtest.Options) *sending {
	t.Helper()
	o.Description, _ = description() // New says what is missing
	s := &sending{Server: discordtest.New(t, o), router: bottest.Router(t)}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	if s.rest, err = rest.New(rest.Options{Token: s.Token(), BaseURL: s.URL(), Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.rest.Close)
	if s.sender, err = NewSender(SenderOptions{Router: s.router, REST: s.rest, Log: log, Now: time.Now, PublicURL: "https://briefings.example.org"}); err != nil {
		t.Fatal(err)
	}
	s.guild = s.AddGuild("Harbour")
	s.channel = s.guild.AddChannel("general")
	s.ann = s.AddUser("Ann", "en-US")
	s.place = bot.Place{Platform: Platform, Workspace: s.guild.ID, Channel: s.channel.ID, User: s.ann.ID}
	return s
}

func TestSenderKeepsItsPromises(t *testing.T) {
	bottest.Sender(t, func(t *testing.T, forgetful bool) bottest.SenderWorld {
		o := discordtest.Options{Limits: discordtest.Limits{Off: true}}
		if forgetful {
			o.NonceWindow = time.Nanosecond
		}
		s := beginSending(t, o)
		unheard := s.place
		closed := s.AddUser("Bao", "zh-CN")
		closed.CloseDMs()
		unheard.User = closed.ID
		return bottest.SenderWorld{
			Sender: s.sender, Router: s.router, Now: time.Now, Place: s.place, Unheard: unheard, Bad: s.bad(),
			Shown: s.shown, Fail: s.fail, Cut: s.cut,
			Chat: func(messages int) {
				for range messages {
					s.ann.In(s.channel).Say("hello")
				}
			},
			Hide:  func() { s.channel.Deny(discordtest.ReadMessageHistory) },
			Close: func(thread bot.Place) { s.Channel(thread.Thread).Archive(true) },
			Delete: func(in bot.Place, post string) {
				if err := s.rest.DeleteMessage(t.Context(), in.Channel, post); err != nil {
					t.Error(err)
				}
			},
		}
	})
}

func (s *sending) bad() map[string]bottest.BadPlace {
	bad := map[string]bottest.BadPlace{}
	add := func(name string, kind bot.Kind, spoil func(*discordtest.Guild, *discordtest.Channel)) {
		guild := s.AddGuild(name)
		channel := guild.AddChannel("general")
		spoil(guild, channel)
		bad[name] = bottest.BadPlace{Kind: kind, Place: bot.Place{Platform: Platform, Workspace: guild.ID, Channel: channel.ID}}
	}
	add("deleted", bot.NotFound, func(_ *discordtest.Guild, c *discordtest.Channel) { c.Delete() })
	add("hidden", bot.Denied, func(_ *discordtest.Guild, c *discordtest.Channel) { c.Deny(discordtest.ViewChannel) })
	add("read only", bot.Denied, func(_ *discordtest.Guild, c *discordtest.Channel) { c.Deny(discordtest.SendMessages) })
	add("left", bot.Denied, func(g *discordtest.Guild, _ *discordtest.Channel) { g.Kick() })
	return bad
}

func (s *sending) shown(in bot.Place) []bottest.SentMessage {
	id := in.Channel
	if in.Thread != "" {
		id = in.Thread
	}
	channel := s.Channel(id)
	if id == "" {
		channel = s.ann.DM().Channel()
	}
	var all []bottest.SentMessage
	for _, m := range s.Messages(channel) {
		all = append(all, bottest.SentMessage{ID: m.ID, Text: unescaped(m.Text()), Edits: m.Edits})
	}
	return all
}

func (s *sending) fail(how bottest.SenderFault, times int) {
	effect := map[bottest.SenderFault]discordtest.Effect{
		bottest.FailsBefore: discordtest.Refuse(http.StatusBadGateway), bottest.FailsAfter: discordtest.FailAfter(http.StatusInternalServerError),
		bottest.EndsBefore: discordtest.ResetBefore(), bottest.EndsAfter: discordtest.ResetAfter(),
	}[how]
	s.Fail(discordtest.Fault{On: postRoute, Times: times, Do: effect})
}

func (s *sending) cut() (mend func()) {
	return s.Fail(discordtest.Fault{On: "* /**", Times: -1, Do: discordtest.ResetAfter()}).Disarm
}

// Where there can be no thread, what belongs there goes into the channel.
func TestBelowFallsBackToTheChannel(t *testing.T) {
	t.Parallel()
	s := beginSending(t, discordtest.Options{Limits: discordtest.Limits{Off: true}})
	p := s.sender.Pages(bot.Message{Title: "Digest"}, content.English)[0]
	direct := bot.Place{Platform: Platform, Channel: s.AddUser("Bao", "zh-CN").DM().Channel().ID}
	closed := s.place
	denied := s.guild.AddChannel("quiet")
	denied.Deny(discordtest.CreatePublicThreads)
	closed.Channel = denied.ID
	for name, to := range map[string]bot.Place{"a direct conversation": direct, "no permission": closed} {
		post, err := s.sender.Send(t.Context(), to, p, bot.Key{ID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		if below, err := s.sender.Below(t.Context(), to, post.ID, "thread"); err != nil || below != to {
			t.Errorf("%s: %+v: %v", name, below, err)
		}
	}
	if below, err := s.sender.Below(t.Context(), s.place, "123", "thread"); err != nil || below != s.place {
		t.Errorf("a post that is gone: %+v: %v", below, err)
	}
	for _, code := range []int{rest.CodeNoThreadsHere, rest.CodeTooManyThreads, rest.CodeTooManyNewsThreads} {
		s.Fail(discordtest.Fault{On: "POST /channels/*/messages/*/threads", Do: discordtest.RefuseCode(http.StatusBadRequest, code)})
		if below, err := s.sender.Below(t.Context(), s.place, "123", "thread"); err != nil || below != s.place {
			t.Errorf("%d: %+v: %v", code, below, err)
		}
	}
}

// A quiet channel shows nothing, and so does one whose history is hidden.
func TestAQuietChannelIsNoHiddenOne(t *testing.T) {
	t.Parallel()
	s := beginSending(t, discordtest.Options{Limits: discordtest.Limits{Off: true}})
	s.channel.Deny(discordtest.ReadMessageHistory)
	p := s.sender.Pages(bot.Message{Title: "Digest"}, content.English)[0]
	k := bot.Key{ID: "a", TriedAt: time.Now().Add(-10 * time.Minute)}
	if post, err := s.sender.Send(t.Context(), s.place, p, k); err != nil || post.Again || post.Found {
		t.Errorf("the first in its channel is %+v: %v", post, err)
	}
}

// Nobody else can make the bot believe that it has posted something.
func TestAMarkedMessageOfSomebodyElseIsNotOurs(t *testing.T) {
	t.Parallel()
	s := beginSending(t, discordtest.Options{Limits: discordtest.Limits{Off: true}, NonceWindow: time.Nanosecond})
	p := s.sender.Pages(bot.Message{Title: "Digest"}, content.English)[0]
	k := bot.Key{ID: "a", TriedAt: time.Now().Add(-10 * time.Minute)}
	first, err := s.sender.Send(t.Context(), s.place, p, k)
	if err != nil {
		t.Fatal(err)
	}
	s.sender.self.Store("1") // as if somebody else had
	if again, err := s.sender.Send(t.Context(), s.place, p, k); err != nil || again.Found || again.ID == first.ID {
		t.Errorf("%+v: %v", again, err)
	}
}

func TestDigestLooksAsExpected(t *testing.T) {
	r, _ := rendererOf(t, "https://briefings.example.org")
	s := Sender{render: *r}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	for _, p := range s.Pages(bottest.Digest(), content.English) {
		body, err := s.body(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := enc.Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "digest.golden.json", b.Bytes())
}
