package digest

import (
	"time"

	"briefbot/bot"
	"briefbot/content"
)

// Subscription is the wish of a channel for digests. It belongs to the channel
// and not to whoever made it.
type Subscription struct {
	ID        string    // chosen by the store, 1 to 32 characters of [0-9a-z]
	Number    int       // within its channel, from 1; stays, and is not given to another
	Place     bot.Place // Platform, Workspace and Channel; nothing else is set
	Settings  Settings
	State     State
	Reason    Reason // why it is Stopped, "" otherwise
	Creator   string // user id of whoever subscribed, to be told once where it stops
	CreatedAt time.Time
	Next      Slot      // of the occurrence to come; zero unless it is Active and there is one
	Edition   int64     // the channel knows what this edition of the library holds
	SentAt    time.Time // when the last digest was delivered, zero before the first
	Revision  int64     // another one after each change
}

// State is what becomes of a subscription's occurrences.
type State string

// The states.
const (
	Active  State = "active"
	Paused  State = "paused"  // by somebody
	Stopped State = "stopped" // by a failure that will not pass by itself
)

// Settings are what can be chosen. They are stored as JSON: a key is never
// renamed, and a new one's zero value is what held before it.
type Settings struct {
	Times   []Clock        `json:"times"`            // ascending, 1 to MaxTimes
	Zone    string         `json:"zone"`             // IANA name
	Days    Weekdays       `json:"days"`             // at least one
	Topics  []string       `json:"topics,omitempty"` // ids of briefings, or tags; none for all, MaxTopics at most
	Langs   []content.Lang `json:"langs"`            // one or two, the first goes first
	Style   Style          `json:"style"`
	Empty   EmptyPolicy    `json:"empty"`
	Revisit bool           `json:"revisit,omitempty"` // one entry from before, to be read again
	Quiet   []content.Span `json:"quiet,omitempty"`   // days without a digest, MaxQuiet at most
}

// The bounds of what one channel can choose. They keep lists readable and
// hostile input small.
const (
	MaxPerChannel = 10 // subscriptions
	MaxTimes      = 6
	MaxTopics     = 10
	MaxQuiet      = 20
)

// Clock is a time of day in minutes since midnight, 0 to 1439.
type Clock int

// Weekdays is a set of days of the week: bit d stands for time.Weekday(d).
type Weekdays uint8

// Style is how much a digest says of an entry.
type Style string

// The styles.
const (
	Headlines Style = "headlines"
	Summary   Style = "summary"
	Full      Style = "full"
)

// EmptyPolicy is what happens where there is nothing new.
type EmptyPolicy string

// The policies.
const (
	SkipEmpty EmptyPolicy = "skip"
	SayEmpty  EmptyPolicy = "say"
)

// Slot is one local date and time of a subscription, and its instant.
type Slot struct {
	Date  content.Date // to the day
	Clock Clock
	At    time.Time
}
