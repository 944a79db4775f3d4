package commands

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func (d digests) previewCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestPreview,
		Aliases: inGroup("预览", "預覽"),
		Summary: "command.digest.preview",
		Params:  []bot.Param{d.numberParam(), topicsParam(), langsParam(), styleParam()},
		Run:     d.preview,
	}
}

// preview shows its asker what a digest looks like, with the latest entries
// for news: that of a subscription, or one that nobody has subscribed to.
func (d digests) preview(ctx context.Context, c bot.Call) (bot.Reply, error) {
	s, other, err := d.previewed(ctx, c)
	if err != nil || other != nil {
		return orOther(other), err
	}
	if _, err := apply(c, &s.Settings); err != nil {
		return bot.Reply{}, err
	}
	zone, err := time.LoadLocation(s.Settings.Zone)
	if err != nil {
		zone = time.UTC // its instants are of no matter here
	}
	const latest = 5
	library := chosenFrom(c.Shelf.Library, s.Settings.Topics)
	composed := digest.Compose(digest.Input{
		Library: library, Known: digest.PreviewKnown(library, latest), Subscription: s,
		At: c.AskedAt, Zone: zone, Phrases: c.Router.Catalogue(),
	})
	first := composed.Parts[0]
	reply := bot.Reply{Message: first.Message, Lang: first.Lang, Private: true, Again: previewAction(s, c.Args)}
	m := &reply.Message
	for _, part := range composed.Parts[1:] {
		m.Blocks = append(m.Blocks, bot.Divider{}, bot.Paragraph{Text: part.Message.Title})
		m.Blocks = append(m.Blocks, part.Message.Blocks...)
		m.Notes = append(m.Notes, part.Message.Notes...)
	}
	m.Notes = append(m.Notes, c.Speaking(first.Lang).Phrases.T("subscription.preview_note"))
	return reply, nil
}

// chosenFrom returns the briefings of topics, all of them where there are none.
func chosenFrom(library *content.Library, topics []string) *content.Library {
	if len(topics) == 0 {
		return library
	}
	var chosen []*content.Briefing
	for _, b := range library.Briefings() {
		if slices.ContainsFunc(topics, func(topic string) bool { return about(topic)(b) }) {
			chosen = append(chosen, b)
		}
	}
	return content.NewLibrary(chosen)
}

// previewed is the subscription to preview: the one with the number, the
// channel's only one where nothing is chosen, or one that there is not.
func (d digests) previewed(ctx context.Context, c bot.Call) (digest.Subscription, *bot.Reply, error) {
	if c.Args[paramNumber] != "" {
		return d.chosen(ctx, c, nameDigestPreview)
	}
	if d.subscriptions != nil && len(c.Args) == 0 {
		if all, err := d.here(ctx, c); err != nil || len(all) > 0 {
			if err != nil {
				return digest.Subscription{}, nil, err
			}
			return d.chosen(ctx, c, nameDigestPreview)
		}
	}
	return digest.Subscription{State: digest.Active, Settings: digest.Settings{
		Times: []digest.Clock{0}, Zone: "UTC", Days: digest.EveryDay,
		Langs: []content.Lang{c.Lang}, Style: digest.Summary, Empty: digest.SayEmpty,
	}}, nil, nil
}

// previewAction shows the same preview once more.
func previewAction(s digest.Subscription, args map[string]string) *bot.Action {
	action := &bot.Action{Command: nameDigestPreview, Args: maps.Clone(args)}
	if s.Number > 0 {
		action.Args[paramNumber] = strconv.Itoa(s.Number)
	} else {
		action.Args[paramLang] = joined(s.Settings.Langs, func(lang langName) string { return string(lang) })
	}
	return action
}

// Meant returns what a number means below a digest: the entry that the digest
// shows under it; an error says which numbers there are. It is for bot.Options.
func Meant(subscriptions digest.Subscriptions) func(context.Context, bot.Call) (bot.Action, bool, error) {
	return func(ctx context.Context, c bot.Call) (bot.Action, bool, error) {
		n, ok := digest.ReadNumber(c.Text)
		if !ok || subscriptions == nil {
			return bot.Action{}, false, nil
		}
		for _, under := range c.Under {
			in := bot.Place{Platform: c.Place.Platform, Workspace: c.Place.Workspace, Channel: under.Channel}
			told, err := subscriptions.Posted(ctx, in, under.Post)
			if err != nil {
				return bot.Action{}, false, nil //nolint:nilerr // then it means what it means everywhere
			}
			last := 0
			for _, carried := range told {
				if carried.Number == n {
					return showAction("", carried.Ref, 0), true, nil
				}
				last = max(last, carried.Number)
			}
			if last > 0 {
				return bot.Action{}, false, c.NotFound("digest.error.no_number", i18n.Args{"Number": n, "Last": last})
			}
		}
		return bot.Action{}, false, nil
	}
}
