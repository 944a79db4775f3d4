package i18n_test

import (
	"testing"

	"briefbot/bot/i18n"
	"briefbot/content"
)

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := i18n.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkT(b *testing.B) {
	phrases, err := i18n.Load()
	if err != nil {
		b.Fatal(err)
	}
	p := phrases.In(content.Hans)
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			p.T("label.colon")
		}
	})
	b.Run("placeholder", func(b *testing.B) {
		for b.Loop() {
			p.T("label.quoted_title", i18n.Args{"Title": "APEC"})
		}
	})
}
