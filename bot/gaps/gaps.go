package gaps

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"briefbot/bot"
	"briefbot/content"
)

// The bounds of what is kept.
const (
	textsMost  = 5_000 // different ones of a kind; of more, those counted least and longest ago go
	runesMost  = 200   // of a question
	digitsMost = 5     // more in a row may be a number that belongs to somebody
	lineMost   = 4 << 10
	saveEvery  = 10 * time.Second // a file is written no more often
)

// Counter counts the questions that were not answered among tallies.
type Counter struct{ Tallies bot.Tallies }

var _ bot.Gaps = Counter{}

// Unanswered implements bot.Gaps.
func (c Counter) Unanswered(ctx context.Context, question string, now time.Time) error {
	text := clean(question)
	if text == "" {
		return nil
	}
	return c.Tallies.Count(ctx, bot.Gap, text, day(now))
}

// day is the date of a time in UTC.
func day(t time.Time) content.Date {
	year, month, d := t.UTC().Date()
	return content.Date{Year: year, Month: month, Day: d}
}

// Keeper keeps tallies in memory and, where it has one, in a file: it takes the
// place of a store. It is safe for concurrent use.
type Keeper struct {
	mu    sync.Mutex
	all   map[bot.TallyKind]map[string]*bot.Tally
	age   int // days
	now   func() time.Time
	file  string    // "" for none
	saved time.Time // when the file was written last
}

var _ bot.Tallies = (*Keeper)(nil)

// line is one tally in a file. The days are written as the instants at which
// they begin.
type line struct {
	Kind     bot.TallyKind `json:"kind,omitempty"` // a Gap where left out
	Question string        `json:"question,omitempty"`
	Entry    string        `json:"entry,omitempty"` // in place of a question
	Count    int           `json:"count"`
	First    *time.Time    `json:"first,omitempty"` // the last day where left out
	Last     time.Time     `json:"last"`
}

// Open returns a keeper that forgets what last happened so many days ago. file
// is where it is kept between starts, "" for nowhere; it need not exist.
func Open(file string, days int, now func() time.Time) (*Keeper, error) {
	k := &Keeper{all: map[bot.TallyKind]map[string]*bot.Tally{}, age: days, now: now, file: file}
	if file == "" {
		return k, nil
	}
	if err := k.load(); err != nil {
		return nil, err
	}
	k.forget()
	k.saved = now()
	return k, k.save()
}

// Read returns a keeper of what a file holds, which it leaves as it is; of
// nothing where there is no file.
func Read(file string) (*Keeper, error) {
	k := &Keeper{all: map[bot.TallyKind]map[string]*bot.Tally{}, file: file}
	err := k.load()
	k.file = ""
	return k, err
}

func (k *Keeper) load() error {
	f, err := os.Open(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := textsMost * len(bot.TallyKinds())
	dec := json.NewDecoder(io.LimitReader(f, int64(lines*lineMost)))
	for range lines {
		var l line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading tallies: %w", err)
		}
		text := clean(l.Question)
		if l.Kind = cmp.Or(l.Kind, bot.Gap); l.Kind != bot.Gap {
			text = l.Entry
		}
		if text != "" && l.Count > 0 && slices.Contains(bot.TallyKinds(), l.Kind) {
			first := l.Last
			if l.First != nil {
				first = *l.First
			}
			k.add(l.Kind, bot.Tally{Text: text, Count: l.Count, First: day(first), Last: day(l.Last)})
		}
	}
	return nil
}

// Count implements bot.Tallies.
func (k *Keeper) Count(_ context.Context, kind bot.TallyKind, text string, on content.Date) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(kind, bot.Tally{Text: text, Count: 1, First: on, Last: on})
	now := k.now()
	if now.Sub(k.saved) < saveEvery {
		return nil
	}
	k.forget()
	k.saved = now
	return k.save()
}

// Tallied implements bot.Tallies. What happened since and before as well is
// counted whole: it is not kept by the day.
func (k *Keeper) Tallied(_ context.Context, kind bot.TallyKind, since content.Date, limit int) ([]bot.Tally, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := slices.DeleteFunc(k.sorted(kind), func(t bot.Tally) bool { return t.Last.Compare(since) < 0 })
	return all[:min(len(all), max(limit, 0))], nil
}

// Close writes what is not yet in the file.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.save()
}

func (k *Keeper) add(kind bot.TallyKind, t bot.Tally) {
	if k.all[kind] == nil {
		k.all[kind] = map[string]*bot.Tally{}
	}
	have := k.all[kind][t.Text]
	switch {
	case have != nil:
	case len(k.all[kind]) >= 2*textsMost:
		return // whoever asks so much in seconds asks nothing that editors could answer
	default:
		k.all[kind][t.Text] = &t
		return
	}
	have.Count += t.Count
	if t.First.Compare(have.First) < 0 {
		have.First = t.First
	}
	if t.Last.Compare(have.Last) > 0 {
		have.Last = t.Last
	}
}

// forget drops what happened too long ago, and what is too much.
func (k *Keeper) forget() {
	oldest := day(k.now().AddDate(0, 0, -k.age))
	for kind, tallies := range k.all {
		for text, t := range tallies {
			if t.Last.Compare(oldest) < 0 {
				delete(tallies, text)
			}
		}
		if len(tallies) > textsMost {
			for _, t := range k.sorted(kind)[textsMost:] {
				delete(tallies, t.Text)
			}
		}
	}
}

func (k *Keeper) sorted(kind bot.TallyKind) []bot.Tally {
	all := make([]bot.Tally, 0, len(k.all[kind]))
	for _, t := range k.all[kind] {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b bot.Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), cmp.Compare(a.Text, b.Text))
	})
	return all
}

// save writes the file anew beside the old one and takes its place: a reader
// finds the one or the other whole.
func (k *Keeper) save() error {
	if k.file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(k.file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(k.file), ".gaps-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := k.write(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), k.file)
}

func (k *Keeper) write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, kind := range bot.TallyKinds() {
		for _, t := range k.sorted(kind) {
			first := t.First.First(time.UTC)
			l := line{Question: t.Text, Count: t.Count, First: &first, Last: t.Last.First(time.UTC)}
			if kind != bot.Gap {
				l.Kind, l.Question, l.Entry = kind, "", t.Text
			}
			if err := enc.Encode(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// clean bounds a question and takes out what may belong to somebody: addresses,
// and numbers as long as those of telephones and accounts.
func clean(question string) string {
	var words []string
	for word := range strings.FieldsSeq(strings.ToValidUTF8(question, "")) {
		if strings.ContainsRune(word, '@') || strings.Contains(word, "://") {
			continue
		}
		words = append(words, withoutLongNumbers(word))
	}
	runes := []rune(strings.Join(words, " "))
	text := strings.TrimSpace(string(runes[:min(len(runes), runesMost)]))
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return text
}

func withoutLongNumbers(word string) string {
	var out, number []rune
	flush := func() {
		if len(number) <= digitsMost {
			out = append(out, number...)
		} else {
			out = append(out, '…')
		}
		number = number[:0]
	}
	for _, r := range word {
		if unicode.IsDigit(r) {
			number = append(number, r)
			continue
		}
		flush()
		out = append(out, r)
	}
	flush()
	return string(out)
}
