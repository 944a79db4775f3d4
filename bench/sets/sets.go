// Package sets reads public question sets, makes large libraries of their texts
// and measures an engine on them.
package sets

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"briefbot/content"
	"briefbot/content/search"
)

// Set is entries and questions on subjects that nothing in the project was
// fitted to. The files are not part of the repository.
type Set struct {
	Name     string
	Examples bool // the texts of an entry are questions that ask for it; else they are its answer
	Lang     content.Lang

	entries   string // files below the folder of public sets
	questions string
}

// Public lists the sets.
func Public() []Set {
	return []Set{
		{Name: "CLINC150", entries: "clinc150/entries.jsonl", questions: "clinc150/questions.jsonl", Lang: content.English, Examples: true},
		{Name: "CMRC 2018, trial", entries: "cmrc-trial/entries.jsonl", questions: "cmrc-trial/questions.jsonl", Lang: content.Hans},
		{Name: "DRCD, dev", entries: "drcd/entries.jsonl", questions: "drcd/questions.jsonl", Lang: content.Hant},
		{Name: "DRCD, simplified questions", entries: "drcd/entries.jsonl", questions: "drcd/questions-hans.jsonl", Lang: content.Hans},
	}
}

// Entry is one entry of a set.
type Entry struct {
	ID    string   `json:"id"`
	Texts []string `json:"texts"`
}

// Question is one question of a set; Entry is empty where it is out of scope.
type Question struct {
	Question string `json:"question"`
	Entry    string `json:"entry"`
}

// Read reads the entries and the questions of a set.
func (s Set) Read(dir string) ([]Entry, []Question, error) {
	entries, err := readLines[Entry](filepath.Join(dir, s.entries))
	if err != nil {
		return nil, nil, err
	}
	questions, err := readLines[Question](filepath.Join(dir, s.questions))
	return entries, questions, err
}

// Library makes a library of the entries of a set.
func (s Set) Library(entries []Entry) *content.Library {
	briefing := &content.Briefing{ID: "set", Title: everywhere(s.Name), Status: content.Published}
	for _, e := range entries {
		briefing.Entries = append(briefing.Entries, s.entry(e.ID, e.Texts))
	}
	return content.NewLibrary([]*content.Briefing{briefing})
}

// ErrNone says that the question sets are not on this machine.
var ErrNone = errors.New("the public question sets are not here: put them into ../shared/eval/public or name their parent folder in BRIEFBOT_EVAL")

