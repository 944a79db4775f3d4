package shelf

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"briefbot/bot"
	"briefbot/content"
	"briefbot/content/search"
)

// faultsLogged bounds a record of the log: one mistake can have thousands of
// faults, and "briefbot check" lists them all.
const faultsLogged = 50

// Faults is the error of content that cannot be served, a line each.
type Faults []string

func (f Faults) Error() string { return strings.Join(f, "\n") }

// Load reads the content as it is now. faults, a line each, keep it from
// being served; the library counts only where there are none.
type Load func(ctx context.Context) (library *content.Library, faults []string)

// State is what is known of the content being served.
type State struct {
	Fingerprint string    // of the library, embargoed briefings and drafts included
	Briefings   int       // that can be read now
	Entries     int       // that can be read now
	LoadedAt    time.Time // when this library was loaded
	Faults      []string  // that kept the newest change out; none where it was taken over
}

// Options are what a Keeper needs.
type Options struct {
	Load Load
	Log  *slog.Logger
	Now  func() time.Time
}

// Keeper holds the current Shelf. Shelf and State are safe for concurrent
// use and never wait.
type Keeper struct {
	load Load
	log  *slog.Logger
	now  func() time.Time

	shelf atomic.Pointer[bot.Shelf]
	state atomic.Pointer[State]

	// Only Open and then Run touch these.
	library *content.Library // drafts and embargoed briefings included
	next    time.Time        // when the next embargo ends, zero for never
}

var _ bot.Shelves = (*Keeper)(nil)

// Open loads content for the first time. Bad content never starts a server:
// with faults there is no Keeper, and the error is Faults.
func Open(ctx context.Context, o Options) (*Keeper, error) {
	library, faults := o.Load(ctx)
	if len(faults) > 0 {
		return nil, Faults(faults)
	}
	k := &Keeper{load: o.Load, log: o.Log, now: o.Now}
	k.take(library, search.Build)
	return k, nil
}

// Shelf implements bot.Shelves.
func (k *Keeper) Shelf() bot.Shelf { return *k.shelf.Load() }

// State returns what is known of the content being served.
func (k *Keeper) State() State { return *k.state.Load() }

// Run reloads the content at every change and ends embargoes, until ctx
// ends. Requests go on meanwhile with what was there before.
func (k *Keeper) Run(ctx context.Context, changes <-chan struct{}) {
	for {
		timer := time.NewTimer(k.untilNext())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-changes:
			k.reload(ctx)
		case <-timer.C:
			if !k.next.IsZero() && !k.now().Before(k.next) {
				k.endEmbargo(ctx)
			}
		}
		timer.Stop()
	}
}

func (k *Keeper) endEmbargo(ctx context.Context) {
	k.show(k.library, k.State(), search.Rebuild)
	k.log.InfoContext(ctx, "embargo ended", "briefings", k.State().Briefings)
}

// untilNext returns how long to sleep. The clock is looked at once a minute
// at least: while a machine sleeps, or when its clock is set, timers are late.
func (k *Keeper) untilNext() time.Duration {
	const most = time.Minute
	if k.next.IsZero() {
		return most
	}
	return min(max(k.next.Sub(k.now()), 0), most)
}

// reload takes the content over as it is now. Whatever happens to it on the
// way, what is being served stays.
func (k *Keeper) reload(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			k.log.ErrorContext(ctx, "loading content panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			k.refuse(ctx, []string{"the content cannot be loaded: a fault of the program, which its log tells"})
		}
	}()
	library, faults := k.load(ctx)
	switch {
	case ctx.Err() != nil:
	case len(faults) > 0:
		k.refuse(ctx, faults)
	case library.Fingerprint() == k.library.Fingerprint():
		state := k.State()
		state.Faults = nil
		k.state.Store(&state)
	default:
		k.take(library, search.Rebuild)
		state := k.State()
		k.log.InfoContext(ctx, "content reloaded", "fingerprint", state.Fingerprint, "briefings", state.Briefings, "entries", state.Entries)
	}
}

// refuse keeps the old content and notes what is wrong with the new.
func (k *Keeper) refuse(ctx context.Context, faults []string) {
	state := k.State()
	if !slices.Equal(state.Faults, faults) {
		k.log.ErrorContext(ctx, "changed content refused, the old one stays", "errors", len(faults), "faults", faults[:min(len(faults), faultsLogged)])
	}
	state.Faults = faults
	k.state.Store(&state)
}

// take serves a library that was just loaded.
func (k *Keeper) take(library *content.Library, build func(*content.Library) *search.Index) {
	k.show(library, State{Fingerprint: library.Fingerprint(), LoadedAt: k.now()}, build)
}

// show puts on the shelf what may be read now. The state follows the shelf:
// who sees a change announced finds it there.
func (k *Keeper) show(library *content.Library, state State, build func(*content.Library) *search.Index) {
	visible, next := library.VisibleAt(k.now())
	shown := &bot.Shelf{Library: visible, Index: build(visible)}
	k.library, k.next = library, next
	k.shelf.Store(shown)
	state.Briefings, state.Entries = len(visible.Briefings()), visible.Len()
	k.state.Store(&state)
}
