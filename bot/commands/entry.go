package commands

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// maxAnswer is how long an answer may be as plain text, in runes, its notes
// and sources included: more than that is no longer a short answer.
const maxAnswer = 900

// shape says how much of an entry a message holds.
type shape struct {
	whole       bool // all of the answer, not its first sentences alone
	titles      bool // the titles of its points
	texts       bool // and their texts
	sources     int  // this many at most
	sourceNotes bool // and what they stand for
}

// everything is the shape of what is shown in full.
func everything() shape {
	return shape{whole: true, titles: true, texts: true, sources: math.MaxInt, sourceNotes: true}
}

// shapes returns what an answer may look like, the fullest first.
func shapes() []shape {
	const all = math.MaxInt
	return []shape{
		everything(),
		{whole: true, titles: true, texts: true, sources: all},
		{whole: true, titles: true, texts: true, sources: 2},
		{whole: true, titles: true, sources: all},
		{whole: true, titles: true, sources: 2},
		{whole: true, sources: 2},
		{whole: true, sources: 1},
		{sources: 1},
	}
}

// answerMessage composes the answer to a question about an entry: what was
// asked for first, then the editors' answer, in the fullest shape that stays
// within maxAnswer.
func answerMessage(c bot.Call, f found, slot content.Slot, items []int) bot.Message {
	items = existing(f.entry, items)
	var m bot.Message
	for _, s := range shapes() {
		m = answerIn(c, f, slot, items, s)
		if utf8.RuneCountInString(bot.PlainText(m, c.Phrases)) <= maxAnswer {
			break
		}
	}
	return m
}

func answerIn(c bot.Call, f found, slot content.Slot, items []int, s shape) bot.Message {
	m := bot.Message{
		Title:   c.In(f.entry.Title),
		URL:     bot.EntryPath(f.ref),
		Notes:   notes(c, f),
		Sources: entryCitations(c, f),
		Actions: answerActions(c, f, items),
	}
	if !s.sourceNotes {
		m.Sources = withoutNotes(m.Sources)
	}
	if rest := len(m.Sources) - s.sources; rest > 0 {
		m.Sources = m.Sources[:s.sources]
		m.Notes = append(m.Notes, c.Phrases.N("note.more_sources", rest))
	}
	if len(items) > 0 {
		m.Blocks = itemBlocks(c, f, items, s)
	} else {
		m.Blocks = answerBlocks(c, f, slot, s)
	}
	cut := !s.whole || len(f.entry.Items) > 0 && !s.texts
	if cut || len(items) > 0 || len(f.entry.Corrections) > 0 {
		m.Actions = slices.Insert(m.Actions, 0, entryAction(c, "action.more", nameShow, f.ref))
	}
	return m
}

// answerBlocks puts the value of the slot that was asked for first, unless
// the answer opens with the same words.
func answerBlocks(c bot.Call, f found, slot content.Slot, s shape) []bot.Block {
	var blocks []bot.Block
	e := f.entry
	value, answer := c.In(e.Slots[slot]), c.In(e.Answer)
	if !s.whole {
		answer = beginning(answer)
	}
	switch {
	case value == "":
		blocks = append(blocks, bot.Paragraph{Text: answer})
	case sameWords(value, answer):
		blocks = append(blocks, bot.Paragraph{Text: answer, Strong: true})
	case opensWith(answer, value):
		blocks = append(blocks, bot.Paragraph{Text: answer})
	default:
		blocks = append(blocks, bot.Paragraph{Text: value, Strong: true}, bot.Paragraph{Text: answer})
	}
	if s.titles && len(e.Items) > 0 {
		blocks = append(blocks, itemList(c, f, 1, len(e.Items), s))
	}
	return blocks
}

// itemBlocks lists the points that were asked for under their own numbers,
// then what they are points of.
func itemBlocks(c bot.Call, f found, items []int, s shape) []bot.Block {
	var blocks []bot.Block
	for len(items) > 0 {
		run := 1
		for run < len(items) && items[run] == items[0]+run {
			run++
		}
		blocks = append(blocks, itemList(c, f, items[0], items[run-1], s))
		items = items[run:]
	}
	if lead := c.In(f.entry.Answer); isLead(lead) {
		blocks = append(blocks, bot.Paragraph{Text: lead})
	}
	return blocks
}

