package delivery

import (
	"context"
	"errors"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
)

// errUnserved is the error of a platform that this program is not on.
var errUnserved = errors.New("this program is not on the platform")

// deliver posts what is left of a job and has recorded what came of it. What is
// interrupted is left to the next holder of the lane.
func (l *lane) deliver(job composed, taken time.Time) {
	ctx, cancel := context.WithTimeout(l.posting, l.d.Bounds.Post*time.Duration(len(job.Pages)+1))
	defer cancel()
	c := courier{lane: l, job: job, ahead: taken.Sub(job.Now)}
	result, err := c.post(ctx)
	if err != nil && l.posting.Err() != nil && result.State == "" {
		return
	}
	if result.State == digest.Sent && c.firstAt.IsZero() {
		c.firstAt = l.d.Now() // an attempt before this one has posted it
	}
	if result.State == digest.Sent {
		l.d.Observe(Observation{
			What: Sent, Platform: l.platform, Kind: job.Occurrence.Kind, Count: 1,
			Late: max(job.Now.Add(c.firstAt.Sub(taken)).Sub(job.Occurrence.Slot.At), 0),
		})
	}
	l.finish(job.Job, result)
}

// finish has recorded what came of an attempt.
func (l *lane) finish(job digest.Job, r digest.Result) {
	switch r.State {
	case digest.Queued:
		l.d.Observe(Observation{What: Retried, Platform: l.platform, Reason: r.Reason, Count: 1})
	case digest.Skipped:
		l.d.Observe(Observation{What: Skipped, Platform: l.platform, Reason: r.Reason, Count: 1})
	case digest.Failed:
		l.d.Observe(Observation{What: Failed, Platform: l.platform, Reason: r.Reason, Count: 1})
	case digest.Sending, digest.Sent:
	}
	if job.Subscription.State != digest.Active {
		r.Stop = "" // somebody has paused it, or it was told before
	}
	if r.Stop == "" {
		l.recorder.record(r, nil)
		return
	}
	l.recorder.record(r, func() {
		l.d.Observe(Observation{What: Stopped, Platform: l.platform, Reason: r.Stop, Count: 1})
		signal(l.d.stopped)
	})
}

// courier posts the pages of one job.
type courier struct {
	lane    *lane
	job     composed
	posted  []digest.Posted // since the last record
	firstAt time.Time       // when the first page stood
	ahead   time.Duration   // how far our clock is before the store's
}

// post posts what does not stand yet, page by page. It returns what came of it;
// a result without a State is none: the attempt was interrupted.
func (c *courier) post(ctx context.Context) (result digest.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.lane.d.panicked(ctx, "posting a digest panicked", c.job.Occurrence.ID, p)
			result, err = panicked(c.job.Occurrence, c.lane.d.Random()), nil
			result.Posted = c.posted
		}
	}()
	if c.lane.sender == nil {
		return c.failed(ctx, errUnserved, -1)
	}
	if err := c.edit(ctx); err != nil {
		return c.failed(ctx, err, -1)
	}
	for i := range c.job.Pages {
		if c.job.Pages[i].Post != "" {
			continue
		}
		if err := c.postPage(ctx, i); err != nil {
			return c.failed(ctx, err, i)
		}
		if i < len(c.job.Pages)-1 {
			c.lane.recorder.record(c.result(digest.Sending), nil)
			c.posted = nil
		}
	}
	return c.result(digest.Sent), nil
}

func (c *courier) result(state digest.Progress) digest.Result {
	return digest.Result{Occurrence: c.job.Occurrence.ID, State: state, Posted: c.posted}
}

// errNotTried is wrapped by the error of a page that was not posted because that
// could not be recorded before.
var errNotTried = errors.New("the page was not tried")

func (c *courier) postPage(ctx context.Context, i int) error {
	page := &c.job.Pages[i]
	to, err := c.place(ctx, i)
	if err != nil {
		return errors.Join(errNotTried, err)
	}
	if page.TriedAt.IsZero() {
		if err := c.lane.recorder.try(ctx, digest.Attempt{Occurrence: c.job.Occurrence.ID, Page: i}); err != nil {
			return errors.Join(errNotTried, err)
		}
	}
	if !c.lane.holds() {
		return errors.Join(errNotTried, errLeaseOver)
	}
	post, err := c.lane.sender.Send(ctx, to, page.Page, c.key(page))
	if err != nil {
		return err
	}
	if c.firstAt.IsZero() {
		c.firstAt = c.lane.d.Now()
	}
	c.noteDouble(post)
	page.Thread, page.Post = post.Thread, post.ID
	c.posted = append(c.posted, digest.Posted{Page: i, Thread: post.Thread, Post: post.ID})
	return nil
}

