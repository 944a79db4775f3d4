package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
)

// briefing is a small one with one entry, which can be told by its name from
// every other text.
const briefing = `id: %[1]s
title: { zh-Hans: 关于%[2]s, en: About %[2]s }
published: 2026-01-02
as_of: 2026-01-01
summary: { zh-Hans: %[2]s是为试验而写的。, en: %[2]s was written for a trial. }
sources:
  - id: trial
    publisher: { zh-Hans: 试验室, en: Laboratory }
    title: { zh-Hans: 试验记录, en: Record of the trial }
entries:
  - id: opening
    kind: fact
    title: { zh-Hans: %[2]s的用途, en: Purpose of %[2]s }
    answer: { zh-Hans: %[2]s是为试验而写的。, en: %[2]s was written for a trial. }
    sources: [trial]
    ask: [what is %[2]s, "%[2]s是什么"]
`

// Publish adds a briefing whose one entry is named so, such as "Quartz", to
// what the replicas serve; they take it over while they run.
func (d *Deployment) Publish(name string) error {
	if err := os.MkdirAll(d.content, 0o755); err != nil {
		return err
	}
	id := strings.ToLower(name)
	half := filepath.Join(d.content, "."+id) // which nobody reads
	if err := os.WriteFile(half, fmt.Appendf(nil, briefing, id, name), 0o600); err != nil {
		return err
	}
	return os.Rename(half, filepath.Join(d.content, id+".yaml"))
}

// Texts returns what the messages of a channel say, by their keys: of several
// with the same key one.
func (d *Deployment) Texts(ctx context.Context, t Target) (map[string]string, error) {
	what := "GET /channels/" + t.Place.Channel + "/messages"
	all := map[string]string{}
	if t.Place.Platform == "discord" {
		var list []discordtest.Posted
		err := d.Discord.Do(ctx, what, nil, &list)
		for _, m := range list {
			all[m.Nonce] = m.Text
		}
		return all, err
	}
	var list []slacktest.Posted
	err := d.Slack.Do(ctx, what, nil, &list)
	for _, m := range list {
		all[m.Key] = m.Text
	}
	return all, err
}

// StartAll starts the replicas and waits until all of them deliver.
func (d *Deployment) StartAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for _, r := range d.Replicas {
		if err := r.Start(ctx); err != nil {
			return err
		}
	}
	for _, r := range d.Replicas {
		for {
			figures, err := r.Metrics(ctx)
			if err != nil {
				return err
			}
			if figures["briefbot_digest_replicas"] >= float64(len(d.Replicas)) {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s does not deliver: %w", r.Name, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}
