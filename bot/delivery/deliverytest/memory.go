package deliverytest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"briefbot/bot"
	"briefbot/bot/digest"
	"briefbot/content"
)

// MemoryStore is a digest.Store in the memory of one process. Several
// deliverers may share one. It is safe for concurrent use.
type MemoryStore struct {
	// Strict has it refuse what a store has to bear and no deliverer may ask,
	// such as the result of a page that was not tried.
	Strict bool

	now func() time.Time

	mu          sync.Mutex
	hook        Hook
	broken      []string // what it was asked that breaks the contract
	editions    []edition
	subs        map[string]*digest.Subscription
	numbers     map[bot.Place]int // the last one given in a channel
	occurrences map[string]*occurrence
	corrected   map[content.Ref]corrected
	subscribed  int // subscriptions and occurrences that there ever were, for their names and order
	queued      int
	lanes       map[string]*lane
	replicas    map[string]time.Time // until when each is there
	untold      map[string]telling   // subscriptions whose creators are to be told
}

var _ digest.Store = (*MemoryStore)(nil)

type edition struct {
	digest.Edition
	fingerprint string
}

type occurrence struct {
	digest.Occurrence
	seq       int
	place     bot.Place
	readyAt   time.Time
	fence     int64 // of who holds it, where it is Sending
	pages     []digest.Page
	carried   []digest.Carried
	langs     []content.Lang
	corrected *correction
}

type correction struct {
	of       string // occurrence
	ref      content.Ref
	revision string
}

// corrected is what an entry was corrected to, and the last edition in which
// that became known.
type corrected struct {
	revision string
	edition  int64
}

type telling struct{ since, at time.Time }

type lane struct {
	replica string
	until   time.Time
	fence   int64
}

// NewMemoryStore returns an empty store. now is its clock.
func NewMemoryStore(now func() time.Time) *MemoryStore {
	return &MemoryStore{
		now: now, hook: func(context.Context, string, bool) error { return nil },
		subs: map[string]*digest.Subscription{}, numbers: map[bot.Place]int{}, occurrences: map[string]*occurrence{},
		corrected: map[content.Ref]corrected{}, lanes: map[string]*lane{}, replicas: map[string]time.Time{}, untold: map[string]telling{},
	}
}

// Hook is asked by each step of the Queue, the method's name: before it is
// taken and, with done, when its effect stands. An error is what the step
// returns.
type Hook func(ctx context.Context, step string, done bool) error

// Fail has steps fail.
func (m *MemoryStore) Fail(hook Hook) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hook = hook
}

// Broken returns what the store was asked that no deliverer may ask.
func (m *MemoryStore) Broken() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.broken)
}

// Occurrences returns all occurrences by id, and the pages of each.
func (m *MemoryStore) Occurrences() (all map[string]digest.Occurrence, pages map[string][]digest.Page) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, pages = map[string]digest.Occurrence{}, map[string][]digest.Page{}
	for id, o := range m.occurrences {
		all[id], pages[id] = o.Occurrence, slices.Clone(o.pages)
	}
	return all, pages
}

// Holders returns who holds each lane that is held now.
func (m *MemoryStore) Holders() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]string{}
	for id, l := range m.lanes {
		if l.until.After(m.now()) {
			all[id] = l.replica
		}
	}
	return all
}

// enter begins a step of the Queue; leave ends it.
func (m *MemoryStore) enter(ctx context.Context, step string) error {
	m.mu.Lock()
	if err := m.hook(ctx, step, false); err != nil {
		return err
	}
	return ctx.Err()
}

func (m *MemoryStore) leave(ctx context.Context, step string, err *error) {
	defer m.mu.Unlock()
	if *err == nil {
		*err = m.hook(ctx, step, true)
	}
}

func (m *MemoryStore) refuse(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	m.broken = append(m.broken, err.Error())
	return err
}

