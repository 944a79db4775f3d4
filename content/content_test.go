package content_test

import (
	"testing"
	"time"

	"briefbot/content"
)

func TestDatesKeepThePrecisionThatIsKnown(t *testing.T) {
	for _, tt := range []struct{ in, first, after string }{
		{"2026", "2026-01-01", "2027-01-01"},
		{"2026-11", "2026-11-01", "2026-12-01"},
		{"2026-12", "2026-12-01", "2027-01-01"},
		{"2026-11-18", "2026-11-18", "2026-11-19"},
		{"2028-02-29", "2028-02-29", "2028-03-01"},
	} {
		d, err := content.ParseDate(tt.in)
		if err != nil {
			t.Fatalf("%s: %v", tt.in, err)
		}
		if d.String() != tt.in {
			t.Errorf("%s is written as %s", tt.in, d)
		}
		if got := d.First(time.UTC).Format(time.DateOnly); got != tt.first {
			t.Errorf("%s starts on %s, want %s", tt.in, got, tt.first)
		}
		if got := d.After(time.UTC).Format(time.DateOnly); got != tt.after {
			t.Errorf("%s is over on %s, want %s", tt.in, got, tt.after)
		}
	}
}

func TestDatesThatDoNotExistAreRefused(t *testing.T) {
	for _, in := range []string{"", "26", "2026-13", "2026-00", "2026-02-30", "2027-02-29", "2026-11-00", "2026/11/18", "0000", "2026-11-18T00:00", "２０２６", "next year"} {
		if d, err := content.ParseDate(in); err == nil {
			t.Errorf("%q was read as %s", in, d)
		}
	}
}

func TestSpansAreDatesOrIntervals(t *testing.T) {
	for _, in := range []string{"2026-11", "2025-10-30/2025-11-01", "2025/2026"} {
		s, err := content.ParseSpan(in)
		if err != nil || s.String() != in {
			t.Errorf("%q was read as %s, %v", in, s, err)
		}
	}
	for _, in := range []string{"2025-11-01/2025-10-30", "2025-11-01/", "/2025", "2025/2026/2027", ".."} {
		if s, err := content.ParseSpan(in); err == nil {
			t.Errorf("%q was read as %s", in, s)
		}
	}
}

func TestTextFallsBackToWhatThereIs(t *testing.T) {
	full := content.Text{Hans: "简", Hant: "繁", English: "en"}
	for lang, want := range map[content.Lang]string{content.Hans: "简", content.Hant: "繁", content.English: "en", "fr": "简"} {
		if got := full.In(lang); got != want {
			t.Errorf("in %s: %q, want %q", lang, got, want)
		}
	}
	if got := (content.Text{Hans: "简"}).In(content.Hant); got != "简" {
		t.Errorf("without a traditional text: %q", got)
	}
	if got := (content.Text{English: "en"}).In(content.Hans); got != "en" {
		t.Errorf("without a Chinese text: %q", got)
	}
}

func TestReferencesAreReadInsideAndAcrossBriefings(t *testing.T) {
	want := content.Ref{Briefing: "b", Entry: "e"}
	for _, in := range []string{"e", "b/e"} {
		if got := content.ResolveRef("b", in); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "e", "/e", "b/", "a/b/c"} {
		if ref, ok := content.ParseRef(in); ok {
			t.Errorf("%q was read as %s", in, ref)
		}
	}
}

func library() *content.Library {
	at := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	return content.NewLibrary([]*content.Briefing{
		{ID: "old", Published: content.Date{Year: 2024}, Entries: []content.Entry{{ID: "first"}}},
		{ID: "draft", Published: content.Date{Year: 2026}, Status: content.Draft, Entries: []content.Entry{{ID: "hidden"}}},
		{ID: "later", Published: content.Date{Year: 2026}, PublishAt: at, Entries: []content.Entry{{ID: "second", Supersedes: []string{"old/first"}}}},
		{ID: "latest", Published: content.Date{Year: 2027}, PublishAt: at.AddDate(0, 1, 0), Entries: []content.Entry{{ID: "third"}}},
	})
}

func TestDraftsAndEmbargoesAreHiddenUntilTheirInstant(t *testing.T) {
	embargo := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		now   time.Time
		shown []string
		next  time.Time
	}{
		{"before both", embargo.Add(-time.Nanosecond), []string{"old"}, embargo},
		{"at the instant", embargo, []string{"later", "old"}, embargo.AddDate(0, 1, 0)},
		{"after both", embargo.AddDate(1, 0, 0), []string{"latest", "later", "old"}, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			visible, next := library().VisibleAt(tt.now)
			var ids []string
			for _, b := range visible.Briefings() {
				ids = append(ids, b.ID)
			}
			if len(ids) != len(tt.shown) {
				t.Fatalf("shows %v, want %v", ids, tt.shown)
			}
			for i := range ids {
				if ids[i] != tt.shown[i] {
					t.Errorf("shows %v, want %v", ids, tt.shown)
				}
			}
			if !next.Equal(tt.next) {
				t.Errorf("next change at %s, want %s", next, tt.next)
			}
		})
	}
}

func TestASupersededEntryLeadsToItsSuccessor(t *testing.T) {
	next, ok := library().Successor(content.Ref{Briefing: "old", Entry: "first"})
	if want := (content.Ref{Briefing: "later", Entry: "second"}); !ok || next != want {
		t.Errorf("leads to %s, %v", next, ok)
	}
	early, _ := library().VisibleAt(time.Time{})
	if next, ok := early.Successor(content.Ref{Briefing: "old", Entry: "first"}); ok {
		t.Errorf("an embargoed successor %s is known", next)
	}
}

func TestTheFingerprintIsThatOfTheContent(t *testing.T) {
	one, same := library(), library()
	if one.Fingerprint() != same.Fingerprint() {
		t.Error("the same content has two fingerprints")
	}
	other := content.NewLibrary([]*content.Briefing{{ID: "old", Entries: []content.Entry{{ID: "changed"}}}})
	if one.Fingerprint() == other.Fingerprint() {
		t.Error("other content has the same fingerprint")
	}
}
