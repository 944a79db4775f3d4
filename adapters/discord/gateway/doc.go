// Package gateway holds the bot's connections to Discord's gateway and hands
// on what happens there, as raw events.
//
// The sessions are discordgo's: it dials, identifies, beats and resumes. What
// it does not do well is done around it.
//
//   - Who reconnects. This package, by opening the same discordgo session again,
//     which resumes it. discordgo's own loop (off, ShouldReconnectOnError) waits
//     up to ten minutes, can't be stopped and identifies without regard to the
//     limits.
//   - What is watched. Every connection is a net.Conn of ours, which reads the
//     few messages that are about the connection itself as they pass: hello,
//     acknowledgements, invalid session, the code of a close. A session whose
//     acknowledgements stay away for two intervals is cut off from outside,
//     without the lock of discordgo's session, and resumed. A session that
//     discordgo does not let go of after that is left behind and replaced; its
//     goroutine, which waits for a lock that it holds itself, stays until the
//     process ends, is logged and counted (Stuck).
//   - The known hang. discordgo's Open waits for itself where Discord asks for a
//     reconnect before the session is up. That message never reaches it: the
//     connection ends instead, and the session is resumed.
//   - Invalid sessions. discordgo identifies at once. Here the connection ends,
//     one to five seconds pass, and the session is resumed or begun anew within
//     the limits of identifying.
//   - Events that discordgo can't take. A message that is no object ends the
//     connection instead of the process. That a guild in an event has an id is
//     taken on trust: discordgo would panic without, and the connection is TLS
//     with Discord.
//   - Where to resume. At resume_gateway_url, which discordgo does not use.
//   - REST. discordgo sends none: its client answers GET /gateway from the plan
//     and refuses everything else.
//
// Behind a proxy (HTTPS_PROXY) TLS hides the messages. Then a connection is
// dead when nothing at all came for Bounds.Silence, discordgo answers an
// invalid session by itself, and the hang ends by replacing the session.
//
// Events are handed on as they came (Event.Data), because discordgo fails the
// whole of a typed event where it does not know a component. They are handled
// concurrently, of each of Options.Types no more than Options.Handlers at once,
// and wait in a queue of Options.Queue. Where it is full, events are dropped,
// logged and counted: an event that waits long can't be answered in time, and
// the connection must not wait for it. Each type has a queue of its own, so that
// interactions, which have three seconds, do not wait behind messages whose
// answers a limit of Discord's holds up.
//
// Rules: https://discord.com/developers/docs/events/gateway.
package gateway
