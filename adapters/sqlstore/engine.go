package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"briefbot/bot"
)

// engine is all that differs between SQLite and PostgreSQL.
type engine struct {
	name    string
	dialect goose.Dialect
	now     string  // the database's clock, milliseconds since 1970
	write   *sql.DB // what changes something
	read    *sql.DB // the same as write on PostgreSQL
	lock    func(ctx context.Context) (unlock func() error, err error)

	// What a SELECT ends with to hold its rows until the transaction ends:
	// waiting for them, or leaving out those that somebody else holds.
	lockRow, shareRow, skipLocked string
	skipLockedLane                string // of the table lane alone

	patient string // a statement that lets a transaction wait for something else than the database, "" where none is needed

	hasTable string // counts the tables named $1

	elements string // the elements of the JSON array {array}, as rows with a column value
}

// busyTimeout is how long SQLite waits for another process that writes.
const busyTimeout = 5 * time.Second

// sqliteCache is what the connection that writes may keep in memory: 32 MiB.
// With SQLite's own 2 MiB many rows at once are written several times.
const sqliteCache = "cache_size(-32768)"

// The connections of a replica. SQLite has one writer by its nature: waiting
// for a connection is fairer, and cheaper, than trying again for the file.
// PostgreSQL allows 100 connections as it comes, for all replicas together.
const (
	sqliteReaders       = 4
	postgresConnections = 10
	connectTimeout      = 5 * time.Second
	connectionAge       = 30 * time.Minute // so that a failover or a new address is noticed
)

// migrationLock is the key of the advisory lock under which the schema is
// changed: "briefbot" in ASCII.
const migrationLock = 0x6272696566626f74

// openEngine reads an address such as "postgres://user@host/name" or the path
// of a file. It connects to nothing yet.
func openEngine(address string) (*engine, error) {
	if address == "" {
		return nil, badAddress("it is empty", nil)
	}
	if path, ok := sqlitePath(address); ok {
		return openSQLite(path)
	}
	if scheme, _, _ := strings.Cut(address, ":"); scheme == "postgres" || scheme == "postgresql" {
		return openPostgres(address)
	}
	return nil, badAddress("only postgres:// and sqlite: are known", nil)
}

// sqlitePath returns the path of the file that an address names; ok is false
// where it names something else.
func sqlitePath(address string) (path string, ok bool) {
	scheme, rest, found := strings.Cut(address, ":")
	switch {
	case found && scheme == "sqlite":
		return strings.TrimPrefix(rest, "//"), true
	case found && (scheme == "postgres" || scheme == "postgresql") || strings.Contains(address, "://"):
		return "", false
	}
	return address, address != ""
}

// badAddress never repeats the address: it may hold a password.
func badAddress(why string, err error) error {
	return &bot.Error{
		Kind: bot.Invalid, Err: err,
		Message: "The address of the database cannot be used: " + why + ". Give the path of an SQLite file or postgres://user:password@host/database.",
	}
}

func openPostgres(address string) (*engine, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// What pgx says of it may quote the address.
		return nil, badAddress("it is no address of PostgreSQL", nil)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(bindPostgres))
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxLifetime(connectionAge)
	return &engine{
		name: "postgres", dialect: goose.DialectPostgres, write: db, read: db,
		now:  "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		lock: func(ctx context.Context) (func() error, error) { return lockPostgres(ctx, db) },

		lockRow: "FOR UPDATE", shareRow: "FOR SHARE", skipLocked: "FOR UPDATE SKIP LOCKED", skipLockedLane: "FOR UPDATE OF lane SKIP LOCKED",
		patient:  sqlPatient,
		hasTable: "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1",
		elements: "json_array_elements(CAST({array} AS json)) AS element (value)",
	}, nil
}

