package bot_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

var update = flag.Bool("update", false, "write the golden files")

func TestPlainText(t *testing.T) {
	phrases, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range content.Langs() {
		t.Run(string(lang), func(t *testing.T) {
			got := bot.PlainText(bottest.EveryBlock(), phrases.In(lang)) + "\n"
			path := filepath.Join("testdata", "plain."+string(lang)+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestPlainTextOfAnEmptyMessageIsEmpty(t *testing.T) {
	if got := bot.PlainText(bot.Message{}, i18n.Printer{}); got != "" {
		t.Errorf("got %q", got)
	}
}