// Subscribe implements digest.Subscriptions.
func (m *MemoryStore) Subscribe(_ context.Context, s digest.Subscription) (digest.Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Place.Platform == "" || s.Place.Channel == "" {
		return digest.Subscription{}, &bot.Error{Kind: bot.Invalid, Message: "A subscription needs a channel."}
	}
	if len(m.inChannel(s.Place)) >= digest.MaxPerChannel {
		return digest.Subscription{}, &bot.Error{Kind: bot.Invalid, Message: fmt.Sprintf("This channel has %d subscriptions, as many as it can have. End one first.", digest.MaxPerChannel)}
	}
	m.numbers[s.Place]++
	m.subscribed++
	s.Number, s.ID = m.numbers[s.Place], fmt.Sprintf("s%d", m.subscribed)
	if s.State != digest.Active {
		s.Next = digest.Slot{}
	}
	s.CreatedAt, s.Revision = m.now(), 1
	if len(m.editions) > 0 {
		s.Edition = m.editions[len(m.editions)-1].Number
	}
	m.subs[s.ID] = &s
	return s, nil
}

func (m *MemoryStore) inChannel(in bot.Place) []digest.Subscription {
	var all []digest.Subscription
	for _, s := range m.subs {
		if s.Place == channelOf(in) {
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b digest.Subscription) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

func channelOf(p bot.Place) bot.Place {
	return bot.Place{Platform: p.Platform, Workspace: p.Workspace, Channel: p.Channel}
}

// InChannel implements digest.Subscriptions.
func (m *MemoryStore) InChannel(_ context.Context, in bot.Place) ([]digest.Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inChannel(in), nil
}

// InWorkspace implements digest.Subscriptions.
func (m *MemoryStore) InWorkspace(_ context.Context, platform, workspace string, limit int) ([]digest.Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []digest.Subscription
	for _, s := range m.subs {
		if s.Place.Platform == platform && s.Place.Workspace == workspace {
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b digest.Subscription) int {
		return cmp.Or(strings.Compare(a.Place.Channel, b.Place.Channel), cmp.Compare(a.Number, b.Number))
	})
	return all[:min(len(all), limit)], nil
}

// Change implements digest.Subscriptions.
func (m *MemoryStore) Change(_ context.Context, s digest.Subscription) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.subs[s.ID]
	if old == nil || old.Revision != s.Revision {
		return false, nil
	}
	old.Settings, old.State, old.Reason, old.Next = s.Settings, s.State, s.Reason, s.Next
	old.Revision++
	if old.State != digest.Active {
		old.Next = digest.Slot{}
		m.skipQueued(s.ID, digest.ReasonPaused)
	}
	return true, nil
}

func (m *MemoryStore) skipQueued(sub string, why digest.Reason) {
	for _, o := range m.occurrences {
		if o.Subscription == sub && o.State == digest.Queued && !begun(o.pages) {
			o.State, o.Reason, o.FinishedAt = digest.Skipped, why, m.now()
		}
	}
}

func begun(pages []digest.Page) bool {
	return slices.ContainsFunc(pages, func(p digest.Page) bool { return p.Post != "" || !p.TriedAt.IsZero() })
}

// Unsubscribe implements digest.Subscriptions.
func (m *MemoryStore) Unsubscribe(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, there := m.subs[id]
	delete(m.subs, id)
	m.skipQueued(id, digest.ReasonUnsubscribed)
	return there, nil
}

// SendNow implements digest.Subscriptions.
func (m *MemoryStore) SendNow(_ context.Context, id string) (digest.Occurrence, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.subs[id]
	if s == nil {
		return digest.Occurrence{}, &bot.Error{Kind: bot.NotFound, Message: "There is no such subscription any more."}
	}
	for _, o := range m.occurrences {
		if o.Subscription == id && o.Kind == digest.Now && unfinished(o) {
			return o.Occurrence, nil
		}
	}
	name := func(at time.Time) string { return fmt.Sprintf("%s/now/%d", id, at.UnixMilli()) }
	at := m.now()
	for m.occurrences[name(at)] != nil {
		at = at.Add(time.Millisecond)
	}
	return m.queue(s, digest.Now, name(at), digest.Slot{At: at}).Occurrence, nil
}

func unfinished(o *occurrence) bool { return o.State == digest.Queued || o.State == digest.Sending }

// queue adds an occurrence, or returns the one that is there.
func (m *MemoryStore) queue(s *digest.Subscription, kind digest.Kind, id string, slot digest.Slot) *occurrence {
	if o := m.occurrences[id]; o != nil {
		return o
	}
	m.queued++
	o := &occurrence{
		Occurrence: digest.Occurrence{ID: id, Subscription: s.ID, Kind: kind, Slot: slot, State: digest.Queued},
		seq:        m.queued, place: s.Place, langs: s.Settings.Langs,
	}
	m.occurrences[id] = o
	return o
}

// History implements digest.Subscriptions.
func (m *MemoryStore) History(_ context.Context, id string, limit int) ([]digest.Occurrence, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []digest.Occurrence
	for _, o := range m.inOrder() {
		if o.Subscription == id {
			all = append(all, o.Occurrence)
		}
	}
	slices.Reverse(all)
	return all[:min(len(all), limit)], nil
}

// inOrder returns all occurrences, the earliest first.
func (m *MemoryStore) inOrder() []*occurrence {
	return slices.SortedFunc(maps.Values(m.occurrences), func(a, b *occurrence) int {
		return cmp.Or(a.Slot.At.Compare(b.Slot.At), cmp.Compare(a.seq, b.seq))
	})
}

// Posted implements digest.Subscriptions.
func (m *MemoryStore) Posted(_ context.Context, in bot.Place, post string) ([]digest.Carried, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.occurrences {
		if o.place == channelOf(in) && slices.ContainsFunc(o.pages, func(p digest.Page) bool { return p.Post == post }) {
			return slices.Clone(o.carried), nil
		}
	}
	return nil, nil
}

// Edition implements digest.Queue.
func (m *MemoryStore) Edition(ctx context.Context, fingerprint string, entries map[content.Ref]string) (_ digest.Edition, err error) {
	defer m.leave(ctx, "Edition", &err)
	if err := m.enter(ctx, "Edition"); err != nil {
		return digest.Edition{}, err
	}
	for _, e := range m.editions {
		if e.fingerprint == fingerprint {
			return e.Edition, nil
		}
	}
	known := map[content.Ref]string{}
	if n := len(m.editions); n > 0 {
		maps.Copy(known, m.editions[n-1].Known)
	}
	maps.Copy(known, entries)
	e := edition{digest.Edition{Number: int64(len(m.editions) + 1), Known: known}, fingerprint}
	m.editions = append(m.editions, e)
	return e.Edition, nil
}

// EditionAt implements digest.Queue.
func (m *MemoryStore) EditionAt(ctx context.Context, number int64) (_ digest.Edition, err error) {
	defer m.leave(ctx, "EditionAt", &err)
	if err := m.enter(ctx, "EditionAt"); err != nil {
		return digest.Edition{}, err
	}
	for _, e := range m.editions {
		if e.Number >= number {
			return e.Edition, nil
		}
	}
	return digest.Edition{}, m.refuse("there is no edition %d", number)
}

// Claim implements digest.Queue.
func (m *MemoryStore) Claim(ctx context.Context, limit int, next func(digest.Subscription, time.Time) digest.Planned) (claimed int, err error) {
	defer m.leave(ctx, "Claim", &err)
	if err := m.enter(ctx, "Claim"); err != nil {
		return 0, err
	}
	for _, s := range m.byNext() {
		if claimed == limit || s.Next.At.After(m.now()) {
			break
		}
		m.queue(s, digest.Scheduled, fmt.Sprintf("%s/%s/%02d%02d", s.ID, s.Next.Date, s.Next.Clock/60, s.Next.Clock%60), s.Next)
		m.move(s, next(*s, m.now()))
		claimed++
	}
	return claimed, nil
}

func (m *MemoryStore) byNext() []*digest.Subscription {
	var all []*digest.Subscription
	for _, s := range m.subs {
		if s.State == digest.Active && !s.Next.At.IsZero() {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *digest.Subscription) int {
		return cmp.Or(a.Next.At.Compare(b.Next.At), strings.Compare(a.ID, b.ID))
	})
	return all
}

func (m *MemoryStore) move(s *digest.Subscription, p digest.Planned) {
	s.Next = p.Next
	s.Revision++
	if p.Reason != "" {
		m.stop(s, p.Reason)
	}
}

func (m *MemoryStore) stop(s *digest.Subscription, why digest.Reason) {
	s.State, s.Reason, s.Next = digest.Stopped, why, digest.Slot{}
	s.Revision++
	m.untold[s.ID] = telling{m.now(), m.now()}
}

// Untold implements digest.Queue.
func (m *MemoryStore) Untold(ctx context.Context, platforms []string, limit int) (all []digest.Untold, err error) {
	defer m.leave(ctx, "Untold", &err)
	if err := m.enter(ctx, "Untold"); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(m.untold)) {
		s, t := m.subs[id], m.untold[id]
		if len(all) == limit || t.at.After(m.now()) || s != nil && !slices.Contains(platforms, s.Place.Platform) {
			continue
		}
		delete(m.untold, id)
		if s != nil && s.State == digest.Stopped {
			all = append(all, digest.Untold{Subscription: *s, Ago: m.now().Sub(t.since)})
		}
	}
	return all, nil
}

