package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
)

func (d digests) explainCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestExplain,
		Aliases: inGroup("说明", "說明"),
		Summary: "command.digest.explain",
		Params:  []bot.Param{d.numberParam()},
		Run:     d.explain,
	}
}

// explain says when a digest comes and why it did not.
func (d digests) explain(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestExplain)
	if err != nil || other != nil {
		return orOther(other), err
	}
	const (
		instants = 5
		looked   = 50 // occurrences that are looked through
		missed   = 5  // of them that are shown at most
	)
	m := bot.Message{Title: titleOf(c, s), Blocks: []bot.Block{
		bot.Paragraph{Text: stateLine(c, s), Strong: true},
		settingsFields(c, s.Settings),
	}}
	if s.State == digest.Active {
		list, err := upcoming(c, s.Settings, instants)
		if err != nil {
			return bot.Reply{}, err
		}
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.Phrases.T("subscription.upcoming")}, list)
	}
	past, err := d.subscriptions.History(ctx, s.ID, looked)
	if err != nil {
		return bot.Reply{}, err
	}
	var fields bot.Fields
	for _, o := range past {
		if (o.State == digest.Skipped || o.State == digest.Failed) && len(fields) < missed {
			fields = append(fields, occurrenceField(c, s, o))
		}
	}
	last := c.Phrases.T("subscription.never_sent")
	if !s.SentAt.IsZero() {
		last = c.Phrases.T("subscription.last_sent", i18n.Args{"At": at(c, s.Settings.Zone, s.SentAt)})
	}
	m.Blocks = append(m.Blocks, bot.Paragraph{Text: last})
	if len(fields) > 0 {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.Phrases.T("subscription.missed")}, fields)
	}
	m.Actions = []bot.Action{
		numberAction(c, "subscription.action.preview", nameDigestPreview, s.Number),
		numberAction(c, "subscription.action.history", nameDigestHistory, s.Number),
	}
	return bot.Reply{Message: m, Again: &bot.Action{Command: nameDigestExplain, Args: numberAction(c, "", "", s.Number).Args}}, nil
}
