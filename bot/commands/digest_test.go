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
	"briefbot/content"
)

// manager manages every channel.
type manager struct{ zone string }

func (manager) Manages(context.Context) (bool, error) { return true, nil }
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
		"from another channel":                  {others("Asia/Tokyo"), "", "Asia/Taipei", "9:00", "Asia/Tokyo", "other digests have here"},
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
