package slack

import (
	"context"
	"log/slog"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/content"
)

// How long what Slack says of a user's locale and zone holds, and for how long Slack is
// not asked again where it said nothing.
const (
	localeLife  = 12 * time.Hour
	localePause = 5 * time.Minute
	localeTime  = 2 * time.Second // that an answer waits for it
	adminLife   = 5 * time.Minute // for which somebody counts as what they were
)

// people knows the languages and zones of users: the language that they chose
// here, otherwise that of their Slack.
type people struct {
	api     *webapi.Client
	store   bot.Preferences
	usual   content.Lang
	log     *slog.Logger
	now     func() time.Time
	locales *lru.Cache[string, locale]
}

type locale struct {
	lang  content.Lang // "" where it is none of ours
	zone  string       // IANA name, "" where Slack did not tell
	admin bool         // of the workspace
	full  bool         // a member of the workspace, who is no guest
	asked time.Time    // when Slack told; zero where it did not
	until time.Time
}

func newPeople(api *webapi.Client, store bot.Preferences, usual content.Lang, log *slog.Logger, now func() time.Time) (*people, error) {
	locales, err := lru.New[string, locale](usersKept)
	return &people{api: api, store: store, usual: usual, log: log, now: now, locales: locales}, err
}

// prefer remembers the language that a user has chosen.
func (p *people) prefer(ctx context.Context, team, user string, lang content.Lang) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := p.store.PreferLang(ctx, Platform, team+":"+user, lang); err != nil {
		p.log.WarnContext(ctx, "a choice of language was not kept", "err", err)
	}
}

// lang returns the language of a user.
func (p *people) lang(ctx context.Context, team, user string) content.Lang {
	key := team + ":" + user
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	chosen, err := p.store.PreferredLang(asking, Platform, key)
	if err != nil {
		p.log.WarnContext(ctx, "a choice of language is not known", "err", err)
	}
	if chosen != "" {
		return chosen
	}
	if lang := p.locale(ctx, team, user).lang; lang != "" {
		return lang
	}
	return p.usual
}

// zone returns the time zone of a user, "" where Slack does not tell.
func (p *people) zone(ctx context.Context, team, user string) string {
	return p.locale(ctx, team, user).zone
}

// admin reports whether a user administers the workspace.
func (p *people) admin(ctx context.Context, team, user string) (bool, error) {
	known := p.locale(ctx, team, user)
	if p.now().Sub(known.asked) < adminLife {
		return known.admin, nil
	}
	u, err := p.api.User(ctx, team, user)
	if err != nil {
		return false, err
	}
	known = p.told(team, u)
	p.locales.Add(team+":"+user, known)
	return known.admin, nil
}

// full reports whether a user is a member of the workspace who may look into
// all of its public channels. Of guests and of people of other workspaces it is
// false, and where Slack does not tell.
func (p *people) full(ctx context.Context, team, user string) bool {
	return p.locale(ctx, team, user).full
}

// told is what Slack has just told of a user. Admins of another workspace,
// with whom a channel is shared, administer nothing in this one.
func (p *people) told(team string, u webapi.User) locale {
	known := locale{zone: u.Zone, asked: p.now(), until: p.now().Add(localeLife)}
	known.admin = u.Of(team) && (u.Admin || u.Owner)
	known.full = u.Of(team) && !u.Guest
	known.lang, _ = bot.ParseLang(u.Locale)
	return known
}

func (p *people) locale(ctx context.Context, team, user string) locale {
	key := team + ":" + user
	if known, ok := p.locales.Get(key); ok && p.now().Before(known.until) {
		return known
	}
	asking, cancel := context.WithTimeout(ctx, localeTime)
	defer cancel()
	u, err := p.api.User(asking, team, user)
	if ctx.Err() != nil {
		return locale{}
	}
	known := p.told(team, u)
	if err != nil {
		p.log.DebugContext(ctx, "the locale of a user is not known", "err", err)
		known = locale{until: p.now().Add(localePause)}
	}
	p.locales.Add(key, known)
	return known
}