// TellLater implements digest.Queue.
func (m *MemoryStore) TellLater(ctx context.Context, u digest.Untold, after time.Duration) (err error) {
	defer m.leave(ctx, "TellLater", &err)
	if err := m.enter(ctx, "TellLater"); err != nil {
		return err
	}
	if s := m.subs[u.Subscription.ID]; s != nil && s.State == digest.Stopped && s.Revision == u.Subscription.Revision {
		if _, ok := m.untold[s.ID]; !ok {
			m.untold[s.ID] = telling{m.now().Add(-u.Ago), m.now().Add(after)}
		}
	}
	return nil
}

// NextDue implements digest.Queue.
func (m *MemoryStore) NextDue(ctx context.Context) (due, now time.Time, err error) {
	defer m.leave(ctx, "NextDue", &err)
	if err := m.enter(ctx, "NextDue"); err != nil {
		return time.Time{}, time.Time{}, err
	}
	if all := m.byNext(); len(all) > 0 {
		due = all[0].Next.At
	}
	return due, m.now(), nil
}

// Replan implements digest.Queue.
func (m *MemoryStore) Replan(ctx context.Context, after string, limit int, next func(digest.Subscription, time.Time) digest.Planned) (last string, err error) {
	defer m.leave(ctx, "Replan", &err)
	if err := m.enter(ctx, "Replan"); err != nil {
		return "", err
	}
	seen := 0
	for _, id := range slices.Sorted(maps.Keys(m.subs)) {
		s := m.subs[id]
		if id <= after || s.State != digest.Active || !s.Next.At.After(m.now()) {
			continue
		}
		if p := next(*s, m.now()); !sameSlot(p.Next, s.Next) || p.Reason != "" {
			m.move(s, p)
		}
		if seen++; seen == limit {
			return id, nil
		}
	}
	return "", nil
}

