package bot_test

import (
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
)

func TestLocalMemory(t *testing.T) {
	bottest.Memory(t, bottest.MemoryCase{
		Open:          func(*testing.T) bot.Memory { return bot.NewLocalMemory() },
		Conversations: 10_000, // as NewLocalMemory keeps
		Long:          true,
	})
}
