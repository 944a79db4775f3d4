package discord

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/ratelimit"
	"briefbot/content"
)

// world is a Discord with the bot in it.
type world struct {
	*discordtest.Server
	now     func() time.Time // goes on from when the router's clock stands
	router  *bot.Router
	adapter *Adapter

	subscriptions *bottest.Subscriptions // of the router
	guild         *discordtest.Guild
	general       *discordtest.Channel
	ann           *discordtest.User // speaks English
	bao           *discordtest.User // speaks simplified Chinese
}

// description is loaded once for all tests.
var description = sync.OnceValues(func() (*discordtest.Description, error) { return discordtest.LoadDescription("") }) //nolint:gochecknoglobals // what is loaded is immutable, and slow to load

// begin starts a Discord and the bot, by the given transport. change may
// change the bot's options.
func begin(t *testing.T, transport Transport, change func(*Options)) *world {
	t.Helper()
	return beginOver(t, bottest.Library(t), transport, change)
}

func beginOver(t *testing.T, library *content.Library, transport Transport, change func(*Options)) *world {
	t.Helper()
	t.Parallel()          // the library takes a second to close a session
	d, _ := description() // New says what is missing
	start := time.Now()
	now := func() time.Time { return bottest.Now().Add(time.Since(start)) }
	w := &world{now: now, Server: discordtest.New(t, discordtest.Options{
		Description: d, Now: now, IdentifyEvery: -1, Privileged: discordtest.IntentMessageContent,
		Limits: discordtest.Limits{Off: true},
	})}
	w.start(t, library, transport, change)
	w.guild = w.AddGuild("Harbour")
	w.general = w.guild.AddChannel("general")
	w.ann, w.bao = w.AddUser("Ann", "en-US"), w.AddUser("Bao", "zh-CN")
	return w
}

func (w *world) start(t *testing.T, library *content.Library, transport Transport, change func(*Options)) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	client, err := rest.New(rest.Options{
		Token: w.Token(), BaseURL: w.URL(), ProjectURL: "https://briefbot.example", Version: "v1", Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePublicKey(w.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	memory := bot.NewLocalMemory()
	w.subscriptions = bottest.NewSubscriptions(bottest.Now)
	w.router = bottest.RouterFor(t, library, memory, bottest.Now, w.subscriptions)
	o := Options{
		Router: w.router, Memory: memory, REST: client, Log: log, Now: w.now,
		Transport: transport, Token: w.Token(), PublicKey: key, Lang: content.English,
		PublicURL: "https://briefings.example.org",
	}
	if change != nil {
		change(&o)
	}
	if w.adapter, err = New(o); err != nil {
		t.Fatal(err)
	}
	if _, err := client.OverwriteCommands(t.Context(), w.ApplicationID(), "", Commands(w.router, true)); err != nil {
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
		client.Close()
	})
	if transport == HTTP {
		server := httptest.NewServer(endpointAt(w.adapter))
		t.Cleanup(server.Close)
		if err := w.UseEndpoint(server.URL + EndpointPath); err != nil {
			t.Fatal(err)
		}
		return
	}
	awaits(t, "the bot does not connect", func() bool { return w.adapter.State().Ready && w.adapter.self() != "" })
}

// awaits waits for what the adapter does by itself.
func awaits(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func endpointAt(a *Adapter) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(EndpointPath, a.Endpoint())
	return mux
}

// onBoth runs a test by either transport.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, transport := range []Transport{Gateway, HTTP} {
		t.Run(string(transport), func(t *testing.T) { test(t, begin(t, transport, nil)) })
	}
}

// says reports what a message lacks.
func says(t *testing.T, m *discordtest.Message, want ...string) {
	t.Helper()
	text := unescaped(m.Text())
	for _, s := range want {
		if !strings.Contains(text, s) {
			t.Errorf("it lacks %q:\n%s", s, text)
		}
	}
}