func sameSlot(a, b digest.Slot) bool {
	return a.Date == b.Date && a.Clock == b.Clock && a.At.Equal(b.At)
}

// Present implements digest.Queue.
func (m *MemoryStore) Present(ctx context.Context, replica string, platforms []string, lease time.Duration) (replicas, lanes int, err error) {
	defer m.leave(ctx, "Present", &err)
	if err := m.enter(ctx, "Present"); err != nil {
		return 0, 0, err
	}
	m.replicas[replica] = m.now().Add(lease)
	for _, until := range m.replicas {
		if until.After(m.now()) {
			replicas++
		}
	}
	return replicas, len(m.working(platforms)), nil
}

// working returns the lanes of some platforms that have work now.
func (m *MemoryStore) working(platforms []string) []string {
	all := map[string]bool{}
	for _, o := range m.occurrences {
		if slices.Contains(platforms, o.place.Platform) && (o.State == digest.Sending || o.State == digest.Queued && !o.readyAt.After(m.now())) {
			all[digest.LaneOf(o.place)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Leave implements digest.Queue.
func (m *MemoryStore) Leave(ctx context.Context, replica string) (err error) {
	defer m.leave(ctx, "Leave", &err)
	if err := m.enter(ctx, "Leave"); err != nil {
		return err
	}
	delete(m.replicas, replica)
	for _, l := range m.lanes {
		if l.replica == replica {
			l.replica, l.until = "", time.Time{}
		}
	}
	return nil
}

// Acquire implements digest.Queue.
func (m *MemoryStore) Acquire(ctx context.Context, replica string, platforms []string, lease time.Duration, limit int) (acquired []digest.Lane, err error) {
	defer m.leave(ctx, "Acquire", &err)
	if err := m.enter(ctx, "Acquire"); err != nil {
		return nil, err
	}
	for _, id := range m.working(platforms) {
		if len(acquired) == limit {
			break
		}
		l := m.lanes[id]
		if l == nil {
			l = &lane{}
			m.lanes[id] = l
		}
		if l.until.After(m.now()) {
			continue
		}
		l.replica, l.until, l.fence = replica, m.now().Add(lease), l.fence+1
		acquired = append(acquired, digest.Lane{ID: id, Replica: replica, Fence: l.fence})
	}
	return acquired, nil
}

// held returns ErrFenced where a lane was lost.
func (m *MemoryStore) held(l digest.Lane) error {
	if row := m.lanes[l.ID]; row == nil || row.fence != l.Fence || row.replica != l.Replica || !row.until.After(m.now()) {
		return digest.ErrFenced
	}
	return nil
}

// Renew implements digest.Queue.
func (m *MemoryStore) Renew(ctx context.Context, l digest.Lane, lease time.Duration) (err error) {
	defer m.leave(ctx, "Renew", &err)
	if err := m.enter(ctx, "Renew"); err != nil {
		return err
	}
	if err := m.held(l); err != nil {
		return err
	}
	m.lanes[l.ID].until = m.now().Add(lease)
	return nil
}

// Release implements digest.Queue.
func (m *MemoryStore) Release(ctx context.Context, l digest.Lane) (err error) {
	defer m.leave(ctx, "Release", &err)
	if err := m.enter(ctx, "Release"); err != nil {
		return err
	}
	if row := m.lanes[l.ID]; row != nil && row.fence == l.Fence {
		row.replica, row.until = "", time.Time{}
	}
	return nil
}

// Take implements digest.Queue.
func (m *MemoryStore) Take(ctx context.Context, l digest.Lane, limit int) (jobs []digest.Job, err error) {
	defer m.leave(ctx, "Take", &err)
	if err := m.enter(ctx, "Take"); err != nil {
		return nil, err
	}
	if err := m.held(l); err != nil {
		return nil, err
	}
	busy, waiting := map[bot.Place]bool{}, map[bot.Place]bool{} // channels with one under way, or with a digest that comes before its others
	open := slices.SortedStableFunc(slices.Values(m.open(l)), func(a, b *occurrence) int {
		if rank(a) != rank(b) || rank(a) == 1 {
			return rank(a) - rank(b)
		}
		return min(b.Attempts, 1) - min(a.Attempts, 1)
	})
	for _, o := range open {
		if o.State == digest.Sending && o.fence == l.Fence {
			busy[o.place] = true
		}
	}
	for _, o := range open {
		ready := (o.State == digest.Sending || !o.readyAt.After(m.now())) && !busy[o.place]
		if rank(o) == 0 {
			ready = ready && !waiting[o.place]
			waiting[o.place] = true
		}
		if !ready {
			continue
		}
		busy[o.place] = true
		if len(jobs) == limit {
			continue
		}
		o.State, o.fence = digest.Sending, l.Fence
		o.Attempts++
		jobs = append(jobs, m.job(o))
	}
	return jobs, nil
}

// open returns what is not finished in a lane, the earliest first.
func (m *MemoryStore) open(l digest.Lane) []*occurrence {
	return slices.DeleteFunc(m.inOrder(), func(o *occurrence) bool {
		return digest.LaneOf(o.place) != l.ID || !unfinished(o)
	})
}

// rank is 0 for a digest and 1 for a correction, which comes after all digests.
func rank(o *occurrence) int {
	if o.Kind == digest.Correction {
		return 1
	}
	return 0
}

func (m *MemoryStore) job(o *occurrence) digest.Job {
	j := digest.Job{Occurrence: o.Occurrence, Pages: slices.Clone(o.pages), Carried: slices.Clone(o.carried), Now: m.now()}
	if s := m.subs[o.Subscription]; s != nil {
		j.Subscription = *s
		j.Told = m.told(s)
	}
	if c := o.corrected; c != nil {
		of := m.occurrences[c.of]
		j.Corrects = &digest.Correcting{Ref: c.ref, Revision: c.revision, Pages: slices.Clone(of.pages), Carried: slices.Clone(of.carried)}
	}
	return j
}

// told returns what the channel of s was told after its edition.
func (m *MemoryStore) told(s *digest.Subscription) []digest.Carried {
	var all []digest.Carried
	for _, o := range m.inOrder() {
		another := o.Subscription != s.ID || o.Kind == digest.Correction
		common := slices.ContainsFunc(o.langs, func(l content.Lang) bool { return slices.Contains(s.Settings.Langs, l) })
		if o.State == digest.Sent && o.place == s.Place && o.Edition > s.Edition && another && common {
			all = append(all, o.carried...)
		}
	}
	return all
}

// Compose implements digest.Queue.
func (m *MemoryStore) Compose(ctx context.Context, l digest.Lane, jobs []digest.Job) (err error) {
	defer m.leave(ctx, "Compose", &err)
	if err := m.enter(ctx, "Compose"); err != nil {
		return err
	}
	if err := m.held(l); err != nil {
		return err
	}
	for _, j := range jobs {
		o, err := m.sending(l, j.Occurrence.ID)
		if err != nil {
			return err
		}
		if m.Strict && begun(o.pages) {
			return m.refuse("%s is composed anew after it was begun", o.ID)
		}
		o.pages, o.carried, o.Edition = slices.Clone(j.Pages), slices.Clone(j.Carried), j.Occurrence.Edition
	}
	return nil
}

func (m *MemoryStore) sending(l digest.Lane, id string) (*occurrence, error) {
	o := m.occurrences[id]
	if o == nil || o.State != digest.Sending || o.fence != l.Fence {
		return nil, m.refuse("%s is not being sent by %s", id, l.Replica)
	}
	return o, nil
}

// Try implements digest.Queue.
func (m *MemoryStore) Try(ctx context.Context, l digest.Lane, pages []digest.Attempt) (err error) {
	defer m.leave(ctx, "Try", &err)
	if err := m.enter(ctx, "Try"); err != nil {
		return err
	}
	if err := m.held(l); err != nil {
		return err
	}
	for _, a := range pages {
		o, err := m.sending(l, a.Occurrence)
		if err != nil {
			return err
		}
		if a.Page < 0 || a.Page >= len(o.pages) || o.pages[a.Page].Post != "" {
			return m.refuse("page %d of %s is not to be posted", a.Page, a.Occurrence)
		}
		if p := &o.pages[a.Page]; p.TriedAt.IsZero() {
			p.TriedAt = m.now()
		}
	}
	return nil
}

// Record implements digest.Queue.
func (m *MemoryStore) Record(ctx context.Context, l digest.Lane, results []digest.Result) (err error) {
	defer m.leave(ctx, "Record", &err)
	if err := m.enter(ctx, "Record"); err != nil {
		return err
	}
	if row := m.lanes[l.ID]; row == nil || row.fence != l.Fence || row.replica != l.Replica {
		m.standLate(l, results)
		return digest.ErrFenced // what was posted is better known than not, also after the lease
	}
	for _, r := range results {
		if err := m.record(l, r); err != nil {
			return err
		}
	}
	return nil
}

// standLate notes what stands of pages that had been tried.
func (m *MemoryStore) standLate(l digest.Lane, results []digest.Result) {
	for _, r := range results {
		o := m.occurrences[r.Occurrence]
		if o == nil || digest.LaneOf(o.place) != l.ID {
			continue
		}
		for _, posted := range r.Posted {
			if posted.Page < len(o.pages) && o.pages[posted.Page].Post == "" && !o.pages[posted.Page].TriedAt.IsZero() {
				o.pages[posted.Page].Thread, o.pages[posted.Page].Post = posted.Thread, posted.Post
			}
		}
	}
}

func (m *MemoryStore) record(l digest.Lane, r digest.Result) error {
	o := m.occurrences[r.Occurrence]
	switch {
	case o == nil, digest.LaneOf(o.place) != l.ID:
		if !m.Strict {
			return nil
		}
		return m.refuse("%s is not of the lane %s", r.Occurrence, l.ID)
	}
	for _, posted := range r.Posted {
		if err := m.post(o, posted); err != nil {
			return err
		}
	}
	for _, i := range r.NotPosted {
		if o.pages[i].Post == "" {
			o.pages[i].TriedAt = time.Time{}
		}
	}
	if o.State != digest.Sending || o.fence != l.Fence || r.State == "" || r.State == digest.Sending {
		return nil // recorded before, or a part
	}
	s := m.subs[o.Subscription]
	o.State, o.Reason = r.State, r.Reason
	switch r.State {
	case digest.Queued:
		o.readyAt = m.now().Add(r.RetryAfter)
	case digest.Sent, digest.Skipped, digest.Failed:
		o.FinishedAt = m.now()
		m.tell(o, s)
	case digest.Sending:
	default:
		return m.refuse("%q is no state", r.State)
	}
	if r.Stop != "" && s != nil {
		m.stop(s, r.Stop)
		m.skipQueued(s.ID, digest.ReasonPaused)
	}
	return nil
}

// tell notes what a channel knows after an occurrence is finished.
func (m *MemoryStore) tell(o *occurrence, s *digest.Subscription) {
	switch {
	case o.corrected != nil && o.State == digest.Sent:
		for i, c := range m.occurrences[o.corrected.of].carried {
			if c.Ref == o.corrected.ref {
				m.occurrences[o.corrected.of].carried[i].Revision = o.corrected.revision
			}
		}
	case o.corrected != nil || s == nil:
	case o.State == digest.Sent:
		s.SentAt = m.now()
		s.Edition = max(s.Edition, o.Edition)
		for _, c := range o.carried {
			if now, ok := m.corrected[c.Ref]; ok && now.edition > o.Edition && now.revision != c.Revision {
				m.correct(s, o, c.Ref, now.revision)
			}
		}
	case o.Reason == digest.ReasonEmpty:
		s.Edition = max(s.Edition, o.Edition)
	}
}

func (m *MemoryStore) post(o *occurrence, posted digest.Posted) error {
	if posted.Page < 0 || posted.Page >= len(o.pages) {
		return m.refuse("%s has no page %d", o.ID, posted.Page)
	}
	p := &o.pages[posted.Page]
	if m.Strict && p.TriedAt.IsZero() {
		return m.refuse("page %d of %s was posted without a record before", posted.Page, o.ID)
	}
	p.Thread, p.Post = posted.Thread, posted.Post
	if posted.Text != nil {
		p.Page = *posted.Text
	}
	return nil
}

// Correct implements digest.Queue.
func (m *MemoryStore) Correct(ctx context.Context, ref content.Ref, revision string, since time.Time, after string, limit int) (queued int, last string, err error) {
	defer m.leave(ctx, "Correct", &err)
	if err := m.enter(ctx, "Correct"); err != nil {
		return 0, "", err
	}
	if known := m.knownAt(ref, revision); after == "" && known > m.corrected[ref].edition {
		m.corrected[ref] = corrected{revision, known}
	}
	looked := 0
	for _, id := range slices.Sorted(maps.Keys(m.occurrences)) {
		o := m.occurrences[id]
		at := slices.IndexFunc(o.carried, func(c digest.Carried) bool { return c.Ref == ref })
		if id <= after || at < 0 {
			continue
		}
		if looked == limit {
			return queued, last, nil
		}
		looked, last = looked+1, id
		s := m.subs[o.Subscription]
		if s == nil || o.State != digest.Sent || o.Kind == digest.Correction || o.FinishedAt.Before(since) || o.carried[at].Revision == revision {
			continue
		}
		if m.correct(s, o, ref, revision) {
			queued++
		}
	}
	return queued, "", nil
}

// knownAt is the last edition in which an entry became known in a revision.
func (m *MemoryStore) knownAt(ref content.Ref, revision string) (number int64) {
	before := ""
	for _, e := range m.editions {
		if e.Known[ref] == revision && before != revision {
			number = e.Number
		}
		before = e.Known[ref]
	}
	return number
}

// correct queues the correction of a digest; it reports false where there is
// one.
func (m *MemoryStore) correct(s *digest.Subscription, of *occurrence, ref content.Ref, revision string) bool {
	id := correctionID(of.ID, ref, revision)
	if m.occurrences[id] != nil {
		return false
	}
	m.queue(s, digest.Correction, id, digest.Slot{At: m.now()}).corrected = &correction{of: of.ID, ref: ref, revision: revision}
	return true
}

// Waiting implements digest.Queue.
func (m *MemoryStore) Waiting(ctx context.Context) (occurrences, lanes int, err error) {
	defer m.leave(ctx, "Waiting", &err)
	if err := m.enter(ctx, "Waiting"); err != nil {
		return 0, 0, err
	}
	all := map[string]bool{}
	for _, o := range m.occurrences {
		if unfinished(o) {
			occurrences++
			all[digest.LaneOf(o.place)] = true
		}
	}
	return occurrences, len(all), nil
}
