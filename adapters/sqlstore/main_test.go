package sqlstore

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bot/bottest"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(replicaOf); address != "" {
		if err := replica(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// create makes an empty database and returns its address.
type create func(tb testing.TB) (address string)

// onBothEngines runs a test on SQLite and on a PostgreSQL of its own.
func onBothEngines(t *testing.T, run func(t *testing.T, create create)) {
	t.Run("sqlite", func(t *testing.T) { run(t, sqliteFile) })
	t.Run("postgres", func(t *testing.T) { run(t, postgresDatabase(postgrestest.New(t))) })
}

func sqliteFile(tb testing.TB) string {
	return filepath.Join(tb.TempDir(), "a database?mode=ro#50%41 数据.db")
}

func postgresDatabase(server *postgrestest.Server) create {
	return func(tb testing.TB) string {
		tb.Helper()
		address, err := server.Database(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		return address
	}
}

func options(tb testing.TB, address string) Options {
	return Options{
		Address: address, Log: slog.New(slog.NewTextHandler(tb.Output(), nil)),
		Bounds: Bounds{
			Conversations: bottest.StoreConversations, Preferences: bottest.StorePreferences,
			TallyTexts: bottest.StoreTallyTexts, TallyDays: bottest.StoreTallyDays,
		},
	}
}

// opened returns a handle that is closed with the test.
func opened(tb testing.TB, address string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), options(tb, address))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
