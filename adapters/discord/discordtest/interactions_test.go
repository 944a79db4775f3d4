package discordtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// waiting is a bot at the gateway that leaves it to the test what to answer.
type waiting struct {
	desk
	w *wire
}

func newWaiting(tb testing.TB, o Options) *waiting {
	tb.Helper()
	o.IdentifyEvery, o.Limits = -1, Limits{Off: true}
	d := newDesk(tb, o)
	d.bot.must("PUT /applications/"+d.s.ApplicationID()+"/commands", commandsOfTest())
	w := dial(tb, d.s)
	w.ready(nil, 1)
	return &waiting{desk: d, w: w}
}

// used lets the user do something, answers it and returns what the user
// sees, the interaction and what the bot was answered.
func (b *waiting) used(do func() *Shown, response any) (*Shown, object, reply) {
	b.w.tb.Helper()
	shown := make(chan *Shown, 1)
	go func() { shown <- do() }()
	f := b.w.next()
	for f.Type != "INTERACTION_CREATE" {
		f = b.w.next()
	}
	in := f.object()
	var r reply
	if response != nil {
		r = b.respond(in, response)
	}
	return <-shown, in, r
}

func (b *waiting) respond(in object, response any) reply {
	return b.do("POST /interactions/"+asString(in["id"])+"/"+asString(in["token"])+"/callback", response)
}

func (b *waiting) ask() *Shown {
	return b.user.In(b.channel).MayFail().Slash("ask", map[string]any{"question": "q"})
}

// asked is an interaction that was made but not delivered.
func (b *waiting) asked(t *testing.T) object {
	t.Helper()
	var in object
	if err := json.Unmarshal(b.user.In(b.channel).SlashPayload("ask", map[string]any{"question": "q"}), &in); err != nil {
		t.Fatal(err)
	}
	return in
}

func hook(in object) string {
	return "/webhooks/" + asString(in["application_id"]) + "/" + asString(in["token"])
}

