package bottest_test

import (
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
)

// The plainest surface: the router itself.
func TestSurface(t *testing.T) {
	router := bottest.Router(t)
	bottest.Surface(t, router, nil, func(t *testing.T, use bottest.Use) string {
		reply := router.Respond(t.Context(), bot.Request{Command: use.Command, Args: use.Args, Lang: use.Lang})
		return bot.PlainText(reply.Message, router.Phrases(reply.Lang))
	})
}
