package digest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
)

const minutesOfDay = 24 * 60

var errClock = errors.New(`must be a time of day such as "09:00"`)

// String returns the time as "09:00".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText implements encoding.TextMarshaler.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It takes what MarshalText
// writes and nothing else.
func (c *Clock) UnmarshalText(text []byte) error {
	rest, hour, n := cutDigits(string(text), 2)
	rest, colon := cutAny(rest, ":")
	rest, minute, m := cutDigits(rest, 2)
	if n != 2 || colon == "" || m != 2 || rest != "" || hour > 23 || minute > 59 {
		return errClock
	}
	*c = Clock(hour*60 + minute)
	return nil
}

// ReadTimes reads one time of day or several, as people type them in English
// and Chinese: "9", "9am", "9:30 pm", "09:00,18:00", 早上9点和下午三点半. They
// come back ascending and each once. The error is for the user.
func ReadTimes(p i18n.Printer, s string) ([]Clock, error) {
	times, ok := readTimes(typed(s))
	if !ok {
		return nil, &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.times", i18n.Args{"Times": bot.Excerpt(s)})}
	}
	return times, nil
}

func readTimes(s string) ([]Clock, bool) {
	var times []Clock
	s, _ = cutSeparators(s)
	for s != "" {
		rest, c, ok := cutTime(s)
		if !ok {
			return nil, false
		}
		rest, apart := cutSeparators(rest)
		if rest != "" && !apart {
			return nil, false
		}
		times, s = append(times, c), rest
	}
	slices.Sort(times)
	return slices.Compact(times), len(times) > 0
}

// half is the part of the day that a time was said to be in.
type half int

const (
	unsaid   half = iota
	am            // 1 to 11, and 12 for midnight
	pm            // 1 to 11, and 12 for noon
	night         // 1 to 5 in the morning, 6 to 11 in the evening, 12 for midnight
	midday        // 11 to 2
	morning       // 1 to 11
	evening       // 5 to 11, and 12 for midnight
	wholeDay      // noon and midnight, which need no number
)

func cutTime(s string) (rest string, c Clock, ok bool) {
	rest, said, whole := cutHalf(s)
	rest = strings.TrimLeft(rest, " ")
	rest, hour, minute, ok := cutHourMinute(rest)
	if !ok {
		if whole.is {
			return strings.TrimLeft(whole.rest, " "), whole.at, true
		}
		return s, 0, false
	}
	if said == unsaid {
		rest, said = cutMeridiem(rest)
	}
	hour, ok = hourIn(said, hour)
	return rest, Clock(hour*60 + minute), ok && minute < 60
}

// word is a part of the day that is a time by itself, with what follows it.
type word struct {
	is   bool
	at   Clock
	rest string
}

func cutHalf(s string) (rest string, said half, whole word) {
	if after, found := cutWord(s); found == "noon" || found == "midday" || found == "midnight" {
		at := Clock(12 * 60)
		if found == "midnight" {
			at = 0
		}
		return after, wholeDay, word{true, at, after}
	} else if found == "at" {
		return cutHalf(strings.TrimLeft(after, " "))
	}
	for _, part := range []struct {
		half  half
		names []string
	}{
		{am, []string{"上午", "am ", "a.m. "}},
		{pm, []string{"下午", "午后", "pm ", "p.m. "}},
		{morning, []string{"早上", "早晨", "清晨", "凌晨", "早"}},
		{evening, []string{"晚上", "傍晚", "夜晚", "晚"}},
		{night, []string{"夜里", "夜间", "深夜"}},
	} {
		if rest, found := cutAny(s, part.names...); found != "" {
			if found == "凌晨" {
				return rest, am, word{}
			}
			return rest, part.half, word{}
		}
	}
	if rest, found := cutAny(s, "正午", "中午"); found != "" {
		return rest, midday, word{true, 12 * 60, rest}
	}
	if rest, found := cutAny(s, "半夜", "午夜"); found != "" {
		return rest, night, word{true, 0, rest}
	}
	return s, unsaid, word{}
}

func cutHourMinute(s string) (rest string, hour, minute int, ok bool) {
	if rest, value, n := cutDigits(s, 5); n == 4 { // 0930
		return rest, value / 100, value % 100, true
	} else if n > 2 {
		return s, 0, 0, false
	}
	rest, hour, ok = cutNumeral(s)
	if !ok {
		return s, 0, 0, false
	}
	if after, mark := cutAny(rest, ":", "."); mark != "" {
		rest, minute, n := cutDigits(after, 2)
		return rest, hour, minute, n == 2
	}
	after, mark := cutAny(rest, "点", "时")
	if mark == "" {
		_, _, n := cutDigits(s, 2)
		return rest, hour, 0, n > 0 // 九 alone is no time
	}
	after, _ = cutAny(after, "钟")
	if rest, part := cutAny(after, "整", "半", "一刻", "三刻"); part != "" {
		return rest, hour, map[string]int{"半": 30, "一刻": 15, "三刻": 45}[part], true
	}
	if rest, minute, ok := cutNumeral(after); ok {
		rest, _ = cutAny(rest, "分")
		return rest, hour, minute, true
	}
	return after, hour, 0, true
}

func cutMeridiem(s string) (rest string, said half) {
	rest, found := cutAny(strings.TrimLeft(s, " "), "a.m.", "a.m", "am", "p.m.", "p.m", "pm", "noon", "midnight", "o'clock")
	switch {
	case found == "":
		return s, unsaid
	case found[0] == 'a':
		return rest, am
	case found[0] == 'p', found == "noon":
		return rest, pm
	case found == "midnight":
		return rest, am
	}
	return rest, unsaid
}

// hourIn returns the hour from 0 to 23; ok is false where the part of the day
// does not have it, or might mean another one.
func hourIn(said half, hour int) (int, bool) {
	switch said {
	case unsaid:
		return hour, hour < 24
	case am:
		return hour % 12, hour >= 1 && hour <= 12
	case pm:
		if hour > 12 {
			return hour, hour < 24 // 下午15点
		}
		return hour%12 + 12, hour >= 1
	case morning:
		return hour, hour >= 1 && hour <= 11
	case midday:
		if hour == 11 || hour == 12 {
			return hour, true
		}
		return hour + 12, hour == 1 || hour == 2
	case evening:
		switch {
		case hour >= 17 && hour < 24:
			return hour, true
		case hour == 12:
			return 0, true
		}
		return hour + 12, hour >= 5 && hour <= 11
	case night:
		switch {
		case hour >= 18 && hour < 24 || hour >= 1 && hour <= 5:
			return hour, true
		case hour == 12 || hour == 0:
			return 0, true
		}
		return hour + 12, hour >= 8 && hour <= 11
	case wholeDay:
	}
	return 0, false
}
