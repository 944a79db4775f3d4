package slack

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
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
	"briefbot/content/search"
)

// world is a Slack with the bot in it.
type world struct {
	*slacktest.Server
	now     func() time.Time // goes on from when the router's clock stands
	hurried func() time.Time // runs ahead
	router  *bot.Router
	adapter *Adapter

	subscriptions *bottest.Subscriptions // of the router
	api           *webapi.Client
	workspace     *slacktest.Workspace
	general       *slacktest.Channel
	ann           *slacktest.User // speaks English
	bao           *slacktest.User // speaks simplified Chinese
}

// specs are loaded once for all tests.
var specs = sync.OnceValues(func() (*slacktest.Specs, error) { return slacktest.LoadSpecs("") }) //nolint:gochecknoglobals // what is loaded is immutable, and slow to load

// begin starts a Slack and the bot, by the given transport. change may change
// the bot's options.
func begin(t *testing.T, transport Transport, change func(*Options)) *world {
	t.Helper()
	return beginOver(t, bottest.Library(t), transport, change)
}

func beginOver(t *testing.T, library *content.Library, transport Transport, change func(*Options)) *world {
	t.Helper()
	t.Parallel()
	return beginWith(t, library, slacktest.Options{}, transport, change)
}

// beginWith starts a Slack with options.
func beginWith(t *testing.T, library *content.Library, o slacktest.Options, transport Transport, change func(*Options)) *world {
	t.Helper()
	o.Specs, _ = specs() // New says what is missing
	start := time.Now()
	o.Now = func() time.Time { return bottest.Now().Add(time.Since(start)) }
	o.Limits.Off = true
	o.RespondWithin = soon // a slow machine is no fault of the bot's
	// Each look at the clock of the sender is a while after the one before, so
	// that it keeps no limit: the fake has none here.
	var looks atomic.Int64
	hurried := func() time.Time { return time.Now().Add(time.Duration(looks.Add(1)) * time.Second) }
	w := &world{now: o.Now, hurried: hurried, Server: slacktest.New(t, o)}
	w.workspace = w.AddWorkspace("Harbour")
	w.general = w.workspace.AddChannel("general")
	w.ann, w.bao = w.workspace.AddUser("Ann", "en-US"), w.workspace.AddUser("Bao", "zh-CN")
	w.start(t, library, transport, change)
	return w
}

func (w *world) start(t *testing.T, library *content.Library, transport Transport, change func(*Options)) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	w.api, err = webapi.New(webapi.Options{Token: webapi.Fixed(w.workspace.Token()), BaseURL: w.URL(), Version: "v1", Log: log, Now: w.hurried})
	if err != nil {
		t.Fatal(err)
	}
	memory := bot.NewLocalMemory()
	w.subscriptions = bottest.NewSubscriptions(bottest.Now)
	w.router = bottest.RouterFor(t, library, memory, bottest.Now, w.subscriptions)
	o := Options{
		Router: w.router, Memory: memory, API: w.api, Log: log, Now: w.now,
		Transport: transport, AppToken: w.AppToken(), Connections: 1, SigningSecret: w.SigningSecret(),
		Assistant: true, Lang: content.English, PublicURL: "https://briefings.example.org",
	}
	if change != nil {
		change(&o)
	}
	if w.adapter, err = New(o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.adapter.Run(ctx, w.router) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the adapter ends with %v", err)
		}
		w.api.Close()
	})
	if transport == HTTP {
		server := httptest.NewServer(endpointsOf(w.adapter))
		t.Cleanup(server.Close)
		if err := w.UseEndpoint(server.URL); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !w.Connected(1, soon) {
		t.Fatal("the bot does not connect")
	}
}

// awaits waits for what the adapter does by itself.
func awaits(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(soon); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func endpointsOf(a *Adapter) http.Handler {
	mux := http.NewServeMux()
	for path, handler := range a.Endpoints() {
		mux.Handle(path, handler)
	}
	return mux
}

// onBoth runs a test by either transport.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) { test(t, begin(t, transport, nil)) })
	}
}

