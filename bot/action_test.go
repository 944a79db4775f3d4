package bot_test

import (
	"maps"
	"testing"
	"unicode/utf8"

	"briefbot/bot"
)

func TestActionsAreEncodedReadably(t *testing.T) {
	tests := []struct {
		action bot.Action
		want   string
	}{
		{bot.Action{Label: "Topics", Command: "topics"}, "topics"},
		{bot.Action{Command: "show", Args: map[string]string{"item": "2", "entry": "forum/pledges"}}, "show?entry=forum/pledges&item=2"},
		{bot.Action{Command: "ask", Args: map[string]string{"question": "a=b&c?"}}, "ask?question=a%3Db%26c%3F"},
	}
	for _, test := range tests {
		if got := test.action.Encode(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
		back, ok := bot.DecodeAction(test.want)
		if !ok || back.Command != test.action.Command || !maps.Equal(back.Args, test.action.Args) {
			t.Errorf("%s reads as %+v", test.want, back)
		}
	}
	for _, wrong := range []string{"", "?a=b", "show?%zz", "show?a;b"} {
		if a, ok := bot.DecodeAction(wrong); ok {
			t.Errorf("%q reads as %+v", wrong, a)
		}
	}
}

func FuzzAction(f *testing.F) {
	f.Add("show", "entry", "forum/pledges", "item", "2")
	f.Add("ask", "question", "谁？&=%2F+ ", "", "")
	f.Fuzz(func(t *testing.T, command, name1, value1, name2, value2 string) {
		action := bot.Action{Command: command, Args: map[string]string{name1: value1, name2: value2}}
		encoded := action.Encode()
		back, ok := bot.DecodeAction(encoded)
		// Names of commands are words; of others nothing is promised.
		for _, r := range command {
			if r == '?' {
				return
			}
		}
		if command == "" {
			if ok {
				t.Fatalf("an action without a command reads as %+v", back)
			}
			return
		}
		if !ok || back.Command != command || !maps.Equal(back.Args, action.Args) {
			t.Fatalf("%+v is written as %q and reads as %+v", action, encoded, back)
		}
		if utf8.ValidString(command) != utf8.ValidString(encoded) {
			t.Fatalf("%q is not valid UTF-8", encoded)
		}
	})
}
