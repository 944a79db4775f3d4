package commands

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// digests are the commands of the group "digest": what they share.
type digests struct {
	subscriptions digest.Subscriptions // nil where there is no store
	zone          string               // IANA name, where nothing tells the asker's
}

func (d digests) commands() []bot.Command {
	return []bot.Command{
		d.subscribeCommand(),
		d.listCommand(),
		d.editCommand(),
		d.pauseCommand(),
		d.resumeCommand(),
		d.unsubscribeCommand(),
		d.previewCommand(),
		d.explainCommand(),
		d.nowCommand(),
		d.historyCommand(),
	}
}

// inGroup returns aliases of a command of the group: its word in other
// languages behind the group's name in those, which is the same in both
// scripts.
func inGroup(words ...string) []string {
	var aliases []string
	for _, word := range words {
		aliases = append(aliases, "推送 "+word)
	}
	return aliases
}

// The channels that can subscribe, and what is kept of them.

// channel returns the place that subscriptions of the channel of a call
// belong to; ok is false where there is no channel.
func channel(c bot.Call) (in bot.Place, ok bool) {
	in = bot.Place{Platform: c.Place.Platform, Workspace: c.Place.Workspace, Channel: c.Place.Channel}
	return in, in.Channel != ""
}

// here lists the subscriptions of the channel of a call.
func (d digests) here(ctx context.Context, c bot.Call) ([]digest.Subscription, error) {
	in, ok := channel(c)
	switch {
	case !ok:
		return nil, nil
	case d.subscriptions == nil:
		return nil, &bot.Error{Kind: bot.Unavailable, Message: c.Phrases.T("subscription.no_store")}
	}
	return d.subscriptions.InChannel(ctx, in)
}

// chosen returns the subscription that a call is about: the one with the
// number, or the channel's only one. Otherwise reply asks which, or says that
// there is none.
func (d digests) chosen(ctx context.Context, c bot.Call, command string) (s digest.Subscription, reply *bot.Reply, err error) {
	all, err := d.here(ctx, c)
	if err != nil {
		return digest.Subscription{}, nil, err
	}
	if len(all) == 0 {
		none := noneHere(c)
		none.Private = true // a surface offers no button that does it once more: there may be a digest by then
		return digest.Subscription{}, &none, nil
	}
	if value := c.Args[paramNumber]; value != "" {
		n, _ := strconv.Atoi(value) // the router has checked it
		if i := slices.IndexFunc(all, func(s digest.Subscription) bool { return s.Number == n }); i >= 0 {
			return all[i], nil, nil
		}
		return digest.Subscription{}, nil, c.NotFound("subscription.no_number", i18n.Args{"Number": bot.Excerpt(value), "Numbers": numbers(c, all)})
	}
	if len(all) == 1 {
		return all[0], nil, nil
	}
	which := bot.Reply{Private: true, Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: c.Phrases.T("subscription.which")}}}}
	var list bot.List
	for _, s := range all {
		args := maps.Clone(c.Args)
		args[paramNumber] = strconv.Itoa(s.Number)
		action := bot.Action{Label: c.Phrases.T("subscription.named", i18n.Args{"Number": s.Number}), Command: command, Args: args}
		item := bot.ListItem{Title: titleOf(c, s), Text: whatOf(c, s.Settings)}
		if known, ok := c.Router.Command(command); ok && fitsButton(known, action) {
			item.Action = &action
		}
		list.Items = append(list.Items, item)
	}
	which.Message.Blocks = append(which.Message.Blocks, list)
	return digest.Subscription{}, &which, nil
}

func numbers(c bot.Call, all []digest.Subscription) string {
	var each []string
	for _, s := range all {
		each = append(each, strconv.Itoa(s.Number))
	}
	return strings.Join(each, c.Phrases.T("label.list_comma"))
}

// noneHere says that the channel has no digest, and how it gets one. It says
// the same where there are no channels.
func noneHere(c bot.Call) bot.Reply {
	return bot.Reply{Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: c.Phrases.T("subscription.none")}}}}
}

