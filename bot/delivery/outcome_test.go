package delivery

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

func TestBackoffDoublesAndSpreads(t *testing.T) {
	for _, c := range []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{1, 0.5, 5 * time.Second},
		{2, 0.5, 10 * time.Second},
		{3, 0.5, 20 * time.Second},
		{7, 0.5, 320 * time.Second},
		{8, 0.5, 10 * time.Minute},
		{5000, 0.5, 10 * time.Minute},
		{0, 0.5, 5 * time.Second},
		{1, 0, 3750 * time.Millisecond},
		{8, 1, 12*time.Minute + 30*time.Second},
	} {
		if got := backoff(c.attempt, c.random); got != c.want {
			t.Errorf("after attempt %d, with %v: %v, want %v", c.attempt, c.random, got, c.want)
		}
	}
}

func TestWhatErrorsMean(t *testing.T) {
	of := func(kind bot.Kind, cause error) error {
		return fmt.Errorf("sending: %w", &bot.Error{Kind: kind, Message: "No.", Delay: map[bot.Kind]time.Duration{bot.RateLimited: time.Minute}[kind], Err: cause})
	}
	for name, c := range map[string]struct {
		err  error
		want failure
	}{
		"gone":             {of(bot.NotFound, nil), failure{reason: digest.ReasonGone, stops: true}},
		"denied":           {of(bot.Denied, nil), failure{reason: digest.ReasonDenied, stops: true}},
		"revoked":          {of(bot.Denied, bot.ErrRevoked), failure{reason: digest.ReasonRevoked, stops: true}},
		"refused":          {of(bot.Invalid, nil), failure{reason: digest.ReasonRefused}},
		"limited":          {of(bot.RateLimited, nil), failure{reason: digest.ReasonUnavailable, passes: true, delay: time.Minute}},
		"unavailable":      {of(bot.Unavailable, nil), failure{reason: digest.ReasonUnavailable, passes: true}},
		"maybe posted":     {of(bot.Unavailable, bot.ErrMaybePosted), failure{reason: digest.ReasonUnavailable, passes: true, maybe: true}},
		"gone, and maybe":  {of(bot.NotFound, bot.ErrMaybePosted), failure{reason: digest.ReasonGone, stops: true, maybe: true}},
		"something else":   {errors.New("broken"), failure{reason: digest.ReasonUnavailable, passes: true}},
		"none of our kind": {&bot.Error{Kind: "another"}, failure{reason: digest.ReasonUnavailable, passes: true}},
	} {
		if got := failureOf(c.err); got != c.want {
			t.Errorf("%s is %+v, want %+v", name, got, c.want)
		}
	}
}

func TestTheFairShareOfLanes(t *testing.T) {
	for _, c := range []struct{ lanes, replicas, want int }{
		{0, 1, 0}, {1, 1, 1}, {1, 3, 1}, {3, 3, 1}, {4, 3, 2}, {12, 3, 4}, {12, 0, 12},
	} {
		if got := fairShare(c.lanes, c.replicas); got != c.want {
			t.Errorf("of %d lanes for %d replicas one has %d, want %d", c.lanes, c.replicas, got, c.want)
		}
	}
}

