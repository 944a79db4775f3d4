package slack

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/ratelimit"
	"briefbot/content"
)

// soon is how long an answer may take.
const soon = time.Minute

func (w *world) answer(t *testing.T, m *slacktest.Message) *slacktest.Message {
	t.Helper()
	replies := w.Replies(m, soon)
	if len(replies) == 0 {
		t.Fatalf("%q is not answered", m.Fallback)
	}
	return replies[len(replies)-1]
}

// settle waits until all that was told to the bot is done with: acknowledged,
// and nothing goes on after it but the watch over the homes.
func (w *world) settle(t *testing.T) {
	t.Helper()
	if !w.Settled(soon) {
		t.Fatal("an event is not acknowledged")
	}
	awaits(t, "the bot does not come to rest", func() bool { return w.adapter.underWay.Count() <= 1 })
}

// silent reports messages that are answered.
func (w *world) silent(t *testing.T, all ...*slacktest.Message) {
	t.Helper()
	w.settle(t)
	for _, m := range all {
		if replies := w.Replies(m, 0); len(replies) > 0 {
			t.Errorf("%q is answered:\n%s", m.Fallback, replies[0].Text())
		}
	}
}

func TestMentionsAreAnsweredInTheirThread(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := w.bao.In(w.general).Say("<@bot> 三项承诺")
		got := w.answer(t, m)
		says(t, got, "三项承诺", "维利亚公报", "截至2031年5月19日")
		if got.ThreadTS != m.TS || got.Broadcast {
			t.Errorf("it stands in the thread %q of %q", got.ThreadTS, m.TS)
		}
		// The same thread needs no mention, whoever goes on.
		says(t, w.answer(t, w.ann.In(w.general).Thread(m).Say("the second one?")), "Open tariffs")
		inThread := w.bao.In(w.general).Thread(m).Say("<@bot> 第三点呢")
		says(t, w.answer(t, inThread), "共享海图")
		says(t, w.answer(t, w.ann.In(w.general).Say("<@bot> who won the chess match")), "That is not in the briefings.")
		if n := w.Counts().Posted; n != 4 {
			t.Errorf("%d messages answer 4 questions", n)
		}
	})
}

// What is for the asker alone does not fill the channel.
func TestErrorsOfMentionsAreWhispered(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		whispered := func(say func(), want string) *slacktest.Message {
			t.Helper()
			before := len(w.ann.Whispers())
			say()
			if !w.Await(soon, func() bool { return len(w.ann.Whispers()) > before }) {
				t.Fatalf("%q is not whispered", want)
			}
			got := w.ann.Whispers()[before]
			says(t, got, want)
			return got
		}
		whispered(func() { w.ann.In(w.general).Say("<@bot>") }, "Ask something")
		whispered(func() { w.ann.In(w.general).Say("<@bot> " + strings.Repeat("long ", 150)) }, "longer than 500 characters")
		whispered(func() { w.ann.In(w.general).Say("<@bot> language zh-Hant") }, "繁體中文")
		m := w.bao.In(w.general).Say("<@bot> 三项承诺")
		w.answer(t, m)
		if got := whispered(func() { w.ann.In(w.general).Thread(m).Say("<@bot> language en") }, "English"); got.ThreadTS != m.TS {
			t.Errorf("it is whispered in the thread %q", got.ThreadTS)
		}
		if n := w.Counts().Posted; n != 1 {
			t.Errorf("%d messages are public", n)
		}
	})
}

