package terminal

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Platform is the name of this surface in a bot.Place.
const Platform = "terminal"

// Phrases that the terminal itself speaks.
const (
	phraseWelcome  i18n.Key = "terminal.welcome"
	phraseNoChoice i18n.Key = "terminal.no_choice"
	phraseLeave    i18n.Key = "terminal.leave"
)

// maxLine bounds a line that is read from a pipe; the router's own bound on
// questions is far below.
const maxLine = 64 << 10

// Options are what a Terminal needs. Router, In and Out are required.
type Options struct {
	Router *bot.Router // commands, completion and phrases
	In     io.Reader
	Out    io.Writer
	Style  func() Style // asked before every reply: windows change their size
	Lang   content.Lang // the user's language as far as it is known
	Log    *slog.Logger

	// Prompt turns on the prompt with line editing, which reads the standard
	// input of the process whatever In is.
	Prompt bool
	// History is the file that keeps what is typed, "" for none.
	History string
}

// Terminal is the adapter of one conversation in a terminal.
type Terminal struct {
	options Options
}

// New makes the adapter.
func New(o Options) *Terminal { return &Terminal{options: o} }

// Run implements bot.Adapter: it answers line by line until the input or ctx
// ends, or the user leaves.
func (t *Terminal) Run(ctx context.Context, r bot.Responder) error {
	s := &session{
		options:   t.options,
		responder: r,
		lang:      t.options.Lang,
		place:     bot.Place{Platform: Platform, Thread: rand.Text()},
	}
	if t.options.Prompt {
		return s.talk(ctx)
	}
	return s.read(ctx)
}

// session is one conversation.
type session struct {
	options   Options
	responder bot.Responder
	lang      content.Lang
	place     bot.Place
	choices   choices      // what numbers stand for after the last reply
	offeredIn content.Lang // the language of the last reply, which its choices are answered in
}

// read answers the lines of a pipe: a reply a block, a blank line after each.
func (s *session) read(ctx context.Context) error {
	lines := bufio.NewScanner(s.options.In)
	lines.Buffer(nil, maxLine)
	for {
		line, err := within(ctx, func() (string, error) {
			if lines.Scan() {
				return lines.Text(), nil
			}
			return "", cmp.Or(lines.Err(), io.EOF)
		})
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrTooLong):
			return fmt.Errorf("a line of the input is longer than %d bytes: write one question a line", maxLine)
		case err != nil:
			return err
		}
		reply, more := s.answer(ctx, line)
		if !more {
			return nil
		}
		if reply == "" {
			continue
		}
		if _, err := fmt.Fprintln(s.options.Out, reply); err != nil {
			return err
		}
	}
}

// within reads one line. Reading cannot be interrupted: when ctx ends first,
// that is the end of the input, io.EOF, and the line is left unread until the
// process ends.
func within(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
	case r := <-done:
		if ctx.Err() == nil {
			return r.line, r.err
		}
	}
	return "", io.EOF
}

// answer returns the reply to one line; more is false when the user leaves.
func (s *session) answer(ctx context.Context, line string) (reply string, more bool) {
	line = strings.TrimSpace(line)
	switch strings.ToLower(strings.TrimPrefix(line, "/")) {
	case "":
		return "", true
	case "exit", "quit", "退出":
		return "", false
	}
	req := bot.Request{Text: line, Lang: s.lang, Place: s.place}
	if n, err := strconv.Atoi(line); err == nil && len(s.choices) > 0 {
		action, ok := s.choices[n]
		if !ok {
			return s.options.Router.Phrases(s.speaking()).T(phraseNoChoice, i18n.Args{"Number": n}) + "\n", true
		}
		req.Text, req.Command, req.Args, req.Lang = "", action.Command, action.Args, s.offeredIn
	}
	return s.respond(ctx, req), true
}

func (s *session) respond(ctx context.Context, req bot.Request) string {
	r := s.responder.Respond(ctx, req)
	if r.Prefer != "" {
		s.lang = r.Prefer
	}
	reply, offered := renderNumbered(r, s.options.Router.Phrases(r.Lang), s.options.Style())
	s.choices, s.offeredIn = offered, r.Lang
	return reply
}

// speaking is the language of what the terminal says by itself.
func (s *session) speaking() content.Lang {
	if s.lang == "" {
		return content.English
	}
	return s.lang
}
