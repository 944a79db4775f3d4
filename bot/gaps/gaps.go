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
)

// The bounds of what is kept.
const (
	questionsMost = 5_000 // different ones; of more, those asked least and longest ago go
	runesMost     = 200   // of a question
	digitsMost    = 5     // more in a row may be a number that belongs to somebody
	lineMost      = 4 << 10
	saveEvery     = 10 * time.Second // a file is written no more often
)

// Question is a question that was not answered.
type Question struct {
	Text  string    `json:"question"`
	Count int       `json:"count"`
	Last  time.Time `json:"last"` // the day on which it was asked last, UTC
}

// Keeper counts questions in memory and, where it has one, in a file. It is safe
// for concurrent use.
type Keeper struct {
	mu     sync.Mutex
	byText map[string]*Question
	age    time.Duration
	file   string    // "" for none
	saved  time.Time // when the file was written last
}

var _ bot.Gaps = (*Keeper)(nil)

// Open returns a keeper that forgets a question some time after it was asked
// last. file is where it is kept between starts, "" for nowhere; it need not
// exist.
func Open(file string, age time.Duration, now time.Time) (*Keeper, error) {
	k := &Keeper{byText: map[string]*Question{}, age: age, file: file}
	if file == "" {
		return k, nil
	}
	questions, err := Read(file)
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		k.add(q)
	}
	k.forget(now)
	k.saved = now
	return k, k.save()
}

// Read reads the questions of a file, those asked most first; none where there
// is no file.
func Read(file string) ([]Question, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return read(f)
}

func read(r io.Reader) ([]Question, error) {
	k := &Keeper{byText: map[string]*Question{}}
	dec := json.NewDecoder(io.LimitReader(r, questionsMost*lineMost))
	for len(k.byText) < questionsMost {
		var q Question
		if err := dec.Decode(&q); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading unanswered questions: %w", err)
		}
		if q.Text = clean(q.Text); q.Text != "" && q.Count > 0 {
			k.add(q)
		}
	}
	return k.sorted(), nil
}

// Unanswered implements bot.Gaps.
func (k *Keeper) Unanswered(_ context.Context, question string, now time.Time) error {
	text := clean(question)
	if text == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(Question{Text: text, Count: 1, Last: day(now)})
	if now.Sub(k.saved) < saveEvery {
		return nil
	}
	k.forget(now)
	k.saved = now
	return k.save()
}

// Close writes what is not yet in the file.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.save()
}

// Questions returns what is kept, those asked most first.
func (k *Keeper) Questions() []Question {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sorted()
}

func (k *Keeper) add(q Question) {
	have := k.byText[q.Text]
	if have == nil && len(k.byText) >= 2*questionsMost {
		return // whoever asks so much in seconds asks nothing that editors could answer
	}
	if have == nil {
		k.byText[q.Text] = &q
		return
	}
	have.Count += q.Count
	if q.Last.After(have.Last) {
		have.Last = q.Last
	}
}

// forget drops what was asked too long ago, and what is too much.
func (k *Keeper) forget(now time.Time) {
	for text, q := range k.byText {
		if now.Sub(q.Last) > k.age+24*time.Hour { // Last is the beginning of a day
			delete(k.byText, text)
		}
	}
	if len(k.byText) > questionsMost {
		for _, q := range k.sorted()[questionsMost:] {
			delete(k.byText, q.Text)
		}
	}
}

func (k *Keeper) sorted() []Question {
	all := make([]Question, 0, len(k.byText))
	for _, q := range k.byText {
		all = append(all, *q)
	}
	slices.SortFunc(all, func(a, b Question) int {
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
	enc := json.NewEncoder(f)
	enc.SetEscapeHTML(false)
	for _, q := range k.sorted() {
		if err := enc.Encode(q); err != nil {
			_ = f.Close()
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), k.file)
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

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