func TestResponsesThatBreakARuleAreRefused(t *testing.T) {
	long := func(n int) string { return strings.Repeat("四", n) }
	b := newWaiting(t, Options{})
	choices := func(list ...any) object {
		if list == nil {
			list = []any{}
		}
		return object{"type": respondChoices, "data": object{"choices": list}}
	}
	shown, _, _ := b.used(b.ask, object{"type": respondMessage, "data": card("a", "Press")})
	slash := func() object { return b.asked(t) }
	press := func() object {
		var in object
		_ = json.Unmarshal(shown.ClickPayload("Press"), &in)
		return in
	}
	complete := func() object {
		b.s.mu.Lock()
		defer b.s.mu.Unlock()
		in := b.s.newInteraction(b.user, b.channel, kindAutocomplete, object{})
		in.focused = optionString
		return in.payload
	}
	for _, test := range []struct {
		name     string
		in       func() object
		response object
		want     string
	}{
		{"unknown kind", slash, object{"type": 99}, "type"},
		{"pong", slash, object{"type": respondPong}, "type"},
		{"update of nothing", slash, object{"type": respondUpdate, "data": card("a")}, "cannot answer"},
		{"deferred update of nothing", slash, object{"type": respondDeferUpdate}, "cannot answer"},
		{"choices for a command", slash, choices(), "cannot answer"},
		{"message for a completion", complete, object{"type": respondMessage, "data": card("a")}, "cannot answer"},
		{"choices for a button", press, choices(), "cannot answer"},
		{"no message", slash, object{"type": respondMessage}, "empty message"},
		{"no allowed_mentions", slash, object{"type": respondMessage, "data": with(card("a"), object{"allowed_mentions": nil})}, "data.allowed_mentions"},
		{"text too long", slash, object{"type": respondMessage, "data": card(long(4001))}, "data.components"},
		{"unknown key", slash, object{"type": respondMessage, "data": with(card("a"), object{"nonce": "1"})}, "nonce"},
		{"deferred with text", slash, object{"type": respondDefer, "data": object{"content": "a"}}, "data.content"},
		{"deferred with another flag", slash, object{"type": respondDefer, "data": object{"flags": flagComponentsV2}}, "data.flags"},
		{"deferred update with data", press, object{"type": respondDeferUpdate, "data": card("a")}, "has no data"},
		{"update that hides", press, object{"type": respondUpdate, "data": with(card("a"), object{"flags": flagComponentsV2 | flagEphemeral})}, "data.flags"},
		{"choices missing", complete, object{"type": respondChoices, "data": object{}}, "data.choices"},
		{"choices null", complete, object{"type": respondChoices, "data": object{"choices": any(nil)}}, "data.choices"},
		{"26 choices", complete, choices(times(26, func(i int) any { return object{"name": string(rune('a' + i)), "value": string(rune('a' + i))} })...), "choices"},
		{"choice too long", complete, choices(object{"name": long(101), "value": "v"}), "choices"},
		{"choice value too long", complete, choices(object{"name": "n", "value": long(101)}), "choices"},
		{"choice without name", complete, choices(object{"name": "", "value": "v"}), "choices"},
		{"choice of another type", complete, choices(object{"name": "n", "value": 5}), "choices"},
		{"unknown locale of a choice", complete, choices(object{"name": "n", "value": "v", "name_localizations": object{"zh": "n"}}), "choices"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := test.in()
			b.refuses(t, "POST /interactions/"+asString(in["id"])+"/"+asString(in["token"])+"/callback", test.response, test.want)
		})
	}
	for name, response := range map[string]object{"25 choices": choices(times(25, func(i int) any {
		return object{"name": long(99) + string(rune('a'+i)), "value": long(99) + string(rune('a'+i))}
	})...), "no choice": choices()} {
		t.Run(name, func(t *testing.T) {
			in := complete()
			b.accepts(t, "POST /interactions/"+asString(in["id"])+"/"+asString(in["token"])+"/callback", response)
		})
	}
}

func TestAnInteractionIsAnsweredOnceAndInTime(t *testing.T) {
	clock := NewClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	b := newWaiting(t, Options{Now: clock.Now})
	message := object{"type": respondMessage, "data": card("a")}

	in := b.asked(t)
	if r := b.do("PATCH "+hook(in)+"/messages/@original", card("b")); r.code(t) != 10015 {
		t.Errorf("an edit before the response: %s", r.text)
	}
	clock.Advance(3 * time.Second)
	if r := b.respond(in, message); r.status != http.StatusNoContent {
		t.Errorf("a response after 3 s: %d %s", r.status, r.text)
	}
	if r := b.respond(in, message); r.status != 400 || r.code(t) != 40060 {
		t.Errorf("a second response: %d %s", r.status, r.text)
	}
	late := b.asked(t)
	clock.Advance(3*time.Second + time.Millisecond)
	if r := b.respond(late, message); r.status != 404 || r.code(t) != 10062 {
		t.Errorf("a response that is late: %d %s", r.status, r.text)
	}
	clock.Advance(15*time.Minute - 6*time.Second - time.Millisecond)
	b.accepts(t, "PATCH "+hook(in)+"/messages/@original", card("b"))
	clock.Advance(time.Second)
	for _, what := range []string{"GET " + hook(in) + "/messages/@original", "DELETE " + hook(in) + "/messages/@original"} {
		if r := b.do(what, nil); r.status != 401 || r.code(t) != 50027 {
			t.Errorf("%s after 15 min: %d %s", what, r.status, r.text)
		}
	}
	if r := b.do("POST "+hook(in), card("c")); r.status != 401 || r.code(t) != 50027 {
		t.Errorf("a follow-up after 15 min: %d %s", r.status, r.text)
	}
}

