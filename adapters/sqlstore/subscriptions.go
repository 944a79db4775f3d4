package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// settingsBytes bounds the settings of a subscription as they are stored. What
// digest allows is a fifth of it.
const settingsBytes = 16 << 10

// Subscribe implements digest.Subscriptions. The id is made of the channel and
// the number, which no other subscription ever has.
func (d digests) Subscribe(ctx context.Context, s digest.Subscription) (made digest.Subscription, err error) {
	settings, err := checkSubscription(s)
	if err != nil {
		return made, err
	}
	return made, d.inTx(ctx, "subscribing", func(ctx context.Context, tx *sql.Tx, _ int64) error {
		// Whoever counts the channel's numbers is alone in it.
		var number, others int
		if err := tx.QueryRowContext(ctx, sqlNumber, placeOf(s.Place)).Scan(&number); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, sqlSubscriptionsOf, s.Place.Platform, s.Place.Workspace, s.Place.Channel).Scan(&others); err != nil {
			return err
		}
		if others >= digest.MaxPerChannel {
			return invalid("This channel has %d subscriptions, the most that it can have. End one of them first.", others)
		}
		at, date, clock := next(s)
		row := tx.QueryRowContext(ctx, d.digest.subscribe, hashOf(20, placeOf(s.Place), fmt.Sprint(number)),
			s.Place.Platform, s.Place.Workspace, s.Place.Channel, number, digest.LaneOf(s.Place), settings, string(s.State), s.Creator,
			at, date, clock)
		made, err = scanSubscription(row.Scan)
		return err
	})
}

// next are the columns of the slot to come, of one that is Active.
func next(s digest.Subscription) (at sql.NullInt64, date string, clock int64) {
	if s.State != digest.Active || s.Next.At.IsZero() {
		return at, "", 0
	}
	return millis(s.Next.At), s.Next.Date.String(), int64(s.Next.Clock)
}

func checkSubscription(s digest.Subscription) (settings string, err error) {
	if err := checkPlace(s.Place); err != nil {
		return "", err
	}
	if s.Creator != "" {
		if err := checkKeys("user", s.Creator); err != nil {
			return "", err
		}
	}
	return checkState(s)
}

func checkState(s digest.Subscription) (settings string, err error) {
	switch s.State {
	case digest.Active, digest.Paused, digest.Stopped:
	default:
		return "", invalid("A subscription is %s, %s or %s.", digest.Active, digest.Paused, digest.Stopped)
	}
	text, err := json.Marshal(s.Settings)
	if err != nil || len(text) > settingsBytes {
		return "", invalid("The settings of a subscription must be less than %d bytes.", settingsBytes)
	}
	return clean(string(text)), nil
}

// InChannel implements digest.Subscriptions.
func (d digests) InChannel(ctx context.Context, in bot.Place) ([]digest.Subscription, error) {
	return d.subscriptions(ctx, sqlInChannel, in.Platform, in.Workspace, in.Channel)
}

// InWorkspace implements digest.Subscriptions.
func (d digests) InWorkspace(ctx context.Context, platform, workspace string, limit int) ([]digest.Subscription, error) {
	return d.subscriptions(ctx, sqlInWorkspace, platform, workspace, max(limit, 0))
}

// Subscribed is how many subscriptions a server or workspace has.
type Subscribed struct {
	Platform, Workspace     string
	Active, Paused, Stopped int
}

// Subscribed returns the first servers and workspaces that have subscriptions,
// in the order of their ids, for an operator to look at: it reads all
// subscriptions.
func (s *Store) Subscribed(ctx context.Context, limit int) (all []Subscribed, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	err = query(ctx, s.engine.read, sqlSubscribed, []any{max(limit, 0)}, func(scan scanFunc) error {
		var one Subscribed
		err := scan(&one.Platform, &one.Workspace, &one.Active, &one.Paused, &one.Stopped)
		all = append(all, one)
		return err
	})
	return all, unavailable("counting subscriptions", err)
}

func (d digests) subscriptions(ctx context.Context, statement string, args ...any) (all []digest.Subscription, err error) {
	return all, d.each(ctx, "listing subscriptions", statement, args, func(s digest.Subscription, err error) error {
		all = append(all, s)
		return err
	})
}

