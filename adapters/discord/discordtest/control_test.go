package discordtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnotherProcessWorksTheFake(t *testing.T) {
	s := collecting(t, unlimited())
	control := httptest.NewServer(s.Control())
	defer control.Close()
	defer control.Client().CloseIdleConnections()
	do := func(what, body string, into any) int {
		t.Helper()
		method, path, _ := strings.Cut(what, " ")
		r, err := http.NewRequest(method, control.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := control.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		if into != nil {
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatalf("%s: %s", what, text)
			}
		}
		return res.StatusCode
	}
	made := func(what, body string) string {
		t.Helper()
		var answer struct{ ID string }
		do(what, body, &answer)
		return answer.ID
	}
	b := newRest(t, s)
	b.must("PUT /applications/"+s.ApplicationID()+"/commands", commandsOfTest())
	overHTTP(t, s, b)

	guild := made("POST /guilds", `{"name":"Guild"}`)
	channel := made("POST /guilds/"+guild+"/channels", `{"name":"general"}`)
	user := made("POST /users", `{"name":"Ann","locale":"en-US"}`)
	do("POST /grant", `{"guild":"`+guild+`","user":"`+user+`","permissions":"16"}`, nil)
	if !s.guild(guild).members[user].has(ManageChannels) {
		t.Error("the user was granted nothing")
	}
	var shown struct{ Text, Failed string }
	do("POST /slash", `{"user":"`+user+`","channel":"`+channel+`","command":"digest subscribe","options":{"hour":9}}`, &shown)
	if shown.Text != "subscribed" || shown.Failed != "" {
		t.Errorf("shown is %+v", shown)
	}
	fault := made("POST /faults", `{"on":"POST /channels/{channel_id}/messages","effect":"fail_after","status":500}`)
	for _, want := range []int{500, 200} {
		if r := b.do("POST /channels/"+channel+"/messages", plain("a")); r.status != want {
			t.Errorf("answered %d, want %d", r.status, want)
		}
	}
	var hits struct {
		Hits int
		Host string
	}
	do("GET /faults/"+fault+"/struck", "", &hits)
	if !strings.HasPrefix(s.URL(), "http://"+hits.Host) {
		t.Errorf("it struck what came in at %q", hits.Host)
	}
	var posted []Posted
	do("GET /channels/"+channel+"/messages", "", &posted)
	if hits.Hits != 1 || len(posted) != 3 || posted[2].Text != "a" || !posted[2].Bot {
		t.Errorf("%d hits, posted %+v", hits.Hits, posted)
	}
	var many struct{ IDs []string }
	do("POST /guilds/"+guild+"/channels", `{"name":"team","count":3}`, &many)
	b.must("POST /channels/"+many.IDs[2]+"/messages", with(plain("b"), object{"nonce": "n1", "enforce_nonce": true}))
	var received []Received
	do("GET /received?from=2&limit=5", "", &received)
	if len(received) != 1 || received[0].Nonce != "n1" || received[0].Channel != many.IDs[2] || received[0].Guild != guild {
		t.Errorf("received, from the third on: %+v", received)
	}
	do("POST /channels/"+channel+"/deny", `{"permissions":"2048"}`, nil)
	if r := b.do("POST /channels/"+channel+"/messages", plain("a")); r.status != 403 {
		t.Errorf("answered %d without the permission", r.status)
	}
	do("DELETE /channels/"+channel, "", nil)
	b.do("POST /channels/"+channel+"/messages", plain(""))
	var state State
	do("GET /state", "", &state)
	if state.Counts.Messages != 4 || state.Counts.Invalid != 1 || state.ApplicationID != s.ApplicationID() || state.API != s.URL() {
		t.Errorf("the state is %+v", state)
	}
	for what, body := range map[string]string{
		"POST /faults": `{"effect":"nothing"}`, "GET /faults/9": "", "POST /guilds/1/channels": `{}`, "GET /channels/1/messages": "", "POST /slash": `{`, "GET /received": "",
	} {
		if status := do(what, body, nil); status != http.StatusBadRequest {
			t.Errorf("%s is answered %d", what, status)
		}
	}
}
