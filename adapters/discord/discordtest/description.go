package discordtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// ErrNoDescription says that Discord's description of its API is not on this
// machine.
var ErrNoDescription = errors.New("Discord's description of its API is not here: put discord-api-spec/openapi.json into ../shared/specs or name that folder in BRIEFBOT_SPECS") //nolint:staticcheck // Discord is a name

const descriptionURL = "discord:openapi.json"

// Description is Discord's description of its REST API
// (https://github.com/discord/discord-api-spec), made strict: keys that it
// does not name are refused. It may be shared by servers.
type Description struct {
	operations map[string]operation // by method and path template
	compiler   *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
}

// operation is what the description says of one method of one path.
type operation struct {
	body     bool // takes a JSON body
	required bool
	query    []string // names of query parameters
}

// LoadDescription reads the description from a folder that holds
// discord-api-spec/openapi.json. Without a folder it looks where
// BRIEFBOT_SPECS says, then beside the repository.
func LoadDescription(specs string) (*Description, error) {
	file, err := descriptionFile(specs)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseDescription(text, true)
}

func descriptionFile(specs string) (string, error) {
	if specs == "" {
		specs = os.Getenv("BRIEFBOT_SPECS")
	}
	if specs == "" {
		root, err := repository()
		if err != nil {
			return "", err
		}
		specs = filepath.Join(root, "..", "shared", "specs")
	}
	file := filepath.Join(specs, "discord-api-spec", "openapi.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoDescription
	} else if err != nil {
		return "", err
	}
	return file, nil
}

// repository returns the folder above the working directory that holds go.mod.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNoDescription
		}
		dir = parent
	}
}

func parseDescription(text []byte, strict bool) (*Description, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("Discord's description: %w", err) //nolint:staticcheck // Discord is a name
	}
	d := &Description{operations: map[string]operation{}, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	for path, item := range asObject(asObject(document)["paths"]) {
		shared := queryNames(asObject(item)["parameters"])
		for method, op := range asObject(item) {
			op := asObject(op)
			body := asObject(op["requestBody"])
			_, takesJSON := asObject(body["content"])["application/json"]
			d.operations[strings.ToUpper(method)+" "+path] = operation{
				body: takesJSON, required: body["required"] == true,
				query: append(queryNames(op["parameters"]), shared...),
			}
		}
	}
	if len(d.operations) == 0 {
		return nil, errors.New("Discord's description describes no request") //nolint:staticcheck // Discord is a name
	}
	if strict {
		closeObjects(document)
	}
	d.compiler.AssertFormat()
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	return d, d.compiler.AddResource(descriptionURL, document)
}

func queryNames(parameters any) []string {
	var names []string
	for _, p := range asArray(parameters) {
		if asObject(p)["in"] == "query" {
			names = append(names, asString(asObject(p)["name"]))
		}
	}
	return names
}

// closeObjects makes every schema refuse keys that it does not name. The
// description never joins objects by allOf, so that this takes nothing away
// that it allows.
func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		if properties, ok := node["properties"].(map[string]any); ok && node["type"] != nil {
			takeText(properties, "default_member_permissions")
			if _, open := node["additionalProperties"]; !open {
				node["additionalProperties"] = false
			}
		}
		for _, child := range node {
			closeObjects(child)
		}
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	}
}

// takeText lets a key be the text of a number too: the documentation says so
// where the description says integer, and the documentation is to be followed
// (see the description's README).
func takeText(properties object, key string) {
	if number, has := properties[key]; has {
		properties[key] = object{"anyOf": []any{number, object{"type": "string", "pattern": "^[0-9]{1,20}$"}}}
	}
}

// operation returns what the description says of a route such as
// "GET /gateway".
func (d *Description) operation(route string) (operation, bool) {
	op, ok := d.operations[route]
	return op, ok
}

// checkBody holds a decoded body against the description of a route.
func (d *Description) checkBody(route string, body any) []problem {
	method, path, _ := strings.Cut(route, " ")
	return d.check("/paths/"+pointer(path)+"/"+strings.ToLower(method)+"/requestBody/content/application~1json/schema", body)
}

// checkResponse holds an answer against the description of a route.
func (d *Description) checkResponse(route string, status int, body any) []problem {
	method, path, _ := strings.Cut(route, " ")
	return d.check(fmt.Sprintf("/paths/%s/%s/responses/%d/content/application~1json/schema", pointer(path), strings.ToLower(method), status), body)
}

func pointer(segment string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(segment))
}

func (d *Description) check(at string, value any) []problem {
	schema, err := d.schema(at)
	if err != nil {
		return []problem{{code: "DESCRIPTION", text: err.Error()}}
	}
	err = schema.Validate(value)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return problemsOf(invalid)
	}
	return []problem{{code: "DESCRIPTION", text: err.Error()}}
}

func (d *Description) schema(at string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if schema := d.schemas[at]; schema != nil {
		return schema, nil
	}
	schema, err := d.compiler.Compile(descriptionURL + "#" + at)
	if err != nil {
		return nil, err
	}
	d.schemas[at] = schema
	return schema, nil
}

// problemsOf returns the causes behind a failed validation. Where none of
// several shapes fits, those count whose type is the one that was sent.
func problemsOf(e *jsonschema.ValidationError) []problem {
	causes := e.Causes
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		meant := slices.DeleteFunc(slices.Clone(causes), func(c *jsonschema.ValidationError) bool {
			return otherShape(c, len(e.InstanceLocation))
		})
		if len(meant) > 0 {
			causes = meant
		}
	}
	if len(causes) == 0 {
		return []problem{{
			path: e.InstanceLocation, code: "DESCRIPTION",
			text: e.ErrorKind.LocalizedString(message.NewPrinter(language.English)),
		}}
	}
	var all []problem
	for _, c := range causes {
		all = append(all, problemsOf(c)...)
	}
	return all
}

// otherShape says whether a shape was refused because it is of another type:
// by the type of JSON value itself, or by its key "type".
func otherShape(e *jsonschema.ValidationError, depth int) bool {
	at := e.InstanceLocation
	switch e.ErrorKind.(type) {
	case *kind.Type:
		if len(at) == depth {
			return true
		}
	case *kind.Enum, *kind.Const:
		if len(at) == depth+1 && at[depth] == "type" {
			return true
		}
	}
	return slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return otherShape(c, depth) })
}
