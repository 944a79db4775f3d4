package content

import "time"

// Briefing is one file: what is known of one subject up to one date.
type Briefing struct {
	ID        string    `yaml:"id" json:"id" jsonschema:"required"`
	Title     Text      `yaml:"title" json:"title" jsonschema:"required"`
	Published Date      `yaml:"published" json:"published" jsonschema:"required"`        // the day of publication
	AsOf      Date      `yaml:"as_of,omitempty" json:"as_of,omitzero"`                   // holds for every entry that gives none
	Status    Status    `yaml:"status,omitempty" json:"status,omitempty"`                // draft or published; published where not given
	PublishAt time.Time `yaml:"publish_at,omitempty" json:"publish_at,omitzero"`         // embargo: hidden before this instant
	Tags      []string  `yaml:"tags,omitempty" json:"tags,omitempty"`                    // topics that digests and lists select by
	Summary   Text      `yaml:"summary" json:"summary" jsonschema:"required"`            // one paragraph
	Sources   []Source  `yaml:"sources" json:"sources" jsonschema:"required,minItems=1"` // what entries cite by id
	Glossary  []Term    `yaml:"glossary,omitempty" json:"glossary,omitempty"`            // names that mean the same
	Entries   []Entry   `yaml:"entries" json:"entries" jsonschema:"required,minItems=1"` // in the order of the briefing
	Ask       []Example `yaml:"ask,omitempty" json:"ask,omitempty"`                      // questions that must be refused
	File      string    `yaml:"-" json:"-"`                                              // where it was read from, for messages
}

// Status says whether a briefing may be shown.
type Status string

// The states of a briefing.
const (
	Draft     Status = "draft"
	Published Status = "published"
)

// Source is what an entry rests on. A source without a URL is allowed; an
// invented URL is not.
type Source struct {
	ID        string `yaml:"id" json:"id" jsonschema:"required"`
	Publisher Text   `yaml:"publisher" json:"publisher" jsonschema:"required"`
	Title     Text   `yaml:"title" json:"title" jsonschema:"required"`
	Date      Date   `yaml:"date,omitempty" json:"date,omitzero"`
	URL       string `yaml:"url,omitempty" json:"url,omitempty" jsonschema:"format=uri"`
	Note      Text   `yaml:"note,omitempty" json:"note,omitzero"` // what the source stands for, where that needs saying
}

// Term is a name of the glossary with all that means the same:
// 特朗普 = 川普 = Trump.
type Term struct {
	ID      string   `yaml:"id" json:"id" jsonschema:"required"`
	Kind    TermKind `yaml:"kind" json:"kind" jsonschema:"required"`
	Name    Text     `yaml:"name" json:"name" jsonschema:"required"`
	Aliases []string `yaml:"aliases,omitempty" json:"aliases,omitempty"` // in any language
}

// TermKind says what a name of the glossary names.
type TermKind string

// The kinds of names.
const (
	Person  TermKind = "person"
	Place   TermKind = "place"
	Body    TermKind = "body" // an organisation, a government, a forum
	Event   TermKind = "event"
	Concept TermKind = "term" // any other term
)

// TermKinds lists every kind of name.
func TermKinds() []TermKind { return []TermKind{Person, Place, Body, Event, Concept} }

