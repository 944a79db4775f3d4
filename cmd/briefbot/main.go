// Command briefbot answers questions from briefings: in a terminal, on a web
// page and over a JSON API.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"briefbot/bot"
)

func main() {
	p := &program{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// program is what every command works with.
type program struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	gaps     bot.Gaps // what serve counts unanswered questions with, nil for not

	configPath string // --config
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM.
// A second one ends the program at once, whatever it still waits for.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
