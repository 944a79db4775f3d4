package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content/search"
)

func searchCommand() bot.Command {
	return bot.Command{
		Name:    nameSearch,
		Aliases: []string{"find", "搜索", "搜尋", "查找", "检索", "檢索"},
		Summary: "command.search",
		Params: []bot.Param{
			{Name: paramWords, Summary: "param.words", Kind: bot.KindQuestion, Required: true, Rest: true, Complete: completeQuestion},
		},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			const maxHits = 10
			words := bot.Excerpt(c.Args[paramWords])
			var list bot.List
			answer := &search.Answer{Status: search.Unknown, Intent: search.IntentEntry, Lang: c.Lang}
			for _, hit := range c.Shelf.Index.Search(c.Args[paramWords], maxHits) {
				if f, ok := lookUp(c.Shelf.Library, hit.Ref); ok {
					list.Items = append(list.Items, entryItem(c, f, hit.Item))
					answer.Suggestions = append(answer.Suggestions, hit)
				}
			}
			m := bot.Message{Title: c.Phrases.T("search.title", i18n.Args{"Words": words})}
			if len(list.Items) == 0 {
				m.Blocks = []bot.Block{bot.Paragraph{Text: c.Phrases.T("search.empty")}}
				m.Actions = []bot.Action{{Label: c.Phrases.T("action.topics"), Command: nameTopics}}
			} else {
				m.Blocks = []bot.Block{list}
				answer.Status = search.Suggest
			}
			return bot.Reply{Message: m, Answer: answer, Again: again(nameSearch, paramWords, c.Args[paramWords])}, nil
		},
	}
}
