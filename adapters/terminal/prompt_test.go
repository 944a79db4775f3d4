package terminal

import (
	"slices"
	"testing"

	"briefbot/bot/bottest"
	"briefbot/content"
)

// What is proposed takes the place of what was typed of it, spaces included.
func TestTabGoesOnWithTheLine(t *testing.T) {
	router := bottest.Router(t)
	s := &session{options: Options{Router: router}, responder: router, lang: content.English}
	for line, want := range map[string]string{
		"/he":                     "/help",
		"top":                     "topics",
		"digest pre":              "digest preview",
		"/help dig":               "/help digest subscribe",
		"/help dig ":              "/help digest subscribe",
		"/help  dig":              "/help  digest subscribe",
		"/help ":                  "/help ask",
		"/digest subscribe 7pm":   "/digest subscribe 19:00",
		"/digest subscribe 7pm  ": "/digest subscribe 19:00",
		"/digest subscribe 早上九点　": "/digest subscribe 09:00",
	} {
		head, proposals, tail := s.complete(t.Context(), line+"rest", len([]rune(line)))
		if i := slices.Index(proposals, want[min(len(head), len(want)):]); i < 0 || head != want[:len(head)] || tail != "rest" {
			t.Errorf("%q: %q, %q and %q, want %q", line, head, proposals, tail, want)
		}
	}
}
