package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/digest"
)

func (d digests) pauseCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestPause,
		Aliases: inGroup("暂停", "暫停"),
		Summary: "command.digest.pause",
		Params:  []bot.Param{d.numberParam()},
		Access:  bot.Managers,
		Run:     d.pause,
	}
}

func (d digests) pause(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestPause)
	if err != nil || other != nil {
		return orOther(other), err
	}
	s, err = d.change(ctx, c, s, func(s *digest.Subscription) error {
		s.State, s.Reason, s.Next = digest.Paused, "", digest.Slot{}
		return nil
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Private: true, Message: bot.Message{
		Title:   titleOf(c, s),
		Blocks:  []bot.Block{bot.Paragraph{Text: stateLine(c, s), Strong: true}},
		Actions: []bot.Action{numberAction(c, "subscription.action.resume", nameDigestResume, s.Number)},
	}}, nil
}