func TestTheUserReadsThatTheBotDoesNotAnswer(t *testing.T) {
	o := Options{RespondWithin: 500 * time.Millisecond}
	b := newWaiting(t, o)
	shown, in, _ := b.used(b.ask, nil)
	if shown.Failed != FailedCommand || shown.Text() != "" {
		t.Errorf("the user reads %q", shown.Failed)
	}
	if r := b.respond(in, object{"type": respondMessage, "data": card("a")}); r.code(t) != 10062 {
		t.Errorf("a response after that: %s", r.text)
	}
	shown, _, r := b.used(b.ask, object{"type": respondMessage, "data": card("", "Press")})
	if shown.Failed != FailedCommand || r.status != 400 {
		t.Errorf("after an invalid response the user reads %q, the bot %d", shown.Failed, r.status)
	}
	shown, _, _ = b.used(b.ask, object{"type": respondMessage, "data": card("a", "Press")})
	if shown.Failed != "" {
		t.Fatalf("the user reads %q", shown.Failed)
	}
	pressed, _, _ := b.used(func() *Shown { return shown.Click("Press") }, nil)
	if pressed.Failed != FailedComponent {
		t.Errorf("after a click the user reads %q", pressed.Failed)
	}
	b.s.Ready(0, time.Second).CloseWith(1000, "")
	b.w.closed()
	b.s.Await(time.Second, func() bool { return len(b.s.Connections()) == 0 })
	b.s.UseGateway()
}

func TestAnUpdateIsSeenHoweverSoonItFollowsItsDeferral(t *testing.T) {
	b := newWaiting(t, Options{})
	shown, _, _ := b.used(b.ask, object{"type": respondMessage, "data": card("before", "Press")})
	pressed := make(chan *Shown, 1)
	go func() { pressed <- shown.Click("Press") }()
	f := b.w.next()
	for f.Type != "INTERACTION_CREATE" {
		f = b.w.next()
	}
	in := f.object()
	// The test looks at the message after both: deliver waits for the lock.
	b.s.mu.Lock()
	soon := b.s.interactions[asString(in["id"])]
	a := b.s.respond(soon, object{"type": respondDeferUpdate}, "test")
	soon.target.fill(asObject(remarshal(object{"components": []any{object{"type": typeText, "content": "after"}}})))
	b.s.change(soon.target)
	b.s.mu.Unlock()
	if a.status != http.StatusNoContent {
		t.Fatalf("the response is answered with %d", a.status)
	}
	after := (<-pressed).Original()
	if v := b.s.Violations(); after.Text() != "after" || len(v) > 0 {
		t.Errorf("the message reads %q, with %v", after.Text(), v)
	}
}

func TestNobodyListensForAnInteraction(t *testing.T) {
	d := newDesk(t, unlimited())
	d.bot.must("PUT /applications/"+d.s.ApplicationID()+"/commands", commandsOfTest())
	if shown := d.user.In(d.channel).MayFail().Slash("ask", map[string]any{"question": "q"}); shown.Failed != FailedCommand {
		t.Errorf("the user reads %q", shown.Failed)
	}
	if len(d.s.Violations()) > 0 {
		t.Errorf("violations are %v", d.s.Violations())
	}
	d.user.In(d.channel).Slash("ask", map[string]any{"question": "q"})
	if v := d.s.Violations(); len(v) != 1 || v[0].Where != "user" {
		t.Errorf("a failure that was not allowed for must be told: %v", v)
	}
}

