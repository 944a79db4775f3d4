package load

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"briefbot/content"
)

// Bounds of what a reader, a chat platform or a web address can take.
const (
	longestID       = 40 // "show?entry=briefing/entry&item=99" within the 100 bytes of a button (bot.MaxAction)
	longestTag      = 40
	longestAlias    = 80
	longestQuestion = 200
	longestURL      = 2000
)

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// check reports what one briefing has wrong beyond its shape. What decode found
// missing or malformed is zero in the model and passed over here.
func check(f *file) {
	b, root := f.briefing, f.root
	if !namesSchema(f.data) {
		f.warn(position{1, 1}, "the first line does not name the schema, so editors cannot help: "+schemaLine+"briefing.schema.json")
	}
	if b.Status == content.Draft {
		f.warn(root.key("status").position, "a draft: it is loaded but not shown")
	}
	f.id(root.key("id"), b.ID)
	checkTags(f)
	checkSources(f)
	checkGlossary(f)
	checkEntries(f)
	for i, ex := range b.Ask {
		checkExample(f, root.key("ask").at(i), ex, nil)
	}
	eachText(b, root, func(r role, n *node, t content.Text) content.Text {
		checkText(f, r, n, t)
		return t
	})
}

func (f *file) id(n *node, id string) {
	switch {
	case id == "":
	case !idPattern.MatchString(id):
		f.error(n.position, fmt.Sprintf("the id %q must be lower-case letters and digits in words with - between%s", clip(id), suggestID(id)))
	case len(id) > longestID:
		f.error(n.position, fmt.Sprintf("the id has %d characters, at most %d are allowed", len(id), longestID))
	}
}

// suggestID returns `: "four-points"` for "Four points", "" where nothing
// remains.
func suggestID(id string) string {
	words := strings.FieldsFunc(strings.ToLower(id), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 {
		return ""
	}
	return fmt.Sprintf(": %q", clip(strings.Join(words, "-")))
}

// unique reports an id that was given before.
func (f *file) unique(n *node, what, id string, seen map[string]position) {
	if id == "" {
		return
	}
	if at, twice := seen[id]; twice {
		f.error(n.position, fmt.Sprintf("the %s id %q is already given in line %d", what, clip(id), at.line))
		return
	}
	seen[id] = n.position
}

// bounded reports a text that is too long.
func (f *file) bounded(n *node, what, text string, longest int) {
	if count := utf8.RuneCountInString(text); count > longest {
		f.error(n.position, fmt.Sprintf("%s has %d characters, at most %d are allowed", what, count, longest))
	}
}

func checkTags(f *file) {
	seen := map[string]bool{}
	for i, tag := range f.briefing.Tags {
		n := f.root.key("tags").at(i)
		f.bounded(n, "the tag", tag, longestTag)
		if strings.ContainsFunc(tag, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsUpper(r) || r == ',' }) {
			f.error(n.position, fmt.Sprintf("the tag %q must be one lower-case word, with - between parts", clip(tag)))
		}
		if seen[tag] && tag != "" {
			f.error(n.position, fmt.Sprintf("the tag %q stands twice", clip(tag)))
		}
		seen[tag] = true
	}
}

func checkSources(f *file) {
	cited := map[string]bool{}
	for _, e := range f.briefing.Entries {
		for _, id := range e.Sources {
			cited[id] = true
		}
	}
	seen := map[string]position{}
	for i, s := range f.briefing.Sources {
		n := f.root.key("sources").at(i)
		f.id(n.key("id"), s.ID)
		f.unique(n.key("id"), "source", s.ID, seen)
		if s.URL != "" {
			if message := badURL(s.URL); message != "" {
				f.error(n.key("url").position, message)
			}
		}
		if f.sound && !cited[s.ID] {
			f.warn(n.key("id").position, fmt.Sprintf("no entry cites the source %q", s.ID))
		}
	}
}

// badURL reports an address that no reader could open.
func badURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(s, unicode.IsSpace) {
		return fmt.Sprintf("the url %q must be a whole web address: https://host/path", clip(s))
	}
	if len(s) > longestURL {
		return fmt.Sprintf("the url has %d characters, at most %d are allowed", len(s), longestURL)
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	labels := strings.Split(host, ".")
	made := slices.Contains([]string{"example", "test", "invalid", "localhost", "local", "internal", "todo", "tbd", "xxx"}, labels[len(labels)-1]) ||
		len(labels) < 2 || net.ParseIP(host) != nil ||
		slices.ContainsFunc(labels, func(l string) bool {
			return slices.Contains([]string{"example", "todo", "placeholder", "yourdomain"}, l)
		}) ||
		strings.Contains(strings.ToLower(u.Path), "todo")
	if made {
		return fmt.Sprintf("the url %q is a placeholder: give the real address or delete the key", clip(s))
	}
	return ""
}

