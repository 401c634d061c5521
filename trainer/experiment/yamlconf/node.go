package yamlconf

import (
	"fmt"
	"strconv"
	"strings"
)

type kind int

const (
	scalarNode kind = iota
	listNode
	mappingNode
)

// node is a value of a document, its aliases expanded.
type node struct {
	kind    kind
	origin  origin // of its key, where it has one
	text    string // of a scalar
	quoted  bool   // a scalar in quotes or in a block: a string, whatever it looks like
	items   []*node
	entries []*entry // of a mapping, in the order of the file
}

type entry struct {
	key    string
	origin origin
	value  *node
}

func (n *node) isNull() bool { return n.kind == scalarNode && n.scalarKind() == nullScalar }

func (n *node) scalarKind() scalarKind {
	if n.quoted {
		return stringScalar
	}
	return resolve(n.text)
}

// describe says what a value is, for a Problem.
func (n *node) describe() string {
	switch {
	case n.kind == listNode:
		return "a list"
	case n.kind == mappingNode:
		return "a mapping"
	}
	switch n.scalarKind() {
	case nullScalar:
		return "null"
	case booleanScalar:
		return "the boolean " + n.text
	case integerScalar, floatScalar:
		return "the number " + n.text
	default:
		return "the string " + quote(n.text)
	}
}

// quote bounds what a message repeats of a file.
func quote(s string) string {
	const most = 100
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

// entry finds a key of a mapping.
func (n *node) entry(key string) *entry {
	for _, e := range n.entries {
		if e.key == key {
			return e
		}
	}
	return nil
}

// follow takes the first step of a path and returns what is left of it. Where a key itself has dots, the longest key
// that fits is taken. The child is nil where there is none.
func (n *node) follow(path string) (child *node, rest string) {
	switch n.kind {
	case listNode:
		segment, rest, _ := strings.Cut(path, ".")
		if i, err := strconv.Atoi(segment); err == nil && i >= 0 && i < len(n.items) {
			return n.items[i], rest
		}
	case mappingNode:
		longest := -1
		for _, e := range n.entries {
			after, ok := strings.CutPrefix(path, e.key)
			if ok && len(e.key) > longest && (after == "" || after[0] == '.') {
				longest, child, rest = len(e.key), e.value, strings.TrimPrefix(after, ".")
			}
		}
		return child, rest
	}
	return nil, path
}

// join extends a path by a key or an index.
func join(path string, step any) string {
	if path == "" {
		return fmt.Sprint(step)
	}
	return fmt.Sprint(path, ".", step)
}
