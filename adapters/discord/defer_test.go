package discord

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/bot"
)

// slow answers when it is told to.
type slow struct {
	bot.Responder
	asked chan struct{}
	begin chan struct{}
}

func (s slow) Respond(ctx context.Context, req bot.Request) bot.Reply {
	s.asked <- struct{}{}
	<-s.begin
	if strings.Contains(req.Args["question"], "panic") {
		panic("a fault of the responder")
	}
	return s.Responder.Respond(ctx, req)
}

func slowly(t *testing.T, transport Transport) (*world, slow) {
	t.Helper()
	s := slow{asked: make(chan struct{}, 100), begin: make(chan struct{})}
	w := begin(t, transport, func(o *Options) {
		s.Responder = o.Router
		o.Responder, o.Patience = s, 20*time.Millisecond
	})
	return w, s
}

func TestWhatTakesLongIsDeferred(t *testing.T) {
	for _, transport := range []Transport{Gateway, HTTP} {
		for name, tt := range map[string]struct {
			options   map[string]any
			want      string
			ephemeral bool
		}{
			"an answer":                {map[string]any{"question": "what are the three pledges"}, "The three pledges", false},
			"a private answer":         {map[string]any{"question": "what are the three pledges", "private": true}, "The three pledges", true},
			"a panic":                  {map[string]any{"question": "panic", "private": true}, "Something went wrong", true},
			"an error asked privately": {map[string]any{"question": strings.Repeat("x ", 249), "private": true}, "not in the briefings", true},
		} {
			t.Run(string(transport)+"/"+name, func(t *testing.T) {
				w, s := slowly(t, transport)
				shown := w.ann.In(w.general).Slash("ask", tt.options)
				if shown.Kind != respondDeferred || !shown.Loading {
					t.Fatalf("the response is %d: %s", shown.Kind, shown.Text())
				}
				close(s.begin)
				done := shown.Original()
				says(t, done.Message, tt.want)
				if done.Ephemeral != tt.ephemeral {
					t.Errorf("private: %v", done.Ephemeral)
				}
			})
		}
	}
}

// Everybody waits for what was asked in public; an error that takes its
// place is still for the asker alone.
func TestADeferredErrorIsForTheAskerAlone(t *testing.T) {
	for _, transport := range []Transport{Gateway, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w, s := slowly(t, transport)
			shown := w.ann.In(w.general).Slash("show", map[string]any{"entry": "nowhere/nothing"})
			if shown.Kind != respondDeferred {
				t.Fatalf("the response is %d", shown.Kind)
			}
			close(s.begin)
			follow := shown.FollowUps(1)[0]
			says(t, follow.Message, "There is no entry")
			if !follow.Ephemeral {
				t.Error("the error is public")
			}
			for _, m := range w.Messages(w.general) {
				if !m.Ephemeral {
					t.Errorf("something public is left: %s", m.Text())
				}
			}
		})
	}
}

func TestADeferredPageIsTurnedInPlace(t *testing.T) {
	s := slow{asked: make(chan struct{}, 100), begin: make(chan struct{})}
	w := beginOver(t, longLibrary(), HTTP, func(o *Options) {
		s.Responder = o.Router
		o.Responder, o.Patience = s, 20*time.Millisecond
	})
	shown := w.ann.In(w.general).Slash("topics", nil)
	s.begin <- struct{}{}
	first := shown.Original()
	next := first.Click("Next")
	if next.Kind != respondDeferredUpdate {
		t.Fatalf("the response is %d", next.Kind)
	}
	s.begin <- struct{}{}
	says(t, next.Original().Message, "Page 2 of 2")
}

// The message that was clicked on stays as it is where its page cannot be
// shown.
func TestAPageThatCannotBeTurnedLeavesTheMessageAlone(t *testing.T) {
	for _, transport := range []Transport{Gateway, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			begin := make(chan struct{})
			var asked atomic.Int32
			w := beginOver(t, longLibrary(), transport, func(o *Options) {
				o.Patience = 500 * time.Millisecond
				o.Responder = respondingBy(func(ctx context.Context, req bot.Request) bot.Reply {
					if asked.Add(1) > 1 {
						<-begin
						panic("a fault of the responder")
					}
					return o.Router.Respond(ctx, req)
				})
			})
			next := w.ann.In(w.general).Slash("topics", nil).Click("Next")
			if next.Kind != respondDeferredUpdate {
				t.Fatalf("the response is %d", next.Kind)
			}
			close(begin)
			refused := next.FollowUps(1)[0]
			says(t, refused.Message, "Something went wrong")
			if !refused.Ephemeral {
				t.Error("the error is public")
			}
			for _, m := range w.Messages(w.general) {
				if !m.Ephemeral {
					says(t, m, "Page 1 of 2")
				}
			}
		})
	}
}

