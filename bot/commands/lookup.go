package commands

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// maxChoices is how many values are proposed: Discord takes no more
// (https://discord.com/developers/docs/interactions/application-commands).
const maxChoices = 25

func briefingParam() bot.Param {
	return bot.Param{Name: paramBriefing, Summary: "param.briefing", Kind: bot.KindBriefing, Complete: completeBriefing}
}

func entryParam(required bool) bot.Param {
	return bot.Param{Name: paramEntry, Summary: "param.entry", Kind: bot.KindEntry, Required: required, Complete: completeEntry}
}

// found is an entry with where it stands.
type found struct {
	ref      content.Ref
	briefing *content.Briefing
	entry    *content.Entry
}

func lookUp(library *content.Library, ref content.Ref) (found, bool) {
	briefing, entry := library.Entry(ref)
	return found{ref: ref, briefing: briefing, entry: entry}, entry != nil
}

// findEntry looks up what a user or an action gave for an entry:
// "briefing/entry", or the id of the entry alone where one briefing has it.
func findEntry(c bot.Call, value string) (found, error) {
	if ref, ok := content.ParseRef(value); ok {
		if f, ok := lookUp(c.Shelf.Library, ref); ok {
			return f, nil
		}
	}
	var hits []found
	for _, b := range c.Shelf.Library.Briefings() {
		if f, ok := lookUp(c.Shelf.Library, content.Ref{Briefing: b.ID, Entry: value}); ok {
			hits = append(hits, f)
		}
	}
	if len(hits) == 1 {
		return hits[0], nil
	}
	return found{}, c.NotFound("error.no_entry", i18n.Args{"Entry": bot.Excerpt(value)})
}

// findBriefing looks up the id of a briefing.
func findBriefing(c bot.Call, id string) (*content.Briefing, error) {
	if b := c.Shelf.Library.Briefing(id); b != nil {
		return b, nil
	}
	return nil, c.NotFound("error.no_briefing", i18n.Args{"Briefing": bot.Excerpt(id)})
}

// newestBriefing returns the briefing to speak of where none was named: that
// of the last answer of the conversation, otherwise the newest.
func newestBriefing(c bot.Call) (*content.Briefing, error) {
	if turn, ok := lastTurn(c); ok {
		if b := c.Shelf.Library.Briefing(turn.Briefing); b != nil {
			return b, nil
		}
	}
	if all := c.Shelf.Library.Briefings(); len(all) > 0 {
		return all[0], nil
	}
	return nil, c.NotFound("error.no_briefings", nil)
}

// lastTurn returns what the last answer of the conversation was about.
func lastTurn(c bot.Call) (content.Ref, bool) {
	if len(c.Previous) == 0 {
		return content.Ref{}, false
	}
	return c.Previous[len(c.Previous)-1].Ref, true
}

// itemNumber reads the number of a point that the router has checked; 0
// where none is given.
func itemNumber(c bot.Call, f found) (int, error) {
	value := c.Args[paramItem]
	if value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > len(f.entry.Items) {
		return 0, c.NotFound("error.no_item", i18n.Args{
			"Item": bot.Excerpt(value), "Title": c.In(f.entry.Title), "Count": len(f.entry.Items),
		})
	}
	return n, nil
}

func completeBriefing(_ context.Context, c bot.Call, typed string) []bot.Choice {
	var choices []bot.Choice
	for _, b := range c.Shelf.Library.Briefings() {
		if len(choices) < maxChoices && (names(b.Title, typed) || contains(b.ID, typed)) {
			choices = append(choices, bot.Choice{Label: c.In(b.Title), Value: b.ID})
		}
	}
	return choices
}

// completeEntry proposes the entries whose title or id holds what was typed,
// then those that search proposes.
func completeEntry(_ context.Context, c bot.Call, typed string) []bot.Choice {
	var choices []bot.Choice
	add := func(f found) {
		choice := bot.Choice{Label: c.In(f.entry.Title), Value: f.ref.String()}
		if len(choices) < maxChoices && !slices.Contains(choices, choice) {
			choices = append(choices, choice)
		}
	}
	for _, b := range c.Shelf.Library.Briefings() {
		for i := range b.Entries {
			e := &b.Entries[i]
			ref := content.Ref{Briefing: b.ID, Entry: e.ID}
			if names(e.Title, typed) || contains(ref.String(), typed) {
				add(found{ref: ref, briefing: b, entry: e})
			}
		}
	}
	if len(choices) < maxChoices {
		for _, s := range c.Shelf.Index.Complete(typed, maxChoices) {
			if f, ok := lookUp(c.Shelf.Library, s.Ref); ok {
				add(f)
			}
		}
	}
	return choices
}

func names(t content.Text, typed string) bool {
	return contains(t.Hans, typed) || contains(t.Hant, typed) || contains(t.English, typed)
}

func contains(s, typed string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(strings.TrimSpace(typed)))
}
