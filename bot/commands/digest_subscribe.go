package commands

import (
	"context"
	"slices"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func (d digests) subscribeCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestSubscribe,
		Aliases: append([]string{"订阅", "訂閱"}, inGroup("订阅", "訂閱")...),
		Summary: "command.digest.subscribe",
		Params:  append([]bot.Param{timesParam(true)}, settingParams()...),
		Access:  bot.Managers,
		Run:     d.subscribe,
	}
}

// subscribe sets a digest up for the channel. What the call does not name is
// chosen, and shown.
func (d digests) subscribe(ctx context.Context, c bot.Call) (bot.Reply, error) {
	all, err := d.here(ctx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	in, ok := channel(c)
	if !ok {
		return noneHere(c), nil
	}
	zone, note := d.guessZone(ctx, c, all)
	s := digest.Subscription{Place: in, State: digest.Active, Creator: c.Place.User, Settings: digest.Settings{
		Zone: zone, Days: digest.EveryDay, Langs: []content.Lang{c.Lang}, Style: digest.Summary, Empty: digest.SkipEmpty,
	}}
	read, err := apply(c, &s.Settings)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.Args[paramZone] != "" {
		note = read
	}
	if i := slices.IndexFunc(all, func(known digest.Subscription) bool { return same(known.Settings, s.Settings) }); i >= 0 {
		return subscribed(c, all[i], "subscription.already", note)
	}
	if len(all) >= digest.MaxPerChannel {
		return bot.Reply{}, &bot.Error{Kind: bot.Invalid, Message: c.Phrases.T("subscription.too_many", i18n.Args{"Max": digest.MaxPerChannel})}
	}
	if err := plan(c, &s); err != nil {
		return bot.Reply{}, err
	}
	if s, err = d.subscriptions.Subscribe(ctx, s); err != nil {
		return bot.Reply{}, err
	}
	return subscribed(c, s, "subscription.set", note)
}

// subscribed shows a subscription after it was set up, changed or found.
func subscribed(c bot.Call, s digest.Subscription, lead i18n.Key, zoneNote string) (bot.Reply, error) {
	const shown = 3 // enough to see that days and zone are meant so
	m := bot.Message{
		Title: titleOf(c, s),
		Blocks: []bot.Block{
			bot.Paragraph{Text: c.Phrases.T(lead, i18n.Args{"Number": s.Number})},
			bot.Paragraph{Text: stateLine(c, s), Strong: true},
			settingsFields(c, s.Settings),
		},
		Actions: activeActions(c, s),
	}
	if zoneNote != "" {
		m.Notes = []string{zoneNote}
	}
	if s.State == digest.Active {
		list, err := upcoming(c, s.Settings, shown)
		if err != nil {
			return bot.Reply{}, err
		}
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.Phrases.T("subscription.upcoming")}, list)
	}
	return bot.Reply{Message: m, Private: true}, nil
}

// guessZone chooses a zone where none was named: the asker's, otherwise that
// of another digest of the channel or the workspace, otherwise the configured
// one. note says where it is from.
func (d digests) guessZone(ctx context.Context, c bot.Call, here []digest.Subscription) (zone, note string) {
	known := func(name string) bool { return slices.Contains(digest.Zones(), name) }
	if c.Asker != nil {
		if zone := c.Asker.Zone(ctx); known(zone) {
			return zone, c.Phrases.T("subscription.zone.asker")
		}
	}
	others := here
	if len(others) == 0 && c.Place.Workspace != "" {
		// Where they cannot be read, the zone is guessed without them.
		others, _ = d.subscriptions.InWorkspace(ctx, c.Place.Platform, c.Place.Workspace, 1)
	}
	if len(others) > 0 {
		return others[len(others)-1].Settings.Zone, c.Phrases.T("subscription.zone.others")
	}
	if known(d.zone) {
		return d.zone, c.Phrases.T("subscription.zone.configured")
	}
	return "UTC", c.Phrases.T("subscription.zone.none")
}