// The settings of a session. A process that stands still within a transaction,
// or a host that is gone, does not keep its locks: well within the lease of a
// lane. And a plan is made each time: one that is kept from when a table was
// nearly empty reads all of it, for as long as nothing has counted the
// 100,000 rows that one instant may add. They are set where neither the address nor the database
// nor the user has its own, and not as parameters of the start, which a pooler
// such as PgBouncer refuses.
// https://www.postgresql.org/docs/current/runtime-config-client.html
const (
	sqlBindSession = `SELECT set_config(name, '5s', false) FROM pg_settings
		WHERE name = 'idle_in_transaction_session_timeout' AND ` + unchosen + ` UNION ALL
		SELECT set_config(name, '7s', false) FROM pg_settings WHERE name = 'lock_timeout' AND ` + unchosen + ` UNION ALL
		SELECT set_config(name, 'force_custom_plan', false) FROM pg_settings WHERE name = 'plan_cache_mode' AND ` + unchosen
	sqlBindSocket = `SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'tcp_user_timeout' AND ` + unchosen
	unchosen      = `source NOT IN ('client', 'user', 'database', 'database user')`
)

func bindPostgres(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, sqlBindSession); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, sqlBindSocket)
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return nil // the server's system does not know it
	}
	return err
}

func lockPostgres(ctx context.Context, db *sql.DB) (func() error, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// Whoever migrates may need longer than a row is waited for. It holds until
	// the transaction ends, and so does the lock.
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	for _, statement := range []string{sqlPatient, "SET LOCAL lock_timeout = 0", fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", migrationLock)} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(err, tx.Rollback(), conn.Close())
		}
	}
	return func() error { return errors.Join(tx.Commit(), conn.Close()) }, nil
}

// sqlPatient lets a transaction wait for something else than the database.
const sqlPatient = "SET LOCAL idle_in_transaction_session_timeout = 0"

func openSQLite(path string) (*engine, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, badAddress("an SQLite database needs the path of a file", nil)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, badAddress("the folder that the program runs in is gone", err)
	}
	for _, name := range []string{path, lockFile(path)} {
		if err := makeFile(name); err != nil {
			return nil, &bot.Error{
				Kind: bot.Unavailable, Err: err,
				Message: fmt.Sprintf("The database %s cannot be opened for writing. Does its folder exist, and may the program write there?", path),
			}
		}
	}
	// A digest that was recorded as sent stays so when the power fails: every
	// commit reaches the disk.
	write, err := sql.Open("sqlite", sqliteURI(path, busyTimeout, "immediate", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", sqliteCache))
	if err != nil {
		return nil, unavailable("opening the database", err)
	}
	write.SetMaxOpenConns(1)
	read, err := readSQLite(path)
	if err != nil {
		return nil, unavailable("opening the database", errors.Join(err, write.Close()))
	}
	return sqliteEngine(path, write, read), nil
}

// readSQLite opens a file to be read alone.
func readSQLite(path string) (*sql.DB, error) {
	read, err := sql.Open("sqlite", sqliteURI(path, busyTimeout, "deferred", "query_only(1)"))
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	return read, nil
}

func sqliteEngine(path string, write, read *sql.DB) *engine {
	return &engine{
		name: "sqlite", dialect: goose.DialectSQLite3, write: write, read: read,
		now:  "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
		lock: func(ctx context.Context) (func() error, error) { return lockSQLite(ctx, lockFile(path)) },

		hasTable: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
		elements: "json_each({array})",
	}
}

// makeFile makes a file that others may not read, where there is none; SQLite
// gives its other files the same permissions. A file that is there is not even
// opened: closing it would take the locks away that this process has on it.
// https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
func makeFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteURI escapes the path: it may hold "?", "#" and "%".
func sqliteURI(path string, busy time.Duration, begin string, pragmas ...string) string {
	query := url.Values{"_txlock": {begin}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds())}}
	query["_pragma"] = append(query["_pragma"], pragmas...)
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}).String()
}

func lockFile(path string) string { return path + ".lock" }

// lockSQLite locks a file beside the database. The database itself would not
// do: the migrations need it, and a transaction around all of them would have
// to be theirs.
func lockSQLite(ctx context.Context, path string) (func() error, error) {
	const most = time.Minute // for what another process may have to migrate
	db, err := sql.Open("sqlite", sqliteURI(path, most, "deferred"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db.Close, nil
}

// refused reports whether a database objects to the values of a statement,
// and not to being asked.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
// https://www.sqlite.org/rescode.html#constraint
func refused(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23")
	}
	const constraint, primary = 19, 0xff
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&primary == constraint
}

func (e *engine) close() error {
	if e.read == e.write {
		return e.write.Close()
	}
	return errors.Join(e.read.Close(), e.write.Close())
}
