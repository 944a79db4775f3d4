package discord

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/adapters/discord/rest"
	"briefbot/adapters/fit"
	"briefbot/bot"
)

// Doctor looks at everything that has to be right for the bot to work on
// Discord. REST, Router and Now are required.
type Doctor struct {
	REST   *rest.Client
	Router *bot.Router
	Now    func() time.Time

	Token          bool   // whether one is set
	Application    string // id that is configured; "" for none
	PublicKey      ed25519.PublicKey
	Transport      Transport
	MessageContent bool
	Shards         int    // of the whole bot; zero for as many as Discord recommends
	PublicURL      string // under which Discord reaches the endpoint; "" where unknown
	Channel        string // id of a channel to look at; "" for none

	Patience time.Duration // that each check has; 10 s where zero
}

const (
	checkToken    = "token" // the name of the first check
	checkPatience = 10 * time.Second
	clockWarning  = 30 * time.Second

	// fewStarts is when the sessions that may begin today run low: a process
	// that is restarted over and over would use up the rest in a while.
	fewStarts = 50
)

// Flags of an application that let the bot read messages.
// https://discord.com/developers/docs/resources/application#application-object-application-flags
const (
	flagMessageContent        = 1 << 18
	flagMessageContentLimited = 1 << 19 // of a bot in fewer than 100 servers
)

// Checks looks at one condition after the other. One that fails does not
// keep the others from being looked at, as far as they do not rest on it.
func (d Doctor) Checks(ctx context.Context) []bot.Check {
	x := &examination{Doctor: d, blocked: needsToken}
	return x.all(ctx, []check{
		{checkToken, x.token},
		{"application", x.application},
		{"public key", x.publicKey},
		{"transport", x.transport},
		{"intents", x.intents},
		{"sessions", x.sessions},
		{"commands", x.commands},
		{"permissions", x.permissions},
		{"clock", x.clock},
	})
}

// Settings looks at what the bot does not find out by serving: whether the
// settings fit the application of the token.
func (d Doctor) Settings(ctx context.Context) []bot.Check {
	x := &examination{Doctor: d, blocked: needsToken}
	return x.all(ctx, []check{
		{checkToken, x.token},
		{"application", x.application},
		{"public key", x.publicKey},
		{"transport", x.transport},
	})
}

// check is one condition to look at.
type check struct {
	name string
	run  func(context.Context) bot.Check
}

func (x *examination) all(ctx context.Context, list []check) []bot.Check {
	if x.Patience <= 0 {
		x.Patience = checkPatience
	}
	var checks []bot.Check
	for _, check := range list {
		bounded, cancel := context.WithTimeout(ctx, x.Patience)
		found := check.run(bounded)
		cancel()
		found.Name = check.name
		checks = append(checks, found)
	}
	return checks
}

// broken says that Discord did not answer as hoped.
func broken(what string, err error) bot.Check {
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		return bot.Failed(what+" cannot be looked up.", "Run the check again with log.level debug.")
	}
	found := what + " cannot be looked up"
	if cause, ok := errors.AsType[*rest.Error](err); ok {
		found += " (" + cause.Error() + ")"
	}
	return bot.Failed(found+".", e.Message)
}

// examination is one run of a Doctor. app is set once the token was accepted;
// until then blocked says what keeps from looking at what rests on it.
type examination struct {
	Doctor
	app     *rest.Application
	blocked string
}

// What most checks rest on.
const (
	needsToken  = "This can be looked at once Discord accepts the token."
	needsAnswer = "This can be looked at once Discord can be reached."
)

