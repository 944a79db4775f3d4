package gaps_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/gaps"
	"briefbot/content"
	"briefbot/content/search"
)

var monday = time.Date(2031, 6, 16, 9, 30, 0, 0, time.UTC) //nolint:gochecknoglobals // an instant, never changed

func date(month time.Month, day int) content.Date {
	return content.Date{Year: 2031, Month: month, Day: day}
}

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

func open(t *testing.T, file string, now time.Time) *gaps.Keeper {
	t.Helper()
	k, err := gaps.Open(file, 30, at(now))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func count(t *testing.T, k *gaps.Keeper, now time.Time, questions ...string) {
	t.Helper()
	for _, q := range questions {
		if err := (gaps.Counter{Tallies: k}).Unanswered(t.Context(), q, now); err != nil {
			t.Fatal(err)
		}
	}
}

func questions(t *testing.T, k *gaps.Keeper) []gaps.Question {
	t.Helper()
	all, err := gaps.Questions(t.Context(), k, content.Date{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestQuestionsAreCountedAndKeptBetweenStarts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "gaps.jsonl")
	k := open(t, file, monday)
	count(t, k, monday, "who pays for it", "fare for dogs", "who pays for it")
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	tuesday := monday.AddDate(0, 0, 1)
	k = open(t, file, tuesday)
	count(t, k, tuesday, "fare for dogs", "fare for dogs")
	got := questions(t, k)
	if len(got) != 2 || got[0].Text != "fare for dogs" || got[0].Count != 3 || got[1].Count != 2 || got[1].Last != date(6, 16) {
		t.Errorf("%+v", got)
	}
	if since, err := gaps.Questions(t.Context(), k, date(6, 17)); err != nil || len(since) != 1 || since[0].Text != "fare for dogs" {
		t.Errorf("since tuesday %+v, %v", since, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestAQuestionIsForgottenAfterItsTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gaps.jsonl")
	k := open(t, file, monday)
	count(t, k, monday, "old")
	count(t, k, monday.AddDate(0, 0, 20), "newer")
	_ = k.Close()
	k = open(t, file, monday.AddDate(0, 0, 32))
	if got := questions(t, k); len(got) != 1 || got[0].Text != "newer" {
		t.Errorf("%+v", got)
	}
	data, _ := os.ReadFile(file)
	if strings.Contains(string(data), "old") {
		t.Errorf("the file still holds %s", data)
	}
}

func TestWhatMayBelongToSomebodyIsNotKept(t *testing.T) {
	k := open(t, "", monday)
	count(t, k, monday, "call me at 13800138000 please", "mail ann@example.org the plan", "see https://example.org/me now", "123456789", "  ", strings.Repeat("long ", 200))
	got := questions(t, k)
	for _, q := range got {
		if strings.Contains(q.Text, "138001") || strings.Contains(q.Text, "example.org") || len(q.Text) > 200 {
			t.Errorf("kept %q", q.Text)
		}
	}
	if len(got) != 4 {
		t.Errorf("%+v", got)
	}
}

func TestABrokenFileIsAnErrorAndStays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gaps.jsonl")
	if err := os.WriteFile(file, []byte("not JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := gaps.Open(file, 1, at(monday)); err == nil {
		t.Error("taken for questions")
	}
	if data, _ := os.ReadFile(file); string(data) != "not JSON\n" {
		t.Errorf("the file is now %q", data)
	}
}

// A vote counts for what it says last; the entries that are liked least come
// first, kept between starts like questions.
func TestVotesAreSummedUpByTheEntry(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gaps.jsonl")
	k := open(t, file, monday)
	for _, c := range []struct {
		kind  bot.TallyKind
		entry string
		times int
	}{
		{bot.ThumbsUp, "ferry/fares", 4},
		{bot.ThumbsUpBack, "ferry/fares", 1},
		{bot.ThumbsUp, "ferry/pier", 1},
		{bot.ThumbsDown, "ferry/pier", 2},
		{bot.ThumbsDown, "ferry/gone", 1},
		{bot.ThumbsDownBack, "ferry/gone", 1},
		{bot.ThumbsDown, "ferry/closed", 1},
	} {
		for range c.times {
			if err := k.Count(t.Context(), c.kind, c.entry, date(6, 16)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := gaps.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	votes, err := gaps.VotesSince(t.Context(), kept, date(6, 1))
	want := []gaps.Votes{{Entry: "ferry/pier", Up: 1, Down: 2}, {Entry: "ferry/closed", Down: 1}, {Entry: "ferry/fares", Up: 3}}
	if err != nil || !slices.Equal(votes, want) {
		t.Errorf("%+v, %v", votes, err)
	}
	var out strings.Builder
	if err := gaps.WriteVotes(&out, votes, ferry()); err != nil {
		t.Fatal(err)
	}
	const text = `# What readers think of answers, the least liked first:
#   👎 2  👍 1  ferry/pier (Opening of the pier)
#   👎 1  👍 0  ferry/closed (no longer there)
#   👎 0  👍 3  ferry/fares (Fares of the night ferry)
`
	if out.String() != text {
		t.Errorf("it is shown as\n%s", &out)
	}
	if len(questions(t, kept)) > 0 {
		t.Error("a vote is taken for a question")
	}
}

func ferry() *content.Library {
	text := func(s string) content.Text { return content.Text{English: s} }
	return content.NewLibrary([]*content.Briefing{{
		ID: "ferry", Entries: []content.Entry{
			{ID: "fares", Kind: content.KindFact, Title: text("Fares of the night ferry"), Answer: text("The night ferry costs nine crowns.")},
			{ID: "pier", Kind: content.KindFact, Title: text("Opening of the pier"), Answer: text("The pier opens in May.")},
		},
	}})
}

func TestClustersAreReadyToBePasted(t *testing.T) {
	library := ferry()
	index := search.Build(library)
	clusters := gaps.Clusters([]gaps.Question{
		{Text: "fare of the night ferry for dogs with baskets", Count: 4, Last: date(6, 16)},
		{Text: "who owns the lighthouse island", Count: 3, Last: date(6, 16)},
		{Text: "fare for dogs with baskets night ferry", Count: 2, Last: date(6, 18)},
		{Text: "fares of the night ferry", Count: 9, Last: date(6, 16)},
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
		k := open(t, file, monday)
		for range min(max(n, 0), 3) {
			count(t, k, monday, question)
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		kept, err := gaps.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := questions(t, kept), questions(t, k); !slices.Equal(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
