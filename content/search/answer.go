package search

import (
	"time"

	"briefbot/content"
)

// Query is a question with all that its answer may depend on.
type Query struct {
	Question string
	Lang     content.Lang // the asker's language where the question does not tell; "" for unknown
	AskedAt  time.Time    // for relative dates
	Previous []Turn       // earlier answers of the same conversation, the oldest first
	Explain  bool         // fill in Answer.Explanation
}

// Turn is one answered question of a conversation.
type Turn struct {
	Question string
	Ref      content.Ref
	Item     int // the numbered point that was shown, 0 for the whole entry
	Slot     content.Slot
}

// Status says whether a question was answered.
type Status string

// The outcomes of a question.
const (
	Answered Status = "answered"
	Suggest  Status = "suggest" // a few candidates to pick from, nothing stated
	Unknown  Status = "unknown" // not in the briefings
)

// Intent is what a question asks for.
type Intent string

// The intents. All but IntentEntry ask for a view of a whole briefing, or of
// an entry where Answer.Ref has one.
const (
	IntentEntry    Intent = "entry"
	IntentSummary  Intent = "summary"
	IntentTimeline Intent = "timeline"
	IntentSources  Intent = "sources"
	IntentTopics   Intent = "topics"
	IntentHelp     Intent = "help"
)

// Answer is what was found for a question.
type Answer struct {
	Status      Status
	Intent      Intent
	Ref         content.Ref  // with Answered; Ref.Entry is empty where a whole briefing is meant
	Items       []int        // the numbered points asked for, from 1; none for the whole entry
	Slot        content.Slot // the slot asked for that the entry has; "" for none
	Lang        content.Lang // the language to answer in
	Confidence  float64      // 0 to 1
	Asked       string       // the question in the spelling that was searched for
	Suggestions []Suggestion // with Suggest the candidates; with Unknown what is related
	Explanation *Explanation // where Query.Explain
}

// Suggestion is an entry that may be meant.
type Suggestion struct {
	Ref   content.Ref
	Item  int // 0 for the whole entry
	Score float64
}

// Explanation tells how an answer was found, in the language of the answer.
type Explanation struct {
	Normalised string      // the question as it was searched for
	Kind       string      // what kind of question it was taken for
	Understood []string    // what was recognised, a sentence each
	Threshold  float64     // the confidence that is enough to state an entry; a little less is where nothing else comes near
	Candidates []Candidate // the best first
}

// Candidate is an entry that was considered.
type Candidate struct {
	Ref   content.Ref
	Score float64
	Parts []ScorePart
	Ruled string // why the candidate was ruled out, "" where it was not
}

// ScorePart is one part of a candidate's score.
type ScorePart struct {
	Name  string
	Value float64
}
