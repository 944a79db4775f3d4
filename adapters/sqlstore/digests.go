package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// digests are what a Store keeps of digests. They are no methods of Store:
// both installations and lanes are renewed.
type digests struct{ *Store }

var _ digest.Store = digests{}

// Digests returns the subscriptions and the queue of the database.
func (s *Store) Digests() digest.Store { return digests{s} }

// inTx runs f in a transaction at a time of the database. What f returns
// crosses the package as an *bot.Error, or is digest.ErrFenced.
func (d digests) inTx(ctx context.Context, doing string, f func(ctx context.Context, tx *sql.Tx, now int64) error) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return told(doing, d.Store.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var now int64
		if err := tx.QueryRowContext(ctx, d.digest.clock).Scan(&now); err != nil {
			return err
		}
		return f(ctx, tx, now)
	}))
}

func told(doing string, err error) error {
	if errors.Is(err, digest.ErrFenced) {
		return digest.ErrFenced
	}
	return unavailable(doing, err)
}

// placeOf is the key of a channel. A platform and a workspace hold no slash.
func placeOf(p bot.Place) string { return p.Platform + "/" + p.Workspace + "/" + p.Channel }

func checkPlace(p bot.Place) error {
	if err := checkKeys("channel", p.Platform, p.Workspace, p.Channel); err != nil {
		return err
	}
	if strings.Contains(p.Platform+p.Workspace, "/") {
		return invalid("The id of a workspace cannot hold a slash.")
	}
	return nil
}

// hashOf makes an id of n characters of [0-9a-v] out of what it stands for.
func hashOf(n int, of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x1f")))
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:n]
}

// scanSubscription reads subscriptionColumns.
func scanSubscription(scan scanFunc) (s digest.Subscription, err error) {
	var settings, date string
	var created int64
	var next, sent sql.NullInt64
	if err := scan(&s.ID, &s.Place.Platform, &s.Place.Workspace, &s.Place.Channel, &s.Number, &settings, &s.State, &s.Reason, &s.Creator, &created,
		&next, &date, &s.Next.Clock, &s.Edition, &sent, &s.Revision); err != nil {
		return s, err
	}
	s.CreatedAt, s.Next.At, s.SentAt = instant(created), maybe(next), maybe(sent)
	if s.Next.Date, err = parseDay(date); err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(settings), &s.Settings); err != nil {
		s.Settings = digest.Settings{}
		return s, &unreadableError{"the settings of subscription " + s.ID, err}
	}
	return s, nil
}

// unreadableError is that of a text that this program cannot read: a newer one
// may have written it.
type unreadableError struct {
	what string
	err  error
}

func (e *unreadableError) Error() string { return e.what + " cannot be read: " + e.err.Error() }
func (e *unreadableError) Unwrap() error { return e.err }

// scanOccurrence reads occurrenceColumns and what follows them.
func scanOccurrence(scan scanFunc, more ...any) (o digest.Occurrence, err error) {
	var date string
	var due int64
	var finished sql.NullInt64
	if err := scan(append([]any{&o.ID, &o.Subscription, &o.Kind, &due, &date, &o.Slot.Clock, &o.State, &o.Reason, &o.Attempts, &o.Edition, &finished}, more...)...); err != nil {
		return o, err
	}
	o.Slot.At, o.FinishedAt = instant(due), maybe(finished)
	o.Slot.Date, err = parseDay(date)
	return o, err
}

func parseDay(text string) (content.Date, error) {
	if text == "" {
		return content.Date{}, nil
	}
	return content.ParseDate(text)
}

func instant(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

// maybe reads what millis writes.
func maybe(column sql.NullInt64) time.Time {
	if !column.Valid {
		return time.Time{}
	}
	return instant(column.Int64)
}
