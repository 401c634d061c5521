package docs_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var update = flag.Bool("update", false, "write what is generated instead of comparing it")

// TestConfigurationReference generates the tables of configuration.md: keys, types and meanings from the source of the
// configurations, defaults and what is allowed from the program's own answers.
func TestConfigurationReference(t *testing.T) {
	tree := parseConfigurations(t)
	reference := reference{t, tree, writeProbes(t), map[string]bool{}}
	found := []string{}
	table := regexp.MustCompile(`(?s)(<!-- keys of (\S+) -->\n).*?(<!-- end -->)`)
	generate(t, "configuration.md", func(text string) string {
		return table.ReplaceAllStringFunc(text, func(block string) string {
			m := table.FindStringSubmatch(block)
			found = append(found, m[2])
			return m[1] + reference.table(m[2]) + m[3]
		})
	})
	if expected := tree.sections(); !reflect.DeepEqual(slices.Sorted(slices.Values(found)), expected) {
		t.Errorf("configuration.md: found tables %v, expected %v", found, expected)
	}
	for path := range meanings() {
		if !reference.used[path] {
			t.Errorf("meanings: found %s, which is no key, or says it in its comment", path)
		}
	}
}

// generate compares a document with what f makes of it, or rewrites it.
func generate(t *testing.T, document string, f func(text string) string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	fresh := f(string(text))
	if fresh == string(text) {
		return
	}
	if !*update {
		t.Errorf("%s is not what the code says: run go test ./docs -update", document)
		return
	}
	if err := os.WriteFile(document, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

// meanings are the keys whose comment says nothing to those who write no Go.
func meanings() map[string]string {
	return map[string]string{
		"task":                 "what is predicted; required",
		"seed":                 "of all random numbers of the run",
		"precision":            "of the model's numbers",
		"data":                 "which data, and how they are read",
		"model":                "the layers",
		"solver":               "how parameters follow their gradients",
		"trainer":              "how long, and what is watched",
		"loss":                 "what is minimized; auto: what suits the task",
		"label_smoothing":      "ε of the loss cross_entropy",
		"data.name":            "a known data set ([data.md](data.md))",
		"data.csv":             "tables of your own",
		"data.forecast":        "windows of rows",
		"data.missing":         "how missing values are written and what becomes of them",
		"data.scale":           "how numbers are scaled, fitted on the training part",
		"data.split":           "which rows belong to which part",
		"data.forecast.target": "column to forecast; required with the task forecast",
		"model.input":          "follows from the data: leave it out",
		"model.layers":         "one after the other, each a mapping with one key: the kind of the layer",
		"model.layers.gru":     "", "model.layers.dense": "", "model.layers.embedding": "", "model.layers.dropout": "", "model.layers.pool": "",
		"solver.name":                        "the update rule",
		"solver.schedule":                    "how the learning rate changes",
		"solver.schedule.name":               "the shape of the schedule",
		"solver.penalties.ROLE.l1":           "λ₁ of this role",
		"solver.penalties.ROLE.l2":           "λ₂ of this role",
		"trainer.reduce_on_plateau.mode":     "as in `early_stopping`",
		"trainer.reduce_on_plateau.monitor":  "as in `early_stopping`",
		"trainer.reduce_on_plateau.min_delta": "as in `early_stopping`",
	}
}

// configurations are the structs of the configurations by "package.Type".
type configurations struct {
	structs map[string]*ast.StructType
	texts   map[string]bool   // named types that are strings
	sectionOf map[string]string // last key of the section that is such a struct
}

// key is one key of a configuration.
type key struct {
	name, path string // path is with ROLE for the key of a map, and without the index of a layer
	kind       string // as a reader sees it
	section    string // "package.Type" where the key holds further keys
	comment    string
}

const rootStruct = "config.Config"

func parseConfigurations(t *testing.T) *configurations {
	t.Helper()
	c := &configurations{structs: map[string]*ast.StructType{}, texts: map[string]bool{}, sectionOf: map[string]string{}}
	for _, folder := range []string{"../cmd/gruexp/internal/config", "../layers", "../solvers", "../trainer", "../trainer/data"} {
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
					c.structs[name] = typ
				case *ast.Ident:
					c.texts[name] = typ.Name == "string"
				}
				return false
			})
		}
	}
	c.walk(rootStruct, "", func(k key) {
		if k.section != "" {
			c.sectionOf[k.section] = k.name
		}
	})
	return c
}

// walk calls f with every key below a struct.
func (c *configurations) walk(name, path string, f func(key)) {
	for _, k := range c.keys(name, path) {
		f(k)
		if k.section != "" {
			c.walk(k.section, k.path, f)
		}
	}
}

// sections lists the paths that have keys of their own, "top" for the whole.
func (c *configurations) sections() []string {
	sections := []string{"top"}
	c.walk(rootStruct, "", func(k key) {
		if k.section != "" {
			sections = append(sections, k.path)
		}
	})
	slices.Sort(sections)
	return sections
}

// keys lists the keys of a struct in its order.
func (c *configurations) keys(name, path string) []key {
	room, _, _ := strings.Cut(name, ".")
	var keys []key
	for _, field := range c.structs[name].Fields.List {
		yamlName := yamlKey(field)
		if yamlName == "" {
			continue
		}
		k := key{name: yamlName, path: yamlName, comment: c.meaning(name, field)}
		if path != "" {
			k.path = path + "." + yamlName
		}
		k.kind, k.section = c.kind(room, field.Type)
		if strings.HasPrefix(k.kind, "map") {
			k.path += ".ROLE"
		}
		if k.name == "layers" { // a list of sections, each of one key
			keys = append(keys, k)
			for _, layer := range c.keys(k.section, k.path) {
				keys = append(keys, layer)
			}
			keys[len(keys)-1-len(c.structs[k.section].Fields.List)].section = ""
			continue
		}
		keys = append(keys, k)
	}
	return keys
}

func yamlKey(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("yaml")
	name, _, _ := strings.Cut(tag, ",")
	return strings.TrimPrefix(name, "-")
}
