// Package socket holds the connections of Slack's Socket Mode: several at
// once, each replaced before it ends where Slack says that it will, and
// given up where it stays silent.
//
// It stands for the library's client, which acknowledges over whichever
// connection is open by then, leaves a gap between a connection and the next,
// and drops events of types that it does not know. The decision is in
// docs/adr.
//
// https://docs.slack.dev/apis/events-api/using-socket-mode
package socket
