package commands

import (
	"context"

	"briefbot/bot"
)

func (d digests) previewCommand() bot.Command {
	return bot.Command{
		Name:    nameDigestPreview,
		Aliases: inGroup("预览", "預覽"),
		Summary: "command.digest.preview",
		Params:  []bot.Param{d.numberParam(), topicsParam(), langsParam(), styleParam()},
		Run:     d.preview,
	}
}

func (d digests) preview(_ context.Context, c bot.Call) (bot.Reply, error) {
	return noneHere(c), nil
}
