package sqlstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"briefbot/bot"
)

// migrationFiles are never changed once released: databases remember which of
// them they have seen, by number alone.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// errNewerSchema is behind the error of a database that a newer program has
// written.
var errNewerSchema = errors.New("the schema is newer than this program")

func embeddedMigrations() (fs.FS, error) { return fs.Sub(migrationFiles, "migrations") }

// migrator knows the version of a schema that files lead to; what it does is
// done by the connection that writes.
func migrator(e *engine, files fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(e.dialect, e.write, files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// migrate brings the schema up to date while no other process does the same,
// and returns its version. There is no way back: what an older program would
// make of a newer schema nobody has tried.
func migrate(ctx context.Context, e *engine, files fs.FS, log *slog.Logger) (version int64, err error) {
	unlock, err := e.lock(ctx)
	if err != nil {
		return 0, fmt.Errorf("locking the schema: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	provider, err := migrator(e, files)
	if err != nil {
		return 0, fmt.Errorf("reading the migrations: %w", err)
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the version of the schema: %w", err)
	}
	if have > want {
		return 0, &bot.Error{
			Kind: bot.Invalid, Err: errNewerSchema,
			Message: fmt.Sprintf("The database was written by a newer Briefbot: its schema has version %d, this program knows %d. Run the newer program.", have, want),
		}
	}
	done, err := provider.Up(ctx)
	for _, m := range done {
		log.InfoContext(ctx, "schema migrated", "engine", e.name, "version", m.Source.Version, "took", m.Duration)
	}
	if err != nil {
		return 0, fmt.Errorf("migrating the schema: %w", err)
	}
	return want, nil
}
