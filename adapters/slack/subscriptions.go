package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Subscriptions are what the home shows of a workspace's digests.
type Subscriptions interface {
	// InWorkspace lists the subscriptions of a workspace by channel and
	// number, limit at most.
	InWorkspace(ctx context.Context, platform, workspace string, limit int) ([]digest.Subscription, error)
}

// Phrases of the subscriptions in the App Home.
const (
	phraseHomeSubscribed i18n.Key = "slack.home_subscriptions"
	phraseHomeNone       i18n.Key = "slack.home_no_subscriptions"
	phraseHomeTimes      i18n.Key = "slack.home_times"
	phraseHomeEverything i18n.Key = "slack.home_everything"
	phraseHomePaused     i18n.Key = "slack.home_paused"
	phraseHomeStopped    i18n.Key = "slack.home_stopped"
)

// The bounds of the subscriptions in the App Home.
const (
	subscriptionsRead  = 100
	subscriptionsShown = 15
	topicsShown        = 5
	channelsKept       = 4096
	publicFor          = 10 * time.Minute // a channel can be made private meanwhile
)

// publicity knows which channels everybody in a workspace may look into. What
// it cannot find out counts as private.
type publicity struct {
	api   *webapi.Client
	now   func() time.Time
	known *lru.Cache[string, publicChannel]
}

type publicChannel struct {
	public bool
	until  time.Time
}

func newPublicity(api *webapi.Client, now func() time.Time) (*publicity, error) {
	known, err := lru.New[string, publicChannel](channelsKept)
	return &publicity{api: api, now: now, known: known}, err
}

// of reports whether a channel is public. It needs the scope channels:read.
func (p *publicity) of(ctx context.Context, team, channel string) bool {
	key := team + " " + channel
	if known, ok := p.known.Get(key); ok && p.now().Before(known.until) {
		return known.public
	}
	c, err := p.api.Channel(ctx, team, channel)
	if err != nil && !webapi.Permanent(err) {
		return false // asked again
	}
	public := err == nil && c.Public && !c.Private && !c.Direct && !c.Archived
	p.known.Add(key, publicChannel{public: public, until: p.now().Add(publicFor)})
	return public
}

// subscribed returns what a workspace subscribes to in channels that all its
// members may look into: of what a private channel does others learn nothing.
func (a *Adapter) subscribed(ctx context.Context, team string) []digest.Subscription {
	ctx, cancel := context.WithTimeout(ctx, subscriptionsTime)
	defer cancel()
	all, err := a.Subscriptions.InWorkspace(ctx, Platform, team, subscriptionsRead)
	if err != nil {
		a.Log.WarnContext(ctx, "what a workspace subscribes to is not known", "team", team, "err", err)
	}
	var public []digest.Subscription
	for _, s := range all {
		if len(public) == subscriptionsShown {
			break
		}
		if isID(s.Place.Channel) && a.publicity.of(ctx, team, s.Place.Channel) {
			public = append(public, s)
		}
	}
	return public
}

// subscriptionsTime is how long a home waits for its subscriptions.
const subscriptionsTime = 5 * time.Second

// subscriptions shows them, a line each.
func (w *cardWriter) subscriptions(all []digest.Subscription, library *content.Library) {
	w.title(w.phrases.T(phraseHomeSubscribed))
	if len(all) == 0 {
		w.Paragraph(bot.Paragraph{Text: w.phrases.T(phraseHomeNone)})
	}
	for _, s := range all {
		parts := []string{w.phrases.T(phraseHomeTimes, i18n.Args{"Times": times(s.Settings.Times), "Zone": s.Settings.Zone}), w.topics(s.Settings.Topics, library)}
		switch s.State {
		case digest.Active:
		case digest.Paused:
			parts = append(parts, w.phrases.T(phraseHomePaused))
		case digest.Stopped:
			parts = append(parts, w.phrases.T(phraseHomeStopped))
		}
		// Slack shows the name of the channel, and notifies nobody.
		w.line("• <#" + s.Place.Channel + "> · " + escape(oneLine(strings.Join(parts, " · "))))
	}
}

func times(clocks []digest.Clock) string {
	var all []string
	for _, c := range clocks {
		const hour = 60
		all = append(all, fmt.Sprintf("%02d:%02d", int(c)/hour, int(c)%hour))
	}
	return strings.Join(all, ", ")
}

// topics names briefings by their titles, and tags by themselves.
func (w *cardWriter) topics(topics []string, library *content.Library) string {
	if len(topics) == 0 {
		return w.phrases.T(phraseHomeEverything)
	}
	var names []string
	for _, topic := range topics[:min(len(topics), topicsShown)] {
		if b := library.Briefing(topic); b != nil {
			topic = b.Title.In(w.lang)
		}
		names = append(names, bot.Excerpt(topic))
	}
	if len(topics) > topicsShown {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
