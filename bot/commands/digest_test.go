package commands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/commands"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// manager manages every channel.
type manager struct{ zone string }

func (manager) Manages(context.Context) (bool, error) { return true, nil }
func (m manager) Managers(i18n.Printer) string        { return "its keepers" }
func (m manager) Zone(context.Context) string         { return m.zone }

// channel is a channel whose manager types commands.
type channel struct {
	*bottest.Subscriptions
	router *bot.Router
	place  bot.Place
	asker  bot.Asker
	lang   content.Lang
}

func newChannel(t *testing.T) *channel {
	t.Helper()
	return channelAt(t, bottest.Now)
}

func channelAt(t *testing.T, now func() time.Time) *channel {
	t.Helper()
	s := bottest.NewSubscriptions(now)
	return &channel{
		Subscriptions: s, router: bottest.RouterFor(t, bottest.Library(t), bot.NewLocalMemory(), now, s),
		place: bot.Place{Platform: "discord", Workspace: "W", Channel: "C", User: "U"}, asker: manager{"Europe/Berlin"}, lang: content.English,
	}
}

func (c *channel) respond(t *testing.T, line string) bot.Reply {
	t.Helper()
	return c.router.Respond(t.Context(), bot.Request{Text: line, Lang: c.lang, Place: c.place, Asker: c.asker})
}

// say types a line and returns what is read.
func (c *channel) say(t *testing.T, line string) string {
	t.Helper()
	reply := c.respond(t, line)
	return bot.PlainText(reply.Message, c.router.Phrases(reply.Lang))
}

// press does what a button of the reply to a line does.
func (c *channel) press(t *testing.T, line, label string) string {
	t.Helper()
	reply := c.respond(t, line)
	i := slices.IndexFunc(reply.Message.Actions, func(a bot.Action) bool { return a.Label == label })
	if i < 0 {
		t.Fatalf("%s offers no %q but %v", line, label, reply.Message.Actions)
	}
	a := reply.Message.Actions[i]
	pressed := c.router.Respond(t.Context(), bot.Request{Command: a.Command, Args: a.Args, Lang: reply.Lang, Place: c.place, Asker: c.asker})
	return bot.PlainText(pressed.Message, c.router.Phrases(pressed.Lang))
}

