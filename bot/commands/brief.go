package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/content"
	"briefbot/content/search"
)

func briefCommand() bot.Command {
	return bot.Command{
		Name:    nameBrief,
		Aliases: []string{"briefing", "summary", "总结", "總結", "简报", "簡報", "摘要"},
		Summary: "command.brief",
		Params:  []bot.Param{briefingParam()},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			return briefFor(c, c.Args[paramBriefing])
		},
	}
}

// briefFor composes the summary of the briefing with the id; where id is
// empty, of the one that the conversation is about or of the newest.
func briefFor(c bot.Call, id string) (bot.Reply, error) {
	b, err := briefingOrNewest(c, id)
	if err != nil {
		return bot.Reply{}, err
	}
	const maxHeadings = 10 // enough to see what can be asked; topics has all
	m := bot.Message{
		Title: c.In(b.Title),
		URL:   bot.BriefingPath(b.ID),
		Blocks: []bot.Block{
			bot.Paragraph{Text: c.In(b.Summary)},
			bot.Paragraph{Text: c.Phrases.T("brief.headings")},
			entryList(c, b, min(maxHeadings, len(b.Entries))),
		},
		Sources: briefingCitations(c, b),
		Actions: []bot.Action{},
	}
	if rest := len(b.Entries) - maxHeadings; rest > 0 {
		m.Notes = append(m.Notes, c.Phrases.N("label.more", rest))
		m.Actions = append(m.Actions, bot.Action{
			Label: c.Phrases.T("action.topics"), Command: nameTopics, Args: map[string]string{paramTopic: b.ID},
		})
	}
	m.Notes = append(m.Notes, asOfNotes(c, b.AsOf)...)
	if len(datedEntries(b)) > 1 {
		m.Actions = append(m.Actions, briefingAction(c, "action.timeline", nameTimeline, b.ID))
	}
	m.Actions = append(m.Actions, briefingAction(c, "action.sources", nameSources, b.ID))
	return bot.Reply{Message: m, AsOf: b.AsOf, Turn: briefingTurn(b), Again: again(nameBrief, paramBriefing, b.ID)}, nil
}

func briefingOrNewest(c bot.Call, id string) (*content.Briefing, error) {
	if id == "" {
		return newestBriefing(c)
	}
	return findBriefing(c, id)
}

func briefingTurn(b *content.Briefing) *search.Turn {
	return &search.Turn{Ref: content.Ref{Briefing: b.ID}}
}
