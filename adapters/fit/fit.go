package fit

import (
	"sort"
	"strings"

	"briefbot/bot"
)

// MaxPages is the number of pages that a message may have. At 4,000 characters
// a page they hold some 400,000, far more than an answer has; beyond lies an
// attack or a mistake.
const MaxPages = 99

// Span is a part of a text, in bytes: text[Start:End].
type Span struct{ Start, End int }

// Options say what a platform takes.
type Options struct {
	// Fits reports whether the platform takes the page as its adapter renders
	// it. What fits must fit with less, and an empty page fits.
	//
	// While pages are tried their number is not known. They are asked for as
	// page 98 of 99, which has pages on both sides and a number as wide as any;
	// no other number may cost more.
	Fits func(bot.Page) bool

	// Keep returns the parts of a text that should not be broken, such as the
	// names of a glossary. It may be nil, and is called only for a text that
	// may have to be broken.
	Keep func(text string) []Span
}

// Pages splits a message into pages that fit, at least one; their language is
// the caller's to set. Title, URL and Actions are on every page: an adapter
// that posts pages one after another leaves out what it does not want twice.
// Where MaxPages are full the last page has a note "…".
//
// The message is not changed; pages share its slices. A message that fits
// costs one call of Fits and is handed back as it is. Otherwise bytes that are
// no UTF-8 become replacement characters.
func Pages(m bot.Message, o Options) []bot.Page {
	whole := bot.Page{Message: m, Number: 1, Of: 1}
	if o.Fits(whole) {
		return []bot.Page{whole}
	}
	p := &pager{Options: o, message: m, leaves: leavesOf(m)}
	p.message.Title = strings.ToValidUTF8(m.Title, replacement)
	pages := p.pages()
	for i := range pages {
		pages[i].Number, pages[i].Of = i+1, len(pages)
	}
	return pages
}

// pager lays the leaves of a message on pages, each filled before the next.
type pager struct {
	Options
	message bot.Message
	leaves  []*leaf
	lost    bool // something was left out that no page tells of yet
}

// place is where a page may end: before a cut of a leaf. Cut 0 is its start.
type place struct{ leaf, cut int }

// frame is what stands on a page beside its text.
type frame struct {
	title   bool
	actions int
	more    bool // the note that something was left out
}

func (p *pager) pages() []bot.Page {
	p.settleTitle()
	var pages []bot.Page
	at := place{}
	for at != p.end() {
		var f frame
		var worst kind
		var ok bool
		at, f, worst, ok = p.begin(at)
		if !ok {
			p.lost = true
			break
		}
		last := len(pages) == MaxPages-1 && !p.fits(f, at, p.end())
		if last {
			p.lost = true
			if with, level, ok := p.start(at, true); ok {
				f, worst = with, level
			}
		}
		to := p.fill(f, at, worst)
		pages = append(pages, p.final(f, at, to))
		if last {
			return pages
		}
		at = to
	}
	if len(pages) == 0 {
		f, _ := p.frame(at, at, false)
		return append(pages, p.final(f, at, at))
	}
	if p.lost {
		pages[len(pages)-1].Cut = true
	}
	return pages
}

// final returns a page that is not tried but meant.
func (p *pager) final(f frame, from, to place) bot.Page {
	page := p.page(f, from, to)
	page.Cut, p.lost = p.lost, false
	return page
}

// settleTitle makes the title the first paragraph where the first page has no
// room for it.
func (p *pager) settleTitle() {
	if p.message.Title == "" {
		return
	}
	if _, f, _, ok := p.begin(place{}); ok && f.title {
		return
	}
	title := paragraphLeaf(bot.Paragraph{Text: p.message.Title})
	p.leaves = append([]*leaf{title}, p.leaves...)
	p.message.Title, p.message.URL = "", ""
}

// begin finds out how a page can begin at a place. Where it can't, it gives up
// what there is beside text.
func (p *pager) begin(at place) (from place, f frame, worst kind, ok bool) {
	for {
		if f, worst, ok = p.start(at, false); ok {
			return at, f, worst, true
		}
		if at, ok = p.giveUp(at); !ok {
			return at, f, worst, false
		}
	}
}

// start finds out how the smallest piece behind at fits a page: what stands
// beside it, and the worst kind of break that is needed to get it on the page.
func (p *pager) start(at place, more bool) (f frame, worst kind, ok bool) {
	if at == p.end() {
		f, ok = p.frame(at, at, more)
		return f, afterLead, ok
	}
	tried := at
	for worst = afterLead; worst <= inCharacter; worst++ {
		to := p.next(at, worst)
		if to == tried {
			continue
		}
		if f, ok = p.frame(at, to, more); ok {
			return f, worst, true
		}
		tried = to
	}
	return frame{}, 0, false
}

// frame returns the richest frame in which a piece fits.
func (p *pager) frame(from, to place, more bool) (f frame, ok bool) {
	all := len(p.message.Actions)
	f = frame{title: true, actions: all, more: more}
	if p.fits(f, from, to) {
		return f, true
	}
	if !p.fits(frame{more: more}, from, to) {
		return frame{}, false
	}
	f.title = false
	f.actions -= sort.Search(all, func(n int) bool {
		return p.fits(frame{actions: all - n, more: more}, from, to)
	})
	return f, true
}

