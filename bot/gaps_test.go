package bot_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/commands"
	"briefbot/bot/i18n"
	"briefbot/content/search"
)

// asked notes what a router counts.
type asked []string

func (a *asked) Unanswered(_ context.Context, question string, _ time.Time) error {
	*a = append(*a, question)
	return nil
}

func TestWhatIsNotAnsweredIsCountedAsItWasSearchedFor(t *testing.T) {
	phrases, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	library := bottest.Library(t)
	var counted asked
	router, err := bot.NewRouter(bot.Options{
		Commands: commands.All(commands.Options{}), Shelves: bottest.Shelves{Library: library, Index: search.Build(library)}, Phrases: phrases,
		Memory: bot.NewLocalMemory(), Log: slog.New(slog.DiscardHandler), Now: bottest.Now, Gaps: &counted,
	})
	if err != nil {
		t.Fatal(err)
	}
	title := library.Briefings()[0].Entries[0].Title.English
	for _, text := range []string{"Who invented the Telescope?!", title, "help", "ｗｈｏ invented the telescope"} {
		router.Respond(t.Context(), bot.Request{Text: text, Place: bot.Place{Platform: "web", User: "ann"}})
	}
	if want := []string{"who invented the telescope", "who invented the telescope"}; !slices.Equal(counted, want) {
		t.Errorf("counted %q, want %q", counted, want)
	}
}
