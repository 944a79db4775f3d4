package slack

import "briefbot/adapters/fit"

// What Slack takes, by its documentation.
const (
	// https://docs.slack.dev/reference/block-kit/blocks
	maxBlocks   = 50   // of a message
	maxHeader   = 150  // characters of a header
	maxSection  = 3000 // characters of the text of a section, and of a text of a context
	maxElements = 25   // of an actions block

	// https://docs.slack.dev/reference/block-kit/block-elements
	maxLabel       = 75   // characters of a button's label and of an option's label or description
	maxValue       = 2000 // characters of a button's value
	maxActionID    = 255
	maxOptions     = 100 // of a menu
	maxOptionValue = 150 // characters of an option's value
	maxPlaceholder = 150

	// maxMessage is our budget for all texts of a message. Slack names no
	// number and refuses messages of about 12,000 characters as
	// msg_blocks_too_long.
	maxMessage = 9000

	// maxFallback bounds the text that notifications and screen readers use:
	// from 4,000 characters on Slack cuts it.
	// https://docs.slack.dev/changelog/2018-truncating-really-long-messages
	maxFallback = 3000

	// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
	maxResponses = 5 // to one interaction

	maxHomeBlocks = 100 // https://docs.slack.dev/surfaces/app-home
	maxPrompts    = 4   // https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
)

// count counts by the stricter of two readings of Slack's limits: UTF-16 code
// units, of which no text has fewer than code points.
func count(s string) int { return fit.UTF16(s) }
