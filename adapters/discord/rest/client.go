package rest

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
	"sync/atomic"
	"time"
)

// DefaultBaseURL is the API that this package speaks.
const DefaultBaseURL = "https://discord.com/api/v10"

// The bounds of a request, where Options do not say otherwise.
const (
	maxAnswerBytes  = 4 << 20 // the longest answers are lists of messages, some hundred KiB
	maxRequestBytes = 4 << 20 // a hundred commands with all their texts are below

	requestTimeout = 15 * time.Second // of one attempt; Discord needs less than one second as a rule
	headerTimeout  = 10 * time.Second
	dialTimeout    = 5 * time.Second
	idleTimeout    = 90 * time.Second
	idlePerHost    = 64 // as many as are under way at once, where a proxy speaks HTTP/1

	defaultAttempts  = 4           // 1 + three repeats, some 5 s in all
	defaultRefusals  = 5           // 429s that one request sits out
	defaultMaxWait   = time.Minute // that one request spends waiting for limits
	defaultPerSecond = 50          // https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
	defaultBuckets   = 4096        // some 300 bytes each
	defaultInvalid   = 9_000       // of the 10,000 that Discord allows in ten minutes
	backoffFirst     = time.Second // half of it at least, see backoff
	backoffLongest   = 8 * time.Second
	nonceWindow      = 2 * time.Minute // Discord remembers a nonce for "the past few minutes"
	clockResolution  = time.Second     // of the Date header
)

// Options are what a Client needs. Every field may be left zero.
type Options struct {
	// Token is the bot's. Without one only interactions can be answered.
	Token string

	// BaseURL is DefaultBaseURL where empty. It is https, or http on this
	// machine, or http anywhere with Plaintext.
	BaseURL string

	// Plaintext allows BaseURL to be http on another machine, for a proxy
	// within one's own network. Tokens travel unencrypted.
	Plaintext bool

	// ProjectURL and Version name the program to Discord, which asks for
	// both: https://docs.discord.com/developers/reference#user-agent.
	ProjectURL, Version string

	// HTTP gives transport and timeout of an attempt; nil for 15 s and a
	// transport with timeouts of its own. Redirects are never followed.
	HTTP *http.Client
	Log  *slog.Logger // nil for none

	Now    func() time.Time // time.Now where nil
	Jitter func() float64   // 0 to 1, spreads the waits between attempts; random where nil

	// Observe is called at the end of each request, from its goroutine.
	Observe func(Observation)

	// Bounds. 0 stands for the value that is named. Clients that share a token
	// do not know of each other: each should get its part of PerSecond, and
	// those that share an address of InvalidMost.
	PerSecond   int           // requests of the whole bot in any second; 50
	Attempts    int           // of one request, waits for limits not counted; 4
	Refusals    int           // 429s that one request sits out; 5
	MaxWait     time.Duration // for limits, of one request; one minute
	Buckets     int           // remembered at once; 4096
	InvalidMost int           // invalid requests in ten minutes; 9,000
}

// Observation is what one request came to.
type Observation struct {
	Method, Route string        // "POST", "/channels/{channel}/messages"
	Status        int           // of the last answer; 0 where there was none
	Attempts      int           // requests sent, those refused with 429 included
	Refusals      int           // of them answered with 429
	Waited        time.Duration // for limits
	Took          time.Duration // in all
	Failed        bool
}

// Client sends requests. Its methods may be called concurrently; they block
// until Discord has answered or ctx ends.
type Client struct {
	http       *http.Client
	ownHTTP    bool
	base       string
	userAgent  string
	credential func() string // behind a function, so that no printing of a struct reaches the token
	log        *slog.Logger
	now        func() time.Time
	jitter     func() float64
	observe    func(Observation)

	attempts, refusals int
	maxWait            time.Duration

	limits  *limits
	invalid *budget
	refused atomic.Bool // Discord refuses the token; it is not sent again

	clock struct {
		sync.Mutex
		last Clock
	}
}

