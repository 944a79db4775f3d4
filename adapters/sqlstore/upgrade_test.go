package sqlstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"briefbot/bot/bottest"
)

// TestDatabasesOfEarlierSchemasOpenWithAllTheirData loads what `sqlite3 FILE
// .dump` and `pg_dump --inserts --no-owner --no-privileges` wrote of a
// database that the program of that schema had made and bottest.FillStore had
// filled. A dump of a released schema never changes; each release that
// changes the schema adds its own.
func TestDatabasesOfEarlierSchemasOpenWithAllTheirData(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		address := create(t)
		e, err := openEngine(address)
		if err != nil {
			t.Fatal(err)
		}
		name := e.name
		if err := e.close(); err != nil {
			t.Fatal(err)
		}
		dumps, err := filepath.Glob("testdata/schema-*." + name + ".sql")
		if err != nil || len(dumps) == 0 {
			t.Fatalf("there are no dumps (%v)", err)
		}
		for _, dump := range dumps {
			t.Run(filepath.Base(dump), func(t *testing.T) {
				address := create(t)
				load(t, address, dump)
				s := opened(t, address)
				bottest.WantFilledBeforeDigests(t, s)
				if strings.HasPrefix(filepath.Base(dump), "schema-1.") {
					bottest.FillDigests(t, s.Digests())
				}
				bottest.WantDigestsFilled(t, s.Digests())
			})
		}
	})
}

func load(t *testing.T, address, dump string) {
	t.Helper()
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	e, err := openEngine(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.write.Exec(string(text)); err != nil {
		t.Errorf("%s: %v", dump, err)
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
}
