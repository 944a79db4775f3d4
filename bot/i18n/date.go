package i18n

import (
	"fmt"
	"strconv"

	"briefbot/content"
)

// Date writes a date with the precision that is known: "2 November 2025",
// "November 2025", "2025"; 2025年11月2日 in Chinese; "" for the zero date.
func (p Printer) Date(d content.Date) string {
	switch {
	case d.IsZero():
		return ""
	case p.lang.Chinese():
		return chineseDate(d, content.Date{})
	}
	return englishDate(d, true)
}

// Span writes a span of time without repeating what both ends share:
// "30 October – 1 November 2025", 2025年10月30日至11月1日.
func (p Printer) Span(s content.Span) string {
	switch {
	case s.Start == s.End || s.End.IsZero():
		return p.Date(s.Start)
	case p.lang.Chinese():
		return chineseDate(s.Start, content.Date{}) + "至" + chineseDate(s.End, s.Start)
	}
	alike := (s.Start.Month == 0) == (s.End.Month == 0) && (s.Start.Day == 0) == (s.End.Day == 0)
	switch {
	case !alike || s.Start.Month == 0 || s.Start.Year != s.End.Year:
		return englishDate(s.Start, true) + " – " + englishDate(s.End, true)
	case s.Start.Month == s.End.Month:
		return strconv.Itoa(s.Start.Day) + "–" + englishDate(s.End, true)
	}
	return englishDate(s.Start, false) + " – " + englishDate(s.End, true)
}

func englishDate(d content.Date, year bool) string {
	s := ""
	switch {
	case d.Month == 0:
		return strconv.Itoa(d.Year)
	case d.Day == 0:
		s = d.Month.String()
	default:
		s = fmt.Sprintf("%d %s", d.Day, d.Month)
	}
	if year {
		s += " " + strconv.Itoa(d.Year)
	}
	return s
}

// chineseDate writes d and leaves out the year, and then the month, that
// stand in an earlier date of the same precision already.
func chineseDate(d, earlier content.Date) string {
	s := ""
	sameYear := d.Year == earlier.Year && d.Month != 0 && earlier.Month != 0
	if !sameYear {
		s = strconv.Itoa(d.Year) + "年"
	}
	if d.Month == 0 {
		return s
	}
	sameMonth := sameYear && d.Month == earlier.Month && d.Day != 0 && earlier.Day != 0
	if !sameMonth {
		s += strconv.Itoa(int(d.Month)) + "月"
	}
	if d.Day == 0 {
		return s
	}
	return s + strconv.Itoa(d.Day) + "日"
}
