package commands

import (
	"context"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func topicsCommand() bot.Command {
	return bot.Command{
		Name:    nameTopics,
		Aliases: []string{"话题", "話題", "主题", "主題"},
		Summary: "command.topics",
		Params:  []bot.Param{{Name: paramTopic, Summary: "param.topic", Kind: bot.KindTopic, Complete: completeTopic}},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			return topicsReply(c, c.Args[paramTopic])
		},
	}
}

// maxListed bounds a list of headings: a message that is longer is no
// overview.
const maxListed = 40

// topicsReply lists the briefings, or the entries of the briefing or of the
// briefings with the tag that topic names.
func topicsReply(c bot.Call, topic string) (bot.Reply, error) {
	reply, err := topicsOf(c, topic)
	reply.Again = again(nameTopics, paramTopic, topic)
	return reply, err
}

func topicsOf(c bot.Call, topic string) (bot.Reply, error) {
	all := c.Shelf.Library.Briefings()
	switch {
	case len(all) == 0:
		return bot.Reply{}, c.NotFound("error.no_briefings", nil)
	case topic == "" && len(all) == 1:
		return headings(c, all), nil
	case topic == "":
		return briefingList(c, all), nil
	}
	if b := c.Shelf.Library.Briefing(topic); b != nil {
		return headings(c, []*content.Briefing{b}), nil
	}
	tagged := slices.DeleteFunc(slices.Clone(all), func(b *content.Briefing) bool { return !slices.Contains(b.Tags, topic) })
	if len(tagged) == 0 {
		return bot.Reply{}, c.NotFound("error.no_topic", i18n.Args{"Topic": bot.Excerpt(topic)})
	}
	return headings(c, tagged), nil
}

func briefingList(c bot.Call, briefings []*content.Briefing) bot.Reply {
	list := bot.List{}
	for _, b := range briefings[:min(len(briefings), maxListed)] {
		list.Items = append(list.Items, briefingItem(c, b))
	}
	m := bot.Message{
		Title:  c.Phrases.T("topics.title"),
		Blocks: []bot.Block{list},
		Notes:  []string{c.Phrases.T("topics.next")},
	}
	if tags := tagsOf(briefings); len(tags) > 0 {
		m.Blocks = append(m.Blocks, bot.Fields{{
			Name: c.Phrases.T("topics.tags"), Value: strings.Join(tags, c.Phrases.T("label.list_comma")),
		}})
	}
	return bot.Reply{Message: m}
}

// headings lists the entries of briefings under the title of each.
func headings(c bot.Call, briefings []*content.Briefing) bot.Reply {
	var m bot.Message
	room := maxListed
	if len(briefings) == 1 {
		m.Title, m.URL = c.In(briefings[0].Title), bot.BriefingPath(briefings[0].ID)
	} else {
		m.Title = c.Phrases.T("topics.title")
	}
	for _, b := range briefings {
		if room == 0 {
			break
		}
		if len(briefings) > 1 {
			m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.In(b.Title)})
		}
		shown := min(room, len(b.Entries))
		m.Blocks = append(m.Blocks, entryList(c, b, shown))
		room -= shown
		if rest := len(b.Entries) - shown; rest > 0 {
			m.Notes = append(m.Notes, c.Phrases.N("label.more", rest))
		}
	}
	m.Notes = append(m.Notes, c.Phrases.T("topics.ask"))
	b := briefings[0]
	m.Actions = []bot.Action{briefingAction(c, "action.brief", nameBrief, b.ID)}
	if len(datedEntries(b)) > 1 {
		m.Actions = append(m.Actions, briefingAction(c, "action.timeline", nameTimeline, b.ID))
	}
	return bot.Reply{Message: m}
}

// entryList lists the first n entries of a briefing.
func entryList(c bot.Call, b *content.Briefing, n int) bot.List {
	var list bot.List
	for i := range b.Entries[:n] {
		e := &b.Entries[i]
		f := found{ref: content.Ref{Briefing: b.ID, Entry: e.ID}, briefing: b, entry: e}
		list.Items = append(list.Items, entryItem(c, f, 0))
	}
	return list
}

func tagsOf(briefings []*content.Briefing) []string {
	var tags []string
	for _, b := range briefings {
		tags = append(tags, b.Tags...)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

func completeTopic(ctx context.Context, c bot.Call, typed string) []bot.Choice {
	choices := completeBriefing(ctx, c, typed)
	for _, tag := range tagsOf(c.Shelf.Library.Briefings()) {
		if len(choices) < maxChoices && contains(tag, typed) {
			choices = append(choices, bot.Choice{Label: tag, Value: tag})
		}
	}
	return choices
}
