package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestCommittedSchemaIsThatOfTheModel(t *testing.T) {
	want, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../briefings/briefing.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the committed schema is not that of the model: run go generate ./content/load")
	}
}

func TestSchemaDescribesKeysToEditors(t *testing.T) {
	got, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"description": "other ways to name or ask for the entry, in any language"`,
		`"description": "Source is what an entry rests on.`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the schema lacks %s", want)
		}
	}
}

func TestSchemaTellsGoodFromBad(t *testing.T) {
	schema := compile(t)
	good := read(t, "../testdata/good/full.yaml")
	if err := schema.Validate(value(t, good)); err != nil {
		t.Errorf("a good briefing is refused: %v", err)
	}
	for name, change := range map[string][2]string{
		"unknown key":      {"aliases:", "alias:"},
		"kind":             {"kind: list", "kind: lists"},
		"slot":             {"where:", "place:"},
		"language missing": {"      en: Xinhua News Agency\n", ""},
		"date":             {"published: 2025-11-02", "published: 2 November"},
		"span":             {"2025-10-30/2025-11-01", "2025-10-30 to 2025-11-01"},
		"required key":     {"    kind: event\n", ""},
		"item as word":     {"item: 2", "item: two"},
		"status":           {"status: published", "status: done"},
		"id":               {"id: opening", "id: Opening"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, change[0]) {
				t.Fatalf("the good briefing lacks %q", change[0])
			}
			if err := schema.Validate(value(t, strings.Replace(good, change[0], change[1], 1))); err == nil {
				t.Errorf("%q in the place of %q is allowed", change[1], change[0])
			}
		})
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("briefing.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("briefing.schema.json")
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// value reads YAML as an editor's schema check does.
func value(t *testing.T, s string) any {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
