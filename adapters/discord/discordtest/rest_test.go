package discordtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTheFakeAnswersAsDiscordDescribes(t *testing.T) {
	s := held(t, Options{Limits: Limits{Off: true}, Privileged: IntentMessageContent, Shards: 3, MaxConcurrency: 2})
	d := newDeskOf(t, s)
	d.channel.Deny(ManageMessages)
	first := d.user.In(d.channel).Say("hello <@bot>")
	posted := asString(d.accepts(t, "POST "+someChannel, with(plain("an answer"), object{
		"message_reference": object{"message_id": first.ID}, "nonce": "n1", "enforce_nonce": true,
	})).json(t)["id"])
	for _, what := range []string{
		"GET /gateway", "GET /gateway/bot", "GET /users/@me", "GET /users/@me/guilds", "GET /applications/@me",
		"GET /guilds/{guild}", "GET /guilds/{guild}/channels", "GET /guilds/{guild}/roles",
		"GET /guilds/{guild}/members/{app}", "GET /channels/{channel}", "GET " + someChannel, "GET " + someChannel + "/" + posted,
		"GET " + someChannel + "?limit=1&before=" + posted,
	} {
		d.accepts(t, what, nil)
	}
	d.accepts(t, "POST /channels/{channel}/typing", nil)
	d.accepts(t, "PATCH "+someChannel+"/"+posted, plain("another"))
	thread := d.accepts(t, "POST "+someChannel+"/"+posted+"/threads", object{"name": "thread"})
	if thread.status != http.StatusCreated || thread.json(t)["id"] != posted {
		t.Errorf("a thread has the id of its message: %s", thread.text)
	}
	d.accepts(t, "POST /channels/{channel}/threads", object{"name": "another", "type": kindThread})
	d.accepts(t, "POST /channels/"+posted+"/messages", plain("in the thread"))
	d.accepts(t, "GET "+someChannel+"/"+posted, nil)
	dm := asString(d.accepts(t, "POST /users/@me/channels", object{"recipient_id": d.user.ID}).json(t)["id"])
	d.accepts(t, "POST /channels/"+dm+"/messages", plain("hello"))
	d.accepts(t, "DELETE "+someChannel+"/"+posted, nil)
	d.accepts(t, "DELETE /users/@me/guilds/{guild}", nil)
}

func TestWhatIsMissingOrForbiddenIsAnsweredByItsCode(t *testing.T) {
	o := described(t, unlimited())
	for _, test := range []struct {
		name   string
		set    func(d desk)
		what   string
		body   any
		status int
		code   int
	}{
		{"unknown channel", nil, "POST /channels/1/messages", plain("a"), 404, 10003},
		{"deleted channel", func(d desk) { d.channel.Delete() }, "POST " + someChannel, plain("a"), 404, 10003},
		{"hidden channel", func(d desk) { d.channel.Deny(ViewChannel) }, "GET /channels/{channel}", nil, 403, 50001},
		{"channel hidden from everyone", func(d desk) { d.channel.DenyEveryone(ViewChannel) }, "POST " + someChannel, plain("a"), 403, 50001},
		{"may not send", func(d desk) { d.channel.Deny(SendMessages) }, "POST " + someChannel, plain("a"), 403, 50013},
		{"may not send in the guild", func(d desk) { d.guild.GrantEveryone(ViewChannel) }, "POST " + someChannel, plain("a"), 403, 50013},
		{"allowed again", func(d desk) { d.channel.DenyEveryone(SendMessages); d.channel.Allow(SendMessages) }, "POST " + someChannel, plain("a"), 200, 0},
		{"an administrator", func(d desk) { d.guild.GrantBot(Administrator); d.channel.Deny(SendMessages) }, "POST " + someChannel, plain("a"), 200, 0},
		{"no threads", func(d desk) { d.channel.Deny(CreatePublicThreads) }, "POST /channels/{channel}/threads", object{"name": "a", "type": 11}, 403, 50013},
		{"no history, one message", func(d desk) { d.channel.Deny(ReadMessageHistory) }, "GET " + someChannel + "/1", nil, 403, 50013},
		{"unknown message", nil, "GET " + someChannel + "/1", nil, 404, 10008},
		{"edit of nothing", nil, "PATCH " + someChannel + "/1", plain("a"), 404, 10008},
		{"deletion of nothing", nil, "DELETE " + someChannel + "/1", nil, 404, 10008},
		{"not in the guild", func(d desk) { d.guild.Kick() }, "POST " + someChannel, plain("a"), 403, 50001},
		{"back in the guild", func(d desk) { d.guild.Kick(); d.guild.Invite() }, "POST " + someChannel, plain("a"), 200, 0},
		{"unknown guild", nil, "GET /guilds/1", nil, 404, 10004},
		{"commands of a guild without the bot", func(d desk) { d.guild.Kick() }, "PUT /applications/{app}/guilds/{guild}/commands", []any{}, 403, 50001},
		{"commands of another application", nil, "PUT /applications/1/commands", []any{}, 403, 20012},
		{"no such user", nil, "POST /users/@me/channels", object{"recipient_id": "1"}, 400, 50033},
		{"unknown interaction", nil, "POST /interactions/1/a/callback", object{"type": 5}, 404, 10062},
		{"unknown webhook", nil, "PATCH /webhooks/{app}/a/messages/@original", plain("a"), 404, 10015},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, o)
			if test.set != nil {
				test.set(d)
			}
			r := d.do(test.what, test.body)
			if r.status != test.status || test.code != 0 && r.code(t) != test.code {
				t.Errorf("answered %d %s, want %d, code %d", r.status, r.text, test.status, test.code)
			}
			if v := d.s.Violations(); len(v) > 0 {
				t.Errorf("violations are %v", v)
			}
		})
	}
}

