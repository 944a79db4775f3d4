package delivery

import (
	"context"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

func revisions(l *content.Library) map[content.Ref]string {
	all := map[content.Ref]string{}
	for _, b := range l.Briefings() {
		for _, e := range b.Entries {
			all[content.Ref{Briefing: b.ID, Entry: e.ID}] = e.Answer.English + strings.Repeat("!", len(e.Corrections))
		}
	}
	return all
}

func corrected(l *content.Library, before digest.Edition) []digest.Carried {
	var all []digest.Carried
	for ref, rev := range revisions(l) {
		if old, ok := before.Known[ref]; ok && old != rev && strings.Count(rev, "!") > strings.Count(old, "!") {
			all = append(all, digest.Carried{Ref: ref, Revision: rev})
		}
	}
	return all
}

func (d *Deliverer) composeDigest(ctx context.Context, sender bot.Sender, c *composed) error {
	now := d.library.current.Load()
	known, err := d.edition(ctx, c.Subscription.Edition)
	if err != nil {
		return err
	}
	c.Occurrence.Edition = now.Number
	c.Pages, c.Carried = nil, nil
	m := bot.Message{Title: "Digest"}
	if now.Number > c.Subscription.Edition {
		for _, b := range now.Library.Briefings() {
			for _, e := range b.Entries {
				ref := content.Ref{Briefing: b.ID, Entry: e.ID}
				rev := revisions(now.Library)[ref]
				if known.Known[ref] == rev || slices.ContainsFunc(c.Told, func(t digest.Carried) bool { return t.Ref == ref && t.Revision == rev }) {
					continue
				}
				c.Carried = append(c.Carried, digest.Carried{Number: len(c.Carried) + 1, Ref: ref, Revision: rev})
				if len(m.Blocks) > 0 {
					m.Blocks = append(m.Blocks, bot.Divider{})
				}
				m.Blocks = append(m.Blocks, bot.Paragraph{Text: e.Answer.English})
			}
		}
	}
	if len(c.Carried) == 0 && c.Subscription.Settings.Empty == digest.SkipEmpty {
		c.skip(digest.ReasonEmpty)
		return nil
	}
	c.paginate(sender, m, content.English)
	return nil
}

func (c *composed) paginate(sender bot.Sender, m bot.Message, lang content.Lang) {
	for i, p := range sender.Pages(m, lang) {
		c.Pages = append(c.Pages, digest.Page{Page: p, Below: i > 0, KeyID: keyOf(c.Occurrence.ID, "page", len(c.Pages))})
	}
}

func (d *Deliverer) composeCorrection(sender bot.Sender, c *composed) error {
	now := d.library.current.Load()
	rev := revisions(now.Library)[c.Corrects.Ref]
	if rev != c.Corrects.Revision {
		c.result = digest.Result{Occurrence: c.Occurrence.ID, State: digest.Queued, Reason: digest.ReasonUnavailable, RetryAfter: backoff(c.Occurrence.Attempts, d.Random())}
		return nil
	}
	c.edits = []digest.Posted{{Page: 0, Post: c.Corrects.Pages[0].Post, Text: &c.Corrects.Pages[0].Page}}
	if begun(c.Pages) {
		return nil
	}
	c.Occurrence.Edition = now.Number
	c.Pages = nil
	c.Carried = []digest.Carried{{Ref: c.Corrects.Ref, Revision: rev}}
	c.paginate(sender, bot.Message{Title: "Correction", Blocks: []bot.Block{bot.Paragraph{Text: rev}}}, content.English)
	for i := range c.Pages {
		c.Pages[i].Below = true
	}
	return nil
}

func (d *Deliverer) stoppedMessage(s digest.Subscription, why digest.Reason) (bot.Message, content.Lang) {
	return bot.Message{Title: string(why)}, s.Settings.Langs[0]
}
