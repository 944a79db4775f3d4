package slack

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync/atomic"
	"time"

	"briefbot/adapters/slack/socket"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/ratelimit"
	"briefbot/bot/underway"
	"briefbot/content"
)

// Transport is how events, commands and clicks come in.
type Transport string

// The transports. Socket Mode needs no address that Slack can reach; HTTP is
// stateless, so that any number of replicas can stand behind one address.
const (
	Socket Transport = "socket"
	HTTP   Transport = "http"
)

// Platform is the name of this surface in a bot.Place.
const Platform = "slack"

// DefaultCommand is the slash command where none is configured.
const DefaultCommand = "/brief"

// Options are what an Adapter needs. Router, Memory, API, Log and Now are
// required.
type Options struct {
	Router *bot.Router // commands, completion and phrases
	// Responder answers, by whichever transport; Router where nil.
	Responder bot.Responder
	Memory    bot.Memory // the router's: what follow-ups refer to
	API       *webapi.Client
	Log       *slog.Logger
	Now       func() time.Time

	Transport Transport
	Command   string // with its slash; DefaultCommand where empty
	Assistant bool   // the app has the pane for assistants, and the scope to suggest questions there

	// AppToken and Connections are for Socket Mode.
	AppToken    string
	Connections int // 2 where zero
	// ObserveSocket counts what happens to the connections; may be nil.
	ObserveSocket func(socket.Observation)
	// Bounds of Socket Mode; the zero value has its defaults.
	Bounds socket.Bounds

	// SigningSecret is for HTTP: it signs what Slack sends.
	SigningSecret string

	Seen        bot.Seen        // what was handled, which replicas share; of this process where nil
	Preferences bot.Preferences // languages that users chose; of this process where nil
	// Tallies count what readers think of answers; nil for no such buttons,
	// and reactions that nobody counts.
	Tallies bot.Tallies
	// Subscriptions are what the App Home shows of digests; nil shows none.
	Subscriptions Subscriptions
	// Uninstalled is told of a workspace that the bot was taken out of, and
	// when; may be nil.
	Uninstalled func(ctx context.Context, workspace string, at time.Time) error

	// Managers are who may subscribe a channel to digests; ByAdmins where empty.
	Managers Managers

	PublicURL string       // before the paths of pages, such as "https://briefings.example.org"; "" for no links
	Lang      content.Lang // where nothing tells the user's language; English where empty
	RateLimit ratelimit.Limit

	// Patience is how long a command may take before it is acknowledged
	// without its answer; 1.5 s where zero. Slack waits for three.
	Patience time.Duration
}

// The bounds of an adapter.
const (
	defaultPatience = 1500 * time.Millisecond
	workTime        = 5 * time.Minute // of what goes on after an acknowledgement; limits may hold it up
	mostWork        = 1024            // at once; beyond it Slack is asked to come again
	usersKept       = 20_000          // whose locale is remembered
	storeTime       = time.Second     // that asking a store may take of an answer
	goodbye         = 10 * time.Second

	// seenFor is longer than Slack tries to deliver: at once, after a minute
	// and after five. https://docs.slack.dev/apis/events-api#retries
	seenFor = time.Hour
)

var commandName = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

// Adapter is the adapter of Slack.
type Adapter struct {
	Options
	render  renderer
	threads *threads
	people  *people
	votes   *votes
	homes   *homes

	publicity *publicity
	limiter   *ratelimit.Limiter
	patience  time.Duration
	socket    *socket.Client
	slots     chan struct{} // one for each piece of work after an acknowledgement
	waiting   atomic.Int64  // pieces of work that wait for a slot
	underWay  *underway.Group
}

