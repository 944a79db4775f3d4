package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/slack"
	"briefbot/adapters/slack/webapi"
)

// elsewhere is a Slack that nobody here wrote: the npm package emulate, whose
// sums are in testdata/emulate and which "make test" installs. Its workspace
// has a channel and a user whose ids are always the same.
//
// It keeps messages, metadata, private messages and homes as Slack does, and
// refuses what a token has no scope for. It is no use for more than that:
//   - It takes any token that it does not know for that of its first user.
//   - Blocks of any type and texts of any length are welcome to it, and nothing
//     is ever too fast: it answers no 429.
//   - auth.test does not name the scopes that were granted, users.info no
//     locale, and conversations.history minds no "oldest".
//   - apps.connections.open, assistant.threads.setSuggestedPrompts and
//     auth.revoke are answered 404 and {"message":"Not Found"}, which is none
//     of Slack's answers.
//   - Its events have no event_id and no team_id and are not signed; it knows
//     no slash commands, no interactivity and no addresses for responses. The
//     test sends what Slack would, and gives one of its incoming webhooks,
//     which take the same body, for the address.
type elsewhere struct {
	url string
	log *buffer
}

const (
	elsewhereChannel = "C000000001"
	elsewhereTeam    = "T000000001"
	elsewhereUser    = "U000000001"
	elsewhereBot     = "U0BRIEF"
	elsewhereWebhook = "/services/T000000001/B000000001/X000000001"
	elsewhereToken   = "xoxb-s3cret"
	elsewherePerson  = "xoxp-s3cret"
	elsewhereSecret  = "s3cret-signing"
)

var errNoEmulate = errors.New("emulate is not installed: \"make test\" installs it, with Node and npm")

// newElsewhere starts the server, which ends with the test, however that
// ends. The settings of the program point to it.
func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	launcher, program, err := emulate()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	var scopes []string
	for _, scope := range slack.Scopes(true) {
		scopes = append(scopes, scope.Name)
	}
	type object = map[string]any
	seed, err := json.Marshal(object{"slack": object{
		"team": object{"name": "Harbour"}, "strict_scopes": true,
		"oauth_apps": []object{{
			"app_id": "A0BRIEF", "client_id": "1.2", "client_secret": "s3cret", "name": "Briefbot", "redirect_uris": []string{},
			"bot_id": "B0BRIEF", "bot_user_id": elsewhereBot, "bot_name": "briefbot", "scopes": scopes,
		}},
		"tokens": []object{
			{"token": elsewhereToken, "type": "bot", "user": elsewhereBot, "app_id": "A0BRIEF", "bot_id": "B0BRIEF", "bot_user_id": elsewhereBot, "scopes": scopes},
			{"token": elsewherePerson, "type": "user", "user": elsewhereUser, "scopes": []string{"chat:write", "im:write"}},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	clearEnv(t)
	writeFile(t, "seed.json", string(seed))

	e := &elsewhere{log: new(buffer)}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "node", launcher, program, "start", "--service", "slack", "--seed", "seed.json")
	cmd.Stdout, cmd.Stderr = e.log, e.log
	stdin, err := cmd.StdinPipe() // whose end is the server's
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("emulate ends with %v: %s", err, e.log.String())
		}
	})
	listening := regexp.MustCompile(`listening at (\S+)\n`)
	poll(func() bool {
		found := listening.FindStringSubmatch(e.log.String())
		if found != nil {
			e.url = found[1]
		}
		return found != nil
	}, func() { t.Fatalf("emulate does not start: %s", e.log.String()) })

	for name, value := range map[string]string{
		"WEB_ADDRESS": "127.0.0.1:0", "STORE_ADDRESS": noStore, "SLACK_TRANSPORT": "http", "SLACK_API_URL": e.url + "/api",
		"SLACK_BOT_TOKEN": elsewhereToken, "SLACK_SIGNING_SECRET": elsewhereSecret,
	} {
		t.Setenv(envPrefix+name, value)
	}
	return e
}

// emulate finds what launches the server, and its program.
func emulate() (launcher, program string, err error) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", "", errNoEmulate
	}
	if launcher, err = filepath.Abs("testdata/emulate/start.mjs"); err != nil {
		return "", "", err
	}
	if program, err = filepath.Abs("../../.ci/emulate/node_modules/emulate/dist/index.js"); err != nil {
		return "", "", err
	}
	if _, err := os.Stat(program); err != nil {
		return "", "", errNoEmulate
	}
	return launcher, program, nil
}

