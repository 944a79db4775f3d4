// Package slacktest is a fake of Slack for tests: a real HTTP and WebSocket
// server on the local machine that is stricter than Slack and never kinder.
// Every call is held against Slack's published shapes of blocks and manifests
// and against the rules that those leave out; what breaks a rule is refused as
// Slack would refuse it and noted as a violation, which fails the test.
//
// Users of the fake use a bot as people do: they mention it, use its slash
// commands, press buttons, type into menus and open its home. The same
// conversation runs over Socket Mode and over signed HTTP requests.
//
// New is for tests, Start for a program that runs the fake as a process of
// its own.
package slacktest
