package digest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func phrases(tb testing.TB) *i18n.Phrases {
	tb.Helper()
	p, err := i18n.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestTimesAreReadAsPeopleTypeThem(t *testing.T) {
	p := phrases(t).In(content.English)
	tests := []struct{ typed, want string }{
		{"9", "09:00"},
		{"9:00", "09:00"},
		{"09:00", "09:00"},
		{"0930", "09:30"},
		{"9.30", "09:30"},
		{"9am", "09:00"},
		{"9 AM", "09:00"},
		{"at 9 a.m.", "09:00"},
		{"9:30 pm", "21:30"},
		{"9 o'clock", "09:00"},
		{"12am", "00:00"},
		{"12 pm", "12:00"},
		{"noon", "12:00"},
		{"midnight", "00:00"},
		{"12 noon", "12:00"},
		{"0:00", "00:00"},
		{"23:59", "23:59"},
		{"０９：００", "09:00"},
		{"９：３０ＰＭ", "21:30"},
		{"21点", "21:00"},
		{"21點", "21:00"},
		{"早上9点", "09:00"},
		{"上午九点半", "09:30"},
		{"下午3点", "15:00"},
		{"下午三時三十分", "15:30"},
		{"晚上8点", "20:00"},
		{"晚上12点", "00:00"},
		{"中午", "12:00"},
		{"中午12点半", "12:30"},
		{"中午1点", "13:00"},
		{"凌晨两点", "02:00"},
		{"九点一刻", "09:15"},
		{"九点钟", "09:00"},
		{"九点整", "09:00"},
		{"二十一点零五分", "21:05"},
		{"十点", "10:00"},
		{"午夜", "00:00"},
		{"下午15点", "15:00"},
		{"09:00,18:00", "09:00 18:00"},
		{"18:00, 9:00", "09:00 18:00"},
		{"9 and 18", "09:00 18:00"},
		{"9am, noon and 6pm", "09:00 12:00 18:00"},
		{"9点和18点", "09:00 18:00"},
		{"早上9点、晚上6点", "09:00 18:00"},
		{"9:00 18:00", "09:00 18:00"},
		{"9;9:00", "09:00"},
		{"9，18", "09:00 18:00"},
		{"", ""},
		{"25:00", ""},
		{"24:00", ""},
		{"9:60", ""},
		{"9:5", ""},
		{"13pm", "13:00"},
		{"0am", ""},
		{"25pm", ""},
		{"soon", ""},
		{"9点18点", ""},
		{"九", ""},
		{"9am9pm", ""},
		{"900", ""},
		{"12345", ""},
		{"-9", ""},
		{"9-18", ""},
		{"上午12点半夜", ""},
		{"早上12点", ""},
		{"晚上3点", ""},
		{"一百点", ""},
		{"十十点", ""},
		{"9 or 10", ""},
	}
	for _, test := range tests {
		times, err := digest.ReadTimes(p, test.typed)
		var got []string
		for _, c := range times {
			got = append(got, c.String())
		}
		if strings.Join(got, " ") != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: got %v (%v), want %q", test.typed, got, err, test.want)
		}
		checkRefusal(t, err)
	}
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	refused, ok := errors.AsType[*bot.Error](err)
	if !ok || refused.Kind != bot.Invalid || refused.Message == "" || strings.Contains(refused.Message, "<no value>") {
		t.Errorf("%#v is no sentence for the user", err)
	}
}