// stands is a message as a history shows it.
type stands struct {
	TS       string           `json:"ts"`
	Thread   string           `json:"thread_ts"`
	User     string           `json:"user"`
	Text     string           `json:"text"`
	Unfurl   *bool            `json:"unfurl_links"`
	Blocks   []map[string]any `json:"blocks"`
	Metadata json.RawMessage  `json:"metadata"`
}

// said is what the server answers, as far as it is looked at.
type said struct {
	OK       bool     `json:"ok"`
	Error    string   `json:"error"`
	TS       string   `json:"ts"`
	Messages []stands `json:"messages"`
	Channel  any      `json:"channel"` // an id or a channel
}

// call calls a method with pairs of names and values.
func (e *elsewhere) call(t *testing.T, token, method string, args ...string) said {
	t.Helper()
	form := url.Values{}
	for pair := range slices.Chunk(args, 2) {
		form.Set(pair[0], pair[1])
	}
	var answer said
	_, body := send(t, e.url+"/api/"+method, form.Encode(), "Authorization", "Bearer "+token, "Content-Type", "application/x-www-form-urlencoded")
	if err := json.Unmarshal(body, &answer); err != nil || !answer.OK {
		t.Fatalf("%s is answered %s", method, body)
	}
	return answer
}

// answered waits for the first answer of the bot's among messages that are
// read again and again.
func (e *elsewhere) answered(t *testing.T, log *buffer, method string, args ...string) stands {
	t.Helper()
	var found stands
	poll(func() bool {
		messages := e.call(t, elsewhereToken, method, args...).Messages
		at := slices.IndexFunc(messages, func(m stands) bool { return m.User == elsewhereBot })
		if at >= 0 {
			found = messages[at]
		}
		return at >= 0
	}, func() { t.Fatalf("there is no answer: %s", log.String()) })
	return found
}

// shows waits until a part of the server's own page holds something.
func (e *elsewhere) shows(t *testing.T, log *buffer, part, want string) {
	t.Helper()
	section := regexp.MustCompile(`(?s)<h2>` + part + `</h2>(.*?)</section>`)
	var got string
	poll(func() bool {
		if found := section.FindStringSubmatch(get(e.url+"/?tab=messages&channel="+elsewhereChannel, "")); found != nil {
			got = html.UnescapeString(found[1])
		}
		return strings.Contains(got, want)
	}, func() { t.Fatalf("%s lacks %q:\n%s\n%s", part, want, got, log.String()) })
}

// send posts a body with pairs of headers.
func send(t *testing.T, url, body string, headers ...string) (status int, answer []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if answer, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// sendSigned posts what Slack would, and returns the acknowledgement.
func sendSigned(t *testing.T, url, contentType, body string) []byte {
	t.Helper()
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(elsewhereSecret))
	_, _ = io.WriteString(mac, "v0:"+timestamp+":"+body)
	status, answer := send(t, url, body, "Content-Type", contentType,
		"X-Slack-Request-Timestamp", timestamp, "X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	if status != http.StatusOK {
		t.Fatalf("%s is answered %d: %s", url, status, answer)
	}
	return answer
}

// happens tells the program of an event.
func happens(t *testing.T, url, id string, event map[string]string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"type": "event_callback", "team_id": elsewhereTeam, "api_app_id": "A0BRIEF", "event_id": id, "event_time": time.Now().Unix(), "event": event,
		"authorizations": []map[string]any{{"team_id": elsewhereTeam, "user_id": elsewhereBot, "is_bot": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sendSigned(t, url+slack.EventsPath, "application/json", string(body))
}

// serveCommand runs "briefbot serve" as the environment says.
func serveCommand(t *testing.T) (url string, log *buffer, stop func()) {
	t.Helper()
	var out buffer
	log = new(buffer)
	p := &program{in: strings.NewReader(""), out: &out, err: log, now: time.Now}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- p.run(ctx, []string{"serve"}) }()
	stop = func() {
		t.Helper()
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("it ends with %d: %s", code, log.String())
		}
		if strings.Contains(out.String()+log.String(), "s3cret") {
			t.Errorf("a secret is shown:\n%s%s", out.String(), log.String())
		}
	}
	poll(func() bool {
		_, rest, ok := strings.Cut(out.String(), "Briefbot is at ")
		url, _, _ = strings.Cut(rest, " ")
		return ok
	}, func() { t.Fatalf("the server does not start: %s", log.String()) })
	return url, log, stop
}

