package commands

import (
	"context"

	"briefbot/bot"
	"briefbot/bot/digest"
)

func (d digests) resumeCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestResume,
		Aliases: inGroup("恢复", "恢復"),
		Summary: "command.digest.resume",
		Params:  []bot.Param{d.numberParam()},
		Access:  bot.Managers,
		Run:     d.resume,
	}
}

// resume lets a subscription that was paused or has stopped go on with the
// next instant. What is new since its last digest comes with that one.
func (d digests) resume(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestResume)
	if err != nil || other != nil {
		return orOther(other), err
	}
	if s.State == digest.Active {
		return subscribed(c, s, "subscription.active", "")
	}
	s, err = d.change(ctx, c, s, func(s *digest.Subscription) error {
		s.State, s.Reason = digest.Active, ""
		return plan(c, s)
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return subscribed(c, s, "subscription.resumed", "")
}
