package bot

import (
	"context"
	"time"

	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// Request is one use of one command, whatever surface it comes from.
type Request struct {
	Command string            // name of the command; empty means that Text is read as a line of the grammar
	Args    map[string]string // parameters by name
	Text    string            // what the user wrote, where Command is empty

	Lang    content.Lang // what the surface knows of the user's language, "" for nothing
	Place   Place        // where it was asked
	Asker   Asker        // who asks, nil where the surface knows nothing of them
	Under   []Standing   // messages of ours that it may belong to, the nearest first: what it replies to, what its thread hangs on
	AskedAt time.Time    // for relative dates; the Router fills in its clock where zero
	Explain bool         // add how the answer was found
}

// Place is where on which platform a message comes from and goes to.
type Place struct {
	Platform  string // "web", "terminal", "discord", "slack"
	Workspace string // Discord server or Slack workspace
	Channel   string
	Thread    string // the conversation: what follow-ups refer to; "" means none is kept
	User      string
}

// Asker is who uses a command, as far as their platform knows them.
type Asker interface {
	// Manages reports whether they manage the channel that they ask in.
	Manages(ctx context.Context) (bool, error)
	// Managers says who manages it, as the end of a sentence.
	Managers(p i18n.Printer) string
	// Zone returns the IANA name of their time zone, "" where nobody knows it.
	Zone(ctx context.Context) string
}

// Standing is a message that stands in a channel.
type Standing struct{ Channel, Post string }

// Conversation is the key under which the last answers of a thread are
// remembered. A place without a thread has no conversation.
func (p Place) Conversation() (key string, ok bool) {
	if p.Thread == "" {
		return "", false
	}
	const sep = "\x1f"
	return p.Platform + sep + p.Workspace + sep + p.Channel + sep + p.Thread, true
}

// Reply is what a command returns.
type Reply struct {
	Message Message
	Lang    content.Lang   // the language that the message is in
	Answer  *search.Answer // set by commands that answer a question
	AsOf    content.Date   // of what the message states; zero where it states nothing that can age
	Sources []Citation     // all that the message rests on, where it may show fewer
	Turn    *search.Turn   // what a follow-up in the same conversation refers to
	Prefer  content.Lang   // the language that the user has chosen from now on, "" for no change
	Private bool           // for the asker's eyes only, where the platform can do that
	Again   *Action        // shows the same whatever was said since, for a surface that turns pages; nil where nothing does
	Err     *Error         // set where Message says what went wrong
}

// Responder is what an adapter calls. It always returns a reply that can be
// shown: errors and panics have become one.
type Responder interface {
	Respond(ctx context.Context, req Request) Reply
}

// Adapter is what the program starts: it serves one surface until ctx ends.
type Adapter interface {
	Run(ctx context.Context, r Responder) error
}
