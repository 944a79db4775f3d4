package load

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// kind is the kind of a node.
type kind int

const (
	scalar kind = iota
	null
	mapping
	sequence
)

func (k kind) String() string {
	return [...]string{"a value", "nothing", "a mapping of keys", "a list"}[k]
}

// node is a YAML value with its position. Aliases share the node of their
// anchor.
type node struct {
	position
	kind   kind
	text   string // of a scalar
	fields []field
	items  []*node
	faulty bool // has a key of its own that could not be read
}

// field is one key of a mapping.
type field struct {
	position
	key   string
	value *node
}

// key returns the value of the key, or n itself where there is none, so that
// a fault of a missing value still has a place.
func (n *node) key(name string) *node {
	for i := range n.fields {
		if n.fields[i].key == name {
			return n.fields[i].value
		}
	}
	return n
}

// at returns the value with index i of a list, or n itself where there is
// none.
func (n *node) at(i int) *node {
	if i < len(n.items) {
		return n.items[i]
	}
	return n
}

// parse reads one YAML document into a tree. It reports the first fault of
// syntax, for behind one nothing can be told, and every use of YAML that the
// format leaves out.
func parse(data []byte, fault func(position, string)) (root *node) {
	defer func() {
		if r := recover(); r != nil { // the parser panics on some malformed files
			fault(position{1, 1}, "cannot be read as YAML")
			root = nil
		}
	}()
	if at, message := tooMuch(data); message != "" {
		fault(at, message)
		return nil
	}
	tokens := scan(strings.ReplaceAll(strings.TrimPrefix(string(data), "\uFEFF"), "\r\n", "\n")) // the scanner miscounts lines of Windows
	if at, message := badTokens(tokens); message != "" {
		fault(at, message)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		fault(syntaxError(err))
		return nil
	}
	c := converter{anchors: map[string]*node{}, sizes: map[*node]size{}, fault: fault}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, ok := doc.Body.(*ast.DirectiveNode); ok {
			c.refuse(doc.Body, "a YAML directive has no place in a briefing: delete the line")
			return nil
		}
		if root != nil {
			c.refuse(doc.Body, `one file holds one briefing: move what follows "---" to a file of its own`)
			return nil
		}
		root = c.node(doc.Body)
	}
	if root == nil {
		fault(position{1, 1}, "the file is empty: see docs/content-format.md for the smallest briefing")
		return nil
	}
	if c.broken {
		return nil
	}
	return root
}

// scan returns the tokens up to the first that is invalid, which the parser then
// reports.
func scan(text string) token.Tokens {
	var s scanner.Scanner
	s.Init(text)
	var tokens token.Tokens
	for {
		more, err := s.Scan()
		tokens.Add(more...)
		if err != nil {
			return tokens
		}
	}
}

// syntaxError takes position and message out of an error of the parser,
// without the excerpt of the file that the library adds.
func syntaxError(err error) (position, string) {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok {
		return position{1, 1}, "cannot be read as YAML"
	}
	message, _, _ := strings.Cut(e.GetMessage(), "\n")
	return positionOf(e.GetToken()), "not valid YAML: " + message + advice(message)
}

// advice says what to do about a syntax error, told by the parser's words. It is
// empty where they leave that open.
func advice(message string) string {
	for _, a := range []struct{ words, do string }{
		{"\t", "indent with spaces, not with a tab"},
		{"tab character", "indent with spaces, not with a tab"},
		{"mapping value is not allowed", `put text that holds ": " into quotation marks`},
		{"value is not allowed in this context", "begin the line in the column of those that it belongs with"},
		{"could not find end character", "close the quotation mark"},
		{"non-map value is specified", `put a colon and a space, ": ", behind the key`},
	} {
		if strings.Contains(message, a.words) {
			return ": " + a.do
		}
	}
	return ""
}

// size is what a node stands for with its aliases written out.
type size struct{ nodes, bytes int }

// converter turns the parser's tree into nodes.
type converter struct {
	anchors  map[string]*node // nil while the anchored value is being read
	sizes    map[*node]size   // of anchored values
	expanded size             // what aliases stand for so far
	count    size             // what was read so far
	broken   bool             // a part of the tree is missing
	fault    func(position, string)
}

func (c *converter) refuse(n ast.Node, message string) *node {
	c.broken = true
	c.fault(positionOf(n.GetToken()), message)
	return nil
}