// Folder returns the folder of public sets.
func Folder() (string, error) {
	for _, dir := range []string{os.Getenv("BRIEFBOT_EVAL"), "../shared/eval", "../../shared/eval", "../../../shared/eval"} {
		if dir == "" {
			continue
		}
		public := filepath.Join(dir, "public")
		if _, err := os.Stat(public); err == nil {
			return public, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", ErrNone
}

// Result is what was measured on one set. AUROC and CorrectAt10 need questions
// that are out of scope and are negative where a set has none.
type Result struct {
	InScope     int
	OutOfScope  int
	Top1        float64       // share of in-scope questions whose best candidate is right
	Answered    float64       // share of in-scope questions answered, and rightly
	Wrong       float64       // share of in-scope questions answered wrongly
	FalseAnswer float64       // share of out-of-scope questions that were answered
	AUROC       float64       // how well the confidence tells the right from the out of scope
	CorrectAt10 float64       // right answers where 10 % of out-of-scope questions would be answered
	Median      time.Duration // of one question
	Slow        time.Duration // that one question in a hundred takes at least
}

// Finding is what an engine says to a question.
type Finding struct {
	Entry      string // that it puts first, stated or not
	Answered   bool
	Confidence float64
}

// judged is the outcome of one question.
type judged struct {
	inScope    bool
	right      bool // the best candidate is the entry asked for
	answered   bool
	confidence float64
}

// Measure asks every stride-th question.
func Measure(questions []Question, stride int, ask func(question string) Finding) Result {
	var outcomes []judged
	var took []time.Duration
	for i := 0; i < len(questions); i += stride {
		q := questions[i]
		start := time.Now()
		found := ask(q.Question)
		took = append(took, time.Since(start))
		outcomes = append(outcomes, judged{
			inScope: q.Entry != "", right: found.Entry == q.Entry && q.Entry != "",
			answered: found.Answered, confidence: found.Confidence,
		})
	}
	r := summarise(outcomes)
	r.Median, r.Slow = Quantile(took, 0.5), Quantile(took, 0.99)
	return r
}

// Asker returns an index as Measure asks it.
func (s Set) Asker(index *search.Index) func(question string) Finding {
	return func(question string) Finding {
		a := index.Ask(search.Query{Question: question, Lang: s.Lang, AskedAt: time.Now()})
		return Finding{Entry: best(a), Answered: a.Status == search.Answered, Confidence: a.Confidence}
	}
}

// entry makes an entry of what a set holds. A set gives no titles: the first
// text stands for one, cut short as an editor would.
func (s Set) entry(id string, texts []string) content.Entry {
	e := content.Entry{ID: id, Kind: content.KindFact, Title: everywhere(firstRunes(texts[0], 40))}
	if s.Examples {
		e.Aliases = texts
		return e
	}
	for _, text := range texts {
		e.Answer = everywhere(text)
	}
	return e
}

// everywhere gives the same text to every language: the sets have one only.
func everywhere(s string) content.Text { return content.Text{Hans: s, Hant: s, English: s} }

func firstRunes(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// best returns the entry that the answer puts first, stated or not.
func best(a search.Answer) string {
	if a.Status == search.Answered {
		return a.Ref.Entry
	}
	if len(a.Suggestions) > 0 {
		return a.Suggestions[0].Ref.Entry
	}
	return ""
}

func summarise(outcomes []judged) Result {
	var in, out []judged
	for _, j := range outcomes {
		if j.inScope {
			in = append(in, j)
		} else {
			out = append(out, j)
		}
	}
	return Result{
		InScope:     len(in),
		OutOfScope:  len(out),
		Top1:        share(in, func(j judged) bool { return j.right }),
		Answered:    share(in, func(j judged) bool { return j.answered && j.right }),
		Wrong:       share(in, func(j judged) bool { return j.answered && !j.right }),
		FalseAnswer: share(out, func(j judged) bool { return j.answered }),
		AUROC:       auroc(in, out),
		CorrectAt10: correctAt(in, out, 0.10),
	}
}

// share returns the part of all that holds, negative for none.
func share(all []judged, holds func(judged) bool) float64 {
	if len(all) == 0 {
		return -1
	}
	n := 0
	for _, j := range all {
		if holds(j) {
			n++
		}
	}
	return float64(n) / float64(len(all))
}

// auroc is the chance that a question in scope gets a higher confidence than
// one out of scope, ties counted half; negative where a side is empty.
func auroc(in, out []judged) float64 {
	if len(in) == 0 || len(out) == 0 {
		return -1
	}
	sum := 0.0
	for _, i := range in {
		for _, o := range out {
			switch cmp.Compare(i.confidence, o.confidence) {
			case 1:
				sum++
			case 0:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(in)*len(out))
}

// correctAt returns the share of in-scope questions that are answered rightly
// at the lowest threshold that lets at most rate of the out-of-scope ones
// through; negative where a side is empty.
func correctAt(in, out []judged, rate float64) float64 {
	if len(in) == 0 || len(out) == 0 {
		return -1
	}
	confidences := make([]float64, 0, len(out))
	for _, o := range out {
		confidences = append(confidences, o.confidence)
	}
	slices.SortFunc(confidences, func(a, b float64) int { return cmp.Compare(b, a) })
	through := int(rate * float64(len(confidences)))
	threshold := -1.0
	if through < len(confidences) {
		threshold = confidences[through] // this one must not get through any more
	}
	return share(in, func(j judged) bool { return j.right && j.confidence > threshold })
}

// readLines reads a file of one JSON object a line.
func readLines[T any](name string) ([]T, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var all []T
	dec := json.NewDecoder(bufio.NewReader(f))
	for {
		var one T
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, one)
	}
}

// Quantile returns the value below which the share q of all lies.
func Quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