func TestDaysAreReadAsPeopleTypeThem(t *testing.T) {
	p := phrases(t).In(content.English)
	const working, every, weekend = "mon,tue,wed,thu,fri", "mon,tue,wed,thu,fri,sat,sun", "sat,sun"
	tests := []struct{ typed, want string }{
		{"weekdays", working},
		{"every weekday", working},
		{"working days", working},
		{"Mon-Fri", working},
		{"Monday to Friday", working},
		{"mon–fri", working},
		{"monday through friday", working},
		{"工作日", working},
		{"每个工作日", working},
		{"周一至周五", working},
		{"週一至週五", working},
		{"星期一到星期五", working},
		{"周一到五", working},
		{"daily", every},
		{"every day", every},
		{"Every Day", every},
		{"all days", every},
		{"每天", every},
		{"每日", every},
		{"weekends", weekend},
		{"周末", weekend},
		{"週末", weekend},
		{"sat & sun", weekend},
		{"Mon,Wed", "mon,wed"},
		{"mondays and wednesdays", "mon,wed"},
		{"on Tues, Thurs", "tue,thu"},
		{"Wed.", "wed"},
		{"every monday", "mon"},
		{"fri-mon", "mon,fri,sat,sun"},
		{"Mon-Wed, Fri", "mon,tue,wed,fri"},
		{"ｍｏｎ", "mon"},
		{"周一三五", "mon,wed,fri"},
		{"周一、三、五", "mon,wed,fri"},
		{"每周一", "mon"},
		{"星期天", "sun"},
		{"礼拜日", "sun"},
		{"禮拜六", "sat"},
		{"周一和周四", "mon,thu"},
		{"周1-5", working},
		{"周六、周日", weekend},
		{"weekdays and sat", "mon,tue,wed,thu,fri,sat"},
		{"", ""},
		{"never", ""},
		{"mon-", ""},
		{"周", ""},
		{"周八", ""},
		{"month", ""},
		{"一", ""},
		{"every", ""},
		{"monkey", ""},
		{"and", ""},
	}
	for _, test := range tests {
		days, err := digest.ReadDays(p, test.typed)
		if days.String() != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: got %q (%v), want %q", test.typed, days, err, test.want)
		}
		checkRefusal(t, err)
	}
}

func TestDaysAreNamed(t *testing.T) {
	all := phrases(t)
	for _, test := range []struct {
		days             digest.Weekdays
		english, chinese string
	}{
		{digest.EveryDay, "every day", "每天"},
		{digest.WorkingDays, "Monday to Friday", "周一至周五"},
		{digest.Weekend, "Saturday and Sunday", "周六和周日"},
		{digest.On(time.Sunday, time.Monday), "Mon, Sun", "周一、周日"},
	} {
		if got := test.days.Words(all.In(content.English)); got != test.english {
			t.Errorf("got %q, want %q", got, test.english)
		}
		if got := test.days.Words(all.In(content.Hans)); got != test.chinese {
			t.Errorf("got %q, want %q", got, test.chinese)
		}
	}
}

