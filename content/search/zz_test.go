package search_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"briefbot/content/load"
	"briefbot/content/search"
)

func TestZZ(t *testing.T) {
	out, _ := os.Create("/tmp/s6/features.jsonl")
	defer out.Close()
	w := json.NewEncoder(out)
	for _, s := range [][3]string{{"dig", "testdata/dig/dig.yaml", "testdata/dig/questions.jsonl"}, {"harbour", "testdata/harbour/harbour.yaml", "testdata/harbour/questions.jsonl"}, {"release", "testdata/release/release.yaml", "testdata/release/questions.jsonl"}, {"korea", "../briefings", "testdata/korea/questions.jsonl"}, {"dev", "../briefings", "../../../shared/eval/dev_questions.jsonl"}} {
		lib, rep := load.Paths(s[1])
		if lib == nil {
			t.Fatal(rep.Err())
		}
		x := search.Build(lib)
		f, _ := os.Open(s[2])
		sc := bufio.NewScanner(f)
		for sc.Scan() {
			var q struct {
				ID, Question, Expect, Entry, Kind string
				Context                           []string
				AskedAt                           string `json:"asked_at"`
			}
			if err := json.Unmarshal(sc.Bytes(), &q); err != nil {
				t.Fatal(err)
			}
			if len(q.Context) > 0 {
				continue
			}
			at, _ := time.Parse(time.RFC3339, q.AskedAt)
			a := x.Ask(search.Query{Question: q.Question, AskedAt: at, Explain: true})
			if a.Intent != search.IntentEntry || a.Explanation == nil {
				continue
			}
			row := map[string]any{"set": s[0], "id": q.ID, "q": q.Question, "kind": q.Kind, "expect": q.Expect, "entry": q.Entry, "status": a.Status, "got": a.Ref.Entry, "conf": a.Confidence, "threshold": a.Explanation.Threshold, "understood": a.Explanation.Understood}
			var cs []map[string]any
			for _, c := range a.Explanation.Candidates {
				m := map[string]any{"ref": c.Ref.Entry, "score": c.Score, "ruled": c.Ruled}
				for _, p := range c.Parts {
					m[p.Name] = p.Value
				}
				cs = append(cs, m)
			}
			row["c"] = cs
			w.Encode(row)
		}
		fmt.Println(s[0])
	}
}
