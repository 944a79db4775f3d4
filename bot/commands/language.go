package commands

import (
	"context"
	"slices"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

func languageCommand() bot.Command {
	return bot.Command{
		Name:    nameLanguage,
		Aliases: []string{"lang", "语言", "語言"},
		Summary: "command.language",
		Params:  []bot.Param{{Name: paramLang, Summary: "param.lang", Kind: bot.KindLang, Complete: completeLang}},
		Run: func(_ context.Context, c bot.Call) (bot.Reply, error) {
			chosen, ok := bot.ParseLang(c.Args[paramLang])
			phrase := i18n.Key("language.is")
			if ok {
				phrase = "language.set"
			}
			m := bot.Message{Blocks: []bot.Block{bot.Paragraph{
				Text: c.Phrases.T(phrase, i18n.Args{"Language": languageName(c.Lang)}),
			}}}
			for _, lang := range content.Langs() {
				if lang != c.Lang {
					m.Actions = append(m.Actions, bot.Action{
						Label: languageName(lang), Command: nameLanguage, Args: map[string]string{paramLang: string(lang)},
					})
				}
			}
			return bot.Reply{Message: m, Prefer: chosen, Private: true}, nil
		},
	}
}

// languageName names a language in itself, as whoever looks for it reads it.
func languageName(lang content.Lang) string {
	switch lang {
	case content.Hans:
		return "简体中文"
	case content.Hant:
		return "繁體中文"
	case content.English:
	}
	return "English"
}

func completeLang(_ context.Context, _ bot.Call, typed string) []bot.Choice {
	var choices []bot.Choice
	for _, lang := range content.Langs() {
		choices = append(choices, bot.Choice{Label: languageName(lang), Value: string(lang)})
	}
	return slices.DeleteFunc(choices, func(choice bot.Choice) bool {
		return !contains(choice.Label, typed) && !contains(choice.Value, typed)
	})
}
