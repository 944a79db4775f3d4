package load

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// How soon a change is seen. An editor saves in several steps within
// milliseconds; a good change is to be live within two seconds.
const (
	settleTime = 200 * time.Millisecond // without a further event, before a change counts as whole
	settleMost = time.Second            // after which a change counts, whatever still happens
	pollTime   = 3 * time.Second        // for file systems that tell nothing, such as network mounts
)

// Watch calls changed after the briefings of files and folders have changed,
// until the context ends. Calls do not overlap, and a change of many files at
// once is one call. Begin it before the library is loaded, or a change in
// between goes unseen.
//
// Folders may be nested, may come and go, and may be missing. Where the system
// does not tell of changes, which is logged, they are found by looking every
// few seconds.
func Watch(ctx context.Context, paths []string, log *slog.Logger, changed func()) {
	seen := stamp(paths)
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		log.WarnContext(ctx, "the system does not tell of changes: content is looked at every few seconds", "err", err)
		notify = nil
	} else {
		defer notify.Close()
	}
	watch(ctx, notify, pollTime, seen, paths, log, changed)
}

// watch does what Watch says; notify is nil where the system does not tell of
// changes.
func watch(ctx context.Context, notify *fsnotify.Watcher, every time.Duration, seen uint64, paths []string, log *slog.Logger, changed func()) {
	var events chan fsnotify.Event // nil, and so silent, without notify
	var lost chan error
	if notify != nil {
		events, lost = notify.Events, notify.Errors
	}
	follow(notify, paths)

	poll := time.NewTicker(every)
	defer poll.Stop()
	settle := time.NewTimer(settleTime)
	settle.Stop()
	var latest <-chan time.Time // when a change counts that does not settle
	touched := false            // by an event: sizes and times alone may miss a change within the clock's grain
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if e.Op == fsnotify.Chmod {
				continue
			}
			touched = touched || readable(e.Name) && !hidden(e.Name)
		case err := <-lost:
			log.WarnContext(ctx, "events of changed content were lost: it is looked at again", "err", err)
			touched = true
		case <-poll.C:
			follow(notify, paths)
			if stamp(paths) == seen {
				continue
			}
		case <-settle.C:
			seen, touched, latest = settled(notify, paths, seen, touched, changed), false, nil
			continue
		case <-latest:
			settle.Stop()
			seen, touched, latest = settled(notify, paths, seen, touched, changed), false, nil
			continue
		}
		settle.Reset(settleTime)
		if latest == nil {
			latest = time.After(settleMost)
		}
	}
}

// settled calls changed if something did, and returns the stamp of what it
// then finds.
func settled(notify *fsnotify.Watcher, paths []string, seen uint64, touched bool, changed func()) uint64 {
	follow(notify, paths) // before the stamp: what comes into a new folder later is an event
	now := stamp(paths)
	if touched || now != seen {
		changed()
	}
	return now
}

// follow has every folder watched, new ones and those that came back too. A
// file is watched by its folder, for editors replace files. What cannot be
// watched is left to the poll.
func follow(notify *fsnotify.Watcher, paths []string) {
	if notify == nil {
		return
	}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			_ = notify.Add(filepath.Dir(p))
			continue
		}
		_ = filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || !d.IsDir():
				return nil //nolint:nilerr // what cannot be read is not followed; the next look finds it
			case name != p && hidden(name):
				return fs.SkipDir
			}
			_ = notify.Add(name)
			return nil
		})
	}
}

// stamp is the same as long as no briefing comes, goes or changes in size or
// time.
func stamp(paths []string) uint64 {
	h := fnv.New64a()
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			_, _ = io.WriteString(h, "missing\n")
		case !info.IsDir():
			stampFile(h, p, info)
		default:
			root, err := os.OpenRoot(p)
			if err != nil {
				_, _ = io.WriteString(h, "closed\n")
				continue
			}
			stampTree(h, root.FS())
			_ = root.Close() // opened for reading
		}
	}
	return h.Sum64()
}

func stampTree(h io.Writer, fsys fs.FS) {
	files := 0
	_ = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what cannot be read counts as not there
		case p != "." && hidden(p) && d.IsDir():
			return fs.SkipDir
		case hidden(p) || d.IsDir() || !readable(p):
			return nil
		}
		if files++; files > maxFiles {
			return fs.SkipAll
		}
		if info, err := fs.Stat(fsys, p); err == nil {
			stampFile(h, p, info)
		}
		return nil
	})
}

func stampFile(h io.Writer, name string, info fs.FileInfo) {
	_, _ = io.WriteString(h, name+"\n")
	_ = binary.Write(h, binary.LittleEndian, []int64{info.Size(), info.ModTime().UnixNano()})
}

// hidden reports whether a file or folder is not an editor's: those of version
// control, of programs that save and of Kubernetes' mounts begin with a dot.
func hidden(name string) bool {
	base := path.Base(filepath.ToSlash(name))
	return base != "." && base != ".." && strings.HasPrefix(base, ".")
}