func TestWhatFollowsASlot(t *testing.T) {
	slot := func(date string, clock digest.Clock, at string) digest.Slot {
		t.Helper()
		d, err := content.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		return digest.Slot{Date: d, Clock: clock, At: instant}
	}
	settings := digest.Settings{Times: []digest.Clock{540, 1080}, Zone: "Asia/Shanghai", Days: digest.EveryDay}
	due := slot("2031-06-02", 540, "2031-06-02T01:00:00Z")
	for name, c := range map[string]struct {
		settings digest.Settings
		now      string
		want     digest.Planned
	}{
		"in time":                  {settings, "2031-06-02T01:00:01Z", digest.Planned{Next: slot("2031-06-02", 1080, "2031-06-02T10:00:00Z")}},
		"late, and the next due":   {settings, "2031-06-02T12:00:00Z", digest.Planned{Next: slot("2031-06-02", 1080, "2031-06-02T10:00:00Z")}},
		"after a week":             {settings, "2031-06-09T08:30:00Z", digest.Planned{Next: slot("2031-06-09", 1080, "2031-06-09T10:00:00Z")}},
		"after a week, in time":    {settings, "2031-06-09T06:00:00Z", digest.Planned{Next: slot("2031-06-09", 540, "2031-06-09T01:00:00Z")}},
		"a zone that is not there": {digest.Settings{Times: settings.Times, Zone: "Atlantis/Port", Days: digest.EveryDay}, "2031-06-02T01:00:01Z", digest.Planned{Reason: digest.ReasonZone}},
		"days that never come":     {digest.Settings{Times: settings.Times, Zone: "Asia/Shanghai"}, "2031-06-02T01:00:01Z", digest.Planned{}},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got := following(&digest.LoadedZones{}, digest.Subscription{Settings: c.settings, Next: due}, now, 6*time.Hour)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestWhenItIsTooLate(t *testing.T) {
	due := time.Date(2031, 6, 2, 1, 0, 0, 0, time.UTC)
	tried, stands := digest.Page{TriedAt: due}, digest.Page{TriedAt: due, Post: "1"}
	for name, c := range map[string]struct {
		after  time.Duration
		reason digest.Reason
		pages  []digest.Page
		want   digest.Reason
	}{
		"in time":                      {6 * time.Hour, "", nil, ""},
		"late":                         {6*time.Hour + 1, "", nil, digest.ReasonLate},
		"unavailable until then":       {7 * time.Hour, digest.ReasonUnavailable, nil, digest.ReasonUnavailable},
		"perhaps posted":               {11 * time.Hour, digest.ReasonUnavailable, []digest.Page{tried}, ""},
		"perhaps posted long ago":      {13 * time.Hour, digest.ReasonUnavailable, []digest.Page{tried}, digest.ReasonUnavailable},
		"posted in part, for the rest": {11 * time.Hour, "", []digest.Page{stands, {}}, ""},
		"posted in part long ago":      {13 * time.Hour, digest.ReasonUnavailable, []digest.Page{stands, {}}, digest.ReasonUnavailable},
	} {
		job := digest.Job{Now: due.Add(c.after), Pages: c.pages, Occurrence: digest.Occurrence{Slot: digest.Slot{At: due}, Reason: c.reason}}
		if got := tooLate(job, 6*time.Hour); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// One subscription at which the program fails keeps no other from its digests.
func TestAPanicInPlanningIsPutOff(t *testing.T) {
	d := Deliverer{Options: Options{Log: slog.New(slog.DiscardHandler)}}
	now := time.Date(2031, 6, 2, 1, 0, 0, 0, time.UTC)
	s := digest.Subscription{ID: "s", Next: digest.Slot{Date: content.Date{Year: 2031, Month: 6, Day: 2}, Clock: 540, At: now}}
	want := digest.Planned{Next: s.Next}
	want.Next.At = now.Add(time.Hour)
	if got := d.unharmed(t.Context(), s, now, func() digest.Planned { panic("no") }); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestBelowWhichPageAPageGoes(t *testing.T) {
	page := func(lang content.Lang, below bool, post string) digest.Page {
		return digest.Page{Page: bot.Page{Lang: lang}, Below: below, Post: post}
	}
	own := []digest.Page{
		page(content.Hans, false, "1"), page(content.Hans, true, "2"),
		page(content.English, false, "3"), page(content.English, true, ""),
	}
	notes := []digest.Page{page(content.Hans, true, ""), page(content.English, true, "")}
	for name, c := range map[string]struct {
		job  digest.Job
		page int
		want string
	}{
		"the first page of its language":           {digest.Job{Pages: own}, 1, "1"},
		"the first page of the second language":    {digest.Job{Pages: own}, 3, "3"},
		"a correction, below the digest":           {digest.Job{Pages: notes, Corrects: &digest.Correcting{Pages: own}}, 0, "1"},
		"a correction in the second language":      {digest.Job{Pages: notes, Corrects: &digest.Correcting{Pages: own}}, 1, "3"},
		"a correction of a digest in one language": {digest.Job{Pages: notes, Corrects: &digest.Correcting{Pages: own[:2]}}, 1, "1"},
		"nothing": {digest.Job{Pages: notes}, 1, ""},
	} {
		if head, _ := headOf(c.job, c.page); head.Post != c.want {
			t.Errorf("%s: %q, want %q", name, head.Post, c.want)
		}
	}
}
