package discord

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"briefbot/adapters/discord/rest"
)

// lookups answers requests one after the other: a status, and 200 with the
// body behind the last.
func lookups(t *testing.T, body string, statuses ...int) *places {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if len(statuses) > 0 {
			status := statuses[0]
			statuses = statuses[1:]
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{}`)
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client, err := rest.New(rest.Options{Token: "t", BaseURL: server.URL, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p, err := newPlaces(client, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What Discord could not tell once is asked again; what it refuses is known.
func TestAFaultOfDiscordsSaysNothingOfAPlace(t *testing.T) {
	const self = "7"
	for _, tt := range []struct {
		status int
		again  bool
	}{
		{http.StatusInternalServerError, true},
		{http.StatusBadGateway, true},
		{http.StatusForbidden, false},
		{http.StatusNotFound, false},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			p := lookups(t, `{"id":"1","type":11,"parent_id":"2"}`, tt.status)
			if p.channel(t.Context(), "1").thread() {
				t.Error("a channel that was not shown is a thread")
			}
			if got := p.channel(t.Context(), "1").thread(); got != tt.again {
				t.Errorf("it is a thread when it is asked for again: %v, want %v", got, tt.again)
			}

			p = lookups(t, `[{"id":"3","author":{"id":"`+self+`"}}]`, tt.status)
			thread := channel{ID: "1", Type: threadPublic}
			if p.spokeIn(t.Context(), thread, self) {
				t.Error("the bot spoke in a thread that was not shown")
			}
			if got := p.spokeIn(t.Context(), thread, self); got != tt.again {
				t.Errorf("it spoke there when it is asked for again: %v, want %v", got, tt.again)
			}
		})
	}
}
