package discord

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/adapters/discord/gateway"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/ratelimit"
	"briefbot/bot/underway"
	"briefbot/content"
)

// Transport is how interactions come in.
type Transport string

// The transports. Through the gateway messages are heard too; HTTP is
// stateless, so that any number of replicas can stand behind one address.
const (
	Gateway Transport = "gateway"
	HTTP    Transport = "http"
)

// Options are what an Adapter needs. Router, Memory, REST, Log and Now are
// required.
type Options struct {
	Router *bot.Router // commands, completion and phrases
	// Responder answers, by whichever transport; Router where nil.
	Responder bot.Responder
	Memory    bot.Memory // the router's: what replies to our messages refer to

	Seen        bot.Seen        // interactions that were answered; of this process where nil
	Preferences bot.Preferences // languages that users chose; of this process where nil

	REST *rest.Client
	Log  *slog.Logger
	Now  func() time.Time

	Transport Transport
	// Token and Shards are for the gateway. MessageContent asks for the
	// privileged intent, without which the text of a message is seen only
	// where it mentions the bot, replies to it or is a direct message.
	Token          string
	Shards         gateway.Shards
	MessageContent bool
	// ObserveGateway counts what happens to the sessions; may be nil.
	ObserveGateway func(gateway.Observation)
	// Bounds of the gateway; the zero value has its defaults.
	Bounds gateway.Bounds

	// PublicKey is for HTTP: the application's, which signs interactions.
	PublicKey ed25519.PublicKey
	// Application is the id that is configured, "" for none. It is only
	// compared with that of the token.
	Application string

	// ManagerRoles are ids of roles whose members manage every channel that
	// they see, beside those who may manage channels.
	ManagerRoles []string

	PublicURL string       // before the paths of pages, such as "https://briefings.example.org"; "" for no links
	Lang      content.Lang // where nothing tells the user's language; English where empty
	RateLimit ratelimit.Limit

	// Patience is how long an interaction may take before it is deferred;
	// 1.5 s where zero. Discord waits for three.
	Patience time.Duration
}

// The bounds of an adapter.
const (
	defaultPatience = 1500 * time.Millisecond
	responseTime    = 3 * time.Second    // https://discord.com/developers/docs/interactions/receiving-and-responding
	storeTime       = time.Second        // that asking the store may take of it
	replayTime      = 2 * maxClockOffset // as long as a signed request can come again
	goodbye         = 10 * time.Second
)

// Adapter is the adapter of Discord.
type Adapter struct {
	Options
	render     renderer
	places     *places
	limiter    *ratelimit.Limiter
	patience   time.Duration
	identity   atomic.Value  // string: the bot's user id, once it is known
	introduced chan struct{} // closed once identity is known
	gateway    *gateway.Gateway
	underWay   *underway.Group
}

// New prepares the adapter; it connects to nothing yet.
func New(o Options) (*Adapter, error) {
	if o.Router == nil || o.Memory == nil || o.REST == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("discord: Router, Memory, REST, Log and Now are required")
	}
	if o.Lang == "" {
		o.Lang = content.English
	}
	if o.Responder == nil {
		o.Responder = o.Router
	}
	if o.Seen == nil {
		o.Seen = bot.NewLocalSeen(o.Now)
	}
	if o.Preferences == nil {
		o.Preferences = bot.NewLocalPreferences()
	}
	a := &Adapter{
		Options: o, patience: o.Patience, limiter: ratelimit.New(o.RateLimit), underWay: underway.New(), introduced: make(chan struct{}),
		render: newRenderer(o.Router, o.PublicURL),
	}
	if a.patience <= 0 {
		a.patience = defaultPatience
	}
	var err error
	if a.places, err = newPlaces(o.REST, o.Log); err != nil {
		return nil, err
	}
	switch o.Transport {
	case Gateway:
		a.gateway, err = a.newGateway()
		return a, err
	case HTTP:
		if len(o.PublicKey) != ed25519.PublicKeySize {
			return nil, errors.New("discord: HTTP interactions need the application's public key, 32 bytes")
		}
		return a, nil
	}
	return nil, errors.New(`discord: the transport must be "gateway" or "http"`)
}