// key is that of a page, with its time by the clock of this machine: senders
// compare it with that one.
func (c *courier) key(page *digest.Page) bot.Key {
	k := bot.Key{ID: page.KeyID, TriedAt: page.TriedAt}
	if !k.TriedAt.IsZero() {
		k.TriedAt = k.TriedAt.Add(c.ahead)
	}
	return k
}

// edit changes the pages of the digest that a correction is about. Where the
// platform refuses, the correction below it tells all the same.
func (c *courier) edit(ctx context.Context) error {
	var edited []digest.Posted
	for _, e := range c.job.edits {
		stands := c.job.Subscription.Place
		stands.Thread = e.Thread
		err := c.lane.sender.Edit(ctx, stands, e.Post, *e.Text)
		switch {
		case err == nil:
			edited = append(edited, e)
		case failureOf(err).passes:
			return err
		default:
			c.lane.d.Log.InfoContext(ctx, "a digest was not edited", "occurrence", c.job.Occurrence.ID, "err", err)
		}
	}
	if len(edited) > 0 {
		c.lane.recorder.record(digest.Result{Occurrence: correctedBy(c.job.Occurrence.ID), Posted: edited}, nil)
	}
	return nil
}

// correctedBy is the digest that a Correction is about: its id is made of that
// one's.
func correctedBy(correction string) string {
	of, _, _ := strings.Cut(correction, "/c/")
	return of
}

func (c *courier) noteDouble(post bot.Post) {
	if post.Found {
		c.lane.d.Observe(Observation{What: Found, Platform: c.lane.platform, Count: 1})
	}
	if post.Again {
		c.lane.d.Observe(Observation{What: Again, Platform: c.lane.platform, Count: 1})
	}
}

// place returns where a page goes: the channel, or below the page that it
// belongs to.
func (c *courier) place(ctx context.Context, i int) (bot.Place, error) {
	channel := c.job.Subscription.Place
	if !c.job.Pages[i].Below {
		return channel, nil
	}
	head, ok := headOf(c.job.Job, i)
	if !ok {
		return channel, nil
	}
	below, err := c.lane.sender.Below(ctx, channel, head.Post, head.Title)
	if err == nil || failureOf(err).passes {
		return below, err
	}
	// Where the channel itself is meant, the post says so.
	c.lane.d.Log.InfoContext(ctx, "a page goes into the channel, for there can be no thread", "occurrence", c.job.Occurrence.ID, "err", err)
	return channel, nil
}

// headOf returns the page below which a page goes: the last one before it that
// is in the channel itself or, of a correction, the first one of the digest in
// the same language.
func headOf(job digest.Job, i int) (head digest.Page, ok bool) {
	for _, p := range job.Pages[:i] {
		if !p.Below && p.Post != "" {
			head, ok = p, true
		}
	}
	if ok || job.Corrects == nil {
		return head, ok
	}
	for _, p := range job.Corrects.Pages {
		if p.Below || p.Post == "" {
			continue
		}
		if !ok || p.Lang == job.Pages[i].Lang && head.Lang != p.Lang {
			head, ok = p, true
		}
	}
	return head, ok
}

// failed returns what comes of a job whose page i failed; -1 is none of them.
func (c *courier) failed(ctx context.Context, err error, i int) (digest.Result, error) {
	f := failureOf(err)
	r := c.result(digest.Queued)
	r.Reason = f.reason
	tried := i >= 0 && (!errors.Is(err, errNotTried) || c.job.Pages[i].TriedAt.IsZero())
	if tried && !f.maybe {
		r.NotPosted = []int{i}
	}
	log := c.lane.d.Log.With("occurrence", c.job.Occurrence.ID, "reason", f.reason, "err", err)
	switch {
	case c.lane.posting.Err() != nil && f.maybe:
		return digest.Result{}, err // the next holder asks the platform
	case c.lane.posting.Err() != nil:
		r.Reason = digest.ReasonUnavailable
	case f.passes:
		r.RetryAfter = min(f.delay, c.lane.d.Bounds.Late) // of a longer one nothing could be told in time
		if f.delay == 0 {
			r.RetryAfter = backoff(c.job.Occurrence.Attempts, c.lane.d.Random())
		}
	case c.firstAt.IsZero() && !posted(c.job.Pages):
		r.State = digest.Failed
		if f.stops {
			r.Stop = f.reason
		}
		log.WarnContext(ctx, "a digest cannot be delivered")
	default:
		// What stands is told: to fail would tell it again.
		r.State = digest.Sent
		log.WarnContext(ctx, "the rest of a digest cannot be delivered")
	}
	return r, err
}
