package slack

import (
	"context"

	"briefbot/adapters/fit"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

const phrasePrompts i18n.Key = "slack.prompts"

// promptShown bounds a prompt: it is a button in a narrow pane.
const promptShown = 60

// welcome offers questions in a new thread of the assistant's pane.
func (a *Adapter) welcome(ctx context.Context, team string, t assistantThread) {
	if !isID(string(t.Channel)) || !isTS(string(t.Thread)) || !isID(string(t.User)) {
		return
	}
	lang := a.people.lang(ctx, team, string(t.User))
	prompts := prompts(a.Router.Shelf().Library, lang)
	if len(prompts) == 0 {
		return
	}
	title := a.Router.Phrases(lang).T(phrasePrompts)
	if err := a.API.SuggestPrompts(ctx, team, string(t.Channel), string(t.Thread), title, prompts); err != nil {
		a.Log.WarnContext(ctx, "no questions were suggested", "team", team, "err", err)
	}
}

// prompts are questions that the newest briefing answers, spread over its
// entries. The title of an entry serves as one.
func prompts(library *content.Library, lang content.Lang) []webapi.Prompt {
	all := library.Briefings()
	if len(all) == 0 {
		return nil
	}
	entries := all[0].Entries
	n := min(maxPrompts, len(entries))
	var list []webapi.Prompt
	for i := range n {
		question := oneLine(bot.Printable(entries[i*len(entries)/n].Title.In(lang)))
		if question != "" {
			list = append(list, webapi.Prompt{Title: fit.Cut(question, promptShown, count), Message: question})
		}
	}
	return list
}