// here returns the subscriptions of the channel.
func (c *channel) here(t *testing.T) []digest.Subscription {
	t.Helper()
	all, err := c.InChannel(t.Context(), c.place)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDigestCommands compares a conversation about digests to golden files, a
// language each.
func TestDigestCommands(t *testing.T) {
	lines := []string{
		"/digest", "/digest pause", "/digest explain",
		"/digest subscribe 09:00 weekdays topics:trade lang:zh", "/digest subscribe 09:00 weekdays topics:trade lang:zh",
		"/digest subscribe 02:30 sun zone:Berlin quiet:2031-06-15/2031-10-20,2031-11-03/2032-03-24 full say yes lang:zh-Hant,en",
		"/digest", "/digest pause", "/digest explain 2", "/digest edit 1 18:00,8:00 headlines", "/digest edit 1", "/digest edit 3 full",
		"/digest pause 1", "/digest now 1", "/digest resume 1", "/digest resume 1", "/digest now 1", "/digest history 1",
		"/digest history 2", "/digest preview 2", "/digest preview topics:law lang:en headlines", "/digest unsubscribe 2", "/digest list",
		"/digest subscribe 25:00", "/digest subscribe 9:00 zone:Nowhere", "/digest subscribe 9:00 topics:nothing", "/digest subscribe 9:00 lang:fr",
		"/digest subscribe 9:00 style:long", "/digest subscribe 9:00 empty:maybe", "/digest subscribe 9:00 revisit:maybe", "/digest subscribe 9:00 quiet:never",
		"/digest subscribe 9:00 1 january", "/digest stop", "/help digest", "/help digest pause",
	}
	for _, lang := range content.Langs() {
		t.Run(string(lang), func(t *testing.T) {
			c := newChannel(t)
			c.lang = lang
			var b strings.Builder
			for _, line := range lines {
				reply := c.respond(t, line)
				fmt.Fprintf(&b, "> %s\n%s\n", line, bot.PlainText(reply.Message, c.router.Phrases(reply.Lang)))
				for _, action := range actionsOf(reply.Message) {
					fmt.Fprintf(&b, "[%s] %s\n", action.Label, action.Encode())
				}
				b.WriteByte('\n')
			}
			golden(t, "digest."+string(lang)+".golden", b.String())
		})
	}
}

func TestWhatIsNotNamedIsChosenAndShown(t *testing.T) {
	now := func() time.Time { return time.Date(2031, 6, 15, 23, 30, 0, 0, time.UTC) } // a Sunday
	c := channelAt(t, now)
	c.asker = manager{"Asia/Shanghai"}
	said := c.say(t, "/digest subscribe 9:30")
	for _, want := range []string{
		"This channel is subscribed.", "Next: Mon 16 June 2031, 09:30 (UTC+8).", "Time zone: Asia/Shanghai", "the one of your profile",
		"every day", "Topics: all topics", "Language: English", "Style: summaries", "If nothing is new: nothing is sent",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	got := c.here(t)[0]
	want := digest.Settings{
		Times: []digest.Clock{9*60 + 30}, Zone: "Asia/Shanghai", Days: digest.EveryDay,
		Langs: []content.Lang{content.English}, Style: digest.Summary, Empty: digest.SkipEmpty,
	}
	if fmt.Sprint(got.Settings) != fmt.Sprint(want) || got.State != digest.Active || got.Creator != "U" || got.Place != (bot.Place{Platform: "discord", Workspace: "W", Channel: "C"}) {
		t.Errorf("the subscription is %+v", got)
	}
	if at := time.Date(2031, 6, 16, 1, 30, 0, 0, time.UTC); !got.Next.At.Equal(at) {
		t.Errorf("it comes at %v, want %v", got.Next.At, at)
	}
}

func TestTheZoneIsGuessed(t *testing.T) {
	others := func(zone string) func(*testing.T, *channel) {
		return func(t *testing.T, c *channel) {
			t.Helper()
			c.asker, c.place.Channel = manager{}, "other"
			c.say(t, "/digest subscribe 9:00 zone:"+zone)
			c.place.Channel = "C"
		}
	}
	tests := map[string]struct {
		before     func(*testing.T, *channel)
		asker      string
		configured string
		line       string
		zone, says string
	}{
		"from the asker":                        {others("Asia/Tokyo"), "Asia/Seoul", "Asia/Taipei", "9:00", "Asia/Seoul", "of your profile"},
		"from another channel":                  {others("Asia/Tokyo"), "", "Asia/Taipei", "9:00", "Asia/Tokyo", "that of another digest"},
		"from the configuration":                {nil, "", "Asia/Taipei", "9:00", "Asia/Taipei", "the usual one"},
		"where nothing tells":                   {nil, "", "", "9:00", "UTC", "Nothing tells your time zone"},
		"where the asker's is not known":        {nil, "Mars/Olympus", "", "9:00", "UTC", "Nothing tells your time zone"},
		"not where it is named":                 {others("Asia/Tokyo"), "Asia/Seoul", "", "9:00 zone:Europe/Paris", "Europe/Paris", ""},
		"and says how a name of a city is read": {nil, "", "", "9:00 zone:北京", "Asia/Shanghai", "Asia/Shanghai"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newChannel(t)
			router, err := bot.NewRouter(bot.Options{
				Commands: commands.All(commands.Options{Subscriptions: c.Subscriptions, Zone: test.configured}), Phrases: c.router.Catalogue(),
				Shelves: bottest.Shelves(c.router.Shelf()), Memory: bot.NewLocalMemory(), Now: bottest.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			c.router = router
			if test.before != nil {
				test.before(t, c)
			}
			c.asker = manager{test.asker}
			said := c.say(t, "/digest subscribe "+test.line)
			if got := c.here(t)[0].Settings.Zone; got != test.zone || !strings.Contains(said, test.zone) || !strings.Contains(said, test.says) {
				t.Errorf("the zone is %s:\n%s", got, said)
			}
		})
	}
}

func TestEditingChangesOnlyWhatIsNamed(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00 weekdays zone:Asia/Tokyo topics:trade lang:zh-Hant full say yes quiet:2031-12-25")
	before := c.here(t)[0]
	for _, step := range []struct {
		line   string
		change func(*digest.Subscription)
	}{
		{"/digest edit style:headlines", func(s *digest.Subscription) { s.Settings.Style = digest.Headlines }},
		{"/digest edit topics:all quiet:none revisit:no", func(s *digest.Subscription) {
			s.Settings.Topics, s.Settings.Quiet, s.Settings.Revisit = nil, nil, false
		}},
		{"/digest edit 1 lang:en,zh", func(s *digest.Subscription) { s.Settings.Langs = []content.Lang{content.English, content.Hans} }},
		{"/digest edit 18:00", func(s *digest.Subscription) {
			s.Settings.Times = []digest.Clock{18 * 60}
			s.Next = digest.Slot{Date: content.Date{Year: 2031, Month: 6, Day: 16}, Clock: 18 * 60, At: time.Date(2031, 6, 16, 9, 0, 0, 0, time.UTC)}
		}},
	} {
		if said := c.say(t, step.line); !strings.Contains(said, "Changed.") {
			t.Errorf("%s: %s", step.line, said)
		}
		step.change(&before)
		before.Revision++
		if got := c.here(t)[0]; fmt.Sprint(got) != fmt.Sprint(before) {
			t.Errorf("%s: it is\n%+v, want\n%+v", step.line, got, before)
		}
	}
}

// What people write, and how the documentation writes it.
func TestDigestsAreTypedAsPeopleWrite(t *testing.T) {
	for typed, documented := range map[string]string{
		"推送 订阅 每天早上9点 上海":                                "/digest subscribe 09:00 daily zone:Asia/Shanghai lang:zh-Hans",
		"推送 订阅 上海每天早上9点半":                                "/digest subscribe 09:30 zone:Asia/Shanghai lang:zh-Hans",
		"推送 訂閱 每個工作日下午三點半 台北":                            "/digest subscribe 15:30 weekdays zone:Asia/Taipei lang:zh-Hant",
		"订阅 周一三五早上八点":                                    "/digest subscribe 08:00 mon,wed,fri lang:zh-Hans",
		"推送 订阅 9点 样式:全文 语言：英文 话题:全部":                     "/digest subscribe 09:00 style:full lang:en",
		"推送 订阅 9点 标题 无新内容:说明 重温:是 免打扰:2031-10-01":        "/digest subscribe 09:00 headlines say revisit:yes quiet:2031-10-01 lang:zh-Hans",
		"推送 訂閱 時間:9點 樣式:摘要 無新內容:不發":                      "/digest subscribe 09:00 lang:zh-Hant",
		"digest subscribe 9 am":                          "/digest subscribe 09:00",
		"digest subscribe at 9 PM every weekday":         "/digest subscribe 21:00 weekdays",
		"digest subscribe 9:00 AM in New York":           "/digest subscribe 09:00 zone:America/New_York",
		"digest subscribe 9 zone:New York full":          "/digest subscribe 09:00 zone:America/New_York full",
		"digest subscribe time: 9 zone: New York":        "/digest subscribe 09:00 zone:America/New_York",
		"digest subscribe time:9 topic:trade":            "/digest subscribe 09:00 topics:trade",
		"digest subscribe 9 and 18:00 topics:trade, law": "/digest subscribe 09:00,18:00 topics:trade,law",
	} {
		c, want := newChannel(t), newChannel(t)
		said := c.say(t, typed)
		want.say(t, documented)
		if got, want := c.here(t), want.here(t); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: there is\n%+v, want\n%+v: %s", typed, got, want, said)
		}
	}
}

// What is wrong is said, whether or not the line begins with a slash.
func TestMistypedDigestCommandsSayWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		"digest subscribe 25:00":         "“25:00” cannot be read as times",
		"推送 订阅 25点":                      "看不懂“25点”这个时间",
		"digest subscribe 09:00 foo":     `"digest subscribe" does not know what to do with "foo"`,
		"digest pause 0":                 `"number" must be a whole number from 1`,
		"digest pause 1 2 3":             `"digest pause" does not know what to do with "2"`,
		"digest subscrbe 09:00":          `"digest" has no "subscrbe"`,
		"digest subscribe":               `"digest subscribe" needs "times"`,
		"digest subscribe 9 lang:fr":     `A digest has one or two different languages`,
		"digest subscribe 9 topics:cats": `There is nothing on "cats"`,
	} {
		c := newChannel(t)
		c.say(t, "/digest subscribe 07:00")
		for _, line := range []string{line, "/" + line} {
			if said := c.say(t, line); !strings.Contains(said, want) {
				t.Errorf("%s: %s", line, said)
			}
		}
		if all := c.here(t); len(all) != 1 || all[0].State != digest.Active {
			t.Errorf("%s: there is %+v", line, all)
		}
	}
}