// change applies change to a subscription that may be changed elsewhere at the
// same time: then it is read and changed anew.
func (d digests) change(ctx context.Context, c bot.Call, s digest.Subscription, change func(*digest.Subscription) error) (digest.Subscription, error) {
	const tries = 3
	for range tries {
		if err := change(&s); err != nil {
			return digest.Subscription{}, err
		}
		done, err := d.subscriptions.Change(ctx, s)
		if err != nil || done {
			return s, err
		}
		all, err := d.here(ctx, c)
		if err != nil {
			return digest.Subscription{}, err
		}
		i := slices.IndexFunc(all, func(other digest.Subscription) bool { return other.ID == s.ID })
		if i < 0 {
			return digest.Subscription{}, c.NotFound("subscription.gone", i18n.Args{"Number": s.Number})
		}
		s = all[i]
	}
	return digest.Subscription{}, &bot.Error{Kind: bot.Unavailable, Message: c.Phrases.T("subscription.busy")}
}

// plan sets the slot that comes next; an error says that none does.
func plan(c bot.Call, s *digest.Subscription) error {
	slot, ok, err := s.Settings.First(c.AskedAt)
	if err != nil {
		return &bot.Error{Kind: bot.Invalid, Message: c.Phrases.T("digest.error.zone", i18n.Args{"Zone": bot.Excerpt(s.Settings.Zone)}), Err: err}
	}
	if !ok {
		return &bot.Error{Kind: bot.Invalid, Message: c.Phrases.T("subscription.never")}
	}
	s.Next = slot
	return nil
}

// same reports whether two settings ask for the same digests.
func same(a, b digest.Settings) bool { return reflect.DeepEqual(a, b) }

// What is said of a subscription.

// titleOf is a subscription in a list: its number, and when it comes.
func titleOf(c bot.Call, s digest.Subscription) string {
	return c.Phrases.T("subscription.title", i18n.Args{"Number": s.Number, "When": whenOf(c, s.Settings)})
}

func whenOf(c bot.Call, s digest.Settings) string {
	return c.Phrases.T("subscription.when", i18n.Args{"Times": timesOf(c, s.Times), "Days": s.Days.Words(c.Phrases), "Zone": s.Zone})
}

func timesOf(c bot.Call, times []digest.Clock) string {
	var each []string
	for _, t := range times {
		each = append(each, t.String())
	}
	return strings.Join(each, c.Phrases.T("label.list_comma"))
}

// whatOf is what a digest holds, on one line.
func whatOf(c bot.Call, s digest.Settings) string {
	return strings.Join([]string{topicsOfSettings(c, s), langsOf(c, s), c.Phrases.T(styleName(s.Style))}, " · ")
}

// topicsOfSettings names topics, and says of which there is nothing any more:
// their digests have nothing new for ever.
func topicsOfSettings(c bot.Call, s digest.Settings) string {
	if len(s.Topics) == 0 {
		return c.Phrases.T("subscription.all_topics")
	}
	var each []string
	for _, topic := range s.Topics {
		if !slices.ContainsFunc(c.Shelf.Library.Briefings(), about(topic)) {
			topic = c.Phrases.T("subscription.topic_gone", i18n.Args{"Topic": topic})
		}
		each = append(each, topic)
	}
	return strings.Join(each, c.Phrases.T("label.list_comma"))
}

// about tells the briefings of a topic: their id or a tag.
func about(topic string) func(*content.Briefing) bool {
	return func(b *content.Briefing) bool { return topic == b.ID || slices.Contains(b.Tags, topic) }
}

func langsOf(_ bot.Call, s digest.Settings) string {
	var each []string
	for _, lang := range s.Langs {
		each = append(each, languageName(lang))
	}
	return strings.Join(each, " + ")
}

func styleName(s digest.Style) i18n.Key { return i18n.Key("subscription.style." + string(s)) }

func emptyName(e digest.EmptyPolicy) i18n.Key { return i18n.Key("subscription.empty." + string(e)) }

