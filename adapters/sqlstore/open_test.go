package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content/search"
)

func TestOpenRefusesAddressesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		address string
		kind    bot.Kind
		says    string
	}{
		{"", bot.Invalid, "empty"},
		{"sqlite:", bot.Invalid, "path"},
		{":memory:", bot.Invalid, "path"},
		{"mysql://root:hunter2@localhost/x", bot.Invalid, "postgres://"},
		{"postgres://user:hunter2@localhost:port/x", bot.Invalid, "PostgreSQL"},
		{"postgres://user:hunter2@[::1/x", bot.Invalid, "PostgreSQL"},
		{"postgres://user:hunter2@127.0.0.1:1/x?sslmode=disable", bot.Unavailable, "reached"},
		{filepath.Join(t.TempDir(), "nowhere", "a.db"), bot.Unavailable, "folder"},
		{t.TempDir(), bot.Unavailable, ""},
	} {
		var log bytes.Buffer
		s, err := Open(t.Context(), Options{Address: c.address, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil {
			t.Errorf("%s opens", c.address)
			_ = s.Close()
			continue
		}
		e, ok := errors.AsType[*bot.Error](err)
		if !ok || e.Kind != c.kind || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %v, want one that is %s and says %q", c.address, err, c.kind, c.says)
		}
		if strings.Contains(err.Error()+log.String(), "hunter2") {
			t.Errorf("%s: the password is in %v or the log %s", c.address, err, &log)
		}
	}
}

func TestOpenTakesEitherFormOfAPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "briefbot.db")
	one, other := opened(t, path), opened(t, "sqlite:"+path)
	if err := one.Remember(t.Context(), "c", search.Turn{Question: "q"}, bottest.Now()); err != nil {
		t.Fatal(err)
	}
	if turns, err := other.Turns(t.Context(), "c", bottest.Now()); err != nil || len(turns) != 1 {
		t.Errorf("the same file holds %v (%v)", turns, err)
	}
}

func TestSQLiteFilesAreTheOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits")
	}
	folder := t.TempDir()
	s := opened(t, filepath.Join(folder, "briefbot.db"))
	if _, err := s.First(t.Context(), "id", bottest.Now()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) < 3 {
		t.Fatalf("the files are %v (%v), want a database with its log", files, err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the permissions %v, want 0600", file.Name(), info.Mode().Perm())
		}
	}
}