// Where nothing can be posted nothing is tried over and over, and where it can
// a little later it is.
func TestPostsThatFailAreTriedAsFarAsItHelps(t *testing.T) {
	for name, test := range map[string]struct {
		fault    slacktest.Effect
		posts    int
		answered bool
	}{
		"archived":     {slacktest.RefuseError("is_archived"), 1, false},
		"not there":    {slacktest.RefuseError("not_in_channel"), 1, false},
		"revoked":      {slacktest.RefuseError("token_revoked"), 1, false},
		"inactive":     {slacktest.RefuseError("account_inactive"), 1, false},
		"rate limited": {slacktest.Limit(time.Second), 2, true},
		"slow":         {slacktest.Delay(500 * time.Millisecond), 1, true},
		"unavailable":  {slacktest.Refuse(503), 2, true},
		"half done":    {slacktest.FailErrorAfter("fatal_error"), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t, Socket, nil)
			w.Fail(slacktest.Fault{On: "chat.postMessage", Do: test.fault})
			m := w.ann.In(w.general).Say("<@bot> what are the three pledges")
			wait := soon
			if !test.answered {
				w.settle(t)
				wait = 0
			}
			if got := len(w.Replies(m, wait)) > 0; got != test.answered {
				t.Errorf("it is answered: %v", got)
			}
			if !w.Await(soon, func() bool { return len(w.CallsTo("chat.postMessage")) >= test.posts }) {
				t.Errorf("it is posted %d times, want %d", len(w.CallsTo("chat.postMessage")), test.posts)
			}
			// It goes on with the next question.
			if name != "half done" && name != "unavailable" {
				says(t, w.answer(t, w.ann.In(w.general).Say("<@bot> who chairs the forum")), "Orla Finn")
			}
		})
	}
}

func TestAThreadThatSomebodyElseBeganIsJoined(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		first := w.ann.In(w.general).Say("lunch?")
		in := w.bao.In(w.general).Thread(first)
		w.silent(t, first, in.Say("what are the three pledges?"))
		says(t, w.answer(t, in.Say("<@bot> what are the three pledges?")), "The three pledges")
		says(t, w.answer(t, in.Say("and the first one?")), "Clean channels")
	})
}

// What another replica has answered in a thread goes on here, though nothing
// of the bot's stood there when this one looked.
func TestAThreadThatAnotherReplicaJoinedIsFollowed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		first := w.ann.In(w.general).Say("lunch?")
		in := w.bao.In(w.general).Thread(first)
		w.silent(t, in.Say("what are the three pledges?"))
		reply := w.router.Respond(t.Context(), bot.Request{
			Text: "what are the three pledges?", Lang: content.English,
			Place: w.adapter.place(w.workspace.ID, w.general.ID, first.TS, w.bao.ID),
		})
		if reply.Err != nil {
			t.Fatal(reply.Err)
		}
		says(t, w.answer(t, in.Say("and the first one?")), "Clean channels")
	})
}

// After a restart a conversation goes on, however late the bot came to it.
func TestALongThreadIsFollowedAfterARestart(t *testing.T) {
	w := begin(t, HTTP, nil)
	first := w.ann.In(w.general).Say("lunch?")
	in := w.bao.In(w.general).Thread(first)
	for range 20 {
		in.Say("hungry")
	}
	says(t, w.answer(t, in.Say("<@bot> what are the three pledges?")), "The three pledges")
	w.start(t, bottest.Library(t), HTTP, nil) // with nothing remembered
	says(t, w.answer(t, in.Say("who chairs the forum?")), "Orla Finn")
}

// A busy thread costs few calls: of the lookups that Slack allows in a minute
// other threads need theirs.
func TestMessagesOfOneThreadLookForTheBotTogether(t *testing.T) {
	w := begin(t, HTTP, nil)
	w.Fail(slacktest.Fault{On: "conversations.replies", Do: slacktest.Delay(time.Second)})
	first := w.ann.In(w.general).Say("lunch?")
	in := w.bao.In(w.general).Thread(first)
	for range 10 {
		in.Say("hungry")
	}
	w.silent(t, in.Say("who chairs the forum?"))
	if n := len(w.CallsTo("conversations.replies")); n > 2 {
		t.Errorf("slack is asked %d times about one thread", n)
	}
}

// That the bot has not spoken in a thread holds for a while only.
func TestAThreadIsLookedIntoAgain(t *testing.T) {
	w := begin(t, HTTP, nil)
	first := w.ann.In(w.general).Say("lunch?")
	in := w.bao.In(w.general).Thread(first)
	w.silent(t, in.Say("hungry"))
	key := w.workspace.ID + " " + w.general.ID + " " + first.TS
	known, ok := w.adapter.threads.spoken.Get(key)
	if !ok || known.spoken {
		t.Fatalf("of the thread is known: %+v", known)
	}
	// Another replica answers, and what it remembered of that is forgotten.
	_, err := w.api.PostMessage(t.Context(), w.workspace.ID, webapi.Message{Channel: w.general.ID, Thread: first.TS, Text: "The three pledges"})
	if err != nil {
		t.Fatal(err)
	}
	known.at = known.at.Add(-silentFor)
	w.adapter.threads.spoken.Add(key, known)
	says(t, w.answer(t, in.Say("who chairs the forum?")), "Orla Finn")
}

