package load

import (
	"fmt"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// placedName is a title or an alias with where it stands.
type placedName struct {
	text    string
	file    string
	at      position
	ref     content.Ref
	askedAt time.Time
}

// namesOf returns the titles and aliases of a file's entries.
func namesOf(f *file) []placedName {
	var out []placedName
	day := f.briefing.AsOf
	if day.IsZero() {
		day = f.briefing.Published
	}
	for i, e := range f.briefing.Entries {
		n := f.root.key("entries").at(i)
		add := func(text string, at position) {
			if text != "" {
				out = append(out, placedName{text, f.name, at, content.Ref{Briefing: f.briefing.ID, Entry: e.ID}, day.After(time.UTC)})
			}
		}
		add(e.Title.Hans, n.key("title").key(string(content.Hans)).position)
		add(e.Title.English, n.key("title").key(string(content.English)).position)
		for j, alias := range e.Aliases {
			add(alias, n.key("aliases").at(j).position)
		}
	}
	return out
}

// checkNames asks for every entry by each of its names and warns of those that
// find another one: the two shadow each other.
func checkNames(ix Asker, library *content.Library, report *Report) {
	for _, name := range report.names {
		if _, replaced := library.Successor(name.ref); replaced {
			continue
		}
		a := ix.Ask(search.Query{Question: name.text, AskedAt: name.askedAt})
		if a.Status != search.Answered || a.Intent != search.IntentEntry || a.Ref == name.ref || a.Ref.Entry == "" {
			continue
		}
		report.Faults = append(report.Faults, Fault{
			File: name.file, Line: name.at.line, Column: name.at.column, Warning: true,
			Message: fmt.Sprintf("asked for by %q, the entry %s is in the shadow of %s: give one of them names of its own", clip(name.text), name.ref.Entry, a.Ref),
		})
	}
	report.sort()
}
