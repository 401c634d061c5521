package yamlconf

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
)

// Document is a configuration as it was written, with the values that Set changed.
type Document struct {
	root   *node
	faults fault.List // keys that are given twice
	zeros  [][]any    // where Decode has read a zero that was written
}

// Parse reads the text of a configuration; name is the file's, for messages. The error is a [fault.Error]: the first place
// that is not YAML, or a bound that is exceeded. The empty text is an empty configuration.
func Parse(name string, src []byte) (*Document, error) {
	s := source{name: name}
	root, faults, err := s.parse(src)
	if err != nil {
		return nil, err
	}
	if root == nil {
		root = &node{kind: mappingNode, origin: s.start()}
	}
	return &Document{root: root, faults: faults}, nil
}

// Set changes one value: "solver.learning_rate=0.01", "model.layers.0.gru.units=32". What follows the first equals
// sign is YAML. Mappings that the path goes through are made where they are missing; items of lists are not. The error
// is a [fault.Error].
func (d *Document) Set(assignment string) error {
	path, text, ok := strings.Cut(assignment, "=")
	if !ok || path == "" {
		return origin{file: "--set"}.fault(path, "not an assignment", quote(assignment), "path=value").Err()
	}
	s := source{name: setFile(path), path: path}
	value, faults, err := s.parse([]byte(text))
	if err != nil {
		return err
	}
	if value == nil {
		value = &node{kind: scalarNode, origin: s.start()} // null
	}
	if err := d.root.set(path, path, value); err != nil {
		return err
	}
	d.faults = append(d.faults, faults...)
	return nil
}

// Rename gives a key of a mapping its present name: configurations that were written before may have the former one. Path leads to
// the key; nothing happens where there is none. Both names at once are a fault.
func (d *Document) Rename(path, name string) {
	n, key := d.root, path
	if at := strings.LastIndexByte(path, '.'); at >= 0 {
		for rest := path[:at]; rest != ""; {
			if n, rest = n.follow(rest); n == nil {
				return
			}
		}
		key = path[at+1:]
	}
	former := n.entry(key)
	if n.kind != mappingNode || former == nil {
		return
	}
	if n.entry(name) != nil {
		d.faults = append(d.faults, former.origin.fault(path, inside("two names of one key", path), quote(key)+" and "+quote(name), name+" alone"))
		n.entries = slices.DeleteFunc(n.entries, func(e *entry) bool { return e == former })
		return
	}
	former.key = name
}

// set puts value where rest, the end of path, leads from n.
func (n *node) set(path, rest string, value *node) error {
	segment, after, more := strings.Cut(rest, ".")
	wrong := func(found, expected string) error {
		return value.origin.fault(path, "wrong path", found, expected).Err()
	}
	if segment == "" {
		return wrong("an empty name", "names and indices between dots")
	}
	if n.kind == scalarNode {
		if !n.openForSet(segment, value.origin) {
			return wrong(n.describe()+" before "+quote(segment), "a mapping or a list")
		}
	}
	if n.kind == listNode {
		i, err := strconv.Atoi(segment)
		if err != nil || i < 0 || i >= len(n.items) {
			return wrong(fmt.Sprintf("index %s of a list of %d items", quote(segment), len(n.items)), indices(len(n.items)))
		}
		if !more {
			n.items[i] = value
			return nil
		}
		return n.items[i].set(path, after, value)
	}
	e := n.entry(segment)
	if e == nil {
		e = &entry{key: segment, origin: value.origin, value: &node{kind: mappingNode, origin: value.origin}}
		n.entries = append(n.entries, e)
	}
	if !more {
		e.origin, e.value = value.origin, value
		return nil
	}
	return e.value.set(path, after, value)
}

// openForSet makes null, or the bare name of a choice, into the mapping that it stands for.
func (n *node) openForSet(segment string, at origin) bool {
	switch {
	case n.isNull():
		*n = node{kind: mappingNode, origin: n.origin}
	case n.text == segment && n.scalarKind() == stringScalar:
		empty := &node{kind: scalarNode, origin: n.origin}
		*n = node{kind: mappingNode, origin: n.origin, entries: []*entry{{key: segment, origin: at, value: empty}}}
	default:
		return false
	}
	return true
}

func indices(n int) string {
	if n == 0 {
		return "a list with items"
	}
	return "0 to " + strconv.Itoa(n-1)
}

// Locate says where the value at path was written, or the nearest value that holds it: the file's name and the line,
// or "--set PATH" and 0.
func (d *Document) Locate(path string) (file string, line int) {
	at := d.locate(path)
	return at.file, at.line
}

func (d *Document) locate(path string) origin {
	n := d.root
	for path != "" {
		child, rest := n.follow(path)
		if child == nil {
			break
		}
		n, path = child, rest
	}
	return n.origin
}

// Place gives faults that a Validate method found in the decoded configuration their places in the document.
func (d *Document) Place(faults fault.List) fault.List {
	placed := make(fault.List, len(faults))
	for i, f := range faults {
		placed[i] = d.locate(f.Path).wrongValue(f.Path, f.Found, f.Expected)
		placed[i].Kind, placed[i].Cause, placed[i].Meant = f.Kind, f.Cause, f.Meant
		if f.What != "" {
			placed[i].What = f.What
		}
	}
	Sort(placed)
	return placed
}

// Keys lists the keys of the first level, nil where the document is not a mapping.
func (d *Document) Keys() []string {
	var keys []string
	for _, e := range d.root.entries {
		keys = append(keys, e.key)
	}
	return keys
}

// Has says whether the first level has a key.
func (d *Document) Has(key string) bool { return d.root.entry(key) != nil }

// Values gives every value that has no keys by its path, in the order of the document: a scalar as it is written, a list of scalars with
// commas between them.
func (d *Document) Values() iter.Seq2[string, string] {
	return func(yield func(path, value string) bool) { d.root.values("", yield) }
}

func (n *node) values(path string, yield func(path, value string) bool) bool {
	switch {
	case n.kind == scalarNode && n.isNull():
		return yield(path, "null")
	case n.kind == scalarNode:
		return yield(path, n.plain())
	case n.kind == listNode && n.isFlow():
		items := make([]string, len(n.items))
		for i, item := range n.items {
			if items[i] = item.plain(); items[i] == "" {
				items[i] = `""`
			}
		}
		return yield(path, strings.Join(items, ", "))
	}
	for i, item := range n.items {
		if !item.values(join(path, i), yield) {
			return false
		}
	}
	for _, e := range n.entries {
		if !e.value.values(join(path, e.key), yield) {
			return false
		}
	}
	return true
}

// plain is a scalar as a reader expects it: numbers without needless zeros.
func (n *node) plain() string {
	if kind := n.scalarKind(); kind == floatScalar {
		if f, err := parseFloat(n.text); err == nil {
			return fmt.Sprint(f)
		}
	}
	return n.text
}

// Tree is the document without a struct for it: values as [Document.Decode] gives them to a field of type any. It is nil where the document
// is not a mapping.
func (d *Document) Tree() map[string]any {
	tree, _ := new(decoder).generic(d.root, "").(map[string]any)
	return tree
}
