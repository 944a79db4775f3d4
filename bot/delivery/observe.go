package delivery

import (
	"time"

	"briefbot/bot/digest"
)

// Observation is something that happened to deliveries, for metrics.
type Observation struct {
	What     What
	Platform string        // "" with Claimed, and with Stopped by a zone
	Reason   digest.Reason // of Retried, Skipped, Failed and Stopped
	Count    int
	Late     time.Duration // with Sent, of a Scheduled one: how long after its instant the first page stood
	Kind     digest.Kind   // with Sent
}

// What is what happened.
type What string

// What can happen.
const (
	Claimed  What = "claimed"  // occurrences were queued, for they were due
	Sent     What = "sent"     // an occurrence was delivered
	Retried  What = "retried"  // an attempt came to nothing, and another one is to be made
	Skipped  What = "skipped"  //
	Failed   What = "failed"   //
	Stopped  What = "stopped"  // a subscription
	Found    What = "found"    // a page that an earlier attempt had posted was not posted again
	Again    What = "again"    // a page may stand twice
	LaneLost What = "lanelost" // its lease ran out, or somebody else has it
)