func TestAnOldTokenIsNotUsed(t *testing.T) {
	for name, tt := range map[string]struct {
		later time.Duration
		used  bool
	}{
		"14 minutes": {14 * time.Minute, true},
		"15 minutes": {15 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := slow{asked: make(chan struct{}, 1), begin: make(chan struct{})}
			var later atomic.Int64
			w := begin(t, HTTP, func(o *Options) {
				s.Responder = o.Router
				o.Responder, o.Patience = s, 20*time.Millisecond
				now := o.Now
				o.Now = func() time.Time { return now().Add(time.Duration(later.Load())) }
			})
			shown := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges"})
			if shown.Kind != respondDeferred {
				t.Fatalf("the response is %d", shown.Kind)
			}
			later.Store(int64(tt.later))
			close(s.begin)
			w.adapter.underWay.End(soon)
			edits := 0
			for _, call := range w.Calls() {
				if call.Method == http.MethodPatch {
					edits++
				}
			}
			if (edits > 0) != tt.used {
				t.Errorf("%d requests with the token", edits)
			}
		})
	}
}

func TestAPanicIsLoggedWithoutWhatWasAsked(t *testing.T) {
	var log bytes.Buffer
	w := begin(t, HTTP, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		o.Responder = respondingBy(func(_ context.Context, req bot.Request) bot.Reply { panic("no rule for " + req.Args["question"]) })
	})
	says(t, w.ann.In(w.general).Slash("ask", map[string]any{"question": "hunter2"}).Message, "Something went wrong")
	w.adapter.underWay.End(soon)
	if got := log.String(); strings.Contains(got, "hunter2") || !strings.Contains(got, "panic=string") {
		t.Errorf("logged: %s", got)
	}
}

// A deferred response that arrived is completed, although no answer of
// Discord's told so.
func TestADeferredResponseOfUnknownOutcomeIsCompleted(t *testing.T) {
	w, s := slowly(t, Gateway)
	w.Fail(discordtest.Fault{On: "POST /interactions/*/*/callback", Times: -1, Do: discordtest.ResetAfter()})
	shown := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges"})
	if shown.Kind != respondDeferred {
		t.Fatalf("the response is %d", shown.Kind)
	}
	close(s.begin)
	says(t, shown.Original().Message, "The three pledges")
}

// A reply whose pages no button can ask for again comes in one message after
// another.
func TestPagesThatCannotBeTurnedFollowOneAnother(t *testing.T) {
	for _, transport := range []Transport{Gateway, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w := begin(t, transport, func(o *Options) {
				o.Responder = answering(bot.Reply{Lang: "en", Message: bot.Message{
					Title: "Long", Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("A sentence of the answer. ", 400)}},
					Actions: []bot.Action{{Label: "Topics", Command: "topics"}},
				}})
			})
			shown := w.ann.In(w.general).Slash("ask", map[string]any{"question": "x", "private": true})
			says(t, shown.Message, "Page 1 of 3")
			pages := shown.FollowUps(2)
			says(t, pages[1].Message, "Page 3 of 3")
			if len(pages[0].Buttons()) > 1 || !pages[0].Ephemeral {
				t.Errorf("page 2 is public or has what follows the last: %+v", pages[0].Buttons())
			}
			if _, ok := pages[1].Button("Topics"); !ok {
				t.Error("the last page does not say what to do next")
			}
			if transport == Gateway {
				m := w.ann.In(w.general).Say(w.mention() + " x")
				says(t, w.answer(t, m), "Page 1 of 3")
				if !w.Await(soon, func() bool { return true }) {
					t.Fatal()
				}
			}
		})
	}
}

type respondingBy func(context.Context, bot.Request) bot.Reply

func (f respondingBy) Respond(ctx context.Context, req bot.Request) bot.Reply { return f(ctx, req) }

type answering bot.Reply

func (a answering) Respond(context.Context, bot.Request) bot.Reply { return bot.Reply(a) }

// Whatever is asked of Discord while the bot stops is finished.
func TestStoppingFinishesWhatIsUnderWay(t *testing.T) {
	w, s := slowly(t, HTTP)
	shown := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges"})
	<-s.asked
	ended := make(chan struct{})
	go func() {
		w.adapter.underWay.End(soon)
		close(ended)
	}()
	select {
	case <-ended:
		t.Fatal("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	close(s.begin)
	says(t, shown.Original().Message, "The three pledges")
	<-ended
}