// New prepares the adapter; it connects to nothing yet.
func New(o Options) (*Adapter, error) {
	if o.Router == nil || o.Memory == nil || o.API == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("slack: Router, Memory, API, Log and Now are required")
	}
	if o.Lang == "" {
		o.Lang = content.English
	}
	if o.Responder == nil {
		o.Responder = o.Router
	}
	if o.Command == "" {
		o.Command = DefaultCommand
	}
	if !IsCommand(o.Command) {
		return nil, errors.New("slack: a command is a slash and up to 31 lower-case letters, digits, dashes and underscores")
	}
	a := &Adapter{
		Options: o, patience: o.Patience, limiter: ratelimit.New(o.RateLimit), slots: make(chan struct{}, mostWork), underWay: underway.New(),
		render: newRenderer(o.Router, o.PublicURL, o.Tallies != nil),
	}
	if a.patience <= 0 {
		a.patience = defaultPatience
	}
	if err := a.remembering(); err != nil {
		return nil, err
	}
	switch o.Transport {
	case Socket:
		var err error
		a.socket, err = socket.New(socket.Options{
			Open:   func(ctx context.Context) (string, error) { return o.API.OpenConnection(ctx, o.AppToken) },
			Handle: a.handle, Connections: o.Connections, Log: o.Log, Now: o.Now, Observe: o.ObserveSocket, Bounds: o.Bounds,
		})
		return a, err
	case HTTP:
		if o.SigningSecret == "" {
			return nil, errors.New("slack: HTTP requests need the signing secret of the app")
		}
		return a, nil
	}
	return nil, errors.New(`slack: the transport must be "socket" or "http"`)
}

// IsCommand reports whether Slack takes a name as that of a slash command.
func IsCommand(name string) bool { return commandName.MatchString(name) }

// remembering makes what the adapter remembers, where nothing was handed in.
func (a *Adapter) remembering() (err error) {
	if a.Seen == nil {
		a.Seen = bot.NewLocalSeen(a.Now)
	}
	if a.Preferences == nil {
		a.Preferences = bot.NewLocalPreferences()
	}
	if a.votes, err = newVotes(a.SigningSecret, a.AppToken); err != nil {
		return err
	}
	if a.threads, err = newThreads(a.API, a.Log, a.Now); err != nil {
		return err
	}
	if a.people, err = newPeople(a.API, a.Preferences, a.Lang, a.Log, a.Now); err != nil {
		return err
	}
	if a.publicity, err = newPublicity(a.API, a.Now); err != nil {
		return err
	}
	a.homes, err = newHomes()
	return err
}

// Run implements bot.Adapter: it serves until ctx ends, then finishes what is
// under way within a bound. It answers by Options.Responder, as Endpoints do.
func (a *Adapter) Run(ctx context.Context, _ bot.Responder) error {
	defer a.underWay.End(goodbye)
	if !a.underWay.Enter() {
		return nil
	}
	a.underWay.Go(func(after context.Context) {
		watching, stop := context.WithCancel(after)
		defer stop()
		defer context.AfterFunc(ctx, stop)()
		a.watchHomes(watching)
	})
	a.underWay.Leave()
	if a.socket == nil {
		<-ctx.Done()
		return nil
	}
	return a.socket.Run(ctx)
}

// State is what is known of the connection to Slack.
type State struct {
	Ready     bool          `json:"ready"`
	Transport Transport     `json:"transport"`
	Socket    *socket.State `json:"socket,omitempty"`
}

// State returns how the connection stands now. HTTP requests are answered
// whenever the server runs.
func (a *Adapter) State() State {
	if a.socket == nil {
		return State{Ready: true, Transport: HTTP}
	}
	s := a.socket.State()
	return State{Ready: s.Ready(), Transport: Socket, Socket: &s}
}

// handle takes an envelope of Socket Mode.
func (a *Adapter) handle(ctx context.Context, e socket.Envelope) {
	if !a.underWay.Enter() {
		return // it is not acknowledged: Slack gives it to another connection
	}
	defer a.underWay.Leave()
	received := a.Now()
	var done answered
	var err error
	switch e.Type {
	case socket.Events:
		done, err = a.takeEvent(ctx, e.Payload)
	case socket.Commands:
		var c command
		if c, err = decodeCommand(e.Payload); err == nil {
			done = a.use(c, received)
		}
	case socket.Interactive:
		var in interaction
		if in, err = decodeInteraction(e.Payload); err == nil {
			done = a.interact(ctx, in)
		}
	default:
		err = errUnknown
	}
	if errors.Is(err, errBusy) {
		a.Log.WarnContext(ctx, "too much is under way; an event is left for later", "type", e.Type)
		return
	}
	if err != nil {
		// Acknowledged all the same: it would be no better understood later.
		a.Log.WarnContext(ctx, "what slack sent was not understood", "type", e.Type, "err", err)
	}
	if err := e.Ack(done.body); err != nil {
		if done.body != nil && done.instead != nil {
			a.start(ctx, done.instead)
		}
		if !errors.Is(err, socket.ErrTooLarge) {
			a.Log.InfoContext(ctx, "an acknowledgement did not go out", "err", err)
		} else if err := e.Ack(nil); err != nil {
			a.Log.InfoContext(ctx, "an acknowledgement did not go out", "err", err)
		}
	}
	if done.after != nil {
		a.start(ctx, done.after)
	}
}

