package digest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"briefbot/bot/digest"
	"briefbot/content"
)

func date(tb testing.TB, s string) content.Date {
	tb.Helper()
	d, err := content.ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func clock(tb testing.TB, s string) digest.Clock {
	tb.Helper()
	var c digest.Clock
	if err := c.UnmarshalText([]byte(s)); err != nil {
		tb.Fatal(err)
	}
	return c
}

func instantOf(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestUpcomingInstants(t *testing.T) {
	tests := []struct {
		name, zone string
		days       digest.Weekdays
		times      []string
		quiet      string
		after      string
		want       []string // date, time, instant in UTC, offset, what the clocks do
	}{
		{
			"working days leave the weekend out", "Asia/Shanghai", digest.WorkingDays,
			[]string{"09:00"},
			"", "2026-07-31T01:00:00Z",
			[]string{"2026-08-03 09:00 2026-08-03T01:00:00Z +8h0m0s", "2026-08-04 09:00 2026-08-04T01:00:00Z +8h0m0s"},
		},
		{
			"the slot that has just been is not to come", "Asia/Shanghai", digest.EveryDay,
			[]string{"09:00", "18:00"},
			"", "2026-07-31T01:00:00Z",
			[]string{"2026-07-31 18:00 2026-07-31T10:00:00Z +8h0m0s", "2026-08-01 09:00 2026-08-01T01:00:00Z +8h0m0s"},
		},
		{
			"clocks go forward", "Europe/Berlin", digest.EveryDay,
			[]string{"02:30"},
			"", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29 02:30 2026-03-29T01:00:00Z +2h0m0s moved", "2026-03-30 02:30 2026-03-30T00:30:00Z +2h0m0s"},
		},
		{
			"times that a gap makes one are one", "Europe/Berlin", digest.EveryDay,
			[]string{"02:15", "02:45", "03:00", "03:01"},
			"", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29 02:15 2026-03-29T01:00:00Z +2h0m0s moved", "2026-03-29 03:01 2026-03-29T01:01:00Z +2h0m0s"},
		},
		{
			"clocks go back", "Europe/Berlin", digest.EveryDay,
			[]string{"02:30"},
			"", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25 02:30 2026-10-25T00:30:00Z +2h0m0s twice", "2026-10-26 02:30 2026-10-26T01:30:00Z +1h0m0s"},
		},
		{
			"the end of what clocks show twice is shown once", "Europe/Berlin", digest.EveryDay,
			[]string{"03:00"},
			"", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25 03:00 2026-10-25T02:00:00Z +1h0m0s"},
		},
		{
			"a gap at midnight", "Africa/Cairo", digest.EveryDay,
			[]string{"00:15"},
			"", "2026-04-23T12:00:00Z",
			[]string{"2026-04-24 00:15 2026-04-23T22:00:00Z +3h0m0s moved", "2026-04-25 00:15 2026-04-24T21:15:00Z +3h0m0s"},
		},
		{
			"half an hour", "Australia/Lord_Howe", digest.EveryDay,
			[]string{"01:45"},
			"", "2026-04-04T00:00:00Z",
			[]string{"2026-04-05 01:45 2026-04-04T14:45:00Z +11h0m0s twice"},
		},
		{
			"a day that a zone left out", "Pacific/Apia", digest.EveryDay,
			[]string{"09:00"},
			"", "2011-12-29T19:00:00Z",
			[]string{"2011-12-30 09:00 2011-12-30T10:00:00Z +14h0m0s moved", "2011-12-31 09:00 2011-12-30T19:00:00Z +14h0m0s"},
		},
		{
			"quiet dates", "Asia/Seoul", digest.EveryDay,
			[]string{"09:00"},
			"2026-10-01/2026-10-07", "2026-09-30T00:00:00Z",
			[]string{"2026-10-08 09:00 2026-10-08T00:00:00Z +9h0m0s"},
		},
		{
			"a quiet month", "Asia/Seoul", digest.On(time.Monday),
			[]string{"09:00"},
			"2026-02", "2026-01-31T00:00:00Z",
			[]string{"2026-03-02 09:00 2026-03-02T00:00:00Z +9h0m0s"},
		},
		{
			"the last day of a leap year", "Europe/Berlin", digest.EveryDay,
			[]string{"09:00"},
			"", "2040-12-30T12:00:00Z",
			[]string{"2040-12-31 09:00 2040-12-31T08:00:00Z +1h0m0s", "2041-01-01 09:00 2041-01-01T08:00:00Z +1h0m0s"},
		},
		{"quiet for ever", "Asia/Seoul", digest.EveryDay, []string{"09:00"}, "2020/2099", "2026-01-31T00:00:00Z", nil},
		{"no day", "Asia/Seoul", 0, []string{"09:00"}, "", "2026-01-31T00:00:00Z", nil},
		{"no time", "Asia/Seoul", digest.EveryDay, nil, "", "2026-01-31T00:00:00Z", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := settings()
			s.Zone, s.Days, s.Times = test.zone, test.days, nil
			for _, c := range test.times {
				s.Times = append(s.Times, clock(t, c))
			}
			if test.quiet != "" {
				span, err := content.ParseSpan(test.quiet)
				if err != nil {
					t.Fatal(err)
				}
				s.Quiet = []content.Span{span}
			}
			got, err := digest.Upcoming(s, instantOf(t, test.after), max(len(test.want), 1))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(test.want) {
				t.Fatalf("got %v", got)
			}
			for i, in := range got {
				line := fmt.Sprintf("%s %s %s +%s", in.Date, in.Clock, in.At.Format(time.RFC3339), in.Offset)
				if in.Moved {
					line += " moved"
				}
				if in.Twice {
					line += " twice"
				}
				if line != test.want[i] {
					t.Errorf("got  %s\nwant %s", line, test.want[i])
				}
			}
		})
	}
}

func TestAZoneThatIsNotKnownIsAnError(t *testing.T) {
	s := settings()
	s.Zone = "Atlantis/Capital"
	if _, ok, err := s.First(time.Unix(0, 0)); ok || err == nil {
		t.Error("First knows the zone")
	}
	if _, ok, err := s.Next(digest.Slot{Date: date(t, "2026-01-01")}); ok || err == nil {
		t.Error("Next knows the zone")
	}
	if _, err := digest.Upcoming(s, time.Unix(0, 0), 5); err == nil {
		t.Error("Upcoming knows the zone")
	}
}

// TestALocalTimeIsExactlyOneInstant walks every zone from 2020 to 2040. Around
// each clock change it holds every minute of the dates concerned against what
// clocks show minute by minute; on all other dates one time of day, chosen at
// random, against what clocks show at that instant. What is the same in many
// zones is held once.
func TestALocalTimeIsExactlyOneInstant(t *testing.T) {
	random := rand.New(rand.NewPCG(2020, 2040))
	held := map[string]bool{}
	once := func(what string) bool {
		before := held[what]
		held[what] = true
		return !before
	}
	for _, name := range digest.Zones() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		_, first := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).In(zone).Zone()
		all := fmt.Sprint(first)
		for _, change := range changes(zone) {
			_, before := change.Add(-time.Minute).Zone()
			_, after := change.Zone()
			one := fmt.Sprint(" ", change.Unix(), before, after)
			all += one
			if once(one) {
				holdAround(t, zone, change)
			}
		}
		if once(all) {
			holdDates(t, zone, digest.Clock(random.IntN(24*60)))
		}
		if t.Failed() {
			t.Fatalf("in %s", name)
		}
	}
	if len(held) < 1000 {
		t.Errorf("only %d clock changes in all zones", len(held))
	}
}

