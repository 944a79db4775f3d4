package fit_test

import (
	"slices"
	"testing"

	"briefbot/adapters/fit"
	"briefbot/bot/bottest"
)

func TestNamesOfTheGlossaryAreFound(t *testing.T) {
	for text, want := range map[string][]string{
		"奥拉·芬在维利亚宣布海港论坛开幕":               {"奥拉·芬", "维利亚", "海港论坛"},
		"Orla Finn spoke in Port Velia.": {"Orla Finn", "Finn", "Port Velia", "Velia"},
		"奧拉·芬":                           {"奧拉·芬"},
		"nobody and nothing":             nil,
		"":                               nil,
	} {
		var got []string
		for _, s := range fit.Names(bottest.Library(t), text) {
			got = append(got, text[s.Start:s.End])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
