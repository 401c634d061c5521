package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// probes are configurations without a fault that have every section.
var probes = []struct {
	text   string
	layers []string // by place
}{
	{`
task: forecast
data: {table: {path: x.csv, sequence: s}, forecast: {target: y}}
model: {layers: [gru, dense]}
solver: {spikes: {}, gradient_noise: {}, lookahead: {}, groups: [{names: [gru0], learning_rate_factor: 0.1}]}
trainer: {early_stopping: {}, reduce_on_plateau: {}}
`, []string{"gru", "dense"}},
	{`
task: translate
data: {name: dates}
model: {layers: [embedding, gru: {return_sequences: true}], decoder: {}}
`, []string{"embedding", ""}},
	{`
task: classify
data: {name: languages, fold: {}}
model: {input: {vocabulary: 5}, layers: [embedding, dropout: {rate: 0.5}, gru: {return_sequences: true}, pool, dense]}
goal: {metric: test.accuracy}
`, []string{"embedding", "dropout", "", "pool", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}}
model: {layers: [gru: {form: reset-before, bidirectional: true}, dense]}
`, []string{"gru", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}}
model: {layers: [gru: {form: three-gate}, dense]}
`, []string{"gru", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}}
model: {layers: [lstm, dense]}
`, []string{"lstm", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}}
model: {layers: [lstm: {bidirectional: true, return_sequences: true}, rnn, dense]}
`, []string{"lstm", "rnn", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}}
model: {layers: [mingru: {bidirectional: true}, dense]}
`, []string{"mingru", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}, missing: {mask: true, gap: true}}
model: {layers: [gru_d, dense]}
`, []string{"gru_d", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y, categories: [c]}}
model: {input: {size: 3, categories: [{first: 1, count: 2}]}, layers: [category_embedding, gru, dense]}
`, []string{"category_embedding", "", ""}},
	{`
task: classify
data: {table: {path: x.csv, sequence: s, target: y}}
model: {layers: [conv1d, batch_norm, layer_norm, residual: {layers: [layer_norm]}, activity_regularization: {l2: 2}, attention_pool, dense]}
solver: {average: {}}
`, []string{"conv1d", "batch_norm", "layer_norm", "residual", "activity_regularization", "attention_pool", ""}},
	{`
