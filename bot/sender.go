package bot

import (
	"context"
	"errors"
	"time"

	"briefbot/content"
)

// Sender posts what nobody has asked for: digests, their corrections, and word
// to whoever set them up. It keeps the platform's rate limits and heeds ctx.
//
// Of a Place it uses Workspace, Channel and Thread, which is "" or what Below
// returned. Its errors are *Error. NotFound: the place is not there any more,
// or is archived. Denied: the bot may not do that there; with ErrRevoked it
// may do nothing in the workspace. Invalid: the platform does not take the
// message. RateLimited and Unavailable pass.
type Sender interface {
	// Pages splits a message into what the platform shows at once, at least
	// one page.
	Pages(m Message, lang content.Lang) []Page
	// Send posts a page in a place: its channel, or its thread where it has
	// one that takes messages. Mentions fire for nobody.
	Send(ctx context.Context, to Place, p Page, k Key) (Post, error)
	// Edit replaces a page that was posted. The page must fit by itself: one
	// that does not is an Error with Invalid. NotFound says that the message or
	// the place is gone.
	Edit(ctx context.Context, to Place, post string, p Page) error
	// Below returns the place for what belongs to a post: its thread, made
	// under the given name where there is none yet; the place of the post where
	// there can be none.
	Below(ctx context.Context, to Place, post, name string) (Place, error)
	// Tell posts a message to the user of a place, in private. Denied and
	// NotFound say that this user cannot be told.
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
	ID     string // of the message, within its channel
	Thread string // where it stands, as Place has it: not where the place's thread takes no messages
	Found  bool   // an earlier attempt had posted it
	Again  bool   // an earlier attempt may have posted it too, and nobody can tell
}

// ErrMaybePosted is wrapped by an error of a Sender after which nobody knows
// whether the message stands: the next attempt has to say when this one was.
// After any other error it does not stand.
var ErrMaybePosted = errors.New("the message may have been posted")

// MaybePosted returns an error as one after which nobody knows whether the
// message stands.
func MaybePosted(err error) error {
	if errors.Is(err, ErrMaybePosted) {
		return err
	}
	maybe := &Error{Kind: Unavailable, Message: "It is not known whether the message was posted.", Err: err}
	if e, ok := errors.AsType[*Error](err); ok {
		maybe.Kind, maybe.Message, maybe.Delay, maybe.Err = e.Kind, e.Message, e.Delay, e.Err
	}
	maybe.Err = errors.Join(ErrMaybePosted, maybe.Err)
	return maybe
}

// ErrRevoked is wrapped by an error with Denied where the bot was taken out of
// the workspace, or its token there was revoked.
var ErrRevoked = errors.New("the bot was taken out of the workspace")
