package load

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"briefbot/content"
)

// fold makes names comparable: NFKC, lower case, single spaces.
func fold(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}

// owner is the entry that a name belongs to, and where the name stands.
type owner struct {
	file *file
	ref  content.Ref
	at   position
}

// collide reports ids and names that stand for two things.
func collide(files []*file) {
	briefings := map[string]*file{}
	aliases, titles := map[string]owner{}, map[string][]owner{}
	succeeds := successions(files)
	for _, f := range files {
		if f.briefing == nil || f.briefing.ID == "" {
			continue
		}
		if first, twice := briefings[f.briefing.ID]; twice {
			f.error(f.root.key("id").position, fmt.Sprintf("the briefing id %q is already that of %s", clip(f.briefing.ID), first.name))
			continue // its entries would all collide
		}
		briefings[f.briefing.ID] = f
		for i, e := range f.briefing.Entries {
			n := f.root.key("entries").at(i).key("title")
			ref := content.Ref{Briefing: f.briefing.ID, Entry: e.ID}
			for _, lang := range content.Langs() {
				if key := fold(written(e.Title, lang)); key != "" && e.ID != "" {
					titles[key] = append(titles[key], owner{f, ref, n.key(string(lang)).position})
				}
			}
		}
	}
	for _, f := range files {
		if f.briefing == nil || briefings[f.briefing.ID] != f {
			continue
		}
		for i, e := range f.briefing.Entries {
			if e.ID == "" {
				continue
			}
			n := f.root.key("entries").at(i)
			own := owner{file: f, ref: content.Ref{Briefing: f.briefing.ID, Entry: e.ID}}
			for j, alias := range e.Aliases {
				own.at = n.key("aliases").at(j).position
				claim(own, alias, aliases, titles, succeeds)
			}
			collideItems(f, n, e)
		}
	}
}

// claim reports an alias that already means another entry.
func claim(own owner, alias string, aliases map[string]owner, titles map[string][]owner, succeeds func(a, b content.Ref) bool) {
	key := fold(alias)
	if key == "" {
		return
	}
	if other, taken := aliases[key]; taken {
		switch {
		case other.ref == own.ref:
			own.file.error(own.at, fmt.Sprintf("the alias %q stands twice", clip(alias)))
		case !succeeds(own.ref, other.ref):
			own.file.error(own.at, fmt.Sprintf("the alias %q already means the entry %q (%s)", clip(alias), other.ref, where(own, other)))
		}
		return
	}
	aliases[key] = own
	for _, other := range titles[key] {
		if other.ref != own.ref && !succeeds(own.ref, other.ref) {
			own.file.error(own.at, fmt.Sprintf("the alias %q is the title of the entry %q (%s)", clip(alias), other.ref, where(own, other)))
			return
		}
	}
}

func where(own, other owner) string {
	if own.file == other.file {
		return fmt.Sprintf("line %d", other.at.line)
	}
	return fmt.Sprintf("%s:%d", other.file.name, other.at.line)
}

// collideItems reports names that mean two points of one list.
func collideItems(f *file, n *node, e content.Entry) {
	seen := map[string]int{}
	for i, item := range e.Items {
		m := n.key("items").at(i)
		given := []placed{{m.key("title").position, item.Title.Hans}, {m.key("title").position, item.Title.English}}
		for j, alias := range item.Aliases {
			given = append(given, placed{m.key("aliases").at(j).position, alias})
		}
		for _, g := range given {
			key := fold(g.text)
			if key == "" {
				continue
			}
			if first, taken := seen[key]; taken && first != i {
				f.error(g.position, fmt.Sprintf("the name %q already means item %d", clip(g.text), first+1))
				continue
			}
			seen[key] = i
		}
	}
}

// successions returns whether one of two entries replaces the other, be it by
// way of others: then they may share names.
func successions(files []*file) func(a, b content.Ref) bool {
	replaced := map[content.Ref][]content.Ref{}
	for _, f := range files {
		if f.briefing == nil {
			continue
		}
		for _, e := range f.briefing.Entries {
			ref := content.Ref{Briefing: f.briefing.ID, Entry: e.ID}
			for _, old := range e.Supersedes {
				replaced[ref] = append(replaced[ref], content.ResolveRef(f.briefing.ID, old))
			}
		}
	}
	return func(a, b content.Ref) bool {
		return reaches(replaced, a, b) || reaches(replaced, b, a)
	}
}

// reaches reports whether a way leads from one reference to another.
func reaches(ways map[content.Ref][]content.Ref, from, to content.Ref) bool {
	seen := map[content.Ref]bool{}
	next := ways[from]
	for len(next) > 0 {
		ref := next[0]
		next = next[1:]
		if ref == to {
			return true
		}
		if !seen[ref] {
			seen[ref] = true
			next = append(slices.Clip(next), ways[ref]...)
		}
	}
	return false
}

// refer reports references to nothing and entries that replace each other in a
// circle.
func refer(files []*file) {
	entries, broken := map[content.Ref]bool{}, map[string]bool{}
	var ids []string
	unread := false
	replaced := map[content.Ref][]content.Ref{}
	for _, f := range files {
		switch {
		case f.briefing == nil || f.briefing.ID == "":
			unread = true
			continue
		case !f.whole():
			broken[f.briefing.ID] = true
		}
		for _, e := range f.briefing.Entries {
			ref := content.Ref{Briefing: f.briefing.ID, Entry: e.ID}
			entries[ref] = true
			ids = append(ids, ref.String())
			for _, old := range e.Supersedes {
				replaced[ref] = append(replaced[ref], content.ResolveRef(f.briefing.ID, old))
			}
		}
	}
	briefings := map[string]bool{}
	for ref := range entries {
		briefings[ref.Briefing] = true
	}
	for _, f := range files {
		if f.briefing == nil {
			continue
		}
		for i, e := range f.briefing.Entries {
			n := f.root.key("entries").at(i)
			self := content.Ref{Briefing: f.briefing.ID, Entry: e.ID}
			for _, list := range []struct {
				key  string
				refs []string
			}{{"related", e.Related}, {"supersedes", e.Supersedes}} {
				seen := map[content.Ref]bool{}
				for j, s := range list.refs {
					ref, at := content.ResolveRef(f.briefing.ID, s), n.key(list.key).at(j).position
					switch {
					case s == "" || f.briefing.ID == "" || e.ID == "":
					case ref == self:
						f.error(at, fmt.Sprintf("the entry names itself in %s", list.key))
					case seen[ref]:
						f.error(at, fmt.Sprintf("%q stands twice in %s", clip(s), list.key))
					case entries[ref], broken[ref.Briefing], unread && !briefings[ref.Briefing]:
					default:
						f.error(at, fmt.Sprintf("there is no entry %q%s", clip(s), meantRef(f.briefing.ID, ref, ids)))
					}
					if list.key == "supersedes" && ref != self && entries[ref] && reaches(replaced, ref, self) {
						f.error(at, fmt.Sprintf("%q and this entry replace each other in a circle: one of them must be the newer", clip(s)))
					}
					seen[ref] = true
				}
			}
		}
	}
}

// meantRef names the entry nearest to a reference as the briefing would write
// it.
func meantRef(briefing string, ref content.Ref, ids []string) string {
	hint := meant(ref.String(), ids)
	return strings.Replace(hint, `"`+briefing+"/", `"`, 1)
}
