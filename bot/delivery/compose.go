package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// composed is a job with what is to be posted of it.
type composed struct {
	digest.Job
	edits  []digest.Posted // of a Correction: pages of the digest that say something else now
	result digest.Result   // with a State where nothing is to be posted
}

// composeAll decides what is posted of jobs. A fault of the program while it
// composes one is the result of that one.
func (d *Deliverer) composeAll(ctx context.Context, sender bot.Sender, jobs []digest.Job) ([]composed, error) {
	all := make([]composed, len(jobs))
	for i, job := range jobs {
		var err error
		if all[i], err = d.compose(ctx, sender, job); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (d *Deliverer) compose(ctx context.Context, sender bot.Sender, job digest.Job) (c composed, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.panicked(ctx, "composing a digest panicked", job.Occurrence.ID, p)
			c, err = composed{Job: job, result: panicked(job.Occurrence, d.Random())}, nil
		}
	}()
	c = composed{Job: job}
	if why := unwanted(job); why != "" {
		c.result = digest.Result{Occurrence: job.Occurrence.ID, State: digest.Skipped, Reason: why}
		return c, nil
	}
	if why := tooLate(job, d.Bounds.Late); why != "" {
		c.result = givenUp(job, why)
		return c, nil
	}
	if job.Unreadable != nil {
		d.Log.WarnContext(ctx, "a digest that a newer program wrote waits for one", "occurrence", job.Occurrence.ID, "err", job.Unreadable)
		c.result = digest.Result{Occurrence: job.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: backoff(job.Occurrence.Attempts, d.Random())}
		return c, nil
	}
	if sender == nil {
		return c, nil // its post fails
	}
	switch {
	case job.Corrects != nil:
		d.composeCorrection(sender, &c)
	case !begun(job.Pages):
		err = d.composeDigest(ctx, sender, &c)
	}
	return c, err
}

// composeDigest writes what the channel of a job was not told.
func (d *Deliverer) composeDigest(ctx context.Context, sender bot.Sender, c *composed) error {
	now := d.library.current.Load()
	known, err := d.edition(ctx, c.Subscription.Edition)
	if err != nil {
		return err
	}
	if c.Now.Sub(c.Occurrence.Slot.At) < lacksFor && d.lacks(now, known) {
		c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: min(backoff(c.Occurrence.Attempts, d.Random()), behindFor)}
		return nil
	}
	settings := c.Subscription.Settings
	zone, ok := d.zone(settings.Zone)
	if !ok {
		c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Failed, Reason: digest.ReasonZone, Stop: digest.ReasonZone}
		return nil
	}
	said := digest.Compose(digest.Input{
		Library: now.Library, News: &d.library.news, Now: now.Edition, Known: known, Subscription: c.Subscription, Told: c.Told,
		At: c.Occurrence.Slot.At, Zone: zone, Phrases: d.Phrases,
	})
	c.Occurrence.Edition = now.Number
	if said.Empty && settings.Empty == digest.SkipEmpty && c.Occurrence.Kind == digest.Scheduled {
		c.Pages, c.Carried = nil, nil
		c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Skipped, Reason: digest.ReasonEmpty}
		return nil
	}
	c.Carried = said.Carried
	c.Pages = pagesOf(sender, c.Occurrence.ID, said.Parts)
	return nil
}

func (d *Deliverer) zone(name string) (zone *time.Location, ok bool) {
	zone, err := d.zones.Load().Load(name)
	return zone, err == nil
}

// pagesOf pages a message in each of its languages: the first page of each is
// for the channel, the others go below it.
func pagesOf(sender bot.Sender, occurrence string, parts []digest.Part) []digest.Page {
	var pages []digest.Page
	for _, part := range parts {
		for i, page := range sender.Pages(part.Message, part.Lang) {
			pages = append(pages, digest.Page{Page: page, Below: i > 0, KeyID: keyOf(occurrence, len(pages))})
		}
	}
	return pages
}

