package digest

import (
	"time"

	"briefbot/bot"
	"briefbot/content"
)

// Occurrence is one subscription on one local date at one of its times, or
// something else that is sent on its behalf. There is one of each: its ID is
// made of what it stands for.
type Occurrence struct {
	ID           string
	Subscription string // id
	Kind         Kind
	Slot         Slot // when it was due; of other kinds than Scheduled, when it was asked for
	State        Progress
	Reason       Reason // why it is Skipped or Failed, is to be tried again, or was Sent in part alone
	Attempts     int
	Edition      int64     // of the library that it was composed from, 0 before
	FinishedAt   time.Time // zero until it is Sent, Skipped or Failed
}

// Kind says what an occurrence is.
type Kind string

// The kinds.
const (
	Scheduled  Kind = "scheduled"
	Now        Kind = "now"        // somebody asked for one out of turn
	Correction Kind = "correction" // of an entry that a delivered digest carried
)

// Progress is how far the delivery of an occurrence is.
type Progress string

// Queued and Sending are passed; the others stay.
const (
	Queued  Progress = "queued"
	Sending Progress = "sending" // it may have been posted
	Sent    Progress = "sent"
	Skipped Progress = "skipped"
	Failed  Progress = "failed"
)

// Reason says why something was not sent, or why a subscription stopped. Its
// words for users are the phrases "digest.reason." + reason.
type Reason string

// The reasons.
const (
	ReasonEmpty        Reason = "empty"        // there was nothing new
	ReasonLate         Reason = "late"         // it could not be sent within the lateness bound
	ReasonPaused       Reason = "paused"       // or stopped, when its turn came
	ReasonUnsubscribed Reason = "unsubscribed" //
	ReasonGone         Reason = "gone"         // the channel is not there any more, or is archived
	ReasonDenied       Reason = "denied"       // the bot may not post there, or was removed
	ReasonRevoked      Reason = "revoked"      // its token was
	ReasonZone         Reason = "zone"         // the zone is not known any more
	ReasonRefused      Reason = "refused"      // the platform does not take the message
	ReasonUnavailable  Reason = "unavailable"  // the platform did not answer, or said to wait
)

// Page is a page of an occurrence and, once it was posted, its message.
type Page struct {
	bot.Page
	Below   bool      // it goes below the last page that does not: into that one's thread
	KeyID   string    // of its post
	TriedAt time.Time // when it may have been posted first, zero for not yet
	Thread  string    // where it was posted, as bot.Place has it
	Post    string    // the id of the message, "" until it was posted
}

// Carried is an entry that an occurrence tells of.
type Carried struct {
	Number   int // under which the digest shows it, from 1; 0 for an entry without a number
	Ref      content.Ref
	Revision string // of the entry as it was told
}
