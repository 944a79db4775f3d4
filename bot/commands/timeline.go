package commands

import (
	"context"
	"slices"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func timelineCommand() bot.Command {
	return bot.Command{
		Name:    nameTimeline,
		Aliases: []string{"时间线", "時間線", "时间轴", "時間軸", "大事记", "大事記"},
		Summary: "command.timeline",
		Params:  []bot.Param{briefingParam()},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			return timelineFor(c, c.Args[paramBriefing])
		},
	}
}

// dated is an entry with one of its dates.
type dated struct {
	found
	span content.Span
}

// timelineFor lists what the briefing dates, in order, each with the
// precision that is known.
func timelineFor(c bot.Call, id string) (bot.Reply, error) {
	b, err := briefingOrNewest(c, id)
	if err != nil {
		return bot.Reply{}, err
	}
	events := datedEntries(b)
	m := bot.Message{
		Title:   c.Phrases.T("timeline.title", i18n.Args{"Title": c.In(b.Title)}),
		URL:     bot.BriefingPath(b.ID),
		Actions: []bot.Action{briefingAction(c, "action.brief", nameBrief, b.ID), briefingAction(c, "action.sources", nameSources, b.ID)},
	}
	if len(events) == 0 {
		m.Blocks = []bot.Block{bot.Paragraph{Text: c.Phrases.T("timeline.empty")}}
	} else {
		m.Blocks = []bot.Block{timelineList(c, events)}
		m.Sources = withoutNotes(briefingCitations(c, b))
	}
	if rest := len(events) - maxListed; rest > 0 {
		m.Notes = append(m.Notes, c.Phrases.N("label.more", rest))
	}
	m.Notes = append(m.Notes, asOfNotes(c, b.AsOf)...)
	return bot.Reply{Message: m, AsOf: b.AsOf, Turn: briefingTurn(b), Again: again(nameTimeline, paramBriefing, b.ID)}, nil
}

func timelineList(c bot.Call, events []dated) bot.List {
	var list bot.List
	for _, e := range events[:min(len(events), maxListed)] {
		line := entryItem(c, e.found, 0)
		line.Text = line.Title
		line.Title = c.Phrases.Span(e.span)
		list.Items = append(list.Items, line)
	}
	return list
}

// datedEntries returns every date of every entry, the earliest first.
func datedEntries(b *content.Briefing) []dated {
	var events []dated
	for i := range b.Entries {
		e := &b.Entries[i]
		for _, span := range e.Dates {
			ref := content.Ref{Briefing: b.ID, Entry: e.ID}
			events = append(events, dated{found: found{ref: ref, briefing: b, entry: e}, span: span})
		}
	}
	slices.SortStableFunc(events, func(a, b dated) int { return compareSpans(a.span, b.span) })
	return events
}
