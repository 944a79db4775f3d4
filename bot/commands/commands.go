package commands

import (
	"slices"

	"briefbot/bot"
	"briefbot/bot/digest"
)

// Options are what commands need beside content.
type Options struct {
	Subscriptions digest.Subscriptions // nil where there is no store to keep them
	Zone          string               // IANA name of the zone of digests where nothing tells the asker's; UTC where empty
}

// All returns every command in the order of help.
func All(o Options) []bot.Command {
	digests := digests{subscriptions: o.Subscriptions, zone: o.Zone}
	return slices.Concat([]bot.Command{
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
	}, digests.commands(), []bot.Command{
		languageCommand(),
		helpCommand(),
		aboutCommand(),
	})
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

	nameDigestSubscribe   = "digest subscribe"
	nameDigestList        = "digest list"
	nameDigestEdit        = "digest edit"
	nameDigestPause       = "digest pause"
	nameDigestResume      = "digest resume"
	nameDigestUnsubscribe = "digest unsubscribe"
	nameDigestPreview     = "digest preview"
	nameDigestExplain     = "digest explain"
	nameDigestNow         = "digest now"
	nameDigestHistory     = "digest history"
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
	paramNumber   = "number"
	paramTimes    = "times"
	paramDays     = "days"
	paramZone     = "zone"
	paramTopics   = "topics"
	paramStyle    = "style"
	paramEmpty    = "empty"
	paramRevisit  = "revisit"
	paramQuiet    = "quiet"
)
