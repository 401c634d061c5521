package yamlconf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/pkg/errors"
)

// Bounds of a document, far above what a person writes and low enough that the YAML library, which takes quadratic
// time for some input and recurses, stays within seconds and far from the end of the stack.
const (
	maxBytes  = 1 << 20
	maxTokens = 30_000
	maxDepth  = 50
	maxValues = 100_000 // with every alias expanded
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// source is a text to parse: a file, or the value of a Set.
type source struct {
	name string
	path string // that of a Set; empty: a file
}

func (s source) at(tk *token.Token) origin {
	if s.path != "" || tk == nil || tk.Position == nil {
		return s.start()
	}
	return origin{s.name, tk.Position.Line, tk.Position.Column}
}

func (s source) start() origin {
	if s.path != "" {
		return origin{file: s.name}
	}
	return origin{s.name, 1, 1}
}

// parse returns the value of a document, nil for an empty one, and the keys that are given twice.
func (s source) parse(src []byte) (*node, []Problem, error) {
	if len(src) > maxBytes {
		return nil, nil, s.whole("too large", fmt.Sprintf("%d bytes", len(src)), fmt.Sprintf("at most %d", maxBytes))
	}
	if !utf8.Valid(src) {
		return nil, nil, s.whole("not YAML", "bytes that are not UTF-8", "YAML in UTF-8")
	}
	body, err := s.parseTree(string(bytes.TrimPrefix(src, byteOrderMark)))
	if err != nil || body == nil {
		return nil, nil, err
	}
	c := converter{source: s, anchors: map[string]*node{}}
	root, err := c.convert(body, s.start(), s.path, 0)
	return root, c.problems, err
}

// parseTree calls the YAML library.
func (s source) parseTree(src string) (body ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // a slip of the library must not end the program
			body, err = nil, s.whole("not YAML", fmt.Sprintf("text that the YAML parser fails on: %v", r), "YAML")
		}
	}()
	tokens := lexer.Tokenize(src)
	if err := s.checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			return nil, s.syntaxError(syntax.Token, syntax.Message)
		}
		return nil, s.syntaxError(nil, err.Error())
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			return nil, s.unsupported(doc.Body.GetToken(), "a second document")
		default:
			body = doc.Body
		}
	}
	return body, nil
}

// checkTokens refuses, before anything recurses over them, more tokens or deeper brackets than a configuration needs,
// and the parts of YAML that it does not need.
func (s source) checkTokens(tokens token.Tokens) error {
	if len(tokens) > maxTokens {
		return s.whole("too large", fmt.Sprintf("%d words and signs of YAML", len(tokens)), fmt.Sprintf("at most %d", maxTokens))
	}
	depth := 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.TagType:
			return s.unsupported(tk, "the tag "+quote(tk.Value))
		case token.DirectiveType:
			return s.unsupported(tk, "a directive")
		case token.MappingKeyType:
			return s.unsupported(tk, `a key that begins with "?"`)
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		if depth > maxDepth {
			return s.tooDeep(tk)
		}
	}
	return nil
}

// whole is a problem of the text as a whole.
func (s source) whole(what, found, expected string) error {
	return origin{file: s.name}.problem(s.path, what, found, expected)
}

func (s source) syntaxError(tk *token.Token, message string) error {
	found := "text that is none"
	if tk != nil && strings.TrimSpace(tk.Value) != "" {
		found = quote(strings.TrimSpace(tk.Value))
	}
	return s.at(tk).problem(s.path, "not YAML: "+strings.Join(strings.Fields(message), " "), found, "YAML")
}

func (s source) unsupported(tk *token.Token, found string) error {
	return s.at(tk).problem(s.path, "YAML that is not supported here", found, "plain mappings, lists and scalars")
}

func (s source) tooDeep(tk *token.Token) error {
	return s.at(tk).problem(s.path, "too deep", fmt.Sprintf("values nested deeper than %d", maxDepth), "fewer levels")
}

// converter makes the library's tree into one of nodes: aliases expanded, keys as text, scalars unresolved.
type converter struct {
	source
	anchors  map[string]*node
	values   int
	problems []Problem
}

// count guards against a few aliases that expand to millions of values.
func (c *converter) count(at origin) error {
	c.values++
	if c.values > maxValues {
		return at.problem(c.path, "too large", fmt.Sprintf("aliases that expand to more than %d values", maxValues), "fewer")
	}
	return nil
}

