package vault

import (
	"errors"

	"briefbot/bot"
)

// sealing wraps what Tink says; that is never more than that it failed.
func sealing(err error) error {
	return &bot.Error{
		Kind: bot.Unavailable, Err: err,
		Message: "The bot's access to this workspace cannot be read. Whoever runs it has to give it the keys that it was sealed with, or to install it anew.",
	}
}

func isNotFound(err error) bool {
	e, ok := errors.AsType[*bot.Error](err)
	return ok && e.Kind == bot.NotFound
}
