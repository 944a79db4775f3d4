package commands

import (
	"context"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
	"briefbot/content/search"
)

func askCommand() bot.Command {
	return bot.Command{
		Name:    nameAsk,
		Aliases: []string{"问", "問", "提问", "提問"},
		Summary: "command.ask",
		Params: []bot.Param{
			{Name: paramQuestion, Summary: "param.question", Kind: bot.KindQuestion, Required: true, Rest: true, Complete: completeQuestion},
			{Name: paramLang, Summary: "param.lang", Kind: bot.KindLang, Complete: completeLang},
		},
		Run: ask,
	}
}

func ask(_ context.Context, c bot.Call) (bot.Reply, error) {
	query := search.Query{
		Question: c.Args[paramQuestion],
		Lang:     c.Request.Lang,
		AskedAt:  c.AskedAt,
		Previous: c.Previous,
		Explain:  c.Explain,
	}
	chosen, ok := bot.ParseLang(c.Args[paramLang])
	if ok {
		query.Lang = chosen
	}
	answer := c.Shelf.Index.Ask(query)
	if ok {
		answer.Lang = chosen
	}
	return compose(c, answer)
}

// compose turns what was found for a question into a reply.
func compose(c bot.Call, answer search.Answer) (bot.Reply, error) {
	c = c.Speaking(answer.Lang)
	reply, err := composeStatus(c, answer)
	if err != nil {
		return bot.Reply{}, err
	}
	if reply.Answer == nil {
		reply.Answer = &answer
	}
	reply.Lang = c.Lang
	if answer.Explanation != nil {
		reply.Message.Blocks = append(reply.Message.Blocks, explain(c, answer)...)
	}
	return reply, nil
}

func composeStatus(c bot.Call, answer search.Answer) (bot.Reply, error) {
	switch answer.Status {
	case search.Answered:
		return answered(c, answer)
	case search.Suggest:
		if items := suggestionItems(c, answer.Suggestions); len(items) > 0 {
			return bot.Reply{Message: bot.Message{Blocks: []bot.Block{
				bot.Paragraph{Text: c.Phrases.T("ask.suggest")},
				bot.List{Items: items},
			}}}, nil
		}
	case search.Unknown:
	}
	return unknown(c, answer), nil
}

// answered composes the view that a question asks for: a view of a briefing
// is that of its command.
func answered(c bot.Call, answer search.Answer) (bot.Reply, error) {
	reply, err := view(c, answer)
	if err != nil {
		return bot.Reply{}, err
	}
	if reply.Turn != nil {
		reply.Turn.Question = c.Args[paramQuestion]
		if answer.Ref == (content.Ref{}) {
			// The view chose what to speak of; the answer is about that.
			answer.Ref = reply.Turn.Ref
		}
	}
	reply.Answer = &answer
	return reply, nil
}

func view(c bot.Call, answer search.Answer) (bot.Reply, error) {
	f, isEntry := lookUp(c.Shelf.Library, answer.Ref)
	switch answer.Intent {
	case search.IntentHelp:
		return helpReply(c), nil
	case search.IntentTopics:
		return topicsReply(c, answer.Ref.Briefing)
	case search.IntentTimeline:
		return timelineFor(c, answer.Ref.Briefing)
	case search.IntentSources:
		return sourcesFor(c, answer.Ref)
	case search.IntentSummary:
		if !isEntry {
			return briefFor(c, answer.Ref.Briefing)
		}
	case search.IntentEntry:
	}
	if !isEntry {
		return briefFor(c, answer.Ref.Briefing)
	}
	return bot.Reply{
		Message: answerMessage(c, f, answer.Slot, answer.Items),
		AsOf:    f.briefing.AsOfEntry(f.entry),
		Sources: entryCitations(c, f),
		Turn:    &search.Turn{Ref: f.ref, Item: firstOf(answer.Items), Slot: answer.Slot},
	}, nil
}

func firstOf(items []int) int {
	if len(items) == 0 {
		return 0
	}
	return items[0]
}

// unknown says that the briefings hold no answer, up to when they know, and
// what they hold nearby. It states nothing else.
func unknown(c bot.Call, answer search.Answer) bot.Reply {
	m := bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: c.Phrases.T("ask.unknown")}}}
	if items := suggestionItems(c, answer.Suggestions); len(items) > 0 {
		m.Blocks = append(m.Blocks, bot.Paragraph{Text: c.Phrases.T("ask.nearest")}, bot.List{Items: items})
	}
	if asOf := newestAsOf(c.Shelf.Library); !asOf.IsZero() {
		m.Notes = []string{c.Phrases.T("ask.newest", i18n.Args{"Date": c.Phrases.Date(asOf)})}
	}
	m.Actions = []bot.Action{{Label: c.Phrases.T("action.topics"), Command: nameTopics}}
	return bot.Reply{Message: m}
}

// maxSuggested is how many candidates a reader can take in at a glance.
const maxSuggested = 5

func suggestionItems(c bot.Call, suggestions []search.Suggestion) []bot.ListItem {
	var items []bot.ListItem
	for _, s := range suggestions {
		if f, ok := lookUp(c.Shelf.Library, s.Ref); ok && len(items) < maxSuggested {
			items = append(items, entryItem(c, f, s.Item))
		}
	}
	return items
}

// newestAsOf returns the latest as-of date of all briefings.
func newestAsOf(library *content.Library) content.Date {
	var newest content.Date
	for _, b := range library.Briefings() {
		if b.AsOf.Compare(newest) > 0 {
			newest = b.AsOf
		}
	}
	return newest
}

// completeQuestion proposes the titles of what a question may be about; where
// nothing is typed yet, what may be asked.
func completeQuestion(_ context.Context, c bot.Call, typed string) []bot.Choice {
	if strings.TrimSpace(typed) == "" {
		return askable(c)
	}
	var choices []bot.Choice
	for _, s := range c.Shelf.Index.Complete(typed, maxChoices) {
		f, ok := lookUp(c.Shelf.Library, s.Ref)
		if !ok {
			continue
		}
		title := c.In(f.entry.Title)
		choices = append(choices, bot.Choice{Label: title, Value: title})
	}
	return choices
}

// maxAskable is how many questions show what may be asked.
const maxAskable = 8

// askable proposes an example question of each of the first entries of the newest
// briefings, in the asker's language, or their titles.
func askable(c bot.Call) []bot.Choice {
	var choices []bot.Choice
	for _, b := range c.Shelf.Library.Briefings() {
		for i := range b.Entries {
			if len(choices) == maxAskable {
				return choices
			}
			ref := content.Ref{Briefing: b.ID, Entry: b.Entries[i].ID}
			if _, old := c.Shelf.Library.Successor(ref); old {
				continue
			}
			question := exampleOf(c, &b.Entries[i])
			choices = append(choices, bot.Choice{Label: question, Value: question})
		}
	}
	return choices
}

// exampleOf returns a question that the entry answers at any time, its title
// where the editors gave none in the asker's language.
func exampleOf(c bot.Call, e *content.Entry) string {
	for _, ask := range e.Ask {
		timeless := !ask.Refuse && len(ask.After) == 0 && ask.AskedAt.IsZero()
		if timeless && search.DetectLang(ask.Question, "").Chinese() == c.Lang.Chinese() && c.Lang != content.Hant {
			return ask.Question
		}
	}
	return c.In(e.Title)
}
