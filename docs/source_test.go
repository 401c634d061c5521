package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// source is what the Go files say of the configurations.
type source struct {
	structs map[string]*ast.StructType // by "package.Type"
	texts   map[string]bool            // the named types that are strings
	listed  map[string]bool            // the structs that sections has listed
	names   map[string]string          // the last key of the section that is such a struct
	same    map[string]string          // the type that a type was made of, by name
}

// section is a part of the configuration with keys of its own.
type section struct {
	path string
	keys []key
}

// key is one key. In its path stands ROLE for the key of a map; the place in a list is left out.
type key struct {
	name, path, kind, comment string
	inner                     string // "package.Type" where the value has keys of its own
}

func (k key) isSection() bool { return k.inner != "" }

// Kinds of values as a reader sees them.
const (
	textKind    = "text"
	wholeKind   = "whole number"
	numberKind  = "number"
	boolKind    = "true or false"
	textsKind   = "list of texts"
	numbersKind = "list of numbers"
	sectionKind = "section"
	listKind    = "list of sections"
	mapKind     = "section by role"
	weightsKind = "numbers by class, or text"
)

const rootStruct = "experiment.Config"

func parseSource(t *testing.T) *source {
	t.Helper()
	s := &source{structs: map[string]*ast.StructType{}, texts: map[string]bool{}, names: map[string]string{}, same: map[string]string{}, listed: map[string]bool{}}
	for _, folder := range []string{"../trainer/experiment", "../graph", "../graph/param", "../layers", "../layers/spec", "../solvers", "../trainer", "../trainer/data"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				name := file.Name.Name + "." + spec.Name.Name
				switch typ := spec.Type.(type) {
				case *ast.StructType:
					s.structs[name] = typ
				case *ast.Ident:
					s.texts[name] = typ.Name == "string"
					s.same[name] = file.Name.Name + "." + typ.Name
				case *ast.SelectorExpr: // type GRUConfig = spec.GRUConfig
					s.same[name] = typ.X.(*ast.Ident).Name + "." + typ.Sel.Name
				}
				return false
			})
		}
	}
	if s.structs[rootStruct] == nil {
		t.Fatalf("found no struct %s", rootStruct)
	}
	s.nameSections(rootStruct)
	return s
}

func (s *source) nameSections(name string) {
	for _, field := range s.structs[name].Fields.List {
		key := yamlKey(field)
		_, inner := s.kindOf(name, field.Type)
		if key == "" || inner == "" {
			continue
		}
		_, seen := s.names[inner]
		if s.names[inner] = key; !seen { // layers may have layers
			s.nameSections(inner)
		}
	}
}

// sections lists the section at path and those below it. A struct that several keys have is listed for the first of them.
func (s *source) sections(path, name string) []section {
	here := section{path: path}
	var below []section
	for _, field := range s.structs[name].Fields.List {
		k := key{name: yamlKey(field), comment: s.comment(name, field)}
		if k.name == "" {
			continue
		}
		k.path = strings.TrimPrefix(path+"."+k.name, "top.")
		k.kind, k.inner = s.kindOf(name, field.Type)
		here.keys = append(here.keys, k)
		if k.isSection() {
			if k.kind == mapKind {
				k.path += ".ROLE"
			}
			if !s.listed[k.inner] {
				s.listed[k.inner] = true
				below = append(below, s.sections(k.path, k.inner)...)
			}
		}
	}
	return append([]section{here}, below...)
}

// yamlKey is empty for a field that no file has.
func yamlKey(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("yaml"), ",")
	return strings.TrimPrefix(name, "-")
}

// kindOf resolves the type of a field of a struct.
func (s *source) kindOf(in string, expr ast.Expr) (kind, inner string) {
	room, _, _ := strings.Cut(in, ".")
	switch typ := expr.(type) {
	case *ast.StarExpr:
		return s.kindOf(in, typ.X)
	case *ast.ArrayType:
		kind, inner := s.kindOf(in, typ.Elt)
		switch {
		case inner != "":
			return listKind, inner
		case kind == numberKind || kind == wholeKind:
			return numbersKind, ""
		}
		return textsKind, ""
	case *ast.MapType:
		_, inner := s.kindOf(in, typ.Value)
		return mapKind, inner
	case *ast.SelectorExpr:
		return s.named(typ.X.(*ast.Ident).Name + "." + typ.Sel.Name)
	case *ast.Ident:
		switch typ.Name {
		case "ClassWeights":
			return weightsKind, ""
		case "string":
			return textKind, ""
		case "int", "uint64":
			return wholeKind, ""
		case "float64":
			return numberKind, ""
		case "bool":
			return boolKind, ""
		}
		return s.named(room + "." + typ.Name)
	}
	return "", ""
}

func (s *source) named(name string) (kind, inner string) {
	for s.same[name] != "" && !s.texts[name] { // type LSTMConfig RecurrentConfig
		name = s.same[name]
	}
	if s.structs[name] != nil {
		return sectionKind, name
	}
	if s.texts[name] {
		return textKind, ""
	}
	return "", ""
}

// comment is that of a field on one line, with keys for the names that Go has for them.
func (s *source) comment(in string, field *ast.Field) string {
	text := field.Doc.Text()
	if text == "" {
		text = field.Comment.Text()
	}
	text = strings.Join(strings.Fields(text), " ")
	room, _, _ := strings.Cut(in, ".")
	text = regexp.MustCompile(`\[?\b(\w+Config)\b(?:\.(\w+))?\]?`).ReplaceAllStringFunc(text, func(link string) string {
		typ, field, _ := strings.Cut(strings.Trim(link, "[]"), ".")
		name := room + "." + typ
		if s.names[name] == "" {
			return link
		}
		return "`" + strings.TrimSuffix(s.names[name]+"."+s.keysOf(name)[field], ".") + "`"
	})
	keys := s.keysOf(in)
	text = regexp.MustCompile("`[^`]*`|[A-Z]\\w+").ReplaceAllStringFunc(text, func(word string) string {
		if key := keys[word]; key != "" {
			return "`" + key + "`"
		}
		return word
	})
	return strings.ReplaceAll(strings.TrimSuffix(text, "."), "|", `\|`)
}

// keysOf gives the keys of a struct's fields by their names in Go.
func (s *source) keysOf(name string) map[string]string {
	keys := map[string]string{}
	for _, field := range s.structs[name].Fields.List {
		for _, ident := range field.Names {
			keys[ident.Name] = yamlKey(field)
		}
	}
	return keys
}
