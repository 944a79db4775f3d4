// Package rest is the client of Discord's REST API: one sender for all that
// the bot asks of Discord.
//
// It knows three limits. Buckets are learned from the headers of answers, and
// requests to one bucket go in the order in which they came, however many
// routes share it. The limit of the whole bot applies to everything but the
// answers to interactions. And what Discord would count as invalid is counted
// here first, so that its ban of the address is never reached.
// See https://docs.discord.com/developers/topics/rate-limits.
//
// A request is repeated only where a second one does no harm: where its
// method says so, where a nonce keeps Discord from posting twice, where
// Discord says that an interaction is already answered, or where it certainly
// never left. Otherwise the error is ErrUnknownOutcome.
//
// Errors are *bot.Error with *Error as cause. Neither they nor the log nor
// anything that can be printed holds a token.
package rest