// Every command can be used as a slash command, in each language, rightly
// and wrongly, and its user reads all that the router says.
func TestEveryCommandCanBeUsed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		locales := map[content.Lang]string{content.Hans: "zh-CN", content.Hant: "zh-TW", content.English: "en-GB"}
		bottest.Surface(t, w.router, bottest.Member{Managed: "discord.managers"}, func(t *testing.T, use bottest.Use) string {
			user := w.AddUser("somebody", locales[use.Lang])
			options := map[string]any{}
			for name, value := range use.Args {
				options[name] = value
				if n, err := strconv.Atoi(value); err == nil {
					options[name] = n
				}
			}
			shown := user.In(w.general).Slash(use.Command, options)
			return unmarked(everyTurnedPage(shown))
		})
	})
}

// everyTurnedPage reads a message through to its last page.
func everyTurnedPage(shown *discordtest.Shown) string {
	text := shown.Text()
	for {
		next := slices.IndexFunc(shown.Buttons(), func(b discordtest.Button) bool {
			return slices.Contains([]string{"Next", "下一页", "下一頁"}, b.Label)
		})
		if next < 0 {
			return text
		}
		shown = shown.Click(shown.Buttons()[next].Label)
		text += "\n" + shown.Text()
	}
}

// unmarked is what is read where Markdown is shown.
func unmarked(text string) string {
	return unescaped(strings.NewReplacer("**", "", "### ", "", "-# ", "").Replace(text))
}

func TestAnswersAreCited(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		shown := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges"})
		says(t, shown.Message, "The three pledges", "2. **Open tariffs**", "As of 19 May 2031.", "Velia Gazette", "https://gazette.example/forum?a=1&b=2")
		if shown.Ephemeral {
			t.Error("the answer is for the asker alone")
		}
		if b, ok := shown.Button("Open the page"); !ok || b.URL != "https://briefings.example.org/b/harbour-forum-2031/pledges" {
			t.Errorf("the page is not linked: %+v", shown.Buttons())
		}
	})
}

func TestTheLanguageIsTheQuestionsThenTheUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		says(t, w.bao.In(w.general).Slash("topics", nil).Message, "可以问什么")
		says(t, w.bao.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges"}).Message, "The three pledges")
		says(t, w.ann.In(w.general).Slash("ask", map[string]any{"question": "三项承诺是什么"}).Message, "三项承诺")
		says(t, w.AddUser("Chen", "zh-TW").In(w.general).Slash("topics", nil).Message, "可以問什麼")
		says(t, w.AddUser("Dora", "de").In(w.general).Slash("topics", nil).Message, "What can be asked")
		says(t, w.ann.In(w.general).Slash("language", map[string]any{"lang": "zh-Hans"}).Message, "简体中文")
		says(t, w.ann.In(w.general).Slash("topics", nil).Message, "可以问什么")
	})
}

func TestFollowUpsStayWithTheirUser(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ask := func(u *discordtest.User, question string, private bool) *discordtest.Message {
			t.Helper()
			return u.In(w.general).Slash("ask", map[string]any{"question": question, "private": private}).Message
		}
		says(t, ask(w.ann, "what are the three pledges", false), "The three pledges")
		says(t, ask(w.ann, "and the second one?", false), "Open tariffs")
		if text := ask(w.bao, "第二点呢", false).Text(); strings.Contains(text, "公开费率") {
			t.Errorf("a follow-up leaks to another user:\n%s", text)
		}
		says(t, ask(w.ann, "who chairs the forum", true), "Orla Finn")
		says(t, ask(w.ann, "the third one?", false), "Shared charts") // of what was asked in public
		other := w.guild.AddChannel("elsewhere")
		if text := w.ann.In(other).Slash("ask", map[string]any{"question": "the third one?"}).Text(); strings.Contains(text, "Shared charts") {
			t.Errorf("a follow-up leaks to another channel:\n%s", text)
		}
	})
}

func TestButtonsAndMenusLeadOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		shown := w.bao.In(w.general).Slash("ask", map[string]any{"question": "三项承诺是什么"})
		sources := shown.Click("来源")
		says(t, sources.Message, "来源：三项承诺", "论坛秘书处")
		if sources.Ephemeral {
			t.Error("the asker's own click is answered in private")
		}
		// In the language of the message, whoever clicks.
		others := w.ann.In(w.general).On(shown.Message).Click("来源")
		says(t, others.Message, "论坛秘书处")
		if !others.Ephemeral {
			t.Error("a click of somebody else fills the channel")
		}
		nothing := w.ann.In(w.general).Slash("ask", map[string]any{"question": "who won the chess match"})
		says(t, nothing.Message, "That is not in the briefings.")
		topics := nothing.Click("Topics")
		says(t, topics.Message, "The Tidal Charter")
		says(t, topics.Choose("The Tidal Charter").Message, "who may use tidal power")
	})
}

func TestPrivateAnswersCanBeShared(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		private := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges", "private": true})
		if !private.Ephemeral {
			t.Fatal("it is not private")
		}
		if more := private.Click("Sources"); !more.Ephemeral {
			t.Error("what follows a private answer is public")
		}
		public := private.Click("Show to everyone")
		if public.Ephemeral {
			t.Error("it was not shared")
		}
		says(t, public.Message, "The three pledges", "Velia Gazette", "Shared by <@"+w.ann.ID+">")
		if _, ok := public.Button("Show to everyone"); ok {
			t.Error("what everyone sees can be shared again")
		}
		says(t, public.Click("Sources").Message, "Forum Secretariat")
	})
}

func TestSharingIsLimited(t *testing.T) {
	w := begin(t, HTTP, func(o *Options) { o.RateLimit = ratelimit.Limit{PerMinute: 2} })
	private := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges", "private": true})
	says(t, private.Click("Show to everyone").Message, "Shared by")
	again := private.Click("Show to everyone")
	says(t, again.Message, "Please wait a moment")
	if !again.Ephemeral {
		t.Error("the refusal is public")
	}
}

func TestErrorsAreForTheAskerAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		shown := w.ann.In(w.general).Slash("show", map[string]any{"entry": "nowhere/nothing"})
		says(t, shown.Message, "There is no entry")
		if !shown.Ephemeral || len(shown.Buttons()) > 0 {
			t.Errorf("the error is public or can be shared: %+v", shown.Buttons())
		}
		stale := shown.Press("xx|removed")
		says(t, stale.Message, "ask again")
		if !stale.Ephemeral {
			t.Error("a stale button is answered in public")
		}
	})
}

func TestOneUserIsLimited(t *testing.T) {
	w := begin(t, HTTP, func(o *Options) { o.RateLimit = ratelimit.Limit{PerMinute: 2} })
	for range 2 {
		says(t, w.ann.In(w.general).Slash("help", nil).Message, "What I can do")
	}
	slow := w.ann.In(w.general).Slash("help", nil)
	says(t, slow.Message, "Please wait a moment")
	if !slow.Ephemeral {
		t.Error("the refusal is public")
	}
	says(t, w.bao.In(w.general).Slash("help", nil).Message, "我能做什么")
}

func TestTypingIsCompleted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			user            *discordtest.User
			command, option string
			typed           string
			want            discordtest.Choice
		}{
			{w.ann, "ask", "question", "pled", discordtest.Choice{Name: "The three pledges", Value: "The three pledges"}},
			{w.bao, "ask", "question", "承诺", discordtest.Choice{Name: "三项承诺", Value: "三项承诺"}},
			{w.bao, "brief", "briefing", "潮汐", discordtest.Choice{Name: "潮汐宪章", Value: "tidal-charter"}},
			{w.ann, "show", "entry", "chair", discordtest.Choice{Name: "Orla Finn, chair of the forum", Value: "harbour-forum-2031/chair"}},
			{w.ann, "help", "command", "so", discordtest.Choice{Name: "sources", Value: "sources"}},
		} {
			if got := tt.user.In(w.general).Complete(tt.command, tt.option, tt.typed); !slices.Contains(got, tt.want) {
				t.Errorf("%s %s:%q is completed by %v, want %v", tt.command, tt.option, tt.typed, got, tt.want)
			}
		}
		if got := w.ann.In(w.general).Complete("ask", "question", "qqqqqqqq"); len(got) != 0 {
			t.Errorf("nothing is completed by %v", got)
		}
	})
}