// composeCorrection writes what a delivered digest says now, and what is said
// of it below.
func (d *Deliverer) composeCorrection(sender bot.Sender, c *composed) {
	now := d.library.current.Load()
	edits, notes, ok := digest.Corrected(c.Job, now.Library, d.Phrases)
	switch {
	case ok, begun(c.Pages):
	case behind(now.Library, c.Corrects.Ref, c.Corrects.Revision):
		// Another replica has newer content: it is this lane's turn again when
		// this one has it too.
		c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: min(backoff(c.Occurrence.Attempts, d.Random()), behindFor)}
		return
	default:
		// What it was to say has been overtaken: the next digest tells what is new.
		c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Skipped, Reason: digest.ReasonEmpty}
		return
	}
	for i, page := range c.Corrects.Pages {
		if edited, ok := edits[i]; ok && page.Post != "" {
			c.edits = append(c.edits, digest.Posted{Page: i, Thread: page.Thread, Post: page.Post, Text: &edited})
		}
	}
	if begun(c.Pages) {
		return
	}
	c.Occurrence.Edition = now.Number
	c.Carried = []digest.Carried{{Number: 1, Ref: c.Corrects.Ref, Revision: c.Corrects.Revision}}
	if knows(c.Job, now.Number) {
		return // of several digests that told of it, one has the note
	}
	c.Pages = pagesOf(sender, c.Occurrence.ID, notes)
	for i := range c.Pages {
		c.Pages[i].Below = true
	}
}

// lacksFor is how long a digest waits for a replica, or for content, that lacks
// nothing. What is lacking for longer was withdrawn.
const lacksFor = 10 * time.Minute

// behindFor is how long a replica with older content puts a correction off at
// most: content comes to all of them soon.
const behindFor = time.Minute

// knows reports whether the channel of a Correction was told what it tells: by
// the correction of another digest, or by a digest of this edition or a later
// one.
func knows(job digest.Job, edition int64) bool {
	return job.Subscription.Edition >= edition || slices.ContainsFunc(job.Told, func(told digest.Carried) bool {
		return told.Ref == job.Corrects.Ref && told.Revision == job.Corrects.Revision
	})
}

// behind reports whether a library has an entry as it was before a correction.
func behind(l *content.Library, ref content.Ref, revision string) bool {
	briefing, entry := l.Entry(ref)
	return entry != nil && digest.Corrections(digest.Revision(briefing, entry)) < digest.Corrections(revision)
}

// stoppedMessage tells whoever made a subscription that it has stopped.
func (d *Deliverer) stoppedMessage(s digest.Subscription, why digest.Reason) (bot.Message, content.Lang) {
	lang := content.English
	if len(s.Settings.Langs) > 0 {
		lang = s.Settings.Langs[0]
	}
	p := d.Phrases.In(lang)
	var times []string
	for _, t := range s.Settings.Times {
		times = append(times, t.String())
	}
	args := i18n.Args{
		"Number": s.Number, "Times": strings.Join(times, ", "), "Zone": s.Settings.Zone,
		"Reason": p.T(i18n.Key("digest.reason." + string(why))),
	}
	return bot.Message{
		Title: p.T("digest.stopped", args),
		Blocks: bot.Blocks{
			bot.Paragraph{Text: p.T("digest.stopped_why", args)},
			bot.Paragraph{Text: p.T("digest.stopped_advice", args)},
		},
	}, lang
}

// keyOf is the key of a post: the same at each attempt, and no other's.
func keyOf(parts ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprintln(parts...)))
	const kept = 24
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:kept]
}

var errPanicked = errors.New("the program failed")

// panicked tells the log of a panic.
func (d *Deliverer) panicked(ctx context.Context, what, id string, p any) {
	d.Log.ErrorContext(ctx, "delivery panicked", "at", what, "id", id, "panic", bot.PanicText(p), "stack", string(debug.Stack()))
}

// recovering turns a panic into an error, so that what panicked is done again.
func (d *Deliverer) recovering(ctx context.Context, what string, err *error) {
	if p := recover(); p != nil {
		d.panicked(ctx, what, "", p)
		*err = errPanicked
	}
}

// recovered keeps a panic from ending the process.
func (d *Deliverer) recovered(ctx context.Context, what, id string) {
	if p := recover(); p != nil {
		d.panicked(ctx, what, id, p)
	}
}
