package commands

import (
	"context"

	"briefbot/bot"
)

// explainCommand answers like ask and shows how the answer was found: what was
// understood, which entries were considered and what spoke against them.
func explainCommand() bot.Command {
	return bot.Command{
		Name:    nameExplain,
		Aliases: []string{"解释", "解釋"},
		Summary: "command.explain",
		Params: []bot.Param{
			// Text, so that "explain the four proposals" stays a question: it takes
			// "/explain" where a line is typed.
			{Name: paramQuestion, Summary: "param.question", Kind: bot.KindText, Required: true, Rest: true, Complete: completeQuestion},
		},
		Run: func(ctx context.Context, c bot.Call) (bot.Reply, error) {
			c.Explain = true
			reply, err := ask(ctx, c)
			if err == nil && reply.Answer != nil {
				// An editor who tries a question has not missed an answer.
				answer := *reply.Answer
				answer.Asked = ""
				reply.Answer = &answer
			}
			return reply, err
		},
	}
}