task: next
data: {table: {path: x.csv, sequence: s}}
model: {layers: [gru: {return_sequences: true, stateful: true}, dense]}
trainer: {truncate: {}, curriculum: {}}
`, []string{"", ""}},
}

// probe is one of probes on disk with what the program answers to it.
type probe struct {
	file   string
	layers []string
	given  map[string]any // keys that are written down
	shown  map[string]any // keys with their defaults
}

// reference makes tables of keys.
type reference struct {
	t         *testing.T
	source    *source
	sections  []section
	probes    []probe
	answers   map[string]map[string]any // of the program to config show, by arguments
	explained map[string]bool           // paths whose meaning is one of meanings
}

func newReference(t *testing.T) *reference {
	r := &reference{t: t, source: parseSource(t), answers: map[string]map[string]any{}, explained: map[string]bool{}}
	r.sections = r.source.sections("top", rootStruct)
	for _, p := range probes {
		file := filepath.Join(t.TempDir(), "FILE.yaml") // the name of the experiment, where none is written
		if err := os.WriteFile(file, []byte(p.text), 0o644); err != nil {
			t.Fatal(err)
		}
		r.probes = append(r.probes, probe{file, p.layers, flat(t, p.text), r.show(file)})
	}
	return r
}

// show asks the program for a configuration with its defaults, by path.
func (r *reference) show(file string, sets ...string) map[string]any {
	r.t.Helper()
	question := strings.Join(append([]string{file}, sets...), " ")
	if r.answers[question] == nil {
		stdout, stderr, ok := gruexp(r.t, append([]string{"config", "show", file}, sets...)...)
		if !ok {
			r.t.Fatalf("config show %v: %s", sets, stderr)
		}
		r.answers[question] = flat(r.t, stdout)
	}
	return r.answers[question]
}

// flat gives the scalars and lists of scalars of a YAML text by path.
func flat(t *testing.T, text string) map[string]any {
	t.Helper()
	var tree any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case map[string]any:
			for name, inner := range node {
				walk(strings.TrimPrefix(path+"."+name, "."), inner)
			}
		case []any:
			values[path] = node
			for i, inner := range node {
				walk(fmt.Sprintf("%s.%d", path, i), inner)
			}
		default:
			values[path] = node
		}
	}
	walk("", tree)
	return values
}

// table is the Markdown of a section's keys.
func (r *reference) table(path string) string {
	r.t.Helper()
	at := slices.IndexFunc(r.sections, func(s section) bool { return s.path == path })
	if at < 0 {
		r.t.Fatalf("configuration.md: found a table of %s, expected one of %v", path, r.sections)
	}
	var b strings.Builder
	b.WriteString("| key | type | default | allowed | meaning |\n|---|---|---|---|---|\n")
	for _, k := range r.sections[at].keys {
		defaults := r.defaults(k)
		meaning, ifLeftOut := r.meaning(k, defaults)
		if ifLeftOut == "" {
			ifLeftOut = defaults.String()
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.name, k.kind, ifLeftOut, r.allowed(k, defaults), meaning)
	}
	return b.String()
}

// place is the path of a key in a probe, empty where the probe does not have its section.
func (p probe) place(path string) string {
	path = strings.Replace(path, "ROLE", "bias", 1)
	path = strings.Replace(path, "solver.groups.", "solver.groups.0.", 1)
	path = strings.Replace(path, "model.input.categories.", "model.input.categories.0.", 1)
	if strings.HasPrefix(path, "solver.schedule.parts.") {
		return "" // of a schedule that no probe has
	}
	rest, ok := strings.CutPrefix(path, "model.layers.")
	if !ok {
		return path
	}
	kind, _, _ := strings.Cut(rest, ".")
	if i := slices.Index(p.layers, kind); i >= 0 {
		return fmt.Sprintf("model.layers.%d.%s", i, rest)
	}
	return ""
}

// variants are the names that a section may choose its form by, and the assignment of one: an option of one solver is
// refused by another. Where there is nothing to choose it is one empty name.
func (r *reference) variants(k key) (names []string, assign func(name string) []string) {
	chooser := ""
	switch parent := k.path[:max(0, strings.LastIndexByte(k.path, '.'))]; parent {
	case "solver", "solver.schedule":
		chooser = parent + ".name"
	}
	if chooser == "" || k.path == chooser || k.isSection() {
		return []string{""}, func(string) []string { return nil }
	}
	names = listed(r.expected(r.probes[0], chooser, `"?"`, nil))
	if names == nil {
		r.t.Fatalf("%s: found no list of its values", chooser)
	}
	return names, func(name string) []string {
		sets := []string{"--set", chooser + "=" + name}
		if name == "chain" {
			sets = append(sets, "--set", "solver.schedule.parts=[{epochs: 1}, {}]")
		}
		return sets
	}
}

// defaultValues are the defaults of a key in the order of the variants that they belong to.
type defaultValues struct {
	values []string
	of     map[string][]string // variants by value
	always bool                // every variant has the key
}

func (d defaultValues) String() string {
	if len(d.values) == 0 {
		return "–"
	}
	if len(d.values) == 1 && d.always {
		return "`" + d.values[0] + "`"
	}
	parts := make([]string, len(d.values))
	for i, v := range d.values {
		parts[i] = fmt.Sprintf("`%s` (%s)", v, strings.Join(d.of[v], ", "))
	}
	return strings.Join(parts, ", ")
}

// defaults asks the program.
func (r *reference) defaults(k key) defaultValues {
	d := defaultValues{of: map[string][]string{}, always: true}
	if k.isSection() {
		return d
	}
	names, assign := r.variants(k)
	for _, p := range r.probes {
		place := p.place(k.path)
		if _, given := p.given[place]; given {
			return defaultValues{}
		}
		if _, ok := p.shown[place]; !ok && len(names) == 1 {
			continue
		}
		for _, name := range names {
			value, ok := r.show(p.file, assign(name)...)[place]
			if !ok {
				d.always = false
				continue
			}
			text := format(value)
			if d.of[text] == nil {
				d.values = append(d.values, text)
			}
			d.of[text] = append(d.of[text], name)
		}
		return d
	}
	return d
}

func format(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	items := make([]string, len(list))
	for i, item := range list {
		items[i] = fmt.Sprint(item)
		if text, ok := item.(string); ok {
			items[i] = strconv.Quote(text)
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// allowed provokes the program into saying what it expects. What names a column or a file may be any text.
func (r *reference) allowed(k key, defaults defaultValues) string {
	wrong := map[string]string{wholeKind: "-7", numberKind: "-1", textKind: `"?"`}[k.kind]
	if wrong == "" || strings.HasPrefix(k.path, "data.table.") {
		return ""
	}
	names, assign := r.variants(k)
	if len(defaults.values) > 0 {
		names = defaults.of[defaults.values[0]] // which have the key
	}
	for _, p := range r.probesWith(k) {
		expected := r.expected(p, p.place(k.path), wrong, assign(names[0]))
		if names := listed(expected); names != nil {
			expected = "`" + strings.Join(names, "`, `") + "`"
		}
		if expected != "" && !strings.HasPrefix(expected, "nothing:") { // beside the other options of the probe
			return expected
		}
	}
	return ""
}

// probesWith are the probes that have the section of a key; all that can have it, where none has it by default.
func (r *reference) probesWith(k key) []probe {
	var with, could []probe
	for _, p := range r.probes {
		place := p.place(k.path)
		if place == "" {
			continue
		}
		could = append(could, p)
		section := place[:strings.LastIndexByte(place, '.')+1]
		for path := range p.shown {
			if strings.HasPrefix(path, section) {
				with = append(with, p)
				break
			}
		}
	}
	if with == nil {
		return could
	}
	return with
}

// listed takes "one of a, b" or "one of [a b]" apart; anything else gives nil.
func listed(expected string) []string {
	list, ok := strings.CutPrefix(expected, "one of ")
	if !ok || strings.HasPrefix(list, "the ") {
		return nil
	}
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("[ ,]", r) })
}

// expected is what the program expects instead of a wrong value, empty where it takes it.
func (r *reference) expected(p probe, path, wrong string, sets []string) string {
	r.t.Helper()
	_, stderr, _ := gruexp(r.t, append([]string{"config", "show", p.file, "--set", path + "=" + wrong}, sets...)...)
	fault := regexp.MustCompile(`--set ` + regexp.QuoteMeta(path) + `: .*\(found .*, expected (.*)\)`)
	if m := fault.FindStringSubmatch(stderr); m != nil {
		return m[1]
	}
	return ""
}

// defaultInWords is the end of a comment that says what happens where the key is left out.
var defaultInWords = regexp.MustCompile(`[;,] default: (.+)$|[;,] default nil: (.+)$`)

// meaning is the comment of a key without what the other columns say, and the default where the comment has it in words.
func (r *reference) meaning(k key, defaults defaultValues) (meaning, ifLeftOut string) {
	r.t.Helper()
	text := k.comment
	if m := defaultInWords.FindStringSubmatch(text); m != nil {
		text, ifLeftOut = strings.TrimSuffix(text, m[0]), m[1]+m[2]
	}
	if meaning, ok := meanings()[k.path]; ok {
		r.explained[k.path] = true
		return meaning, ifLeftOut
	}
	for _, of := range []string{" is ", " are ", " "} {
		text = strings.TrimPrefix(text, "`"+k.name+"`"+of)
	}
	text = regexp.MustCompile(`, in [[(]0, 1[])]`).ReplaceAllString(text, "")
	for _, value := range defaults.values {
		value = regexp.QuoteMeta(value)
		text = regexp.MustCompile(`(^|[;,] )default `+value+`(: none)?\b`).ReplaceAllString(text, "")
		text = regexp.MustCompile(`; `+value+`$`).ReplaceAllString(text, "")
	}
	if text == "" {
		r.t.Errorf("%s: found no comment that says more than its default, expected one or a line in meanings", k.path)
	}
	return text, ifLeftOut
}