func TestEverythingElsePassesInSilence(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.silent(t,
			w.ann.In(w.general).Say("what are the three pledges"),
			w.ann.In(w.general).Say("<@"+w.bao.ID+"> what are the three pledges"),
			w.workspace.AddApp("other").In(w.general).Say("<@bot> what are the three pledges"),
		)
		m := w.ann.In(w.general).Say("<@bot> what are the three pledges")
		w.answer(t, m)
		w.ann.In(w.general).Edit(m, "<@bot> who chairs the forum")
		w.silent(t, w.ann.In(w.general).Thread(m).Say("thanks a lot")) // chatter
		if n := w.Counts().Posted; n != 1 {
			t.Errorf("%d messages answer 1 question", n)
		}
	})
}

func TestWhatIsDeliveredTwiceIsAnsweredOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.Duplicate(-1)
		says(t, w.answer(t, w.ann.In(w.general).Say("<@bot> what are the three pledges")), "The three pledges")
		says(t, w.answer(t, w.ann.DM().Say("who chairs the forum")), "Orla Finn")
		w.ann.Assistant(w.general)
		w.settle(t)
		if n := w.Counts().Posted; n != 2 {
			t.Errorf("%d messages answer 2 questions", n)
		}
		if n := len(w.CallsTo("assistant.threads.setSuggestedPrompts")); n != 1 {
			t.Errorf("questions are offered %d times", n)
		}
	})
}

func TestADirectConversationHasItsContext(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		dm := w.ann.DM()
		first := w.answer(t, dm.Say("what are the three pledges"))
		says(t, first, "The three pledges")
		if first.ThreadTS != "" {
			t.Error("a direct conversation is answered in threads")
		}
		says(t, w.answer(t, dm.Say("the second one?")), "Open tariffs")
		says(t, w.answer(t, dm.Say("who won the chess match")), "That is not in the briefings.")
		says(t, dm.On(first).Click("Sources").Message, "Forum Secretariat")
	})
}

func TestTheAssistantsPaneOffersQuestions(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		pane := w.bao.Assistant(w.general)
		if !w.Await(soon, func() bool { return len(w.CallsTo("assistant.threads.setSuggestedPrompts")) > 0 }) {
			t.Fatal("no questions are offered")
		}
		call := w.CallsTo("assistant.threads.setSuggestedPrompts")[0]
		prompts, _ := call.Args["prompts"].([]any)
		if call.Error != "" || len(prompts) == 0 || len(prompts) > 4 {
			t.Fatalf("%s: %v", call.Error, call.Args)
		}
		question := prompts[0].(map[string]any)["message"].(string)
		m := pane.Say(question)
		got := w.answer(t, m)
		says(t, got, question)
		if got.ThreadTS != m.ThreadTS {
			t.Errorf("it stands in the thread %q of %q", got.ThreadTS, m.ThreadTS)
		}
	})
}

// They are asked to wait, alone and once.
func TestAUserWhoAsksTooFastIsNotAnswered(t *testing.T) {
	w := begin(t, Socket, func(o *Options) { o.RateLimit = ratelimit.Limit{PerMinute: 1} })
	w.answer(t, w.ann.In(w.general).Say("<@bot> what are the three pledges"))
	w.silent(t, w.ann.In(w.general).Say("<@bot> who chairs the forum"), w.ann.In(w.general).Say("<@bot> topics"))
	if got := w.ann.Whispers(); len(got) != 1 {
		t.Errorf("they are told %d times to wait", len(got))
	} else {
		says(t, got[0], "Please wait a moment")
	}
	w.answer(t, w.bao.In(w.general).Say("<@bot> 三项承诺"))
}

// An answer whose posting ended without a word is looked for, not repeated.
func TestALostAnswerIsNotRepeated(t *testing.T) {
	w := begin(t, Socket, nil)
	w.Fail(slacktest.Fault{On: "chat.postMessage", Do: slacktest.ResetAfter()})
	m := w.ann.In(w.general).Say("<@bot> what are the three pledges")
	w.answer(t, m)
	if !w.Await(soon, func() bool { return len(w.CallsTo("conversations.replies")) > 0 }) {
		t.Fatal("it is not looked for")
	}
	w.settle(t)
	if n := w.Counts().Posted; n != 1 {
		t.Errorf("%d messages answer 1 question", n)
	}
}

