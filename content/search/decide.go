package search

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/content"
)

// The bounds of deciding. Confidence is compared with the threshold that was
// derived from the library.
const (
	clearBelow      = 0.06 // how far below the threshold an entry may be stated that nothing contradicts …
	clearLead       = 0.5  // … and of which no other has more than this share of its confidence
	suggestFrom     = 0.75 // the share of the threshold from which a candidate is offered as what may be meant …
	suggestBeside   = 0.75 // … beside a better one, from this share of that
	viewLikeness    = 0.5  // how like its names a request for a view of an entry has to be
	relatedAbove    = 0.25 // the coverage from which an entry is worth naming beside "not in the briefings" …
	relatedFrom     = 0.4  // … or the share of the threshold, half of it where there are texts enough to tell …
	relatedLearned  = 0.1  // … or the probability, likewise
	nearTie         = 0.99 // a runner-up this close to the best makes it a choice …
	rivalTie        = 0.85 // … or one this close that holds a part of the question that the best lacks …
	rivalFrom       = 0.3  // … or any other of which that part is so much of the question …
	surelyNamed     = 0.9  // … unless the best is named almost word for word
	namesakeTie     = 0.85 // the same where a name in the question is that of several
	somebodyFrom    = 0.15 // how much of the question a name has to be for it to be about the one so named
	deniedCoverage  = 0.3  // how much of the question an entry has to explain to be what is denied
	suggestionsMost = 5
	relatedMost     = 3
)

// How much each part of the evidence counts for confidence.
const (
	coverageWeight = 0.40
	likenessWeight = 0.35
	densityWeight  = 0.25
)

// How much the wording of a question and what was learned from examples count
// depends on how many texts there are to tell common wording from rare: of a
// few, what the question means says more.
const (
	wordingTexts  = 850  // texts with which wording counts for half, fewer for much less
	learningTexts = 1000 // texts with which learning counts for half of …
	learningMost  = 0.5
)

// shares returns how much wording and learning count in a library that has
// so many texts in one script.
func shares(texts int) (wording, learning float32) {
	t := float64(texts)
	fourth := math.Pow(t/wordingTexts, 4)
	return float32(fourth / (fourth + 1)), float32(learningMost * t / (t + learningTexts))
}

// Ask finds the entry that answers a question, or abstains.
func (x *Index) Ask(q Query) Answer {
	q.Question = bounded(q.Question)
	q.Previous = x.present(q.Previous)
	p := x.parse(q.Question, q.AskedAt)
	if said, ok := x.resolved(&p, q.Previous); ok {
		q.Question = bounded(said)
		p = x.parse(q.Question, q.AskedAt)
	}
	a := Answer{Status: Unknown, Intent: IntentEntry, Lang: x.norm.detectLang(q.Question, q.Lang)}
	if p.pinyin() && !hasHan(q.Question) && !q.Lang.Chinese() {
		a.Lang = content.Hans
	}
	var found []candidate
	switch {
	case x.view(&a, &p, q), x.onDate(&a, &p), x.followUp(&a, &p, q), x.saysNothing(&p):
	default:
		found = x.candidates(&p)
		alone := x.confident(&p, found)
		if len(q.Previous) > 0 && (!alone || p.vague()) {
			last := q.Previous[len(q.Previous)-1].Ref
			both := x.inConversation(&p, q)
			own := alone && found[0].item > 0 && found[0].doc.ref() == last // another point of the same list
			if !own && x.confident(&p, both) && (!alone || both[0].doc.ref() == last) {
				found, alone = both, true
			}
			if !alone && x.continues(&p, found, last) {
				x.answerWith(&a, last)
				a.Confidence = float64(x.threshold)
				break
			}
		}
		x.settle(&a, &p, found)
		x.confirm(&a, &p, q, found)
	}
	a.Asked = surface(p.atoms)
	if q.Explain && a.Explanation == nil {
		a.Explanation = x.explain(&a, &p, found)
	}
	return a
}