// New checks the options and prepares a client; it sends nothing.
func New(o Options) (*Client, error) {
	base, err := baseURL(o.BaseURL, o.Plaintext)
	if err != nil {
		return nil, err
	}
	agent, err := userAgent(o.ProjectURL, o.Version)
	if err != nil {
		return nil, err
	}
	token := strings.TrimPrefix(o.Token, "Bot ") // as it is often copied
	if token != "" && !isToken(token) {
		return nil, errors.New("rest: the token holds characters that no Discord token has; copy it again from the Developer Portal")
	}
	if o.PerSecond < 0 || o.Attempts < 0 || o.Refusals < 0 || o.MaxWait < 0 || o.Buckets < 0 || o.InvalidMost < 0 {
		return nil, errors.New("rest: a bound is negative")
	}
	c := &Client{
		base: base, userAgent: agent, credential: func() string { return token },
		log: o.Log, now: o.Now, jitter: o.Jitter, observe: o.Observe,
		attempts: or(o.Attempts, defaultAttempts), refusals: or(o.Refusals, defaultRefusals),
		maxWait: or(o.MaxWait, defaultMaxWait),
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
	c.limits = newLimits(or(o.PerSecond, defaultPerSecond), or(o.Buckets, defaultBuckets))
	c.invalid = newBudget(or(o.InvalidMost, defaultInvalid))
	c.http, c.ownHTTP = httpClient(o.HTTP)
	return c, nil
}

// Close gives up idle connections. Requests under way are not touched; their
// contexts end them.
func (c *Client) Close() {
	if c.ownHTTP {
		c.http.CloseIdleConnections()
	}
}

func httpClient(given *http.Client) (client *http.Client, own bool) {
	client = &http.Client{Timeout: requestTimeout}
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
	// The API redirects nowhere, and a path may hold an interaction's token.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, own
}

func baseURL(raw string, plaintext bool) (string, error) {
	if raw == "" {
		return DefaultBaseURL, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http") {
		// The address is not repeated: it may hold a password.
		return "", fmt.Errorf("rest: the base URL must look like %q", DefaultBaseURL)
	}
	if u.Scheme == "http" && !plaintext && !isLoopback(u.Hostname()) {
		return "", errors.New("rest: the base URL must be https: tokens would travel unencrypted")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func userAgent(project, version string) (string, error) {
	if project == "" {
		project = "https://briefbot.invalid" // a name that is nobody's
	}
	if version == "" {
		version = "devel"
	}
	for _, s := range []string{project, version} {
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("(),", r) }) {
			return "", fmt.Errorf("rest: %q cannot stand in a User-Agent", s)
		}
	}
	return fmt.Sprintf("DiscordBot (%s, %s) Briefbot", project, version), nil
}

// or returns v, or the default where v is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Clock is the time that Discord's servers gave in an answer.
type Clock struct {
	Server time.Time // from the Date header, which knows whole seconds
	Here   time.Time // when the answer came
}

// Offset is how far the clock of this machine is ahead of Discord's, to about
// a second.
func (c Clock) Offset() time.Duration {
	return c.Here.Sub(c.Server.Add(clockResolution / 2))
}

// Clock returns the time in the last answer, whichever request it was to. It
// is zero before the first.
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
func (c *Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "rest.Client(%s)", c.base) }

// LogValue implements slog.LogValuer.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalJSON keeps the token out of any JSON.
func (o Options) MarshalJSON() ([]byte, error) { return []byte(`"rest.Options"`), nil }

// Format implements fmt.Formatter: whatever the verb, no token is printed.
func (o Options) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "rest.Options") }

// LogValue implements slog.LogValuer.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// sleep waits until d is over, wake is signalled or ctx ends. A d of 0 is
// unknown and bounded by most alone. It returns *delayed where the wait would
// be in vain.
func (c *Client) sleep(ctx context.Context, d, most time.Duration, wake <-chan struct{}) error {
	if d > most {
		return &delayed{delay: d}
	}
	now := c.now()
	if deadline, ok := ctx.Deadline(); ok && d > 0 && now.Add(d).After(deadline) {
		return &delayed{delay: d}
	}
	timer := time.NewTimer(or(d, most))
	defer timer.Stop()
	select {
	case <-wake:
		return nil
	case <-timer.C:
		if d == 0 {
			return &delayed{delay: unknownDelay}
		}
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &delayed{delay: max(d-c.now().Sub(now), unknownDelay), cause: ctx.Err()}
		}
		return ctx.Err()
	}
}

// unknownDelay stands in for a wait of which nothing is known, such as that
// for another request's answer.
const unknownDelay = time.Second

// delayed says that a request has to wait for longer than it may.
type delayed struct {
	delay time.Duration
	cause error
}

func (d *delayed) Error() string { return fmt.Sprintf("a limit holds for %s more", d.delay) }
func (d *delayed) Unwrap() error { return d.cause }
