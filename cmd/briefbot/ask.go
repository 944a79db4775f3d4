package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"briefbot/adapters/terminal"
	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/content"
)

// maxCase bounds a line of a batch: far above a question with its context.
const maxCase = 1 << 20

// askOptions are what "briefbot ask" was told.
type askOptions struct {
	*program
	lang    content.Lang
	askedAt time.Time
	json    bool
	explain bool
	batch   string
	words   []string
}

func (p *program) askCommand() *cobra.Command {
	o := askOptions{program: p}
	var lang, at string
	command := &cobra.Command{
		Use:   "ask QUESTION…",
		Short: "Answer one question, or a batch of them",
		Long: `Answer one question from the briefings, or say that they do not hold it.
The exit code is 0 in both cases: scripts read "status" of --json.

--json --batch FILE reads one JSON object a line ("id", "question" and, where
wanted, "lang", "context" with the earlier questions of the conversation,
"asked_at") and writes one JSON object a line, in the same order. "-" is the
standard input. The first line that cannot be read ends the batch.`,
		Example: `  briefbot ask "APEC 2026 host"
  briefbot ask --content my-briefings --explain "四点建议"
  briefbot ask --json --batch questions.jsonl`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(command *cobra.Command, words []string) error {
			o.words = words
			if err := o.check(lang, at); err != nil {
				return usageError{err}
			}
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			return o.run(command.Context(), c)
		},
	}
	command.Flags().StringVar(&lang, "lang", "", "language of the reply: zh-Hans, zh-Hant or en (that of the question)")
	command.Flags().StringVar(&at, "at", "", "when the question is asked, for \"next year\" and the like (RFC 3339; now)")
	command.Flags().BoolVar(&o.json, "json", false, "write JSON")
	command.Flags().BoolVar(&o.explain, "explain", false, "add how the answer was found")
	command.Flags().StringVar(&o.batch, "batch", "", "answer the questions of `FILE`, one JSON object a line (with --json)")
	proposeValues(command, "lang", string(content.Hans), string(content.Hant), string(content.English))
	addSettings(command, "content", "log-level", "log-format")
	return command
}

func (o *askOptions) check(lang, at string) error {
	switch {
	case o.batch != "" && !o.json:
		return errors.New("--batch writes JSON: add --json")
	case o.batch != "" && len(o.words) > 0:
		return errors.New("give either a question or --batch, not both")
	case o.batch == "" && strings.TrimSpace(strings.Join(o.words, " ")) == "":
		return errors.New("there is no question: write it behind \"briefbot ask\"")
	}
	if lang != "" {
		var ok bool
		if o.lang, ok = bot.ParseLang(lang); !ok {
			return fmt.Errorf("--lang is %q: it must be zh-Hans, zh-Hant or en", lang)
		}
	}
	if at != "" {
		var err error
		if o.askedAt, err = time.Parse(time.RFC3339, at); err != nil {
			return fmt.Errorf("--at is %q: it must be a time such as 2026-03-01T09:00:00+08:00", at)
		}
	}
	return nil
}

func (o *askOptions) run(ctx context.Context, c *config) error {
	// Collecting half as often saves a fifth of the time to a first answer,
	// for 8 MB.
	debug.SetGCPercent(200)
	router, err := o.openRouter(c, commands.Options{}, newLog(c.Log, o.err))
	if err != nil {
		return err
	}
	if o.batch != "" {
		return o.answerBatch(ctx, c, router)
	}
	question := strings.Join(o.words, " ")
	req := bot.Request{Text: question, Lang: c.Language.Default, AskedAt: o.askedAt, Explain: o.explain, Place: bot.Place{Platform: terminal.Platform}}
	switch {
	case o.lang != "":
		req.Text, req.Command, req.Args = "", "ask", map[string]string{"question": question, "lang": string(o.lang)}
	case !o.json:
		req.Lang = c.terminalLang() // scripts get the same on every machine
	}
	start := o.now()
	reply := router.Respond(ctx, req)
	if o.json {
		record := bot.NewRecord(router, question, reply)
		record.TookUS = o.now().Sub(start).Microseconds()
		err = newEncoder(o.out).Encode(record)
	} else {
		_, err = io.WriteString(o.out, terminal.Render(reply.Message, router.Phrases(reply.Lang), terminal.Detect(o.out)))
	}
	if err == nil && reply.Err != nil {
		return errReported
	}
	return err
}

// answerBatch answers a case a line. What has been answered is written out
// whenever the next line is not there yet, so that a program at the other end
// of a pipe may wait for each answer.
func (o *askOptions) answerBatch(ctx context.Context, c *config, router *bot.Router) error {
	in, name := o.in, "standard input"
	if o.batch != "-" {
		f, err := os.Open(o.batch)
		if err != nil {
			return fmt.Errorf("%s cannot be read: %w", o.batch, cause(err))
		}
		defer f.Close()
		in, name = f, o.batch
	}
	lines := bufio.NewReaderSize(in, 64<<10)
	out := bufio.NewWriter(o.out)
	encoder := newEncoder(out)
	for number := 1; ; number++ {
		line, err := readLine(lines, maxCase)
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // as some editors on Windows write it
		}
		if err == nil && len(bytes.TrimSpace(line)) > 0 {
			err = o.answerCase(ctx, c, router, line, encoder)
		}
		if err == io.EOF { //nolint:errorlint // the bare value is the end of the input
			return out.Flush()
		}
		if err != nil {
			return errors.Join(out.Flush(), fmt.Errorf("%s, line %d: %w", name, number, err))
		}
		if lines.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func (o *askOptions) answerCase(ctx context.Context, c *config, router *bot.Router, line []byte, encoder *json.Encoder) error {
	if bytes.TrimSpace(line)[0] != '{' {
		return errors.New("not a JSON object")
	}
	var q bot.Case
	if err := json.Unmarshal(line, &q); err != nil {
		return plainJSON(err)
	}
	if q.Lang == "" {
		q.Lang = string(cmp.Or(o.lang, c.Language.Default))
	}
	if q.AskedAt.IsZero() {
		q.AskedAt = o.askedAt
	}
	q.Platform = terminal.Platform
	return encoder.Encode(bot.Ask(ctx, router, q))
}

// readLine returns the next line, at most limit bytes of it. The end of the
// input is io.EOF, alone.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > limit:
			return nil, fmt.Errorf("it is longer than %d bytes", limit)
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// plainJSON says what is wrong with a line in the words of its writer.
func plainJSON(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		if e.Value == "number" {
			return fmt.Errorf("%q cannot be a number: put it in quotation marks", e.Field)
		}
		return fmt.Errorf("%q cannot be %s", e.Field, e.Value)
	}
	if e, ok := errors.AsType[*time.ParseError](err); ok {
		return fmt.Errorf("\"asked_at\" is %q: it must be a time such as 2026-03-01T09:00:00+08:00", e.Value)
	}
	return fmt.Errorf("not a JSON object: %w", err)
}

// newEncoder writes JSON a line each, without the escapes that only HTML
// needs.
func newEncoder(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder
}
