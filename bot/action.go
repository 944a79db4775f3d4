package bot

import (
	"net/url"
	"strings"
)

// Action is a button or a menu choice. It is nothing but a command with its
// arguments.
type Action struct {
	Label   string            `json:"label,omitempty"`
	Command string            `json:"command"`
	Args    map[string]string `json:"args,omitempty"`
}

// MaxAction is how long an encoded action may be, in bytes: Discord takes no
// longer custom_id on a button
// (https://discord.com/developers/docs/components/reference). Every action
// that commands produce stays within it, as Encode or as Compact writes it:
// ids of briefings and entries have at most 40 bytes, and commands whose values
// may be longer leave the button out.
const MaxAction = 100

// Encode returns the action as "command" or "command?name=value&…", in a
// fixed order, for a platform to hand back when the action is chosen. The
// label is not part of it.
func (a Action) Encode() string {
	if len(a.Args) == 0 {
		return a.Command
	}
	values := url.Values{}
	for name, value := range a.Args {
		values.Set(name, value)
	}
	// References hold slashes; keeping them readable keeps them short.
	return a.Command + "?" + strings.ReplaceAll(values.Encode(), "%2F", "/")
}

// DecodeAction reads what Encode wrote; ok is false for anything else.
func DecodeAction(s string) (a Action, ok bool) {
	name, query, _ := strings.Cut(s, "?")
	values, err := url.ParseQuery(query)
	if err != nil || name == "" {
		return Action{}, false
	}
	a = Action{Command: name}
	for key := range values {
		if a.Args == nil {
			a.Args = map[string]string{}
		}
		a.Args[key] = values.Get(key)
	}
	return a, true
}
