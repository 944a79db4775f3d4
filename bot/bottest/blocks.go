package bottest

import (
	"briefbot/bot"
	"briefbot/content"
)

// EveryBlock returns a message that holds every kind of block and every field
// of a message. Its strings are hostile to every surface: markup of HTML, of
// Markdown and of chat platforms, mentions, control characters, marks that
// turn the direction of text, and emoji of several code points.
func EveryBlock() bot.Message {
	show := bot.Action{Label: `<b>show</b> *it*`, Command: "show", Args: map[string]string{"entry": "b/e", "item": "2"}}
	return bot.Message{
		Title: `Title </title><script>alert("t")</script> & *bold*`,
		URL:   "/b/harbour-forum-2031/pledges",
		Blocks: []bot.Block{
			bot.Paragraph{Strong: true, Text: `Answer <img src=x onerror=alert(1)> **not bold** __not__ ~~gone~~`},
			bot.Paragraph{Text: "Text @everyone @here <@123> <!channel> <#C1|x> <https://evil.example|click> [x](javascript:alert(1))"},
			bot.Paragraph{Text: "Control \x1b[31mred\x1b[0m \x07 \u202eturned\u202c \x00 end"},
			bot.Divider{},
			bot.List{Numbered: true, Start: 3, Items: []bot.ListItem{
				{Title: "Third `code`", Text: "```block```", URL: "/b/x/y?a=1&b=2", Action: &show},
				{Title: "Fourth", Text: "> quote\n# heading"},
			}},
			bot.List{Items: []bot.ListItem{
				{Text: "👩‍👩‍👧‍👦 family, \u00e9 composed, e\u0301 not"},
				{Title: "only a title"},
				{Text: "javascript", URL: "javascript:alert(1)"},
			}},
			bot.Fields{
				{Name: "Name <i>", Value: "Value | with | bars"},
				{Name: "地点", Value: "维利亚"},
			},
			bot.Quote{Text: `"Quoted" & 'quoted' <q>`, By: "O'Hara & Söhne <x@example.org>"},
		},
		Sources: []bot.Citation{
			{Publisher: "Gazette & Co <g>", Title: "A *title*", Date: content.Date{Year: 2031, Month: 5, Day: 19}, URL: "https://gazette.example/a_b_(c)?d=1&e=2", Note: "a <note>"},
			{Publisher: "No address"},
			{Publisher: "Bad address", URL: "javascript:alert(document.cookie)"},
		},
		Notes:   []string{"As of <19 May> 2031.", "Note *two*"},
		Actions: []bot.Action{show, {Label: "Topics & more", Command: "topics"}},
	}
}