func TestWhoSeesAResponseIsDecidedWhenItIsDeferred(t *testing.T) {
	b := newWaiting(t, Options{})
	shown, in, _ := b.used(b.ask, object{"type": respondDefer, "data": object{"flags": flagEphemeral}})
	if !shown.Ephemeral || !shown.Loading {
		t.Errorf("deferred: %+v", shown)
	}
	b.refuses(t, "PATCH "+hook(in)+"/messages/@original", with(card("a"), object{"flags": flagComponentsV2 | flagEphemeral}), "flags")
	b.refuses(t, "PATCH "+hook(in)+"/messages/@original", object{"allowed_mentions": object{"parse": []any{}}}, "empty message")
	b.accepts(t, "PATCH "+hook(in)+"/messages/@original", card("a"))
	if shown = shown.Original(); !shown.Ephemeral || shown.Loading || shown.Text() != "a" {
		t.Errorf("afterwards: %+v", shown)
	}
	if len(b.s.Messages(b.channel)) != 0 {
		t.Error("everybody sees it")
	}
	more := b.accepts(t, "POST "+hook(in), with(card("b"), object{"flags": flagComponentsV2 | flagEphemeral})).json(t)
	b.accepts(t, "PATCH "+hook(in)+"/messages/"+asString(more["id"]), card("c"))
	b.accepts(t, "DELETE "+hook(in)+"/messages/"+asString(more["id"]), nil)
	if r := b.do("GET "+hook(in)+"/messages/"+asString(more["id"]), nil); r.code(t) != 10008 {
		t.Errorf("a deleted follow-up: %s", r.text)
	}
	b.accepts(t, "DELETE "+hook(in)+"/messages/@original", nil)
}

func TestAFollowUpThatReplacesADeferredResponseIsAViolation(t *testing.T) {
	b := newWaiting(t, Options{})
	shown, in, _ := b.used(b.ask, object{"type": respondDefer})
	if r := b.do("POST "+hook(in), card("a")); r.status != http.StatusOK || r.json(t)["id"] != shown.ID {
		t.Errorf("answered %d %s", r.status, r.text)
	}
	if v := b.s.Violations(); len(v) != 1 || !strings.Contains(v[0].What, "edit @original") {
		t.Errorf("violations are %v", v)
	}
}

func TestACallbackAnswersWithItsMessage(t *testing.T) {
	s := held(t, unlimited())
	d := newDeskOf(t, s)
	d.bot.must("PUT /applications/"+s.ApplicationID()+"/commands", commandsOfTest())
	b := &waiting{desk: d}
	in := b.asked(t)
	r := d.accepts(t, "POST /interactions/"+asString(in["id"])+"/"+asString(in["token"])+"/callback?with_response=true", object{"type": respondMessage, "data": card("a")}).json(t)
	message := asObject(asObject(r["resource"])["message"])
	if asString(message["id"]) == "" || asObject(r["interaction"])["response_message_id"] != message["id"] {
		t.Errorf("answered %v", r)
	}
}

func TestInteractionsLookLikeDiscords(t *testing.T) {
	b := newWaiting(t, Options{})
	shown, in, _ := b.used(b.ask, object{"type": respondMessage, "data": card("a", "Press")})
	_, pressed, _ := b.used(func() *Shown { return shown.Click("Press") }, object{"type": respondDeferUpdate})
	_, direct, _ := b.used(func() *Shown { return b.user.DM().MayFail().Slash("ask", map[string]any{"question": "q"}) }, object{"type": respondDefer})
	for name, test := range map[string]struct {
		in   object
		want []string
	}{
		"command":   {in, []string{"member", "guild", "guild_id", "guild_locale", "data.id", "data.name", "data.type", "data.options", "member.permissions", "member.user.id"}},
		"component": {pressed, []string{"member", "guild_id", "message.id", "message.components", "message.flags", "data.custom_id", "data.component_type"}},
		"direct":    {direct, []string{"user.id", "data.name"}},
	} {
		for _, path := range append(test.want, "id", "application_id", "type", "token", "version", "channel.id", "channel_id", "app_permissions", "locale", "context", "authorizing_integration_owners.0", "entitlements", "attachment_size_limit") {
			at := any(test.in)
			for step := range strings.SplitSeq(path, ".") {
				at = asObject(at)[step]
			}
			if at == nil {
				t.Errorf("%s has no %s", name, path)
			}
		}
	}
	if direct["member"] != nil || direct["guild_id"] != nil || in["user"] != nil {
		t.Error("a member belongs to a guild, a user to a direct conversation")
	}
}

