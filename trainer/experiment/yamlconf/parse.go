package yamlconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/gruexp/gruexp/graph/fault"
)

// Bounds of a document, far above what a person writes. They keep hostile text from taking more than seconds or a deep stack.
const (
	maxBytes  = 1 << 20
	maxDepth  = 50
	maxValues = 100_000 // with every alias expanded
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// source is a text to parse: a file, or the value of a Set.
type source struct {
	name string
	path string // that of a Set; empty: a file
}

func (s source) at(line, column int) origin {
	if s.path != "" {
		return s.start()
	}
	return origin{s.name, max(line, 1), max(column, 1)}
}

func (s source) nodeAt(n *yaml.Node) origin { return s.at(n.Line, n.Column) }

func (s source) start() origin {
	if s.path != "" {
		return origin{file: s.name}
	}
	return origin{s.name, 1, 1}
}

// parse returns the value of a document, nil for an empty one, and the keys that are given twice.
func (s source) parse(src []byte) (*node, fault.List, error) {
	if len(src) > maxBytes {
		return nil, nil, s.whole("too large", fmt.Sprintf("%d bytes", len(src)), fmt.Sprintf("at most %d", maxBytes))
	}
	if !utf8.Valid(src) {
		return nil, nil, s.whole("not YAML", "bytes that are not UTF-8", "YAML in UTF-8")
	}
	src = bytes.TrimPrefix(src, byteOrderMark)
	if line := directive(src); line > 0 {
		return nil, nil, s.unsupported(s.at(line, 1), "a directive")
	}
	body, err := s.parseTree(src)
	if err != nil || body == nil {
		return nil, nil, err
	}
	c := converter{source: s, open: map[*yaml.Node]bool{}}
	root, err := c.convert(body, s.start(), s.path, 0)
	return root, c.faults, err
}

// directive is the line of a directive before the document, 0 where there is none. The library does not report directives.
func directive(src []byte) int {
	for i, line := range bytes.Split(src, []byte("\n")) {
		switch text := bytes.TrimSpace(line); {
		case bytes.HasPrefix(line, []byte("%")):
			return i + 1
		case len(text) > 0 && text[0] != '#':
			return 0
		}
	}
	return 0
}

// parseTree calls the YAML library. It returns nil for an empty document.
func (s source) parseTree(src []byte) (*yaml.Node, error) {
	var body *yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, s.syntaxError(src, err.Error())
		case len(document.Content) == 0 || isEmpty(document.Content[0]):
		case body != nil:
			return nil, s.unsupported(s.nodeAt(document.Content[0]), "a second document")
		default:
			body = document.Content[0]
		}
	}
}

// isEmpty tells a document without a value.
func isEmpty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "" }

// whole is a fault of the text as a whole.
func (s source) whole(what, found, expected string) error {
	return origin{file: s.name}.fault(s.path, what, found, expected).Err()
}

var (
	libraryLine  = regexp.MustCompile(`^line (\d+): `)
	unknownAlias = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError words an error of the library.
func (s source) syntaxError(src []byte, message string) error {
	message = strings.TrimPrefix(message, "yaml: ")
	line := 0
	if m := libraryLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.TrimPrefix(message, m[0])
	}
	if m := unknownAlias.FindStringSubmatch(message); m != nil {
		use := regexp.MustCompile(`(?m)(^|[\s\[{,:-])\*` + regexp.QuoteMeta(m[1]) + `([\s\]},]|$)`)
		if at := use.FindIndex(src); at != nil {
			line = 1 + bytes.Count(src[:at[0]], []byte("\n"))
			if src[at[0]] == '\n' {
				line++
			}
		}
		return s.at(line, 1).fault(s.path, "unknown alias", quote(m[1]), "the name of an anchor before it").Err()
	}
	if strings.Contains(message, "exceeded max depth") {
		return s.tooDeep(s.at(line, 1))
	}
	text := "the line"
	if exact := brokenLine(src); exact > 0 {
		line = exact
	}
	if lines := strings.Split(string(src), "\n"); line >= 1 && line <= len(lines) {
		text = quote(strings.TrimSpace(lines[line-1]))
	}
	return s.at(line, 1).fault(s.path, "not YAML: "+strings.Join(strings.Fields(message), " "), text, "YAML").Err()
}