// newGateway asks for no more events than are used.
// https://discord.com/developers/docs/events/gateway#gateway-intents
func (a *Adapter) newGateway() (*gateway.Gateway, error) {
	intents := discordgo.IntentGuildMessages | discordgo.IntentDirectMessages
	if a.MessageContent {
		intents |= discordgo.IntentMessageContent
	}
	return gateway.New(gateway.Options{
		Token: a.Token, Intents: intents, Plan: a.plan, Shards: a.Shards,
		Handle: a.handle, Types: []string{eventReady, eventInteraction, eventMessage},
		Log: a.Log, Now: a.Now, Observe: a.ObserveGateway, Bounds: a.Bounds,
	})
}

func (a *Adapter) plan(ctx context.Context) (gateway.Plan, error) {
	g, err := a.REST.GatewayBot(ctx)
	if e, ok := errors.AsType[*bot.Error](err); ok && rest.Permanent(err) {
		err = &bot.Error{Kind: bot.Denied, Message: e.Message, Err: e.Err} // asking again is of no use
	}
	return gateway.Plan{
		URL: g.URL, Shards: g.Shards, MaxConcurrency: g.SessionStartLimit.MaxConcurrency,
		Remaining: g.SessionStartLimit.Remaining, ResetAfter: g.SessionStartLimit.ResetAfter(),
	}, err
}

// Run implements bot.Adapter: it serves until ctx ends, then finishes what is
// under way within a bound. It answers by Options.Responder, as Endpoint does.
func (a *Adapter) Run(ctx context.Context, _ bot.Responder) error {
	defer a.underWay.End(goodbye)
	if a.underWay.Enter() {
		a.underWay.Go(func(context.Context) { a.compareSettings(ctx) })
		a.underWay.Leave()
	}
	if a.gateway == nil {
		a.Log.InfoContext(ctx, "on discord over http: enter the address as Interactions Endpoint URL in the Developer Portal",
			"address", shownURL(a.PublicURL+EndpointPath))
		<-ctx.Done()
		return nil
	}
	return a.gateway.Run(ctx)
}

// compareSettings warns of settings that do not fit the application: nothing
// fails then, but no command arrives.
func (a *Adapter) compareSettings(ctx context.Context) {
	if a.Token == "" {
		return // nobody to ask
	}
	checks := Doctor{
		REST: a.REST, Router: a.Router, Now: a.Now, Token: true, Application: a.Application,
		PublicKey: a.PublicKey, Transport: a.Transport, PublicURL: a.PublicURL,
	}.Settings(ctx)
	for _, c := range checks {
		wrong := c.State == bot.CheckFail || c.State == bot.CheckWarn
		told := c.Name == checkToken && a.gateway != nil // by the gateway, which cannot begin
		if wrong && !told && ctx.Err() == nil {
			a.Log.WarnContext(ctx, "discord is not set up as it is configured", "check", c.Name, "found", c.Found, "advice", c.Advice)
		}
	}
}

// State is what is known of the connection to Discord.
type State struct {
	Ready     bool           `json:"ready"`
	Transport Transport      `json:"transport"`
	Gateway   *gateway.State `json:"gateway,omitempty"`
}

// State returns how the connection stands now. HTTP interactions are
// answered whenever the server runs.
func (a *Adapter) State() State {
	if a.gateway == nil {
		return State{Ready: true, Transport: HTTP}
	}
	s := a.gateway.State()
	return State{Ready: s.Ready(), Transport: Gateway, Gateway: &s}
}