// stateLine says how a subscription stands: when it comes next, or why it does
// not come.
func stateLine(c bot.Call, s digest.Subscription) string {
	switch s.State {
	case digest.Paused:
		return c.Phrases.T("subscription.state.paused")
	case digest.Stopped:
		return c.Phrases.T("subscription.state.stopped", i18n.Args{"Reason": reasonOf(c, s.Reason)})
	case digest.Active:
	}
	if s.Next.At.IsZero() {
		return c.Phrases.T("subscription.never")
	}
	return c.Phrases.T("subscription.state.next", i18n.Args{"At": at(c, s.Settings.Zone, s.Next.At)})
}

func reasonOf(c bot.Call, r digest.Reason) string {
	if r == "" {
		return c.Phrases.T("subscription.no_reason")
	}
	return c.Phrases.T(i18n.Key("digest.reason." + string(r)))
}

// settingsFields is everything that can be chosen, as it is.
func settingsFields(c bot.Call, s digest.Settings) bot.Fields {
	revisit := i18n.Key("subscription.revisit.no")
	if s.Revisit {
		revisit = "subscription.revisit.yes"
	}
	fields := bot.Fields{
		{Name: c.Phrases.T("subscription.field.times"), Value: timesOf(c, s.Times)},
		{Name: c.Phrases.T("subscription.field.days"), Value: s.Days.Words(c.Phrases)},
		{Name: c.Phrases.T("subscription.field.zone"), Value: s.Zone},
		{Name: c.Phrases.T("subscription.field.topics"), Value: topicsOfSettings(c, s)},
		{Name: c.Phrases.T("subscription.field.langs"), Value: langsOf(c, s)},
		{Name: c.Phrases.T("subscription.field.style"), Value: c.Phrases.T(styleName(s.Style))},
		{Name: c.Phrases.T("subscription.field.empty"), Value: c.Phrases.T(emptyName(s.Empty))},
		{Name: c.Phrases.T("subscription.field.revisit"), Value: c.Phrases.T(revisit)},
	}
	if len(s.Quiet) > 0 {
		var spans []string
		for _, span := range s.Quiet {
			spans = append(spans, c.Phrases.Span(span))
		}
		fields = append(fields, bot.Field{Name: c.Phrases.T("subscription.field.quiet"), Value: strings.Join(spans, c.Phrases.T("label.list_comma"))})
	}
	return fields
}

// at writes an instant in a zone with its distance from UTC.
func at(c bot.Call, zone string, t time.Time) string {
	if location, err := time.LoadLocation(zone); err == nil {
		t = t.In(location)
	} else {
		t = t.UTC()
	}
	_, offset := t.Zone()
	return c.Phrases.T("subscription.at", i18n.Args{
		"Day": c.Phrases.T(dayName(t.Weekday())), "Date": c.Phrases.Date(dateOf(t)), "Time": t.Format("15:04"), "Offset": offsetName(offset),
	})
}

func dayName(d time.Weekday) i18n.Key {
	return i18n.Key("digest.day." + strings.ToLower(d.String()[:3]))
}

// offsetName writes seconds east of UTC as "UTC+8" or "UTC-3:30".
func offsetName(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	hours, minutes := seconds/3600, seconds/60%60
	switch {
	case seconds == 0:
		return "UTC"
	case minutes == 0:
		return fmt.Sprintf("UTC%s%d", sign, hours)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, hours, minutes)
}

// upcoming lists the next n instants of a subscription, with what clock
// changes make of them.
func upcoming(c bot.Call, s digest.Settings, n int) (bot.List, error) {
	instants, err := digest.Upcoming(s, c.AskedAt, n)
	if err != nil {
		return bot.List{}, err
	}
	var list bot.List
	for _, i := range instants {
		line := bot.ListItem{Title: at(c, s.Zone, i.At)}
		switch {
		case i.Moved:
			line.Text = c.Phrases.T("subscription.moved", i18n.Args{"Time": i.Clock.String()})
		case i.Twice:
			line.Text = c.Phrases.T("subscription.twice", i18n.Args{"Time": i.Clock.String()})
		}
		list.Items = append(list.Items, line)
	}
	return list, nil
}

