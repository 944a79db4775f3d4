package discord

import "briefbot/adapters/fit"

// What Discord takes, by its documentation.
const (
	// https://discord.com/developers/docs/components/reference
	maxText       = 4000 // characters of all text displays of a message
	maxComponents = 40   // of a message, those within others included
	maxRowButtons = 5    // in an action row
	maxOptions    = 25   // of a select menu
	maxLabel      = 80   // characters of a button's label
	maxOption     = 100  // characters of an option's label, value or description, and of a placeholder (150)
	maxCustomID   = 100  // characters

	// https://discord.com/developers/docs/interactions/application-commands
	maxChoices     = 25  // of an autocomplete answer
	maxChoice      = 100 // characters of a choice's name and of its value
	maxOptionName  = 32  // characters of the name of a command or an option
	maxDescription = 100 // characters of the description of a command or an option
)

// count counts as the stricter of Discord's two ends does: its clients count
// UTF-16 code units, its API code points, of which there are never more.
func count(s string) int { return fit.UTF16(s) }
