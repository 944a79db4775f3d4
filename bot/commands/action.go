package commands

import (
	"strconv"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func showAction(label string, ref content.Ref, item int) bot.Action {
	args := map[string]string{paramEntry: ref.String()}
	if item > 0 {
		args[paramItem] = strconv.Itoa(item)
	}
	return bot.Action{Label: label, Command: nameShow, Args: args}
}

func entryAction(c bot.Call, label i18n.Key, command string, ref content.Ref) bot.Action {
	return bot.Action{Label: c.Phrases.T(label), Command: command, Args: map[string]string{paramEntry: ref.String()}}
}

func briefingAction(c bot.Call, label i18n.Key, command, id string) bot.Action {
	return bot.Action{Label: c.Phrases.T(label), Command: command, Args: map[string]string{paramBriefing: id}}
}

// again is the action that shows the same once more: the command with one
// argument, or with none where value is empty.
func again(command, param, value string) *bot.Action {
	if value == "" {
		return &bot.Action{Command: command}
	}
	return &bot.Action{Command: command, Args: map[string]string{param: value}}
}

// entryItem is a line of a list that leads to an entry, or to one of its
// numbered points.
func entryItem(c bot.Call, f found, item int) bot.ListItem {
	title := c.In(f.entry.Title)
	if item > 0 && item <= len(f.entry.Items) {
		title = c.Phrases.T("label.item_of", i18n.Args{"Title": title, "Item": item, "Name": c.In(f.entry.Items[item-1].Title)})
	} else {
		item = 0
	}
	action := showAction(title, f.ref, item)
	return bot.ListItem{Title: title, URL: bot.EntryPath(f.ref), Action: &action}
}

// briefingItem is a line of a list that leads to a briefing.
func briefingItem(c bot.Call, b *content.Briefing) bot.ListItem {
	action := bot.Action{Label: c.In(b.Title), Command: nameBrief, Args: map[string]string{paramBriefing: b.ID}}
	return bot.ListItem{
		Title:  c.In(b.Title),
		Text:   c.Phrases.T("topics.published", i18n.Args{"Date": c.Phrases.Date(b.Published)}),
		URL:    bot.BriefingPath(b.ID),
		Action: &action,
	}
}
