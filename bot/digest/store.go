package digest

import (
	"context"
	"errors"
	"time"

	"briefbot/bot"
	"briefbot/content"
)

// Store is both, as a database implements them.
type Store interface {
	Subscriptions
	Queue
}

// Subscriptions is what the commands need of a store.
type Subscriptions interface {
	// Subscribe adds a subscription with the Place, Settings, State, Creator
	// and Next of s and returns it with what the store chose; Edition is the
	// latest one, so that nothing of before is news. A channel that has
	// MaxPerChannel gets an Error with Invalid.
	Subscribe(ctx context.Context, s Subscription) (Subscription, error)
	// InChannel lists the subscriptions of a channel by number.
	InChannel(ctx context.Context, in bot.Place) ([]Subscription, error)
	// InWorkspace lists those of a workspace by channel and number, limit at
	// most.
	InWorkspace(ctx context.Context, platform, workspace string, limit int) ([]Subscription, error)
	// Change replaces Settings, State, Reason and Next if the subscription is
	// still at s.Revision; it reports false where somebody was faster or it is
	// gone. What is queued and not begun yet of one that is not Active any
	// more is skipped; begun is what may have been posted in part.
	Change(ctx context.Context, s Subscription) (bool, error)
	// Unsubscribe forgets a subscription; it reports false where it is gone.
	Unsubscribe(ctx context.Context, id string) (bool, error)
	// SendNow queues a digest out of turn. Where one is under way already, it
	// returns that one.
	SendNow(ctx context.Context, id string) (Occurrence, error)
	// History lists the occurrences of a subscription, the latest first.
	History(ctx context.Context, id string, limit int) ([]Occurrence, error)
	// Posted returns what the digest tells of that a message belongs to: post
	// is the id of one of its messages in the channel of in. It returns none
	// for any other message.
	Posted(ctx context.Context, in bot.Place, post string) ([]Carried, error)
}

// Queue is what delivery needs of a store. All times that decide anything are
// the database's.
type Queue interface {
	// Edition registers the library with the fingerprint, whose entries have
	// the given revisions, and returns its edition. One that the database has
	// seen before keeps its number; a new one gets the next and knows, besides
	// its own entries, what the editions before it held and it does not. Which
	// one is later goes by which was seen first: all replicas have to come to the
	// states of the content in one order. What one of them skips and another
	// registers late counts as newer than it is, and going back to an earlier
	// state tells nobody anything.
	Edition(ctx context.Context, fingerprint string, entries map[content.Ref]string) (Edition, error)
	// EditionAt returns an edition; the earliest one that is kept where it is
	// not kept any more.
	EditionAt(ctx context.Context, number int64) (Edition, error)

	// Claim queues the occurrences of limit due subscriptions at most, and
	// moves each on to the slot that next returns, in one transaction. now is
	// the database's clock. It returns how many it queued: fewer than limit
	// where no more are due, or where others are just queueing the rest. One
	// whose settings this program cannot read is put off by some minutes: a
	// newer one may.
	Claim(ctx context.Context, limit int, next func(s Subscription, now time.Time) Planned) (int, error)
	// NextDue returns when the next subscription is due, and the database's
	// clock; due is zero where there is none.
	NextDue(ctx context.Context) (due, now time.Time, err error)
	// Replan hands subscriptions that are Active and not due yet to next by
	// pages, those after an id, and moves those on whose slot differs; one that
	// this program cannot read stays as it is. It
	// returns the last id of the page, "" after the last page.
	Replan(ctx context.Context, after string, limit int, next func(s Subscription, now time.Time) Planned) (last string, err error)

	// Present says that a replica is there until now+lease, and returns how
	// many are and how many lanes of some platforms have work.
	Present(ctx context.Context, replica string, platforms []string, lease time.Duration) (replicas, lanes int, err error)
	// Leave says that a replica is gone. The lanes that it held are free.
	Leave(ctx context.Context, replica string) error
	// Acquire leases up to limit lanes of some platforms that have work now and that nobody
	// holds, each with a new fencing number: those with a digest to send first,
	// and of them those that have waited longest. Others may be faster: then it
	// returns fewer than there are.
	Acquire(ctx context.Context, replica string, platforms []string, lease time.Duration, limit int) ([]Lane, error)
	// Renew leases a lane for longer, or ErrFenced.
	Renew(ctx context.Context, l Lane, lease time.Duration) error
	// Release gives a lane up; what it has begun and not finished is taken up
	// by the next holder at once. One that was lost is no error.
	Release(ctx context.Context, l Lane) error

	// Take returns up to limit jobs of a lane whose time has come, digests before
	// corrections and of each the earliest first, and notes their attempt: they
	// are Sending now, under the lane's fencing number. What a former holder has
	// left Sending comes too. While something of a channel is under way, nothing
	// else of it is taken, and of its digests only the earliest unfinished one,
	// or the one that was taken before and waits to be tried again, so that two
	// never tell the same news at once. A correction is taken where no digest of
	// its channel can be: no digest ever waits for one to be tried again.
	Take(ctx context.Context, l Lane, limit int) ([]Job, error)
	// Compose records what jobs are going to post, before anything of it is:
	// Pages, Carried and Occurrence.Edition.
	Compose(ctx context.Context, l Lane, jobs []Job) error
	// Try records that pages may be posted from now on, before they are.
	// Record records what came of jobs. Both return ErrFenced where the lane
	// was lost; nothing is changed then, but that Record notes posts of pages
	// that had been tried: those stand, whoever holds the lane. To record a
	// result again, since nobody knows whether it was recorded, changes nothing.
	Try(ctx context.Context, l Lane, pages []Attempt) error
	Record(ctx context.Context, l Lane, results []Result) error

	// Correct queues a Correction for each delivered digest that carried an
	// entry in another revision and was delivered since since, once for each
	// digest and revision. It goes by pages: it looks at limit digests that
	// carried the entry at most, those after one, and returns how many
	// corrections it queued and the last digest of the page, "" after the last
	// page. A digest that was composed from an edition before the one in which
	// the revision became known, and is recorded as Sent later, is corrected
	// without being asked again.
	Correct(ctx context.Context, ref content.Ref, revision string, since time.Time, after string, limit int) (queued int, last string, err error)

	// Untold returns subscriptions on some platforms that have stopped by
	// themselves and whose creators are to be told now, limit at most. Each is
	// returned once, unless TellLater has it returned again.
	Untold(ctx context.Context, platforms []string, limit int) ([]Untold, error)
	// TellLater has a creator told after a time, for nobody told them: not where
	// the subscription was changed since.
	TellLater(ctx context.Context, u Untold, after time.Duration) error

	// Waiting counts what is queued or under way and not finished, for metrics.
	Waiting(ctx context.Context) (occurrences, lanes int, err error)
}

