package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/peterh/liner"

	"briefbot/bot"
)

// prompt is without colour: the line editor counts its columns.
const prompt = "› "

// maxProposals bounds what Tab goes through: who has not found it after so
// many types on.
const maxProposals = 8

// talk holds the conversation at a prompt.
func (s *session) talk(ctx context.Context) error {
	editor := liner.NewLiner()
	defer editor.Close()
	editor.SetCtrlCAborts(true)
	editor.SetTabCompletionStyle(liner.TabCircular)
	editor.SetWordCompleter(func(line string, pos int) (string, []string, string) {
		return s.complete(ctx, line, pos)
	})
	s.readHistory(editor)
	defer s.writeHistory(editor)

	if err := s.welcome(); err != nil {
		return err
	}
	for aborted := false; ; {
		line, err := within(ctx, func() (string, error) { return editor.Prompt(prompt) })
		switch {
		case errors.Is(err, liner.ErrPromptAborted) && !aborted:
			aborted = true
			fmt.Fprintln(s.options.Out, s.options.Router.Phrases(s.speaking()).T(phraseLeave))
			continue
		case errors.Is(err, liner.ErrPromptAborted), errors.Is(err, io.EOF):
			_, err := fmt.Fprintln(s.options.Out)
			return err
		case err != nil:
			return fmt.Errorf("reading the terminal: %w", err)
		}
		aborted = false
		line = strings.TrimSpace(line)
		if _, err := strconv.Atoi(line); err != nil && line != "" {
			editor.AppendHistory(line)
		}
		reply, more := s.answer(ctx, line)
		if !more {
			return nil
		}
		if reply != "" {
			reply = "\n" + reply + "\n"
		}
		if _, err := io.WriteString(s.options.Out, reply); err != nil {
			return err
		}
	}
}

func (s *session) welcome() error {
	library := s.options.Router.Shelf().Library
	phrases := s.options.Router.Phrases(s.speaking())
	text := phrases.N(phraseWelcome, len(library.Briefings()))
	paint := s.options.Style().paints().faint
	var b strings.Builder
	for _, line := range wrap(text, s.options.Style().measure()) {
		b.WriteString(paint.Render(line) + "\n")
	}
	_, err := fmt.Fprintln(s.options.Out, b.String())
	return err
}

// complete proposes how a line may go on: names of commands, their
// parameters, or what a question may be about. pos counts characters.
func (s *session) complete(ctx context.Context, line string, pos int) (head string, proposals []string, tail string) {
	runes := []rune(line)
	pos = min(pos, len(runes))
	line, tail = string(runes[:pos]), string(runes[pos:])
	if strings.TrimSpace(line) == "" {
		return line, nil, tail
	}
	typed := strings.TrimPrefix(line, "/")
	router := s.options.Router
	c, ok := router.Named(typed)
	first, second, more := strings.Cut(typed, " ")
	inGroup := more && !strings.Contains(second, " ") && len(router.Group(first)) > 0
	switch {
	case !more, inGroup:
		proposals = s.names(strings.ToLower(typed), len(line) > len(typed))
	case ok && len(c.Params) > 0:
		param := c.Params[0]
		if values := s.values(ctx, c.Name, param.Name, c.Tail); len(values) > 0 {
			head := line
			if c.Tail != "" {
				head = strings.TrimSuffix(strings.TrimRightFunc(line, unicode.IsSpace), c.Tail)
			}
			return head, values[:min(len(values), maxProposals)], tail
		}
	}
	if !strings.HasPrefix(line, "/") {
		proposals = append(proposals, s.values(ctx, "ask", "question", line)...)
	}
	// What was typed comes back after the last proposal.
	return "", append(slices.Compact(proposals[:min(len(proposals), maxProposals)]), line), tail
}

// names returns the commands that begin with typed.
func (s *session) names(typed string, slash bool) []string {
	lead := ""
	if slash {
		lead = "/"
	}
	var names []string
	for _, c := range s.options.Router.Commands() {
		if c.Hidden {
			continue
		}
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if strings.HasPrefix(name, typed) && name != typed {
				names = append(names, lead+name)
			}
		}
	}
	return names
}

func (s *session) values(ctx context.Context, command, param, typed string) []string {
	req := bot.Request{Command: command, Lang: s.lang, Place: s.place}
	var values []string
	for _, choice := range s.options.Router.Complete(ctx, req, param, typed) {
		values = append(values, strings.ReplaceAll(clean(choice.Value), "\n", " "))
	}
	return values
}

// readHistory reads what was typed before. A history that cannot be read is
// no reason not to talk.
func (s *session) readHistory(editor *liner.State) {
	if s.options.History == "" {
		return
	}
	f, err := os.Open(s.options.History)
	if err != nil {
		return
	}
	defer f.Close()
	if _, err := editor.ReadHistory(f); err != nil {
		s.options.Log.Warn("history not read", "file", s.options.History, "err", err)
	}
}

// writeHistory keeps what was typed, readable by its owner alone. The file is
// replaced whole.
func (s *session) writeHistory(editor *liner.State) {
	if s.options.History == "" {
		return
	}
	var b bytes.Buffer
	_, err := editor.WriteHistory(&b)
	if err == nil {
		err = replaceFile(s.options.History, b.Bytes())
	}
	if err != nil {
		s.options.Log.Warn("history not kept", "file", s.options.History, "err", err)
	}
}

func replaceFile(name string, data []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".history-*") // created with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