func (c *converter) convert(n ast.Node, at origin, path string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, c.tooDeep(n.GetToken())
	}
	if err := c.count(at); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		value, err := c.convert(n.Value, at, path, depth+1)
		if err != nil {
			return nil, err
		}
		c.anchors[n.Name.GetToken().Value] = value
		return value, nil
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		value, ok := c.anchors[name]
		if !ok { // an anchor that contains its alias is not known yet either
			return nil, c.at(n.GetToken()).problem(path, "unknown alias", quote(name), "the name of an anchor before it")
		}
		return c.copy(value, at)
	case *ast.MappingNode:
		return c.mapping(n.Values, at, path, depth)
	case *ast.MappingValueNode:
		return c.mapping([]*ast.MappingValueNode{n}, at, path, depth)
	case *ast.SequenceNode:
		result := &node{kind: listNode, origin: at, items: make([]*node, len(n.Values))}
		for i, item := range n.Values {
			value, err := c.convert(item, c.itemOrigin(item), join(path, i), depth+1)
			if err != nil {
				return nil, err
			}
			result.items[i] = value
		}
		return result, nil
	case *ast.LiteralNode:
		return &node{kind: scalarNode, origin: at, text: n.Value.Value, quoted: true}, nil
	case ast.ScalarNode:
		tk := n.GetToken()
		quoted := tk.Type == token.SingleQuoteType || tk.Type == token.DoubleQuoteType
		return &node{kind: scalarNode, origin: at, text: tk.Value, quoted: quoted}, nil
	default:
		return nil, c.unsupported(n.GetToken(), "a "+n.Type().YAMLName())
	}
}

// itemOrigin is where an item of a list begins. The library places a mapping at its first colon.
func (c *converter) itemOrigin(item ast.Node) origin {
	if m, ok := item.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return c.at(m.Values[0].Key.GetToken())
	}
	return c.at(item.GetToken())
}

func (c *converter) mapping(values []*ast.MappingValueNode, at origin, path string, depth int) (*node, error) {
	result := &node{kind: mappingNode, origin: at}
	seen := map[string]bool{}
	var merged []*node
	for _, v := range values {
		keyAt := c.at(v.Key.GetToken())
		if v.Key.IsMergeKey() {
			value, err := c.convert(v.Value, keyAt, path, depth+1)
			if err != nil {
				return nil, err
			}
			sources := []*node{value}
			if value.kind == listNode {
				sources = value.items
			}
			merged = append(merged, sources...)
			continue
		}
		key, err := c.key(v.Key)
		if err != nil {
			return nil, err
		}
		value, err := c.convert(v.Value, keyAt, join(path, key), depth+1)
		if err != nil {
			return nil, err
		}
		if seen[key] {
			c.problems = append(c.problems, keyAt.problem(join(path, key), inside("key twice", path), quote(key)+" again", "every key once"))
			continue
		}
		seen[key] = true
		result.entries = append(result.entries, &entry{key: key, origin: keyAt, value: value})
	}
	for _, m := range merged { // what the mapping says itself, and what comes first, wins
		if m.kind != mappingNode {
			c.problems = append(c.problems, m.origin.wrongValue(path, m.describe()+" to merge", "a mapping or a list of mappings"))
		}
		for _, e := range m.entries {
			if !seen[e.key] {
				seen[e.key] = true
				result.entries = append(result.entries, e)
			}
		}
	}
	return result, nil
}

func (c *converter) key(key ast.MapKeyNode) (string, error) {
	switch key.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return key.GetToken().Value, nil
	default:
		return "", c.unsupported(key.GetToken(), "a key that is not a single word or string")
	}
}

// copy gives every alias its own values, so that a Set below one changes no other.
func (c *converter) copy(n *node, at origin) (*node, error) {
	if err := c.count(at); err != nil {
		return nil, err
	}
	result := *n
	result.origin = at
	result.items = make([]*node, len(n.items))
	for i, item := range n.items {
		value, err := c.copy(item, item.origin)
		if err != nil {
			return nil, err
		}
		result.items[i] = value
	}
	result.entries = make([]*entry, len(n.entries))
	for i, e := range n.entries {
		value, err := c.copy(e.value, e.origin)
		if err != nil {
			return nil, err
		}
		result.entries[i] = &entry{key: e.key, origin: e.origin, value: value}
	}
	return &result, nil
}
