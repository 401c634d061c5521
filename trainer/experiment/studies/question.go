package studies

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Question is what comparisons and searches have in common.
type Question struct {
	Name        string         `yaml:"name,omitempty"` // of the study; left out: that of the file, or "study"
	Description string         `yaml:"description,omitempty"`
	Base        string         `yaml:"base"`   // built-in experiment or configuration file that all trials begin with; required
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
	name     string             // of the study, where it does not say another
	folder   string             // where relative paths begin
	document *yamlconf.Document // nil: the study was made in Go

	extensions *experiment.Extensions // that configurations may select; nil: none
}

// where is the place of a path of the study: a line of its file, or the path.
func (f *file) where(path string) string {
	if f.document == nil {
		return f.name + ": " + path
	}
	name, line := f.document.Locate(path)
	return fmt.Sprintf("%s:%d", name, line)
}

// inGo is a study that was made in Go.
func inGo(name string, extensions *experiment.Extensions) *file {
	return &file{name: cmp.Or(name, "study"), folder: ".", extensions: extensions}
}

// open reads a built-in study or a file.
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
	if text, ok := Builtin(source); ok {
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
	return f.findBase(q)
}

// findBase looks for the base in the folder of the study first.
func (f *file) findBase(q *Question) error {
	if near := filepath.Join(f.folder, q.Base); yamlconf.IsFile(q.Base) && exists(near) {
		q.Base = near
	}
	_, err := experiment.ReadConfig(q.Base, nil, f.extensions)
	if faults := fault.Of(err); faults != nil && faults[0].Where == experiment.CommandLine { // a name that there is not
		faults[0].Where = f.where("base")
	}
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// resolve applies changes to a base. Who names what they belong to, in errors.
func (f *file) resolve(who, base string, list []change) (*experiment.Config, error) {
	cfg, err := experiment.ReadConfig(base, assignments(list), f.extensions)
	return cfg, f.place(who, list, err)
}

// place gives errors of assignments their places in the study. Who names what they belong to.
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
		e.Where = f.where(at)
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
	if faults.Placed() || f.document == nil {
		return err
	}
	return f.document.Place(faults).Err()
}