// Actions of subscriptions.

func numberAction(c bot.Call, label i18n.Key, command string, number int) bot.Action {
	return bot.Action{Label: c.Phrases.T(label), Command: command, Args: map[string]string{paramNumber: strconv.Itoa(number)}}
}

// fitsButton reports whether every platform can keep an action behind a
// button, with what it adds: what the button does, the language and a page.
func fitsButton(command bot.Command, a bot.Action) bool {
	const added = 8
	return len(strings.Join(a.Compact(command), bot.CompactSeparator)) <= bot.MaxAction-added
}

// styleActions change the style to each of the others.
func styleActions(c bot.Call, s digest.Subscription) []bot.Action {
	var actions []bot.Action
	for _, style := range styles() {
		if style != s.Settings.Style {
			actions = append(actions, bot.Action{
				Label:   c.Phrases.T("subscription.action.style", i18n.Args{"Style": c.Phrases.T(styleName(style))}),
				Command: nameDigestEdit,
				Args:    map[string]string{paramNumber: strconv.Itoa(s.Number), paramStyle: string(style)},
			})
		}
	}
	return actions
}

// activeActions are what to do with a subscription that was just set up or
// changed.
func activeActions(c bot.Call, s digest.Subscription) []bot.Action {
	actions := []bot.Action{numberAction(c, "subscription.action.preview", nameDigestPreview, s.Number)}
	if s.State == digest.Active {
		actions = append(actions, numberAction(c, "subscription.action.pause", nameDigestPause, s.Number))
	} else {
		actions = append(actions, numberAction(c, "subscription.action.resume", nameDigestResume, s.Number))
	}
	actions = append(actions, styleActions(c, s)...)
	return append(actions, numberAction(c, "subscription.action.unsubscribe", nameDigestUnsubscribe, s.Number))
}

// subscribeAction subscribes with settings; what is usual is left out.
func subscribeAction(c bot.Call, s digest.Settings) bot.Action {
	args := map[string]string{
		paramTimes: joined(s.Times, digest.Clock.String), paramZone: s.Zone,
		paramLang: joined(s.Langs, func(lang langName) string { return string(lang) }),
	}
	if s.Days != digest.EveryDay {
		args[paramDays] = daysValue(s.Days)
	}
	if len(s.Topics) > 0 {
		args[paramTopics] = strings.Join(s.Topics, ",")
	}
	if s.Style != digest.Summary {
		args[paramStyle] = string(s.Style)
	}
	if s.Empty != digest.SkipEmpty {
		args[paramEmpty] = string(s.Empty)
	}
	if s.Revisit {
		args[paramRevisit] = valueYes
	}
	if len(s.Quiet) > 0 {
		args[paramQuiet] = joined(s.Quiet, span.String)
	}
	return bot.Action{Label: c.Phrases.T("subscription.action.again"), Command: nameDigestSubscribe, Args: args}
}

// typedLine is an action as somebody types it: without a slash, with which
// Slack takes its own commands alone.
func typedLine(command bot.Command, a bot.Action) string {
	words := []string{command.Name}
	for _, p := range command.Params {
		switch value := a.Args[p.Name]; {
		case value == "":
		case p.Required:
			words = append(words, value)
		default:
			words = append(words, p.Name+":"+value)
		}
	}
	return strings.Join(words, " ")
}

func daysValue(days digest.Weekdays) string {
	switch days {
	case digest.EveryDay:
		return "daily"
	case digest.WorkingDays:
		return "weekdays"
	case digest.Weekend:
		return "weekend"
	}
	return days.String()
}

func joined[T any](all []T, text func(T) string) string {
	var each []string
	for _, one := range all {
		each = append(each, text(one))
	}
	return strings.Join(each, ",")
}

func dateOf(t time.Time) content.Date {
	year, month, day := t.Date()
	return content.Date{Year: year, Month: month, Day: day}
}
