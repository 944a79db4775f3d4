package bottest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// SenderWorld is a platform of a test, with a Sender and a channel that it may
// post in.
type SenderWorld struct {
	Sender bot.Sender
	Router *bot.Router
	Now    func() time.Time
	Place  bot.Place // the channel, and a user who can be told something

	// Shown returns what stands in a place, the earliest first: in its thread,
	// in its channel outside threads or, without a channel, in the private
	// conversation with its user.
	Shown func(in bot.Place) []SentMessage
	// Chat lets others write so many messages into the channel.
	Chat func(messages int)
	// Fail lets so many of the next posts go wrong, all where times is
	// negative.
	Fail func(how SenderFault, times int)
	// Cut lets everything be done that is asked for, and nothing be answered,
	// until it is mended.
	Cut func() (mend func())
	// Hide keeps the history of the channel from the bot.
	Hide func()
	// Close lets a thread take no more messages of the bot's.
	Close func(thread bot.Place)
	// Delete deletes a message.
	Delete func(in bot.Place, post string)
	// Bad are places in which nothing can be posted, and the kinds of error
	// that say so.
	Bad map[string]BadPlace
	// Unheard is a place whose user cannot be told anything.
	Unheard bot.Place
}

// SentMessage is a message as it stands.
type SentMessage struct {
	ID    string
	Text  string
	Edits int
}

// BadPlace is a place in which nothing can be posted.
type BadPlace struct {
	Place   bot.Place
	Kind    bot.Kind
	Revoked bool // the error is ErrRevoked
}

// SenderFault is what goes wrong with a post.
type SenderFault string

// The faults of posts: answered with an error or not at all, and done all the
// same or not.
const (
	FailsBefore SenderFault = "fails before"
	FailsAfter  SenderFault = "fails after"
	EndsBefore  SenderFault = "ends before"
	EndsAfter   SenderFault = "ends after"
)

// Sender proves that a Sender keeps its promises. create makes a platform of
// its own for each test; where it is forgetful, what recognises a message that
// is posted a second time has forgotten it at once.
func Sender(t *testing.T, create func(t *testing.T, forgetful bool) SenderWorld) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, w SenderWorld)
	}{
		{"pages hold everything and say which they are", pagesHoldEverything},
		{"hostile text is text", postsHostileText},
		{"a page that is too long is refused", refusesLongPages},
		{"an attempt that follows another posts nothing", postsOnce},
		{"a fault on the way posts once", outlivesFaults},
		{"an outcome that nobody knows is told", tellsOfUnknownOutcomes},
		{"a bad place has its kind of error", knowsBadPlaces},
		{"a context that has ended posts nothing", endsWithContext},
		{"an edit takes the place of a page", editsPages},
		{"what is deleted cannot be edited", editsNothingDeleted},
		{"a post has one thread", hasOneThread},
		{"a closed thread leads to its channel", leavesClosedThreads},
		{"a user is told in private", tellsUsers},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, create(t, false))
		})
	}
	for _, c := range []struct {
		name string
		run  func(t *testing.T, w SenderWorld)
	}{
		{"an earlier attempt is found in the history", findsEarlierAttempts},
		{"an earlier attempt is found behind many messages", findsFarBack},
		{"another message with the same text is another message", tellsKeysApart},
		{"a history that is hidden is said to be", saysWhatItCannotSee},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, create(t, true))
		})
	}
}

// Digest is a digest of several briefings, longer than any platform shows at
// once. Its numbers go on from briefing to briefing.
func Digest() bot.Message {
	m := bot.Message{
		Title: "Harbour Forum: daily digest",
		Notes: []string{"As of 19 May 2031, 09:00 (UTC+8)."},
		Actions: []bot.Action{
			{Label: "Topics", Command: "topics"},
			{Label: "Timeline", Command: "timeline"},
		},
	}
	number := 1
	for briefing := range 4 {
		if briefing > 0 {
			m.Blocks = append(m.Blocks, bot.Divider{})
		}
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: fmt.Sprintf("Briefing %d, new:", briefing+1)})
		list := bot.List{Numbered: true, Start: number}
		for entry := range 7 {
			list.Items = append(list.Items, bot.ListItem{
				Title: fmt.Sprintf("Pledge %d of briefing %d", entry+1, briefing+1),
				Text:  strings.Repeat("港口论坛在维利亚举行，通过了三项承诺；各方共享海图，费率公开。", 11),
				URL:   fmt.Sprintf("/b/harbour-forum-2031/pledge-%d-%d", briefing+1, entry+1),
			})
			number++
		}
		m.Blocks = append(m.Blocks, list)
		m.Sources = append(m.Sources, bot.Citation{
			Publisher: "Velia Gazette", Title: fmt.Sprintf("Report %d", briefing+1), Date: content.Date{Year: 2031, Month: 5, Day: 19},
			URL: fmt.Sprintf("https://gazette.example/report-%d", briefing+1),
		})
	}
	return m
}

