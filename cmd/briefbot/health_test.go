package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHealthAsksWhereTheServerListens(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080",
		"0.0.0.0:8080":   "127.0.0.1:8080",
		":9000":          "127.0.0.1:9000",
		"[::]:8080":      "[::1]:8080",
		"[::1]:8080":     "[::1]:8080",
		"localhost:80":   "localhost:80",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("reachable(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestHealthFollowsTheServer(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("asked %s, want /healthz", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	address := server.Listener.Addr().String()
	if err := askHealth(t.Context(), address); err != nil {
		t.Errorf("a server that is up: %v", err)
	}
	status = http.StatusServiceUnavailable
	if err := askHealth(t.Context(), address); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a server that is ill: %v, want its status", err)
	}
	server.Close()
	if err := askHealth(t.Context(), address); err == nil || !strings.Contains(err.Error(), "no server answers") {
		t.Errorf("a server that is gone: %v", err)
	}
}

func TestHealthDoesNotWaitForASilentServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // takes the connection and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := askHealth(ctx, listener.Addr().String()); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a server that is silent: %v", err)
	}
}
