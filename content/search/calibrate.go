package search

import (
	"slices"
	"sync"
	"time"

	"briefbot/content"
)

// How the threshold of confidence is derived from a library. Texts that name
// its entries are asked as if they did not stand there: with the text left out,
// the entry should still be found; with the entry left out, the question is one
// next door, which must be refused.
const (
	trialsMost     = 240    // texts that are tried
	nextDoor       = 0.15   // the share of questions next door that may get an answer; real ones are further away
	lost           = 1. / 3 // the share of right answers that may be given up for that
	usualThreshold = 0.545  // what a library of few texts takes …
	usualTexts     = 800    // … and with as many what was derived counts for half
	foldCount      = 2      // parts of the texts that a classifier is trained without
)

// trial is what came of asking one text of the library as if it did not stand
// there.
type trial struct {
	own   float32 // the confidence in the best entry
	right bool    // that is the entry of the text
	other float32 // the confidence in the best entry where the entry of the text is left out, too
}

// named is a text with the doc that it names.
type named struct {
	doc  uint32
	text string
}

// calibrate derives the threshold from the texts of the library.
func (b *builder) calibrate(texts []named) {
	trials := b.try(texts)
	derived := threshold(trials)
	n := float32(len(texts)) / usualTexts
	b.threshold = usualThreshold + (derived-usualThreshold)*n*n/(n*n+1)
}

// threshold is the confidence that only the share nextDoor of the questions
// next door exceeds, or less where that would cost more than the share lost of
// the right answers.
func threshold(trials []trial) float32 {
	var right, others []float32
	for _, t := range trials {
		others = append(others, t.other)
		if t.right {
			right = append(right, t.own)
		}
	}
	if len(right) == 0 {
		return usualThreshold
	}
	slices.Sort(right)
	slices.Sort(others)
	refuses := others[int((1-nextDoor)*float64(len(others)))]
	return min(refuses, right[int(lost*float64(len(right)))])
}

// try asks some of the texts, evenly spread, on all cores.
func (b *builder) try(texts []named) []trial {
	if len(texts) == 0 {
		return nil
	}
	stride := (len(texts) + trialsMost - 1) / trialsMost
	trials := make([]trial, (len(texts)+stride-1)/stride)
	folds := b.folds(texts)
	var group sync.WaitGroup
	workers := min(b.cores, len(trials))
	for worker := range workers {
		group.Go(func() {
			again := rereader(b.Index)
			for k := worker; k < len(trials); k += workers {
				at := k * stride
				trials[k] = b.trial(again, texts[at], folds[at%foldCount])
			}
		})
	}
	group.Wait()
	return trials
}

// folds trains classifiers, each without every foldCount-th text; nil where
// the library has none.
func (b *builder) folds(texts []named) (folds [foldCount]*classifier) {
	if b.learned == nil {
		return folds
	}
	for fold, learned := range shared(b.cores, foldCount, func(fold, _ int) *classifier {
		kept := make([][][]atom, len(b.docs))
		for i, t := range texts {
			if i%foldCount != fold {
				kept[t.doc] = append(kept[t.doc], b.norm.atomise(t.text))
			}
		}
		return newClassifier(kept, 1, epochsMost/2)
	}) {
		folds[fold] = learned
	}
	return folds
}

// trial asks one text; learned is a classifier that has not seen it.
func (b *builder) trial(again *reader, t named, learned *classifier) trial {
	p := b.parse(t.text, time.Time{})
	found := b.retrieve(&p)
	if learned != nil {
		p.learned = learned.classify(p.atoms)
	}
	left := again.without(b.load(t.doc), t.text)
	var result trial
	for _, c := range found {
		if c.id == t.doc {
			c.doc = &left
		}
		b.judge(&p, &c)
		if c.score > result.own {
			result.own, result.right = c.score, c.id == t.doc
		}
	}
	if p.learned != nil && p.learned[t.doc] < 1 {
		rest := 1 - p.learned[t.doc]
		for id := range p.learned {
			p.learned[id] /= rest
		}
	}
	for _, c := range found {
		if c.id == t.doc || b.besides(&left, c.doc) {
			continue
		}
		b.judge(&p, &c)
		result.other = max(result.other, c.score)
	}
	return result
}

// without returns a doc as it were if a text did not name it.
func (r *reader) without(d *doc, text string) doc {
	e := *d.entry
	for _, title := range []*string{&e.Title.Hans, &e.Title.English} {
		if *title == text {
			*title = ""
		}
	}
	e.Aliases = slices.DeleteFunc(slices.Clone(e.Aliases), func(alias string) bool { return alias == text })
	e.Ask = slices.DeleteFunc(slices.Clone(e.Ask), func(ask content.Example) bool { return ask.Question == text })
	left := r.entry(d.brief, &e)
	words := r.wording(r.norm.atomise(text))
	for _, u := range d.units {
		if !slices.EqualFunc(u.words, words.features, func(id uint32, w weighed) bool { return id == w.id }) {
			left.units = append(left.units, u)
		}
	}
	return left
}

// besides reports whether the editors call one entry worth reading beside the
// other: it may well answer a question about it.
func (x *Index) besides(a, b *doc) bool {
	lists := func(d, o *doc) bool {
		return slices.ContainsFunc(d.entry.Related, func(s string) bool { return content.ResolveRef(d.briefing.ID, s) == o.ref() })
	}
	return lists(a, b) || lists(b, a)
}