// candidates returns the docs that may answer, judged, the best first.
func (x *Index) candidates(p *parsed) []candidate {
	if p.judged != nil {
		return p.judged // a request for a view is looked at twice
	}
	found := x.retrieve(p)
	for i := range found {
		x.judge(p, &found[i])
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	p.judged = x.calledFirst(p, found)
	return p.judged
}

// judge fills in all that is known of a candidate.
func (x *Index) judge(p *parsed, c *candidate) {
	x.measure(p, c)
	x.constrain(p, c)
	c.evidence = x.evidence(p, c)
	c.score = c.factor * c.evidence
}

// calledBy returns the one entry, or point, that is called by the very words of
// the question.
func (x *Index) calledBy(p *parsed) (called call, ok bool) {
	called, ok = x.called.by(hashed('t', surface(p.atoms)))
	return called, ok && !called.shared
}

// saysNothing reports whether the question only frames one, no entry is called
// so and there are no examples that may tell what "what time is it" asks.
func (x *Index) saysNothing(p *parsed) bool {
	if p.pronoun && !p.substance() && !p.dated() {
		return true // he, who?
	}
	if !p.empty() || x.learned != nil && len(p.atoms) > 1 {
		return false
	}
	_, called := x.calledBy(p)
	return !called
}

// calledFirst puts the entry that the editors call by the very words of the
// question before those that merely have more of what is rare in it.
func (x *Index) calledFirst(p *parsed, found []candidate) []candidate {
	called, ok := x.calledBy(p)
	if !ok {
		return found
	}
	at := slices.IndexFunc(found, func(c candidate) bool { return c.id == called.doc })
	if at < 0 { // by words that weigh nothing: "how to get there"
		c := candidate{id: called.doc, doc: x.load(called.doc), factor: 1}
		x.judge(p, &c)
		c.coverage, c.density = 1, 1
		found, at = append(found, c), len(found)
	}
	c := found[at]
	if c.factor < 1 {
		return found
	}
	c.called, c.likeness, c.worded, c.item = true, 1, 1, int(called.item)
	c.evidence = max(x.evidence(p, &c), found[0].score)
	c.score = c.evidence
	return slices.Insert(slices.Delete(found, at, at+1), 0, c)
}

// evidence joins how much of the question the entry explains, how like it is
// to what the editors expected to be asked, how like them it is worded and what
// was learned from examples.
func (x *Index) evidence(p *parsed, c *candidate) float32 {
	like := likenessWeight * x.wellNamed
	meant := (coverageWeight*c.coverage + like*c.likeness + densityWeight*c.density) / (coverageWeight + like + densityWeight)
	if p.empty() && !c.called {
		meant = 0 // words that only frame a question mean nothing by themselves
	}
	said := meant + x.wordingShare*(c.worded-meant)
	if x.learned == nil {
		return said
	}
	return said + x.learningShare*(c.learned-said)
}

// confident reports whether the best candidate may be stated: it reaches the
// threshold, or comes near it while nothing else in the library comes near and
// no other entry is named in the question.
func (x *Index) confident(p *parsed, found []candidate) bool {
	if len(found) == 0 {
		return false
	}
	best := &found[0]
	switch {
	case best.score >= x.threshold:
		return true
	case best.score < x.threshold-clearBelow, best.factor < 1, p.strange():
		return false
	}
	return !slices.ContainsFunc(found[1:], func(c candidate) bool {
		return c.score > best.score*clearLead || c.namesMore(p, best)
	})
}

// strange reports whether the question holds a word that stands in no entry.
func (p *parsed) strange() bool {
	return p.unread || slices.ContainsFunc(p.terms, func(t term) bool { return t.kind == termWord && t.topical() && t.count == 0 })
}

// settle decides between stating, offering candidates and abstaining.
func (x *Index) settle(a *Answer, p *parsed, found []candidate) {
	if len(found) == 0 {
		return
	}
	best := &found[0]
	a.Confidence = float64(best.score)
	switch {
	case deniedBetter(p, found):
		a.Suggestions = x.related(p, found)
	case x.confident(p, found) && !p.tied(found) && !p.rivalled(found) && !p.ofSomebody(found) && !p.ofTwo(found) && !p.trifling(best):
		x.state(a, p, best)
	case best.score >= x.threshold*suggestFrom:
		a.Status = Suggest
		a.Suggestions = suggestions(found, suggestionsMost, func(c *candidate) bool { return c.score >= x.threshold*suggestFrom*suggestBeside })
	default:
		a.Suggestions = x.related(p, found)
	}
}

// deniedBetter reports whether an entry that a specific of the question rules
// out explains the question better than the best that is left, which misses
// a specific too: "point seven" of a list of five is not some other entry.
func deniedBetter(p *parsed, found []candidate) bool {
	best := &found[0]
	for i := range found {
		c := &found[i]
		if c.factor != ruledOut {
			continue
		}
		if best.factor < 1 && c.evidence >= best.evidence {
			return true
		}
		if best.likeness < surelyNamed && c.coverage >= deniedCoverage && c.namesMore(p, best) {
			return true
		}
	}
	return false
}

// namesMore reports whether the candidate is named by a part of the question
// on which the best says nothing: "the theme of APEC 2026" is about the theme
// of 2025, not about the host of 2026.
func (c *candidate) namesMore(p *parsed, best *candidate) bool {
	for i := range p.terms {
		t := &p.terms[i]
		if (t.kind == termWord || t.kind == termHan || t.kind == termConcept) && !t.light && !t.lone && c.named(t) && !best.holds(t) {
			return true
		}
	}
	return false
}

// tied reports whether two entries answer equally well: then the asker has to
// choose, and all the more where a name of the question is that of several.
func (p *parsed) tied(found []candidate) bool {
	if len(found) < 2 {
		return false
	}
	best, next := &found[0], &found[1]
	if p.ambiguous {
		return next.score >= best.score*namesakeTie
	}
	return best.likeness < surelyNamed && next.score >= best.score*nearTie
}

// rivalled reports whether another entry that has the value asked for comes near
// the best and holds what that lacks: "the ticket for the museum" may be that
// for the exhibition.
func (p *parsed) rivalled(found []candidate) bool {
	best := &found[0]
	if !asksValue(p.slot) || best.likeness >= surelyNamed {
		return false
	}
	return slices.ContainsFunc(found[1:], func(c candidate) bool {
		if c.doc.entry == nil {
			return false
		}
		_, has := slotValue(c.doc.entry, p.slot)
		lacking := p.weightOf(func(t *term) bool { return t.topical() && !best.holds(t) && c.headed(t) })
		return has && lacking > 0 && (c.score >= best.score*rivalTie || lacking >= p.self*rivalFrom)
	})
}

// weightOf returns what some terms of the question weigh.
func (p *parsed) weightOf(fits func(*term) bool) (weight float32) {
	for i := range p.terms {
		if fits(&p.terms[i]) {
			weight += p.terms[i].weight
		}
	}
	return weight
}

// ofSomebody reports whether the question names somebody that an entry is about
// and the best does not speak of: "does Haldane oppose the ferries" is no question
// about the ferries.
func (p *parsed) ofSomebody(found []candidate) bool {
	best := &found[0]
	return slices.ContainsFunc(found[1:], func(c candidate) bool {
		if c.doc.entry == nil || c.doc.entry.Kind != content.KindPerson {
			return false
		}
		return p.weightOf(func(t *term) bool { return t.topical() && c.named(t) && !best.holds(t) }) >= p.self*somebodyFrom
	})
}

// ofTwo reports whether the question holds the whole name of another entry, of
// which the best says nothing: "what did she say about the night buses" is not
// answered with what she said about timetables.
func (p *parsed) ofTwo(found []candidate) bool {
	best := &found[0]
	if best.likeness >= surelyNamed {
		return false
	}
	return slices.ContainsFunc(found[1:], func(c candidate) bool {
		if c.doc.entry == nil || c.unit == nil || c.inFull < surelyNamed {
			return false
		}
		words, held := 0, false
		lacking := p.weightOf(func(t *term) bool {
			if !t.topical() || !c.named(t) || !c.holdsItself(t) {
				return false
			}
			words++
			held = held || best.holdsItself(t)
			return true
		})
		return words > 1 && !held && lacking >= p.self*rivalFrom
	})
}

// trifling reports whether the question holds only words that any text may hold,
// and the best is not asked for so: "good bot".
func (p *parsed) trifling(best *candidate) bool {
	return !p.substance() && !p.dated() && len(p.ordinals) == 0 && best.likeness < unexpected && best.learned < clearLead
}

// lastOf returns the last point of a list where the question asks for the last
// of what names the list: "the last goal".
func (x *Index) lastOf(p *parsed, c *candidate) (item int, ok bool) {
	if c.doc.entry == nil || len(c.doc.entry.Items) == 0 {
		return 0, false
	}
	for i := range p.atoms {
		if !x.isLast(p.atoms, i) {
			continue
		}
		if c.doc.feature(x.ids[wordKey(p.atoms[i+1].stem())]).in&inName != 0 {
			return len(c.doc.entry.Items), true
		}
	}
	return 0, false
}

func (x *Index) state(a *Answer, p *parsed, best *candidate) {
	a.Status, a.Ref = Answered, best.doc.ref()
	a.Items = best.items
	if len(a.Items) == 0 && best.item > 0 {
		a.Items = []int{best.item}
	}
	if last, ok := x.lastOf(p, best); ok && len(best.items) == 0 {
		a.Items = []int{last}
	}
	a.Slot, _ = p.slotOf(best.doc.entry)
}

// related returns what is worth naming beside "not in the briefings": the
// entries that are named by a part of the question, whatever else of it they
// contradict. Asked for the host of 2027, people are glad to hear of 2026.
func (x *Index) related(p *parsed, found []candidate) []Suggestion {
	nearest := slices.Clone(found)
	near := func(c candidate) float32 { return c.evidence * (3 + c.factor) / 4 }
	slices.SortStableFunc(nearest, func(a, b candidate) int { return cmp.Compare(near(b), near(a)) })
	return suggestions(nearest, relatedMost, func(c *candidate) bool {
		return c.coverage >= relatedAbove || c.learned*x.wordingShare >= relatedLearned || c.score >= x.threshold*relatedFrom*(1-x.wordingShare/2) || slices.ContainsFunc(p.terms, func(t term) bool { return t.topical() && c.named(&t) })
	})
}

// topical reports whether the term says what a question is about, rather than
// when, how many or in which words.
func (t *term) topical() bool {
	switch t.kind {
	case termWord, termHan, termSound, termConcept, termCode:
		return !t.light && !t.lone
	case termNumber, termOrdinal, termYear, termMonth, termDay:
	}
	return false
}

func suggestions(found []candidate, most int, fits func(*candidate) bool) []Suggestion {
	var out []Suggestion
	for i := range found {
		c := &found[i]
		if len(out) < most && fits(c) {
			s := Suggestion{Ref: c.doc.ref(), Item: c.item, Score: float64(c.score)}
			if len(c.items) > 0 {
				s.Item = c.items[0]
			}
			out = append(out, s)
		}
	}
	return out
}

// Search returns the entries that have most to do with the words, at most n,
// the best first, whether or not they answer a question.
func (x *Index) Search(words string, n int) []Suggestion {
	p := x.parse(bounded(words), time.Time{})
	return suggestions(x.candidates(&p), n, func(c *candidate) bool { return c.coverage > relatedAbove })
}

// Complete returns what a question that begins with typed may be about, at
// most n, the best first: entries with a name that begins so, then those with
// a name that holds it, then what a search finds.
func (x *Index) Complete(typed string, n int) []Suggestion {
	runes, _ := x.norm.fold(strings.TrimSpace(bounded(typed)))
	want := string(runes)
	if want == "" || n <= 0 {
		return nil
	}
	var begins, holds []Suggestion
	for i := range x.docs {
		d := &x.docs[i]
		switch at := d.nameAt(want); {
		case at == 0:
			begins = append(begins, Suggestion{Ref: d.ref(), Score: 1})
		case at > 0:
			holds = append(holds, Suggestion{Ref: d.ref(), Score: 0.5})
		}
		if len(begins) == n {
			return begins
		}
	}
	out := append(begins, holds...)
	if !tells(runes) {
		return out[:min(len(out), n)]
	}
	for _, s := range x.Search(typed, n) {
		if !slices.ContainsFunc(out, func(o Suggestion) bool { return o.Ref == s.Ref }) {
			out = append(out, s)
		}
	}
	return out[:min(len(out), n)]
}

// tells reports whether what was typed is enough to search for: two Chinese
// characters or three letters. Less is held by anything.
func tells(typed []rune) bool {
	const enough = 3
	held := 0
	for _, r := range typed {
		switch {
		case isHan(r):
			held += 2
		case isLetter(r), isDigit(r):
			held++
		}
	}
	return held >= enough
}

// nameAt returns where in one of the doc's names the text stands at the
// earliest, -1 for nowhere.
func (d *doc) nameAt(text string) int {
	first := -1
	for name := range strings.SplitSeq(d.names, "\x00") {
		if at := strings.Index(name, text); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// DetectLang returns the language that a text is written in; hint where the
// text does not tell, English where neither does.
func DetectLang(text string, hint content.Lang) content.Lang {
	return languageTables().norm.detectLang(text, hint)
}

// bounded returns at most the first maxQuestion runes of s.
func bounded(s string) string {
	n := maxQuestion
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func hasHan(s string) bool { return strings.ContainsFunc(s, isHan) }

// explain tells how the question was understood and what was considered, in the
// language of the answer.
func (x *Index) explain(a *Answer, p *parsed, found []candidate) *Explanation {
	e := &Explanation{Threshold: float64(x.threshold), Normalised: surface(p.atoms), Kind: a.Intent.form().in(a.Lang)}
	understood := func(r remark) { e.Understood = append(e.Understood, r.in(a.Lang)) }
	for _, c := range p.corrected {
		understood(remark{form: wasCorrected, what: c})
	}
	if p.slot != "" || p.hint != "" {
		understood(remark{form: asksFor, slot: cmp.Or(p.slot, p.hint)})
	}
	if p.sounds > 0 {
		understood(remark{form: isPinyin})
	}
	for i := range p.terms {
		e.Understood = append(e.Understood, p.terms[i].describe(a.Lang))
	}
	for _, c := range found[:min(len(found), suggestionsMost)] {
		var reasons []string
		for _, r := range c.reasons {
			reasons = append(reasons, r.in(a.Lang))
		}
		e.Candidates = append(e.Candidates, Candidate{
			Ref: c.doc.ref(), Score: float64(c.score), Ruled: strings.Join(reasons, chosen([3]string{"; ", "；", "；"}, a.Lang)),
			Parts: x.parts(&c, a.Lang),
		})
	}
	return e
}

// parts lists what a candidate's score is made of. What counts for nothing in
// this library is left out.
func (x *Index) parts(c *candidate, lang content.Lang) []ScorePart {
	parts := []ScorePart{
		{isCoverage.in(lang), float64(c.coverage)},
		{isLikeness.in(lang), float64(c.likeness)},
		{isDensity.in(lang), float64(c.density)},
	}
	const least = 0.01
	if x.wordingShare >= least {
		parts = append(parts, ScorePart{isWording.in(lang), float64(c.worded)})
	}
	if x.learned != nil {
		parts = append(parts, ScorePart{isLearned.in(lang), float64(c.learned)})
	}
	return append(parts, ScorePart{isConstraints.in(lang), float64(c.factor)})
}

// describe names the term, what it weighs and, where no entry holds it, that.
func (t *term) describe(lang content.Lang) string {
	s := remark{form: weighs, what: t.surface}.in(lang) + strconv.FormatFloat(float64(t.weight), 'f', 2, 32)
	if t.count == 0 {
		s += weighsInNone.in(lang)
	}
	return s
}