// ErrFenced tells that a lane was lost: its lease ran out and somebody else
// may hold it.
var ErrFenced = errors.New("the lane is held by somebody else")

// Edition is a state of the library as a database has come to know it. An
// edition with a higher number is later.
type Edition struct {
	Number int64 // from 1
	Known  map[content.Ref]string
}

// Planned is what comes after an occurrence.
type Planned struct {
	Next   Slot   // zero where nothing comes
	Reason Reason // "" or why the subscription stops
}

// Lane is the deliveries that share one rate limit, leased.
type Lane struct {
	ID      string // as LaneOf names it
	Replica string
	Fence   int64
}

// Untold is a subscription that has stopped and whose creator is to be told.
type Untold struct {
	Subscription Subscription
	Ago          time.Duration // that it stopped
}

// Job is an occurrence to deliver and all that it needs.
type Job struct {
	Occurrence   Occurrence
	Subscription Subscription // as it is now; zero where it is gone
	Pages        []Page       // none before it was composed
	Carried      []Carried
	Told         []Carried   // told to the channel after Subscription.Edition, by corrections or other subscriptions in one of its languages
	Corrects     *Correcting // of a Correction
	Now          time.Time   // the database's clock
	// Unreadable is not nil where this program cannot read a page that was begun
	// or is to be corrected, or the settings of the subscription, since a newer
	// program wrote them. What cannot be read is zero then; the job is to be
	// Queued for later. Pages that cannot be read and that nobody has tried to
	// post are left out: they are composed anew.
	Unreadable error
}

// Correcting is the digest that a Correction is about.
type Correcting struct {
	Ref      content.Ref
	Revision string // that it has to say now
	Pages    []Page // as they were posted
	Carried  []Carried
}

// Attempt is a page that may be posted from now on.
type Attempt struct {
	Occurrence string
	Page       int // index
}

// Result is what came of a job, or of a part of it.
type Result struct {
	Occurrence string
	Posted     []Posted      // pages that stand
	NotPosted  []int         // indexes of pages that were tried and do not stand
	State      Progress      // Sending where more is to come at once, Queued to try again; "" with pages alone, such as edited ones of what was sent before
	Reason     Reason        // with Queued, Skipped, Failed; with Sent where a part cannot be
	RetryAfter time.Duration // with Queued
	Stop       Reason        // not "": the subscription stops for this
}

// Posted is a page that stands.
type Posted struct {
	Page   int // index
	Thread string
	Post   string
	Text   *bot.Page // what it says now, where it was edited
}
