package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// ReadConfig reads a configuration, by the name of a built-in experiment or from a file ending in .yaml or .yml, applies assignments
// ("path=value") and fills in every default. The extensions may be nil. An error is a [fault.Error] with every fault and its line.
func ReadConfig(source string, assignments []string, extensions *Extensions) (*Config, error) {
	return read(source, assignments, extensions, Config.Validate)
}

// ParseConfig is [ReadConfig] of a text. Name is that of its file in messages; relative paths begin at its folder.
func ParseConfig(name string, text []byte, assignments []string, extensions *Extensions) (*Config, error) {
	return fileSource(name, text).config(assignments, extensions, Config.Validate)
}

func read(source string, assignments []string, extensions *Extensions, validate func(Config) fault.List) (*Config, error) {
	s, err := open(source)
	if err != nil {
		return nil, err
	}
	return s.config(assignments, extensions, validate)
}

func (s *source) config(assignments []string, extensions *Extensions, validate func(Config) fault.List) (*Config, error) {
	document, err := yamlconf.Parse(s.file, s.text)
	if err != nil {
		return nil, err
	}
	document.Rename(formerTable, "table")
	var faults fault.List
	for _, assignment := range assignments {
		if rest, former := strings.CutPrefix(assignment, formerTable); former && strings.ContainsAny(rest[:min(1, len(rest))], ".=") {
			assignment = presentTable + rest
		}
		if err := document.Set(assignment); err != nil {
			faults = append(faults, fault.Of(err)...)
		}
	}
	if err := extensions.Validate().Err(); err != nil {
		return nil, err
	}
	document.Rename(formerTable, "table") // of an assignment to data as a whole
	given := Config{Seed: 1}
	given.Extend(extensions)
	wrong := document.DecodeWith(&given, choices{extensions.Kinds()})
	cfg := given.WithDefaults()
	document.RestoreZeros(&cfg)
	for _, f := range document.Place(withMeant(validate(cfg))) {
		// A value that could not be read has left its default, or nothing, to be judged.
		if !slices.ContainsFunc(wrong, func(w fault.Fault) bool { return within(w.Path, f.Path) }) {
			wrong = append(wrong, f)
		}
	}
	yamlconf.Sort(wrong)
	if f, other := otherKind(document, s.file); other && len(wrong) > 0 {
		wrong = fault.List{f}
	}
	if err := append(faults, wrong...).Err(); err != nil {
		return nil, err
	}
	if cfg.Name == "" {
		cfg.Name = s.name
	}
	cfg.absolute(s.folder)
	cfg.document, cfg.complete = document, true
	return &cfg, nil
}

// The key of a table was called csv when tables had no other format.
const (
	formerTable  = "data.csv"
	presentTable = "data.table"
)

// Place gives the faults that came to light together with the data their places in the file that the configuration was read from.
// Paths begin at prefix; any other error is returned as it is.
func (c *Config) Place(prefix string, err error) error {
	faults := fault.Of(err)
	if faults.Placed() {
		return err
	}
	var list fault.List
	list.Under(prefix, faults)
	seen := map[string]bool{}
	list = slices.DeleteFunc(fromRoot(list), func(f fault.Fault) bool { // whole and part may find the same
		key := f.Path
		if strings.HasPrefix(key, "init.") { // many tensors may not fit
			key += f.Found
		}
		twice := seen[key]
		seen[key] = true
		return twice
	})
	if c.document == nil {
		return list.Err()
	}
	return c.document.Place(withMeant(list)).Err()
}

// withMeant adds the name that was probably meant to faults of a value that is none of a list.
func withMeant(faults fault.List) fault.List {
	for i := range faults {
		f := &faults[i]
		list, ok := strings.CutPrefix(f.Expected, "one of [")
		given := strings.Trim(f.Found, `"`)
		if !ok || !strings.HasSuffix(list, "]") || given == f.Found {
			continue
		}
		f.Meant = suggest.Nearest(strings.Fields(strings.TrimSuffix(list, "]")), given)
	}
	return faults
}

// within says whether path is that of whole or of a part of it.
func within(whole, path string) bool {
	return whole == "" || path == whole || strings.HasPrefix(path, whole+".")
}

// source is the text of a configuration.
type source struct {
	text   []byte
	file   string // to name in messages
	folder string // where relative paths begin
	name   string // of the experiment
}

func fileSource(name string, text []byte) *source {
	return &source{text, name, filepath.Dir(name), strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}
}

func open(name string) (*source, error) {
	if text, ok := Builtin(name); ok {
		return &source{text, "built-in " + name + ".yaml", ".", name}, nil
	}
	if !yamlconf.IsFile(name) {
		return nil, unknownExperiment(name)
	}
	text, err := yamlconf.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return fileSource(name, text), nil
}

// Text is a built-in experiment or a file as it was written.
func Text(source string) ([]byte, error) {
	s, err := open(source)
	if err != nil {
		return nil, err
	}
	return s.text, nil
}

func unknownExperiment(name string) error {
	names, err := Names()
	if err != nil {
		return err
	}
	return fault.Fault{
		Where: CommandLine, What: "unknown experiment", Found: fmt.Sprintf("%q", name),
		Meant: suggest.Nearest(names, name), Expected: "a file that ends in .yaml, or " + suggest.OneOf(names, name, "'gruexp list'"),
	}.Err()
}

// CommandLine is the place of a name that is neither that of a built-in experiment nor of a file.
const CommandLine = "command line"

// absolute makes the paths of data files independent of the directory that the program is started in next: a relative one is looked
// up in the folder of the configuration and then in the working directory. One that is in neither stays as it is, for the folder of
// the data sets.
func (c *Config) absolute(folder string) {
	if c.Init != nil {
		init := *c.Init
		init.Run = absolute(folder, init.Run)
		c.Init = &init
	}
	c.Data = c.Data.WithPaths(func(path string) string { return absolute(folder, path) })
}

func absolute(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	for _, candidate := range []string{filepath.Join(folder, path), path} {
		if _, err := os.Stat(candidate); err != nil {
			continue
		}
		if whole, err := filepath.Abs(candidate); err == nil {
			return whole
		}
	}
	return path
}

// Marshal writes the configuration with every default.
func Marshal(c *Config) ([]byte, error) { return yamlconf.Marshal(c) }

// Fingerprint stands for the configuration and for the data, given by the checksums of their files: two runs with the
// same fingerprint are the same run. The goal is no part of it.
func (c *Config) Fingerprint(checksums []string) (string, error) {
	run := *c
	run.Goal = nil
	text, err := Marshal(&run)
	if err != nil {
		return "", err
	}
	// The name that the key had when the first runs were made: they can be resumed.
	text = bytes.Replace(text, []byte("\n  table:"), []byte("\n  csv:"), 1)
	hash := sha256.New()
	hash.Write(text)
	for _, sum := range checksums {
		hash.Write([]byte(sum))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