// The program works with another Slack than our own fake, of whose making we
// know nothing that Slack's documentation does not say.
func TestServeIsOnASlackThatNobodyHereWrote(t *testing.T) {
	e := newElsewhere(t)
	e.examined(t)
	url, log, stop := serveCommand(t)

	// A mention is answered in its thread, once, with what it is found by.
	mentioned := func(id, text string) (ts string) {
		ts = e.call(t, elsewherePerson, "chat.postMessage", "channel", elsewhereChannel, "text", text).TS
		event := map[string]string{"type": "app_mention", "channel": elsewhereChannel, "user": elsewhereUser, "ts": ts, "text": text}
		happens(t, url, id, event)
		happens(t, url, id, event) // a retry
		return ts
	}
	question := mentioned("Ev1", "<@"+elsewhereBot+"> APEC 2026 host")
	answer := e.answered(t, log, "conversations.replies", "channel", elsewhereChannel, "ts", question)
	looksLike(t, answer, question, "Shenzhen", "question:"+question+":0")

	// What is for the asker alone nobody else sees.
	mentioned("Ev2", "<@"+elsewhereBot+">")
	e.shows(t, log, "Ephemeral", "Ask something")

	happens(t, url, "Ev3", map[string]string{"type": "app_home_opened", "tab": "home", "user": elsewhereUser, "channel": "D000000001"})
	e.shows(t, log, "App Home", "Latest briefings")

	// A direct message is answered below it.
	opened, ok := e.call(t, elsewherePerson, "conversations.open", "users", elsewhereBot).Channel.(map[string]any)
	direct, ok2 := opened["id"].(string)
	if !ok || !ok2 {
		t.Fatalf("no direct conversation is opened: %v", opened)
	}
	happens(t, url, "Ev4", map[string]string{
		"type": "message", "channel_type": "im", "channel": direct, "user": elsewhereUser, "ts": "1700000000.000100", "text": "四点建议",
	})
	answer = e.answered(t, log, "conversations.history", "channel", direct, "include_all_metadata", "true")
	looksLike(t, answer, "", "四点建议", "question:1700000000.000100:0")

	e.sharesInChannel(t, url, log)

	for _, method := range []string{"chat.postEphemeral", "response_url", "users.info", "views.publish"} {
		sees(t, url+"/metrics", `briefbot_slack_requests_total{error="",method="`+method+`",status="200"} 1`)
	}
	stop()

	// After a restart it reads in the thread that it has spoken there.
	url, log, stop = serveCommand(t)
	happens(t, url, "Ev5", map[string]string{
		"type": "message", "channel_type": "channel", "channel": elsewhereChannel, "user": elsewhereUser,
		"ts": "1700000000.000200", "thread_ts": question, "text": "what are the four proposals?",
	})
	poll(func() bool {
		all := e.call(t, elsewhereToken, "conversations.replies", "channel", elsewhereChannel, "ts", question).Messages
		return len(all) == 3 && strings.Contains(all[2].Text, "four proposals")
	}, func() { t.Errorf("in its thread it is silent: %s", log.String()) })
	stop()
}

// examined has the doctor look at the server.
func (e *elsewhere) examined(t *testing.T) {
	t.Helper()
	var out buffer
	p := &program{in: strings.NewReader(""), out: &out, err: &out, now: time.Now}
	_ = p.run(t.Context(), []string{"doctor", "--slack-channel", elsewhereChannel}) // it misses the public address
	for _, want := range []string{
		`Slack accepts the token; it belongs to "briefbot" in the workspace "Harbour".`,
		"Slack does not say which scopes were granted.",
		"The bot is in the channel",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the doctor does not say %q:\n%s", want, out.String())
		}
	}
}

