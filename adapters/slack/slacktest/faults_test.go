package slacktest

import (
	"strings"
	"testing"
	"time"
)

func TestFaultsStrikeBeforeOrAfterTheWork(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name     string
		do       Effect
		status   int // 0: the connection ends
		code     string
		accepted int
	}{
		{"refused", Refuse(503), 503, "", 0},
		{"failed after", FailAfter(500), 500, "", 1},
		{"archived", RefuseError("is_archived"), 200, "is_archived", 0},
		{"not in the channel", RefuseError("not_in_channel"), 200, "not_in_channel", 0},
		{"no channel", RefuseError("channel_not_found"), 200, "channel_not_found", 0},
		{"revoked", RefuseError("token_revoked"), 200, "token_revoked", 0},
		{"inactive", RefuseError("account_inactive"), 200, "account_inactive", 0},
		{"invalid", RefuseError("invalid_auth"), 200, "invalid_auth", 0},
		{"too long", RefuseError("msg_too_long"), 200, "msg_too_long", 0},
		{"an internal error", RefuseError("internal_error"), 200, "internal_error", 0},
		{"an internal error after", FailErrorAfter("internal_error"), 200, "internal_error", 1},
		{"a fatal error after", FailErrorAfter("fatal_error"), 200, "fatal_error", 1},
		{"reset before", ResetBefore(), 0, "", 0},
		{"reset after", ResetAfter(), 0, "", 1},
		{"slow", Delay(20 * time.Millisecond), 200, "", 1},
		{"limited", Limit(90 * time.Second), 429, "ratelimited", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(t, Options{Specs: specs, Limits: Limits{Off: true}})
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			b := newWeb(t, s, ws.Token())
			armed := s.Fail(Fault{On: "chat.postMessage", Do: test.do})
			b.must("auth.test", nil) // another method is spared
			r := b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"})
			if r.status != test.status || r.code() != test.code || (r.err != nil) != (test.status == 0) {
				t.Errorf("answered %d %s %v", r.status, r.text, r.err)
			}
			calls := s.CallsTo("chat.postMessage")
			if n := len(s.Messages(channel)); n != test.accepted || armed.Hits() != 1 || len(calls) != 1 || calls[0].Accepted != (test.accepted == 1) || calls[0].Status != test.status || calls[0].Error != test.code {
				t.Errorf("%d messages stand, %d hits, calls %+v", n, armed.Hits(), calls)
			}
			if test.name == "limited" {
				if r.header.Get("Retry-After") != "90" {
					t.Errorf("Retry-After is %q", r.header.Get("Retry-After"))
				}
				return
			}
			b.must("chat.postMessage", object{"channel": channel.ID, "text": "x"})
		})
	}
}

func TestFaultsAreSkippedRepeatedAndNarrowed(t *testing.T) {
	s := New(t, Options{Limits: Limits{Off: true}})
	ws := s.AddWorkspace("W")
	channel, other := ws.AddChannel("a"), ws.AddChannel("b")
	b := newWeb(t, s, ws.Token())
	armed := s.Fail(Fault{On: "*", Channel: channel.ID, Skip: 1, Every: 2, Times: 2, Do: Refuse(500)})
	got := ""
	for range 8 {
		b.must("chat.postMessage", object{"channel": other.ID, "text": "x"})
		if b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"}).status == 500 {
			got += "x"
		} else {
			got += "."
		}
	}
	if got != "..x.x..." || armed.Hits() != 2 {
		t.Errorf("struck %s, %d hits", got, armed.Hits())
	}
	for code, wants := range map[string]int{"": 14} {
		if n := s.Counts().Posted; n != wants {
			t.Errorf("%d posted %s", n, code)
		}
	}
}

func TestCallsAreHeldUntilTheyAreReleased(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	armed := s.Fail(Fault{On: "chat.postMessage", Do: Hold()})
	done := make(chan reply, 1)
	go func() { done <- b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"}) }()
	<-armed.Struck()
	if n := len(s.Messages(channel)); n != 0 {
		t.Errorf("%d messages stand before the release", n)
	}
	armed.Release()
	if r := <-done; r.body["ok"] != true || len(s.Messages(channel)) != 1 {
		t.Errorf("after the release: %s", r.text)
	}
}

func TestACallBeforeTheTimeThatAFaultNamedIsAViolation(t *testing.T) {
	clock := NewClock(time.Unix(1764028800, 0))
	s := collecting(t, Options{Now: clock.Now, After: clock.After, Limits: Limits{Off: true}})
	ws := s.AddWorkspace("W")
	b := newWeb(t, s, ws.Token())
	s.Fail(Fault{On: "team.info", Do: Limit(10 * time.Second)})
	_ = b.form("team.info", nil)
	clock.Advance(9 * time.Second)
	_ = b.form("team.info", nil)
	if all := said(s); !strings.Contains(all, "called 1s before") {
		t.Errorf("violations are %q", all)
	}
}
