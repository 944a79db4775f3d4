// Package slack is the surface of Slack: mentions, threads, direct messages,
// the assistant's pane, a slash command, a shortcut, buttons, menus and the
// App Home, through Socket Mode or through signed HTTP requests. Both ways end
// in the same conversation; what is answered comes from the bot.Responder
// alone.
//
// Its packages: webapi sends, socket listens, slacktest is the Slack of the
// tests.
package slack
