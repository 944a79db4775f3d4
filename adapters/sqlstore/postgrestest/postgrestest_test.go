package postgrestest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"briefbot/adapters/sqlstore/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerKeepsItsDataWhenItStartsAgain(t *testing.T) {
	s := postgrestest.New(t)
	address, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do := func(sql string) (rows int64) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		tag, err := conn.Exec(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		return tag.RowsAffected()
	}
	do("CREATE TABLE kept AS SELECT 1 AS n")
	if err := s.Halt(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), address); err == nil {
		t.Error("a halted server answers")
	} else if strings.Contains(err.Error(), postgrestest.Password) {
		t.Errorf("the error holds the password: %v", err)
	}
	if err := s.Launch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := do("SELECT n FROM kept"); n != 1 {
		t.Errorf("after a restart the table has %d rows, want 1", n)
	}
}

func TestServerLeavesNothingBehind(t *testing.T) {
	folder, err := os.MkdirTemp("", "briefbot-left-") // t.TempDir is closed to the server's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", folder)
	t.Run("run", func(t *testing.T) { postgrestest.New(t) })
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left behind (%v)", left, err)
	}
}
