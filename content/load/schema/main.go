// Command schema writes the JSON Schema of a briefing, which is made of the
// model in package content: keys and rules come from its tags, descriptions
// from its comments.
//
//	go run ./schema FILE    (in the folder content/load)
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"briefbot/content"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: schema FILE")
		os.Exit(2)
	}
	data, err := generate("..")
	if err == nil {
		err = os.WriteFile(os.Args[1], data, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

// generate returns the schema, with the comments of the model's source in the
// folder as descriptions.
func generate(model string) ([]byte, error) {
	comments, err := commentsOf(model)
	if err != nil {
		return nil, err
	}
	r := jsonschema.Reflector{
		Anonymous:                  true, // it is named by its path
		ExpandedStruct:             true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		LookupComment:              func(t reflect.Type, field string) string { return comments[t.Name()+"."+field] },
	}
	r.Mapper = func(t reflect.Type) *jsonschema.Schema { return special(&r, t) }
	s := r.Reflect(&content.Briefing{})
	s.Title = "Briefing"
	describeIDs(s)
	for _, d := range s.Definitions {
		describeIDs(d)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

// describeIDs adds what the loader asks of every id.
func describeIDs(s *jsonschema.Schema) {
	if s.Properties == nil {
		return
	}
	if id, ok := s.Properties.Get("id"); ok {
		longest := uint64(64)
		id.Pattern, id.MaxLength = "^[a-z0-9]+(-[a-z0-9]+)*$", &longest
		id.Description = "lower-case words with - between; links and references use it, so it stays as it is once published"
	}
}

// special returns the schemas of types that files write in another way than
// their fields.
func special(r *jsonschema.Reflector, t reflect.Type) *jsonschema.Schema {
	const day = `[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?`
	switch t {
	case reflect.TypeFor[content.Date]():
		return dateOr(&jsonschema.Schema{Type: "string", Pattern: "^" + day + "$"}, "2025-11-01", "2026-11")
	case reflect.TypeFor[content.Span]():
		return dateOr(&jsonschema.Schema{Type: "string", Pattern: "^" + day + "(/" + day + ")?$"}, "2026-11", "2025-10-30/2025-11-01")
	case reflect.TypeFor[time.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date-time", Examples: []any{"2025-11-01T09:00:00+08:00"}}
	case reflect.TypeFor[content.Status]():
		return oneOf([]content.Status{content.Draft, content.Published})
	case reflect.TypeFor[content.TermKind]():
		return oneOf(content.TermKinds())
	case reflect.TypeFor[content.EntryKind]():
		return oneOf(content.EntryKinds())
	case reflect.TypeFor[content.Slot]():
		return oneOf(content.Slots())
	case reflect.TypeFor[map[content.Slot]content.Text]():
		s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
		for _, slot := range content.Slots() {
			s.Properties.Set(string(slot), &jsonschema.Schema{Ref: "#/$defs/Text"})
		}
		return s
	case reflect.TypeFor[content.Example]():
		whole := *r
		whole.Mapper = func(u reflect.Type) *jsonschema.Schema {
			if u == t {
				return nil
			}
			return special(r, u)
		}
		mapping := whole.ReflectFromType(t)
		mapping.Version, mapping.Definitions = "", nil
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", Description: "the question"}, mapping}}
	}
	return nil
}

// dateOr allows a year, which YAML reads as a number.
func dateOr(text *jsonschema.Schema, examples ...any) *jsonschema.Schema {
	year := &jsonschema.Schema{Type: "integer", Minimum: "1000", Maximum: "9999"}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text, year}, Examples: examples}
}

func oneOf[T ~string](values []T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// commentsOf returns the comments of all types ("Type.") and fields
// ("Type.Field") in the Go files of a folder, each as one line.
func commentsOf(folder string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range decl.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					out[t.Name.Name+"."] = line(decl.Doc)
					fieldComments(out, t)
				}
			}
		}
	}
	return out, nil
}

func fieldComments(out map[string]string, t *ast.TypeSpec) {
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, n := range f.Names {
			out[t.Name.Name+"."+n.Name] = line(f.Doc) + line(f.Comment)
		}
	}
}

func line(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