// changes returns when clocks change from 2020 to 2040.
func changes(zone *time.Location) []time.Time {
	var all []time.Time
	end := time.Date(2041, 1, 2, 0, 0, 0, 0, time.UTC)
	for t := time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC).In(zone); ; {
		_, next := t.ZoneBounds()
		if next.IsZero() || next.After(end) {
			return all
		}
		if !next.After(t) { // the last day of a leap year, of which ZoneBounds does not know
			t = t.AddDate(0, 0, 1)
			continue
		}
		_, before := t.Zone()
		if _, after := next.Zone(); before != after { // not only the name
			all = append(all, next)
		}
		t = next
	}
}

// holdAround holds the minutes of the dates on which clocks change. shown is
// what clocks show, in minutes since midnight of the first date, by the minute.
func holdAround(t *testing.T, zone *time.Location, change time.Time) {
	t.Helper()
	year, month, day := change.Add(-time.Minute).In(zone).Date()
	first := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	const dates, margin = 2, 4 * 60
	begin := change.Add(-(24*60 + margin) * time.Minute)
	earliest := make([]int, dates*24*60) // minute at which clocks first show a time, or a later one
	reached := 0
	for minute := 0; reached < len(earliest); minute++ {
		at := begin.Add(time.Duration(minute) * time.Minute)
		_, offset := at.In(zone).Zone()
		shown := int(at.Unix()+int64(offset)-first.Unix()) / 60
		for ; reached < len(earliest) && reached <= shown; reached++ {
			earliest[reached] = minute
		}
	}
	s := settings()
	s.Days = digest.EveryDay
	for i, minute := range earliest {
		at := first.AddDate(0, 0, i/(24*60))
		s.Times = []digest.Clock{digest.Clock(i % (24 * 60))}
		yesterday := at.AddDate(0, 0, -1)
		slot, ok := s.NextIn(zone, digest.Slot{Date: dateOf(yesterday), Clock: s.Times[0]})
		want := begin.Add(time.Duration(minute) * time.Minute)
		if !ok || slot.Date != dateOf(at) || !slot.At.Equal(want) {
			t.Fatalf("%s %s around %s: got %v, want %s", dateOf(at), s.Times[0], change, slot, want)
		}
	}
}

