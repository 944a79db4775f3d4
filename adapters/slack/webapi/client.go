package webapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// DefaultBaseURL is the API that this package speaks.
const DefaultBaseURL = "https://slack.com/api"

// The bounds of a call, where Options do not say otherwise.
const (
	maxAnswerBytes = 4 << 20 // the longest answers are histories, some hundred KiB

	callTimeout   = 15 * time.Second // of one attempt; Slack needs less than one second as a rule
	headerTimeout = 12 * time.Second
	dialTimeout   = 5 * time.Second
	idleTimeout   = 90 * time.Second
	idlePerHost   = 16

	defaultAttempts = 3
	defaultRefusals = 5           // 429s that one call sits out
	defaultMaxWait  = time.Minute // that one call spends waiting for limits
	backoffFirst    = time.Second // half of it at least, see backoff
	backoffLongest  = 8 * time.Second
	clockResolution = time.Second // of the Date header
)

// Options are what a Client needs. Every field may be left zero but Token.
type Options struct {
	// Token returns what the bot acts with in a workspace. Its error is
	// returned as it is. The team is "" for calls that are made before the
	// workspace is known.
	Token func(ctx context.Context, team string) (string, error)

	// BaseURL is DefaultBaseURL where empty. It is https, or http on this
	// machine.
	BaseURL string
	Version string // of the program, for the User-Agent

	// HTTP gives transport and timeout of an attempt; nil for 15 s and a
	// transport with timeouts of its own. Redirects are never followed.
	HTTP *http.Client
	Log  *slog.Logger // nil for none

	Now    func() time.Time // time.Now where nil
	Jitter func() float64   // 0 to 1, spreads the waits between attempts; random where nil

	// Observe is called at the end of each call, from its goroutine.
	Observe func(Observation)

	// Bounds. 0 stands for the value that is named.
	Attempts int           // of one call, waits for limits not counted; 3
	Refusals int           // 429s that one call sits out; 5
	MaxWait  time.Duration // for limits, of one call; one minute
}

// Observation is what one call came to.
type Observation struct {
	Method   string        // "chat.postMessage"; ResponseURL for answers to an interaction
	Status   int           // of the last answer; 0 where there was none
	Code     string        // Slack's error; "" where there was none
	Attempts int           // calls sent, those refused with 429 included
	Refusals int           // of them answered with 429
	Waited   time.Duration // for limits
	Took     time.Duration // in all
	Failed   bool
}

// Client makes calls. Its methods may be called concurrently; they block until
// Slack has answered or ctx ends.
type Client struct {
	http      *http.Client
	ownHTTP   bool
	base      string
	origin    string // to which addresses of answers may lead besides Slack's own
	userAgent string
	token     func(context.Context, string) (string, error)
	log       *slog.Logger
	now       func() time.Time
	jitter    func() float64
	observe   func(Observation)

	attempts, refusals int
	maxWait            time.Duration

	limits *limits

	clock struct {
		sync.Mutex
		last Clock
	}
}

// New checks the options and prepares a client; it sends nothing.
func New(o Options) (*Client, error) {
	base, origin, err := baseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Token == nil {
		return nil, errors.New("webapi: Token is required")
	}
	if o.Attempts < 0 || o.Refusals < 0 || o.MaxWait < 0 {
		return nil, errors.New("webapi: a bound is negative")
	}
	c := &Client{
		base: base, origin: origin, userAgent: "Briefbot/" + or(o.Version, "devel"), token: o.Token,
		log: o.Log, now: o.Now, jitter: o.Jitter, observe: o.Observe,
		attempts: or(o.Attempts, defaultAttempts), refusals: or(o.Refusals, defaultRefusals),
		maxWait: or(o.MaxWait, defaultMaxWait),
		limits:  newLimits(),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.jitter == nil {
		c.jitter = rand.Float64
	}
	c.http, c.ownHTTP = httpClient(o.HTTP)
	return c, nil
}

// BaseURL returns the address of the API.
func (c *Client) BaseURL() string { return c.base }

// Fixed returns the Token of a bot that is in one workspace only.
func Fixed(token string) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) { return token, nil }
}

// Close gives up idle connections. Calls under way are not touched; their
// contexts end them.
func (c *Client) Close() {
	if c.ownHTTP {
		c.http.CloseIdleConnections()
	}
}

func httpClient(given *http.Client) (client *http.Client, own bool) {
	client = &http.Client{Timeout: callTimeout}
	if given != nil {
		client = &http.Client{Transport: given.Transport, Timeout: given.Timeout}
	} else {
		own = true
		client.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: headerTimeout,
			IdleConnTimeout:       idleTimeout,
			MaxIdleConnsPerHost:   idlePerHost,
		}
	}
	// The API redirects nowhere, and a token must not follow.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, own
}

func baseURL(raw string) (base, origin string, err error) {
	if raw == "" {
		raw = DefaultBaseURL
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		// The address is not repeated: it may hold a password.
		return "", "", fmt.Errorf("webapi: the base URL must look like %q, or be an http address of this machine", DefaultBaseURL)
	}
	return strings.TrimRight(u.String(), "/"), u.Scheme + "://" + u.Host, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// or returns v, or the default where v is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Clock is the time that Slack's servers gave in an answer.
type Clock struct {
	Server time.Time // from the Date header, which knows whole seconds
	Here   time.Time // when the answer came
}

// Offset is how far the clock of this machine is ahead of Slack's, to about a
// second.
func (c Clock) Offset() time.Duration {
	return c.Here.Sub(c.Server.Add(clockResolution / 2))
}

// Clock returns the time in the last answer, whichever call it was to. It is
// zero before the first.
func (c *Client) Clock() Clock {
	c.clock.Lock()
	defer c.clock.Unlock()
	return c.clock.last
}

func (c *Client) setClock(h http.Header, now time.Time) {
	server, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.clock.Lock()
	defer c.clock.Unlock()
	c.clock.last = Clock{Server: server, Here: now}
}

// Format implements fmt.Formatter: whatever the verb, no token is printed.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "webapi.Client(%s)", c.base) }

// LogValue implements slog.LogValuer.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// sleep waits until d is over or ctx ends. It returns *delayed where the wait
// would be in vain.
func (c *Client) sleep(ctx context.Context, d, most time.Duration) error {
	if d > most {
		return &delayed{delay: d}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return &delayed{delay: d}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// delayed says that a call has to wait for longer than it may.
type delayed struct{ delay time.Duration }

func (d *delayed) Error() string { return fmt.Sprintf("a limit holds for %s more", d.delay) }
