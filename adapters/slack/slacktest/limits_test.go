package slacktest

import (
	"strings"
	"testing"
	"time"
)

func TestRateLimitsHoldByChannelMethodAndWorkspace(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After})
	ws, there := s.AddWorkspace("W"), s.AddWorkspace("There")
	channel, other, far := ws.AddChannel("a"), ws.AddChannel("b"), there.AddChannel("a")
	b := newWeb(t, s, ws.Token())
	post := func(c *Channel) reply { return b.call("chat.postMessage", object{"channel": c.ID, "text": "x"}) }
	for range 3 {
		if r := post(channel); r.status != 200 {
			t.Fatalf("within the burst: %d", r.status)
		}
	}
	r := post(channel)
	if r.status != 429 || r.header.Get("Retry-After") != "1" || r.code() != "ratelimited" {
		t.Fatalf("over the burst: %d %s, Retry-After %q", r.status, r.text, r.header.Get("Retry-After"))
	}
	if r := post(other); r.status != 200 {
		t.Errorf("in another channel: %d", r.status)
	}
	b.token = there.Token()
	if r := post(far); r.status != 200 {
		t.Errorf("in another workspace: %d", r.status)
	}
	b.token = ws.Token()
	if n := s.Counts(); n.Early != 0 || n.RateLimited != 1 || n.Posted != 5 {
		t.Errorf("counts are %+v", n)
	}
	clock.Advance(300 * time.Millisecond)
	if r := post(channel); r.status != 429 || s.Counts().Early != 1 || !strings.Contains(said(s), "called 700ms before") {
		t.Errorf("before its time: %d, %s", r.status, said(s))
	}
	clock.Advance(700 * time.Millisecond)
	for i, wants := range []int{200, 429} {
		if r := post(channel); r.status != wants {
			t.Errorf("call %d a second later: %d", i, r.status)
		}
	}
}

func TestTiersLetSoManyCallsThroughInAMinute(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After, Limits: Limits{
		Tiers: [4]Rate{3: {Calls: 4, Per: time.Minute}}, Methods: map[string]Rate{"team.info": {Calls: 1, Per: time.Second}},
	}})
	ws := s.AddWorkspace("W")
	u := ws.AddUser("Ann", "en-US")
	b := newWeb(t, s, ws.Token())
	call := func() int { return b.form("users.info", object{"user": u.ID}).status }
	for i := range 4 {
		if status := call(); status != 200 {
			t.Fatalf("call %d: %d", i, status)
		}
		clock.Advance(10 * time.Second)
	}
	r := b.form("users.info", object{"user": u.ID})
	if r.status != 429 || r.header.Get("Retry-After") != "20" {
		t.Errorf("the fifth: %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	for i, wants := range []int{200, 429} {
		if i == 0 {
			clock.Advance(20 * time.Second)
		}
		if status := b.form("team.info", nil).status; status != wants {
			t.Errorf("a method with a rate of its own, call %d: %d", i, status)
		}
	}
	if status := call(); status != 200 {
		t.Errorf("after Retry-After: %d", status)
	}
	if s.Counts().Early != 0 {
		t.Errorf("violations: %s", said(s))
	}
}

func TestTheWorkspaceIsLimitedToo(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After, Limits: Limits{Posts: Rate{Calls: 60, Per: time.Minute, Burst: 2}}})
	ws := s.AddWorkspace("W")
	b := newWeb(t, s, ws.Token())
	for i, wants := range []int{200, 200, 429} {
		r := b.call("chat.postMessage", object{"channel": ws.AddChannel("c").ID, "text": "x"})
		if r.status != wants {
			t.Errorf("channel %d: %d", i, r.status)
		}
	}
}
