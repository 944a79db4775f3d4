package vault_test

import (
	"errors"
	"testing"

	"briefbot/adapters/sqlstore/vault"
	"briefbot/bot"
)

// FuzzParseKeys: what is read as keys can be written and read again, anything
// else is refused in words.
func FuzzParseKeys(f *testing.F) {
	keys, err := vault.NewKeys()
	if err != nil {
		f.Fatal(err)
	}
	for range 2 {
		text, err := keys.Text()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
		if keys, err = keys.Rotated(); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := vault.ParseKeys(bot.Secret(text))
		if err != nil {
			if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Invalid {
				t.Errorf("the error is %v, want one that is invalid", err)
			}
			return
		}
		again, err := keys.Text()
		if err != nil {
			t.Fatal(err)
		}
		if read, err := vault.ParseKeys(again); err != nil || read.PrimaryID() != keys.PrimaryID() {
			t.Errorf("written and read again: %v", err)
		}
	})
}