func dateOf(t time.Time) content.Date {
	year, month, day := t.Date()
	return content.Date{Year: year, Month: month, Day: day}
}

// holdDates walks all dates at one time of day: each has one instant, later
// than the one before, at which clocks show the time or, in a gap, go on.
func holdDates(t *testing.T, zone *time.Location, at digest.Clock) {
	t.Helper()
	s := settings()
	s.Days, s.Times = digest.EveryDay, []digest.Clock{at}
	slot := digest.Slot{Date: content.Date{Year: 2019, Month: 12, Day: 31}, Clock: at}
	for day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= 2040; day = day.AddDate(0, 0, 1) {
		next, ok := s.NextIn(zone, slot)
		if !ok || next.Date != dateOf(day) || next.Clock != at || !next.At.After(slot.At) {
			t.Fatalf("after %v comes %v (%v)", slot, next, ok)
		}
		local := next.At.In(zone)
		if dateOf(local) != next.Date || local.Hour()*60+local.Minute() != int(at) {
			start, _ := local.ZoneBounds()
			if !start.Equal(next.At) {
				t.Fatalf("%v: clocks show %s", next, local)
			}
		}
		slot = next
	}
}

func TestFirstIsTheFirstOfAll(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	zones := digest.Zones()
	for range 2000 {
		s := settings()
		s.Zone = zones[random.IntN(len(zones))]
		s.Days = digest.Weekdays(1 + random.IntN(127))
		s.Times = []digest.Clock{digest.Clock(random.IntN(700)), digest.Clock(700 + random.IntN(740))}
		after := time.Unix(1577836800+random.Int64N(20*365*24*3600), 0)
		first, ok, err := s.First(after)
		if err != nil || !ok || !first.At.After(after) {
			t.Fatalf("%+v after %s: %v, %v, %v", s, after, first, ok, err)
		}
		// From long before, slot by slot, comes the same one.
		slot, _, _ := s.First(after.AddDate(0, 0, -20))
		for !slot.At.After(after) {
			following, ok, err := s.Next(slot)
			if err != nil || !ok || following.Compare(slot) <= 0 || following.At.Before(slot.At) {
				t.Fatalf("%+v: %v comes after %v (%v, %v)", s, following, slot, ok, err)
			}
			slot = following
		}
		if slot != first {
			t.Fatalf("%+v after %s: %v and %v", s, after, first, slot)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	s := settings()
	slot, _ := s.FirstIn(zone, time.Unix(1577836800, 0))
	for b.Loop() {
		s.NextIn(zone, slot)
	}
}
