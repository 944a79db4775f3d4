package digest_test

import (
	"archive/zip"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // as the program has it

	"briefbot/bot/digest"
	"briefbot/content"
)

var update = flag.Bool("update", false, "write the golden files and the list of zones")

// TestZonesAreThoseOfTheDatabase holds the list against the database of the Go
// that builds the program, which time/tzdata embeds.
func TestZonesAreThoseOfTheDatabase(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	database, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	var want []string
	for _, file := range database.File {
		if name := file.Name; !strings.HasSuffix(name, "/") && name != "Factory" { // which stands for none
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if *update {
		if err := os.WriteFile("zones.txt", []byte(strings.Join(want, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := digest.Zones(); !slices.Equal(got, want) {
		t.Errorf("zones.txt has %d zones, the database %d; run this test with -update", len(got), len(want))
	}
	for _, name := range want {
		if _, err := time.LoadLocation(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAZoneIsLoadedOnce(t *testing.T) {
	var zones digest.LoadedZones
	first, err := zones.Load("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := zones.Load("Asia/Seoul"); first != second {
		t.Error("it was loaded again")
	}
	for _, name := range []string{"", "Local", "Atlantis/Capital", "../zoneinfo/UTC"} {
		if zone, err := zones.Load(name); err == nil {
			t.Errorf("%q is %v", name, zone)
		}
	}
}

func BenchmarkLoadZone(b *testing.B) {
	b.Run("loaded", func(b *testing.B) {
		var zones digest.LoadedZones
		for b.Loop() {
			_, _ = zones.Load("Europe/Berlin")
		}
	})
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			_, _ = time.LoadLocation("Europe/Berlin")
		}
	})
}

// A name that can mean several zones is refused where it is typed, and so is
// not proposed.
func TestEveryZoneThatIsProposedCanBeChosen(t *testing.T) {
	p := phrases(t).In(content.English)
	for _, typed := range append(digest.Zones(), "", "es", "mst", "pst8", "c") {
		for _, name := range digest.SuggestZones(typed, 25) {
			if _, _, err := digest.ReadZone(p, name); err != nil {
				t.Errorf("%q: %s is proposed, and %v", typed, name, err)
			}
		}
	}
}
