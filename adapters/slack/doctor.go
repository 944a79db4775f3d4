package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"briefbot/adapters/slack/socket"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
)

// Doctor looks at everything that has to be right for the bot to work on
// Slack. API is required.
type Doctor struct {
	API *webapi.Client

	BotToken, AppToken, SigningSecret string
	Transport                         Transport
	PublicURL                         string // under which Slack reaches the program; "" where unknown
	Channel                           string // id of a channel to look at; "" for none
	Assistant                         bool   // as in the Manifest
	Shared                            bool   // many workspaces install the bot, whose tokens are in the store

	Patience time.Duration // that each check has; 15 s where zero
}

const (
	checkPatience = 15 * time.Second
	clockWarning  = 30 * time.Second
)

// Checks looks at one condition after the other. One that fails does not
// keep the others from being looked at, as far as they do not rest on it.
func (d Doctor) Checks(ctx context.Context) []bot.Check {
	if d.Patience <= 0 {
		d.Patience = checkPatience
	}
	x := examination{Doctor: d}
	var checks []bot.Check
	for _, check := range []struct {
		name string
		run  func(context.Context) bot.Check
	}{
		{"token", x.token},
		{"scopes", x.scopes},
		{"transport", x.transport},
		{"socket", x.socket},
		{"channel", x.channel},
		{"clock", x.clock},
	} {
		bounded, cancel := context.WithTimeout(ctx, d.Patience)
		found := check.run(bounded)
		cancel()
		found.Name = check.name
		checks = append(checks, found)
	}
	return checks
}

// broken says that Slack did not answer as hoped.
func broken(what string, err error) bot.Check {
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		return bot.Failed(what+" cannot be looked up.", "Run the check again with log.level debug.")
	}
	found := what + " cannot be looked up"
	if cause, ok := errors.AsType[*webapi.Error](err); ok {
		found += " (" + cause.Error() + ")"
	}
	return bot.Failed(found+".", e.Message)
}

// examination is one run of a Doctor. identity is set once the token was
// accepted.
type examination struct {
	Doctor
	identity *webapi.Identity
}

const needsToken = "This can be looked at once Slack accepts the token."

func (x *examination) token(ctx context.Context) bot.Check {
	const where = "Set slack.bot_token to the Bot User OAuth Token under Install App in the app's settings; it begins with xoxb-."
	switch {
	case x.BotToken == "" && x.Shared:
		return bot.Skipped("Tokens come with the workspaces that install the bot.")
	case x.BotToken == "":
		return bot.Failed("No bot token is set.", where)
	case strings.HasPrefix(x.BotToken, "xapp-"):
		return bot.Failed("slack.bot_token holds an app-level token.", where)
	}
	identity, err := x.API.AuthTest(ctx, "")
	if webapi.Gone(err) {
		return bot.Failed("Slack refuses the bot token ("+webapi.CodeOf(err)+").", "Install the app anew and set slack.bot_token to the token that Slack then shows.")
	}
	if err != nil {
		return broken("The token", err)
	}
	x.identity = &identity
	return bot.Passed(fmt.Sprintf("Slack accepts the token; it belongs to %q in the workspace %q.", bot.Excerpt(identity.User), bot.Excerpt(identity.Team)))
}

// scopes compares what was granted with what is needed.
func (x *examination) scopes(context.Context) bot.Check {
	switch {
	case x.identity == nil:
		return bot.Skipped(needsToken)
	case len(x.identity.Scopes) == 0:
		return bot.Warned("Slack does not say which scopes were granted.", "Compare them with those of \"briefbot slack manifest\" under OAuth & Permissions in the app's settings.")
	}
	var missing, reasons, extra []string
	needed := Scopes(x.Assistant)
	for _, scope := range needed {
		if !slices.Contains(x.identity.Scopes, scope.Name) {
			missing, reasons = append(missing, scope.Name), append(reasons, scope.Why)
		}
	}
	for _, granted := range x.identity.Scopes {
		if !slices.ContainsFunc(needed, func(s Scope) bool { return s.Name == granted }) {
			extra = append(extra, bot.Excerpt(granted))
		}
	}
	const again = "Put the manifest that \"briefbot slack manifest\" prints under App Manifest in the app's settings, and install the app anew."
	switch {
	case len(missing) > 0 && !slices.ContainsFunc(missing, func(name string) bool { return !spare(name) }):
		advice := again
		if slices.Contains(missing, scopeAssistant) {
			advice += " Where your plan of Slack has no assistants, set slack.assistant to false."
		}
		return bot.Warned("The bot has every scope but "+strings.Join(missing, ", ")+": it cannot "+strings.Join(reasons, "; ")+".", advice)
	case len(missing) > 0:
		return bot.Failed("The bot lacks "+strings.Join(missing, ", ")+": it cannot "+strings.Join(reasons, "; ")+".", again)
	case len(extra) > 0:
		return bot.Warned("The bot was granted more than it uses: "+strings.Join(extra[:min(len(extra), 5)], ", ")+".", again)
	}
	return bot.Passed("The bot has every scope that it needs and no other.")
}