func (x *examination) token(ctx context.Context) bot.Check {
	if !x.Token {
		if x.Transport == HTTP {
			return bot.Warned("No token is set: commands are answered, but cannot be synced or looked at from here.",
				"Set discord.token to the one on the Bot page of the Developer Portal.")
		}
		return bot.Failed("No token is set.", "Set discord.token to the one on the Bot page of the Developer Portal.")
	}
	app, err := x.REST.Application(ctx)
	if cause, ok := errors.AsType[*rest.Error](err); ok && cause.Status == http.StatusUnauthorized {
		return bot.Failed("Discord refuses the token.",
			"Compare it with what you copied. If it is lost, press Reset Token on the Bot page of the Developer Portal, which ends every bot that runs with the old one, and set discord.token to the new one.")
	}
	if err != nil {
		x.blocked = needsAnswer
		return broken("The application", err)
	}
	x.app = &app
	return bot.Passed(fmt.Sprintf("Discord accepts the token; it belongs to %q.", bot.Excerpt(app.Name)))
}

func (x *examination) application(context.Context) bot.Check {
	switch {
	case x.app == nil:
		return bot.Skipped(x.blocked)
	case x.Application != "" && x.Application != x.app.ID:
		return bot.Failed(fmt.Sprintf("discord.application_id is %s, but the token belongs to the application %s.", x.Application, bot.Excerpt(x.app.ID)),
			"Unset discord.application_id, or set the token of that application.")
	case x.app.Bot == nil:
		return bot.Failed("The application has no bot.", "Add one on the Bot page of the Developer Portal.")
	}
	return bot.Passed(fmt.Sprintf("The application is %s and has a bot.", bot.Excerpt(x.app.ID)))
}

func (x *examination) publicKey(context.Context) bot.Check {
	const where = "Set discord.public_key to the key under General Information in the Developer Portal."
	switch {
	case len(x.PublicKey) == 0 && x.Transport == HTTP:
		return bot.Failed("No public key is set, so that no request of Discord's can be told from a forged one.", where)
	case len(x.PublicKey) == 0:
		return bot.Skipped("The gateway needs no public key.")
	case x.app == nil:
		return bot.Skipped(x.blocked)
	case !strings.EqualFold(hex.EncodeToString(x.PublicKey), x.app.VerifyKey):
		return bot.Failed("The public key is not that of the application: every request of Discord's would be refused.", where)
	}
	return bot.Passed("The public key is that of the application.")
}

func (x *examination) transport(context.Context) bot.Check {
	if x.app == nil {
		return bot.Skipped(x.blocked)
	}
	set := x.app.InteractionsEndpointURL
	want := x.PublicURL + EndpointPath
	switch {
	case x.Transport == Gateway && set != "":
		return bot.Failed("The Developer Portal has an Interactions Endpoint URL, so that the gateway gets no commands and clicks.",
			"Clear it under General Information in the Developer Portal, or set discord.transport to http.")
	case x.Transport == Gateway:
		return bot.Passed("Commands and clicks come through the gateway.")
	case set == "":
		return bot.Failed("The Developer Portal has no Interactions Endpoint URL, so that Discord sends nothing here.",
			fmt.Sprintf("Set it to %s under General Information while briefbot serve runs, or set discord.transport to gateway.", shownURL(want)))
	case x.PublicURL != "" && set != want:
		return bot.Warned(fmt.Sprintf("The Interactions Endpoint URL is %s, not %s.", shownText(set), want),
			"Set it to the latter under General Information in the Developer Portal, unless a proxy leads from the one to the other.")
	case !strings.HasSuffix(set, EndpointPath):
		return bot.Warned(fmt.Sprintf("The Interactions Endpoint URL does not end in %s.", EndpointPath),
			"Correct it under General Information in the Developer Portal, unless a proxy leads there.")
	}
	return bot.Passed("Discord sends commands and clicks to " + shownText(set) + ".")
}

// shownText is a text of Discord's in one line of bounded length.
func shownText(s string) string {
	const longest = 200
	return fit.Cut(oneLine(bot.Printable(s)), longest, count)
}

// shownURL puts words where the address is not known.
func shownURL(address string) string {
	if strings.HasPrefix(address, "/") {
		return "the public address of this server followed by " + address
	}
	return address
}

