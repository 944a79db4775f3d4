package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

func (d digests) unsubscribeCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestUnsubscribe,
		Aliases: append([]string{"退订", "退訂"}, inGroup("退订", "退訂")...),
		Summary: "command.digest.unsubscribe",
		Params:  []bot.Param{d.numberParam()},
		Access:  bot.Managers,
		Run:     d.unsubscribe,
	}
}

// unsubscribe ends a digest, and shows how to have it back.
func (d digests) unsubscribe(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestUnsubscribe)
	if err != nil || other != nil {
		return orOther(other), err
	}
	was, err := d.subscriptions.Unsubscribe(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if !was {
		return bot.Reply{}, c.NotFound("subscription.gone", i18n.Args{"Number": s.Number})
	}
	subscribing, back := d.subscribeCommand(), subscribeAction(c, s.Settings)
	m := bot.Message{
		Title: titleOf(c, s),
		Blocks: []bot.Block{
			bot.Paragraph{Text: c.Phrases.T("subscription.ended"), Strong: true},
			bot.Paragraph{Text: c.Phrases.T("subscription.back", i18n.Args{"Line": typedLine(subscribing, back)})},
		},
	}
	if fitsButton(subscribing, back) {
		m.Actions = []bot.Action{back}
	}
	return bot.Reply{Message: m, Private: true}, nil
}