// says reports what a message lacks.
func says(t *testing.T, m *slacktest.Message, want ...string) {
	t.Helper()
	text := unmarked(m.Text())
	for _, s := range want {
		if !strings.Contains(text, s) {
			t.Errorf("it lacks %q:\n%s", s, text)
		}
	}
}

// unmarked is what is read where mrkdwn is shown.
func unmarked(text string) string { return strings.ReplaceAll(text, joiner, "") }

// Every command can be used after the slash command, in each language,
// rightly and wrongly, and its user reads all that the router says.
func TestEveryCommandCanBeUsed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		locales := map[content.Lang]string{content.Hans: "zh-CN", content.Hant: "zh-TW", content.English: "en-GB"}
		bottest.Surface(t, w.router, bottest.Member{Managed: "slack.managers_admins"}, func(t *testing.T, use bottest.Use) string {
			user := w.workspace.AddUser("somebody", locales[use.Lang])
			return strings.ReplaceAll(unmarked(everyTurnedPage(user.In(w.general).Slash("/brief", typed(w.router, use)))), "*", "")
		})
	})
}

// typed is a use as somebody types it.
func typed(router *bot.Router, use bottest.Use) string {
	command, _ := router.Command(use.Command)
	line, rest := use.Command, ""
	for _, p := range command.Params {
		value, given := use.Args[p.Name]
		switch {
		case given && p.Rest:
			rest = " " + p.Name + ":" + value
		case given:
			line += " " + p.Name + ":" + value
		}
	}
	return line + rest
}

// everyTurnedPage reads a message through to its last page.
func everyTurnedPage(shown *slacktest.Shown) string {
	text := shown.Text()
	for {
		next := slices.IndexFunc(shown.Buttons(), func(b slacktest.Button) bool {
			return slices.Contains([]string{"Next", "下一页", "下一頁"}, b.Label)
		})
		if next < 0 {
			return text
		}
		shown = shown.Click(shown.Buttons()[next].Label)
		text += "\n" + shown.Text()
	}
}

func TestAnswersAreCitedAndForTheAskerAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, line := range []string{"what are the three pledges", "ask what are the three pledges", "  /ask  what are the three pledges?"} {
			shown := w.ann.In(w.general).Slash("/brief", line)
			says(t, shown.Message, "The three pledges", "2. *Open tariffs*", "As of 19 May 2031.", "Velia Gazette", "https://gazette.example/forum?a=1&b=2")
			if !shown.Ephemeral {
				t.Error("the answer is public")
			}
			if !strings.Contains(shown.Fallback, "Open tariffs") {
				t.Errorf("the fallback is %q", shown.Fallback)
			}
			if b, ok := shown.Button("Open the page"); !ok || b.URL != "https://briefings.example.org/b/harbour-forum-2031/pledges" {
				t.Errorf("the page is not linked: %+v", shown.Buttons())
			}
		}
		says(t, w.ann.In(w.general).Slash("/brief", "").Message, "What I can do")
		says(t, w.ann.In(w.general).Slash("/brief", "about the harbour forum").Message, "Harbour Forum")
		says(t, w.ann.In(w.general).Slash("/brief", "show nowhere/nothing").Message, "There is no entry")
	})
}

func TestTheLanguageIsTheQuestionsThenTheUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		says(t, w.bao.In(w.general).Slash("/brief", "topics").Message, "可以问什么")
		says(t, w.bao.In(w.general).Slash("/brief", "what are the three pledges").Message, "The three pledges")
		says(t, w.ann.In(w.general).Slash("/brief", "三项承诺是什么").Message, "三项承诺")
		says(t, w.workspace.AddUser("Chen", "zh-TW").In(w.general).Slash("/brief", "topics").Message, "可以問什麼")
		says(t, w.workspace.AddUser("Dora", "de-DE").In(w.general).Slash("/brief", "topics").Message, "What can be asked")
		says(t, w.ann.In(w.general).Slash("/brief", "language zh-Hans").Message, "简体中文")
		says(t, w.ann.In(w.general).Slash("/brief", "topics").Message, "可以问什么")
		if n := len(w.CallsTo("users.info")); n != 4 {
			t.Errorf("slack was asked %d times about 4 users", n)
		}
	})
}

