package slack

import (
	"context"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/fit"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Phrases of the App Home.
const (
	phraseHomeTitle  i18n.Key = "slack.home_title"
	phraseHomeHow    i18n.Key = "slack.home_how"
	phraseHomeFind   i18n.Key = "slack.home_find"
	phraseHomeLatest i18n.Key = "slack.home_latest"
	phraseHomeEmpty  i18n.Key = "slack.home_empty"
)

// The elements of the App Home that are no button.
const (
	actionFind = "find"
	actionLang = "lang"
)

// The bounds of the App Home.
const (
	latestShown  = 5
	summaryShown = 280              // characters of a summary
	homesKept    = 500              // users whose home follows changes of content: the last to open it
	homeEvery    = time.Minute      // content is looked at
	homePause    = 10 * time.Second // in which one that is opened over and over is not built anew
)

// homes knows what the App Homes show that were opened last.
type homes struct {
	shown *lru.Cache[resident, shownHome]
}

type resident struct{ team, user string }

type shownHome struct {
	fingerprint string
	lang        content.Lang
	at          time.Time
}

func newHomes() (*homes, error) {
	shown, err := lru.New[resident, shownHome](homesKept)
	return &homes{shown: shown}, err
}

// leave forgets a workspace.
func (h *homes) leave(team string) {
	for _, who := range h.shown.Keys() {
		if who.team == team {
			h.shown.Remove(who)
		}
	}
}

// openHome builds somebody's App Home, unless it shows all that already.
func (a *Adapter) openHome(ctx context.Context, team, user string) {
	who := resident{team, user}
	now := shownHome{fingerprint: a.Router.Shelf().Library.Fingerprint(), lang: a.people.lang(ctx, team, user), at: a.Now()}
	if before, ok := a.homes.shown.Get(who); ok && before.fingerprint == now.fingerprint && before.lang == now.lang && now.at.Sub(before.at) < homePause {
		return
	}
	if err := a.API.PublishHome(ctx, team, user, a.home(ctx, team, user, now.lang)); err != nil {
		a.Log.WarnContext(ctx, "an app home was not built", "team", team, "err", err)
		if webapi.Permanent(err) {
			a.homes.shown.Remove(who)
			return
		}
		now = shownHome{} // whatever it shows, it is built anew soon
	}
	a.homes.shown.Add(who, now)
}

// watchHomes builds the App Homes that were opened last anew when content has
// changed. The client's limits spread them.
func (a *Adapter) watchHomes(ctx context.Context) {
	every := time.NewTicker(homeEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		a.refreshHomes(ctx)
	}
}

// refreshHomes builds the App Homes that show other content than there is.
func (a *Adapter) refreshHomes(ctx context.Context) {
	fingerprint := a.Router.Shelf().Library.Fingerprint()
	for _, who := range a.homes.shown.Keys() {
		if shown, ok := a.homes.shown.Peek(who); ok && shown.fingerprint != fingerprint && ctx.Err() == nil {
			a.openHome(ctx, who.team, who.user)
		}
	}
}

// home composes the App Home: how to ask, a menu to find something, the
// language, the latest briefings and, for members, what the workspace
// subscribes to: guests do not see its public channels.
func (a *Adapter) home(ctx context.Context, team, user string, lang content.Lang) []block {
	phrases := a.Router.Phrases(lang)
	w := &cardWriter{renderer: &a.render, lang: lang, phrases: phrases, used: map[string]bool{}}
	w.title(phrases.T(phraseHomeTitle))
	w.Paragraph(bot.Paragraph{Text: phrases.T(phraseHomeHow, i18n.Args{"Command": a.Command})})
	elements := []element{w.finder()}
	if menu, ok := w.languages(a.Router); ok {
		elements = append(elements, menu)
	}
	w.row(elements)
	w.title(phrases.T(phraseHomeLatest))
	latest := a.Router.Shelf().Library.Briefings()
	latest = latest[:min(len(latest), latestShown)]
	if len(latest) == 0 {
		w.Paragraph(bot.Paragraph{Text: phrases.T(phraseHomeEmpty)})
	}
	for _, b := range latest {
		w.briefing(b)
	}
	if a.Subscriptions != nil && a.people.full(ctx, team, user) {
		w.subscriptions(a.subscribed(ctx, team), a.Router.Shelf().Library)
	}
	blocks := w.done()
	return blocks[:min(len(blocks), maxHomeBlocks)]
}

// finder is the menu that completes what is typed into it. Its action id begins
// with what it is, and names whose message it stands in like others.
func (w *cardWriter) finder() element {
	least := 1
	id := actionFind
	if w.asker != "" && isID(w.asker) {
		id += ":" + w.asker
	}
	return element{
		Type: typeExternalSelect, ActionID: id, MinQuery: &least,
		Placeholder: plain(fit.Cut(w.phrases.T(phraseHomeFind), maxPlaceholder, count)),
	}
}

// languages is the menu of languages, with the one that is spoken chosen.
func (w *cardWriter) languages(router *bot.Router) (element, bool) {
	const name, param = "language", "lang"
	command, ok := router.Command(name)
	if !ok {
		return element{}, false
	}
	menu := element{Type: typeStaticSelect, ActionID: actionLang}
	for _, choice := range router.Complete(context.Background(), bot.Request{Command: name, Lang: w.lang}, param, "") {
		act := bot.Action{Command: name, Args: map[string]string{param: choice.Value}}
		o := option{Text: plain(choice.Label), Value: press{does: doAction, lang: w.lang, action: act}.encode(command)}
		menu.Options = append(menu.Options, o)
		if choice.Value == string(w.lang) {
			menu.InitialOption = &o
		}
	}
	return menu, len(menu.Options) > 0
}

// briefing shows a briefing and leads to its summary and what can be asked.
func (w *cardWriter) briefing(b *content.Briefing) {
	title := linked(escape(oneLine(b.Title.In(w.lang))), w.address(bot.BriefingPath(b.ID)))
	published := w.phrases.T("topics.published", i18n.Args{"Date": w.phrases.Date(b.Published)})
	w.line(bold(title) + " · " + escape(published))
	w.line(escape(fit.Cut(strings.TrimSpace(b.Summary.In(w.lang)), summaryShown, count)))
	var buttons []element
	for _, to := range []struct {
		label          i18n.Key
		command, param string
	}{{"action.brief", "brief", "briefing"}, {"action.topics", "topics", "topic"}} {
		act := bot.Action{Command: to.command, Args: map[string]string{to.param: b.ID}}
		if value, ok := w.press(act, maxValue); ok {
			buttons = append(buttons, w.button(to.label, value, ""))
		}
	}
	w.row(buttons)
}
