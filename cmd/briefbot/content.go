package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/shelf"
	"briefbot/content"
	"briefbot/content/load"
	"briefbot/content/search"
)

// openRouter makes the core of the bot over the content as it is now, for
// commands that do not wait for changes.
func (p *program) openRouter(c *config, o commands.Options, log *slog.Logger) (*bot.Router, error) {
	library, report := read(new(load.Loader), c.Content.Paths)
	if err := p.refuse(faultLines(report.Errors())); err != nil {
		return nil, err
	}
	visible, _ := library.VisibleAt(p.now())
	return p.newRouter(fixedShelf{Library: visible, Index: search.Build(visible)}, bot.NewLocalMemory(), o, log, nil)
}

// fixedShelf is content that does not change.
type fixedShelf bot.Shelf

func (s fixedShelf) Shelf() bot.Shelf { return bot.Shelf(s) }

// warningsLogged bounds a record of the log; "briefbot check" lists them all.
const warningsLogged = 50

// openKeeper loads the content that is served. Every example question of
// configured content must be answered as its editors say; the embedded
// briefings have been checked when the program was built.
func (p *program) openKeeper(ctx context.Context, c *config, log *slog.Logger) (*shelf.Keeper, error) {
	loader := &load.Loader{Examples: len(c.Content.Paths) > 0}
	keeper, err := shelf.Open(ctx, shelf.Options{
		Load: func(ctx context.Context) (*content.Library, []string) {
			library, report := read(loader, c.Content.Paths)
			if warnings := faultLines(report.Warnings()); len(warnings) > 0 {
				shown := warnings[:min(len(warnings), warningsLogged)]
				log.WarnContext(ctx, "content has warnings", "warnings", len(warnings), "faults", shown)
			}
			return library, faultLines(report.Errors())
		},
		Log: log,
		Now: p.now,
	})
	if faults, ok := errors.AsType[shelf.Faults](err); ok {
		return nil, p.refuse(faults)
	}
	return keeper, err
}

// refuse prints the errors of content, as check does.
func (p *program) refuse(faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	if err := writeLines(p.err, faults); err != nil {
		return err
	}
	return errors.New("the content has " + count(len(faults), "error") + " and was not loaded")
}

func faultLines(faults []load.Fault) []string {
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.String())
	}
	return lines
}

func writeLines(w io.Writer, lines []string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// count writes "1 error" and "2 errors".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// detail is what /readyz tells of the content and of the connections
// to Discord and Slack, where there are any. Everybody can read it: what the
// faults are stands in the log, for a fault quotes its file, which may be a
// draft or under embargo.
type detail struct {
	Fingerprint string    `json:"fingerprint"`
	Briefings   int       `json:"briefings"`
	Entries     int       `json:"entries"`
	LoadedAt    time.Time `json:"loaded_at"`
	Faults      int       `json:"faults"` // that keep the newest change out
	Discord     any       `json:"discord,omitempty"`
	Slack       any       `json:"slack,omitempty"`
	Digests     any       `json:"digests,omitempty"`
}

func readiness(s shelf.State) detail {
	return detail{
		Fingerprint: s.Fingerprint, Briefings: s.Briefings, Entries: s.Entries, LoadedAt: s.LoadedAt, Faults: len(s.Faults),
	}
}
