package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"briefbot/bot"
	"briefbot/bot/ratelimit"
	"briefbot/content"
)

// The bounds of a connection. A page needs a few milliseconds; these cut off
// clients that trickle bytes to hold connections open.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	drainTimeout      = 10 * time.Second // for requests under way when the server is told to stop
	maxHeaderBytes    = 16 << 10         // holds the longest question in a URL several times
	maxBodyBytes      = 16 << 10         // of an API request
	maxMountedBytes   = 1 << 20          // of a request to a mounted handler
)

// Options are what a Server needs. Router, Log and Now are required.
type Options struct {
	Addr   string      // host:port; port 0 takes a free one
	Router *bot.Router // commands, completion, phrases and content

	// PublicURL is the address under which people reach the page, such as
	// "https://briefings.example.org". Canonical links begin with it and
	// cookies are Secure where it is https. Empty means that it is unknown.
	PublicURL string

	// Lang is the language of visitors whose browser names none that is
	// spoken here; English where empty.
	Lang content.Lang

	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	RateLimit ratelimit.Limit // zero for none
	Log       *slog.Logger
	Now       func() time.Time

	// Ready reports whether requests can be answered, with a detail that is
	// shown as JSON. Nil means always ready.
	Ready func() (ok bool, detail any)

	Metrics http.Handler // served at /metrics; nil where metrics have another address or none
	Version string       // of the program

	// Mount adds handlers under patterns of http.ServeMux. They check their
	// callers themselves: no rate limit applies to them.
	Mount map[string]http.Handler
}

// Server is the adapter of the web.
type Server struct {
	options  Options
	site     *site
	listener net.Listener
}

// New prepares a server; it opens no port yet.
func New(o Options) (*Server, error) {
	if o.Router == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("web: Router, Log and Now are required")
	}
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf(`web: public URL %q must look like "https://briefings.example.org"`, o.PublicURL)
		}
		o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	}
	site, err := newSite(o)
	if err != nil {
		return nil, err
	}
	return &Server{options: o, site: site}, nil
}

// Listen opens the port, so that Addr is known before Run. Run does it where
// it has not been done.
func (s *Server) Listen(ctx context.Context) error {
	if s.listener != nil {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.options.Addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("web: another program already listens on %s; stop it or choose another address", s.options.Addr)
	case err != nil:
		return fmt.Errorf("web: cannot listen on %q: %w", s.options.Addr, err)
	}
	s.listener = listener
	return nil
}

// Addr returns the host:port on which the server listens, "" before Listen.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Run implements bot.Adapter: it serves until ctx ends, then lets requests
// under way finish within a bound.
func (s *Server) Run(ctx context.Context, r bot.Responder) error {
	if err := s.Listen(ctx); err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.Handler(r),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn), // such as file descriptors that ran out
		// Requests under way outlive ctx: they are drained, not cut off.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		failed <- server.Serve(s.listener)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("web: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := server.Shutdown(drain)
	if err != nil {
		s.options.Log.WarnContext(ctx, "requests cut off at shutdown", "err", err)
		err = server.Close()
	}
	<-done
	return err
}

// Handler returns everything that the server serves, answering by r.
func (s *Server) Handler(r bot.Responder) http.Handler { return s.site.handler(r, s.loopback()) }

// loopback reports whether the server can be reached from this machine only.
func (s *Server) loopback() bool {
	if s.listener == nil {
		return false
	}
	addr, ok := s.listener.Addr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}