// checkGlossary reports names that mean two terms and terms that no text uses.
func checkGlossary(f *file) {
	seen, named := map[string]position{}, map[string]int{}
	words := strings.Builder{}
	for i := range f.briefing.Entries {
		e := f.briefing.Entries[i] // a copy: the visitor changes nothing
		entryTexts(&e, &node{}, func(_ role, _ *node, t content.Text) content.Text {
			words.WriteString(fold(t.Hans) + "\n" + fold(t.English) + "\n")
			return t
		})
		words.WriteString(fold(strings.Join(e.Aliases, "\n")) + "\n")
		for _, item := range e.Items {
			words.WriteString(fold(strings.Join(item.Aliases, "\n")) + "\n")
		}
	}
	words.WriteString(fold(f.briefing.Summary.Hans) + "\n" + fold(f.briefing.Summary.English))
	text := words.String()
	for i, t := range f.briefing.Glossary {
		n := f.root.key("glossary").at(i)
		f.id(n.key("id"), t.ID)
		f.unique(n.key("id"), "term", t.ID, seen)
		used := false
		for _, given := range termNames(t, n) {
			key := fold(given.text)
			if key == "" {
				continue
			}
			used = used || strings.Contains(text, key)
			if j, taken := named[key]; taken && j != i {
				f.error(given.position, fmt.Sprintf("the name %q already means the term %q", clip(given.text), f.briefing.Glossary[j].ID))
				continue
			}
			named[key] = i
		}
		for j, alias := range t.Aliases {
			f.bounded(n.key("aliases").at(j), "the alias", alias, longestAlias)
		}
		if f.sound && !used {
			f.warn(n.key("id").position, fmt.Sprintf("no entry uses the term %q", t.ID))
		}
	}
}

// placed is a text with its position.
type placed struct {
	position
	text string
}

func termNames(t content.Term, n *node) []placed {
	out := []placed{
		{n.key("name").key(string(content.Hans)).position, t.Name.Hans},
		{n.key("name").key(string(content.Hant)).position, t.Name.Hant},
		{n.key("name").key(string(content.English)).position, t.Name.English},
	}
	for i, alias := range t.Aliases {
		out = append(out, placed{n.key("aliases").at(i).position, alias})
	}
	return out
}

func checkEntries(f *file) {
	if f.sound && f.briefing.AsOf.IsZero() && !slices.ContainsFunc(f.briefing.Entries, func(e content.Entry) bool { return !e.AsOf.IsZero() }) {
		f.error(f.root.position, "there is no as_of date: give one to the briefing, or one to each entry")
	}
	seen := map[string]position{}
	for i := range f.briefing.Entries {
		e, n := &f.briefing.Entries[i], f.root.key("entries").at(i)
		if n.kind != mapping {
			continue
		}
		f.id(n.key("id"), e.ID)
		f.unique(n.key("id"), "entry", e.ID, seen)
		checkEntry(f, n, e)
		checkQuestions(f, n, e)
	}
}

func checkEntry(f *file, n *node, e *content.Entry) {
	b := f.briefing
	if f.sound && b.AsOfEntry(e).IsZero() && slices.ContainsFunc(b.Entries, func(e content.Entry) bool { return !e.AsOf.IsZero() }) {
		f.error(n.position, "the entry has no as_of date: give it one, or give one to the briefing")
	}
	if !e.ValidFrom.IsZero() && !e.ValidUntil.IsZero() && !e.ValidUntil.After(time.UTC).After(e.ValidFrom.First(time.UTC)) {
		f.error(n.key("valid_until").position, fmt.Sprintf("valid_until %s is before valid_from %s", e.ValidUntil, e.ValidFrom))
	}
	if e.Kind == content.KindList && n.key("items") == n {
		f.error(n.key("kind").position, "a list has items: add them, or choose another kind")
	}
	for _, list := range []string{"items", "slots"} {
		if v := n.key(list); v != n && len(v.items)+len(v.fields) == 0 && v.kind != null && v.kind != scalar {
			f.error(v.position, list+" is empty: add to it or delete the key")
		}
	}
	cited := map[string]bool{}
	for i, id := range e.Sources {
		at := n.key("sources").at(i).position
		switch {
		case id == "":
		case cited[id]:
			f.error(at, fmt.Sprintf("the source %q is cited twice", clip(id)))
		case b.Source(id) == nil && f.allSourcesNamed():
			f.error(at, fmt.Sprintf("there is no source %q in this briefing%s", clip(id), meant(id, sourceIDs(b))))
		}
		cited[id] = true
	}
	for i, alias := range e.Aliases {
		f.bounded(n.key("aliases").at(i), "the alias", alias, longestAlias)
	}
	for i, item := range e.Items {
		for j, alias := range item.Aliases {
			f.bounded(n.key("items").at(i).key("aliases").at(j), "the alias", alias, longestAlias)
		}
	}
}

