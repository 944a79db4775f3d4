package digest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

// Sets of days of the week that have a name.
const (
	EveryDay    Weekdays = 1<<7 - 1
	WorkingDays Weekdays = EveryDay &^ Weekend
	Weekend     Weekdays = 1<<time.Saturday | 1<<time.Sunday
)

var errWeekdays = errors.New(`must be days of the week such as "mon,wed,fri"`)

// On returns the set of the days.
func On(days ...time.Weekday) Weekdays {
	var set Weekdays
	for _, d := range days {
		set |= 1 << d
	}
	return set
}

// Has reports whether a day is in the set.
func (d Weekdays) Has(day time.Weekday) bool { return d&(1<<day) != 0 }

// Each returns the days of the set, Monday first.
func (d Weekdays) Each() []time.Weekday {
	var days []time.Weekday
	for i := range 7 {
		if day := time.Weekday((i + 1) % 7); d.Has(day) {
			days = append(days, day)
		}
	}
	return days
}

// String returns the days as "mon,tue,sun", Monday first.
func (d Weekdays) String() string {
	var names []string
	for _, day := range d.Each() {
		names = append(names, dayKey(day))
	}
	return strings.Join(names, ",")
}

func dayKey(day time.Weekday) string { return strings.ToLower(day.String()[:3]) }

// MarshalText implements encoding.TextMarshaler.
func (d Weekdays) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It takes what MarshalText
// writes, in any order.
func (d *Weekdays) UnmarshalText(text []byte) error {
	var set Weekdays
	for name := range strings.SplitSeq(string(text), ",") {
		i := slices.IndexFunc(EveryDay.Each(), func(day time.Weekday) bool { return dayKey(day) == name })
		if i < 0 && len(text) > 0 {
			return errWeekdays
		} else if i >= 0 {
			set |= On(EveryDay.Each()[i])
		}
	}
	*d = set
	return nil
}

// Words says which days these are: "every working day", "Mon and Thu".
func (d Weekdays) Words(p i18n.Printer) string {
	switch d {
	case EveryDay:
		return p.T("digest.days.every")
	case WorkingDays:
		return p.T("digest.days.working")
	case Weekend:
		return p.T("digest.days.weekend")
	}
	var names []string
	for _, day := range d.Each() {
		names = append(names, p.T(i18n.Key("digest.day."+dayKey(day))))
	}
	return strings.Join(names, p.T("label.list_comma"))
}

// ReadDays reads days of the week as people type them in English and Chinese:
// "weekdays", "mon-fri", "Mon, Wed", 工作日, 周一至周五, 周一三五. The error is for
// the user.
func ReadDays(p i18n.Printer, s string) (Weekdays, error) {
	days, ok := readDays(typed(s))
	if !ok {
		return 0, &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.days", i18n.Args{"Days": bot.Excerpt(s)})}
	}
	return days, nil
}

func readDays(s string) (days Weekdays, ok bool) {
	r := dayReader{rest: s}
	for {
		r.separate()
		if r.rest == "" {
			return days, days != 0
		}
		some, ok := r.take()
		if !ok {
			return 0, false
		}
		days |= some
	}
}

// dayReader reads a list of days. named says that the last one was named in
// Chinese with 周 or the like, which the next one need not repeat.
type dayReader struct {
	rest  string
	named bool
}

func (r *dayReader) separate() {
	for {
		from := r.rest
		r.rest, _ = cutSeparators(r.rest)
		if rest, word := cutWord(r.rest); slices.Contains([]string{"on", "every", "each", "the"}, word) && strings.TrimSpace(rest) != "" {
			if next, day := cutWord(strings.TrimLeft(rest, " ")); word != "every" || day != "day" && day != "days" {
				r.rest = rest
			} else {
				r.rest = "daily" + next
			}
		}
		if rest, found := cutAny(r.rest, "每"); found != "" && !strings.HasPrefix(rest, "天") && !strings.HasPrefix(rest, "日") {
			r.rest = rest
		}
		if r.rest == from {
			return
		}
	}
}

func (r *dayReader) take() (Weekdays, bool) {
	if set, ok := r.set(); ok {
		return set, true
	}
	first, ok := r.day()
	if !ok {
		return 0, false
	}
	if !r.through() {
		days := On(first)
		for r.named { // 周一三五
			day, ok := r.digit()
			if !ok {
				break
			}
			days |= On(day)
		}
		return days, true
	}
	last, ok := r.day()
	if !ok {
		return 0, false
	}
	days := On(first)
	for day := first; day != last; {
		day = (day + 1) % 7
		days |= On(day)
	}
	return days, true
}

func (r *dayReader) set() (Weekdays, bool) {
	for _, named := range []struct {
		days  Weekdays
		names []string
	}{
		{EveryDay, []string{"每天", "每日", "天天"}},
		{WorkingDays, []string{"工作日", "平日"}},
		{Weekend, []string{"周末", "双休日", "雙休日"}},
	} {
		if rest, found := cutAny(r.rest, named.names...); found != "" {
			r.rest, r.named = rest, false
			return named.days, true
		}
	}
	rest, word := cutWord(r.rest)
	var days Weekdays
	switch word {
	case "daily", "everyday":
		days = EveryDay
	case "weekdays", "weekday", "workdays", "workday":
		days = WorkingDays
	case "weekends", "weekend":
		days = Weekend
	case "all", "working", "work":
		after, second := cutWord(strings.TrimLeft(rest, " "))
		if second != "days" && second != "day" && second != "week" {
			return 0, false
		}
		rest, days = after, WorkingDays
		if word == "all" {
			days = EveryDay
		}
	default:
		return 0, false
	}
	r.rest, r.named = rest, false
	return days, true
}

func (r *dayReader) day() (time.Weekday, bool) {
	r.rest = strings.TrimLeft(r.rest, " ")
	if rest, found := cutAny(r.rest, "星期", "礼拜", "周"); found != "" {
		r.rest, r.named = rest, true
		return r.digit()
	}
	if r.named {
		if day, ok := r.digit(); ok {
			return day, true
		}
	}
	rest, word := cutWord(r.rest)
	for _, day := range EveryDay.Each() {
		full := strings.ToLower(day.String())
		switch strings.TrimSuffix(word, "s") {
		case full, full[:3], full[:4]: // mondays, mon, tues, thurs
		default:
			continue
		}
		r.rest, _ = cutAny(rest, ".")
		r.named = false
		return day, true
	}
	return 0, false
}

// digit reads the day behind 周.
func (r *dayReader) digit() (time.Weekday, bool) {
	for i, names := range [][]string{{"日", "天", "7"}, {"一", "1"}, {"二", "2"}, {"三", "3"}, {"四", "4"}, {"五", "5"}, {"六", "6"}} {
		if rest, found := cutAny(r.rest, names...); found != "" {
			r.rest = rest
			return time.Weekday(i), true
		}
	}
	return 0, false
}

func (r *dayReader) through() bool {
	rest := strings.TrimLeft(r.rest, " ")
	if after, found := cutAny(rest, "-", "~", "至", "到"); found != "" {
		r.rest = after
		return true
	}
	if after, word := cutWord(rest); word == "to" || word == "through" || word == "till" || word == "until" {
		r.rest = after
		return true
	}
	return false
}