func TestWhatStoppedSaysWhyAndIsResumed(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00")
	id := c.here(t)[0].ID
	c.Stop(id, digest.ReasonDenied)
	if said := c.say(t, "/digest list"); !strings.Contains(said, "Stopped: I may not post there, or was removed.") {
		t.Errorf("the list says %s", said)
	}
	if said := c.press(t, "/digest list", "Resume 1"); !strings.Contains(said, "It goes on.") || !strings.Contains(said, "Next: Mon 16 June 2031, 09:00 (UTC+2).") {
		t.Errorf("once it is resumed: %s", said)
	}
	if s := c.here(t)[0]; s.State != digest.Active || s.Reason != "" {
		t.Errorf("it is %+v", s)
	}
}

func TestAnEndedDigestIsHadBack(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00,18:00 mon,thu zone:Asia/Tokyo lang:zh-Hant,en headlines")
	before := c.here(t)[0].Settings
	if said := c.press(t, "/digest unsubscribe", "Subscribe again"); !strings.Contains(said, "This channel is subscribed.") {
		t.Errorf("it says %s", said)
	}
	all := c.here(t)
	if len(all) != 1 || fmt.Sprint(all[0].Settings) != fmt.Sprint(before) || all[0].Number != 2 {
		t.Errorf("there are %+v", all)
	}
	// What does not fit a button is typed.
	c.say(t, "/digest edit topics:harbour-forum-2031,tidal-charter,trade,law quiet:2031-10-01/2031-10-07,2031-12-24/2032-01-02")
	before = c.here(t)[0].Settings
	reply := c.respond(t, "/digest unsubscribe")
	if len(reply.Message.Actions) > 0 {
		t.Errorf("there are buttons: %v", reply.Message.Actions)
	}
	_, line, _ := strings.Cut(bot.PlainText(reply.Message, c.router.Phrases(reply.Lang)), "To have it back: ")
	c.say(t, line)
	if all := c.here(t); len(all) != 1 || fmt.Sprint(all[0].Settings) != fmt.Sprint(before) {
		t.Errorf("%s makes %+v", line, all)
	}
}

