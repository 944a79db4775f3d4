package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/slack"
	"briefbot/bot"
)

// emulated is a Slack that no one here wrote: the npm package emulate, which
// "make test" installs into .ci/emulate. It is good for the happy path: it
// takes blocks of any shape.
type emulated struct {
	address string
	bot     string // tokens
	person  string
}

func startEmulated(t *testing.T) *emulated {
	t.Helper()
	folder := os.Getenv("BRIEFBOT_EMULATE")
	if folder == "" {
		folder = filepath.Join("..", "..", ".ci", "emulate")
	}
	script, err := filepath.Abs(filepath.Join(folder, "node_modules", "emulate", "dist", "index.js"))
	if err != nil {
		t.Fatal(err)
	}
	node, nodeErr := exec.LookPath("node")
	if _, err := os.Stat(script); err != nil || nodeErr != nil {
		const how = "emulate@0.10.0 is not here: \"make test\" installs it into .ci/emulate where there is npm; BRIEFBOT_EMULATE may name another folder"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	clearEnv(t)
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	e := &emulated{address: fmt.Sprintf("http://127.0.0.1:%d/api", port), bot: "xoxb-s3cret", person: "xoxp-s3cret"}
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	config := "slack:\n  users:\n    - name: ann\n  channels:\n    - name: harbour\n  tokens:\n    - token: " + e.bot + "\n    - token: " + e.person + "\n      user: ann\n"
	if err := os.WriteFile(seed, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, node, script, "start", "--service", "slack", "--port", strconv.Itoa(port), "--seed", seed)
	command.Env = append(os.Environ(), "NO_COLOR=1")
	var said buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // it is killed
		http.DefaultClient.CloseIdleConnections()
	})
	poll(func() bool { return e.call(t, e.bot, "auth.test", nil)["ok"] == true }, func() { t.Fatalf("it does not start: %s", said.String()) })
	return e
}

// call calls a method; nothing comes back where nobody answers.
func (e *emulated) call(t *testing.T, token, method string, args map[string]any) map[string]any {
	t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.address+"/"+method, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	var got map[string]any
	_ = json.NewDecoder(response.Body).Decode(&got)
	return got
}

func (e *emulated) must(t *testing.T, token, method string, args map[string]any) map[string]any {
	t.Helper()
	got := e.call(t, token, method, args)
	if got["ok"] != true {
		t.Fatalf("%s answers %v", method, got)
	}
	return got
}

// tell sends an event to the program, signed as Slack signs.
func tell(t *testing.T, url, secret, id, team, self string, event map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"type": "event_callback", "event_id": id, "team_id": team, "event": event,
		"authorizations": []any{map[string]any{"team_id": team, "user_id": self, "is_bot": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + timestamp + ":" + string(body)))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+slack.EventsPath, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Slack-Request-Timestamp", timestamp)
	request.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if answer, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Fatalf("the program answers %s: %s", response.Status, answer)
	}
}

// The whole program works with a Slack that no one here wrote: its token is
// known, a mention is answered in its thread, what is for the asker alone is
// ephemeral, the home is published.
func TestTheProgramWorksWithAnotherSlack(t *testing.T) {
	e := startEmulated(t)
	identity := e.must(t, e.bot, "auth.test", nil)
	team, self := fmt.Sprint(identity["team_id"]), "U0THEBOT"
	channels, _ := e.must(t, e.bot, "conversations.list", map[string]any{})["channels"].([]any)
	channel := ""
	for _, c := range channels {
		if c, _ := c.(map[string]any); c["name"] == "harbour" {
			channel = fmt.Sprint(c["id"])
		}
	}
	ann := fmt.Sprint(e.must(t, e.person, "auth.test", nil)["user_id"])

	s := &onSlack{config: defaultConfig()}
	s.config.Web.Address = "127.0.0.1:0"
	s.config.Slack.BotToken, s.config.Slack.APIURL = e.bot, e.address
	s.config.Slack.Transport, s.config.Slack.SigningSecret = slackHTTP, "s3cret-signing"
	checks, err := s.program().examineSlack(t.Context(), s.config, channel)
	if err != nil || checks[0].State != bot.CheckOK {
		t.Errorf("the doctor finds %+v: %v", checks, err)
	}
	url, stop := s.serve(t)

	question := "<@" + self + "> APEC 2026 host"
	ts := fmt.Sprint(e.must(t, e.person, "chat.postMessage", map[string]any{"channel": channel, "text": question})["ts"])
	mention := map[string]any{"type": "app_mention", "user": ann, "text": question, "ts": ts, "channel": channel}
	tell(t, url, "s3cret-signing", "Ev1", team, self, mention)
	tell(t, url, "s3cret-signing", "Ev1", team, self, mention) // a retry
	var answers []map[string]any
	poll(func() bool {
		answers = nil
		thread, _ := e.must(t, e.bot, "conversations.replies", map[string]any{"channel": channel, "ts": ts, "include_all_metadata": true})["messages"].([]any)
		for _, m := range thread {
			if m, _ := m.(map[string]any); m["ts"] != ts {
				answers = append(answers, m)
			}
		}
		return len(answers) > 0
	}, func() { t.Fatalf("it is not answered: %s", s.log.String()) })
	text, _ := json.Marshal(answers[0])
	if len(answers) != 1 || !strings.Contains(string(text), "Shenzhen") || !strings.Contains(string(text), `"event_type":"briefbot_post"`) || !strings.Contains(string(text), `"type":"header"`) {
		t.Errorf("%d answers, the first %s", len(answers), text)
	}

	tell(t, url, "s3cret-signing", "Ev2", team, self, map[string]any{"type": "app_mention", "user": ann, "text": "<@" + self + ">", "ts": "1700000000.000100", "channel": channel})
	tell(t, url, "s3cret-signing", "Ev3", team, self, map[string]any{"type": "app_home_opened", "tab": "home", "user": ann, "channel": channel})
	for _, method := range []string{"chat.postMessage", "chat.postEphemeral", "views.publish", "users.info"} {
		sees(t, url+"/metrics", `briefbot_slack_requests_total{error="",method="`+method+`",status="200"} 1`)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	s.keepsSecrets(t)
}
