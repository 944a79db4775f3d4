// Package discord is the surface of Discord: application commands, buttons,
// menus, mentions and threads, through the gateway or through signed HTTP
// requests. Both ways end in the same conversation; what is answered comes
// from the bot.Responder alone.
//
// Its packages: rest sends, gateway listens, discordtest is the Discord of
// the tests.
package discord