func TestPrivateFollowUpsStayWithTheirUser(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		says(t, w.ann.In(w.general).Slash("/brief", "what are the three pledges").Message, "The three pledges")
		says(t, w.ann.In(w.general).Slash("/brief", "and the second one?").Message, "Open tariffs")
		if text := w.bao.In(w.general).Slash("/brief", "第二点呢").Text(); strings.Contains(text, "公开费率") {
			t.Errorf("a follow-up leaks to another user:\n%s", text)
		}
		other := w.workspace.AddChannel("elsewhere")
		if text := w.ann.In(other).Slash("/brief", "the third one?").Text(); strings.Contains(text, "Shared charts") {
			t.Errorf("a follow-up leaks to another channel:\n%s", text)
		}
	})
}

func TestButtonsAndMenusLeadOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		question := w.bao.In(w.general).Say("<@bot> 三项承诺是什么")
		answer := w.answer(t, question)
		sources := w.bao.In(w.general).On(answer).Click("来源")
		says(t, sources.Message, "来源：三项承诺", "论坛秘书处")
		if sources.Ephemeral || sources.ThreadTS != question.TS {
			t.Errorf("the asker's own click is answered in private or elsewhere: %q", sources.ThreadTS)
		}
		// In the language of the message, whoever clicks.
		others := w.ann.In(w.general).On(answer).Click("来源")
		says(t, others.Message, "论坛秘书处")
		if !others.Ephemeral || others.ThreadTS != question.TS {
			t.Error("a click of somebody else fills the channel, or is answered elsewhere")
		}
		nothing := w.ann.In(w.general).Slash("/brief", "who won the chess match")
		says(t, nothing.Message, "That is not in the briefings.")
		topics := nothing.Click("Topics")
		says(t, topics.Message, "The Tidal Charter")
		says(t, topics.Choose("The Tidal Charter").Message, "who may use tidal power")
	})
}

func TestPrivateAnswersCanBeShared(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		private := w.ann.In(w.general).Slash("/brief", "what are the three pledges")
		if more := private.Click("Sources"); !more.Ephemeral {
			t.Error("what follows a private answer is public")
		}
		public := private.Click("Share in channel")
		if again := private.Click("Share in channel"); !again.Ephemeral {
			t.Error("it is shared twice")
		}
		if public.Ephemeral || public.Channel != w.general {
			t.Error("it was not shared")
		}
		says(t, public.Message, "The three pledges", "Velia Gazette", "Shared by ann")
		if _, ok := public.Button("Share in channel"); ok {
			t.Error("what everyone sees can be shared again")
		}
		says(t, public.Click("Sources").Message, "Forum Secretariat")
		// What is shared is what was seen, not what its question means alone.
		followUp := w.ann.In(w.general).Slash("/brief", "and the second one?")
		says(t, followUp.Message, "Open tariffs")
		says(t, followUp.Click("Share in channel").Message, "Open tariffs", "Shared by ann")
		says(t, w.ann.In(w.general).Slash("/brief", "topics").Click("Share in channel").Message, "What can be asked")
		if _, ok := w.ann.In(w.general).Slash("/brief", "who won the chess match").Button("Share in channel"); ok {
			t.Error("that nothing is known can be shared")
		}
		if _, ok := w.ann.DM().Slash("/brief", "what are the three pledges").Button("Share in channel"); ok {
			t.Error("a direct conversation can be shared")
		}
	})
}

// What is shared is all that was seen, however many messages it takes.
func TestALongAnswerIsSharedWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		newest := bottest.Library(t).Briefings()[0]
		ref := content.Ref{Briefing: newest.ID, Entry: newest.Entries[0].ID}
		w.adapter.Responder = responder(func(context.Context, bot.Request) bot.Reply {
			return bot.Reply{
				Lang: content.English, Answer: &search.Answer{Status: search.Answered, Ref: ref},
				Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("A sentence of the answer. ", 250)}}},
			}
		})
		private := w.ann.In(w.general).Slash("/brief", "anything").FollowUps(3)
		for i, page := range private[2].Click("Share in channel").FollowUps(3) {
			says(t, page.Message, fmt.Sprintf("Page %d of 3", i+1), "Shared by ann")
			if page.Ephemeral {
				t.Errorf("page %d is shared with nobody", i+1)
			}
		}
	})
}

func TestErrorsAreForTheAskerAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		shown := w.ann.In(w.general).Slash("/brief", "show nowhere/nothing")
		if !shown.Ephemeral || len(shown.Buttons()) > 0 {
			t.Errorf("the error is public or can be shared: %+v", shown.Buttons())
		}
		stale := shown.Press("1", "xx|removed")
		says(t, stale.Message, "ask again")
		if !stale.Ephemeral {
			t.Error("a stale button is answered in public")
		}
	})
}

func TestOneUserIsLimited(t *testing.T) {
	w := begin(t, HTTP, func(o *Options) { o.RateLimit = ratelimit.Limit{PerMinute: 2} })
	for range 2 {
		says(t, w.ann.In(w.general).Slash("/brief", "help").Message, "What I can do")
	}
	says(t, w.ann.In(w.general).Slash("/brief", "help").Message, "Please wait a moment")
	says(t, w.bao.In(w.general).Slash("/brief", "help").Message, "我能做什么")
}

func TestPagesAreTurnedInPlace(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w := beginOver(t, longLibrary(), transport, nil)
			first := w.ann.In(w.general).On(w.answer(t, w.ann.In(w.general).Say("<@bot> topics")))
			says(t, first.Message, "Entry number 1 ", "Page 1 of")
			second := first.Click("Next")
			if second.TS != first.TS || second.Edits != 1 {
				t.Errorf("the page is a new message, edited %d times", second.Edits)
			}
			says(t, second.Message, "Page 2 of")
			says(t, second.Click("Back").Message, "Entry number 1 ")
			theirs := w.bao.In(w.general).On(first.Message).Click("Next")
			if !theirs.Ephemeral || theirs.TS == first.TS {
				t.Error("somebody else turns the asker's page")
			}
			says(t, first.Now().Message, "Page 1 of")

			// What is private is turned in place too.
			private := w.ann.In(w.general).Slash("/brief", "topics")
			turned := private.Click("Next")
			if turned.TS != private.TS || !turned.Ephemeral {
				t.Error("the page of a private answer is a new message")
			}
			says(t, turned.Message, "Page 2 of")
		})
	}
}

// longLibrary holds a briefing of so many entries that they do not fit one
// message.
func longLibrary() *content.Library {
	text := func(s string) content.Text { return content.Text{Hans: s, Hant: s, English: s} }
	b := &content.Briefing{ID: "long", Title: text("A long briefing"), Summary: text("Long."), Sources: []content.Source{{ID: "s", Publisher: text("P"), Title: text("T")}}}
	for i := range 160 {
		b.Entries = append(b.Entries, content.Entry{
			ID: fmt.Sprintf("entry-%d", i+1), Kind: content.KindFact, Sources: []string{"s"},
			Title: text(fmt.Sprintf("Entry number %d", i+1) + strings.Repeat(" and so on", 30)), Answer: text("An answer."),
		})
	}
	return content.NewLibrary([]*content.Briefing{b})
}

// What a long list holds on other pages is found by typing, without turning to
// it: for the asker in the thread, for others alone.
func TestALongListIsSearchedByTyping(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w := beginOver(t, longLibrary(), transport, nil)
			question := w.ann.In(w.general).Say("<@bot> topics")
			list := w.ann.In(w.general).On(w.answer(t, question))
			id := "find:" + w.ann.ID
			found := list.Options(id, "number 150")
			if len(found) == 0 || !strings.HasPrefix(found[0].Label, "Entry number 150 ") {
				t.Fatalf("found %+v", found)
			}
			if own := list.Pick(found[0]); own.Ephemeral || own.ThreadTS != question.TS || !strings.Contains(own.Text(), "An answer.") {
				t.Errorf("in the thread %q it shows\n%s", own.ThreadTS, own.Text())
			}
			others := w.bao.In(w.general).On(list.Message)
			if theirs := others.Pick(others.Options(id, "number 150")[0]); !theirs.Ephemeral {
				t.Error("a choice of somebody else fills the channel")
			}
			private := w.ann.In(w.general).Slash("/brief", "topics")
			says(t, private.Pick(private.Options("find", "number 150")[0]).Message, "An answer.")
		})
	}
	t.Run("a short list needs none", func(t *testing.T) {
		w := begin(t, HTTP, nil)
		for _, b := range w.ann.In(w.general).Slash("/brief", "topics").Blocks {
			if strings.Contains(fmt.Sprint(b), "external_select") {
				t.Errorf("it has one: %v", b)
			}
		}
	})
}

