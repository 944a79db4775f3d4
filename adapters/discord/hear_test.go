package discord

import (
	"maps"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/bot"
	"briefbot/bot/ratelimit"
)

// soon is how long an answer may take; silence is how long none may come.
const (
	soon    = 10 * time.Second
	silence = 300 * time.Millisecond
)

func (w *world) answer(t *testing.T, m *discordtest.Message) *discordtest.Message {
	t.Helper()
	replies := w.Replies(m, soon)
	if len(replies) == 0 {
		t.Fatalf("%q is not answered", m.Content)
	}
	return replies[0]
}

func (w *world) silent(t *testing.T, m *discordtest.Message) {
	t.Helper()
	if replies := w.Replies(m, silence); len(replies) > 0 {
		t.Errorf("%q is answered:\n%s", m.Content, replies[0].Text())
	}
}

// known waits until the bot, which learns the id of its message from Discord's
// answer, can be asked about it.
func (w *world) known(t *testing.T, m *discordtest.Message) *discordtest.Message {
	t.Helper()
	p := bot.Place{Platform: Platform, Workspace: w.guild.ID, Channel: m.Channel.ID, Thread: conversationMessage + m.ID}
	awaits(t, "the bot does not know its message", func() bool { return len(w.adapter.turns(t.Context(), p)) > 0 })
	return m
}

func (w *world) mention() string { return "<@" + w.adapter.self() + ">" }

// event is what the gateway tells of a message.
func (w *world) event(m *discordtest.Message) map[string]any {
	return map[string]any{
		"id": m.ID, "channel_id": m.Channel.ID, "guild_id": w.guild.ID, "type": messageDefault,
		"author": map[string]any{"id": m.Author.ID}, "content": m.Content, "mentions": []any{},
	}
}

func TestMentionsAreAnswered(t *testing.T) {
	w := begin(t, Gateway, nil)
	mention := w.mention()
	m := w.bao.In(w.general).Say(mention + " 三项承诺")
	got := w.answer(t, m)
	says(t, got, "三项承诺", "维利亚公报", "截至2031年5月19日")
	says(t, w.answer(t, w.ann.In(w.general).Say("what are the three pledges "+mention+"?")), "The three pledges")
	says(t, w.answer(t, w.bao.In(w.general).Say(mention+" 第二点")), "公开费率") // as the same user asked before
	says(t, w.answer(t, w.ann.In(w.general).Say(mention+" who won the chess match")), "That is not in the briefings.")
	says(t, w.answer(t, w.ann.In(w.general).Say(mention)), "Ask something")
	says(t, w.answer(t, w.ann.In(w.general).Say(mention+" "+strings.Repeat("long ", 150))), "longer than 500 characters")
}

func TestEverythingElsePassesInSilence(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.MessageContent = true })
	w.silent(t, w.ann.In(w.general).Say("what are the three pledges"))
	w.silent(t, w.ann.In(w.general).Say("<@"+w.bao.ID+"> what are the three pledges"))
	w.silent(t, w.ann.In(w.general).Say("@everyone what are the three pledges"))
	m := w.ann.In(w.general).Say(w.mention() + " what are the three pledges")
	got := w.answer(t, m)
	w.ann.In(w.general).Edit(m, w.mention()+" who chairs the forum")
	before := len(w.Messages(w.general))
	for _, change := range []map[string]any{
		{"author": map[string]any{"id": w.bao.ID, "bot": true}},
		{"webhook_id": "77"},
		{"type": 7}, // "somebody has joined"
	} {
		event := w.event(m)
		event["id"] = "424242"
		maps.Copy(event, change)
		w.Ready(0, soon).SendEvent("MESSAGE_CREATE", event)
	}
	if w.Await(silence, func() bool { return false }); len(w.Messages(w.general)) != before {
		t.Error("what programs write is answered")
	}
	if replies := w.Replies(m, silence); len(replies) != 1 || replies[0].ID != got.ID {
		t.Errorf("an edited question is answered %d times", len(replies))
	}
}

