package eval_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/eval"
	"briefbot/content"
	"briefbot/content/load"
	"briefbot/content/search"
)

const (
	questionSets = "../../content/search/testdata"
	shipped      = "../../content/briefings"
)

// TestQuestionSetsKeepTheirReach asks the questions of every folder of
// content/search/testdata: questions.jsonl, about the briefing beside it or,
// where there is none, about the one that ships. reach.json says what may not
// get worse. A new set of questions needs no Go.
func TestQuestionSetsKeepTheirReach(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(questionSets, "*", "questions.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no question sets in %s: %v", questionSets, err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var reach struct {
				MinRight float64 `json:"min_right_percent"`
				MaxFalse float64 `json:"max_false_percent"`
			}
			data, err := os.ReadFile(filepath.Join(dir, "reach.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &reach); err != nil {
				t.Fatal(err)
			}
			result := score(t, library(t, dir), file)
			var report strings.Builder
			if err := result.WriteText(&report); err != nil {
				t.Fatal(err)
			}
			t.Log("\n" + report.String())
			if err := (eval.Gate{MinRight: reach.MinRight / 100, MaxFalse: reach.MaxFalse / 100}).Check(result); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTheDevelopmentQuestionsKeepTheirReach asks the questions that are kept
// outside the repository, so that nothing can be fitted to them unseen.
func TestTheDevelopmentQuestionsKeepTheirReach(t *testing.T) {
	dir := os.Getenv("BRIEFBOT_EVAL")
	if dir == "" {
		dir = "../../../shared/eval"
	}
	file := filepath.Join(dir, "dev_questions.jsonl")
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("the development questions are not here: %v", err)
	}
	result := score(t, library(t, dir), file)
	if err := (eval.Gate{MinRight: 0.97, MaxFalse: 0.02}).Check(result); err != nil {
		t.Error(err)
	}
}

// TestABriefingRefusesBesideOthersWhatItRefusesAlone loads all briefings of the
// sets and the one that ships together. No example fails then, and what a
// briefing by itself refuses it does not answer beside the others; one of the
// others may, for it may be about just that.
func TestABriefingRefusesBesideOthersWhatItRefusesAlone(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(questionSets, "*", "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("no briefings in %s: %v", questionSets, err)
	}
	together := bottest.RouterOver(t, library(t, append(files, shipped)...))
	sets, err := filepath.Glob(filepath.Join(questionSets, "*", "questions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range sets {
		dir := filepath.Dir(set)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			own := library(t, dir)
			alone := bottest.RouterOver(t, own)
			for _, c := range read(t, set) {
				if c.Expect != eval.ExpectUnknown {
					continue
				}
				if record := bot.Ask(t.Context(), alone, c.Case); record.Status == search.Answered {
					continue
				}
				record := bot.Ask(t.Context(), together, c.Case)
				id, _, _ := strings.Cut(record.Entry, "/")
				if record.Status == search.Answered && own.Briefing(id) != nil {
					t.Errorf("%s: %q is answered by %s", c.ID, c.Question, record.Entry)
				}
			}
		})
	}
}

// library reads briefings, or what ships where the one folder named holds none.
func library(t *testing.T, paths ...string) *content.Library {
	t.Helper()
	if len(paths) == 1 {
		if briefings, _ := filepath.Glob(filepath.Join(paths[0], "*.yaml")); len(briefings) == 0 {
			paths = []string{shipped}
		}
	}
	loader := load.Loader{Examples: true}
	library, report := loader.Paths(paths...)
	for _, fault := range report.Errors() {
		t.Error(fault)
	}
	if library == nil {
		t.FailNow()
	}
	return library
}

func read(t *testing.T, file string) []eval.Case {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases, err := eval.Read(file, f)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func score(t *testing.T, library *content.Library, file string) eval.Result {
	t.Helper()
	cases := read(t, file)
	router := bottest.RouterOver(t, library)
	result, err := eval.Run(t.Context(), func(ctx context.Context, c bot.Case) bot.Record { return bot.Ask(ctx, router, c) }, cases)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
