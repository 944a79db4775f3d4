package load

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault is one thing to put right in a file. Line and Column count from 1,
// Column in characters; both are 0 where the whole file is meant.
type Fault struct {
	File         string
	Line, Column int
	Message      string
	Warning      bool
}

// String returns "file:line:column: message" as compilers print it; a warning
// has "warning: " before its message.
func (f Fault) String() string {
	message, file := f.Message, f.File
	if f.Warning {
		message = "warning: " + message
	}
	if strings.ContainsFunc(file, unsafeInName) {
		file = strconv.Quote(file)
	}
	if f.Line == 0 {
		return file + ": " + message
	}
	return fmt.Sprintf("%s:%d:%d: %s", file, f.Line, f.Column, message)
}

// unsafeInName reports whether a character of a file's name could break the
// line that shows it or steer the terminal.
func unsafeInName(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// Report is what was found in one run, ordered by file, line and column.
type Report struct {
	Faults []Fault

	examples []placedExample // of the files that were read, for CheckExamples
	names    []placedName    // what entries are called
}

// Errors returns the faults for which nothing may be loaded.
func (r *Report) Errors() []Fault { return r.only(false) }

// Warnings returns the faults that do not stand in the way of loading.
func (r *Report) Warnings() []Fault { return r.only(true) }

// Err returns nil where there are no errors, otherwise an error that tells
// how many there are and the first of them.
func (r *Report) Err() error {
	switch errs := r.Errors(); len(errs) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 error in the content: %s", errs[0])
	default:
		return fmt.Errorf("%d errors in the content, the first: %s", len(errs), errs[0])
	}
}

func (r *Report) only(warning bool) []Fault {
	var out []Fault
	for _, f := range r.Faults {
		if f.Warning == warning {
			out = append(out, f)
		}
	}
	return out
}

// sort orders the faults and drops those said twice.
func (r *Report) sort() {
	slices.SortStableFunc(r.Faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	r.Faults = slices.Compact(r.Faults)
}