func TestAMessageCanBeAskedAbout(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := w.bao.In(w.general).Say("三项承诺是什么")
		shown := w.ann.In(w.general).Shortcut("ask_about", m)
		says(t, shown.Message, "三项承诺")
		if !shown.Ephemeral {
			t.Error("the question of somebody else is answered in public")
		}
	})
}

// tallies count in memory.
type tallies struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tallies) Count(_ context.Context, kind bot.TallyKind, text string, day content.Date) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[string(kind)+" "+text+" "+day.String()]++
	return nil
}

func (c *tallies) Tallied(context.Context, bot.TallyKind, content.Date, int) ([]bot.Tally, error) {
	return nil, nil
}

func TestVotesAreCountedWithoutWho(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			counted := &tallies{counts: map[string]int{}}
			w := begin(t, transport, func(o *Options) { o.Tallies = counted })
			answer := w.answer(t, w.ann.In(w.general).Say("<@bot> what are the three pledges"))
			thanks := w.ann.In(w.general).On(answer).Click("👍")
			says(t, thanks.Message, "The editors see how often, not who.")
			if !thanks.Ephemeral {
				t.Error("a vote is public")
			}
			says(t, w.ann.In(w.general).On(answer).Click("👎").Message, "The editors see") // in place of the other
			says(t, w.bao.In(w.general).On(answer).Click("👎").Message, "The editors see")
			says(t, w.bao.In(w.general).On(answer).Click("👎").Message, "Your vote is taken back.")
			counted.want(t, map[string]int{"thumbs_up": 1, "thumbs_up_back": 1, "thumbs_down": 2, "thumbs_down_back": 1})
		})
	}
}

// want compares what was counted of the pledges on the day of the test.
func (c *tallies) want(t *testing.T, kinds map[string]int) {
	t.Helper()
	want := map[string]int{}
	for kind, n := range kinds {
		want[kind+" harbour-forum-2031/pledges 2031-06-15"] = n
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if fmt.Sprint(c.counts) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", c.counts, want)
	}
}

func TestReactionsAreVotes(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			counted := &tallies{counts: map[string]int{}}
			w := begin(t, transport, func(o *Options) { o.Tallies = counted })
			question := w.ann.In(w.general).Say("<@bot> what are the three pledges")
			answer := w.answer(t, question)
			ann, bao := w.ann.In(w.general), w.bao.In(w.general)
			step := func(do func(*slacktest.Message, string), reaction string, want map[string]int) {
				t.Helper()
				do(answer, reaction)
				w.settle(t)
				counted.want(t, want)
			}
			step(ann.React, "+1::skin-tone-2", map[string]int{"thumbs_up": 1})
			ann.On(answer).Click("👎") // the button says otherwise later
			counted.want(t, map[string]int{"thumbs_up": 1, "thumbs_up_back": 1, "thumbs_down": 1})
			step(ann.Unreact, "+1::skin-tone-2", map[string]int{"thumbs_up": 1, "thumbs_up_back": 1, "thumbs_down": 1})
			step(bao.React, "-1", map[string]int{"thumbs_up": 1, "thumbs_up_back": 1, "thumbs_down": 2})
			step(bao.Unreact, "-1", map[string]int{"thumbs_up": 1, "thumbs_up_back": 1, "thumbs_down": 2, "thumbs_down_back": 1})
			// What says nothing of an answer is none.
			bao.React(answer, "tada")
			bao.React(question, "+1")
			bao.React(w.answer(t, w.ann.In(w.general).Say("<@bot> who won the chess match")), "-1")
			w.settle(t)
			counted.want(t, map[string]int{"thumbs_up": 1, "thumbs_up_back": 1, "thumbs_down": 2, "thumbs_down_back": 1})
		})
	}
}

