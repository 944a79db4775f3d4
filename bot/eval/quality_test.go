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
)

const questionSets = "../../content/search/testdata"

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

// library reads the briefings of dir, or what ships where dir holds none.
func library(t *testing.T, dir string) *content.Library {
	t.Helper()
	if briefings, _ := filepath.Glob(filepath.Join(dir, "*.yaml")); len(briefings) == 0 {
		dir = "../../content/briefings"
	}
	loader := load.Loader{Examples: true}
	library, report := loader.Paths(dir)
	for _, fault := range report.Errors() {
		t.Error(fault)
	}
	if library == nil {
		t.FailNow()
	}
	return library
}

func score(t *testing.T, library *content.Library, file string) eval.Result {
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
	router := bottest.RouterOver(t, library)
	result, err := eval.Run(t.Context(), func(ctx context.Context, c bot.Case) bot.Record { return bot.Ask(ctx, router, c) }, cases)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