func TestMoreThatIsForbidden(t *testing.T) {
	d := newDesk(t, unlimited())
	said := d.user.In(d.channel).Say("mine")
	if r := d.do("PATCH "+someChannel+"/"+said.ID, plain("a")); r.code(t) != 50005 {
		t.Errorf("an edit of another's message: %s", r.text)
	}
	if r := d.do("DELETE "+someChannel+"/"+said.ID, nil); r.code(t) != 50013 {
		t.Errorf("a deletion of another's message: %s", r.text)
	}
	d.user.CloseDMs()
	dm := asString(d.accepts(t, "POST /users/@me/channels", object{"recipient_id": d.user.ID}).json(t)["id"])
	if r := d.do("POST /channels/"+dm+"/messages", plain("a")); r.status != 403 || r.code(t) != 50007 {
		t.Errorf("a message to somebody who takes none: %s", r.text)
	}
	thread := d.user.In(d.channel).StartThread(said, "thread")
	if r := d.do("POST "+someChannel+"/"+said.ID+"/threads", object{"name": "again"}); r.code(t) != 160004 {
		t.Errorf("a second thread: %s", r.text)
	}
	thread.Archive(true)
	if r := d.do("POST /channels/"+thread.ID+"/messages", plain("a")); r.code(t) != 50083 {
		t.Errorf("a message in a locked thread: %s", r.text)
	}
	d.channel.Deny(ReadMessageHistory)
	if list := d.accepts(t, "GET "+someChannel, nil).list(t); len(list) != 0 {
		t.Errorf("history without the permission: %v", list)
	}
}

