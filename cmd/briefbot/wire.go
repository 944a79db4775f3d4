package main

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"briefbot/adapters/terminal"
	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/i18n"
	"briefbot/bot/shelf"
	"briefbot/content"
	"briefbot/content/briefings"
	"briefbot/content/load"
)

// This file alone knows every adapter and every implementation.

// read loads the configured content, or the embedded briefings where none is
// configured.
func read(loader *load.Loader, paths []string) (*content.Library, load.Report) {
	if len(paths) == 0 {
		return loader.FS(briefings.Files(), "briefings")
	}
	return loader.Paths(paths...)
}

// newRouter makes the core of the bot over shelves.
func (p *program) newRouter(shelves bot.Shelves, log *slog.Logger, observe func(bot.Observation)) (*bot.Router, error) {
	phrases, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return bot.NewRouter(bot.Options{
		Commands: commands.All(),
		Shelves:  shelves,
		Phrases:  phrases,
		Memory:   bot.NewLocalMemory(),
		Log:      log,
		Now:      p.now,
		Observe:  observe,
		Gaps:     p.gaps,
	})
}

// newTerminal makes the conversation in this terminal.
func (p *program) newTerminal(c *config, router *bot.Router, log *slog.Logger) bot.Adapter {
	o := terminal.Options{
		Router: router,
		In:     p.in,
		Out:    p.out,
		Style:  func() terminal.Style { return terminal.Detect(p.out) },
		Lang:   c.terminalLang(),
		Log:    log,
		Prompt: isTerminal(p.in) && isTerminal(p.out),
	}
	if c.Chat.History {
		o.History = historyFile()
	}
	return terminal.New(o)
}

// newWeb makes the web page and the JSON API.
func (p *program) newWeb(c *config, router *bot.Router, keeper *shelf.Keeper, figures http.Handler, log *slog.Logger) (*web.Server, error) {
	return web.New(web.Options{
		Addr:           c.Web.Address,
		Router:         router,
		PublicURL:      c.Web.PublicURL,
		Lang:           c.Language.Default,
		TrustedProxies: c.Web.TrustedProxies,
		RateLimit:      web.RateLimit{PerMinute: c.Web.RateLimit},
		Log:            log,
		Now:            p.now,
		Ready:          func() (bool, any) { return true, readiness(keeper.State()) },
		Metrics:        figures,
		Version:        programVersion(),
	})
}

// historyFile returns where chat keeps what is typed, "" where the system
// names no place for it.
func historyFile() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "briefbot", "history")
}
