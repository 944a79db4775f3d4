package digest

import "briefbot/bot"

// LaneOf names the lane of a place. All that one Discord bot sends shares the
// limits of its token; on Slack each workspace has its own.
func LaneOf(p bot.Place) string {
	if p.Platform == "discord" {
		return p.Platform
	}
	return p.Platform + "/" + p.Workspace
}