func TestMessagesAreListedByWindow(t *testing.T) {
	d := newDesk(t, unlimited())
	var ids []string
	for i := range 7 {
		ids = append(ids, d.user.In(d.channel).Say(strconv.Itoa(i)).ID)
	}
	for query, want := range map[string]string{
		"":                            "6543210",
		"?limit=2":                    "65",
		"?limit=2&before=" + ids[3]:   "21",
		"?limit=2&after=" + ids[3]:    "54",
		"?limit=3&around=" + ids[3]:   "432",
		"?limit=100&before=" + ids[0]: "",
	} {
		got := ""
		for _, m := range d.accepts(t, "GET "+someChannel+query, nil).list(t) {
			got += asString(asObject(m)["content"])
		}
		if got != want {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
	}
}

func TestAnEnforcedNonceIsPostedOnce(t *testing.T) {
	clock := NewClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d := newDesk(t, Options{Now: clock.Now, NonceWindow: 3 * time.Minute, Limits: Limits{Off: true}})
	other := d.guild.AddChannel("other")
	id := func(channel string, body object) string {
		t.Helper()
		return asString(d.accepts(t, "POST /channels/"+channel+"/messages", body).json(t)["id"])
	}
	enforced := with(plain("a"), object{"nonce": "n", "enforce_nonce": true})
	first := id(d.channel.ID, enforced)
	clock.Advance(3*time.Minute - time.Millisecond)
	if id(d.channel.ID, with(enforced, object{"content": "b"})) != first {
		t.Error("the same nonce was posted again inside its window")
	}
	if id(other.ID, enforced) == first {
		t.Error("a nonce of another channel was taken for the same")
	}
	if id(d.channel.ID, with(plain("a"), object{"nonce": "n"})) == first {
		t.Error("a nonce that is not enforced was taken for one")
	}
	clock.Advance(time.Millisecond)
	if id(d.channel.ID, enforced) == first {
		t.Error("the nonce outlived its window")
	}
	if n := d.s.Counts(); n.Deduplicated != 1 || n.Messages != 4 {
		t.Errorf("counts are %+v", n)
	}
}

func TestLimitsOfABucketAreInItsHeaders(t *testing.T) {
	clock := NewClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d := newDesk(t, Options{Now: clock.Now, Limits: Limits{Routes: map[string]Rate{"POST /channels/{channel_id}/messages": {2, 4 * time.Second}}}})
	other := d.guild.AddChannel("other")
	for i, remaining := range []string{"1", "0"} {
		h := d.accepts(t, "POST "+someChannel, plain("a")).header
		if h.Get("X-RateLimit-Limit") != "2" || h.Get("X-RateLimit-Remaining") != remaining || h.Get("X-RateLimit-Reset-After") != "4.000" ||
			h.Get("X-RateLimit-Reset") != fmt.Sprintf("%d.000", clock.Now().Add(4*time.Second).Unix()) || h.Get("X-RateLimit-Bucket") == "" {
			t.Errorf("headers of request %d are %v", i, h)
		}
	}
	d.accepts(t, "POST /channels/"+other.ID+"/messages", plain("a")) // a bucket of its own
	clock.Advance(time.Second)
	r := d.do("POST "+someChannel, plain("a"))
	body := r.json(t)
	if r.status != 429 || r.header.Get("Retry-After") != "3" || r.header.Get("X-RateLimit-Scope") != "user" || body["retry_after"] != 3.0 || body["global"] != false {
		t.Errorf("over the limit: %d %v %s", r.status, r.header, r.text)
	}
	if v := d.s.Violations(); len(v) > 0 {
		t.Errorf("the first over the limit is no violation: %v", v)
	}
	clock.Advance(2 * time.Second)
	d.do("POST "+someChannel, plain("a"))
	if n := d.s.Counts(); n.Early != 1 || n.Invalid != 2 || n.RateLimited["user"] != 2 || len(d.s.Violations()) != 1 {
		t.Errorf("a request before its time must be a violation: %+v", n)
	}
	clock.Advance(time.Second)
	d.accepts(t, "POST "+someChannel, plain("a"))

	a := d.accepts(t, "GET "+someChannel, nil).header.Get("X-RateLimit-Bucket")
	b := d.accepts(t, "GET "+someChannel+"/"+d.s.Messages(d.channel)[0].ID, nil).header
	if a != b.Get("X-RateLimit-Bucket") || b.Get("X-RateLimit-Remaining") != "8" {
		t.Errorf("routes that share a limit must say so: %s and %v", a, b)
	}
}

func TestTheGlobalLimitSparesInteractions(t *testing.T) {
	clock := NewClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d := newDesk(t, Options{Now: clock.Now, Limits: Limits{Global: Rate{3, time.Second}}})
	for range 3 {
		d.accepts(t, "GET /gateway", nil)
	}
	r := d.do("GET /users/@me", nil)
	if r.status != 429 || r.json(t)["global"] != true || r.header.Get("X-RateLimit-Global") != "true" || r.header.Get("X-RateLimit-Scope") != "global" {
		t.Errorf("over the global limit: %d %v %s", r.status, r.header, r.text)
	}
	if r := d.do("POST /interactions/1/a/callback", object{"type": 5}); r.status != http.StatusNotFound {
		t.Errorf("an interaction is answered %d", r.status)
	}
	if v := d.s.Violations(); len(v) > 0 {
		t.Errorf("violations are %v", v)
	}
	clock.Advance(time.Second)
	d.accepts(t, "GET /users/@me", nil)
}

func TestFaultsStrikeAsTheyAreTold(t *testing.T) {
	const posts = "POST /channels/{channel_id}/messages"
	o := described(t, unlimited())
	for _, test := range []struct {
		name   string
		fault  Fault
		status []int // of four messages; 0 is a connection that broke
		posted int
	}{
		{"502 before", Fault{On: posts, Do: Refuse(502)}, []int{502, 200, 200, 200}, 3},
		{"500 after", Fault{On: posts, Do: FailAfter(500)}, []int{500, 200, 200, 200}, 4},
		{"reset before", Fault{On: posts, Do: ResetBefore()}, []int{0, 200, 200, 200}, 3},
		{"reset after", Fault{On: posts, Do: ResetAfter()}, []int{0, 200, 200, 200}, 4},
		{"twice, after one", Fault{On: posts, Skip: 1, Times: 2, Do: Refuse(503)}, []int{200, 503, 503, 200}, 2},
		{"always", Fault{On: posts, Times: -1, Do: RefuseCode(403, 50013)}, []int{403, 403, 403, 403}, 0},
		{"any path", Fault{On: "* /channels/**", Do: RefuseCode(404, 10003)}, []int{404, 200, 200, 200}, 3},
		{"any step", Fault{On: "POST /channels/*/messages", Do: RefuseCode(404, 10003)}, []int{404, 200, 200, 200}, 3},
		{"another path", Fault{On: "POST /channels/1/messages", Do: Refuse(500)}, []int{200, 200, 200, 200}, 4},
		{"another method", Fault{On: "PATCH /channels/*/messages", Do: Refuse(500)}, []int{200, 200, 200, 200}, 4},
		{"a moment later", Fault{On: posts, Do: Delay(time.Millisecond)}, []int{200, 200, 200, 200}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, o)
			armed := d.s.Fail(test.fault)
			for i, want := range test.status {
				if r := d.do("POST "+someChannel, plain("a")); r.status != want {
					t.Errorf("request %d is answered %d, want %d", i, r.status, want)
				}
			}
			if n := len(d.s.Messages(d.channel)); n != test.posted {
				t.Errorf("%d messages were posted, want %d", n, test.posted)
			}
			accepted := 0
			for _, call := range d.s.CallsTo(posts) {
				if call.Accepted {
					accepted++
				}
			}
			if accepted != test.posted {
				t.Errorf("%d calls are noted as accepted, want %d", accepted, test.posted)
			}
			if hits := armed.Hits(); hits > 0 != (test.name != "another path" && test.name != "another method") {
				t.Errorf("the fault struck %d times", hits)
			}
		})
	}
}

