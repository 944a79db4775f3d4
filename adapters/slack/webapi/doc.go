// Package webapi is the client of Slack's Web API: one sender for all that the
// bot asks of Slack, in however many workspaces.
//
// It keeps Slack's limits before Slack has to: one message a second in a
// channel, the messages of a workspace, and the tier of every other method.
// Where Slack answers 429 nothing of the kind is sent until the time that it
// names. See https://docs.slack.dev/apis/web-api/rate-limits.
//
// A call is repeated only where a second one does no harm: where the method
// only looks or sets what it sets, or where the first certainly never left.
// Slack knows no key that would keep a message from being posted twice. After
// an outcome that is not known, PostMessage therefore looks for the message's
// metadata in the history of its place, and its result says what is known.
//
// Errors are *bot.Error with *Error as cause. Neither they nor the log nor
// anything that can be printed holds a token.
package webapi
