package slacktest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// ErrNoSpecs says that Slack's published shapes are not on this machine.
var ErrNoSpecs = errors.New("Slack's published shapes are not here: put slack-knownblock.schema.json and manifest-schema into ../shared/specs or name that folder in BRIEFBOT_SPECS") //nolint:staticcheck // Slack is a name

// Specs are Slack's published shapes: of blocks, made from the npm package
// @slack/types, and of manifests (https://github.com/slackapi/manifest-schema).
// They may be shared by servers.
type Specs struct {
	blocks    map[string]*jsonschema.Schema // by type
	manifests map[int]*jsonschema.Schema    // by major version
}

// LoadSpecs reads the shapes from a folder. Without a folder it looks where
// BRIEFBOT_SPECS says, then beside the repository.
func LoadSpecs(folder string) (*Specs, error) {
	folder, err := specsFolder(folder)
	if err != nil {
		return nil, err
	}
	specs := &Specs{blocks: map[string]*jsonschema.Schema{}, manifests: map[int]*jsonschema.Schema{}}
	if err := specs.loadBlocks(filepath.Join(folder, "slack-knownblock.schema.json")); err != nil {
		return nil, err
	}
	for major, name := range map[int]string{1: "manifest.schema.1.0.0.json", 2: "manifest.schema.2.0.0.json"} {
		compiler, _, err := compilerFor(filepath.Join(folder, "manifest-schema", name), name)
		if err != nil {
			return nil, err
		}
		if specs.manifests[major], err = compiler.Compile("slack:" + name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return specs, nil
}

// specsFolder returns the folder of the specifications.
func specsFolder(folder string) (string, error) {
	if folder == "" {
		folder = os.Getenv("BRIEFBOT_SPECS")
	}
	if folder == "" {
		root, err := repository()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(root, "..", "shared", "specs")
	}
	if _, err := os.Stat(filepath.Join(folder, "slack-knownblock.schema.json")); errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoSpecs
	} else if err != nil {
		return "", err
	}
	return folder, nil
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
			return "", ErrNoSpecs
		}
		dir = parent
	}
}

func compilerFor(file, name string) (*jsonschema.Compiler, any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.UseRegexpEngine(compileRegexp)
	return compiler, document, compiler.AddResource("slack:"+name, document)
}

// compileRegexp compiles the expressions of JavaScript, some of which look
// ahead, which Go's own do not.
func compileRegexp(expression string) (jsonschema.Regexp, error) {
	re, err := regexp2.Compile(expression, regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	return ecmaRegexp{re}, nil
}

type ecmaRegexp struct{ re *regexp2.Regexp }

func (r ecmaRegexp) String() string { return r.re.String() }

func (r ecmaRegexp) MatchString(text string) bool {
	matches, err := r.re.MatchString(text)
	return err == nil && matches
}

// loadBlocks compiles one schema for each type of block, so that what is
// wrong is said of that type and not of every other.
func (sp *Specs) loadBlocks(file string) error {
	const name = "blocks.json"
	compiler, document, err := compilerFor(file, name)
	if err != nil {
		return err
	}
	definitions := asObject(asObject(document)["definitions"])
	for _, one := range asArray(asObject(definitions["KnownBlock"])["anyOf"]) {
		ref := strings.TrimPrefix(asString(asObject(one)["$ref"]), "#/definitions/")
		definition := asObject(definitions[ref])
		if some := asArray(definition["anyOf"]); len(some) > 0 {
			definition = asObject(some[0])
		}
		kind := asString(asObject(asObject(definition["properties"])["type"])["const"])
		schema, err := compiler.Compile("slack:" + name + "#/definitions/" + ref)
		if err != nil {
			return fmt.Errorf("block %s: %w", ref, err)
		}
		if kind == "" {
			return fmt.Errorf("block %s has no type", ref)
		}
		sp.blocks[kind] = schema
	}
	return nil
}

// checkBlock holds a block against the shape of its type.
func (sp *Specs) checkBlock(path string, block any) []problem {
	kind := asString(asObject(block)["type"])
	schema, known := sp.blocks[kind]
	if !known {
		return []problem{{pointer: path, text: fmt.Sprintf("unsupported type: %s", kind)}}
	}
	return schemaProblems(path, schema.Validate(block))
}

// checkManifest holds a manifest against the schema of its version.
func (sp *Specs) checkManifest(manifest any) []problem {
	major := 1
	if v, set := asObject(asObject(manifest)["_metadata"])["major_version"]; set {
		major = asInt(v)
	}
	schema, known := sp.manifests[major]
	if !known {
		return []problem{{pointer: "/_metadata/major_version", text: "is no version of manifests"}}
	}
	return schemaProblems("", schema.Validate(manifest))
}

// schemaProblems flattens what a schema finds. Of alternatives that all fail
// those are told that came furthest.
func schemaProblems(path string, err error) []problem {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		if err != nil {
			return []problem{{pointer: path, text: err.Error()}}
		}
		return nil
	}
	printer := message.NewPrinter(language.English)
	var problems []problem
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			problems = append(problems, problem{pointer: path + pointerOf(e.InstanceLocation), text: e.ErrorKind.LocalizedString(printer)})
			return
		}
		causes := e.Causes
		switch e.ErrorKind.(type) {
		case *kind.AnyOf, *kind.OneOf:
			causes = furthest(causes, len(e.InstanceLocation))
		}
		for _, cause := range causes {
			walk(cause)
		}
	}
	walk(invalid)
	return problems
}

// furthest returns the alternatives, for a value at a depth, that fail
// elsewhere than at its type.
func furthest(causes []*jsonschema.ValidationError, depth int) []*jsonschema.ValidationError {
	var wrongType func(e *jsonschema.ValidationError) bool
	wrongType = func(e *jsonschema.ValidationError) bool {
		switch e.ErrorKind.(type) {
		case *kind.Const:
			return len(e.InstanceLocation) == depth+1 && e.InstanceLocation[depth] == "type"
		case *kind.AnyOf, *kind.OneOf: // alternatives within an alternative
			return !slices.ContainsFunc(e.Causes, func(cause *jsonschema.ValidationError) bool { return !wrongType(cause) })
		}
		return slices.ContainsFunc(e.Causes, wrongType)
	}
	right := slices.DeleteFunc(slices.Clone(causes), wrongType)
	if len(right) > 0 {
		return right
	}
	return causes[:1]
}

func pointerOf(location []string) string {
	if len(location) == 0 {
		return ""
	}
	return "/" + strings.Join(location, "/")
}