func TestAUserCannotDoWhatDiscordDoesNotOffer(t *testing.T) {
	b := newWaiting(t, Options{RespondWithin: 50 * time.Millisecond})
	b.bot.must("PUT /applications/"+b.s.ApplicationID()+"/commands", append(commandsOfTest(),
		object{"name": "guilds", "description": "d", "contexts": []any{0}},
		object{"name": "manage", "description": "d", "default_member_permissions": "16"},
		object{"name": "pick", "description": "d", "options": []any{object{"type": optionString, "name": "a", "description": "d", "choices": []any{object{"name": "n", "value": "v"}}}}},
	))
	here, dm := b.user.In(b.channel), b.user.DM()
	for name, test := range map[string]struct {
		do   func()
		want string
	}{
		"unknown command":      {func() { here.Slash("nothing", nil) }, "no such command"},
		"unknown option":       {func() { here.Slash("ask", map[string]any{"question": "q", "x": 1}) }, "there is no option"},
		"missing option":       {func() { here.Slash("ask", nil) }, "is required"},
		"wrong type":           {func() { here.Slash("ask", map[string]any{"question": 1}) }, "takes no number"},
		"empty text":           {func() { here.Slash("ask", map[string]any{"question": ""}) }, "cannot be given"},
		"no subcommand":        {func() { here.Slash("digest", nil) }, "needs a subcommand"},
		"unknown subcommand":   {func() { here.Slash("digest nothing", nil) }, "there is no subcommand"},
		"out of range":         {func() { here.Slash("digest subscribe", map[string]any{"hour": 24}) }, "out of range"},
		"not among choices":    {func() { here.Slash("pick", map[string]any{"a": "w"}) }, "not among the choices"},
		"no completion":        {func() { here.Complete("pick", "a", "w") }, "is not completed"},
		"wrong context":        {func() { dm.Slash("guilds", nil) }, "not for this context"},
		"not shown to members": {func() { here.Slash("manage", nil) }, "not shown to the user"},
		"unknown menu":         {func() { here.MessageCommand("Nothing", here.Say("a")) }, "no such command"},
		"unknown button":       {func() { here.On(here.Say("a")).Click("Nothing") }, "there is no button"},
		"unknown choice":       {func() { here.On(here.Say("a")).Choose("Nothing") }, "no menu offers"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(b.s.Violations())
			test.do()
			if v := b.s.Violations()[before:]; len(v) != 1 || !strings.Contains(v[0].String(), test.want) {
				t.Errorf("violations are %v, want %q", v, test.want)
			}
		})
	}
	b.guild.Grant(b.user, ManageChannels)
	if in := here.slash("manage", nil); in == nil {
		t.Error("a manager is not shown the command")
	}
	b.guild.Kick()
	before := len(b.s.Violations())
	here.Slash("ask", map[string]any{"question": "q"})
	if v := b.s.Violations()[before:]; len(v) != 1 || !strings.Contains(v[0].What, "has not installed") {
		t.Errorf("violations are %v", v)
	}
	b.user.Install()
	if in := here.slash("ask", map[string]any{"question": "q"}); in == nil || asObject(in.payload["authorizing_integration_owners"])["1"] != b.user.ID {
		t.Error("whoever has installed the bot can use it everywhere")
	}
}