var (
	errUnknown = errors.New("of a type that is not used")
	errBusy    = errors.New("too much is under way")
)

// start does something in the background, once there is room for it; where as
// much waits as there is room for, it is left undone. The caller has entered.
func (a *Adapter) start(ctx context.Context, work func(context.Context)) {
	if a.waiting.Add(1) > mostWork {
		a.waiting.Add(-1)
		a.Log.ErrorContext(ctx, "too much is under way; something is left undone")
		return
	}
	a.underWay.Go(func(ctx context.Context) {
		select {
		case a.slots <- struct{}{}:
			a.waiting.Add(-1)
		case <-ctx.Done():
			a.waiting.Add(-1)
			return
		}
		defer func() { <-a.slots }()
		ctx, cancel := context.WithTimeout(ctx, workTime)
		defer cancel()
		defer a.survive(ctx)
		work(ctx)
	})
}

// takeEvent begins to handle an event, which is acknowledged at once. It
// returns errBusy where Slack is to bring it again later.
func (a *Adapter) takeEvent(ctx context.Context, b []byte) (answered, error) {
	d, err := decodeDelivery(b)
	if err != nil {
		return answered{}, err
	}
	switch d.Type {
	case deliveryVerification:
		return answered{body: map[string]string{"challenge": string(d.Challenge)}}, nil
	case deliveryRateLimited:
		a.Log.WarnContext(ctx, "slack holds events back: more than 30,000 came within an hour", "team", d.workspace())
		return answered{}, nil
	case deliveryEvent:
	default:
		return answered{}, errUnknown
	}
	if len(a.slots) == cap(a.slots) {
		return answered{}, errBusy
	}
	return answered{after: func(ctx context.Context) { a.happen(ctx, d) }}, nil
}

// happen handles an event, the first time that it is told.
func (a *Adapter) happen(ctx context.Context, d delivery) {
	if !a.first(ctx, "event:"+string(d.EventID)) {
		return
	}
	switch d.Event.Type {
	case eventMention, eventMessage:
		a.hear(ctx, d)
	case eventReacted, eventUnreacted:
		a.react(ctx, d)
	case eventHome:
		if d.Event.Tab == "home" && isID(string(d.Event.User)) {
			a.openHome(ctx, d.workspace(), string(d.Event.User))
		}
	case eventAssistant:
		if a.Assistant {
			a.welcome(ctx, d.workspace(), d.Event.Assistant)
		}
	case eventUninstalled:
		a.forget(ctx, d)
	case eventRevoked:
		if len(d.Event.Tokens.Bot) > 0 {
			a.forget(ctx, d)
		}
	}
}

// forget drops a workspace that the bot was taken out of.
func (a *Adapter) forget(ctx context.Context, d delivery) {
	a.homes.leave(d.workspace())
	a.Log.InfoContext(ctx, "the bot was taken out of a workspace", "team", d.workspace())
	if a.Uninstalled == nil {
		return
	}
	at := a.Now()
	if seconds, err := d.Time.Int64(); err == nil && seconds > 0 {
		at = time.Unix(seconds+1, -1) // Slack tells whole seconds
	}
	if err := a.Uninstalled(ctx, d.workspace(), at); err != nil {
		a.Log.ErrorContext(ctx, "a workspace was not forgotten", "team", d.workspace(), "err", err)
	}
}

// first reports whether something comes for the first time. Where nobody can
// tell it does: an answer twice is better than none.
func (a *Adapter) first(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	first, err := a.Seen.First(ctx, Platform+":"+id, a.Now().Add(seenFor))
	if err != nil {
		a.Log.WarnContext(ctx, "it is not known whether an event was handled before", "err", err)
		return true
	}
	return first
}

// again has something count as not done: it may come once more.
func (a *Adapter) again(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	if _, err := a.Seen.Forget(ctx, Platform+":"+id); err != nil {
		a.Log.WarnContext(ctx, "what failed cannot be tried again", "err", err)
	}
}