func positionOf(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// node returns the tree of n; nil, with c.broken set, where n is refused.
func (c *converter) node(n ast.Node) *node {
	c.count.nodes++
	switch n := n.(type) {
	case nil:
		return &node{kind: null, position: position{1, 1}}
	case *ast.MappingNode:
		return c.mapping(n.GetToken(), n.Values)
	case *ast.MappingValueNode:
		return c.mapping(n.GetToken(), []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		out := &node{kind: sequence, position: positionOf(n.GetToken())}
		for _, v := range n.Values {
			if item := c.node(v); item != nil {
				out.items = append(out.items, item)
			}
		}
		return out
	case *ast.AnchorNode:
		return c.anchor(n)
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.TagNode:
		if n.GetToken().Value != "!!str" {
			return c.refuse(n, fmt.Sprintf("the tag %s has no place in a briefing: delete it", clip(n.GetToken().Value)))
		}
		return c.node(n.Value)
	case *ast.NullNode:
		return &node{kind: null, position: positionOf(n.GetToken())}
	case *ast.LiteralNode:
		return c.scalar(n.GetToken(), n.Value.Value)
	case *ast.StringNode:
		return c.scalar(n.GetToken(), n.Value)
	case ast.ScalarNode:
		if t := n.GetToken(); t != nil {
			return c.scalar(t, t.Value)
		}
	}
	return c.refuse(n, "this use of YAML has no place in a briefing: write a value, a list or keys")
}

func (c *converter) scalar(t *token.Token, text string) *node {
	c.count.bytes += len(text)
	return &node{kind: scalar, text: strings.TrimSpace(text), position: positionOf(t)}
}

func (c *converter) mapping(start *token.Token, values []*ast.MappingValueNode) *node {
	out := &node{kind: mapping, position: positionOf(start)}
	for i, v := range values {
		key := keyToken(v.Key)
		if key == nil {
			c.refuse(v, "a key must be a plain word")
			continue
		}
		at := positionOf(key)
		if i == 0 && start.Type == token.MappingValueType { // a block mapping begins at its first key
			out.position = at
		}
		if v.Key.IsMergeKey() {
			c.refuse(v.Key, "merge keys (<<) have no place in a briefing: write the keys out")
			continue
		}
		if value := c.node(v.Value); value != nil {
			if value.kind == null { // the parser places an absent value beside the key
				value = &node{kind: null, position: at}
			}
			out.fields = append(out.fields, field{position: at, key: key.Value, value: value})
		}
	}
	return out
}

// keyToken returns the token of a plain key, nil for any other key.
func keyToken(n ast.MapKeyNode) *token.Token {
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MappingKeyNode, nil:
		return nil
	default:
		return n.GetToken()
	}
}

// anchor reads a value that has a name and notes how large it is.
func (c *converter) anchor(n *ast.AnchorNode) *node {
	name := n.Name.GetToken().Value
	c.anchors[name] = nil
	before, expanded := c.count, c.expanded
	out := c.node(n.Value)
	c.anchors[name] = out
	if out != nil {
		c.sizes[out] = size{
			nodes: c.count.nodes - before.nodes + c.expanded.nodes - expanded.nodes,
			bytes: c.count.bytes - before.bytes + c.expanded.bytes - expanded.bytes,
		}
	}
	return out
}

// alias returns the value that a name stands for, within the bounds of what
// all aliases together may stand for.
func (c *converter) alias(n *ast.AliasNode) *node {
	name := n.Value.GetToken().Value
	out, known := c.anchors[name]
	switch {
	case !known:
		return c.refuse(n, fmt.Sprintf("the alias *%s names no anchor above it", clip(name)))
	case out == nil:
		return c.refuse(n, fmt.Sprintf("the alias *%s stands inside its own anchor", clip(name)))
	}
	c.expanded.nodes += c.sizes[out].nodes
	c.expanded.bytes += c.sizes[out].bytes
	if c.expanded.nodes > maxAliasNodes || c.expanded.bytes > maxAliasBytes {
		if c.broken {
			return nil
		}
		return c.refuse(n, fmt.Sprintf("the aliases of this file stand for more than %d values or %d bytes: write less by alias", maxAliasNodes, maxAliasBytes))
	}
	return out
}

// clip shortens what a file says for use in a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
