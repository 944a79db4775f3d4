package slacktest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestModalsAreSubmittedAndFaultsShown(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	here := ws.AddUser("Ann", "en-US").In(ws.AddChannel("general"))
	b := newWeb(t, s, ws.Token())
	input := object{"type": "input", "block_id": "hour", "label": plain("Hour"), "element": object{"type": "plain_text_input", "action_id": "hour_typed"}}
	modal := object{"type": "modal", "title": plain("Subscribe"), "submit": plain("Go"), "blocks": []any{input}}
	serve(t, s, func(w http.ResponseWriter, _ *http.Request, payload object) {
		if payload["type"] != "view_submission" {
			return
		}
		values := asObject(asObject(asObject(payload["view"])["state"])["values"])
		if asObject(asObject(values["hour"])["hour_typed"])["value"] == "9" {
			return
		}
		w.Header().Set("Content-Type", contentJSON)
		_ = json.NewEncoder(w).Encode(object{"response_action": "errors", "errors": object{"hour": "no hour"}})
	})
	in := here.slash("/brief", "")
	b.must("views.open", object{"trigger_id": in.trigger, "view": modal})
	s.mu.Lock()
	shown := s.shown(here, in)
	s.mu.Unlock()
	if shown.Title != "Subscribe" {
		t.Fatalf("opened %+v", shown)
	}
	if wrong := shown.Submit(map[string]string{"hour_typed": "nine"}).Wrong(); wrong["hour"] != "no hour" {
		t.Errorf("wrong is %v", wrong)
	}
	if wrong := shown.Submit(map[string]string{"hour_typed": "9"}).Wrong(); len(wrong) != 0 {
		t.Errorf("wrong is %v", wrong)
	}
}

func TestEventsGoToReplicasInTurnAndCanBeSentElsewhere(t *testing.T) {
	s := New(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	one, two := serve(t, s, nil), serve(t, s, nil)
	if err := s.UseEndpoint(one.url, two.url); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		channel.Rename("x")
	}
	if !s.Await(3*time.Second, func() bool { return len(one.requests()) == 2 && len(two.requests()) == 2 }) {
		t.Errorf("%d and %d requests", len(one.requests()), len(two.requests()))
	}
	request := s.EventRequest(s.Deliveries()[0].EventID)
	if status, _, _, err := request.Post(t.Context(), one.url); status != http.StatusOK || err != nil {
		t.Errorf("sent again: %d %v", status, err)
	}
	if len(one.requests()) != 3 || !strings.Contains(string(request.Body), "channel_rename") {
		t.Errorf("%d requests, the last %s", len(one.requests()), request.Body)
	}
}

func TestOnlySoManyCallsAreKept(t *testing.T) {
	s := New(t, Options{Keep: 3})
	ws := s.AddWorkspace("W")
	b := newWeb(t, s, ws.Token())
	for range 20 {
		b.must("auth.test", nil)
	}
	if n := len(s.Calls()); n < 3 || n > 6 || s.Counts().Calls["auth.test"] != 20 {
		t.Errorf("%d are kept of %d", n, s.Counts().Calls["auth.test"])
	}
	channel := ws.AddChannel("general")
	for range 20 {
		channel.Rename("x")
	}
	if n := len(s.Deliveries()); n < 3 || n > 6 {
		t.Errorf("%d events are kept", n)
	}
	b.token = s.AppToken()
	if app := b.must("auth.test", nil); app["app_id"] != s.AppID() {
		t.Errorf("the app's own token tells %v", app)
	}
}