func TestRepliesReferToTheMessageTheyAnswer(t *testing.T) {
	w := begin(t, Gateway, nil)
	pledges := w.answer(t, w.ann.In(w.general).Say(w.mention()+" what are the three pledges"))
	w.answer(t, w.ann.In(w.general).Say(w.mention()+" who chairs the forum"))
	second := w.answer(t, w.bao.In(w.general).ReplyTo(w.known(t, pledges), "第二点呢", true))
	says(t, second, "公开费率")
	says(t, w.answer(t, w.ann.In(w.general).ReplyTo(w.known(t, pledges), "the third one?", true)), "Shared charts")
	says(t, w.answer(t, w.ann.In(w.general).ReplyTo(w.known(t, second), "and the next one?", true)), "Shared charts")
	says(t, w.answer(t, w.ann.In(w.general).Say(w.mention()+" the first one?")), "Clean channels") // goes on from there
	slash := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges"})
	says(t, w.answer(t, w.bao.In(w.general).ReplyTo(w.known(t, slash.Message), "第三点", true)), "共享海图")
	private := w.ann.In(w.general).Slash("ask", map[string]any{"question": "what are the three pledges", "private": true})
	w.known(t, private.Message)
	shared := private.Click("Show to everyone")
	says(t, w.answer(t, w.AddUser("Cai", "zh-CN").In(w.general).ReplyTo(w.known(t, shared.Message), "第三点", true)), "共享海图")
	// Discord shows a reply that does not ping to nobody without the intent.
	w.silent(t, w.ann.In(w.general).ReplyTo(w.known(t, pledges), "the second one?", false))
}

func TestThreadsAreConversations(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.MessageContent = true })
	question := w.ann.In(w.general).Say(w.mention() + " what are the three pledges")
	answer := w.answer(t, question)
	thread := w.ann.In(w.general).StartThread(w.known(t, answer), "pledges") // on the bot's message
	says(t, w.answer(t, w.bao.In(thread).Say("第二点呢")), "公开费率")
	says(t, w.answer(t, w.ann.In(thread).Say("the third one?")), "Shared charts")
	w.silent(t, w.ann.In(thread).Say("thanks, that helps a lot"))
	says(t, w.answer(t, w.ann.In(thread).Say("who won the chess match?")), "not in the briefings")

	other := w.ann.In(w.general).StartThread(w.ann.In(w.general).Say("chess"), "chess")
	w.silent(t, w.ann.In(other).Say("what are the three pledges?"))
	says(t, w.answer(t, w.ann.In(other).Say(w.mention()+" who chairs the forum")), "Orla Finn")
	says(t, w.answer(t, w.bao.In(other).Say("来源？")), "维利亚公报") // it has spoken here now
	if text := w.answer(t, w.ann.In(other).Say("the third one?")).Text(); strings.Contains(text, "Shared charts") {
		t.Error("a follow-up leaks into another thread")
	}
}

func TestACommandInAThreadFollowsUpWhatTheThreadHangsOn(t *testing.T) {
	w := begin(t, Gateway, nil)
	answer := w.answer(t, w.ann.In(w.general).Say(w.mention()+" what are the three pledges"))
	thread := w.ann.In(w.general).StartThread(w.known(t, answer), "pledges")
	says(t, w.bao.In(thread).Slash("ask", map[string]any{"question": "第二点呢"}).Message, "公开费率")
}

func TestAThreadOnAnAnsweredQuestionGoesOnFromThere(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.MessageContent = true })
	question := w.ann.In(w.general).Say(w.mention() + " what are the three pledges")
	w.known(t, w.answer(t, question))
	thread := w.ann.In(w.general).StartThread(question, "pledges")
	says(t, w.answer(t, w.bao.In(thread).Say("第二点呢")), "公开费率")
}

