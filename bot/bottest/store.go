package bottest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
	"briefbot/content/search"
)

// Stored is a handle on a database, as one replica has it.
type Stored interface {
	bot.Memory
	bot.Seen
	bot.Preferences
	bot.Tallies
	bot.Installations[bot.SealedTokens]
	Digests() digest.Store
	Sweep(ctx context.Context, now time.Time) error
	Backup(ctx context.Context, w io.Writer) error
	Restore(ctx context.Context, r io.Reader) error
}

// The bounds that Store expects of the databases that it is given: low, so
// that they are reached.
const (
	StoreConversations = 30
	StorePreferences   = 20
	StoreTallyTexts    = 10 // of one kind on one day
	StoreTallyDays     = 90
)

// Store proves that a store keeps its promises, to one replica and to several.
// create makes a new, empty database; what it returns opens one more handle on
// that database, as another replica would, to be closed with the test.
func Store(t *testing.T, create func(t *testing.T) (open func(t *testing.T) Stored)) {
	fresh := func(t *testing.T) Stored { return create(t)(t) }
	t.Run("memory", func(t *testing.T) {
		Memory(t, MemoryCase{
			Open:          func(t *testing.T) bot.Memory { return fresh(t) },
			Conversations: StoreConversations,
			Settle: func(ctx context.Context, m bot.Memory, now time.Time) error {
				return m.(Stored).Sweep(ctx, now)
			},
		})
	})
	t.Run("events", func(t *testing.T) { Seen(t, func(t *testing.T) bot.Seen { return fresh(t) }) })
	t.Run("digests", func(t *testing.T) {
		Digests(t, func(t *testing.T) func(t *testing.T) digest.Store {
			open := create(t)
			return func(t *testing.T) digest.Store { return open(t).Digests() }
		})
	})
	t.Run("a preference is the last choice", func(t *testing.T) { Preferences(t, fresh(t)) })
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s Stored)
	}{
		{"preferences are bounded", boundsPreferences},
		{"tallies add up", addsUp},
		{"texts of a day are bounded", boundsTexts},
		{"tallies end with their time", endsTallies},
		{"an installation is kept whole", keepsInstallations},
		{"an installation is renewed by one", renewsOnce},
		{"late word of an uninstalling is no matter", outlivesLateWord},
		{"installations are listed by pages", listsByPages},
		{"ids that cannot be are refused", refusesIDs},
		{"any text can be kept", keepsAnyText},
		{"sweeping leaves what is in use", sweepsNoMore},
		{"a cancelled context ends a call", heedsContext},
		{"a backup of nothing restores", restoresNothing},
		{"a backup that was changed is refused", func(t *testing.T, s Stored) { refusesChangedBackups(t, s, fresh(t)) }},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, fresh(t)) })
	}
	t.Run("a backup restores everything", func(t *testing.T) { RestoresEverything(t, fresh(t), fresh(t)) })
	for _, c := range []struct {
		name string
		run  func(t *testing.T, replicas []Stored)
	}{
		{"replicas handle an event once", replicasHandleOnce},
		{"replicas lose no turn", replicasLoseNoTurn},
		{"replicas lose no count", replicasLoseNoCount},
		{"replicas renew a token once", replicasRenewOnce},
		{"replicas sweep while others write", replicasSweep},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := create(t)
			c.run(t, []Stored{open(t), open(t), open(t)})
		})
	}
}

