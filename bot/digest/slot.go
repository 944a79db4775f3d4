package digest

import (
	"slices"
	"time"

	"briefbot/content"
)

// searched is how many dates are looked at for the next slot: more than any
// quiet time that makes sense.
const searched = 3 * 366

// First returns the first slot later than an instant. ok is false where none
// comes within three years; the error tells that the zone is not known.
func (s Settings) First(after time.Time) (slot Slot, ok bool, err error) {
	zone, err := s.location()
	if err != nil {
		return Slot{}, false, err
	}
	slot, ok = s.FirstIn(zone, after)
	return slot, ok, nil
}

// Next returns the slot that follows another one by date and time of day,
// whichever instants they fall on. ok and the error are as of First.
func (s Settings) Next(after Slot) (slot Slot, ok bool, err error) {
	zone, err := s.location()
	if err != nil {
		return Slot{}, false, err
	}
	slot, ok = s.NextIn(zone, after)
	return slot, ok, nil
}

// FirstIn is First for a zone that was loaded before.
func (s Settings) FirstIn(zone *time.Location, after time.Time) (Slot, bool) {
	// A clock change can move a slot of the day before to this day.
	start := dayOf(after.In(zone)).add(-1)
	return s.find(zone, start, func(slot Slot) bool { return slot.At.After(after) })
}

// NextIn is Next for a zone that was loaded before.
func (s Settings) NextIn(zone *time.Location, after Slot) (Slot, bool) {
	return s.find(zone, dayOfDate(after.Date), func(slot Slot) bool {
		return slot.Date != after.Date || slot.Clock > after.Clock
	})
}

func (s Settings) find(zone *time.Location, start day, wanted func(Slot) bool) (Slot, bool) {
	for d := range day(searched) {
		date := start + d
		if !s.Days.Has(date.weekday()) || s.quiet(date) {
			continue
		}
		var before time.Time
		for _, c := range s.Times {
			slot := newSlot(zone, date, c)
			if slot.At.Equal(before) {
				continue // both in a gap, or one at its end: one digest will do
			}
			if before = slot.At; wanted(slot) {
				return slot, true
			}
		}
	}
	return Slot{}, false
}

func (s Settings) location() (*time.Location, error) { return loadZone(s.Zone) }

// quiet reports whether a date is one without a digest.
func (s Settings) quiet(d day) bool {
	return len(s.Quiet) > 0 && slices.ContainsFunc(s.Quiet, func(span content.Span) bool { return covers(span, d.date()) })
}

// covers reports whether a span holds a day. A month or a year is all of it.
func covers(span content.Span, date content.Date) bool {
	end := span.End
	if end.IsZero() {
		end = span.Start
	}
	if end.Month == 0 {
		end.Month = 12
	}
	if end.Day == 0 {
		end.Day = 31
	}
	return span.Start.Compare(date) <= 0 && date.Compare(end) <= 0
}

// Compare orders slots by date and time of day.
func (s Slot) Compare(o Slot) int {
	if c := s.Date.Compare(o.Date); c != 0 {
		return c
	}
	return int(s.Clock - o.Clock)
}

func newSlot(zone *time.Location, d day, c Clock) Slot {
	return Slot{Date: d.date(), Clock: c, At: instant(zone, d.wall(c)).UTC()}
}

// day counts days since 1970-01-01.
type day int

func dayOf(t time.Time) day {
	year, month, date := t.Date()
	return dayOfDate(content.Date{Year: year, Month: month, Day: date})
}

func dayOfDate(d content.Date) day {
	return day(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

const secondsOfDay = 24 * 60 * 60

func (d day) add(n int) day { return d + day(n) }

func (d day) date() content.Date {
	year, month, date := time.Unix(int64(d)*secondsOfDay, 0).UTC().Date()
	return content.Date{Year: year, Month: month, Day: date}
}

func (d day) weekday() time.Weekday {
	return time.Weekday(((int(d)+int(time.Thursday))%7 + 7) % 7) // 1970-01-01 was a Thursday
}

// wall is what clocks show at c on the day, as if they showed UTC.
func (d day) wall(c Clock) int64 { return int64(d)*secondsOfDay + int64(c)*60 }

// instant returns the first instant at which clocks of a zone show wall or
// something later. That is the one at which they show wall; where they show it
// twice, the first; where they leave it out, the one at which they go on.
// time.Date does not say which of two it returns.
func instant(zone *time.Location, wall int64) time.Time {
	// No clock is more than a day away from UTC.
	t := time.Unix(wall-secondsOfDay, 0).In(zone)
	for {
		start, end := t.ZoneBounds()
		_, offset := t.Zone()
		at := time.Unix(wall-int64(offset), 0).In(zone)
		if at.Before(start) {
			at = start
		}
		if !end.IsZero() && !end.After(t) {
			// On the last day of a leap year, of which ZoneBounds does not
			// know (https://pkg.go.dev/time#Time.ZoneBounds, as of Go 1.26).
			end = t.Add(time.Hour)
		}
		if end.IsZero() || at.Before(end) {
			return at
		}
		t = end
	}
}

// Instant is a slot with what clock changes make of it.
type Instant struct {
	Slot
	Offset time.Duration // of local time at At, east of UTC
	Moved  bool          // clocks leave the time out on that date: it is sent when they go on
	Twice  bool          // clocks show the time twice on that date: it is sent at the first
}

// Upcoming returns the next n slots later than an instant, fewer where fewer
// come. The error tells that the zone is not known.
func Upcoming(s Settings, after time.Time, n int) ([]Instant, error) {
	zone, err := s.location()
	if err != nil {
		return nil, err
	}
	var all []Instant
	slot, ok := s.FirstIn(zone, after)
	for ok && len(all) < n {
		all = append(all, instantOf(zone, slot))
		slot, ok = s.NextIn(zone, slot)
	}
	return all, nil
}

func instantOf(zone *time.Location, s Slot) Instant {
	wall := dayOfDate(s.Date).wall(s.Clock)
	local := s.At.In(zone)
	_, offset := local.Zone()
	i := Instant{Slot: s, Offset: time.Duration(offset) * time.Second}
	i.Moved = s.At.Unix()+int64(offset) != wall
	if _, end := local.ZoneBounds(); !i.Moved && !end.IsZero() {
		_, later := end.Zone()
		again := wall - int64(later)
		i.Twice = later < offset && again >= end.Unix()
	}
	return i
}
