// Package discordtest is a fake of Discord for tests: a real HTTP and
// WebSocket server on the local machine that is stricter than Discord and
// never kinder. Every request body is held against Discord's own description
// of its API and against the rules that the description leaves out; what
// breaks a rule is refused as Discord would refuse it and noted as a
// violation, which fails the test.
//
// Users of the fake use a bot as people do: they type commands, accept
// completions, press buttons and talk. The same conversation runs over the
// gateway and over signed HTTP interactions.
//
// A conversation reads
//
//	s := discordtest.New(t, discordtest.Options{})
//	channel := s.AddGuild("Guild").AddChannel("general")
//	ann := s.AddUser("Ann", "zh-CN").In(channel)
//	// … start the bot with s.URL() and s.Token(), wait for s.Ready …
//	shown := ann.Slash("ask", map[string]any{"question": "四点建议"})
//	sources := shown.Click("Sources")
//
// and ends the test where a user could not do that.
//
// New is for tests, Start for a program that runs the fake as a process of
// its own.
package discordtest
