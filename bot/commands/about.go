package commands

import (
	"context"
	"strconv"

	"briefbot/bot"
)

func aboutCommand() bot.Command {
	return bot.Command{
		Name:    nameAbout,
		Aliases: []string{"关于", "關於"},
		Summary: "command.about",
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			library := c.Shelf.Library
			m := bot.Message{
				Title: c.Phrases.T("about.title"),
				Blocks: []bot.Block{
					bot.Paragraph{Text: c.Phrases.T("about.what")},
					bot.Paragraph{Text: c.Phrases.T("about.honest")},
					bot.Fields{
						{Name: c.Phrases.T("about.briefings"), Value: strconv.Itoa(len(library.Briefings()))},
						{Name: c.Phrases.T("about.entries"), Value: strconv.Itoa(library.Len())},
					},
				},
				Actions: []bot.Action{
					{Label: c.Phrases.T("action.topics"), Command: nameTopics},
					{Label: c.Phrases.T("action.help"), Command: nameHelp},
				},
			}
			asOf := newestAsOf(library)
			m.Notes = asOfNotes(c, asOf)
			return bot.Reply{Message: m, AsOf: asOf, Again: again(nameAbout, "", "")}, nil
		},
	}
}
