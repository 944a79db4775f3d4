package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxResumes = 3 // in a row, before the session is given up

	// quiet is the least wait before a connection. discordgo's heartbeat may be
	// about to close the connection that has ended, and would close the next.
	quiet = 100 * time.Millisecond
)

// shard keeps one shard connected.
type shard struct {
	gateway   *Gateway
	starts    *starts
	index     int // among those of this process
	id, count int
	log       *slog.Logger
}

// outcome is how a connection went.
type outcome struct {
	ending
	err      error         // where it never stood
	lived    time.Duration // from READY or RESUMED on; zero where it never came so far
	released bool          // discordgo has let go, so that the session can be opened again
}

// run holds the shard's session until ctx ends, which returns nil, or until
// Discord refuses it for good. It begins at its first turn.
func (s *shard) run(ctx context.Context, first *turn) error {
	var (
		current           *session
		failures, resumes int
		turn              = first
	)
	defer func() {
		if current != nil {
			current.cancel()
		}
	}()
	for ctx.Err() == nil {
		if current == nil {
			s.gateway.set(s.index, Connecting)
			if turn == nil {
				turn = s.starts.join(s.id)
			}
			plan, err := turn.wait(ctx)
			if err != nil {
				return errUnless(ctx, err)
			}
			put := func(e Event) { s.gateway.queues.put(ctx, e) }
			current, err = newSession(ctx, s.gateway.options, plan, s.id, s.count, put)
			if err != nil {
				return err
			}
		} else {
			s.gateway.set(s.index, Resuming)
			resumes++
		}

		o := s.connect(ctx, current, turn)
		if turn != nil {
			turn.done()
			turn = nil
		}
		if ctx.Err() != nil {
			return nil
		}
		s.gateway.set(s.index, Down)
		s.observe(Lost)
		log := s.log.With("reason", string(o.reason), "code", o.code, "lived", o.lived)
		if o.err != nil {
			log = log.With("err", o.err)
		}
		log.WarnContext(ctx, "gateway connection ended")
		if err := fatal(o.code); err != nil {
			return err
		}

		if o.lived > 0 {
			resumes = 0
		}
		failures++
		if o.lived >= s.gateway.options.Bounds.Settled {
			failures = 0
		}
		if !s.mayResume(current, o) || resumes >= maxResumes {
			s.replace(ctx, current, o)
			current, resumes = nil, 0
		}
		within(ctx.Done(), s.pause(o, failures))
	}
	return nil
}