// Entry is one answerable thing.
type Entry struct {
	ID          string        `yaml:"id" json:"id" jsonschema:"required"`
	Kind        EntryKind     `yaml:"kind" json:"kind" jsonschema:"required"`
	Title       Text          `yaml:"title" json:"title" jsonschema:"required"`
	Aliases     []string      `yaml:"aliases,omitempty" json:"aliases,omitempty"` // other ways to name or ask for the entry, in any language
	Answer      Text          `yaml:"answer" json:"answer" jsonschema:"required"` // the editors' own words; stays true when read later
	Slots       map[Slot]Text `yaml:"slots,omitempty" json:"slots,omitempty"`     // short values: "where" is answered by a place
	Items       []Item        `yaml:"items,omitempty" json:"items,omitempty"`     // numbered points, addressable alone
	Dates       []Span        `yaml:"dates,omitempty" json:"dates,omitempty"`     // when what the entry tells happens
	Sources     []string      `yaml:"sources" json:"sources" jsonschema:"required,minItems=1"`
	AsOf        Date          `yaml:"as_of,omitempty" json:"as_of,omitzero"` // the briefing's where not given
	ValidFrom   Date          `yaml:"valid_from,omitempty" json:"valid_from,omitzero"`
	ValidUntil  Date          `yaml:"valid_until,omitempty" json:"valid_until,omitzero"` // the last day on which the answer holds
	Supersedes  []string      `yaml:"supersedes,omitempty" json:"supersedes,omitempty"`  // entries that this one replaces: "id" or "briefing/id"
	Related     []string      `yaml:"related,omitempty" json:"related,omitempty"`        // entries worth reading next: "id" or "briefing/id"
	Corrections []Correction  `yaml:"corrections,omitempty" json:"corrections,omitempty"`
	Ask         []Example     `yaml:"ask,omitempty" json:"ask,omitempty"` // example questions
}

// EntryKind says what an entry tells.
type EntryKind string

// The kinds of entries.
const (
	KindFact   EntryKind = "fact"
	KindList   EntryKind = "list"
	KindEvent  EntryKind = "event"
	KindPerson EntryKind = "person"
	KindPlace  EntryKind = "place"
	KindTerm   EntryKind = "term"
	KindQuote  EntryKind = "quote"
)

// EntryKinds lists every kind of entry.
func EntryKinds() []EntryKind {
	return []EntryKind{KindFact, KindList, KindEvent, KindPerson, KindPlace, KindTerm, KindQuote}
}

// Slot names a structured value of an entry after the question word that it
// answers.
type Slot string

// The slots.
const (
	Who      Slot = "who"
	What     Slot = "what"
	Where    Slot = "where"
	When     Slot = "when"
	Why      Slot = "why"
	How      Slot = "how"
	HowMany  Slot = "how_many"
	HowMuch  Slot = "how_much"
	HowLong  Slot = "how_long"
	HowOften Slot = "how_often"
)

// Slots lists every slot in the order in which they are shown.
func Slots() []Slot {
	return []Slot{Who, What, When, Where, Why, How, HowMany, HowMuch, HowLong, HowOften}
}

// Item is a numbered point of a list entry.
type Item struct {
	Title   Text     `yaml:"title" json:"title" jsonschema:"required"`
	Text    Text     `yaml:"text,omitempty" json:"text,omitzero"`
	Aliases []string `yaml:"aliases,omitempty" json:"aliases,omitempty"`
}

// Correction is a dated change to an entry that was already published.
type Correction struct {
	Date Date `yaml:"date" json:"date" jsonschema:"required"`
	Was  Text `yaml:"was" json:"was" jsonschema:"required"` // what the entry said before
	Note Text `yaml:"note,omitempty" json:"note,omitzero"`  // why it was changed
}

// Example is a question that the library must answer with the entry it
// stands at, or must refuse. In a file it is the question alone or a
// mapping.
type Example struct {
	Question string    `yaml:"question" json:"question" jsonschema:"required"`
	Refuse   bool      `yaml:"refuse,omitempty" json:"refuse,omitempty"`    // must not be answered
	Item     int       `yaml:"item,omitempty" json:"item,omitempty"`        // the numbered point that must be found, from 1
	Slot     Slot      `yaml:"slot,omitempty" json:"slot,omitempty"`        // the slot that must lead the answer
	AskedAt  time.Time `yaml:"asked_at,omitempty" json:"asked_at,omitzero"` // for relative dates: when it is asked
	After    []string  `yaml:"after,omitempty" json:"after,omitempty"`      // earlier questions of the same thread
}
