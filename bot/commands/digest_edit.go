package commands

import (
	"context"
	"maps"
	"reflect"

	"briefbot/bot"
	"briefbot/bot/digest"
)

func (d digests) editCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestEdit,
		Aliases: inGroup("修改"),
		Summary: "command.digest.edit",
		Params:  append([]bot.Param{d.numberParam(), timesParam(false)}, settingParams()...),
		Access:  bot.Managers,
		Run:     d.edit,
	}
}

// edit changes what the call names and leaves the rest.
func (d digests) edit(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.chosen(ctx, c, nameDigestEdit)
	if err != nil || other != nil {
		return orOther(other), err
	}
	named := maps.Clone(c.Args)
	maps.DeleteFunc(named, func(param, value string) bool { return param == paramNumber || value == "" })
	if len(named) == 0 {
		return bot.Reply{}, &bot.Error{Kind: bot.Invalid, Message: c.Phrases.T("subscription.nothing_named")}
	}
	var note string
	s, err = d.change(ctx, c, s, func(s *digest.Subscription) (err error) {
		before := s.Settings
		if note, err = apply(c, &s.Settings); err != nil {
			return err
		}
		if s.State == digest.Active && !sameInstants(before, s.Settings) {
			return plan(c, s)
		}
		return nil
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return subscribed(c, s, "subscription.changed", note)
}

// sameInstants reports whether two settings have the same slots: then one that
// is due just now stays due.
func sameInstants(a, b digest.Settings) bool {
	return a.Zone == b.Zone && a.Days == b.Days && reflect.DeepEqual(a.Times, b.Times) && reflect.DeepEqual(a.Quiet, b.Quiet)
}

func orOther(other *bot.Reply) bot.Reply {
	if other == nil {
		return bot.Reply{}
	}
	return *other
}
