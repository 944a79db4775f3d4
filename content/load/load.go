package load

import (
	"fmt"
	"io/fs"
	"sync"

	"briefbot/content"
	"briefbot/content/search"
)

// Loader reads libraries. The zero Loader is ready. Keep one for the life of
// the process: a reload then converts only the texts that changed.
type Loader struct {
	// Examples has every example question asked of the loaded library, as
	// CheckExamples does. Without, questions are read but not asked.
	Examples bool

	hant Converter
}

// FS reads the briefings of one tree; name stands before the paths that
// messages show. The library is nil where there are errors.
func FS(fsys fs.FS, name string) (*content.Library, Report) {
	return new(Loader).FS(fsys, name)
}

// Paths reads the briefings of files and folders, nested as editors like. The
// library is nil where there are errors.
func Paths(paths ...string) (*content.Library, Report) {
	return new(Loader).Paths(paths...)
}

// FS is as the function of that name.
func (l *Loader) FS(fsys fs.FS, name string) (*content.Library, Report) {
	var report Report
	r := newReader(&report)
	r.tree(fsys, name)
	return l.library(r.docs, report)
}

// Paths is as the function of that name.
func (l *Loader) Paths(paths ...string) (*content.Library, Report) {
	var report Report
	r := newReader(&report)
	if len(paths) == 0 {
		r.fault("content", "no file or folder to read was named", false)
	}
	for _, p := range paths {
		r.path(p)
	}
	return l.library(r.docs, report)
}

// library checks the files one by one and then against each other.
func (l *Loader) library(docs []document, report Report) (*content.Library, Report) {
	// The tables of the languages take as long to read as a briefing does, and
	// a start waits for both.
	var tables sync.WaitGroup
	tables.Go(l.hant.open)
	tables.Go(search.Prepare)
	defer tables.Wait()

	var files []*file
	for _, doc := range docs {
		files = append(files, read(doc, &report))
	}
	collide(files)
	refer(files)
	report.sort()
	if len(report.Errors()) > 0 {
		return nil, report
	}
	briefings := make([]*content.Briefing, len(files))
	for i, f := range files {
		if err := l.hant.fill(f.briefing); err != nil {
			report.Faults = append(report.Faults, Fault{File: f.name, Message: fmt.Sprintf("cannot be written in traditional characters: %s", err)})
			return nil, report
		}
		briefings[i] = f.briefing
		report.examples = append(report.examples, examplesOf(f)...)
		report.names = append(report.names, namesOf(f)...)
	}
	l.hant.keep()
	library := content.NewLibrary(briefings)
	if l.Examples {
		index := search.Build(library)
		CheckExamples(index, &report)
		checkNames(index, library, &report)
		if len(report.Errors()) > 0 {
			return nil, report
		}
	}
	return library, report
}

// file is one file that was read.
type file struct {
	document
	root     *node             // nil where the file is not well-formed
	briefing *content.Briefing // likewise
	sound    bool              // of the shape that the format asks for, so that what is absent was left out
	report   *Report
}

// read takes one file through the stages that need no other file.
func read(doc document, report *Report) *file {
	f := &file{document: doc, report: report}
	if at, message := badText(doc.data); message != "" {
		f.error(at, message)
		return f
	}
	root := parse(doc.data, f.error)
	if root == nil {
		return f
	}
	before := len(report.Faults)
	f.root, f.briefing = root, decode(root, f.error)
	f.sound = len(report.Faults) == before
	f.briefing.File = f.name
	check(f)
	return f
}

func (f *file) error(at position, message string) {
	f.report.Faults = append(f.report.Faults, Fault{File: f.name, Line: at.line, Column: at.column, Message: message})
}

func (f *file) warn(at position, message string) {
	f.report.Faults = append(f.report.Faults, Fault{File: f.name, Line: at.line, Column: at.column, Message: message, Warning: true})
}

// whole reports whether the briefing is known with its id and those of all its
// entries. Where it is not, what refers to it cannot be judged.
func (f *file) whole() bool {
	if f.briefing == nil || f.briefing.ID == "" {
		return false
	}
	for _, e := range f.briefing.Entries {
		if e.ID == "" {
			return false
		}
	}
	return true
}
