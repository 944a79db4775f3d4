package content

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Ref names an entry across briefings.
type Ref struct{ Briefing, Entry string }

// String returns "briefing/entry".
func (r Ref) String() string { return r.Briefing + "/" + r.Entry }

// ParseRef reads "briefing/entry"; ok is false for anything else.
func ParseRef(s string) (ref Ref, ok bool) {
	briefing, entry, ok := strings.Cut(s, "/")
	if !ok || briefing == "" || entry == "" || strings.Contains(entry, "/") {
		return Ref{}, false
	}
	return Ref{Briefing: briefing, Entry: entry}, true
}

// ResolveRef reads a reference as editors write it inside a briefing: "id"
// of the same briefing or "briefing/id".
func ResolveRef(briefing, s string) Ref {
	if ref, ok := ParseRef(s); ok {
		return ref
	}
	return Ref{Briefing: briefing, Entry: s}
}

// Library is all briefings as one immutable snapshot. It is replaced whole
// when content changes and is safe for concurrent use. What it returns must
// not be changed.
type Library struct {
	briefings   []*Briefing // newest first, then by id
	byID        map[string]*Briefing
	entries     map[Ref]*Entry
	successors  map[Ref]Ref
	fingerprint string
}

// NewLibrary makes a library of briefings that have been checked. It takes
// ownership of them.
func NewLibrary(briefings []*Briefing) *Library {
	l := &Library{
		briefings:  slices.Clone(briefings),
		byID:       map[string]*Briefing{},
		entries:    map[Ref]*Entry{},
		successors: map[Ref]Ref{},
	}
	slices.SortFunc(l.briefings, func(a, b *Briefing) int {
		if c := b.Published.Compare(a.Published); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, b := range l.briefings {
		l.byID[b.ID] = b
		for i := range b.Entries {
			e := &b.Entries[i]
			ref := Ref{Briefing: b.ID, Entry: e.ID}
			l.entries[ref] = e
			for _, old := range e.Supersedes {
				l.successors[ResolveRef(b.ID, old)] = ref
			}
		}
	}
	l.fingerprint = fingerprint(l.briefings)
	return l
}

// fingerprint is the same for the same content in whatever files it stands.
func fingerprint(briefings []*Briefing) string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, b := range briefings {
		_ = enc.Encode(b) // a Briefing always encodes, and a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Fingerprint identifies the content: 16 hexadecimal digits.
func (l *Library) Fingerprint() string { return l.fingerprint }

// Briefings returns all briefings, the newest first.
func (l *Library) Briefings() []*Briefing { return l.briefings }

// Briefing returns the briefing with the id, or nil.
func (l *Library) Briefing(id string) *Briefing { return l.byID[id] }

// Entry returns the entry and its briefing, or nil and nil.
func (l *Library) Entry(ref Ref) (*Briefing, *Entry) {
	e := l.entries[ref]
	if e == nil {
		return nil, nil
	}
	return l.byID[ref.Briefing], e
}

// Len returns how many entries the library holds.
func (l *Library) Len() int { return len(l.entries) }

// Successor returns the entry that replaces ref; ok is false where none
// does.
func (l *Library) Successor(ref Ref) (next Ref, ok bool) {
	next, ok = l.successors[ref]
	return next, ok
}

// VisibleAt returns the library without drafts and without briefings whose
// embargo ends after now. next is the instant at which the first of those
// embargoes ends, zero where there is none.
func (l *Library) VisibleAt(now time.Time) (visible *Library, next time.Time) {
	var shown []*Briefing
	for _, b := range l.briefings {
		switch {
		case b.Status == Draft:
		case b.PublishAt.After(now):
			if next.IsZero() || b.PublishAt.Before(next) {
				next = b.PublishAt
			}
		default:
			shown = append(shown, b)
		}
	}
	if len(shown) == len(l.briefings) {
		return l, next
	}
	return NewLibrary(shown), next
}

// AsOfEntry returns the date up to which the entry is known to hold: its own or
// that of its briefing.
func (b *Briefing) AsOfEntry(e *Entry) Date {
	if !e.AsOf.IsZero() {
		return e.AsOf
	}
	return b.AsOf
}

// Source returns the source with the id, or nil.
func (b *Briefing) Source(id string) *Source {
	for i := range b.Sources {
		if b.Sources[i].ID == id {
			return &b.Sources[i]
		}
	}
	return nil
}