func TestAHistoryIsExplained(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00")
	id := c.here(t)[0].ID
	at := func(day int) digest.Slot { return digest.Slot{At: time.Date(2031, 6, day, 7, 0, 0, 0, time.UTC)} }
	for _, o := range []digest.Occurrence{
		{Slot: at(9), Kind: digest.Scheduled, State: digest.Sent, Reason: digest.ReasonRefused, FinishedAt: at(9).At.Add(12 * time.Hour)},
		{Slot: at(10), Kind: digest.Scheduled, State: digest.Sent, FinishedAt: at(10).At.Add(time.Second)},
		{Slot: at(11), Kind: digest.Scheduled, State: digest.Sent, FinishedAt: at(11).At.Add(3 * time.Minute)},
		{Slot: at(12), Kind: digest.Scheduled, State: digest.Skipped, Reason: digest.ReasonEmpty},
		{Slot: at(13), Kind: digest.Now, State: digest.Failed, Reason: digest.ReasonRefused},
		{Slot: at(14), Kind: digest.Correction, State: digest.Queued, Reason: digest.ReasonUnavailable},
		{Slot: at(15), Kind: digest.Scheduled, State: digest.Sending},
	} {
		o.Subscription = id
		c.Deliver(o, nil)
	}
	history := c.say(t, "/digest history")
	want := strings.Join([]string{
		"Sun 15 June 2031, 09:00 (UTC+2): being sent",
		"Sat 14 June 2031, 09:00 (UTC+2), a correction: waiting: the platform did not answer",
		"Fri 13 June 2031, 09:00 (UTC+2), out of turn: failed: the platform did not take the message",
		"Thu 12 June 2031, 09:00 (UTC+2): not sent: nothing was new",
		"Wed 11 June 2031, 09:00 (UTC+2): sent 3 minutes late",
		"Tue 10 June 2031, 09:00 (UTC+2): sent",
		"Mon 9 June 2031, 09:00 (UTC+2): sent in part: the platform did not take the message",
	}, "\n")
	if !strings.Contains(history, want) {
		t.Errorf("the history is\n%s", history)
	}
	for _, want := range []string{
		"Last sent: Wed 11 June 2031, 09:03 (UTC+2).", "Not sent lately:",
		"Thu 12 June 2031, 09:00 (UTC+2): not sent: nothing was new",
	} {
		if said := c.say(t, "/digest explain"); !strings.Contains(said, want) {
			t.Errorf("explain does not say %q:\n%s", want, said)
		}
	}
}

