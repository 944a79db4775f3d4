package gateway

import (
	"fmt"

	"briefbot/bot"
)

// Codes with which Discord closes a connection.
// https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
const (
	codeTokenRefused      = 4004
	codeInvalidSequence   = 4007
	codeSessionTimedOut   = 4009
	codeInvalidShard      = 4010
	codeShardingRequired  = 4011
	codeInvalidVersion    = 4012
	codeInvalidIntents    = 4013
	codeDisallowedIntents = 4014
)

// fatal returns the error for a code after which Discord wants no other try,
// nil for others.
func fatal(code int) error {
	kind, message := bot.Invalid, ""
	switch code {
	case codeTokenRefused:
		kind, message = bot.Denied, "Discord refuses the token of the bot; set discord.token to the one on the Bot page of the Developer Portal."
	case codeInvalidShard:
		message = "Discord does not accept the shard; let discord.shards be auto, or the same number in every process of the bot."
	case codeShardingRequired:
		message = "The bot is in more servers than its shards may serve; let discord.shards be auto, or a larger number."
	case codeInvalidVersion:
		message = "Discord no longer speaks this version of its gateway; update Briefbot."
	case codeInvalidIntents:
		message = "Discord does not know the intents that the bot asks for; update Briefbot."
	case codeDisallowedIntents:
		kind, message = bot.Denied, "Discord does not allow the bot to read messages; switch on Message Content Intent on the Bot page of the Developer Portal, or unset discord.message_content."
	default:
		return nil
	}
	return &bot.Error{Kind: kind, Message: message, Err: fmt.Errorf("gateway closed with code %d", code)}
}