// When an id is forgotten is told by the database's clock, which is the one
// thing here that a test cannot choose.
func past() time.Time  { return time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC) }
func never() time.Time { return time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Seen proves that a Seen keeps its promises to one replica. create makes one
// that has seen nothing.
func Seen(t *testing.T, create func(t *testing.T) bot.Seen) {
	t.Run("an event is handled once", func(t *testing.T) { handlesOnce(t, create(t)) })
	t.Run("an event is forgotten when its time is over", func(t *testing.T) { forgetsEvents(t, create(t)) })
	t.Run("an event is forgotten on request", func(t *testing.T) { forgetsAtOnce(t, create(t)) })
}

func handlesOnce(t *testing.T, s bot.Seen) {
	for _, c := range []struct {
		id   string
		want bool
	}{
		{"discord:1", true},
		{"discord:1", false},
		{"slack:1", true},
		{"discord:2", true},
		{"discord:1", false},
		{"DISCORD:1", true},
		{"discord:1 ", true},
	} {
		if got := first(t, s, c.id, never()); got != c.want {
			t.Errorf("%q is the first: %t, want %t", c.id, got, c.want)
		}
	}
}

func forgetsEvents(t *testing.T, s bot.Seen) {
	for i, c := range []struct {
		until time.Time
		want  bool
	}{{past(), true}, {never(), true}, {past(), false}, {never(), false}} {
		if got := first(t, s, "id", c.until); got != c.want {
			t.Errorf("call %d is the first: %t, want %t", i, got, c.want)
		}
	}
}

func forgetsAtOnce(t *testing.T, s bot.Seen) {
	forget := func(id string, want bool) {
		t.Helper()
		if known, err := s.Forget(t.Context(), id); known != want || err != nil {
			t.Errorf("%q was known: %t, %v, want %t", id, known, err, want)
		}
	}
	forget("id", false)
	first(t, s, "id", never())
	first(t, s, "other", never())
	forget("id", true)
	forget("id", false)
	if !first(t, s, "id", never()) || first(t, s, "other", never()) {
		t.Error("what is forgotten is known, or what is not is forgotten")
	}
	first(t, s, "over", past())
	forget("over", false)
}

// Preferences proves that Preferences, which hold none, keep the last choice.
func Preferences(t *testing.T, s bot.Preferences) {
	for _, c := range []struct {
		platform, user string
		set            content.Lang
	}{
		{"slack", "U1", content.Hans},
		{"discord", "U1", content.English},
		{"slack", "U2", content.Hant},
		{"slack", "U1", content.English},
		{"slack", "U2", ""},
		{"slack", "U2", ""},
	} {
		if err := s.PreferLang(t.Context(), c.platform, c.user, c.set); err != nil {
			t.Fatal(err)
		}
		if got := preferred(t, s, c.platform, c.user); got != c.set {
			t.Errorf("%s on %s prefers %q, want %q", c.user, c.platform, got, c.set)
		}
	}
	for user, want := range map[string]content.Lang{"U1": content.English, "U2": "", "U3": ""} {
		if got := preferred(t, s, "slack", user); got != want {
			t.Errorf("in the end %s prefers %q, want %q", user, got, want)
		}
	}
	wantKind(t, bot.Invalid, s.PreferLang(t.Context(), "slack", "U1", "tlh"))
}

func boundsPreferences(t *testing.T, s Stored) {
	choose := func(user string) {
		t.Helper()
		if err := s.PreferLang(t.Context(), "slack", user, content.English); err != nil {
			t.Fatal(err)
		}
	}
	// The database's clock tells which choice is older: it needs some time to
	// see a difference, which choosing the same again and again takes.
	later := func() {
		t.Helper()
		for range 60 {
			choose("often")
		}
	}
	choose("first")
	later()
	for i := range StorePreferences {
		choose(fmt.Sprint("U", i))
	}
	later()
	choose("last")
	sweep(t, s, Now())
	for user, want := range map[string]content.Lang{"first": "", "often": content.English, "last": content.English} {
		if got := preferred(t, s, "slack", user); got != want {
			t.Errorf("of the %s choice %q is left, want %q", user, got, want)
		}
	}
	kept := 2
	for i := range StorePreferences {
		if preferred(t, s, "slack", fmt.Sprint("U", i)) != "" {
			kept++
		}
	}
	if kept != StorePreferences {
		t.Errorf("%d preferences are kept, want %d", kept, StorePreferences)
	}
}

func addsUp(t *testing.T, s Stored) {
	for _, c := range []struct {
		kind  bot.TallyKind
		text  string
		day   string
		times int
	}{
		{bot.Gap, "tides of velia", "2031-06-13", 2},
		{bot.Gap, "tides of velia", "2031-06-14", 1},
		{bot.Gap, "维利亚的潮汐", "2031-06-15", 3},
		{bot.Gap, "who is the harbour master", "2031-06-12", 5},
		{bot.Gap, "asked once", "2031-06-15", 1},
		{bot.ThumbsUp, "harbour-forum-2031/pledges", "2031-06-15", 4},
		{bot.ThumbsDown, "harbour-forum-2031/pledges", "2031-06-15", 1},
	} {
		for range c.times {
			count(t, s, c.kind, c.text, date(t, c.day))
		}
	}
	want := []bot.Tally{
		{Text: "维利亚的潮汐", Count: 3, First: date(t, "2031-06-15"), Last: date(t, "2031-06-15")},
		{Text: "tides of velia", Count: 3, First: date(t, "2031-06-13"), Last: date(t, "2031-06-14")},
		{Text: "asked once", Count: 1, First: date(t, "2031-06-15"), Last: date(t, "2031-06-15")},
	}
	if got := tallied(t, s, bot.Gap, date(t, "2031-06-13"), 10); !slices.Equal(got, want) {
		t.Errorf("gaps: %v, want %v", got, want)
	}
	if got := tallied(t, s, bot.Gap, date(t, "2031-06-13"), 2); !slices.Equal(got, want[:2]) {
		t.Errorf("two gaps: %v, want %v", got, want[:2])
	}
	if got := tallied(t, s, bot.Gap, date(t, "2031-06-13"), 0); len(got) > 0 {
		t.Errorf("no gaps: %v", got)
	}
	if got := tallied(t, s, bot.ThumbsUp, date(t, "2031-06-01"), 10); len(got) != 1 || got[0].Count != 4 {
		t.Errorf("thumbs up: %v, want 4", got)
	}
	wantKind(t, bot.Invalid, s.Count(t.Context(), "mood", "x", date(t, "2031-06-15")))
	wantKind(t, bot.Invalid, s.Count(t.Context(), bot.Gap, "x", date(t, "2031-06")))
	wantKind(t, bot.Invalid, s.Count(t.Context(), bot.Gap, "x", content.Date{}))
}

func boundsTexts(t *testing.T, s Stored) {
	today, tomorrow := date(t, "2031-06-15"), date(t, "2031-06-16")
	for i := range StoreTallyTexts {
		count(t, s, bot.Gap, fmt.Sprint("question ", i), today)
	}
	count(t, s, bot.Gap, "too much", today)
	count(t, s, bot.Gap, "much too much", today)
	count(t, s, bot.Gap, "question 3", today)
	count(t, s, bot.Gap, "too much", tomorrow)
	count(t, s, bot.ThumbsUp, "a/b", today)
	all := map[string]int{}
	for _, tally := range tallied(t, s, bot.Gap, today, 100) {
		all[tally.Text] = tally.Count
	}
	if len(all) != StoreTallyTexts+2 || all[""] != 2 || all["question 3"] != 2 || all["too much"] != 1 {
		t.Errorf("a full day holds %v", all)
	}
	if got := tallied(t, s, bot.ThumbsUp, today, 100); len(got) != 1 {
		t.Errorf("another kind on a full day: %v", got)
	}

	count(t, s, bot.Gap, strings.Repeat("长", bot.MaxText+1), tomorrow)
	count(t, s, bot.Gap, strings.Repeat("长", bot.MaxText), tomorrow)
	if got := tallied(t, s, bot.Gap, tomorrow, 1); len(got) != 1 || got[0].Count != 2 || got[0].Text != strings.Repeat("长", bot.MaxText) {
		t.Errorf("a text that is too long: %v", got)
	}
}

func endsTallies(t *testing.T, s Stored) {
	now := Now()
	day := func(ago int) content.Date { return date(t, now.AddDate(0, 0, -ago).Format(time.DateOnly)) }
	count(t, s, bot.Gap, "too old", day(StoreTallyDays+1))
	count(t, s, bot.Gap, "just kept", day(StoreTallyDays))
	sweep(t, s, now)
	if got := tallied(t, s, bot.Gap, date(t, "2000-01-01"), 10); len(got) != 1 || got[0].Text != "just kept" {
		t.Errorf("after %d days: %v", StoreTallyDays, got)
	}
}

func installation() (in bot.Installation, tokens bot.SealedTokens) {
	in = bot.Installation{
		Workspace: "T024BE7LD", BotUser: "U0BOT", Scopes: []string{"app_mentions:read", "chat:write"},
		InstalledAt: Now(), ExpiresAt: Now().Add(12 * time.Hour), Revision: 1,
	}
	return in, bot.SealedTokens{Access: []byte{1, 0, 255, '\''}, Refresh: []byte{2, 0, 254}, KeyID: 4_000_000_000}
}

func keepsInstallations(t *testing.T, s Stored) {
	in, tokens := installation()
	_, _, err := s.Installation(t.Context(), in.Workspace)
	wantKind(t, bot.NotFound, err)
	install(t, s, in, tokens)
	wantInstallation(t, s, in, tokens)

	in.Scopes, in.BotUser, in.InstalledAt, in.ExpiresAt = nil, "U1BOT", Now().Add(time.Minute), time.Time{}
	tokens.Refresh = nil
	install(t, s, in, tokens)
	in.Revision = 2
	wantInstallation(t, s, in, tokens)

	for range 2 {
		if err := s.Uninstall(t.Context(), in.Workspace, in.InstalledAt); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = s.Installation(t.Context(), in.Workspace)
	wantKind(t, bot.NotFound, err)

	for what, change := range map[string]func(in *bot.Installation, tokens *bot.SealedTokens){
		"no token":          func(_ *bot.Installation, tokens *bot.SealedTokens) { tokens.Access = nil },
		"a huge token":      func(_ *bot.Installation, tokens *bot.SealedTokens) { tokens.Refresh = make([]byte, 1<<20) },
		"two words a scope": func(in *bot.Installation, _ *bot.SealedTokens) { in.Scopes = []string{"chat:write users:read"} },
		"a thousand scopes": func(in *bot.Installation, _ *bot.SealedTokens) {
			in.Scopes = slices.Repeat([]string{"chat:write"}, 1000)
		},
		"no bot":             func(in *bot.Installation, _ *bot.SealedTokens) { in.BotUser = "" },
		"an empty workspace": func(in *bot.Installation, _ *bot.SealedTokens) { in.Workspace = "" },
	} {
		in, tokens := installation()
		change(&in, &tokens)
		if err := s.Install(t.Context(), in, tokens); !isKind(err, bot.Invalid) {
			t.Errorf("%s: %v, want an error that is invalid", what, err)
		}
	}
}

func renewsOnce(t *testing.T, s Stored) {
	in, tokens := installation()
	if done := renew(t, s, in, tokens); done {
		t.Error("what is not there was renewed")
	}
	install(t, s, in, tokens)
	stale := in
	in.ExpiresAt, in.InstalledAt = in.ExpiresAt.Add(time.Hour), Now().Add(time.Hour)
	tokens.Access, tokens.KeyID = []byte("new"), 7
	if done := renew(t, s, in, tokens); !done {
		t.Error("not renewed")
	}
	in.Revision, in.InstalledAt = 2, Now() // a renewal does not install anew
	wantInstallation(t, s, in, tokens)
	if done := renew(t, s, stale, bot.SealedTokens{Access: []byte("stale")}); done {
		t.Error("renewed from a state that is gone")
	}
	wantInstallation(t, s, in, tokens)
}

func outlivesLateWord(t *testing.T, s Stored) {
	in, tokens := installation()
	install(t, s, in, tokens)
	if err := s.Uninstall(t.Context(), in.Workspace, in.InstalledAt.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	wantInstallation(t, s, in, tokens)
}

func listsByPages(t *testing.T, s Stored) {
	in, tokens := installation()
	var want []string
	for i := range 7 {
		in.Workspace = fmt.Sprint("T00", 6-i)
		install(t, s, in, tokens)
		want = append(want, in.Workspace)
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; {
		page, err := s.Installed(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, in := range page {
			got = append(got, in.Workspace)
		}
		after = got[len(got)-1]
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed: %v, want %v", got, want)
	}
}

func refusesIDs(t *testing.T, s Stored) {
	for what, id := range map[string]string{
		"empty": "", "too long": strings.Repeat("x", bot.MaxKey+1), "no UTF-8": "a\xffb", "a NUL": "a\x00b",
	} {
		_, firstErr := s.First(t.Context(), id, never())
		_, turnsErr := s.Turns(t.Context(), id, Now())
		_, langErr := s.PreferredLang(t.Context(), "slack", id)
		_, _, installationErr := s.Installation(t.Context(), id)
		for name, err := range map[string]error{
			"First": firstErr, "Turns": turnsErr, "PreferredLang": langErr, "Installation": installationErr,
			"Remember":   s.Remember(t.Context(), id, search.Turn{}, Now()),
			"PreferLang": s.PreferLang(t.Context(), id, "U1", content.English),
			"Uninstall":  s.Uninstall(t.Context(), id, Now()),
		} {
			if !isKind(err, bot.Invalid) {
				t.Errorf("%s of an id that is %s: %v, want an error that is invalid", name, what, err)
			}
		}
	}
	if !first(t, s, strings.Repeat("长", bot.MaxKey/3), never()) {
		t.Error("an id as long as may be is refused")
	}
}

func keepsAnyText(t *testing.T, s Stored) {
	for _, c := range []struct{ text, want string }{
		{"a\x00b", "ab"},
		{"a\xffb", "a\uFFFDb"},
		{"'); DROP TABLE tally; --", "'); DROP TABLE tally; --"},
		{"👩🏽‍🚀\u202e\u0301", "👩🏽‍🚀\u202e\u0301"},
		{" \n\t", " \n\t"},
	} {
		count(t, s, bot.Gap, c.text, date(t, "2031-06-15"))
		found := func(tally bot.Tally) bool { return tally.Text == c.want }
		if got := tallied(t, s, bot.Gap, date(t, "2031-06-15"), 100); !slices.ContainsFunc(got, found) {
			t.Errorf("%q is counted as one of %v", c.text, got)
		}
		remember(t, s, "conversation "+c.want, search.Turn{Question: c.text}, Now())
		if got := turns(t, s, "conversation "+c.want, Now()); len(got) != 1 || got[0].Question != c.want {
			t.Errorf("%q is remembered as %v", c.text, got)
		}
	}
	wantKind(t, bot.Invalid, s.Remember(t.Context(), "key", search.Turn{Question: strings.Repeat("x", 1<<20)}, Now()))
}

func sweepsNoMore(t *testing.T, s Stored) {
	FillStore(t, s)
	if !first(t, s, "expired", past()) {
		t.Error("not the first")
	}
	sweep(t, s, Now())
	WantFilled(t, s)
}

func heedsContext(t *testing.T, s Stored) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, firstErr := s.First(ctx, "id", never())
	_, turnsErr := s.Turns(ctx, "id", Now())
	for name, err := range map[string]error{
		"First": firstErr, "Turns": turnsErr,
		"Remember": s.Remember(ctx, "id", search.Turn{}, Now()),
		"Sweep":    s.Sweep(ctx, Now()), "Backup": s.Backup(ctx, io.Discard),
	} {
		if !isKind(err, bot.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want an error that is unavailable because it was cancelled", name, err)
		}
	}
	if !first(t, s, "id", never()) {
		t.Error("a cancelled call was carried out")
	}
}

// FillStore puts some of each kind of data into an empty store.
func FillStore(t *testing.T, s Stored) {
	t.Helper()
	FillDigests(t, s.Digests())
	remember(t, s, "conversation", filledTurn(), Now())
	if !first(t, s, "event", never()) {
		t.Error("an event of an empty store is not the first")
	}
	if err := s.PreferLang(t.Context(), "slack", "U1", content.Hant); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		count(t, s, bot.Gap, filledGap, date(t, "2031-06-15"))
	}
	in, tokens := installation()
	install(t, s, in, tokens)
	in, tokens = bareInstallation()
	install(t, s, in, tokens)
}

const filledGap = "a \"gap\"\n<&>\u2028"

func filledTurn() search.Turn {
	return search.Turn{Question: "第三点", Ref: content.Ref{Briefing: "b", Entry: "e"}, Item: 3, Slot: content.Where}
}

// bareInstallation lacks all that may be missing.
func bareInstallation() (in bot.Installation, tokens bot.SealedTokens) {
	in, _ = installation()
	in.Workspace, in.Scopes, in.ExpiresAt = "T2", nil, time.Time{}
	return in, bot.SealedTokens{Access: []byte("x")}
}

// WantFilled proves that a store holds what FillStore has put into it.
func WantFilled(t *testing.T, s Stored) {
	t.Helper()
	WantDigestsFilled(t, s.Digests())
	WantFilledBeforeDigests(t, s)
}

// WantFilledBeforeDigests is WantFilled of a store that was filled when there
// were no digests.
func WantFilledBeforeDigests(t *testing.T, s Stored) {
	t.Helper()
	if got := turns(t, s, "conversation", Now()); !slices.Equal(got, []search.Turn{filledTurn()}) {
		t.Errorf("turns: %v, want %v", got, filledTurn())
	}
	if first(t, s, "event", never()) {
		t.Error("an event is handled a second time")
	}
	if got := preferred(t, s, "slack", "U1"); got != content.Hant {
		t.Errorf("the preference is %q, want %q", got, content.Hant)
	}
	day := date(t, "2031-06-15")
	if got := tallied(t, s, bot.Gap, day, 10); !slices.Equal(got, []bot.Tally{{Text: filledGap, Count: 2, First: day, Last: day}}) {
		t.Errorf("gaps: %v", got)
	}
	in, tokens := installation()
	wantInstallation(t, s, in, tokens)
	in, tokens = bareInstallation()
	wantInstallation(t, s, in, tokens)
}

// RestoresEverything proves that a backup of one empty store fills another
// one, of whichever engine, and that of that one a third would be the same.
func RestoresEverything(t *testing.T, from, to Stored) {
	FillStore(t, from)
	nothing, text := backup(t, to), backup(t, from)
	if err := to.Restore(t.Context(), bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	WantFilled(t, to)
	if again := backup(t, to); !slices.Equal(sortedLines(again), sortedLines(text)) {
		t.Errorf("the backup of what was restored is\n%s\nwant\n%s", again, text)
	}
	// What holds data takes no more, be it nothing.
	for _, more := range [][]byte{text, nothing} {
		wantKind(t, bot.Invalid, to.Restore(t.Context(), bytes.NewReader(more)))
		WantFilled(t, to)
	}
}

// sortedLines leaves the last one out, which depends on the others' order.
func sortedLines(text []byte) []string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return slices.SortedFunc(slices.Values(lines[:len(lines)-1]), cmp.Compare)
}

func restoresNothing(t *testing.T, s Stored) {
	if err := s.Restore(t.Context(), bytes.NewReader(backup(t, s))); err != nil {
		t.Error(err)
	}
}

func refusesChangedBackups(t *testing.T, from, to Stored) {
	FillStore(t, from)
	text := string(backup(t, from))
	lines := strings.SplitAfter(text, "\n")
	last := lines[len(lines)-2]
	for what, changed := range map[string]string{
		"empty":                "",
		"another file":         "hello\n",
		"another format":       strings.Replace(text, "briefbot-backup", "other-backup", 1),
		"a later format":       strings.Replace(text, `"version":1`, `"version":2`, 1),
		"a later schema":       strings.Replace(text, `"schema":`, `"schema":9`, 1),
		"cut off in a line":    text[:len(text)*2/3],
		"without its end":      strings.TrimSuffix(text, last),
		"a line less":          strings.Join(append(slices.Clone(lines[:2]), lines[3:]...), ""),
		"a line twice":         strings.Join(append(slices.Clone(lines[:2]), lines[1:]...), ""),
		"one letter different": strings.Replace(text, "gap", "gbp", 1),
		"something behind it":  text + "{}\n",
		"an unknown table":     strings.Replace(text, `"table":"seen"`, `"table":"sqlite_master"`, 1),
		"an unknown column":    strings.Replace(text, `"expires_at":`, `"n) VALUES (1); --":`, 1),
		"a text for a number":  strings.Replace(text, `"revision":1`, `"revision":"1"`, 1),
		"a number for a text":  strings.Replace(text, `"lang":"zh-Hant"`, `"lang":1`, 1),
		"a broken number":      strings.Replace(text, `"revision":1`, `"revision":1.5`, 1),
		"a huge line":          lines[0] + `{"table":"seen","row":{"id":"` + strings.Repeat("x", 2<<20) + `","expires_at":1}}` + "\n",
		"a missing column":     strings.Replace(text, `"lang":"zh-Hant",`, "", 1),
		"an object of bytes":   strings.Replace(text, `"lang":"zh-Hant"`, `"lang":{"base64":"AAAA"}`, 1),
		"an array":             strings.Replace(text, `"lang":"zh-Hant"`, `"lang":[]`, 1),
	} {
		if changed == text {
			t.Fatalf("%s: nothing was changed", what)
		}
		if err := to.Restore(t.Context(), strings.NewReader(changed)); !isKind(err, bot.Invalid) {
			t.Errorf("%s: %v, want an error that is invalid", what, err)
		}
	}
	// Nothing of all that has stayed.
	if err := to.Restore(t.Context(), strings.NewReader(text)); err != nil {
		t.Errorf("the backup as it was made: %v", err)
	}
}

func replicasHandleOnce(t *testing.T, replicas []Stored) {
	const events = 25
	firsts := make([][]bool, len(replicas)*2)
	var group sync.WaitGroup
	for i := range firsts {
		firsts[i] = make([]bool, events)
		group.Go(func() {
			for event := range events {
				var err error
				if firsts[i][event], err = replicas[i%len(replicas)].First(t.Context(), fmt.Sprint("event ", event), never()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for event := range events {
		handled := 0
		for _, worker := range firsts {
			if worker[event] {
				handled++
			}
		}
		if handled != 1 {
			t.Errorf("event %d was handled %d times", event, handled)
		}
	}
}

// replicasLoseNoTurn has each replica add one turn at once: all must be there.
func replicasLoseNoTurn(t *testing.T, replicas []Stored) {
	if len(replicas) > bot.TurnsKept {
		t.Fatal("more replicas than turns are kept")
	}
	for round := range 10 {
		key := fmt.Sprint("conversation ", round)
		var want []string
		var group sync.WaitGroup
		for i, s := range replicas {
			question := fmt.Sprint("question ", i)
			want = append(want, question)
			group.Go(func() {
				if err := s.Remember(t.Context(), key, search.Turn{Question: question}, Now()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		var got []string
		for _, turn := range turns(t, replicas[0], key, Now()) {
			got = append(got, turn.Question)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s remembers %v, want %v", key, got, want)
		}
	}
}

func replicasLoseNoCount(t *testing.T, replicas []Stored) {
	const each = 20
	day := date(t, "2031-06-15")
	var group sync.WaitGroup
	for _, s := range replicas {
		group.Go(func() {
			for i := range each {
				if err := s.Count(t.Context(), bot.Gap, fmt.Sprint("question ", i%3), day); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	total := 0
	for _, tally := range tallied(t, replicas[0], bot.Gap, day, 10) {
		total += tally.Count
	}
	if want := each * len(replicas); total != want {
		t.Errorf("%d are counted, want %d", total, want)
	}
}

func replicasRenewOnce(t *testing.T, replicas []Stored) {
	in, tokens := installation()
	install(t, replicas[0], in, tokens)
	for round := range 5 {
		in.Revision = int64(round + 1)
		renewed := make([]bool, len(replicas))
		var group sync.WaitGroup
		for i, s := range replicas {
			group.Go(func() {
				var err error
				if renewed[i], err = s.Renew(t.Context(), in, bot.SealedTokens{Access: []byte(fmt.Sprint(round, i))}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		winner := slices.Index(renewed, true)
		if winner < 0 || slices.Contains(renewed[winner+1:], true) {
			t.Fatalf("round %d was renewed by %v, want by one", round, renewed)
		}
		if _, got, err := replicas[0].Installation(t.Context(), in.Workspace); err != nil || string(got.Access) != fmt.Sprint(round, winner) {
			t.Errorf("round %d: the token is %q (%v), want that of replica %d", round, got.Access, err, winner)
		}
	}
}

func replicasSweep(t *testing.T, replicas []Stored) {
	var group sync.WaitGroup
	for i, s := range replicas {
		group.Go(func() {
			for round := range 10 {
				key := fmt.Sprint(i, " ", round)
				if _, err := s.First(t.Context(), key, past()); err != nil {
					t.Error(err)
				}
				if err := s.Remember(t.Context(), "c", search.Turn{Question: key}, Now()); err != nil {
					t.Error(err)
				}
				if err := s.Sweep(t.Context(), Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := turns(t, replicas[0], "c", Now()); len(got) != bot.TurnsKept {
		t.Errorf("%d turns are left, want %d", len(got), bot.TurnsKept)
	}
}

func first(t *testing.T, s bot.Seen, id string, until time.Time) bool {
	t.Helper()
	is, err := s.First(t.Context(), id, until)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func preferred(t *testing.T, s bot.Preferences, platform, user string) content.Lang {
	t.Helper()
	lang, err := s.PreferredLang(t.Context(), platform, user)
	if err != nil {
		t.Fatal(err)
	}
	return lang
}

func count(t *testing.T, s bot.Tallies, kind bot.TallyKind, text string, day content.Date) {
	t.Helper()
	if err := s.Count(t.Context(), kind, text, day); err != nil {
		t.Fatal(err)
	}
}

func tallied(t *testing.T, s bot.Tallies, kind bot.TallyKind, since content.Date, limit int) []bot.Tally {
	t.Helper()
	all, err := s.Tallied(t.Context(), kind, since, limit)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func install(t *testing.T, s Stored, in bot.Installation, tokens bot.SealedTokens) {
	t.Helper()
	if err := s.Install(t.Context(), in, tokens); err != nil {
		t.Fatal(err)
	}
}

func renew(t *testing.T, s Stored, in bot.Installation, tokens bot.SealedTokens) bool {
	t.Helper()
	done, err := s.Renew(t.Context(), in, tokens)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func wantInstallation(t *testing.T, s Stored, want bot.Installation, wantTokens bot.SealedTokens) {
	t.Helper()
	got, tokens, err := s.Installation(t.Context(), want.Workspace)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Scopes, want.Scopes) || !got.InstalledAt.Equal(want.InstalledAt) || !got.ExpiresAt.Equal(want.ExpiresAt) ||
		got.Workspace != want.Workspace || got.BotUser != want.BotUser || got.Revision != want.Revision {
		t.Errorf("the installation is %+v, want %+v", got, want)
	}
	if !bytes.Equal(tokens.Access, wantTokens.Access) || !bytes.Equal(tokens.Refresh, wantTokens.Refresh) || tokens.KeyID != wantTokens.KeyID {
		t.Errorf("the tokens are %+v, want %+v", tokens, wantTokens)
	}
}

func sweep(t *testing.T, s Stored, now time.Time) {
	t.Helper()
	if err := s.Sweep(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

func backup(t *testing.T, s Stored) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func isKind(err error, kind bot.Kind) bool {
	e, ok := errors.AsType[*bot.Error](err)
	return ok && e.Kind == kind && e.Message != ""
}

func wantKind(t *testing.T, want bot.Kind, err error) {
	t.Helper()
	if !isKind(err, want) {
		t.Errorf("the error is %v, want one that is %s", err, want)
	}
}