// TestSQLiteIsSetUpAsDocumented asks each pool for what it was opened with.
func TestSQLiteIsSetUpAsDocumented(t *testing.T) {
	s := opened(t, sqliteFile(t))
	for pragma, want := range map[string]string{"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000", "synchronous": "2", "cache_size": "-32768"} {
		var got string
		if err := s.engine.write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
	if _, err := s.engine.read.Exec("DELETE FROM seen"); err == nil {
		t.Error("the readers' connections can write")
	}
}

// TestSQLiteTransactionsWriteFromTheirBeginning: one that reads first and
// finds somebody else's write when it writes itself would fail.
func TestSQLiteTransactionsWriteFromTheirBeginning(t *testing.T) {
	path := sqliteFile(t)
	s := opened(t, path)
	other, err := sql.Open("sqlite", sqliteURI(path, 0, "immediate"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := s.inTx(t.Context(), func(context.Context, *sql.Tx) error {
		if _, err := other.Exec("DELETE FROM seen"); err == nil {
			t.Error("somebody else writes while a transaction is under way")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("DELETE FROM seen"); err != nil {
		t.Errorf("after the transaction nobody else can write: %v", err)
	}
}

func TestReplicasThatStartAtOnceMigrateOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		address := create(t)
		var log lockedBuffer
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				o := options(t, address)
				o.Log = slog.New(slog.NewTextHandler(&log, nil))
				s, err := Open(t.Context(), o)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for version := range newest(t) {
			if n := strings.Count(log.String(), fmt.Sprintf(" version=%d ", version+1)); n != 1 {
				t.Errorf("the schema was migrated to version %d %d times, want once:\n%s", version+1, n, log.String())
			}
		}
	})
}

// later are the migrations of a program to come.
func later(t *testing.T, next string) fs.FS {
	t.Helper()
	all := fstest.MapFS{fmt.Sprintf("%05d_next.sql", newest(t)+1): {Data: []byte("-- +goose Up\n" + next)}}
	for _, name := range migrations(t) {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[path.Base(name)] = &fstest.MapFile{Data: text}
	}
	return all
}

func migrations(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// newest is the version of the schema that this program knows.
func newest(t *testing.T) int { return len(migrations(t)) }

func TestOlderProgramRefusesANewerSchema(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		address := create(t)
		newer, err := open(t.Context(), options(t, address), later(t, "ALTER TABLE tally ADD COLUMN note TEXT NOT NULL DEFAULT '';"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = newer.Close() })
		_, err = Open(t.Context(), options(t, address))
		e, ok := errors.AsType[*bot.Error](err)
		if !ok || e.Kind != bot.Invalid || !errors.Is(err, errNewerSchema) || !strings.Contains(e.Message, fmt.Sprintf("version %d, this program knows %d", newest(t)+1, newest(t))) {
			t.Errorf("the error is %v, want one that names both versions", err)
		}
	})
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		address := create(t)
		s := opened(t, address)
		if _, err := s.First(t.Context(), "id", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		_, err := open(t.Context(), options(t, address), later(t, "DROP TABLE seen;\nDROP TABLE no_such_table;"))
		if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Unavailable {
			t.Errorf("the error is %v, want one that is unavailable", err)
		}
		again := opened(t, address)
		if first, err := again.First(t.Context(), "id", time.Now().Add(time.Hour)); err != nil || first {
			t.Errorf("after a migration that failed the event is new: %t (%v)", first, err)
		}
	})
}

// TestBackupOfAnOlderSchemaRestores is why a new column needs a default.
func TestBackupOfAnOlderSchemaRestores(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		newer, err := open(t.Context(), options(t, create(t)), later(t, "ALTER TABLE tally ADD COLUMN note TEXT NOT NULL DEFAULT 'none';"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = newer.Close() })
		older := opened(t, create(t))
		var b bytes.Buffer
		if err := older.Count(t.Context(), bot.Gap, "x", today()); err != nil {
			t.Fatal(err)
		}
		if err := older.Backup(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if err := newer.Restore(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		var note string
		if err := newer.engine.read.QueryRow("SELECT note FROM tally").Scan(&note); err != nil || note != "none" {
			t.Errorf("the new column holds %q (%v), want its default", note, err)
		}
	})
}

// TestBackupHoldsEveryTable finds tables that a migration made and tables()
// does not know.
func TestBackupHoldsEveryTable(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
		if s.engine.name == "postgres" {
			list = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
		}
		rows, err := s.engine.read.Query(list)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		known := map[string]bool{"goose_db_version": true}
		for _, table := range tables() {
			known[table] = true
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			if !known[name] {
				t.Errorf("a backup leaves table %s out", name)
			}
			delete(known, name)
		}
		if err := rows.Err(); err != nil || len(known) > 0 {
			t.Errorf("no tables: %v (%v)", known, err)
		}
	})
}

func TestStoreOutlivesARestartOfPostgres(t *testing.T) {
	server := postgrestest.New(t)
	s := opened(t, postgresDatabase(server)(t))
	never := time.Now().Add(time.Hour)
	if first, err := s.First(t.Context(), "id", never); err != nil || !first {
		t.Fatalf("first: %t (%v)", first, err)
	}
	if err := server.Halt(); err != nil {
		t.Fatal(err)
	}
	_, err := s.First(t.Context(), "other", never)
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Unavailable || strings.Contains(err.Error(), postgrestest.Password) {
		t.Errorf("while PostgreSQL is away: %v, want an error that is unavailable and holds no password", err)
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("while PostgreSQL is away the store says that it answers")
	}
	if err := server.Launch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("when PostgreSQL is back: %v", err)
	}
	if first, err := s.First(t.Context(), "id", never); err != nil || first {
		t.Errorf("when PostgreSQL is back the event is new: %t (%v)", first, err)
	}
}

// lockedBuffer is a log that several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