func TestAChannelHasOnlySoManyDigests(t *testing.T) {
	c := newChannel(t)
	for i := range digest.MaxPerChannel {
		c.say(t, fmt.Sprintf("/digest subscribe %02d:00", i))
	}
	if reply := c.respond(t, "/digest subscribe 23:00"); reply.Err == nil || reply.Err.Kind != bot.Invalid || !strings.Contains(reply.Err.Message, "10 digests at most") {
		t.Errorf("got %+v", reply.Message)
	}
}

// busy is a store in which somebody else is always faster, a number of times.
type busy struct {
	digest.Subscriptions
	times int
}

func (b *busy) Change(ctx context.Context, s digest.Subscription) (bool, error) {
	if b.times--; b.times >= 0 {
		return false, nil
	}
	return b.Subscriptions.Change(ctx, s)
}

func TestAChangeIsMadeAnewWhereSomebodyElseWasFaster(t *testing.T) {
	for times, want := range map[int]string{2: "Paused", 3: "Somebody else is changing this digest"} {
		c := newChannel(t)
		c.say(t, "/digest subscribe 09:00")
		c.router = bottest.RouterFor(t, bottest.Library(t), bot.NewLocalMemory(), bottest.Now, &busy{c.Subscriptions, times})
		if said := c.say(t, "/digest pause"); !strings.Contains(said, want) {
			t.Errorf("after %d times it says %s", times, said)
		}
	}
}

// What changes something is for its user alone: a surface offers no button
// that does it once more for everyone.
func TestWhatChangesSomethingIsPrivateAndNotRepeated(t *testing.T) {
	c := newChannel(t)
	for _, line := range []string{
		"/digest subscribe 09:00", "/digest edit full", "/digest pause", "/digest resume", "/digest now", "/digest unsubscribe",
		"/digest edit full", "/digest pause", "/digest resume", "/digest now", "/digest unsubscribe", // where there is none
	} {
		if reply := c.respond(t, line); reply.Err != nil || !reply.Private || reply.Again != nil {
			t.Errorf("%s: private %v, again %v: %v", line, reply.Private, reply.Again, reply.Err)
		}
	}
}

func TestWithoutAStoreDigestsSayWhatTheyNeed(t *testing.T) {
	c := newChannel(t)
	c.router = bottest.RouterFor(t, bottest.Library(t), bot.NewLocalMemory(), bottest.Now, nil)
	for _, line := range []string{"/digest", "/digest subscribe 09:00", "/digest edit full", "/digest pause", "/digest explain", "/digest history", "/digest preview 1"} {
		if reply := c.respond(t, line); reply.Err == nil || reply.Err.Kind != bot.Unavailable || !strings.Contains(reply.Err.Message, "store.address") {
			t.Errorf("%s: %+v", line, reply.Message)
		}
	}
	if said := c.say(t, "/digest preview"); !strings.Contains(said, "The three pledges") {
		t.Errorf("a preview needs no store: %s", said)
	}
}

// fails is a store that does not answer.
type fails struct{ digest.Subscriptions }

func (fails) InChannel(context.Context, bot.Place) ([]digest.Subscription, error) {
	return nil, errors.New("no answer of the database")
}

func (fails) Posted(context.Context, bot.Place, string) ([]digest.Carried, error) {
	return nil, errors.New("no answer of the database")
}

func TestAStoreThatFailsIsNotQuoted(t *testing.T) {
	c := newChannel(t)
	c.router = bottest.RouterFor(t, bottest.Library(t), bot.NewLocalMemory(), bottest.Now, fails{})
	if reply := c.respond(t, "/digest list"); reply.Err == nil || reply.Err.Kind != bot.Unavailable || strings.Contains(reply.Err.Message, "database") {
		t.Errorf("got %+v", reply.Err)
	}
}

