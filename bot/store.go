package bot

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"briefbot/content"
)

// Seen remembers what has been handled, so that an event which a platform
// delivers twice, to whichever replica, is handled once.
type Seen interface {
	// First reports whether nobody has asked for id before, and remembers it
	// until until. Of any number of callers at once exactly one is told true.
	// An id is 1 to MaxKey bytes and should begin with its platform.
	First(ctx context.Context, id string, until time.Time) (bool, error)
	// Forget has the next to ask for id be the first again, and reports
	// whether anybody had asked. Of any number of callers at once exactly one
	// is told true.
	Forget(ctx context.Context, id string) (known bool, err error)
}

// MaxKey bounds the ids of a store, in bytes: those of conversations, events,
// users and workspaces. Platforms' own are a tenth of it.
const MaxKey = 512

// Preferences holds what users have chosen.
type Preferences interface {
	// PreferredLang returns the language that a user of a platform has
	// chosen, "" for none.
	PreferredLang(ctx context.Context, platform, user string) (content.Lang, error)
	// PreferLang remembers a choice; "" forgets it.
	PreferLang(ctx context.Context, platform, user string, lang content.Lang) error
}

// TallyKind is what a Tally counts.
type TallyKind string

// The kinds of tallies.
const (
	Gap        TallyKind = "gap"         // a question that was not answered
	ThumbsUp   TallyKind = "thumbs_up"   // 👍 on an answer
	ThumbsDown TallyKind = "thumbs_down" // 👎 on an answer

	// What is taken back is counted for itself: a vote may be of another day.
	ThumbsUpBack   TallyKind = "thumbs_up_back"
	ThumbsDownBack TallyKind = "thumbs_down_back"
)

// TallyKinds returns all kinds.
func TallyKinds() []TallyKind {
	return []TallyKind{Gap, ThumbsUp, ThumbsDown, ThumbsUpBack, ThumbsDownBack}
}

// Tally is how often something happened: a question by its normalised text,
// an answer by its entry. Nobody is told who.
type Tally struct {
	Text  string // "" for all that came after a day held as many texts as are kept
	Count int
	First content.Date // the first and the last day on which it happened
	Last  content.Date
}

// Tallies count, by the day and without who.
type Tallies interface {
	// Count adds one on a day. Of text the first MaxText runes count.
	Count(ctx context.Context, kind TallyKind, text string, day content.Date) error
	// Tallied returns what happened on since or later, the most frequent
	// first, then the latest; limit at most.
	Tallied(ctx context.Context, kind TallyKind, since content.Date, limit int) ([]Tally, error)
}

// Secret is a text that is to be seen by nobody. It prints as "[secret]"
// wherever it is formatted, logged or encoded; string(s) is the text itself.
type Secret string

const secretShown = "[secret]"

// Format hides the text under every verb.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, secretShown) }

// LogValue hides the text.
func (Secret) LogValue() slog.Value { return slog.StringValue(secretShown) }

// MarshalText hides the text.
func (Secret) MarshalText() ([]byte, error) { return []byte(secretShown), nil }

// Installation is a workspace that the bot was installed in, without the
// tokens that it may act with.
type Installation struct {
	Workspace   string   // the id of the team, or of the organisation where it was installed for all of one
	BotUser     string   // the bot's user id there
	Scopes      []string // that were granted
	InstalledAt time.Time
	ExpiresAt   time.Time // of the access token; zero where it does not expire
	Revision    int64     // another one after each change; for Renew
}

// Tokens are what the bot acts with in a workspace.
type Tokens struct {
	Access  Secret
	Refresh Secret // "" where tokens do not expire
}

// SealedTokens are Tokens as they may be stored.
type SealedTokens struct {
	Access  []byte
	Refresh []byte // nil where there is none
	KeyID   uint32 // of the key that they are sealed with
}

// Installations holds the workspaces that the bot was installed in, with
// their Tokens or, in a store, their SealedTokens. Times are kept to the
// millisecond.
type Installations[T Tokens | SealedTokens] interface {
	// Install adds a workspace or replaces what is known of it.
	Install(ctx context.Context, in Installation, tokens T) error
	// Renew replaces what is known of a workspace if it is still at
	// in.Revision; it reports false where another replica was faster or the
	// workspace is gone. InstalledAt stays.
	Renew(ctx context.Context, in Installation, tokens T) (bool, error)
	// Installation returns a workspace; an Error with NotFound where the bot
	// is not installed there.
	Installation(ctx context.Context, workspace string) (Installation, T, error)
	// Installed lists workspaces by id, limit at most, those after after.
	Installed(ctx context.Context, after string, limit int) ([]Installation, error)
	// Uninstall forgets a workspace that was installed at or before at: word
	// of an uninstalling may come after the bot was installed anew.
	Uninstall(ctx context.Context, workspace string, at time.Time) error
}
