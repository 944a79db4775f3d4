package gaps_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/bot/gaps"
	"briefbot/content"
	"briefbot/content/search"
)

var monday = time.Date(2031, 6, 16, 9, 30, 0, 0, time.UTC) //nolint:gochecknoglobals // an instant, never changed

func count(t *testing.T, k *gaps.Keeper, at time.Time, questions ...string) {
	t.Helper()
	for _, q := range questions {
		if err := k.Unanswered(t.Context(), q, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestQuestionsAreCountedAndKeptBetweenStarts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "gaps.jsonl")
	k, err := gaps.Open(file, 30*24*time.Hour, monday)
	if err != nil {
		t.Fatal(err)
	}
	count(t, k, monday, "who pays for it", "fare for dogs", "who pays for it")
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	k, err = gaps.Open(file, 30*24*time.Hour, monday.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	count(t, k, monday.AddDate(0, 0, 1), "fare for dogs", "fare for dogs")
	got := k.Questions()
	if len(got) != 2 || got[0].Text != "fare for dogs" || got[0].Count != 3 || got[1].Count != 2 || got[1].Last != monday.Truncate(24*time.Hour) {
		t.Errorf("%+v", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestAQuestionIsForgottenAfterItsTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gaps.jsonl")
	k, _ := gaps.Open(file, 30*24*time.Hour, monday)
	count(t, k, monday, "old")
	count(t, k, monday.AddDate(0, 0, 20), "newer")
	_ = k.Close()
	k, err := gaps.Open(file, 30*24*time.Hour, monday.AddDate(0, 0, 32))
	if got := k.Questions(); err != nil || len(got) != 1 || got[0].Text != "newer" {
		t.Errorf("%+v, %v", got, err)
	}
	data, _ := os.ReadFile(file)
	if strings.Contains(string(data), "old") {
		t.Errorf("the file still holds %s", data)
	}
}

func TestWhatMayBelongToSomebodyIsNotKept(t *testing.T) {
	k, _ := gaps.Open("", time.Hour, monday)
	count(t, k, monday, "call me at 13800138000 please", "mail ann@example.org the plan", "see https://example.org/me now", "123456789", "  ", strings.Repeat("long ", 200))
	for _, q := range k.Questions() {
		if strings.Contains(q.Text, "138001") || strings.Contains(q.Text, "example.org") || len(q.Text) > 200 {
			t.Errorf("kept %q", q.Text)
		}
	}
	if len(k.Questions()) != 4 {
		t.Errorf("%+v", k.Questions())
	}
}

func TestABrokenFileIsAnErrorAndStays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gaps.jsonl")
	if err := os.WriteFile(file, []byte("not JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := gaps.Open(file, time.Hour, monday); err == nil {
		t.Error("taken for questions")
	}
	if data, _ := os.ReadFile(file); string(data) != "not JSON\n" {
		t.Errorf("the file is now %q", data)
	}
}

func TestClustersAreReadyToBePasted(t *testing.T) {
	text := func(s string) content.Text { return content.Text{English: s} }
	library := content.NewLibrary([]*content.Briefing{{
		ID: "ferry", Entries: []content.Entry{
			{ID: "fares", Kind: content.KindFact, Title: text("Fares of the night ferry"), Answer: text("The night ferry costs nine crowns.")},
			{ID: "pier", Kind: content.KindFact, Title: text("Opening of the pier"), Answer: text("The pier opens in May.")},
		},
	}})
	index := search.Build(library)
	clusters := gaps.Clusters([]gaps.Question{
		{Text: "fare of the night ferry for dogs with baskets", Count: 4, Last: monday},
		{Text: "who owns the lighthouse island", Count: 3, Last: monday},
		{Text: "fare for dogs with baskets night ferry", Count: 2, Last: monday.AddDate(0, 0, 2)},
		{Text: "fares of the night ferry", Count: 9, Last: monday},
	}, index, monday)
	if len(clusters) != 2 || clusters[0].Count != 6 || len(clusters[0].Questions) != 2 || clusters[0].Near == nil || clusters[0].Near.Entry != "fares" {
		t.Fatalf("%+v", clusters)
	}
	var out strings.Builder
	if err := gaps.Write(&out, clusters, library); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Asked 6 times, last on 2031-06-18.\n", "# If ferry/fares (Fares of the night ferry) answers it:\n    aliases:\n",
		`      - "fare of the night ferry for dogs with baskets" # 4 times`, `    title: {en: "who owns the lighthouse island"}`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func FuzzWhatIsReadCanBeWrittenAndReadAgain(f *testing.F) {
	f.Add("who pays", 2)
	f.Add("\x00\xff a@b 1234567", 1)
	f.Fuzz(func(t *testing.T, question string, n int) {
		file := filepath.Join(t.TempDir(), "gaps.jsonl")
		k, _ := gaps.Open(file, time.Hour, monday)
		for range min(max(n, 0), 3) {
			count(t, k, monday, question)
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := gaps.Read(file)
		if want := k.Questions(); err != nil || len(got) != len(want) || (len(got) > 0 && got[0].Text != want[0].Text) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	})
}
