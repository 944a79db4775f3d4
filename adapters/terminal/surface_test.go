package terminal_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"briefbot/adapters/terminal"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk types lines into a conversation and returns all that comes back.
func talk(t *testing.T, router *bot.Router, lang content.Lang, lines ...string) string {
	t.Helper()
	var out bytes.Buffer
	chat := terminal.New(terminal.Options{
		Router: router,
		In:     strings.NewReader(strings.Join(lines, "\n")),
		Out:    &out,
		Style:  func() terminal.Style { return terminal.Style{} },
		Lang:   lang,
		Log:    slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err := chat.Run(t.Context(), router); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryCommandCanBeUsed(t *testing.T) {
	router := bottest.Router(t)
	bottest.Surface(t, router, nil, func(t *testing.T, use bottest.Use) string {
		return talk(t, router, use.Lang, line(t, router, use))
	})
}

// line writes a use as people type it.
func line(t *testing.T, router *bot.Router, use bottest.Use) string {
	t.Helper()
	i := slices.IndexFunc(router.Commands(), func(c bot.Command) bool { return c.Name == use.Command })
	words := []string{"/" + use.Command}
	var last string
	for _, p := range router.Commands()[i].Params {
		value, given := use.Args[p.Name]
		switch {
		case !given:
		case p.Rest:
			last = value
		default:
			words = append(words, p.Name+":"+value)
		}
	}
	return strings.Join(append(words, last), " ")
}

func TestConversation(t *testing.T) {
	tests := map[string]struct {
		lang  content.Lang
		lines []string
		want  []string
		not   []string
	}{
		"a reply a line, an empty line between": {
			lines: []string{"help ask", "", "topics"},
			want:  []string{"\n\n"},
		},
		"a number chooses a point of the answer": {
			lines: []string{"/show harbour-forum-2031/pledges", "2"},
		},
		"a number chooses an action": {
			lines: []string{"help", "1"},
		},
		"a number is answered in the language it was offered in": {
			lang:  content.English,
			lines: []string{"帮助", "1"},
			want:  []string{"\n可以问什么\n"},
			not:   []string{"What can be asked"},
		},
		"a number that is not offered is said to be none": {
			lines: []string{"help", "77"},
			want:  []string{"There is no choice 77 here."},
		},
		"a number before any reply is a question": {
			lines: []string{"77"},
			not:   []string{"There is no choice"},
		},
		"a language is kept": {
			lines: []string{"language zh-Hans", "help", "77"},
			want:  []string{"这里没有选项 77"},
		},
		"leaving ends the conversation": {
			lines: []string{"quit", "help"},
			not:   []string{"[1]", "topics"},
		},
		"leaving in Chinese": {
			lines: []string{"退出", "help"},
			not:   []string{"[1]", "topics"},
		},
		"what is typed cannot steer the terminal": {
			lines: []string{"/\x1b[31mred\x07"},
			not:   []string{"\x1b", "\x07"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := talk(t, bottest.Router(t), tt.lang, tt.lines...)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("it lacks %q:\n%s", want, got)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("it holds %q:\n%s", not, got)
				}
			}
		})
	}
}

// Every number that stands in a reply does what stands beside it.
func TestNumbersDoWhatTheySay(t *testing.T) {
	router := bottest.Router(t)
	first := router.Respond(t.Context(), bot.Request{Text: "/show harbour-forum-2031/pledges", Lang: content.English})
	if len(first.Message.Actions) == 0 {
		t.Fatal("there is nothing to choose")
	}
	out := talk(t, router, content.English, "/show harbour-forum-2031/pledges")
	for _, a := range first.Message.Actions {
		number, _, ok := strings.Cut(before(out, "] "+a.Label), " ")
		if !ok && number == "" {
			t.Fatalf("%q has no number:\n%s", a.Label, out)
		}
		chosen := talk(t, router, content.English, "/show harbour-forum-2031/pledges", number)
		want := router.Respond(t.Context(), bot.Request{Command: a.Command, Args: maps.Clone(a.Args), Lang: content.English})
		if title := want.Message.Title; title != "" && !strings.Contains(strings.TrimPrefix(chosen, out), title) {
			t.Errorf("number %s is not %q:\n%s", number, a.Label, chosen)
		}
	}
}

// before returns what stands between "[" and the mark.
func before(text, mark string) string {
	head, _, ok := strings.Cut(text, mark)
	if !ok {
		return ""
	}
	return head[strings.LastIndexByte(head, '[')+1:]
}

func TestStopsWhileNothingIsTyped(t *testing.T) {
	in, typing := io.Pipe()
	defer typing.Close()
	var out bytes.Buffer
	chat := terminal.New(terminal.Options{
		Router: bottest.Router(t), In: in, Out: &out, Style: func() terminal.Style { return terminal.Style{} },
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- chat.Run(ctx, bottest.Router(t)) }()
	if _, err := io.WriteString(typing, "help\n"); err != nil {
		t.Fatal(err)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for a line")
	}
}

func TestLongLinesAreRefused(t *testing.T) {
	chat := terminal.New(terminal.Options{
		Router: bottest.Router(t), In: strings.NewReader(strings.Repeat("x", 100_000)), Out: &bytes.Buffer{},
		Style: func() terminal.Style { return terminal.Style{} },
	})
	if err := chat.Run(t.Context(), bottest.Router(t)); err == nil || !strings.Contains(err.Error(), "write one question a line") {
		t.Errorf("the error is %v", err)
	}
}
