package search

import (
	"slices"

	"briefbot/content"
)

// reportFloor is how much of what is left of "summary of the Korea trip" a
// briefing has to explain to be the one that is meant.
const reportFloor = 0.5

// titlesRead is how many briefings that share most with "summary of the Korea
// trip" may be the one that is called so.
const titlesRead = 8

// view answers a request for a view of a briefing or entry: a summary, a
// timeline, sources; ok is false where the question asks for none.
func (x *Index) view(a *Answer, p *parsed, q Query) (ok bool) {
	if p.intent == "" {
		return false
	}
	if p.intent == IntentHelp || p.intent == IntentTopics {
		// "Thanks for your help" may be what an entry is asked like.
		if x.learned != nil && x.confident(p, x.candidates(p)) {
			return false
		}
	}
	if !p.substance() && !p.dated() {
		a.Intent, a.Status, a.Confidence = p.intent, Answered, 1
		a.Ref = x.subject(p.intent, q.Previous)
		return true
	}
	if p.intent == IntentHelp || p.intent == IntentTopics {
		return false
	}
	found := x.candidates(p)
	if x.confident(p, found) && found[0].unit != nil && found[0].unit.intent == p.intent {
		return false // an entry is named so: "schedule of the ferries"
	}
	if p.intent == IntentSummary && p.vague() && x.viewOfReport(a, p) {
		return true // "a summary of the visit": what the briefing as a whole is about
	}
	if p.intent == IntentSummary && len(found) > 0 && found[0].likeness < surelyNamed && x.titled(p) {
		return x.viewOfReport(a, p)
	}
	if len(found) > 0 && found[0].score >= x.threshold && found[0].likeness >= viewLikeness {
		a.Intent, a.Status, a.Ref, a.Confidence = p.intent, Answered, found[0].doc.ref(), float64(found[0].score)
		return true
	}
	return x.viewOfReport(a, p)
}

// titled reports whether all that the question is about stands in the title of
// one briefing.
func (x *Index) titled(p *parsed) bool {
	return slices.ContainsFunc(x.top(x.reportPosts, p.terms, titlesRead), func(s scored) bool {
		title := x.parseText(x.reports[s.doc].briefing.Title)
		return !slices.ContainsFunc(p.terms, func(t term) bool { return t.topical() && !title.holds(&t) })
	})
}

// viewOfReport answers with the view of the briefing that the question is
// about; ok is false for none.
func (x *Index) viewOfReport(a *Answer, p *parsed) (ok bool) {
	var best float32
	for _, s := range x.top(x.reportPosts, p.terms, consideredLean) {
		c := candidate{doc: &x.reports[s.doc], factor: 1}
		x.measure(p, &c)
		x.constrain(p, &c)
		if score := c.coverage * c.factor; score > best && score >= reportFloor {
			best = score
			a.Intent, a.Status, a.Ref, a.Confidence = p.intent, Answered, c.doc.ref(), float64(score)
		}
	}
	return best > 0
}

// subject returns what a view without a subject is of: what was talked about
// last, else the newest briefing.
func (x *Index) subject(intent Intent, previous []Turn) content.Ref {
	if intent == IntentHelp || intent == IntentTopics {
		return content.Ref{}
	}
	if len(previous) > 0 {
		ref := previous[len(previous)-1].Ref
		if intent == IntentSources {
			return ref
		}
		return content.Ref{Briefing: ref.Briefing}
	}
	if briefings := x.library.Briefings(); len(briefings) > 0 {
		return content.Ref{Briefing: briefings[0].ID}
	}
	return content.Ref{}
}
