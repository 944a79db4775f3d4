package commands

import (
	"context"
	"strconv"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
)

func (d digests) listCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestList,
		Aliases: append([]string{"digest", "推送"}, inGroup("列表")...),
		Summary: "command.digest.list",
		Run:     d.list,
	}
}

func (d digests) list(ctx context.Context, c bot.Call) (bot.Reply, error) {
	all, err := d.here(ctx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return noneHere(c), nil
	}
	var list bot.List
	m := bot.Message{Title: c.Phrases.T("subscription.list")}
	for _, s := range all {
		action := bot.Action{
			Label: c.Phrases.T("subscription.named", i18n.Args{"Number": s.Number}), Command: nameDigestExplain,
			Args: map[string]string{paramNumber: strconv.Itoa(s.Number)},
		}
		list.Items = append(list.Items, bot.ListItem{
			Title: titleOf(c, s), Text: whatOf(c, s.Settings) + " · " + stateLine(c, s), Action: &action,
		})
		if s.State != digest.Active {
			m.Actions = append(m.Actions, bot.Action{
				Label:   c.Phrases.T("subscription.action.resume_number", i18n.Args{"Number": s.Number}),
				Command: nameDigestResume, Args: numberAction(c, "", "", s.Number).Args,
			})
		}
	}
	m.Blocks = []bot.Block{list}
	m.Notes = []string{c.Phrases.T("subscription.list_next")}
	return bot.Reply{Message: m, Again: again(nameDigestList, "", "")}, nil
}