// isLead reports whether an entry's answer is short enough to frame one of
// its points: who made it, when and to whom. A longer one tells of the other
// points too.
func isLead(answer string) bool {
	const most = 160
	return utf8.RuneCountInString(answer) <= most && strings.Count(answer, "\n") == 0
}

// itemList lists the points from first to last. A text that is left out is
// one action away.
func itemList(c bot.Call, f found, first, last int, s shape) bot.List {
	list := bot.List{Numbered: true, Start: first}
	for i, item := range f.entry.Items[first-1 : last] {
		line := bot.ListItem{Title: c.In(item.Title)}
		switch text := c.In(item.Text); {
		case sameWords(text, line.Title):
		case s.texts:
			line.Text = text
		case text != "":
			action := showAction(line.Title, f.ref, first+i)
			line.Action = &action
		}
		list.Items = append(list.Items, line)
	}
	return list
}

func existing(e *content.Entry, items []int) []int {
	kept := slices.Clone(items)
	slices.Sort(kept)
	return slices.DeleteFunc(slices.Compact(kept), func(n int) bool { return n < 1 || n > len(e.Items) })
}

// answerActions are what to do next after an entry was shown: its next
// point, what replaced it, its sources, the timeline, and what is related.
func answerActions(c bot.Call, f found, items []int) []bot.Action {
	var actions []bot.Action
	if len(items) > 0 {
		if next := items[len(items)-1] + 1; next <= len(f.entry.Items) {
			actions = append(actions, showAction(c.Phrases.T("action.next", i18n.Args{"Item": next}), f.ref, next))
		}
	}
	if next, ok := c.Shelf.Library.Successor(f.ref); ok {
		actions = append(actions, entryAction(c, "action.newer", nameShow, next))
	}
	actions = append(actions, entryAction(c, "action.sources", nameSources, f.ref))
	if len(datedEntries(f.briefing)) > 1 {
		actions = append(actions, briefingAction(c, "action.timeline", nameTimeline, f.ref.Briefing))
	}
	const maxRelated = 3
	related := relatedTo(c.Shelf.Library, f)
	for _, r := range related[:min(len(related), maxRelated)] {
		actions = append(actions, showAction(c.In(r.entry.Title), r.ref, 0))
	}
	if len(related) > maxRelated {
		actions = append(actions, entryAction(c, "action.related", nameRelated, f.ref))
	}
	return actions
}

// entryCitations returns the sources of an entry in the language of the
// reply.
func entryCitations(c bot.Call, f found) []bot.Citation {
	var cited []bot.Citation
	for _, id := range f.entry.Sources {
		if s := f.briefing.Source(id); s != nil {
			cited = append(cited, citation(c, s))
		}
	}
	return cited
}

func briefingCitations(c bot.Call, b *content.Briefing) []bot.Citation {
	var cited []bot.Citation
	for i := range b.Sources {
		cited = append(cited, citation(c, &b.Sources[i]))
	}
	return cited
}

func citation(c bot.Call, s *content.Source) bot.Citation {
	return bot.Citation{Publisher: c.In(s.Publisher), Title: c.In(s.Title), Date: s.Date, URL: s.URL, Note: c.In(s.Note)}
}

func withoutNotes(cited []bot.Citation) []bot.Citation {
	short := slices.Clone(cited)
	for i := range short {
		short[i].Note = ""
	}
	return short
}

// beginning returns the first sentences of a long text. What is left out is
// one action away.
func beginning(text string) string {
	const keep = 400
	runes := []rune(text)
	if len(runes) <= keep {
		return text
	}
	head := string(runes[:keep])
	end := strings.LastIndexAny(head, "。！？.!?")
	if end < 0 {
		return head + "…"
	}
	_, size := utf8.DecodeRuneInString(head[end:])
	return head[:end+size] + " …"
}

// sameWords reports whether two texts say the same but for their case and
// the mark at their end.
func sameWords(a, b string) bool {
	return a != "" && strings.EqualFold(trimMark(a), trimMark(b))
}

// opensWith reports whether text begins with the whole words of value.
func opensWith(text, value string) bool {
	value = trimMark(value)
	if len(text) < len(value) || !strings.EqualFold(text[:len(value)], value) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[len(value):])
	return !isLatin(next)
}

func isLatin(r rune) bool {
	return r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9')
}

func trimMark(s string) string { return strings.TrimRight(strings.TrimSpace(s), "。．.！!") }
