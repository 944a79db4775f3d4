package sqlstore

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/sqlstore/postgrestest"
	"briefbot/bot"
)

// examined are the checks of a database, by name.
func examined(t *testing.T, address string, now func() time.Time) map[string]bot.Check {
	t.Helper()
	byName := map[string]bot.Check{}
	for _, c := range Examine(t.Context(), address, now) {
		byName[c.Name] = c
		if (c.State == bot.CheckFail || c.State == bot.CheckWarn) != (c.Advice != "") {
			t.Errorf("%s is %s and advises %q", c.Name, c.State, c.Advice)
		}
		if strings.Contains(c.Found, "\n") {
			t.Errorf("%s takes several lines: %s", c.Name, c.Found)
		}
		if strings.Contains(c.Found+c.Advice, postgrestest.Password) {
			t.Errorf("%s tells the password: %s", c.Name, c.Found)
		}
	}
	for _, name := range []string{"connection", "schema", "clock", "digests"} {
		if _, ok := byName[name]; !ok {
			t.Errorf("%s was not looked at", name)
		}
	}
	return byName
}

func wantCheck(t *testing.T, checks map[string]bot.Check, name string, state bot.CheckState, found string) {
	t.Helper()
	if c := checks[name]; c.State != state || !strings.Contains(c.Found, found) {
		t.Errorf("%s is %s: %s; want %s: …%s…", name, c.State, c.Found, state, found)
	}
}

func TestADatabaseIsExamined(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		address := create(t)
		fresh := examined(t, address, time.Now)
		wantCheck(t, fresh, "connection", bot.CheckOK, "")
		wantCheck(t, fresh, "digests", bot.CheckSkipped, "")

		s := opened(t, address)
		q := s.Digests()
		checks := examined(t, address, time.Now)
		wantCheck(t, checks, "schema", bot.CheckOK, fmt.Sprintf("version %d", newest(t)))
		wantCheck(t, checks, "digests", bot.CheckOK, "0 subscriptions active, 0 replicas at work, nothing late")

		due(t, q, "T1/a", "T1/b")
		wantCheck(t, examined(t, address, time.Now), "digests", bot.CheckWarn, "2 subscriptions active, 0 replicas at work, 2 digests late")
		claimAll(t, q, 2)
		if _, _, err := q.Present(t.Context(), "r1", []string{"slack"}, time.Minute); err != nil {
			t.Fatal(err)
		}
		checks = examined(t, address, time.Now)
		wantCheck(t, checks, "digests", bot.CheckWarn, "1 replica at work, 2 digests late")
		if advice := checks["digests"].Advice; strings.Contains(advice, "serve") {
			t.Errorf("to start what runs is advised: %s", advice)
		}

		if _, err := s.engine.write.Exec("DELETE FROM goose_db_version WHERE version_id = 2"); err != nil {
			t.Fatal(err)
		}
		checks = examined(t, address, time.Now)
		wantCheck(t, checks, "schema", bot.CheckWarn, "has version 1; the next start brings it to 2")
		wantCheck(t, checks, "digests", bot.CheckSkipped, "")
		if _, err := s.engine.write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)"); err != nil {
			t.Fatal(err)
		}
		wantCheck(t, examined(t, address, time.Now), "schema", bot.CheckFail, "version 99, this program knows 2")
	})
}

func TestTheClockOfADatabaseIsCompared(t *testing.T) {
	address := postgresDatabase(postgrestest.New(t))(t)
	opened(t, address)
	for off, want := range map[time.Duration]bot.CheckState{0: bot.CheckOK, 20 * time.Second: bot.CheckWarn, -2 * time.Hour: bot.CheckFail} {
		checks := examined(t, address, func() time.Time { return time.Now().Add(off) })
		found := map[bot.CheckState]string{bot.CheckOK: "agrees", bot.CheckWarn: "behind that of this machine", bot.CheckFail: "2h0m0s ahead of"}[want]
		wantCheck(t, checks, "clock", want, found)
	}
}

func TestPostgresSaysWhyItRefuses(t *testing.T) {
	address := postgresDatabase(postgrestest.New(t))(t)
	whole, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	stranger, elsewhere := *whole, *whole
	stranger.User = url.UserPassword("briefbot", "wrong")
	elsewhere.Path = "/none"
	wantCheck(t, examined(t, stranger.String(), time.Now), "connection", bot.CheckFail, `(password authentication failed for user "briefbot")`)
	wantCheck(t, examined(t, elsewhere.String(), time.Now), "connection", bot.CheckFail, `(database "none" does not exist)`)
}

func TestWhatCannotBeConnectedToIsNamed(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database at all\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		address, found string
		state          bot.CheckState
	}{
		"a file to be made":        {filepath.Join(folder, "new"), "the first start makes it", bot.CheckOK},
		"a folder that is missing": {"sqlite:" + filepath.Join(folder, "none", "new"), "missing", bot.CheckFail},
		"a folder":                 {folder, "cannot be written", bot.CheckFail},
		"a text":                   {text, "cannot be read as a database", bot.CheckFail},
		"nobody listens":           {"postgres://briefbot:" + postgrestest.Password + "@127.0.0.1:1/briefbot", "does not let the program in", bot.CheckFail},
		"another database":         {"mysql://briefbot:" + postgrestest.Password + "@127.0.0.1/briefbot", "no address", bot.CheckFail},
		"no address":               {"postgres://briefbot:" + postgrestest.Password + "@127.0.0.1:port/briefbot", "no address", bot.CheckFail},
	} {
		t.Run(name, func(t *testing.T) {
			checks := examined(t, c.address, time.Now)
			wantCheck(t, checks, "connection", c.state, c.found)
			for _, rest := range []string{"schema", "clock", "digests"} {
				wantCheck(t, checks, rest, bot.CheckSkipped, "once the database is there")
			}
		})
	}
	entries, err := os.ReadDir(folder)
	if err != nil || !slices.Equal(namesOf(entries), []string{"text"}) {
		t.Errorf("the folder holds %v (%v): something was made", namesOf(entries), err)
	}
}

func namesOf(entries []os.DirEntry) (names []string) {
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