func (x *examination) transport(context.Context) bot.Check {
	switch {
	case x.Transport == Socket && x.AppToken == "":
		return bot.Failed("No app-level token is set, so that Socket Mode cannot connect.",
			"Make one with the scope connections:write under Basic Information in the app's settings, and set slack.app_token to it.")
	case x.Transport == Socket && !strings.HasPrefix(x.AppToken, "xapp-"):
		return bot.Failed("slack.app_token does not hold an app-level token.", "Set it to the one under Basic Information in the app's settings; it begins with xapp-.")
	case x.Transport == Socket:
		return bot.Passed("Events, commands and clicks come through Socket Mode.")
	case x.SigningSecret == "":
		return bot.Failed("No signing secret is set, so that no request of Slack's can be told from a forged one.",
			"Set slack.signing_secret to the one under Basic Information in the app's settings.")
	case x.PublicURL == "":
		return bot.Warned("It is not known under which address Slack reaches this program.",
			"Set web.public_url to its https address, and put the manifest that \"briefbot slack manifest\" prints under App Manifest in the app's settings.")
	case !strings.HasPrefix(x.PublicURL, "https://"):
		return bot.Failed("web.public_url is no https address: Slack sends nothing to others.", "Put a proxy with a certificate in front, and set web.public_url to its address.")
	}
	return bot.Passed("Slack is to send what happens to " + x.PublicURL + EventsPath + " and its neighbours.")
}

func (x *examination) socket(ctx context.Context) bot.Check {
	switch {
	case x.Transport != Socket:
		return bot.Skipped("Over HTTP there is no connection.")
	case !strings.HasPrefix(x.AppToken, "xapp-"):
		return bot.Skipped("This can be looked at once there is an app-level token.")
	}
	address, err := x.API.OpenConnection(ctx, x.AppToken)
	if webapi.Gone(err) {
		return bot.Failed("Slack refuses the app-level token ("+webapi.CodeOf(err)+").", "Make a new one with the scope connections:write under Basic Information in the app's settings.")
	}
	if err != nil {
		return broken("A connection", err)
	}
	if err := socket.Probe(ctx, address); err != nil {
		return bot.Failed("A connection is allowed and does not come about ("+err.Error()+").", "Let this machine open wss connections to slack.com, or set slack.transport to http.")
	}
	return bot.Passed("A connection of Socket Mode comes about.")
}

// channel looks whether the bot is in a channel, by what it may do anyway.
func (x *examination) channel(ctx context.Context) bot.Check {
	switch {
	case x.Channel == "":
		return bot.Skipped("No channel was named; name one with --slack-channel.")
	case x.identity == nil:
		return bot.Skipped(needsToken)
	}
	_, _, err := x.API.History(ctx, "", x.Channel, "")
	switch webapi.CodeOf(err) {
	case "not_in_channel":
		return bot.Failed("The bot is not in the channel.", "Invite it there: /invite @"+bot.Excerpt(x.identity.User)+".")
	case "channel_not_found":
		return bot.Failed("There is no such channel, or it is a private one that the bot is not in.", "Invite it there, and check the id at the end of the channel's details.")
	}
	if err != nil {
		return broken("The channel", err)
	}
	return bot.Passed("The bot is in the channel and hears what is said there.")
}

func (x *examination) clock(ctx context.Context) bot.Check {
	clock := x.API.Clock()
	if clock.Server.IsZero() && x.API.Test(ctx) == nil { // nothing else was asked of Slack
		clock = x.API.Clock()
	}
	if clock.Server.IsZero() {
		return bot.Skipped("Slack has not told the time.")
	}
	offset := clock.Offset()
	direction := "ahead of"
	if offset < 0 {
		direction = "behind"
	}
	const set = "Let the system set its clock by NTP."
	found := fmt.Sprintf("The clock of this machine is %s %s Slack's.", offset.Abs().Round(time.Second), direction)
	switch {
	case offset.Abs() >= maxClockOffset && x.Transport == HTTP:
		return bot.Failed(found+" Every request of Slack's is refused as too old or too new.", set)
	case offset.Abs() >= clockWarning:
		return bot.Warned(found, set)
	}
	return bot.Passed("The clock of this machine agrees with Slack's.")
}
