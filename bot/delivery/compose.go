package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"runtime/debug"
	"strings"

	"briefbot/bot"
	"briefbot/bot/digest"
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
		c.result = digest.Result{Occurrence: job.Occurrence.ID, State: digest.Skipped, Reason: why}
		return c, nil
	}
	if sender == nil {
		return c, nil // its post fails
	}
	switch {
	case job.Corrects != nil:
		err = d.composeCorrection(sender, &c)
	case !begun(job.Pages):
		err = d.composeDigest(ctx, sender, &c)
	}
	return c, err
}

// skip has a job be nothing to post, for a reason.
func (c *composed) skip(why digest.Reason) {
	c.Pages, c.Carried = nil, nil
	c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Skipped, Reason: why}
}

// keyOf is the key of a post: the same at each attempt, and no other's.
func keyOf(parts ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprintln(parts...)))
	const kept = 24
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:kept]
}

// panicked tells the log of a panic.
func (d *Deliverer) panicked(ctx context.Context, what, id string, p any) {
	d.Log.ErrorContext(ctx, "delivery panicked", "at", what, "id", id, "panic", bot.PanicText(p), "stack", string(debug.Stack()))
}

// recovered keeps a panic from ending the process.
func (d *Deliverer) recovered(ctx context.Context, what, id string) {
	if p := recover(); p != nil {
		d.panicked(ctx, what, id, p)
	}
}