// A value that is cut would be another one: what Discord does not take whole
// is not offered.
func TestWhatIsTooLongToBeChosenIsNotOffered(t *testing.T) {
	library := longLibrary()
	long := &library.Briefings()[0].Entries[0]
	long.ID = strings.Repeat("long-", 20)
	w := beginOver(t, content.NewLibrary(library.Briefings()), HTTP, nil)
	if got := w.ann.In(w.general).Complete("show", "entry", "Entry number"); len(got) == 0 ||
		slices.ContainsFunc(got, func(c discordtest.Choice) bool { return strings.HasPrefix(fmt.Sprint(c.Value), "long/long-") }) {
		t.Errorf("offered are %v", got)
	}
}

func TestPagesAreTurnedInPlace(t *testing.T) {
	for _, transport := range []Transport{Gateway, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			w := beginOver(t, longLibrary(), transport, nil)
			first := w.ann.In(w.general).Slash("topics", nil)
			says(t, first.Message, "Entry number 1\n", "Page 1 of 2")
			second := first.Click("Next")
			if second.Kind != respondUpdate || second.ID != first.ID {
				t.Errorf("the page is a new message (%d)", second.Kind)
			}
			says(t, second.Message, "Entry number 40", "Page 2 of 2")
			if _, ok := second.Button("Next"); ok {
				t.Error("there is a page after the last")
			}
			says(t, second.Click("Back").Message, "Entry number 1\n")
			theirs := w.bao.In(w.general).On(first.Message).Click("Next")
			if !theirs.Ephemeral || theirs.ID == first.ID {
				t.Error("somebody else turns the asker's page")
			}
			says(t, w.Messages(w.general)[0], "Page 1 of 2")
		})
	}
}

// longLibrary holds a briefing of so many entries that they do not fit one
// message.
func longLibrary() *content.Library {
	text := func(s string) content.Text { return content.Text{Hans: s, Hant: s, English: s} }
	b := &content.Briefing{ID: "long", Title: text("A long briefing"), Summary: text("Long."), Sources: []content.Source{{ID: "s", Publisher: text("P"), Title: text("T")}}}
	for i := range 40 {
		b.Entries = append(b.Entries, content.Entry{
			ID: fmt.Sprintf("entry-%d", i+1), Kind: content.KindFact, Sources: []string{"s"},
			Title: text(fmt.Sprintf("Entry number %d", i+1)), Answer: text("An answer."),
		})
	}
	return content.NewLibrary([]*content.Briefing{b})
}

func TestADirectConversationHasItsContext(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		dm := w.ann.DM()
		says(t, dm.Slash("ask", map[string]any{"question": "what are the three pledges"}).Message, "The three pledges")
		says(t, dm.Slash("ask", map[string]any{"question": "the second one?"}).Message, "Open tariffs")
	})
}

// Among people, in a conversation that the bot is no part of, what one asks
// stays as they have it.
func TestPeopleCanUseItAmongThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ann.Install()
		w.guild.Kick()
		private := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges", "private": true})
		says(t, private.Message, "The three pledges")
		if _, ok := private.Button("Show to everyone"); !ok {
			t.Error("it cannot be shared")
		}
	})
}

func TestAMessageCanBeAskedAbout(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := w.bao.In(w.general).Say("三项承诺是什么")
		shown := w.ann.In(w.general).MessageCommand("Ask the briefings about this", m)
		says(t, shown.Message, "三项承诺")
		if !shown.Ephemeral {
			t.Error("the question of somebody else is answered in public")
		}
		long := w.bao.In(w.general).Say("三项承诺 " + strings.Repeat("很长的消息", 300))
		if text := w.ann.In(w.general).MessageCommand("Ask the briefings about this", long).Text(); strings.Contains(text, "500") {
			t.Errorf("whoever asks about a long message is told to shorten it: %s", text)
		}
	})
}
