package discord

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

// response answers an interaction.
type response struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// The types of responses.
// https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type
const (
	respondPong           = 1
	respondMessage        = 4
	respondDeferred       = 5 // "… is thinking"
	respondDeferredUpdate = 6 // of the message that the component stands in
	respondUpdate         = 7
	respondChoices        = 8
)

// tokenLife is how long an interaction's token can be used. Discord says 15
// minutes; a request under way must arrive before.
// https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
const tokenLife = 15*time.Minute - 10*time.Second

// choices is the data of an autocomplete answer: an empty list is written.
type choices struct {
	Choices []choice `json:"choices"`
}

type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// deferral says how to defer: a response that is deferred keeps its
// visibility.
type deferral struct {
	Flags int `json:"flags"`
}

// shown is what an interaction is answered with.
type shown struct {
	messages [][]component // one after another
	private  bool
	inPlace  bool         // the first takes the place of the message that was clicked on
	turn     *search.Turn // what it says, for replies to it
}

func newMessage(components []component, private bool) outgoing {
	m := outgoing{Components: components, Flags: flagComponentsV2}
	if private {
		m.Flags |= flagEphemeral
	}
	return m
}

// first is the response to the interaction itself.
func (s shown) first() response {
	if s.inPlace {
		return response{Type: respondUpdate, Data: newMessage(s.messages[0], false)}
	}
	return response{Type: respondMessage, Data: newMessage(s.messages[0], s.private)}
}

// answered is what becomes of an interaction: the response that has to
// arrive within three seconds, and what is to be done after it.
type answered struct {
	response response
	after    func(ctx context.Context, messageID string) // nil for nothing; messageID is "" where it is not known
}

// within answers at once where work is done before patience runs out,
// otherwise it defers and goes on. Patience is counted from when the
// interaction arrived: the store may have taken a part of it before.
func (a *Adapter) within(in interaction, received time.Time, private, inPlace bool, work func(context.Context) shown) answered {
	done := make(chan shown, 1)
	run := func(ctx context.Context) {
		defer func() {
			if p := recover(); p != nil {
				a.Log.ErrorContext(ctx, "an interaction panicked", "panic", bot.PanicText(p), "stack", string(debug.Stack()))
				done <- a.refusal(in.lang, bot.Unavailable, bot.PhraseErrorInternal)
			}
		}()
		done <- work(ctx)
	}
	a.underWay.Go(run)
	patience := time.NewTimer(a.patience - a.Now().Sub(received))
	defer patience.Stop()
	select {
	case s := <-done:
		return answered{response: s.first(), after: func(ctx context.Context, id string) {
			a.follow(ctx, in, received, s, 1)
			a.remember(ctx, a.place(in, false), id, s.turn)
		}}
	case <-patience.C:
	}
	deferred := response{Type: respondDeferred, Data: deferral{}}
	switch {
	case inPlace:
		deferred = response{Type: respondDeferredUpdate}
	case private:
		deferred.Data = deferral{Flags: flagEphemeral}
	}
	return answered{response: deferred, after: func(ctx context.Context, _ string) {
		select {
		case s := <-done:
			a.complete(ctx, in, received, s, private, inPlace)
		case <-ctx.Done():
		}
	}}
}

// complete fills in what was deferred. What turned out to be for the asker
// alone must not take the place of what everybody waits for, nor an error
// that of the message that was clicked on.
func (a *Adapter) complete(ctx context.Context, in interaction, received time.Time, s shown, private, inPlace bool) {
	switch {
	case inPlace && !s.inPlace:
		a.follow(ctx, in, received, s, 0)
		return
	case s.private && !private && !inPlace:
		a.spend(ctx, received, "deleting a deferred response", func(ctx context.Context) error {
			return a.REST.DeleteResponse(ctx, in.ApplicationID, in.Token)
		})
		a.follow(ctx, in, received, s, 0)
		return
	}
	a.spend(ctx, received, "completing a deferred response", func(ctx context.Context) error {
		posted, err := a.REST.EditResponse(ctx, in.ApplicationID, in.Token, newMessage(s.messages[0], false))
		if err == nil {
			a.remember(ctx, a.place(in, false), posted.ID, s.turn)
		}
		return err
	})
	a.follow(ctx, in, received, s, 1)
}

// follow posts the messages from the given one on.
func (a *Adapter) follow(ctx context.Context, in interaction, received time.Time, s shown, from int) {
	for _, message := range s.messages[from:] {
		sent := a.spend(ctx, received, "posting the next message", func(ctx context.Context) error {
			_, err := a.REST.FollowUp(ctx, in.ApplicationID, in.Token, newMessage(message, s.private))
			return err
		})
		if !sent {
			return
		}
	}
}

// spend uses an interaction's token while it can be used.
func (a *Adapter) spend(ctx context.Context, received time.Time, what string, use func(context.Context) error) (done bool) {
	left := received.Add(tokenLife).Sub(a.Now())
	if left <= 0 {
		a.Log.WarnContext(ctx, "an interaction took longer than its token lives", "what", what)
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	err := use(ctx)
	for range responseTries - 1 {
		if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.NotFound || !a.pause(ctx) {
			break
		}
		err = use(ctx) // the response may be on its way yet
	}
	if err != nil {
		a.Log.WarnContext(ctx, "an interaction was not answered in full", "what", what, "err", err)
	}
	return err == nil
}

// A response that goes out as the body of an HTTP reply may be overtaken by
// the request that completes it, which then finds nothing to complete.
const (
	responseTries = 4
	responsePause = 300 * time.Millisecond
)

func (a *Adapter) pause(ctx context.Context) bool {
	timer := time.NewTimer(responsePause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// errorReply is a reply of the adapter's own.
func (a *Adapter) errorReply(lang content.Lang, kind bot.Kind, phrase i18n.Key) bot.Reply {
	err := &bot.Error{Kind: kind, Message: a.Router.Phrases(lang).T(phrase)}
	return bot.Reply{
		Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: err.Message}}},
		Lang:    lang, Private: true, Err: err,
	}
}

// refusal shows an error of the adapter's own to the asker alone.
func (a *Adapter) refusal(lang content.Lang, kind bot.Kind, phrase i18n.Key) shown {
	return shown{messages: a.render.messages(a.errorReply(lang, kind, phrase), false, 1), private: true}
}
