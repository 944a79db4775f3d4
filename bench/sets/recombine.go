package sets

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"briefbot/content"
)

// Recombined makes libraries of any size from the texts of the public sets:
// clauses of passages and example questions, put together anew. Its entries are
// as short as those of a list of questions and answers: a title, an alias for
// every second, an answer of two or three clauses.
type Recombined struct {
	chinese []string // clauses of passages, traditional and simplified
	english []string // example questions
}

// ReadTexts reads what is recombined.
func ReadTexts(dir string) (*Recombined, error) {
	r := &Recombined{}
	for _, set := range Public() {
		entries, _, err := set.Read(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			for _, text := range e.Texts {
				if set.Examples {
					r.english = append(r.english, text)
					continue
				}
				for _, clause := range strings.FieldsFunc(text, isPause) {
					if n := utf8.RuneCountInString(clause); n >= 6 && n <= 30 {
						r.chinese = append(r.chinese, clause)
					}
				}
			}
		}
	}
	if len(r.chinese) == 0 || len(r.english) == 0 {
		return nil, errors.New("the public sets hold no text to recombine")
	}
	return r, nil
}

func isPause(r rune) bool { return strings.ContainsRune("。，；！？、：", r) }

// perBriefing is how many entries a briefing of a recombined library has.
const perBriefing = 100

// Library makes a library of n entries, always the same for the same n.
func (r *Recombined) Library(n int) *content.Library {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	var briefings []*content.Briefing
	for at := 0; at < n; at += perBriefing {
		b := &content.Briefing{
			ID: fmt.Sprintf("b%d", at/perBriefing), Title: content.Text{Hans: r.clause(random)},
			Summary: content.Text{Hans: r.clause(random)}, Status: content.Published,
			Published: content.Date{Year: 2026, Month: 1, Day: 1 + at/perBriefing%28},
		}
		b.Entries = make([]content.Entry, 0, min(perBriefing, n-at))
		for i := range min(perBriefing, n-at) {
			b.Entries = append(b.Entries, r.entry(random, fmt.Sprintf("e%d", i)))
		}
		briefings = append(briefings, b)
	}
	return content.NewLibrary(briefings)
}

func (r *Recombined) clause(random *rand.Rand) string {
	return r.chinese[random.IntN(len(r.chinese))]
}

// words joins the halves of two example questions.
func (r *Recombined) words(random *rand.Rand) string {
	a := strings.Fields(r.english[random.IntN(len(r.english))])
	b := strings.Fields(r.english[random.IntN(len(r.english))])
	return strings.Join(append(a[:(len(a)+1)/2:(len(a)+1)/2], b[len(b)/2:]...), " ")
}

func (r *Recombined) entry(random *rand.Rand, id string) content.Entry {
	e := content.Entry{ID: id, Kind: content.KindFact}
	if random.IntN(4) == 0 {
		e.Title.English, e.Answer.English = r.words(random), r.words(random)+". "+r.words(random)+"."
	} else {
		e.Title.Hans = r.clause(random)
		e.Answer.Hans = r.clause(random) + "，" + r.clause(random) + "。"
	}
	if random.IntN(2) == 0 {
		e.Aliases = []string{r.words(random)}
	}
	return e
}

// Questions returns every question of the sets whose answer is in them, but
// those that differ from others only in their script.
func Questions(dir string) ([]string, error) {
	var out []string
	for _, set := range Public()[:3] {
		_, questions, err := set.Read(dir)
		if err != nil {
			return nil, err
		}
		for _, q := range questions {
			out = append(out, q.Question)
		}
	}
	return out, nil
}
