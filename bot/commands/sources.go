package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

func sourcesCommand() bot.Command {
	return bot.Command{
		Name:    nameSources,
		Aliases: []string{"source", "来源", "來源", "出处", "出處"},
		Summary: "command.sources",
		Params: []bot.Param{
			entryParam(false),
			briefingParam(),
		},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			switch {
			case c.Args[paramBriefing] != "":
				return sourcesFor(c, content.Ref{Briefing: c.Args[paramBriefing]})
			case c.Args[paramEntry] != "":
				return sourcesOfValue(c, c.Args[paramEntry])
			}
			return sourcesFor(c, content.Ref{})
		},
	}
}

// sourcesOfValue takes the id of a briefing too: whoever types it need not
// know which of the two they have.
func sourcesOfValue(c bot.Call, value string) (bot.Reply, error) {
	if c.Shelf.Library.Briefing(value) != nil {
		return sourcesFor(c, content.Ref{Briefing: value})
	}
	f, err := findEntry(c, value)
	if err != nil {
		return bot.Reply{}, err
	}
	return sourcesFor(c, f.ref)
}

// sourcesFor lists the sources of an entry or of a whole briefing; of the
// last answer of the conversation where ref is zero, and without one of the
// newest briefing.
func sourcesFor(c bot.Call, ref content.Ref) (bot.Reply, error) {
	if last, ok := lastTurn(c); ok && ref == (content.Ref{}) {
		ref = last
	}
	if f, ok := lookUp(c.Shelf.Library, ref); ok {
		return bot.Reply{
			Message: bot.Message{
				Title:   c.Phrases.T("sources.title", i18n.Args{"Title": c.In(f.entry.Title)}),
				URL:     bot.EntryPath(f.ref),
				Blocks:  []bot.Block{bot.Paragraph{Text: c.Phrases.N("sources.count", len(f.entry.Sources))}},
				Sources: entryCitations(c, f),
				Notes:   asOfNotes(c, f.briefing.AsOfEntry(f.entry)),
				Actions: []bot.Action{
					entryAction(c, "action.more", nameShow, f.ref),
					briefingAction(c, "action.brief", nameBrief, ref.Briefing),
				},
			},
			AsOf:  f.briefing.AsOfEntry(f.entry),
			Turn:  &search.Turn{Ref: f.ref},
			Again: again(nameSources, paramEntry, f.ref.String()),
		}, nil
	}
	b, err := briefingOrNewest(c, ref.Briefing)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Message: bot.Message{
			Title:   c.Phrases.T("sources.title", i18n.Args{"Title": c.In(b.Title)}),
			URL:     bot.BriefingPath(b.ID),
			Blocks:  []bot.Block{bot.Paragraph{Text: c.Phrases.N("sources.count", len(b.Sources))}},
			Sources: briefingCitations(c, b),
			Notes:   asOfNotes(c, b.AsOf),
			Actions: []bot.Action{briefingAction(c, "action.brief", nameBrief, b.ID)},
		},
		AsOf:  b.AsOf,
		Turn:  briefingTurn(b),
		Again: again(nameSources, paramBriefing, b.ID),
	}, nil
}
