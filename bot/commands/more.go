package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/content/search"
)

func moreCommand() bot.Command {
	return bot.Command{
		Name:    nameMore,
		Aliases: []string{"全文", "更多", "详细", "詳細"},
		Summary: "command.more",
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			last, _ := lastTurn(c)
			if f, ok := lookUp(c.Shelf.Library, last); ok {
				return showReply(c, f, 0), nil
			}
			if c.Shelf.Library.Briefing(last.Briefing) != nil {
				// More of a briefing is the list of all that it holds.
				return topicsReply(c, last.Briefing)
			}
			return bot.Reply{
				Message: bot.Message{
					Blocks:  []bot.Block{bot.Paragraph{Text: c.Phrases.T("more.nothing")}},
					Actions: []bot.Action{{Label: c.Phrases.T("action.topics"), Command: nameTopics}},
				},
				Answer: &search.Answer{Status: search.Unknown, Intent: search.IntentEntry, Lang: c.Lang},
			}, nil
		},
	}
}