// The events that are handled.
// https://discord.com/developers/docs/events/gateway-events
const (
	eventReady       = "READY"
	eventInteraction = "INTERACTION_CREATE"
	eventMessage     = "MESSAGE_CREATE"
)

// handle answers an event of the gateway.
func (a *Adapter) handle(ctx context.Context, e gateway.Event) {
	if !a.underWay.Enter() {
		return
	}
	defer a.underWay.Leave()
	received := a.Now()
	switch e.Type {
	case eventReady:
		var ready struct {
			User user `json:"user"`
		}
		if json.Unmarshal(e.Data, &ready) == nil && isSnowflake(ready.User.ID) && a.identity.CompareAndSwap(nil, ready.User.ID) {
			close(a.introduced)
		}
	case eventInteraction:
		in, err := decodeInteraction(e.Data)
		if err != nil {
			a.Log.WarnContext(ctx, "an interaction was not understood", "err", err)
			return
		}
		a.handleInteraction(ctx, in, received)
	case eventMessage:
		var m message
		if json.Unmarshal(e.Data, &m) != nil || !isSnowflake(m.ID) || !isSnowflake(m.ChannelID) || !isSnowflake(m.Author.ID) {
			a.Log.WarnContext(ctx, "a message was not understood")
			return
		}
		if self := a.introduction(ctx); self != "" {
			a.hear(ctx, m, self)
		}
	}
}

func (a *Adapter) handleInteraction(ctx context.Context, in interaction, received time.Time) {
	if !a.first(ctx, in.ID) {
		return // a session that is resumed may tell it again
	}
	done, err := a.interact(ctx, in, received)
	if err != nil {
		a.Log.InfoContext(ctx, "an interaction was not answered", "err", err)
		return
	}
	answering, cancel := context.WithTimeout(ctx, responseTime-a.Now().Sub(received))
	defer cancel()
	posted, err := a.REST.Respond(answering, in.ID, in.Token, done.response)
	if err != nil {
		a.Log.WarnContext(ctx, "an interaction was not answered", "err", err)
		if !errors.Is(err, rest.ErrUnknownOutcome) {
			return
		}
		// Whoever reads that the bot is thinking waits for what follows.
	}
	a.finish(done, posted.ID)
}

// finish does in the background what remains after a response.
func (a *Adapter) finish(done answered, messageID string) {
	if done.after != nil {
		a.underWay.Go(func(ctx context.Context) { done.after(ctx, messageID) })
	}
}

// first reports whether the interaction comes for the first time, to
// whichever replica. Where the store does not tell, it is answered: Discord
// takes no second response.
func (a *Adapter) first(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	first, err := a.Seen.First(ctx, Platform+":"+id, a.Now().Add(replayTime))
	if err != nil {
		a.Log.WarnContext(ctx, "it is not known whether an interaction was answered", "err", err)
		return true
	}
	return first
}

// preferred returns the language that a user chose here, "" for none.
func (a *Adapter) preferred(ctx context.Context, u user) content.Lang {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	lang, err := a.Preferences.PreferredLang(ctx, Platform, u.ID)
	if err != nil {
		a.Log.WarnContext(ctx, "a user's language is not known", "err", err)
	}
	return lang
}

// prefer keeps the language that a reply says its user has chosen.
func (a *Adapter) prefer(ctx context.Context, u user, lang content.Lang) {
	if lang == "" {
		return
	}
	if err := a.Preferences.PreferLang(ctx, Platform, u.ID, lang); err != nil {
		a.Log.WarnContext(ctx, "a user's language is not remembered", "err", err)
	}
}

// self returns the bot's user id, "" as long as it is not known.
func (a *Adapter) self() string {
	id, _ := a.identity.Load().(string)
	return id
}

// introduction returns the bot's user id. A message may be handled before
// the READY that came ahead of it and tells the id.
func (a *Adapter) introduction(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, responseTime)
	defer cancel()
	select {
	case <-a.introduced:
	case <-ctx.Done():
	}
	return a.self()
}