func TestTheHomeShowsTheLatestAndFollowsTheLanguage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		home := w.ann.OpenHome()
		says(t, home.Message, "Ask the briefings", "/brief", "The Tidal Charter", "published")
		if got := home.Options("find", "chair"); len(got) == 0 || got[0].Label != "Orla Finn, chair of the forum" {
			t.Fatalf("found %+v", got)
		}
		options := home.Options("find", "tidal")
		if len(options) == 0 || options[0].Label != "The Tidal Charter" {
			t.Fatalf("found %+v", options)
		}
		says(t, home.Pick(options[0]).Message, "The Tidal Charter")
		home.Pick(home.Options("find", "pledges")[0])
		w.settle(t) // it is remembered after it is shown
		says(t, w.answer(t, w.ann.DM().Say("the second one?")), "Open tariffs")
		chinese := home.Choose("简体中文")
		says(t, chinese.Message, "问问简报", "潮汐宪章")
		says(t, w.bao.OpenHome().Message, "问问简报")
	})
}

func TestTheHomeIsBuiltAnewWhenContentChanges(t *testing.T) {
	w := beginOver(t, longLibrary(), HTTP, nil)
	w.ann.OpenHome()
	who := resident{w.workspace.ID, w.ann.ID}
	awaits(t, "it is not known what the home shows", func() bool { return w.adapter.homes.shown.Contains(who) })
	shown, _ := w.adapter.homes.shown.Get(who)
	shown.at = shown.at.Add(-time.Hour)
	w.adapter.homes.shown.Add(who, shown)
	w.adapter.refreshHomes(t.Context())
	if n := len(w.CallsTo("views.publish")); n != 1 {
		t.Errorf("it is built %d times without a change", n)
	}
	shown.fingerprint = "older"
	w.adapter.homes.shown.Add(who, shown)
	w.adapter.refreshHomes(t.Context())
	w.adapter.refreshHomes(t.Context())
	if n := len(w.CallsTo("views.publish")); n != 2 {
		t.Errorf("it is built %d times with one change", n)
	}
}

// Whoever opens their home over and over has it built once in a while.
func TestAHomeThatIsOpenedOverAndOverIsBuiltOnce(t *testing.T) {
	var later atomic.Int64
	w := beginOver(t, longLibrary(), HTTP, func(o *Options) {
		o.Now = func() time.Time { return bottest.Now().Add(time.Duration(later.Load())) }
	})
	for i, step := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {0, 1}, {homePause - time.Second, 1}, {homePause, 2}} {
		later.Store(int64(step.later))
		w.adapter.openHome(t.Context(), w.workspace.ID, w.ann.ID)
		if n := len(w.CallsTo("views.publish")); n != step.want {
			t.Errorf("opened %d times, it is built %d times, want %d", i+1, n, step.want)
		}
	}
}

// A home that could not be built is built as soon as it can be.
func TestAHomeThatFailedIsFollowed(t *testing.T) {
	w := beginOver(t, longLibrary(), HTTP, nil)
	w.Fail(slacktest.Fault{On: "views.publish", Do: slacktest.Refuse(503), Times: 3})
	w.adapter.openHome(t.Context(), w.workspace.ID, w.ann.ID)
	if shown := w.ann.Home(); !shown.Nothing() {
		t.Fatal("it is built")
	}
	w.adapter.refreshHomes(t.Context())
	says(t, w.ann.Home().Message, "A long briefing")
}

// Logs hold no direct conversation, which stands for a person.
func TestLogsNameNoDirectConversation(t *testing.T) {
	var log syncBuffer
	w := begin(t, Socket, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	w.Fail(slacktest.Fault{On: "chat.postMessage", Do: slacktest.RefuseError("is_archived")})
	m := w.ann.DM().Say("what are the three pledges")
	w.silent(t, m)
	if text := log.String(); !strings.Contains(text, "channel=direct") || strings.Contains(text, m.Channel.ID) || strings.Contains(text, w.ann.ID) {
		t.Errorf("it holds\n%s", text)
	}
}

// syncBuffer gathers what is logged.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
