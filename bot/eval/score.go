package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"briefbot/bot"
	"briefbot/content/search"
)

// MaxAnswer is how long an answer may be, in characters; a longer one is a
// dump of everything and counts as wrong. Questions of the kinds "summary"
// and "timeline" ask for more than that.
const MaxAnswer = 900

// Verdict says what came of one case.
type Verdict string

// The verdicts. The first three are of questions that have an answer, the
// last two of questions that have none.
const (
	Right      Verdict = "right"
	Wrong      Verdict = "wrong"
	Unanswered Verdict = "unanswered"
	Refused    Verdict = "refused" // rightly
	False      Verdict = "false"   // an answer was stated where there is none
)

// Judge compares a reply with what its case expects. reason says what is
// wrong with a wrong one.
func Judge(c Case, r bot.Record) (verdict Verdict, reason string) {
	stated := r.Status == search.Answered
	switch {
	case c.Expect == ExpectUnknown && stated:
		return False, "an answer was stated"
	case c.Expect == ExpectUnknown:
		return Refused, ""
	case !stated:
		return Unanswered, "the status is " + string(r.Status)
	}
	if n := utf8.RuneCountInString(r.Text); n > MaxAnswer && c.Kind != "summary" && c.Kind != "timeline" {
		return Wrong, fmt.Sprintf("%d characters are no short answer", n)
	}
	text := fold(r.Text)
	holds := func(s string) bool { return strings.Contains(text, fold(s)) }
	for _, group := range c.AllOf {
		if !slices.ContainsFunc(group, holds) {
			return Wrong, "holds none of " + strings.Join(group, " | ")
		}
	}
	if i := slices.IndexFunc(c.NoneOf, holds); i >= 0 {
		return Wrong, "holds " + c.NoneOf[i]
	}
	return Right, ""
}

// fold makes texts comparable: NFKC and case folding.
func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

// Score counts verdicts.
type Score struct {
	Right      int `json:"right"`
	Wrong      int `json:"wrong"`
	Unanswered int `json:"unanswered"`
	Refused    int `json:"refused"`
	False      int `json:"false"`
}

// InScope is how many questions have an answer.
func (s Score) InScope() int { return s.Right + s.Wrong + s.Unanswered }

// OutOfScope is how many questions have none.
func (s Score) OutOfScope() int { return s.Refused + s.False }

// RightShare is the share of right answers among questions that have one, 1
// where there are none.
func (s Score) RightShare() float64 {
	if s.InScope() == 0 {
		return 1
	}
	return float64(s.Right) / float64(s.InScope())
}

// FalseShare is the share of questions without an answer that got one.
func (s Score) FalseShare() float64 {
	if s.OutOfScope() == 0 {
		return 0
	}
	return float64(s.False) / float64(s.OutOfScope())
}

func (s *Score) add(v Verdict) {
	switch v {
	case Right:
		s.Right++
	case Wrong:
		s.Wrong++
	case Unanswered:
		s.Unanswered++
	case Refused:
		s.Refused++
	case False:
		s.False++
	}
}

// Failure is a case whose reply is not what was expected, with what came
// back.
type Failure struct {
	Case    Case       `json:"case"`
	Verdict Verdict    `json:"verdict"`
	Reason  string     `json:"reason"`
	Reply   bot.Record `json:"reply"`
}

// Result is what a run over cases found.
type Result struct {
	Total      Score            `json:"total"`
	RightShare float64          `json:"right_share"` // of questions that have an answer, 0 to 1
	FalseShare float64          `json:"false_share"` // of questions that have none, 0 to 1
	ByKind     map[string]Score `json:"by_kind"`
	ByLang     map[string]Score `json:"by_lang"`
	Failures   []Failure        `json:"failures"` // in the order of the cases; never null
}

// Run asks every case and scores the replies. It ends early, with what has
// been scored, when ctx does.
func Run(ctx context.Context, ask func(context.Context, bot.Case) bot.Record, all []Case) (Result, error) {
	result := Result{ByKind: map[string]Score{}, ByLang: map[string]Score{}, Failures: []Failure{}}
	for _, c := range all {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		reply := ask(ctx, c.Case)
		verdict, reason := Judge(c, reply)
		result.Total.add(verdict)
		count(result.ByKind, c.Kind, verdict)
		count(result.ByLang, c.Lang, verdict)
		if verdict != Right && verdict != Refused {
			result.Failures = append(result.Failures, Failure{Case: c, Verdict: verdict, Reason: reason, Reply: reply})
		}
	}
	result.RightShare, result.FalseShare = result.Total.RightShare(), result.Total.FalseShare()
	return result, nil
}

func count(scores map[string]Score, key string, v Verdict) {
	s := scores[key]
	s.add(v)
	scores[key] = s
}

// Gate is what a result must reach.
type Gate struct {
	MinRight float64 // least share of right answers, 0 to 1
	MaxFalse float64 // greatest share of false answers, 0 to 1
}

// Check returns an error that says by how much the result misses the gate.
func (g Gate) Check(r Result) error {
	switch {
	case r.RightShare < g.MinRight:
		return fmt.Errorf("%.1f %% right, at least %.1f %% is needed", 100*r.RightShare, 100*g.MinRight)
	case r.FalseShare > g.MaxFalse:
		return fmt.Errorf("%.1f %% false answers, at most %.1f %% is allowed", 100*r.FalseShare, 100*g.MaxFalse)
	}
	return nil
}
