package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"briefbot/bot"
)

// examination looks at a database and changes nothing.
type examination struct {
	engine *engine // nil where nothing could be connected to
	now    func() time.Time
	empty  string // why there is nothing to be looked at, "" where there is
}

// Examine looks at the database that an address names, without making or
// changing it, and says what to put right. now is the clock of this machine.
func Examine(ctx context.Context, address string, now func() time.Time) []bot.Check {
	x := &examination{now: now}
	var checks []bot.Check
	for _, c := range []struct {
		name string
		look func(context.Context) bot.Check
	}{
		{"connection", func(ctx context.Context) bot.Check { return x.connect(ctx, address) }},
		{"schema", x.schema},
		{"clock", x.clock},
		{"digests", x.digests},
	} {
		check := bot.Skipped(x.empty)
		if x.empty == "" {
			check = c.look(ctx)
		}
		check.Name = c.name
		checks = append(checks, check)
	}
	if x.engine != nil {
		_ = x.engine.close() // nothing was written
	}
	return checks
}

func (x *examination) connect(ctx context.Context, address string) bot.Check {
	x.empty = "This can be looked at once the database is there."
	if path, ok := sqlitePath(address); ok {
		return x.file(ctx, path)
	}
	e, err := openEngine(address)
	if err != nil {
		return bot.Failed("store.address is no address of a database.", "Give the path of an SQLite file or postgres://user:password@host/database.")
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var version string
	if err := e.read.QueryRowContext(ctx, "SHOW server_version").Scan(&version); err != nil {
		_ = e.close()
		return bot.Failed(fmt.Sprintf("PostgreSQL does not let the program in (%s).", cause(err)),
			"Look whether it is up and reachable from here, and whether user, password and database of store.address are right.")
	}
	x.engine, x.empty = e, ""
	return bot.Passed(fmt.Sprintf("PostgreSQL %s answers.", version))
}

// file connects to a file, unless the first start is to make it.
func (x *examination) file(ctx context.Context, path string) bot.Check {
	path, err := filepath.Abs(path)
	if err != nil {
		return bot.Failed("The folder that the program runs in is gone.", "Give store.address a whole path.")
	}
	const advice = "Make it, or set store.address to a file on a volume that the program may write."
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return bot.Failed(fmt.Sprintf("The folder of the file %s is missing or cannot be read.", path), advice)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bot.Passed(fmt.Sprintf("There is no file %s yet; the first start makes it.", path))
	case err != nil:
		return bot.Failed(fmt.Sprintf("The file %s cannot be written.", path), "Give it to the user that the program runs as.")
	}
	_ = file.Close() // nothing was written
	read, err := readSQLite(path)
	if err != nil {
		return bot.Failed(fmt.Sprintf("The file %s cannot be opened.", path), advice)
	}
	e := sqliteEngine(path, read, read)
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := read.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(new(int)); err != nil {
		_ = e.close()
		return bot.Failed(fmt.Sprintf("The file %s cannot be read as a database (%s).", path, cause(err)), "Restore a backup into a new file, or name another one.")
	}
	x.engine, x.empty = e, ""
	return bot.Passed(fmt.Sprintf("The file %s is a database.", path))
}

func (x *examination) schema(ctx context.Context) bot.Check {
	have, want, err := x.versions(ctx)
	switch {
	case err != nil:
		x.empty = "This can be looked at once the schema is right."
		return unread("The schema", err)
	case have == 0:
		x.empty = "The database is empty."
		return bot.Passed("The database is empty; the first start fills in its schema.")
	case have > want:
		x.empty = "Only the newer program knows this."
		return bot.Failed(fmt.Sprintf("A newer Briefbot has written it: the schema has version %d, this program knows %d.", have, want), "Run the newer program.")
	case have < want:
		x.empty = "This can be looked at once the schema is up to date."
		return bot.Warned(fmt.Sprintf("The schema has version %d; the next start brings it to %d, and there is no way back.", have, want), `Run "briefbot backup FILE" with the program of before first.`)
	}
	return bot.Passed(fmt.Sprintf("The schema has version %d, as this program wants it.", have))
}

// versions returns that of the schema, 0 for none, and the one that this
// program knows.
func (x *examination) versions(ctx context.Context) (have, want int64, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	files, err := embeddedMigrations()
	if err != nil {
		return 0, 0, err
	}
	provider, err := migrator(x.engine, files)
	if err != nil {
		return 0, 0, err
	}
	for _, source := range provider.ListSources() {
		want = max(want, source.Version)
	}
	var tables int
	if err := x.engine.read.QueryRowContext(ctx, x.engine.hasTable, goose.DefaultTablename).Scan(&tables); err != nil || tables == 0 {
		return 0, want, err
	}
	err = x.engine.read.QueryRowContext(ctx, "SELECT COALESCE(max(version_id), 0) FROM "+goose.DefaultTablename).Scan(&have)
	return have, want, err
}

// clock compares that of the database, by which digests are sent.
func (x *examination) clock(ctx context.Context) bot.Check {
	const tolerated, warned = time.Minute, 5 * time.Second
	if x.engine.dialect == goose.DialectSQLite3 {
		return bot.Skipped("A file goes by the clock of this machine.")
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var now int64
	before := x.now()
	if err := x.engine.read.QueryRowContext(ctx, digestTimedBy(x.engine).clock).Scan(&now); err != nil {
		return unread("The clock of the database", err)
	}
	off := instant(now).Sub(before.Add(x.now().Sub(before) / 2))
	direction := "ahead of"
	if off < 0 {
		direction = "behind"
	}
	found := fmt.Sprintf("The clock of the database is %s %s that of this machine; digests go by the former.", off.Abs().Round(time.Second), direction)
	const advice = "Let both systems set their clocks by NTP."
	switch {
	case off.Abs() >= tolerated:
		return bot.Failed(found, advice)
	case off.Abs() >= warned:
		return bot.Warned(found, advice)
	}
	return bot.Passed("The clock of the database agrees with that of this machine.")
}

// digests tells whether what is due is being sent.
func (x *examination) digests(ctx context.Context) bot.Check {
	ctx, cancel := bounded(ctx)
	defer cancel()
	var active, replicas, overdue int
	err := x.engine.read.QueryRowContext(ctx, digestTimedBy(x.engine).examine, overdueAfter.Milliseconds()).Scan(&active, &replicas, &overdue)
	if err != nil {
		return unread("What is subscribed", err)
	}
	stand := fmt.Sprintf("%s active, %s at work", counted(active, "subscription"), counted(replicas, "replica"))
	late := fmt.Sprintf("%s, %s late by more than %d minutes.", stand, counted(overdue, "digest"), int(overdueAfter.Minutes()))
	switch {
	case overdue > 0 && replicas == 0:
		return bot.Warned(late, `Start "briefbot serve".`)
	case overdue > 0:
		return bot.Warned(late, "The log and the metrics of the replicas say why; many that are due at once take their time (docs/scale.md).")
	}
	return bot.Passed(stand + ", nothing late.")
}

// overdueAfter is how late a digest is before it is spoken of: rate limits
// hold back what is due at a full hour for some minutes.
const overdueAfter = 10 * time.Minute

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func unread(what string, err error) bot.Check {
	return bot.Failed(fmt.Sprintf("%s cannot be read (%s).", what, cause(err)), "Look at the log of the database, and whether its user may read all tables.")
}

// cause is what is at the bottom of an error, in one line. A driver's own text
// lists every attempt.
func cause(err error) string {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusal.Message
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network.Error()
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
