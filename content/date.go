package content

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Date is a calendar date with the precision that is known: a year
// ("2026"), a month ("2026-11") or a day ("2026-11-18"). The zero Date is
// "not given".
type Date struct {
	Year  int        // 1 to 9999
	Month time.Month // 0 where only the year is known
	Day   int        // 0 where only the month is known
}

var (
	errDate = errors.New(`must be a date: "2026", "2026-11" or "2026-11-18"`)
	errSpan = errors.New(`must be a date or two dates with "/" between: "2026-11" or "2025-10-30/2025-11-01"`)

	datePattern = regexp.MustCompile(`^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$`)
)

// ParseDate reads the forms that Date documents.
func ParseDate(s string) (Date, error) {
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return Date{}, errDate
	}
	var d Date
	d.Year, _ = strconv.Atoi(m[1])
	if m[2] != "" {
		month, _ := strconv.Atoi(m[2])
		d.Month = time.Month(month)
	}
	if m[3] != "" {
		d.Day, _ = strconv.Atoi(m[3])
	}
	if d.Year == 0 || (m[2] != "" && (d.Month < 1 || d.Month > 12)) {
		return Date{}, errDate
	}
	if m[3] != "" && d.First(time.UTC).Format(time.DateOnly) != s {
		return Date{}, fmt.Errorf("%s is not a day of the calendar", s)
	}
	return d, nil
}

// IsZero reports whether the date is not given.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the date as ISO 8601 with the precision that is known.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// First returns the first instant of the date in loc.
func (d Date) First(loc *time.Location) time.Time {
	return time.Date(d.Year, max(d.Month, 1), max(d.Day, 1), 0, 0, 0, 0, loc)
}

// After returns the first instant in loc that is later than the whole date.
func (d Date) After(loc *time.Location) time.Time {
	switch {
	case d.Month == 0:
		return time.Date(d.Year+1, 1, 1, 0, 0, 0, 0, loc)
	case d.Day == 0:
		return time.Date(d.Year, d.Month+1, 1, 0, 0, 0, 0, loc)
	}
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, loc)
}

// Compare orders dates by their first day, a coarser date first.
func (d Date) Compare(o Date) int {
	if c := d.Year - o.Year; c != 0 {
		return c
	}
	if c := int(d.Month - o.Month); c != 0 {
		return c
	}
	return d.Day - o.Day
}

// MarshalText implements encoding.TextMarshaler.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDate(string(b))
	return err
}

// Span is one date or the time from one date to another, both included,
// written as ISO 8601 writes intervals: "2026-11" or
// "2025-10-30/2025-11-01".
type Span struct{ Start, End Date }

// ParseSpan reads the forms that Span documents.
func ParseSpan(s string) (Span, error) {
	start, end, two := strings.Cut(s, "/")
	first, err := ParseDate(start)
	if err != nil {
		return Span{}, errSpan
	}
	if !two {
		return Span{Start: first, End: first}, nil
	}
	last, err := ParseDate(end)
	if err != nil {
		return Span{}, errSpan
	}
	if last.Compare(first) < 0 {
		return Span{}, fmt.Errorf("%s ends before it starts", s)
	}
	return Span{Start: first, End: last}, nil
}

// String returns the span as ISO 8601.
func (s Span) String() string {
	if s.Start == s.End {
		return s.Start.String()
	}
	return s.Start.String() + "/" + s.End.String()
}

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSpan(string(b))
	return err
}