func TestZonesAreReadAsPeopleTypeThem(t *testing.T) {
	p := phrases(t).In(content.English)
	tests := []struct{ typed, want, says string }{
		{"Asia/Shanghai", "Asia/Shanghai", ""},
		{"asia/shanghai", "Asia/Shanghai", ""},
		{"ＡＳＩＡ／ＳＥＯＵＬ", "Asia/Seoul", ""},
		{"Shanghai", "Asia/Shanghai", "“Shanghai” is read as Asia/Shanghai."},
		{"Beijing", "Asia/Shanghai", "“Beijing” is read as Asia/Shanghai."},
		{"北京时间", "Asia/Shanghai", "“北京时间” is read as Asia/Shanghai."},
		{"上海", "Asia/Shanghai", "Asia/Shanghai"},
		{"深圳", "Asia/Shanghai", "Asia/Shanghai"},
		{"Seoul", "Asia/Seoul", "Asia/Seoul"},
		{"首尔", "Asia/Seoul", "Asia/Seoul"},
		{"首爾", "Asia/Seoul", "Asia/Seoul"},
		{"new york", "America/New_York", "America/New_York"},
		{"America/New York", "America/New_York", "America/New_York"},
		{"london time", "Europe/London", "Europe/London"},
		{"台北", "Asia/Taipei", "Asia/Taipei"},
		{"Singapore", "Asia/Singapore", "Asia/Singapore"},
		{"buenos aires", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"},
		{"JST", "Asia/Tokyo", "Asia/Tokyo"},
		{"US/Eastern", "US/Eastern", ""},
		{"UTC", "UTC", ""},
		{"gmt", "UTC", "UTC"},
		{"UTC+0", "UTC", "UTC"},
		{"UTC+8", "Etc/GMT-8", "UTC+8 all year, without summer time. The zone database calls it Etc/GMT-8."},
		{"+08:00", "Etc/GMT-8", "UTC+8 all year"},
		{"gmt -5", "Etc/GMT+5", "UTC-5 all year"},
		{"utc−3", "Etc/GMT+3", "UTC-3 all year"},
		{"Etc/GMT-8", "Etc/GMT-8", ""},
		{"UTC+14", "Etc/GMT-14", "UTC+14"},
		{"+05:30", "", "Asia/Kolkata"},
		{"utc+15", "", "no time zone"},
		{"utc+8:20", "", "no time zone"},
		{"CST", "", "Asia/Shanghai, America/Chicago"},
		{"ist", "", "Asia/Kolkata, Europe/Dublin"},
		{"EST", "", "America/New_York"},
		{"美国", "", "America/New_York"},
		{"Asia/Shangai", "", "Asia/Shanghai"},
		{"Tokio", "", "Asia/Tokyo"},
		{"asia/seol", "", "Asia/Seoul"},
		{"", "", "for example"},
		{"Local", "", "no time zone"},
		{"../../etc/passwd", "", "no time zone"},
		{"Factory", "", ""},
		{"Mars", "", ""},
	}
	for _, test := range tests {
		name, note, err := digest.ReadZone(p, test.typed)
		said := note
		if err != nil {
			said = err.Error()
		}
		if name != test.want || (err == nil) != (test.want != "") || !strings.Contains(said, test.says) || test.says == "" && note != "" {
			t.Errorf("%q: got %q, %q, %v; want %q saying %q", test.typed, name, note, err, test.want, test.says)
		}
		checkRefusal(t, err)
	}
}

func TestZonesAreProposedWhileTyping(t *testing.T) {
	for _, test := range []struct{ typed, first string }{
		{"asia/sh", "Asia/Shanghai"}, {"shang", "Asia/Shanghai"}, {"北京", "Asia/Shanghai"}, {"new", "America/New_York"}, {"", "Africa/Abidjan"},
	} {
		got := digest.SuggestZones(test.typed, 25)
		if len(got) == 0 || len(got) > 25 || got[0] != test.first {
			t.Errorf("%q: got %v", test.typed, got)
		}
	}
}

func TestQuietDatesAreRead(t *testing.T) {
	p := phrases(t).In(content.English)
	for typed, want := range map[string]string{
		"2026-10-01/2026-10-07, 2026-12-25": "[2026-10-01/2026-10-07 2026-12-25]",
		"2026-10-01..2026-10-07":            "[2026-10-01/2026-10-07]",
		"2026-10-1 to 2026-10-7":            "[2026-10-01/2026-10-07]",
		"2026年10月1日至2026年10月7日":             "[2026-10-01/2026-10-07]",
		"2027年2月":                           "[2027-02]",
		"2026-02-30":                        "[]",
		"tomorrow":                          "[]",
		"":                                  "[]",
	} {
		spans, err := digest.ReadQuiet(p, typed)
		if got := fmt.Sprint(spans); got != want || (err == nil) != (want != "[]") {
			t.Errorf("%q: got %s (%v), want %s", typed, got, err, want)
		}
		checkRefusal(t, err)
	}
}

func TestSettingsComeBackFromJSON(t *testing.T) {
	const stored = `{"times":["09:00","18:30"],"zone":"Asia/Seoul","days":"mon,wed,fri","topics":["apec"],` +
		`"langs":["zh-Hans","en"],"style":"summary","empty":"skip","revisit":true,"quiet":["2026-10-01/2026-10-07"]}`
	var s digest.Settings
	if err := json.Unmarshal([]byte(stored), &s); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != stored {
		t.Errorf("got %s", again)
	}
	for _, wrong := range []string{`{"times":["9:00"]}`, `{"times":["24:00"]}`, `{"times":["09:00x"]}`, `{"days":"mon,mox"}`, `{"days":"mon,"}`, `{"days":7}`} {
		if err := json.Unmarshal([]byte(wrong), &s); err == nil {
			t.Errorf("%s is read", wrong)
		}
	}
}

func settings() digest.Settings {
	return digest.Settings{
		Times: []digest.Clock{9 * 60}, Zone: "Asia/Shanghai", Days: digest.WorkingDays,
		Langs: []content.Lang{content.English}, Style: digest.Summary, Empty: digest.SkipEmpty,
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	p := phrases(t).In(content.English)
	if err := settings().Check(p); err != nil {
		t.Errorf("sound settings: %v", err)
	}
	for name, change := range map[string]func(*digest.Settings){
		"no time":            func(s *digest.Settings) { s.Times = nil },
		"times out of order": func(s *digest.Settings) { s.Times = []digest.Clock{600, 540} },
		"a time twice":       func(s *digest.Settings) { s.Times = []digest.Clock{540, 540} },
		"no time of day":     func(s *digest.Settings) { s.Times = []digest.Clock{1440} },
		"too many times":     func(s *digest.Settings) { s.Times = []digest.Clock{1, 2, 3, 4, 5, 6, 7} },
		"no day":             func(s *digest.Settings) { s.Days = 0 },
		"an eighth day":      func(s *digest.Settings) { s.Days = 1 << 7 },
		"no zone":            func(s *digest.Settings) { s.Zone = "" },
		"no such zone":       func(s *digest.Settings) { s.Zone = "Local" },
		"too many topics":    func(s *digest.Settings) { s.Topics = make([]string, digest.MaxTopics+1) },
		"no language":        func(s *digest.Settings) { s.Langs = nil },
		"three languages":    func(s *digest.Settings) { s.Langs = content.Langs() },
		"a language twice":   func(s *digest.Settings) { s.Langs = []content.Lang{content.Hans, content.Hans} },
		"no such language":   func(s *digest.Settings) { s.Langs = []content.Lang{"fr"} },
		"no such style":      func(s *digest.Settings) { s.Style = "" },
		"no such policy":     func(s *digest.Settings) { s.Empty = "" },
		"too much quiet":     func(s *digest.Settings) { s.Quiet = make([]content.Span, digest.MaxQuiet+1) },
	} {
		s := settings()
		change(&s)
		err := s.Check(p)
		if err == nil {
			t.Errorf("%s is taken", name)
		}
		checkRefusal(t, err)
	}
}

func FuzzTyped(f *testing.F) {
	for _, s := range []string{"9am, noon and 6pm", "上午九点半、二十一点零五分", "周一三五", "mon-fri and sun", "UTC+8", "asia/shangai", "北京时间", "2026-10-1..2026-10-7"} {
		f.Add(s)
	}
	p := phrases(f).In(content.English)
	f.Fuzz(func(t *testing.T, s string) {
		times, err := digest.ReadTimes(p, s)
		checkRefusal(t, err)
		var written []string
		for i, c := range times {
			if c < 0 || c > 1439 || i > 0 && c <= times[i-1] {
				t.Errorf("%q: %v", s, times)
			}
			written = append(written, c.String())
		}
		if err == nil {
			if again, err := digest.ReadTimes(p, strings.Join(written, ",")); len(written) < 60 && (err != nil || len(again) != len(times)) {
				t.Errorf("%q: %v is read as %v (%v)", s, times, again, err)
			}
		}
		days, err := digest.ReadDays(p, s)
		checkRefusal(t, err)
		if err == nil {
			if again, err := digest.ReadDays(p, days.String()); err != nil || again != days || days&^digest.EveryDay != 0 {
				t.Errorf("%q: %v is read as %v (%v)", s, days, again, err)
			}
		}
		zone, _, err := digest.ReadZone(p, s)
		checkRefusal(t, err)
		if err == nil {
			set := settings()
			set.Zone = zone
			if err := set.Check(p); err != nil {
				t.Errorf("%q is read as %q: %v", s, zone, err)
			}
		}
		_, err = digest.ReadQuiet(p, s)
		checkRefusal(t, err)
	})
}
