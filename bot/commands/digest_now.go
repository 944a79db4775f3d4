package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/digest"
)

func (d digests) nowCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestNow,
		Aliases: inGroup("立即"),
		Summary: "command.digest.now",
		Params:  []bot.Param{d.numberParam()},
		Access:  bot.Managers,
		Run:     d.now,
	}
}

// now sends a digest out of turn. Of one subscription only one is under way at
// a time.
func (d digests) now(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestNow)
	if err != nil || other != nil {
		return orOther(other), err
	}
	if s.State != digest.Active {
		return bot.Reply{Private: true, Message: bot.Message{
			Title:   titleOf(c, s),
			Blocks:  []bot.Block{bot.Paragraph{Text: stateLine(c, s), Strong: true}},
			Actions: []bot.Action{numberAction(c, "subscription.action.resume", nameDigestResume, s.Number)},
		}}, nil
	}
	if _, err := d.subscriptions.SendNow(ctx, s.ID); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Private: true, Message: bot.Message{
		Title:   titleOf(c, s),
		Blocks:  []bot.Block{bot.Paragraph{Text: c.Phrases.T("subscription.now"), Strong: true}},
		Actions: []bot.Action{numberAction(c, "subscription.action.history", nameDigestHistory, s.Number)},
	}}, nil
}
