package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
)

func (d digests) historyCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestHistory,
		Aliases: inGroup("历史", "歷史"),
		Summary: "command.digest.history",
		Params:  []bot.Param{d.numberParam()},
		Run:     d.history,
	}
}

// history is a table of the latest occurrences.
func (d digests) history(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestHistory)
	if err != nil || other != nil {
		return orOther(other), err
	}
	const shown = 15
	past, err := d.subscriptions.History(ctx, s.ID, shown)
	if err != nil {
		return bot.Reply{}, err
	}
	m := bot.Message{
		Title:   titleOf(c, s),
		Actions: []bot.Action{numberAction(c, "subscription.action.explain", nameDigestExplain, s.Number)},
	}
	if len(past) == 0 {
		m.Blocks = []bot.Block{bot.Paragraph{Text: c.Phrases.T("subscription.no_history")}}
	} else {
		var fields bot.Fields
		for _, o := range past {
			fields = append(fields, occurrenceField(c, s, o))
		}
		m.Blocks = []bot.Block{fields}
	}
	return bot.Reply{Message: m, Again: &bot.Action{Command: nameDigestHistory, Args: numberAction(c, "", "", s.Number).Args}}, nil
}

// occurrenceField says what became of an occurrence.
func occurrenceField(c bot.Call, s digest.Subscription, o digest.Occurrence) bot.Field {
	name := at(c, s.Settings.Zone, o.Slot.At)
	switch o.Kind {
	case digest.Now, digest.Correction:
		name = c.Phrases.T(i18n.Key("subscription.kind."+string(o.Kind)), i18n.Args{"At": name})
	case digest.Scheduled:
	}
	value := c.Phrases.T(i18n.Key("subscription.progress." + string(o.State)))
	switch o.State {
	case digest.Skipped, digest.Failed:
		value += c.Phrases.T("label.colon") + reasonOf(c, o.Reason)
	case digest.Queued:
		if o.Reason != "" {
			value += c.Phrases.T("label.colon") + reasonOf(c, o.Reason)
		}
	case digest.Sent:
		if o.Reason != "" {
			value = c.Phrases.T("subscription.sent_in_part", i18n.Args{"Reason": reasonOf(c, o.Reason)})
		} else if late := o.FinishedAt.Sub(o.Slot.At); o.Kind == digest.Scheduled && late.Minutes() >= 1 {
			value = c.Phrases.N("subscription.sent_late", int(late.Minutes()))
		}
	case digest.Sending:
	}
	return bot.Field{Name: name, Value: value}
}
