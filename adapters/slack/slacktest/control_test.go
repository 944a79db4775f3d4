package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// remoteControl works a fake as another process does.
type remoteControl struct {
	t      *testing.T
	server *httptest.Server
}

func newRemoteControl(t *testing.T, s *Server) *remoteControl {
	server := httptest.NewServer(s.Control())
	t.Cleanup(func() {
		server.Client().CloseIdleConnections()
		server.Close()
	})
	return &remoteControl{t: t, server: server}
}

func (c *remoteControl) do(what, body string, into any) int {
	c.t.Helper()
	method, path, _ := strings.Cut(what, " ")
	r, err := http.NewRequest(method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := c.server.Client().Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.t.Fatalf("%s: %s", what, text)
		}
	}
	return res.StatusCode
}

func (c *remoteControl) made(what, body string) string {
	c.t.Helper()
	var answer struct{ ID string }
	c.do(what, body, &answer)
	return answer.ID
}

func TestAnotherProcessWorksTheFake(t *testing.T) {
	s := collecting(t, Options{Limits: Limits{Off: true}, Events: []string{}})
	control := newRemoteControl(t, s)
	var joined Joined
	control.do("POST /workspaces", `{"name":"Harbour","without":["channels:history","groups:history"]}`, &joined)
	channel := control.made("POST /workspaces/"+joined.ID+"/channels", `{"name":"general"}`)
	var many struct{ IDs []string }
	control.do("POST /workspaces/"+joined.ID+"/channels", `{"name":"team","count":3}`, &many)
	if user := control.made("POST /workspaces/"+joined.ID+"/users", `{"name":"Ann","locale":"en-GB"}`); user == "" || len(many.IDs) != 3 {
		t.Errorf("the user is %q, the channels are %v", user, many.IDs)
	}
	b := newWeb(t, s, joined.Token)
	if r := b.form("conversations.history", object{"channel": channel}); r.code() != "missing_scope" {
		t.Errorf("without the scope the history is answered %s", r.text)
	}
	fault := control.made("POST /faults", `{"on":"chat.postMessage","effect":"fail_after","status":500}`)
	message := object{"channel": channel, "text": "a", "metadata": object{"event_type": "briefbot_post", "event_payload": object{"id": "k1"}}}
	for _, want := range []int{500, 200} {
		if r := b.call("chat.postMessage", message); r.status != want {
			t.Errorf("answered %d, want %d", r.status, want)
		}
	}
	var struck struct {
		Hits int
		Host string
	}
	control.do("GET /faults/"+fault+"/struck", "", &struck)
	if struck.Hits != 1 || "http://"+struck.Host != s.url {
		t.Errorf("the fault has struck %+v", struck)
	}
	var received []Received
	control.do("GET /received?from=1&limit=9", "", &received)
	if len(received) != 1 || received[0].Key != "k1" || received[0].Channel != channel || received[0].Workspace != joined.ID {
		t.Errorf("received, from the second on: %+v", received)
	}
	var posted []Posted
	control.do("GET /channels/"+channel+"/messages", "", &posted)
	if len(posted) != 2 || posted[0].Text != "a" || posted[0].Key != "k1" || !posted[0].Bot {
		t.Errorf("posted is %+v", posted)
	}
	control.do("POST /channels/"+channel+"/archive", "", nil)
	if r := b.call("chat.postMessage", message); r.code() != "is_archived" {
		t.Errorf("an archived channel answers %s", r.text)
	}
	control.do("DELETE /channels/"+channel, "", nil)
	control.do("POST /workspaces/"+joined.ID+"/uninstall", "", nil)
	if r := b.call("auth.test", nil); r.code() != "account_inactive" {
		t.Errorf("an uninstalled app is answered %s", r.text)
	}
	var state State
	control.do("GET /state", "", &state)
	if state.Counts.Posted != 2 || state.AppID != s.AppID() || state.API != s.URL() || state.SigningSecret != s.SigningSecret() {
		t.Errorf("the state is %+v", state)
	}
	for what, body := range map[string]string{
		"POST /faults": `{"effect":"nothing"}`, "GET /faults/9": "", "POST /workspaces/T1/channels": `{}`,
		"GET /channels/C1/messages": "", "POST /slash": `{`, "GET /received": "",
	} {
		if status := control.do(what, body, nil); status != http.StatusBadRequest {
			t.Errorf("%s is answered %d", what, status)
		}
	}
}

func TestUsersOfAnotherProcessUseTheCommand(t *testing.T) {
	s := collecting(t, Options{Limits: Limits{Off: true}})
	control := newRemoteControl(t, s)
	ws := s.AddWorkspace("Harbour")
	overHTTP(t, s, newBot(t, s, ws))
	channel, user := ws.AddChannel("general").ID, ws.AddUser("Ann", "en-GB").ID
	var shown struct{ Text, Failed string }
	control.do("POST /slash", `{"user":"`+user+`","channel":"`+channel+`","command":"/brief","text":"share"}`, &shown)
	if shown.Text == "" || shown.Failed != "" {
		t.Errorf("shown is %+v", shown)
	}
}

func TestWhatIsHeldCanBeDoneBeforeOrNotAtAll(t *testing.T) {
	specs := shapes(t)
	for _, test := range []struct {
		name   string
		effect string
		before int // messages that stand while the call is held
		after  int // and once it was released
		status int // 0: the connection ends
	}{
		{"held", "hold", 0, 1, 200},
		{"lost", "hold_lose", 0, 0, 0},
		{"done and not answered", "hold_after", 1, 1, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(t, Options{Specs: specs, Limits: Limits{Off: true}})
			control := newRemoteControl(t, s)
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			b := newWeb(t, s, ws.Token())
			fault := control.made("POST /faults", `{"on":"chat.postMessage","effect":"`+test.effect+`"}`)
			answered := make(chan reply)
			go func() { answered <- b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"}) }()
			control.do("GET /faults/"+fault+"/struck", "", nil)
			if !s.Await(time.Minute, func() bool { return len(s.Messages(channel)) == test.before }) {
				t.Errorf("%d messages stand while it is held, want %d", len(s.Messages(channel)), test.before)
			}
			control.do("POST /faults/"+fault+"/release", "", nil)
			if r := <-answered; r.status != test.status {
				t.Errorf("answered %d %v, want %d", r.status, r.err, test.status)
			}
			if n := len(s.Messages(channel)); n != test.after {
				t.Errorf("%d messages stand afterwards, want %d", n, test.after)
			}
		})
	}
}

func TestAFaultWithAChanceStrikesByIt(t *testing.T) {
	rolls := []float64{0.5, 0.1, 0.25, 0.24}
	s := New(t, Options{Limits: Limits{Off: true}, Random: func() float64 { next := rolls[0]; rolls = rolls[1:]; return next }})
	channel := s.AddWorkspace("W").AddChannel("general")
	b := newWeb(t, s, channel.Workspace.Token())
	s.Fail(Fault{On: "chat.postMessage", Chance: 0.25, Times: -1, Do: Refuse(503)})
	var got []int
	for range 4 {
		got = append(got, b.call("chat.postMessage", object{"channel": channel.ID, "text": "x"}).status)
	}
	if want := []int{200, 503, 200, 503}; !slices.Equal(got, want) {
		t.Errorf("answered %v, want %v", got, want)
	}
}
