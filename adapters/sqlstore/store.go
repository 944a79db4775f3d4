package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"briefbot/bot"
)

// Store is a database. It is safe for concurrent use, by several processes
// too.
type Store struct {
	engine *engine
	timed  timed
	digest digestTimed
	schema int64
	bounds Bounds
	log    *slog.Logger
}

var (
	_ bot.Memory                          = (*Store)(nil)
	_ bot.Seen                            = (*Store)(nil)
	_ bot.Preferences                     = (*Store)(nil)
	_ bot.Tallies                         = (*Store)(nil)
	_ bot.Installations[bot.SealedTokens] = (*Store)(nil)
)

// Options are what a Store needs.
type Options struct {
	// Address is the path of an SQLite file, which may begin with "sqlite:",
	// or "postgres://user:password@host/database".
	Address string
	Bounds  Bounds
	Log     *slog.Logger
}

// Bounds are what a Store keeps at most; the zero value of each means the one
// of DefaultBounds.
type Bounds struct {
	Conversations int // the longest unused go first
	Preferences   int // the longest chosen go first
	TallyTexts    int // different texts of one kind on one day; more are counted together
	TallyDays     int // days that tallies are kept for
	// OccurrenceDays are how long is remembered what was sent, after it was:
	// the history, corrections and numbers in a digest's thread need it.
	OccurrenceDays int
}

// DefaultBounds are generous for a million channels: a conversation takes
// about 1 kB, the others 100 bytes.
func DefaultBounds() Bounds {
	return Bounds{Conversations: 100_000, Preferences: 1_000_000, TallyTexts: 5_000, TallyDays: 90, OccurrenceDays: 30}
}

func (b Bounds) orDefault() Bounds {
	d := DefaultBounds()
	for _, one := range []struct{ have, otherwise *int }{
		{&b.Conversations, &d.Conversations},
		{&b.Preferences, &d.Preferences},
		{&b.TallyTexts, &d.TallyTexts},
		{&b.TallyDays, &d.TallyDays},
		{&b.OccurrenceDays, &d.OccurrenceDays},
	} {
		if *one.have <= 0 {
			*one.have = *one.otherwise
		}
	}
	return b
}

// Open connects to a database, or makes the file, and brings its schema up to
// date.
func Open(ctx context.Context, o Options) (*Store, error) {
	files, err := embeddedMigrations()
	if err != nil {
		return nil, unavailable("reading the migrations", err)
	}
	return open(ctx, o, files)
}

func open(ctx context.Context, o Options, migrations fs.FS) (*Store, error) {
	e, err := openEngine(o.Address)
	if err != nil {
		return nil, err
	}
	schema, err := migrate(ctx, e, migrations, o.Log)
	if err != nil {
		return nil, unavailable("opening the database", errors.Join(err, e.close()))
	}
	return &Store{engine: e, timed: timedBy(e.now), digest: digestTimedBy(e), schema: schema, bounds: o.Bounds.orDefault(), log: o.Log}, nil
}

// Close ends all connections. Nothing may be under way.
func (s *Store) Close() error { return unavailable("closing the database", s.engine.close()) }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return unavailable("asking the database", s.engine.read.PingContext(ctx))
}

// patience bounds every statement: a database that does not answer must not
// hold a request for ever.
const patience = 10 * time.Second

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// exec runs a statement and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, doing, statement string, args ...any) (changed int64, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	result, err := s.engine.write.ExecContext(ctx, statement, args...)
	if err == nil {
		changed, err = result.RowsAffected()
	}
	return changed, unavailable(doing, err)
}

// inTx runs f in a transaction that is undone where f fails.
func (s *Store) inTx(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) (err error) {
	tx, err := s.engine.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			_ = tx.Rollback()
			panic(p)
		}
	}()
	if err := f(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// unavailable makes err what crosses the package: an error that is a
// *bot.Error already stays as it is.
func unavailable(doing string, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*bot.Error](err); ok {
		return known
	}
	return &bot.Error{
		Kind: bot.Unavailable, Err: fmt.Errorf("%s: %w", doing, err),
		Message: "The database cannot be reached. Try again in a minute.",
	}
}

func invalid(format string, args ...any) error {
	return &bot.Error{Kind: bot.Invalid, Message: fmt.Sprintf(format, args...)}
}

// checkKeys refuses ids that one of the engines could not hold, or that are
// too long to be what they claim.
func checkKeys(what string, keys ...string) error {
	for _, key := range keys {
		if key == "" || len(key) > bot.MaxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
			return invalid("The id of a %s must be 1 to %d bytes of text.", what, bot.MaxKey)
		}
	}
	return nil
}

// clean returns text as both engines can hold it: PostgreSQL refuses a NUL
// and what is not UTF-8.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