// A message counts as an answer where the bot wrote it, whatever stands in it.
func TestOnlyWhatTheBotWroteIsVotedOn(t *testing.T) {
	w := begin(t, Socket, func(o *Options) { o.Tallies = &tallies{counts: map[string]int{}} })
	for _, others := range []bool{true, false} {
		answer := w.answer(t, w.ann.In(w.general).Say("<@bot> what are the three pledges"))
		self := answer.Author.ID
		if others {
			self = "U0SOMEBODY"
		}
		if _, ok := w.adapter.answerIn(t.Context(), w.workspace.ID, w.general.ID, answer.TS, self); ok == others {
			t.Errorf("somebody else's: %v; it is an answer: %v", others, ok)
		}
	}
}

// What is kept of a vote tells neither who nor where.
func TestVotesAreKeptUnderAHash(t *testing.T) {
	b := ballot{team: "T024BE7LD", user: "U024BE7LH", channel: "C024BE91L", ts: "1355517523.000005"}
	v, err := newVotes("s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	mark := v.mark(b, bot.ThumbsUp)
	for _, secret := range []string{b.team, b.user, b.channel, b.ts} {
		if strings.Contains(strings.ToLower(mark), strings.ToLower(secret)) {
			t.Errorf("%q shows in %q", secret, mark)
		}
	}
	other, err := newVotes("0ther")
	if err != nil {
		t.Fatal(err)
	}
	if len(mark) > bot.MaxKey || mark == v.mark(b, bot.ThumbsDown) || mark == other.mark(b, bot.ThumbsUp) {
		t.Errorf("%q is not a name of its own", mark)
	}
}

// What takes long is acknowledged in time and answered later.
func TestSlowAnswersComeLater(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w := begin(t, transport, func(o *Options) { o.Patience = time.Millisecond })
			w.adapter.Responder = responder(func(ctx context.Context, req bot.Request) bot.Reply {
				for len(w.adapter.slots) == 0 && ctx.Err() == nil { // until it is acknowledged
					time.Sleep(time.Millisecond)
				}
				return w.router.Respond(ctx, req)
			})
			shown := w.ann.In(w.general).Slash("/brief", "what are the three pledges")
			says(t, shown.Message, "The three pledges")
			if n := w.Counts().ResponseURLs; n != 1 {
				t.Errorf("it came by %d responses", n)
			}
		})
	}
}

type responder func(context.Context, bot.Request) bot.Reply

func (f responder) Respond(ctx context.Context, req bot.Request) bot.Reply { return f(ctx, req) }

// What cannot be turned by a button follows, as far as Slack takes responses.
func TestLongAnswersFollowOneAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.adapter.Responder = responder(func(context.Context, bot.Request) bot.Reply {
			return bot.Reply{Lang: content.English, Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: strings.Repeat("A sentence of the answer. ", 1000)}}}}
		})
		shown := w.ann.In(w.general).Slash("/brief", "anything")
		pages := shown.FollowUps(5)
		for i, page := range pages[:4] {
			says(t, page.Message, fmt.Sprintf("Page %d of 9", i+1))
		}
		says(t, pages[4].Message, "These are 4 of 9 pages", "Ask me in a direct message")
		w.settle(t) // the fake refuses a sixth
	})
}

// A request that comes twice, by whoever replays it, is answered once.
func TestACommandIsAnsweredOnce(t *testing.T) {
	_, h := standing(t, nil)
	for i, want := range []bool{true, false} {
		if w := ask(h, signed(CommandsPath, asked)); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "The three pledges") != want {
			t.Errorf("time %d: %d %s", i+1, w.Code, w.Body)
		}
	}
}

func TestAFaultOfACommandIsToldInASentence(t *testing.T) {
	w := begin(t, Socket, func(o *Options) {
		o.Responder = responder(func(context.Context, bot.Request) bot.Reply { panic("boom") })
	})
	says(t, w.ann.In(w.general).Slash("/brief", "topics").Message, "Something went wrong on our side")
}