// errUnless returns err, unless it only says that ctx has ended.
func errUnless(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// mayResume reports whether the session can go on after a connection.
func (s *shard) mayResume(current *session, o outcome) bool {
	switch {
	case !o.released || current.ctx.Err() != nil || !current.resumable():
		return false
	case o.reason == invalid:
		return o.resumable
	default:
		return o.code != codeInvalidSequence && o.code != codeSessionTimedOut
	}
}

// replace gives a session up. What discordgo did not let go of stays behind.
func (s *shard) replace(ctx context.Context, current *session, o outcome) {
	current.cancel()
	if !o.released {
		s.log.ErrorContext(ctx, "gateway session hangs and is left behind")
		s.observe(Stuck)
	}
	s.observe(Replaced)
}

// pause is the wait before the next connection.
func (s *shard) pause(o outcome, failures int) time.Duration {
	wait := max(quiet, s.gateway.options.backoff(failures))
	if o.reason == invalid {
		// One to five seconds, at random.
		// https://discord.com/developers/docs/events/gateway#resuming
		least := s.gateway.options.Bounds.Invalid
		wait = max(wait, least+time.Duration(s.gateway.options.Jitter()*float64(4*least)))
	}
	return wait
}

func (s *shard) observe(what What) {
	s.gateway.options.Observe(Observation{Shard: s.id, What: what})
}

// connect runs one connection of a session, from dialling to its end, and
// watches over it.
func (s *shard) connect(ctx context.Context, current *session, turn *turn) outcome {
	bounds := s.gateway.options.Bounds
	current.begin()
	opened := make(chan error, 1)
	go func() { opened <- current.open() }()

	var (
		w     *wire
		over  <-chan struct{}
		up    = opened // nil once Open has returned
		o     outcome
		since time.Time
		limit = time.NewTimer(bounds.Connect) // then, once there is a session, until it is silent
	)
	defer limit.Stop()
	// dialled takes the wire over. It is sent before anything else happens with
	// it, but what happens next may be noticed first.
	dialled := func() {
		select {
		case w = <-current.wires:
			over = w.over
		default:
		}
	}
	for {
		select {
		case <-ctx.Done():
			s.leave(ctx, current, w, up, !since.IsZero())
			return o
		case w = <-current.wires:
			over = w.over
		case err := <-up:
			dialled()
			if up = nil; err != nil {
				o.released, o.ending = true, endingOf(w, err)
				if o.reason == unreachable {
					o.err = err
				}
				return o
			}
		case what := <-current.live:
			if turn != nil {
				turn.done()
			}
			s.observe(what)
			s.log.InfoContext(ctx, "gateway session is ready", "by", string(what))
			since = s.gateway.options.Now()
			s.gateway.set(s.index, Ready)
			dialled()
			limit.Reset(w.left(bounds))
		case <-limit.C:
			dialled()
			switch {
			case w == nil: // dialling has less time; only a proxy's lookup of names can take longer
				current.cancel()
				o.released, o.err = s.released(current, up)
				o.reason = unreachable
				return o
			case since.IsZero():
				w.cut(ending{reason: late})
			case w.left(bounds) > 0:
				limit.Reset(w.left(bounds))
			default:
				w.cut(ending{reason: silent})
			}
		case <-over:
			if !since.IsZero() {
				o.lived = max(s.gateway.options.Now().Sub(since), 1)
			}
			s.gateway.set(s.index, Down)
			var err error
			o.released, err = s.released(current, up)
			o.ending = endingOf(w, err)
			w.cut(ending{reason: given})
			return o
		}
	}
}

// released waits until discordgo has let go of a connection that has ended, for
// a bound. up is nil where Open has returned; else its error is returned.
func (s *shard) released(current *session, up <-chan error) (bool, error) {
	timer := time.NewTimer(s.gateway.options.Bounds.Release)
	defer timer.Stop()
	if up != nil {
		select {
		case err := <-up:
			if err != nil {
				return true, err
			}
		case <-timer.C:
			return false, nil
		}
	}
	select {
	case <-current.gone:
		return true, nil
	case <-timer.C:
		return false, nil
	}
}

// leave closes a session for good: politely where it is up, so that Discord
// shows the bot as offline at once.
func (s *shard) leave(ctx context.Context, current *session, w *wire, up <-chan error, ready bool) {
	bounds := s.gateway.options.Bounds
	if ready && up != nil {
		select {
		case err := <-up: // READY came, so that Open returns now
			if up = nil; err != nil {
				return
			}
		case <-time.After(bounds.Goodbye):
		}
	}
	if up == nil && ready && within(current.goodbye(), bounds.Goodbye) {
		return
	}
	current.cancel() // of dialling
	if w == nil {
		select {
		case w = <-current.wires:
		default:
		}
	}
	if w != nil {
		w.cut(ending{reason: dropped})
	}
	if released, _ := s.released(current, up); !released {
		s.log.ErrorContext(ctx, "gateway session hangs and is left behind")
		s.observe(Stuck)
	}
}

// endingOf returns how a connection ended. err is Open's, where that failed: it
// holds the code of a close that a proxied connection could not see.
func endingOf(w *wire, err error) ending {
	if w == nil {
		return ending{reason: unreachable}
	}
	e := ending{reason: garbled}
	if end := w.end(); end != nil {
		e = *end
	}
	var refused *websocket.CloseError
	if e.code == 0 && errors.As(err, &refused) && refused.Code != websocket.CloseAbnormalClosure {
		e = ending{reason: closed, code: refused.Code}
	}
	return e
}