// each hands out subscriptions that a statement finds, with the error of
// reading each.
func (d digests) each(ctx context.Context, doing, statement string, args []any, hand func(s digest.Subscription, err error) error) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return unavailable(doing, query(ctx, d.engine.read, statement, args, func(scan scanFunc) error { return hand(scanSubscription(scan)) }))
}

// Change implements digest.Subscriptions.
func (d digests) Change(ctx context.Context, s digest.Subscription) (done bool, err error) {
	settings, err := checkState(s)
	if err != nil {
		return false, err
	}
	return done, d.inTx(ctx, "changing a subscription", func(ctx context.Context, tx *sql.Tx, _ int64) error {
		at, date, clock := next(s)
		result, err := tx.ExecContext(ctx, sqlChange, s.ID, s.Revision, settings, string(s.State), string(s.Reason), at, date, clock)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if done = changed == 1; err != nil || !done || s.State == digest.Active {
			return err
		}
		return d.skipQueued(ctx, tx, digest.ReasonPaused, s.ID)
	})
}

// Unsubscribe implements digest.Subscriptions.
func (d digests) Unsubscribe(ctx context.Context, id string) (done bool, err error) {
	return done, d.inTx(ctx, "unsubscribing", func(ctx context.Context, tx *sql.Tx, _ int64) error {
		result, err := tx.ExecContext(ctx, sqlUnsubscribe, id)
		if err != nil {
			return err
		}
		deleted, err := result.RowsAffected()
		if done = deleted == 1; err != nil || !done {
			return err
		}
		return d.skipQueued(ctx, tx, digest.ReasonUnsubscribed, id)
	})
}

func (d digests) skipQueued(ctx context.Context, tx *sql.Tx, why digest.Reason, subscriptions ...string) error {
	_, err := ids(subscriptions).exec(ctx, d.engine, tx, d.digest.skip, string(why))
	return err
}

// SendNow implements digest.Subscriptions.
func (d digests) SendNow(ctx context.Context, id string) (o digest.Occurrence, err error) {
	return o, d.inTx(ctx, "queueing a digest", func(ctx context.Context, tx *sql.Tx, now int64) error {
		s, err := scanSubscription(tx.QueryRowContext(ctx, d.digest.locked, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return &bot.Error{Kind: bot.NotFound, Message: "This subscription is not there any more. List the subscriptions of the channel to see those that are."}
		}
		if err != nil {
			return err
		}
		o, err = scanOccurrence(tx.QueryRowContext(ctx, sqlUnderWay, id).Scan)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		o = digest.Occurrence{
			ID: fmt.Sprintf("%s/now/%d", s.ID, now), Subscription: s.ID, Kind: digest.Now,
			Slot: slotAt(instant(now), s.Settings.Zone), State: digest.Queued,
		}
		var queued many
		queueing(&queued, o, s)
		_, err = queued.exec(ctx, d.engine, tx, sqlQueue)
		return err
	})
}

// slotAt is an instant on the clocks of a zone, or of UTC where the zone is
// not known any more.
func slotAt(at time.Time, zone string) digest.Slot {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	local := at.In(loc)
	return digest.Slot{
		Date:  content.Date{Year: local.Year(), Month: local.Month(), Day: local.Day()},
		Clock: digest.Clock(local.Hour()*60 + local.Minute()), At: at,
	}
}

// History implements digest.Subscriptions.
func (d digests) History(ctx context.Context, id string, limit int) (all []digest.Occurrence, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return all, unavailable("reading the history", query(ctx, d.engine.read, sqlHistory, []any{id, max(limit, 0)}, func(scan scanFunc) error {
		o, err := scanOccurrence(scan)
		all = append(all, o)
		return err
	}))
}

// Posted implements digest.Subscriptions.
func (d digests) Posted(ctx context.Context, in bot.Place, post string) (all []digest.Carried, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return all, unavailable("looking a message up", query(ctx, d.engine.read, sqlPosted, []any{post, placeOf(in)}, func(scan scanFunc) error {
		c, err := scanCarried(scan)
		all = append(all, c)
		return err
	}))
}
