package commands

import (
	"context"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

func helpCommand() bot.Command {
	return bot.Command{
		Name:    nameHelp,
		Aliases: []string{"帮助", "幫助", "说明", "說明"},
		Summary: "command.help",
		Params:  []bot.Param{{Name: paramCommand, Summary: "param.command", Kind: bot.KindCommand, Rest: true, Complete: completeCommand}},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			name := strings.TrimPrefix(c.Args[paramCommand], "/")
			if name == "" {
				return helpReply(c), nil
			}
			if group := c.Router.Group(name); len(group) > 0 {
				return groupHelp(c, name, group), nil
			}
			command, ok := c.Router.Command(name)
			if !ok {
				return bot.Reply{}, c.NotFound(bot.PhraseErrorUnknownCommand, i18n.Args{"Command": bot.Excerpt(c.Args[paramCommand])})
			}
			return commandHelp(c, command), nil
		},
	}
}

// prefixGroup stands before the name of a group of commands in the key of
// what they are for.
const prefixGroup = "group."

// helpReply lists what the bot can do, made from the registry: of a group its
// words on one line.
func helpReply(c bot.Call) bot.Reply {
	var list bot.List
	var words []string // of the group at the end of the list
	for _, command := range c.Router.Commands() {
		group, _ := command.Group()
		name, word, _ := strings.Cut(c.NameOf(command), " ")
		switch {
		case command.Hidden:
		case group == "":
			words = nil
			list.Items = append(list.Items, bot.ListItem{Title: usage(c, command), Text: c.Phrases.T(command.Summary)})
		case len(words) == 0:
			words = []string{word}
			list.Items = append(list.Items, bot.ListItem{Title: name + " " + word, Text: c.Phrases.T(prefixGroup + i18n.Key(group))})
		default:
			words = append(words, word)
			list.Items[len(list.Items)-1].Title = name + " " + strings.Join(words, "|")
		}
	}
	return bot.Reply{Again: again(nameHelp, "", ""), Message: bot.Message{
		Title:  c.Phrases.T("help.title"),
		Blocks: []bot.Block{bot.Paragraph{Text: c.Phrases.T("help.intro")}, list},
		Notes:  []string{c.Phrases.T("help.next")},
		Actions: []bot.Action{
			{Label: c.Phrases.T("action.topics"), Command: nameTopics},
			{Label: c.Phrases.T("action.about"), Command: nameAbout},
		},
	}}
}

// groupHelp lists the commands of a group.
func groupHelp(c bot.Call, name string, commands []bot.Command) bot.Reply {
	group, _ := commands[0].Group()
	title, _, _ := strings.Cut(c.NameOf(commands[0]), " ")
	var list bot.List
	for _, command := range commands {
		if !command.Hidden {
			list.Items = append(list.Items, bot.ListItem{Title: usage(c, command), Text: c.Phrases.T(command.Summary)})
		}
	}
	return bot.Reply{Again: again(nameHelp, paramCommand, name), Message: bot.Message{
		Title:  title,
		Blocks: []bot.Block{bot.Paragraph{Text: c.Phrases.T(prefixGroup + i18n.Key(group))}, list},
		Notes:  []string{c.Phrases.T("help.next")},
	}}
}

func commandHelp(c bot.Call, command bot.Command) bot.Reply {
	m := bot.Message{
		Title:  usage(c, command),
		Blocks: []bot.Block{bot.Paragraph{Text: c.Phrases.T(command.Summary)}},
	}
	var fields bot.Fields
	for _, p := range command.Params {
		summary := c.Phrases.T(p.Summary)
		if !p.Required {
			summary = c.Phrases.T("help.optional", i18n.Args{"Summary": summary})
		}
		fields = append(fields, bot.Field{Name: c.NameOfParam(p.Name), Value: summary})
	}
	if len(fields) > 0 {
		m.Blocks = append(m.Blocks, fields)
	}
	if len(command.Aliases) > 0 {
		m.Notes = append(m.Notes, c.Phrases.T("help.aliases", i18n.Args{
			"Names": strings.Join(command.Aliases, c.Phrases.T("label.list_comma")),
		}))
	}
	return bot.Reply{Message: m, Again: again(nameHelp, paramCommand, command.Name)}
}

// usage writes how a command is typed: optional parameters in brackets.
func usage(c bot.Call, command bot.Command) string {
	words := []string{c.NameOf(command)}
	for _, p := range command.Params {
		name := "<" + c.NameOfParam(p.Name) + ">"
		if !p.Required {
			name = "[" + c.NameOfParam(p.Name) + "]"
		}
		words = append(words, name)
	}
	return strings.Join(words, " ")
}

func completeCommand(_ context.Context, c bot.Call, typed string) []bot.Choice {
	var choices []bot.Choice
	for _, command := range c.Router.Commands() {
		known := contains(command.Name, typed) ||
			slices.ContainsFunc(command.Aliases, func(alias string) bool { return contains(alias, typed) })
		if !command.Hidden && known && len(choices) < maxChoices {
			choices = append(choices, bot.Choice{Label: command.Name, Value: command.Name})
		}
	}
	return choices
}