func (x *examination) intents(context.Context) bot.Check {
	switch {
	case x.Transport == HTTP:
		return bot.Skipped("Over HTTP no messages are heard, so that no intents are needed.")
	case x.app == nil:
		return bot.Skipped(x.blocked)
	case x.MessageContent && x.app.Flags&(flagMessageContent|flagMessageContentLimited) == 0:
		return bot.Failed("discord.message_content is set, but the application may not read messages: Discord would end the session.",
			"Switch on Message Content Intent on the Bot page of the Developer Portal, or unset discord.message_content.")
	case x.MessageContent:
		return bot.Passed("The application may read messages.")
	}
	return bot.Passed("No privileged intent is needed: the bot reads what mentions it, replies to it or is sent to it directly.")
}

func (x *examination) sessions(ctx context.Context) bot.Check {
	switch {
	case x.Transport == HTTP:
		return bot.Skipped("Over HTTP there is no session.")
	case x.app == nil:
		return bot.Skipped(x.blocked)
	}
	g, err := x.REST.GatewayBot(ctx)
	if err != nil {
		return broken("The gateway", err)
	}
	shards := x.Shards
	if shards == 0 {
		shards = g.Shards
	}
	limit := g.SessionStartLimit
	needed := "are"
	if shards == 1 {
		needed = "is"
	}
	found := fmt.Sprintf("%d of %d sessions may still begin; %d %s needed to start.", limit.Remaining, limit.Total, shards, needed)
	switch {
	case x.Shards > 0 && x.Shards < g.Shards:
		return bot.Warned(fmt.Sprintf("The bot runs on %d shards; Discord recommends %d.", x.Shards, g.Shards), "Set discord.shards to auto.")
	case limit.Remaining < shards:
		return bot.Failed(found, fmt.Sprintf("Stop what restarts the bot over and over; more may begin in %s.", limit.ResetAfter().Round(time.Minute)))
	case limit.Remaining < shards+min(fewStarts, limit.Total/10):
		return bot.Warned(found, "Look in the log for what ends sessions or restarts the bot.")
	}
	return bot.Passed(found)
}

func (x *examination) commands(ctx context.Context) bot.Check {
	const sync = `Run "briefbot discord sync".`
	if x.app == nil {
		return bot.Skipped(x.blocked)
	}
	known, err := x.REST.Commands(ctx, x.app.ID, "")
	if err != nil {
		return broken("The commands", err)
	}
	if len(known) == 0 {
		return x.guildCommands(ctx)
	}
	if guild, own := x.ownCommands(ctx); len(own) > 0 {
		return bot.Warned("The server of the channel has commands of its own beside those that are known everywhere, so that it shows each twice.",
			fmt.Sprintf(`Run "briefbot discord sync --guild %s --remove".`, bot.Excerpt(guild)))
	}
	if difference := compare(known, Commands(x.Router, true), true); len(difference) > 0 {
		return bot.Warned(fmt.Sprintf("The commands on Discord are not those of this program: %s.", summary(difference)), sync)
	}
	return bot.Passed(fmt.Sprintf("All %d commands are as they should be.", len(known)))
}

// guildCommands looks at the commands of the server that the channel is in,
// where none are known everywhere.
func (x *examination) guildCommands(ctx context.Context) bot.Check {
	guild, known := x.ownCommands(ctx)
	if len(known) == 0 {
		return bot.Failed("Discord knows no command of the bot.", `Run "briefbot discord sync".`)
	}
	again := fmt.Sprintf(`Run "briefbot discord sync --guild %s", or without --guild for every server.`, bot.Excerpt(guild))
	if difference := compare(known, Commands(x.Router, false), false); len(difference) > 0 {
		return bot.Warned(fmt.Sprintf("The commands of this server are not those of this program: %s.", summary(difference)), again)
	}
	return bot.Passed(fmt.Sprintf("All %d commands of this server are as they should be; other servers have none.", len(known)))
}

