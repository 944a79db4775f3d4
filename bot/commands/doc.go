// Package commands holds every command of the bot, one file a command. What
// a command is called, takes and says in help stands in its registration;
// its words stand in the catalogues of bot/i18n.
package commands