// brokenLine is the line after the longest beginning of the text that is YAML, 0 where looking for it would take long. The library
// itself reports the line where the enclosing mapping or list begins.
func brokenLine(src []byte) int {
	const enough = 4 << 20 // bytes to parse, well below a second
	lines := bytes.SplitAfter(src, []byte("\n"))
	end, parsed := len(src), 0
	for k := len(lines) - 1; k >= 0; k-- {
		end -= len(lines[k])
		if parsed += end; parsed > enough {
			return 0
		}
		var part yaml.Node
		if err := yaml.Unmarshal(src[:end], &part); err == nil {
			return k + 1
		}
	}
	return 1
}

func (s source) unsupported(at origin, found string) error {
	return at.fault(s.path, "YAML that is not supported here", found, "plain mappings, lists and scalars").Err()
}

func (s source) tooDeep(at origin) error {
	return at.fault(s.path, "too deep", fmt.Sprintf("values nested deeper than %d", maxDepth), "fewer levels").Err()
}

// converter makes the library's tree into one of nodes: aliases expanded, keys as text, scalars unresolved.
type converter struct {
	source
	open   map[*yaml.Node]bool // on the way from the root
	values int
	faults fault.List
}

// count limits what a few aliases expand to.
func (c *converter) count(at origin) error {
	c.values++
	if c.values > maxValues {
		return at.fault(c.path, "too large", fmt.Sprintf("more than %d values, aliases expanded", maxValues), "fewer").Err()
	}
	return nil
}

func (c *converter) convert(n *yaml.Node, at origin, path string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, c.tooDeep(c.nodeAt(n))
	}
	if err := c.count(at); err != nil {
		return nil, err
	}
	if n.Style&yaml.TaggedStyle != 0 {
		return nil, c.unsupported(c.nodeAt(n), "the tag "+quote(n.Tag))
	}
	if c.open[n] {
		return nil, at.fault(path, "unknown alias", quote(n.Anchor), "the name of an anchor before it").Err()
	}
	c.open[n] = true
	defer delete(c.open, n)
	switch n.Kind {
	case yaml.AliasNode:
		return c.convert(n.Alias, at, path, depth) // each alias has its own values, so that a Set below one changes no other
	case yaml.MappingNode:
		return c.mapping(n.Content, at, path, depth)
	case yaml.SequenceNode:
		result := &node{kind: listNode, origin: at, items: make([]*node, len(n.Content))}
		for i, item := range n.Content {
			value, err := c.convert(item, c.nodeAt(item), join(path, i), depth+1)
			if err != nil {
				return nil, err
			}
			result.items[i] = value
		}
		return result, nil
	default:
		return &node{kind: scalarNode, origin: at, text: n.Value, quoted: n.Style != 0}, nil
	}
}

func (c *converter) mapping(content []*yaml.Node, at origin, path string, depth int) (*node, error) {
	result := &node{kind: mappingNode, origin: at}
	seen := map[string]bool{}
	var merged []*node
	for i := 0; i < len(content); i += 2 {
		key, keyAt := content[i], c.nodeAt(content[i])
		switch {
		case key.Style&yaml.TaggedStyle != 0:
			return nil, c.unsupported(keyAt, "the tag "+quote(key.Tag))
		case key.Kind != yaml.ScalarNode:
			return nil, c.unsupported(keyAt, "a key that is not a single word or string")
		}
		if key.Tag == "!!merge" {
			value, err := c.convert(content[i+1], keyAt, path, depth+1)
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
		value, err := c.convert(content[i+1], keyAt, join(path, key.Value), depth+1)
		if err != nil {
			return nil, err
		}
		if seen[key.Value] {
			c.faults = append(c.faults, keyAt.fault(join(path, key.Value), inside("key twice", path), quote(key.Value)+" again", "every key once"))
			continue
		}
		seen[key.Value] = true
		result.entries = append(result.entries, &entry{key: key.Value, origin: keyAt, value: value})
	}
	for _, m := range merged { // the mapping's own keys win, then those of the first source
		if m.kind != mappingNode {
			c.faults = append(c.faults, m.origin.wrongValue(path, m.describe()+" to merge", "a mapping or a list of mappings"))
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
