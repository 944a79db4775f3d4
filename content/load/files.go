package load

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// document is the bytes of one file.
type document struct {
	name string // as messages show it
	data []byte
}

// reader collects the files of one run within the bounds of a library.
type reader struct {
	report *Report
	docs   []document
	seen   map[string]bool
	bytes  int
	full   bool // a bound was met: the rest is left unread
}

func newReader(report *Report) *reader {
	return &reader{report: report, seen: map[string]bool{}}
}

func (r *reader) fault(name, message string, warning bool) {
	r.report.Faults = append(r.report.Faults, Fault{File: name, Message: message, Warning: warning})
}

// path reads a file or a folder on disk. In a folder, links are followed to
// files of the same folder only: os.Root refuses any other.
func (r *reader) path(name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		r.fault(name, reason(err), false)
	case !info.IsDir() && !info.Mode().IsRegular():
		r.fault(name, "is neither a file nor a folder: name a briefing or a folder of briefings", false)
	case !info.IsDir():
		r.file(os.DirFS(filepath.Dir(name)), filepath.Base(name), name)
	default:
		root, err := os.OpenRoot(name)
		if err != nil {
			r.fault(name, reason(err), false)
			return
		}
		defer root.Close()
		r.tree(root.FS(), name)
	}
}

// tree reads every briefing below the root of fsys: *.yaml and *.yml. Hidden
// files and folders are left out: those of version control, of editors that
// save and of Kubernetes' mounts.
func (r *reader) tree(fsys fs.FS, name string) {
	before := len(r.docs) + len(r.report.Errors())
	_ = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error { // the callback reports errors itself
		shown := filepath.Join(name, filepath.FromSlash(p))
		switch {
		case r.full:
			return fs.SkipAll
		case err != nil && errors.Is(err, fs.ErrNotExist) && p != ".":
			return nil // gone while the folder was read
		case err != nil:
			r.fault(shown, reason(err), false)
			return nil
		case hidden(p) && d.IsDir():
			return fs.SkipDir
		case hidden(p) || d.IsDir() || !readable(p):
			return nil
		}
		r.file(fsys, p, shown)
		return nil
	})
	if len(r.docs)+len(r.report.Errors()) == before {
		r.fault(name, "there is no briefing here: a briefing is a file whose name ends in .yaml", false)
	}
}

// readable reports whether a file is a briefing by its name.
func readable(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// file reads one file within the bounds.
func (r *reader) file(fsys fs.FS, p, shown string) {
	if r.full || r.seen[filepath.Clean(shown)] {
		return
	}
	r.seen[filepath.Clean(shown)] = true
	info, err := fs.Stat(fsys, p)
	switch {
	case err != nil && isLink(fsys, p):
		r.fault(shown, "is a link out of the folder or to nothing and was not read", true)
		return
	case err != nil:
		r.fault(shown, reason(err), false)
		return
	case !info.Mode().IsRegular():
		if !info.IsDir() {
			r.fault(shown, "is not a plain file and was not read", true)
		}
		return
	}
	if len(r.docs) == maxFiles {
		r.full = true
		r.fault(shown, fmt.Sprintf("more than %d files: split the library", maxFiles), false)
		return
	}
	data, err := readUpTo(fsys, p, maxFileBytes+1)
	if err != nil {
		r.fault(shown, reason(err), false)
		return
	}
	if len(data) > maxFileBytes {
		r.fault(shown, fmt.Sprintf("larger than %d KiB: split the briefing", maxFileBytes>>10), false)
		return
	}
	if r.bytes += len(data); r.bytes > maxTotalBytes {
		r.full = true
		r.fault(shown, fmt.Sprintf("the files together are larger than %d MiB: split the library", maxTotalBytes>>20), false)
		return
	}
	r.docs = append(r.docs, document{name: shown, data: data})
}

// isLink reports whether a file is a link.
func isLink(fsys fs.FS, p string) bool {
	info, err := fs.Lstat(fsys, p)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func readUpTo(fsys fs.FS, p string, most int64) ([]byte, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// reason says in a few words why a file cannot be read.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read: check its permissions"
	}
	return "cannot be read"
}