func pageSaying(w SenderWorld, text string) bot.Page {
	return w.Sender.Pages(bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: text}}}, content.English)[0]
}

func sent(t *testing.T, w SenderWorld, to bot.Place, p bot.Page, k bot.Key) bot.Post {
	t.Helper()
	post, err := w.Sender.Send(t.Context(), to, p, k)
	if err != nil {
		t.Fatal(err)
	}
	return post
}

func one(t *testing.T, w SenderWorld, in bot.Place, want string) SentMessage {
	t.Helper()
	all := w.Shown(in)
	if len(all) != 1 || !strings.Contains(all[0].Text, want) {
		t.Fatalf("there stand %+v, expected %q once", all, want)
	}
	return all[0]
}

func pagesHoldEverything(t *testing.T, w SenderWorld) {
	m := Digest()
	pages := w.Sender.Pages(m, content.Hans)
	if len(pages) < 2 {
		t.Fatalf("%d pages", len(pages))
	}
	in := w.Place
	for i, p := range pages {
		if p.Number != i+1 || p.Of != len(pages) || p.Lang != content.Hans || p.Cut {
			t.Errorf("page %d is %d of %d in %q, cut %v", i+1, p.Number, p.Of, p.Lang, p.Cut)
		}
		if last := i == len(pages)-1; last != (len(p.Actions) > 0) {
			t.Errorf("page %d has %d actions", i+1, len(p.Actions))
		}
		post := sent(t, w, in, p, bot.Key{ID: fmt.Sprintf("page%d", i)})
		if post.ID == "" || post.Found || post.Again || post.Thread != in.Thread {
			t.Errorf("page %d is %+v", i+1, post)
		}
		if i == 0 {
			var err error
			if in, err = w.Sender.Below(t.Context(), in, post.ID, m.Title); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := w.Shown(w.Place)
	all := slices.Concat(first, w.Shown(in))
	if len(first) != 1 || len(all) != len(pages) {
		t.Fatalf("%d messages in the channel, %d in all, for %d pages", len(first), len(all), len(pages))
	}
	var text strings.Builder
	for i, shown := range all {
		text.WriteString(dense(shown.Text))
		says := w.Router.Phrases(content.Hans).T("page.number", i18n.Args{"Number": i + 1, "Of": len(pages)})
		if !strings.Contains(shown.Text, says) {
			t.Errorf("page %d does not say %q", i+1, says)
		}
	}
	for _, want := range textsOf(m) {
		for _, sentence := range strings.SplitAfter(want, "。") { // it may go on on the next page
			if !strings.Contains(text.String(), dense(sentence)) {
				t.Errorf("nobody reads %q", sentence)
			}
		}
	}
	for n := 1; n <= 28; n++ {
		if !strings.Contains(text.String(), fmt.Sprintf("%d.", n)) {
			t.Errorf("number %d is lost", n)
		}
	}
}

func postsHostileText(t *testing.T, w SenderWorld) {
	m := EveryBlock()
	sent(t, w, w.Place, w.Sender.Pages(m, content.English)[0], bot.Key{ID: "a"})
	shown := one(t, w, w.Place, "")
	for _, want := range textsOf(m) {
		if !strings.Contains(dense(shown.Text), dense(want)) {
			t.Errorf("nobody reads %q in\n%s", want, shown.Text)
		}
	}
}

func refusesLongPages(t *testing.T, w SenderWorld) {
	whole := bot.Page{Message: Digest(), Lang: content.English, Number: 1, Of: 1}
	_, err := w.Sender.Send(t.Context(), w.Place, whole, bot.Key{ID: "a"})
	is(t, err, bot.Invalid)
	post := sent(t, w, w.Place, pageSaying(w, "short"), bot.Key{ID: "a"})
	is(t, w.Sender.Edit(t.Context(), w.Place, post.ID, whole), bot.Invalid)
	one(t, w, w.Place, "short")
}

func is(t *testing.T, err error, kind bot.Kind) {
	t.Helper()
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != kind {
		t.Errorf("%v, expected an error of the kind %s", err, kind)
	}
}

func postsOnce(t *testing.T, w SenderWorld) {
	k := bot.Key{ID: "once", TriedAt: w.Now()}
	first := sent(t, w, w.Place, pageSaying(w, "hello"), bot.Key{ID: k.ID})
	if again := sent(t, w, w.Place, pageSaying(w, "hello"), k); again.ID != first.ID {
		t.Errorf("%+v after %+v", again, first)
	}
	one(t, w, w.Place, "hello")
	if other := sent(t, w, w.Place, pageSaying(w, "hello"), bot.Key{ID: "other", TriedAt: k.TriedAt}); other.ID == first.ID || other.Found {
		t.Errorf("another message is %+v", other)
	}
}

func outlivesFaults(t *testing.T, w SenderWorld) {
	for i, fault := range []SenderFault{FailsBefore, FailsAfter, EndsBefore, EndsAfter} {
		w.Fail(fault, 1)
		text := fmt.Sprintf("%s %d", fault, i)
		post := sent(t, w, w.Place, pageSaying(w, text), bot.Key{ID: fmt.Sprintf("fault%d", i)})
		all := w.Shown(w.Place)
		if len(all) != i+1 || all[i].ID != post.ID || !strings.Contains(all[i].Text, text) {
			t.Errorf("a post that %s: %+v, there stand %+v", fault, post, all)
		}
	}
}

func tellsOfUnknownOutcomes(t *testing.T, w SenderWorld) {
	k := bot.Key{ID: "unknown"}
	began := w.Now()
	mend := w.Cut()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := w.Sender.Send(ctx, w.Place, pageSaying(w, "hello"), k)
	mend()
	is(t, err, bot.Unavailable)
	if !errors.Is(err, bot.ErrMaybePosted) {
		t.Errorf("%v is told as if it did not stand", err)
	}
	k.TriedAt = began
	post := sent(t, w, w.Place, pageSaying(w, "hello"), k)
	if shown := one(t, w, w.Place, "hello"); post.ID != shown.ID || post.Again {
		t.Errorf("%+v, there stands %+v", post, shown)
	}
}

func knowsBadPlaces(t *testing.T, w SenderWorld) {
	for name, bad := range w.Bad {
		t.Run(name, func(t *testing.T) {
			_, err := w.Sender.Send(t.Context(), bad.Place, pageSaying(w, "hello"), bot.Key{ID: "a"})
			is(t, err, bad.Kind)
			if errors.Is(err, bot.ErrMaybePosted) || errors.Is(err, bot.ErrRevoked) != bad.Revoked {
				t.Errorf("%v", err)
			}
			_, err = w.Sender.Send(t.Context(), bad.Place, pageSaying(w, "hello"), bot.Key{ID: "a", TriedAt: w.Now()})
			is(t, err, bad.Kind)
		})
	}
}

func endsWithContext(t *testing.T, w SenderWorld) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Sender.Send(ctx, w.Place, pageSaying(w, "hello"), bot.Key{ID: "a"}); err == nil || errors.Is(err, bot.ErrMaybePosted) {
		t.Errorf("%v", err)
	}
	if all := w.Shown(w.Place); len(all) > 0 {
		t.Errorf("there stand %+v", all)
	}
}

func editsPages(t *testing.T, w SenderWorld) {
	post := sent(t, w, w.Place, pageSaying(w, "before"), bot.Key{ID: "a"})
	below, err := w.Sender.Below(t.Context(), w.Place, post.ID, "thread")
	if err != nil {
		t.Fatal(err)
	}
	reply := sent(t, w, below, pageSaying(w, "before, below"), bot.Key{ID: "b"})
	if err := w.Sender.Edit(t.Context(), w.Place, post.ID, pageSaying(w, "after")); err != nil {
		t.Error(err)
	}
	if err := w.Sender.Edit(t.Context(), below, reply.ID, pageSaying(w, "after, below")); err != nil {
		t.Error(err)
	}
	if shown := one(t, w, w.Place, "after"); shown.ID != post.ID || shown.Edits != 1 {
		t.Errorf("%+v", shown)
	}
	if shown := one(t, w, below, "after, below"); shown.ID != reply.ID || shown.Edits != 1 {
		t.Errorf("%+v", shown)
	}
}

func editsNothingDeleted(t *testing.T, w SenderWorld) {
	post := sent(t, w, w.Place, pageSaying(w, "before"), bot.Key{ID: "a"})
	w.Delete(w.Place, post.ID)
	is(t, w.Sender.Edit(t.Context(), w.Place, post.ID, pageSaying(w, "after")), bot.NotFound)
}

func hasOneThread(t *testing.T, w SenderWorld) {
	post := sent(t, w, w.Place, pageSaying(w, "above"), bot.Key{ID: "a"})
	var below bot.Place
	for i, name := range []string{"Digest of 19 May", strings.Repeat("很长的名字", 50)} {
		again, err := w.Sender.Below(t.Context(), w.Place, post.ID, name)
		if err != nil || again.Thread == "" || again.Channel != w.Place.Channel || i > 0 && again != below {
			t.Fatalf("%+v after %+v: %v", again, below, err)
		}
		below = again
	}
	if deeper, err := w.Sender.Below(t.Context(), below, sent(t, w, below, pageSaying(w, "below"), bot.Key{ID: "b"}).ID, "deeper"); err != nil || deeper != below {
		t.Errorf("below what stands in a thread is %+v: %v", deeper, err)
	}
	one(t, w, w.Place, "above")
	one(t, w, below, "below")
}

func leavesClosedThreads(t *testing.T, w SenderWorld) {
	first := sent(t, w, w.Place, pageSaying(w, "above"), bot.Key{ID: "a"})
	below, err := w.Sender.Below(t.Context(), w.Place, first.ID, "thread")
	if err != nil {
		t.Fatal(err)
	}
	w.Close(below)
	post := sent(t, w, below, pageSaying(w, "beside"), bot.Key{ID: "b"})
	all := w.Shown(w.Place)
	if last := len(all) - 1; post.Thread != "" || last < 0 || all[last].ID != post.ID || len(w.Shown(below)) > 0 {
		t.Errorf("%+v, in the channel stand %+v", post, all)
	}
}

func tellsUsers(t *testing.T, w SenderWorld) {
	if err := w.Sender.Tell(t.Context(), w.Place, bot.Message{Title: "The digest stopped"}, content.English, bot.Key{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	private := w.Place
	private.Channel = ""
	one(t, w, private, "The digest stopped")
	if all := w.Shown(w.Place); len(all) > 0 {
		t.Errorf("everybody reads %+v", all)
	}
	err := w.Sender.Tell(t.Context(), w.Unheard, bot.Message{Title: "The digest stopped"}, content.English, bot.Key{ID: "b"})
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Denied && e.Kind != bot.NotFound {
		t.Errorf("a user who cannot be told: %v", err)
	}
}

// longAgo is further back than any platform recognises a message by itself.
const longAgo = 30 * time.Minute

func findsEarlierAttempts(t *testing.T, w SenderWorld) {
	above := sent(t, w, w.Place, pageSaying(w, "above"), bot.Key{ID: "above"})
	below, err := w.Sender.Below(t.Context(), w.Place, above.ID, "thread")
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []bot.Place{w.Place, below} {
		k := bot.Key{ID: "k" + to.Thread[:min(len(to.Thread), 4)], TriedAt: w.Now().Add(-longAgo)}
		if never := sent(t, w, to, pageSaying(w, "hello"), k); never.Found || never.Again {
			t.Errorf("the first is %+v", never)
		}
		again := sent(t, w, to, pageSaying(w, "hello"), k)
		all := w.Shown(to)
		if last := all[len(all)-1]; !again.Found || again.Again || again.ID != last.ID || again.Thread != to.Thread {
			t.Errorf("the second is %+v, there stand %+v", again, all)
		}
	}
	if all := append(w.Shown(w.Place), w.Shown(below)...); len(all) != 3 {
		t.Errorf("there stand %+v", all)
	}
}

func findsFarBack(t *testing.T, w SenderWorld) {
	k := bot.Key{ID: "first", TriedAt: w.Now().Add(-longAgo)}
	first := sent(t, w, w.Place, pageSaying(w, "hello"), bot.Key{ID: k.ID})
	w.Chat(40)
	if again := sent(t, w, w.Place, pageSaying(w, "hello"), k); again.ID != first.ID || !again.Found {
		t.Errorf("%+v", again)
	}
}

func tellsKeysApart(t *testing.T, w SenderWorld) {
	for i := range 3 {
		post := sent(t, w, w.Place, pageSaying(w, "There is nothing new."), bot.Key{ID: fmt.Sprintf("day%d", i), TriedAt: w.Now().Add(-longAgo)})
		if post.Found || post.Again {
			t.Errorf("number %d is %+v", i, post)
		}
	}
	if all := w.Shown(w.Place); len(all) != 3 {
		t.Errorf("there stand %+v", all)
	}
}

func saysWhatItCannotSee(t *testing.T, w SenderWorld) {
	k := bot.Key{ID: "hidden", TriedAt: w.Now().Add(-longAgo)}
	sent(t, w, w.Place, pageSaying(w, "hello"), bot.Key{ID: k.ID})
	w.Hide()
	if again := sent(t, w, w.Place, pageSaying(w, "hello"), k); !again.Again || again.Found {
		t.Errorf("%+v", again)
	}
	if all := w.Shown(w.Place); len(all) != 2 {
		t.Errorf("there stand %+v", all)
	}
}
