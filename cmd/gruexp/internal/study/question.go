package study

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Question is what comparisons and searches have in common.
type Question struct {
	Name        string         `yaml:"name,omitempty"` // left out: the file's
	Description string         `yaml:"description,omitempty"`
	Base        string         `yaml:"base"`   // experiment or configuration file that all trials begin with; required
	Set         map[string]any `yaml:"set"`    // changes to it that all trials share, as those of an arm
	Metric      string         `yaml:"metric"` // of the validation part, as valid.accuracy; required
}

func (q Question) validate() fault.List {
	var faults fault.List
	faults.Check(isFileName(q.Name), "name", q.Name, "a name of letters, digits, dots, dashes and underscores")
	faults.Check(q.Base != "", "base", q.Base, "an experiment or a configuration file")
	faults.Check(strings.HasPrefix(q.Metric, validPrefix), "metric", q.Metric, "valid.METRIC: what is selected is selected on the validation part")
	return faults
}

const validPrefix = "valid."

// isFileName says whether a name can be that of a file on every system.
func isFileName(name string) bool {
	if name == "" || len(name) > 100 || strings.ContainsAny(name[:1], ".-") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-+", r))
	})
}

// file is a study as it was written.
type file struct {
	name     string // of the study, where it does not say another
	folder   string // where relative paths begin
	document *yamlconf.Document

	extensions *experiment.Extensions // that configurations may select; nil: none
}

// open reads a ready study or a file.
func open(source string, extensions *experiment.Extensions) (*file, error) {
	text, where, folder, err := read(source)
	if err != nil {
		return nil, err
	}
	document, err := yamlconf.Parse(where, text)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(source), filepath.Ext(source))
	return &file{name, folder, document, extensions}, nil
}

func read(source string) (text []byte, where, folder string, err error) {
	if text, ok := builtin(source); ok {
		return text, "built-in " + source + ".yaml", ".", nil
	}
	if !yamlconf.IsFile(source) {
		return nil, "", "", unknownStudy(source)
	}
	text, err = yamlconf.ReadFile(source)
	return text, source, filepath.Dir(source), err
}

// decode fills a study and says all that is wrong with it.
func (f *file) decode(into any, q *Question, validate func() fault.List) error {
	faults := f.document.Decode(into)
	if q.Name == "" {
		q.Name = f.name
	}
	wrong := validate()
	wrong = slices.DeleteFunc(wrong, func(one fault.Fault) bool { // found already, in another way
		return slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Path == one.Path })
	})
	if faults = append(faults, f.document.Place(wrong)...); len(faults) > 0 {
		yamlconf.Sort(faults)
		return faults.Err()
	}
	if beside := filepath.Join(f.folder, q.Base); yamlconf.IsFile(q.Base) && exists(beside) {
		q.Base = beside
	}
	_, err := experiment.ReadConfig(q.Base, nil, f.extensions)
	if faults := fault.Of(err); faults != nil && faults[0].Where == commandLineName { // a name that there is not
		where, line := f.document.Locate("base")
		faults[0].Where = fmt.Sprintf("%s:%d", where, line)
	}
	return err
}

// commandLineName is where configurations say that an unknown name was found.
const commandLineName = "command line"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// change is one assignment to the base and where in the study it stands.
type change struct {
	at         string // path in the study; empty: on the command line
	path       string // in the configuration
	assignment string
}

// changes makes assignments of the changes at a path of the study. A mapping is merged into the base's, but one with a
// name replaces it: the options of one solver are not those of another; and so does an item of a list.
func changes(at string, values map[string]any) ([]change, error) {
	var list []change
	for _, key := range slices.Sorted(maps.Keys(values)) {
		inner, err := changesOf(at+"."+key, key, values[key])
		if err != nil {
			return nil, err
		}
		list = append(list, inner...)
	}
	return list, nil
}

func changesOf(at, path string, value any) ([]change, error) {
	inner, isMapping := value.(map[string]any)
	_, named := inner["name"]
	_, notItem := strconv.Atoi(path[strings.LastIndexByte(path, '.')+1:])
	if isMapping && len(inner) > 0 && !named && notItem != nil {
		var list []change
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			below, err := changesOf(at+"."+key, path+"."+key, inner[key])
			if err != nil {
				return nil, err
			}
			list = append(list, below...)
		}
		return list, nil
	}
	assignment, err := assign(path, value)
	return []change{{at, path, assignment}}, err
}

// assign writes a value as --set takes it; JSON is YAML.
func assign(path string, value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", errors.Wrap(err, path)
	}
	return path + "=" + string(text), nil
}

// commandLine are the assignments of --set.
func commandLine(sets []string) []change {
	list := make([]change, len(sets))
	for i, set := range sets {
		path, _, _ := strings.Cut(set, "=")
		list[i] = change{path: path, assignment: set}
	}
	return list
}

// resolve applies changes to a base. Who names what they belong to, in errors.
func (f *file) resolve(who, base string, list []change) (*experiment.Config, error) {
	cfg, err := experiment.ReadConfig(base, assignments(list), f.extensions)
	return cfg, f.place(who, list, err)
}

// assignments are changes as --set takes them.
func assignments(list []change) []string {
	sets := make([]string, len(list))
	for i, c := range list {
		sets[i] = c.assignment
	}
	return sets
}

// place gives errors of assignments their places in the study.
func (f *file) place(who string, list []change, err error) error {
	faults := slices.Clone(fault.Of(err))
	if faults == nil || !faults.Placed() {
		return err
	}
	for i := range faults {
		e := &faults[i]
		set, ok := strings.CutPrefix(e.Where, "--set ")
		if !ok {
			e.What = prefixed(who, e.What)
			continue
		}
		at, longest := "", -1
		for _, c := range list { // the last one of those that say most exactly what was changed
			rest, within := strings.CutPrefix(set, c.path)
			if within && (rest == "" || rest[0] == '.') && len(c.path) >= longest {
				at, longest = c.at, len(c.path)
				if at != "" {
					at += rest
				}
			}
		}
		if at == "" {
			continue
		}
		where, line := f.document.Locate(at)
		e.Where = fmt.Sprintf("%s:%d", where, line)
		if e.What == "wrong value" {
			e.What += " of " + set
		}
		e.What = prefixed(who, e.What)
	}
	return faults.Err()
}

func prefixed(who, what string) string {
	if who == "" {
		return what
	}
	return who + ": " + what
}

// placeFault gives faults with paths in the study their places.
func (f *file) placeFault(err error) error {
	faults := fault.Of(err)
	if faults.Placed() {
		return err
	}
	return f.document.Place(faults).Err()
}
