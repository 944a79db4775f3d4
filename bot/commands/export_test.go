package commands

import (
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// Compose lets tests compose replies of answers that they make by hand.
func Compose(c bot.Call, answer search.Answer) (bot.Reply, error) { return compose(c, answer) }

// StateOf lets tests see where a span stands.
func StateOf(span content.Span, asOf content.Date, asked time.Time) i18n.Key {
	return stateOf(span, asOf, asked)
}
