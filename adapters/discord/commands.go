package discord

import (
	"context"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Phrases that only the application commands need. The names of commands and
// parameters stand below a prefix each.
const (
	phraseAskAbout    i18n.Key = "discord.ask_about"
	phrasePrivate     i18n.Key = "discord.private"
	phrasePrivateName i18n.Key = "discord.private_name"

	prefixCommandName  = "name."       // with the command's name, dots for spaces, or that of a group
	prefixParamName    = "name.param." // with the parameter's name
	prefixGroupSummary = "group."      // with the group's name
)

// ApplicationCommand is a command as Discord registers it. It stands for the
// library's type because that writes empty keys which Discord's description
// does not allow, such as the channel types of a text option.
// https://discord.com/developers/docs/interactions/application-commands
type ApplicationCommand struct {
	Type             int                 `json:"type"`
	Name             string              `json:"name"`
	Names            map[string]string   `json:"name_localizations,omitempty"`
	Description      string              `json:"description,omitempty"`
	Descriptions     map[string]string   `json:"description_localizations,omitempty"`
	Options          []ApplicationOption `json:"options,omitempty"`
	Contexts         []int               `json:"contexts,omitempty"`          // of commands that are known everywhere
	IntegrationTypes []int               `json:"integration_types,omitempty"` // likewise
}

// ApplicationOption is a parameter of an ApplicationCommand.
type ApplicationOption struct {
	Type         int                 `json:"type"`
	Name         string              `json:"name"`
	Names        map[string]string   `json:"name_localizations,omitempty"`
	Description  string              `json:"description"`
	Descriptions map[string]string   `json:"description_localizations,omitempty"`
	Required     bool                `json:"required,omitempty"`
	Autocomplete bool                `json:"autocomplete,omitempty"`
	Choices      []ApplicationChoice `json:"choices,omitempty"`
	MinValue     *int                `json:"min_value,omitempty"`  // of a number
	MaxLength    int                 `json:"max_length,omitempty"` // characters of a text
	Options      []ApplicationOption `json:"options,omitempty"`    // of a subcommand
}

// ApplicationChoice is one of the values that an ApplicationOption can have.
type ApplicationChoice struct {
	Name  string            `json:"name"`
	Names map[string]string `json:"name_localizations,omitempty"`
	Value string            `json:"value"`
}

// The types of options.
const (
	optionSub     = 1 // a subcommand, with options of its own
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
)

// Where a command can be used, and by whom the bot is installed for it.
const (
	contextServer  = 0
	contextBotDM   = 1 // with the bot itself
	contextPrivate = 2 // between people, for whoever has installed the bot for themselves

	installedInServer = 0
	installedByUser   = 1
)

// locales are those of Discord's that the commands are written in beside
// English, which holds for all others.
// https://discord.com/developers/docs/reference#locales
func locales() map[string]content.Lang {
	return map[string]content.Lang{"zh-CN": content.Hans, "zh-TW": content.Hant}
}

// Commands returns the application commands that the registry makes: a slash
// command for each that is not hidden, one with subcommands for those of a
// group, and one in the menu of a message.
// Those of a single server have no contexts; Discord refuses them there.
func Commands(router *bot.Router, everywhere bool) []ApplicationCommand {
	var list []ApplicationCommand
	for _, c := range router.Commands() {
		group, _ := c.Group()
		i := slices.IndexFunc(list, func(known ApplicationCommand) bool { return known.Name == group })
		switch {
		case c.Hidden:
		case group == "":
			list = append(list, slashCommand(router, c))
		case i < 0:
			list = append(list, groupCommand(router, group, c))
		default:
			list[i].Options = append(list[i].Options, subcommand(router, c))
		}
	}
	asked := ApplicationCommand{Type: commandMessage}
	asked.Name, asked.Names = localised(router, phraseAskAbout)
	list = append(list, asked)
	if everywhere {
		for i := range list {
			list[i].Contexts = []int{contextServer, contextBotDM, contextPrivate}
			list[i].IntegrationTypes = []int{installedInServer, installedByUser}
		}
	}
	return list
}

func slashCommand(router *bot.Router, c bot.Command) ApplicationCommand {
	command := ApplicationCommand{Type: commandChat, Name: c.Name, Options: optionsOf(router, c)}
	command.Names = names(router, c.Name)
	command.Description, command.Descriptions = localised(router, c.Summary)
	return command
}

// groupCommand makes the command of a group with its first subcommand.
func groupCommand(router *bot.Router, group string, first bot.Command) ApplicationCommand {
	command := ApplicationCommand{Type: commandChat, Name: group, Names: names(router, group)}
	command.Description, command.Descriptions = localised(router, i18n.Key(prefixGroupSummary+group))
	command.Options = []ApplicationOption{subcommand(router, first)}
	return command
}

func subcommand(router *bot.Router, c bot.Command) ApplicationOption {
	_, word := c.Group()
	o := ApplicationOption{Type: optionSub, Name: word, Names: names(router, c.Name), Options: optionsOf(router, c)}
	o.Description, o.Descriptions = localised(router, c.Summary)
	return o
}

// names returns what a command or a group is called in other languages.
func names(router *bot.Router, name string) map[string]string {
	_, others := localised(router, i18n.Key(prefixCommandName+strings.ReplaceAll(name, " ", ".")))
	return others
}

// optionsOf makes the options of a command: its parameters, and whether only
// its user sees the answer.
func optionsOf(router *bot.Router, c bot.Command) []ApplicationOption {
	var options []ApplicationOption
	for _, p := range c.Params {
		options = append(options, optionOf(router, c, p))
	}
	private := ApplicationOption{Type: optionBoolean, Name: optionPrivate}
	_, private.Names = localised(router, phrasePrivateName)
	private.Description, private.Descriptions = localised(router, phrasePrivate)
	options = append(options, private)
	// Discord wants what is required first; otherwise the order is that of
	// the grammar.
	slices.SortStableFunc(options, func(a, b ApplicationOption) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return options
}

// optionOf makes an option of a parameter. What it may hold is bounded here
// as the router bounds it, so that Discord tells people while they type.
func optionOf(router *bot.Router, c bot.Command, p bot.Param) ApplicationOption {
	o := ApplicationOption{Type: optionString, Name: p.Name, Required: p.Required}
	_, o.Names = localised(router, i18n.Key(prefixParamName+p.Name))
	o.Description, o.Descriptions = localised(router, p.Summary)
	switch p.Kind {
	case bot.KindNumber:
		least := 1
		o.Type, o.MinValue = optionInteger, &least
	case bot.KindLang, bot.KindLangs, bot.KindChoice:
		o.Choices = choicesOf(router, c, p)
	case bot.KindText, bot.KindQuestion, bot.KindBriefing, bot.KindTopic, bot.KindEntry, bot.KindCommand,
		bot.KindTopics, bot.KindTimes, bot.KindDays, bot.KindZone, bot.KindDates:
		o.MaxLength, o.Autocomplete = bot.MaxText, p.Complete != nil
	}
	return o
}

// choicesOf returns all that a parameter proposes before anything is typed.
func choicesOf(router *bot.Router, c bot.Command, p bot.Param) []ApplicationChoice {
	proposed := func(lang content.Lang) []bot.Choice {
		return router.Complete(context.Background(), bot.Request{Command: c.Name, Lang: lang}, p.Name, "")
	}
	var list []ApplicationChoice
	for _, choice := range proposed(content.English) {
		list = append(list, ApplicationChoice{Name: choice.Label, Value: choice.Value})
	}
	for locale, lang := range locales() {
		for _, choice := range proposed(lang) {
			i := slices.IndexFunc(list, func(known ApplicationChoice) bool { return known.Value == choice.Value })
			if i >= 0 && choice.Label != list[i].Name {
				list[i].Names = put(list[i].Names, locale, choice.Label)
			}
		}
	}
	return list
}

// localised returns a phrase in English and, by locale, in the languages in
// which it reads otherwise.
func localised(router *bot.Router, key i18n.Key) (english string, others map[string]string) {
	english = router.Phrases(content.English).T(key)
	for locale, lang := range locales() {
		if text := router.Phrases(lang).T(key); text != english {
			others = put(others, locale, text)
		}
	}
	return english, others
}

func put(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}