// A number below a digest is the entry that the digest shows under it; what
// follows goes on from there.
func TestNumbersBelowADigest(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00")
	ref := func(entry string) content.Ref { return content.Ref{Briefing: "harbour-forum-2031", Entry: entry} }
	c.Deliver(digest.Occurrence{Subscription: c.here(t)[0].ID, State: digest.Sent}, []digest.Carried{{Number: 1, Ref: ref("meeting")}, {Number: 3, Ref: ref("pledges")}, {Ref: ref("chair")}}, "7", "8")
	place := c.place
	place.Channel = "T"
	ask := func(text string, under ...bot.Standing) string {
		if len(under) > 0 {
			place.Thread += "I" // a conversation of its own
		}
		return c.router.Respond(t.Context(), bot.Request{Text: text, Lang: content.English, Place: place, Under: under}).Message.Title
	}
	below := bot.Standing{Channel: "C", Post: "7"}
	for text, want := range map[string]string{"3": "The three pledges", "第三条": "三项承诺", "1": "The 2031 meeting of the Harbour Forum", "2": "", "0": ""} {
		if got := ask(text, below); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"2": "This digest has no 2. Its entries are numbered from 1 to 3.", "第九条": "这次推送没有第 9 条，编号是 1 到 3。"} {
		reply := c.router.Respond(t.Context(), bot.Request{Text: text, Lang: content.English, Place: place, Under: []bot.Standing{below}})
		if reply.Err == nil || reply.Err.Kind != bot.NotFound || reply.Err.Message != want {
			t.Errorf("%q is answered with %+v", text, reply.Message)
		}
	}
	if got := ask("3", bot.Standing{Channel: "T", Post: "8"}, bot.Standing{Channel: "C", Post: "8"}); got != "The three pledges" {
		t.Errorf("a later page: %q", got)
	}
	if got := ask("1", bot.Standing{Channel: "C", Post: "9"}); got == "The 2031 meeting of the Harbour Forum" {
		t.Error("below any other message it is the same")
	}
	ask("3", below)
	if got := ask("more"); got != "The three pledges" {
		t.Errorf("what follows does not go on: %q", got)
	}
	c.router = bottest.RouterFor(t, bottest.Library(t), bot.NewLocalMemory(), bottest.Now, fails{})
	if got := ask("1", below); got == "The 2031 meeting of the Harbour Forum" {
		t.Errorf("where the store fails: %q", got)
	}
}

// Completions are values that the parameter takes.
func TestDigestCompletions(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00 zone:Asia/Tokyo")
	for _, test := range []struct{ param, typed, want string }{
		{"times", "", "08:00"},
		{"times", "7pm", "19:00"},
		{"days", "", "daily"},
		{"days", "mon-wed", "mon,tue,wed"},
		{"zone", "", "Europe/Berlin"},
		{"zone", "tok", "Asia/Tokyo"},
		{"zone", "北京", "Asia/Shanghai"},
		{"topics", "", "harbour-forum-2031"},
		{"topics", "law, tra", "law,trade"},
		{"lang", "", "zh-Hans"},
		{"lang", "english +", "en,zh-Hans"},
		{"style", "", "headlines"},
		{"style", "full", "full"},
		{"empty", "", "skip"},
		{"revisit", "", "yes"},
		{"number", "", "1"},
	} {
		req := bot.Request{Command: "digest edit", Lang: content.English, Place: c.place, Asker: c.asker}
		choices := c.router.Complete(t.Context(), req, test.param, test.typed)
		if len(choices) == 0 || choices[0].Value != test.want || len(choices) > 25 {
			t.Errorf("%s %q: %v, want %s first", test.param, test.typed, choices, test.want)
		}
		for _, choice := range choices {
			req := bot.Request{Command: "digest edit", Args: map[string]string{test.param: choice.Value, "style": "full"}, Place: c.place, Asker: c.asker}
			if test.param == "style" {
				req.Args["style"] = choice.Value
			}
			if reply := c.router.Respond(t.Context(), req); reply.Err != nil {
				t.Errorf("%s: %q is proposed, and %s", test.param, choice.Value, reply.Err.Message)
			}
		}
	}
}

func TestEditingToNothingSaysSo(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00")
	for _, line := range []string{"/digest edit", "/digest edit 1", "/digest edit days:", "/digest edit 1 zone: topics:"} {
		if said := c.say(t, line); !strings.Contains(said, "Say what to change") {
			t.Errorf("%s: %s", line, said)
		}
	}
}

