// Package sqlstore keeps what outlives a process in a database: an SQLite
// file on one machine, PostgreSQL where several replicas share the work. Both
// run the same statements (statements.go) over the same schema (migrations);
// what differs stands in engine.go.
//
// A Store implements bot.Memory, bot.Seen, bot.Preferences, bot.Tallies and,
// for sealed tokens, bot.Installations; package vault seals them. Every error
// is a *bot.Error.
package sqlstore