// ownCommands returns the commands that only the server of the channel has;
// none where there is no channel, or it cannot be seen.
func (x *examination) ownCommands(ctx context.Context) (guild string, known []*discordgo.ApplicationCommand) {
	if x.Channel == "" {
		return "", nil
	}
	channel, err := x.REST.Channel(ctx, x.Channel)
	if err != nil || channel.GuildID == "" {
		return "", nil
	}
	known, err = x.REST.Commands(ctx, x.app.ID, channel.GuildID)
	if err != nil {
		return "", nil
	}
	return channel.GuildID, known
}

// summary names the first few differences.
func summary(difference []string) string {
	const shown = 3
	if len(difference) <= shown {
		return strings.Join(difference, "; ")
	}
	return strings.Join(difference[:shown], "; ") + fmt.Sprintf("; %d more", len(difference)-shown)
}

func (x *examination) permissions(ctx context.Context) bot.Check {
	switch {
	case x.Channel == "":
		return bot.Skipped("No channel was named; name one with --discord-channel.")
	case x.app == nil:
		return bot.Skipped(x.blocked)
	case x.app.Bot == nil:
		return bot.Skipped("This can be looked at once the application has a bot.")
	}
	here, err := x.REST.Channel(ctx, x.Channel)
	if cause, ok := errors.AsType[*rest.Error](err); ok && cause.Code == rest.CodeUnknownChannel {
		return bot.Failed(fmt.Sprintf("Discord knows no channel %s (%v).", x.Channel, cause),
			"Copy the id of a channel from its menu; it is there once Developer Mode is on, under Settings, Advanced.")
	}
	if err != nil {
		return broken("The channel", err)
	}
	if here.GuildID == "" {
		return bot.Skipped("In direct messages there are no permissions.")
	}
	guild, err := x.REST.Guild(ctx, here.GuildID)
	if err != nil {
		return broken("The server of the channel", err)
	}
	member, err := x.REST.Member(ctx, here.GuildID, x.app.Bot.ID)
	if err != nil {
		return broken("The bot as a member of the server", err)
	}
	thread := channel{Type: here.Type}.thread()
	ruling := here
	if thread {
		if ruling, err = x.REST.Channel(ctx, here.ParentID); err != nil {
			return broken("The channel of the thread", err)
		}
	}
	return x.judge(guild, member, ruling, thread)
}

func (x *examination) judge(guild rest.Guild, member rest.Member, ruling rest.Channel, thread bool) bot.Check {
	missing := lacking(permitted(guild, member, ruling, x.Now()), thread)
	if len(missing) == 0 {
		return bot.Passed("The bot has every permission that it needs there.")
	}
	var names, reasons []string
	for _, p := range missing {
		names, reasons = append(names, p.Name), append(reasons, p.Why)
	}
	if len(missing) == 1 && missing[0].Bit == permCreatePublicThreads {
		return bot.Warned("The bot lacks Create Public Threads there: the further pages of a digest stand in the channel.", "Allow its role that permission in the settings of the server or of the channel.")
	}
	found := "The bot lacks " + strings.Join(names, ", ") + " there: it cannot " + strings.Join(reasons, "; ") + "."
	if inTimeout(member, x.Now()) {
		return bot.Failed(found, "A moderator has put the bot in a time-out; lift it.")
	}
	return bot.Failed(found, "Allow its role these permissions in the settings of the server or of the channel.")
}

func (x *examination) clock(ctx context.Context) bot.Check {
	clock, err := x.REST.Time(ctx)
	if err != nil {
		return broken("The time at Discord", err)
	}
	offset := clock.Offset()
	direction := "ahead of"
	if offset < 0 {
		direction = "behind"
	}
	const set = "Let the system set its clock by NTP."
	found := fmt.Sprintf("The clock of this machine is %s %s Discord's.", offset.Abs().Round(time.Second), direction)
	switch {
	case offset.Abs() >= maxClockOffset && x.Transport == HTTP:
		return bot.Failed(found+" Every request of Discord's is refused as too old or too new.", set)
	case offset.Abs() >= clockWarning:
		return bot.Warned(found, set)
	}
	return bot.Passed("The clock of this machine agrees with Discord's.")
}
