package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/experiments"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/yamlconf"
	"github.com/gruexp/gruexp/graph/fault"
)

// Resolve reads an experiment, by its name or from a file ending in .yaml or .yml, applies assignments
// ("path=value") and fills in every default. An error is of type [fault.Error], with every fault.
func Resolve(source string, assignments []string) (*Config, error) {
	return resolve(source, assignments, Config.Validate)
}

func resolve(source string, assignments []string, validate func(Config) fault.List) (*Config, error) {
	s, err := read(source)
	if err != nil {
		return nil, err
	}
	document, err := yamlconf.Parse(s.file, s.text)
	if err != nil {
		return nil, Refuse([]yamlconf.Problem{asProblem(s.file, err)}).Err()
	}
	var problems []yamlconf.Problem
	for _, assignment := range assignments {
		if err := document.Set(assignment); err != nil {
			problems = append(problems, asProblem("--set", err))
		}
	}

	given := Config{Seed: 1}
	wrong := document.Decode(&given)
	cfg := given.WithDefaults()
	document.Reassert(&cfg) // so that a zero that was written down is judged and not replaced
	for _, p := range document.Problems(validate(cfg)) {
		// A value that could not be read has left its default, or nothing, to be judged.
		if !slices.ContainsFunc(wrong, func(w yamlconf.Problem) bool { return within(w.Path, p.Path) }) {
			wrong = append(wrong, p)
		}
	}
	yamlconf.Sort(wrong)
	if problems = append(problems, wrong...); len(problems) > 0 {
		return nil, Refuse(problems).Err()
	}
	if cfg.Name == "" {
		cfg.Name = s.name
	}
	cfg.Trainer.BatchSize = cfg.Data.BatchSize
	cfg.absolute(s.folder)
	cfg.document = document
	return &cfg, nil
}

// Place gives the faults that came to light together with the data their places in the file. Paths begin at prefix;
// any other error is returned as it is.
func (c *Config) Place(prefix string, err error) error {
	faults := fault.Of(err)
	if faults.Placed() {
		return err
	}
	var list fault.List
	list.Under(prefix, faults)
	seen := map[string]bool{}
	list = slices.DeleteFunc(fromRoot(list), func(f fault.Fault) bool { // whole and part may find the same
		twice := seen[f.Path]
		seen[f.Path] = true
		return twice
	})
	return Refuse(c.document.Problems(list)).Err()
}

// within says whether path is that of whole or of a part of it.
func within(whole, path string) bool {
	return whole == "" || path == whole || strings.HasPrefix(path, whole+".")
}

// Refuse is what is wrong with a YAML file as an error.
func Refuse(problems []yamlconf.Problem) fault.List {
	out := make(fault.List, len(problems))
	for i, p := range problems {
		out[i] = fault.Fault{Where: p.Where(), What: p.What, Found: p.Found, Expected: p.Expected}
	}
	return out
}

func asProblem(file string, err error) yamlconf.Problem {
	var p yamlconf.Problem
	if !errors.As(err, &p) {
		p = yamlconf.Problem{File: file, What: "wrong configuration", Found: err.Error(), Expected: "YAML"}
	}
	return p
}

// source is the text of a configuration.
type source struct {
	text   []byte
	file   string // to name in messages
	folder string // where relative paths begin
	name   string // of the experiment
}

func read(name string) (*source, error) {
	if text, ok := experiments.Source(name); ok {
		return &source{text, "built-in " + name + ".yaml", ".", name}, nil
	}
	if !IsFile(name) {
		return nil, unknownExperiment(name)
	}
	text, err := ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &source{text, name, filepath.Dir(name), strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}, nil
}

// Text is an experiment or a file as it was written.
func Text(source string) ([]byte, error) {
	s, err := read(source)
	if err != nil {
		return nil, err
	}
	return s.text, nil
}

// IsFile tells the name of a YAML file from that of something built in.
func IsFile(name string) bool {
	extension := filepath.Ext(name)
	return extension == ".yaml" || extension == ".yml"
}

// ReadFile reads a YAML file that a user has written. An error is of type [fault.Error].
func ReadFile(name string) ([]byte, error) {
	const most = 1 << 20
	expected := fmt.Sprintf("a YAML file of at most %d bytes", most)
	refuse := func(found string) ([]byte, error) {
		return nil, fault.List{{Where: name, What: "configuration cannot be read", Found: found, Expected: expected}}.Err()
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("no such file")
	case err != nil:
		return refuse(err.Error())
	case !info.Mode().IsRegular():
		return refuse("something that is not a regular file")
	case info.Size() > most:
		return refuse(fmt.Sprintf("%d bytes", info.Size()))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return refuse(err.Error())
	}
	return text, nil
}

func unknownExperiment(name string) error {
	names, err := experiments.Names()
	if err != nil {
		return err
	}
	return fault.List{{
		Where: "command line", What: "unknown experiment", Found: fmt.Sprintf("%q", name),
		Expected: "a file that ends in .yaml, or " + usererr.OneOf(names, name),
	}}.Err()
}

// absolute makes the paths of data files independent of where the program is started next: a relative one is looked up
// beside the configuration and then in the working directory. One that is in neither stays as it is, for the folder of
// the data sets.
func (c *Config) absolute(folder string) {
	c.Data = c.Data.WithPaths(func(path string) string {
		if filepath.IsAbs(path) {
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
	})
}

// Marshal writes the configuration with every default.
func Marshal(c *Config) ([]byte, error) { return yamlconf.Marshal(c) }

// Fingerprint stands for the configuration and for the data, given by the checksums of their files: two runs with the
// same one are the same run. The goal is no part of it.
func (c *Config) Fingerprint(checksums []string) (string, error) {
	run := *c
	run.Goal = nil
	text, err := Marshal(&run)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	hash.Write(text)
	for _, sum := range checksums {
		hash.Write([]byte(sum))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
