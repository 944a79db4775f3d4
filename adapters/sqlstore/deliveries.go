package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// pageBytes bounds a page as it is stored, and with it a line of a backup.
// Slack's longest, 50 blocks of 3,000 characters each, takes half of it.
const pageBytes = 300 << 10

func encodePage(p bot.Page) (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("writing a page down: %w", err)
	}
	if len(text) > pageBytes {
		return "", invalid("A page of more than %d bytes cannot be stored.", pageBytes)
	}
	return clean(string(text)), nil
}

func decodePage(text string) (bot.Page, error) {
	var p bot.Page
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return bot.Page{}, err
	}
	return p, nil
}

// taken is a job and what it refers to.
type taken struct {
	job              digest.Job
	readyAt          int64
	place            string
	corrects         string // the id of an occurrence
	correctsRef      string
	correctsRevision string
}

// Take implements digest.Queue. However many jobs there are, it asks a handful
// of times.
func (d digests) Take(ctx context.Context, l digest.Lane, limit int) (jobs []digest.Job, err error) {
	if something, err := d.peek(ctx, l); err != nil || !something {
		return nil, err
	}
	err = d.inLane(ctx, "taking jobs", l, func(ctx context.Context, tx *sql.Tx, now int64) error {
		jobs = nil
		var all []*taken
		for ofCorrection, statement := range []string{sqlTakeDigests, sqlTakeCorrections} {
			some, err := d.takeSome(ctx, tx, statement, ofCorrection, l, now, max(limit-len(all), 0))
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		for _, fill := range []func(context.Context, *sql.Tx, []*taken) error{d.fillSubscriptions, d.fillContents, d.fillTold} {
			if err := fill(ctx, tx, all); err != nil {
				return err
			}
		}
		for _, t := range all {
			jobs = append(jobs, t.job)
		}
		return nil
	})
	return jobs, err
}

// peek reports whether there may be something to take in a lane. Of all that
// hold a lane most find nothing most of the time: that costs a read alone.
func (d digests) peek(ctx context.Context, l digest.Lane) (something bool, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	var held bool
	err = d.engine.read.QueryRowContext(ctx, d.digest.peek, l.ID, l.Replica, l.Fence).Scan(&held, &something)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !held {
		return false, digest.ErrFenced
	}
	return something, unavailable("taking jobs", err)
}

// takeSome takes as many as limit of the first that wait. Where most of those
// wait for something else of their channel, it looks at more.
func (d digests) takeSome(ctx context.Context, tx *sql.Tx, statement string, ofCorrection int, l digest.Lane, now int64, limit int) (all []*taken, err error) {
	if limit == 0 {
		return nil, nil
	}
	const looked, more = 4, 8
	for first := looked * limit; ; first *= more {
		some, err := take(ctx, tx, statement, l, now, limit-len(all), first)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if 2*len(all) >= limit {
			break
		}
		var waiting int
		if err := tx.QueryRowContext(ctx, sqlTakeable, l.ID, l.Fence, now, ofCorrection, first).Scan(&waiting); err != nil {
			return nil, err
		}
		if waiting < first {
			break // that was all
		}
	}
	slices.SortFunc(all, func(a, b *taken) int {
		return cmp.Or(cmp.Compare(a.readyAt, b.readyAt), strings.Compare(a.job.Occurrence.ID, b.job.Occurrence.ID))
	})
	return all, nil
}

func take(ctx context.Context, tx *sql.Tx, statement string, l digest.Lane, now int64, limit, first int) (all []*taken, err error) {
	err = query(ctx, tx, statement, []any{l.ID, l.Fence, now, limit, first}, func(scan scanFunc) error {
		t := &taken{job: digest.Job{Now: instant(now)}}
		var err error
		t.job.Occurrence, err = scanOccurrence(scan, &t.readyAt, &t.place, &t.corrects, &t.correctsRef, &t.correctsRevision)
		all = append(all, t)
		return err
	})
	return all, err
}

func (d digests) fillSubscriptions(ctx context.Context, tx *sql.Tx, all []*taken) error {
	found, unreadable := map[string]digest.Subscription{}, map[string]error{}
	for _, t := range all {
		found[t.job.Occurrence.Subscription] = digest.Subscription{}
	}
	if err := ids(slices.Sorted(maps.Keys(found))).query(ctx, d.engine, tx, sqlSubscriptions, nil, func(scan scanFunc) error {
		s, err := scanSubscription(scan)
		found[s.ID] = s
		if e, ok := errors.AsType[*unreadableError](err); ok {
			unreadable[s.ID] = e
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	for _, t := range all {
		t.job.Subscription, t.job.Unreadable = found[t.job.Occurrence.Subscription], unreadable[t.job.Occurrence.Subscription]
	}
	return nil
}

// fillContents reads the pages and entries of jobs, and of the digests that
// they correct. Pages that cannot be read and that nobody has tried to post are
// left out: they are composed anew.
func (d digests) fillContents(ctx context.Context, tx *sql.Tx, all []*taken) error {
	wanted := map[string]bool{}
	for _, t := range all {
		wanted[t.job.Occurrence.ID] = true
		if t.corrects != "" {
			wanted[t.corrects] = true
		}
	}
	of := ids(slices.Sorted(maps.Keys(wanted)))
	pages, carried, unreadable := map[string][]digest.Page{}, map[string][]digest.Carried{}, map[string]error{}
	if err := of.query(ctx, d.engine, tx, sqlPages, nil, func(scan scanFunc) error {
		var occurrence string
		p, err := scanPage(scan, &occurrence)
		pages[occurrence] = append(pages[occurrence], p)
		if e, ok := errors.AsType[*unreadableError](err); ok {
			unreadable[occurrence] = e
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	if err := of.query(ctx, d.engine, tx, sqlCarried, nil, func(scan scanFunc) error {
		var occurrence string
		c, err := scanCarried(scan, &occurrence)
		carried[occurrence] = append(carried[occurrence], c)
		return err
	}); err != nil {
		return err
	}
	for _, t := range all {
		id := t.job.Occurrence.ID
		if unreadable[id] != nil && !begun(pages[id]) {
			delete(unreadable, id)
			delete(pages, id)
			delete(carried, id)
		}
		t.job.Pages, t.job.Carried = pages[id], carried[id]
		t.job.Unreadable = cmp.Or(t.job.Unreadable, unreadable[id], unreadable[t.corrects])
		if t.corrects == "" {
			continue
		}
		ref, err := parseRef(t.correctsRef)
		if err != nil {
			return err
		}
		t.job.Corrects = &digest.Correcting{Ref: ref, Revision: t.correctsRevision, Pages: pages[t.corrects], Carried: carried[t.corrects]}
	}
	return nil
}

// begun reports whether a page may have been posted.
func begun(pages []digest.Page) bool {
	return slices.ContainsFunc(pages, func(p digest.Page) bool { return p.Post != "" || !p.TriedAt.IsZero() })
}

// fillTold reads what a channel was told beside the digests of the
// subscription itself.
func (d digests) fillTold(ctx context.Context, tx *sql.Tx, all []*taken) error {
	byID := map[string]*taken{}
	asked := many{kinds: []string{asText, asText, asWhole, asText}}
	for _, t := range all {
		if t.job.Subscription.ID != "" {
			byID[t.job.Occurrence.ID] = t
			asked.rows = append(asked.rows, []any{t.job.Occurrence.ID, t.place, t.job.Subscription.Edition, t.job.Subscription.ID})
		}
	}
	return asked.query(ctx, d.engine, tx, sqlTold, nil, func(scan scanFunc) error {
		var occurrence, langs string
		c, err := scanCarried(scan, &occurrence, &langs)
		t := byID[occurrence]
		understood := func(lang string) bool { return slices.Contains(t.job.Subscription.Settings.Langs, content.Lang(lang)) }
		if err == nil && slices.ContainsFunc(strings.Fields(langs), understood) {
			t.job.Told = append(t.job.Told, c)
		}
		return err
	})
}

// scanPage reads the columns of sqlPages.
func scanPage(scan scanFunc, occurrence *string) (p digest.Page, err error) {
	var body string
	var below int
	var tried sql.NullInt64
	var post sql.NullString
	if err := scan(occurrence, &body, &below, &p.KeyID, &tried, &p.Thread, &post); err != nil {
		return p, err
	}
	p.Below, p.TriedAt, p.Post = below == 1, maybe(tried), post.String
	if p.Page, err = decodePage(body); err != nil {
		return p, &unreadableError{"a page of " + *occurrence, err}
	}
	return p, nil
}

// scanCarried reads columns that end with a number, a reference and a
// revision.
func scanCarried(scan scanFunc, before ...any) (c digest.Carried, err error) {
	var ref string
	if err := scan(append(before, &c.Number, &ref, &c.Revision)...); err != nil {
		return c, err
	}
	c.Ref, err = parseRef(ref)
	return c, err
}

// Compose implements digest.Queue.
func (d digests) Compose(ctx context.Context, l digest.Lane, jobs []digest.Job) error {
	composed := many{kinds: []string{asText, asWhole, asText}}
	pages := many{kinds: []string{asText, asWhole, asText, asWhole, asText, asWhole, asText, asText}}
	carried := many{kinds: []string{asText, asWhole, asWhole, asText, asText}}
	var occurrences []string
	for _, j := range jobs {
		id := j.Occurrence.ID
		occurrences = append(occurrences, id)
		var langs []string
		for n, p := range j.Pages {
			body, err := encodePage(p.Page)
			if err != nil {
				return unavailable("composing", err)
			}
			if !slices.Contains(langs, string(p.Lang)) {
				langs = append(langs, string(p.Lang))
			}
			pages.rows = append(pages.rows, []any{id, n, body, map[bool]int64{true: 1}[p.Below], p.KeyID, millis(p.TriedAt), clean(p.Thread), orNoText(p.Post)})
		}
		for n, c := range j.Carried {
			carried.rows = append(carried.rows, []any{id, n, c.Number, c.Ref.String(), c.Revision})
		}
		composed.rows = append(composed.rows, []any{id, j.Occurrence.Edition, strings.Join(langs, " ")})
	}
	return d.inLane(ctx, "composing", l, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		changed, err := composed.exec(ctx, d.engine, tx, sqlComposed, l.ID, l.Fence)
		if err != nil {
			return err
		}
		if int(changed) != len(jobs) {
			return digest.ErrFenced // a job of another holder: nothing of it may be posted
		}
		for _, step := range []struct {
			statement string
			rows      many
		}{
			{sqlNoPages, ids(occurrences)},
			{sqlNoCarried, ids(occurrences)},
			{sqlAddPages, pages},
			{sqlAddCarried, carried},
		} {
			if _, err := step.rows.exec(ctx, d.engine, tx, step.statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// orNoText is the column of a text that may be missing.
func orNoText(text string) sql.NullString {
	return sql.NullString{String: clean(text), Valid: text != ""}
}

// Try implements digest.Queue.
func (d digests) Try(ctx context.Context, l digest.Lane, pages []digest.Attempt) error {
	tried := many{kinds: []string{asText, asWhole}}
	for _, p := range pages {
		tried.rows = append(tried.rows, []any{p.Occurrence, p.Page})
	}
	return d.inLane(ctx, "beginning to post", l, func(ctx context.Context, tx *sql.Tx, now int64) error {
		changed, err := tried.exec(ctx, d.engine, tx, sqlTry, l.ID, l.Fence, now)
		if err == nil && int(changed) != len(pages) {
			return digest.ErrFenced
		}
		return err
	})
}

// Record implements digest.Queue. What was posted is better known than not: it
// is recorded also after the lease, as long as nobody else holds the lane, and
// even then that it stands.
func (d digests) Record(ctx context.Context, l digest.Lane, results []digest.Result) error {
	stands := many{kinds: []string{asText, asWhole, asText, asText, asText}}
	standsNot := many{kinds: []string{asText, asWhole}}
	stops := map[string]digest.Reason{}
	for _, r := range results {
		for _, p := range r.Posted {
			var body sql.NullString
			if p.Text != nil {
				text, err := encodePage(*p.Text)
				if err != nil {
					return unavailable("recording what was posted", err)
				}
				body = orNoText(text)
			}
			stands.rows = append(stands.rows, []any{r.Occurrence, p.Page, clean(p.Thread), orNoText(p.Post), body})
		}
		for _, page := range r.NotPosted {
			standsNot.rows = append(standsNot.rows, []any{r.Occurrence, page})
		}
		if r.Stop != "" {
			stops[r.Occurrence] = r.Stop
		}
	}
	const doing = "recording what was posted"
	err := d.holding(ctx, doing, l, func(ctx context.Context, tx *sql.Tx, _, now int64) error {
		if _, err := stands.exec(ctx, d.engine, tx, sqlStands, l.ID); err != nil {
			return err
		}
		if _, err := standsNot.exec(ctx, d.engine, tx, sqlStandsNot, l.ID); err != nil {
			return err
		}
		finished, err := d.finish(ctx, tx, l, results, now)
		if err != nil {
			return err
		}
		if err := d.correctOvertaken(ctx, tx, finished, now); err != nil {
			return err
		}
		// Somebody may have resumed what was stopped when this was recorded before.
		stopped := many{kinds: []string{asText, asText}}
		for _, id := range finished {
			if why := stops[id]; why != "" {
				stopped.rows = append(stopped.rows, []any{id, string(why)})
			}
		}
		var subscriptions []string
		if err := stopped.query(ctx, d.engine, tx, sqlStop, []any{l.ID}, func(scan scanFunc) error {
			var id string
			err := scan(&id)
			subscriptions = append(subscriptions, id)
			return err
		}); err != nil {
			return err
		}
		if err := d.noteUntold(ctx, tx, subscriptions); err != nil {
			return err
		}
		return d.skipQueued(ctx, tx, digest.ReasonPaused, subscriptions...)
	})
	if !errors.Is(err, digest.ErrFenced) || len(stands.rows) == 0 {
		return err
	}
	if err := d.inTx(ctx, doing, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		_, err := stands.exec(ctx, d.engine, tx, sqlStandsLate, l.ID)
		return err
	}); err != nil {
		return err
	}
	return digest.ErrFenced
}

// finish records the states that jobs have come to, and what follows for
// their subscriptions and for the digests that they correct. It returns the
// jobs whose state it has changed.
func (d digests) finish(ctx context.Context, tx *sql.Tx, l digest.Lane, results []digest.Result, now int64) (changed []string, err error) {
	came := many{kinds: []string{asText, asText, asText, asWhole, asWhole}}
	for _, r := range results {
		ready, finished := sql.NullInt64{}, sql.NullInt64{}
		switch r.State {
		case "", digest.Sending:
			continue
		case digest.Queued:
			ready = sql.NullInt64{Int64: now + max(r.RetryAfter, 0).Milliseconds(), Valid: true}
		default:
			finished = sql.NullInt64{Int64: now, Valid: true}
		}
		came.rows = append(came.rows, []any{r.Occurrence, string(r.State), string(r.Reason), ready, finished})
	}
	if err := came.query(ctx, d.engine, tx, sqlCame, []any{l.ID, l.Fence}, func(scan scanFunc) error {
		var id string
		err := scan(&id)
		changed = append(changed, id)
		return err
	}); err != nil {
		return nil, err
	}
	for _, statement := range []string{sqlDelivered, sqlCorrected} {
		if _, err := ids(changed).exec(ctx, d.engine, tx, statement); err != nil {
			return nil, err
		}
	}
	return changed, nil
}