// What says when a digest comes plans it anew; what says what it holds leaves
// one that is due just now due.
func TestEditingPlansAnewWhatComesAtOtherTimes(t *testing.T) {
	due := time.Date(2031, 6, 15, 8, 0, 0, 0, time.UTC)
	for line, want := range map[string]time.Time{
		"/digest edit 21:00":            time.Date(2031, 6, 15, 19, 0, 0, 0, time.UTC),
		"/digest edit zone:Asia/Tokyo":  time.Date(2031, 6, 16, 0, 0, 0, 0, time.UTC),
		"/digest edit tue":              time.Date(2031, 6, 17, 7, 0, 0, 0, time.UTC),
		"/digest edit quiet:2031-06-16": time.Date(2031, 6, 17, 7, 0, 0, 0, time.UTC),
		"/digest edit full":             due,
		"/digest edit topics:trade":     due,
		"/digest edit lang:zh":          due,
		"/digest edit say yes":          due,
	} {
		c := newChannel(t)
		c.say(t, "/digest subscribe 09:00")
		s := c.here(t)[0]
		s.Next.At = due
		if _, err := c.Change(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		c.say(t, line)
		if got := c.here(t)[0].Next.At; !got.Equal(want) {
			t.Errorf("%s: it comes at %v, want %v", line, got, want)
		}
	}
}

// Of two values for what has one, none is chosen silently.
func TestWhatIsSaidTwiceIsNotGuessed(t *testing.T) {
	c := newChannel(t)
	for line, twice := range map[string]string{
		"/digest subscribe 09:00 zone:Tokyo zone:Berlin":       "zone:Berlin",
		"/digest subscribe 09:00 style:full style:summary":     "style:summary",
		"/digest subscribe 09:00 zone:Tokyo Berlin":            "Berlin",
		"/digest subscribe 09:00 Tokyo Berlin":                 "Berlin",
		"/digest subscribe 09:00 headlines full":               "full",
		"/digest subscribe 09:00 quiet:none quiet:2031":        "none,2031",
		"/digest subscribe 09:00 topics:all topics:trade":      "all",
		"/digest subscribe 09:00 lang:en lang:zh lang:zh-Hant": "two different",
	} {
		if reply := c.respond(t, line); reply.Err == nil || !strings.Contains(reply.Err.Message, twice) {
			t.Errorf("%s: %+v", line, reply.Message)
		}
	}
	c.say(t, "/digest subscribe 09:00")
	c.say(t, "/digest subscribe 10:00")
	if said := c.say(t, "/digest pause 1 number:2"); !strings.Contains(said, "number:2") {
		t.Errorf("it says %s", said)
	}
}

func TestATopicThatIsGoneIsNamedSo(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00 topics:trade,law")
	s := c.here(t)[0]
	s.Settings.Topics = []string{"trade", "whales"} // as a library of before had them
	if _, err := c.Change(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"/digest list", "/digest explain", "/digest edit full"} {
		if said := c.say(t, line); !strings.Contains(said, "trade, whales (not in the briefings now)") {
			t.Errorf("%s says %s", line, said)
		}
	}
}

// ending is a store in which somebody else ends a digest meanwhile.
type ending struct{ digest.Subscriptions }

func (e ending) Change(ctx context.Context, s digest.Subscription) (bool, error) {
	_, err := e.Unsubscribe(ctx, s.ID)
	return false, err
}

func TestAChangeOfWhatSomebodyElseHasEndedSaysSo(t *testing.T) {
	c := newChannel(t)
	c.say(t, "/digest subscribe 09:00")
	c.router = bottest.RouterFor(t, bottest.Library(t), bot.NewLocalMemory(), bottest.Now, ending{c.Subscriptions})
	if said := c.say(t, "/digest pause"); !strings.Contains(said, "Digest 1 was ended in the meantime.") {
		t.Errorf("it says %s", said)
	}
}

// What changes what a channel gets is for its managers; what shows it is for
// everyone who sees the channel.
func TestOnlyManagersChangeDigests(t *testing.T) {
	var managed []string
	for _, c := range newChannel(t).router.Commands() {
		if c.Access == bot.Managers {
			managed = append(managed, c.Name)
		}
	}
	want := []string{"digest subscribe", "digest edit", "digest pause", "digest resume", "digest unsubscribe", "digest now"}
	if !slices.Equal(managed, want) {
		t.Errorf("for managers are %q, want %q", managed, want)
	}
}