// giveUp makes the leaf at a place smaller by what is no text of it, if there
// is any such thing.
func (p *pager) giveUp(at place) (next place, ok bool) {
	if at == p.end() {
		return at, false
	}
	l := p.leaves[at.leaf]
	if at.cut == 0 && (l.item.URL != "" || l.item.Action != nil) {
		l.item = bot.ListItem{}
		p.lost = true
		return at, true
	}
	if l.form == sourceForm {
		rest := l.source(at.cut, wholeLeaf)
		if rest.URL != "" || !rest.Date.IsZero() {
			p.leaves[at.leaf] = sourceLeaf(inWords(rest))
			return place{leaf: at.leaf}, true
		}
	}
	return at, false
}

// fill returns where the page that begins at a place ends.
func (p *pager) fill(f frame, at place, worst kind) place {
	end := at
	if n := most(len(p.leaves)-at.leaf, func(n int) bool { return p.fits(f, at, place{leaf: at.leaf + n}) }); n > 0 {
		end = place{leaf: at.leaf + n}
		worst = afterLead
	}
	if end == p.end() {
		return end
	}
	inner := []place{end} // and the places behind it in its leaf, as far as they are needed
	n := most(len(p.cuts(end.leaf)), func(n int) bool {
		for len(inner) <= n {
			to := p.next(inner[len(inner)-1], worst)
			if to.leaf != end.leaf {
				return false
			}
			inner = append(inner, to)
		}
		return p.fits(f, at, inner[n])
	})
	end = inner[n]
	if best := p.best(at, end); p.fits(f, at, best) { // less, but a renderer may have its whims
		return best
	}
	return end
}

// best returns the best place to end a page that could go on to end.
func (p *pager) best(at, end place) place {
	if end.cut == 0 && p.before(end.leaf) == atBlock {
		return end
	}
	half := (p.weight(at, end) + 1) / 2
	best, bestKind := end, p.kindOf(end)
	early, found := end, false
	consider := func(to place, k kind, weight int) {
		switch {
		case weight >= half && k <= bestKind:
			best, bestKind = to, k
		case weight < half && k < afterLead:
			early, found = to, true
		}
	}
	above := p.weight(at, place{leaf: at.leaf}) // less than 0 in a leaf that was begun before
	for i := at.leaf; i <= end.leaf; i++ {
		if i > at.leaf {
			consider(place{leaf: i}, p.before(i), above)
		}
		if i == len(p.leaves) {
			break
		}
		cuts := p.cuts(i)
		first, last := 1, len(cuts)-1
		if i == at.leaf {
			first = at.cut + 1
		}
		if i == end.leaf {
			last = end.cut
		}
		heading := p.leaves[i].leads && i < end.leaf
		for c := first; c <= last; c++ {
			k := cuts[c].kind
			if heading && k > atSentence {
				k = max(k, afterLead)
			}
			consider(place{leaf: i, cut: c}, k, above+cuts[c].weight)
		}
		above += p.leaves[i].weight
	}
	if bestKind == afterLead && found {
		return early
	}
	return best
}

// next returns the first place behind at that breaks nothing worse than worst.
func (p *pager) next(at place, worst kind) place {
	cuts := p.cuts(at.leaf)
	for c := at.cut + 1; c < len(cuts); c++ {
		if cuts[c].kind <= worst {
			return place{leaf: at.leaf, cut: c}
		}
	}
	return place{leaf: at.leaf + 1}
}

func (p *pager) cuts(leaf int) []cut {
	l := p.leaves[leaf]
	if l.cuts == nil {
		l.cut(p.Keep)
	}
	return l.cuts
}

// before returns the kind of the break before a leaf.
func (p *pager) before(leaf int) kind {
	if p.leaves[leaf-1].leads {
		return afterLead
	}
	return atBlock
}

func (p *pager) kindOf(at place) kind {
	if at.cut > 0 {
		return p.cuts(at.leaf)[at.cut].kind
	}
	return p.before(at.leaf)
}

// weight measures what stands between two places: code points, and one for
// each leaf so that none weighs nothing.
func (p *pager) weight(from, to place) int {
	w := 0
	for i := from.leaf; i < to.leaf; i++ {
		w += p.leaves[i].weight
	}
	if to.cut > 0 {
		w += p.cuts(to.leaf)[to.cut].weight
	}
	if from.cut > 0 {
		w -= p.cuts(from.leaf)[from.cut].weight
	}
	return w
}

func (p *pager) end() place { return place{leaf: len(p.leaves)} }

func (p *pager) fits(f frame, from, to place) bool { return p.Fits(p.page(f, from, to)) }

// page builds the page that holds what stands between two places.
func (p *pager) page(f frame, from, to place) bot.Page {
	b := builder{open: -1}
	for i := from.leaf; i <= to.leaf && i < len(p.leaves); i++ {
		first, last := 0, wholeLeaf
		if i == from.leaf {
			first = from.cut
		}
		if i == to.leaf {
			last = to.cut
		}
		if first != last {
			b.add(p.leaves[i], first, last)
		}
	}
	if f.title {
		b.Title, b.URL = p.message.Title, p.message.URL
	}
	if f.actions > 0 {
		b.Actions = p.message.Actions[:f.actions:f.actions]
	}
	if f.more {
		b.Notes = append(b.Notes, ellipsis)
	}
	return bot.Page{Message: b.Message, Number: MaxPages - 1, Of: MaxPages, Cut: f.more}
}

// most returns the largest n up to limit for which ok holds, if it holds for
// all that are smaller and 0. It asks in the neighbourhood of the answer, for
// the pages behind it may be large.
func most(limit int, ok func(int) bool) int {
	low := 0
	for step := 1; low < limit; step *= 2 {
		n := min(low+step, limit)
		if !ok(n) {
			return low + sort.Search(n-low-1, func(i int) bool { return !ok(low + 1 + i) })
		}
		low = n
	}
	return low
}
