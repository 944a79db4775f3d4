package commands

import (
	"context"
	"slices"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

func relatedCommand() bot.Command {
	return bot.Command{
		Name:    nameRelated,
		Aliases: []string{"相关", "相關"},
		Summary: "command.related",
		Params:  []bot.Param{entryParam(true)},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			f, err := findEntry(c, c.Args[paramEntry])
			if err != nil {
				return bot.Reply{}, err
			}
			m := bot.Message{
				Title:   c.Phrases.T("related.title", i18n.Args{"Title": c.In(f.entry.Title)}),
				URL:     bot.EntryPath(f.ref),
				Actions: []bot.Action{entryAction(c, "action.more", nameShow, f.ref)},
			}
			var list bot.List
			for _, r := range relatedTo(c.Shelf.Library, f) {
				list.Items = append(list.Items, entryItem(c, r, 0))
			}
			if len(list.Items) == 0 {
				m.Blocks = []bot.Block{bot.Paragraph{Text: c.Phrases.T("related.empty")}}
				m.Actions = append(m.Actions, briefingAction(c, "action.brief", nameBrief, f.ref.Briefing))
			} else {
				m.Blocks = []bot.Block{list}
			}
			return bot.Reply{Message: m, Turn: &search.Turn{Ref: f.ref}, Again: again(nameRelated, paramEntry, f.ref.String())}, nil
		},
	}
}

// relatedTo returns what the editors relate to an entry, then the entries of
// the same briefing that they relate it from.
func relatedTo(library *content.Library, f found) []found {
	var related []found
	add := func(ref content.Ref) {
		r, ok := lookUp(library, ref)
		known := slices.ContainsFunc(related, func(o found) bool { return o.ref == ref })
		if ok && !known && ref != f.ref {
			related = append(related, r)
		}
	}
	for _, id := range f.entry.Related {
		add(content.ResolveRef(f.ref.Briefing, id))
	}
	for i := range f.briefing.Entries {
		from := &f.briefing.Entries[i]
		if slices.ContainsFunc(from.Related, func(id string) bool { return content.ResolveRef(f.ref.Briefing, id) == f.ref }) {
			add(content.Ref{Briefing: f.ref.Briefing, Entry: from.ID})
		}
	}
	return related
}