func TestAFaultAnswers429InEachOfItsForms(t *testing.T) {
	o := described(t, Options{})
	for _, test := range []struct {
		effect Effect
		scope  string
		json   bool
	}{
		{LimitRoute(2 * time.Second), "user", true},
		{LimitGlobal(2 * time.Second), "global", true},
		{LimitShared(2 * time.Second), "shared", true},
		{LimitHTML(2 * time.Second), "cloudflare", false},
	} {
		t.Run(test.scope, func(t *testing.T) {
			clock := NewClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
			o.Now = clock.Now
			d := newDesk(t, o)
			d.s.Fail(Fault{On: "POST /channels/**", Do: test.effect})
			r := d.do("POST "+someChannel, plain("a"))
			if r.status != 429 || r.header.Get("Retry-After") != "2" {
				t.Fatalf("answered %d %v", r.status, r.header)
			}
			isPage := strings.HasPrefix(string(r.text), "<!DOCTYPE html>") && strings.HasPrefix(r.header.Get("Content-Type"), "text/html")
			if isPage == test.json {
				t.Errorf("the body is %s", r.text)
			}
			if test.json && (r.header.Get("X-RateLimit-Scope") != test.scope || r.json(t)["retry_after"] != 2.0 || r.json(t)["global"] != (test.scope == "global")) {
				t.Errorf("answered %v %s", r.header, r.text)
			}
			n := d.s.Counts()
			if n.RateLimited[test.scope] != 1 || (n.Invalid == 0) != (test.scope == "shared") {
				t.Errorf("counts are %+v", n)
			}
			clock.Advance(time.Second)
			d.do("POST "+someChannel, plain("a"))
			if n := d.s.Counts().Early; n != 1 {
				t.Errorf("%d requests came early, want 1", n)
			}
			clock.Advance(time.Second)
			d.accepts(t, "POST "+someChannel, plain("a"))
		})
	}
}

func TestARequestIsHeldUntilItIsReleased(t *testing.T) {
	d := newDesk(t, unlimited())
	armed := d.s.Fail(Fault{On: "POST /channels/**", Do: Hold()})
	done := make(chan reply)
	go func() { done <- d.do("POST "+someChannel, plain("a")) }()
	<-armed.Struck()
	if n := len(d.s.Messages(d.channel)); n != 0 {
		t.Errorf("%d messages stand there before the release", n)
	}
	armed.Release()
	if r := <-done; r.status != 200 {
		t.Errorf("answered %d", r.status)
	}
	if n := len(d.s.Messages(d.channel)); n != 1 {
		t.Errorf("%d messages stand there after the release", n)
	}
}
