package slacktest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// What the fake answers is what the library that the bot is written with
// understands.
func TestTheLibraryUnderstandsTheAnswers(t *testing.T) {
	s := New(t, Options{Limits: Limits{Off: true}})
	ws := s.AddWorkspace("Work Space")
	channel := ws.AddChannel("general")
	ann := ws.AddUser("Ann", "zh-CN")
	channel.CreatedBy(ann)
	asked := ann.In(channel).Say("四点建议")
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	api := slack.New(ws.Token(), slack.OptionAPIURL(s.URL()), slack.OptionHTTPClient(&http.Client{Transport: transport, Timeout: 10 * time.Second}))
	ctx := context.Background()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}

	who, err := api.AuthTestContext(ctx)
	must("auth.test", err)
	if who == nil || who.TeamID != ws.ID || who.UserID != ws.Bot().ID || who.BotID == "" {
		t.Fatalf("auth.test: %+v", who)
	}
	words := slack.NewTextBlockObject(slack.MarkdownType, "*four points*", false, false)
	press := slack.NewButtonBlockElement("press", "1", slack.NewTextBlockObject(slack.PlainTextType, "Sources", false, false))
	body := []slack.MsgOption{
		slack.MsgOptionText("four points", false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionBlocks(slack.NewSectionBlock(words, nil, nil), slack.NewActionBlock("", press)),
	}
	metadata := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "digest", EventPayload: map[string]any{"occurrence": "7"}})
	where, ts, err := api.PostMessageContext(ctx, channel.ID, append(body, metadata)...)
	must("chat.postMessage", err)
	if where != channel.ID || ts != s.Messages(channel)[1].TS {
		t.Errorf("posted %s in %s", ts, where)
	}
	_, _, err = api.PostMessageContext(ctx, channel.ID, append(body, slack.MsgOptionTS(asked.TS), slack.MsgOptionBroadcast())...)
	must("a reply", err)
	_, err = api.PostEphemeralContext(ctx, channel.ID, ann.ID, slack.MsgOptionText("psst", false))
	must("chat.postEphemeral", err)
	_, _, _, err = api.UpdateMessageContext(ctx, channel.ID, ts, slack.MsgOptionText("five points", false))
	must("chat.update", err)
	history, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: channel.ID, Limit: 2, IncludeAllMetadata: true})
	must("conversations.history", err)
	if history == nil || len(history.Messages) != 2 || !history.HasMore || history.ResponseMetaData.NextCursor == "" {
		t.Fatalf("history: %+v", history)
	}
	if m := history.Messages[1]; m.Text != "five points" || m.Edited == nil || m.BotID != who.BotID || m.Metadata.EventPayload["occurrence"] != "7" {
		t.Errorf("history holds %+v", m)
	}
	replies, _, _, err := api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: channel.ID, Timestamp: asked.TS})
	must("conversations.replies", err)
	if len(replies) != 2 || replies[1].ThreadTimestamp != asked.TS || len(replies[1].Blocks.BlockSet) != 2 {
		t.Errorf("replies: %+v", replies)
	}
	info, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel.ID, IncludeNumMembers: true})
	must("conversations.info", err)
	if info == nil || info.Name != "general" || !info.IsMember || info.Creator != ann.ID || info.NumMembers != 2 {
		t.Errorf("info: %+v", info)
	}
	user, err := api.GetUserInfoContext(ctx, ann.ID)
	must("users.info", err)
	if user == nil || user.TZ != "Asia/Shanghai" || user.RealName != "Ann" {
		t.Errorf("user: %+v", user)
	}
	team, err := api.GetTeamInfoContext(ctx)
	must("team.info", err)
	if team == nil || team.Name != "Work Space" {
		t.Errorf("team: %+v", team)
	}
	bot, err := api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: who.BotID})
	must("bots.info", err)
	if bot == nil || bot.UserID != ws.Bot().ID {
		t.Errorf("bot: %+v", bot)
	}
	im, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{ann.ID}, ReturnIM: true})
	must("conversations.open", err)
	if im == nil || !im.IsIM || im.User != ann.ID {
		t.Errorf("opened: %+v", im)
	}
	_, _, err = api.GetConversationsContext(ctx, &slack.GetConversationsParameters{Types: []string{"public_channel", "im"}, Limit: 10})
	must("conversations.list", err)
	_, _, err = api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: channel.ID})
	must("conversations.members", err)
	_, err = api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: channel.ID, Ts: ts})
	must("chat.getPermalink", err)
	must("reactions.add", api.AddReactionContext(ctx, "eyes", slack.NewRefToMessage(channel.ID, asked.TS)))
	reacted, err := api.GetReactionsContext(ctx, slack.NewRefToMessage(channel.ID, asked.TS), slack.NewGetReactionsParameters())
	must("reactions.get", err)
	if len(reacted.Reactions) != 1 || reacted.Reactions[0].Name != "eyes" {
		t.Errorf("reactions: %+v", reacted)
	}
	home := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewSectionBlock(words, nil, nil)}}}
	view, err := api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: ann.ID, View: home})
	must("views.publish", err)
	if view == nil || view.Hash == "" || ann.Home().Text() != "*four points*" {
		t.Errorf("view: %+v", view)
	}
	pane := ann.Assistant(channel)
	must("assistant.threads.setStatus", api.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{ChannelID: pane.channel.ID, ThreadTS: pane.thread, Status: "is looking"}))
	must("assistant.threads.setTitle", api.SetAssistantThreadsTitleContext(ctx, slack.AssistantThreadsSetTitleParameters{ChannelID: pane.channel.ID, ThreadTS: pane.thread, Title: "Four points"}))
	must("assistant.threads.setSuggestedPrompts", api.SetAssistantThreadsSuggestedPromptsContext(ctx, slack.AssistantThreadsSetSuggestedPromptsParameters{
		ChannelID: pane.channel.ID, ThreadTS: pane.thread, Prompts: []slack.AssistantThreadsPrompt{{Title: "Four points", Message: "四点建议"}},
	}))
	_, _, err = api.DeleteMessageContext(ctx, channel.ID, ts)
	must("chat.delete", err)

	channel.Archive()
	if _, _, err = api.PostMessageContext(ctx, channel.ID, body...); err == nil || err.Error() != "is_archived" {
		t.Errorf("into an archived channel: %v", err)
	}
	s.Fail(Fault{On: "team.info", Do: Limit(7 * time.Second)})
	var limited *slack.RateLimitedError
	if _, err = api.GetTeamInfoContext(ctx); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Errorf("limited: %v", err)
	}
}
