package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

const postMethod = "chat.postMessage"

// sending is a Slack with a sender.
type sending struct {
	*slacktest.Server
	sender    *Sender
	router    *bot.Router
	workspace *slacktest.Workspace
	channel   *slacktest.Channel
	ann       *slacktest.User
	place     bot.Place
}

func beginSending(t testing.TB, o slacktest.Options) *sending {
	t.Helper()
	o.Specs, _ = specs() // New says what is missing
	s := &sending{Server: slacktest.New(t, o), router: bottest.Router(t)}
	s.workspace = s.AddWorkspace("Harbour")
	s.channel = s.workspace.AddChannel("general")
	s.ann = s.workspace.AddUser("Ann", "en-US")
	s.place = bot.Place{Platform: Platform, Workspace: s.workspace.ID, Channel: s.channel.ID, User: s.ann.ID}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	api, err := webapi.New(webapi.Options{Token: webapi.Fixed(s.workspace.Token()), BaseURL: s.URL(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	s.sender, err = NewSender(SenderOptions{Router: s.router, API: api, Log: log, Now: time.Now, PublicURL: "https://briefings.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSenderKeepsItsPromises(t *testing.T) {
	bottest.Sender(t, func(t *testing.T, _ bool) bottest.SenderWorld {
		s := beginSending(t, slacktest.Options{Limits: slacktest.Limits{Off: true}})
		unheard := s.place
		unheard.User = "U0NOBODY"
		return bottest.SenderWorld{
			Sender: s.sender, Router: s.router, Now: time.Now, Place: s.place, Unheard: unheard, Bad: s.bad(),
			Shown: s.shown, Fail: s.fail, Cut: s.cut,
			Chat: func(messages int) {
				for range messages {
					s.ann.In(s.channel).Say("hello")
				}
			},
			Hide: func() {
				s.Fail(slacktest.Fault{On: "conversations.history", Times: -1, Do: slacktest.RefuseError("missing_scope")})
			},
			Close:  func(thread bot.Place) { s.remove(t, thread.Channel, thread.Thread) },
			Delete: func(in bot.Place, post string) { s.remove(t, in.Channel, post) },
		}
	})
}

func (s *sending) bad() map[string]bottest.BadPlace {
	bad := map[string]bottest.BadPlace{}
	add := func(name string, kind bot.Kind, channel string) {
		place := s.place
		place.Channel = channel
		bad[name] = bottest.BadPlace{Kind: kind, Place: place}
	}
	archived, deleted := s.workspace.AddChannel("archived"), s.workspace.AddChannel("deleted")
	archived.Archive()
	deleted.Delete()
	add("archived", bot.NotFound, archived.ID)
	add("deleted", bot.NotFound, deleted.ID)
	add("not joined", bot.Denied, s.workspace.AddChannelWithout("elsewhere").ID)
	return bad
}

func (s *sending) shown(in bot.Place) []bottest.SentMessage {
	channel := s.channel
	if in.Channel == "" {
		channel = s.ann.DM().Channel()
	}
	var all []bottest.SentMessage
	for _, m := range s.Messages(channel) {
		reply := m.ThreadTS != "" && m.ThreadTS != m.TS
		if in.Thread == "" && !reply || in.Thread != "" && reply && m.ThreadTS == in.Thread {
			all = append(all, bottest.SentMessage{ID: m.TS, Text: unmarked(m.Text()), Edits: m.Edits})
		}
	}
	return all
}

func (s *sending) fail(how bottest.SenderFault, times int) {
	effect := map[bottest.SenderFault]slacktest.Effect{
		bottest.FailsBefore: slacktest.Refuse(http.StatusBadGateway), bottest.FailsAfter: slacktest.FailErrorAfter("fatal_error"),
		bottest.EndsBefore: slacktest.ResetBefore(), bottest.EndsAfter: slacktest.ResetAfter(),
	}[how]
	s.Fail(slacktest.Fault{On: postMethod, Times: times, Do: effect})
}

func (s *sending) cut() (mend func()) {
	return s.Fail(slacktest.Fault{On: "*", Times: -1, Do: slacktest.ResetAfter()}).Disarm
}

// remove deletes a message of the bot's.
func (s *sending) remove(t *testing.T, channel, ts string) {
	t.Helper()
	form := url.Values{"channel": {channel}, "ts": {ts}, "token": {s.workspace.Token()}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"chat.delete", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

// Whoever took the bot out of a workspace is told apart from an operator who
// configured another token.
func TestATokenThatIsRevokedIsNoWrongOne(t *testing.T) {
	t.Parallel()
	for code, revoked := range map[string]bool{
		"token_revoked": true, "account_inactive": true, "team_access_not_granted": true,
		"invalid_auth": false, "not_authed": false, "token_expired": false,
	} {
		s := beginSending(t, slacktest.Options{Limits: slacktest.Limits{Off: true}})
		s.Fail(slacktest.Fault{On: postMethod, Do: slacktest.RefuseError(code)})
		p := s.sender.Pages(bot.Message{Title: "Digest"}, content.English)[0]
		_, err := s.sender.Send(t.Context(), s.place, p, bot.Key{ID: "a"})
		checkRevoked(t, code, err, revoked)
	}
	s := beginSending(t, slacktest.Options{Limits: slacktest.Limits{Off: true}})
	s.workspace.Uninstall()
	_, err := s.sender.Send(t.Context(), s.place, s.sender.Pages(bot.Message{Title: "Digest"}, content.English)[0], bot.Key{ID: "a"})
	checkRevoked(t, "uninstalled", err, true)
}

func checkRevoked(t *testing.T, name string, err error, revoked bool) {
	t.Helper()
	want := bot.Unavailable
	if revoked {
		want = bot.Denied
	}
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != want || errors.Is(err, bot.ErrRevoked) != revoked {
		t.Errorf("%s: %v", name, err)
	}
}

// A history that is rate limited is waited for, and not for ever.
func TestALimitedHistoryIsWaitedFor(t *testing.T) {
	t.Parallel()
	for age, again := range map[time.Duration]bool{time.Minute: false, historyPatience + time.Minute: true} {
		s := beginSending(t, slacktest.Options{Limits: slacktest.Limits{Off: true}})
		s.Fail(slacktest.Fault{On: "conversations.history", Do: slacktest.Limit(2 * time.Minute)})
		p := s.sender.Pages(bot.Message{Title: "Digest"}, content.English)[0]
		post, err := s.sender.Send(t.Context(), s.place, p, bot.Key{ID: "a", TriedAt: time.Now().Add(-age)})
		if again {
			if err != nil || !post.Again {
				t.Errorf("after %s: %+v: %v", age, post, err)
			}
			continue
		}
		if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.RateLimited || e.Delay <= 0 || !errors.Is(err, bot.ErrMaybePosted) {
			t.Errorf("after %s: %v", age, err)
		}
		if len(s.shown(s.place)) > 0 {
			t.Errorf("after %s it is posted", age)
		}
	}
}

func TestDigestLooksAsExpected(t *testing.T) {
	r, _ := rendererOf(t, "https://briefings.example.org")
	r.votes = false
	s := Sender{render: *r}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	for _, p := range s.Pages(bottest.Digest(), content.English) {
		m, err := s.message(bot.Place{Channel: "C024BE91L"}, p)
		if err != nil {
			t.Fatal(err)
		}
		if err := enc.Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "digest.golden.json", b.Bytes())
}
