package load

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/content"
	"briefbot/content/spelling"
)

// decoder fills the model from a tree by the yaml tags of its fields and
// reports every fault on the way. What is wrong stays zero, and every list
// keeps its length, so that indexes of model and tree agree.
type decoder struct {
	fault func(position, string)
}

// value fills v from n. name says in messages what is being read.
func (d *decoder) value(n *node, v reflect.Value, name string) {
	switch v.Interface().(type) {
	case content.Example:
		if n.kind == scalar {
			v.Set(reflect.ValueOf(content.Example{Question: n.text}))
			return
		}
	case content.Text:
		if n.kind == scalar {
			d.fault(n.position, name+" must be a mapping of keys, not a value: write {zh-Hans: …, en: …}")
			return
		}
	case time.Time:
		d.instant(n, v, name)
		return
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if d.want(n, scalar, name) {
			if err := u.UnmarshalText([]byte(n.text)); err != nil {
				d.fault(n.position, fmt.Sprintf("%s: %s", name, err))
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, name)
	case reflect.Slice:
		d.slice(n, v, name)
	case reflect.Map:
		d.table(n, v, name)
	case reflect.String:
		d.text(n, v, name)
	case reflect.Int:
		if d.want(n, scalar, name) {
			i, err := strconv.Atoi(n.text)
			if err != nil || i < 1 {
				d.fault(n.position, fmt.Sprintf("%s must be a whole number from 1", name))
				return
			}
			v.SetInt(int64(i))
		}
	case reflect.Bool:
		if d.want(n, scalar, name) {
			if n.text != "true" && n.text != "false" {
				d.fault(n.position, fmt.Sprintf("%s must be true or false", name))
				return
			}
			v.SetBool(n.text == "true")
		}
	default:
		panic("load: the model holds a kind that files cannot: " + v.Type().String())
	}
}

// want reports a node of another kind than the one that is read.
func (d *decoder) want(n *node, k kind, name string) bool {
	if n.kind == k {
		return true
	}
	if n.kind == null {
		d.fault(n.position, fmt.Sprintf("%s has no value: write one or delete the key", name))
	} else {
		var form string
		if n.kind == scalar && k == sequence {
			form = ": write [ ] around it"
		}
		d.fault(n.position, fmt.Sprintf("%s must be %s, not %s%s", name, k, n.kind, form))
	}
	return false
}

func (d *decoder) instant(n *node, v reflect.Value, name string) {
	if !d.want(n, scalar, name) {
		return
	}
	t, err := time.Parse(time.RFC3339, n.text)
	if err != nil {
		d.fault(n.position, fmt.Sprintf(`%s must be an instant with its zone: "2025-11-01T09:00:00+08:00"`, name))
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) text(n *node, v reflect.Value, name string) {
	if !d.want(n, scalar, name) {
		return
	}
	if allowed := enum(v.Type()); allowed != nil && !slices.Contains(allowed, n.text) {
		d.fault(n.position, fmt.Sprintf("%s %q is none of %s%s", name, clip(n.text), strings.Join(allowed, ", "), meant(n.text, allowed)))
		return
	}
	if n.text == "" {
		d.fault(n.position, fmt.Sprintf("%s is empty", name))
		return
	}
	v.SetString(n.text)
}

func (d *decoder) slice(n *node, v reflect.Value, name string) {
	if !d.want(n, sequence, name) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.value(item, v.Index(i), singular(name))
	}
}

// table fills a map whose keys are an enumeration.
func (d *decoder) table(n *node, v reflect.Value, name string) {
	if !d.want(n, mapping, name) {
		return
	}
	allowed := enum(v.Type().Key())
	v.Set(reflect.MakeMap(v.Type()))
	for _, f := range d.unique(n) {
		if !slices.Contains(allowed, f.key) {
			d.fault(f.position, fmt.Sprintf("unknown %s %q: it is one of %s%s", singular(name), clip(f.key), strings.Join(allowed, ", "), meant(f.key, allowed)))
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(f.value, value, f.key)
		v.SetMapIndex(reflect.ValueOf(f.key).Convert(v.Type().Key()), value)
	}
}

func (d *decoder) structure(n *node, v reflect.Value, name string) {
	if !d.want(n, mapping, name) {
		return
	}
	keys := keysOf(v.Type())
	given := d.unique(n)
	for _, f := range given {
		i := slices.IndexFunc(keys, func(k modelKey) bool { return k.name == f.key })
		if i < 0 {
			n.faulty = true
			names := make([]string, len(keys))
			for i, k := range keys {
				names[i] = k.name
			}
			hint := meant(f.key, names)
			if hint == "" && f.value.kind == null && strings.Contains(f.key, " ") {
				hint = `: inside { } text with "," needs quotation marks`
			}
			d.fault(f.position, fmt.Sprintf("unknown key %q%s", clip(f.key), hint))
			continue
		}
		k := keys[i]
		if f.value.kind == null && k.required {
			continue // said below
		}
		d.value(f.value, v.Field(k.index), f.key)
		if k.filled && f.value.kind == sequence && len(f.value.items) == 0 {
			d.fault(f.value.position, fmt.Sprintf("%s must have at least one", f.key))
		}
	}
	d.missing(n, v.Type(), keys, given, name)
}

// missing reports the required keys that are not there, all in one fault.
func (d *decoder) missing(n *node, t reflect.Type, keys []modelKey, given []field, name string) {
	at := n.position
	var missing []string
	for _, k := range keys {
		i := slices.IndexFunc(given, func(f field) bool { return f.key == k.name })
		if !k.required || i >= 0 && given[i].value.kind != null {
			continue
		}
		if i >= 0 && len(missing) == 0 {
			at = given[i].position
		}
		missing = append(missing, k.name)
	}
	if len(missing) == 0 {
		return
	}
	if t == reflect.TypeFor[content.Text]() {
		d.fault(at, fmt.Sprintf("%s is missing in %s: every text is given in zh-Hans and en", name, strings.Join(missing, " and ")))
		return
	}
	d.fault(at, fmt.Sprintf("%s lacks the required %s", name, strings.Join(missing, ", ")))
}

// unique returns the keys of a mapping, each once, and reports the others.
func (d *decoder) unique(n *node) []field {
	out := make([]field, 0, len(n.fields))
	first := make(map[string]position, len(n.fields))
	for _, f := range n.fields {
		if at, twice := first[f.key]; twice {
			n.faulty = true
			d.fault(f.position, fmt.Sprintf("the key %q stands twice: it is already in line %d", clip(f.key), at.line))
			continue
		}
		first[f.key] = f.position
		out = append(out, f)
	}
	return out
}

// modelKey is a key that a struct of the model has in files.
type modelKey struct {
	name     string
	index    int
	required bool
	filled   bool // a list that must not be empty
}

// keysOf returns the keys of a struct of the model, from its tags: the same
// that the schema is made of.
func keysOf(t reflect.Type) []modelKey {
	var keys []modelKey
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		rules := strings.Split(f.Tag.Get("jsonschema"), ",")
		keys = append(keys, modelKey{
			name: name, index: i,
			required: slices.Contains(rules, "required"),
			filled:   slices.Contains(rules, "minItems=1"),
		})
	}
	return keys
}

// enum returns the values that a type of the model allows, nil where it allows
// any.
func enum(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[content.Status]():
		return []string{string(content.Draft), string(content.Published)}
	case reflect.TypeFor[content.TermKind]():
		return names(content.TermKinds())
	case reflect.TypeFor[content.EntryKind]():
		return names(content.EntryKinds())
	case reflect.TypeFor[content.Slot]():
		return names(content.Slots())
	}
	return nil
}

func names[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// singular turns the key of a list into the name of one of its members.
func singular(key string) string {
	switch key {
	case "entries":
		return "entry"
	case "glossary":
		return "term"
	case "aliases":
		return "alias"
	case "ask":
		return "question"
	case "after":
		return "earlier question"
	case "related", "supersedes":
		return key + " entry"
	}
	return strings.TrimSuffix(key, "s")
}

// meant returns `: did you mean "x"?` for the candidate nearest to a word, ""
// where none is near.
func meant(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, least := "", 1+max(1, min(3, len([]rune(word))/2)) // up to half of the letters may differ
	for _, c := range candidates {
		if n := spelling.Distance(word, strings.ToLower(c), least); n < least {
			best, least = c, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// decode returns the briefing that a tree holds.
func decode(root *node, fault func(position, string)) *content.Briefing {
	b := &content.Briefing{}
	d := decoder{fault: fault}
	d.value(root, reflect.ValueOf(b).Elem(), "briefing")
	if b.Status == "" {
		b.Status = content.Published
	}
	for i := range b.Ask { // a question that belongs to no entry has no answer
		b.Ask[i].Refuse = true
	}
	return b
}