// sharesInChannel uses the slash command and shows its answer to everyone.
func (e *elsewhere) sharesInChannel(t *testing.T, to string, log *buffer) {
	t.Helper()
	const form = "application/x-www-form-urlencoded"
	address := e.url + elsewhereWebhook
	acknowledged := sendSigned(t, to+slack.CommandsPath, form, url.Values{
		"command": {"/brief"}, "text": {"APEC 2026 host"}, "team_id": {elsewhereTeam}, "channel_id": {elsewhereChannel},
		"user_id": {elsewhereUser}, "user_name": {"admin"}, "response_url": {address}, "trigger_id": {"1.1.a"},
	}.Encode())
	var private struct {
		Type   string `json:"response_type"`
		Text   string `json:"text"`
		Blocks []struct {
			Elements []struct {
				Text  any    `json:"text"`
				ID    string `json:"action_id"`
				Value string `json:"value"`
			} `json:"elements"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(acknowledged, &private); err != nil || private.Type != "ephemeral" || !strings.Contains(private.Text, "Shenzhen") {
		t.Fatalf("the command is answered %s", acknowledged)
	}
	var press map[string]any
	for _, block := range private.Blocks {
		for _, element := range block.Elements {
			if label, ok := element.Text.(map[string]any); ok && label["text"] == "Share in channel" {
				press = map[string]any{"type": "button", "action_id": element.ID, "value": element.Value}
			}
		}
	}
	if press == nil {
		t.Fatalf("it cannot be shared: %s", acknowledged)
	}
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "team": map[string]string{"id": elsewhereTeam}, "user": map[string]string{"id": elsewhereUser, "name": "admin"},
		"channel": map[string]string{"id": elsewhereChannel}, "container": map[string]any{"type": "message", "message_ts": "1700000000.000300", "is_ephemeral": true},
		"actions": []any{press}, "response_url": address, "trigger_id": "1.1.b",
	})
	if err != nil {
		t.Fatal(err)
	}
	sendSigned(t, to+slack.InteractivityPath, form, url.Values{"payload": {string(payload)}}.Encode())
	poll(func() bool {
		return slices.ContainsFunc(e.call(t, elsewhereToken, "conversations.history", "channel", elsewhereChannel).Messages, func(m stands) bool {
			return m.User != elsewhereUser && strings.Contains(m.Text, "Shenzhen")
		})
	}, func() { t.Errorf("it is not shared: %s", log.String()) })
}

// looksLike checks an answer as the server keeps it.
func looksLike(t *testing.T, m stands, thread, text, id string) {
	t.Helper()
	if m.Thread != thread || !strings.Contains(m.Text, text) || len(m.Blocks) == 0 || m.Unfurl == nil || *m.Unfurl {
		t.Errorf("the answer is %+v", m)
	}
	if want := `{"event_type":"` + webapi.MetadataType + `","event_payload":{"id":"` + id + `"}}`; string(m.Metadata) != want {
		t.Errorf("the answer's metadata is %s, want %s", m.Metadata, want)
	}
}

// A message is found by its metadata and can be replaced.
func TestMessagesAreFoundAndReplacedOnASlackThatNobodyHereWrote(t *testing.T) {
	e := newElsewhere(t)
	began := time.Now()
	api, err := webapi.New(webapi.Options{BaseURL: e.url + "/api", Token: webapi.Fixed(elsewhereToken)})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	m := webapi.Message{
		Channel: elsewhereChannel, Text: "first",
		Metadata: &webapi.Metadata{Type: webapi.MetadataType, Payload: webapi.Payload{ID: "digest:1"}},
	}
	posted, err := api.PostMessage(t.Context(), elsewhereTeam, m)
	if err != nil || posted.TS == "" {
		t.Fatalf("%+v: %v", posted, err)
	}
	if found, err := api.Find(t.Context(), elsewhereTeam, m, began); err != nil || found.TS != posted.TS {
		t.Errorf("it is found as %+v: %v", found, err)
	}
	never := m
	never.Metadata = &webapi.Metadata{Type: webapi.MetadataType, Payload: webapi.Payload{ID: "digest:2"}}
	if found, err := api.Find(t.Context(), elsewhereTeam, never, began); err != nil || found.TS != "" {
		t.Errorf("what was never posted is found as %+v: %v", found, err)
	}
	m.Text = "second"
	if err := api.Update(t.Context(), elsewhereTeam, posted.TS, m); err != nil {
		t.Error(err)
	}
	if all := e.call(t, elsewhereToken, "conversations.history", "channel", elsewhereChannel).Messages; len(all) != 1 || all[0].Text != "second" || all[0].Metadata == nil {
		t.Errorf("the channel holds %+v", all)
	}
	if err := api.Update(t.Context(), elsewhereTeam, "1700000000.000100", m); webapi.CodeOf(err) != "message_not_found" {
		t.Errorf("what is not there is replaced with %v", err)
	}
	if c, err := api.Channel(t.Context(), elsewhereTeam, elsewhereChannel); err != nil || c.ID != elsewhereChannel {
		t.Errorf("the channel is %+v: %v", c, err)
	}
	_, body := send(t, e.url+"/api/reactions.add", url.Values{"channel": {elsewhereChannel}, "timestamp": {posted.TS}, "name": {"+1"}}.Encode(),
		"Authorization", "Bearer "+elsewhereToken, "Content-Type", "application/x-www-form-urlencoded")
	if !strings.Contains(string(body), "missing_scope") {
		t.Errorf("a method whose scope is not asked for ends with %s", body)
	}
}