func TestAThreadThatWasAnsweredByACommandNeedsNoMention(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.MessageContent = true })
	thread := w.ann.In(w.general).StartThread(w.ann.In(w.general).Say("harbours"), "harbours")
	w.silent(t, w.ann.In(thread).Say("what are the three pledges?"))
	w.ann.In(thread).Slash("ask", map[string]any{"question": "who chairs the forum", "private": true})
	w.silent(t, w.ann.In(thread).Say("what are the three pledges?"))
	w.ann.In(thread).Slash("ask", map[string]any{"question": "what are the three pledges"})
	says(t, w.answer(t, w.bao.In(thread).Say("第二点呢")), "公开费率")
}

// A bot that was started anew still knows in which threads it has spoken.
func TestThreadsOutliveARestart(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.MessageContent = true })
	thread := w.ann.In(w.general).StartThread(w.ann.In(w.general).Say("harbours"), "harbours")
	w.answer(t, w.ann.In(thread).Say(w.mention()+" what are the three pledges"))
	w.adapter.places.spoken.Purge()
	w.adapter.places.channels.Purge()
	says(t, w.answer(t, w.ann.In(thread).Say("who chairs the forum?")), "Orla Finn")
}

func TestDirectMessagesNeedNoMention(t *testing.T) {
	w := begin(t, Gateway, nil)
	says(t, w.answer(t, w.ann.DM().Say("what are the three pledges")), "The three pledges")
	says(t, w.answer(t, w.ann.DM().Say("the second one?")), "Open tariffs")
	says(t, w.answer(t, w.ann.DM().Say("/topics")), "What can be asked")
}

func TestAMessageThatCannotBeAnsweredIsLeft(t *testing.T) {
	w := begin(t, Gateway, nil)
	w.general.Deny(discordtest.SendMessages)
	w.silent(t, w.ann.In(w.general).Say(w.mention()+" what are the three pledges"))
	w.general.Allow(discordtest.SendMessages)
	says(t, w.answer(t, w.ann.In(w.general).Say(w.mention()+" what are the three pledges")), "The three pledges")
}

// Discord takes replies from those alone who may read the history.
func TestWithoutTheHistoryAnAnswerPointsToNothing(t *testing.T) {
	w := begin(t, Gateway, nil)
	w.general.Deny(discordtest.ReadMessageHistory)
	w.ann.In(w.general).Say(w.mention() + " what are the three pledges")
	var posted []*discordtest.Message
	awaits(t, "it is not answered", func() bool {
		posted = w.Messages(w.general)
		return len(posted) > 1
	})
	says(t, posted[1], "The three pledges")
	clicked := w.bao.In(w.general) // who asked cannot be known from the answer
	if shown := clicked.On(posted[1]).Click("Sources"); !shown.Ephemeral {
		t.Error("somebody's click changes it for everyone")
	}
}

// A message is posted once, however often Discord tells of the question and
// whatever becomes of the answer on its way.
func TestAQuestionIsAnsweredOnce(t *testing.T) {
	w := begin(t, Gateway, nil)
	w.Fail(discordtest.Fault{On: "POST /channels/*/messages", Do: discordtest.FailAfter(500)})
	m := w.ann.In(w.general).Say(w.mention() + " what are the three pledges")
	w.answer(t, m)
	w.Ready(0, soon).SendEvent("MESSAGE_CREATE", w.event(m))
	if !w.Await(soon, func() bool { return w.Counts().Deduplicated > 1 }) {
		t.Error("the question was not heard again")
	}
	if replies := w.Replies(m, soon); len(replies) != 1 {
		t.Errorf("it is answered %d times", len(replies))
	}
}

func TestOneUserIsLimitedInMessagesToo(t *testing.T) {
	w := begin(t, Gateway, func(o *Options) { o.RateLimit = ratelimit.Limit{PerMinute: 1} })
	w.answer(t, w.ann.In(w.general).Say(w.mention()+" help"))
	w.silent(t, w.ann.In(w.general).Say(w.mention()+" help"))
	w.answer(t, w.bao.In(w.general).Say(w.mention()+" help"))
}
