package search

import "briefbot/content"

// The briefings that are indexed by themselves, too.
const (
	aloneFrom = 8    // entries of a briefing: fewer tell too little of what is usual in it
	aloneMost = 5000 // entries of the library: of more the weights hardly change
)

// apart indexes the larger briefings of a small library each by itself. How
// much a word weighs, and how sure is sure enough, depends on what else a
// library holds: beside briefings on other subjects the subject's own words
// would look rare, and a question next door near. A briefing that is the only
// one needs no other index.
func apart(library *content.Library, cores int) map[string]*Index {
	briefings := library.Briefings()
	if len(briefings) < 2 || library.Len() > aloneMost {
		return nil
	}
	alone := map[string]*Index{}
	for _, b := range briefings {
		if len(b.Entries) >= aloneFrom {
			alone[b.ID] = build(library, []*content.Briefing{b}, cores, library.Len())
		}
	}
	return alone
}

// confirm takes an answer back that the briefing it stands in would not give by
// itself: what a briefing refuses does not depend on which others are loaded.
func (x *Index) confirm(a *Answer, p *parsed, q Query, found []candidate) {
	alone := x.alone[a.Ref.Briefing]
	if a.Status != Answered || alone == nil {
		return
	}
	q.Explain = false
	own := alone.Ask(q)
	if own.Status == Answered && own.Ref == a.Ref {
		return
	}
	found[0].reasons = append(found[0].reasons, remark{form: isNotSureAlone})
	a.Status, a.Suggestions = own.Status, own.Suggestions
	switch own.Status {
	case Answered:
		a.Status = Suggest
		a.Suggestions = []Suggestion{{Ref: a.Ref, Score: a.Confidence}, {Ref: own.Ref, Score: own.Confidence}}
	case Unknown:
		a.Suggestions = x.related(p, found)
	case Suggest:
	}
	a.Ref, a.Items, a.Slot = content.Ref{}, nil, ""
	a.Confidence = min(a.Confidence, own.Confidence)
}
