// Package cluster runs what a deployment of several machines consists of, on
// one: replicas of the built program, the PostgreSQL that they share, and a
// fake Discord and a fake Slack as processes of their own. It fills the
// database with subscriptions and holds what the fakes received against what
// should have arrived.
package cluster
