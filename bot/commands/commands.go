package commands

import "briefbot/bot"

// All returns every command in the order of help.
func All() []bot.Command {
	return []bot.Command{
		askCommand(),
		topicsCommand(),
		briefCommand(),
		showCommand(),
		moreCommand(),
		timelineCommand(),
		sourcesCommand(),
		relatedCommand(),
		searchCommand(),
		explainCommand(),
		languageCommand(),
		helpCommand(),
		aboutCommand(),
	}
}

// The names under which actions reach commands.
const (
	nameAsk      = "ask"
	nameTopics   = "topics"
	nameBrief    = "brief"
	nameShow     = "show"
	nameMore     = "more"
	nameTimeline = "timeline"
	nameSources  = "sources"
	nameRelated  = "related"
	nameSearch   = "search"
	nameExplain  = "explain"
	nameLanguage = "language"
	nameHelp     = "help"
	nameAbout    = "about"
)

// The names of parameters.
const (
	paramQuestion = "question"
	paramLang     = "lang"
	paramBriefing = "briefing"
	paramTopic    = "topic"
	paramEntry    = "entry"
	paramItem     = "item"
	paramWords    = "words"
	paramCommand  = "command"
)
