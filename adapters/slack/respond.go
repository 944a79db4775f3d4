package slack

import (
	"context"
	"runtime/debug"
	"time"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// responseLife is how long the address for responses can be used. Slack says
// 30 minutes; a request under way must arrive before.
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
const responseLife = 30*time.Minute - 10*time.Second

// answered is what becomes of something that Slack sent: the body of the
// acknowledgement, which has to arrive within three seconds, and what is to be
// done after it.
type answered struct {
	body    any                   // nil for none
	after   func(context.Context) // nil for nothing
	instead func(context.Context) // in place of a body that cannot be sent; nil for nothing
}

// The kinds of responses.
const (
	toAsker   = "ephemeral"
	toChannel = "in_channel"
)

// response writes a message as one.
func response(m outgoing, kind string) webapi.Response {
	no := false
	return webapi.Response{Type: kind, Text: m.text, Blocks: m.blocks, UnfurlLinks: &no, UnfurlMedia: &no}
}

// addressee is where the responses to an interaction go.
type addressee struct {
	team, address string
	thread        string // "" outside a thread
	received      time.Time
}

// taken returns messages as far as Slack takes responses: of more than five the
// first four, and a sentence that says where the rest can be read.
func (a *Adapter) taken(messages []outgoing) []outgoing {
	if len(messages) <= maxResponses {
		return messages
	}
	const shown = maxResponses - 1
	lang := messages[0].lang
	rest := a.Router.Phrases(lang).T(phraseMorePages, i18n.Args{"Shown": shown, "Of": len(messages)})
	reply := bot.Reply{Lang: lang, Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: rest}}}}
	return append(messages[:shown:shown], a.render.messages(reply, rendering{}, 1)...)
}

// send sends messages as responses, as far as Slack takes them. They are for
// the asker alone.
func (a *Adapter) send(ctx context.Context, to addressee, messages []outgoing) {
	for _, m := range a.taken(messages) {
		r := response(m, toAsker)
		r.Thread = to.thread
		if !a.spend(ctx, to, r) {
			return
		}
	}
}

// spend uses the address for responses while it can be used.
func (a *Adapter) spend(ctx context.Context, to addressee, r webapi.Response) (sent bool) {
	left := to.received.Add(responseLife).Sub(a.Now())
	if left <= 0 {
		a.Log.WarnContext(ctx, "an interaction took longer than its address lives")
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	if err := a.API.Respond(ctx, to.team, to.address, r); err != nil {
		a.Log.WarnContext(ctx, "an interaction was not answered", "team", to.team, "err", err)
		return false
	}
	return true
}

// within answers in the acknowledgement where work is done before patience
// runs out, otherwise it acknowledges and sends the answer when it is there.
// Work that returns no message has nothing to answer.
func (a *Adapter) within(to addressee, refuse func() []outgoing, work func(context.Context) []outgoing) answered {
	done := make(chan []outgoing, 1)
	a.underWay.Go(func(ctx context.Context) {
		defer func() {
			if p := recover(); p != nil {
				a.Log.ErrorContext(ctx, "a command panicked", "panic", bot.PanicText(p), "stack", string(debug.Stack()))
				done <- refuse()
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, workTime)
		defer cancel()
		done <- work(ctx)
	})
	patience := time.NewTimer(a.patience)
	defer patience.Stop()
	select {
	case messages := <-done:
		if len(messages) == 0 {
			return answered{} // it was answered before
		}
		sending := func(ctx context.Context) { a.send(ctx, to, messages) }
		if len(messages) > 1 {
			return answered{after: sending} // the second might overtake an acknowledgement with the first
		}
		return answered{body: response(messages[0], toAsker), instead: sending}
	case <-patience.C:
	}
	return answered{after: func(ctx context.Context) {
		select {
		case messages := <-done:
			a.send(ctx, to, messages)
		case <-ctx.Done():
		}
	}}
}

// survive keeps a fault in one piece of work from ending the program.
func (a *Adapter) survive(ctx context.Context) {
	if p := recover(); p != nil {
		a.Log.ErrorContext(ctx, "work panicked", "panic", bot.PanicText(p), "stack", string(debug.Stack()))
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

// said is a sentence of the adapter's own, as a message.
func (a *Adapter) said(lang content.Lang, phrase i18n.Key) []outgoing {
	return a.render.messages(a.errorReply(lang, bot.Invalid, phrase), rendering{}, 1)
}
