package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

func showCommand() bot.Command {
	return bot.Command{
		Name:    nameShow,
		Aliases: []string{"查看", "显示", "顯示"},
		Summary: "command.show",
		Params: []bot.Param{
			entryParam(true),
			{Name: paramItem, Summary: "param.item", Kind: bot.KindNumber},
		},
		Run: show,
	}
}

func show(_ context.Context, c bot.Call) (bot.Reply, error) {
	f, err := findEntry(c, c.Args[paramEntry])
	if err != nil {
		return bot.Reply{}, err
	}
	item, err := itemNumber(c, f)
	if err != nil {
		return bot.Reply{}, err
	}
	return showReply(c, f, item), nil
}

// showReply shows one numbered point of an entry, all of it where item is 0.
func showReply(c bot.Call, f found, item int) bot.Reply {
	reply := bot.Reply{
		AsOf:    f.briefing.AsOfEntry(f.entry),
		Sources: entryCitations(c, f),
		Turn:    &search.Turn{Question: c.In(f.entry.Title), Ref: f.ref, Item: item},
	}
	shown := showAction("", f.ref, item)
	reply.Again = &shown
	if item > 0 {
		reply.Message = answerMessage(c, f, "", []int{item})
	} else {
		reply.Message = wholeEntry(c, f)
	}
	return reply
}

// wholeEntry shows all that an entry holds, however long that is.
func wholeEntry(c bot.Call, f found) bot.Message {
	e := f.entry
	m := bot.Message{
		Title:   c.In(e.Title),
		URL:     bot.EntryPath(f.ref),
		Sources: entryCitations(c, f),
		Notes:   notes(c, f),
		Actions: answerActions(c, f, nil),
	}
	if e.Kind == content.KindQuote {
		m.Blocks = append(m.Blocks, bot.Quote{Text: c.In(e.Answer), By: c.In(e.Slots[content.Who])})
	} else {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.In(e.Answer)})
	}
	if len(e.Items) > 0 {
		m.Blocks = append(m.Blocks, itemList(c, f, 1, len(e.Items), everything()))
	}
	if fields := slotFields(c, e); len(fields) > 0 {
		m.Blocks = append(m.Blocks, fields)
	}
	for _, correction := range e.Corrections {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.Phrases.T("note.was", i18n.Args{
			"Date": c.Phrases.Date(correction.Date), "Was": c.In(correction.Was),
		})})
	}
	return m
}

func slotFields(c bot.Call, e *content.Entry) bot.Fields {
	var fields bot.Fields
	for _, slot := range content.Slots() {
		if value := c.In(e.Slots[slot]); value != "" {
			fields = append(fields, bot.Field{Name: c.Phrases.T(slotName(slot)), Value: value})
		}
	}
	return fields
}

func slotName(slot content.Slot) i18n.Key { return i18n.Key("slot." + string(slot)) }
