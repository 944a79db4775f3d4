package bot

import (
	"context"
	"errors"
	"time"

	"briefbot/content"
)

// Sender posts what nobody has asked for: digests, their corrections, and word
// to whoever set them up. It keeps the platform's rate limits and heeds ctx.
type Sender interface {
	// Pages splits a message into what the platform shows at once, at least
	// one page.
	Pages(m Message, lang content.Lang) []Page
	// Send posts a page in a place: its channel, or its thread where it has
	// one. Notifications fire for nobody.
	Send(ctx context.Context, to Place, p Page, k Key) (Post, error)
	// Edit replaces a page that was posted. The page must fit by itself: one
	// that does not is an Error with Invalid.
	Edit(ctx context.Context, to Place, post string, p Page) error
	// Below returns the place for what belongs to a post: its thread, made
	// under the given name where there is none yet.
	Below(ctx context.Context, to Place, post, name string) (Place, error)
	// Tell posts a message to the user of a place, in private.
	Tell(ctx context.Context, to Place, m Message, lang content.Lang, k Key) error
}

// Key makes one post of all attempts at it.
type Key struct {
	ID      string    // the same at each attempt; 1 to MaxKeyID characters of [0-9a-z]
	TriedAt time.Time // when it may have been posted first, zero where no attempt can have succeeded
}

// MaxKeyID is what Discord takes for a nonce.
// https://discord.com/developers/docs/resources/message#create-message
const MaxKeyID = 25

// Page is one page of a Message in one language.
type Page struct {
	Message
	Lang   content.Lang `json:"lang"`
	Number int          `json:"page"` // 1 of 1 for a message that fits
	Of     int          `json:"of"`
	Cut    bool         `json:"cut,omitempty"` // something was left out on this page or behind it
}

// Post is a message that stands on a platform.
type Post struct {
	ID    string // of the message, within its channel
	Found bool   // an earlier attempt had posted it
	Again bool   // an earlier attempt may have posted it too, and nobody can tell
}

// ErrMaybePosted is wrapped by an error of a Sender after which nobody knows
// whether the message stands: the next attempt has to say when this one was.
// After any other error it does not stand.
var ErrMaybePosted = errors.New("the message may have been posted")
