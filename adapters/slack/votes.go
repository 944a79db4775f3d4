package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/content"
)

// The bounds of votes.
const (
	// voteLife is how long a vote can be taken back or changed, and does not
	// count a second time. For so long is kept that somebody voted on a
	// message, under a hash that tells neither without a secret of the app's.
	voteLife    = 7 * 24 * time.Hour
	answersKept = 4096 // messages of which is known what they answer
)

// votes knows what readers think of answers.
type votes struct {
	key     []byte                          // of the hashes, the same for all replicas; with a new secret all votes are new
	answers *lru.Cache[string, content.Ref] // by message; the zero one for no answer
}

func newVotes(secrets ...string) (*votes, error) {
	key := sha256.Sum256([]byte("votes\n" + strings.Join(secrets, "\n")))
	answers, err := lru.New[string, content.Ref](answersKept)
	return &votes{key: key[:], answers: answers}, err
}

// ballot is one reader's say on one message.
type ballot struct {
	team, user, channel, ts string
	entry                   content.Ref // that the message answers with
}

// mark names a vote in what is remembered of it.
func (v *votes) mark(b ballot, kind bot.TallyKind) string {
	return Platform + ":vote:" + v.hash(string(kind), b.team, b.user, b.channel, b.ts)
}

// hash stands for ids without telling them.
func (v *votes) hash(ids ...string) string {
	mac := hmac.New(sha256.New, v.key)
	mac.Write([]byte(strings.Join(ids, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// opposite returns the vote that another takes the place of, and takenBack
// what counts that a vote was taken back.
func opposite(kind bot.TallyKind) bot.TallyKind {
	if kind == bot.ThumbsUp {
		return bot.ThumbsDown
	}
	return bot.ThumbsUp
}

func takenBack(kind bot.TallyKind) bot.TallyKind {
	if kind == bot.ThumbsUp {
		return bot.ThumbsUpBack
	}
	return bot.ThumbsDownBack
}

// cast counts a vote, once, in place of the opposite one.
func (a *Adapter) cast(ctx context.Context, b ballot, kind bot.TallyKind) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	mark := a.votes.mark(b, kind)
	first, err := a.Seen.First(ctx, mark, a.Now().Add(voteLife))
	if err != nil || !first {
		return err
	}
	if err := a.Tallies.Count(ctx, kind, b.entry.String(), today(a.Now())); err != nil {
		_, _ = a.Seen.Forget(ctx, mark) // it may be tried again
		return err
	}
	_, err = a.takeBack(ctx, b, opposite(kind))
	return err
}

// takeBack counts that a vote was taken back, where it was cast.
func (a *Adapter) takeBack(ctx context.Context, b ballot, kind bot.TallyKind) (was bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if was, err = a.Seen.Forget(ctx, a.votes.mark(b, kind)); err != nil || !was {
		return false, err
	}
	return true, a.Tallies.Count(ctx, takenBack(kind), b.entry.String(), today(a.Now()))
}

// vote counts what a reader thinks of an answer, without who. The same button
// pressed again takes the vote back.
func (a *Adapter) vote(ctx context.Context, x pressed) {
	if a.Tallies == nil {
		return
	}
	b := ballot{team: x.team, user: x.user, channel: x.channel, ts: string(x.Container.TS), entry: x.entry}
	kind := bot.ThumbsUp
	if x.does == voteDown {
		kind = bot.ThumbsDown
	}
	said := phraseThanks
	back, err := a.takeBack(ctx, b, kind)
	if back {
		said = phraseVoteBack
	} else if err == nil {
		err = a.cast(ctx, b, kind)
	}
	if err != nil {
		a.Log.WarnContext(ctx, "a vote was not counted", "err", err)
		return
	}
	a.tell(ctx, x, a.said(x.lang, said))
}

// react counts 👍 and 👎 as reactions to an answer.
func (a *Adapter) react(ctx context.Context, d delivery) {
	e, self := d.Event, d.self()
	kind, ok := voteOf(string(e.Reaction))
	if !ok || a.Tallies == nil || self == "" || string(e.User) == self || e.Author != "" && string(e.Author) != self {
		return
	}
	b := ballot{team: d.workspace(), user: string(e.User), channel: string(e.Item.Channel), ts: string(e.Item.TS)}
	if !isID(b.user) || !isID(b.channel) || !isTS(b.ts) {
		return // of a file, say
	}
	if b.entry, ok = a.answerIn(ctx, b.team, b.channel, b.ts, self); !ok {
		return
	}
	var err error
	if e.Type == eventReacted {
		err = a.cast(ctx, b, kind)
	} else {
		_, err = a.takeBack(ctx, b, kind)
	}
	if err != nil {
		a.Log.WarnContext(ctx, "a vote was not counted", "err", err)
	}
}

// voteOf returns what a reaction says, of whatever skin.
func voteOf(reaction string) (kind bot.TallyKind, ok bool) {
	name, _, _ := strings.Cut(reaction, "::")
	switch name {
	case "+1", "thumbsup":
		return bot.ThumbsUp, true
	case "-1", "thumbsdown":
		return bot.ThumbsDown, true
	}
	return "", false
}

// answerIn returns the entry that a message of the bot's answers with: that of
// its buttons for votes.
func (a *Adapter) answerIn(ctx context.Context, team, channel, ts, self string) (content.Ref, bool) {
	key := team + " " + channel + " " + ts
	if known, ok := a.votes.answers.Get(key); ok {
		return known, known != content.Ref{}
	}
	m, err := a.API.Message(ctx, team, channel, ts)
	if err != nil {
		a.Log.WarnContext(ctx, "a message with a reaction cannot be read; no vote is counted", "team", team, "outcome", webapi.OutcomeOf(err), "err", err)
		return content.Ref{}, false
	}
	var entry content.Ref
	if m.User == self {
		entry = answerOf(m.Blocks, a.Router.Command)
	}
	a.votes.answers.Add(key, entry)
	return entry, entry != content.Ref{}
}

// answerOf reads the entry out of the blocks of a message, zero for none.
func answerOf(blocks json.RawMessage, find func(string) (bot.Command, bool)) content.Ref {
	var shown []struct {
		Elements []struct {
			Value word `json:"value"`
		} `json:"elements"`
	}
	if json.Unmarshal(blocks, &shown) != nil {
		return content.Ref{}
	}
	for _, b := range shown {
		for _, e := range b.Elements {
			if p, ok := decodePress(string(e.Value), find); ok && p.does == voteUp {
				return p.entry
			}
		}
	}
	return content.Ref{}
}