// allSourcesNamed reports whether the sources were read whole, so that an
// unknown id is the fault of who cites it.
func (f *file) allSourcesNamed() bool {
	return len(f.briefing.Sources) > 0 && !slices.ContainsFunc(f.briefing.Sources, func(s content.Source) bool { return s.ID == "" })
}

func sourceIDs(b *content.Briefing) []string {
	out := make([]string, len(b.Sources))
	for i, s := range b.Sources {
		out[i] = s.ID
	}
	return out
}

func checkQuestions(f *file, n *node, e *content.Entry) {
	chinese, english := false, false
	for i, ex := range e.Ask {
		checkExample(f, n.key("ask").at(i), ex, e)
		if ex.Refuse || ex.Question == "" {
			continue
		}
		if strings.ContainsFunc(ex.Question, han) {
			chinese = true
		} else {
			english = true
		}
	}
	at := n.key("id").position
	switch {
	case e.ID == "":
	case !chinese && !english && len(e.Aliases) == 0:
		f.warn(at, fmt.Sprintf("the entry %q has no alias and no example question: add how people ask for it", e.ID))
	case !chinese && !english:
		f.warn(at, fmt.Sprintf("the entry %q has no example question in Chinese or English", e.ID))
	case !chinese:
		f.warn(at, fmt.Sprintf("the entry %q has no example question in Chinese", e.ID))
	case !english:
		f.warn(at, fmt.Sprintf("the entry %q has no example question in English", e.ID))
	}
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// checkExample reports what an example question asks for in vain. e is nil for
// a question of the whole briefing.
func checkExample(f *file, n *node, ex content.Example, e *content.Entry) {
	f.bounded(n, "the question", ex.Question, longestQuestion)
	for i, before := range ex.After {
		f.bounded(n.key("after").at(i), "the question", before, longestQuestion)
	}
	switch {
	case ex.Refuse && ex.Item != 0:
		f.error(n.key("item").position, "a question that must be refused has no item: delete the key")
	case ex.Refuse && ex.Slot != "":
		f.error(n.key("slot").position, "a question that must be refused has no slot: delete the key")
	case e == nil:
	case ex.Item > len(e.Items):
		f.error(n.key("item").position, fmt.Sprintf("there is no item %d: the entry has %d", ex.Item, len(e.Items)))
	case ex.Slot != "":
		if _, ok := e.Slots[ex.Slot]; !ok {
			f.error(n.key("slot").position, fmt.Sprintf("the entry has no slot %q", ex.Slot))
		}
	}
}

// checkText reports a text that is too long, that says different things in
// different languages, or that will not stay true.
func checkText(f *file, r role, n *node, t content.Text) {
	if t.Empty() {
		return
	}
	relative := false
	for _, lang := range content.Langs() {
		said := written(t, lang)
		if said == "" {
			continue
		}
		f.bounded(n.key(string(lang)), "the text", said, r.longest())
		if r.dated() {
			relative = checkRelative(f, n.key(string(lang)), said, lang) || relative
		}
	}
	if r != name && !relative && !n.faulty { // a relative word may stand for the number that is missed
		checkNumbers(f, n, t)
	}
}

// written returns the text in a language as the file gives it, without falling
// back on another.
func written(t content.Text, lang content.Lang) string {
	switch lang {
	case content.Hans:
		return t.Hans
	case content.Hant:
		return t.Hant
	case content.English:
	}
	return t.English
}

// find returns where a word stands in the text of a node: the place of the node
// itself where the file writes the word in another way.
func (f *file) find(n *node, word string) position {
	left := 4*len(n.text) + 200 // the text as the file writes it, with its indentation
	at := n.position
	for line := range f.linesFrom(n.line) {
		runes := []rune(line)
		from := 0
		if at.line == n.line {
			from = min(n.column-1, len(runes))
		}
		if before, _, found := strings.Cut(string(runes[from:]), word); found {
			return position{at.line, from + utf8.RuneCountInString(before) + 1}
		}
		if left -= len(line) + 1; left < 0 {
			break
		}
		at.line++
	}
	return n.position
}

// linesFrom returns the lines of the file from number n on.
func (f *file) linesFrom(n int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		number := 1
		for line := range strings.Lines(string(f.data)) {
			if number >= n && !yield(line) {
				return
			}
			number++
		}
	}
}
