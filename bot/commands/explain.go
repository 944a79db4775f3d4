package commands

import (
	"cmp"
	"fmt"
	"strings"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content/search"
)

// explain writes how an answer was found, for editors.
func explain(c bot.Call, answer search.Answer) []bot.Block {
	e := answer.Explanation
	blocks := []bot.Block{
		bot.Divider{},
		bot.Paragraph{Text: c.Phrases.T("explain.title")},
		bot.Fields{
			{Name: c.Phrases.T("explain.normalised"), Value: e.Normalised},
			{Name: c.Phrases.T("explain.intent"), Value: cmp.Or(e.Kind, string(answer.Intent))},
			{Name: c.Phrases.T("explain.confidence"), Value: c.Phrases.T("explain.of_threshold", i18n.Args{
				"Confidence": score(answer.Confidence), "Threshold": score(e.Threshold),
			})},
		},
	}
	if len(e.Understood) > 0 {
		var items []bot.ListItem
		for _, s := range e.Understood {
			items = append(items, bot.ListItem{Text: s})
		}
		blocks = append(blocks, bot.Paragraph{Text: c.Phrases.T("explain.understood")}, bot.List{Items: items})
	}
	if len(e.Candidates) > 0 {
		var items []bot.ListItem
		for _, candidate := range e.Candidates {
			items = append(items, bot.ListItem{Title: candidate.Ref.String(), Text: parts(c, candidate)})
		}
		blocks = append(blocks, bot.Paragraph{Text: c.Phrases.T("explain.candidates")}, bot.List{Numbered: true, Items: items})
	}
	return blocks
}

func parts(c bot.Call, candidate search.Candidate) string {
	var b strings.Builder
	b.WriteString(score(candidate.Score))
	for _, p := range candidate.Parts {
		fmt.Fprintf(&b, " · %s %s", p.Name, score(p.Value))
	}
	if candidate.Ruled != "" {
		b.WriteString(" · " + c.Phrases.T("explain.ruled", i18n.Args{"Reason": candidate.Ruled}))
	}
	return b.String()
}

func score(v float64) string { return fmt.Sprintf("%.2f", v) }