func TestAnEndpointIsProbedBeforeItIsTaken(t *testing.T) {
	s := collecting(t, Options{RespondWithin: 2 * time.Second})
	b := newRest(t, s)
	good := func(s *Server) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if len(body) == 0 || r.Header.Get(HeaderSignature) != s.signature(r.Header.Get(HeaderTimestamp), body) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"type":1}`)
		}
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		refused string
	}{
		"good": {good(s), ""},
		"checks nothing": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"type":1}`)
		}, "not with 401"},
		"refuses all": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }, "PING with 401"},
		"no PONG": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"type":5}`)
		}, "not with a PONG"},
		"no JSON": {func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"type":1}`) }, "not as JSON"},
		"403 for forgeries": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(HeaderTimestamp) == "" {
				w.WriteHeader(403)
				return
			}
			good(s)(w, r)
		}, "no timestamp with 403"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			defer server.Close()
			err := s.UseEndpoint(server.URL)
			if test.refused == "" && err != nil || test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)) {
				t.Errorf("the probe says %v", err)
			}
			r := b.do("PATCH /applications/@me", object{"interactions_endpoint_url": server.URL})
			if (r.status == http.StatusOK) != (test.refused == "") {
				t.Errorf("PATCH is answered %d %s", r.status, r.text)
			}
		})
	}
	if err := s.UseEndpoint("http://127.0.0.1:1"); err == nil {
		t.Error("an endpoint where nobody listens was taken")
	}
}

func TestRepliesToMessagesAreFound(t *testing.T) {
	d := newDesk(t, unlimited())
	here := d.user.In(d.channel)
	said := here.Say("<@bot> question")
	if replies := d.s.Replies(said, 10*time.Millisecond); len(replies) != 0 {
		t.Errorf("replies are %v", replies)
	}
	go func() {
		d.do("POST "+someChannel, with(card("an answer"), object{"message_reference": object{"message_id": said.ID}}))
	}()
	replies := d.s.Replies(said, 5*time.Second)
	if len(replies) != 1 || replies[0].Text() != "an answer" || !replies[0].Author.IsBot() {
		t.Fatalf("replies are %v", replies)
	}
	thread := here.StartThread(said, "thread")
	d.accepts(t, "POST /channels/"+thread.ID+"/messages", card("in the thread"))
	if replies := d.s.Replies(said, time.Second); len(replies) != 2 {
		t.Errorf("replies are %v", replies)
	}
}

func TestAnEditMayOvertakeTheReplyOfTheEndpoint(t *testing.T) {
	for name, test := range map[string]struct {
		grace  time.Duration
		status int
	}{"within the grace": {5 * time.Second, http.StatusOK}, "without grace": {-1, http.StatusNotFound}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, Options{Limits: Limits{Off: true}, ReplyGrace: test.grace})
			d.bot.must("PUT /applications/"+d.s.ApplicationID()+"/commands", commandsOfTest())
			edited := make(chan reply, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in object
				_ = json.NewDecoder(r.Body).Decode(&in)
				w.Header().Set("Content-Type", "application/json")
				go func() { edited <- d.bot.do("PATCH "+hook(in)+"/messages/@original", card("b")) }()
				d.s.Await(5*time.Second, func() bool {
					return len(d.s.CallsTo("PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original")) > 0
				})
				if test.grace < 0 {
					r := <-edited
					edited <- r
				}
				_, _ = io.WriteString(w, `{"type":5}`)
			}))
			defer server.Close()
			d.s.mu.Lock()
			d.s.app.endpoint = server.URL
			d.s.mu.Unlock()
			d.user.In(d.channel).Slash("ask", map[string]any{"question": "q"})
			if r := <-edited; r.status != test.status {
				t.Errorf("answered %d %s", r.status, r.text)
			}
		})
	}
}

func TestFollowUpsAreFewWhereOnlyTheUserHasTheBot(t *testing.T) {
	d := newDesk(t, unlimited())
	b := &waiting{desk: d}
	d.bot.must("PUT /applications/"+d.s.ApplicationID()+"/commands", commandsOfTest())
	d.guild.Kick()
	d.user.Install()
	in := b.asked(t)
	b.respond(in, object{"type": respondMessage, "data": card("a")})
	for range maxFollowUps {
		d.accepts(t, "POST "+hook(in), card("b"))
	}
	if r := d.do("POST "+hook(in), card("b")); r.status != 400 || r.code(t) != 40094 {
		t.Errorf("answered %d %s", r.status, r.text)
	}
}
