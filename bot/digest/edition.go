package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"sync"

	"briefbot/content"
)

// told is what readers are told of an entry: a change to anything else of it
// is no news.
type told struct {
	Title, Answer content.Text
	Slots         map[content.Slot]content.Text
	Items         []toldItem
	Dates         []content.Span
	From, Until   content.Date
	Sources       []toldSource
	Corrections   []content.Correction
}

type toldItem struct{ Title, Text content.Text }

type toldSource struct {
	Publisher, Title content.Text
	Date             content.Date
	URL              string
}

// Revision identifies what readers are told of an entry, in 16 hexadecimal
// digits. The last two are how many corrections it has had, at most 255, so
// that it can be told what has been corrected since.
func Revision(b *content.Briefing, e *content.Entry) string {
	t := told{
		Title: e.Title, Answer: e.Answer, Slots: e.Slots, Dates: e.Dates,
		From: e.ValidFrom, Until: e.ValidUntil, Corrections: e.Corrections,
	}
	for _, item := range e.Items {
		t.Items = append(t.Items, toldItem{Title: item.Title, Text: item.Text})
	}
	for _, id := range e.Sources {
		if s := b.Source(id); s != nil {
			t.Sources = append(t.Sources, toldSource{Publisher: s.Publisher, Title: s.Title, Date: s.Date, URL: s.URL})
		}
	}
	text, _ := json.Marshal(t) // always encodes
	sum := sha256.Sum256(text)
	return hex.EncodeToString(append(sum[:7], byte(min(len(e.Corrections), 255))))
}

// Corrections returns how many corrections an entry had at a revision.
func Corrections(revision string) int {
	if len(revision) != 16 {
		return 0
	}
	n, _ := strconv.ParseUint(revision[14:], 16, 8)
	return int(n)
}

// Revisions returns the revision of every entry of a library.
func Revisions(l *content.Library) map[content.Ref]string {
	all := make(map[content.Ref]string, l.Len())
	for ref, f := range entries(l) {
		all[ref] = Revision(f.briefing, f.entry)
	}
	return all
}

// PreviewKnown returns an edition that knows all of a library but its n latest
// entries, so that a digest of what is new has something to show.
func PreviewKnown(l *content.Library, n int) Edition {
	known := Edition{Known: Revisions(l)}
	for ref := range entries(l) {
		if n--; n < 0 {
			break
		}
		delete(known.Known, ref)
	}
	return known
}

// Change is an entry that differs from what an edition knows.
type Change struct {
	Ref      content.Ref
	Revision string // now
	Known    string // "" for a new entry
}

// Changes returns the entries of a library that an edition does not know as
// they are, in the library's order. now is the library's own edition, or zero
// where it has none: one that is not later than known has nothing new, whatever
// it holds.
func Changes(known, now Edition, l *content.Library) []Change {
	if now.Number != 0 && now.Number <= known.Number {
		return nil
	}
	var all []Change
	for ref, f := range entries(l) {
		revision := now.Known[ref]
		if revision == "" {
			revision = Revision(f.briefing, f.entry)
		}
		if before := known.Known[ref]; before != revision {
			all = append(all, Change{Ref: ref, Revision: revision, Known: before})
		}
	}
	return all
}

// News remembers the changes between editions: all digests that are due at
// once ask for the same few. It is safe for concurrent use and of use when
// zero.
type News struct {
	mu   sync.Mutex
	kept map[[2]int64][]Change // by known and now
}

// maxNews bounds what is remembered. Subscriptions know one of the latest few
// editions.
const maxNews = 64

// Changes is the function of that name. What it returns must not be changed.
func (n *News) Changes(known, now Edition, l *content.Library) []Change {
	if n == nil || known.Number == 0 || now.Number == 0 {
		return Changes(known, now, l)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := [2]int64{known.Number, now.Number}
	changes, ok := n.kept[key]
	if !ok {
		changes = Changes(known, now, l)
		if n.kept == nil || len(n.kept) >= maxNews {
			n.kept = map[[2]int64][]Change{}
		}
		n.kept[key] = changes
	}
	return changes
}

// found is an entry with where it stands.
type found struct {
	ref      content.Ref
	briefing *content.Briefing
	entry    *content.Entry
}

// entries walks a library in its order.
func entries(l *content.Library) func(yield func(content.Ref, found) bool) {
	return func(yield func(content.Ref, found) bool) {
		for _, b := range l.Briefings() {
			for i := range b.Entries {
				ref := content.Ref{Briefing: b.ID, Entry: b.Entries[i].ID}
				if !yield(ref, found{ref: ref, briefing: b, entry: &b.Entries[i]}) {
					return
				}
			}
		}
	}
}

// correctedSince returns the corrections of an entry that a revision of it does
// not have, the earliest first.
func correctedSince(e *content.Entry, revision string) []content.Correction {
	sorted := slices.SortedStableFunc(slices.Values(e.Corrections), func(a, b content.Correction) int { return a.Date.Compare(b.Date) })
	return sorted[min(Corrections(revision), len(sorted)):]
}
